"""Measuring on the globe: areas, distances, a hub's own equal-area plane, and datums.

Every table is WGS-84 (EPSG:4326). Areas and distances are taken on the ellipsoid or in the
Lambert azimuthal equal-area plane centred on the hub; nothing is measured in degrees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray
    from pyproj import CRS, Geod
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]

WGS84 = "EPSG:4326"
Datum = Literal["WGS-84", "GCJ-02", "BD-09", "unknown"]

# Krasovsky 1940, the ellipsoid inside the GCJ-02 formula (not the one of WGS-84).
_KRASOVSKY_A = 6378245.0
_KRASOVSKY_E2 = 0.00669342162296594323
_BD_ANGLE = np.pi * 3000.0 / 180.0
_PART = 16384
# The rectangle outside which GCJ-02 equals WGS-84, as its implementations agree.
GCJ_LON = (72.004, 137.8347)
GCJ_LAT = (0.8293, 55.8271)


def geod() -> Geod:
    """The WGS-84 ellipsoid."""
    from pyproj import Geod

    return Geod(ellps="WGS84")


def geodesic_area_km2(geometry: BaseGeometry) -> float:
    """Area of a polygon on the WGS-84 ellipsoid.

    Parameters
    ----------
    geometry
        Polygon or MultiPolygon, EPSG:4326.

    Returns
    -------
    float
        km², never negative.
    """
    from shapely import orient_polygons

    return abs(geod().geometry_area_perimeter(orient_polygons(geometry))[0]) / 1e6


def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats:
    """Geodesic distance between pairs of points, in metres (EPSG:4326 in)."""
    lon1, lat1, lon2, lat2 = np.broadcast_arrays(
        *(np.asarray(v, dtype=float) for v in (lon1, lat1, lon2, lat2))
    )
    return np.asarray(geod().inv(lon1.ravel(), lat1.ravel(), lon2.ravel(), lat2.ravel())[2])


def plane(lon: float, lat: float) -> CRS:
    """The equal-area plane of a hub: Lambert azimuthal, centred, in metres."""
    from pyproj import CRS

    return CRS.from_proj4(
        f"+proj=laea +lat_0={lat:.4f} +lon_0={lon:.4f} +datum=WGS84 +units=m +no_defs"
    )


def plane_of(geometry: BaseGeometry) -> CRS:
    """The equal-area plane centred on the middle of a geometry's bounds (EPSG:4326 in)."""
    west, south, east, north = geometry.bounds
    return plane((west + east) / 2, (south + north) / 2)


def plane_of_all(shapes: NDArray[np.object_]) -> CRS:
    """The equal-area plane of several geometries (EPSG:4326 in).

    Notes
    -----
    :func:`plane_of` their bounds; where these span more than half the globe, as for countries on
    both sides of the 180th meridian, the mean direction of the geometries' middles instead.
    """
    import shapely

    west, south, east, north = shapely.total_bounds(shapes)
    if east - west <= 180:
        return plane((west + east) / 2, (south + north) / 2)
    parts = shapely.get_parts(shapes)
    parts = parts[~shapely.is_empty(parts)]
    middle = shapely.centroid(parts)
    weight = shapely.area(parts)
    lon, lat = np.radians(shapely.get_x(middle)), np.radians(shapely.get_y(middle))
    x, y, z = (
        float((weight * part).sum())
        for part in (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat))
    )
    return plane(
        float(np.degrees(np.arctan2(y, x))), float(np.degrees(np.arctan2(z, np.hypot(x, y))))
    )


def equivalent_radius_m(area_km2: float) -> float:
    """Radius, in metres, of the circle of that area, rounded up to 100 m."""
    return float(np.ceil(np.sqrt(area_km2 / np.pi) * 10) * 100)


