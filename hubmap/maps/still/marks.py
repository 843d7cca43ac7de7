"""Entities on a frame: a shape and a colour a kind, none quite hidden by another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.maps.colours import kind_shape
from hubmap.maps.still.scene import Circle, Marks

if TYPE_CHECKING:
    import geopandas as gpd

    from hubmap.maps.still.frames import Frame
    from hubmap.maps.still.scene import Floats
    from hubmap.maps.still.shown import Shown
    from hubmap.maps.still.style import Style

VAGUE_M = 1500
"""Beyond this the place is the district's, and the mark is hollow."""
GOLDEN = math.pi * (3 - math.sqrt(5))
CROWD = 4000
"""From so many marks on they are smaller and stand on a lattice, each of its places once."""
LATTICE = 0.9
"""mm."""


def marks(
    frame: Frame, shown: Shown, heaviest: float, style: Style, factor: float = 1.0
) -> tuple[list[Any], Floats]:
    """The marks of a frame, and where they stand.

    Parameters
    ----------
    frame
        Where.
    shown
        The map.
    heaviest
        The weight of the largest circle on the sheet.
    style
        Sizes and inks.
    factor
        What the marks' size is multiplied by.

    Returns
    -------
    tuple
        Items to draw, and the places (mm) that labels should leave free.
    """
    points = shown.entities
    x, y = points.geometry.x.to_numpy(), points.geometry.y.to_numpy()
    west, south, east, north = frame.degrees
    inside = (x > west) & (x < east) & (y > south) & (y < north)
    at = frame.place(np.column_stack(frame.flat(x[inside], y[inside])))
    kinds = points["kind"].to_numpy(dtype=object)[inside]
    bubbles: list[Any] = []
    singles = np.ones(len(kinds), dtype=bool)
    for kind in shown.kinds:
        if kind_shape(kind["id"]) == "bubble":
            own = kinds == kind["id"]
            weights = points["weight"].to_numpy(dtype=float)[inside][own]
            bubbles += _bubbles(weights, at[own], heaviest, style, style.kind(**_of(kind)))
            singles &= ~own
    crowd = int(singles.sum()) > CROWD
    spots = at[singles] if crowd else _spread(at[singles], style.measures.mark * factor * 1.3)
    radius = style.measures.mark * factor * (0.45 if crowd else 1.0)
    found: list[Any] = []
    kinds = kinds[singles]
    vague = points["precision_m"].to_numpy(dtype=float)[inside][singles] > VAGUE_M
    for kind in shown.kinds:
        colour = style.kind(**_of(kind))
        for hollow in (True, False):
            own = (kinds == kind["id"]) & (vague == hollow)
            if not own.any():
                continue
            places = _once(spots[own]) if crowd else spots[own]
            shape = kind_shape(kind["id"])
            found.append(symbol(shape, places, radius, colour, hollow=hollow))
    return [*bubbles, *found], _once(spots) if crowd else spots


def _once(spots: Floats) -> Floats:
    """The places of a lattice that hold anything."""
    steps = np.rint(spots / LATTICE).astype(np.int64)
    keys = np.unique(steps[:, 0] * (1 << 32) + steps[:, 1] + (1 << 31))
    x, y = keys >> 32, (keys & ((1 << 32) - 1)) - (1 << 31)
    return np.column_stack([x, y]) * LATTICE


def _of(kind: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind["id"], "place": kind["place"]}


def symbol(shape: str, at: Floats, radius: float, colour: str, *, hollow: bool) -> Marks:
    """A kind's symbol at some places; hollow ones stand for a district, not for a place."""
    if hollow:
        return Marks(at, shape, radius * 0.8, "#ffffff", colour, radius * 0.36)
    return Marks(at, shape, radius, colour, "#ffffff", radius * 0.2)


def _spread(at: Floats, step: float) -> Floats:
    """Records that share a spot, in a sunflower around it."""
    spots: dict[tuple[int, int], int] = {}
    moved = at.copy()
    for i, (x, y) in enumerate(np.rint(at * 50).astype(int).tolist()):
        n = spots.get((x, y), 0)
        spots[x, y] = n + 1
        reach = step * math.sqrt(n) * 0.55
        moved[i] += (reach * math.cos(n * GOLDEN), reach * math.sin(n * GOLDEN))
    return moved


def heaviest_of(points: gpd.GeoDataFrame) -> float:
    """The largest sum of weights at one spot, over the kinds that are drawn as circles."""
    kinds = points["kind"].to_numpy(dtype=object)
    most = 1.0
    for kind in sorted(set(kinds)):
        if kind_shape(str(kind)) == "bubble":
            own = points[kinds == kind]
            sums = own["weight"].groupby([own.geometry.x, own.geometry.y]).sum()
            most = max(most, float(sums.max()))
    return most


def reach(weight: float, heaviest: float, style: Style) -> float:
    """The radius of a circle whose area is as the weight."""
    return max(0.35, style.measures.bubble * math.sqrt(min(1.0, weight / heaviest)))


def _bubbles(
    weights: Floats, at: Floats, heaviest: float, style: Style, colour: str
) -> list[Circle]:
    spots, where = np.unique(np.round(at, 2), axis=0, return_inverse=True)
    total = np.bincount(where.ravel(), weights=weights, minlength=len(spots)).tolist()
    pairs = zip(map(tuple, spots.tolist()), total, strict=True)
    ordered = sorted(pairs, key=lambda item: (-item[1], item[0]))
    return [bubble(x, y, reach(n, heaviest, style), colour, style) for (x, y), n in ordered]


def bubble(x: float, y: float, radius: float, colour: str, style: Style) -> Circle:
    """A circle that lets the ground through; without colours its line is broken."""
    dash = (0.7 * style.measures.line, 0.4 * style.measures.line) if style.greyscale else ()
    return Circle(x, y, radius, colour, colour, 0.16 * style.measures.line, 0.16, dash)
