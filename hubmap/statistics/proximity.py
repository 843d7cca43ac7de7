"""Proximity: whether firms are nearer to campuses, or to each other, than their peers are.

Places are planar, in metres, shape (n,).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, Ints, floats
from hubmap.statistics.weights import lag

if TYPE_CHECKING:
    from hubmap.statistics.weights import Weights


@dataclass(frozen=True)
class Near:
    """Share within a distance against a relabelling null.

    Attributes
    ----------
    value
        Share of the cases within the distance of a target.
    expected, low, high
        Mean and interval of that share when the label "case" is dealt at random over the pool.
    p
        Two-sided p-value.
    n, pool
        Cases and all records they are drawn from.
    """

    value: float
    expected: float
    low: float
    high: float
    p: float
    n: int
    pool: int


@dataclass(frozen=True)
class Colocation:
    """Colocation quotients: row A, column B tells how far A's neighbours are B's.

    Attributes
    ----------
    kinds
        The labels, in the order of rows and columns.
    quotient
        1 where B is as common among A's nearest as among all, shape (kinds, kinds).
    overall
        The same over all kinds: do like sit next to like.
    """

    kinds: tuple[str, ...]
    quotient: Floats
    overall: float


def nearest_distance(
    x: npt.ArrayLike, y: npt.ArrayLike, target_x: npt.ArrayLike, target_y: npt.ArrayLike
) -> Floats:
    """Return the distance of each place to its nearest target, infinite without targets."""
    from scipy.spatial import cKDTree

    targets = np.column_stack([floats(target_x), floats(target_y)])
    places = np.column_stack([floats(x), floats(y)])
    if len(targets) == 0:
        return np.full(len(places), np.inf)
    return floats(cKDTree(targets).query(places)[0])


def share_near(
    distance: npt.ArrayLike,
    case: npt.ArrayLike,
    *,
    within_m: float,
    level: float = 0.95,
    draws: int = 9999,
    seed: int = 0,
) -> Near:
    """Return the share of cases within a distance, against relabelling within the pool.

    Distances are fixed under relabelling, so a draw's share is a hypergeometric number.

    Parameters
    ----------
    distance
        Distance to the nearest target of every record of the pool, shape (pool,).
    case
        Which records are cases (AI firms among all firms, say), shape (pool,).
    within_m
        The distance.
    level, draws, seed
        Level of the null's interval, number of draws and seed.
    """
    near = floats(distance) <= within_m
    label = np.asarray(case, dtype=np.bool_)
    n, pool, close = int(label.sum()), near.size, int(near.sum())
    if n == 0:
        nan = float("nan")
        return Near(nan, nan, nan, nan, nan, 0, pool)
    value = int((near & label).sum())
    drawn = np.random.default_rng(seed).hypergeometric(close, pool - close, n, size=draws)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], method="nearest")
    tail = min(int(np.sum(drawn >= value)), int(np.sum(drawn <= value)))
    p = min(1.0, 2 * (tail + 1) / (draws + 1))
    return Near(value / n, close / pool, float(low) / n, float(high) / n, p, n, pool)


@dataclass(frozen=True)
class Neighbours:
    """Who each record's k nearest are, those tied at the k-th sharing the places that are left.

    Attributes
    ----------
    links
        How much each of the nearest counts, shape (n, n), rows sum to 1; empty for records whose
        k nearest all lie at their own place.
    site, piled
        Place of each record, and how much each other record there counts for those, else 0.
    """

    links: Weights
    site: Ints
    piled: Floats

    def shares(self, label: Floats) -> Floats:
        """Return how much of each record's nearest is of each kind, from 0/1 (n, kinds)."""
        at_site = np.zeros((int(self.site.max()) + 1, label.shape[1]))
        np.add.at(at_site, self.site, label)
        beside = (at_site[self.site] - label) * self.piled[:, None]
        return floats(lag(self.links, label) + beside)


def nearest_neighbours(x: npt.ArrayLike, y: npt.ArrayLike, *, k: int = 1) -> Neighbours:
    """Return the k nearest of each record, however many share its distance or its address.

    Ties share, so that records piled on one address do not depend on the order of the table.
    """
    from scipy.sparse import csr_array
    from scipy.spatial import cKDTree

    places = np.column_stack([floats(x), floats(y)])
    n = len(places)
    if n <= k:
        raise ValueError(f"{n} records have no {k} nearest neighbours each")
    site, size = np.unique(places, axis=0, return_inverse=True, return_counts=True)[1:]
    site = site.reshape(-1).astype(np.int64)
    piled = size[site] > k
    tree = cKDTree(places)
    apart = np.flatnonzero(~piled)
    distance = floats(tree.query(places[apart], k=[k + 1])[0]).reshape(-1)
    # Wide enough to catch ties despite rounding, far below a metre.
    found = tree.query_ball_point(places[apart], distance * (1 + 1e-9) + 1e-9)
    at = np.repeat(np.arange(apart.size), [len(around) for around in found])
    column = np.concatenate([np.empty(0), *found]).astype(np.int64)
    other = apart[at] != column
    at, column = at[other], column[other]
    gap = np.hypot(*(places[column] - places[apart[at]]).T)
    closer = gap < distance[at] * (1 - 1e-9) - 1e-9
    left = k - np.bincount(at[closer], minlength=apart.size)
    tied = np.bincount(at[~closer], minlength=apart.size)
    weight = np.where(closer, 1.0, (left / np.maximum(tied, 1))[at]) / k
    links = csr_array((weight, (apart[at], column)), shape=(n, n))
    return Neighbours(links, site, np.where(piled, 1 / np.maximum(size[site] - 1, 1), 0.0))


def colocation_quotient(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    kind: npt.ArrayLike,
    *,
    k: int = 1,
    nearest: Neighbours | None = None,
) -> Colocation:
    """Return colocation quotients of all pairs of kinds, and the global one.

    ``CLQ(A to B) = (C_AB / N_A) / (N'_B / (N - 1))`` with C_AB the (shared) B places among the
    nearest of A's and N'_B = N_B, less one where A is B.

    Parameters
    ----------
    x, y
        Places.
    kind
        Label of each record.
    k
        Neighbours looked at.
    nearest
        Of :func:`nearest_neighbours`, where already at hand; ``k`` is then theirs.

    References
    ----------
    Leslie, T. F. and Kronenfeld, B. J. (2011). The colocation quotient: a new measure of spatial
    association between categorical subsets of points. Geographical Analysis 43, 306-326.
    """
    names, index = np.unique(np.asarray(kind).astype(str), return_inverse=True)
    number = np.bincount(index).astype(np.float64)
    n = float(number.sum())
    near = nearest_neighbours(x, y, k=k) if nearest is None else nearest
    label = (index[:, None] == np.arange(names.size)).astype(np.float64)
    among = label.T @ near.shares(label)
    expected = (number[None, :] - np.eye(names.size)) / (n - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = (among / number[:, None]) / expected
    like = float(np.sum(number * (number - 1)) / (n - 1))
    overall = float(np.trace(among)) / like if like > 0 else float("nan")
    return Colocation(tuple(str(name) for name in names), quotient, overall)
