"""Write docs/statistics.md: the declared statistics, then the tables that were measured."""

from __future__ import annotations

from pathlib import Path

from hubmap.statistics.declared.handbook import handbook

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "statistics.md"
MEASURED = ("statistics-coverage.md", "statistics-benchmarks.md")
"""Written by tools/write_coverage.py and by benchmarks/kernels.py."""


def page() -> str:
    """Return the whole page."""
    paths = [DOCS / name for name in MEASURED]
    tables = [path.read_text(encoding="utf-8") for path in paths if path.is_file()]
    return "\n".join([handbook(), *tables])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
