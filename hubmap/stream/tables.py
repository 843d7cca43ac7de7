"""From a tally to tables: the sample as entities, and the counts, long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from hubmap.errors import TableError
from hubmap.geodesy import WGS84, equivalent_radius_m
from hubmap.stream.sketch import RELATIVE_ERROR, estimates
from hubmap.stream.tally import FIRST_YEAR, Tally
from hubmap.tables import ENTITY_COLUMNS, checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hubmap.stream.batch import Plan
    from hubmap.tables import Regions


def sample_entities(tally: Tally, plan: Plan, id: str, regions: Regions) -> gpd.GeoDataFrame:
    """The sample as entities with their districts; each stands for its share of its stratum.

    Parameters
    ----------
    tally, plan
        What was counted, and how.
    id
        The source's id, kept as ``dataset``.
    regions
        The workspace's regions.

    Returns
    -------
    GeoDataFrame
        As :func:`hubmap.layers.assign.assign` returns it, sorted by id. A district's weights add
        up, by category and case, to what was counted there, so that counts made from the
        sample are those of the whole source.
    """
    source, rows = plan.source, tally.sample
    if rows is None or not rows.num_rows:
        raise TableError(
            f"{id}: no row lies in a region ({'; '.join(accounting(tally))}).",
            "Compare `lon`, `lat` and `datum` in the recipe with the files.",
        )
    frame: pd.DataFrame = rows.to_pandas()
    leaves = regions[regions["leaf"]].sort_index()
    codes = leaves.index.to_numpy(dtype=object)
    radius = np.array([equivalent_radius_m(area) for area in leaves["polygon_km2"]])
    told = (source.precision_m or 0.0) <= radius
    district = frame["_district"].to_numpy(dtype=np.intp)
    case = frame["_case"].to_numpy(dtype=bool)

    def words(column: str) -> pd.Series[str]:
        if not column:
            return pd.Series("", index=frame.index, dtype=str)
        return frame[column].astype(str).where(frame[column].notna(), "")

    def or_none(values: pd.Series[str]) -> pd.Series[str]:
        return values.where(values != "", None)

    tags = pd.Series("", index=frame.index, dtype=str)
    for name, label in source.tags.items():
        tags = tags + np.where(frame[name].fillna(False).astype(bool), label.en + ";", "")
    columns = source.columns
    stated = words(columns.source)
    city = leaves["city"].to_numpy(dtype=object)[district]
    table = pd.DataFrame(
        {
            "id": words(columns.id),
            "kind": source.kind,
            "unit": words(columns.id),
            "name": words(columns.name).replace("", source.title),
            "name_zh": or_none(words(columns.name_zh)),
            "weight": _weights(tally, frame, len(codes)),
            "case": case,
            "precision_m": float(source.precision_m or 0.0),
            "founded": _years(frame, columns.founded),
            "category": or_none(frame["_category"].astype(str)),
            "tags": tags.str.rstrip(";"),
            "region": None,
            "city": city,
            "home": None,
            "placed": "point",
            "source": stated.where(stated != "", source.title),
            "dataset": id,
        }
    )
    for name in source.details:
        table[name] = or_none(words(name))
    points = gpd.points_from_xy(frame["_lon"], frame["_lat"], crs=WGS84)
    made = gpd.GeoDataFrame(table, geometry=points, crs=WGS84)
    made = made[[*ENTITY_COLUMNS, *(n for n in source.details if n not in ENTITY_COLUMNS)]]
    checked(made, "entities", id)
    within = plan.locator.locate(frame["_lon"].to_numpy(), frame["_lat"].to_numpy()) >= 0
    made["district"] = pd.Series(codes[district], index=made.index, dtype=object).where(
        told[district], None
    )
    made["placed"] = np.where(within, "within", "sea")
    return made.sort_values("id", ignore_index=True)


def _weights(tally: Tally, frame: pd.DataFrame, districts: int) -> NDArray[np.float64]:
    """What each row of the sample stands for."""
    stratum = frame["_stratum"].to_numpy(dtype=np.int64)
    total = tally.districts.sum(axis=2).ravel()
    rows = np.bincount(stratum, minlength=len(tally.groups) * 2 * districts)
    weights: NDArray[np.float64] = total[stratum] / rows[stratum]
    return weights


def _years(frame: pd.DataFrame, column: str) -> pd.Series[int]:
    if not column:
        return pd.Series(pd.NA, index=frame.index, dtype="Int64")
    return pd.to_numeric(frame[column], errors="coerce").round().astype("Int64")


def month_counts(tally: Tally, codes: NDArray[np.object_]) -> pd.DataFrame:
    """``district``, ``month`` (empty: unknown), ``category``, ``case``, ``count``; no zeros."""
    group, district, month = np.nonzero(tally.districts)
    names = np.array(
        [""] + [f"{FIRST_YEAR + k // 12}-{k % 12 + 1:02d}" for k in range(720)], dtype=object
    )
    table = pd.DataFrame(
        {
            "district": codes[district],
            "month": names[month],
            "category": np.array(tally.groups, dtype=object)[group // 2],
            "case": group % 2 == 1,
            "count": tally.districts[group, district, month],
        }
    )
    return table.sort_values(["district", "month", "category", "case"], ignore_index=True)


def cell_counts(tally: Tally, plan: Plan, hub: str) -> pd.DataFrame:
    """Counts of one hub's hexagons; no zeros.

    Returns
    -------
    DataFrame
        ``cell``, its middle ``lon`` and ``lat``, ``category``, ``case``, ``count``.
    """
    at = next(k for k, lattice in enumerate(plan.lattices) if lattice.hub == hub)
    cells = tally.cells[:, plan.first_cells[at] : plan.first_cells[at + 1]]
    group, place = np.nonzero(cells)
    lon, lat = plan.lattices[at].middles(place)
    table = pd.DataFrame(
        {
            "cell": plan.lattices[at].names(place),
            "lon": lon,
            "lat": lat,
            "category": np.array(tally.groups, dtype=object)[group // 2],
            "case": group % 2 == 1,
            "count": cells[group, place],
        }
    )
    return table.sort_values(["cell", "category", "case"], ignore_index=True)


def employer_counts(tally: Tally, codes: NDArray[np.object_]) -> pd.DataFrame:
    """``district``, ``employers`` (an estimate) and ``relative_error``, one standard error."""
    return pd.DataFrame(
        {
            "district": codes,
            "employers": np.round(estimates(tally.sketches)),
            "relative_error": RELATIVE_ERROR,
        }
    )


def accounting(tally: Tally) -> list[str]:
    """Every row accounted for, a line each."""
    return [f"{what}: {count:,}" for what, count in tally.rows.items() if count or what == "read"]
