"""What travels into the page comes out as it went in."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from shapely import union_all
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from hubmap.maps import columns
from hubmap.maps.columns import ALPHABET


def numbers(coded: str) -> list[int]:
    """The page's decoder, in Python."""
    found, value, shift = [], 0, 0
    for character in coded:
        code = ALPHABET.index(character)
        value |= (code & 31) << shift
        shift += 5
        if not code & 32:
            found.append(-(value + 1) // 2 if value % 2 else value // 2)
            value, shift = 0, 0
    return found


@given(st.lists(st.integers(-(2**48), 2**48)))
def test_whole_numbers_return(values: list[int]) -> None:
    coded = columns.varints(values)
    assert numbers(coded) == values
    assert set(coded) <= set(ALPHABET)


@given(st.lists(st.none() | st.integers(-(10**6), 10**6), min_size=1))
def test_numbers_with_gaps_return(values: list[int | None]) -> None:
    coded = columns.encode_numbers([None if v is None else float(v) for v in values])
    if coded["t"] == "num":
        assert all(v is None for v in coded["v"])
        return
    found: list[int | None] = list(np.cumsum(numbers(coded["d"])))
    for place in np.cumsum(numbers(coded.get("m", ""))):
        found[int(place)] = None
    assert found == values


@given(st.lists(st.none() | st.text(max_size=5), min_size=1))
def test_texts_return(values: list[str | None]) -> None:
    coded = columns.encode_text(values)
    if coded["t"] == "text":
        assert coded["v"] == values
    else:
        assert [coded["v"][i - 1] if i else None for i in numbers(coded["i"])] == values


def test_a_table_keeps_types_and_gaps() -> None:
    frame = pd.DataFrame(
        {
            "flag": [True, False],
            "share": [0.25, np.nan],
            "name": pd.array(["a", None], dtype="str"),
            "year": pd.array([1990, None], dtype="Int64"),
        }
    )
    coded = columns.encode_table(frame)
    assert coded["n"] == 2
    assert numbers(coded["columns"]["flag"]["i"]) == [2, 1]
    assert coded["columns"]["share"] == {"t": "num", "v": [0.25, None]}
    assert coded["columns"]["name"] == {"t": "dict", "v": ["a"], "i": columns.varints([1, 0])}
    assert numbers(coded["columns"]["year"]["m"]) == [1]


def decoded(coded: dict[str, object]) -> list[list[list[tuple[int, int]]]]:
    stream = iter(numbers(str(coded["d"])))
    shapes, x, y = [], 0, 0
    for _ in range(int(str(coded["n"]))):
        rings = []
        for _ in range(next(stream)):
            ring = []
            for _ in range(next(stream)):
                x, y = x + next(stream), y + next(stream)
                ring.append((x, y))
            rings.append(ring)
        shapes.append(rings)
    return shapes


def test_paths_return_to_the_lattice() -> None:
    holed = Polygon(box(0, 0, 1, 1).exterior.coords, [box(0.2, 0.2, 0.4, 0.4).exterior.coords])
    shapes = [MultiPolygon([holed, box(2, 2, 3, 3)]), LineString([(0, 0), (1, 1)]), Polygon()]
    found = decoded(columns.encode_paths(gpd.GeoSeries(shapes, crs=4326)))
    assert [len(rings) for rings in found] == [3, 1, 0]
    assert {len(ring) for ring in found[0]} == {4}
    assert found[1] == [[(0, 0), (10_000, 10_000)]]


def test_neighbours_go_on_sharing_their_edge() -> None:
    left = Polygon([(0, 0), (0.123456, 0.05), (0.12341, 0.1), (0, 0.1)])
    right = Polygon([(0.3, 0), (0.3, 0.1), (0.12341, 0.1), (0.123456, 0.05), (0, 0)])
    first, second = decoded(columns.encode_paths(gpd.GeoSeries([left, right], crs=4326)))
    assert set(first[0]) & set(second[0]) == {(0, 0), (1235, 500), (1234, 1000)}
    assert union_all([Polygon(first[0]), Polygon(second[0])]).geom_type == "Polygon"


def test_points_are_a_metre_true() -> None:
    lon = np.asarray([113.123456, 113.2])
    coded = columns.encode_degrees(lon)
    assert np.abs(np.cumsum(numbers(coded["d"])) * coded["s"] - lon).max() <= 0.5e-5 + 1e-12
    assert Point(lon[0], 0).x == lon[0]
