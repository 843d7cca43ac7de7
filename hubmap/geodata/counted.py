"""The account of one source, counted once its rows are read, placed and merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hubmap.geodata.account import Account, precision_classes
from hubmap.geodata.located import CONFIDENCES
from hubmap.geodata.places.gazetteer import LEVELS
from hubmap.geodata.told import answers_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hubmap.geodata.cells import Cells
    from hubmap.geodata.merging import Merged
    from hubmap.geodata.placing import Placed


def account_of(cells: Cells, placed: Placed, merged: Merged) -> Account:
    """The account of a source that was read, placed and merged."""
    source, faults = cells.source, cells.faults
    rejected = int(faults.bad.sum()) + len(faults.rows.unread)
    good = ~faults.bad
    levels, confidence = _levels(placed, good)
    warnings = [*faults.rows.notes, *placed.warnings, *merged.warnings]
    if (cells.folder / f"{source.id}.places.csv").is_file() and not answers_path(
        source, cells.folder
    ):
        warnings.append(
            f'{source.id}.places.csv is there but not used; say place = "text" to place rows by it'
        )
    crowded, repeated = _crowded(cells, placed, placed.own & good)
    warnings += crowded
    count = int(good.sum())
    return Account(
        source=source.id,
        title=source.title,
        kind=source.kind,
        files=tuple(name.replace("\\", "/").rsplit("/", 1)[-1] for name in faults.rows.names),
        encoding=", ".join(sorted({one for one in faults.rows.encodings if one})),
        in_file=cells.in_file,
        left_out=cells.left_out,
        added=cells.added,
        read=count + rejected,
        placed=count,
        rejected=rejected,
        reasons=faults.by_reason(),
        levels=levels,
        confidence=confidence,
        precision=precision_classes(placed.precision_m[good]),
        repeated=repeated,
        merged=int(merged.dropped.sum()),
        merges=dict(sorted(merged.counts.items())),
        united=merged.united,
        inside=0,
        datum=None,
        declared_datum=source.datum,
        warnings=tuple(warnings),
        coverage=source.coverage,
    )


def _levels(placed: Placed, good: NDArray[np.bool_]) -> tuple[dict[str, int], dict[str, int]]:
    """Rows by what they are placed at, and those read from text by how sure that is."""
    at_district = (placed.region != "").to_numpy()
    levels = {"own point": int((placed.own & good).sum())}
    stated = good & ~placed.point
    if placed.text is None:
        levels["district"] = int((stated & at_district).sum())
        levels["city"] = int((stated & ~at_district).sum())
        return {name: count for name, count in levels.items() if count}, {}
    table = placed.text.table
    levels |= _counted(table["by"][good & placed.text.answered & ~placed.own], "point of ")
    found = table["level"][stated]
    levels |= {level: int((found == level).sum()) for level in reversed(LEVELS)}
    sure = table["confidence"][stated]
    confidence = {words: int((sure == value).sum()) for value, words in CONFIDENCES.items()}
    return (
        {name: count for name, count in levels.items() if count},
        {name: count for name, count in confidence.items() if count},
    )


def _counted(cells: pd.Series[str], before: str) -> dict[str, int]:
    counts = cells.value_counts()
    return {f"{before}{name}": int(counts[name]) for name in sorted(counts.index)}


def _crowded(cells: Cells, placed: Placed, good: NDArray[np.bool_]) -> tuple[list[str], int]:
    """A warning when many rows share one coordinate, as they do at city centres.

    Also how many rows share both name and coordinate with another.
    """
    most = cells.source.limits.same_place
    rows = np.flatnonzero(good)
    if not len(rows):
        return [], 0
    key = placed.lon[rows] * 1000.0 + placed.lat[rows]
    order = np.argsort(key)
    starts = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
    counts = np.diff(np.r_[starts, len(rows)])
    together = rows[order[np.repeat(counts, counts) > 1]]
    twins = pd.DataFrame(
        {
            "name": cells.text(cells.columns.name).iloc[together],
            "lon": placed.lon[together],
            "lat": placed.lat[together],
        }
    )
    repeated = int(twins.duplicated(keep=False).sum())
    crowded = counts >= most
    if not crowded.any():
        return [], repeated
    top = int(np.argmax(counts))
    at = rows[order[starts[top]]]
    return [
        f"{int(crowded.sum())} coordinates are shared by {most} or more rows, "
        f"{int(counts[crowded].sum())} rows in all; {int(counts[top])} lie at "
        f"{placed.lon[at]:g}, {placed.lat[at]:g}: are these the centres of cities?"
    ], repeated
