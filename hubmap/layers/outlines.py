"""Ways to draw a hub around the records that make it, on the equal-area plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from hubmap.statistics.arrays import Floats


class Drawn(NamedTuple):
    """What a rule draws from."""

    points: Floats
    """The hub's records, metres, shape (n, 2)."""
    within_m: float
    """The distance of the search."""
    districts: NDArray[np.object_]
    """The outlines of the hub's districts."""


def districts(given: Drawn) -> BaseGeometry:
    """The union of the districts that mostly belong: what official figures speak of."""
    return shapely.union_all(given.districts)


def buffer(given: Drawn) -> BaseGeometry:
    """All that lies within half the distance of a record."""
    return shapely.union_all(shapely.buffer(shapely.points(given.points), given.within_m / 2))


def convex(given: Drawn) -> BaseGeometry:
    """The convex hull, a margin of a tenth of the distance around it."""
    return _margin(shapely.MultiPoint(given.points).convex_hull, given)


def concave(given: Drawn) -> BaseGeometry:
    """The concave hull that is a third of the way from tightest to convex, with the margin."""
    hull: BaseGeometry = shapely.concave_hull(shapely.MultiPoint(given.points), ratio=0.3)
    return _margin(hull, given)


def alpha(given: Drawn) -> BaseGeometry:
    """The alpha shape: Delaunay triangles whose circumcircle has at most the distance as radius.

    References
    ----------
    Edelsbrunner, H., Kirkpatrick, D. and Seidel, R. (1983). On the shape of a set of points in
    the plane. IEEE Transactions on Information Theory 29, 551-559.
    """
    from scipy.spatial import Delaunay, QhullError

    places = np.unique(given.points, axis=0)
    plain = shapely.MultiPoint(places)
    try:
        corners = places[Delaunay(places).simplices]
    except (QhullError, ValueError):  # fewer than three records, or all on one line
        return _margin(plain, given)
    edge = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
    size = shapely.area(shapely.polygons(corners))
    radius = edge.prod(axis=1) / np.maximum(4 * size, 1e-9)
    kept = shapely.polygons(corners[radius <= given.within_m])
    return _margin(shapely.union_all([*kept, plain]), given)


def _margin(shape: BaseGeometry, given: Drawn) -> BaseGeometry:
    # Records are discs of their precision; a hull through their middles has no width at worst.
    return shapely.buffer(shape, given.within_m / 10)


OUTLINES: dict[str, Callable[[Drawn], BaseGeometry]] = {
    rule.__name__: rule for rule in (districts, buffer, concave, alpha, convex)
}
"""Every rule by the name that a recipe gives it."""


def draw(rule: str, given: Drawn) -> BaseGeometry:
    """The outline of one hub by a rule, as a valid polygon or polygons."""
    shape = OUTLINES[rule](given)
    whole = shape if shape.is_valid else shapely.make_valid(shape)
    parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
    whole = shapely.MultiPolygon(parts) if len(parts) != 1 else parts[0]
    return whole
