"""Files as publishers leave them: each row is read, or rejected with its line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hubmap.errors import HubmapError, TableError
from hubmap.geodata.read import Manner, Rows, original_cells, read_rows

CITIES = ["北京", "上海", "杭州", "广州", "深圳", "珠海", "佛山", "东莞"]
TRADITIONAL = ["臺北市信義區", "高雄市鹽埕區", "新竹縣竹北市", "臺中市西屯區"]


def read(path: Path, **manner: object) -> Rows:
    return read_rows(path.parent, path.name, Manner(**manner))  # type: ignore[arg-type]


def refused(path: Path, **manner: object) -> str:
    with pytest.raises(TableError) as error:
        read(path, **manner)
    return str(error.value)


def put(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def chinese(names: list[str], rows: int = 60) -> str:
    return "编号,城市\n" + "".join(
        f"{n},{names[n % len(names)]}科技有限公司\n" for n in range(rows)
    )


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("gbk", "gb18030"),
        ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"),
    ],
)  # fmt: skip
def test_simplified_in_each_encoding(encoding: str, told: str, tmp_path: Path) -> None:
    rows = read(put(tmp_path / "a.csv", chinese(CITIES), encoding))
    assert rows.encodings == [told]
    assert list(rows.cells["城市"][:2]) == ["北京科技有限公司", "上海科技有限公司"]


def test_traditional_in_big5_and_gb18030(tmp_path: Path) -> None:
    text = "編號,地址\n" + "".join(f"{n},{TRADITIONAL[n % 4]}公司\n" for n in range(80))
    assert read(put(tmp_path / "a.csv", text, "big5")).encodings == ["big5"]
    rows = read(put(tmp_path / "b.csv", text, "big5"), encoding="big5")
    assert rows.cells["地址"][0] == "臺北市信義區公司"


def test_too_little_to_tell_is_not_guessed(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "id,name\n1,深圳", "gb18030")
    assert "name its `encoding`" in refused(path)
    assert read(path, encoding="gb18030").cells["name"][0] == "深圳"
    assert "encoding 'gb' is unknown" in refused(path, encoding="gb")


def test_bytes_that_are_not_in_the_encoding_reject_their_row(tmp_path: Path) -> None:
    body = chinese(CITIES).encode("gb18030").split(b"\n")
    body[3] = b"2,\xff\xff"
    rows = read(put(tmp_path / "a.csv", b"\n".join(body)), encoding="gb18030")
    assert [(one.line, one.reason) for _, one in rows.unread] == [
        (4, "holds bytes that are not in the encoding")
    ]
    assert len(rows.lines) == 59


def test_double_encoding_is_told_and_repaired_only_on_request(tmp_path: Path) -> None:
    text = chinese(CITIES).encode("gb18030").decode("latin-1")
    path = put(tmp_path / "a.csv", text)
    plain = read(path)
    assert "double-encoded" in plain.notes[0]
    assert plain.cells.iloc[0, 1] == "北京科技有限公司".encode("gb18030").decode("latin-1")
    mended = read(path, repair="double-encoded")
    assert mended.cells.iloc[0, 1] == "北京科技有限公司"
    assert mended.encodings == ["utf-8, double-encoded gb18030 repaired"]
    broken = put(tmp_path / "b.csv", text + "61,\u00b1\u00b1\u00be\n")
    assert [u.line for _, u in read(broken, repair="double-encoded").unread] == [62]
    assert "is asked for, but the text is not" in refused(
        put(tmp_path / "c.csv", chinese(CITIES)), repair="double-encoded"
    )


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiters_are_found(delimiter: str, tmp_path: Path) -> None:
    lines = [["id", "name, long", "x"], *([str(n), "a, b", "1,5"] for n in range(9))]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(lines)
    assert read(put(tmp_path / "a.csv", text.getvalue())).columns == lines[0]


def test_odd_rows_are_told_by_line(tmp_path: Path) -> None:
    text = (
        "id,name,note\n"
        '1,One,"two\nlines"\n'
        "id,name,note\n"
        "\n"
        "2,Two\n"
        "3,Three,x,\n"
        "4,Four,x,y\n"
        '5,"open,quote\n'
        "6,Six,z\n"
    )
    rows = read(put(tmp_path / "a.csv", text))
    assert [int(line) for line in rows.lines] == [2, 7, 10]
    assert list(rows.cells["id"]) == ["1", "3", "6"]
    found = {one.line: one.reason for _, one in rows.unread}
    assert sorted(found) == [4, 6, 8, 9]
    assert found[4] == "repeats the header"
    assert "it has 2 cells where the header has 3" in found[6]
    assert "not closed" in found[9]


def test_lines_are_right_in_the_quick_way_too(tmp_path: Path) -> None:
    text = "id,name,n\n" + "".join(f'{n},"N, {n}",x\n' for n in range(5000))
    text += "short\n" + "".join(f"{n},N,x\n" for n in range(5000, 9000)) + "id,name,n\n9000,N,x"
    rows = read(put(tmp_path / "a.csv", text))
    assert [one.line for _, one in rows.unread] == [5002, 9003]
    assert [int(line) for line in rows.lines[[0, 4999, 5000, -1]]] == [2, 5001, 5003, 9004]
    assert rows.cells["name"][7] == "N, 7"


def test_header_is_named_where_the_file_has_none(tmp_path: Path) -> None:
    rows = read(put(tmp_path / "a.csv", "1,One\n2,Two\n"), header=("id", "name"))
    assert list(rows.cells["name"]) == ["One", "Two"]
    assert list(rows.lines) == [1, 2]


def test_nested_json_makes_one_row_an_element(tmp_path: Path) -> None:
    content = [
        {"name": "A", "where": {"city": "X"}, "campuses": [{"lon": 1.5}, {"lon": 2}], "k": [1, 2]},
        {"name": "B", "campuses": []},
        7,
    ]
    path = put(tmp_path / "a.json", json.dumps(content))
    rows = read(path, paths=("name", "campuses[].lon", "k[1]"))
    assert list(rows.cells["campuses[].lon"]) == ["1.5", "2", ""]
    assert list(rows.cells["where.city"]) == ["X", "X", ""]
    assert rows.cells["k[1]"][0] == "2"
    assert list(rows.lines) == [1, 1, 2]
    assert rows.unread[0][1][:2] == (3, "is no JSON object")
    nested = put(tmp_path / "b.json", json.dumps({"data": {"items": content[:2]}}))
    assert len(read(nested, rows="data.items").lines) == 2
    assert "Name the list by the key `rows`" in refused(nested)
    assert "cannot both be made into rows" in refused(path, paths=("a[].x", "b[].y"))


def test_json_lines(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", '{"a": {"b": 1}}\n\n{broken\n{"a": {"b": "\\ud800"}}\n')
    rows = read(path)
    assert list(rows.cells["a.b"]) == ["1", "?"]
    assert (list(rows.lines), rows.unread[0][1].line) == ([1, 4], 3)


def test_excel(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    days = pd.to_datetime(["2020-01-02"] * 2)
    table = pd.DataFrame({"id": [1, 2], "name": ["甲", None], "d": days})
    with pd.ExcelWriter(path) as book:
        table.to_excel(book, sheet_name="One", index=False)
        pd.DataFrame({"x": [1]}).to_excel(book, sheet_name="Two", index=False)
    rows = read(path)
    assert rows.cells.iloc[0].to_dict() == {"id": "1", "name": "甲", "d": "2020-01-02T00:00:00"}
    assert (rows.unit, list(rows.lines)) == ("row", [2, 3])
    assert read(path, part="Two").columns == ["x"]
    assert "One, Two" in refused(path, part="Three")
    assert "not a readable Excel workbook" in refused(put(tmp_path / "b.xlsx", b"PK\3\4 no"))


def points(count: int = 3) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"id": range(count), "名称": ["甲"] * count},
        geometry=gpd.points_from_xy(np.arange(count) + 100.5, np.arange(count) + 20.25),
        crs="EPSG:4326",
    )


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "fgb", "shp", "parquet", "geoparquet"])
@pytest.mark.parametrize("crs", [4326, 3857])
def test_geodata(suffix: str, crs: int, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    table = points().to_crs(crs)
    if suffix.endswith("parquet"):
        table.to_parquet(path)
    else:
        table.to_file(path)
    rows = read(path)
    # FlatGeobuf keeps its features along a curve.
    places = sorted(
        zip(*(rows.cells[f"geometry.{x}"].astype(float) for x in ("lon", "lat")), strict=True)
    )
    assert np.allclose(places, [(100.5, 20.25), (101.5, 21.25), (102.5, 22.25)])
    assert list(rows.cells["名称"]) == ["甲"] * 3


def test_areas_become_points_only_on_request(tmp_path: Path) -> None:
    table = points(2)
    table.loc[1, "geometry"] = shapely.box(100, 20, 100.02, 20.02)
    table.to_file(tmp_path / "a.geojson")
    rows = read(tmp_path / "a.geojson")
    assert "holds a Polygon where points are needed" in rows.unread[0][1].reason
    rows = read(tmp_path / "a.geojson", areas=True)
    assert float(rows.cells["geometry.radius_m"][1]) == pytest.approx(1530, rel=0.05)


def test_parquet_structs_and_kinds(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"a": [{"b": 1.0, "c": ["x", "y"]}, None], "t": [True, False], "n": [1.5, None]}
    )
    table.to_parquet(tmp_path / "a.parquet")
    cells = read(tmp_path / "a.parquet").cells
    assert cells.to_dict("list") == {
        "a.b": ["1", ""], "a.c": ['["x", "y"]', ""], "t": ["true", "false"], "n": ["1.5", ""],
    }  # fmt: skip


def test_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    base = sqlite3.connect(path)
    base.execute('CREATE TABLE "odd ""name" (id, name)')
    base.executemany('INSERT INTO "odd ""name" VALUES (?, ?)', [(1, "甲"), (2, None), (3, b"\xff")])
    base.commit()
    assert list(read(path).cells["name"]) == ["甲", "", "\ufffd"]
    base.execute("CREATE TABLE two (x)")
    base.commit()
    base.close()
    assert "Name one by the key `part`" in refused(path)
    assert "file is not a database" in refused(put(tmp_path / "b.db", b"x" * 4096))


def test_packed_files(tmp_path: Path) -> None:
    text = "id,name\n1,One\n"
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert list(read(tmp_path / "a.csv.gz").cells["name"]) == ["One"]
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("../../in/deep.csv", text)
        archive.writestr("read me.doc", "x")
    assert list(read(tmp_path / "b.zip").cells["name"]) == ["One"]
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("one.csv", text)
        archive.writestr("two.csv", text.replace("One", "Two"))
    assert "holds one.csv, two.csv" in refused(tmp_path / "c.zip")
    assert list(read(tmp_path / "c.zip", part="two.csv").cells["name"]) == ["Two"]
    points().to_file(tmp_path / "shape.shp")
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for part in tmp_path.glob("shape.*"):
            archive.write(part, f"folder/{part.name}")
    assert len(read(tmp_path / "d.zip").lines) == 3
    assert "cannot be unpacked" in refused(put(tmp_path / "e.csv.gz", b"no gzip"))
    assert "cannot be unpacked" in refused(put(tmp_path / "f.zip", b"no zip"))


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hubmap.geodata.read import packed

    monkeypatch.setattr(packed, "SMALL", 1 << 20)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,b\n" * (1 << 20)))
    assert "far beyond its size" in refused(tmp_path / "a.csv.gz")
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"a,b\n" * (1 << 20))
    assert "far beyond its size" in refused(tmp_path / "b.zip")


def test_a_glob_reads_all_files(tmp_path: Path) -> None:
    put(tmp_path / "p_1.csv", "id,name\n1,One\n")
    put(tmp_path / "p_2.csv", "name,id,more\nTwo,2,x\n")
    rows = read(tmp_path / "p_*.csv")
    assert rows.cells.to_dict("list") == {
        "id": ["1", "2"],
        "name": ["One", "Two"],
        "more": ["", "x"],
    }
    assert list(rows.files) == [0, 1]
    cells = original_cells(tmp_path, "p_*.csv", Manner(), np.array([1]))
    assert cells.to_dict("list") == {"id": ["2"], "name": ["Two"], "more": ["x"]}
    assert "no file has such a name" in refused(tmp_path / "q_*.csv")


cell = st.text(st.characters(codec="utf-8"), max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(cell, min_size=1, max_size=5), min_size=1, max_size=12), st.booleans())
def test_no_table_crashes_and_no_row_is_lost(rows: list[list[str]], unix: bool) -> None:
    import tempfile

    text = io.StringIO()
    csv.writer(text, lineterminator="\n" if unix else "\r\n").writerows([["a", "b", "c"], *rows])
    with tempfile.TemporaryDirectory() as name:
        path = put(Path(name) / "a.csv", text.getvalue())
        full = [row for row in rows if any(cell.strip() for cell in row)]
        found = outcome(path, delimiter=",", encoding="utf-8")
        if isinstance(found, str):
            assert "no rows" in found
            assert not full
        else:
            assert len(found.lines) + len(found.unread) >= len(full)


def outcome(path: Path, **manner: object) -> Rows | str:
    """The rows, or the message of the error that names the file."""
    try:
        return read(path, **manner)
    except HubmapError as error:
        return str(error)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "jsonl", "csv.gz", "zip"])
@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=300)
    | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))
)
def test_no_bytes_crash_a_reader(suffix: str, content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        path = put(Path(name) / f"a.{suffix}", content)
        rows = outcome(path)
        if isinstance(rows, str):
            assert str(path) in rows
        else:
            assert len(rows.cells) == len(rows.lines)


@pytest.mark.parametrize("suffix", ["parquet", "xlsx", "sqlite", "geojson", "gpkg", "fgb", "shp"])
@settings(max_examples=15, deadline=None)
@given(content=st.binary(max_size=200))
def test_no_bytes_crash_a_binary_reader(suffix: str, content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        path = put(Path(name) / f"a.{suffix}", content)
        with pytest.raises(HubmapError):
            read(path)
