"""Local spatial autocorrelation: where the hot spots, the cold spots and the odd ones out are.

Values have shape (n,), weights are sparse (n, n); every result aligns with the values.
References: Anselin (1995) Geographical Analysis 27, 93-115; Ord and Getis (1995) Geographical
Analysis 27, 286-306; Sokal, Oden and Thomson (1998) Geographical Analysis 30, 331-354; Benjamini
and Hochberg (1995) Journal of the Royal Statistical Society B 57, 289-300.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Bools, Floats, Ints, centred, floats, ratio, two_sided_p
from hubmap.statistics.weights import lag, row_sums

if TYPE_CHECKING:
    from hubmap.statistics.weights import Weights


LEAST = 3
"""Units below which there are no others to deal."""


@dataclass(frozen=True)
class LocalMoran:
    """Local Moran's I with its moments under conditional permutation, each of shape (n,)."""

    value: Floats
    expected: Floats
    variance: Floats

    @property
    def z(self) -> Floats:
        """Standard score of each unit; NaN for a unit at the mean or without neighbours."""
        return ratio(self.value - self.expected, np.sqrt(self.variance))

    @property
    def p(self) -> Floats:
        """Two-sided normal p-value of each unit."""
        return two_sided_p(self.z)


def local_moran(values: npt.ArrayLike, weights: Weights) -> LocalMoran:
    """Return local Moran's I, ``z_i * (Wz)_i / m2`` with ``m2 = sum(z^2) / n``.

    Expectation and variance hold each unit's own value fixed and deal the others at random.
    """
    z = centred(values)
    n = z.size
    m2 = float(z @ z) / n
    if m2 == 0 or n < LEAST:
        nan = np.full(n, np.nan)
        return LocalMoran(nan, nan, nan)
    total, squares = row_sums(weights), row_sums(weights.multiply(weights).tocsr())
    value = z * lag(weights, z) / m2
    expected = -(z**2) * total / ((n - 1) * m2)
    variance = (
        (z / m2) ** 2 * (n / (n - 2)) * (squares - total**2 / (n - 1)) * (m2 - z**2 / (n - 1))
    )
    return LocalMoran(value, expected, variance)


def getis_ord(values: npt.ArrayLike, weights: Weights, *, star: bool = True) -> Floats:
    """Return the z-score of Gi* (``star``) or Gi of each unit.

    Parameters
    ----------
    values
        One value a unit.
    weights
        Weights; the diagonal must hold the unit itself for Gi* (``include_self``) and be empty
        for Gi. NaN where a unit's neighbours are none or all.
    """
    x = floats(values)
    n = x.size
    total, squares = row_sums(weights), row_sums(weights.multiply(weights).tocsr())
    if n < LEAST or not centred(x).any():
        return np.full(n, np.nan)
    if star:
        mean, variance, m = x.mean(), x.var(), n
        means, spread = np.full(n, mean), np.full(n, variance)
    else:
        m = n - 1
        means = (x.sum() - x) / m
        spread = (np.sum(x**2) - x**2) / m - means**2
    # Rounding can leave a variance of zero (all units are neighbours) slightly below it.
    scale = np.sqrt(np.maximum(spread * (m * squares - total**2) / (m - 1), 0))
    return ratio(lag(weights, x) - total * means, scale)


def conditional_p(
    values: npt.ArrayLike, weights: Weights, *, draws: int = 999, seed: int = 0
) -> Floats:
    """Return two-sided permutation p-values of the lag ``(Wx)_i``, the own value held fixed.

    They serve local Moran and Gi alike, which are monotone in the lag for a fixed unit; the
    diagonal of the weights is ignored. One set of draws serves all units: each draw is a list of
    random units, of which a unit with k neighbours takes the first k that are not itself.

    Returns
    -------
    Floats
        ``2 * (1 + draws at least as far out on the nearer side) / (draws + 1)``, at most 1; its
        floor is ``2 / (draws + 1)``. NaN for units without neighbours.
    """
    x = floats(values)
    n = x.size
    matrix = weights.tocoo()
    off = matrix.row != matrix.col
    row, weight = matrix.row[off], matrix.data[off]
    order = np.argsort(row, kind="stable")
    row, weight, column = row[order], weight[order], matrix.col[off][order]
    degree = np.bincount(row, minlength=n)
    start = np.concatenate([[0], np.cumsum(degree)[:-1]])
    most = int(degree.max(initial=0))
    p = np.full(n, np.nan)
    if most == 0:
        return p
    lagged = floats(np.bincount(row, weights=weight * x[column], minlength=n))
    rng = np.random.default_rng(seed)
    # Places distinct within a draw, one more than a unit needs: it passes over itself.
    places = (
        np.argsort(rng.random((draws, n)), axis=1)[:, : most + 1]
        if n <= 2_000
        else _distinct(rng, draws, most + 1, n)
    )
    slack = 1e-9 * float(np.abs(x).max()) + 1e-300
    for k in np.unique(degree[degree > 0]):
        units = np.flatnonzero(degree == k)
        own = weight[start[units][:, None] + np.arange(k)]
        level = own[:, 0]
        if np.all(own == level[:, None]) and np.all(level > 0):
            tails = _even_tails(x, units, lagged[units] / level, places[:, : k + 1], slack)
        else:
            tails = _tails(x, units, lagged[units], places[:, : k + 1], own, slack)
        p[units] = np.minimum(1.0, 2 * (tails + 1) / (draws + 1))
    return p


