"""The columns of a batch as arrays: numbers, flags, codes and what they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hubmap.errors import TableError
from hubmap.stream.sketch import printed
from hubmap.stream.tally import FIRST_YEAR, MONTHS

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Coded(NamedTuple):
    """A column of few distinct values.

    Attributes
    ----------
    values
        What each code stands for.
    codes
        Of each row, shape (n,).
    """

    values: NDArray[np.int64]
    codes: NDArray[np.int32]

    def rows(self, row: NDArray[np.intp]) -> NDArray[np.int64]:
        """The values of some rows."""
        return self.values[self.codes[row]]


def floats(batch: pa.RecordBatch, column: str) -> NDArray[np.float64]:
    """A column of numbers; an absent one is NaN.

    Raises
    ------
    TableError
        It holds something else.
    """
    values = batch.column(column)
    try:
        numbers = pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        raise TableError(
            f"The column `{column}` holds what is no number: {str(error).splitlines()[0]}.",
            "Write it as numbers.",
        ) from None
    return np.asarray(numbers, dtype=np.float64)


def flags(batch: pa.RecordBatch, column: str) -> NDArray[np.uint8]:
    """A column of true and false, as 1 and 0; an absent one is false.

    Raises
    ------
    TableError
        It holds something else.
    """
    values = batch.column(column)
    if not pa.types.is_boolean(values.type):
        raise TableError(f"The column `{column}` is {values.type}.", "Write it as true and false.")
    return np.asarray(pc.cast(values.fill_null(False), pa.uint8()).to_numpy())


def categories(batch: pa.RecordBatch, column: str) -> tuple[list[str], NDArray[np.int32]]:
    """The names there are, and which of them each row has; an absent one is empty."""
    if not column:
        return [""], np.zeros(batch.num_rows, dtype=np.int32)
    coded = _encoded(batch.column(column))
    names = ["" if name is None else str(name) for name in coded.dictionary.to_pylist()]
    return ([*names, ""] if coded.null_count else names), _codes(coded, len(names))


def months(values: pa.Array | None, rows: int) -> Coded:
    """Months since the first, from 1; 0 where none is stated, -1 where it cannot be read."""
    if values is None:
        return Coded(np.zeros(1, dtype=np.int64), np.zeros(rows, dtype=np.int32))
    if pa.types.is_temporal(values.type):
        since = (pc.year(values).to_numpy(zero_copy_only=False) - FIRST_YEAR) * 12
        slot = since + pc.month(values).to_numpy(zero_copy_only=False)
        slot = np.where(np.isnan(slot), 0, np.where((slot < 1) | (slot >= MONTHS), MONTHS, slot))
        return Coded(np.append(np.arange(MONTHS), -1), slot.astype(np.int32))
    coded = _encoded(values)
    slots = np.array([_month(word) for word in coded.dictionary.to_pylist()] + [0])
    return Coded(slots, _codes(coded, len(slots) - 1))


class Employers:
    """Turns a column's employers into numbers, each name of a dictionary once."""

    def __init__(self) -> None:
        # One value, so that threads which share it never mix two batches' names.
        self._known: tuple[pa.Array, NDArray[np.uint64]] | None = None

    def __call__(self, column: pa.Array) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
        """A number for each row's employer, to be mixed, and whether one is stated."""
        stated = np.ones(len(column), dtype=np.uint8)
        if column.null_count:
            stated = pc.cast(column.is_valid(), pa.uint8()).to_numpy()
        if pa.types.is_integer(column.type):
            values = column.fill_null(0) if column.null_count else column
            return printed(values.to_numpy()), stated
        coded = _encoded(column)
        # Batches of one group of rows share its names.
        known = self._known
        if known is None or not coded.dictionary.equals(known[0]):
            known = coded.dictionary, printed(coded.dictionary.to_numpy(zero_copy_only=False))
            self._known = known
        if not len(known[1]):
            return np.zeros(len(column), np.uint64), stated
        return known[1][_codes(coded, 0)], stated


def _encoded(values: pa.Array) -> pa.DictionaryArray:
    if pa.types.is_nested(values.type):
        raise TableError(
            f"A column of months, employers or categories is {values.type}.", "Write it as text."
        )
    return values if pa.types.is_dictionary(values.type) else values.dictionary_encode()


def _codes(coded: pa.DictionaryArray, absent: int) -> NDArray[np.int32]:
    codes = coded.indices
    if not coded.null_count:
        return np.asarray(codes.to_numpy(zero_copy_only=False)).astype(np.int32, copy=False)
    # The code that stands for an absent one may be too large for the column's own type.
    wide = pc.cast(codes, pa.int32()).fill_null(absent)
    return np.asarray(wide.to_numpy())


def _month(word: object) -> int:
    text = str(word or "").strip()
    if not text:
        return 0
    year, _, rest = text.partition("-")
    number = rest[:2]
    if not (len(year) == 4 and year.isdecimal() and len(number) == 2 and number.isdecimal()):
        return -1
    slot = (int(year) - FIRST_YEAR) * 12 + int(number)
    return slot if 1 <= slot < MONTHS and 1 <= int(number) <= 12 else -1
