"""Specialisation: whether a kind is more common here than in the base.

``x`` of ``n`` records here, ``base_x`` of ``base_n`` in the base, of which here is a part.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, floats, ratio
from hubmap.statistics.intervals import Interval, quotient_delta, quotient_wilson
from hubmap.statistics.rates import gamma_interval, shrink

SMALL = 10
"""Cases, or records that are none, below which delta fails and Wilson's interval is taken."""


def location_quotient(
    x: npt.ArrayLike, n: npt.ArrayLike, base_x: npt.ArrayLike, base_n: npt.ArrayLike
) -> Floats:
    """Return ``(x / n) / (base_x / base_n)``: 1 where the kind is as common as in the base.

    References
    ----------
    Florence, P. S. (1939). Report on the location of industry. Political and Economic Planning.
    """
    return ratio(ratio(x, n), ratio(base_x, base_n))


def location_quotient_interval(
    x: npt.ArrayLike,
    n: npt.ArrayLike,
    base_x: npt.ArrayLike,
    base_n: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> Interval:
    """Return Wilson's interval below ten cases (or ten records that are none), else delta's."""
    small = np.minimum(floats(x), floats(n) - floats(x)) < SMALL
    score = quotient_wilson(x, n, base_x, base_n, level=level)
    delta = quotient_delta(x, n, base_x, base_n, level=level)
    return np.where(small, score[0], delta[0]), np.where(small, score[1], delta[1])


def standardised(quotient: npt.ArrayLike, *, log: bool = True) -> Floats:
    """Return standard scores of location quotients over the units given.

    Parameters
    ----------
    quotient
        Location quotients, shape (units,).
    log
        Scores the logarithms, which are nearer to normal; a quotient of 0 is then NaN.

    References
    ----------
    O'Donoghue, D. and Gleave, B. (2004). A note on methods for measuring industrial
    agglomeration. Regional Studies 38, 419-427.
    """
    value = floats(quotient)
    if log:
        value = np.log(np.where(value > 0, value, np.nan))
    known = value[np.isfinite(value)]
    if known.size < 2 or known.std(ddof=1) == 0:
        return np.full(value.shape, np.nan)
    return floats((value - known.mean()) / known.std(ddof=1))


def shrunken_quotient(
    x: npt.ArrayLike, n: npt.ArrayLike, *, level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Return location quotients shrunken towards 1 by how little each unit tells, with interval.

    The empirical-Bayes rate of cases over those expected at the common share ``sum x / sum n``;
    quotients of units with few records move most. Units without records stand at 1.

    Parameters
    ----------
    x, n
        Cases and records of each unit of the base, shape (units,).
    level
        Level of the gamma posterior's interval; NaN where the units cannot be told apart, so that
        all stand at 1.
    """
    cases, records = floats(x), floats(n)
    expected = records * ratio(cases.sum(), records.sum())
    found = shrink(cases, expected)
    if found.variance == 0:
        unknown = np.full(cases.shape, np.nan)
        return found.rate, unknown, unknown
    return found.rate, *gamma_interval(cases, expected, level=level)
