"""Hostile words in what a reader opens and chooses: places, comparison, story, tiles, frames."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from payloads import OWN, PAYLOADS
from playwright.sync_api import Browser
from shapely.geometry import Point, box

from hubmap.layers.model import HubLayer
from hubmap.maps.assets import catalogues
from hubmap.maps.draw import draw
from hubmap.maps.page import page
from hubmap.maps.recipe import Choice, Figure, MapRecipe, Note
from hubmap.maps.still.outputs import print_map
from hubmap.maps.still.style import Style
from hubmap.maps.tiles import Tiles
from hubmap.reports.compose import report
from hubmap.reports.render import page as report_page
from pages.small_hub import (
    ENTITIES,
    Opener,
    entity,
    hub_layer,
    reported,
    rows,
    small_basemap,
    source,
    words,
)

ALIEN = "iframe, img, object, embed, base, form, template, math, video, details[ontoggle], meta"
CLEAN = f"""() => [typeof window.__pwn, ({{}}).polluted === undefined, document.scripts.length,
  document.body.querySelectorAll('{ALIEN}').length]"""
DISTRICTS = tuple(f"d{i:03}" for i in range(len(PAYLOADS)))
CITIES = tuple(f"c{i:03}" for i in range(len(PAYLOADS)))


def places() -> HubLayer:
    """A hub with a district and a city of every payload's name, and a firm in each."""
    here = [(114.0 + i % 12 * 0.016, 22.5 + i // 12 * 0.011) for i in range(len(PAYLOADS))]
    firms = [
        entity(f"e{i}", "companies", text, x + 0.004, y + 0.004, district=DISTRICTS[i],
               city=CITIES[i], category=text, tags=text.replace(";", ","), source=text)
        for i, (text, (x, y)) in enumerate(zip(PAYLOADS, here, strict=True))
    ]  # fmt: skip
    layer = hub_layer([*ENTITIES, *firms])
    more = gpd.GeoDataFrame(
        {
            "code": DISTRICTS, "hub": "test-hub", "name": PAYLOADS, "name_zh": PAYLOADS,
            "city": CITIES, "city_name": PAYLOADS, "city_name_zh": PAYLOADS, "area_km2": 1.0,
            "area_source": PAYLOADS, "population": 1000.0, "population_year": 2020,
            "polygon_km2": 1.0, "universities": 0, "companies": 1, "ai_job_postings": np.nan,
        },
        geometry=[box(x, y, x + 0.015, y + 0.01) for x, y in here], crs=4326,
    )  # fmt: skip
    given = rows()
    told = [
        given[k] | {"zone": zone, "level": level, "name": text, "name_zh": text, "unit": text,
                    "denominator": text, "note": text, "withheld": reason,
                    "value": None if reason else 2.0}
        for level, zones in (("district", DISTRICTS), ("city", CITIES))
        for zone, text in zip(zones, PAYLOADS, strict=True)
        for k, reason in ((2, None), (3, None), (4, text))
    ]  # fmt: skip
    districts: Any = pd.concat([layer.districts, more], ignore_index=True)
    return replace(layer, districts=districts, profile=pd.DataFrame([*given, *told]))


def test_every_place_is_text_where_it_is_chosen_selected_and_compared(visit: Opener) -> None:
    """Panel, plots of the ranking, selection, its live words, comparison, search, downloads."""
    opened = visit(page(draw([places()], basemap=small_basemap())))
    tab = opened.page
    found = tab.evaluate(
        """([districts, cities]) => {
             const app = window.hubmapApp, { state } = app;
             const read = (s) => document.querySelector(s)?.textContent;
             const got = districts.map((district, i) => {
               state.set({ pair: [cities[i], cities[(i + 1) % cities.length]] });
               const head = document.querySelector('#hm-pair0');
               const pair = [head.selectedOptions[0].textContent, read('.hm-pairtable thead bdi'),
                 document.querySelector('#hm-pairmap0').getAttribute('aria-label')];
               state.set({ pair: null, zone: district, area: district });
               hubmap.control(app);
               const panel = read('.hm-panel-body');
               const live = (app.visit(district), read('[aria-live]'));
               return { pair, live, panel, selected: read('.hm-selected'),
                 shown: app.shownRows().length };
             });
             state.set({ area: '', zone: cities[0] });
             return got;
           }""",
        [DISTRICTS, CITIES],
    )
    for text, got in zip(PAYLOADS, found, strict=True):
        assert got["live"] == text
        assert got["pair"][:2] == [text, text]
        assert text in got["pair"][2]
        assert text in got["panel"]
        assert text in (got["selected"] or "")
        assert got["shown"] == 1, text
    assert tab.evaluate(CLEAN)[::3] == ["undefined", 0]
    assert opened.clean, (opened.requests, opened.messages)


WORDS = [key for key in catalogues()["en"] if key[:1] not in "~="]


def test_the_recipes_own_words_are_text_wherever_the_page_writes_them(visit: Opener) -> None:
    """Every phrase of the page replaced by a payload, in both languages, in every state."""
    own = {
        key: words(PAYLOADS[i % len(PAYLOADS)], PAYLOADS[(i + 7) % len(PAYLOADS)])
        for i, key in enumerate(WORDS)
    }
    figures = (
        Figure(kind="companies", where=Choice(text="Kite")),
        Figure(zone="440303", kind="ai_job_postings"),
    )
    note = Note(text="x", source="y", disagree="z", figures=figures)
    made = MapRecipe.model_construct(
        title="t", title_zh="t", layers=("x",), words=own, notes=(note,)
    )
    opened = visit(page(draw([places()], recipe=made, basemap=small_basemap())))
    tab = opened.page
    told = tab.evaluate(
        """() => {
             const app = window.hubmapApp, { state } = app, all = new Set();
             const walk = () => {
               for (const n of document.querySelectorAll('#hm-root *')) {
                 if (!n.children.length) all.add(n.textContent);
                 for (const name of ['aria-label', 'title', 'placeholder'])
                   if (n.hasAttribute(name)) all.add(n.getAttribute(name));
               }
             };
             for (const language of ['en', 'zh']) {
               state.set({ language, about: true, shareOpen: true, timeOpen: true });
               app.openFacets = new Set(['all', 'area', ...hubmap.filter.FACETS]);
               for (const surface of ['none', ...hubmap.SURFACES.filter((s) => app[s])]) {
                 state.set({ surface }); walk();
               }
               hubmap.story.go(app, 0); walk(); hubmap.story.close(app);
               state.set({ area: '440305', tag: app.tags[0].tag, year: 2015 }); walk();
               state.set({ pair: ['c000', 'c001'] }); walk(); state.set({ pair: null });
               state.set({ view: 'table' }); walk(); state.set({ view: 'map' });
               app.select(2, null, false); walk();
             }
             return [...all];
           }"""
    )
    assert len(set(PAYLOADS) & set(told)) > 50
    kind, clean, _, alien = tab.evaluate(CLEAN)
    assert (kind, clean, alien) == ("undefined", True, 0)
    assert opened.clean, (opened.requests, opened.messages)


BUNDLES = [" ".join(PAYLOADS[i : i + 16]) for i in range(0, len(PAYLOADS), 16)]
OSM = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
"""A provider that is not asked from disk: only its credit is shown."""


@pytest.mark.parametrize("text", BUNDLES, ids=range(len(BUNDLES)))
def test_credit_citation_and_bibtex_are_text(text: str, visit: Opener) -> None:
    tiles = Tiles(url=OSM, attribution=text, terms="https://x.invalid/terms", datum="WGS-84")
    sources = [source("companies", citation=text, attribution=text)]
    made = MapRecipe.model_construct(title=text, title_zh=text, layers=("x",), tiles=tiles)
    opened = visit(page(draw([hub_layer(sources=sources)], recipe=made)))
    tab = opened.page
    tab.evaluate("() => window.hubmapApp.state.set({ shareOpen: true })")
    link = tab.locator(".hm-credit a")
    assert link.evaluate("n => [n.textContent, n.href, n.rel, n.target]") == [
        text, "https://x.invalid/terms", "noopener noreferrer", "_blank",
    ]  # fmt: skip
    said = text.strip().rstrip(".;。；")
    assert said in tab.evaluate("() => window.hubmap.share.plain(window.hubmapApp, "
                                "{ title: { en: 'x' } })")  # fmt: skip
    bibtex = tab.evaluate("() => document.querySelector('#hm-bibtex').value")
    assert bibtex.count("\n") == 5, "a citation's lines are ours"
    bare = bibtex.replace(r"\{", "").replace(r"\}", "")
    depths = np.cumsum([{"{": 1, "}": -1}.get(sign, 0) for sign in bare])
    # Back at nothing with the last brace, and not before: no word ends its field or the entry.
    first = bare.index("{")
    assert depths[-1] == 0
    assert (depths[first:-1] > 0).all()
    assert tab.evaluate(CLEAN) == ["undefined", True, 5, 0]
    assert opened.clean, (opened.requests, opened.messages)


def test_places_of_the_ground_are_drawn_not_written(visit: Opener) -> None:
    """Place names of a basemap: painted on the canvas, text in the picture without scripts."""
    ground = gpd.GeoDataFrame(
        {
            "role": ["land", *["place"] * len(PAYLOADS)], "name": ["", *PAYLOADS],
            "name_zh": ["", *PAYLOADS], "rank": [None, *[1] * len(PAYLOADS)],
            "detail": "national", "hub": None,
        },
        geometry=[box(113, 22.4, 115, 24), *(Point(114 + i % 10 * 0.02, 22.5 + i // 10 * 0.01)
                                             for i in range(len(PAYLOADS)))],
        crs=4326,
    )  # fmt: skip
    opened = visit(page(draw([hub_layer()], basemap=ground)))
    assert opened.page.evaluate(CLEAN) == ["undefined", True, 5, 0]
    assert opened.page.locator(".still svg").evaluate(
        "n => n.querySelectorAll('script, foreignObject, a, image').length"
    ) == 0  # fmt: skip
    assert opened.clean, (opened.requests, opened.messages)


def test_a_printed_svg_opened_by_itself_runs_nothing(browser: Browser, tmp_path: Path) -> None:
    """As a document of its own an SVG may hold scripts: names, titles and its making are text."""
    pytest.importorskip("matplotlib")
    text = " ".join(PAYLOADS)
    made = MapRecipe.model_construct(title=text, title_zh=text, subtitle=text, layers=("x",))
    drawn = print_map([places()], Style(size="column"), "svg", recipe=made, made={"recipes": text})
    (tmp_path / "map.svg").write_bytes(drawn)
    context = browser.new_context(offline=True)
    tab = context.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto((tmp_path / "map.svg").as_uri())
    assert tab.evaluate(
        "() => [document.documentElement.tagName, typeof window.__pwn, document.querySelectorAll("
        "'script, foreignObject, a, image, iframe, parsererror').length]"
    ) == ["svg", "undefined", 0]
    assert "window.__pwn=1" in tab.evaluate("() => document.documentElement.textContent")
    assert len(asked) == 1
    context.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_of_hostile_words_is_text(language: str, visit: Opener) -> None:
    """The whole report of a hub, opened: sentences, tables, figures, sources, window's title."""
    text = " ".join(PAYLOADS)
    sources = [
        source(kind, title=text, title_zh=text, licence=text, attribution=text, citation=text,
               caveats=PAYLOADS, caveats_zh=PAYLOADS, noun=text, noun_zh=text)
        for kind in ("universities", "companies", "ai_job_postings")
    ]  # fmt: skip
    layer = reported(title=text, sources=sources, district_names=(text, OWN[0]))
    layer.profile["note"] = text
    layer.profile.loc[layer.profile["value"].isna(), "withheld"] = text
    layer.profile["name"] = layer.profile["name_zh"] = text
    made = report_page(report(layer, language=language, name="x"), language=language, title=text)
    opened = visit(made, wait=False)
    assert opened.page.evaluate(CLEAN) == ["undefined", True, 0, 0]
    assert opened.page.locator("script, a, svg image, svg foreignObject").count() == 0
    assert opened.page.locator("li").count() >= 3 * len(PAYLOADS)
    assert opened.clean, (opened.requests, opened.messages)


def test_a_notebook_shows_hostile_titles_as_text(visit: Opener) -> None:
    """The bundle's HTML in a page of its own: one frame, nothing of the words in the parent."""
    pytest.importorskip("matplotlib")
    text = " ".join(PAYLOADS)
    made = MapRecipe.model_construct(
        title=text, title_zh=text, subtitle=text, subtitle_zh=text, layers=("x",)
    )
    drawn: Any = draw([hub_layer(title=text)], recipe=made)
    bundle = drawn._repr_mimebundle_()
    assert bundle["text/plain"].count("\n") == 0
    assert not [c for c in bundle["text/plain"] if ord(c) < 32]
    assert bundle["image/png"].startswith(b"\x89PNG")
    cell = f"<!DOCTYPE html><meta charset=utf-8><title>n</title><div>{bundle['text/html']}</div>"
    opened = visit(cell, wait=False)
    opened.page.frame_locator("iframe").locator("html[data-ready]").wait_for()
    assert opened.page.evaluate(
        "() => [typeof window.__pwn, document.scripts.length, "
        "document.querySelectorAll('iframe').length, document.querySelectorAll('img').length]"
    ) == ["undefined", 1, 1, 0]
    frame = opened.page.frames[1]
    assert frame.locator("h1").evaluate("n => n.textContent") == text
    assert frame.evaluate("() => typeof window.__pwn") == "undefined"
    assert not any("h.invalid" in request for request in opened.requests)
    assert not opened.messages, opened.messages


@pytest.mark.parametrize("id", ["../../etc/passwd", "a\x00b", "<img src=x>", "\u202eexe.txt", ""])
def test_the_name_of_a_download_is_a_plain_word(id: str, visit: Opener) -> None:
    """The hubs' ids make the file's name; whatever they hold, it stays in its folder."""
    drawn = draw([hub_layer()])
    panel = next(c for c in drawn._children.values() if hasattr(c, "picture"))
    panel.content["hubs"] = [{**panel.content["hubs"][0], "id": id}]
    opened = visit(page(drawn))
    assert re.fullmatch(r"[A-Za-z0-9_-]+", opened.page.evaluate("() => window.hubmapApp.fileName"))
    assert opened.clean, opened.messages
