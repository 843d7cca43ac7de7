"""Centres, ellipses and rings: where the middle is, how far it spreads, what lies near a campus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from hubmap.maps import columns
from hubmap.maps.kinds import cases_of, kinds_of, present, stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer

COLUMNS = ("hub", "kind", "mark", "period", "share", "lasts", "label", "label_zh", "n", "note")
LINES = ("mean_centre", "ellipse")
RADII_KM = (1.0, 2.0, 5.0)
CAMPUS = "universities"
"""The kind whose places have rings, as the share near a campus measures from them."""


def centres(layers: Sequence[HubLayer]) -> dict[str, Any]:
    """Mean centres, deviational ellipses and peaks by kind and period of founding.

    Parameters
    ----------
    layers
        The hub layers; those without ``marks`` give nothing.

    Returns
    -------
    dict
        A row a mark in ``table``, its outline in ``paths`` (a point is a path of one corner and
        stands in ``lon`` and ``lat`` too); empty where no layer has any. ``withheld`` names the
        kinds of a hub that have no mark, which the profile's ``centre_shift`` explains.
    """
    tables: list[gpd.GeoDataFrame] = []
    for layer in layers:
        marks = getattr(layer, "marks", None)
        if marks is not None and len(marks):
            seen = {hub for table in tables for hub in table["hub"]}
            tables.append(marks[~marks["hub"].isin(seen)])
    if not tables:
        return {}
    every = stacked(tables)
    # Peaks of all records only: those of each half of them would lie upon these.
    drawn = every["mark"].isin(LINES) | ((every["mark"] == "centre") & (every["period"] == "all"))
    every = every[drawn].reset_index(drop=True)
    middle = every.geometry.representative_point()
    kinds = kinds_of(layers)
    return {
        "type": "centres",
        "kinds": [k for k in kinds if (every["kind"] == k["id"]).any()],
        "missing": [k for k in kinds if not (every["kind"] == k["id"]).any()],
        "table": columns.encode_table(
            pd.DataFrame(every[present(every, COLUMNS)]),
            lon=columns.encode_degrees(middle.x.to_numpy()),
            lat=columns.encode_degrees(middle.y.to_numpy()),
        ),
        "paths": columns.encode_paths(
            every.geometry.where(every["mark"] == "ellipse", None).reset_index(drop=True)
        ),
    }


def rings(layers: Sequence[HubLayer], *, radii_km: Sequence[float] = RADII_KM) -> dict[str, Any]:
    """Places around which rings are drawn; empty where there are no campuses.

    A campus serves a ring of radius r where it is placed to within r / 2.
    """
    frames = [pd.DataFrame(cases_of(layer, [CAMPUS])) for layer in layers]
    table = pd.concat(frames, ignore_index=True).drop_duplicates("id")
    if table.empty:
        return {}
    import geopandas as gpd

    at = gpd.GeoSeries(table["geometry"], crs=4326)
    order = columns.morton(at.x.to_numpy(), at.y.to_numpy())
    table, at = table.iloc[order], at.iloc[order]
    return {
        "type": "rings",
        "kinds": [k for k in kinds_of(layers) if k["id"] == CAMPUS],
        "radii": [float(r) for r in radii_km],
        "table": columns.encode_table(
            pd.DataFrame({"precision_m": table["precision_m"].to_numpy()}),
            lon=columns.encode_degrees(at.x.to_numpy()),
            lat=columns.encode_degrees(at.y.to_numpy()),
        ),
    }
