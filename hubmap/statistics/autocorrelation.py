"""Global spatial autocorrelation: whether like values lie side by side over the whole map.

Values have shape (n,), weights are sparse of shape (n, n) (see ``weights``). References: Cliff and
Ord (1981) Spatial Processes; Getis and Ord (1992) Geographical Analysis 24, 189-206; Assuncao and
Reis (1999) Statistics in Medicine 18, 2147-2162.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, centred, floats, two_sided_p
from hubmap.statistics.weights import constants, lag

if TYPE_CHECKING:
    from hubmap.statistics.weights import Weights


@dataclass(frozen=True)
class Global:
    """One global statistic with its moments under the null.

    Attributes
    ----------
    value, expected, variance
        The statistic, its mean and variance when the values are dealt to places at random.
    z, p
        Standard score and two-sided normal p-value.
    """

    value: float
    expected: float
    variance: float

    @property
    def z(self) -> float:
        """Standard score; NaN where the null has no spread."""
        spread = self.variance > 0
        return (self.value - self.expected) / math.sqrt(self.variance) if spread else math.nan

    @property
    def p(self) -> float:
        """Two-sided normal p-value."""
        return float(two_sided_p(self.z))


Null = Literal["randomisation", "normality"]

TIE = 1e-10
"""Values of I nearer than this are the same: it is of the order of one."""
LEAST = 4
"""Units below which the moments of the null are not defined."""
UNDEFINED = Global(math.nan, math.nan, math.nan)
"""Of values that are all alike, of units without any link, of fewer than four units."""


@dataclass(frozen=True)
class Permuted:
    """One statistic with its permutation null: two-sided p, the mean and the interval of draws."""

    value: float
    p: float
    mean: float
    low: float
    high: float
    draws: int
    seed: int


def moran(
    values: npt.ArrayLike,
    weights: Weights,
    *,
    variance: Null = "randomisation",
    units: Literal["all", "linked"] = "all",
) -> Global:
    """Return Moran's I, ``(n / S0) * z'Wz / z'z`` with ``z`` the centred values.

    Parameters
    ----------
    values
        One value a unit.
    weights
        Spatial weights, any style.
    variance
        The null: values dealt to places at random, or drawn from a normal distribution.
    units
        What n counts where some units have no neighbour: ``all`` units (the null's mean is then
        exact), or only the ``linked`` ones, as spdep does unless told ``adjust.n = FALSE``.
    """
    z = centred(values)
    n = z.size if units == "all" else int(np.count_nonzero(np.diff(weights.indptr)))
    s0, s1, s2 = constants(weights)
    square = float(z @ z)
    if n < LEAST or square == 0 or s0 == 0:
        return UNDEFINED
    value = n / s0 * float(z @ lag(weights, z)) / square
    expected = -1 / (n - 1)
    if variance == "normality":
        second = (n**2 * s1 - n * s2 + 3 * s0**2) / ((n**2 - 1) * s0**2)
    else:
        kurtosis = z.size * float(np.sum(z**4)) / square**2
        spread = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
        peaked = kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
        second = (spread - peaked) / ((n - 1) * (n - 2) * (n - 3) * s0**2)
    return Global(value, expected, second - expected**2)


def geary(
    values: npt.ArrayLike,
    weights: Weights,
    *,
    variance: Null = "randomisation",
) -> Global:
    """Return Geary's C: 1 under chance, below it when neighbours are alike.

    Parameters
    ----------
    values, weights, variance
        As in :func:`moran`.
    """
    x = floats(values)
    z = centred(x)
    n = z.size
    s0, s1, s2 = constants(weights)
    square = float(z @ z)
    if n < LEAST or square == 0 or s0 == 0:
        return UNDEFINED
    links = weights.tocoo()
    unlike = float(links.data @ (x[links.row] - x[links.col]) ** 2)
    value = (n - 1) / (2 * s0) * unlike / square
    if variance == "normality":
        spread = ((2 * s1 + s2) * (n - 1) - 4 * s0**2) / (2 * (n + 1) * s0**2)
        return Global(value, 1.0, spread)
    k = n * float(np.sum(z**4)) / square**2
    spread = (
        (n - 1) * s1 * (n**2 - 3 * n + 3 - k * (n - 1))
        - (n - 1) * s2 * (n**2 + 3 * n - 6 - k * (n**2 - n + 2)) / 4
        + s0**2 * (n**2 - 3 - k * (n - 1) ** 2)
    ) / (n * (n - 2) * (n - 3) * s0**2)
    return Global(value, 1.0, spread)


def general_g(values: npt.ArrayLike, weights: Weights) -> Global:
    """Return the general G of Getis and Ord: high values side by side; values must be positive."""
    x = floats(values)
    n = x.size
    s0, s1, s2 = constants(weights)
    m1, m2, m3, m4 = (float(np.sum(x**power)) for power in (1, 2, 3, 4))
    pairs = m1**2 - m2
    if n < LEAST or pairs == 0 or s0 == 0:
        return UNDEFINED
    value = float(x @ lag(weights, x)) / pairs
    expected = s0 / (n * (n - 1))
    terms = (
        ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2) * m2**2
        - ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2) * m4
        - (2 * n * s1 - (n + 3) * s2 + 6 * s0**2) * m1**2 * m2
        + (4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2) * m1 * m3
        + (s1 - s2 + s0**2) * m1**4
    )
    second = terms / (pairs**2 * n * (n - 1) * (n - 2) * (n - 3))
    return Global(value, expected, second - expected**2)


def standardised_rates(cases: npt.ArrayLike, base: npt.ArrayLike) -> Floats:
    """Return empirical-Bayes standardised rates, comparable between small and large bases.

    ``(p - b) / sqrt(a + b / base)``, centred; where the variance estimate is not positive the
    Poisson part ``b / base`` alone is used. All bases must be positive: a unit without one has no
    rate, and is left out beforehand.
    """
    x, population = floats(cases), floats(base)
    if not np.all(population > 0):
        raise ValueError(f"{int(np.sum(~(population > 0)))} units have no base: leave them out")
    rate = x / population
    mean = float(x.sum() / population.sum())
    if mean == 0:
        return np.zeros(x.shape)
    between = np.sum(population * (rate - mean) ** 2) / population.sum() - mean / population.mean()
    variance = between + mean / population
    variance = np.where(variance <= 0, mean / population, variance)
    return centred((rate - mean) / np.sqrt(variance))


def moran_rates(cases: npt.ArrayLike, base: npt.ArrayLike, weights: Weights) -> float:
    """Return Moran's I of empirical-Bayes standardised rates."""
    return moran(standardised_rates(cases, base), weights).value


def moran_permuted(
    values: npt.ArrayLike,
    weights: Weights,
    *,
    draws: int = 999,
    level: float = 0.95,
    seed: int = 0,
) -> Permuted:
    """Return Moran's I with a permutation null (pass standardised rates for rates)."""
    z = centred(values)
    s0, square = constants(weights)[0], float(z @ z)
    if square == 0 or s0 == 0:
        nan = math.nan
        return Permuted(nan, nan, nan, nan, nan, draws, seed)
    scale = z.size / s0 / square
    value = scale * float(z @ lag(weights, z))
    rng = np.random.default_rng(seed)
    drawn = np.empty(draws)
    for start in range(0, draws, 256):
        block = range(start, min(start + 256, draws))
        shuffled = np.stack([rng.permutation(z) for _ in block], axis=1)
        drawn[block.start : block.stop] = scale * np.sum(shuffled * lag(weights, shuffled), axis=0)
    # The same arrangement summed in another order differs by rounding, and is a tie.
    above, below = int(np.sum(drawn >= value - TIE)), int(np.sum(drawn <= value + TIE))
    p = min(1.0, 2 * (min(above, below) + 1) / (draws + 1))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Permuted(value, p, float(drawn.mean()), float(low), float(high), draws, seed)
