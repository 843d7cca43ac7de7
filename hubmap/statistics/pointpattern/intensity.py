"""A smooth intensity at the points themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hubmap.statistics.arrays import Floats, floats
from hubmap.statistics.pointpattern.window import (
    Grid,
    edges,
    gaussian_share,
    grid_over,
)

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

DIRECT_TO = 2_000
"""Points up to which every pair is summed; beyond, a raster of sums is read between its nodes."""


@dataclass(frozen=True)
class Intensity:
    """A Gaussian kernel over one window, corrected for the land under it at each place.

    Attributes
    ----------
    bandwidth
        Standard deviation of the kernel.
    grid, share
        A raster of two nodes a bandwidth, and how much of the kernel about each is land.
    """

    bandwidth: float
    grid: Grid
    share: Floats

    @classmethod
    def of(cls, window: BaseGeometry, *, bandwidth: float) -> Intensity:
        """The kernel of a window, whose coast is taken to a twentieth of the bandwidth."""
        grid = grid_over(window, cell=bandwidth / 2, margin=2 * bandwidth)
        coast = window.simplify(bandwidth / 20)
        x, y = (part.ravel() for part in np.meshgrid(grid.x, grid.y))
        share = gaussian_share(edges(coast), x, y, bandwidth=bandwidth)
        return cls(bandwidth, grid, share.reshape(grid.rows, grid.columns))

    def without_self(self, x: Floats, y: Floats) -> Floats:
        """Points per unit area at each point, the point itself left out.

        References
        ----------
        Baddeley, A., Moller, J. and Waagepetersen, R. (2000). Non- and semi-parametric estimation
        of interaction in inhomogeneous point patterns. Statistica Neerlandica 54, 329-350.
        """
        h = self.bandwidth
        if x.size <= DIRECT_TO:
            others = self._sums(x, y, x, y, leave_out=True)
        else:
            nodes = tuple(part.ravel() for part in np.meshgrid(self.grid.x, self.grid.y))
            sums = self._sums(x, y, *nodes).reshape(self.share.shape)
            others = np.maximum(self._read(sums, x, y) - 1, 0)
        share = np.maximum(self._read(self.share, x, y), 0.01)
        return floats(others / (2 * np.pi * h**2) / share)

    def _sums(
        self, x: Floats, y: Floats, at_x: Floats, at_y: Floats, *, leave_out: bool = False
    ) -> Floats:
        total = np.empty(at_x.size)
        block = max(1, 2_000_000 // max(1, x.size))
        for start in range(0, at_x.size, block):
            part = slice(start, start + block)
            square = (at_x[part, None] - x) ** 2 + (at_y[part, None] - y) ** 2
            square *= -1 / (2 * self.bandwidth**2)
            np.exp(square, out=square)
            if leave_out:
                np.fill_diagonal(square[:, start:], 0.0)
            total[part] = square.sum(axis=1)
        return total

    def _read(self, values: Floats, x: Floats, y: Floats) -> Floats:
        from scipy.ndimage import map_coordinates

        grid = self.grid
        place = np.stack([(y - grid.bottom) / grid.cell, (x - grid.left) / grid.cell]) - 0.5
        return floats(map_coordinates(values, place, order=3, mode="nearest"))
