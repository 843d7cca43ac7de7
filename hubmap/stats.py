"""Profiles as text: a table to read, or CSV, JSON and Markdown to go on with."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING

from hubmap.layers.profile import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

_PLACE = ("level", "zone", "name", "name_zh")
_READ = (
    "hub", "statistic", "kind", "value", "interval", "rank", "unit", "denominator", "used",
    "withheld", "also",
)  # fmt: skip
_BESIDE = ("range ", "by chance ")
"""Beginnings of what a note says of the number itself: how far it moves, what chance gives."""


def _number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "–"
    if value == int(value) and abs(value) < 1e15:
        return f"{value:.0f}"
    return f"{value:.4g}"


def _rank(low: float, high: float, of: float) -> str:
    """A rank as an interval, in words where nothing can be told apart."""
    if math.isnan(of):
        return ""
    if low == 1 and high == of:
        return f"not distinguishable ({of:.0f})"
    return f"{low:.0f} of {of:.0f}" if low == high else f"{low:.0f} to {high:.0f} of {of:.0f}"


def _readable(profile: pd.DataFrame, by: str) -> list[list[str]]:
    head = list(_READ) if by == "hub" else ["hub", "name", *_READ[1:]]
    rows = [head]
    for row in profile.to_dict("records"):
        low, high = _number(row["low"]), _number(row["high"])
        cells = {**row, "value": _number(row["value"])}
        cells["interval"] = "" if low == high == "–" else f"{low} to {high}"
        cells["rank"] = _rank(row["rank_low"], row["rank_high"], row["rank_of"])
        share = row["share_used"]
        cells["used"] = "" if math.isnan(share) or share >= 0.995 else f"{100 * share:.0f} %"
        told = str(row["note"] or "").split("; ")
        cells["also"] = "; ".join(part for part in told if part.startswith(_BESIDE))
        rows.append(["" if cells[name] is None else str(cells[name]) for name in head])
    return rows


def _table(profile: pd.DataFrame, by: str) -> str:
    rows = _readable(profile, by)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines) + "\n"


def _markdown(profile: pd.DataFrame, by: str) -> str:
    def cell(text: str) -> str:
        return "".join("\\" + c if c in "\\|[]<>*_`" else c for c in text).replace("\n", " ")

    rows = _readable(profile, by)
    lines = ["| " + " | ".join(map(cell, row)) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines) + "\n"


def _columns(by: str) -> list[str]:
    return list(CONTRACT) if by == "hub" else ["hub", *_PLACE, *CONTRACT[1:]]


def _json(profile: pd.DataFrame, by: str) -> str:
    from hubmap.layers.store import records

    return json.dumps(records(profile, _columns(by)), ensure_ascii=False, indent=1) + "\n"


def _csv(profile: pd.DataFrame, by: str) -> str:
    from hubmap.geodata.report import csv_text

    return csv_text(profile[_columns(by)])


FORMATS: dict[str, Callable[[pd.DataFrame, str], str]] = {
    "table": _table,
    "csv": _csv,
    "json": _json,
    "md": _markdown,
}


def print_profiles(profile: pd.DataFrame, by: str, format: str) -> None:
    """Print profiles on stdout.

    Parameters
    ----------
    profile
        Rows of one level.
    by
        That level; for cities and districts the zone's columns are printed too.
    format
        A key of ``FORMATS``.
    """
    sys.stdout.write(FORMATS[format](profile, by))
