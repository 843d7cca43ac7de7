"""Hexagons as they lie in their lattice: hot spots and the stability of found hubs.

A lattice of many thousand hexagons travels as its whole-numbered coordinates and a polynomial
from them to longitude and latitude, instead of six corners each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hubmap.maps import columns
from hubmap.maps.colours import ramp
from hubmap.maps.ground import grounds
from hubmap.maps.kinds import kinds_of, stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from hubmap.layers.model import HubLayer

HOT_BREAKS = (5.0, 10.0)
"""z-scores that divide the hot cells; those that are not hot form a class of their own."""
FIRM_BREAKS = (0.2, 0.4, 0.6, 0.8)
POWERS = [(i, j) for i in range(4) for j in range(4 - i)]
FIT_DEG = 5e-4
"""The worst misfit of a lattice's polynomial, about fifty metres, else corners travel."""
TINT = "#b5362b"


def hot_spots(layers: Sequence[HubLayer]) -> dict[str, Any]:
    """Gi* by cell and kind: not significant, or hot in classes of z.

    Returns
    -------
    dict
        ``classes`` by kind, a byte a cell: 0 not tested, 1 not significant, then the classes of
        ``HOT_BREAKS`` from the least. ``reasons`` say why a hub has none.
    """
    table = stacked([layer.cells for layer in layers])
    kinds = [k for k in kinds_of(layers) if f"gi_z_{k['id']}" in table.columns]
    if not kinds:
        return {}
    tested = table[[f"gi_z_{k['id']}" for k in kinds]].notna().any(axis=1)
    kept = table[tested].reset_index(drop=True)
    classes: dict[str, bytes] = {}
    values = []
    for kind in kinds:
        z = kept[f"gi_z_{kind['id']}"].to_numpy(dtype=float)
        hot = kept[f"gi_hot_{kind['id']}"].fillna(False).to_numpy(dtype=bool)
        code = np.where(hot, 2 + np.searchsorted(HOT_BREAKS, z, side="right"), 1)
        code = np.where(np.isnan(z), 0, code).astype(np.uint8)
        classes[kind["id"]] = code.tobytes()
        values.append(
            {
                "kind": kind["id"],
                "statistic": "gi",
                "breaks": list(HOT_BREAKS),
                "colours": ramp(TINT, 5)[2:],
                "hot": int(hot.sum()),
                "tested": int((code > 0).sum()),
                "low": _one(z[hot].min()) if hot.any() else None,
                "high": _one(z[hot].max()) if hot.any() else None,
                "withheld": not (code > 0).any(),
            }
        )
    return {
        "type": "hot",
        "kinds": kinds,
        "values": values,
        "classes": classes,
        "reasons": _reasons(layers, kinds, kept),
        "size_km2": _sizes(table),
        "lattice": lattice(kept),
    }


def stability(layers: Sequence[HubLayer]) -> dict[str, Any]:
    """In how many of the tried settings each place belongs to a found hub; empty where none was."""
    table = stacked([layer.cells for layer in layers])
    if "stability" not in table.columns:
        return {}
    kept = table[table["stability"].notna()].reset_index(drop=True)
    share = kept["stability"].to_numpy(dtype=float)
    code = 1 + np.searchsorted(FIRM_BREAKS, share, side="right")
    return {
        "type": "firm",
        "kinds": [],
        "values": [
            {
                "kind": "",
                "statistic": "stability",
                "breaks": list(FIRM_BREAKS),
                "colours": ramp("#2f6f4f", len(FIRM_BREAKS) + 1),
                "settings": int(kept["settings"].max()) if len(kept) else 0,
                "withheld": not len(kept),
            }
        ],
        "classes": {"": code.astype(np.uint8).tobytes()},
        "share": columns.encode_numbers(np.rint(share * 100)),
        "settings": columns.encode_numbers(kept["settings"].to_numpy(dtype=float)),
        "tried": _tried(layers),
        "reasons": [],
        "size_km2": _sizes(table),
        "lattice": lattice(kept),
    }


