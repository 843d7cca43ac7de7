"""Excel, SQLite and Parquet."""

from __future__ import annotations

import itertools
import json
import sqlite3
import zipfile
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hubmap.errors import MissingExtra, TableError
from hubmap.geodata.read.batch import (
    BATCH,
    LAT,
    LON,
    TEXT,
    Batch,
    Job,
    Unread,
    as_text,
    table_of,
    text_array,
    unique_names,
)  # fmt: skip
from hubmap.geodata.read.packed import RATIO, SMALL, most_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow.parquet as pq

_UNPACKED = 1 << 30
_CELLS = 256 << 20
"""Bytes that one column of a batch may take."""
_AT_ONCE, _STEPS = 10_000, 1_000  # SQLite's instructions, and how many times so many it may do


def _part(job: Job, known: Sequence[str], what: str) -> str:
    """The sheet, table or layer that the recipe names, or the only one."""
    if job.manner.part in known:
        return job.manner.part
    if len(known) == 1 and not job.manner.part:
        return known[0]
    said = f"no {what} {job.manner.part!r}" if job.manner.part else f"{len(known)} {what}s"
    raise TableError(
        f"{job.name}: it has {said}.", f"Name one by the key `part`: {', '.join(known)}."
    )


def read_excel(job: Job) -> Iterator[Batch]:
    """Batches of a sheet: the named one, or the first."""
    try:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError:
        raise MissingExtra(
            f"{job.name}: reading Excel needs openpyxl.", 'Run `pip install "hubmap[excel]"`.'
        ) from None
    job.told.unit = "row"
    try:
        with zipfile.ZipFile(job.path) as archive:
            limit = min(_UNPACKED, max(SMALL, job.path.stat().st_size * RATIO))
            if sum(item.file_size for item in archive.infolist()) > limit:
                raise TableError(
                    f"{job.name}: unpacks to more than {limit >> 20} MB.", "Save it as CSV."
                )
        with closing(openpyxl.load_workbook(job.path, read_only=True, data_only=True)) as book:
            names = [sheet.title for sheet in book.worksheets]
            part = _part(job, names, "sheet") if job.manner.part else names[0]
            sheet = book[part]
            # The stated extent is often wrong; the rows themselves are not.
            sheet.reset_dimensions()
            yield from _from_values(enumerate(sheet.iter_rows(values_only=True), 1), job)
    except (
        InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError,
        AttributeError, SyntaxError, EOFError, zlib.error, NotImplementedError, RuntimeError,
        OverflowError,
    ) as error:  # fmt: skip
        raise TableError(
            f"{job.name}: not a readable Excel workbook ({type(error).__name__}: {error}).",
            "Save it again as .xlsx, or as CSV.",
        ) from None


