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
    Phases = NDArray[np.complex128]

WGS84 = "EPSG:4326"
Datum = Literal["WGS-84", "GCJ-02", "BD-09", "unknown"]

# Krasovsky 1940, the ellipsoid inside the GCJ-02 formula (not the one of WGS-84).
_KRASOVSKY_A = 6378245.0
_KRASOVSKY_E2 = 0.00669342162296594323
_BD_ANGLE = np.pi * 3000.0 / 180.0
_GCJ_X, _GCJ_Y = np.pi / 60.0, np.pi / 180.0
_COS_35, _SIN_35 = np.cos(np.radians(35.0)), np.sin(np.radians(35.0))
_PART = 4096
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


def _phase(angle: Floats) -> Phases:
    """Cosine and sine of angles (radians) as one complex number, whose powers are multiples."""
    found = np.empty(angle.shape, dtype=np.complex128)
    np.cos(angle, out=found.real)
    np.sin(angle, out=found.imag)
    return found


def _turn(angle: Floats) -> Phases:
    """:func:`_phase` of angles below 0.02 rad, to 1e-8 of the angle, without a sine."""
    square = angle * angle
    found = np.empty(angle.shape, dtype=np.complex128)
    found.real = 1.0 - square * (0.5 - square / 24.0)
    found.imag = angle * (1.0 - square / 6.0)
    return found


def _gcj_phases(lon: Floats, lat: Floats) -> tuple[Phases, Phases]:
    """The angles of which all those of the GCJ-02 formula are multiples."""
    return _phase((lon - 105.0) * _GCJ_X), _phase((lat - 35.0) * _GCJ_Y)


def _gcj_offset(lon: Floats, lat: Floats, of_x: Phases, of_y: Phases) -> tuple[Floats, Floats]:
    """Shift of GCJ-02 against WGS-84 at WGS-84 points, in degrees.

    Notes
    -----
    The formula's sines are of multiples of two angles, so that four sines and cosines and some
    products give them all; sines cost ten times as much as products.
    """
    x, y = lon - 105.0, lat - 35.0
    x_30 = of_x * of_x
    x_12 = x_30 * x_30 * of_x
    x_6 = x_12 * x_12
    x_3 = x_6 * x_6
    x_1 = x_3 * x_3 * x_3
    sin_2x = 2.0 * x_1.real * x_1.imag
    y_60 = of_y * of_y * of_y
    y_30 = y_60 * y_60
    y_12 = y_30 * y_30 * y_60
    y_6 = y_12 * y_12
    sin_y = 2.0 * y_6.real * y_6.imag
    root = np.sqrt(np.abs(x))
    common = sin_2x * (80.0 - 80.0 * sin_2x * sin_2x)
    north = (
        common + sin_y * (100.0 - 80.0 * sin_y * sin_y) + 160.0 * y_12.imag + 320.0 * y_30.imag
    ) * (2.0 / 3.0)
    north += 0.2 * root + x * (2.0 + 0.1 * y) + y * (3.0 + 0.2 * y) - 100.0
    east = (common + 20.0 * x_1.imag + 40.0 * x_3.imag + 150.0 * x_12.imag + 300.0 * x_30.imag) * (
        2.0 / 3.0
    )
    east += 0.1 * root + x * (1.0 + 0.1 * x + 0.1 * y) + 2.0 * y + 300.0
    # The latitude itself: those 35 degrees are put back.
    sin_phi = of_y.imag * _COS_35 + of_y.real * _SIN_35
    cos_phi = of_y.real * _COS_35 - of_y.imag * _SIN_35
    w2 = 1.0 - _KRASOVSKY_E2 * sin_phi * sin_phi
    per_degree = np.pi / 180.0 * _KRASOVSKY_A / np.sqrt(w2)
    return east / (per_degree * cos_phi), north * w2 / (per_degree * (1.0 - _KRASOVSKY_E2))


def _in_gcj_area(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    return (lon >= GCJ_LON[0]) & (lon <= GCJ_LON[1]) & (lat >= GCJ_LAT[0]) & (lat <= GCJ_LAT[1])


def _pair(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    return np.array(lon, dtype=float), np.array(lat, dtype=float)


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """WGS-84 degrees to GCJ-02 degrees; outside the formula's rectangle nothing moves."""
    x, y = _pair(lon, lat)
    dx, dy = _gcj_offset(x, y, *_gcj_phases(x, y))
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
    # Far outside nothing moves, and the formula runs to infinity at the poles.
    near_x = np.clip(x, GCJ_LON[0] - 1.0, GCJ_LON[1] + 1.0)
    near_y = np.clip(y, GCJ_LAT[0] - 1.0, GCJ_LAT[1] + 1.0)
    of_x, of_y = _gcj_phases(near_x, near_y)
    dx, dy = _gcj_offset(near_x, near_y, of_x, of_y)
    for _ in range(2):
        # The shift is below 0.02 degrees, so that no new sine is needed.
        turned = of_x * _turn(dx * -_GCJ_X), of_y * _turn(dy * -_GCJ_Y)
        dx, dy = _gcj_offset(near_x - dx, near_y - dy, *turned)
    u, v = near_x - dx, near_y - dy
    # Decided on the result: a point is shifted when the place it shows lies in the rectangle.
    inside = _in_gcj_area(u, v)
    return np.where(inside, u, x), np.where(inside, v, y)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """GCJ-02 degrees to BD-09 degrees."""
    x, y = _pair(lon, lat)
    return _bd09(x, y, np.cos(x * _BD_ANGLE), np.sin(y * _BD_ANGLE))


def _bd09(x: Floats, y: Floats, cos_x: Floats, sin_y: Floats) -> tuple[Floats, Floats]:
    """BD-09 degrees of GCJ-02 ones with the two waves of its formula there."""
    scale = 1.0 + 0.00002 * sin_y / np.sqrt(x * x + y * y)
    # The turn is 3e-6 at most, so that its cosine and sine are these to the last digit.
    turn = 0.000003 * cos_x
    cosine = 1.0 - 0.5 * turn * turn
    return scale * (x * cosine - y * turn) + 0.0065, scale * (y * cosine + x * turn) + 0.006


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """BD-09 degrees to GCJ-02 degrees, the exact inverse of :func:`gcj02_to_bd09`."""
    return _by_parts(_bd09_to_gcj02, lon, lat)


def _bd09_to_gcj02(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    first_u, first_v = x - 0.0065, y - 0.006
    of_x, of_y = _phase(first_u * _BD_ANGLE), _phase(first_v * _BD_ANGLE)
    bx, by = _bd09(first_u, first_v, of_x.real, of_y.imag)
    u, v = first_u + (x - bx), first_v + (y - by)
    for _ in range(2):
        # What is left is below 0.0006 degrees, so that no new sine is needed.
        cos_x = (of_x * _turn((u - first_u) * _BD_ANGLE)).real
        sin_y = (of_y * _turn((v - first_v) * _BD_ANGLE)).imag
        bx, by = _bd09(u, v, cos_x, sin_y)
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
