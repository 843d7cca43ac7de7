"""What shaded areas take into the page: districts with their numbers, cells with their counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from hubmap.maps import columns
from hubmap.maps.colours import DIVERGING, LOCATION_QUOTIENT_BREAKS, breaks, ramp
from hubmap.maps.kinds import cases_of, kinds_of, present, stacked
from hubmap.maps.sizes import resized

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer

DISTRICT_COLUMNS = (
    "code", "name", "name_zh", "city", "city_name", "city_name_zh", "area_km2", "area_source",
    "population", "population_year", "polygon_km2",
)  # fmt: skip
PROFILE_COLUMNS = (
    "hub", "zone", "level", "name", "name_zh", "statistic", "kind", "value", "unit", "low", "high",
    "denominator", "n", "share_used", "withheld", "note", "rank_low", "rank_high", "rank_of",
)  # fmt: skip
MAPPED = ("count", "density", "per_million", "location_quotient", "median_founded")
"""Statistics that are offered first to shade districts; the others follow by their names."""


def profile_rows(profile: pd.DataFrame, levels: Sequence[str]) -> dict[str, Any]:
    """The profile's rows of some levels, as a table."""
    rows = profile[profile["level"].isin(list(levels))]
    return columns.encode_table(rows[present(rows, PROFILE_COLUMNS)].reset_index(drop=True))


def districts(
    layers: Sequence[HubLayer],
    *,
    classes: int = 5,
    method: Literal["quantile", "equal"] = "quantile",
) -> dict[str, Any]:
    """Districts, their outlines, and every number of their profile that can shade them."""
    table, rows, values = district_shades(layers, classes=classes, method=method)
    kinds = kinds_of(layers)
    counts = [kind["id"] for kind in kinds if kind["id"] in table.columns]
    frame = table[[*present(table, DISTRICT_COLUMNS), *counts]]
    inner = table.geometry.representative_point()
    return {
        "type": "districts",
        "kinds": kinds,
        "table": columns.encode_table(
            frame,
            lon=columns.encode_degrees(inner.x.to_numpy()),
            lat=columns.encode_degrees(inner.y.to_numpy()),
        ),
        "paths": columns.encode_paths(table.geometry),
        "profile": columns.encode_table(rows[present(rows, PROFILE_COLUMNS)]),
        "values": values,
        "method": method,
    }


def district_shades(
    layers: Sequence[HubLayer],
    *,
    classes: int = 5,
    method: Literal["quantile", "equal"] = "quantile",
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, list[dict[str, Any]]]:
    """The districts, the rows of their profile, and what can shade them with breaks and colours."""
    table = stacked([layer.districts for layer in layers]).drop_duplicates("code")
    table = table.reset_index(drop=True)
    profile = pd.concat([layer.profile for layer in layers], ignore_index=True)
    # A city without districts (Dongguan) is a leaf itself: its rows are of level "city".
    rows = profile[profile["zone"].isin(table["code"]) & (profile["level"] != "hub")]
    rows = rows.drop_duplicates(["zone", "statistic", "kind"]).reset_index(drop=True)
    return table, rows, _values(table, rows, kinds_of(layers), classes, method)


def _values(
    table: pd.DataFrame,
    rows: pd.DataFrame,
    kinds: Sequence[dict[str, Any]],
    classes: int,
    method: Literal["quantile", "equal"],
) -> list[dict[str, Any]]:
    """What can shade the districts: each number with its class breaks and colours."""
    values = []
    others = sorted(set(rows["statistic"]) - {*MAPPED, "registered"})
    for kind in kinds:
        for statistic in (*MAPPED, *others):
            chosen = rows[(rows["statistic"] == statistic) & (rows["kind"] == kind["id"])]
            numbers = pd.to_numeric(chosen["value"], errors="coerce").dropna()
            if statistic == "count" and numbers.empty and kind["id"] in table.columns:
                numbers = table[kind["id"]].dropna()
            if numbers.empty:
                continue
            found = numbers.astype(float).tolist()
            if statistic in others and len(set(found)) < 2:
                continue
            if statistic == "location_quotient":
                limits, colours = list(LOCATION_QUOTIENT_BREAKS), list(DIVERGING)
            else:
                limits = breaks(found, classes, method)
                colours = ramp(kind["colour"], len(limits) + 1)
            values.append(
                {
                    "kind": kind["id"],
                    "statistic": statistic,
                    "breaks": limits,
                    "colours": colours,
                    "low": min(found),
                    "high": max(found),
                    "zero": statistic not in {"location_quotient", "median_founded"},
                }
            )
    return values


