"""The engines of assignment: one answer, on and next to every kind of border."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from hubmap.assign.cache import cached_grid, grid_digest, read_grid
from hubmap.assign.engine import ENGINES, Engine, Locator, choose_engine
from hubmap.assign.grid import UNSURE, build_grid
from hubmap.assign.plain import locate_plain
from hubmap.errors import MissingExtra
from hubmap.layers.assign import Shore, assign_points
from hubmap.tables import Regions

ROOT = Path(__file__).parents[1]
QUICK: tuple[Engine, ...] = ("grid", "compiled")


def plainly(shapes: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """The rule, word for word, each outline against each point."""
    points = shapely.points(lon, lat)
    within = shapely.within(points[:, None], shapes[None, :])
    touch = shapely.intersects(points[:, None], shapes[None, :])
    found = np.where(touch.any(axis=1), touch.argmax(axis=1), -1)
    return np.where(within.any(axis=1), within.argmax(axis=1), found)


def engines() -> list[Engine]:
    pytest.importorskip("numba", reason="the extra `fast` is not installed")
    return list(QUICK)


def compare(shapes: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> None:
    wanted = plainly(shapes, lon, lat)
    assert np.array_equal(Locator(shapes, "tree").locate(lon, lat), wanted)
    assert np.array_equal(Locator(shapes, "grid").locate(lon, lat), wanted)
    if choose_engine(shapes, 10**9) == "compiled":
        assert np.array_equal(Locator(shapes, "compiled").locate(lon, lat), wanted)


def near_borders(shapes: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points on vertices, on edges, one float away from them, around and far off."""
    xy = shapely.get_coordinates(shapes)
    xy = xy[rng.permutation(len(xy))[:300]]
    other = np.roll(xy, 1, axis=0)
    t = rng.choice([0.5, 0.25, 0.1, 1 / 3, 0.7], size=(len(xy), 1))
    on = xy + t * (other - xy)
    rings = shapely.get_rings(shapely.get_parts(shapes))
    along = np.concatenate(
        [shapely.get_coordinates(shapely.line_interpolate_point(rings, d)) for d in (0.1, 0.9, 2)]
    )
    west, south, east, north = shapely.total_bounds(shapes)
    around = rng.uniform((west - 1, south - 1), (east + 1, north + 1), (300, 2))
    lattice = np.round(around)
    odd = np.array([[np.nan, 0.0], [np.inf, 1.0], [0.0, -np.inf], [1e300, 1e300]])
    base = np.concatenate([xy, on, along, around, lattice])
    # Beside zero the next float is denormal, where GEOS's own predicates contradict its boxes.
    ulps = [np.where(base == 0, sign * 1e-100, np.nextafter(base, base + sign)) for sign in (-1, 1)]
    level = [np.column_stack([base[:, 0] + d, base[:, 1]]) for d in (-1e-9, 1e-12, 0.3)]
    points = np.concatenate([base, *ulps, *level, odd])
    return points[:, 0].copy(), points[:, 1].copy()


SQUARES = np.array([box(x, y, x + 1, y + 1) for x in range(4) for y in range(4)])
HOLED = Polygon(
    [(0, 0), (6, 0), (6, 6), (0, 6)],
    [[(1, 1), (1, 3), (3, 3), (3, 1)], [(3, 3), (3, 5), (5, 5), (5, 3)]],
)
CASES = {
    "touching squares": SQUARES,
    "a hole that another fills": np.array([HOLED, box(1, 1, 3, 3)]),
    "an island within a hole of a lake": np.array([HOLED, MultiPolygon([box(1.5, 1.5, 2, 2)])]),
    "parts that touch at a vertex": np.array(
        [MultiPolygon([box(0, 0, 1, 1), box(1, 1, 2, 2)]), box(1, 0, 2, 1)]
    ),
    "borders cut at other vertices": np.array(
        [box(0, 0, 1, 3), Polygon([(1, 0), (2, 0), (2, 3), (1, 3), (1, 2), (1, 1)])]
    ),
    "overlapping": np.array([box(0, 0, 3, 3), box(1, 1, 5, 5), box(0, 0, 6, 6)]),
    "the same twice": np.array([box(0, 0, 1, 1), box(0, 0, 1, 1), box(0, 0, 1, 1)]),
    "more than eight at one vertex": np.array(
        [
            Polygon([(0, 0), (np.cos(a), np.sin(a)), (np.cos(a + 0.4), np.sin(a + 0.4))])
            for a in np.linspace(0, 6, 16)
        ]
    ),
    "a sliver": np.array([Polygon([(0, 0), (10, 1e-12), (10, 0)]), box(0, -1, 10, 0)]),
    "a needle across everything": np.array(
        [Polygon([(-170, -80), (170, 80), (170, 80.0001)]), box(-1, -1, 1, 1)]
    ),
    "a dot and a continent": np.array([box(0, 0, 1e-7, 1e-7), box(-100, -60, -1, 60)]),
    "far from the origin": shapely.transform(
        SQUARES, lambda xy: xy / 1000 + (113.123456, 22.654321)
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_every_engine_answers_as_within(name: str) -> None:
    shapes = CASES[name]
    lon, lat = near_borders(shapes, np.random.default_rng(7))
    compare(shapes, lon, lat)


def star(rng: np.random.Generator, digits: int) -> Polygon | MultiPolygon | None:
    angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 40)))
    radius = rng.uniform(0.2, 3, len(angle))
    middle = rng.uniform(-3, 3, 2)
    xy = middle + np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None]
    shape = shapely.make_valid(Polygon(np.round(xy, digits)))
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 0]
    return MultiPolygon(parts) if len(parts) > 1 else (parts[0] if parts else None)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), digits=st.integers(0, 6))
