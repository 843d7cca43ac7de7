"""Density surfaces: points per unit area of the plane, with the land's edge taken into account.

Places in metres give densities per square metre: times 1e6 per square kilometre.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, floats, ratio
from hubmap.statistics.pointpattern.window import (
    Grid,
    coverage,
    edges,
    gaussian_share,
    grid_over,
)

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Edge = Literal["none", "uniform", "diggle"]

FINE_CELLS = 4_000_000
"""Cells up to which the land's edge is rastered four times finer than the surface, or twice."""


@dataclass(frozen=True)
class Surface:
    """A density on a raster.

    Attributes
    ----------
    grid
        The raster.
    density
        Weight per unit area at the cells' centres, 0 where a cell holds no land; (rows, columns).
    cover
        Share of each cell that is land.
    bandwidth
        Standard deviation of the kernel.
    """

    grid: Grid
    density: Floats
    cover: Floats
    bandwidth: float

    @property
    def mass(self) -> float:
        """The surface summed over the land: the points' weight where mass is conserved."""
        return float(np.sum(self.density * self.cover)) * self.grid.cell**2

    @property
    def peak(self) -> tuple[float, float, float]:
        """Place (x, y) and height of the highest cell."""
        row, column = np.unravel_index(int(np.argmax(self.density)), self.density.shape)
        top = float(self.density[row, column])
        return float(self.grid.x[column]), float(self.grid.y[row]), top


def kde(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    window: BaseGeometry,
    bandwidth: float,
    cell: float | None = None,
    weight: npt.ArrayLike | None = None,
    edge: Edge = "diggle",
) -> Surface:
    """Return the Gaussian density surface of points in a window.

    Points are laid on the raster with a cubic B-spline, which the Fourier transform of the kernel
    then takes off again: at four cells a bandwidth the surface is that of direct summation to a
    few parts in 10,000 of its peak (the land's edge; 1 in 100,000 inland), at the cost of a few
    FFTs however many points there are.

    Parameters
    ----------
    x, y
        Points, shape (n,).
    window
        Polygon or multipolygon of the land.
    bandwidth
        Standard deviation of the kernel, in the plane's unit.
    cell
        Side of a cell, at most half the bandwidth; a quarter of it where not given.
    weight
        Weights, 1 where not given.
    edge
        ``diggle`` spreads each point's whole weight over the land, so that mass is conserved;
        ``uniform`` divides by the land under the kernel at each place, unbiased for an even
        intensity; ``none`` lets mass fall into the sea.

    References
    ----------
    Diggle, P. J. (1985). A kernel method for smoothing point process data. Applied Statistics 34,
    138-147; Jones, M. C. (1993). Simple boundary correction for kernel density estimation.
    Statistics and Computing 3, 135-146.
    """
    side = bandwidth / 4 if cell is None else cell
    if side > bandwidth / 2 * (1 + 1e-9):
        raise ValueError(f"cells of {side:g} are too coarse for a bandwidth of {bandwidth:g}")
    px, py = floats(x), floats(y)
    w = np.ones(px.size) if weight is None else floats(weight)
    # Half a cell's shift puts raster nodes at cell centres; the margin keeps the FFT from wrapping.
    grid = grid_over(window, cell=side, margin=2 * side)
    size = grid.columns * grid.rows
    finer = next((times for times in (4, 2) if times**2 * size <= FINE_CELLS), 1)
    fine = Grid(grid.left, grid.bottom, side / finer, grid.columns * finer, grid.rows * finer)
    cover, laid = _lay_cover(coverage(window, fine), finer)
    pad = int(np.ceil(5 * bandwidth / side)) + 4
    land = np.maximum(_filter(laid, grid, pad, bandwidth, finer=finer), 1e-12)
    if edge == "diggle":
        total = float(w.sum())
        w = w / np.maximum(_interpolate(land, grid, px, py), 1e-12)
    density = _filter(_deposit(px, py, w, grid), grid, pad, bandwidth) / side**2
    density = np.maximum(density, 0)
    if edge == "uniform":
        density = density / land
    elif edge == "diggle" and w.any():
        # The raster cuts its cells at the coast: make good the tenth of a per cent that this costs.
        density *= total / (float(np.sum(density * cover)) * side**2)
    return Surface(grid, np.where(cover > 0, density, 0.0), cover, bandwidth)