def cells(
    layers: Sequence[HubLayer], *, classes: int = 5, times: Sequence[float] = (1,)
) -> dict[str, Any]:
    """Hexagons that hold anything, with their counts, in one size or several to choose from.

    A kind is offered only where at least half of its records are placed well enough for a cell:
    the rest would heap up at the districts' middles and draw peaks that are not there.
    """
    kinds = kinds_of(layers)
    frames: list[gpd.GeoDataFrame] = []
    values: list[dict[str, Any]] = []
    own_size = [layer.cells for layer in layers]
    sizes = {many: own_size if many == 1 else resized(layers, many) for many in times}
    for many, made in ({m: made for m, made in sizes.items() if made} or {1: own_size}).items():
        table, own = cell_shades(layers, classes=classes, cells=made)
        counts = [kind["id"] for kind in kinds if kind["id"] in table.columns]
        held = table[counts].fillna(0).sum(axis=1) > 0
        frames.append(table[held].assign(times=float(many)))
        size = float(table["area_km2"].median()) if len(table) else 1.0
        name = "" if many == 1 else f"_{many:g}"
        values += [
            v | {"size_km2": round(size, 3), "times": many, "statistic": v["statistic"] + name}
            for v in own
        ]
    whole = stacked(frames)
    shown = ("area_km2", "land_km2", *(("times",) if len(frames) > 1 else ()))
    counts = [kind["id"] for kind in kinds if kind["id"] in whole.columns]
    return {
        "type": "cells",
        "kinds": kinds,
        "table": columns.encode_table(whole[[*present(whole, shown), *counts]]),
        "paths": columns.encode_paths(whole.geometry),
        "values": values,
    }


def cell_shades(
    layers: Sequence[HubLayer],
    *,
    classes: int = 5,
    cells: Sequence[gpd.GeoDataFrame] | None = None,
) -> tuple[gpd.GeoDataFrame, list[dict[str, Any]]]:
    """The hexagons, and the kinds that can shade them with breaks and colours."""
    table = stacked(cells or [layer.cells for layer in layers])
    kinds = kinds_of(layers)
    counts = [kind["id"] for kind in kinds if kind["id"] in table.columns]
    size = float(table["area_km2"].median()) if len(table) else 1.0
    across_m = 2000 * (size / np.pi) ** 0.5
    entities = pd.concat([pd.DataFrame(cases_of(layer, ())) for layer in layers])
    values = []
    for kind in kinds:
        if kind["id"] not in counts:
            continue
        own = entities[entities["kind"] == kind["id"]]
        weight = float(own["weight"].sum())
        near = float(own.loc[own["precision_m"] <= across_m / 2, "weight"].sum())
        share = near / weight if weight else 0.0
        density = (table[kind["id"]].fillna(0) / table["area_km2"]).tolist() if share >= 0.5 else []
        limits = _cell_breaks(density, size, classes)
        values.append(
            {
                "kind": kind["id"],
                "statistic": "cell_density",
                "breaks": limits,
                "colours": ramp(kind["colour"], len(limits) + 2)[1:],
                "low": min((v for v in density if v > 0), default=0),
                "high": max(density, default=0),
                "share": round(share, 4),
                "withheld": share < 0.5,
                "zero": False,
            }
        )
    return table, values


def _cell_breaks(density: Sequence[float], size: float, classes: int) -> list[float]:
    """Breaks at whole counts, each about twice the one before: most cells hold one or two."""
    most = max(density, default=0) * size
    counts, count = [], 2.0
    while count <= most + 1e-6:
        counts.append(count)
        count = float(np.ceil(count * 1.8))
    return [round(c / size, 6) for c in counts[: classes - 1]]
