"""Growth: what was founded when, and whose growth it was.

A list of today's firms knows only survivors: say so beside every figure of this module.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, Ints, floats, ratio
from hubmap.statistics.rates import rate_ratio


@dataclass(frozen=True)
class Founded:
    """Entities by year of founding, aligned arrays of shape (years,).

    Attributes
    ----------
    year
        Every year from the first to the last asked for.
    new, stock
        Weight founded in the year, and founded up to its end.
    share_known
        Share of the weight whose year of founding is known.
    """

    year: Ints
    new: Floats
    stock: Floats
    share_known: float


@dataclass(frozen=True)
class ShiftShare:
    """The parts of a region's growth, which sum to ``total``."""

    national: float
    industrial_mix: float
    regional: float

    @property
    def total(self) -> float:
        """Growth of the region."""
        return self.national + self.industrial_mix + self.regional


def founded_by_year(
    year: npt.ArrayLike,
    *,
    first: int,
    last: int,
    weight: npt.ArrayLike | None = None,
) -> Founded:
    """Return new and standing entities by year.

    Parameters
    ----------
    year
        Year of founding, NaN where unknown, shape (n,).
    first, last
        The years reported; what was founded before ``first`` counts in the stock only.
    weight
        Weight of each entity, 1 where not given.
    """
    when = floats(year)
    load = np.ones(when.shape) if weight is None else floats(weight)
    known = np.isfinite(when)
    years = np.arange(first, last + 1)
    whole = np.floor(when[known]).astype(np.int64)
    inside = (whole >= first) & (whole <= last)
    new = np.bincount(
        whole[inside] - first, weights=load[known][inside], minlength=years.size
    ).astype(np.float64)
    before = float(load[known][whole < first].sum())
    everything = float(load.sum())
    share = float(load[known].sum()) / everything if everything > 0 else float("nan")
    return Founded(years, new, before + np.cumsum(new), share)


def growth_ratio(
    earlier: npt.ArrayLike,
    later: npt.ArrayLike,
    *,
    earlier_years: float,
    later_years: float,
    level: float = 0.95,
) -> tuple[Floats, Floats, Floats]:
    """Return the yearly rate of founding later over earlier, with its exact interval.

    Parameters
    ----------
    earlier, later
        Counts founded in the two periods.
    earlier_years, later_years
        Lengths of the periods.
    level
        Confidence level.
    """
    return rate_ratio(later, later_years, earlier, earlier_years, level=level)


def shift_share(
    region_before: npt.ArrayLike,
    region_after: npt.ArrayLike,
    nation_before: npt.ArrayLike,
    nation_after: npt.ArrayLike,
) -> ShiftShare:
    """Return the classic split of a region's growth by industry, shape (industries,).

    National: as if all had grown like the whole base; industrial mix: what its industries' growth
    in the base adds; regional: what remains, its own.

    References
    ----------
    Dunn, E. S. (1960). A statistical and analytical technique for regional analysis. Papers of
    the Regional Science Association 6, 97-112.
    """
    before, after = floats(region_before), floats(region_after)
    base, base_after = floats(nation_before), floats(nation_after)
    overall = float(ratio(base_after.sum(), base.sum())) - 1
    industry = ratio(base_after, base) - 1
    return ShiftShare(
        overall * float(before.sum()),
        float(np.sum(before * (industry - overall))),
        float(np.sum(after - before * (1 + industry))),
    )
