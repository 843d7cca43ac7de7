"""Ripley's K and Besag's L in any polygon, with the edges corrected; and K for uneven intensity.

Places, radii and windows share one equal-area plane; K is an area in its units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, floats, radii, ratio
from hubmap.statistics.pointpattern.pairs import close_pairs, rings
from hubmap.statistics.pointpattern.setcovariance import SetCovariance, set_covariance
from hubmap.statistics.pointpattern.window import (
    arc_share,
    boundary_distance,
    edges,
    grid_over,
)

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Correction = Literal["none", "border", "isotropic", "translation"]

EXACT_TO = 10_000
"""Points up to which pairs are summed one by one; beyond, the FFT takes over."""


def k_function(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    window: BaseGeometry,
    r: npt.ArrayLike,
    correction: Correction = "translation",
    covariance: SetCovariance | None = None,
) -> Floats:
    """Return Ripley's K at each radius: pi r^2 under complete randomness, more when clustered.

    ``|W| / (n (n - 1)) * sum over ordered pairs of e_ij [d_ij <= r]``.

    Parameters
    ----------
    x, y
        Points in the window, shape (n,).
    window
        Polygon or multipolygon.
    r
        Radii, ascending, shape (k,).
    correction
        ``translation``: e = |W| / |W shifted and shared| (above 10,000 points by FFT), and the
        mean of that over directions beyond the reach of :class:`SetCovariance`;
        ``isotropic``: e = one over the share of the circle about i through j inside the window;
        ``border``: only points at least r from the border are looked from (NaN where none is),
        with the plain intensity n / |W| as in the literature;
        ``none``: e = 1, biased low.
    covariance
        The window's set covariance where already at hand.

    References
    ----------
    Ripley, B. D. (1977). Modelling spatial patterns. Journal of the Royal Statistical Society B
    39, 172-212; Ohser, J. (1983). On estimators for the reduced second moment measure of point
    processes. Mathematische Operationsforschung und Statistik 14, 63-71.
    """
    px, py, radius = floats(x), floats(y), radii(r)
    n, area = px.size, float(window.area)
    if n < 2:
        return np.full(radius.shape, np.nan)
    if correction == "border":
        return _border(px, py, window, radius)
    if correction == "isotropic":
        return area / (n * (n - 1)) * _isotropic(px, py, window, radius)
    if correction == "translation":
        shared = covariance or set_covariance(window, within=float(radius.max()))
        if n > EXACT_TO:
            return k_by_fft(px, py, window=window, r=radius, covariance=shared)
        return area / (n * (n - 1)) * _translation(px, py, shared, radius)
    total = np.zeros(radius.size + 1)
    for pairs in close_pairs(px, py, within=float(radius.max())):
        total += np.bincount(rings(radius, pairs.distance), minlength=total.size)
    return floats(area / (n * (n - 1)) * 2 * np.cumsum(total)[:-1])


def l_function(k: npt.ArrayLike) -> Floats:
    """Return Besag's L, ``sqrt(K / pi)``: equal to r under complete randomness.

    References
    ----------
    Besag, J. (1977). Comment on Ripley's paper. Journal of the Royal Statistical Society B 39,
    193-195.
    """
    return floats(np.sqrt(floats(k) / np.pi))


def k_inhomogeneous(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    window: BaseGeometry,
    r: npt.ArrayLike,
    intensity: npt.ArrayLike,
    power: int = 2,
    covariance: SetCovariance | None = None,
) -> Floats:
    """Return K for an intensity that varies: clustering beyond that of the surface given.

    Translation corrected and renormalised: ``1 / |W| * (|W| / sum 1/l_i)^power * sum e_ij /
    (l_i l_j)`` over ordered pairs at most r apart.

    Parameters
    ----------
    x, y
        Points, shape (n,).
    window
        Polygon or multipolygon.
    r
        Radii, ascending.
    intensity
        Points per unit area at each point, shape (n,), estimated without the point itself.
    power
        Of the renormalisation; 2 is the less biased, 0 leaves it out.
    covariance
        The window's set covariance where already at hand.

    References
    ----------
    Baddeley, A., Moller, J. and Waagepetersen, R. (2000). Non- and semi-parametric estimation of
    interaction in inhomogeneous point patterns. Statistica Neerlandica 54, 329-350.
    """
    px, py, radius = floats(x), floats(y), radii(r)
    if px.size < 2:
        return np.full(radius.shape, np.nan)
    inverse = ratio(1.0, intensity)
    area = float(window.area)
    scale = (area / float(inverse.sum())) ** power / area
    shared = covariance or set_covariance(window, within=float(radius.max()))
    return scale * _translation(px, py, shared, radius, weight=inverse)


def k_by_fft(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    window: BaseGeometry,
    r: npt.ArrayLike,
    cells: int = 1024,
    covariance: SetCovariance | None = None,
) -> Floats:
    """Return the translation-corrected K of very many points from counts on a raster.

    Pairs by shift are the counts' autocorrelation, weighted shift by shift. Good from
    radii of about four cells on (a cell is the long side over ``cells``).
    """
    from scipy.fft import irfft2, next_fast_len, rfft2

    px, py, radius = floats(x), floats(y), radii(r)
    left, bottom, right, top = window.bounds
    cell = max(right - left, top - bottom) / cells
    grid = grid_over(window, cell=cell)
    column = np.clip(((px - left) / cell).astype(np.int64), 0, grid.columns - 1)
    row = np.clip(((py - bottom) / cell).astype(np.int64), 0, grid.rows - 1)
    size = grid.rows * grid.columns
    count = np.bincount(row * grid.columns + column, minlength=size)
    reach = int(np.ceil(float(radius.max()) / cell)) + 2
    shape = (
        next_fast_len(min(2 * grid.rows, grid.rows + reach) + 2),
        next_fast_len(min(2 * grid.columns, grid.columns + reach) + 2, real=True),
    )
    points = count.reshape(grid.rows, grid.columns).astype(np.float64)
    pairs = irfft2(np.abs(rfft2(points, shape, workers=-1)) ** 2, shape, workers=-1)
    pairs[0, 0] -= px.size
    v, u = (np.where(np.arange(m) < m / 2, np.arange(m), np.arange(m) - m) for m in shape)
    row, column = np.nonzero(np.hypot(v[:, None], u) * cell < float(radius.max()) + cell)
    number = np.round(pairs[row, column])
    some = number > 0
    dy, dx = v[row[some]] * cell, u[column[some]] * cell
    away = np.hypot(dx, dy)
    shared = covariance or set_covariance(window, within=float(away.max(initial=0.0)))
    weight = number[some] * shared.weight(dx, dy, away)
    # A shift of whole cells stands for shifts up to a cell around it: cut the disc's rim softly.
    share = [np.clip((rim - away) / cell + 0.5, 0, 1) @ weight for rim in radius]
    n = px.size
    return floats(float(window.area) / (n * (n - 1)) * np.array(share))


def _translation(
    x: Floats, y: Floats, shared: SetCovariance, r: Floats, *, weight: Floats | None = None
) -> Floats:
    total = np.zeros(r.size + 1)
    for pairs in close_pairs(x, y, within=float(r.max())):
        i, j = pairs.i, pairs.j
        distance = pairs.distance
        e = shared.weight(x[j] - x[i], y[j] - y[i], distance)
        if weight is not None:
            e = e * weight[i] * weight[j]
        total += np.bincount(rings(r, distance), weights=e, minlength=total.size)
    return floats(2 * np.cumsum(total)[:-1])


def _border(x: Floats, y: Floats, window: BaseGeometry, r: Floats) -> Floats:
    n = x.size
    inner = boundary_distance(window, x, y)[:, None] >= r
    found = np.zeros(r.size)
    for pairs in close_pairs(x, y, within=float(r.max()), both=True):
        place = pairs.own * (r.size + 1) + rings(r, pairs.distance)
        within = np.bincount(place, minlength=pairs.points.size * (r.size + 1))
        upto = np.cumsum(within.reshape(pairs.points.size, -1), axis=1)[:, :-1]
        found += np.sum(upto * inner[pairs.points], axis=0)
    return ratio(float(window.area) * found, n * inner.sum(axis=0))


def _isotropic(x: Floats, y: Floats, window: BaseGeometry, r: Floats) -> Floats:
    segments = edges(window)
    margin = boundary_distance(window, x, y)
    total = np.zeros(r.size + 1)
    for pairs in close_pairs(x, y, within=float(r.max()), both=True):
        distance = pairs.distance
        e = np.ones(distance.size)
        parts = np.searchsorted(pairs.own, np.arange(pairs.points.size + 1))
        for point, first, last in zip(pairs.points, parts[:-1], parts[1:], strict=True):
            cut = first + np.flatnonzero(distance[first:last] > margin[point])
            if cut.size:
                inside = arc_share(segments, float(x[point]), float(y[point]), distance[cut])
                # A circle that all but misses the window would weigh without bound.
                e[cut] = 1 / np.maximum(inside, 0.01)
        total += np.bincount(rings(r, distance), weights=e, minlength=total.size)
    return floats(np.cumsum(total)[:-1])
