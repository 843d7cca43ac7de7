"""The map in what other programs make: notebooks, MkDocs, Sphinx, folium's own maps."""

from __future__ import annotations

import base64
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import folium
import numpy as np
import pypdfium2
import pytest
from playwright.async_api import BrowserType
from playwright.sync_api import Browser, Page

import hubmap
from hubmap.maps import assets
from hubmap.maps.draw import draw
from hubmap.maps.embed import Embedded, snippet
from hubmap.maps.layers import DistrictsLayer, OutlineLayer, PointsLayer
from hubmap.maps.notebook import HubMap
from hubmap.maps.recipe import MapRecipe
from hubmap.maps.still.outputs import print_map
from hubmap.maps.still.style import Style
from pages.browsing import PATIENCE_MS, chromium
from pages.parents import fitted
from pages.small_hub import hub_layer, small_basemap

FRAME = "iframe[data-hubmap]"


def opened(browser: Browser, path: Path) -> tuple[Page, list[str]]:
    """A file in Chromium with the network refused, but for Leaflet's two files."""
    errors: list[str] = []
    context = browser.new_context(viewport={"width": 1100, "height": 800})
    context.set_default_timeout(PATIENCE_MS)

    def answer(route: Any) -> None:
        name = urlparse(route.request.url).path.rsplit("/", 1)[-1]
        if name == "leaflet.js":
            route.fulfill(body=assets.leaflet_script(), content_type="text/javascript")
        elif name == "leaflet.css":
            route.fulfill(body=assets.leaflet_style(), content_type="text/css")
        else:
            route.abort()

    context.route(lambda url: url.startswith("http"), answer)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    return page, errors


def works(page: Page) -> None:
    """The framed map is ready and has the height it asked for."""
    page.locator(FRAME).scroll_into_view_if_needed()
    # A lazy frame may still be about to load: wait through it, then take hold of it.
    page.frame_locator(FRAME).locator("html[data-ready]").wait_for(timeout=PATIENCE_MS)
    handle = page.locator(FRAME).element_handle()
    frame = handle.content_frame() if handle else None
    assert frame is not None
    fitted(page, frame)
    assert frame.locator("h1").text_content() == "Test hub"


def notebook() -> Any:
    nbformat = pytest.importorskip("nbformat")
    bundle = draw([hub_layer()], basemap=small_basemap())._repr_mimebundle_()
    # A kernel sends pictures as base64.
    data = {k: base64.b64encode(v).decode() if k == "image/png" else v for k, v in bundle.items()}
    v4 = nbformat.v4
    shown = v4.new_output("execute_result", data=data, execution_count=1)
    cell = v4.new_code_cell("hubmap.draw([layer])", outputs=[shown], execution_count=1, id="one")
    return v4.new_notebook(cells=[v4.new_markdown_cell("# Hubs", id="zero"), cell])


def as_html(nbconvert: Any, folder: Path) -> Path:
    with warnings.catch_warnings():
        # Without IPython, nbconvert colours code as plain Python and says so.
        warnings.filterwarnings("ignore", "IPython3 lexer unavailable")
        text, _ = nbconvert.HTMLExporter().from_notebook_node(notebook())
    path = folder / "notebook.html"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_bundle_has_a_page_a_picture_and_words() -> None:
    pytest.importorskip("matplotlib")
    drawn = draw([hub_layer()], basemap=small_basemap())
    assert isinstance(drawn, HubMap)
    bundle = drawn._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == "<hubmap: Test hub>"
    assert drawn._repr_mimebundle_() == bundle
    assert set(drawn._repr_mimebundle_(include=["text/html"])) == {"text/html"}
    assert set(drawn._repr_mimebundle_(exclude=["text/html", "image/png"])) == {"text/plain"}


def test_the_picture_is_the_recipe_s_map() -> None:
    """Its language, views and ground, as `hubmap build` prints them."""
    pytest.importorskip("matplotlib")
    recipe = MapRecipe(
        title="T", title_zh="深圳", layers=("x",), language="zh", size="column", greyscale=True
    )
    drawn: Any = draw([hub_layer()], recipe=recipe, basemap=small_basemap())
    style = Style(size="column", greyscale=True, language="zh")
    printed = print_map([hub_layer()], style, "png", recipe=recipe, basemap=small_basemap())
    assert drawn._repr_mimebundle_(include=["image/png"]) == {"image/png": printed}


def test_without_matplotlib_there_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    bundle = draw([hub_layer()])._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}


def test_a_notebook_as_html(browser: Browser, tmp_path: Path) -> None:
    nbconvert = pytest.importorskip("nbconvert")
    path = as_html(nbconvert, tmp_path)
    page, errors = opened(browser, path)
    works(page)
    assert not [e for e in errors if "hubmap" in e]
    page.context.close()


