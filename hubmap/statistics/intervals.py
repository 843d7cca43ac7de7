"""Intervals for counts, shares and ratios of shares.

Arrays in, arrays out: every argument broadcasts, every function returns ``(low, high)`` as float
arrays of the broadcast shape. Undefined cases (an empty denominator) are NaN, never an error.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, floats, normal_quantile

Interval = tuple[Floats, Floats]


def poisson_exact(count: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the exact interval of a Poisson mean from one count.

    The bounds are the means at which the count sits in the upper and the lower tail with
    probability ``(1 - level) / 2`` each: gamma quantiles of shape ``count`` and ``count + 1``.

    Parameters
    ----------
    count
        Counts, zero or more.
    level
        Confidence level.

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437-442.
    """
    from scipy.special import gammainccinv, gammaincinv

    x = floats(count)
    tail = (1 - level) / 2
    low = np.where(x > 0, gammaincinv(np.where(x > 0, x, 1.0), tail), 0.0)
    return floats(low), floats(gammainccinv(x + 1, tail))


def weighted_poisson(
    counts: npt.ArrayLike, weight: npt.ArrayLike, *, level: float = 0.95
) -> tuple[float, float, float]:
    """Return ``sum(w * x)`` of independent Poisson counts, and its interval.

    The sum is taken for a gamma with its mean and variance, one more count of the largest weight
    added for the upper bound; equal weights give :func:`poisson_exact`. Never below 95 % in any
    setting that its authors tried.

    Parameters
    ----------
    counts, weight
        Counts and positive weights, shape (units,).
    level
        Confidence level.

    References
    ----------
    Fay, M. P. and Feuer, E. J. (1997). Confidence intervals for directly standardized rates: a
    method based on the gamma distribution. Statistics in Medicine 16, 791-801.
    """
    from scipy.special import gammainccinv, gammaincinv

    x, w = floats(counts), floats(weight)
    value, variance, most = float(w @ x), float(w**2 @ x), float(w.max())
    tail = (1 - level) / 2
    low = variance / value * float(gammaincinv(value**2 / variance, tail)) if value > 0 else 0.0
    above, wide = value + most, variance + most**2
    return value, low, wide / above * float(gammainccinv(above**2 / wide, tail))


