"""The page under fingers, on a small screen."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from pages.browsing import still
from pages.small_hub import Opener

AT = """([lat, lon]) => { const { map } = window.hubmapApp;
  const p = map.latLngToContainerPoint([lat, lon]);
  const b = map.getContainer().getBoundingClientRect(); return [b.left + p.x, b.top + p.y]; }"""
VIEW = """() => { const { map } = window.hubmapApp; const c = map.getCenter();
  return [c.lat, c.lng, map.getZoom()]; }"""


def touched(visit: Opener, html: str) -> Page:
    opened = visit(html, size=(390, 844), has_touch=True, is_mobile=True, reduced_motion="reduce")
    opened.page.evaluate(
        "() => window.hubmapApp.map.setView([22.55, 114.1], 12, { animate: false })"
    )
    return opened.page


def fingers(tab: Page, *frames: list[tuple[float, float]]) -> None:
    """Put fingers down, move them frame by frame, and lift them."""
    link: Any = tab.context.new_cdp_session(tab)
    for place, frame in enumerate(frames):
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(frame)]
        kind = "touchMove" if place else "touchStart"
        link.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        still(tab)
    link.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    still(tab)


def test_a_tap_opens_a_record(html: str, visit: Opener) -> None:
    tab = touched(visit, html)
    tab.evaluate("() => window.hubmapApp.map.setView([22.5, 114.12], 12, { animate: false })")
    tab.touchscreen.tap(*tab.evaluate(AT, [22.56, 114.12]))
    card = tab.locator(".hm-card")
    card.wait_for()
    assert "Hill College" in (card.text_content() or "")
    tab.locator(".leaflet-popup-close-button").tap()
    card.wait_for(state="detached")


def test_one_finger_moves_the_map_and_two_zoom_it(html: str, visit: Opener) -> None:
    tab = touched(visit, html)
    _, lng, zoom = tab.evaluate(VIEW)
    x, y = tab.evaluate(AT, [22.57, 114.1])
    fingers(tab, *([(x - step * 15, y)] for step in range(6)))
    tab.wait_for_function(f"() => window.hubmapApp.map.getCenter().lng > {lng}")
    assert tab.evaluate(VIEW)[2] == zoom
    fingers(tab, *([(x - 20 - step * 10, y), (x + 20 + step * 10, y)] for step in range(7)))
    tab.wait_for_function(f"() => window.hubmapApp.map.getZoom() > {zoom}")


def test_every_button_takes_a_finger(html: str, visit: Opener) -> None:
    """WCAG 2.2, 2.5.8: 24 by 24 pixels, or as much room about it."""
    tab = touched(visit, html)
    tab.get_by_role("button", name="Layers").tap()
    tab.locator(".hm-control").wait_for()
    tab.get_by_label("Companies").tap()
    assert not tab.get_by_label("Companies").is_checked()
    small = tab.evaluate(
        """() => [...document.querySelectorAll('button, select, summary, input')].filter((n) =>
             n.checkVisibility({ visibilityProperty: true })).map((n) => {
               const b = (n.closest('label') || n).getBoundingClientRect();
               return [n.textContent.slice(0, 30) || n.id, Math.min(b.width, b.height)];
             }).filter(([, least]) => least > 0 && least < 24)"""
    )
    assert small == []
    tab.get_by_role("button", name="Layers").tap()
    tab.locator(".hm-control").wait_for(state="hidden")


def test_the_panel_comes_up_under_a_finger(html: str, visit: Opener) -> None:
    tab = touched(visit, html)
    high = "() => document.querySelector('.hm-panel').offsetHeight"
    before = tab.evaluate(high)
    tab.locator(".hm-grip").tap()
    tab.wait_for_function(f"() => ({high})() > {before} + 100")
