"""What the fuzzers start from: heads of the real files where they are, else small ones of ours."""

from __future__ import annotations

import gzip
import io
import json
import os
import sqlite3
import tempfile
import zipfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("HUBMAP_SHARED", ROOT.parent / "shared")) / "data"
_HEAD = 1500

CSV = (
    b"id,name,lon,lat,founded,city,salary,when\n"
    b'1,First,10.05,50.05,2012,Example City,"[12000, 22000]",2023-07-01\n'
    b'2,"Second, Ltd",10.06,50.15,2018,North District,1-1.5\xe4\xb8\x87,2023/7/1\n'
    b'3,"Th""ird\nline",10.10,50.04,2020,,15-30K,1690000000\n'
)
RECORDS = [
    {"id": "1", "name": "First", "where": {"lon": 10.05, "lat": 50.05}, "tags": ["a", "b"]},
    {"id": "2", "name": "Second", "where": {"lon": 10.06, "lat": None}, "tags": []},
]
SHAPES = (
    "POINT (10.05 50.05)", "POINT EMPTY", "POINT Z (10 50 7)", "POINT (nan nan)",
    "POINT (1e300 -1e300)", "MULTIPOINT ((10 50), (11 51))", "LINESTRING (0 0, 1 1)",
    "LINESTRING (179 10, -179 10)", "POLYGON EMPTY",
    "POLYGON Z ((0 0 1, 1 0 2, 1 1 nan, 0 0 1))", "POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))",
    "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (0 0, 1 1, 1 0, 0 0))",
    "POLYGON ((0 0, 2 0, 1 1, 2 2, 0 2, 1 1, 0 0))",
    "POLYGON ((170 -10, -170 -10, -170 10, 170 10, 170 -10))",
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((1 1, 2 1, 2 2, 1 1)))",
    "POLYGON ((-1e9 -1e9, 1e9 -1e9, 1e9 1e9, -1e9 1e9, -1e9 -1e9))",
    "GEOMETRYCOLLECTION (POINT (1 1), POLYGON ((0 0, 1 0, 1 1, 0 0)))",
    "GEOMETRYCOLLECTION EMPTY",
)  # fmt: skip
TEXTS = (
    "浙江杭州", "上海上海浦东新区", "广东省-深圳市", "吉林", "Jilin, Jilin", "Guangzhou/Shenzhen",
    "Hong Kong SAR, China", "美国旧金山", "南京路", "朝阳区", "Xi'an (Shaanxi)", "", " ", "，、;|",
)  # fmt: skip
PAY = (
    "15-30K·13薪", "1-1.5万", "[12000, 22000]", "面议", "$180B", "1,234.5", "8千-1.2万/月",
    "200元/天", "20万以上/年", "US$ 3.5 bn", "12 %", "１２３", "1e5", "-",
)  # fmt: skip
DATES = (
    "2023-07-01",
    "2023年7月1日",
    "1690000000",
    "1690000000000",
    "2023",
    "7/1/23",
    "0000-00-00",
)
RECIPE = """\
file = "firms.csv"
kind = "companies"
title = "Firms"
licence = "CC0"
attribution = "us"
precision_m = 100
faults = "reject"
limits = { max_rejected = 0.5, same_place = 3 }
[columns]
id = "id"
name = "name"
lon = "lon"
lat = "lat"
[convert]
salary = { method = "salary" }
when = { method = "date", formats = ["%Y-%m-%d", "epoch"] }
"""


def _heads(pattern: str, size: int = _HEAD) -> list[bytes]:
    return [path.read_bytes()[:size] for path in sorted(SHARED.glob(pattern))]


def _lines(pattern: str, lines: int = 400) -> list[bytes]:
    found: list[bytes] = []
    for path in sorted(SHARED.glob(pattern)):
        with path.open("rb") as file:
            found += [line.strip()[:300] for _, line in zip(range(lines), file, strict=False)]
    return found


@cache
def csv() -> list[bytes]:
    return [CSV, CSV.decode().encode("gb18030"), CSV.decode().encode("utf-16"),
            CSV.replace(b",", b"\t"), *_heads("*/*.csv")]  # fmt: skip


@cache
def records() -> list[bytes]:
    own = json.dumps(RECORDS).encode()
    head = next(iter(_heads("universities/*.json", 60_000)), b"")
    try:
        real = json.JSONDecoder().raw_decode(head.decode("utf-8", "ignore")[1:].lstrip())[0]
    except ValueError:
        return [own]
    return [own, json.dumps([real], ensure_ascii=False).encode()]


@cache
def json_lines() -> list[bytes]:
    own = b"\n".join(json.dumps(record).encode() for record in RECORDS)
    return [own, *(head.rsplit(b"\n", 1)[0] for head in _heads("*/*.jsonl", 4000))]


@cache
def recipes() -> list[bytes]:
    return [RECIPE.encode(), *(p.read_bytes() for d in ("geodata", "layers", "maps")
                               for p in sorted((ROOT / d).glob("*.toml")))]  # fmt: skip


@cache
def places() -> list[bytes]:
    real = [line.replace(b",", b" ") for line in _lines("companies/*.csv")]
    real += _lines("job_postings/51job*.csv") + _lines("gazetteers/*.csv")
    return [text.encode() for text in TEXTS] + real