def clopper_pearson(x: npt.ArrayLike, n: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the exact interval of a share ``x / n``.

    References
    ----------
    Clopper, C. J. and Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated
    in the case of the binomial. Biometrika 26, 404-413.
    """
    from scipy.special import betainccinv, betaincinv

    x, n = np.broadcast_arrays(floats(x), floats(n))
    tail = (1 - level) / 2
    some, rest = x > 0, x < n
    low = np.where(some, betaincinv(np.where(some, x, 1.0), n - x + 1, tail), 0.0)
    high = np.where(rest, betainccinv(x + 1, np.where(rest, n - x, 1.0), tail), 1.0)
    return _where_defined(low, n), _where_defined(high, n)


def wilson(x: npt.ArrayLike, n: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the score interval of a share ``x / n``, good down to a handful of cases.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
    Journal of the American Statistical Association 22, 209-212.
    """
    x, n = np.broadcast_arrays(floats(x), floats(n))
    z2 = normal_quantile(level) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = x / n
        centre = (x + z2 / 2) / (n + z2)
        half = np.sqrt(z2 * n) / (n + z2) * np.sqrt(share * (1 - share) + z2 / (4 * n))
    # At the two ends the bound is the end itself; rounding must not push it past.
    low = np.where(x == 0, 0.0, np.clip(centre - half, 0, 1))
    high = np.where(x == n, 1.0, np.clip(centre + half, 0, 1))
    return _where_defined(low, n), _where_defined(high, n)


def jeffreys(x: npt.ArrayLike, n: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the equal-tailed interval of a share under the prior Beta(1/2, 1/2).

    References
    ----------
    Brown, L. D., Cai, T. T. and DasGupta, A. (2001). Interval estimation for a binomial
    proportion. Statistical Science 16, 101-133.
    """
    from scipy.special import betainccinv, betaincinv

    x, n = np.broadcast_arrays(floats(x), floats(n))
    tail = (1 - level) / 2
    low = np.where(x > 0, betaincinv(x + 0.5, n - x + 0.5, tail), 0.0)
    high = np.where(x < n, betainccinv(x + 0.5, n - x + 0.5, tail), 1.0)
    return _where_defined(low, n), _where_defined(high, n)


def quotient_delta(
    x: npt.ArrayLike,
    n: npt.ArrayLike,
    base_x: npt.ArrayLike,
    base_n: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> Interval:
    """Return the delta interval of a location quotient ``(x / n) / (base_x / base_n)``.

    On the log scale, with the region part of the base (so that the two shares vary together):
    ``var = 1/x - 1/n - 1/base_x + 1/base_n``. Too narrow below about ten cases.

    References
    ----------
    Moineddin, R., Beyene, J. and Boyle, E. (2003). On the location quotient confidence interval.
    Geographical Analysis 35, 249-256.
    """
    x, n, base_x, base_n = np.broadcast_arrays(*map(floats, (x, n, base_x, base_n)))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (x / n) / (base_x / base_n)
        spread = np.sqrt(np.maximum(1 / x - 1 / n - 1 / base_x + 1 / base_n, 0))
        factor = np.exp(normal_quantile(level) * spread)
        low, high = value / factor, value * factor
    defined = (x > 0) & (n > 0) & (base_x > 0)
    return np.where(defined, low, np.nan), np.where(defined, high, np.nan)


def quotient_wilson(
    x: npt.ArrayLike,
    n: npt.ArrayLike,
    base_x: npt.ArrayLike,
    base_n: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> Interval:
    """Return the Wilson interval of the share ``x / n`` divided by the base's share, held fixed."""
    with np.errstate(divide="ignore", invalid="ignore"):
        base = floats(base_x) / floats(base_n)
        low, high = wilson(x, n, level=level)
        return low / base, high / base


def bootstrap_total(
    sizes: npt.ArrayLike, *, draws: int = 1999, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return a bootstrap interval of a total made of clusters (postings by employer).

    Each employer enters a draw a Poisson(1) number of times with all of its postings, so the
    number of employers varies as well as which. With clusters of one the interval tends to the
    Poisson one; with large clusters it is wider by the factor ``sqrt(sum s^2 / sum s)``.

    Parameters
    ----------
    sizes
        Postings of each employer, shape (employers,).
    draws, level, seed
        Number of draws, confidence level, seed of the generator.

    References
    ----------
    Hanley, J. A. and MacGibbon, B. (2006). Creating non-parametric bootstrap samples using
    Poisson frequencies. Computer Methods and Programs in Biomedicine 83, 57-62.
    """
    size, often = np.unique(floats(sizes), return_counts=True)
    if size.size == 0:
        return 0.0, 0.0
    rng = np.random.default_rng(seed)
    # Employers of one size are exchangeable: the sum of their Poisson(1) is one Poisson draw.
    totals = rng.poisson(often, size=(draws, size.size)) @ size
    return _percentiles(totals, level)


def bootstrap_counts(
    counts: npt.ArrayLike,
    statistic: Callable[[Floats], Floats],
    *,
    draws: int = 1999,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the multinomial percentile interval of a statistic of counts by unit.

    Parameters
    ----------
    counts
        Records in each unit, shape (units,).
    statistic
        Maps counts of shape (draws, units) to values of shape (draws,).
    draws, level, seed
        Number of draws, confidence level, seed of the generator.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman & Hall.
    """
    x = floats(counts)
    total = round(float(x.sum()))
    if total == 0:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    sample = rng.multinomial(total, x / x.sum(), size=draws).astype(np.float64)
    return _percentiles(statistic(sample), level)


def _percentiles(values: Floats, level: float) -> tuple[float, float]:
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _where_defined(values: npt.ArrayLike, n: Floats) -> Floats:
    return np.where(n > 0, floats(values), np.nan)
