"""All pairs of points closer than a radius, block by block, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hubmap.statistics.arrays import Bools, Floats, Ints

BLOCK = 500_000
"""Candidate pairs looked at in one go: small enough to stay in the processor's cache."""

AT_ONCE = 2_000_000
"""Pairs that a tree may give in one block, where there are no more."""


@dataclass(frozen=True)
class Pairs:
    """A block of pairs; all pairs of one point ``i`` come in one block.

    Attributes
    ----------
    points
        Indices of the block's points ``i``, shape (m,).
    own
        Which of ``points`` each pair belongs to, shape (pairs,).
    j
        Index of the other point, shape (pairs,).
    square
        Squared distance, shape (pairs,).
    """

    points: Ints
    own: Ints
    j: Ints
    square: Floats

    @property
    def i(self) -> Ints:
        """Index of the first point of each pair."""
        return self.points[self.own]

    @property
    def distance(self) -> Floats:
        """Distance of each pair."""
        return np.sqrt(self.square)

    def only(self, keep: Bools) -> Pairs:
        """Return the pairs of ``keep``."""
        return Pairs(self.points, self.own[keep], self.j[keep], self.square[keep])


def close_pairs(x: Floats, y: Floats, *, within: float, both: bool = False) -> Iterator[Pairs]:
    """Yield every pair of different points at most ``within`` apart.

    Parameters
    ----------
    x, y
        Points, shape (n,).
    within
        Largest distance.
    both
        Yields each pair in both directions, else once.
    """
    if not both and (pairs := _all_pairs(x, y, within * (1 + 1e-12))):
        yield pairs
        return
    for pairs in cross_pairs(x, y, x, y, within=within):
        i = pairs.i
        yield pairs.only(i != pairs.j if both else pairs.j > i)


def _all_pairs(x: Floats, y: Floats, within: float) -> Pairs | None:
    """Return every pair once, by a tree; None where they are too many for one block."""
    from scipy.spatial import cKDTree

    tree = cKDTree(np.column_stack([x, y]))
    if (int(tree.count_neighbors(tree, within)) - x.size) // 2 > AT_ONCE:
        return None
    i, j = tree.query_pairs(within, output_type="ndarray").T
    square = (x[j] - x[i]) ** 2 + (y[j] - y[i]) ** 2
    return Pairs(np.arange(x.size), i, j, square)


def cross_pairs(
    x: Floats, y: Floats, to_x: Floats, to_y: Floats, *, within: float
) -> Iterator[Pairs]:
    """Yield every pair of a point ``i`` of the first set and ``j`` of the second, closer than so.

    Both sets are cut into strips as high as the distance and ordered by x within them, so that a
    block of points meets only what lies in three strips and the stretch of x that it can reach.
    """
    slack = within * (1 + 1e-12)
    if x.size == 0 or to_x.size == 0:
        return
    floor = float(min(y.min(), to_y.min()))
    height = max(slack, (float(max(y.max(), to_y.max())) - floor) / 1000)
    strip = np.floor((y - floor) / height).astype(np.int64)
    to_strip = np.floor((to_y - floor) / height).astype(np.int64)
    for s in np.unique(strip):
        mine = np.flatnonzero(strip == s)
        mine = mine[np.argsort(x[mine], kind="stable")]
        theirs = np.flatnonzero(np.abs(to_strip - s) <= 1)
        theirs = theirs[np.argsort(to_x[theirs], kind="stable")]
        yield from _strip(x[mine], y[mine], mine, to_x[theirs], to_y[theirs], theirs, slack)


def _strip(
    x: Floats, y: Floats, name: Ints, to_x: Floats, to_y: Floats, to_name: Ints, within: float
) -> Iterator[Pairs]:
    begin = np.searchsorted(to_x, x - within)
    end = np.searchsorted(to_x, x + within, side="right")
    start = 0
    while start < x.size:
        low = int(begin[start])
        # Grow the block while its rectangle of candidates stays small.
        size = np.arange(1, min(4096, x.size - start) + 1) * (end[start : start + 4096] - low)
        stop = start + max(1, int(np.searchsorted(size, BLOCK)))
        high = int(end[stop - 1])
        if high > low:
            square = np.subtract(to_x[None, low:high], x[start:stop, None])
            square *= square
            up = np.subtract(to_y[None, low:high], y[start:stop, None])
            up *= up
            square += up
            flat = np.flatnonzero(square <= within**2)
            own = flat // (high - low)
            j = to_name[low + flat - own * (high - low)]
            yield Pairs(name[start:stop], own, j, square.ravel()[flat])
        start = stop
