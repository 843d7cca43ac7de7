"""From the cells of a file to Entities: convert, place, and account for every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from hubmap.errors import Findings, HubmapError, TableError
from hubmap.geodata.account import Account, Faults, precision_classes
from hubmap.geodata.cells import Cells
from hubmap.geodata.placing import Placed, place
from hubmap.geodesy import WGS84
from hubmap.tables import ENTITY_COLUMNS, Entities, checked

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from hubmap.geodata.recipe import EntitySource
    from hubmap.tables import Regions

# Columns that only some statistics need, kept where a recipe names them.
_EXTRA = ("site", "size", "clusters")


@dataclass(frozen=True)
class Taken:
    """One source, read.

    Attributes
    ----------
    entities
        The rows without a fault.
    account
        What became of every row.
    refusal
        What must be mended before a build; empty where nothing.
    """

    entities: Entities
    account: Account
    refusal: list[HubmapError]
    cells: Cells
    placed: Placed

    def rejected(self) -> pd.DataFrame:
        """The rejected rows: file, line, reason, original cells."""
        return self.cells.faults.listed(self.cells.original)


def read_entities(source: EntitySource, folder: Path, regions: Regions) -> Entities:
    """Read and place one source's rows.

    Parameters
    ----------
    source
        The recipe.
    folder
        Where its file lies.
    regions
        Where rows without coordinates are placed, by the code or name they state.

    Returns
    -------
    Entities
        A row a record that has no fault, sorted by id, in WGS-84.

    Raises
    ------
    Findings, TableError
        Every fault, with line, value and mend; where the recipe says ``faults = "reject"`` only
        when more than ``limits.max_rejected`` of the rows have one.
    """
    taken = take_entities(source, folder, regions)
    if taken.refusal:
        raise Findings(taken.refusal)
    return taken.entities


def take_entities(source: EntitySource, folder: Path, regions: Regions) -> Taken:
    """Read one source and account for every row; faults do not stop it.

    Raises
    ------
    Findings, TableError
        The file or its columns cannot be read at all.
    """
    cells = Cells(source, folder)
    table = _attributes(cells)
    placed = place(cells, regions)
    bad = cells.faults.bad
    columns: dict[str, Any] = {
        "region": _or_none(placed.region),
        "city": _or_none(placed.city),
        "precision_m": placed.precision_m,
        "placed": pd.Series("point", table.index).where(placed.own, "region"),
    }
    order = cells.order[~bad[cells.order]]
    plain = table.assign(**columns).take(order).reset_index(drop=True)
    # What is the same in every row is not sorted with the rest: this saves a fifth of the time.
    plain = plain.assign(**_constants(source))
    if "unit" not in plain:
        plain["unit"] = plain["id"]
    kept = gpd.GeoDataFrame(plain, geometry=placed.points[order], crs=WGS84)
    extra = [name for name in (*_EXTRA, *source.details) if name in kept]
    kept = kept[[*ENTITY_COLUMNS, *(name for name in extra if name not in ENTITY_COLUMNS)]]
    if len(kept):
        kept = checked(kept, "entities", cells.path)
    account = _account(cells, placed, kept)
    entities = cast("Entities", kept)
    return Taken(entities, account, _refusal(source, cells.faults, account), cells, placed)


def _attributes(cells: Cells) -> pd.DataFrame:
    """All but the place."""
    source, columns, faults = cells.source, cells.columns, cells.faults
    ids = cells.ids()
    faults.add(
        "id stands twice",
        cells.repeated(ids),
        lambda row: (f"id {ids.iloc[row]!r} stands twice.", "Give each row an id of its own."),
    )
    limits = source.limits
    founded = cells.number(columns.founded, "year")
    faults.add(
        "impossible year",
        founded.notna()
        & ((founded % 1 != 0) | (founded < limits.first_year) | (founded > limits.last_year)),
        lambda row: (f"`{columns.founded}` is {founded.iloc[row]:g}.", "Write a year."),
    )
    weight = pd.Series(1.0, index=cells.table.index)
    if columns.weight:
        weight = cells.number(columns.weight, "number")
        faults.add(
            "weight is negative or missing",
            (weight < 0) | weight.isna(),
            lambda row: (
                f"`{columns.weight}` is {cells.text(columns.weight).iloc[row]!r}.",
                "Write a number that is not negative.",
            ),
        )
    table = pd.DataFrame(
        {
            "id": ids,
            "name": cells.filled(columns.name),
            "name_zh": _or_none(cells.text(columns.name_zh)),
            "weight": weight,
            "founded": founded.where(founded.between(-9e6, 9e6)).round().astype("Int64"),
            "category": _or_none(cells.text(columns.category)),
            "home": _or_none(cells.text(columns.home)),
        }
    )
    if columns.unit:
        table["unit"] = cells.filled(columns.unit)
    elif cells.whole is not None:
        table["unit"] = cells.whole
    if columns.case:
        table["case"] = cells.flag(columns.case)
    if columns.source:
        table["source"] = cells.text(columns.source)
    if source.tags:
        table["tags"] = _tags(cells)
    for name in ("size", "clusters"):
        if column := getattr(columns, name):
            table[name] = cells.number(column, "number")
    if columns.site:
        table["site"] = cells.text(columns.site) != ""
    for name in source.details:
        table[name] = _or_none(cells.text(name))
    return table


def _constants(source: EntitySource) -> dict[str, Any]:
    """The columns of a source that are the same in every row."""
    same: dict[str, Any] = {"kind": source.kind, "dataset": source.id}
    if not source.columns.case:
        same["case"] = True
    if not source.columns.source:
        same["source"] = source.title
    if not source.tags:
        same["tags"] = ""
    return same


def _or_none(cells: pd.Series[str]) -> pd.Series[str]:
    return cells.where(cells != "", None)


def _tags(cells: Cells) -> pd.Series[str]:
    joined = pd.Series("", index=cells.table.index, dtype=str)
    for name, label in cells.source.tags.items():
        joined = joined + np.where(cells.flag(name), label.en + ";", "")
    return joined.str.rstrip(";")


def _refusal(source: EntitySource, faults: Faults, account: Account) -> list[HubmapError]:
    """What stops a build: any fault, or with ``reject`` too large a share of them."""
    if not account.rejected:
        return []
    if source.faults == "refuse":
        return faults.sentences()
    share = account.rejected / account.read
    if share > source.limits.max_rejected or not account.placed:
        worst = next(iter(account.reasons))
        return [
            TableError(
                f"{faults.rows.names[0]}: {account.rejected} of {account.read} rows are rejected "
                f"({share:.0%}; most: {worst}).",
                f"See layers/rejected/{account.source}.csv; mend the rows or raise "
                "limits.max_rejected.",
            )
        ]
    return []


def _account(cells: Cells, placed: Placed, kept: gpd.GeoDataFrame) -> Account:
    source, faults = cells.source, cells.faults
    rejected = int(faults.bad.sum()) + len(faults.rows.unread)
    own = kept["placed"] == "point"
    at_region = kept.loc[~own, "region"].notna()
    levels = {
        "own point": int(own.sum()),
        "district": int(at_region.sum()),
        "city": int((~at_region).sum()),
    }
    warnings = [*faults.rows.notes, *placed.warnings]
    good = placed.own & ~faults.bad
    crowded, repeated = _crowded(cells, placed, good)
    warnings += crowded
    return Account(
        source=source.id,
        title=source.title,
        kind=source.kind,
        files=tuple(name.replace("\\", "/").rsplit("/", 1)[-1] for name in faults.rows.names),
        encoding=", ".join(sorted({one for one in faults.rows.encodings if one})),
        in_file=cells.in_file,
        left_out=cells.left_out,
        added=cells.added,
        read=len(kept) + rejected,
        placed=len(kept),
        rejected=rejected,
        reasons=faults.by_reason(),
        levels={name: count for name, count in levels.items() if count},
        precision=precision_classes(kept["precision_m"].to_numpy(dtype=float)),
        repeated=repeated,
        inside=0,
        datum=None,
        declared_datum=source.datum,
        warnings=tuple(warnings),
        coverage=source.coverage,
    )


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
