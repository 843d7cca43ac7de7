"""Points with four popup fields in one HTML file: ours beside folium's, in real Chromium.

Run ``python benchmarks/page.py [POINTS]``. Every file is opened from disk; folium's libraries are
answered from the packages at hand, so that no method waits for a network.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
from folium.plugins import FastMarkerCluster
from playwright.sync_api import Browser, sync_playwright
from shapely.geometry import box

from hubmap.layers.model import HubLayer
from hubmap.maps import assets
from hubmap.maps.layers import Panel, PointsLayer
from hubmap.maps.page import page

WEST, SOUTH, EAST, NORTH = 112.0, 21.5, 115.5, 24.5


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
    made = folium.Map([23, 114], zoom_start=8, tiles=None, max_zoom=18)
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


def geo_json(frame: gpd.GeoDataFrame) -> str:
    made = folium.Map([23, 114], zoom_start=8, tiles=None, prefer_canvas=True)
    fields = ["name", "category", "city", "founded"]
    own = frame[[*fields, "geometry"]].copy()
    own.geometry = own.geometry.set_precision(1e-5)
    folium.GeoJson(
        own, marker=folium.CircleMarker(radius=3), popup=folium.GeoJsonPopup(fields=fields)
    ).add_to(made)
    return str(made.get_root().render())


def opened(browser: Browser, path: Path, own: bool) -> tuple[float, list[float]]:
    """Milliseconds until the page answers, and those of each redraw while it is moved about."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    tab = context.new_page()

    def answer(route: Any) -> None:
        name = urlparse(route.request.url).path.rsplit("/", 1)[-1]
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        if name == "leaflet.js":
            route.fulfill(body=assets.leaflet_script(), content_type=kind)
        elif name == "leaflet.css":
            route.fulfill(body=assets.leaflet_style(), content_type=kind)
        elif name == "leaflet.markercluster.js" and CLUSTER is not None:
            route.fulfill(path=CLUSTER, content_type=kind)
        else:
            route.fulfill(body="", content_type=kind)

    tab.route(lambda url: not url.startswith("file:"), answer)
    start = time.perf_counter()
    tab.goto(path.as_uri(), wait_until="load", timeout=300_000)
    if own:
        tab.wait_for_selector("html[data-ready]", timeout=300_000)
    # Two frames after load: what the reader sees has been drawn, and the page answers.
    tab.evaluate("() => new Promise((d) => requestAnimationFrame(() => requestAnimationFrame(d)))")
    interactive = (time.perf_counter() - start) * 1000
    frames: list[float] = []
    if own:
        frames = tab.evaluate(
            """() => {
                 const { map, stage } = window.hubmapApp;
                 const times = [];
                 for (const zoom of [7, 8, 9, 10, 11, 12, 13]) for (const lon of [113, 114, 115]) {
                   const start = performance.now();
                   map.setView([23, lon], zoom, { animate: false });
                   stage.ctx.getImageData(0, 0, 1, 1);
                   times.push(performance.now() - start);
                 }
                 return times;
               }"""
        )
    context.close()
    return interactive, frames


def cluster_script() -> str | None:
    """Leaflet.markercluster as the XStatic package carries it, where that is installed."""
    from importlib import metadata

    try:
        files = metadata.files("XStatic-Leaflet-MarkerCluster") or []
    except metadata.PackageNotFoundError:
        return None
    found = [f for f in files if f.name in {"leaflet.markercluster.js", "markercluster.js"}]
    return str(found[0].locate()) if found else None


CLUSTER = cluster_script()


def main(n: int) -> None:
    frame = table(n)
    bare = island(ours(table(1)))
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    print(f"{n:,} points, four popup fields; markercluster at hand: {CLUSTER is not None}")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for what, build in (
            ("hubmap", ours), ("FastMarkerCluster", fast_cluster), ("GeoJson", geo_json),
        ):  # fmt: skip
            start, cpu = time.perf_counter(), time.process_time()
            text = build(frame)
            wall, cpu = time.perf_counter() - start, time.process_time() - cpu
            path = Path(name) / f"{what}.html"
            path.write_text(text, encoding="utf-8")
            size = len(text.encode())
            interactive, frames = opened(browser, path, what == "hubmap")
            spread = f", redraw p95 {np.percentile(frames, 95):.0f} ms" if frames else ""
            # Of our own page the data alone: the rest is constant, and told in MB.
            data = island(text) - bare if what == "hubmap" else size
            print(
                f"{what:18} build {wall:6.2f} s ({cpu:.2f} CPU-s)  {size / 1e6:6.2f} MB  "
                f"{data / n:6.1f} B/point  interactive {interactive:7.0f} ms{spread}",
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
