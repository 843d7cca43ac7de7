"""Which district each point lies in; exactly one, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from hubmap.assign.engine import Locator, areal, choose_engine
from hubmap.errors import TableError
from hubmap.geodesy import WGS84, equivalent_radius_m, plane_of_all

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from hubmap.assign.engine import Engine
    from hubmap.tables import Entities, Regions


def assign_points(
    points: NDArray[np.object_],
    regions: Regions,
    tolerance_m: NDArray[np.float64],
    *,
    engine: Engine = "auto",
    cache: Path | None = None,
) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """The district of each point.

    Parameters
    ----------
    points
        shapely points, EPSG:4326, shape (n,).
    regions
        The regions; only leaves are assigned to.
    tolerance_m
        How far outside every outline a point may lie and still belong to the nearest, shape (n,).
    engine
        How the outlines are searched; the answer is the same. By default chosen by size.
    cache
        A folder where grids over the outlines are kept, or None.

    Returns
    -------
    codes
        Code of the district, or None, shape (n,).
    outside
        True where the point lies in no outline but near enough to one (in the sea), shape (n,).

    Raises
    ------
    TableError
        A leaf's outline is no area; tables read by :mod:`hubmap.geodata.regions` hold none.

    Notes
    -----
    A point inside one outline (``within``) belongs to it. A point on a shared border, which is
    within none, belongs to the neighbour with the lowest code.
    """
    leaves = regions[regions["leaf"]].sort_index()
    shapes, codes = leaves.geometry.to_numpy(), leaves.index.to_numpy(dtype=object)
    odd = np.flatnonzero(~areal(shapes))
    if len(odd):
        raise TableError(
            f"The outline of {codes[odd[0]]} is not an area.", "Draw a (Multi)Polygon."
        )
    locator = Locator(shapes, choose_engine(shapes, len(points), engine), cache)
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    found = locator.locate(lon, lat).astype(np.intp)
    lost = np.flatnonzero(found < 0)
    outside = np.zeros(len(points), dtype=bool)
    if len(lost):
        found[lost] = Shore(shapes).nearest(lon[lost], lat[lost], tolerance_m[lost])
        outside[lost] = found[lost] >= 0
    named: NDArray[np.object_] = np.array([*codes, None], dtype=object)
    return named[found], outside


class Shore:
    """Outlines on their plane, for points that lie in none of them.

    Parameters
    ----------
    shapes
        Outlines, EPSG:4326.

    Attributes
    ----------
    crs
        The plane.
    owner
        The outline of each edge, in the order of the outlines' vertices.
    """

    def __init__(self, shapes: NDArray[np.object_]) -> None:
        self.crs = plane_of_all(shapes)
        self._to_plane = Transformer.from_crs(WGS84, self.crs, always_xy=True)
        self._land = gpd.GeoSeries(shapes, crs=WGS84).to_crs(self.crs).to_numpy()
        self._tree = shapely.STRtree(self._land)
        # Each edge by itself: a coast of thousands of vertices is then not gone along as a whole.
        _, xy, offsets = shapely.to_ragged_array(self._land, include_z=False)
        owner = np.arange(len(shapes))
        for first in reversed(offsets):
            owner = np.repeat(owner, np.diff(first))
        begins = np.ones(len(xy), dtype=bool)
        begins[offsets[0][1:] - 1] = False
        at = np.flatnonzero(begins)
        self.owner = owner[at]
        lines = shapely.linestrings(np.stack([xy[at], xy[at + 1]], axis=1))
        self._edges = shapely.STRtree(np.asarray(lines))

    def nearest(
        self,
        lon: NDArray[np.float64],
        lat: NDArray[np.float64],
        tolerance_m: NDArray[np.float64],
    ) -> NDArray[np.intp]:
        """The first of the nearest outlines within each point's tolerance, or -1."""
        flat = np.asarray(shapely.points(*self._to_plane.transform(lon, lat)))
        count = len(self._land)
        found = np.full(len(flat), count, dtype=np.intp)
        if not len(flat):
            return found
        # An edge that is straight in degrees is not on the plane: a point may lie inside here.
        point, shape = self._tree.query(flat, predicate="intersects")
        np.minimum.at(found, point, shape)
        lost = np.flatnonzero(found == count)
        (point, edge), distance = self._edges.query_nearest(
            flat[lost], max_distance=float(tolerance_m.max()) + 1.0, return_distance=True
        )
        near = distance <= tolerance_m[lost[point]]
        np.minimum.at(found, lost[point[near]], self.owner[edge[near]])
        return np.where(found == count, -1, found)


def assign(
    entities: Entities, regions: Regions, *, engine: Engine = "auto", cache: Path | None = None
) -> gpd.GeoDataFrame:
    """Give every entity its district and city.

    Parameters
    ----------
    entities
        One source's rows.
    regions
        The workspace's regions.
    engine, cache
        As for :func:`assign_points`.

    Returns
    -------
    GeoDataFrame
        A copy with ``district`` (None where only the city is known), ``city`` and ``placed``:
        ``within`` an outline, in the ``sea`` near one, or at the ``region`` that the row states.
        Rows in no region have neither city nor district.
    """
    stated = entities["placed"].eq("region").to_numpy()
    code, outside = assign_points(
        entities.geometry.to_numpy(),
        regions,
        np.where(stated, 0.0, entities["precision_m"].to_numpy()),
        engine=engine,
        cache=cache,
    )
    named = entities["region"].fillna(entities["city"]).to_numpy(dtype=object)
    code = np.where(stated, named, code)
    city = regions["city"].reindex(code).to_numpy(dtype=object)
    leaf = regions["leaf"].reindex(code).fillna(False).to_numpy(dtype=bool)
    area = regions["polygon_km2"].reindex(code).fillna(1.0).to_numpy(dtype=float)
    radius = np.array([equivalent_radius_m(value) for value in area])
    # A point less precise than its district is wide cannot name it, unless the row itself does.
    told = (entities["precision_m"].to_numpy() <= radius) | (named == code)
    return entities.assign(
        district=pd.Series(code, index=entities.index, dtype=object).where(leaf & told, None),
        city=city,
        placed=np.select([stated, outside], ["region", "sea"], "within"),
    )
