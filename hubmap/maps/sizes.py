"""Cells of other sizes than a layer's own, counted anew from its entities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from hubmap.geodesy import WGS84
from hubmap.layers.cells import build_cells
from hubmap.maps.kinds import cases_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubmap.layers.model import HubLayer


def resized(layers: Sequence[HubLayer], times: float) -> list[gpd.GeoDataFrame]:
    """Each hub's cells, so many times as large as its layer's.

    Parameters
    ----------
    layers
        Hub layers; what is counted are their cases.
    times
        How many times the area of a layer's own cells.

    Returns
    -------
    list of GeoDataFrame
        As :func:`hubmap.layers.cells.build_cells` makes them; none where a layer's entities are
        a sample of what its cells count, or lie outside its districts.
    """
    made = []
    for layer in layers:
        sampled = any(getattr(source, "stream", None) is not None for source in layer.sources)
        if sampled or not set(layer.cells["hub"]) <= set(layer.districts["hub"]):
            return []
        cases = cases_of(layer)
        kinds = [str(kind) for kind in sorted(cases["kind"].unique())]
        for hub, own in layer.cells.groupby("hub", sort=False):
            land = layer.districts[layer.districts["hub"] == hub].geometry
            inside = cases[cases["hub"] == hub]
            west, south, east, north = land.total_bounds
            at = inside.geometry
            if not (at.x.between(west, east) & at.y.between(south, north)).all():
                return []
            points = {
                kind: (
                    gpd.GeoSeries(rows.geometry.to_numpy(), crs=WGS84),
                    rows["weight"].to_numpy(float),
                )
                for kind in kinds
                for rows in [inside[inside["kind"] == kind]]
            }
            size = float(own["area_km2"].iloc[0]) * times
            made.append(build_cells(land.to_numpy(), points, size, str(hub)))
    return made
