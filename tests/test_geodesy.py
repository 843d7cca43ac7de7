"""Datums, areas and planes against published values."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hubmap import geodesy

# WGS-84 and GCJ-02 of the same place. The first three are published in eviltransform's test
# suite; the others come from eviltransform 0.1.1, whose semi-major axis (6378137 m instead of
# 6378245 m) puts them 1 cm off.
PLACES = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597), 0.001),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766), 0.001),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069), 0.001),
    ((120.1551, 30.2741), (120.15979455878725, 30.27177118376744), 0.02),
    ((114.1588, 22.2819), (114.16379328371524, 22.279179680168927), 0.02),
    ((113.3223, 23.12), (113.32771769605496, 23.117399467431696), 0.02),
]
# Closed-form areas of longitude-latitude boxes on the WGS-84 ellipsoid, km².
BOXES = [
    ((111.3, 21.5, 115.5, 24.5), 143041.16528142843),
    ((115.4, 39.4, 117.5, 41.1), 33726.01576129222),
    ((120.85, 30.65, 122.0, 31.9), 15177.469979458114),
]
china = st.tuples(st.floats(73, 135), st.floats(4, 53))


@pytest.mark.parametrize(("wgs", "gcj", "metres"), PLACES)
def test_gcj02_agrees_with_published_points(
    wgs: tuple[float, float], gcj: tuple[float, float], metres: float
) -> None:
    assert geodesy.distance_m(*geodesy.wgs84_to_gcj02(*wgs), *gcj) < metres
    assert geodesy.distance_m(*geodesy.gcj02_to_wgs84(*gcj), *wgs) < metres


@given(china)
def test_conversions_invert_to_below_a_millimetre(place: tuple[float, float]) -> None:
    shifted = geodesy.wgs84_to_gcj02(*place)
    assert geodesy.distance_m(*geodesy.gcj02_to_wgs84(*shifted), *place) < 1e-3
    baidu = geodesy.gcj02_to_bd09(*shifted)
    assert geodesy.distance_m(*geodesy.bd09_to_gcj02(*baidu), *shifted) < 1e-3
    assert geodesy.distance_m(*geodesy.bd09_to_wgs84(*baidu), *place) < 1e-3


def test_a_whole_country_inverts_to_below_a_millimetre() -> None:
    """docs/your-data.md gives the figure: 0.2 mm at most."""
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(73, 135, 100_000), rng.uniform(3, 53, 100_000)
    baidu = geodesy.gcj02_to_bd09(*geodesy.wgs84_to_gcj02(lon, lat))
    assert geodesy.distance_m(*geodesy.bd09_to_wgs84(*baidu), lon, lat).max() < 0.00025


def test_the_shift_is_that_of_the_published_formula() -> None:
    """Its sines as they are published, not from powers of two angles."""
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(73, 135, 1000), rng.uniform(3, 53, 1000)
    x, y, pi = lon - 105, lat - 35, np.pi
    twelfth = 20 * np.sin(6 * pi * x) + 20 * np.sin(2 * pi * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (twelfth + 20 * np.sin(pi * y) + 40 * np.sin(pi * y / 3)) * 2 / 3
    north += (160 * np.sin(pi * y / 12) + 320 * np.sin(pi * y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (twelfth + 20 * np.sin(pi * x) + 40 * np.sin(pi * x / 3)) * 2 / 3
    east += (150 * np.sin(pi * x / 12) + 300 * np.sin(pi * x / 30)) * 2 / 3
    a, e2, phi = 6378245.0, 0.00669342162296594323, np.radians(lat)
    w2 = 1 - e2 * np.sin(phi) ** 2
    moved = geodesy.wgs84_to_gcj02(lon, lat)
    np.testing.assert_allclose(
        moved[0] - lon, np.degrees(east / (a / np.sqrt(w2) * np.cos(phi))), atol=1e-11
    )
    np.testing.assert_allclose(
        moved[1] - lat, np.degrees(north / (a * (1 - e2) / w2**1.5)), atol=1e-11
    )


@given(st.tuples(st.floats(-180, 71), st.floats(-90, 90)))
def test_nothing_moves_outside_the_area(place: tuple[float, float]) -> None:
    assert tuple(map(float, geodesy.gcj02_to_wgs84(*place))) == place


@pytest.mark.parametrize(("bounds", "km2"), BOXES)
def test_geodesic_area(bounds: tuple[float, float, float, float], km2: float) -> None:
    # Edges along parallels are what the closed form means, so they are cut finely.
    box = shapely.segmentize(shapely.box(*bounds), 0.005)
    assert geodesy.geodesic_area_km2(box) == pytest.approx(km2, rel=1e-6)
    assert geodesy.geodesic_area_km2(box.reverse()) == pytest.approx(km2, rel=1e-6)


def test_the_plane_keeps_areas() -> None:
    from pyproj import Transformer

    box = shapely.segmentize(shapely.box(118.3, 29.1, 120.75, 30.6), 0.005)
    crs = geodesy.plane_of(box)
    to_plane = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    flat = shapely.transform(box, lambda xy: np.column_stack(to_plane.transform(*xy.T)))
    assert flat.area / 1e6 == pytest.approx(geodesy.geodesic_area_km2(box), rel=1e-5)


def test_unknown_datum_stays_where_it_is() -> None:
    lon, lat = geodesy.to_wgs84([120.0], [30.0], "unknown")
    assert (float(lon[0]), float(lat[0])) == (120.0, 30.0)
