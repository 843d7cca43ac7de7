"""Points with four popup fields in one HTML file: ours beside its peers', in real Chromium.

Run ``python benchmarks/page.py [POINTS [METHOD…]]``; by default all methods. Each page is opened
five times, by turns, one whose first visit takes a minute once; medians are told. *Interactive* is
the page's own clock from the start of its navigation to the second frame after it has drawn its
points, so that nothing of what drives the browser is in it. ``Leaflet`` is an empty map: what any
page of the kind costs on this machine. A page that draws nothing, logs an error or is not
interactive within ten minutes is told as such. Every file is opened from disk, with the libraries
that folium names beside it, from the packages at hand; those of which none is at hand are empty
files where a map can do without. A method whose script is missing (pydeck, lonboard, and
MarkerCluster without its package) is measured for its build and its size only. Optional:
``python -m pip install XStatic-Leaflet-MarkerCluster XStatic-jQuery pydeck lonboard mapclassify``.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
from folium.plugins import FastMarkerCluster, MarkerCluster
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import TimeoutError as TooLate
from shapely.geometry import box

from hubmap.layers.model import HubLayer
from hubmap.maps import assets
from hubmap.maps.layers import Panel, PointsLayer
from hubmap.maps.page import page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WEST, SOUTH, EAST, NORTH = 112.0, 21.5, 115.5, 24.5
VISITS = 5
LIMIT_S = 600
SLOW_MS = 60_000


def table(n: int) -> gpd.GeoDataFrame:
    """Points around forty middles; name, group, city and founding year as popup fields."""
    rng = np.random.default_rng(7)
    middles = rng.uniform((WEST, SOUTH), (EAST, NORTH), (40, 2))
    at = middles[rng.integers(0, 40, n)] + rng.normal(0, 0.12, (n, 2))
    frame = pd.DataFrame(
        {
            "kind": "companies",
            "name": [f"Company {i}" for i in rng.integers(0, 2000, n)],
            "category": rng.choice([f"group {i}" for i in range(12)], n),
            "city": rng.choice([f"44{i:02}00" for i in range(1, 12)], n),
            "founded": rng.integers(1980, 2026, n),
            "weight": 1.0, "precision_m": 300.0, "case": True,
        }
    )  # fmt: skip
    frame["id"] = [f"c{i}" for i in range(n)]
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(*at.T), crs=4326)


def ours(frame: gpd.GeoDataFrame) -> str:
    """The page with points only; ids stay at home, as no popup shows them."""
    districts = gpd.GeoDataFrame(
        {"code": ["0"], "name": ["all"], "name_zh": [""], "city": ["0"], "city_name": [""]},
        geometry=[box(WEST, SOUTH, EAST, NORTH)], crs=4326,
    )  # fmt: skip
    outline = gpd.GeoDataFrame(
        {"hub": ["x"], "title": ["x"], "title_zh": [""]}, geometry=districts.geometry, crs=4326
    )
    words: Any = type("Words", (), {"title": "x", "title_zh": "", "description": ""})()
    profile = pd.DataFrame(
        columns=["hub", "zone", "level", "name", "name_zh", "statistic", "kind", "value"]
    )
    layer = HubLayer("x", words, frame, districts, districts, outline, profile, ())
    drawn = folium.Map([23, 114], zoom_start=8, tiles=None)
    drawn.add_child(Panel(layer, title={"en": "x", "zh": "x"}))
    drawn.add_child(PointsLayer(layer))
    return page(drawn)


def island(text: str) -> int:
    """Bytes of the data in a page of ours."""
    return len(text.split('id="hubmap-data">')[1].split("<", maxsplit=1)[0])


def fast_cluster(frame: gpd.GeoDataFrame) -> str:
    made = folium.Map([23, 114], zoom_start=8, tiles=None, maxZoom=18)
    rows = pd.DataFrame({"lat": frame.geometry.y.round(5), "lon": frame.geometry.x.round(5)}).join(
        frame[["name", "category", "city", "founded"]]
    )
    callback = """function (row) {
      var box = document.createElement('div');
      for (var i = 2; i < 6; i++) { var p = document.createElement('p');
        p.textContent = row[i]; box.appendChild(p); }
      return L.marker(new L.LatLng(row[0], row[1])).bindPopup(box); }"""
    FastMarkerCluster(rows.to_numpy().tolist(), callback=callback).add_to(made)
    return str(made.get_root().render())


def empty(_: gpd.GeoDataFrame) -> str:
    """A map of Leaflet's with nothing on it."""
    made = folium.Map([23, 114], zoom_start=8, tiles=None, maxZoom=18)
    return str(made.get_root().render())