def lattice(cells: gpd.GeoDataFrame) -> dict[str, Any]:
    """Where hexagons lie: a part a hub, each with its coordinates, or with its corners."""
    parts: list[dict[str, Any]] = []
    if cells.empty:
        return {"n": 0, "parts": parts}
    place = 0
    prefix = cells["cell"].astype(str).str.rpartition(":")
    for hub, rows in cells.groupby(prefix[0].to_numpy(), sort=False):
        found = _fitted(rows, prefix[2].loc[rows.index])
        order = rows.index.to_numpy()
        if (order != np.arange(place, place + len(rows))).any():
            raise ValueError("the cells of a hub must follow each other")
        place += len(rows)
        parts.append({"hub": str(hub), "n": len(rows)} | found)
    return {"n": len(cells), "parts": parts}


def _fitted(rows: gpd.GeoDataFrame, name: pd.Series[str]) -> dict[str, Any]:
    whole = name.str.fullmatch(r"-?\d+/-?\d+")
    if len(rows) >= 2 * len(POWERS) and bool(whole.all()):
        axial = name.str.split("/", expand=True).astype(int).to_numpy()
        wanted = np.column_stack(_middles(rows))
        scale = float(np.abs(axial).max()) or 1.0
        base = _basis(axial / scale)
        fit, *_ = np.linalg.lstsq(base, wanted, rcond=None)
        if float(np.abs(base @ fit - wanted).max()) <= FIT_DEG:
            return {
                "scale": scale,
                "fit": [[float(f"{v:.9g}") for v in row] for row in fit.tolist()],
                "q": columns.varints(columns.deltas(axial[:, 0])),
                "r": columns.varints(columns.deltas(axial[:, 1])),
            }
    return {"paths": columns.encode_paths(rows.geometry.reset_index(drop=True))}


def _middles(rows: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean of each hexagon's corners, in degrees."""
    import shapely

    corners, index = shapely.get_coordinates(
        shapely.get_exterior_ring(rows.geometry.to_numpy()), return_index=True
    )
    # The first corner of a ring is also its last.
    first = np.r_[True, np.diff(index) > 0]
    n = np.bincount(index[~first])
    lon = np.bincount(index[~first], corners[~first, 0]) / n
    lat = np.bincount(index[~first], corners[~first, 1]) / n
    return lon, lat


def _basis(axial: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([axial[:, 0] ** i * axial[:, 1] ** j for i, j in POWERS])


def _reasons(
    layers: Sequence[HubLayer], kinds: Sequence[dict[str, Any]], kept: gpd.GeoDataFrame
) -> list[dict[str, str]]:
    """Why a kind has no hot spots in a hub."""
    found = []
    for ground in grounds(layers):
        own = kept[kept["hub"] == ground.hub]
        area = [layer.cells.loc[layer.cells["hub"] == ground.hub, "area_km2"] for layer in layers]
        size = float(pd.concat(area).median())
        for kind in kinds:
            if own[f"gi_z_{kind['id']}"].notna().any() or not np.isfinite(size):
                continue
            _, _, _, why = ground.usable(kind["id"], 2000 * (size / np.pi) ** 0.5, "hot_spots")
            found.append({"hub": ground.hub, "kind": kind["id"], "reason": why})
    return found


def _sizes(table: pd.DataFrame) -> list[float]:
    """The areas of the hexagons, each once."""
    return sorted({round(float(v), 2) for v in table["area_km2"].unique()})


def _tried(layers: Sequence[HubLayer]) -> dict[str, list[float]]:
    """The settings that were tried."""
    for layer in layers:
        tried = getattr(getattr(layer.recipe, "delineation", None), "stability", None)
        if tried is not None:
            return {
                "within_km": sorted(set(tried.within_km)),
                "core_share": sorted(set(tried.core_share)),
            }
    return {"within_km": [], "core_share": []}


def _one(value: float) -> float:
    return round(float(value), 1)
