"""A layer of hubs that were found: searched for, outlined, named, ranked and tried again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hubmap.errors import RecipeError
from hubmap.geodesy import WGS84, plane_of
from hubmap.layers.build import build_layer, compare_layers, resolve_regions
from hubmap.layers.cells import build_cells, hexagon_of, hexagon_size
from hubmap.layers.outlines import Drawn, draw
from hubmap.layers.ranking import overlap_table, rank_table
from hubmap.layers.recipe import Hexagons, NamedRegions
from hubmap.layers.search import districts_of, pool_of, search
from hubmap.layers.stability import hub_stability, place_stability, try_settings
from hubmap.statistics.centres import mean_centre
from hubmap.tables import checked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hubmap.geodata.recipe import EntitySource
    from hubmap.layers.model import HubLayer
    from hubmap.layers.recipe import Clusters, HubRecipe
    from hubmap.layers.search import Found
    from hubmap.layers.stability import Setting
    from hubmap.tables import Cells, Outline, Regions

Assigned = tuple["EntitySource", gpd.GeoDataFrame]


def detect_layer(
    id: str,
    recipe: HubRecipe,
    regions: Regions,
    assigned: Sequence[Assigned],
    *,
    named: Mapping[str, NamedRegions],
    where: str,
) -> HubLayer:
    """Find hubs and build their layer.

    Parameters
    ----------
    id
        The recipe's file name.
    recipe
        With a delineation by clusters.
    regions
        The workspace's regions.
    assigned
        Each source's recipe and its entities with their districts.
    named
        The workspace's named hubs, which the found ones are compared with.
    where
        The recipe's path, for messages.

    Returns
    -------
    HubLayer
        Entities, districts and profile as of a comparison, a hub a row of ``outline``; ``cells``
        cover all that was looked at, with ``stability`` where there are records.

    Raises
    ------
    RecipeError
        The records cannot carry a search at that distance, or nothing is dense enough.
    """
    clusters = cast("Clusters", recipe.delineation)
    looked = _looked_at(clusters, regions, where)
    land = regions.geometry.loc[looked].to_numpy()
    crs = plane_of(shapely.box(*shapely.total_bounds(land)))
    pool = pool_of(assigned, clusters.layers, regions, looked, crs)
    found = search(
        pool,
        clusters.layers,
        within_m=clusters.within_km * 1000,
        core_share=clusters.core_share,
        grid_m=clusters.grid_m,
        algorithm=clusters.algorithm,
        level=clusters.level,
    )
    if found.refused:
        raise RecipeError(
            f"{where}: hubs cannot be found within {clusters.within_km:g} km: {found.refused}.",
            "Search a longer `delineation.within_km`, or place the records better.",
        )
    flat = regions.geometry.loc[looked].to_crs(crs)
    table = _hubs(id, pool, found, clusters, regions, flat)
    if table.empty:
        dense = {
            "dbscan": f"place holds {clusters.core_share:.2%} of the weight within "
            f"{clusters.within_km:g} km",
            "hdbscan": f"group of {clusters.core_share:.2%} of the records stands out",
        }
        raise RecipeError(
            f"{where}: no {dense[clusters.algorithm]}, or no district mostly belongs to one.",
            "Lower `delineation.core_share`.",
        )
    settings = try_settings(pool, clusters)
    firm = hub_stability(settings, [found.label == label for label in table["label"]])
    table = pd.concat([table, firm.set_axis(table.index)], axis=1)
    table["settings"] = sum(not s.found.refused for s in settings)
    table["parameters"] = _parameters(clusters, found, len(table))
    for kind, given in found.admissions.items():
        table[f"used_{kind}"] = given.share_used
    outline = _outline(pool, found, table, clusters, regions, flat, named)
    members = [
        build_layer(
            hub,
            # Its own hexagons are not kept; large ones cost nothing.
            recipe.model_copy(
                update={
                    "delineation": NamedRegions(regions=tuple(codes)),
                    "cells": Hexagons(area_km2=10_000),
                }
            ),
            regions,
            assigned,
            where=where,
        )
        for hub, codes in _codes(table).items()
    ]
    layer = compare_layers(id, recipe, members, regions, assigned, where=where)
    profile = layer.profile.copy()
    hubs = profile["level"] == "hub"
    for column in ("name", "name_zh"):
        called = profile["zone"].map(table[column])
        profile[column] = profile[column].mask(hubs & called.notna(), called)
    cells = _cells(id, recipe, land, looked, assigned, pool, found, table, settings)
    return replace(
        layer,
        profile=profile,
        outline=cast("Outline", checked(outline, "outline", where)),
        cells=cast("Cells", checked(cells, "cells", where)),
    )


def _looked_at(clusters: Clusters, regions: Regions, where: str) -> list[str]:
    if clusters.regions:
        return resolve_regions(clusters, regions, where)
    return sorted(str(code) for code in regions.index[regions["leaf"]])


def _hubs(
    id: str,
    pool: pd.DataFrame,
    found: Found,
    clusters: Clusters,
    regions: Regions,
    flat: gpd.GeoSeries,
) -> pd.DataFrame:
    """The hubs in the order of their rank: names, districts, weights and ranks."""
    codes = districts_of(pool, found, flat, clusters.within_km * 1000)
    place = pool["district"].fillna(pool["city"])
    mass = pool["share"] * pool["kind"].map(clusters.layers)
    frame = pd.DataFrame({"city": pool["city"], "place": place, "mass": mass})
    rows = {}
    for label, own in enumerate(codes):
        if not place.isin(own).any():
            continue
        own_records = found.label == label
        mine = frame[place.isin(own)]
        cities = mine.groupby("city")["mass"].sum().sort_values(ascending=False, kind="stable")
        heaviest = mine.groupby("place")["mass"].sum().idxmax()
        x, y = mean_centre(
            pool["x"][own_records], pool["y"][own_records], weight=found.mass[own_records]
        )
        wide = cities.index[cities >= cities.sum() / 10]
        rows[label] = {
            "label": label,
            "codes": own,
            "city": cities.index[0],
            "heaviest": heaviest,
            "cities": "–".join(regions.at[code, "name"] for code in wide),
            "cities_zh": "–".join(regions.at[code, "name_zh"] for code in wide),
            "centre_x": x,
            "centre_y": y,
            "records": int(own_records.sum()),
        }
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = table.index.astype(str)
    for column in ("name", "name_zh"):
        table[column] = _names(table, regions[column])
    residents = {label: _residents(own, regions) for label, own in _codes(table).items()}
    ranked = rank_table(pool, _codes(table), residents, clusters.layers)
    table = table.join(ranked)
    table["residents"] = table.index.map(residents)
    order = [f"rank_{clusters.rank_by}", "rank_combined", "name"]
    table = table.sort_values(order, kind="stable")
    table["rank"] = table[f"rank_{clusters.rank_by}"]
    slugs = [f"{id}:{'-'.join(str(name).lower().split())}" for name in table["name"]]
    if len(set(slugs)) < len(slugs):  # two cities of one name
        slugs = [f"{id}:{code}" for code in table["heaviest"]]
    return table.set_axis(pd.Index(slugs, name="hub"), axis=0)


def _codes(table: pd.DataFrame) -> dict[str, list[str]]:
    """Each hub's districts."""
    return {str(hub): codes for hub, codes in table["codes"].items()}


