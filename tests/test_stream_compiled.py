"""Compiled counting: the same answers as NumPy's and pyproj's, to the last bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from numpy.typing import NDArray
from shapely import box

from hubmap.assign.engine import Locator
from hubmap.geodata.recipe import EntitySource
from hubmap.layers.assign import Shore
from hubmap.layers.cells import hexagon_size
from hubmap.stream.batch import Plan
from hubmap.stream.coast import make_coast
from hubmap.stream.columns import Employers, categories
from hubmap.stream.compiled import FAR, UNSURE, kernel
from hubmap.stream.lattice import Lattice
from hubmap.stream.parts import Part
from hubmap.stream.run import added, count_part
from hubmap.stream.sketch import hashed, mixed
from hubmap.stream.tally import Tally

pytest.importorskip("numba", reason="the extra `fast` is not installed")

Floats, Places = NDArray[np.float64], NDArray[np.int32]

# Two districts that share a border, an island, and one with long straight edges.
SHAPES = np.array(
    [
        box(113.0, 22.0, 114.0, 23.0),
        box(114.0, 22.2, 115.0, 23.0),
        shapely.Point(114.5, 21.9).buffer(0.1),
        shapely.Polygon([(115.5, 22), (119.5, 24.5), (115.5, 24.5)]),
    ]
)
RECIPE = {
    "file": "many",
    "kind": "postings",
    "title": "Made",
    "licence": "made",
    "attribution": "made",
    "precision_m": 800,
    "datum": "GCJ-02",
    "columns": {"name": "role", "lon": "lon", "lat": "lat", "category": "role", "case": "ai"},
    "stream": {"month": "month", "employer": "employer", "sample": 500, "least": 2},
}


def rows(seed: int, many: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "lon": np.round(rng.uniform(112.8, 119.8, many), 5),
            "lat": np.round(rng.uniform(21.6, 24.7, many), 5),
            "month": rng.choice(["2024-01", "2024-02", None], many),
            "role": rng.choice(["data", "research", None], many),
            "employer": rng.choice([*map(str, range(400)), None], many),
            "ai": rng.random(many) < 0.5,
            "weight": np.round(rng.random(many), 3),
        }
    )
    # Half of them near the shores, where it is decided who has them.
    near = shapely.get_coordinates(
        shapely.line_interpolate_point(
            shapely.boundary(SHAPES)[rng.integers(0, len(SHAPES), many // 2)],
            rng.random(many // 2),
            normalized=True,
        )
    ) + rng.normal(0, 0.006, (many // 2, 2))
    table.loc[: many // 2 - 1, ["lon", "lat"]] = near
    table.loc[5, "lon"] = np.nan
    return table


def plan(engine: str, **changed: object) -> Plan:
    recipe = {**RECIPE, **changed}
    source = EntitySource.model_validate(recipe)
    reach = source.precision_m or 0.0
    lattices = [
        Lattice("one", shapely.union_all(SHAPES[:3]), 2.0, np.array([1, 1, 1, 0], bool), reach),
        Lattice("two", SHAPES[3], 25.0, np.array([0, 0, 0, 1], bool), reach),
    ]
    return Plan(source, Locator(SHAPES, engine), lattices)


def same(one: Tally, other: Tally) -> bool:
    return (
        one.groups == other.groups
        and one.rows == other.rows
        and one.districts.tobytes() == other.districts.tobytes()
        and one.cells.tobytes() == other.cells.tobytes()
        and np.array_equal(one.sketches, other.sketches)
        and one.sample is not None
        and one.sample.equals(other.sample)
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_the_same_tally(tmp_path: Path, weighted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    import hubmap.stream.run as run

    monkeypatch.setattr(run, "_BATCH", 1 << 12)
    columns = {**RECIPE["columns"], **({"weight": "weight"} if weighted else {})}
    parts = []
    for k in range(3):
        table = pa.Table.from_pandas(rows(k, 20_000), preserve_index=False)
        pq.write_table(table, tmp_path / f"{k}.parquet")
        parts.append(Part(str(tmp_path / f"{k}.parquet")))
    tallies = {}
    for engine in ("tree", "compiled"):
        how = plan(engine, columns=columns)
        one, two, three = (count_part(how, part) for part in parts)
        tallies[engine] = added(how, added(how, one, two), three)
    assert same(tallies["tree"], tallies["compiled"])
    found = tallies["compiled"].rows
    assert min(found["within"], found["sea"], found["outside"]) > 1000
    assert tallies["compiled"].districts.sum() == pytest.approx(
        found["within"] + found["sea"], rel=0.6
    )


def test_employers_as_numbers_and_as_names() -> None:
    names = np.array(["b", "a", "b", "c"], dtype=object)
    employers = Employers()
    other = pa.array(["z", "b"]).dictionary_encode()
    for column in (pa.array(names), pa.array(names).dictionary_encode(), other, pa.array(names)):
        prints, stated = employers(column)
        assert np.array_equal(mixed(prints), hashed(np.array(column.to_pylist(), dtype=object)))
        assert stated.all()
    prints, stated = employers(pa.array([7, None, 9, None]))
    assert np.array_equal(mixed(prints)[[0, 2]], hashed(np.array([7, 9])))
    assert stated.tolist() == [1, 0, 1, 0]
    assert employers(pa.array([None, None], pa.string()))[1].tolist() == [0, 0]


def test_codes_leave_room_for_what_is_absent() -> None:
    full = pa.array([f"c{k}" for k in range(127)] + [None])
    narrow = pa.DictionaryArray.from_arrays(
        pa.array([*range(127), None], pa.int8()), full.drop_null()
    )
    for column in (full, narrow):
        names, codes = categories(pa.record_batch({"c": column}), "c")
        assert [names[code] for code in codes] == [*full.drop_null().to_pylist(), ""]


def test_hexagons_by_interpolation_are_those_of_the_projection() -> None:
    how = plan("compiled")
    rng = np.random.default_rng(3)
    for k, (lattice, shape) in enumerate(zip(how.lattices, (SHAPES[0], SHAPES[3]), strict=True)):
        west, south, east, north = shape.bounds
        lon, lat = rng.uniform(west, east, 40_000), rng.uniform(south, north, 40_000)
        # And points on the borders of hexagons, half a side and a hair from a middle.
        x, y = lattice.middles(lattice.places(lon[:2000], lat[:2000]))
        angle = rng.uniform(0, 2 * np.pi, 2000)
        away = hexagon_size(lattice.area_km2) * np.sqrt(3) / 2 / 111_320
        lon = np.append(lon, x + away * np.cos(angle) / np.cos(np.radians(y)))
        lat = np.append(lat, y + away * np.sin(angle))
        places = placed(how, lon, lat, int(np.flatnonzero(lattice.districts)[0]))
        sure = places != UNSURE
        wanted = lattice.places(lon, lat) + how.first_cells[k]
        assert np.array_equal(places[sure], wanted[sure])
        assert sure[:40_000].mean() > 0.99
    assert (placed(how, lon, lat, -1) == FAR).all()


def placed(how: Plan, lon: Floats, lat: Floats, district: int) -> Places:
    charts, places = how.charts, np.empty((len(lon), how.charts.deep), dtype=np.int32)
    unsure = kernel("place_rows")(
        lon, lat, np.full(len(lon), district, dtype=np.int32), charts.first, charts.which,
        charts.frames, charts.shapes, charts.nodes, places,
    )  # fmt: skip
    assert unsure == np.count_nonzero(places == UNSURE)
    return places[:, 0]


@pytest.mark.parametrize("reach", [50.0, 800.0, 20_000.0])
def test_the_nearest_outline_is_shapelys(reach: float) -> None:
    shore = Shore(SHAPES)
    coast = make_coast(SHAPES, shore, reach)
    assert coast is not None
    rng = np.random.default_rng(1)
    corners = shapely.get_coordinates(SHAPES)
    at = np.concatenate(
        [
            rng.uniform((112.7, 21.5), (120, 25), (4000, 2)),
            corners[rng.integers(0, len(corners), 8000)]
            + rng.normal(0, 1.5 * reach / 111_000, (8000, 2)),
        ]
    )
    at = at[~shapely.intersects_xy(shapely.union_all(SHAPES), *at.T)]
    lon, lat = np.ascontiguousarray(at[:, 0]), np.ascontiguousarray(at[:, 1])
    found = np.empty(len(lon), dtype=np.int32)
    kernel("nearest_rows")(lon, lat, *coast, reach, found)
    sure = found != UNSURE
    wanted = shore.nearest(lon, lat, np.full(len(lon), reach))
    assert np.array_equal(found[sure], wanted[sure])
    assert len(np.unique(wanted)) == len(SHAPES) + 1
    assert sure.mean() > 0.7


def test_far_north_there_is_no_coast_by_cells() -> None:
    shapes = np.array([box(10, 78, 12, 81)])
    assert make_coast(shapes, Shore(shapes), 300.0) is None
