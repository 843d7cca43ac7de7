"""DBSCAN where places have very many neighbours: the same labels without a list of all pairs."""

from __future__ import annotations

import numpy as np

from hubmap.statistics.arrays import Bools, Floats, Ints

STRIPS = 12
"""Strips to a radius. More decide more places at once, and cost more searches."""
AT_ONCE = 4_000_000
"""Pairs looked at one by one at the same time."""
TIE = 1e-9
"""Relative difference of weights below which they are equal: running sums round."""


def cores(places: Floats, weight: Floats, *, within_m: float, min_weight: float) -> Bools:
    """Which places have at least the weight within the distance, shape (n,).

    Places are sorted into strips; of each strip, what surely lies within is a difference of
    running sums. Only where that and what may lie within do not decide, the rest is measured.
    """
    strips = _Strips(places, weight, within_m)
    everyone = np.arange(len(places))
    least, most = strips.bounds(everyone)
    core: Bools = least >= min_weight * (1 + TIE)
    open_ = everyone[~core & (most >= min_weight * (1 - TIE))]
    core[open_] = least[open_] + strips.measured(open_) >= min_weight * (1 - TIE)
    return core


class _Strips:
    """Places by strips of equal latitude, in each from west to east."""

    def __init__(self, places: Floats, weight: Floats, within_m: float) -> None:
        self.x, self.y = places.T
        self.within, self.height = within_m, within_m / STRIPS
        self.strip = np.floor((self.y - self.y.min()) / self.height).astype(np.int64)
        self.order = np.lexsort((self.x, self.strip))
        self.first = np.searchsorted(self.strip[self.order], np.arange(self.strip.max() + 2))
        self.running = np.concatenate([[0.0], np.cumsum(weight[self.order])])
        self.weight = weight

    def _edges(self, who: Ints, step: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Where, in the order, begins what may and what must lie within, and where it ends."""
        other = self.strip[who] + step
        low = self.y.min() + other * self.height - self.y[who]
        near = np.maximum(0.0, np.maximum(low, -low - self.height))
        far = np.maximum(np.abs(low), np.abs(low + self.height))
        wide, sure = (
            np.sqrt(np.maximum(self.within**2 - (d * (1 + s)) ** 2, 0.0)) * (1 - s)
            for d, s in ((near, -TIE), (far, TIE))
        )
        # A strip that is out of reach, or only touched, holds nothing that must lie within.
        sure = np.where(far < self.within, sure, -1.0)
        begin, least, most, end = (np.zeros(who.size, dtype=np.int64) for _ in range(4))
        for number in np.unique(other[(other >= 0) & (other < self.first.size - 1)]):
            rows = np.flatnonzero(other == number)
            start, stop = self.first[number], self.first[number + 1]
            line = self.x[self.order[start:stop]]
            at = self.x[who[rows]]
            begin[rows] = start + np.searchsorted(line, at - wide[rows], "left")
            end[rows] = start + np.searchsorted(line, at + wide[rows], "right")
            inner = sure[rows] >= 0
            least[rows] = np.where(
                inner, start + np.searchsorted(line, at - sure[rows], "left"), begin[rows]
            )
            most[rows] = np.where(
                inner, start + np.searchsorted(line, at + sure[rows], "right"), begin[rows]
            )
        return begin, least, most, end

    def bounds(self, who: Ints) -> tuple[Floats, Floats]:
        """The weight that surely lies within, and that which may."""
        least, most = np.zeros(who.size), np.zeros(who.size)
        for step in range(-STRIPS - 1, STRIPS + 2):
            begin, first, last, end = self._edges(who, step)
            least += self.running[last] - self.running[first]
            most += self.running[end] - self.running[begin]
        return least, most

    def measured(self, who: Ints) -> Floats:
        """The weight within of what may lie there and need not."""
        total = np.zeros(who.size)
        for step in range(-STRIPS - 1, STRIPS + 2):
            begin, first, last, end = self._edges(who, step)
            for start, stop in ((begin, first), (last, end)):
                length = stop - start
                parts = np.searchsorted(
                    np.cumsum(length), np.arange(AT_ONCE, length.sum() + AT_ONCE, AT_ONCE)
                )
                for some in np.split(np.arange(who.size), parts + 1):
                    own = np.repeat(some, length[some])
                    before = np.repeat(np.cumsum(length[some]) - length[some], length[some])
                    them = self.order[start[own] + np.arange(own.size) - before]
                    gap = (self.x[them] - self.x[who[own]]) ** 2
                    gap += (self.y[them] - self.y[who[own]]) ** 2
                    held = np.where(gap <= self.within**2, self.weight[them], 0.0)
                    total += np.bincount(own, weights=held, minlength=who.size)
        return total


def joined(places: Floats, *, within_m: float) -> Ints:
    """The component of each place, where places within the distance are linked, shape (n,).

    In squares whose diagonal is the distance all are linked; two squares are if their nearest are.
    """
    from scipy.spatial import cKDTree

    side = within_m / np.sqrt(2) * (1 - TIE)
    square = np.floor((places - places.min(axis=0)) / side).astype(np.int64)
    squares, member = np.unique(square, axis=0, return_inverse=True)
    order = np.argsort(member, kind="stable")
    held = np.split(order, np.cumsum(np.bincount(member))[:-1])
    trees = [cKDTree(places[own]) for own in held]
    root = np.arange(len(squares))

    def top(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = int(root[i])
        return i

    pairs = cKDTree(squares).query_pairs(np.sqrt(8) + TIE, output_type="ndarray")
    nearest = np.argsort(((squares[pairs[:, 0]] - squares[pairs[:, 1]]) ** 2).sum(axis=1))
    reach = np.nextafter(within_m, np.inf)
    for i, j in pairs[nearest]:
        a, b = top(int(i)), top(int(j))
        if a == b:
            continue
        small, large = sorted((int(i), int(j)), key=lambda k: len(held[k]))
        gap = trees[large].query(places[held[small]], distance_upper_bound=reach)[0]
        if np.isfinite(gap).any():
            root[max(a, b)] = min(a, b)
    return np.array([top(i) for i in range(root.size)], dtype=np.int64)[member]


def reached(places: Floats, label: Ints, others: Floats, *, within_m: float) -> Ints:
    """The least label of a place within the distance of each other place, -1 where none is."""
    from scipy.spatial import cKDTree

    found = np.full(len(others), -1, dtype=np.int64)
    if not len(others):
        return found
    reach = np.nextafter(within_m, np.inf)
    near = np.isfinite(cKDTree(places).query(others, distance_upper_bound=reach)[0])
    for one in np.unique(label):
        rest = np.flatnonzero(near & (found < 0))
        own = cKDTree(places[label == one])
        gap = own.query(others[rest], distance_upper_bound=reach)[0]
        found[rest[np.isfinite(gap)]] = one
    return found