def _names(table: pd.DataFrame, called: pd.Series[str]) -> list[str]:
    """The heaviest city's name, with the heaviest district's where a city has several hubs."""
    alone = ~table["city"].duplicated(keep=False)
    return [
        called[city] if single or city == heaviest else f"{called[city]} {called[heaviest]}"
        for city, heaviest, single in zip(table["city"], table["heaviest"], alone, strict=True)
    ]


def _residents(codes: Sequence[str], regions: Regions) -> float:
    """Residents of some districts, from cities' own figures where a city is whole."""
    leaves = regions[regions["leaf"]]
    total = 0.0
    for city, rows in leaves[leaves.index.isin(codes)].groupby("city"):
        if len(rows) == int((leaves["city"] == city).sum()):
            total += float(regions.at[city, "population"])
        else:
            total += float(rows["population"].sum(skipna=False))
    return total


def _parameters(clusters: Clusters, found: Found, hubs: int) -> str:
    """What was asked and what the guard said, in one line."""
    lost = int(found.label.max()) + 1 - hubs
    said = [
        f"{kind} (weight {clusters.layers[kind]:g}): "
        + (f"{a.share_used:.0%} used" if not a.reason else f"{a.state}, {a.reason}")
        for kind, a in found.admissions.items()
    ]
    return "; ".join(
        [
            f"{clusters.algorithm.upper()} within {clusters.within_km:g} km",
            f"core from {clusters.core_share:.1%} of the combined weight",
            f"{clusters.grid_m:g} m grid",
            f"{clusters.level} level",
            f"outline by {clusters.outline}",
            f"ranked by {clusters.rank_by}",
            *said,
            *([f"left out: {lost} clusters that most of no district lies in"] if lost else []),
        ]
    )


