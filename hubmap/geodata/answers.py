"""The answers of a geocoding service beside a source: ``SOURCE.places.csv``, joined by text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hubmap.errors import TableError
from hubmap.geodata.formulas import unmarked
from hubmap.geodata.read import read_cells, require_columns
from hubmap.geodesy import Datum, to_wgs84

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pandas as pd

NEEDED = ("text", "lon", "lat", "precision_m")
_DATUMS: dict[str, Datum] = {
    "": "WGS-84", "WGS-84": "WGS-84", "GCJ-02": "GCJ-02", "BD-09": "BD-09",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answered:
    """One text's point in WGS-84, within how many metres it is true, and who said so."""

    lon: float
    lat: float
    precision_m: float
    by: str


def joined(columns: Sequence[pd.Series[str]]) -> list[str]:
    """The text that a service is asked for each row: its cells, parted by spaces."""
    return [" ".join(cell for cell in row if cell) for row in zip(*columns, strict=True)]


def read_answers(path: Path) -> tuple[tuple[str, ...], dict[str, Answered]]:
    """Read a table of answers, as ``hubmap geocode`` writes it or made by hand.

    Parameters
    ----------
    path
        Columns ``text``, ``lon``, ``lat``, ``precision_m``; a row without coordinates is none.
        Optional: ``datum`` of the coordinates (WGS-84), ``provider``, and ``columns``, a JSON list
        of the columns that the text was joined from.

    Returns
    -------
    tuple
        Those columns (empty where the table does not say), and the answers by text.

    Raises
    ------
    TableError
        The table is not readable, or a figure in it is none.
    """
    cells = read_cells(path)
    missing = require_columns(map(str, cells.columns), NEEDED, path)
    if missing:
        raise missing[0]
    columns: tuple[str, ...] = ()
    if "columns" in cells:
        columns = _columns(path, cells["columns"].unique())
    found: dict[str, Answered] = {}
    rows: list[dict[str, str]] = [
        {str(name): str(cell) for name, cell in row.items()} for row in cells.to_dict("records")
    ]
    for line, row in enumerate(rows, start=2):
        if row["lon"] or row["lat"]:
            found[unmarked(row["text"])] = _answered(path, line, row)
    return columns, found


def _columns(path: Path, said: Iterable[str]) -> tuple[str, ...]:
    values = [text for text in said if text]
    try:
        names = json.loads(values[0]) if values else []
    except (ValueError, RecursionError):
        names = None
    if len(values) > 1 or not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise TableError(
            f"{path}: `columns` is {values[0][:60]!r}.",
            "Every row needs the same JSON list of column names; or remove the column.",
        )
    return tuple(names)


def _answered(path: Path, line: int, row: dict[str, str]) -> Answered:
    figures = []
    for name, limit in (("lon", 180.0), ("lat", 90.0), ("precision_m", 3e6)):
        try:
            figures.append(float(row[name]))
        except ValueError:
            figures.append(float("nan"))
        if not abs(figures[-1]) <= limit or (name == "precision_m" and figures[-1] <= 0):
            raise TableError(
                f"{path}: line {line}: `{name}` is {row[name][:40]!r}.",
                "Mend the cell, or delete the row and run `hubmap geocode` again.",
            )
    datum = _DATUMS.get(row.get("datum", ""))
    if datum is None:
        raise TableError(
            f"{path}: line {line}: `datum` is {row['datum'][:40]!r}.",
            "Write WGS-84, GCJ-02 or BD-09.",
        )
    lon, lat = to_wgs84(np.array(figures[:1]), np.array(figures[1:2]), datum)
    by = row.get("provider", "") or path.name
    return Answered(float(lon[0]), float(lat[0]), figures[2], by)
