"""How wide to smooth: rules for the bandwidth of a density surface, each with its purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, floats
from hubmap.statistics.pointpattern.kde import kde, kde_at
from hubmap.statistics.pointpattern.nearest import neighbour_distance
from hubmap.statistics.pointpattern.ripley import k_function

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

ISOTROPIC_TO = 1_000
"""Points up to which K is corrected isotropically; beyond, translation costs far less."""


def scott(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[float, float]:
    """Return Scott's rule, ``sd * n^(-1/6)`` along x and y: smooth, for one large heap of points.

    References
    ----------
    Scott, D. W. (1992). Multivariate Density Estimation. Wiley.
    """
    px, py = floats(x), floats(y)
    if px.size < 2:
        return float("nan"), float("nan")
    shrink = px.size ** (-1 / 6)
    return float(px.std(ddof=1) * shrink), float(py.std(ddof=1) * shrink)


def candidates(
    x: npt.ArrayLike, y: npt.ArrayLike, *, window: BaseGeometry, steps: int = 16
) -> Floats:
    """Return a geometric ladder from the smallest gap between points to half the land's width.

    The width is the longest distance between two places of the window; piles have no gap.
    """
    gap = neighbour_distance(x, y)
    apart = gap[np.isfinite(gap) & (gap > 0)]
    if apart.size == 0:
        raise ValueError("a bandwidth is chosen from points at two places or more")
    corner = _corners(window)
    widest = max(float(np.hypot(*(corner - one).T).max()) for one in corner)
    return floats(np.geomspace(float(apart.min()), widest / 2, steps))


def _corners(window: BaseGeometry) -> Floats:
    import shapely

    return floats(shapely.get_coordinates(window.convex_hull))


def likelihood(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    window: BaseGeometry,
    steps: int = 16,
) -> float:
    """Return the bandwidth of the largest likelihood, each point predicted by the others.

    For tight clusters; of the ladder of :func:`candidates`. The likelihood of an uneven Poisson
    process, ``sum log l_i - integral of l``, edges corrected uniformly.

    References
    ----------
    Loader, C. (1999). Local Regression and Likelihood. Springer, section 5.3.
    """
    ladder = candidates(x, y, window=window, steps=steps)
    left, bottom, right, top = window.bounds
    finest = max(right - left, top - bottom) / 1500
    score = []
    for step in ladder:
        h = float(step)
        alone = kde_at(x, y, x, y, window=window, bandwidth=h, edge="uniform", leave_out=True)
        # Kernels that fine hardly reach the border: the surface integrates to the points.
        mass = float(floats(x).size)
        if finest <= h / 2:
            cell = max(h / 4, finest)
            mass = kde(x, y, window=window, bandwidth=h, cell=cell, edge="uniform").mass
        score.append(float(np.sum(np.log(np.maximum(alone, 1e-300)))) - mass)
    return float(ladder[int(np.argmax(score))])


def berman_diggle(
    x: npt.ArrayLike, y: npt.ArrayLike, *, window: BaseGeometry, steps: int = 512
) -> float:
    """Return the bandwidth of the least mean square error of a moving disc, for a Cox process.

    With K from isotropic correction (translation from 1,000 points on),
    ``M(h) = (1/l - 2 K(h)) / (pi h^2) + J(h) / (pi h^2)^2``, where J integrates the overlap of two
    discs over K up to 2h. The kernel's standard deviation is half the best disc's radius. For fine
    structure; up to some thousand points.

    References
    ----------
    Berman, M. and Diggle, P. (1989). Estimating weighted integrals of the second-order intensity
    of a spatial point process. Journal of the Royal Statistical Society B 51, 81-92.
    """
    px, py = floats(x), floats(y)
    left, bottom, right, top = window.bounds
    intensity = px.size / float(window.area)
    most = min(min(right - left, top - bottom) / 4, float(np.sqrt(1000 / (np.pi * intensity))))
    r = np.linspace(0, most, steps)
    few = px.size < ISOTROPIC_TO
    k = k_function(px, py, window=window, r=r, correction="isotropic" if few else "translation")
    grown, middle = np.diff(k), (r[1:] + r[:-1]) / 2
    disc = r[1 : steps // 2]
    reach = np.clip(middle / (2 * disc[:, None]), 0, 1)
    overlap = 4 * np.pi * disc[:, None] ** 2 * (np.arccos(reach) - reach * np.sqrt(1 - reach**2))
    area = np.pi * disc**2
    error = (1 / intensity - 2 * k[1 : steps // 2]) / area
    error += overlap @ grown / (2 * np.pi) / area**2
    return float(disc[int(np.argmin(error))] / 2)


def cronie_van_lieshout(
    x: npt.ArrayLike, y: npt.ArrayLike, *, window: BaseGeometry, steps: int = 16
) -> float:
    """Return the bandwidth at which the inverse densities at the points sum to the window's area.

    For the slow trend, as K for uneven intensity wants it.

    References
    ----------
    Cronie, O. and van Lieshout, M. N. M. (2018). A non-model-based approach to bandwidth selection
    for kernel estimators of spatial intensity functions. Biometrika 105, 455-462.
    """
    ladder = candidates(x, y, window=window, steps=steps)
    miss = []
    for h in ladder:
        density = kde_at(x, y, x, y, window=window, bandwidth=float(h), edge="none")
        miss.append((float(np.sum(1 / density)) - float(window.area)) ** 2)
    return float(ladder[int(np.argmin(miss))])
