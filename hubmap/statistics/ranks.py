"""Ranks as intervals: which places can be told apart, and which cannot."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, Ints, floats, ratio, two_sided_p


def rank_intervals(
    value: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike, *, level: float = 0.95
) -> tuple[Ints, Ints]:
    """Return the least and the greatest rank that each value may have, the highest being 1.

    Every pair is compared by its difference, whose error is put together from the two intervals
    (the side of each that faces the other); Holm's step-down over all pairs holds the chance that
    any of the ranks is wrong to ``1 - level``. A value's best rank is one after those surely above
    it, its worst one before those surely below.

    Parameters
    ----------
    value, low, high
        Values with their 95 % intervals, shape (n,).
    level
        Joint confidence of all ranks.

    Returns
    -------
    tuple of Ints
        Best and worst rank, each of shape (n,).

    References
    ----------
    Mogstad, M., Romano, J. P., Shaikh, A. M. and Wilhelm, D. (2024). Inference for ranks with
    applications to mobility across neighbourhoods and academic achievement across countries.
    Review of Economic Studies 91, 476-518; Zou, G. Y. and Donner, A. (2008). Construction of
    confidence limits about effect measures. Statistics in Medicine 27, 1693-1702; Holm, S. (1979).
    A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
    65-70.
    """
    v, below, above = floats(value), floats(low), floats(high)
    n = v.size
    first, second = np.triu_indices(n, 1)
    gap = v[first] - v[second]
    upper, lower = np.where(gap >= 0, first, second), np.where(gap >= 0, second, first)
    error: Floats = np.hypot(v[upper] - below[upper], above[lower] - v[lower]) / 1.959963984540054
    z = ratio(np.abs(gap), error)
    # Without error (both intervals are points) any gap is sure, and none is a tie.
    p = np.where(error > 0, two_sided_p(z), np.where(gap != 0, 0.0, 1.0))
    order = np.argsort(p, kind="stable")
    passed = p[order] <= (1 - level) / (p.size - np.arange(p.size))
    sure = order[: int(np.argmin(passed)) if not passed.all() else p.size]
    best = 1 + np.bincount(lower[sure], minlength=n)
    worst = n - np.bincount(upper[sure], minlength=n)
    return best.astype(np.int64), worst.astype(np.int64)
