"""The page in Firefox, where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.firefox import FOUND, Firefox

pytestmark = pytest.mark.skipif(FOUND is None, reason="no Firefox on this machine")
STATES = """const app = (window.wrappedJSObject || window).hubmapApp;
document.querySelector('.hm-language').click();
app.open(0);
return [document.querySelectorAll('.hm-card h3').length, app.points.table.n,
        document.documentElement.scrollWidth <= innerWidth];"""


def test_the_page_works_in_firefox(html: str, tmp_path: Path) -> None:
    """Ready without a request or a complaint, and a record opens."""
    path = tmp_path / "page.html"
    path.write_text(html, encoding="utf-8", newline="\n")
    with Firefox(tmp_path / "profile") as firefox:
        assert firefox.open(path) == []
        opened, rows, fits = firefox.run(STATES)
        assert (opened, fits) == (1, True)
        assert rows > 3
        assert firefox.complaints(path) == []
