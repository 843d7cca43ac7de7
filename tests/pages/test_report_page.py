"""A hub report in a real browser."""

from __future__ import annotations

from hubmap.reports.compose import report
from hubmap.reports.render import page
from pages.small_hub import Opener, reported


def test_a_report_opens_without_script_or_request(visit: Opener) -> None:
    text = page(report(reported(), language="en", name="x"), language="en", title="Test hub")
    opened = visit(text, wait=False, size=(390, 800))
    assert opened.clean, opened.messages
    tab = opened.page
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert tab.locator("h1").count() == 1
    assert tab.locator("figure svg").count() >= 1
    assert tab.pdf(format="A4").startswith(b"%PDF")
