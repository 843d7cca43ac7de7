"""Names are text: nothing in the data runs, in Python or in the browser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import folium
import pytest
from payloads import OWN, PAYLOADS
from playwright.sync_api import Browser

from hubmap.maps import assets
from hubmap.maps.draw import draw
from hubmap.maps.embed import Embedded, snippet
from hubmap.maps.index import IndexEntry, index_page
from hubmap.maps.layers import DistrictsLayer, OutlineLayer, PointsLayer
from hubmap.maps.pack import unpack
from hubmap.maps.page import page
from hubmap.maps.picture import picture
from hubmap.maps.recipe import Choice, Figure, MapRecipe, Note
from hubmap.reports.blocks import Heading, Paragraph, Points, Table
from hubmap.reports.render import page as report_page
from pages.small_hub import ENTITIES, Opener, entity, hub_layer, small_basemap, source, words

BUNDLES = [" ".join(PAYLOADS[i : i + 8]) for i in range(0, len(PAYLOADS), 8)]
"""Eight at once where a page has one place for a text: each may still break out of it."""
STARTS = ("javascript:window.__pwn=1", '=HYPERLINK("http://h.invalid","x")', "__proto__", "CON")
"""What acts only as the beginning of a text, or as the whole of it."""


def hostile(text: str, names: Sequence[str] = ()) -> Any:
    """A hub whose every word is the payload; with names, one university for each of them."""
    made = [
        entity("x1", "universities", text, 114.02, 22.52, name_zh=text, category=text, tags=text,
               source=text, world_rank=3.0, world_rank_list=text),
        entity("x2", "companies", text, 114.05, 22.55, category=text),
        entity("x3", "ai_job_postings", text, 114.05, 22.53, weight=9.0),
    ]  # fmt: skip
    made += [
        entity(f"n{i:03}", "universities", name, 114.002 + i % 8 * 0.024, 22.505 + i // 8 * 0.015,
               name_zh=name, category=name, source=name)
        for i, name in enumerate(names)
    ]  # fmt: skip
    sources = [
        source(kind, title=text, title_zh=text, attribution=text, licence=text, citation=text,
               coverage=text, caveats=(text,), caveats_zh=(text,), noun=text, noun_zh=text,
               categories={text: words(text, text)}, details={"world_rank": words(text, text)})
        for kind in ("universities", "companies", "ai_job_postings")
    ]  # fmt: skip
    return hub_layer(made, title=text, sources=sources, district_names=(text, text))


def recipe(text: str) -> MapRecipe:
    # A recipe strips its ends; here the map's words come as they are.
    figure = Figure.model_construct(
        label=text, label_zh=text, kind="companies", where=Choice.model_construct(text=text)
    )
    note = Note.model_construct(
        text=text, text_zh=text, source=text, source_zh=text, disagree=text, disagree_zh=text,
        figures=(figure,), filter=Choice.model_construct(text=text),
    )  # fmt: skip
    return MapRecipe.model_construct(
        title=text, title_zh=text, subtitle=text, subtitle_zh=text, layers=("x",), notes=(note,),
    )  # fmt: skip


def test_every_entity_name_is_text(visit: Opener) -> None:
    """All payloads as names, categories and sources of one page: table, popups and search."""
    layer = hostile("plain", PAYLOADS)
    opened = visit(page(draw([layer], basemap=small_basemap())))
    tab = opened.page
    tab.get_by_role("button", name="Table").click()
    shown = tab.locator(".hm-table tbody th").evaluate_all("all => all.map(n => n.textContent)")
    assert sorted(shown) == sorted([*PAYLOADS, "plain", "plain", "plain"])
    tab.get_by_role("button", name="Map", exact=True).click()
    for place, text in enumerate(PAYLOADS):
        # The row order of the page is that of the frame.
        tab.evaluate("i => window.hubmapApp.open(i)", place + 3)
        card = tab.locator(".hm-card")
        assert card.locator("h3").evaluate("n => n.textContent") == text
        assert text in (card.locator("dl").evaluate("n => n.textContent") or "")
        tab.locator("#hm-search").fill(text[:24])
    assert tab.evaluate("() => window.__pwn === undefined")
    assert tab.evaluate("() => document.querySelectorAll('iframe, img').length") == 0
    assert opened.clean, (opened.requests, opened.messages)


@pytest.mark.parametrize("text", [*BUNDLES, *STARTS], ids=range(len(BUNDLES) + len(STARTS)))
def test_every_title_is_text(text: str, visit: Opener) -> None:
    """Payloads as every title, noun, tag, district, attribution and caveat."""
    opened = visit(page(draw([hostile(text)], recipe=recipe(text), basemap=small_basemap())))
    tab = opened.page
    found = tab.evaluate(
        """() => {
             const app = window.hubmapApp;
             app.state.set({ about: true, tag: app.tags[0].tag });
             document.querySelector('.hm-language').click();
             window.hubmap.story.go(app, 0);
             app.state.set({ shareOpen: true, timeOpen: true, tag: app.tags[0].tag,
                             filter: window.hubmap.filter.NONE });
             app.openFacets = new Set(['all', ...window.hubmap.filter.FACETS]);
             window.hubmap.control(app);
             const read = (s) => document.querySelector(s).textContent;
             const told = ['.hm-say bdi', '.hm-story dt bdi', '.hm-disagree bdi'].map(read);
             return { told, title: read('h1'), about: read('.hm-source h4'),
                      tag: read('.hm-highlight h2 bdi'),
                      credit: read('.hm-credit bdi'), scripts: document.scripts.length,
                      alien: document.querySelectorAll('iframe, img, h1 *:not(bdi)').length };
           }"""
    )
    assert set(found["told"]) == {text}
    assert found["title"] == found["about"] == found["credit"] == text
    assert found["tag"] in text.split(";") or found["tag"] == text
    assert (found["scripts"], found["alien"]) == (5, 0)
    assert tab.evaluate("() => window.__pwn === undefined")
    assert opened.clean, (opened.requests, opened.messages)


def test_jinja_is_never_evaluated_in_the_page() -> None:
    content = page(draw([hostile("{{ 7*7 }}{% bad %}")], recipe=recipe("{{ 7*7 }}")))
    island = content.split('id="hubmap-data">')[1].split("<", maxsplit=1)[0]
    assert "{{ 7*7 }}{% bad %}" in json.dumps(unpack(island), default=repr)
    assert 'aria-level="1">{{ 7*7 }}</div>' in content
    assert ">49<" not in content


def test_folium_own_save_runs_nothing(browser: Browser, tmp_path: Path) -> None:
    """Our layers on a plain folium.Map, saved by folium, listed in folium's own control."""
    layer = hostile("plain", PAYLOADS)
    drawn = folium.Map([22.55, 114.1], zoom_start=11, tiles=None)
    for text in PAYLOADS:
        OutlineLayer(layer, title=text).add_to(drawn)
    DistrictsLayer(layer).add_to(drawn)
    PointsLayer(layer).add_to(drawn)
    folium.LayerControl(collapsed=False).add_to(drawn)
    path = tmp_path / "plain.html"
    drawn.save(str(path))
    once = path.read_bytes()
    drawn.save(str(path))
    assert path.read_bytes() == once, "a second save must not change the file"

    context = browser.new_context(viewport={"width": 1000, "height": 700})
    tab = context.new_page()
    errors: list[str] = []

    def answer(route: Any) -> None:
        # folium's page asks CDNs for its libraries; only Leaflet is needed, and given here.
        name = urlparse(route.request.url).path.rsplit("/", 1)[-1]
        if name == "leaflet.js":
            route.fulfill(body=assets.leaflet_script(), content_type="text/javascript")
        elif name == "leaflet.css":
            route.fulfill(body=assets.leaflet_style(), content_type="text/css")
        else:
            route.abort()

    tab.route(lambda url: not url.startswith("file:"), answer)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(path.as_uri())
    tab.wait_for_selector("canvas")
    listed = tab.locator(".leaflet-control-layers-overlays label").evaluate_all(
        "all => all.map(n => n.textContent.trim())"
    )
    # An HTML parser replaces NUL, and a label's ends are trimmed.
    wanted = [text.replace("\x00", "\ufffd").strip().strip("\ufeff") for text in PAYLOADS]
    assert listed[: len(PAYLOADS)] == wanted
    for place, text in enumerate(PAYLOADS):
        shown = tab.evaluate(
            """(place) => {
                 const all = Object.entries(window);
                 const named = (start) => all.find(([name]) => name.startsWith(start))[1];
                 const actor = named('points_layer_').actor;
                 actor.stage.fire('chosen', { what: 'entity', actor, all: [place], i: place,
                                              latlng: named('map_').getCenter() });
                 return [...document.querySelectorAll('.hm-card h3')].pop().textContent;
               }""",
            place + 3,
        )
        assert shown == text
    assert tab.evaluate("() => window.__pwn === undefined")
    assert not errors
    context.close()


