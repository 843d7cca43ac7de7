"""The land inside a contour of a density surface."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hubmap.statistics.arrays import Floats

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from hubmap.statistics.pointpattern.kde import Surface


def contour_area(surface: Surface, level: float) -> BaseGeometry:
    """Return where the surface lies at or above a level, linear between the cells' centres.

    Each square between four centres is cut into two triangles, and each triangle along the line
    on which the surface has the level.
    """
    import shapely

    grid, z = surface.grid, surface.density
    x, y = np.meshgrid(grid.x, grid.y)
    node = np.stack([x, y, z], axis=-1)
    a, b, c, d = node[:-1, :-1], node[:-1, 1:], node[1:, 1:], node[1:, :-1]
    least = np.minimum.reduce([q[..., 2] for q in (a, b, c, d)])
    most = np.maximum.reduce([q[..., 2] for q in (a, b, c, d)])
    whole = least >= level
    cut = (most >= level) & ~whole
    boxes = shapely.box(a[whole][:, 0], a[whole][:, 1], c[whole][:, 0], c[whole][:, 1])
    triangles = np.concatenate(
        [np.stack([q[cut] for q in corners], axis=1) for corners in ((a, b, c), (a, c, d))]
    )
    parts = [shapely.Polygon(part) for t in triangles if len(part := _kept(t, level)) > 2]
    area: BaseGeometry = shapely.union_all([*boxes, *parts], grid_size=grid.cell / 1000)
    return area


def _kept(triangle: Floats, level: float) -> list[tuple[float, float]]:
    """The corners of the part of a triangle (x, y, z) at or above a level."""
    corners = []
    for here, after in zip(triangle, np.roll(triangle, -1, axis=0), strict=True):
        if here[2] >= level:
            corners.append((float(here[0]), float(here[1])))
        if (here[2] >= level) != (after[2] >= level):
            t = (level - here[2]) / (after[2] - here[2])
            x, y = here[:2] + t * (after[:2] - here[:2])
            corners.append((float(x), float(y)))
    return corners
