"""Precision and recall of an answer against hand labels, with Wilson intervals."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from hubmap.statistics.intervals import wilson

LABELS = Path(__file__).parent / "labels"


class Measured(NamedTuple):
    """Right answers, answers, and labels that should be found."""

    right: float
    given: float
    wanted: float

    @property
    def precision(self) -> float:
        return self.right / self.given

    @property
    def recall(self) -> float:
        return self.right / self.wanted

    def __str__(self) -> str:
        p, r = wilson(self.right, self.given), wilson(self.right, self.wanted)
        return (
            f"precision {self.precision:.3f} [{float(p[0]):.3f}, {float(p[1]):.3f}], "
            f"recall {self.recall:.3f} [{float(r[0]):.3f}, {float(r[1]):.3f}]"
        )


def labels(name: str) -> list[dict[str, str]]:
    with (LABELS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def measured(pairs: list[tuple[str, str, float]]) -> Measured:
    """From triples of the right answer, the answer given (both may be empty), and a weight."""
    right = sum(w for truth, given, w in pairs if given and given == truth)
    return Measured(
        right,
        sum(w for _, given, w in pairs if given),
        sum(w for truth, _, w in pairs if truth),
    )
