"""All pairs of points closer than a radius, block by block, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hubmap.statistics.arrays import Floats, Ints

BLOCK = 1_000_000
"""Candidate pairs looked at in one go."""


@dataclass(frozen=True)
class Pairs:
    """A block of pairs: indices of both points, shift from i to j, and distance; aligned."""

    i: Ints
    j: Ints
    dx: Floats
    dy: Floats
    distance: Floats


def close_pairs(x: Floats, y: Floats, *, within: float, both: bool = False) -> Iterator[Pairs]:
    """Yield every pair of different points at most ``within`` apart.

    Parameters
    ----------
    x, y
        Points, shape (n,).
    within
        Largest distance.
    both
        Yields each pair in both directions, else once; all pairs of one ``i`` come in one block.
    """
    for pairs in cross_pairs(x, y, x, y, within=within):
        keep = pairs.i != pairs.j if both else pairs.j > pairs.i
        yield Pairs(
            pairs.i[keep], pairs.j[keep], pairs.dx[keep], pairs.dy[keep], pairs.distance[keep]
        )


def cross_pairs(
    x: Floats, y: Floats, to_x: Floats, to_y: Floats, *, within: float
) -> Iterator[Pairs]:
    """Yield every pair of a point ``i`` of the first set and ``j`` of the second, closer than so.

    Both sets are ordered by x, so that a block of points meets only the strip it can reach.
    """
    order = np.argsort(x, kind="stable").astype(np.int64)
    to_order = np.argsort(to_x, kind="stable").astype(np.int64)
    sx, sy, tx, ty = x[order], y[order], to_x[to_order], to_y[to_order]
    slack = within * (1 + 1e-12)
    begin = np.searchsorted(tx, sx - slack)
    end = np.searchsorted(tx, sx + slack, side="right")
    start = 0
    while start < x.size:
        low = int(begin[start])
        # Grow the block while its rectangle of candidates stays small.
        size = (np.arange(1, x.size - start + 1)[:4096]) * (end[start : start + 4096] - low)
        stop = start + max(1, int(np.searchsorted(size, BLOCK)))
        high = int(end[stop - 1])
        dx = tx[None, low:high] - sx[start:stop, None]
        dy = ty[None, low:high] - sy[start:stop, None]
        square = dx * dx
        square += dy * dy
        flat = np.flatnonzero(square <= slack**2)
        a, b = np.divmod(flat, high - low) if high > low else (flat, flat)
        yield Pairs(
            order[a + start],
            to_order[b + low],
            dx.ravel()[flat],
            dy.ravel()[flat],
            np.sqrt(square.ravel()[flat]),
        )
        start = stop
