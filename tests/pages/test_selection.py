"""What a reader can do with a part of the map: select it, count it, take it away, find it."""

from __future__ import annotations

import csv
import io
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from hubmap.geodata.places.names import HAN
from hubmap.maps.draw import draw
from hubmap.maps.page import page
from hubmap.maps.spelt import syllables
from pages.small_hub import ENTITIES, KINDS, Opener, entity, hub_layer, source, words

GO = """(hash) => new Promise((done) => {
  addEventListener('hashchange', done, { once: true });
  location.hash = hash;
})"""
"""Change the address; the page has read it when this listener, the last, is told."""
IDS = "() => window.hubmapApp.shownRows().map(i => window.hubmapApp.points.table.id[i]).sort()"


def shown(tab: Page) -> list[str]:
    return list(tab.evaluate(IDS))


def state(tab: Page, key: str) -> Any:
    return tab.evaluate(f"() => window.hubmapApp.state.get('{key}')")


def drag(tab: Page, west: float, south: float, east: float, north: float) -> None:
    """Draw a rectangle with the mouse."""
    corner = "([lat, lng]) => window.hubmapApp.map.latLngToContainerPoint([lat, lng])"
    box = tab.locator("#hm-map").bounding_box()
    assert box
    a, b = (tab.evaluate(corner, list(c)) for c in ((north, west), (south, east)))
    tab.mouse.move(box["x"] + a["x"], box["y"] + a["y"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + (a["x"] + b["x"]) / 2, box["y"] + (a["y"] + b["y"]) / 2)
    tab.mouse.move(box["x"] + b["x"], box["y"] + b["y"])
    tab.mouse.up()


def test_a_drawn_rectangle_counts_and_comes_back(html: str, visit: Opener) -> None:
    opened = visit(html)
    tab = opened.page
    tab.locator(".hm-selection summary").click()
    tab.locator("#hm-draw").click()
    drag(tab, 114.03, 22.54, 114.07, 22.58)
    assert shown(tab) == ["c1", "c2"]
    panel = tab.locator(".hm-filtered")
    words = panel.text_content() or ""
    assert "As selected" in words
    assert "2 of 3 (66.7 %)" in words
    assert "0 of 2 (0 %)" in words
    assert "interval" not in words.replace("counts and shares only", "")
    assert "2 records selected" in (tab.locator("[aria-live]").text_content() or "")
    # The drag did not move the map, and the mouse moves it again.
    assert tab.evaluate("() => window.hubmapApp.map.dragging.enabled()")
    # The counts beside the facets are those of the selection, the filter cuts it further.
    counts = tab.evaluate("() => window.hubmapApp.filter.counts('category')")
    assert counts == [{"value": "robotics", "n": 2}]
    tab.evaluate("() => hubmap.filter.change(window.hubmapApp, { text: 'kite' })")
    assert shown(tab) == ["c1"]
    again = visit(html)
    # The address is written a quarter of a second after the last change.
    hash_ = "() => location.hash.includes('text=kite') && location.hash"
    again.page.evaluate(GO, tab.wait_for_function(hash_).json_value())
    assert "area=" in tab.url
    assert shown(again.page) == ["c1"]
    assert state(again.page, "area") == state(tab, "area")
    tab.locator(".hm-filtered").get_by_role("button", name="Clear selection").click()
    assert state(tab, "area") == ""
    assert shown(tab) == ["c1"]
    assert opened.clean, opened.messages
    assert again.clean, again.messages


def test_a_rectangle_needs_no_pointer(html: str, visit: Opener) -> None:
    opened = visit(html)
    tab = opened.page
    tab.locator(".hm-selection summary").focus()
    tab.keyboard.press("Enter")
    tab.locator("#hm-inview").focus()
    tab.keyboard.press("Enter")
    assert len(shown(tab)) == 6
    assert tab.evaluate("() => document.activeElement.id") == "hm-inview"
    for key, value in (("west", 114.11), ("east", 114.2)):
        tab.locator(f"#hm-{key}").fill(str(value))
        tab.locator(f"#hm-{key}").press("Tab")
    assert shown(tab) == ["c3", "u2"]
    before = state(tab, "area")
    tab.locator("#hm-west").fill("115")
    tab.locator("#hm-west").press("Tab")
    assert "West must lie west" in (tab.locator("[aria-live]").text_content() or "")
    assert state(tab, "area") == before
    tab.locator("#hm-draw").focus()
    tab.keyboard.press("Enter")
    assert tab.locator("#hm-draw").get_attribute("aria-pressed") == "true"
    tab.keyboard.press("Escape")
    assert tab.locator("#hm-draw").get_attribute("aria-pressed") == "false"
    tab.locator("#hm-unselect").focus()
    tab.keyboard.press("Enter")
    assert len(shown(tab)) == 6
    assert tab.evaluate("() => document.activeElement.id") == "hm-draw"
    assert opened.clean, opened.messages


def test_a_district_is_selected_from_its_card_or_the_panel(html: str, visit: Opener) -> None:
    opened = visit(html)
    tab = opened.page
    box = tab.locator("#hm-map").bounding_box()
    at = tab.evaluate("() => window.hubmapApp.map.latLngToContainerPoint([22.585, 114.17])")
    assert box
    tab.mouse.click(box["x"] + at["x"], box["y"] + at["y"])
    tab.locator(".hm-popup").get_by_role("button", name="Select").click()
    assert state(tab, "area") == "440303"
    assert shown(tab) == ["c3", "u2"]
    assert "Luohu" in (tab.locator(".hm-selected").text_content() or "")
    tab.locator("#hm-zone").select_option("440305")
    tab.locator("#hm-take").click()
    assert shown(tab) == ["c1", "c2", "p1", "u1"]
    tab.locator("#hm-take").click()
    assert state(tab, "area") == ""
    assert opened.clean, opened.messages


@pytest.mark.parametrize("asked", ["1,2,3", "9,9,1,1", "nowhere", "=1+1", "114,22,115,x", "<b>"])
def test_an_address_that_names_no_area_selects_nothing(
    asked: str, html: str, visit: Opener
) -> None:
    opened = visit(html)
    opened.page.evaluate(GO, "#area=" + quote(asked))
    assert state(opened.page, "area") == ""
    assert len(shown(opened.page)) == 6
    assert opened.clean, opened.messages


def test_the_selection_can_be_taken_away_without_formulas(visit: Opener, tmp_path: Path) -> None:
    rows = [*ENTITIES, entity("x1", "companies", "=1+1", 114.16, 22.55, district="440303")]
    opened = visit(page(draw([hub_layer(rows)])))
    tab = opened.page
    tab.evaluate("() => window.hubmapApp.state.set({ area: '440303' })")
    tab.locator(".hm-actions").get_by_role("button", name="Share").click()
    with tab.expect_download() as taken:
        tab.locator(".hm-share").get_by_role("button", name="CSV").click()
    path = tmp_path / "taken.csv"
    taken.value.save_as(path)
    read = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert sorted(row["id"] for row in read) == ["c3", "u2", "x1"]
    assert {row["name"] for row in read} == {"Hill College", "Somewhere Inc", "'=1+1"}


def test_a_crowd_is_selected_too(visit: Opener) -> None:
    wide = 66
    crowd = [
        entity(f"k{i}", "companies", f"Firm {i}", 114.001 + 0.198 * (i % wide) / wide,
               22.501 + 0.098 * (i // wide) / wide)
        for i in range(wide * wide)
    ]  # fmt: skip
    opened = visit(page(draw([hub_layer([*ENTITIES, *crowd])])))
    tab = opened.page
    assert tab.evaluate("() => Boolean(window.hubmapApp.points.crowd)")
    tab.evaluate("() => window.hubmapApp.state.set({ area: '114.0500,22.5200,114.1000,22.5600' })")
    inside = """() => { const { points: p } = window.hubmapApp; let n = 0;
        for (let i = 0; i < p.table.n; i += 1) n += p.keep[i]
          && p.table.lon[i] >= 114.05 && p.table.lon[i] <= 114.1
          && p.table.lat[i] >= 22.52 && p.table.lat[i] <= 22.56;
        return [n, p.keep.reduce((s, v) => s + v, 0)]; }"""
    there, kept = tab.evaluate(inside)
    expected = sum(
        114.05 <= row["geometry"].x <= 114.1 and 22.52 <= row["geometry"].y <= 22.56
        for row in [*ENTITIES, *crowd]
        if row["case"]
    )
    # Coordinates travel in steps of 0.00001 degrees.
    assert there == kept
    assert abs(kept - expected) <= 2 * wide * 0.01
    assert kept > 300
    assert opened.clean, opened.messages


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_a_selection(width: int, theme: Any, html: str, visit: Opener) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # The page's policy refuses what axe would bring in; the test alone sets it aside.
    opened = visit(html, size=(width, 800), color_scheme=theme, bypass_csp=True)
    tab = opened.page
    tab.evaluate("() => window.hubmapApp.state.set({ area: '114.0000,22.5000,114.1000,22.6000' })")
    for language in ("en", "zh"):
        tab.evaluate("(language) => window.hubmapApp.state.set({ language })", language)
        if width < 760 and language == "en":
            tab.locator(".hm-layers").click()
        found = axe.run(tab).response["violations"]
        assert found == [], [(v["id"], v["nodes"][0]["html"]) for v in found]


SPELT = {
    "zhejiang daxue": "Zhejiang University", "zhejiangdaxue": "Zhejiang University",
    "zjdx": "Zhejiang University", "Zhe Jiang": "Zhejiang University",
    "daxue": "Harbour University",
    "浙江大学": "Zhejiang University", "zhejiang univ": "Zhejiang University",
    "chongqingyoudian": "Chongqing University of Posts", "cqyd": "Chongqing University of Posts",
    "lvse": "Green Firm", "lüse": "Green Firm", "luse ai": "Green Firm",
    "xianggang": "Hong Kong School", "xgxx": "Hong Kong School",
    "nanshan": "Nanshan", "nsq": "Nanshan", "luo hu qu": "Luohu", "罗湖": "Luohu",
}  # fmt: skip


def test_names_and_places_are_found_by_their_sounds(visit: Opener) -> None:
    names = (
        ("Zhejiang University", "浙江大学"), ("Chongqing University of Posts", "重庆邮电大学"),
        ("Green Firm", "绿色AI"), ("Hong Kong School", "香港學校"),
    )  # fmt: skip
    rows = [
        entity(f"n{k}", "universities", en, 114.02 + k / 100, 22.52, name_zh=zh)
        for k, (en, zh) in enumerate(names)
    ]
    opened = visit(page(draw([hub_layer([*ENTITIES, *rows])])))
    search = opened.page.locator("#hm-search")
    found = {}
    for typed in SPELT:
        search.fill(typed)
        first = opened.page.locator("#hm-results li bdi").first
        found[typed] = (first.text_content() or "") if first.count() else ""
    # The sound "daxue" is in three names: the shortest one comes first.
    assert found == SPELT
    for typed in ("bqyd", "xqxq", "qzjd"):
        search.fill(typed)
        assert opened.page.locator("#hm-results li").count() == 0, typed
    assert opened.clean, opened.messages


def test_readings_cover_the_names_at_hand() -> None:
    made = syllables(["浙江大学", "香港大學", "重庆", "重 Q 1", "𠮷"])
    assert made["da"] == "大"
    assert made["xue"] == "学學"
    assert made["chong"] == "重"
    assert "重" in made["zhong"]
    assert not set(made) & {"", "q"}
    rows = (files("hubmap.geodata.places") / "gazetteer.csv").read_text(encoding="utf-8")
    han = {c for c in rows if HAN.match(c)}
    known = set("".join(syllables([rows]).values()))
    assert han - known == set()


def test_what_is_verified_can_be_filtered(visit: Opener) -> None:
    rows = [row | {"verified": None} for row in ENTITIES]
    for row, said in zip(rows[2:5], ("true", "false", "true"), strict=True):
        row["verified"] = said
    told = {"verified": words("Checked", "已查")}
    sources = [source(kind, details=told if kind == "companies" else {}) for kind in KINDS]
    opened = visit(page(draw([hub_layer(rows, sources=sources)])))
    tab = opened.page
    tab.locator(".hm-filter > summary").click()
    facet = tab.locator(".hm-facet", has_text="Verified")
    facet.locator("summary").click()
    assert facet.locator("label").all_text_contents() == ["yes2", "no1"]
    facet.locator("input").nth(1).check()
    assert shown(tab) == ["c2"]
    tab.locator(".hm-facet", has_text="Verified").locator("input").nth(0).check()
    assert shown(tab) == ["c1", "c2", "c3"]
    tab.wait_for_function("() => location.hash.split('verified=').length === 3")
    tab.evaluate("() => window.hubmapApp.select(2, null, false)")
    card = tab.locator(".hm-popup .hm-card").text_content() or ""
    assert "Checkedyes" in card
    assert opened.clean, opened.messages


def test_about_lists_what_built_the_page(visit: Opener) -> None:
    made = {
        "build": "0123456789abcdef0", "versions": {"hubmap": "9.9"}, "inputs": {"a.csv": "77"},
        "rows": {}, "recipes": {"maps/a.toml": {"title": "</script><b>x"}},
    }  # fmt: skip
    opened = visit(page(draw([hub_layer()]), made=made))
    tab = opened.page
    tab.evaluate("() => window.hubmapApp.showAbout()")
    tab.locator(".hm-made summary").click()
    listed = tab.locator(".hm-made pre")
    tab.wait_for_function("() => document.querySelector('.hm-made pre').textContent")
    said = listed.text_content() or ""
    for part in ('"a.csv": "77"', "</script><b>x", '"hubmap": "9.9"'):
        assert part in said, part
    assert listed.locator("b").count() == 0
    assert opened.clean, opened.messages
