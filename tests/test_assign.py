"""Every point in exactly one district, or in none; hexagons that lose nobody."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hubmap.geodesy import WGS84, geodesic_area_km2
from hubmap.layers.assign import assign_points
from hubmap.layers.cells import build_cells, hexagon_of, hexagon_size, hexagons
from hubmap.tables import Regions


def square(west: float, south: float, size: float = 0.1) -> shapely.Polygon:
    return shapely.box(west, south, west + size, south + size)


@pytest.fixture(scope="module")
def regions() -> Regions:
    """Four districts that touch: two squares, one with a hole, and the lake's island in it."""
    holed = square(10.0, 50.1) - shapely.box(10.04, 50.14, 10.06, 50.16)
    shapes = {
        "A": square(10.0, 50.0),
        "B": square(10.1, 50.0),
        "C": holed,
        "D": shapely.MultiPolygon([square(10.1, 50.1), shapely.box(10.04, 50.14, 10.06, 50.16)]),
    }
    table = gpd.GeoDataFrame(
        {"leaf": True, "polygon_km2": [geodesic_area_km2(s) for s in shapes.values()]},
        index=list(shapes), geometry=list(shapes.values()), crs=WGS84,
    )  # fmt: skip
    return Regions(table)


# On the lattice of the corners and edges as well as anywhere.
lattice = st.integers(0, 20).map(lambda i: 10.0 + i / 100)
anywhere = st.floats(9.99, 10.21)
points = st.tuples(lattice | anywhere, (lattice | anywhere).map(lambda x: x + 40.0))


@given(st.lists(points, min_size=1, max_size=20))
def test_assigned_as_within_and_on_borders_to_exactly_one(
    regions: Regions, places: list[tuple[float, float]]
) -> None:
    where = shapely.points(places)
    codes, outside = assign_points(where, regions, np.zeros(len(where)))
    for point, code, sea in zip(where, codes, outside, strict=True):
        inside = regions.index[regions.geometry.contains(point)]
        touching = regions.index[regions.geometry.intersects(point)]
        assert not sea
        if len(inside):
            assert list(inside) == [code]
        elif len(touching):
            assert code == min(touching)
        else:
            assert code is None


def test_in_the_sea_within_its_precision(regions: Regions) -> None:
    where = shapely.points([(9.999, 50.05), (9.9, 50.05)])
    codes, outside = assign_points(where, regions, np.array([200.0, 200.0]))
    assert list(codes) == ["A", None]
    assert list(outside) == [True, False]


def test_hub_border_points_count_once(small: Path) -> None:
    from hubmap.workspace import Workspace

    table = small / "geodata/firms.csv"
    table.write_text(table.read_text() + "4,On the border,10.08,50.1,2001\n")
    layer = Workspace.open(small).layer("example-city")
    assert layer.districts["companies"].sum() == 4
    row = layer.entities.set_index("id").loc["4"]
    assert (row["district"], row["placed"]) == ("X101", "within")


@given(st.lists(st.tuples(st.floats(-5e4, 5e4), st.floats(-5e4, 5e4)), min_size=1, max_size=50))
def test_each_point_lies_in_its_hexagon(places: list[tuple[float, float]]) -> None:
    side = hexagon_size(10)
    x, y = np.array(places).T
    q, r = hexagon_of(x, y, side)
    shapes = hexagons(q, r, side)
    assert shapely.area(shapes) / 1e6 == pytest.approx(10)
    assert (shapely.distance(shapes, shapely.points(x, y)) < 1e-6).all()


def test_cells_keep_every_weight(regions: Regions) -> None:
    outline = shapely.union_all(regions.geometry.to_numpy())
    rng = np.random.default_rng(1)
    where = gpd.GeoSeries.from_xy(rng.uniform(10, 10.2, 200), rng.uniform(50, 50.2, 200), crs=WGS84)
    weight = rng.uniform(0, 5, 200)
    cells = build_cells(regions.geometry.to_numpy(), {"firms": (where, weight)}, 2.0, "h")
    assert cells["firms"].sum() == pytest.approx(weight.sum())
    assert cells["land_km2"].sum() == pytest.approx(geodesic_area_km2(outline), rel=1e-4)
    area = cells.geometry.map(geodesic_area_km2)
    assert area.to_numpy() == pytest.approx(2.0, rel=1e-4)
