"""From entities and regions to one hub's layer."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hubmap.errors import RecipeError
from hubmap.geodesy import WGS84, plane_of_all
from hubmap.layers.cells import build_cells, with_hot_spots
from hubmap.layers.comparing import with_ranks
from hubmap.layers.marks import marks_of
from hubmap.layers.model import HubLayer
from hubmap.layers.profile import as_variant, measured
from hubmap.layers.recipe import NamedRegions
from hubmap.layers.zones import part_of, zones_of
from hubmap.statistics.model import Records, World, record_table
from hubmap.tables import checked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hubmap.geodata.recipe import EntitySource
    from hubmap.layers.recipe import Clusters, HubRecipe
    from hubmap.statistics.model import Zone
    from hubmap.tables import Cells, Districts, HubEntities, Outline, Regions


def resolve_regions(
    recipe: NamedRegions | Clusters,
    regions: Regions,
    where: str,
    *,
    key: str = "delineation.regions",
) -> list[str]:
    """Codes of the districts of a hub, from the codes or names in its recipe.

    Raises
    ------
    RecipeError
        A name is unknown or ambiguous.
    """
    names: dict[str, set[str]] = {}
    for code, row in regions.iterrows():
        for name in {str(code), row["name"], row["name_zh"]}:
            names.setdefault(name, set()).add(str(code))
    chosen: set[str] = set()
    for wanted in recipe.regions:
        codes = names.get(wanted, set())
        if not codes:
            close = difflib.get_close_matches(wanted, names, n=1)
            hint = f"Did you mean `{close[0]}`?" if close else "Use a code of the regions table."
            raise RecipeError(
                f"{where}: key `{key}`: {wanted!r} is no region of this workspace.",
                hint,
            )
        if len(codes) > 1:
            raise RecipeError(
                f"{where}: key `{key}`: {wanted!r} names {len(codes)} regions.",
                f"Use a code: {', '.join(sorted(codes))}.",
            )
        code = next(iter(codes))
        inside = regions.index[regions["leaf"] & (regions["city"] == code)]
        chosen |= set(inside) if regions.at[code, "level"] == "city" else {code}
    return sorted(chosen)


def build_layer(
    id: str,
    recipe: HubRecipe,
    regions: Regions,
    assigned: Sequence[tuple[EntitySource, gpd.GeoDataFrame]],
    *,
    where: str,
    counted: Mapping[str, pd.DataFrame] | None = None,
) -> HubLayer:
    """Build a hub that is made of regions.

    Parameters
    ----------
    id
        The recipe's file name.
    recipe
        With a delineation by regions.
    regions
        The workspace's regions.
    assigned
        Each source's recipe and its entities with their districts.
    where
        The recipe's path, for messages.
    counted
        For sources whose entities are a sample: what was counted in each hexagon, by source id;
        ``lon`` and ``lat`` of its middle, ``case`` and ``count``.

    Returns
    -------
    HubLayer
        Complete with its profile.
    """
    counted = counted or {}
    codes = resolve_regions(cast("NamedRegions", recipe.delineation), regions, where)
    leaves = regions.loc[codes]
    outline = shapely.union_all(leaves.geometry.to_numpy())
    whole = whole_cities(codes, regions)
    parts: list[gpd.GeoDataFrame] = []
    kinds: dict[str, list[gpd.GeoDataFrame]] = {}
    for source, table in assigned:
        inside = table["district"].isin(codes) | (
            table["district"].isna() & table["city"].isin(whole)
        )
        parts.append(table[inside])
        kinds.setdefault(source.kind, []).append(table[inside])
    entities = gpd.GeoDataFrame(
        pd.concat(parts, ignore_index=True).assign(hub=id), geometry="geometry", crs=WGS84
    )
    entities = entities.sort_values(["kind", "dataset", "id"], ignore_index=True)
    entities["founded"] = entities["founded"].astype("Int64")
    cased = {
        kind: pd.concat([t[t["case"]] for t in tables]) for kind, tables in sorted(kinds.items())
    }
    districts = _districts(id, leaves, regions, cased)
    cells = build_cells(
        leaves.geometry.to_numpy(),
        {
            kind: _cell_points(
                table[~table["dataset"].isin(counted)],
                [counted[s.id] for s, _ in assigned if s.id in counted and s.kind == kind],
            )
            for kind, table in cased.items()
        },
        recipe.cells.area_km2,
        id,
    )
    frame = gpd.GeoDataFrame({"hub": [id]}, geometry=[outline], crs=WGS84)
    world = _world(regions, assigned, codes)
    zones = zones_of(id, regions, codes, whole)
    cells = with_hot_spots(cells, zones[0], world)
    found = measured(id, recipe.statistics, zones, world, set(codes), set(whole))
    beside = [
        as_variant(measured(id, recipe.statistics, zone, world, set(codes), set(whole)))
        for zone in _variants(id, recipe, regions, codes, whole, where)
    ]
    return HubLayer(
        id=id,
        recipe=recipe,
        entities=cast("HubEntities", checked(entities, "hub_entities", where)),
        districts=cast("Districts", checked(districts, "districts", where)),
        cells=cast("Cells", checked(cells, "cells", where)),
        outline=cast("Outline", checked(frame, "outline", where)),
        profile=pd.concat([m.profile for m in (found, *beside)], ignore_index=True),
        sources=tuple(source for source, _ in assigned),
        marks=marks_of(id, zones[0], world, plane_of_all(leaves.geometry.to_numpy())),
        curves=tuple(curve for m in (found, *beside) for curve in m.curves),
    )


def _variants(
    id: str,
    recipe: HubRecipe,
    regions: Regions,
    codes: list[str],
    whole: list[str],
    where: str,
) -> list[tuple[Zone]]:
    """The hub without the regions that its variants leave out."""
    found: list[tuple[Zone]] = []
    for name, variant in recipe.variants.items():
        key = f"variants.{name}.without"
        out = resolve_regions(NamedRegions(regions=variant.without), regions, where, key=key)
        left = [code for code in codes if code not in out]
        if not left or len(left) == len(codes):
            what = "every" if not left else "no"
            raise RecipeError(
                f"{where}: key `{key}` leaves out {what} region of the hub.",
                "Name some of the hub's regions.",
            )
        kept = [city for city in whole if city in set(regions.loc[left, "city"])]
        kept = [city for city in kept if city in whole_cities(left, regions)]
        zone = zones_of(f"{id}/{name}", regions, left, kept)[0]
        chinese = variant.title_zh or variant.title
        found.append((replace(zone, name=variant.title, name_zh=chinese),))
    return found


def _cell_points(
    rows: gpd.GeoDataFrame, counted: list[pd.DataFrame]
) -> tuple[gpd.GeoSeries, NDArray[np.float64]]:
    """What falls into cells: rows, and what was counted where the rows are but a sample."""
    points, weights = [rows.geometry.to_numpy()], [rows["weight"].to_numpy(float)]
    for table in counted:
        cells = table[table["case"]]
        points.append(np.asarray(gpd.points_from_xy(cells["lon"], cells["lat"])))
        weights.append(cells["count"].to_numpy(float))
    return gpd.GeoSeries(np.concatenate(points), crs=WGS84), np.concatenate(weights)


def compare_layers(
    id: str,
    recipe: HubRecipe,
    members: Sequence[HubLayer],
    regions: Regions,
    assigned: Sequence[tuple[EntitySource, gpd.GeoDataFrame]],
    *,
    where: str,
) -> HubLayer:
    """Put several hubs' layers side by side.

    Parameters
    ----------
    id, recipe
        The comparison.
    members
        The hubs' layers, in the recipe's order.
    regions, assigned
        As for :func:`build_layer`; the hubs taken together get a profile of their own.
    where
        The recipe's path, for messages.

    Returns
    -------
    HubLayer
        The members' tables one below the other. The profile begins with the hubs together and
        goes on with each member's, told apart by ``hub``.
    """
    codes = sorted({code for member in members for code in member.districts["code"]})
    whole = whole_cities(codes, regions)
    hub = zones_of(id, regions, codes, whole)[:1]
    world = _world(regions, assigned, codes)
    together = measured(id, recipe.statistics, hub, world, set(codes), set(whole))
    tables = [together.profile, *(member.profile for member in members)]
    profile = pd.concat(tables, ignore_index=True)
    ids = [member.id for member in members]
    profile = with_ranks(profile, (profile["level"] == "hub") & profile["zone"].isin(ids))

    def stacked(name: str) -> gpd.GeoDataFrame:
        tables = [getattr(member, name) for member in members]
        frame = gpd.GeoDataFrame(
            pd.concat(tables, ignore_index=True), geometry="geometry", crs=WGS84
        )
        schema = "hub_entities" if name == "entities" else name
        return checked(frame, schema, where)

    return HubLayer(
        id=id,
        recipe=recipe,
        entities=cast("HubEntities", stacked("entities")),
        districts=cast("Districts", stacked("districts")),
        cells=cast("Cells", stacked("cells")),
        outline=cast("Outline", stacked("outline")),
        profile=profile,
        sources=tuple(source for source, _ in assigned),
        marks=gpd.GeoDataFrame(
            pd.concat([member.marks for member in members], ignore_index=True),
            geometry="geometry",
            crs=WGS84,
        ),
        curves=(*together.curves, *(curve for member in members for curve in member.curves)),
    )


def whole_cities(codes: Sequence[str], regions: Regions) -> list[str]:
    """The cities that lie in a set of districts entirely."""
    leaves = regions[regions["leaf"]]
    complete = leaves.index.isin(codes)
    return sorted(
        str(c)
        for c, all_in in pd.Series(complete).groupby(leaves["city"].to_numpy()).all().items()
        if all_in
    )


def _world(
    regions: Regions, assigned: Sequence[tuple[EntitySource, gpd.GeoDataFrame]], codes: list[str]
) -> World:
    """All records and the hub's land, on the plane centred on these districts."""
    crs = plane_of_all(regions.geometry.loc[codes].to_numpy())
    kinds = sorted({source.kind for source, _ in assigned})
    land = regions.loc[codes].geometry.to_crs(crs)
    # Wide outlines with long edges can cross themselves on the plane.
    land = land.where(land.is_valid, land.make_valid())
    others = regions[regions["leaf"] & ~regions.index.isin(codes)]
    beside = others[others.intersects(shapely.box(*regions.loc[codes].total_bounds).buffer(0.03))]
    return World(
        records={kind: _records(kind, assigned, crs) for kind in kinds},
        land=dict(zip(codes, land, strict=True)),
        districts={code: part_of(code, regions) for code in codes},
        crs=crs.to_wkt(),
        around={
            str(code): (shape, str(beside.at[code, "city"]))
            for code, shape in beside.geometry.to_crs(crs).items()
        },
    )


