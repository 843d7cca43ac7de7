"""From the cells of a file to Entities: convert, place, and refuse what is wrong, row by row."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hubmap.errors import Findings, HubmapError, TableError
from hubmap.geodata.read import LAT, LON, read_cells, require_columns
from hubmap.geodesy import WGS84, equivalent_radius_m, to_wgs84
from hubmap.tables import ENTITY_COLUMNS, Entities, checked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hubmap.geodata.recipe import EntitySource
    from hubmap.tables import Regions

_SHOWN = 20
_TRUE, _FALSE = {"true", "1", "yes"}, {"false", "0", "no", ""}
# Reading BD-09 as WGS-84 moves a point by at most this much at the hubs.
UNKNOWN_DATUM_M = 1400.0


class _Reader:
    """The cells of one file, and what is wrong with them."""

    def __init__(self, source: EntitySource, path: Path) -> None:
        self.source, self.path = source, path
        self.cells = read_cells(path)
        columns = source.columns
        if not (columns.lon and columns.lat) and LON in self.cells:
            columns = columns.model_copy(update={"lon": LON, "lat": LAT})
        self.columns = columns
        named = {name for name in columns.model_dump().values() if name}
        named |= set(source.tags) | set(source.details)
        missing = require_columns(self.cells, sorted(named), path)
        if missing:
            raise Findings(list(missing))
        self.found: list[HubmapError] = []

    def refuse(self, wrong: np.ndarray, say: Callable[[int], tuple[str, str]]) -> None:
        rows = np.flatnonzero(wrong)
        for row in rows[:_SHOWN]:
            message, hint = say(int(row))
            self.found.append(TableError(f"{self.path}: line {row + 2}: {message}", hint))
        if len(rows) > _SHOWN:
            self.found.append(
                TableError(f"{self.path}: {len(rows) - _SHOWN} more rows have the same fault.")
            )

    def text(self, column: str) -> pd.Series[str]:
        if not column:
            return pd.Series("", index=self.cells.index, dtype=str)
        return self.cells[column].astype(str)

    def number(self, column: str, what: str) -> pd.Series[float]:
        cells = self.text(column)
        values = pd.to_numeric(cells, errors="coerce").astype(float)
        values = values.where(np.isfinite(values))
        self.refuse(
            (values.isna() & (cells != "")).to_numpy(),
            lambda row: (
                f"`{column}` is {cells.iloc[row]!r}, which is no {what}.",
                "Mend the cell or leave it empty.",
            ),
        )
        return values

    def flag(self, column: str) -> pd.Series[bool]:
        cells = self.text(column).str.lower()
        self.refuse(
            (~cells.isin(_TRUE | _FALSE)).to_numpy(),
            lambda row: (f"`{column}` is {cells.iloc[row]!r}.", "Write true or false."),
        )
        return cells.isin(_TRUE)

    def filled(self, column: str) -> pd.Series[str]:
        cells = self.text(column)
        self.refuse(
            (cells == "").to_numpy(), lambda _: (f"`{column}` is empty.", "Every row needs one.")
        )
        return cells


def read_entities(source: EntitySource, folder: Path, regions: Regions) -> Entities:
    """Read and place one source's rows.

    Parameters
    ----------
    source
        The recipe.
    folder
        Where its file lies.
    regions
        Where rows without coordinates are placed, by the code they state.

    Returns
    -------
    Entities
        A row a row of the file, sorted by id, in WGS-84.

    Raises
    ------
    Findings, TableError
        Every fault, with line, value and mend.
    """
    reader = _Reader(source, folder / source.file)
    columns = reader.columns
    ids = reader.filled(columns.id)
    reader.refuse(
        ids.duplicated().to_numpy(),
        lambda row: (f"id {ids.iloc[row]!r} stands twice.", "Give each row an id of its own."),
    )
    founded = reader.number(columns.founded, "year")
    reader.refuse(
        (founded.notna() & ((founded % 1 != 0) | (founded < 800) | (founded > 2100))).to_numpy(),
        lambda row: (f"`{columns.founded}` is {founded.iloc[row]:g}.", "Write a year."),
    )
    weight = pd.Series(1.0, index=reader.cells.index)
    if columns.weight:
        weight = reader.number(columns.weight, "number")
        reader.refuse(
            ((weight < 0) | weight.isna()).to_numpy(),
            lambda row: (
                f"`{columns.weight}` is {reader.text(columns.weight).iloc[row]!r}.",
                "Write a number that is not negative.",
            ),
        )
    blank = reader.text("")
    table = pd.DataFrame(
        {
            "id": ids,
            "kind": source.kind,
            "unit": reader.filled(columns.unit) if columns.unit else ids,
            "name": reader.filled(columns.name),
            "name_zh": _or_none(reader.text(columns.name_zh)),
            "weight": weight,
            "case": reader.flag(columns.case) if columns.case else True,
            "founded": founded.round().astype("Int64"),
            "category": _or_none(reader.text(columns.category)),
            "tags": _tags(reader),
            "home": _or_none(reader.text(columns.home)),
            "source": reader.text(columns.source) if columns.source else blank + source.title,
            "dataset": source.id,
        }
    )
    for name in ("size", "clusters"):
        if column := getattr(columns, name):
            table[name] = reader.number(column, "number")
    if columns.site:
        table["site"] = reader.text(columns.site) != ""
    for name in source.details:
        table[name] = _or_none(reader.text(name))
    placed = _place(reader, regions)
    if reader.found:
        raise Findings(reader.found)
    frame = gpd.GeoDataFrame(table.join(placed), geometry="geometry", crs=WGS84)
    extra = [name for name in ("site", "size", "clusters") if name in table]
    extra += [name for name in source.details if name not in ENTITY_COLUMNS]
    order = [*ENTITY_COLUMNS, *extra]
    frame = frame[order].sort_values("id", ignore_index=True)
    return cast(Entities, checked(frame, "entities", str(reader.path)))


def _or_none(cells: pd.Series[str]) -> pd.Series[str]:
    return cells.where(cells != "", None)


def _tags(reader: _Reader) -> pd.Series[str]:
    joined = pd.Series("", index=reader.cells.index, dtype=str)
    for name, label in reader.source.tags.items():
        joined = joined + np.where(reader.flag(name), label.en + ";", "")
    return joined.str.rstrip(";")


def _place(reader: _Reader, regions: Regions) -> gpd.GeoDataFrame:
    """Where each row lies: its own point, or the region that it states."""
    source, columns = reader.source, reader.columns
    stated = reader.text(columns.region)
    city = reader.text(columns.city)
    for column, codes in ((columns.region, stated), (columns.city, city)):
        reader.refuse(
            ((codes != "") & ~codes.isin(regions.index)).to_numpy(),
            lambda row, column=column, codes=codes: (  # type: ignore[misc]
                f"`{column}` is {codes.iloc[row]!r}, which is no region of this workspace.",
                _nearest_code(codes.iloc[row], regions),
            ),
        )
    code = stated.where(stated != "", city)
    lon = reader.number(columns.lon, "longitude")
    lat = reader.number(columns.lat, "latitude")
    own = lon.notna() & lat.notna()
    if source.place == "region":
        own &= False
    else:
        _refuse_coordinates(reader, lon, lat, regions)
    reader.refuse(
        (~own & ((code == "") | (lon.notna() ^ lat.notna()))).to_numpy(),
        lambda _: (
            "there is neither a longitude and latitude nor a region.",
            "Fill one of the two.",
        ),
    )
    precision = reader.number(columns.precision_m, "length in metres")
    if columns.precision_m:
        reader.refuse(
            (precision <= 0).to_numpy(),
            lambda row: (f"`{columns.precision_m}` is {precision.iloc[row]:g}.", "Write metres."),
        )
    if source.precision_m is not None:
        precision = precision.fillna(source.precision_m)
    reader.refuse(
        (own & precision.isna() & ~(precision <= 0)).to_numpy(),
        lambda _: (
            "its precision is not stated.",
            "Name the column under [columns] precision_m, or set precision_m for the source.",
        ),
    )
    if reader.found:
        raise Findings(reader.found)
    x, y = to_wgs84(lon, lat, source.datum)
    if source.datum == "unknown":
        precision = precision + UNKNOWN_DATUM_M
    at = regions.reindex(code)
    middle = shapely.point_on_surface(at.geometry.to_numpy())
    area = at["area_km2"].fillna(at["polygon_km2"]).to_numpy(dtype=float)
    radius = np.array([equivalent_radius_m(a) if np.isfinite(a) else np.nan for a in area])
    here = own.to_numpy()
    return gpd.GeoDataFrame(
        {
            "region": _or_none(stated),
            "city": _or_none(city),
            "precision_m": np.where(here, precision, radius),
            "placed": np.where(here, "point", "region"),
        },
        geometry=np.where(here, np.asarray(shapely.points(x, y)), middle),
        crs=WGS84,
        index=reader.cells.index,
    )


def _refuse_coordinates(
    reader: _Reader, lon: pd.Series[float], lat: pd.Series[float], regions: Regions
) -> None:
    west, south, east, north = regions.total_bounds

    def inside(x: pd.Series[float], y: pd.Series[float]) -> pd.Series[bool]:
        return x.between(west, east) & y.between(south, north)

    swapped = inside(lat, lon) & ~inside(lon, lat)
    reader.refuse(
        swapped.to_numpy(),
        lambda row: (
            f"longitude {lon.iloc[row]:g} and latitude {lat.iloc[row]:g} look swapped.",
            "Exchange the two columns in the recipe, or mend the row.",
        ),
    )
    for values, limit, what in ((lon, 180, "longitude"), (lat, 90, "latitude")):
        reader.refuse(
            ((values.abs() > limit) & ~swapped).to_numpy(),
            lambda row, values=values, limit=limit, what=what: (  # type: ignore[misc]
                f"{what} is {values.iloc[row]:g}, beyond ±{limit}.",
                "Write decimal degrees.",
            ),
        )


def _nearest_code(code: str, regions: Regions) -> str:
    close = difflib.get_close_matches(code, list(regions.index), n=1)
    if close:
        return f"Did you mean {close[0]} ({regions.at[close[0], 'name']})?"
    return "Use a code of the regions table."
