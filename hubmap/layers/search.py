"""The search for hubs: which records may speak at a distance, and which of them lie together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hubmap.errors import TableError
from hubmap.geodesy import WGS84, equivalent_radius_m
from hubmap.statistics.arrays import floats
from hubmap.statistics.clusters import collapse, dbscan
from hubmap.statistics.guard import (
    MARK_BELOW,
    MIN_SITES,
    PILE_SHARE,
    WITHHOLD_BELOW,
    State,
    describe_places,
)
from hubmap.statistics.hierarchy import hdbscan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyproj import CRS

    from hubmap.geodata.recipe import EntitySource
    from hubmap.statistics.arrays import Bools, Floats, Ints
    from hubmap.tables import Regions

HDBSCAN_MOST = 50_000


@dataclass(frozen=True)
class Admission:
    """What the guard says of one kind at one distance.

    Attributes
    ----------
    state
        ``used``, ``marked`` (below 80 % used) or ``withheld`` (below 50 %).
    share_used
        Share of the kind's weight that is placed precisely enough.
    reason
        Why marked or withheld; empty when used.
    """

    state: State
    share_used: float
    reason: str


@dataclass(frozen=True)
class Found:
    """The outcome of one search.

    Attributes
    ----------
    label
        Cluster of each record of the pool, -1 for noise and for records not used, shape (n,).
    mass
        Combined weight of each record, 0 where not used; sums to 1, shape (n,).
    admissions
        What the guard says of each kind.
    refused
        Why nothing was searched; empty when something was.
    """

    label: Ints
    mass: Floats
    admissions: dict[str, Admission]
    refused: str = ""

    @property
    def used(self) -> Bools:
        """Which records took part."""
        return np.asarray(self.mass > 0)


def pool_of(
    assigned: Sequence[tuple[EntitySource, gpd.GeoDataFrame]],
    layers: Mapping[str, float],
    regions: Regions,
    codes: Sequence[str],
    crs: CRS,
) -> pd.DataFrame:
    """Every record of the layers in the regions looked at, on the plane.

    Parameters
    ----------
    assigned
        Each source's recipe and its entities with their districts.
    layers
        The kinds.
    regions
        The workspace's regions.
    codes
        The districts looked at.
    crs
        The equal-area plane.

    Returns
    -------
    DataFrame
        ``kind``, ``weight`` (shared among an institution's campuses), ``share`` (of its kind),
        ``x``, ``y``, ``precision_m``, ``district``, ``city``; ``stands``: whether it has no
        coordinates of its own and stands at its region's middle; ``declared``: whether it says
        itself that it is placed no better than its district.
    """
    cities = set(regions["city"].loc[list(codes)])
    parts = []
    for source, table in assigned:
        if source.kind not in layers:
            continue
        near = table["district"].isin(codes) | (
            table["district"].isna() & table["city"].isin(cities)
        )
        rows = table[table["case"] & near & (table["weight"] > 0)]
        flat = gpd.GeoSeries(rows["geometry"], crs=WGS84).to_crs(crs)
        place = rows["district"].fillna(rows["city"])
        radius = {
            code: equivalent_radius_m(float(regions.at[code, "polygon_km2"]))
            for code in place.unique()
        }
        # Official land is smaller than the outline; either radius is an honest one.
        official = regions["area_km2"].reindex(place).to_numpy(dtype=float)
        least = np.fmin(
            place.map(radius).to_numpy(dtype=float),
            [equivalent_radius_m(a) if np.isfinite(a) else np.inf for a in official],
        )
        times = rows.groupby("unit")["unit"].transform("size").to_numpy(dtype=float)
        parts.append(
            pd.DataFrame(
                {
                    "kind": source.kind,
                    "noun": source.noun,
                    "weight": rows["weight"].to_numpy(dtype=float) / times,
                    "x": flat.x.to_numpy(),
                    "y": flat.y.to_numpy(),
                    "precision_m": rows["precision_m"].to_numpy(dtype=float),
                    "district": rows["district"].to_numpy(dtype=object),
                    "city": rows["city"].to_numpy(dtype=object),
                    "stands": rows["placed"].eq("region").to_numpy(),
                    "declared": rows["precision_m"].to_numpy(dtype=float) >= least,
                    "id": rows["id"].to_numpy(dtype=object),
                }
            )
        )
    if not parts:
        raise TableError("There are no records to search for hubs in.", "Add a source of data.")
    pool = pd.concat(parts, ignore_index=True).sort_values(["kind", "id"], ignore_index=True)
    pool["share"] = pool["weight"] / pool.groupby("kind")["weight"].transform("sum")
    return pool


def admit(
    pool: pd.DataFrame, within_m: float, level: Literal["point", "district"] = "point"
) -> tuple[Bools, dict[str, Admission]]:
    """Which records may serve a search at a distance, and what to say of each kind.

    A record must be placed to half the distance, and at point level by coordinates of its own.
    It must not lie on a pile either: a coordinate with more than 5 % of its kind. Records that
    say they are placed no better than their district may pile up at its middle, for their
    precision already tells at which distances that is fair.
    """
    usable = np.zeros(len(pool), dtype=np.bool_)
    said = {}
    for kind, rows in pool.groupby("kind", sort=True):
        places = describe_places(rows["x"], rows["y"])
        precise = rows["precision_m"].to_numpy() <= within_m / 2
        piled = (places.size[places.site] > PILE_SHARE * len(rows)) & ~rows["declared"].to_numpy()
        stands = rows["stands"].to_numpy() & (level == "point")
        fit = precise & ~piled & ~stands
        share = float(rows["share"].to_numpy()[fit].sum())
        cause = []
        if not precise.all():
            cause.append(
                f"{(~precise).sum()} of {len(rows)} records are placed no better than "
                f"{within_m / 2:,.0f} m"
            )
        if (stands & precise).any():
            cause.append(
                f"{(stands & precise).sum()} stand at the middle of their district, so they "
                "serve district level only"
            )
        if (piled & precise & ~stands).any():
            cause.append(f"{(piled & precise & ~stands).sum()} share a few coordinates")
        state: State = (
            "withheld" if share < WITHHOLD_BELOW else "marked" if share < MARK_BELOW else "used"
        )
        reason = "" if state == "used" else f"{share:.0%} used: {' and '.join(cause)}"
        said[str(kind)] = Admission(state, share, reason)
        if state != "withheld":
            usable[rows.index[fit]] = True
    return usable, said


def search(
    pool: pd.DataFrame,
    layers: Mapping[str, float],
    *,
    within_m: float,
    core_share: float,
    grid_m: float = 250.0,
    algorithm: Literal["dbscan", "hdbscan"] = "dbscan",
    level: Literal["point", "district"] = "point",
) -> Found:
    """Search once.

    Parameters
    ----------
    pool
        From :func:`pool_of`.
    layers
        The weight of each kind; the kinds that the guard admits are each scaled to theirs, so
        that a table with many rows does not outvote one with few.
    within_m
        The neighbourhood of DBSCAN, and the scale that the guard asks about.
    core_share
        Share of the whole combined weight that makes a core. HDBSCAN knows no weights: it takes
        as many records as make that share of their number.
    grid_m
        Side of the squares that records are summed to before DBSCAN.
    algorithm, level
        As in the recipe.
    """
    usable, said = admit(pool, within_m, level)
    mass, refused = _mass(pool, layers, usable), ""
    if not usable.any():
        refused = "; ".join(f"{kind}: {given.reason}" for kind, given in said.items())
    elif level == "point":
        here = pool[usable]
        site = describe_places(here["x"], here["y"]).site
        at = np.bincount(site, weights=mass[usable])
        if 1 / np.sum(at**2) < MIN_SITES:
            refused = (
                f"{len(here)} records occupy only {1 / np.sum(at**2):.0f} effective sites, "
                f'{MIN_SITES:.0f} are needed (level = "district" compares districts instead)'
            )
    label = np.full(len(pool), -1, dtype=np.int64)
    if refused:
        return Found(label, np.zeros(len(pool)), said, refused)
    x, y = floats(pool["x"])[usable], floats(pool["y"])[usable]
    if algorithm == "dbscan":
        squares = collapse(x, y, cell_m=grid_m, weight=mass[usable])
        found = dbscan(
            squares.x, squares.y, within_m=within_m, min_weight=core_share, weight=squares.weight
        )
        label[usable] = found[squares.cell]
    else:
        if x.size > HDBSCAN_MOST:
            why = f"HDBSCAN takes up to {HDBSCAN_MOST:,} records, there are {x.size:,}"
            return Found(label, np.zeros(len(pool)), said, why)
        label[usable] = hdbscan(x, y, min_places=max(2, int(np.ceil(core_share * x.size))))
    return Found(label, mass, said)


def _mass(pool: pd.DataFrame, layers: Mapping[str, float], usable: Bools) -> Floats:
    """The combined weight of each record: its share among the used of its kind."""
    share = np.where(usable, floats(pool["share"]), 0.0)
    kind = pool["kind"].to_numpy()
    mass = np.zeros(len(pool))
    for name, weight in layers.items():
        own = kind == name
        total = share[own].sum()
        if total > 0:
            mass[own] = weight * share[own] / total
    return floats(mass / mass.sum()) if mass.any() else mass


def districts_of(
    pool: pd.DataFrame, found: Found, flat: gpd.GeoSeries, within_m: float
) -> list[list[str]]:
    """The districts of each cluster.

    Parameters
    ----------
    pool, found
        The records and the search.
    flat
        Outlines of the districts looked at, on the plane, by code.
    within_m
        The distance of the search.

    Returns
    -------
    list of list of str
        A district with records that took part belongs where at least half of their weight does
        (half and half: to the earlier cluster). One without belongs where at least half of its
        area lies within half the distance of the cluster's records, so that hubs have no holes.
    """
    number = int(found.label.max(initial=-1)) + 1
    mass, every = np.zeros((len(flat), number)), np.zeros(len(flat))
    at = flat.index.get_indexer(pool["district"])
    held = found.used & (at >= 0)
    np.add.at(every, at[held], found.mass[held])
    inside = held & (found.label >= 0)
    np.add.at(mass, (at[inside], found.label[inside]), found.mass[inside])
    belongs = (every[:, None] > 0) & (mass >= every[:, None] / 2 * (1 - 1e-12))
    empty = np.flatnonzero(every == 0)
    shapes = flat.to_numpy()[empty]
    for label in range(number):
        own = pool[found.label == label]
        near = shapely.union_all(
            shapely.buffer(shapely.points(own[["x", "y"]].to_numpy()), within_m / 2)
        )
        covered = shapely.area(shapely.intersection(shapes, near)) / shapely.area(shapes)
        belongs[empty, label] = covered >= 0.5
    belongs &= np.cumsum(belongs, axis=1) == 1
    return [[str(code) for code in flat.index[belongs[:, label]]] for label in range(number)]
