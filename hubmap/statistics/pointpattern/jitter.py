"""Points dealt anew within the cells that they lie in: what lies coarser than a cell stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, floats
from hubmap.statistics.pointpattern.window import random_points

if TYPE_CHECKING:
    from collections.abc import Callable

    from shapely.geometry.base import BaseGeometry

    Dealt = Callable[[np.random.Generator], tuple[Floats, Floats]]


def dealt_within_cells(
    x: npt.ArrayLike, y: npt.ArrayLike, *, window: BaseGeometry, cell: float
) -> Dealt:
    """Return what draws the points anew, each uniform on the land of its own square cell.

    Of a Poisson process whose intensity is even within each cell the number in a cell is
    sufficient: given those numbers nothing is left to estimate, so that a Monte-Carlo test by
    these draws is exact for any statistic, however uneven the cells are among each other.

    Parameters
    ----------
    x, y
        Points in the window, shape (n,).
    window
        Polygon or multipolygon of the land.
    cell
        Side of a cell; the grid starts at the lower left of the window.

    References
    ----------
    Besag, J. and Diggle, P. J. (1977). Simple Monte Carlo tests for spatial pattern. Applied
    Statistics 26, 327-333; Amarasingham, A., Harrison, M. T., Hatsopoulos, N. G. and Geman, S.
    (2012). Conditional modeling and the jitter method of spike resampling. Journal of
    Neurophysiology 107, 517-531.
    """
    import shapely

    px, py = floats(x), floats(y)
    left, bottom, _, _ = window.bounds
    place = np.column_stack([np.floor((px - left) / cell), np.floor((py - bottom) / cell)])
    cells, of = np.unique(place, axis=0, return_inverse=True)
    corner = cells * cell + [left, bottom]
    lands = [shapely.intersection(window, shapely.box(a, b, a + cell, b + cell)) for a, b in corner]
    of = of.reshape(-1)
    area = shapely.area(np.asarray(lands, dtype=object)) if lands else np.empty(0)
    inland = area >= cell**2 * (1 - 1e-12)
    whole = np.flatnonzero(inland[of])
    # A point on the very rim of the land may have no land in its cell: it stays.
    coast = [(lands[k], np.flatnonzero(of == k)) for k in np.flatnonzero(~inland & (area > 0))]

    def draw(rng: np.random.Generator) -> tuple[Floats, Floats]:
        new = np.stack([px, py])
        new[:, whole] = corner[of[whole]].T + cell * rng.random((2, whole.size))
        for land, mine in coast:
            new[:, mine] = random_points(land, mine.size, rng=rng)
        return new[0], new[1]

    return draw
