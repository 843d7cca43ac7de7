"""A sample that is the same in whatever order, and by whatever batches, rows are seen.

Every row has a priority, a hash. Kept are the rows of lowest priority, so many in all, and so
many in each stratum: a random sample, in which no stratum is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ALL = np.uint64(2**64 - 1)


class Sample:
    """Rows kept so far.

    Parameters
    ----------
    size
        Rows to keep in all.
    least
        Rows to keep at least in each stratum that has them.
    """

    def __init__(self, size: int, least: int) -> None:
        self.size, self.least = size, least
        self._threshold = _ALL
        self._stratum_threshold = np.empty(0, dtype=np.uint64)
        self._tables: list[pa.Table] = []
        self._rows, self._enough = 0, size

    def limits(self) -> tuple[np.uint64, NDArray[np.uint64]]:
        """The priority to which any row may get in, and that of each stratum known so far."""
        return np.uint64(self._threshold), self._stratum_threshold

    def wanted(self, priority: NDArray[np.uint64], stratum: NDArray[np.int64]) -> NDArray[np.intp]:
        """The rows of a batch that may still get in."""
        known = len(self._stratum_threshold)
        limit = np.full(len(stratum), _ALL)
        old = stratum < known
        limit[old] = np.maximum(self._stratum_threshold[stratum[old]], self._threshold)
        return np.flatnonzero(priority <= limit)

    def add(self, rows: pa.Table) -> None:
        """Take rows in; they carry ``_priority`` and ``_stratum``."""
        self._tables.append(rows)
        self._rows += rows.num_rows
        if self._rows > self._enough:
            self.table()

    def table(self) -> pa.Table | None:
        """The rows kept, by priority; None when no row was ever added."""
        if not self._tables:
            return None
        rows = pa.concat_tables(_alike(self._tables), promote_options="default").combine_chunks()
        priority = rows["_priority"].to_numpy()
        stratum = rows["_stratum"].to_numpy()
        upward = np.argsort(priority)
        # By stratum, and within it by priority; narrow integers are sorted by their digits.
        narrow = stratum.astype(np.uint16 if stratum.max(initial=0) < 1 << 16 else np.int64)
        order = upward[np.argsort(narrow[upward], kind="stable")]
        first = np.flatnonzero(np.diff(stratum[order], prepend=-1))
        rank = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
        keep = np.zeros(len(order), dtype=bool)
        keep[order[rank < self.least]] = True
        if len(order) > self.size:
            self._threshold = np.partition(priority, self.size - 1)[self.size - 1]
        keep |= priority <= self._threshold
        # In a stratum that is full, no row gets in any more above its last one.
        full = order[rank == self.least - 1]
        limits = np.full(int(stratum.max(initial=-1)) + 1, _ALL)
        limits[stratum[full]] = priority[full]
        seen = np.zeros(len(limits), dtype=bool)
        seen[stratum] = True
        self._stratum_threshold = np.where(seen, limits, _ALL)
        kept = rows.take(upward[keep[upward]])
        self._tables, self._rows = [kept], kept.num_rows
        # As often as the rows seen have doubled, so that few are taken in to be dropped again.
        self._enough = 2 * kept.num_rows
        return kept


def _alike(tables: list[pa.Table]) -> list[pa.Table]:
    """The same with columns as text whose type is not the same in all: parts differ in writers."""
    types: dict[str, set[pa.DataType]] = {}
    for table in tables:
        for field in table.schema:
            if not pa.types.is_null(field.type):
                types.setdefault(field.name, set()).add(field.type)
    mixed = {name for name, kinds in types.items() if len(kinds) > 1}
    if not mixed:
        return tables
    return [
        table.cast(
            pa.schema([f.with_type(pa.string()) if f.name in mixed else f for f in table.schema])
        )
        for table in tables
    ]