def test_random_outlines(seed: int, digits: int) -> None:
    """Overlapping stars, and the partition they cut the plane into, with holes and parts."""
    rng = np.random.default_rng(seed)
    stars = [s for s in (star(rng, digits) for _ in range(rng.integers(1, 5))) if s]
    if not stars:
        return
    shapes = np.array(stars, dtype=object)
    shapes = shapes[shapely.is_valid(shapes)]
    if len(shapes):
        compare(shapes, *near_borders(shapes, rng))
    lines = shapely.unary_union(shapely.boundary(np.array([*stars, box(-5, -5, 5, 5)])))
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    owner = rng.integers(0, 4, len(pieces))
    owned = [shapely.union_all(pieces[owner == k]) for k in range(4) if (owner == k).any()]
    areas = np.array(owned, dtype=object)
    compare(areas, *near_borders(areas, rng))


def leaves() -> np.ndarray:
    table = gpd.read_file(ROOT / "geodata" / "regions.geojson").sort_values("code")
    return table.geometry.to_numpy()


def test_the_workspace_s_own_outlines() -> None:
    """Vertices, points between them, and points as coarse as postings are."""
    shapes, rng = leaves(), np.random.default_rng(3)
    xy = shapely.get_coordinates(shapes)
    xy = xy[rng.permutation(len(xy))[:4000]]
    points = np.concatenate(
        [xy, (xy + np.roll(xy, 1, axis=0)) / 2, np.round(xy + rng.normal(0, 0.05, xy.shape), 4)]
    )
    lon, lat = points.T.copy()
    wanted = Locator(shapes, "tree").locate(lon, lat)
    for engine in engines():
        assert np.array_equal(Locator(shapes, engine).locate(lon, lat), wanted), engine


def test_few_points_are_left_unsure() -> None:
    """The grid decides by itself wherever no point lies on a border."""
    shapes, rng = leaves(), np.random.default_rng(5)
    middles = shapely.get_coordinates(shapely.point_on_surface(shapes))
    lon, lat = (np.repeat(middles, 500, axis=0) + rng.normal(0, 0.05, (60500, 2))).T.copy()
    grid = build_grid(shapes)
    found = locate_plain(grid, lon, lat)
    assert np.mean(found == UNSURE) < 1e-4
    assert np.mean(grid.table == UNSURE) < 1e-6
    assert len(np.unique(found)) > 100


def test_a_shared_border_belongs_to_the_lowest_code() -> None:
    regions = Regions(
        gpd.GeoDataFrame(
            {"leaf": True},
            index=["b", "c", "a"],
            geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1), box(0, 1, 2, 2)],
            crs=4326,
        )
    )
    points = shapely.points([1.0, 1.0, 0.5, 0.5, 2.001, 9.0], [0.5, 1.0, 1.0, 0.5, 0.5, 9.0])
    for engine in ENGINES:
        codes, outside = assign_points(points, regions, np.full(6, 500.0), engine=engine)
        assert codes.tolist() == ["b", "a", "a", "b", "c", None]
        assert outside.tolist() == [False, False, False, False, True, False]


