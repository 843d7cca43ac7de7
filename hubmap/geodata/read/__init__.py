"""Reading files into plain tables of cells, one function a suffix."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from hubmap.errors import TableError
from hubmap.files import leads_out
from hubmap.geodata.manner import GLOB, Manner, expand
from hubmap.geodata.read.batch import LAT, LON, Batch, Job, Told, Unread
from hubmap.geodata.read.columnar import read_excel, read_parquet, read_sqlite
from hubmap.geodata.read.nested import read_json, read_jsonl
from hubmap.geodata.read.packed import most_of, unpacked
from hubmap.geodata.read.spatial import read_spatial
from hubmap.geodata.read.text import read_csv

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["LAT", "LON", "READERS", "Manner", "Rows", "original_cells", "read_cells", "read_rows"]

READERS: dict[str, Callable[[Job], Iterator[Batch]]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".json": read_json,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".xlsx": read_excel,
    ".xlsm": read_excel,
    ".parquet": read_parquet,
    ".geoparquet": read_parquet,
    ".geojson": read_spatial,
    ".gpkg": read_spatial,
    ".fgb": read_spatial,
    ".shp": read_spatial,
    ".pbf": read_spatial,
    ".sqlite": read_sqlite,
    ".sqlite3": read_sqlite,
    ".db": read_sqlite,
}


@dataclass
class Rows:
    """The rows of one or several files of the same columns.

    Attributes
    ----------
    cells
        The wanted columns, every cell text, a row a row that could be read.
    columns
        All columns of the files.
    lines, files
        Where each row stands: line, and index into ``names``.
    unread
        Rows that could not be read, each with its file's index.
    unit
        What ``lines`` counts: lines, rows, records or features.
    """

    cells: pd.DataFrame
    columns: list[str]
    lines: NDArray[np.int64]
    files: NDArray[np.int64]
    names: list[str]
    unread: list[tuple[int, Unread]] = field(default_factory=list)
    encodings: list[str] = field(default_factory=list)
    unit: str = "line"
    notes: list[str] = field(default_factory=list)

    def where(self, row: int) -> str:
        """File and line of a row, for messages."""
        return f"{self.names[self.files[row]]}: {self.unit} {self.lines[row]}"


def _batches(path: Path, manner: Manner, told: Told) -> Iterator[Batch]:
    """The batches of one file, packed or not."""
    name = str(path)
    inner = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    if inner.suffix.lower() not in {*READERS, ".zip"}:
        raise TableError(
            f"{path}: tables of type `{inner.suffix}` are not read.",
            f"Known: {', '.join(READERS)}, and these in .gz or .zip.",
        )
    if leads_out(path, path.parent.parent):
        raise TableError(
            f"{path}: is a link that leads out of the workspace.",
            "Copy the file, or make the whole folder a link.",
        )
    if not path.is_file():
        raise TableError(f"{path}: there is no such file.", "Put it there or mend the key `file`.")
    try:
        with unpacked(path, manner.part, READERS) as (content, part):
            reader = READERS[content.suffix.lower()]
            done, limit = 0, most_of(path)
            for batch in reader(Job(content, name, replace(manner, part=part), told)):
                done += batch.cells.nbytes
                if done > limit:
                    raise TableError(
                        f"{path}: its cells take more than {limit >> 20} MB, far beyond its size.",
                        "Write it as plain CSV if you trust it.",
                    )
                yield batch
    except TableError as error:
        if str(path) in error.message:
            raise
        raise TableError(f"{path}: {error.message}", error.hint) from None
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise TableError(f"{path}: cannot be read ({reason}).", "Mend the file.") from None


def read_rows(
    folder: Path, file: str, manner: Manner, wanted: Collection[str] | None = None
) -> Rows:
    """Read a file, or all files of a glob.

    Parameters
    ----------
    folder, file
        Where it lies, and its name or glob.
    manner
        How it is read.
    wanted
        The columns to keep; all by default. A file is read in batches, so that one with many
        columns need not fit into memory.

    Returns
    -------
    Rows
        At least one row, read or not.

    Raises
    ------
    TableError
        A file is missing, unreadable, empty, or of an unknown format.
    """
    paths = expand(folder, file)
    if not paths:
        raise TableError(f"{folder / file}: no file has such a name.", "Mend the key `file`.")
    if not set(file) & GLOB:
        paths = paths[:1]
    tables: list[pa.Table] = []
    rows = Rows(pd.DataFrame(), [], np.array([], int), np.array([], int), [str(p) for p in paths])
    lines, files = [], []
    columns: dict[str, None] = {}
    for number, path in enumerate(paths):
        told = Told()
        for batch in _batches(path, manner, told):
            columns |= dict.fromkeys(batch.cells.column_names)
            kept = [n for n in batch.cells.column_names if wanted is None or n in wanted]
            tables.append(batch.cells.select(kept))
            lines.append(batch.lines)
            files.append(np.full(len(batch.lines), number))
            rows.unread += [(number, one) for one in batch.unread]
        rows.encodings.append(told.encoding)
        rows.unit = told.unit
        rows.notes += told.notes
    if not sum(map(len, lines)) and not rows.unread:
        raise TableError(f"{paths[0]}: the table has no rows.", "Add rows, or remove its recipe.")
    # A table without columns has no rows; a longer name than every other's is none of theirs.
    mark = "\0" * (1 + max(map(len, columns), default=0))
    marked = [table.append_column(mark, pa.nulls(table.num_rows)) for table in tables]
    table = pa.concat_tables(marked, promote_options="default").drop_columns([mark])
    rows.lines, rows.files = np.concatenate(lines), np.concatenate(files)
    rows.columns = list(columns)
    cells = table.to_pandas()
    for name in cells.columns:
        if cells[name].isna().any():
            cells[name] = cells[name].fillna("")
    if not len(table.column_names):
        cells = pd.DataFrame(index=range(len(rows.lines)))
    rows.cells = cells
    return rows


def original_cells(
    folder: Path, file: str, manner: Manner, chosen: NDArray[np.int64]
) -> pd.DataFrame:
    """All columns of some rows, by their position; the files are read again for it."""
    found: list[pa.Table] = []
    start = 0
    paths = expand(folder, file)
    for path in paths if set(file) & GLOB else paths[:1]:
        for batch in _batches(path, manner, Told()):
            here = chosen[(chosen >= start) & (chosen < start + len(batch.lines))] - start
            found.append(batch.cells.take(pa.array(here)))
            start += len(batch.lines)
    table: pd.DataFrame = pa.concat_tables(found, promote_options="default").to_pandas()
    return table.astype(object).where(table.notna(), "")


def read_cells(path: Path) -> pd.DataFrame:
    """Read a whole table as text cells, none of which may be wrong.

    Parameters
    ----------
    path
        A file with one of the suffixes of ``READERS``.

    Returns
    -------
    DataFrame
        Every cell a string, empty where there is none; at least one row. Point geometries
        become the columns ``geometry.lon`` and ``geometry.lat``.

    Raises
    ------
    TableError
        The file is missing, unreadable, empty, of an unknown format, or a row is odd.
    """
    rows = read_rows(path.parent, path.name, Manner())
    for _, one in rows.unread:
        raise TableError(f"{path}: {rows.unit} {one.line}: {one.reason}.", "Mend that row.")
    return rows.cells


def require_columns(
    columns: Iterable[str], needed: Iterable[str], path: Path | str
) -> list[TableError]:
    """A finding for each column that is needed and absent, with the nearest name there is."""
    found = []
    names = list(dict.fromkeys(str(column) for column in columns))
    for name in needed:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            shown = ", ".join(names[:40]) + (" …" if len(names) > 40 else "")
            hint = f"Did you mean `{close[0]}`?" if close else f"The file has: {shown}."
            found.append(TableError(f"{path}: column `{name}` is missing.", hint))
    return found