@pytest.mark.filterwarnings("ignore:IPython3 lexer unavailable")
def test_a_notebook_as_pdf(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """By nbconvert's `webpdf`, told only which browser to start: the map is on the paper."""
    nbconvert = pytest.importorskip("nbconvert")
    launch = BrowserType.launch

    async def here(kind: BrowserType, **options: Any) -> Any:
        return await launch(kind, executable_path=chromium(), **options)

    monkeypatch.setattr(BrowserType, "launch", here)
    alone = ["--host-resolver-rules=MAP * ~NOTFOUND"]
    exporter = nbconvert.WebPDFExporter(disable_sandbox=True, browser_args=alone)
    written, _ = exporter.from_notebook_node(notebook())
    leaf = pypdfium2.PdfDocument(written)[0]
    words = leaf.get_textpage().get_text_range()
    for said in ("Hubs", "Test hub", "Universities (2)", "5 km", "Data: makers of", "Shenzhen"):
        assert said in words, words
    paper = np.asarray(leaf.render(scale=1).to_pil().convert("RGB")).reshape(-1, 3)
    assert (np.abs(paper - np.array([237, 235, 228])).max(axis=1) < 4).mean() > 0.02, "no land"


@pytest.mark.filterwarnings("ignore:IPython3 lexer unavailable")
def test_a_notebook_as_latex_holds_the_picture() -> None:
    """What `nbconvert --to pdf` gives to LaTeX."""
    nbconvert = pytest.importorskip("nbconvert")
    pytest.importorskip("matplotlib")
    made = notebook()
    # Cells of words go through pandoc, which is not asked for here.
    made.cells = made.cells[1:]
    text, more = nbconvert.LatexExporter().from_notebook_node(made)
    ((name, picture),) = more["outputs"].items()
    assert picture.startswith(b"\x89PNG")
    assert f"{{{name}}}" in text
    assert "iframe" not in text


def test_a_person_goes_on_with_folium(browser: Browser, tmp_path: Path) -> None:
    drawn = hubmap.draw([hub_layer()], basemap=small_basemap())
    assert isinstance(drawn, folium.Map)
    group = folium.FeatureGroup("mine").add_to(drawn)
    folium.CircleMarker([22.55, 114.1], radius=9, tooltip="my own").add_to(group)
    folium.PolyLine([[22.5, 114.0], [22.6, 114.2]]).add_to(drawn)
    folium.LayerControl(collapsed=False).add_to(drawn)
    bundle = drawn._repr_mimebundle_()
    # folium's own frame shows what neither our page nor our picture can hold.
    assert set(bundle) == {"text/plain"}
    assert "<iframe" in drawn._repr_html_()
    path = tmp_path / "own.html"
    drawn.save(str(path))
    page, errors = opened(browser, path)
    page.wait_for_selector("canvas")
    assert page.locator("path.leaflet-interactive").count() == 2
    listed = page.locator(".leaflet-control-layers-overlays").inner_text()
    for name in ("mine", "Districts", "Entities"):
        assert name in listed, listed
    assert not errors
    page.context.close()


def test_our_layers_on_a_plain_folium_map(browser: Browser, tmp_path: Path) -> None:
    plain = folium.Map([22.55, 114.1], zoom_start=11, tiles=None)
    for layer in (DistrictsLayer, OutlineLayer, PointsLayer):
        layer(hub_layer()).add_to(plain)
    folium.Marker([22.55, 114.1]).add_to(plain)
    path = tmp_path / "plain.html"
    plain.save(str(path))
    page, errors = opened(browser, path)
    page.wait_for_function(
        """() => [...document.querySelectorAll('canvas')].some((c) =>
             c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0))"""
    )
    assert page.locator(".leaflet-marker-icon").count() == 1
    assert not errors
    page.context.close()


def report(html: str, folder: Path, mode: str) -> str:
    """A Markdown page around a snippet; the map's page and picture go into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a-map.html").write_text(html, encoding="utf-8")
    (folder / "a-map.png").write_bytes(base64.b64decode(PIXEL))
    made = Embedded(id="a-map", title="Test hub", picture="a-map.png", page=html)
    return f"# Report\n\nBefore.\n\n{snippet(made, mode)}\nAfter.\n"


PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ"
    "RU5ErkJggg=="
)


@pytest.mark.parametrize("mode", ["iframe", "srcdoc", "markdown"])
def test_mkdocs(mode: str, html: str, browser: Browser, tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    text = report(html, tmp_path / "docs", mode)
    (tmp_path / "docs" / "index.md").write_text(text, encoding="utf-8")
    (tmp_path / "mkdocs.yml").write_text("site_name: Hubs\ntheme: mkdocs\nplugins: []\n", "utf-8")
    ran([sys.executable, "-m", "mkdocs", "build", "--quiet"], tmp_path)
    page, _ = opened(browser, tmp_path / "site" / "index.html")
    shown(page, mode)


@pytest.mark.parametrize("mode", ["iframe", "srcdoc", "figure"])
def test_myst_and_sphinx(mode: str, html: str, browser: Browser, tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    pytest.importorskip("myst_parser")
    text = report(html, tmp_path / "extra", mode)
    (tmp_path / "index.md").write_text(text, encoding="utf-8")
    conf = "project = 'Hubs'\nextensions = ['myst_parser']\nhtml_extra_path = ['extra']\n"
    (tmp_path / "conf.py").write_text(conf + "exclude_patterns = ['extra']\n", encoding="utf-8")
    ran([sys.executable, "-m", "sphinx", "-q", ".", "out"], tmp_path)
    page, _ = opened(browser, tmp_path / "out" / "index.html")
    shown(page, mode)


def ran(words: list[str], folder: Path) -> None:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def shown(page: Page, mode: str) -> None:
    if mode in ("markdown", "figure"):
        picture = page.get_by_alt_text("Map: Test hub")
        assert picture.evaluate("n => n.naturalWidth") == 1
        assert picture.locator("xpath=..").get_attribute("href") == "a-map.html"
    else:
        works(page)
    assert page.get_by_text("After.").is_visible()
    page.context.close()
