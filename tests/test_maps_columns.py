"""What travels into the page comes out as it went in."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import union_all
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from hubmap.maps import columns
from hubmap.maps.pack import pack, unpack


def numbers(coded: object, *, signed: bool = True) -> list[int]:
    """The page's decoder, in Python."""
    assert isinstance(coded, bytes)
    found, value, shift = [], 0, 0
    for byte in coded:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append((-(value + 1) // 2 if value % 2 else value // 2) if signed else value)
            value, shift = 0, 0
    return found


@given(st.lists(st.integers(-(2**48), 2**48)))
def test_whole_numbers_return(values: list[int]) -> None:
    assert numbers(columns.varints(values)) == values
    positive = [abs(v) for v in values]
    assert numbers(columns.varints(positive, signed=False), signed=False) == positive


@given(st.lists(st.none() | st.integers(-(10**6), 10**6), min_size=1))
def test_numbers_with_gaps_return(values: list[int | None]) -> None:
    coded = columns.encode_numbers([None if v is None else float(v) for v in values])
    if coded["t"] == "num":
        assert all(v is None for v in coded["v"])
        return
    found: list[int | None] = list(np.cumsum(numbers(coded["d"])))
    for place in np.cumsum(numbers(coded.get("m", b""))):
        found[int(place)] = None
    assert found == values


@given(st.lists(st.none() | st.text(max_size=5), min_size=1))
def test_texts_return(values: list[str | None]) -> None:
    coded = columns.encode_text(values)
    if coded["t"] == "text":
        assert coded["v"] == values
    else:
        assert [
            coded["v"][i - 1] if i else None for i in numbers(coded["i"], signed=False)
        ] == values


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
    assert numbers(coded["columns"]["flag"]["i"], signed=False) == [2, 1]
    assert coded["columns"]["share"] == {"t": "num", "v": [0.25, None]}
    assert coded["columns"]["name"] == {"t": "dict", "v": ["a"], "i": bytes([1, 0])}
    assert numbers(coded["columns"]["year"]["m"]) == [1]


def decoded(coded: dict[str, object]) -> list[list[list[tuple[int, int]]]]:
    counts = iter(numbers(coded["c"], signed=False))
    corners = zip(np.cumsum(numbers(coded["x"])), np.cumsum(numbers(coded["y"])), strict=True)
    rings = [
        [[next(corners) for _ in range(next(counts))] for _ in range(next(counts))]
        for _ in range(int(str(coded["n"])))
    ]
    return [[[(int(x), int(y)) for x, y in ring] for ring in shape] for shape in rings]


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


@given(st.lists(st.tuples(st.floats(70, 140), st.floats(15, 55)), min_size=1))
def test_the_curve_visits_every_point_once(points: list[tuple[float, float]]) -> None:
    lon, lat = np.asarray(points).T
    assert sorted(columns.morton(lon, lat)) == list(range(len(points)))


def test_the_curve_makes_steps_short() -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(113, 115, 20_000), rng.uniform(22, 23, 20_000)
    order = columns.morton(lon, lat)
    plain, sorted_ = (len(columns.encode_degrees(v)["d"]) for v in (lon, lon[order]))
    assert sorted_ < 0.75 * plain


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.binary(),
        lambda inner: (
            st.dictionaries(st.text(), inner, max_size=4)
            | st.lists(st.dictionaries(st.text(), inner, max_size=3), max_size=4)
        ),
        max_leaves=12,
    )
)
def test_what_is_packed_returns(content: object) -> None:
    text = pack({"content": content})
    assert unpack(text) == {"content": content}
    assert pack({"content": content}) == text
    assert not set(text) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")


def test_what_cannot_be_shown_is_refused_or_kept() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        pack({"a": float("nan")})
    assert unpack(pack({"a": "x\ud800"})) == {"a": "x\ud800"}