def marker_cluster(frame: gpd.GeoDataFrame) -> str:
    made = folium.Map([23, 114], zoom_start=8, tiles=None, maxZoom=18)
    cluster = MarkerCluster().add_to(made)
    columns = [frame[name] for name in ("name", "category", "city", "founded")]
    for lat, lon, *words in zip(frame.geometry.y, frame.geometry.x, *columns, strict=True):
        text = "<br>".join(html.escape(str(word)) for word in words)
        folium.Marker([round(lat, 5), round(lon, 5)], popup=text).add_to(cluster)
    return str(made.get_root().render())


def explore(frame: gpd.GeoDataFrame) -> str:
    own = frame[["name", "category", "city", "founded", "geometry"]]
    return str(own.explore(tiles=None, popup=True, tooltip=False).get_root().render())


def deck(frame: gpd.GeoDataFrame) -> str:
    import pydeck

    rows = frame[["name", "category", "city", "founded"]].assign(
        lon=frame.geometry.x.round(5), lat=frame.geometry.y.round(5)
    )
    layer = pydeck.Layer("ScatterplotLayer", rows, get_position="[lon, lat]", pickable=True)
    view = pydeck.ViewState(latitude=23, longitude=114, zoom=8)
    made = pydeck.Deck([layer], initial_view_state=view, map_provider=None)
    return str(made.to_html(as_string=True))


def board(frame: gpd.GeoDataFrame) -> str:
    import lonboard

    own = frame[["name", "category", "city", "founded", "geometry"]]
    layer = lonboard.ScatterplotLayer.from_geopandas(own)
    return str(lonboard.Map(layer).to_html())


def geo_json(frame: gpd.GeoDataFrame) -> str:
    made = folium.Map([23, 114], zoom_start=8, tiles=None, prefer_canvas=True)
    fields = ["name", "category", "city", "founded"]
    own = frame[[*fields, "geometry"]].copy()
    own.geometry = own.geometry.set_precision(1e-5)
    folium.GeoJson(
        own, marker=folium.CircleMarker(radius=3), popup=folium.GeoJsonPopup(fields=fields)
    ).add_to(made)
    return str(made.get_root().render())


class Seen(NamedTuple):
    """What a visit measured: milliseconds; bytes of JavaScript's heap."""

    interactive: float
    frames: list[float]
    popup: float
    heap: float


class Broken(Exception):
    """The page does not show its points."""


CLOCK = """() => {
  const drawn = () => document.readyState === 'complete' && document.querySelector('%s');
  const look = () => requestAnimationFrame(() => {
    if (!drawn()) return look();
    requestAnimationFrame(() => { window.interactive_ = performance.now(); });
  });
  look();
}"""


def opened(browser: Browser, path: Path, drawn: str, drags: int) -> Seen:
    """Open a page, drag and zoom it by the mouse so often, and, of our own, open a record."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
    context.add_init_script(f"({CLOCK % drawn})()")
    tab = context.new_page()
    said: list[str] = []
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.set_default_timeout(LIMIT_S * 1000)
    tab.goto(path.as_uri(), wait_until="load")
    own = drawn == OURS
    if said or (not own and not tab.query_selector(drawn)):
        context.close()
        raise Broken(said[0] if said else "nothing drawn")
    tab.wait_for_function("() => window.interactive_")
    interactive = float(tab.evaluate("() => window.interactive_"))
    heap = float(tab.evaluate("() => performance.memory.usedJSHeapSize"))
    if own:
        # Nothing is returned: the driver would write the whole map down.
        tab.evaluate("() => { hubmapApp.map.setView([23, 114], 9, { animate: false }); }")
    tab.evaluate(
        """() => {
             window.frames_ = [];
             let last = 0;
             const next = (now) => {
               if (last) frames_.push(now - last);
               last = now;
               requestAnimationFrame(next);
             };
             requestAnimationFrame(next);
           }"""
    )
    tab.wait_for_timeout(200)
    tab.evaluate("() => { frames_.length = 0; }")
    for turn in range(drags):
        tab.mouse.move(1100, 600)
        tab.mouse.down()
        for step in range(30):
            tab.mouse.move(1100 - 15 * step, 600 - 8 * step)
        tab.mouse.up()
        tab.mouse.move(700, 300)
        for _ in range(6):
            tab.mouse.wheel(0, -120 if turn % 2 else 120)
            tab.wait_for_timeout(60)
    tab.wait_for_timeout(300)
    frames = tab.evaluate("() => frames_")
    popup = 0.0
    if own:
        popup = tab.evaluate(
            """() => {
                 const start = performance.now();
                 hubmapApp.open(Math.floor(hubmapApp.points.table.n / 3));
                 document.querySelector('.hm-card').getBoundingClientRect();
                 return performance.now() - start;
               }"""
        )
    context.close()
    return Seen(interactive, frames, popup, heap)


PACKAGES = ("XStatic-Leaflet-MarkerCluster", "XStatic-jQuery")


def libraries() -> dict[str, str]:
    """What folium's pages name and the packages at hand carry: contents by file name."""
    found = {"leaflet.js": assets.leaflet_script(), "leaflet.css": assets.leaflet_style()}
    for package in PACKAGES:
        try:
            files = metadata.files(package) or []
        except metadata.PackageNotFoundError:
            continue
        for file in files:
            # Folium names a version of jQuery in the file's name.
            name = "jquery-3.7.1.min.js" if file.name == "jquery.min.js" else file.name
            if name.endswith((".js", ".css")):
                found[name] = file.read_text(encoding="utf-8")
    return found