def _districts(
    id: str, leaves: Regions, regions: Regions, cased: dict[str, gpd.GeoDataFrame]
) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(
        {
            "code": leaves.index,
            "hub": id,
            "name": leaves["name"].to_numpy(),
            "name_zh": leaves["name_zh"].to_numpy(),
            "city": leaves["city"].to_numpy(),
            "city_name": regions["name"].loc[leaves["city"]].to_numpy(),
            "city_name_zh": regions["name_zh"].loc[leaves["city"]].to_numpy(),
            "area_km2": leaves["area_km2"].to_numpy(),
            "area_source": leaves["area_source"].to_numpy(),
            "population": leaves["population"].to_numpy(),
            "population_year": leaves["population_year"].to_numpy(),
            "polygon_km2": leaves["polygon_km2"].to_numpy(),
        },
        geometry=leaves.geometry.to_numpy(),
        crs=WGS84,
    )
    for kind, rows in cased.items():
        once = rows.drop_duplicates(["unit", "district"])
        counts = once.groupby("district")["weight"].sum()
        table[kind] = table["code"].map(counts).fillna(0.0).astype(float)
    return table


def _records(
    kind: str, assigned: Sequence[tuple[EntitySource, gpd.GeoDataFrame]], crs: object
) -> Records:
    """All of one kind's records in the workspace, on the hub's plane."""
    of_kind = [(source, table) for source, table in assigned if source.kind == kind]
    sample = next((source.sample for source, _ in of_kind if source.sample), None)
    table = pd.concat([table for _, table in of_kind], ignore_index=True)
    flat = gpd.GeoSeries(table["geometry"], crs=WGS84).to_crs(crs)
    stated = table["region"].notna() & table["region"].eq(table["district"])
    plain = pd.DataFrame(table.drop(columns="geometry")).assign(x=flat.x, y=flat.y, stated=stated)
    if "site" in plain:
        plain["site"] = plain["site"].eq(True)
    return Records(
        kind=kind,
        noun=of_kind[0][0].noun,
        table=record_table(plain)[plain["city"].notna()].reset_index(drop=True),
        covers=frozenset(sample.covers) if sample else None,
        sample=f"a sample from {sample.platform}, {sample.period}" if sample else "",
        base_noun=of_kind[0][0].base_noun,
        points=any(
            s.place == "point" or (s.place == "text" and bool(t["placed"].ne("region").any()))
            for s, t in of_kind
        ),
    )
