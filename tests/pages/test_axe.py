"""axe-core finds nothing, in any state of the page, in either theme and language."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from pages.browsing import still
from pages.small_hub import Opener
from pages.test_reader import told

STATES = {
    "start": "() => 0",
    "table": "() => window.hubmapApp.state.set({ view: 'table' })",
    "popup": "() => window.hubmapApp.open(0)",
    "filters": """() => {
        window.hubmapApp.openFacets = new Set(['all', 'category', 'tag', 'city', 'precision']);
        window.hubmapApp.state.set({
          filter: Object.freeze({ ...window.hubmap.filter.NONE, category: ['robotics'] }) });
      }""",
    "years": "() => window.hubmapApp.state.set({ timeOpen: true, year: 2015 })",
    "everything open": """() => {
        window.hubmapApp.nodes.control.classList.add('hm-open');
        document.querySelectorAll('details').forEach((d) => { d.open = true; });
      }""",
    "share": "() => window.hubmapApp.state.set({ shareOpen: true })",
    "story": "() => window.hubmap.story.go(window.hubmapApp, 0)",
    "tag": "() => window.hubmapApp.state.set({ tag: 'Project 985', about: true })",
    "search": """() => {
        const input = document.getElementById('hm-search');
        input.value = 'a';
        input.dispatchEvent(new Event('input'));
      }""",
}


RUN_AXE = """() => window.axe.run(document, { resultTypes: ['violations'],
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })"""


def axe() -> str:
    try:
        package = metadata.distribution("axe-playwright-python")
    except metadata.PackageNotFoundError:
        pytest.skip("axe-playwright-python, which carries axe-core, is not installed")
    path = Path(str(package.locate_file("axe_playwright_python/axe.min.js")))
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(theme: Any, width: int, visit: Opener) -> None:
    script = axe()
    # axe comes through the browser's own door: the page's policy would refuse it.
    opened = visit(told(), size=(width, 800), before=script, color_scheme=theme)
    tab = opened.page
    found = []
    for state, change in STATES.items():
        for language in ("en", "zh"):
            tab.evaluate("l => window.hubmapApp.state.set({ language: l })", language)
            tab.evaluate(change)
            still(tab)
            result = tab.evaluate(RUN_AXE)
            found += [
                (state, language, v["id"], node["target"], node["failureSummary"][-160:])
                for v in result["violations"]
                for node in v["nodes"]
            ]
        tab.evaluate(
            """() => {
                 window.hubmapApp.map.closePopup();
                 window.hubmapApp.state.set({ view: 'map', timeOpen: false, year: null, tag: null,
                   shareOpen: false, note: null, filter: window.hubmap.filter.NONE });
                 window.hubmapApp.nodes.control.classList.remove('hm-open');
               }"""
        )
    assert not found, "\n".join(map(str, found[:30]))


def test_motion_is_reduced_where_asked(visit: Opener) -> None:
    tab = visit(told(), reduced_motion="reduce").page
    assert tab.evaluate("() => window.hubmapApp.map.options.zoomAnimation") is False
    moving = """() => getComputedStyle(document.querySelector('.hm-panel')).transitionDuration"""
    assert tab.evaluate(moving) in {"0s", ""}


@pytest.mark.parametrize("size", [(320, 640), (640, 400)])
def test_narrow_and_twice_enlarged_pages_scroll_only_down(
    size: tuple[int, int], visit: Opener
) -> None:
    """640 × 400 is what 200 % zoom leaves of 1280 × 800."""
    tab = visit(told(), size=size).page
    for change in STATES.values():
        tab.evaluate(change)
        wide = "() => document.documentElement.scrollWidth - window.innerWidth"
        assert tab.evaluate(wide) <= 0, change


def test_dark_and_light_differ_and_follow_the_system(visit: Opener) -> None:
    tab = visit(told(), color_scheme="dark").page
    colour = "() => getComputedStyle(document.body).backgroundColor"
    dark = tab.evaluate(colour)
    tab.emulate_media(color_scheme="light")
    tab.wait_for_function("() => window.hubmap.theme.dark === false")
    assert tab.evaluate(colour) != dark


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_where_no_script_has_run(theme: Any, html: str, visit: Opener) -> None:
    """What stands there without scripts is opened by a script that is axe's alone."""
    plain = html.replace("<noscript>", "").replace("</noscript>", "")
    plain = plain[: plain.index('<script type="application/octet-stream" id="hubmap-data">')]
    tab = visit(plain.replace('<div id="hm-root"></div>', ""), wait=False, before=axe(),
                color_scheme=theme).page  # fmt: skip
    tab.evaluate("() => document.querySelector('.still').classList.remove('still')")
    assert tab.get_by_role("table").count() == 2
    found = [
        (v["id"], n["target"]) for v in tab.evaluate(RUN_AXE)["violations"] for n in v["nodes"]
    ]
    assert found == []
