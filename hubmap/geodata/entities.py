"""From the cells of a file to Entities: convert, place, and account for every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from hubmap.errors import Findings, HubmapError, TableError
from hubmap.geodata.account import Account, Faults
from hubmap.geodata.cells import Cells
from hubmap.geodata.counted import account_of
from hubmap.geodata.merging import Merged, merge
from hubmap.geodata.placing import Placed, place
from hubmap.geodata.recipe import CLASSIFIED, LOCATED
from hubmap.geodesy import WGS84
from hubmap.tables import ENTITY_COLUMNS, Entities, checked

if TYPE_CHECKING:
    from pathlib import Path

    from hubmap.geodata.recipe import EntitySource
    from hubmap.tables import Regions

# Columns that only some statistics or readers need, kept where a recipe asks for them.
_EXTRA = ("site", "size", "clusters", "employer", "date", *CLASSIFIED, *LOCATED)


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
    merged: Merged

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
    merged = merge(cells, table, placed, regions)
    left_out = cells.faults.bad | merged.dropped
    columns: dict[str, Any] = {
        "region": _or_none(placed.region),
        "city": _or_none(placed.city),
        "precision_m": placed.precision_m,
        "placed": pd.Series("point", table.index).where(placed.point, "region"),
        **_by_text(placed),
    }
    order = cells.order[~left_out[cells.order]]
    plain = table.assign(**columns).take(order).reset_index(drop=True)
    # What is the same in every row is not sorted with the rest: this saves a fifth of the time.
    plain = plain.assign(**_constants(source))
    if "unit" not in plain:
        plain["unit"] = plain["id"]
    kept = gpd.GeoDataFrame(plain, geometry=placed.points[order], crs=WGS84)
    extra = [name for name in dict.fromkeys((*_EXTRA, *source.details)) if name in kept]
    kept = kept[[*ENTITY_COLUMNS, *(name for name in extra if name not in ENTITY_COLUMNS)]]
    if len(kept):
        kept = checked(kept, "entities", cells.path)
    account = account_of(cells, placed, merged)
    entities = cast("Entities", kept)
    return Taken(entities, account, _refusal(source, cells.faults, account), cells, placed, merged)


def _by_text(placed: Placed) -> dict[str, Any]:
    """What the geocoder says of each row, as columns; of rows with coordinates, that they do."""
    if placed.text is None:
        return {}
    table, own = placed.text.table, placed.own
    return {
        "place_code": _or_none(table["code"].mask(own, "")),
        "place_name": _or_none(table["name"].mask(own, "")),
        "place_level": _or_none(table["level"].mask(own, "")),
        "place_confidence": table["confidence"].mask(own | placed.text.answered),
        "place_by": table["by"].mask(own, "coordinates"),
    }


def _attributes(cells: Cells) -> pd.DataFrame:
    """All but the place."""
    source, columns, faults = cells.source, cells.columns, cells.faults
    ids = cells.ids()
    repeated = cells.repeated(ids)
    faults.add(
        "id stands twice",
        repeated & (not source.duplicates.reposts),
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
    return _with_steps(cells, table)


def _with_steps(cells: Cells, table: pd.DataFrame) -> pd.DataFrame:
    """The attributes with what further steps need or make."""
    source, columns = cells.source, cells.columns
    if columns.employer:
        table["employer"] = _or_none(cells.text(columns.employer))
    if columns.date:
        table["date"] = _or_none(cells.day(columns.date))
    for name in source.details:
        if name not in {*CLASSIFIED, *LOCATED} or name in cells.table:
            table[name] = _or_none(cells.text(name))
    if source.classify:
        from hubmap.geodata.classified import classify

        decided = classify(cells)
        table = table.assign(case=decided["ai"], **decided)
        if not columns.category:
            table["category"] = decided["ai_family"]
    return table


def _constants(source: EntitySource) -> dict[str, Any]:
    """The columns of a source that are the same in every row."""
    same: dict[str, Any] = {"kind": source.kind, "dataset": source.id}
    if not (source.columns.case or source.classify):
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
