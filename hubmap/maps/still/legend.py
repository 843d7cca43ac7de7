"""Legends: what is on the sheet, and nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.maps.colours import kind_shape
from hubmap.maps.still import words
from hubmap.maps.still.marks import VAGUE_M, bubble, reach, symbol
from hubmap.maps.still.metrics import width, wrapped
from hubmap.maps.still.scene import PT, Path, Text, box, clean
from hubmap.maps.still.style import INK, LINE, NOTHING, SOFT, ZERO, grey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubmap.maps.still.ground import Surface
    from hubmap.maps.still.shown import Shown
    from hubmap.maps.still.style import Style


@dataclass
class Block:
    """A part of a legend: items drawn from its own upper left corner."""

    items: list[Any]
    width: float
    height: float


def legend(shown: Shown, heaviest: float, style: Style, room: float) -> list[Block]:
    """The blocks of a legend.

    Parameters
    ----------
    shown
        The map.
    heaviest
        The weight of the largest circle.
    style
        Sizes and inks.
    room
        The widest a block may be, mm.
    """
    found = []
    if shown.kinds:
        found.append(_kinds(shown, style, room))
    for kind in shown.kinds:
        if kind_shape(kind["id"]) == "bubble":
            found.append(_bubbles(kind, heaviest, style, room))
    if shown.surface is not None:
        found.append(_surface(shown.surface, shown, style, room))
    return found


def _kinds(shown: Shown, style: Style, room: float) -> Block:
    m = style.measures
    row = m.small * PT * 1.5
    x, y, widest = m.mark * 2.6 + 1.0, row * 0.72, 0.0
    items: list[Any] = []
    vague = shown.entities["precision_m"].to_numpy(dtype=float) > VAGUE_M
    hollow: list[dict[str, Any]] = []
    for kind in shown.kinds:
        title = clean(kind["title"][style.language], 60)
        text = f"{title} ({words.number(kind['n'])})"
        colour = style.kind(kind["id"], kind["place"])
        mid = y - m.small * PT * 0.33
        if kind_shape(kind["id"]) == "bubble":
            items.append(bubble(x / 2, mid, m.mark * 1.25, colour, style))
        else:
            at = np.array([[x / 2, mid]])
            items.append(symbol(kind_shape(kind["id"]), at, m.mark * 1.15, colour, hollow=False))
            if (vague & (shown.entities["kind"] == kind["id"]).to_numpy()).any():
                hollow.append(kind)
        for line in wrapped(text[:1].upper() + text[1:], m.small, room - x):
            items.append(Text(x, y, line, m.small))
            widest = max(widest, x + width(line, m.small))
            y += row * (1.0 if line else 0.8)
    if hollow:
        mid = y - m.tiny * PT * 0.33
        step = m.mark * 2.3
        for place, kind in enumerate(hollow):
            at = np.array([[x / 2 + place * step, mid]])
            colour = style.kind(kind["id"], kind["place"])
            shape = kind_shape(kind["id"])
            items.append(symbol(shape, at, m.mark * 1.15, colour, hollow=True))
        start = x + (len(hollow) - 1) * step
        for line in wrapped(words.said(style.language, "print.hollow"), m.tiny, room - start):
            items.append(Text(start, y, line, m.tiny, SOFT))
            widest = max(widest, start + width(line, m.tiny))
            y += m.tiny * PT * 1.3
    return Block(items, widest, y - row * 0.5)


def _bubbles(kind: dict[str, Any], heaviest: float, style: Style, room: float) -> Block:
    """Three circles in one another, with their numbers."""
    m = style.measures
    colour = style.kind(kind["id"], kind["place"])
    top = 10 ** math.floor(math.log10(max(heaviest, 1)))
    largest = max((s * top for s in (1, 2, 5) if s * top <= heaviest), default=1)
    sizes = [n for n in (largest, largest / 5, largest / 20) if n >= 1]
    title = clean(kind["title"][style.language], 60)
    y = m.tiny * PT
    items: list[Any] = [Text(0, y, title[:1].upper() + title[1:], m.tiny, SOFT)]
    big = reach(sizes[0], heaviest, style)
    base = y + m.tiny * PT * 1.0 + 2 * big
    last = -1e9
    for n in sizes:
        r = reach(n, heaviest, style)
        items.append(bubble(big, base - r, r, colour, style))
        level = max(base - 2 * r, last + m.tiny * PT * 1.05)
        last = level
        items.append(
            Path(
                [np.array([[big, base - 2 * r], [2 * big + 1.0, level]])],
                closed=False,
                stroke=LINE,
                width=0.1 * m.line,
            )
        )
        text = words.number(n)
        items.append(Text(2 * big + 1.4, level + m.tiny * PT * 0.34, text, m.tiny))
    high = max(base, last + m.tiny * PT * 0.4)
    wide = max(width(title, m.tiny), 2 * big + 2 + width(words.number(sizes[0]), m.tiny))
    return Block(items, min(room, wide), high + 0.3)


def _surface(surface: Surface, shown: Shown, style: Style, room: float) -> Block:
    m = style.measures
    kinds = {kind["id"]: kind for kind in shown.all_kinds}
    kind = clean(kinds[surface.kind]["title"][style.language], 60)
    said = words.said(style.language, f"legend.unit.{surface.statistic}")
    if surface.cells:
        said = words.said(style.language, "unit.per_km2")
    head = words.said(style.language, "print.surface", kind=kind[:1].upper() + kind[1:], unit=said)
    y = m.tiny * PT * 1.05
    items: list[Any] = []
    widest = 0.0
    for line in wrapped(head, m.tiny, room, bold=True):
        items.append(Text(0, y, line, m.tiny, INK, bold=True))
        widest = max(widest, width(line, m.tiny, bold=True))
        y += m.tiny * PT * 1.25
    wide, high = m.small * PT * 1.9, m.small * PT * 1.12
    y -= m.tiny * PT * 0.75
    for fill, hatch, text in classes(surface, style):
        items.append(
            Path([box(0, y, wide, high)], fill=fill, stroke=LINE, width=0.1 * m.line, hatch=hatch)
        )
        items.append(Text(wide + 1.1, y + high * 0.78, text, m.small))
        widest = max(widest, wide + 1.1 + width(text, m.small))
        y += high + 0.22 * m.line
    return Block(items, widest, y)


def classes(surface: Surface, style: Style) -> list[tuple[str, Any, str]]:
    """The legend's classes: fill, hatching and words; half-open, as on the page."""

    def say(value: float) -> str:
        return words.value(surface.statistic, value)

    fills = surface.fills(style)
    ends = [surface.low, *surface.breaks, surface.high]
    found: list[tuple[str, Any, str]] = []
    if surface.zero and (surface.values == 0).any():
        found.append(("#ffffff" if style.greyscale else ZERO, "", "0"))
    for i, (fill, hatch) in enumerate(fills):
        low, high = ends[i], ends[i + 1]
        if surface.statistic == "location_quotient" and i == 0:
            text = f"< {say(high)}"
        elif surface.statistic == "location_quotient" and i == len(fills) - 1:
            text = f"≥ {say(low)}"
        elif surface.statistic == "count":
            first = max(1, math.ceil(low)) if i == 0 else math.ceil(low)
            last = math.ceil(high) - 1 if i < len(surface.breaks) else math.ceil(high)
            text = say(first) if last <= first else f"{say(first)} – {say(last)}"
        else:
            text = say(low) if low == high else f"{say(low)} – {say(high)}"
        found.append((fill, hatch, text))
    if np.isnan(surface.values).any() and not surface.cells:
        nothing = grey(NOTHING) if style.greyscale else NOTHING
        found.append((nothing, "slash", words.said(style.language, "print.nodata")))
    return found


