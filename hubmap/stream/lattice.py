"""A hub's hexagons as places in an array, for counting points into them by the million."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
from pyproj import Transformer

from hubmap.geodesy import WGS84, plane_of
from hubmap.layers.cells import hexagon_of, hexagon_size
from hubmap.stream.chart import make_chart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]


class Lattice:
    """One hub's hexagons.

    Parameters
    ----------
    hub
        Its id.
    outline
        The hub, EPSG:4326.
    area_km2
        Of a hexagon.
    districts
        Which districts are the hub's, shape (districts,).
    reach_m
        How far outside the outline a point may lie (in the sea, near it).
    """

    def __init__(
        self,
        hub: str,
        outline: BaseGeometry,
        area_km2: float,
        districts: NDArray[np.bool_],
        reach_m: float,
    ) -> None:
        self.hub, self.area_km2, self.districts = hub, area_km2, districts
        self.wkb = outline.wkb
        crs = plane_of(outline)
        self._side = hexagon_size(area_km2)
        flat = gpd.GeoSeries([outline], crs=WGS84).to_crs(crs).total_bounds
        self._given = (hub, outline, area_km2, districts, reach_m)
        margin = reach_m + 2 * self._side
        west, south, east, north = flat + np.array([-margin, -margin, margin, margin])
        width = self._side * np.sqrt(3)
        self._bottom = int(np.floor(south / self._side / 1.5))
        self._left = int(np.floor(west / width)) - 1
        self._columns = int(np.ceil(east / width)) + 2 - self._left
        rows = int(np.ceil(north / self._side / 1.5)) + 1 - self._bottom
        self.cells = self._columns * rows
        self._to_plane = Transformer.from_crs(WGS84, crs, always_xy=True)

    def alone(self) -> Lattice:
        """The same, to be sent to another process."""
        return Lattice(*self._given)

    @cached_property
    def charted(self) -> tuple[Floats, Floats, float, tuple[int, int, int]]:
        """What a compiled loop finds hexagons by: frame, nodes, a margin, the array's shape.

        The nodes of the chart are turned to a hexagon's own coordinates, which are linear in
        metres. The margin is a share of the apothem; nearer to a border the exact way is taken.
        """
        _, outline, _, _, reach_m = self._given
        west, south, east, north = outline.bounds
        wide = (reach_m + 100) / 90_000
        far = wide / float(np.cos(np.radians(min(max(abs(south), abs(north)) + wide, 89))))
        chart = make_chart(self._to_plane, (west - far, south - wide, east + far, north + wide))
        x, y = chart.nodes[..., 0], chart.nodes[..., 1]
        turned = np.stack([(np.sqrt(3) / 3 * x - y / 3) / self._side, 2 / 3 * y / self._side], -1)
        margin = chart.error_m / (self._side * np.sqrt(3) / 2)
        return chart.frame, turned, float(margin), (self._left, self._bottom, self._columns)

    def places(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
        """The place of each point's hexagon in an array of ``cells``, shape (n,)."""
        q, r = hexagon_of(*self._to_plane.transform(lon, lat), self._side)
        place: NDArray[np.int64] = (r - self._bottom) * self._columns + q + r // 2 - self._left
        return place

    def middles(self, place: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitude and latitude of the middle of each place's hexagon."""
        r = place // self._columns + self._bottom
        q = place % self._columns + self._left - r // 2
        x, y = self._side * np.sqrt(3) * (q + r / 2), self._side * 1.5 * r
        lon, lat = self._to_plane.transform(x, y, direction="INVERSE")
        return lon, lat

    def names(self, place: NDArray[np.intp]) -> list[str]:
        """The ``cell`` of each place, as the hub's cells table writes it."""
        r = place // self._columns + self._bottom
        q = place % self._columns + self._left - r // 2
        return [f"{self.hub}:{a}/{b}" for a, b in zip(q.tolist(), r.tolist(), strict=True)]


class Charts(NamedTuple):
    """All lattices in one, for a compiled loop.

    Attributes
    ----------
    first, which
        Where each district's lattices begin, and which they are; shapes (districts + 1,), (any,).
    frames
        West, south, cells a degree and margin of each lattice's chart; shape (lattices, 4).
    shapes
        First node, columns and rows of nodes, then left, bottom, columns and first place of the
        cells; shape (lattices, 7).
    nodes
        Of all charts, shape (any, 2).
    deep
        How many lattices a district has at most.
    """

    first: NDArray[np.int32]
    which: NDArray[np.int32]
    frames: Floats
    shapes: NDArray[np.int64]
    nodes: Floats
    deep: int


def charts_of(lattices: Sequence[Lattice]) -> Charts:
    """The charts of lattices, whose cells follow each other."""
    if not lattices:
        none = np.empty(0, dtype=np.int32)
        return Charts(none, none, np.empty((0, 4)), np.empty((0, 7), np.int64), np.empty((0, 2)), 0)
    mine = np.stack([lattice.districts for lattice in lattices], axis=1)
    frames, shapes, nodes, node, cell = [], [], [], 0, 0
    for lattice in lattices:
        frame, turned, margin, shape = lattice.charted
        frames.append([*frame, margin])
        shapes.append([node, turned.shape[1], turned.shape[0], *shape, cell])
        nodes.append(turned.reshape(-1, 2))
        node, cell = node + len(nodes[-1]), cell + lattice.cells
    return Charts(
        first=np.append(0, np.cumsum(mine.sum(axis=1))).astype(np.int32),
        which=np.nonzero(mine)[1].astype(np.int32),
        frames=np.array(frames),
        shapes=np.array(shapes, dtype=np.int64),
        nodes=np.concatenate(nodes),
        deep=int(mine.sum(axis=1).max()),
    )