def _outline(
    pool: pd.DataFrame,
    found: Found,
    table: pd.DataFrame,
    clusters: Clusters,
    regions: Regions,
    flat: gpd.GeoSeries,
    named: Mapping[str, NamedRegions],
) -> gpd.GeoDataFrame:
    """A row a hub, drawn by the recipe's rule, with the named hub that it overlaps most."""
    crs = flat.crs
    shapes = {}
    for hub, row in table.iterrows():
        own = pool[found.label == row["label"]]
        given = Drawn(
            own[["x", "y"]].to_numpy(dtype=float),
            clusters.within_km * 1000,
            flat.loc[row["codes"]].to_numpy(),
        )
        shapes[hub] = draw(clusters.outline, given)
    drawn = gpd.GeoSeries(shapes, crs=crs)
    codes = {
        name: [code for code in resolve_regions(made, regions, name) if code in flat.index]
        for name, made in named.items()
    }
    codes = {name: own for name, own in codes.items() if own}
    others = gpd.GeoSeries(
        {name: shapely.union_all(flat.loc[own].to_numpy()) for name, own in codes.items()}, crs=crs
    )
    overlap = overlap_table(pool, _codes(table), drawn, codes, others)
    best = overlap.sort_values(["jaccard_records", "jaccard_area"], ascending=False, kind="stable")
    best = best[best["jaccard_records"] > 0].drop_duplicates("hub").set_index("hub")
    centre = gpd.GeoSeries.from_xy(table["centre_x"], table["centre_y"], crs=crs).to_crs(WGS84)
    plain = table.drop(columns=["label", "codes", "centre_x", "centre_y", "city"])
    plain["heaviest_zh"] = plain["heaviest"].map(regions["name_zh"])
    plain["heaviest"] = plain["heaviest"].map(regions["name"])
    plain = plain.join(best).assign(
        outline_km2=(drawn.area / 1e6).reindex(plain.index),
        centre_lon=centre.x.round(5).to_numpy(),
        centre_lat=centre.y.round(5).to_numpy(),
    )
    geometry = drawn.to_crs(WGS84).reindex(plain.index).to_numpy()
    if clusters.outline == "districts":
        # In degrees neighbours share their vertices exactly.
        geometry = np.array(
            [shapely.union_all(regions.geometry.loc[c].to_numpy()) for c in table["codes"]]
        )
    first = ["hub", "rank", "name", "name_zh", "weight", "per_million", "combined"]
    plain = plain.reset_index()
    plain = plain[[*first, *(c for c in plain.columns if c not in first)]]
    return gpd.GeoDataFrame(plain, geometry=geometry, crs=WGS84)


def _cells(
    id: str,
    recipe: HubRecipe,
    land: NDArray[np.object_],
    looked: Sequence[str],
    assigned: Sequence[Assigned],
    pool: pd.DataFrame,
    found: Found,
    table: pd.DataFrame,
    settings: list[Setting],
) -> gpd.GeoDataFrame:
    """Hexagons over all that was looked at; a place is a hexagon that holds records."""
    kinds: dict[str, list[gpd.GeoDataFrame]] = {}
    for source, rows in assigned:
        inside = rows["case"] & rows["district"].isin(looked)
        kinds.setdefault(source.kind, []).append(rows[inside])
    joined = {kind: pd.concat(tables) for kind, tables in sorted(kinds.items())}
    area = recipe.cells.area_km2
    cells = build_cells(
        land,
        {k: (gpd.GeoSeries(t.geometry), t["weight"].to_numpy(float)) for k, t in joined.items()},
        area,
        id,
    )
    q, r = hexagon_of(pool["x"].to_numpy(), pool["y"].to_numpy(), hexagon_size(area))
    name = pd.Series([f"{id}:{a}/{b}" for a, b in zip(q, r, strict=True)])
    place = pd.Categorical(name, categories=cells["cell"]).codes.astype(np.int64)
    # A record known only to its city may lie in a hexagon of no cell; it speaks of no place.
    held = place >= 0
    kept = [
        replace(s, found=replace(s.found, label=s.found.label[held], mass=s.found.mass[held]))
        for s in settings
    ]
    cells["stability"], cells["settings"] = place_stability(kept, place[held], len(cells))
    by = pd.DataFrame({"place": place, "label": found.label, "mass": found.mass})
    by = by[held & found.used]
    mass = by.groupby(["place", "label"])["mass"].sum().reset_index()
    mass = mass.sort_values(["place", "mass"], ascending=[True, False], kind="stable")
    most = mass.drop_duplicates("place").set_index("place")["label"]
    hub = pd.Series(table.index, index=table["label"].to_numpy())
    cells["found"] = pd.Series(np.arange(len(cells))).map(most).map(hub).astype(object)
    cells["found"] = cells["found"].where(cells["found"].notna(), None)
    return cells
