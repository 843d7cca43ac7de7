"""Regions and basemap: the outlines everything is assigned to and drawn on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hubmap.errors import Findings, HubmapError, TableError
from hubmap.files import leads_out
from hubmap.geodata.read import read_cells, require_columns
from hubmap.geodesy import WGS84, geodesic_area_km2
from hubmap.tables import Regions, checked

if TYPE_CHECKING:
    from pathlib import Path

    from hubmap.geodata.recipe import BasemapSource, RegionSource

_TEXT = ("code", "name", "name_zh", "level", "parent", "area_source", "population_source")
_OPTIONAL = ("built_up_km2", "built_up_year", "graduates", "graduates_year")
"""Figures that a table may have besides: denominators of further densities."""
_NUMBERS = ("area_km2", "area_year", "population", "population_year")


def read_features(path: Path) -> gpd.GeoDataFrame:
    """Read a GeoJSON file of valid geometries (EPSG:4326).

    Raises
    ------
    TableError
        The file is missing, no GeoJSON, empty, or a geometry is invalid.
    """
    if leads_out(path, path.parent.parent):
        raise TableError(f"{path}: is a link that leads out of the workspace.", "Copy the file.")
    try:
        content: Any = json.loads(path.read_bytes())
        table = gpd.GeoDataFrame.from_features(content["features"], crs=WGS84)
    except FileNotFoundError:
        raise TableError(f"{path}: there is no such file.", "Put it beside its recipe.") from None
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror}).") from None
    except (
        ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError,
        shapely.errors.ShapelyError,
    ) as error:  # fmt: skip
        raise TableError(f"{path}: not readable GeoJSON ({error}).", "Mend the file.") from None
    if table.empty:
        raise TableError(f"{path}: holds no feature.", "Add outlines.")
    # Heights are of no use here, and one that is no number breaks later operations.
    table.geometry = shapely.force_2d(table.geometry.to_numpy())
    west, south, east, north = table.geometry.bounds.to_numpy().T
    beyond = (west < -180) | (east > 180) | (south < -90) | (north > 90)
    if beyond.any():
        row = int(np.flatnonzero(beyond)[0])
        raise TableError(
            f"{path}: feature {row + 1} is beyond 180° east or west, or 90° north or south.",
            "Write degrees (WGS-84), and cut what crosses the date line in two.",
        )
    invalid = ~table.geometry.is_valid
    if invalid.any():
        row = int(np.flatnonzero(invalid)[0])
        why = shapely.is_valid_reason(table.geometry.iloc[row])
        raise TableError(f"{path}: feature {row + 1} is invalid: {why}.", "Mend its geometry.")
    return table


def read_basemap(source: BasemapSource, folder: Path) -> gpd.GeoDataFrame:
    """The basemap's features: role, name, name_zh, rank, detail, geometry."""
    return read_features(folder / source.file)


def read_regions(source: RegionSource, folder: Path) -> Regions:
    """Read the regions and their outlines.

    Parameters
    ----------
    source
        The recipe.
    folder
        Where its files lie.

    Returns
    -------
    Regions
        Indexed by code, sorted; a city's outline is the union of its districts'. ``leaf`` marks
        what points are assigned to; ``polygon_km2`` is geodesic, ``area_km2`` the official land.

    Raises
    ------
    Findings, TableError
        Everything that is wrong with either file.
    """
    path = folder / source.file
    table = read_cells(path)
    found: list[HubmapError] = list(require_columns(table.columns, _TEXT + _NUMBERS, path))
    if found:
        raise Findings(found)
    for column in _OPTIONAL:
        if column not in table:
            table[column] = ""
    for column in _NUMBERS + _OPTIONAL:
        number = pd.to_numeric(table[column], errors="coerce")
        for row in map(int, np.flatnonzero(number.isna() & (table[column] != ""))):
            found.append(
                TableError(
                    f"{path}: line {row + 2}: `{column}` is {table[column].iloc[row]!r}, "
                    "not a number.",
                    "Mend the cell or leave it empty.",
                )
            )
        table[column] = number.astype(float)
    codes = set(table["code"])
    for row, (code, parent) in enumerate(zip(table["code"], table["parent"], strict=True)):
        if parent and parent not in codes:
            found.append(
                TableError(
                    f"{path}: line {row + 2}: `parent` {parent!r} of {code} is no code here.",
                    "Add the city or mend the parent.",
                )
            )
    for row in map(int, np.flatnonzero(table["code"].duplicated())):
        code = table["code"].iloc[row]
        found.append(TableError(f"{path}: line {row + 2}: code {code!r} stands twice."))
    if found:
        raise Findings(found)
    table = table.sort_values("code").set_index("code")
    table["parent"] = table["parent"].replace("", None)
    table["leaf"] = ~table.index.isin(table["parent"].dropna())
    table["city"] = table["parent"].fillna(pd.Series(table.index, index=table.index))
    outlines = _outlines(table, folder / source.outlines)
    regions = gpd.GeoDataFrame(table, geometry=outlines, crs=WGS84)
    regions["polygon_km2"] = [geodesic_area_km2(shape) for shape in regions.geometry]
    return cast(Regions, checked(regions, "regions", str(path)))


def _outlines(table: pd.DataFrame, path: Path) -> gpd.GeoSeries:
    features = read_features(path)
    if "code" not in features:
        raise TableError(f"{path}: the features have no property `code`.", "Add it.")
    drawn = features.set_index(features["code"].astype(str)).geometry
    leaves = [str(code) for code in table.index[table["leaf"]]]
    names = {str(code): str(name) for code, name in table["name"].items()}
    found: list[HubmapError] = [
        TableError(f"{path}: no outline has code {code!r} ({names[code]}).", "Add it.")
        for code in leaves
        if code not in drawn.index
    ]
    found += [
        TableError(f"{path}: outline {code!r} belongs to no district.", "Mend its code.")
        for code in drawn.index.difference(leaves)
    ]
    found += [
        TableError(
            f"{path}: outline {code!r} is {_what(shape)}, not an area.", "Draw a (Multi)Polygon."
        )
        for code, shape in drawn.items()
        if shape is None or shape.is_empty or shape.geom_type not in {"Polygon", "MultiPolygon"}
    ]
    if found:
        raise Findings(found)
    shapes = dict(drawn.loc[leaves].items())
    for code in table.index[~table["leaf"]]:
        parts = [shapes[leaf] for leaf in table.index[table["parent"] == code]]
        shapes[code] = shapely.union_all(parts)
    return gpd.GeoSeries(shapes, crs=WGS84).loc[table.index]


def _what(shape: Any) -> str:
    if shape is None or shape.is_empty:
        return "empty"
    return f"a {shape.geom_type}"
