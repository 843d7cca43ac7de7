"""Every page that is made: a strict policy, no inline handler, and links that lead to the web."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser
from pydantic import ValidationError

from hubmap.maps.draw import draw
from hubmap.maps.embed import Embedded, snippet
from hubmap.maps.index import IndexEntry, index_page
from hubmap.maps.page import page
from hubmap.maps.recipe import MapRecipe
from hubmap.maps.tiles import Tiles
from hubmap.reports.compose import report
from hubmap.reports.render import page as report_page
from pages.parents import SITE, child, served
from pages.small_hub import Opener, hub_layer, reported, small_basemap
from pages.test_embed import LISTEN, heard

TILES = Tiles(
    url="https://tile.openstreetmap.org/{z}/{x}/{y}.png", attribution="Makers",
    terms="https://tiles.invalid/terms", datum="WGS-84",
)  # fmt: skip
DIGEST = r"'sha256-[A-Za-z0-9+/]{43}='"


def made() -> dict[str, str]:
    """A page of each sort."""
    recipe = MapRecipe(title="T", layers=("x",), notes=({"text": "a step", "zone": "440305"},),
                       tiles=TILES)  # type: ignore[arg-type]  # fmt: skip
    blocks = report(reported(), language="en", name="x")
    return {
        "map": page(draw([hub_layer()], recipe=recipe, basemap=small_basemap())),
        "index": index_page([IndexEntry("a-map", recipe, [hub_layer()])]),
        "report": report_page(blocks, language="en", title="Test hub"),
    }


class Parts(HTMLParser):
    """The policy, the attributes and the scripts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.policy: list[str] = []
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {key: value or "" for key, value in attrs}
        self.found.append((tag, own))
        if own.get("http-equiv", "").lower() == "content-security-policy":
            self.policy.append(own["content"])


@pytest.mark.parametrize("sort", ["map", "index", "report"])
def test_the_policy_is_strict(sort: str) -> None:
    parts = Parts(made()[sort])
    assert len(parts.policy) == 1
    rules = {rule.split()[0]: rule.split()[1:] for rule in parts.policy[0].split("; ")}
    assert rules["default-src"] == ["'none'"]
    assert rules["base-uri"] == ["'none'"]
    assert "unsafe" not in parts.policy[0]
    assert "*" not in parts.policy[0]
    for name in ("script-src", "style-src"):
        assert all(re.fullmatch(DIGEST, source) for source in rules.get(name, [])), rules
    assert ("script-src" in rules) == (sort == "map")
    # The policy stands before all that it rules.
    tags = [tag for tag, _ in parts.found]
    assert tags[:4] == ["html", "head", "meta", "meta"]
    for tag, own in parts.found:
        assert not [key for key in own if key.startswith("on")], (tag, own)
        assert "style" not in own or tag == "iframe"
        if tag == "script":
            assert "src" not in own


def test_links_lead_to_the_web_or_stay_in_the_file(visit: Opener) -> None:
    """Every link of every page, in the states that write links."""
    leads = """() => [...document.querySelectorAll('a, area, form, link, use, image')].map((n) =>
        [n.tagName, n.getAttribute('href') || n.getAttribute('action') || '', n.rel || '',
         n.target || ''])"""
    for sort, text in made().items():
        opened = visit(text, wait=sort == "map")
        tab = opened.page
        if sort == "map":
            tab.evaluate(
                """() => { const { state } = window.hubmapApp;
                     state.set({ about: true, shareOpen: true, timeOpen: true, note: 0 }); }"""
            )
        found = tab.evaluate(leads)
        assert found
        for tag, href, rel, target in found:
            scheme = urlsplit(href).scheme
            if scheme in ("http", "https"):
                assert tag == "A"
                assert {"noopener", "noreferrer"} <= set(rel.split()), (href, rel)
            else:
                inside = href.startswith("#") or href == "a-map.html"
                assert inside or (tag == "LINK" and href.startswith("data:image/svg+xml,")), href
                assert target == ""
        outward = [href for _, href, _, _ in found if href.startswith("http")]
        assert outward == ([TILES.terms] if sort == "map" else [])


def test_a_hostile_parent_of_a_page_within_the_snippet(html: str, browser: Browser) -> None:
    """`srcdoc` shares the parent's file, and still only the height comes out of it."""
    text = snippet(Embedded(id="m", title="M", page=html), "srcdoc")
    around = f"<!DOCTYPE html><title>r</title>{text}"
    tab, _ = served(browser, {SITE: around}, before=LISTEN)
    frame = child(tab)
    got = tab.evaluate(
        """async () => {
             const w = document.querySelector('iframe').contentWindow, got = [];
             for (const f of [() => w.document.body, () => w.hubmapApp, () => w.localStorage,
                              () => document.querySelector('iframe').contentDocument.body])
               try { got.push(String(f())); } catch (e) { /* refused, as it should be */ }
             for (const m of ["open", { hubmapHeight: 5 }, null]) w.postMessage(m, "*");
             return got;
           }"""
    )
    assert got == []
    heard(frame, 3)
    assert frame.evaluate("window.origin") == "null"
    frame.evaluate("hubmapApp.open(0)")
    # Longer than anything in the page puts off: that nothing comes has no other sign.
    tab.wait_for_timeout(400)
    wanted = frame.evaluate("hubmap.embed.height(innerWidth)")
    assert set(heard(tab, 1)) == {f'{{"hubmapHeight":{wanted}}}'}
    tab.context.close()


def test_without_scripts_a_chinese_page_speaks_chinese() -> None:
    recipe = MapRecipe(
        title="T", title_zh="深圳", subtitle_zh="两个区", layers=("x",), language="zh"
    )
    text = page(draw([hub_layer()], recipe=recipe, basemap=small_basemap()))
    still = text.split('<main class="still">')[1].split("</main>")[0]
    for words in ("深圳", "两个区", "各区县的数字", ">区县<", ">高校<", "不从网络获取任何内容"):
        assert words in still, words
    assert "District" not in still
    assert "interactive" not in still


def test_words_of_a_recipe_are_no_patterns() -> None:
    with pytest.raises(ValidationError, match="is a pattern"):
        MapRecipe(title="T", layers=("x",), words={"~(a+)+$": {"en": "x"}})  # type: ignore[dict-item]