def test_the_engine_is_chosen_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    import hubmap.assign.engine as module

    monkeypatch.setattr(module, "find_spec", lambda name: object())
    assert choose_engine(SQUARES, 1000) == "tree"
    assert choose_engine(SQUARES, 10**6) == "grid"
    assert choose_engine(SQUARES, 10**8) == "compiled"
    assert choose_engine(SQUARES, 1000, "compiled") == "compiled"
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert choose_engine(SQUARES, 10**8) == "grid"
    lines = shapely.boundary(SQUARES)
    assert choose_engine(lines, 10**8, "grid") == "tree"


def test_without_numba_the_compiled_engine_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    from hubmap.assign import compiled

    compiled._kernel.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtra, match=r"hubmap\[fast\]"):
        Locator(SQUARES, "compiled").prepare()
    compiled._kernel.cache_clear()


def test_the_grid_is_kept_under_its_outlines(tmp_path: Path) -> None:
    grid = cached_grid(SQUARES, tmp_path)
    (kept,) = tmp_path.iterdir()
    assert grid_digest(SQUARES)[:24] in kept.name
    before = kept.stat().st_mtime_ns
    again = cached_grid(SQUARES, tmp_path)
    assert kept.stat().st_mtime_ns == before
    for name in grid.__dataclass_fields__:
        assert np.array_equal(getattr(grid, name), getattr(again, name))
    # Other outlines, or the same in another order, take another grid; the old one goes.
    cached_grid(SQUARES[::-1], tmp_path)
    (other,) = tmp_path.iterdir()
    assert other.name != kept.name


def test_the_same_outlines_give_the_same_bytes(tmp_path: Path) -> None:
    cached_grid(leaves(), tmp_path / "a")
    cached_grid(leaves(), tmp_path / "b")
    (a,), (b,) = (tmp_path / "a").iterdir(), (tmp_path / "b").iterdir()
    assert a.name == b.name
    with np.load(a) as one, np.load(b) as two:
        assert all(one[name].tobytes() == two[name].tobytes() for name in one)


def test_a_spoilt_grid_is_made_again(tmp_path: Path) -> None:
    grid = cached_grid(SQUARES, tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    arrays = {name: getattr(grid, name) for name in grid.__dataclass_fields__}
    for spoilt in (b"", b"not a grid", whole[: len(whole) // 2]):
        path.write_bytes(spoilt)
        assert read_grid(path, len(SQUARES)) is None
        assert np.array_equal(cached_grid(SQUARES, tmp_path).table, grid.table)
    astray = {
        "table": np.where(grid.table < UNSURE, -(2**31), grid.table).astype(np.int32),
        "local": grid.local + np.int32(99),
        "first": grid.first[::-1].copy(),
        "inside": np.full_like(grid.inside, 255),
        "edges": grid.edges[:-1],
        "toggles": grid.toggles.astype(np.int64),
        "frame": np.array([{}], dtype=object),
    }
    for name, values in astray.items():
        np.savez(path, **{**arrays, name: values})
        assert read_grid(path, len(SQUARES)) is None, name


def test_a_folder_that_takes_no_file_takes_no_grid(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("no folder")
    assert np.array_equal(cached_grid(SQUARES, taken).table, build_grid(SQUARES).table)


def test_arrays_that_may_not_be_written_to() -> None:
    lon, lat = near_borders(SQUARES, np.random.default_rng(1))
    lon.flags.writeable = lat.flags.writeable = False
    compare(SQUARES, lon, lat)
    compare(SQUARES, lon[::3], lat[::3])


def test_points_in_the_sea_belong_to_the_nearest_outline() -> None:
    """The edges one by one, against each outline as a whole."""
    from hubmap.geodesy import plane_of

    shapes, rng = leaves(), np.random.default_rng(11)
    xy = shapely.get_coordinates(shapes)
    lon, lat = (xy[rng.permutation(len(xy))[:3000]] + rng.normal(0, 0.02, (3000, 2))).T.copy()
    lost = Locator(shapes, "tree").locate(lon, lat) < 0
    lon, lat = lon[lost], lat[lost]
    reach = rng.choice([100.0, 300.0, 2000.0], len(lon))
    crs = plane_of(box(*shapely.total_bounds(shapes)))
    land = gpd.GeoSeries(shapes, crs=4326).to_crs(crs).to_numpy()
    flat = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(crs).to_numpy()
    distance = shapely.distance(flat[:, None], land[None, :])
    wanted = np.where(distance.min(axis=1) <= reach, distance.argmin(axis=1), -1)
    assert np.array_equal(Shore(shapes).nearest(lon, lat, reach), wanted)
    assert 100 < np.count_nonzero(wanted >= 0) < len(wanted)
