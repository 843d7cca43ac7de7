"""The key numbers of hubs side by side, with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.maps.colours import kind_shape
from hubmap.maps.still import words
from hubmap.maps.still.legend import Block
from hubmap.maps.still.marks import bubble, symbol
from hubmap.maps.still.metrics import fitted, width
from hubmap.maps.still.scene import PT, Path, Text, clean
from hubmap.maps.still.style import LINE, SOFT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubmap.maps.still.frames import Hub
    from hubmap.maps.still.style import Style

NUMBERS = ("count", "per_million", "location_quotient")
"""As in the page's table; for a sample the quotient takes the place of the rate."""


def key_numbers(
    hubs: Sequence[Hub], kinds: Sequence[dict[str, Any]], style: Style, room: float
) -> Block:
    """A table: a row a hub, a column a number.

    Parameters
    ----------
    hubs
        What is compared.
    kinds
        Whose numbers.
    style
        Sizes and inks.
    room
        Its width, mm.
    """
    m = style.measures
    columns = _columns(hubs, kinds)
    names = [clean(words.either(style.language, h.row.get("title"), h.row.get("title_zh")), 60)
             for h in hubs]  # fmt: skip
    first = min(room * 0.32, max(width(n, m.small, bold=True) for n in names) + 5)
    step = min((room - first) / max(1, len(columns)), 30.0 * m.line)
    row = m.small * PT * 1.25 + m.tiny * PT * 1.3
    items: list[Any] = []
    y = m.tiny * PT * 1.1
    items += _head(columns, first, step, y, style)
    y += m.tiny * PT * 0.5 + m.small * PT * 1.25
    y += m.small * PT * 0.55
    items.append(_line(0, first + step * len(columns), y, style))
    for hub, name in zip(hubs, names, strict=True):
        base = y + m.small * PT * 1.15
        colour = style.hub(hub.place, many=True)
        letter = chr(97 + hub.place % 26)
        items.append(Text(0, base, letter, m.small, SOFT, italic=True))
        text, size = _squeezed(name, m.small, first - 3 * m.line, bold=True)
        items.append(Text(2.4 * m.line, base, text, size, colour, bold=True))
        for place, (statistic, kind) in enumerate(columns):
            x = first + (place + 0.5) * step
            value, low, high = _number(hub, statistic, kind["id"])
            text = words.value(statistic, value, full=True)
            items.append(Text(x, base, text, m.small, anchor="middle"))
            if low is not None and high is not None:
                ends = (words.value(statistic, end, full=True) for end in (low, high))
                span, size = _squeezed("–".join(ends), m.tiny * 0.92, step - 0.3)
                under = base + m.tiny * PT * 1.12
                items.append(Text(x, under, span, size, SOFT, anchor="middle"))
        y += row
        items.append(_line(0, first + step * len(columns), y, style))
    y += m.tiny * PT * 1.2
    note = words.said(style.language, "print.interval")
    items.append(Text(0, y, note, m.tiny, SOFT))
    return Block(items, first + step * len(columns), y + m.tiny * PT * 0.3)


def _head(
    columns: Sequence[tuple[str, dict[str, Any]]], first: float, step: float, y: float, style: Style
) -> list[Any]:
    """What each column holds: the numbers' names, and under them the kinds' symbols."""
    m = style.measures
    items: list[Any] = []
    start = 0
    for statistic in NUMBERS:
        n = sum(1 for s, _ in columns if s == statistic)
        if not n:
            continue
        left, right = first + start * step, first + (start + n) * step
        name = words.said(style.language, f"short.{statistic}")
        middle = (left + right) / 2
        text, size = _squeezed(name, m.tiny, step * n - 0.3)
        items.append(Text(middle, y, text, size, SOFT, anchor="middle"))
        items.append(_line(left + 0.8, right - 0.8, y + m.tiny * PT * 0.4, style))
        start += n
    y += m.tiny * PT * 0.5 + m.small * PT * 1.25
    for place, (_, kind) in enumerate(columns):
        x, mid = first + (place + 0.5) * step, y - m.small * PT * 0.3
        colour = style.kind(kind["id"], kind["place"])
        if kind_shape(kind["id"]) == "bubble":
            items.append(bubble(x, mid, m.mark * 1.25, colour, style))
        else:
            at = np.array([[x, mid]])
            items.append(symbol(kind_shape(kind["id"]), at, m.mark * 1.15, colour, hollow=False))
    return items


def _squeezed(text: str, size: float, room: float, *, bold: bool = False) -> tuple[str, float]:
    """Words set smaller where they are too wide, and shortened only where that is not enough."""
    smallest = max(4.2, size * 0.7)
    while width(text, size, bold=bold) > room and size > smallest:
        size -= 0.1
    return fitted(text, size, room, bold=bold), size


def _columns(
    hubs: Sequence[Hub], kinds: Sequence[dict[str, Any]]
) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for statistic in NUMBERS:
        for kind in kinds:
            sampled = kind.get("sample") is not None
            if statistic != "count" and sampled != (statistic == "location_quotient"):
                continue
            if any(_number(hub, statistic, kind["id"])[0] is not None for hub in hubs):
                found.append((statistic, kind))
    return found


def _number(hub: Hub, statistic: str, kind: str) -> tuple[float | None, float | None, float | None]:
    profile = hub.layer.profile
    rows = profile[
        (profile["zone"] == hub.id)
        & (profile["level"] == "hub")
        & (profile["statistic"] == statistic)
        & (profile["kind"] == kind)
    ]
    if rows.empty:
        return None, None, None
    row = rows.iloc[0]
    value, low, high = (None if np.isnan(row[c]) else float(row[c]) for c in _ESTIMATE)
    return value, low, high


_ESTIMATE = ("value", "low", "high")


def _line(left: float, right: float, y: float, style: Style) -> Path:
    return Path(
        [np.array([[left, y], [right, y]])],
        closed=False, stroke=LINE, width=0.12 * style.measures.line,
    )  # fmt: skip