@pytest.mark.parametrize("text", [" ".join(OWN), *STARTS], ids=range(1 + len(STARTS)))
def test_the_index_holds_titles_as_text(text: str, visit: Opener) -> None:
    made = MapRecipe(title=text, title_zh=text, subtitle=text, layers=("x",))
    opened = visit(index_page([IndexEntry("a-map", made, [hub_layer(ENTITIES)])]), wait=False)
    assert (opened.page.locator("h2").text_content() or "").startswith(
        made.title.strip().replace("\x00", "\ufffd")
    )
    assert opened.page.evaluate("() => window.__pwn === undefined")
    assert opened.page.locator("script").count() == 0
    assert opened.clean, opened.messages


def test_the_policy_stops_what_is_injected(html: str, visit: Opener) -> None:
    opened = visit(html)
    ran = opened.page.evaluate(
        """() => {
             const script = document.createElement('script');
             script.textContent = 'window.__pwn = 1';
             document.body.append(script);
             const holder = document.createElement('div');
             holder.innerHTML = '<img src="data:," onerror="window.__pwn = 1">';
             document.body.append(holder);
             return new Promise((done) => setTimeout(() => done(window.__pwn), 60));
           }"""
    )
    assert ran is None
    assert any("Content Security Policy" in message for message in opened.messages)


