"""Marks on the map: the mean centre, the ellipse, the centres and the contours of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hubmap.geodesy import WGS84
from hubmap.statistics.centres import deviational_ellipse, mean_centre
from hubmap.statistics.declared.centres import BANDWIDTHS, NumberOfCentres, periods
from hubmap.statistics.declared.support import Placed, on_land
from hubmap.statistics.model import Estimate
from hubmap.statistics.pointpattern.contours import contour_area
from hubmap.statistics.pointpattern.kde import kde, mass_levels
from hubmap.statistics.pointpattern.modes import lasting, modes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubmap.statistics.model import World, Zone

MARK_COLUMNS = (
    "hub", "kind", "mark", "period", "share", "lasts", "label", "label_zh", "n", "note",
)  # fmt: skip
SHARES = (0.5, 0.8, 0.95)
"""Shares of the mass that the contours hold."""
WORDS = {
    "all": ("all", "全部"),
    "early": ("founded to {}", "{}年及以前成立"),
    "late": ("founded after {}", "{}年以后成立"),
}


def empty_marks() -> gpd.GeoDataFrame:
    """A table of no marks."""
    table = pd.DataFrame({name: pd.Series(dtype=object) for name in MARK_COLUMNS})
    return _typed(gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([], crs=WGS84), crs=WGS84))


def marks_of(hub: str, zone: Zone, world: World, crs: object) -> gpd.GeoDataFrame:
    """The marks of one hub.

    Parameters
    ----------
    hub, zone
        The hub.
    world
        Its records and land.
    crs
        The hub's plane.

    Returns
    -------
    GeoDataFrame
        ``MARK_COLUMNS`` and a geometry. ``mark`` is ``mean_centre`` or ``centre`` (points),
        ``ellipse`` or ``contour`` (polygons); ``period`` is ``all``, or ``early`` and ``late``
        around the median founding year; ``share`` is that of the mass, ``lasts`` the share of
        the bandwidths at which a centre is there. None for kinds that the guard withholds.
    """
    ask = NumberOfCentres()
    rows: list[dict[str, Any]] = []
    for kind, records in world.records.items():
        if not records.points:
            continue
        found = ask.placed(zone, records, world)
        if isinstance(found, Estimate):
            continue
        for period, split, part in periods(found):
            en, zh = (words.format(f"{split:.0f}") for words in WORDS[period])
            shared = {
                "hub": hub, "kind": kind, "period": period, "label": en, "label_zh": zh,
                "n": part.n, "share": np.nan, "lasts": np.nan, "note": "",
            }  # fmt: skip
            rows += [{**shared, **mark} for mark in _marks(part, ask, contours=period == "all")]
    if not rows:
        return empty_marks()
    table = gpd.GeoDataFrame(rows, geometry="geometry", crs=crs).to_crs(WGS84)
    table["geometry"] = shapely.set_precision(table.geometry.to_numpy(), 1e-6)
    return _typed(table[[*MARK_COLUMNS, "geometry"]])


def _typed(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    numbers = dict.fromkeys(("share", "lasts", "n"), float)
    words = {name: str for name in MARK_COLUMNS if name not in numbers}
    return table.astype({**numbers, **words})


def _marks(part: Placed, ask: NumberOfCentres, *, contours: bool) -> Iterator[dict[str, Any]]:
    """The marks of one period on the plane."""
    middle = shapely.Point(*mean_centre(part.x, part.y, weight=part.weight))
    yield {"mark": "mean_centre", "geometry": middle}
    e = deviational_ellipse(part.x, part.y, weight=part.weight)
    turn = np.radians(np.arange(0, 360, 5))
    angle = np.radians(e.clockwise_deg)
    across, up = e.along_x * np.cos(turn), e.along_y * np.sin(turn)
    ring = np.column_stack(
        [
            e.x + across * np.cos(angle) + up * np.sin(angle),
            e.y - across * np.sin(angle) + up * np.cos(angle),
        ]
    )
    yield {"mark": "ellipse", "geometry": shapely.Polygon(ring)}
    part = on_land(part)
    if part.n == 0:
        return
    x, y, h = part.x, part.y, ask.bandwidth_km * 1000
    surface = kde(x, y, window=part.window, bandwidth=h, cell=h / 4, weight=part.weight)
    own = modes(surface, min_share=ask.min_share)
    ladder = [k * h for k in BANDWIDTHS]
    firm = lasting(x, y, own, window=part.window, bandwidths=ladder, weight=part.weight)
    for i in range(own.x.size):
        yield {
            "mark": "centre",
            "share": float(own.share[i]),
            "lasts": float(firm[i]),
            "note": f"bandwidth {ask.bandwidth_km:g} km; lasts at {firm[i]:.0%} of "
            f"{len(BANDWIDTHS)} bandwidths",
            "geometry": shapely.Point(own.x[i], own.y[i]),
        }
    for share, level in zip(SHARES, mass_levels(surface, SHARES), strict=True):
        if contours:
            land = contour_area(surface, float(level)).intersection(part.window)
            polygons = [g for g in shapely.get_parts(land.simplify(h / 50)) if g.area > 0]
            yield {
                "mark": "contour",
                "share": share,
                "note": f"bandwidth {ask.bandwidth_km:g} km; holds {share:.0%} of the density",
                "geometry": shapely.MultiPolygon(polygons),
            }
