"""Sentences made from the numbers, each with its interval, and the reason where one is missing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hubmap.maps.still import words
from hubmap.maps.still.words import said

if TYPE_CHECKING:
    import pandas as pd

TOLD = (
    "density", "per_million", "location_quotient", "effective_districts", "area_holding",
    "share_near", "median_founded", "growth_ratio",
)  # fmt: skip
"""Statistics that have a sentence of their own, in this order."""
SIDED = ("location_quotient", "growth_ratio")
"""Those whose sentence tells on which side of 1 the interval lies."""


def interval(language: str, statistic: str, row: dict[str, Any]) -> str:
    """The interval in brackets, or nothing."""
    if _none(row["low"]) or _none(row["high"]):
        return ""
    low, high = (words.value(statistic, row[end]) for end in ("low", "high"))
    return said(language, "report.interval", low=low, high=high)


def summary(
    rows: pd.DataFrame, kind: dict[str, Any], hub: str, language: str
) -> tuple[list[str], list[str]]:
    """Sentences on one kind, and those on what is withheld.

    Parameters
    ----------
    rows
        The hub's rows of its profile, of this kind.
    kind
        As :func:`hubmap.maps.kinds.kinds_of` gives it.
    hub
        The hub's name.
    language
        ``en`` or ``zh``.
    """
    by: dict[str, Any] = {str(row["statistic"]): row for row in rows.to_dict("records")}
    noun = kind["title"][language]
    sentences = []
    count = by.get("count")
    if count is not None and not _none(count["value"]):
        sample = kind.get("sample")
        key = "report.count.sample" if sample else "report.count"
        more = {} if not sample else {
            "size": words.number(sample["size"]), "platform": sample["platform"],
            "period": sample["period"],
        }  # fmt: skip
        sentences.append(_say(language, key, "count", count, hub=hub, noun=noun, **more))
    for statistic in TOLD:
        row = by.get(statistic)
        if row is None or _none(row["value"]):
            continue
        if statistic == "location_quotient" and row["low"] == row["high"]:
            # The whole, measured against itself.
            continue
        key = f"report.{statistic}"
        if statistic in SIDED:
            key += _side(row, 1.0)
        of = words.phrase(language, str(row["denominator"] or ""))
        sentences.append(_say(language, key, statistic, row, hub=hub, noun=noun, of=of))
    return sentences, _withheld(by, noun, language)


def _say(language: str, key: str, statistic: str, row: dict[str, Any], **more: str) -> str:
    return said(
        language,
        key,
        value=words.value(statistic, row["value"]),
        interval=interval(language, statistic, row),
        **more,
    )


def _side(row: dict[str, Any], middle: float) -> str:
    """Whether the interval lies above the middle, below it, or holds it."""
    if _none(row["low"]) or _none(row["high"]):
        return ".near"
    if row["low"] > middle:
        return ".above"
    return ".below" if row["high"] < middle else ".near"


def _withheld(by: dict[str, dict[str, Any]], noun: str, language: str) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for statistic, row in by.items():
        if isinstance(row["withheld"], str) and row["withheld"]:
            reasons.setdefault(row["withheld"], []).append(words.term(language, statistic))
    comma = "、" if language == "zh" else ", "
    return [
        said(
            language,
            "report.withheld",
            noun=noun[:1].upper() + noun[1:],
            list=comma.join(names),
            reason=words.phrase(language, reason),
        )
        for reason, names in reasons.items()
    ]


def _none(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
