"""Profiles as text: in words or a table to read, or CSV, JSON and Markdown to go on with."""

from __future__ import annotations

import json
import math
import re
import sys
import textwrap
from typing import TYPE_CHECKING

from hubmap.layers.profile import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from typing import Any

    import pandas as pd

_PLACE = ("level", "zone", "name", "name_zh")
_READ = (
    "hub", "statistic", "kind", "value", "interval", "rank", "unit", "denominator", "used",
    "withheld", "also",
)  # fmt: skip
_RANGE = re.compile(r"(range|by chance) (\S+) to ([^\s,]+)")
_BESIDE = re.compile(
    r"range \S+ to|by chance|at |bandwidth |r = |within |chance alone|founded (to|after) |later: "
    r"|\d+ districts? holds? 50|without .*not covered|survivors only|a sample "
)
"""What a note says that the number cannot be read without; the page shows the same beside it."""
_WIDTH = 96


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


def _beside(note: object) -> list[str]:
    return [part for part in str(note or "").split("; ") if _BESIDE.match(part)]


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
        cells["also"] = "; ".join(_beside(row["note"]))
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


def _large(text: str) -> str:
    return text[:1].upper() + text[1:]


def _wrapped(text: str, indent: int) -> str:
    space = " " * indent
    return textwrap.fill(
        text, _WIDTH, initial_indent=space, subsequent_indent=f"{space}  ", break_on_hyphens=False
    )


def _words(profile: pd.DataFrame, by: str) -> str:
    """Zone by zone and question by question, as the page's panel says it."""
    from hubmap.maps.declared import declarations
    from hubmap.maps.still import words
    from hubmap.statistics.declared.catalogue import every_statistic

    asks = {str(m.model_fields["name"].default): m.question for m in every_statistic()}
    declared = declarations(profile["statistic"])
    counts = profile[profile["statistic"] == "count"]
    noun = dict(zip(counts["kind"], counts["unit"], strict=True))
    out: list[str] = []
    for (hub, zone, name), rows in profile.groupby(
        ["hub", "zone", "name"], sort=False, dropna=False
    ):
        out += [f"{name} ({hub if by == 'hub' else f'{hub}, {zone}'})", ""]
        by_question: dict[str, dict[str, list[dict[Hashable, Any]]]] = {}
        for row in rows.to_dict("records"):
            key = str(row["statistic"])
            question = asks.get(declared.get(key, {}).get("name", "")) or "Other numbers"
            by_question.setdefault(question, {}).setdefault(key, []).append(row)
        for question, statistics in by_question.items():
            out += [question, ""]
            for key, each in statistics.items():
                said = declared.get(key, {})
                means, known = f"explain.{key}", words.knows("en", f"explain.{key}")
                means = words.said("en", means) if known else said.get("help", "")
                out.append(_wrapped(f"{_large(words.term('en', key))}. {_large(means)}", 2))
                for row in each:
                    out += _said(row, noun.get(str(row["kind"]), str(row["kind"])))
                computed = (said.get("formula"), said.get("interval"), said.get("reference"))
                out += [_wrapped("Computed: " + "; ".join(filter(None, computed)), 4), ""]
    return "\n".join(out)


def _said(row: Mapping[Hashable, Any], noun: str) -> list[str]:
    """A number with all it cannot be read without."""
    from hubmap.maps.still import words

    key = str(row["statistic"])
    if row["withheld"] is not None:
        return [_wrapped(f"{noun}: withheld, {row['withheld']}", 4)]
    value, low, high = (words.value(key, row[column]) for column in ("value", "low", "high"))
    unit = words.unit("en", key, str(row["unit"] or ""))
    parts = [f"{value} {unit}".rstrip() if unit != noun else value]
    if low != "–" and high != "–":
        parts.append(f"95 % interval {low} to {high}")
    rank = _rank(row["rank_low"], row["rank_high"], row["rank_of"])
    if rank:
        parts.append(f"rank {rank}")
    parts += [
        _RANGE.sub(
            lambda m: f"{m[1]} {words.value(key, float(m[2]))} to {words.value(key, float(m[3]))}",
            part,
        )
        for part in _beside(row["note"])
    ]
    if row["denominator"] and not str(row["denominator"]).startswith("none"):
        parts.append(str(row["denominator"]))
    if row["share_used"] < 0.995:
        parts.append(f"{100 * row['share_used']:.0f} % of records used")
    return [_wrapped(f"{noun}: {'; '.join(parts)}", 4)]


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
    "text": _words,
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