def flowed(blocks: Sequence[Block], x: float, y: float, room: float, gap: float) -> Block:
    """Blocks side by side, in further rows where one is full."""
    items: list[Any] = []
    left, top, high, widest = 0.0, 0.0, 0.0, 0.0
    for block in blocks:
        if left and left + block.width > room:
            left, top, high = 0.0, top + high + gap, 0.0
        items += moved(block.items, x + left, y + top)
        left += block.width + gap * 1.6
        high = max(high, block.height)
        widest = max(widest, left)
    return Block(items, widest, top + high)


def stacked(blocks: Sequence[Block], x: float, y: float, gap: float) -> Block:
    """Blocks one under another."""
    items: list[Any] = []
    top = 0.0
    for block in blocks:
        items += moved(block.items, x, y + top)
        top += block.height + gap
    return Block(items, max((b.width for b in blocks), default=0.0), max(0.0, top - gap))


def moved(items: Sequence[Any], dx: float, dy: float) -> list[Any]:
    """Items at another place."""
    from dataclasses import replace

    found = []
    for item in items:
        if isinstance(item, Path):
            found.append(replace(item, rings=[np.add(ring, (dx, dy)) for ring in item.rings]))
        elif hasattr(item, "at"):
            found.append(replace(item, at=np.add(item.at, (dx, dy))))
        else:
            found.append(replace(item, x=item.x + dx, y=item.y + dy))
    return found
