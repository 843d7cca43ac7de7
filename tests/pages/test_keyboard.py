"""The page without a pointer: every control is reached, seen in focus, and left again."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from pages.small_hub import Opener
from pages.test_reader import told

WHERE = """() => {
  const n = document.activeElement;
  if (!n || n === document.body) return null;
  window.seen = window.seen || new Map();
  if (!window.seen.has(n)) window.seen.set(n, window.seen.size);
  // A switch that is drawn by its label shows the focus there.
  const face = n.matches('.hm-segment input') ? n.nextElementSibling : n;
  // WCAG 2.2, 2.4.11: not wholly under something else that stands over it.
  const bare = (n, face, b) => [0.02, 0.5, 0.98].some((u) => [0.02, 0.5, 0.98].some((v) => {
    const top = document.elementFromPoint(b.left + u * b.width, b.top + v * b.height);
    return top && (face.contains(top) || top.contains(face) || n.contains(top));
  }));
  const style = getComputedStyle(face);
  const box = face.getBoundingClientRect();
  return { id: window.seen.get(n), name: n.getAttribute('aria-label') || n.textContent.slice(0, 30)
      || n.id || n.name, tag: n.tagName, line: parseFloat(style.outlineWidth),
    drawn: style.outlineStyle !== 'none', seen: box.width > 0 && box.bottom > 0 && box.right > 0
      && box.top < innerHeight && box.left < innerWidth, bare: bare(n, face, box) };
}"""
CONTROLS = 'button, select, input, textarea, a[href], summary, [tabindex="0"]'
MISSED = """(controls) => [...document.querySelectorAll(controls)].filter((n) => !n.disabled
    && n.tabIndex >= 0 && n.checkVisibility({ visibilityProperty: true })
    && !(n.type === 'radio' && !n.checked) && !window.seen.has(n)).map((n) => n.outerHTML)"""
LIVE = "() => document.querySelector('[aria-live]').textContent"


def walk(tab: Page, most: int = 250) -> list[dict[str, Any]]:
    """Press Tab until the focus leaves the page or comes round."""
    found: list[dict[str, Any]] = []
    tab.evaluate("() => { document.body.tabIndex = -1; document.body.focus(); }")
    for _ in range(most):
        tab.keyboard.press("Tab")
        at = tab.evaluate(WHERE)
        if at is None or (found and at["id"] == found[0]["id"]):
            return found
        assert not found or at["id"] != found[-1]["id"], f"trapped at {at['name']}"
        found.append(at)
    raise AssertionError(f"no end after {most} steps: {found[-3:]}")


OPENED = {
    "start": "",
    "all": "document.querySelectorAll('details').forEach((d) => { d.open = true; });",
    "story": "window.hubmap.story.go(app, 0);",
    "time": "app.state.set({ timeOpen: true });",
    "share": "app.state.set({ shareOpen: true });",
    "pair": "app.state.set({ pair: ['440305', '440303'] });",
    "table": "app.state.set({ view: 'table' });",
}


@pytest.mark.parametrize(
    ("state", "width"),
    [
        ("all", 1280),
        ("all", 320),
        ("story", 390),
        ("time", 320),
        ("share", 768),
        ("table", 390),
        ("pair", 1280),
        ("pair", 390),
    ],
)
def test_tab_reaches_every_control_and_shows_it(state: str, width: int, visit: Opener) -> None:
    tab = visit(told(), size=(width, 760), reduced_motion="reduce").page
    tab.evaluate(f"() => {{ const app = window.hubmapApp; {OPENED[state]} }}")
    steps = walk(tab)
    assert len(steps) > 8
    faint = [s["name"] for s in steps if not s["drawn"] or s["line"] < 2]
    assert not faint, faint
    lost = [s["name"] for s in steps if not s["seen"]]
    assert not lost, lost
    covered = [s["name"] for s in steps if not s["bare"]]
    assert not covered, covered
    assert not tab.evaluate(MISSED, CONTROLS)


def test_shift_tab_leaves_too(html: str, visit: Opener) -> None:
    tab = visit(html).page
    forth = [s["id"] for s in walk(tab)]
    back = []
    for _ in range(len(forth) + 5):
        tab.keyboard.press("Shift+Tab")
        at = tab.evaluate(WHERE)
        if at is None:
            break
        back.append(at["id"])
    assert set(forth) <= set(back) | {forth[-1]}


def test_the_map_is_moved_and_opened_by_keys(html: str, visit: Opener) -> None:
    opened = visit(html, reduced_motion="reduce")
    tab = opened.page
    tab.evaluate("() => window.hubmapApp.map.setView([22.55, 114.05], 12, { animate: false })")
    tab.locator("#hm-map").focus()
    centre = "() => [window.hubmapApp.map.getCenter().lng, window.hubmapApp.map.getZoom()]"
    lng, zoom = tab.evaluate(centre)
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function(f"() => window.hubmapApp.map.getCenter().lng > {lng}")
    tab.keyboard.press("+")
    tab.wait_for_function(f"() => window.hubmapApp.map.getZoom() > {zoom}")
    assert tab.locator(".hm-cross").is_visible()
    # Under the cross: what Enter will open is said first.
    tab.evaluate(
        """() => { const { map } = window.hubmapApp;
          const p = window.hubmapApp.padding(); const s = map.getSize();
          const mid = L.point((p.paddingTopLeft[0] + s.x - p.paddingBottomRight[0]) / 2,
            (p.paddingTopLeft[1] + s.y - p.paddingBottomRight[1]) / 2);
          const at = map.latLngToContainerPoint([22.56, 114.12]);
          map.panBy(at.subtract(mid), { animate: false }); }"""
    )
    tab.wait_for_function(
        "() => document.querySelector('[aria-live]').textContent.includes('Hill College')"
    )
    tab.keyboard.press("Enter")
    card = tab.locator(".hm-popup[role=dialog]")
    assert "Hill College" in (card.text_content() or "")
    assert tab.locator(".leaflet-popup-close-button:focus").count() == 1
    tab.keyboard.press("Escape")
    assert card.count() == 0
    assert tab.evaluate("() => document.activeElement.id") == "hm-map"
    assert opened.clean, opened.messages


DIALOGS = {
    "Share": (".hm-share", True),
    "Over time": (".hm-time", True),
    "Story": (".hm-story", True),
}


@pytest.mark.parametrize("name", DIALOGS)
def test_escape_closes_and_gives_the_focus_back(name: str, visit: Opener) -> None:
    tab = visit(told(), reduced_motion="reduce").page
    button = tab.get_by_role("button", name=name, exact=True)
    button.focus()
    tab.keyboard.press("Enter")
    box = tab.locator(DIALOGS[name][0])
    assert box.is_visible()
    assert box.evaluate("n => n.contains(document.activeElement)")
    assert button.get_attribute("aria-expanded") == "true"
    tab.keyboard.press("Escape")
    assert not box.is_visible()
    assert button.evaluate("n => n === document.activeElement")
    assert button.get_attribute("aria-expanded") == "false"


def test_a_card_gives_the_focus_back_to_the_search(html: str, visit: Opener) -> None:
    tab = visit(html, reduced_motion="reduce").page
    tab.locator("#hm-search").focus()
    tab.keyboard.type("kite")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    assert tab.locator(".leaflet-popup-close-button:focus").count() == 1
    tab.keyboard.press("Escape")
    assert tab.locator(".hm-popup").count() == 0
    assert tab.evaluate("() => document.activeElement.id") in {"hm-search", "hm-map"}


def test_layers_on_a_narrow_screen_close_with_escape(html: str, visit: Opener) -> None:
    tab = visit(html, size=(390, 800)).page
    layers = tab.get_by_role("button", name="Layers")
    layers.press("Enter")
    assert tab.locator(".hm-control").is_visible()
    tab.keyboard.press("Tab")
    assert tab.evaluate("() => document.activeElement.closest('.hm-control') !== null")
    tab.keyboard.press("Escape")
    assert not tab.locator(".hm-control").is_visible()
    assert layers.evaluate("n => n === document.activeElement")


CHANGES = {
    "filter": ("app => window.hubmap.filter.change(app, { category: ['robotics'] })", "2 records"),
    "year": ("app => app.state.set({ year: 2015 })", "2015: 1 records"),
    "all again": (
        "app => app.state.set({ filter: window.hubmap.filter.NONE, year: null })",
        "6 re",
    ),
    "table": ("app => app.state.set({ view: 'table' })", "All records as a table. 6 records"),
    "map": ("app => app.state.set({ view: 'map' })", "Map"),
    "place": ("app => app.visit('440303')", "Luohu"),
    "language": ("app => app.state.set({ language: 'zh' })", "页面现为中文"),
}


def test_the_live_region_says_what_changed(html: str, visit: Opener) -> None:
    tab = visit(html).page
    for name, (change, said) in CHANGES.items():
        tab.evaluate("() => { document.querySelector('[aria-live]').textContent = ''; }")
        tab.evaluate(f"() => ({change})(window.hubmapApp)")
        tab.wait_for_function(
            "s => document.querySelector('[aria-live]').textContent.includes(s)", arg=said
        )
        assert said in tab.evaluate(LIVE), name


def test_the_table_is_sorted_by_keys(html: str, visit: Opener) -> None:
    tab = visit(html).page
    tab.get_by_role("button", name="Table", exact=True).press("Enter")
    head = tab.locator(".hm-table thead th", has_text="Founded")
    assert head.get_attribute("aria-sort") == "none"
    rows = "[...document.querySelectorAll('.hm-table tbody tr')]"
    years = f"() => {rows}.map((row) => row.cells[5].textContent)"
    for order, wanted in (("ascending", ["1990", "1990"]), ("descending", ["2020", "2015"])):
        head.locator("button").press("Enter")
        assert head.get_attribute("aria-sort") == order
        assert head.locator("button").evaluate("n => n === document.activeElement")
        assert tab.evaluate(years)[:2] == wanted
    assert tab.locator("th[aria-sort=ascending], th[aria-sort=descending]").count() == 1