def test_there_are_enough_payloads() -> None:
    assert len(OWN) >= 60
    assert set(OWN) <= set(PAYLOADS)
    assert len(set(PAYLOADS)) == len(PAYLOADS)


def test_plots_facets_selection_and_downloads_hold_text(visit: Opener) -> None:
    """Every payload as a name, category and tag, in every state in which the page writes them."""
    opened = visit(page(draw([hostile("plain", PAYLOADS)], basemap=small_basemap())))
    tab = opened.page
    dialogs: list[str] = []
    tab.on("dialog", lambda d: (dialogs.append(d.message), d.dismiss()))
    tab.evaluate(
        """() => {
             const app = window.hubmapApp;
             app.openFacets = new Set(['all', ...window.hubmap.filter.FACETS]);
             app.state.set({ shareOpen: true, timeOpen: true, about: true });
             window.hubmap.control(app);
             window.hubmap.panel(app);
           }"""
    )
    told = tab.locator("body").evaluate("n => n.textContent")
    assert all(text in told for text in PAYLOADS if text.isascii() and text.isprintable())
    for name in ("CSV", "GeoJSON"):
        with tab.expect_download() as got:
            tab.get_by_role("button", name=name).click()
        assert got.value.suggested_filename == f"test-hub.{name.lower()}"
    links = tab.locator("a[href]").evaluate_all(
        "all => all.map(n => [n.protocol, n.rel, n.target])"
    )
    for protocol, rel, target in links:
        assert protocol in {"http:", "https:", "file:"}
        assert target != "_blank" or "noopener" in rel
    assert tab.evaluate("() => window.__pwn === undefined && ({}).polluted === undefined")
    assert not dialogs
    assert all(request.startswith(("file:", "blob:")) for request in opened.requests)
    assert not opened.messages


def test_pictures_reports_and_snippets_hold_text(visit: Opener) -> None:
    """SVG, report and every sort of snippet that HTML can hold, side by side in one page."""
    text = " ".join(PAYLOADS)
    drawing = picture([hostile("plain", PAYLOADS)], basemap=small_basemap())
    made = Embedded(id="a-map", title=text, subtitle=text, credits=(text,), drawing=drawing)
    blocks = [Heading(text), Paragraph(text), Points([text]), Table(text, [text], [[text]])]
    whole = report_page(blocks, language="en", title=text)
    parts = [drawing, *(snippet(made, mode) for mode in ("figure", "iframe"))]
    framed = snippet(replace(made, page=whole), "srcdoc")
    plain = f"<!DOCTYPE html><meta charset=utf-8><title>x</title>{''.join(parts)}{framed}"
    for content in (whole, plain):
        opened = visit(content, wait=False)
        found = opened.page.evaluate(
            "() => [window.__pwn, document.querySelectorAll('video, "
            "object, embed, base, form, template, math').length]"
        )
        assert found == [None, 0]
        assert not any("h.invalid" in request for request in opened.requests)
        assert not any("Error" in message for message in opened.messages), opened.messages
