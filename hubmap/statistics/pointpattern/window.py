"""The window: what an edge correction needs to know of the polygon that holds the points.

A window is a shapely polygon or multipolygon on an equal-area plane; lengths are the plane's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Bools, Floats, Ints, floats

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Grid:
    """A raster of square cells, counted in columns from the left and in rows from the bottom."""

    left: float
    bottom: float
    cell: float
    columns: int
    rows: int

    @property
    def x(self) -> Floats:
        """Centres of the columns."""
        return floats(self.left + (np.arange(self.columns) + 0.5) * self.cell)

    @property
    def y(self) -> Floats:
        """Centres of the rows."""
        return floats(self.bottom + (np.arange(self.rows) + 0.5) * self.cell)


def grid_over(window: BaseGeometry, *, cell: float, margin: float = 0.0) -> Grid:
    """Return the raster that covers a window and a margin, its origin at the lower left."""
    left, bottom, right, top = window.bounds
    return Grid(
        left - margin,
        bottom - margin,
        cell,
        max(1, math.ceil((right - left + 2 * margin) / cell - 1e-9)),
        max(1, math.ceil((top - bottom + 2 * margin) / cell - 1e-9)),
    )


def edges(window: BaseGeometry) -> Floats:
    """Return the edges ``x1, y1, x2, y2`` of a window, its inside on their left, shape (m, 4)."""
    from shapely.geometry import Polygon
    from shapely.geometry.polygon import orient

    parts: list[BaseGeometry] = list(getattr(window, "geoms", [window]))
    found: list[Floats] = []
    for part in parts:
        if part.is_empty or not isinstance(part, Polygon):
            continue
        turned = orient(part, 1.0)
        for ring in (turned.exterior, *turned.interiors):
            corner = np.asarray(ring.coords)[:, :2]
            found.append(np.hstack([corner[:-1], corner[1:]]))
    if not found:
        raise ValueError("the window holds no polygon")
    segments = floats(np.vstack(found))
    return segments[np.any(segments[:, :2] != segments[:, 2:], axis=1)]


def contains(window: BaseGeometry, x: npt.ArrayLike, y: npt.ArrayLike) -> Bools:
    """Return which points lie in the window or on its border, shape (n,)."""
    import shapely

    shapely.prepare(window)
    return np.asarray(shapely.intersects_xy(window, floats(x), floats(y)), dtype=np.bool_)


def boundary_distance(window: BaseGeometry, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
    """Return the distance of each point to the window's border, shape (n,)."""
    import shapely

    border = window.boundary
    shapely.prepare(border)
    return floats(shapely.distance(shapely.points(floats(x), floats(y)), border))


