"""The edges of polygons, each once, and on which side of an edge a point lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NOBODY = -1
# Shewchuk's bound for the sign of a 2 × 2 determinant of rounded differences, (3 + 16u)u.
SIGN_BOUND = 3.3306690738754716e-16


class Edges(NamedTuple):
    """Segments a → b, shape (n,); the one or two polygons that each belongs to."""

    ax: Floats
    ay: Floats
    bx: Floats
    by: Floats
    one: NDArray[np.int32]
    two: NDArray[np.int32]


def edges_of(shapes: NDArray[np.object_]) -> Edges:
    """All edges of valid polygons; one that two polygons share stands once.

    Parameters
    ----------
    shapes
        Polygons and MultiPolygons, shape (m,).

    Returns
    -------
    Edges
        ``one`` is a position in ``shapes``; ``two`` another, or -1.
    """
    _, xy, (ring_first, part_first, *shape_first) = shapely.to_ragged_array(shapes, include_z=False)
    owner: NDArray[np.int32] = np.arange(len(shapes), dtype=np.int32)
    for begins in (*shape_first, part_first, ring_first):
        owner = np.repeat(owner, np.diff(begins)).astype(np.int32, copy=False)
    # Every vertex begins an edge but the last of its ring.
    starts = np.ones(len(xy), dtype=bool)
    starts[ring_first[1:] - 1] = False
    polygon = owner[starts]
    ax, ay = (xy[:, k][starts] for k in (0, 1))
    bx, by = (xy[1:, k][starts[:-1]] for k in (0, 1))
    del xy, owner, starts
    back = np.flatnonzero((bx < ax) | ((bx == ax) & (by < ay)))
    for a, b in ((ax, bx), (ay, by)):
        a[back], b[back] = b[back], a[back]
    # Equal edges come together under a hash of their four numbers; unequal ones that meet
    # there stay apart, for the numbers themselves are compared.
    order = np.argsort(_hash(ax, ay, bx, by), kind="stable")
    for values in (ax, ay, bx, by, polygon):
        values[:] = values[order]
    del order, back
    same = np.zeros(len(ax), dtype=bool)
    same[1:] = (ax[1:] == ax[:-1]) & (ay[1:] == ay[:-1]) & (bx[1:] == bx[:-1])
    same[1:] &= by[1:] == by[:-1]
    at = np.arange(len(ax), dtype=np.int32)
    first = np.flatnonzero((at - np.maximum.accumulate(np.where(same, 0, at))) % 2 == 0)
    del at
    first = first[(ax[first] != bx[first]) | (ay[first] != by[first])]
    paired = np.append(same, False)[first + 1]
    two = np.where(paired, polygon[np.minimum(first + 1, len(ax) - 1)], NOBODY).astype(np.int32)
    return Edges(ax[first], ay[first], bx[first], by[first], polygon[first], two)


def _hash(*values: Floats) -> NDArray[np.uint64]:
    mixed = np.zeros(len(values[0]), dtype=np.uint64)
    for value in values:
        mixed ^= value.view(np.uint64)
        mixed *= np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(32)
    return mixed


def side(edges: Floats, px: Floats, py: Floats) -> NDArray[np.int8]:
    """1 where p lies left of a → b, -1 where right, 0 where rounding leaves it open.

    Parameters
    ----------
    edges
        ax, ay, bx, by; shape (n, 4).
    px, py
        The points, shape (n,).
    """
    ax, ay, bx, by = edges.T
    return turn(ax, ay, bx, by, px, py)


def turn(
    ax: Floats, ay: Floats, bx: Floats, by: Floats, px: Floats, py: Floats
) -> NDArray[np.int8]:
    """The same for coordinates one by one, each of shape (n,)."""
    left, right = (ax - px) * (by - py), (ay - py) * (bx - px)
    value, bound = left - right, SIGN_BOUND * (np.abs(left) + np.abs(right))
    return (value > bound).astype(np.int8) - (value < -bound).astype(np.int8)
