"""How far a number moves under other settings: cell sizes, origins, bandwidths, a wrong datum."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from hubmap.statistics.model import Records, Statistic, World, Zone

REACH_M = 2_000.0
"""Records this near the hub's land may be shifted into it."""


def moved(records: Records, dx: float, dy: float, world: World) -> Records:
    """The records near the hub shifted on the plane, in the districts that they then lie in.

    A point that the shift takes off every known outline (into the sea) stays its district's, as
    where it is assigned. Those known only to their city move from city to city.
    """
    import pandas as pd
    import shapely

    if not records.points or not world.land:
        return records
    key = ("moved", dx, dy, *world.land)
    if key in records.memo:
        return cast("Records", records.memo[key])
    land = {**world.land, **{code: shape for code, (shape, _) in world.around.items()}}
    city_of = {code: part.city for code, part in world.districts.items()}
    city_of |= {code: city for code, (_, city) in world.around.items()}
    shapes = list(land.values())
    west, south, east, north = shapely.total_bounds(list(world.land.values()))
    x, y = records.table["x"], records.table["y"]
    near = x.between(west - REACH_M, east + REACH_M) & y.between(south - REACH_M, north + REACH_M)
    table = records.table[near].assign(x=x[near] + dx, y=y[near] + dy)
    codes = np.array(list(land), dtype=object)
    points = shapely.points(table["x"], table["y"])
    row, place = shapely.STRtree(shapes).query(points, predicate="intersects")
    district = table["district"].to_numpy(dtype=object).copy()
    city = table["city"].to_numpy(dtype=object).copy()
    city[row] = [city_of.get(code, old) for code, old in zip(codes[place], city[row], strict=True)]
    named = pd.notna(district[row])
    district[row[named]] = codes[place[named]]
    records.memo[key] = replace(records, table=table.assign(district=district, city=city))
    return cast("Records", records.memo[key])


def told_range(
    statistic: Statistic, value: float, zone: Zone, records: Records, world: World
) -> str:
    """The range of a value over the settings of its statistic's variants, in words."""
    values = [value]
    refused = 0
    # From outside the hub records may be shifted into it.
    every = world.records.get(records.kind, records)
    variants = list(statistic.variants())
    for other, (dx, dy) in variants:
        shift = bool(dx or dy)
        if shift and not records.points:
            continue
        found = other.plain(zone, moved(every, dx, dy, world) if shift else records, world)
        if found is None or not math.isfinite(found):
            refused += 1
        else:
            values.append(found)
    stated = "" if records.points or not any(map(any, (shift for _, shift in variants))) else STATED
    if len(values) == 1:
        return stated
    left = f" ({refused} settings refused)" if refused else ""
    low, high = f"{min(values):.4g}", f"{max(values):.4g}"
    span = "unchanged" if low == high else f"range {low} to {high}"
    told = f"{span} over {statistic.varied}{left}"
    return told.partition(", and shifts")[0] + left + f"; {stated}" if stated else told


STATED = "their districts are stated: no shift of the datum moves them"
