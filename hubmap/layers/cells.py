"""Equal-area hexagons over a hub, on the hub's own plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from hubmap.geodesy import WGS84, plane_of_all
from hubmap.statistics.declared.autocorrelation import cell_columns
from hubmap.statistics.declared.support import usable

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    from hubmap.statistics.model import World, Zone


def hexagon_size(area_km2: float) -> float:
    """Side, in metres, of a regular hexagon: A = (3√3 / 2) s²."""
    return float(np.sqrt(area_km2 * 1e6 * 2 / (3 * np.sqrt(3))))


def hexagon_of(
    x: NDArray[np.float64], y: NDArray[np.float64], side: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Axial coordinates of the pointy-topped hexagon that holds each point of the plane.

    Notes
    -----
    Cube rounding; the lattice has a hexagon's centre at the plane's origin.
    """
    q = (np.sqrt(3) / 3 * x - y / 3) / side
    r = 2 / 3 * y / side
    s = -q - r
    rq, rr, rs = np.round(q), np.round(r), np.round(s)
    dq, dr, ds = np.abs(rq - q), np.abs(rr - r), np.abs(rs - s)
    worst_q = (dq > dr) & (dq > ds)
    worst_r = ~worst_q & (dr > ds)
    rq = np.where(worst_q, -rr - rs, rq)
    rr = np.where(worst_r, -rq - rs, rr)
    return rq.astype(np.int64), rr.astype(np.int64)


def hexagons(q: NDArray[np.int64], r: NDArray[np.int64], side: float) -> NDArray[np.object_]:
    """Hexagon polygons on the plane for axial coordinates, shape (n,)."""
    cx, cy = side * np.sqrt(3) * (q + r / 2), side * 1.5 * r
    angle = np.radians(np.arange(6) * 60 + 30)
    ring = np.stack(
        [cx[:, None] + side * np.cos(angle), cy[:, None] + side * np.sin(angle)], axis=-1
    )
    return np.asarray(shapely.polygons(ring))


def build_cells(
    land: NDArray[np.object_],
    points: dict[str, tuple[gpd.GeoSeries, NDArray[np.float64]]],
    area_km2: float,
    hub: str,
) -> gpd.GeoDataFrame:
    """Hexagons that touch a hub, with counts.

    Parameters
    ----------
    land
        The hub's districts, which do not overlap, EPSG:4326.
    points
        A kind's points (EPSG:4326) and weights.
    area_km2
        Area of each hexagon.
    hub
        The hub's id.

    Returns
    -------
    GeoDataFrame
        ``cell``, ``hub``, ``area_km2`` (the whole hexagon), ``land_km2`` (inside the districts),
        a count a kind, and the outline of the hexagon in EPSG:4326. Sorted by cell.
    """
    crs: CRS = plane_of_all(land)
    side = hexagon_size(area_km2)
    flat = gpd.GeoSeries(land, crs=WGS84).to_crs(crs).to_numpy()
    # Wide outlines with long edges can cross themselves on the plane.
    broken = ~shapely.is_valid(flat)
    flat[broken] = shapely.make_valid(flat[broken])
    west, south, east, north = shapely.total_bounds(flat)
    rows = np.arange(np.floor(south / side / 1.5) - 1, np.ceil(north / side / 1.5) + 2)
    width = side * np.sqrt(3)
    span = np.arange(np.floor(west / width) - 1, np.ceil(east / width) + 2)
    rr, column = (grid.ravel().astype(np.int64) for grid in np.meshgrid(rows, span, indexing="ij"))
    qq = column - rr // 2
    counts = {}
    for kind, (series, weights) in points.items():
        at = series.to_crs(crs)
        pq, pr = hexagon_of(at.x.to_numpy(), at.y.to_numpy(), side)
        counts[kind] = (pq, pr, weights)
    shapes = hexagons(qq, rr, side)
    land_km2 = _area_inside(shapes, flat) / 1e6
    filled = np.zeros(len(qq), dtype=bool)
    position = {(int(a), int(b)): i for i, (a, b) in enumerate(zip(qq, rr, strict=True))}
    sums = {}
    for kind, (pq, pr, weights) in counts.items():
        where = np.array(
            [position[(int(a), int(b))] for a, b in zip(pq, pr, strict=True)], dtype=np.intp
        )
        sums[kind] = np.bincount(where, weights=weights, minlength=len(qq))
        filled[where] = True
    # A point in the sea may fill a hexagon that holds no land: it keeps a sliver, never zero.
    keep = (land_km2 > 1e-6) | filled
    table = gpd.GeoDataFrame(
        {
            "cell": [f"{a}/{b}" for a, b in zip(qq[keep], rr[keep], strict=True)],
            "hub": hub,
            "area_km2": float(area_km2),
            "land_km2": np.clip(land_km2[keep], 1e-6, area_km2),
            **{kind: values[keep] for kind, values in sums.items()},
        },
        geometry=gpd.GeoSeries(shapes[keep], crs=crs).to_crs(WGS84).to_numpy(),
        crs=WGS84,
    )
    table["cell"] = hub + ":" + table["cell"]
    return table.sort_values("cell", ignore_index=True)


def with_hot_spots(cells: gpd.GeoDataFrame, zone: Zone, world: World) -> gpd.GeoDataFrame:
    """Cells with Gi* and whether they are hot, a pair of columns a kind.

    Parameters
    ----------
    cells
        From :func:`build_cells`, all of one hub.
    zone
        That hub.
    world
        Its records and land.

    Returns
    -------
    GeoDataFrame
        With ``gi_z_KIND`` (missing where the guard or the minimum data refuse) and
        ``gi_hot_KIND``, true where hot with false discoveries held to 5 %.
    """
    at = cells["cell"].str.rpartition(":")[2].str.split("/", expand=True).astype(int).to_numpy()
    position = {(int(q), int(r)): i for i, (q, r) in enumerate(at)}
    area = float(cells["area_km2"].iloc[0])
    land = (cells["land_km2"] / area).to_numpy()
    columns: dict[str, NDArray[Any]] = {}
    for kind, records in world.records.items():
        table = usable(records.cases, zone, 2000 * float(np.sqrt(area / np.pi)))
        q, r = hexagon_of(table["x"].to_numpy(), table["y"].to_numpy(), hexagon_size(area))
        where = [position[int(a), int(b)] for a, b in zip(q, r, strict=True)]
        counts = np.bincount(np.array(where, np.intp), table["weight"], minlength=len(cells))
        z, hot = cell_columns(at[:, 0], at[:, 1], counts.astype(float), land_share=land)
        columns |= {f"gi_z_{kind}": z, f"gi_hot_{kind}": hot}
    return cells.assign(**columns)


def _area_inside(shapes: NDArray[np.object_], land: NDArray[np.object_]) -> NDArray[np.float64]:
    """Area of each shape inside any of the land's polygons, in the plane's units."""
    shapely.prepare(land)
    tree = shapely.STRtree(shapes)
    total = np.zeros(len(shapes))
    district, cell = tree.query(land, predicate="intersects")
    whole = shapely.contains_properly(land[district], shapes[cell])
    np.add.at(total, cell[whole], shapely.area(shapes[cell[whole]]))
    cut = shapely.intersection(shapes[cell[~whole]], land[district[~whole]])
    np.add.at(total, cell[~whole], shapely.area(cut))
    return total
