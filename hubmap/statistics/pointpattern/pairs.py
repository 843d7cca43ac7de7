"""All pairs of points closer than a radius, block by block, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hubmap.statistics.arrays import Floats, Ints

BLOCK = 4_000_000
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
    order = np.argsort(x, kind="stable").astype(np.int64)
    sx, sy = x[order], y[order]
    n = x.size
    end = np.searchsorted(sx, sx + within * (1 + 1e-12), side="right")
    begin = np.searchsorted(sx, sx - within * (1 + 1e-12)) if both else np.arange(n)
    start = 0
    while start < n:
        stop = start + 1
        low = int(begin[start])
        while stop < n and (stop + 1 - start) * (int(end[stop]) - low) <= BLOCK:
            stop += 1
        high = int(end[stop - 1])
        dx = sx[None, low:high] - sx[start:stop, None]
        dy = sy[None, low:high] - sy[start:stop, None]
        square = dx * dx + dy * dy
        near = square <= within**2 * (1 + 1e-12)
        a, b = np.nonzero(near)
        keep = a + start != b + low if both else b + low > a + start
        a, b = a[keep], b[keep]
        yield Pairs(order[a + start], order[b + low], dx[a, b], dy[a, b], np.sqrt(square[a, b]))
        start = stop
