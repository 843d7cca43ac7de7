"""The tables and their schemas, checked at the two doors: what is read, what is built.

Every geometry is WGS-84 (EPSG:4326); a column's name carries its unit.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NewType

import geopandas as gpd

from hubmap.errors import TableError

if TYPE_CHECKING:
    import pandera.pandas as pa

Entities = NewType("Entities", gpd.GeoDataFrame)  # type: ignore[valid-newtype]
"""A row a university campus, company or (count of) postings: a point, a kind, a weight."""

Regions = NewType("Regions", gpd.GeoDataFrame)  # type: ignore[valid-newtype]
"""A row a city or district, indexed by code: names, land area, population, outline."""

HubEntities = NewType("HubEntities", gpd.GeoDataFrame)  # type: ignore[valid-newtype]
"""Entities of one hub, each with its city and, where it can be told, its district."""

Districts = NewType("Districts", gpd.GeoDataFrame)  # type: ignore[valid-newtype]
"""A row a district of a hub, with a count a kind."""

Cells = NewType("Cells", gpd.GeoDataFrame)  # type: ignore[valid-newtype]
"""A row a hexagon over a hub, with its own area and a count a kind."""

Outline = NewType("Outline", gpd.GeoDataFrame)  # type: ignore[valid-newtype]
"""A row a hub."""

ENTITY_COLUMNS = (
    "id", "kind", "unit", "name", "name_zh", "weight", "case", "precision_m", "founded",
    "category", "tags", "region", "city", "home", "placed", "source", "dataset", "geometry",
)  # fmt: skip


def _lon_lat(points: gpd.GeoSeries) -> bool:
    west, south, east, north = points.total_bounds
    return bool(west >= -180 and south >= -90 and east <= 180 and north <= 90)


@cache
def _schema(name: str) -> pa.DataFrameSchema:
    import pandera.pandas as pa

    text, maybe = pa.Column(str), pa.Column(str, nullable=True)
    positive = pa.Check.gt(0)
    schemas: dict[str, dict[str, pa.Column]] = {
        "entities": {
            "id": text,
            "kind": text,
            "unit": text,
            "name": text,
            "name_zh": maybe,
            "weight": pa.Column(float, pa.Check.ge(0)),
            "case": pa.Column(bool),
            "precision_m": pa.Column(float, positive),
            "founded": pa.Column("Int64", nullable=True),
            "category": maybe,
            "tags": text,
            "region": maybe,
            "city": maybe,
            "home": maybe,
            "placed": pa.Column(str, pa.Check.isin(["point", "region"])),
            "source": text,
            "dataset": text,
        },
        "regions": {
            "name": text,
            "name_zh": text,
            "level": pa.Column(str, pa.Check.isin(["city", "district"])),
            "parent": maybe,
            "area_km2": pa.Column(float, positive, nullable=True),
            "population": pa.Column(float, positive, nullable=True),
            "polygon_km2": pa.Column(float, positive),
        },
        "districts": {
            "code": pa.Column(str, unique=True),
            "hub": text,
            "city": text,
            "polygon_km2": pa.Column(float, positive),
        },
        "cells": {
            "cell": pa.Column(str, unique=True),
            "hub": text,
            "area_km2": pa.Column(float, positive),
            "land_km2": pa.Column(float, positive),
        },
        "outline": {"hub": pa.Column(str, unique=True)},
    }
    schemas["hub_entities"] = schemas["entities"] | {
        "hub": text,
        "city": text,
        "district": maybe,
        "placed": pa.Column(str, pa.Check.isin(["within", "sea", "region"])),
    }
    # Two tables may use the same ids; within one they are unique.
    unique = ["dataset", "id"] if name.endswith("entities") else None
    return pa.DataFrameSchema(schemas[name], strict=False, unique=unique)


def checked(table: gpd.GeoDataFrame, name: str, where: str) -> gpd.GeoDataFrame:
    """The table itself, once it satisfies its schema.

    Parameters
    ----------
    table
        Any table of this module.
    name
        ``entities``, ``hub_entities``, ``regions``, ``districts``, ``cells`` or ``outline``.
    where
        The file the table comes from or goes to, for the message.

    Returns
    -------
    GeoDataFrame
        The same object.

    Raises
    ------
    TableError
        Naming the column, the row and the value of the first breach.
    """
    from pandera.errors import SchemaErrors

    if table.crs is None or table.crs.to_epsg() != 4326:
        raise TableError(
            f"{where}: the coordinate system is {table.crs}, not EPSG:4326.", "Reproject it."
        )
    if table.geometry.isna().any() or not _lon_lat(table.geometry):
        raise TableError(f"{where}: a geometry is missing or outside the globe.", "Mend the row.")
    try:
        _schema(name).validate(table, lazy=True)
    except SchemaErrors as error:
        first = error.failure_cases.iloc[0]
        row = "" if first["index"] is None else f", row {first['index']}"
        value = getattr(first["failure_case"], "item", lambda: first["failure_case"])()
        raise TableError(
            f"{where}: column `{first['column']}`{row}: {value!r} fails `{first['check']}`.",
            "Mend the table or its recipe.",
        ) from None
    return table