def kde_at(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    at_x: npt.ArrayLike,
    at_y: npt.ArrayLike,
    *,
    window: BaseGeometry,
    bandwidth: float,
    weight: npt.ArrayLike | None = None,
    edge: Edge = "diggle",
    leave_out: bool = False,
) -> Floats:
    """Return the density at given places by direct summation, exact for any polygon.

    Parameters
    ----------
    x, y
        Points, shape (n,).
    at_x, at_y
        Places, shape (k,); the points themselves for ``leave_out``.
    window, bandwidth, weight, edge
        As in :func:`kde`.
    leave_out
        Leaves each point out of its own density (places and points must be the same arrays).
    """
    px, py, qx, qy = floats(x), floats(y), floats(at_x), floats(at_y)
    w = np.ones(px.size) if weight is None else floats(weight)
    border = edges(window)
    if edge == "diggle":
        w = ratio(w, gaussian_share(border, px, py, bandwidth=bandwidth))
    out = np.empty(qx.size)
    block = max(1, 2_000_000 // max(1, px.size))
    for start in range(0, qx.size, block):
        part = slice(start, start + block)
        square = (qx[part, None] - px) ** 2 + (qy[part, None] - py) ** 2
        kernel = np.exp(square / (-2 * bandwidth**2))
        if leave_out:
            # Not taken off the sum: what is left of a lonely point is far below its rounding.
            np.fill_diagonal(kernel[:, start:], 0.0)
        out[part] = kernel @ w
    out /= 2 * np.pi * bandwidth**2
    if edge == "uniform":
        out = ratio(out, gaussian_share(border, qx, qy, bandwidth=bandwidth))
    return out


def mass_levels(surface: Surface, shares: npt.ArrayLike = (0.5, 0.8, 0.95)) -> Floats:
    """Return the densities whose contours hold these shares of the mass, densest places first."""
    mass = (surface.density * surface.cover).ravel()
    order = np.argsort(-surface.density.ravel(), kind="stable")
    held = np.cumsum(mass[order])
    at = np.searchsorted(held, floats(shares) * held[-1] * (1 - 1e-12))
    return floats(surface.density.ravel()[order][np.minimum(at, held.size - 1)])


def _spline(offset: Floats) -> Floats:
    """Return the four cubic B-spline weights of points ``offset`` (0..1) past a node, (4, n)."""
    t, s = offset, 1 - offset
    return np.stack([s**3, 4 - 6 * t**2 + 3 * t**3, 4 - 6 * s**2 + 3 * s**3, t**3]) / 6


def _deposit(x: Floats, y: Floats, w: Floats, grid: Grid) -> Floats:
    u, v = (x - grid.left) / grid.cell - 0.5, (y - grid.bottom) / grid.cell - 0.5
    column, row = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    across, up = _spline(u - column), _spline(v - row)
    total = np.zeros(grid.rows * grid.columns)
    inside = (column >= 1) & (column < grid.columns - 2) & (row >= 1) & (row < grid.rows - 2)
    if not inside.all():
        raise ValueError(f"{int((~inside).sum())} points lie outside the window's bounds")
    for j in range(4):
        line = (row + j - 1) * grid.columns + column - 1
        load = w * up[j]
        for i in range(4):
            total += np.bincount(line + i, weights=load * across[i], minlength=total.size)
    return total.reshape(grid.rows, grid.columns)


def _lay_cover(fine: Floats, finer: int) -> tuple[Floats, Floats]:
    """Return the cover of whole cells, and the finer cover laid on them with cubic B-splines.

    The cover alone is off by a hundredth of a per cent near the coast: laying on finer cells
    instead keeps the border's detail, at the cost of the raster only, not of the FFTs.
    """
    rows, columns = fine.shape[0] // finer, fine.shape[1] // finer
    cover = fine.reshape(rows, finer, columns, finer).mean(axis=(1, 3))
    laid = fine / finer**2
    for axis in (1, 0):
        parts = np.moveaxis(laid, axis, 0).reshape(-1, finer, laid.shape[1 - axis])
        total = np.zeros((parts.shape[0], parts.shape[2]))
        for phase in range(finer):
            offset = (phase + 0.5) / finer - 0.5
            floor = int(np.floor(offset))
            for step, share in enumerate(_spline(np.array(offset - floor))):
                total += share * np.roll(parts[:, phase], floor + step - 1, axis=0)
        laid = np.moveaxis(total, 0, axis)
    return floats(cover), floats(laid)


def _filter(values: Floats, grid: Grid, pad: int, bandwidth: float, *, finer: int = 0) -> Floats:
    """Return ``values`` smoothed by the Gaussian, with the cubic B-spline taken off again.

    ``finer`` also takes off the box of cells that many times finer.
    """
    from scipy.fft import irfft2, next_fast_len, rfft2, rfftfreq

    shape = (
        next_fast_len(grid.rows + pad),
        next_fast_len(grid.columns + pad, real=True),
    )
    spread = 2 * (np.pi * bandwidth / grid.cell) ** 2
    across = rfftfreq(shape[1])
    up = np.fft.fftfreq(shape[0])
    spectrum = rfft2(values, shape, workers=-1)
    for wave in (up[:, None], across[None, :]):
        spectrum *= np.exp(-spread * wave**2) / np.sinc(wave) ** 4
        if finer:
            spectrum /= np.sinc(wave / finer)
    smooth = irfft2(spectrum, shape, workers=-1)
    return floats(smooth[: grid.rows, : grid.columns])


def _interpolate(values: Floats, grid: Grid, x: Floats, y: Floats) -> Floats:
    from scipy.ndimage import map_coordinates

    place = np.stack([(y - grid.bottom) / grid.cell, (x - grid.left) / grid.cell]) - 0.5
    return floats(map_coordinates(values, place, order=3, mode="nearest"))
