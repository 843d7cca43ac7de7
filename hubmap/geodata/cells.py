"""The cells of one source, converted as its recipe declares, with every fault noted."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hubmap.errors import Findings
from hubmap.geodata.account import Faults
from hubmap.geodata.convert import Date, Split
from hubmap.geodata.formats import FORMATS, chosen, shaped
from hubmap.geodata.read import LAT, LON, Rows, original_cells, read_rows, require_columns
from hubmap.geodata.read.batch import encoded

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from hubmap.geodata.recipe import EntitySource

TRUE, FALSE = {"true", "1", "yes"}, {"false", "0", "no", ""}


class Cells:
    """One source's rows as text, and what is wrong with them.

    Parameters
    ----------
    source
        The recipe.
    folder
        Where its file lies.

    Attributes
    ----------
    table
        Text cells, a row a record, after conversions.
    position
        For each record its row among those that the file gave; a split cell repeats it.
    whole
        The ids before a cell was split, so that its parts count as one unit; None where none was.
    """

    def __init__(self, source: EntitySource, folder: Path) -> None:
        self.source, self.folder = source, folder
        format = FORMATS.get(source.format or "")
        wanted = set(source.wanted())
        columns = source.columns
        if format is not None:
            wanted = {*source.wanted(), *(c for need in format.needs.values() for c in need)}
        elif not (columns.lon and columns.lat):
            wanted = {*source.wanted(), LON, LAT}
        self.rows: Rows = read_rows(folder, source.file, source.manner(wanted), wanted)
        self.path = self.rows.names[0]
        cells = self.rows.cells
        self.in_file = len(cells) + len(self.rows.unread)
        self.left_out = 0
        self.position: NDArray[np.int64] = np.arange(len(cells))
        if format is not None:
            table = shaped(cells, format)
            keep = chosen(table, format, source.only)
            others = [c for c in cells.columns if c not in table]
            self.left_out = int((~keep).sum())
            cells = table.join(cells[others])[keep].reset_index(drop=True)
            self.position = self.position[keep]
        if not (columns.lon and columns.lat) and LON in cells:
            columns = columns.model_copy(update={"lon": LON, "lat": LAT})
        self.columns = columns
        missing = require_columns([*self.rows.columns, *cells.columns], source.wanted(), self.path)
        if missing and len(self.rows.lines):
            raise Findings(list(missing))
        self.table = cells
        self._split()
        self.whole: pd.Series[str] | None = None
        self.order: NDArray[np.int64] = np.arange(len(self.table))
        self.added = len(self.table) - len(cells)
        self.rows.lines = self.rows.lines[self.position]
        self.rows.files = self.rows.files[self.position]
        self.faults = Faults(self.rows)
        self._convert()

    def _split(self) -> None:
        """Make a row of each part of a split column."""
        self.part: NDArray[np.int64] | None = None
        for name, conversion in self.source.convert.items():
            if not isinstance(conversion, Split):
                continue
            parts = [
                found if len(found := conversion.parts(cell)) <= conversion.most else [cell]
                for cell in self.table[name]
            ]
            count = np.array([len(one) for one in parts])
            if (count > 1).any():
                owner = np.repeat(np.arange(len(parts)), count)
                start = np.repeat(np.cumsum(count) - count, count)
                number = np.arange(len(owner)) - start + 1
                self.part = np.where(count[owner] > 1, number, 0)
                self.table = self.table.iloc[owner].reset_index(drop=True)
                self.table[name] = [part for one in parts for part in one]
                self.position = self.position[owner]

    def _convert(self) -> None:
        for name, conversion in self.source.convert.items():
            cells = self.text(name)
            number, unique = encoded(cells)
            values = [conversion.convert(cell) for cell in unique]
            bad = np.array([value is None for value in values], dtype=bool)
            self.faults.add(
                f"`{name}` is no {conversion.method}",
                bad[number] if len(bad) else np.zeros(len(cells), dtype=bool),
                lambda row, name=name, cells=cells, m=conversion.method: (  # type: ignore[misc]
                    f"`{name}` is {_short(cells.iloc[row])}, which is read as no {m}.",
                    f"Mend the cell, or [convert] {name} in the recipe.",
                ),
            )
            for suffix in conversion.outputs():
                column = np.array([(value or {}).get(suffix, "") for value in values], object)
                made = column[number] if len(column) else np.array([], dtype=object)
                self.table[name + suffix] = pd.Series(made, index=self.table.index, dtype=str)

    def ids(self) -> pd.Series[str]:
        """The ids; the line where the recipe names no column, with the part of a split cell."""
        if self.columns.id:
            ids = self.filled(self.columns.id)
        else:
            several = len(self.rows.names) > 1
            lines = pd.Series(self.rows.lines, index=self.table.index)
            # Several records of one line, from a list or a split cell, are numbered.
            repeat = lines.groupby([self.rows.files, self.rows.lines]).cumcount()
            ids = self.rows.unit + "-" + lines.astype(str)
            if several:
                ids = pd.Series(self.rows.files + 1, self.table.index).astype(str) + "-" + ids
            if self.part is None:
                ids = ids.where(repeat == 0, ids + "-" + (repeat + 1).astype(str))
        if self.part is not None:
            self.whole = ids
            number = pd.Series(self.part, index=self.table.index)
            ids = ids.where((number == 0) | (ids == ""), ids + "-" + number.astype(str))
        return ids

    def repeated(self, ids: pd.Series[str]) -> NDArray[np.bool_]:
        """Which ids stand before already; :attr:`order` becomes that of the sorted ids."""
        array = pa.array(ids, pa.string())
        # The sort is stable, so that of equal ids the first in the file comes first.
        self.order = pc.sort_indices(array).to_numpy().astype(np.int64)
        line = array.take(pa.array(self.order))
        same = np.zeros(len(ids), dtype=bool)
        if len(ids) > 1:
            again = pc.equal(line.slice(1), line.slice(0, len(ids) - 1))
            same[self.order[1:]] = again.to_numpy(zero_copy_only=False)
        return same & (ids != "").to_numpy()

    def stated(self, row: int) -> str:
        """What a row says of its city and district, for a message."""
        said = (self.text(name).iloc[row] for name in (self.columns.city, self.columns.region))
        return " ".join(repr(cell) for cell in said if cell)

    def text(self, column: str) -> pd.Series[str]:
        """A column's cells; empty ones for a column that is not named or not there."""
        if not column or column not in self.table:
            return pd.Series("", index=self.table.index, dtype=str)
        return self.table[column]

    def number(self, column: str, what: str) -> pd.Series[float]:
        """A column's figures; a cell that is none is a fault."""
        cells = self.text(column)
        if not column:
            return pd.Series(np.nan, index=cells.index)
        array = pa.array(cells, pa.string())
        try:
            filled = pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array)
            numbers = pc.cast(filled, pa.float64()).to_numpy(zero_copy_only=False)
            values = pd.Series(numbers, index=cells.index)
        except pa.ArrowInvalid:
            values = pd.to_numeric(cells, errors="coerce").astype(float)
        values = values.where(np.isfinite(values))
        self.faults.add(
            f"`{column}` is no {what}",
            values.isna() & (cells != ""),
            lambda row: (
                f"`{column}` is {_short(cells.iloc[row])}, which is no {what}.",
                "Mend the cell or leave it empty.",
            ),
        )
        return values

    def day(self, column: str) -> pd.Series[str]:
        """A column of dates as YYYY-MM-DD; an impossible one is a fault."""
        limits, cells = self.source.limits, self.text(column)
        bounds = (min(max(year, 1), 9999) for year in (limits.first_year, limits.last_year))
        first, last = (dt.date(year, 1, 1) for year in bounds)
        read = Date(method="date", first=first, last=last.replace(month=12, day=31))
        number, unique = encoded(cells)
        days = [(read.convert(cell) or {}).get("") for cell in unique]
        values = np.array([*days, None], dtype=object)[:-1]
        found = pd.Series(values[number], index=cells.index, dtype=object)
        self.faults.add(
            f"`{column}` is no possible date",
            found.isna(),
            lambda row: (
                f"`{column}` is {_short(cells.iloc[row])}, which is no possible date.",
                f"Mend the cell, or name its format under [convert] {column}.",
            ),
        )
        return found.fillna("").astype(str)

    def flag(self, column: str) -> pd.Series[bool]:
        """A column of true and false."""
        cells = self.text(column).str.lower()
        self.faults.add(
            f"`{column}` is neither true nor false",
            ~cells.isin(TRUE | FALSE),
            lambda row: (f"`{column}` is {_short(cells.iloc[row])}.", "Write true or false."),
        )
        return cells.isin(TRUE)

    def filled(self, column: str) -> pd.Series[str]:
        """A column whose every cell must hold something."""
        cells = self.text(column)
        self.faults.add(
            f"`{column}` is empty",
            cells == "",
            lambda _: (f"`{column}` is empty.", "Every row needs one."),
        )
        return cells

    def original(self, rows: NDArray[np.int64]) -> pd.DataFrame:
        """All cells of some records, as they stand in the file."""
        at = self.position[rows]
        unique, back = np.unique(at, return_inverse=True)
        cells = original_cells(
            self.folder, self.source.file, self.source.manner(self.source.wanted()), unique
        )
        return cells.iloc[back].reset_index(drop=True)


def _short(cell: object) -> str:
    shown = repr(str(cell))
    return shown if len(shown) <= 60 else shown[:57] + "..."
