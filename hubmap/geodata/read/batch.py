"""What every reader hands on: cells as text, the line of each row, and the rows it cannot read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hubmap.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from hubmap.geodata.manner import Manner

LON, LAT = "geometry.lon", "geometry.lat"
BATCH = 65536
COLUMNS = 16_384
TEXT = 16 << 20
"""Characters after which a batch of few rows ends."""


class Unread(NamedTuple):
    """A row that could not be read: where, why, and what stands there."""

    line: int
    reason: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """Some rows of a file.

    Attributes
    ----------
    cells
        Columns of text, trimmed; empty where there is nothing.
    lines
        The line (text files) or row (others) at which each begins, shape (n,).
    unread
        The rows among them that could not be read.
    """

    cells: pa.Table
    lines: NDArray[np.int64]
    unread: list[Unread] = field(default_factory=list)


@dataclass
class Told:
    """What a reader found out about its file."""

    encoding: str = ""
    unit: str = "line"
    notes: list[str] = field(default_factory=list)


class Job(NamedTuple):
    """One file to read: where it lies, its name in messages, the manner, and what is found out."""

    path: Path
    name: str
    manner: Manner
    told: Told


def text_array(cells: Sequence[object]) -> pa.Array:
    """Python values as text cells; what cannot be UTF-8 is replaced."""
    texts = [cell if isinstance(cell, str) else as_text(cell) for cell in cells]
    try:
        array = pa.array(texts, pa.string())
    except UnicodeEncodeError:
        array = pa.array([t.encode("utf-8", "replace").decode("utf-8") for t in texts], pa.string())
    return pc.utf8_trim_whitespace(array)


def as_text(cell: object) -> str:
    """One value as a cell's text."""
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    if isinstance(cell, int):
        # Python refuses to print integers of more than 4300 digits.
        return str(cell) if abs(cell) < 10**4000 else ""
    return str(cell)


def encoded(cells: pd.Series[str]) -> tuple[NDArray[np.int64], list[str]]:
    """A column as numbers of its distinct cells, in the order in which they first occur."""
    array = pa.array(cells, pa.string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    known = array.dictionary_encode()
    return known.indices.to_numpy().astype(np.int64), known.dictionary.to_pylist()


def table_of(columns: Mapping[str, Sequence[object]]) -> pa.Table:
    """A batch's table from columns of Python values."""
    return pa.table({name: text_array(cells) for name, cells in columns.items()})


def unique_names(names: Sequence[object]) -> list[str]:
    """Column names without blanks and doubles."""
    if len(names) > COLUMNS:
        raise TableError(
            f"the table has {len(names):,} columns; {COLUMNS:,} are read.", "Leave some out."
        )
    taken: dict[str, int] = {}
    unique = []
    for number, raw in enumerate(names, 1):
        name = as_text(raw).encode("utf-8", "replace").decode("utf-8").strip()
        name = name.strip("\ufeff") or f"column {number}"
        while name in taken:
            taken[name] += 1
            name = f"{name}.{taken[name]}"
        taken[name] = 0
        unique.append(name)
    return unique
