"""The land inside a contour of a density surface."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hubmap.statistics.arrays import Floats

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    # Whole squares beside each other are one box: far fewer shapes to join.
    turns = np.diff(whole, axis=1, prepend=False, append=False, n=1)
    row, column = np.nonzero(turns)
    row, first, last = row[::2], column[::2], column[1::2]
    boxes = shapely.box(grid.x[first], grid.y[row], grid.x[last], grid.y[row + 1])
    triangles = np.concatenate(
        [np.stack([q[cut] for q in corners], axis=1) for corners in ((a, b, c), (a, c, d))]
    )
    parts = [shapely.polygons(own) for own in _kept(triangles, level)]
    area: BaseGeometry = shapely.union_all(
        np.concatenate([boxes, *parts]), grid_size=grid.cell / 1000
    )
    return area


def _kept(triangles: Floats, level: float) -> Iterator[Floats]:
    """The parts of triangles (x, y, z) at or above a level: whole ones, tips, and those cut off."""
    above = triangles[..., 2] >= level
    number = above.sum(axis=1)
    yield triangles[number == 3][..., :2]
    for count, lone in ((1, above), (2, ~above)):
        own = number == count
        # The one that differs from the two others comes first.
        turned = (np.argmax(lone[own], axis=1)[:, None] + np.arange(3)) % 3
        first, after, before = np.moveaxis(
            np.take_along_axis(triangles[own], turned[..., None], axis=1), 1, 0
        )
        ends = [
            first[:, :2]
            + ((level - first[:, 2]) / (q[:, 2] - first[:, 2]))[:, None] * (q - first)[:, :2]
            for q in (after, before)
        ]
        corners = (
            [first[:, :2], *ends] if count == 1 else [ends[0], after[:, :2], before[:, :2], ends[1]]
        )
        yield np.stack(corners, axis=1)
