"""Rates of small places: shrunken towards the mean, compared, and weighted by people.

Cases and base have shape (units,); a base is a population, an area or an expected count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, floats, ratio
from hubmap.statistics.intervals import Interval, clopper_pearson, poisson_exact
from hubmap.statistics.weights import lag

if TYPE_CHECKING:
    from hubmap.statistics.weights import Weights


@dataclass(frozen=True)
class Shrunken:
    """Empirical-Bayes rates.

    Attributes
    ----------
    rate
        Shrunken rates, shape (units,).
    mean, variance
        Mean and between-unit variance of the true rates, by moments; the variance is never
        negative: 0 means that the units cannot be told apart and every rate is the mean.
    """

    rate: Floats
    mean: float
    variance: float


def shrink(cases: npt.ArrayLike, base: npt.ArrayLike) -> Shrunken:
    """Return rates shrunken towards the common mean ``b``: ``b + (p - b) * a / (a + b / base)``.

    References
    ----------
    Marshall, R. J. (1991). Mapping disease and mortality rates using empirical Bayes estimators.
    Applied Statistics 40, 283-294.
    """
    x, population = floats(cases), floats(base)
    if not np.any(population > 0):
        return Shrunken(np.full(x.shape, math.nan), math.nan, math.nan)
    rate = ratio(x, population)
    mean = float(x.sum() / population.sum())
    far = np.where(population > 0, population * (rate - mean) ** 2, 0.0)
    # Units without a base are no units here: they tell nothing of the spread.
    typical = float(population[population > 0].mean())
    variance = max(0.0, float(far.sum() / population.sum()) - mean / typical)
    if variance == 0:
        return Shrunken(np.full(x.shape, mean), mean, 0.0)
    trust = variance * population / (variance * population + mean)
    return Shrunken(np.where(population > 0, mean + (rate - mean) * trust, mean), mean, variance)


def shrink_local(
    cases: npt.ArrayLike,
    base: npt.ArrayLike,
    weights: Weights,
    *,
    mean_of: Literal["each", "centre"] = "each",
) -> Floats:
    """Return rates shrunken towards the mean of each unit and its neighbours.

    Parameters
    ----------
    cases, base
        Cases and base of each unit.
    weights
        Binary weights; the unit itself is added.
    mean_of
        Whether the units of a neighbourhood deviate from the mean of ``each`` one's own, as in
        spdep, or all from that of the ``centre``'s, as in GeoDa and PySAL.

    Returns
    -------
    Floats
        As :func:`shrink`, with moments over each neighbourhood; without spread beyond chance the
        rate is the neighbourhood's mean.
    """
    x, population = floats(cases), floats(base)
    own = 1 - floats(weights.diagonal())
    around = lag(weights, population) + own * population
    size = lag(weights, np.where(population > 0, 1.0, 0.0)) + own * (population > 0)
    mean = ratio(lag(weights, x) + own * x, around)
    rate = ratio(x, population)
    some = population > 0
    # A unit without a base has no rate: it adds nothing around it and stands at the mean there.
    far = np.where(some, population * (rate - mean) ** 2, 0.0)
    total = lag(weights, far) + own * far
    if mean_of == "centre":
        links = weights.tocoo()
        apart = np.where(some, rate, 0.0)[links.col] - mean[links.row]
        load = links.data * population[links.col] * apart**2
        total = np.bincount(links.row, weights=load, minlength=x.size) + own * far
    spread = ratio(total, around)
    variance = np.maximum(spread - ratio(mean * size, around), 0)
    trust = ratio(variance * population, variance * population + mean)
    return floats(np.where(some & (variance > 0), mean + (rate - mean) * trust, mean))


def gamma_interval(cases: npt.ArrayLike, base: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the interval of each shrunken rate under the gamma prior with the same moments.

    The posterior of a rate with prior mean ``b`` and variance ``a`` is a gamma of shape
    ``b^2 / a + cases`` and rate ``b / a + base``. With ``a = 0`` the units cannot be told apart:
    the bounds are those of the one rate of all, from the exact interval of their cases.
    """
    from scipy.special import gammaincinv

    x, population = floats(cases), floats(base)
    prior = shrink(x, population)
    if prior.variance == 0:
        below, above = poisson_exact(x.sum(), level=level)
        everyone = float(population.sum())
        return np.full(x.shape, below / everyone), np.full(x.shape, above / everyone)
    shape = prior.mean**2 / prior.variance + x
    scale = prior.mean / prior.variance + population
    tail = (1 - level) / 2
    low, high = gammaincinv(shape, tail) / scale, gammaincinv(shape, 1 - tail) / scale
    return floats(low), floats(high)


def relative_risk(cases: npt.ArrayLike, base: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return cases over those expected at the common rate, and the Poisson probability of so few.

    References
    ----------
    Choynowski, M. (1959). Maps based on probabilities. Journal of the American Statistical
    Association 54, 385-388.
    """
    from scipy.special import pdtr

    x, population = floats(cases), floats(base)
    expected = population * ratio(x.sum(), population.sum())
    return ratio(x, expected), floats(pdtr(x, expected))


def rate_ratio(
    first: npt.ArrayLike,
    first_base: npt.ArrayLike,
    second: npt.ArrayLike,
    second_base: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> tuple[Floats, Floats, Floats]:
    """Return ``(first / first_base) / (second / second_base)`` and its exact interval.

    Given their sum, the first of two Poisson counts is binomial: the bounds are those of
    Clopper and Pearson carried over to the odds. No second cases: ratio and bound are infinite.

    References
    ----------
    Przyborowski, J. and Wilenski, H. (1940). Homogeneity of results in testing samples from
    Poisson series. Biometrika 31, 313-323.
    """
    a, b, s, t = np.broadcast_arrays(*map(floats, (first, second, first_base, second_base)))
    low, high = clopper_pearson(a, a + b, level=level)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (a / s) / (b / t)
        return floats(value), low / (1 - low) * t / s, high / (1 - high) * t / s


def people_weighted_density(people: npt.ArrayLike, area: npt.ArrayLike) -> float:
    """Return the density that the average person (or firm) lives in: ``sum(p * p / a) / sum(p)``.

    References
    ----------
    Craig, J. (1984). Averaging population density. Demography 21, 405-412.
    """
    p, a = floats(people), floats(area)
    # Nobody on no land adds nothing; somebody on no land makes it undefined.
    return float(ratio(np.sum(np.where(p > 0, p * ratio(p, a), 0.0)), p.sum()))
