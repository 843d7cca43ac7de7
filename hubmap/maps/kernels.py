"""Smooth density in records per km²: areas that hold half, most and nearly all of the records."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hubmap.maps import columns
from hubmap.maps.colours import ramp
from hubmap.maps.ground import grounds
from hubmap.maps.kinds import kinds_of
from hubmap.statistics.pointpattern.kde import kde, mass_levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from hubmap.layers.model import HubLayer
    from hubmap.maps.ground import Ground
    from hubmap.statistics.pointpattern.kde import Surface

SHARES = (0.95, 0.8, 0.5)
"""The widest first, so that the narrower are drawn upon it."""
BANDWIDTHS_KM = (2.0, 5.0)
PER_KM2 = 1e6


def kernels(
    layers: Sequence[HubLayer], *, bandwidths_km: Sequence[float] = BANDWIDTHS_KM
) -> dict[str, Any]:
    """Contours of each hub's and kind's density on the hub's equal-area plane.

    Parameters
    ----------
    layers
        The hub layers.
    bandwidths_km
        Standard deviations of the kernel; the reader chooses among them.

    Returns
    -------
    dict
        ``table``: a row a contour with its hub, kind, bandwidth, share of the mass, density at
        it (per km²) and area (km²), outlines in ``paths``. ``peaks``: where each surface is
        highest. ``withheld``: why a hub has none.
    """
    rows: list[dict[str, Any]] = []
    shapes: list[Any] = []
    peaks: list[dict[str, Any]] = []
    withheld: list[dict[str, Any]] = []
    kinds = kinds_of(layers)
    hubs = grounds(layers)
    for kind in kinds:
        for width in bandwidths_km:
            for ground in hubs:
                own = {"hub": ground.hub, "kind": kind["id"], "bandwidth": float(width)}
                x, y, share, why = ground.usable(kind["id"], 2000 * width, "peak_density")
                if why:
                    withheld.append(own | {"reason": why})
                    continue
                surface = kde(x, y, window=ground.land, bandwidth=width * 1000, cell=width * 250)
                found, peak = _contours(surface, ground)
                peaks.append(own | peak | {"n": int(x.size), "used": round(share, 4)})
                for contour, outline in found:
                    rows.append(own | contour)
                    shapes.append(outline)
    return {
        "type": "kernel",
        "kinds": kinds,
        "table": columns.encode_table(pd.DataFrame(rows, columns=_COLUMNS)),
        "paths": columns.encode_paths(_series(shapes)),
        "peaks": peaks,
        "withheld": withheld,
        "values": [
            {
                "kind": kind["id"],
                "statistic": f"kde_{width:g}",
                "bandwidth": float(width),
                "colours": ramp(kind["colour"], 5)[1:4],
                "withheld": not any(
                    p["kind"] == kind["id"] and p["bandwidth"] == width for p in peaks
                ),
            }
            for kind in kinds
            for width in bandwidths_km
        ],
    }


_COLUMNS = ["hub", "kind", "bandwidth", "share", "level", "area_km2"]


def _series(shapes: list[Any]) -> Any:
    import geopandas as gpd

    return gpd.GeoSeries(shapes, crs=4326)


def _contours(
    surface: Surface, ground: Ground
) -> tuple[list[tuple[dict[str, float], Any]], dict[str, float]]:
    """The areas that hold each share of the mass, and the peak, in WGS-84."""
    import shapely

    levels = mass_levels(surface, SHARES)
    # Simplified by a twentieth of the kernel: far less than the bandwidth blurs.
    step = surface.bandwidth / 20
    coast = ground.land.simplify(step)
    found = []
    for share, level in zip(SHARES, levels, strict=True):
        flat = shapely.intersection(_above(surface, float(level)), coast).simplify(step)
        described = {
            "share": share,
            "level": _three(float(level) * PER_KM2),
            "area_km2": _three(float(shapely.area(flat)) / PER_KM2),
        }
        found.append((described, ground.lonlat([_areas(flat)]).iloc[0]))
    x, y, top = surface.peak
    at = ground.lonlat([shapely.Point(x, y)]).iloc[0]
    peak = {"lon": round(at.x, 4), "lat": round(at.y, 4), "density": _three(top * PER_KM2)}
    return found, peak


def _above(surface: Surface, level: float) -> BaseGeometry:
    """The part of the plane where the density is at least ``level``."""
    import shapely
    from contourpy import FillType, contour_generator
    from scipy.ndimage import distance_transform_edt

    # The sea has no density: it takes the nearest land's, and the coast cuts it off again.
    nearest = distance_transform_edt(
        surface.cover <= 0, return_distances=False, return_indices=True
    )
    rows, across = nearest
    height = surface.density[rows, across]
    lines = contour_generator(
        surface.grid.x, surface.grid.y, height, fill_type=FillType.OuterOffset
    )
    filled: Any = lines.filled(level, np.inf)
    parts = []
    for points, ends in zip(*filled, strict=True):
        rings = [points[a:b] for a, b in pairwise(ends)]
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    return shapely.make_valid(shapely.union_all(parts))


def _areas(shape: BaseGeometry) -> BaseGeometry:
    """Only the polygons of a shape, without the lines that cutting may leave."""
    import shapely

    parts = [p for p in shapely.get_parts([shape]) if p.geom_type.endswith("Polygon")]
    return shapely.union_all(parts)


def _three(value: float) -> float:
    """Three significant digits."""
    return float(f"{value:.3g}")