LIBRARIES = libraries()
LINKED = re.compile(r"""(?<=["'])https?://[^"']*?([^"'/]+\.(?:js|css))(?=["'])""")


def served(text: str, folder: Path) -> str:
    """The page with the libraries it names beside it on disk."""
    for name in {m[1] for m in LINKED.finditer(text)}:
        (folder / name).write_text(LIBRARIES.get(name, ""), encoding="utf-8")
    return LINKED.sub(r"\1", text)


OURS = "html[data-ready]"
MARKERS = ".leaflet-marker-icon"
SHAPES = ".leaflet-overlay-pane canvas, .leaflet-overlay-pane path"
METHODS: dict[str, tuple[Callable[[gpd.GeoDataFrame], str], int, str]] = {
    # How it is made, up to how many points it can be waited for, and what is there once its
    # points are drawn; nothing where it cannot be opened.
    "hubmap": (ours, 10_000_000, OURS),
    "FastMarkerCluster": (fast_cluster, 1_000_000, MARKERS),
    "Leaflet": (empty, 10_000_000, ".leaflet-map-pane"),
    "GeoJson": (geo_json, 100_000, SHAPES),
    "explore": (explore, 100_000, SHAPES),
    "MarkerCluster": (marker_cluster, 100_000, MARKERS),
    "pydeck": (deck, 1_000_000, ""),
    "lonboard": (board, 1_000_000, ""),
}


class Made(NamedTuple):
    """A page that was built: how long that took, and where it lies."""

    what: str
    path: Path
    line: str
    drawn: str


def built(what: str, n: int, folder: Path) -> Made:
    """Build a method's page and begin its line of the table."""
    build, most, drawn = METHODS[what]
    path = folder / f"{what}.html"
    if n > most:
        return Made(what, path, f"{what:18} not waited for at this size", "")
    frame = table(n)
    start, cpu = time.perf_counter(), time.process_time()
    try:
        text = build(frame)
    except ImportError as error:
        return Made(what, path, f"{what:18} not installed ({error.name})", "")
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    path.write_text(text if what == "hubmap" else served(text, folder), encoding="utf-8")
    if drawn == MARKERS and "leaflet.markercluster.js" not in LIBRARIES:
        drawn = ""
    size = len(text.encode())
    # Of our own page the data alone: the rest is constant, and told in MB.
    data = island(text) - island(ours(table(1))) if what == "hubmap" else size
    line = f"{what:18} build {wall:6.2f} s ({cpu:6.2f} CPU-s)  {size / 1e6:6.2f} MB  "
    return Made(what, path, line + f"{data / n:6.1f} B/point", drawn)


def told(made: Made, seen: Sequence[Seen], broken: str | None) -> str:
    """One line of the table."""
    if not made.drawn:
        return made.line
    if broken or not seen:
        return made.line + "  " + (broken or f"not interactive within {LIMIT_S} s")
    # What passes while nobody drags says nothing.
    frames = np.concatenate([s.frames for s in seen[:2]])
    line = made.line + f"  interactive {np.median([s.interactive for s in seen]):7.0f} ms"
    line += f"  heap {seen[0].heap / 1e6:4.0f} MB  frames p95 {np.percentile(frames, 95):5.1f} ms"
    if made.what == "hubmap":
        line += f"  popup {np.median([s.popup for s in seen]):.0f} ms"
    return line + f"  ({len(seen)} visits)"


def main(n: int, methods: Sequence[str]) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    print(f"{n:,} points, four popup fields; at hand: {', '.join(LIBRARIES)}")
    ours(table(1))
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        pages = [built(what, n, Path(name)) for what in methods or METHODS]
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        seen: dict[str, list[Seen]] = {made.what: [] for made in pages}
        broken: dict[str, str] = {}
        # By turns, so that what else the machine does falls on all alike.
        for turn in range(VISITS):
            for made in pages:
                own = seen[made.what]
                if not made.drawn or len(own) < turn or (own and own[0].interactive > SLOW_MS):
                    continue
                try:
                    drags = 3 if turn < 2 else 0
                    own.append(opened(browser, made.path, made.drawn, drags))
                except TooLate:
                    continue
                except Broken as error:
                    broken[made.what] = f"broken: {error}"
        browser.close()
        for made in pages:
            print(told(made, seen[made.what], broken.get(made.what)), flush=True)
    print("load", " ".join(f"{v:.1f}" for v in os.getloadavg()))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, sys.argv[2:])
