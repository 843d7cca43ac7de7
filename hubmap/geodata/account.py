"""Every row's account: placed, or rejected with its reason; and what a table's check reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hubmap.errors import HubmapError, TableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hubmap.geodata.datum import DatumVerdict
    from hubmap.geodata.read import Rows

SHOWN = 20
Say = "Callable[[int], tuple[str, str]]"


@dataclass
class Faults:
    """What is wrong with which rows.

    Attributes
    ----------
    rows
        The rows that were read.
    reason
        Each row's first fault, as an index into ``kinds``; -1 for none.
    """

    rows: Rows
    kinds: list[str] = field(default_factory=list)
    details: list[tuple[NDArray[np.intp], Callable[[int], tuple[str, str]]]] = field(
        default_factory=list
    )
    reason: NDArray[np.int16] = field(init=False)

    def __post_init__(self) -> None:
        self.reason = np.full(len(self.rows.lines), -1, dtype=np.int16)

    def add(self, kind: str, wrong: Any, say: Callable[[int], tuple[str, str]]) -> None:
        """Note a fault of the rows where ``wrong`` is true; ``say`` gives sentence and mend."""
        found = np.flatnonzero(np.asarray(wrong, dtype=bool))
        if not len(found):
            return
        self.details.append((found, say))
        self.kinds.append(kind)
        fresh = found[self.reason[found] < 0]
        self.reason[fresh] = len(self.kinds) - 1

    @property
    def bad(self) -> NDArray[np.bool_]:
        """Which rows have a fault."""
        return self.reason >= 0

    def sentences(self) -> list[HubmapError]:
        """Each fault as an error, at most ``SHOWN`` of a kind."""
        found: list[HubmapError] = []
        unread = self.rows.unread
        for file, one in unread[:SHOWN]:
            where = f"{self.rows.names[file]}: {self.rows.unit} {one.line}"
            found.append(TableError(f"{where}: {one.reason}.", "Mend that line."))
        more = [(len(unread) - SHOWN, self.rows.names[0])]
        for chosen, say in self.details:
            for row in chosen[:SHOWN]:
                message, hint = say(int(row))
                found.append(TableError(f"{self.rows.where(int(row))}: {message}", hint))
            more.append((len(chosen) - SHOWN, self.rows.names[self.rows.files[chosen[-1]]]))
        for count, name in more:
            if count > 0:
                found.append(TableError(f"{name}: {count} more rows have the same fault."))
        return found

    def by_reason(self) -> dict[str, int]:
        """How many rows are rejected for each reason, the most frequent first."""
        counts: dict[str, int] = {}
        for _, one in self.rows.unread:
            kind = one.reason.split(":")[0]
            counts[kind] = counts.get(kind, 0) + 1
        for number, kind in enumerate(self.kinds):
            if some := int((self.reason == number).sum()):
                counts[kind] = counts.get(kind, 0) + some
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def listed(self, original: Callable[[NDArray[np.int64]], pd.DataFrame]) -> pd.DataFrame:
        """The rejected rows: file, line, reason and original cells, in the file's order.

        Parameters
        ----------
        original
            Gives all cells of the rows at some positions.
        """
        rows = np.flatnonzero(self.bad)
        reasons = []
        say = {number: self.details[number][1] for number in range(len(self.details))}
        for row in rows:
            reasons.append(say[int(self.reason[row])](int(row))[0].rstrip("."))
        names = [self.rows.names[at].rsplit("/", 1)[-1] for at in range(len(self.rows.names))]
        table = pd.DataFrame(
            {
                "file": [names[self.rows.files[row]] for row in rows],
                "line": self.rows.lines[rows],
                "reason": reasons,
            }
        )
        cells = original(rows) if len(rows) else pd.DataFrame(columns=self.rows.columns)
        table = table.join(cells.reset_index(drop=True).add_prefix("cell: ", axis=1))
        if self.rows.unread:
            unread = [
                {"file": names[file], "line": one.line, "reason": one.reason}
                | {
                    f"cell: {self.rows.columns[at] if at < len(self.rows.columns) else at + 1}": c
                    for at, c in enumerate(one.cells)
                }
                for file, one in self.rows.unread
            ]
            table = pd.concat([table, pd.DataFrame(unread)], ignore_index=True)
        table = table.astype(object).where(table.notna(), "")
        return table.sort_values(["file", "line"], kind="stable", ignore_index=True)


@dataclass(frozen=True)
class Account:
    """What became of one source's rows; ``read`` = ``placed`` + ``rejected``, always.

    Attributes
    ----------
    in_file
        Records in the file or files.
    left_out
        Of these, records that the recipe's ``only`` does not choose.
    added
        Rows more, from cells split into several places.
    read, placed, rejected
        ``in_file - left_out + added``; of these with a place; of these with a fault.
    reasons
        Rejected rows by reason.
    levels
        Placed rows by what they are placed at: their own point, or a region of that level.
    precision
        Placed rows by class of precision.
    confidence
        Of the rows placed by text, how sure that is.
    repeated
        Rows whose name and place another row has too.
    merged, merges
        Placed rows that another row stands for, and the same by rule; ``placed - merged`` go on.
    united
        Rows that stay but count with another: by employer, by institution.
    inside, cities, districts
        Placed rows in the workspace's regions, and how many of its cities and districts they are
        in, of how many.
    """

    source: str
    title: str
    kind: str
    files: tuple[str, ...]
    encoding: str
    in_file: int
    left_out: int
    added: int
    read: int
    placed: int
    rejected: int
    reasons: dict[str, int]
    levels: dict[str, int]
    precision: dict[str, int]
    confidence: dict[str, int]
    repeated: int
    merged: int
    merges: dict[str, int]
    united: dict[str, int]
    inside: int
    datum: DatumVerdict | None
    declared_datum: str
    warnings: tuple[str, ...]
    coverage: str
    cities: tuple[int, int] = (0, 0)
    districts: tuple[int, int] = (0, 0)
    refused: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """The account as JSON values."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        values["datum"] = self.datum.plain() if self.datum else None
        return {key: list(v) if isinstance(v, tuple) else v for key, v in values.items()}


PRECISION_CLASSES = (
    (300.0, "≤ 300 m"),
    (1000.0, "≤ 1 km"),
    (5000.0, "≤ 5 km"),
    (25000.0, "≤ 25 km"),
)


def precision_classes(precision_m: NDArray[np.float64]) -> dict[str, int]:
    """How many rows are in each class of precision."""
    bounds = [bound for bound, _ in PRECISION_CLASSES]
    names = [*(name for _, name in PRECISION_CLASSES), "> 25 km"]
    counts = np.bincount(np.searchsorted(bounds, precision_m), minlength=len(names))
    return {name: int(count) for name, count in zip(names, counts, strict=True) if count}
