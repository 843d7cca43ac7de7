"""What a reader can do: filter, run the years, follow a story, share a view, take records away."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from hubmap.errors import RecipeError
from hubmap.maps.draw import draw
from hubmap.maps.page import page
from hubmap.maps.recipe import MapRecipe
from pages.browsing import ready
from pages.small_hub import ENTITIES, Opener, entity, hub_layer, small_basemap

NOTES = [
    {
        "text": "Kite flies here.", "text_zh": "风筝在此。", "entity": "c1", "zoom": 12,
        "kinds": ["companies"], "filter": {"category": ["robotics"]},
        "figures": [
            {"entity": "c1"},
            {"kind": "companies", "where": {"founded_from": 2016}, "label": "young"},
        ],
        "source": "somewhere", "disagree": "not quite",
    },
    {
        "text": "Nanshan has two.", "zone": "440305",
        "figures": [{"zone": "440305", "kind": "companies"},
                    {"zone": "440303", "kind": "ai_job_postings"}],
    },
    {"text": "A place.", "point": [114.1, 22.55], "year": 2015},
]  # fmt: skip


def told(**changes: Any) -> str:
    recipe = MapRecipe.model_validate(
        {"title": "Told", "layers": ["test-hub"], "notes": NOTES, **changes}
    )
    return page(draw([hub_layer()], recipe=recipe, basemap=small_basemap()))


def shown(tab: Page) -> list[str]:
    read = "() => window.hubmapApp.shownRows().map(i => window.hubmapApp.points.table.id[i])"
    return list(tab.evaluate(read))


def test_the_story_goes_forward_and_back(visit: Opener) -> None:
    opened = visit(told())
    tab = opened.page
    tab.get_by_role("button", name="Story").click()
    story = tab.locator(".hm-story")
    text = story.text_content() or ""
    for part in ("1 of 3", "Kite flies here.", "2015", "young", "somewhere", "not quite"):
        assert part in text, part
    # One of the three was founded since 2016; the third says no year but 1990.
    assert story.locator("dd strong").all_text_contents() == ["2015", "1"]
    assert shown(tab) == ["c1", "c2"]
    assert tab.evaluate("() => window.hubmapApp.map.getZoom()") == 12
    story.get_by_role("button", name="Next").click()
    assert "2 of 3" in (story.text_content() or "")
    assert story.locator("dd strong").all_text_contents() == ["2", "withheld"]
    assert "not covered" in (story.text_content() or "")
    tab.keyboard.press("ArrowRight")
    assert "A place." in (story.text_content() or "")
    assert tab.locator(".hm-story:focus-within, .hm-story:focus").count() == 1
    tab.keyboard.press("ArrowLeft")
    assert "2 of 3" in (tab.locator("[aria-live]").text_content() or "")
    tab.locator(".hm-language").click()
    assert "第2步，共3步" in (story.text_content() or "")
    story.locator("[data-step=back]").click()
    assert "风筝在此。" in (story.text_content() or "")
    tab.keyboard.press("Escape")
    assert not story.is_visible()
    assert len(shown(tab)) == 6
    assert opened.clean, opened.messages


def test_a_link_into_the_story_shows_its_step(visit: Opener) -> None:
    opened = visit(told())
    tab = opened.page
    at = tab.url.split("#")[0]
    tab.goto("about:blank")
    tab.goto(at + "#note=1")
    tab.wait_for_selector("html[data-ready]")
    assert "1 of 3" in (tab.locator(".hm-story").text_content() or "")
    assert shown(tab) == ["c1", "c2"]
    assert tab.evaluate("() => window.hubmapApp.map.getZoom()") == 12
    # The copied link names the place too, and comes to the same.
    tab.evaluate("() => window.hubmapApp.map.fire('moveend')")
    tab.wait_for_function("() => location.hash.includes('at=')")
    copied = tab.url
    tab.goto("about:blank")
    tab.goto(copied)
    tab.wait_for_selector("html[data-ready]")
    assert shown(tab) == ["c1", "c2"]
    tab.locator(".hm-story .hm-close").click()
    assert tab.locator(".hm-story").is_hidden()
    kinds = "() => window.hubmapApp.state.get('kinds').join()"
    assert tab.evaluate(kinds) == tab.evaluate("() => window.hubmapApp.startState.kinds.join()")
    assert not opened.messages


@pytest.mark.parametrize("size", [(1280, 800), (768, 1024), (390, 844)])
def test_what_a_note_shows_lies_under_no_card(size: tuple[int, int], visit: Opener) -> None:
    tab = visit(told(), size=size, reduced_motion="reduce").page
    tab.evaluate("() => window.hubmap.story.go(window.hubmapApp, 0)")
    over = tab.evaluate(
        """() => { const { map, points } = window.hubmapApp; const i = points.selected;
          const at = map.latLngToContainerPoint([points.table.lat[i], points.table.lon[i]]);
          const box = map.getContainer().getBoundingClientRect();
          const top = document.elementFromPoint(box.left + at.x, box.top + at.y);
          return map.getContainer().contains(top) ? '' : top.className; }"""
    )
    assert over == ""


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ({"text": "x", "entity": "uc1"}, r"'uc1' is unknown.*Did you mean"),
        ({"text": "x", "zone": "44030"}, r"'44030' is unknown"),
        (
            {"text": "x", "figures": [{"zone": "440305", "kind": "companies", "statistic": "z"}]},
            r"has no 'z'",
        ),
    ],
)
def test_a_note_that_leads_nowhere_is_a_finding(note: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=f"(?s){message}"):
        told(notes=[note])


def test_filters_are_or_within_and_and_across(html: str, visit: Opener) -> None:
    tab = visit(html).page
    tab.locator(".hm-filter > summary").click()
    tab.locator(".hm-facet summary", has_text="Group").click()
    robotics = tab.locator(".hm-facet label", has_text="Robotics")
    assert "2" in (robotics.text_content() or "")
    robotics.locator("input").check()
    assert shown(tab) == ["c1", "c2"]
    panel = tab.locator(".hm-filtered")
    assert "As filtered" in (panel.text_content() or "")
    assert "2 of 3 (66.7 %)" in (panel.text_content() or "")
    assert "not computed again" in (panel.text_content() or "")
    tab.get_by_label("Founded from").fill("2018")
    tab.get_by_label("Founded from").press("Enter")
    assert shown(tab) == ["c2"]
    # The count beside a choice is what it would leave, under all other facets.
    assert "1" in (robotics.locator(".hm-n").text_content() or "")
    tab.get_by_label("Founded from").fill("")
    tab.get_by_label("Founded from").press("Enter")
    tab.get_by_label("Name contains").fill("灯")
    tab.get_by_label("Name contains").press("Enter")
    assert shown(tab) == []
    tab.get_by_role("button", name="Clear filters").click()
    assert len(shown(tab)) == 6
    assert tab.locator(".hm-filtered").count() == 0


def test_the_years_run(html: str, visit: Opener) -> None:
    tab = visit(html).page
    tab.get_by_role("button", name="Over time").click()
    bar = tab.locator(".hm-time")
    slider = bar.get_by_label("Founding year")
    slider.fill("2015")
    assert set(shown(tab)) == {"u1", "u2", "c1", "c3", "p1"}
    assert "Founded by 2015" in (tab.locator(".hm-filtered").text_content() or "")
    bar.get_by_role("radio", name="New").check()
    assert shown(tab) == ["c1"]
    bar.get_by_role("radio", name="Stock").check()
    bar.get_by_role("button", name="Play").click()
    tab.wait_for_function("() => window.hubmapApp.state.get('year') >= 2017")
    bar.get_by_role("button", name="Pause").click()
    tab.get_by_role("button", name="Close").click()
    assert len(shown(tab)) == 6


def test_the_address_brings_the_view_back(html: str, visit: Opener) -> None:
    opened = visit(html)
    tab = opened.page
    tab.evaluate(
        """() => {
             const app = window.hubmapApp;
             app.map.setView([22.53, 114.07], 11, { animate: false });
             app.state.set({ kinds: ['companies'], language: 'zh', surface: 'none',
               filter: Object.freeze({ ...window.hubmap.filter.NONE, category: ['robotics'] }) });
           }"""
    )
    tab.wait_for_function("() => location.hash.includes('category')")
    address = tab.url
    tab.goto("about:blank")
    tab.goto(address)
    ready(tab)
    assert shown(tab) == ["c1", "c2"]
    state = "() => ['language', 'surface'].map(k => window.hubmapApp.state.get(k))"
    assert tab.evaluate(state) == ["zh", "none"]
    assert tab.evaluate("() => window.hubmapApp.map.getZoom()") == 11
    # What the page does not have is left out, and nothing of it is written anywhere.
    hostile = "#at=1e9,x,3&lang=xx&kinds=<img>&tag=<b>&year=99999&zone=__proto__"
    tab.goto("about:blank")
    tab.goto(address.split("#")[0] + hostile)
    ready(tab)
    assert tab.evaluate(state) == ["en", "districts"]
    assert opened.clean or len(opened.requests) == 3, opened.messages
    assert not opened.messages


def test_links_and_citations_can_be_copied(html: str, visit: Opener) -> None:
    tab = visit(html).page
    tab.get_by_role("button", name="Share").click()
    assert tab.get_by_label("Link to this view", exact=True).input_value().startswith("file:")
    assert "Test hub (2026)" in tab.get_by_label("Citation", exact=True).input_value()
    bibtex = tab.get_by_label("BibTeX", exact=True).input_value()
    assert bibtex.startswith("@misc{hubmap2026")
    assert bibtex.count("{") == bibtex.count("}")
    # A file's place on this disk is nothing to cite, and each source is cited once.
    plain = tab.get_by_label("Citation", exact=True).input_value()
    for cited in (plain, bibtex):
        assert "file:" not in cited
        assert ".;" not in cited
        assert ".." not in cited
        data = cited.split("Data: ")[1].strip("}\n. ").split("; ")
        assert data == sorted(set(data), key=data.index)
    tab.get_by_role("button", name="Copy: Citation").click()
    tab.wait_for_function("() => document.querySelector('[aria-live]').textContent !== ''")
    tab.keyboard.press("Escape")
    assert not tab.locator(".hm-share").is_visible()


DANGEROUS = (
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", 'a"b,c;d',
)  # fmt: skip


def test_downloads_hold_what_is_shown_and_no_formula(visit: Opener, tmp_path: Path) -> None:
    made = [
        *ENTITIES,
        *(
            entity(f"d{i}", "companies", text, 114.06, 22.56, source=text)
            for i, text in enumerate(DANGEROUS)
        ),
    ]
    opened = visit(page(draw([hub_layer(made)])))
    tab = opened.page
    tab.get_by_label("AI postings").uncheck()
    tab.get_by_role("button", name="Share").click()
    with tab.expect_download() as got:
        tab.get_by_role("button", name="CSV").click()
    assert got.value.suggested_filename == "test-hub.csv"
    text = Path(got.value.path()).read_bytes().decode("utf-8-sig")
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    assert len(rows) == 5 + len(DANGEROUS)
    for i, name in enumerate(DANGEROUS):
        value = rows[f"d{i}"]["name"]
        assert value.removeprefix("'") == name
        assert value.startswith("'") == (name != DANGEROUS[-1]), value
    assert rows["u1"]["name_zh"] == "海港大学"
    assert (rows["u1"]["lon"], rows["u1"]["lat"]) == ("114.02", "22.52")
    with tab.expect_download() as got:
        tab.get_by_role("button", name="GeoJSON").click()
    found = json.loads(Path(got.value.path()).read_text(encoding="utf-8"))
    assert len(found["features"]) == len(rows)
    assert found["features"][0]["geometry"] == {"type": "Point", "coordinates": [114.02, 22.52]}
    assert not opened.messages


def test_a_crowd_is_drawn_met_and_filtered(visit: Opener) -> None:
    """More records than can stand side by side: one canvas, every one still opens."""
    made = [
        entity(f"m{i}", ("companies", "universities")[i % 2], f"Name {i}",
               114.0 + (i * 7919 % 20011) / 100_055, 22.5 + (i * 104_729 % 20_011) / 200_110,
               founded=1950 + i % 70)
        for i in range(4_500)
    ]  # fmt: skip
    opened = visit(page(draw([hub_layer(made)])))
    tab = opened.page
    place = "() => window.hubmapApp.points.table.name.indexOf('Name 77')"
    i = tab.evaluate(place)
    tab.evaluate("i => window.hubmapApp.open(i)", i)
    assert "Name 77" in (tab.locator(".hm-card").text_content() or "")
    hit = """(i) => {
        const { points, stage } = window.hubmapApp;
        const { view } = stage;
        const at = stage.plane.project(points.table.lon[i], points.table.lat[i]);
        const [px, py] = view.at(...at);
        return points.hit({ px, py, view }).all.includes(i);
      }"""
    assert tab.evaluate(hit, i)
    # Far out a ring tells how many of which kind; a click looks inside.
    far = """() => {
        const { points, stage, map } = window.hubmapApp;
        map.setView([22.55, 114.1], 9, { animate: false });
        stage._update();
        const { view } = stage;
        const seen = new Map();
        for (let px = 0; px < view.width; px += 6) for (let py = 0; py < view.height; py += 6) {
          const found = points.hit({ px, py, view });
          if (found && found.many) seen.set(points.keyOf(found), found);
        }
        return [...seen.values()].map((found) => [found.total, Object.fromEntries(found.many)]);
      }"""
    rings = tab.evaluate(far)
    assert sum(total for total, _ in rings) == len(made)
    assert sum(kinds["companies"] for _, kinds in rings) == len(made) / 2
    assert all(set(kinds) == {"companies", "universities"} for _, kinds in rings)
    tab.evaluate(
        """() => {
          const { points, stage, map } = window.hubmapApp;
          const { view } = stage;
          for (let px = 0; px < view.width; px += 6) for (let py = 0; py < view.height; py += 6) {
            const found = points.hit({ px, py, view });
            if (found) return void points.chosen(found, map.getCenter());
          }
        }"""
    )
    tab.wait_for_function("() => window.hubmapApp.map.getZoom() > 9")
    tab.evaluate("() => window.hubmapApp.state.set({ year: 1950, timeOpen: true })")
    assert tab.evaluate("() => window.hubmapApp.shownRows().length") == 65
    assert opened.clean, opened.messages
