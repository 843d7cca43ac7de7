"""What a map shows when it opens, taken from its recipe: the same that the page shows first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hubmap.maps import recipe as recipes
from hubmap.maps.kinds import cases_of, kinds_of, stacked
from hubmap.maps.still.ground import Surface
from hubmap.maps.surfaces import cell_shades, district_shades

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer


@dataclass(frozen=True)
class Shown:
    """What is on a map.

    Attributes
    ----------
    basemap, labels
        The context, and whether its places are named.
    surface
        What shades it, or None.
    districts
        Shapes without a number, where nothing shades them.
    outline
        The hubs' outlines, or None where the map does not draw them.
    kinds
        Those whose marks are on, as :func:`hubmap.maps.kinds.kinds_of` gives them, each with its
        place among all kinds and its number ``n``.
    entities
        Their records, each once.
    all_kinds
        Those that are off too.
    method
        How class breaks were chosen.
    """

    basemap: gpd.GeoDataFrame | None
    labels: bool
    surface: Surface | None
    districts: gpd.GeoDataFrame | None
    outline: gpd.GeoDataFrame | None
    kinds: list[dict[str, Any]]
    entities: gpd.GeoDataFrame
    all_kinds: list[dict[str, Any]]
    method: str = ""

    @property
    def all_placed(self) -> list[dict[str, Any]]:
        """All kinds, each with its place among them."""
        return [kind | {"place": place} for place, kind in enumerate(self.all_kinds)]


def shown_by(
    recipe: recipes.MapRecipe | None,
    layers: Sequence[HubLayer],
    basemap: gpd.GeoDataFrame | None,
) -> Shown:
    """What a recipe's views show at first.

    Parameters
    ----------
    recipe
        None: all views as they are by default.
    layers
        What the map is made of.
    basemap
        The context there is.
    """
    views = recipe.views if recipe is not None else recipes.default_views()
    ground = next((v for v in views if isinstance(v, recipes.BasemapView)), None)
    district = next((v for v in views if isinstance(v, recipes.DistrictsView)), None)
    cell = next((v for v in views if isinstance(v, recipes.CellsView)), None)
    point = next((v for v in views if isinstance(v, recipes.PointsView)), None)
    shade = None
    if cell is not None and cell.shown:
        shade = _cells(cell, layers)
    if shade is None and district is not None and district.shown:
        shade = _districts(district, layers)
    kinds = []
    for place, kind in enumerate(kinds_of(layers)):
        offered = point is not None and (not point.kinds or kind["id"] in point.kinds)
        if point is not None and offered and (point.shown is None or kind["id"] in point.shown):
            kinds.append(kind | {"place": place})
    entities = _entities(layers, [kind["id"] for kind in kinds])
    for kind in kinds:
        kind["n"] = _total(entities[entities["kind"] == kind["id"]])
    outlined = any(isinstance(v, recipes.OutlineView) for v in views)
    return Shown(
        basemap=basemap if ground is not None else None,
        labels=ground is not None and ground.labels,
        surface=shade,
        districts=stacked([la.districts for la in layers])
        .drop_duplicates("code")
        .reset_index(drop=True)
        if district is not None or shade is None
        else None,
        outline=stacked([la.outline for la in layers]).drop_duplicates("hub") if outlined else None,
        kinds=[kind for kind in kinds if kind["n"]],
        entities=entities,
        all_kinds=kinds_of(layers),
        method=district.method if district is not None else "",
    )


def _entities(layers: Sequence[HubLayer], kinds: Sequence[str]) -> gpd.GeoDataFrame:
    import geopandas as gpd

    frames = [pd.DataFrame(cases_of(layer)) for layer in layers]
    table = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    table = table[table["kind"].isin(list(kinds))].drop_duplicates("id").reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=4326)


def _total(own: pd.DataFrame) -> int:
    """Units once each, or the sum of weights."""
    weighted = bool((own["weight"] != 1).any())
    return int(own["weight"].sum()) if weighted else int(own["unit"].nunique())


def _districts(view: recipes.DistrictsView, layers: Sequence[HubLayer]) -> Surface | None:
    table, rows, values = district_shades(layers, classes=view.classes, method=view.method)
    value = _chosen(values, view.statistic, view.kind)
    if value is None:
        return None
    own = rows[(rows["statistic"] == value["statistic"]) & (rows["kind"] == value["kind"])]
    numbers = pd.to_numeric(table["code"].map(own.set_index("zone")["value"]), errors="coerce")
    if own.empty and value["kind"] in table:
        numbers = pd.to_numeric(table[value["kind"]], errors="coerce")
    return _surface(table, numbers, value)


def _cells(view: recipes.CellsView, layers: Sequence[HubLayer]) -> Surface | None:
    table, values = cell_shades(layers, classes=view.classes)
    value = _chosen([v for v in values if not v["withheld"]], "cell_density", view.kind)
    if value is None:
        return None
    counts = pd.to_numeric(table[value["kind"]], errors="coerce").fillna(0)
    table = table.reset_index(drop=True)
    return _surface(table, counts / table["area_km2"], value, cells=True)


def _surface(
    table: gpd.GeoDataFrame, numbers: pd.Series[Any], value: dict[str, Any], *, cells: bool = False
) -> Surface:
    return Surface(
        shapes=table.geometry,
        values=np.asarray(numbers.astype(float)),
        kind=value["kind"],
        statistic=value["statistic"],
        breaks=value["breaks"],
        colours=value["colours"],
        low=float(value["low"]),
        high=float(value["high"]),
        zero=bool(value["zero"]),
        cells=cells,
        share=float(value.get("share", 1.0)),
    )


def _chosen(values: Sequence[dict[str, Any]], statistic: str, kind: str) -> dict[str, Any] | None:
    """The number asked for, or the first there is."""
    wanted = [v for v in values if v["statistic"] == statistic and kind in ("", v["kind"])]
    return next(iter([*wanted, *values]), None)
