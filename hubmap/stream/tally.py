"""What is counted of a part, and how parts are put together and kept."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.lib.npyio import NpzFile

from hubmap.files import replacing
from hubmap.stream.sketch import empty_sketches

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Months from January 1990; slot 0 is for rows that state none.
FIRST_YEAR, MONTHS = 1990, 12 * 60 + 1
REASONS = ("coordinates", "swapped", "beyond the globe", "month", "weight")


@dataclass
class Tally:
    """Counts of rows, which add up.

    Attributes
    ----------
    groups
        The names of the categories, each with its cases: group g is category g // 2, and odd
        where the row is a case.
    districts
        Weight by group, district and month; shape (groups, districts, MONTHS).
    cells
        Weight by group and cell, one lattice after the other; shape (groups, cells).
    sketches
        Distinct employers a district, shape (districts, 4096).
    rows
        Rows read, placed within an outline, in the sea near one, outside all, and rejected by
        reason.
    sample
        The rows kept, or None.
    """

    groups: list[str]
    districts: Floats
    cells: Floats
    sketches: NDArray[np.uint8]
    rows: dict[str, int] = field(default_factory=dict)
    sample: pa.Table | None = None

    @classmethod
    def empty(cls, districts: int, cells: int) -> Tally:
        """A tally of nothing."""
        return cls(
            groups=[],
            districts=np.zeros((0, districts, MONTHS)),
            cells=np.zeros((0, cells)),
            sketches=empty_sketches(districts),
            rows=dict.fromkeys(
                ("read", "within", "sea", "outside", *(f"rejected: {r}" for r in REASONS)), 0
            ),
        )

    def with_groups(self, names: list[str]) -> None:
        """Make room for categories that were not met before."""
        new = [name for name in names if name not in self.groups]
        if not new:
            return
        self.groups = self.groups + new
        more = 2 * len(new)
        self.districts = np.concatenate(
            [self.districts, np.zeros((more, *self.districts.shape[1:]))]
        )
        self.cells = np.concatenate([self.cells, np.zeros((more, self.cells.shape[1]))])

    def ordered(self) -> Tally:
        """The same with the categories in alphabetical order: the first batch leaves no trace."""
        order = sorted(range(len(self.groups)), key=lambda k: self.groups[k])
        both = np.array([2 * k + case for k in order for case in (0, 1)], dtype=np.intp)
        return Tally(
            groups=[self.groups[k] for k in order],
            districts=self.districts[both],
            cells=self.cells[both],
            sketches=self.sketches,
            rows=self.rows,
            sample=self.sample,
        )

    def add(self, other: Tally) -> None:
        """Add what another part counted, but for its sample."""
        self.with_groups(other.groups)
        at = [2 * self.groups.index(name) + case for name in other.groups for case in (0, 1)]
        self.districts[at] += other.districts
        self.cells[at] += other.cells
        np.maximum(self.sketches, other.sketches, out=self.sketches)
        for key, count in other.rows.items():
            self.rows[key] += count

    def write(self, path: Path) -> None:
        """Keep a tally in a file, whole or not at all."""
        words = json.dumps({"groups": self.groups, "rows": self.rows}).encode()
        buffer = io.BytesIO()
        if self.sample is not None:
            pq.write_table(self.sample, buffer, compression="zstd")
        arrays: dict[str, Any] = {
            "words": np.frombuffer(words, dtype=np.uint8),
            "sample": np.frombuffer(buffer.getvalue(), dtype=np.uint8),
            "districts": self.districts,
            "cells": self.cells,
            "sketches": self.sketches,
        }
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)

    @classmethod
    def read(cls, path: Path, like: Tally) -> Tally | None:
        """A tally as kept, or None where there is none or it does not fit."""
        try:
            with path.open("rb") as file, NpzFile(file, allow_pickle=False) as archive:
                arrays = dict(archive)
            words = json.loads(arrays["words"].tobytes())
            sample = arrays["sample"].tobytes()
            tally = cls(
                groups=words["groups"],
                districts=arrays["districts"],
                cells=arrays["cells"],
                sketches=arrays["sketches"],
                rows=words["rows"],
                sample=pq.read_table(io.BytesIO(sample)) if sample else None,
            )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, pa.ArrowException):
            return None
        groups = 2 * len(tally.groups)
        fits = (
            tally.districts.shape == (groups, *like.districts.shape[1:])
            and tally.sketches.shape == like.sketches.shape
            and tally.cells.shape == (groups, like.cells.shape[1])
            and tally.rows.keys() == like.rows.keys()
        )
        return tally if fits else None
