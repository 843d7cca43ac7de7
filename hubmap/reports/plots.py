"""A report's figures beside the map: values with their intervals, and growth over the years."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.maps.still import words
from hubmap.maps.still.marks import symbol
from hubmap.maps.still.metrics import fitted
from hubmap.maps.still.scene import PT, Path, Sheet, Text, clean
from hubmap.maps.still.style import INK, LINE, SOFT, Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from hubmap.maps.still.scene import Floats

WIDE = 174.0
ROW = 4.6
MOST = 22
"""Rows of a figure; a table holds them all."""
STYLE = Style()
NAME, TICK = 7.0, 6.2


def interval_dots(
    rows: pd.DataFrame, kinds: Sequence[dict[str, Any]], whole: pd.DataFrame, language: str
) -> Sheet | None:
    """A panel a kind: a dot a place with its 95 % interval, and a line where the hub stands.

    Parameters
    ----------
    rows
        Profile rows of the places, with ``zone``, ``label``, ``statistic``, ``kind``, ``value``,
        ``low`` and ``high``; the places in the order in which they are to stand.
    kinds
        Whose panels; each with its ``place``.
    whole
        The hub's own rows.
    language
        ``en`` or ``zh``.

    Returns
    -------
    Sheet or None
        None where no place has a number.
    """
    panels = []
    numbered: set[str] = set()
    for kind in kinds:
        statistic = "location_quotient" if kind.get("sample") else "per_million"
        own = rows[(rows["kind"] == kind["id"]) & (rows["statistic"] == statistic)]
        own = own[own["value"].notna()]
        if len(own):
            numbered |= set(own["zone"])
            panels.append((kind, statistic, own.set_index("zone")))
    if not panels:
        return None
    zones = [zone for zone in dict.fromkeys(rows["zone"]) if zone in numbered][:MOST]
    labels = dict(zip(rows["zone"], rows["label"], strict=True))
    names = 36.0
    step = (WIDE - names) / len(panels)
    top, high = 11.0, 11.0 + ROW * len(zones) + 8.0
    made = Sheet(WIDE, high, "", language=language)
    for i, zone in enumerate(zones):
        y = top + ROW * (i + 0.5)
        name = fitted(clean(labels[zone], 60), NAME, names - 3)
        made.items.append(Text(names - 2.5, y + NAME * PT * 0.33, name, NAME, anchor="end"))
        made.items.append(_line([[names, y], [WIDE, y]], "#eceff1", 0.1))
    for place, (kind, statistic, own) in enumerate(panels):
        left = names + place * step + 3
        made.items += _panel(
            kind, statistic, own, zones, left, step - 8, top, high - 8, whole, language
        )
    return made


def _panel(
    kind: dict[str, Any], statistic: str, own: pd.DataFrame, zones: Sequence[str], left: float,
    room: float, top: float, foot: float, whole: pd.DataFrame, language: str,
) -> list[Any]:  # fmt: skip
    colour = STYLE.kind(kind["id"], kind["place"])
    shown = own.loc[own.index.intersection(list(zones))]
    hub = whole[(whole["kind"] == kind["id"]) & (whole["statistic"] == statistic)]["value"].dropna()
    largest = float(np.nanmax([*shown["value"], *hub, 1e-9]))
    # A place of a handful has an interval that would press all others together.
    largest = min(float(np.nanmax([*shown["high"], largest])), largest * 1.6)
    ticks = _ticks(largest)

    def x(value: float) -> float:
        return left + room * min(1.0, value / ticks[-1])

    title = clean(kind["title"][language], 60)
    unit = words.unit(language, statistic) or words.term(language, statistic)
    items: list[Any] = [
        Text(left, 3.2, fitted(title[:1].upper() + title[1:], NAME, room, bold=True), NAME,
             colour, bold=True),
        Text(left, 6.8, fitted(unit, TICK, room + 4), TICK, SOFT),
    ]  # fmt: skip
    for tick in ticks:
        items.append(_line([[x(tick), top], [x(tick), foot]], LINE, 0.1))
        said = words.number(tick)
        items.append(Text(x(tick), foot + TICK * PT * 1.2, said, TICK, SOFT, anchor="middle"))
    for value in hub[:1]:
        items.append(
            Path(
                [np.array([[x(value), top - 1], [x(value), foot]])],
                closed=False,
                stroke=INK,
                width=0.2,
                dash=(0.8, 0.6),
            )
        )
    numbers: dict[Any, Any] = own[["value", "low", "high"]].astype(float).to_dict("index")
    for i, zone in enumerate(zones):
        row = numbers.get(zone)
        if row is None or math.isnan(row["value"]):
            continue
        y = top + ROW * (i + 0.5)
        if not math.isnan(row["low"]):
            items.append(_line([[x(row["low"]), y], [x(row["high"]), y]], colour, 0.45))
            if row["high"] > ticks[-1]:
                tip = x(row["high"])
                items.append(_line([[tip, y - 0.7], [tip + 1, y], [tip, y + 0.7]], colour, 0.3))
        items.append(symbol("circle", np.array([[x(row["value"]), y]]), 0.85, colour, hollow=False))
    return items


def growth(entities: pd.DataFrame, kinds: Sequence[dict[str, Any]], language: str) -> Sheet | None:
    """The share of today's records that were founded by each year.

    Parameters
    ----------
    entities
        With ``kind``, ``unit`` and ``founded``.
    kinds
        Which; each with its ``place``.
    language
        ``en`` or ``zh``.

    Returns
    -------
    Sheet or None
        None where no kind has ten founding years.
    """
    lines = []
    for kind in kinds:
        own = entities[entities["kind"] == kind["id"]].drop_duplicates("unit")
        years = np.sort(own["founded"].dropna().astype(int).to_numpy())
        if len(years) >= 10:
            lines.append((kind, years))
    if not lines:
        return None
    last = max(int(years[-1]) for _, years in lines)
    first = min(1900, *(int(np.quantile(years, 0.1)) for _, years in lines)) // 10 * 10
    first = max(first, min(int(years[0]) for _, years in lines) // 10 * 10, last - 140)
    left, right, top, foot = 12.0, 106.0, 4.0, 62.0
    made = Sheet(WIDE, 70, "", language=language)

    def x(year: float) -> float:
        return left + (right - left) * (year - first) / max(1, last - first)

    def y(share: float) -> float:
        return foot - (foot - top) * share

    for share in (0, 0.25, 0.5, 0.75, 1):
        made.items.append(_line([[left, y(share)], [right, y(share)]], LINE, 0.1))
        said = f"{share:.0%}".replace("%", " %")
        made.items.append(Text(left - 1.2, y(share) + 0.8, said, TICK, SOFT, anchor="end"))
    for year in range(first, last + 1, 20 if last - first > 60 else 10):
        made.items.append(_line([[x(year), foot], [x(year), foot + 1]], SOFT, 0.15))
        made.items.append(Text(x(year), foot + 3.8, str(year), TICK, SOFT, anchor="middle"))
    ends = []
    for order, (kind, years) in enumerate(lines):
        colour = STYLE.kind(kind["id"], kind["place"])
        shares = np.arange(1, len(years) + 1) / len(years)
        keep = years >= first
        start = float((~keep).sum()) / len(years)
        corners = [[x(first), y(start)]]
        for year, share in zip(years[keep], shares[keep], strict=True):
            corners += [[x(year), corners[-1][1]], [x(year), y(share)]]
        dash = () if order == 0 else (2.0, 0.8) if order == 1 else (0.6, 0.6)
        made.items.append(
            Path([np.array(corners)], closed=False, stroke=colour, width=0.5, dash=dash)
        )
        half = x(float(np.median(years)))
        title = clean(kind["title"][language], 60)
        text = words.said(
            language, "report.growth.label", noun=title[:1].upper() + title[1:], n=len(years),
            year=int(np.median(years)),
        )  # fmt: skip
        if half >= left:
            made.items.append(
                symbol("circle", np.array([[half, y(0.5)]]), 0.9, colour, hollow=order > 0)
            )
        ends.append((text, colour, dash))
    for place, (text, colour, dash) in enumerate(ends):
        base = top + 4 + place * 6.5
        made.items.append(
            Path(
                [np.array([[right + 5, base - 0.9], [right + 11, base - 0.9]])],
                closed=False,
                stroke=colour,
                width=0.5,
                dash=dash,
            )
        )
        fit = fitted(text, NAME, WIDE - right - 13)
        made.items.append(Text(right + 12.5, base, fit, NAME, INK))
    return made


def _ticks(largest: float) -> list[float]:
    power = 10.0 ** math.floor(math.log10(largest))
    step = next(s * power for s in (0.2, 0.5, 1, 2, 5) if largest / (s * power) <= 4)
    return [i * step for i in range(math.ceil(largest / step - 1e-9) + 1)]


def _line(corners: Sequence[Sequence[float]], colour: str, wide: float) -> Path:
    at: Floats = np.array(corners, dtype=float)
    return Path([at], closed=False, stroke=colour, width=wide)