def _gcj_offset(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Shift of GCJ-02 against WGS-84 at WGS-84 points, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    # The multiples of an angle come from one sine, which costs as much as all the rest.
    sin_x, sin_y = np.sin(np.pi * x), np.sin(np.pi * y / 3.0)
    sin_2x = 2.0 * sin_x * np.cos(np.pi * x)
    common = 20.0 * sin_2x * (4.0 - 4.0 * sin_2x * sin_2x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (
        2.0
        / 3.0
        * (
            common
            + 20.0 * sin_y * (3.0 - 4.0 * sin_y * sin_y)
            + 40.0 * sin_y
            + 160.0 * np.sin(np.pi * y / 12.0)
            + 320.0 * np.sin(np.pi * y / 30.0)
        )
    )
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (
        2.0
        / 3.0
        * (
            common
            + 20.0 * sin_x
            + 40.0 * np.sin(np.pi * x / 3.0)
            + 150.0 * np.sin(np.pi * x / 12.0)
            + 300.0 * np.sin(np.pi * x / 30.0)
        )
    )
    phi = np.radians(lat)
    w2 = 1.0 - _KRASOVSKY_E2 * np.sin(phi) ** 2
    meridian = _KRASOVSKY_A * (1.0 - _KRASOVSKY_E2) / (w2 * np.sqrt(w2))
    parallel = _KRASOVSKY_A / np.sqrt(w2) * np.cos(phi)
    return np.degrees(east / parallel), np.degrees(north / meridian)


def _in_gcj_area(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    return (lon >= GCJ_LON[0]) & (lon <= GCJ_LON[1]) & (lat >= GCJ_LAT[0]) & (lat <= GCJ_LAT[1])


def _pair(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    return np.array(lon, dtype=float), np.array(lat, dtype=float)


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """WGS-84 degrees to GCJ-02 degrees; outside the formula's rectangle nothing moves."""
    x, y = _pair(lon, lat)
    dx, dy = _gcj_offset(x, y)
    inside = _in_gcj_area(x, y)
    return np.where(inside, x + dx, x), np.where(inside, y + dy, y)


def _by_parts(
    convert: Callable[[Floats, Floats], tuple[Floats, Floats]], lon: ArrayLike, lat: ArrayLike
) -> tuple[Floats, Floats]:
    """A conversion in parts that stay in the processor's cache: half the time for many points."""
    x, y = np.broadcast_arrays(*_pair(lon, lat))
    if x.size <= _PART:
        return convert(x, y)
    u, v = np.empty(x.size), np.empty(x.size)
    flat_x, flat_y = x.ravel(), y.ravel()
    for start in range(0, x.size, _PART):
        part = slice(start, start + _PART)
        u[part], v[part] = convert(flat_x[part], flat_y[part])
    return u.reshape(x.shape), v.reshape(x.shape)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """GCJ-02 degrees to WGS-84 degrees, by fixed-point iteration to well below 1 mm."""
    return _by_parts(_gcj02_to_wgs84, lon, lat)


def _gcj02_to_wgs84(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    u, v = x, y
    for _ in range(3):
        dx, dy = _gcj_offset(u, v)
        u, v = x - dx, y - dy
    # Decided on the result: a point is shifted when the place it shows lies in the rectangle.
    inside = _in_gcj_area(u, v)
    return np.where(inside, u, x), np.where(inside, v, y)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """GCJ-02 degrees to BD-09 degrees."""
    x, y = _pair(lon, lat)
    scale = 1.0 + 0.00002 * np.sin(y * _BD_ANGLE) / np.hypot(x, y)
    # The turn is 3e-6 at most, so that its cosine and sine are these to the last digit.
    turn = 0.000003 * np.cos(x * _BD_ANGLE)
    cosine = 1.0 - 0.5 * turn * turn
    return scale * (x * cosine - y * turn) + 0.0065, scale * (y * cosine + x * turn) + 0.006


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """BD-09 degrees to GCJ-02 degrees, the exact inverse of :func:`gcj02_to_bd09`."""
    return _by_parts(_bd09_to_gcj02, lon, lat)


def _bd09_to_gcj02(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    u, v = x - 0.0065, y - 0.006
    for _ in range(3):
        bx, by = gcj02_to_bd09(u, v)
        u, v = u + (x - bx), v + (y - by)
    return u, v


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """BD-09 degrees to WGS-84 degrees."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def to_wgs84(
    lon: ArrayLike, lat: ArrayLike, datum: Datum, *, unshifted: BaseGeometry | None = None
) -> tuple[Floats, Floats]:
    """Degrees in a stated datum to WGS-84; an unknown datum is left as it is.

    Parameters
    ----------
    lon, lat
        Degrees in that datum.
    datum
        Theirs.
    unshifted
        An area (WGS-84) whose coordinates are WGS-84 whatever the datum: Hong Kong and Macao in
        local open data. Map services shift them like the mainland.

    Notes
    -----
    A coordinate within some 600 m (GCJ-02) or 1.4 km (BD-09) of that area's border can mean two
    places: one inside it as it stands, one outside it once converted. It is taken as inside.
    """
    convert: dict[str, Callable[[ArrayLike, ArrayLike], tuple[Floats, Floats]]] = {
        "GCJ-02": gcj02_to_wgs84,
        "BD-09": bd09_to_wgs84,
    }
    if datum not in convert:
        return _pair(lon, lat)
    x, y = convert[datum](lon, lat)
    if unshifted is None:
        return x, y
    import shapely

    shapely.prepare(unshifted)
    given = _pair(lon, lat)
    inside = shapely.contains_xy(unshifted, *given)
    return np.where(inside, given[0], x), np.where(inside, given[1], y)