def _from_values(rows: Iterator[tuple[int, Sequence[Any]]], job: Job) -> Iterator[Batch]:
    names = unique_names(job.manner.header) if job.manner.header else []
    kept: list[Sequence[Any]] = []
    lines: list[int] = []
    unread: list[Unread] = []
    long = 0
    for number, values in rows:
        cells = [_cell(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if not names:
            names = unique_names(cells)
        elif cells == names:
            unread.append(Unread(number, "repeats the header", tuple(cells)))
        elif len(cells) > len(names):
            reason = f"it has {len(cells)} cells where the header has {len(names)}"
            unread.append(Unread(number, reason, tuple(cells)))
        else:
            kept.append(cells + [""] * (len(names) - len(cells)))
            lines.append(number)
            long += sum(map(len, cells))
        if len(kept) >= BATCH or long > TEXT:
            yield Batch(_columns(names, kept), np.array(lines, dtype=np.int64), unread)
            kept, lines, unread, long = [], [], [], 0
    yield Batch(_columns(names, kept), np.array(lines, dtype=np.int64), unread)


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return as_text(value.isoformat() if hasattr(value, "isoformat") else value).strip()


def _columns(names: list[str], rows: list[Sequence[Any]]) -> pa.Table:
    return table_of({name: [row[at] for row in rows] for at, name in enumerate(names)})


def read_sqlite(job: Job) -> Iterator[Batch]:
    """Batches of a table or view; the database is opened for reading only."""
    job.told.unit = "row"
    count = itertools.count()
    address = f"file:{quote(str(job.path.resolve()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as base:
            # A view can be made to work for ever, or a cell without end.
            base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, SMALL)
            size = job.path.stat().st_size
            steps = max(_STEPS, size // 16)
            base.set_progress_handler(lambda: next(count) > steps, _AT_ONCE)
            base.text_factory = lambda octets: octets.decode("utf-8", "replace")
            query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
            known = [str(name) for (name,) in base.execute(query)]
            known = [name for name in known if not name.startswith("sqlite_")]
            part = _part(job, known, "table").replace('"', '""')
            cursor = base.execute(f'SELECT * FROM "{part}"')  # noqa: S608 - a name of its own
            names = unique_names([column[0] for column in cursor.description])
            rows: list[Sequence[Any]] = []
            done = long = 0
            for row in cursor:
                rows.append(row)
                if done + len(rows) > size:
                    raise TableError(
                        f"{job.name}: {part!r} makes more rows than the file has bytes.",
                        "Read a table instead of a view.",
                    )
                long += sum(len(cell) for cell in row if isinstance(cell, str | bytes))
                if len(rows) >= BATCH or long > TEXT:
                    yield Batch(_columns(names, rows), np.arange(done + 1, done + 1 + len(rows)))
                    done, rows, long = done + len(rows), [], 0
            yield Batch(_columns(names, rows), np.arange(done + 1, done + 1 + len(rows)))
    except (sqlite3.Error, UnicodeError) as error:
        said = "a view takes too long" if str(error) == "interrupted" else str(error)
        raise TableError(
            f"{job.name}: not a readable SQLite database ({said}).", "Mend the file."
        ) from None


def read_parquet(job: Job) -> Iterator[Batch]:
    """Batches of a Parquet or GeoParquet file; structs become dotted columns."""
    import pyarrow.parquet as pq
    from pyproj.exceptions import ProjError
    from shapely.errors import ShapelyError

    job.told.unit = "row"
    try:
        with pq.ParquetFile(job.path) as file:
            packed = _dictionaries(file.metadata, job)
        # Distinct texts and their numbers are as small as the file says; written out they need not.
        with pq.ParquetFile(job.path, read_dictionary=packed) as file:
            metadata = (file.schema_arrow.metadata or {}).get(b"geo")
            geometry = json.loads(metadata) if metadata else None
            number = 1
            for block in file.iter_batches(BATCH):
                table = pa.Table.from_batches([block])
                lines = np.arange(number, number + len(table), dtype=np.int64)
                number += len(table)
                if geometry is None:
                    yield Batch(text_table(table), lines)
                else:
                    yield _with_points(table, lines, geometry, job)
    except (
        pa.ArrowException, ValueError, KeyError, TypeError, AttributeError, OSError,
        IndexError, RecursionError, NotImplementedError, ProjError, ShapelyError,
    ) as error:  # fmt: skip
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise TableError(
            f"{job.name}: not a readable (Geo)Parquet file: {reason}.", "Write the file again."
        ) from None


def _dictionaries(metadata: pq.FileMetaData, job: Job) -> list[str]:
    """The columns of text that are kept as distinct texts and their numbers."""
    found: dict[str, None] = {}
    size = 0
    for group in range(metadata.num_row_groups):
        for at in range(metadata.num_columns):
            column = metadata.row_group(group).column(at)
            size += column.total_uncompressed_size
            if column.has_dictionary_page and column.physical_type == "BYTE_ARRAY":
                found[column.path_in_schema] = None
    if size > most_of(job.path):
        raise TableError(f"{job.name}: unpacks to {size >> 20} MB, far beyond its size.")
    return list(found)


def _with_points(table: pa.Table, lines: np.ndarray, metadata: dict[str, Any], job: Job) -> Batch:
    import geopandas as gpd
    import shapely

    from hubmap.geodata.read.spatial import points_of

    name = metadata["primary_column"]
    about = metadata["columns"][name]
    crs = about.get("crs", "OGC:CRS84")
    if about["encoding"] == "WKB":
        shapes = shapely.from_wkb(table[name].to_numpy(zero_copy_only=False))
    elif about["encoding"] == "point":
        flat = table[name].combine_chunks().flatten()
        shapes = shapely.points(flat[0].to_numpy(False), flat[1].to_numpy(False))
    else:
        raise ValueError(f"geometry encoding {about['encoding']!r} is not read")
    places = gpd.GeoSeries(shapes, crs=crs) if crs else gpd.GeoSeries(shapes)
    return points_of(text_table(table.drop_columns([name])), places, lines, job)


def text_table(table: pa.Table) -> pa.Table:
    """Any Arrow table as one of text cells, structs flattened, lists as JSON."""
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    names = unique_names(table.column_names)
    return pa.table({n: _texts(c) for n, c in zip(names, table.columns, strict=True)})


def _texts(column: pa.ChunkedArray) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        _require_room(column)
        column, kind = column.cast(kind.value_type), kind.value_type
    simple = (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)
        or pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_temporal(kind)
        or pa.types.is_decimal(kind)
    )  # fmt: skip
    if simple and not pa.types.is_duration(kind):
        column.validate(full=True)  # a broken file's text may be no UTF-8
        texts = pc.cast(column, pa.string())
        if pa.types.is_floating(kind):
            texts = pc.replace_substring_regex(texts, r"\.0$", "")
        return pc.utf8_trim_whitespace(pc.fill_null(texts, ""))
    cells = [
        json.dumps(value, ensure_ascii=False, default=str)
        if isinstance(value, list | dict)
        else as_text(value)
        for value in column.to_pylist()
    ]
    return text_array(cells)


def _require_room(column: pa.ChunkedArray) -> None:
    """Refuse a column whose texts, written out, take absurdly more than they do as numbers."""
    if not (
        pa.types.is_string(column.type.value_type) or pa.types.is_binary(column.type.value_type)
    ):
        return
    for chunk in column.chunks:
        long = pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices)).as_py() or 0
        if long > _CELLS:
            raise ValueError(f"the texts of a column take more than {_CELLS >> 20} MB")


def lon_lat_columns(lon: np.ndarray, lat: np.ndarray) -> dict[str, pa.Array]:
    """Coordinates as the two text columns that stand for a geometry."""
    made = {}
    for name, values in ((LON, lon), (LAT, lat)):
        array = pa.array(values, pa.float64(), from_pandas=True)
        made[name] = pc.fill_null(pc.cast(array, pa.string()), "")
    return made
