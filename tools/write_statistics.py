"""Write docs/statistics.md from the declared statistics."""

from __future__ import annotations

from pathlib import Path

from hubmap.statistics.declared.handbook import handbook

PAGE = Path(__file__).parents[1] / "docs" / "statistics.md"

if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(handbook(), encoding="utf-8", newline="\n")
