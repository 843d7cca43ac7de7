"""Reading a file into a plain table of cells, one function a suffix."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import pandas as pd

from hubmap.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

LON, LAT = "geometry.lon", "geometry.lat"


def _csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(
            f"{path}: byte {error.start} is not UTF-8.", "Save the file as UTF-8."
        ) from None
    except pd.errors.EmptyDataError:
        raise TableError(f"{path}: the file is empty.", "It needs a header and rows.") from None
    except pd.errors.ParserError as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise TableError(f"{path}: not a CSV table: {reason}.", "Mend that line.") from None


def _parquet(path: Path) -> pd.DataFrame:
    import geopandas as gpd
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if b"geo" in (pq.read_schema(path).metadata or {}):
            return _points_to_columns(gpd.read_parquet(path), path)
        return pd.read_parquet(path)
    except (pa.ArrowException, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise TableError(
            f"{path}: not a readable (Geo)Parquet file: {reason}.", "Write the file again."
        ) from None


def _geojson(path: Path) -> pd.DataFrame:
    import geopandas as gpd
    from pyogrio.errors import DataSourceError

    try:
        return _points_to_columns(gpd.read_file(path), path)
    except (DataSourceError, ValueError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise TableError(f"{path}: not readable GeoJSON: {reason}.", "Mend the file.") from None


def _points_to_columns(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    import geopandas as gpd

    frame = gpd.GeoDataFrame(table)
    if frame.crs is not None:
        frame = frame.to_crs("EPSG:4326")
    kinds = set(frame.geom_type.dropna())
    if kinds - {"Point"}:
        other = sorted(kinds - {"Point"})[0]
        raise TableError(f"{path}: holds a {other} where points are needed.", "Keep only points.")
    points = frame.geometry
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return plain.assign(**{LON: points.x, LAT: points.y})


READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".geojson": _geojson,
}


def read_cells(path: Path) -> pd.DataFrame:
    """Read a table as text cells.

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
        The file is missing, unreadable, empty, or of an unknown format.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise TableError(
            f"{path}: tables of type `{path.suffix}` are not read.",
            f"Known: {', '.join(READERS)}.",
        )
    if not path.is_file():
        raise TableError(f"{path}: there is no such file.", "Put it there or mend the key `file`.")
    try:
        table = reader(path)
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise TableError(f"{path}: cannot be read ({reason}).", "Mend the file.") from None
    if table.empty:
        raise TableError(f"{path}: the table has no rows.", "Add rows, or remove its recipe.")
    return table.map(_text)


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return str(cell).lower()
    return "" if pd.isna(cell) else str(cell)  # type: ignore[call-overload]


def require_columns(table: pd.DataFrame, needed: Iterable[str], path: Path) -> list[TableError]:
    """A finding for each column that is needed and absent, with the nearest name there is."""
    return require_columns_of([str(column) for column in table.columns], needed, path)


def require_columns_of(names: list[str], needed: Iterable[str], path: Path) -> list[TableError]:
    """The same for a file whose columns are known only by name."""
    found = []
    for name in needed:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"Did you mean `{close[0]}`?" if close else f"The file has: {', '.join(names)}."
            found.append(TableError(f"{path}: column `{name}` is missing.", hint))
    return found