def _even_tails(x: Floats, units: Ints, lagged: Floats, places: Ints, slack: float) -> Ints:
    """Return the draws in the shorter tail of each unit; all its neighbours weigh the same.

    A draw's sum is the same for all units but those that are in it, which take its last place
    instead of their own: all are counted in the sorted sums, then those few put right.
    """
    k = places.shape[1] - 1
    total = x[places[:, :k]].sum(axis=1)
    ordered = np.sort(total)
    upper, lower = lagged - slack, lagged + slack
    above = total.size - np.searchsorted(ordered, upper, side="left")
    below = np.searchsorted(ordered, lower, side="right")
    seat = np.full(x.size, -1, dtype=np.int64)
    seat[units] = np.arange(units.size)
    own = seat[places[:, :k]]
    draw, place = np.nonzero(own >= 0)
    unit = own[draw, place]
    old = total[draw]
    new = old - x[places[draw, place]] + x[places[draw, k]]
    np.add.at(above, unit, (new >= upper[unit]).astype(np.int64) - (old >= upper[unit]))
    np.add.at(below, unit, (new <= lower[unit]).astype(np.int64) - (old <= lower[unit]))
    return np.asarray(np.minimum(above, below), dtype=np.int64)


def _tails(x: Floats, units: Ints, lagged: Floats, places: Ints, own: Floats, slack: float) -> Ints:
    """Return the draws in the shorter tail of each unit, its neighbours weighing as ``own``."""
    draws, k = places.shape[0], places.shape[1] - 1
    spare = places[:, k][None, :]
    tails = np.empty(units.size, dtype=np.int64)
    for part in np.array_split(np.arange(units.size), units.size * draws * k // 4_000_000 + 1):
        total = np.zeros((part.size, draws))
        for step in range(k):
            place = places[:, step][None, :]
            # In a draw that holds the unit itself the spare place stands in for it.
            other = np.where(place == units[part, None], spare, place)
            total += own[part, step, None] * x[other]
        above = np.sum(total >= lagged[part, None] - slack, axis=1)
        below = np.sum(total <= lagged[part, None] + slack, axis=1)
        tails[part] = np.minimum(above, below)
    return tails


def false_discovery(p: npt.ArrayLike, *, rate: float = 0.05) -> Bools:
    """Return which p-values stay significant under Benjamini and Hochberg's control of ``rate``.

    NaN counts as untested. With permutation p-values the floor must lie well below
    ``rate * expected share``: prefer the analytic p of Gi*.
    """
    values = floats(p)
    tested = np.isfinite(values)
    ordered = np.sort(values[tested])
    if ordered.size == 0:
        return np.zeros(values.shape, dtype=np.bool_)
    passed = np.flatnonzero(ordered <= rate * np.arange(1, ordered.size + 1) / ordered.size)
    cut = ordered[passed[-1]] if passed.size else -np.inf
    return tested & (values <= cut)


def _distinct(rng: np.random.Generator, draws: int, size: int, n: int) -> npt.NDArray[np.int64]:
    """Return ``draws`` rows of ``size`` distinct numbers below ``n`` (clashing rows redrawn)."""
    if size**2 > n:
        return np.stack([rng.choice(n, size, replace=False) for _ in range(draws)])
    rows = rng.integers(0, n, (draws, size))
    while True:
        ordered = np.sort(rows, axis=1)
        clash = np.flatnonzero(np.any(ordered[:, 1:] == ordered[:, :-1], axis=1))
        if clash.size == 0:
            return rows
        rows[clash] = rng.integers(0, n, (clash.size, size))
