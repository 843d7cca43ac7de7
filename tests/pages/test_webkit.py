"""The page in WebKit, where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.webkit import FOUND, WebKit

pytestmark = pytest.mark.skipif(not FOUND, reason="no WebKitWebDriver and Xvfb on this machine")
STATES = """const app = window.hubmapApp;
document.querySelector('.hm-language').click();
app.open(0);
app.state.set({ surface: 'districts' });
return [document.querySelectorAll('.hm-card h3').length, app.points.table.n,
        document.documentElement.scrollWidth <= innerWidth,
        performance.getEntriesByType('resource').map((e) => e.name),
        document.querySelectorAll('.hm-classes .hm-patch').length];"""


def test_the_page_works_in_webkit(html: str, tmp_path: Path) -> None:
    """Ready without a request, a record opens, a surface has its legend."""
    path = tmp_path / "page.html"
    path.write_text(html, encoding="utf-8", newline="\n")
    with WebKit(tmp_path / "home") as webkit:
        webkit.open(path)
        opened, rows, fits, asked, patches = webkit.run(STATES)
    assert (opened, fits, asked) == (1, True, [])
    assert rows > 3
    assert patches >= 1
