"""All pairs of points closer than a radius, block by block, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hubmap.statistics.arrays import Bools, Floats, Ints

BLOCK = 64_000
"""Candidate pairs looked at in one go: small enough to stay in the processor's cache."""

STRIPS = 3
"""Strips to the distance: fewer waste more at the corners, more cost more searches."""


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
    if not both:
        yield from _pairs(x, y, x, y, within, once=True)
        return
    for pairs in cross_pairs(x, y, x, y, within=within):
        yield pairs.only(pairs.i != pairs.j)


def cross_pairs(
    x: Floats, y: Floats, to_x: Floats, to_y: Floats, *, within: float
) -> Iterator[Pairs]:
    """Yield every pair of a point ``i`` of the first set and ``j`` of the second, closer than so.

    Within a block ``own`` ascends.
    """
    yield from _pairs(x, y, to_x, to_y, within, once=False)


def _pairs(
    x: Floats, y: Floats, to_x: Floats, to_y: Floats, within: float, *, once: bool
) -> Iterator[Pairs]:
    """Yield the pairs by strips: the second set lies in strips, ordered by x in each.

    What a point reaches in a strip is one stretch of that order, found by two searches. With
    ``once``, of a set with itself, it looks on in its own strip and at the strips above only.
    """
    if x.size == 0 or to_x.size == 0:
        return
    slack = within * (1 + 1e-12)
    left, floor = float(min(x.min(), to_x.min())), float(min(y.min(), to_y.min()))
    width = float(max(x.max(), to_x.max())) - left + 3 * slack
    height = max(slack / STRIPS, (float(max(y.max(), to_y.max())) - floor) / 10_000) or 1.0

    def ordered(a: Floats, b: Floats) -> tuple[Ints, Floats, Floats, Floats, Floats]:
        strip = np.floor((b - floor) / height)
        key = strip * width + (a - left)
        order = np.argsort(key, kind="stable")
        return order, a[order], b[order], strip[order], key[order]

    to_name, to_x, to_y, to_strip, to_key = ordered(to_x, to_y)
    name, x, y, strip, key = (to_name, to_x, to_y, to_strip, to_key) if once else ordered(x, y)
    # The keys are rounded: look that much further than the rim.
    rim = 1e-12 * slack + 1e-15 * float(np.abs(to_key).max() + width)
    far = int(np.ceil(slack / height))
    steps = range(0 if once else -far, far + 1)
    begin = np.empty((x.size, len(steps)), dtype=np.int64)
    count = np.empty_like(begin)
    for k, step in enumerate(steps):
        gap = np.zeros(1)
        if step:
            edge = floor + (strip + step + (step < 0)) * height
            gap = np.maximum(edge - y if step > 0 else y - edge, 0.0)
        reach = np.sqrt(np.maximum(slack**2 - gap**2, 0.0)) + rim
        base = key + step * width
        begin[:, k] = np.searchsorted(to_key, base - reach)
        end = np.searchsorted(to_key, base + reach, side="right")
        if once and step == 0:
            begin[:, k] = np.arange(1, x.size + 1)
        count[:, k] = np.where(gap <= slack + rim, np.maximum(end - begin[:, k], 0), 0)
    each = count.sum(axis=1)
    upto = np.cumsum(each)
    start = 0
    while start < x.size:
        before = int(upto[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(upto, before + BLOCK, side="right")))
        part = slice(start, stop)
        held = count[part].ravel()
        j = np.arange(int(upto[stop - 1]) - before)
        j += np.repeat(begin[part].ravel() - (np.cumsum(held) - held), held)
        square = to_x[j]
        square -= np.repeat(x[part], each[part])
        square *= square
        up = to_y[j]
        up -= np.repeat(y[part], each[part])
        up *= up
        square += up
        keep = np.flatnonzero(square <= slack**2)
        own = np.repeat(np.arange(stop - start), each[part])[keep]
        yield Pairs(name[part], own, to_name[j[keep]], square[keep])
        start = stop


def rings(r: Floats, distance: Floats) -> Ints:
    """Return how many radii each distance exceeds: ``searchsorted(r, distance)``, faster."""
    if r.size > 100:
        return np.searchsorted(r, distance).astype(np.int64)
    found = np.zeros(distance.size, dtype=np.int8)
    for rim in r:
        found += distance > rim
    return found.astype(np.int64)