def random_points(
    window: BaseGeometry, n: int, *, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return ``n`` points uniform in the window, by rejection from its bounding box."""
    left, bottom, right, top = window.bounds
    fill = window.area / ((right - left) * (top - bottom))
    found = np.empty((0, 2))
    while len(found) < n:
        tries = int((n - len(found)) / fill * 1.1) + 16
        drawn = rng.random((tries, 2)) * [right - left, top - bottom] + [left, bottom]
        found = np.vstack([found, drawn[contains(window, drawn[:, 0], drawn[:, 1])]])
    return found[:n, 0].copy(), found[:n, 1].copy()


def coverage(window: BaseGeometry, grid: Grid) -> Floats:
    """Return the exact share of each cell that the window covers, shape (rows, columns).

    Green's theorem cell by cell: every edge is cut where it crosses the raster's lines, and each
    piece adds the area between itself and the left side of its row.
    """
    x1, y1, x2, y2 = ((edges(window) - np.tile([grid.left, grid.bottom], 2)) / grid.cell).T
    edge, t = _cuts(x1, y1, x2, y2)
    # Consecutive cuts of one edge bound a piece that lies in one cell.
    same = edge[1:] == edge[:-1]
    e, start, end = edge[:-1][same], t[:-1][same], t[1:][same]
    dx, dy = x2 - x1, y2 - y1
    rise = (end - start) * dy[e]
    middle = (start + end) / 2
    u, v = x1[e] + middle * dx[e], y1[e] + middle * dy[e]
    column = np.minimum(np.floor(u).astype(np.int64), grid.columns - 1)
    row = np.floor(v).astype(np.int64)
    keep = (column >= 0) & (row >= 0) & (row < grid.rows) & (rise != 0)
    cell = (row * grid.columns + column)[keep]
    size = grid.rows * grid.columns
    inside = np.minimum(u - column, 1.0)[keep]
    own = np.bincount(cell, weights=rise[keep] * inside, minlength=size)
    full = np.bincount(cell, weights=rise[keep], minlength=size).reshape(grid.rows, grid.columns)
    share = np.cumsum(full[:, ::-1], axis=1)[:, ::-1]
    share -= full
    share += own.reshape(grid.rows, grid.columns)
    return floats(np.clip(share, 0.0, 1.0, out=share))


def _cuts(x1: Floats, y1: Floats, x2: Floats, y2: Floats) -> tuple[Ints, Floats]:
    """Return, ordered along each edge, where (0..1) it starts, crosses a line of cells and ends."""
    m = x1.size
    which = [np.arange(m), np.arange(m)]
    place = [np.zeros(m), np.ones(m)]
    for a, b in ((x1, x2), (y1, y2)):
        low, high = np.minimum(a, b), np.maximum(a, b)
        first = np.floor(low).astype(np.int64) + 1
        count = np.maximum(np.ceil(high).astype(np.int64) - first, 0)
        edge = np.repeat(np.arange(m), count)
        step = np.arange(edge.size) - np.repeat(np.cumsum(count) - count, count)
        which.append(edge)
        place.append((first[edge] + step - a[edge]) / (b - a)[edge])
    edge, t = np.concatenate(which), np.concatenate(place)
    order = np.lexsort((t, edge))
    return edge[order].astype(np.int64), floats(t[order])


def arc_share(segments: Floats, x: float, y: float, radius: Floats) -> Floats:
    """Return the share of circles about one inner point that lies in the window, shape (k,).

    The angle under which the part of the border inside a circle is seen is the arc outside the
    window: exact for any polygon with holes, and only edges within the radius matter.
    """
    h, s1, s2 = _seen_from(segments, np.array([x]), np.array([y]))
    h, s1, s2 = h[0], s1[0], s2[0]
    near = np.hypot(h, np.clip(0.0, s1, s2)) < radius.max(initial=0.0)
    h, s1, s2 = h[near], s1[near], s2[near]
    reach = np.sqrt(np.maximum(radius[:, None] ** 2 - h**2, 0))
    low, high = np.maximum(s1, -reach), np.minimum(s2, reach)
    distance = np.abs(h)
    angle = np.arctan2(high, distance) - np.arctan2(low, distance)
    lost = np.sum(np.where(high > low, np.where(h < 0, -angle, angle), 0.0), axis=1)
    return floats(np.clip(1 - lost / (2 * np.pi), 0.0, 1.0))


def gaussian_share(
    segments: Floats, x: npt.ArrayLike, y: npt.ArrayLike, *, bandwidth: float
) -> Floats:
    """Return the mass that an isotropic Gaussian about each point has in the window, shape (n,).

    The window is a signed sum of triangles seen from the point; the mass of each is an angle less
    two of Owen's T functions. Exact for any polygon with holes, points inside or outside.

    References
    ----------
    Owen, D. B. (1956). Tables for computing bivariate normal probabilities. Annals of
    Mathematical Statistics 27, 1075-1090.
    """
    from scipy.special import owens_t

    px, py = floats(x), floats(y)
    mass = np.empty(px.size)
    block = max(1, 1_000_000 // len(segments))
    for start in range(0, px.size, block):
        part = slice(start, start + block)
        h, s1, s2 = _seen_from(segments, px[part], py[part])
        distance = np.maximum(np.abs(h), 1e-12 * bandwidth)
        angle = (np.arctan2(s2, distance) - np.arctan2(s1, distance)) / (2 * np.pi)
        near = np.hypot(h, np.clip(0.0, s1, s2)) < 9 * bandwidth
        d = distance[near]
        tail = owens_t(d / bandwidth, s2[near] / d) - owens_t(d / bandwidth, s1[near] / d)
        angle[near] -= tail
        mass[part] = np.sum(np.where(h < 0, -angle, angle), axis=1)
    return np.clip(mass, 0.0, 1.0)


def _seen_from(segments: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Return each edge in the frame of each point, each of shape (points, edges).

    The signed distance of its line (positive with the point inside), and where along that line
    the edge starts and ends.
    """
    x1, y1, x2, y2 = segments.T
    length = np.hypot(x2 - x1, y2 - y1)
    tx, ty = (x2 - x1) / length, (y2 - y1) / length
    ax, ay = x1 - x[:, None], y1 - y[:, None]
    start = ax * tx + ay * ty
    return ax * ty - ay * tx, start, start + length
