"""Cells that a spreadsheet would run as a formula, marked as text by an apostrophe."""

from __future__ import annotations

import re

# Apostrophes that stand there already are kept apart from ours, so that each cell comes back.
_RISKY = re.compile(r"'*(?:[\s\x00-\x1f]*[=+\-@\uff0b\uff0d\uff1d\uff20]|[\t\r\n])")


def marked(cell: object) -> object:
    """A cell as it is written into CSV."""
    return "'" + cell if isinstance(cell, str) and _RISKY.match(cell) else cell


def unmarked(cell: str) -> str:
    """A cell of CSV that we wrote, as it was."""
    return cell[1:] if cell.startswith("'") and _RISKY.match(cell) else cell
