"""Tiles of a provider: only where a recipe names one, only from its host, never a broken map."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route
from pydantic import ValidationError

from hubmap.maps.draw import draw
from hubmap.maps.page import page
from hubmap.maps.recipe import MapRecipe
from pages.browsing import ready, still
from pages.small_hub import hub_layer, small_basemap

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
PROVIDER = {
    "url": "https://tiles.example.org/{z}/{x}/{y}.png?key={key}", "key": "k&1",
    "attribution": "Tile <b>Makers</b>", "terms": "https://tiles.example.org/terms",
    "datum": "WGS-84",
}  # fmt: skip
SITE = "https://maps.example.com/map.html"
COME = """() => { const all = [...document.querySelectorAll('.leaflet-tile')];
  return hubmapApp.tileTrouble || (all.length && all.every((i) => i.naturalWidth)); }"""
"""The tiles are there, or the page has found out that there are none."""


def tiled(**changes: Any) -> str:
    recipe = MapRecipe.model_validate(
        {"title": "Tiled", "layers": ["test-hub"], "tiles": PROVIDER | changes}
    )
    return page(draw([hub_layer()], recipe=recipe, basemap=small_basemap()))


def opened(browser: Browser, at: str, text: str, *, tiles: bool = True) -> tuple[Page, list[str]]:
    """A page under an address, a stand-in for its provider, and what it asked for."""
    tab = browser.new_page()
    asked: list[str] = []

    def answer(route: Route) -> None:
        url = route.request.url
        if url == SITE:
            return route.fulfill(body=text, content_type="text/html; charset=utf-8")
        asked.append(f"{url} from {route.request.headers.get('referer', '')}")
        if tiles and url.startswith("https://tiles.example.org/"):
            return route.fulfill(body=PICTURE, content_type="image/png")
        return route.abort()

    tab.route(lambda url: not url.startswith(("file:", "data:")), answer)
    tab.goto(at)
    ready(tab)
    tab.wait_for_function(COME)
    still(tab)
    return tab, asked


def policy(text: str) -> str:
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert found
    return next(part for part in found[1].split("; ") if part.startswith("img-src"))


def test_tiles_come_from_their_host_and_nothing_from_elsewhere(browser: Browser) -> None:
    text = tiled()
    assert policy(text) == "img-src data: https://tiles.example.org"
    tab, asked = opened(browser, SITE, text)
    assert asked
    for line in asked:
        assert re.fullmatch(
            r"https://tiles\.example\.org/\d+/\d+/\d+\.png\?key=k%261 "
            r"from https://maps\.example\.com/",
            line,
        )
    loaded = "() => [...document.querySelectorAll('.leaflet-tile')].every(i => i.naturalWidth)"
    assert tab.evaluate(loaded)
    credit = tab.locator(".hm-credit a")
    assert credit.text_content() == "Tile <b>Makers</b>"
    assert credit.get_attribute("href") == "https://tiles.example.org/terms"
    assert "noopener" in (credit.get_attribute("rel") or "")
    assert not tab.locator(".hm-tilenote").is_visible()
    assert "tiles.example.org" in (tab.locator(".hm-about").text_content() or "")
    # The drawn land would lie over the tiles.
    assert tab.evaluate("() => !hubmapApp.stage.actors.includes(hubmapApp.basemap)")
    tab.close()


def test_a_provider_that_is_away_leaves_the_drawn_ground(browser: Browser) -> None:
    tab, asked = opened(browser, SITE, tiled(), tiles=False)
    assert asked
    assert "No tiles came from tiles.example.org" in (
        tab.locator(".hm-tilenote").text_content() or ""
    )
    assert tab.evaluate("() => hubmapApp.stage.actors.includes(hubmapApp.basemap)")
    tab.locator(".hm-language").click()
    assert "未能从" in (tab.locator(".hm-tilenote").text_content() or "")
    tab.close()


def test_openstreetmap_refuses_pages_from_disk_and_is_not_asked(
    browser: Browser, tmp_path: Path
) -> None:
    text = tiled(url="https://tile.openstreetmap.org/{z}/{x}/{y}.png", key="")
    path = tmp_path / "map.html"
    path.write_text(text, encoding="utf-8", newline="\n")
    tab, asked = opened(browser, path.as_uri(), text)
    assert asked == []
    assert "pages opened from disk" in (tab.locator(".hm-tilenote").text_content() or "")
    assert tab.evaluate("() => hubmapApp.stage.actors.includes(hubmapApp.basemap)")
    tab.close()
    tab, asked = opened(browser, SITE, text)
    assert all(line.startswith("https://tile.openstreetmap.org/") for line in asked)
    assert asked
    tab.close()


def test_without_a_provider_no_host_is_open(html: str) -> None:
    assert policy(html) == "img-src data:"
    assert "it fetches nothing from the network" in html


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"url": "http://tiles.example.org/{z}/{x}/{y}{key}"}, "must begin with https"),
        ({"url": "https://{s}.example.org/{z}/{x}/{y}{key}"}, "no other braces"),
        ({"url": "https://{z}.example.org/{z}/{x}/{y}{key}"}, "one host"),
        ({"url": "https://a.org; script-src */{z}/{x}/{y}{key}"}, "one host's name"),
        ({"url": "https://u:p@a.org/{z}/{x}/{y}{key}"}, "one host's name"),
        ({"url": "https://tiles.example.org/{z}/{x}{key}"}, "must hold {z}, {x}, {y}"),
        ({"key": ""}, "both or neither"),
        ({"datum": "GCJ-02"}, "name a provider on WGS-84"),
        ({"url": "https://webrd01.is.autonavi.com/{z}/{x}/{y}{key}"}, "beside the entities"),
        ({"terms": "javascript:alert(1)"}, "https address"),
        ({"attribution": ""}, "attribution"),
    ],
)
def test_a_provider_that_cannot_be_used_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        tiled(**changes)
    assert message in str(caught.value)