@cache
def cells() -> list[bytes]:
    own = [text.encode() for text in (*PAY, *DATES, "['a', 'b']", '["x", 1]', "a/b、c")]
    real = [cell for line in _lines("job_postings/*.csv", 150) for cell in line.split(b",")]
    return own + sorted({cell for cell in real if cell})


@cache
def wkb() -> list[bytes]:
    import shapely

    return [shapely.to_wkb(shapely.from_wkt(text)) for text in SHAPES]


@cache
def features() -> list[bytes]:
    import shapely

    made = []
    for text in SHAPES:
        try:
            shape = shapely.to_geojson(shapely.from_wkt(text)).replace("nan", "NaN")
        except shapely.GEOSException:
            continue
        made.append(
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": '
            f'{{"code": "X101", "name": "A", "role": "land"}}, "geometry": {shape}}}]}}'
        )
    return [text.encode() for text in made] + _heads("boundaries/*.geojson", 1200)


@cache
def _frame():  # type: ignore[no-untyped-def]
    import geopandas as gpd
    import pandas as pd

    table = pd.DataFrame({"id": ["1", "2"], "name": ["First", "第二"], "n": [1, 2]})
    return gpd.GeoDataFrame(
        table, geometry=gpd.points_from_xy([10.05, 10.06], [50.05, 50.15]), crs="EPSG:4326"
    )


@cache
def parquet() -> list[bytes]:
    plain, geo = io.BytesIO(), io.BytesIO()
    _frame().drop(columns="geometry").to_parquet(plain)
    _frame().to_parquet(geo)
    return [plain.getvalue(), geo.getvalue()]


@cache
def geo_metadata() -> list[bytes]:
    import pyarrow.parquet as pq

    return [pq.read_schema(io.BytesIO(parquet()[1])).metadata[b"geo"]]


@cache
def stream_part() -> list[bytes]:
    import pandas as pd

    out = io.BytesIO()
    table = {"lon": [10.05, 10.06, 99.0], "lat": [50.05, 50.15, 9.0], "name": ["a", "b", "c"]}
    pd.DataFrame(table | {"month": ["2023-07", "2023-08", "x"], "employer": ["a", "b", ""]}
                 ).to_parquet(out)  # fmt: skip
    return [out.getvalue()]


@cache
def sqlite() -> list[bytes]:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.sqlite"
        base = sqlite3.connect(path)
        base.execute("PRAGMA page_size = 512")
        base.execute("CREATE TABLE t (id, name)")
        base.executemany("INSERT INTO t VALUES (?, ?)", [(1, "First"), (2, "第二"), (3, b"\xff")])
        base.commit()
        base.close()
        return [path.read_bytes()]


@cache
def spatial(suffix: str) -> list[bytes]:
    drivers = {".gpkg": "GPKG", ".fgb": "FlatGeobuf", ".shp": "ESRI Shapefile"}
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / f"a{suffix}"
        _frame().to_file(path, driver=drivers[suffix], engine="pyogrio")
        return [path.read_bytes()]


def _varint(number: int) -> bytes:
    return bytes([number & 127 | 128 * (number > 127)]) + (
        _varint(number >> 7) if number > 127 else b""
    )


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _blob(kind: bytes, content: bytes) -> bytes:
    body = _field(1, content)
    head = _field(1, kind) + _field(3, len(body))
    return len(head).to_bytes(4, "big") + head + body


@cache
def extract() -> list[bytes]:
    """Two tagged nodes and an area of OpenStreetMap, not compressed so that changes reach it."""
    words = (b"", b"office", b"it", b"name", b"First", b"amenity", b"university", b"area", b"yes")
    table = _field(1, b"".join(_field(1, word) for word in words))
    group = b""
    for id, lon, lat in ((1, 10.05, 50.05), (2, 10.06, 50.05), (3, 10.06, 50.06)):
        tags = _field(2, bytes([1, 3])) + _field(3, bytes([2, 4])) if id < 3 else b""
        spot = _field(8, 2 * round(lat * 1e7)) + _field(9, 2 * round(lon * 1e7))
        group += _field(1, _field(1, 2 * id) + tags + spot)
    area = _field(1, 9) + _field(2, bytes([5, 7])) + _field(3, bytes([6, 8]))
    way = _field(2, _field(3, area + _field(8, bytes([2, 2, 2, 3]))))
    header = _blob(b"OSMHeader", _field(4, b"OsmSchema-V0.6") + _field(4, b"DenseNodes"))
    return [header + _blob(b"OSMData", table + _field(2, group) + way)]


@cache
def excel() -> list[bytes]:
    import openpyxl

    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (["id", "name", "n"], ["1", "First", 2.5], ["2", "第二", None]):
        book.active.append(row)
    book.save(out)
    return [out.getvalue()]


@cache
def excel_members() -> list[bytes]:
    """A number for the member, then its content."""
    with zipfile.ZipFile(io.BytesIO(excel()[0])) as book:
        return [bytes([n]) + book.read(name) for n, name in enumerate(book.namelist())]


@cache
def packed() -> list[bytes]:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/a.csv", CSV)
    return [made.getvalue()]


@cache
def gzipped() -> list[bytes]:
    return [gzip.compress(CSV, mtime=0)]
