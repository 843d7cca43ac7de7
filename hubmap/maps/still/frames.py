"""Frames: a rectangle of the sheet that shows a part of a hub's own equal-area plane."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from hubmap import geodesy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

    from hubmap.layers.model import HubLayer
    from hubmap.maps.still.scene import Floats

OUTSIDE = 1.0
"""Millimetres beyond a frame at which shapes are cut, so that the cut's edge is not seen."""


@dataclass(frozen=True)
class Hub:
    """One hub to be shown.

    Attributes
    ----------
    layer
        Where it comes from.
    row
        Its row of the outline.
    id
        Its id.
    place
        Which of the hubs it is.
    """

    layer: HubLayer
    row: Any
    id: str
    place: int

    @property
    def outline(self) -> BaseGeometry:
        """WGS-84."""
        return cast("BaseGeometry", self.row["geometry"])

    @cached_property
    def plane(self) -> CRS:
        """The hub's equal-area plane."""
        return geodesy.plane_of_all(np.array([self.outline]))

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north on the plane, metres."""
        import geopandas as gpd

        box = gpd.GeoSeries([self.outline], crs=4326).to_crs(self.plane).total_bounds
        return float(box[0]), float(box[1]), float(box[2]), float(box[3])

    @property
    def wide(self) -> float:
        """Metres from west to east."""
        return self.bounds[2] - self.bounds[0]

    @property
    def high(self) -> float:
        """Metres from south to north."""
        return self.bounds[3] - self.bounds[1]


def hubs_of(layers: Sequence[HubLayer]) -> list[Hub]:
    """Every hub of the layers' outlines, once."""
    found: dict[str, Hub] = {}
    for layer in layers:
        for row in layer.outline.to_dict("records"):
            found.setdefault(str(row["hub"]), Hub(layer, row, str(row["hub"]), len(found)))
    return list(found.values())


@dataclass(frozen=True)
class Frame:
    """A rectangle of the sheet, and what of the plane it shows.

    Attributes
    ----------
    hub
        The hub in its middle.
    x, y, width, height
        mm.
    scale
        Millimetres of the sheet a metre of the plane.
    """

    hub: Hub
    x: float
    y: float
    width: float
    height: float
    scale: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x, y, width, height; mm."""
        return self.x, self.y, self.width, self.height

    def place(self, corners: Floats) -> Floats:
        """Metres of the plane as millimetres of the sheet."""
        west, south, east, north = self.hub.bounds
        return np.column_stack(
            [
                self.x + self.width / 2 + (corners[:, 0] - (west + east) / 2) * self.scale,
                self.y + self.height / 2 - (corners[:, 1] - (south + north) / 2) * self.scale,
            ]
        )

    @cached_property
    def window(self) -> tuple[float, float, float, float]:
        """West, south, east, north of what is seen and a little more; metres of the plane."""
        west, south, east, north = self.hub.bounds
        x, y = (west + east) / 2, (south + north) / 2
        half_w = (self.width / 2 + OUTSIDE) / self.scale
        half_h = (self.height / 2 + OUTSIDE) / self.scale
        return x - half_w, y - half_h, x + half_w, y + half_h

    @cached_property
    def degrees(self) -> tuple[float, float, float, float]:
        """A box of longitudes and latitudes that holds the window."""
        from pyproj import Transformer

        west, south, east, north = self.window
        turn = Transformer.from_crs(self.hub.plane, 4326, always_xy=True)
        box = turn.transform_bounds(west, south, east, north, densify_pts=21)
        return float(box[0]), float(box[1]), float(box[2]), float(box[3])

    def flat(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Degrees as metres of the plane."""
        from pyproj import Transformer

        turn = Transformer.from_crs(4326, self.hub.plane, always_xy=True)
        x, y = turn.transform(lon, lat)
        return np.asarray(x), np.asarray(y)

    def seen(self, geometries: gpd.GeoSeries) -> gpd.GeoSeries:
        """Those shapes (WGS-84) that the frame shows, on its plane, cut at its edge.

        The index tells which they are; none is empty.
        """
        import shapely

        if geometries.empty:
            return geometries.to_crs(self.hub.plane)
        west, south, east, north = self.degrees
        # A window over the 180th meridian begins east of where it ends.
        spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
        wide, high = sum(e - w for w, e in spans) * 0.1, (north - south) * 0.1
        around = [shapely.box(w, south, e, north) for w, e in spans]
        near = geometries[geometries.intersects(shapely.union_all(around)).to_numpy()]
        parts = [
            near.clip_by_rect(w - wide, south - high, e + wide, north + high) for w, e in spans
        ]
        near = parts[0] if len(parts) == 1 else parts[0].union(parts[1], align=False)
        flat = near[~near.is_empty].to_crs(self.hub.plane)
        cut = flat.clip_by_rect(*self.window)
        return cut[~cut.is_empty]

    def rings(
        self, shape: BaseGeometry, tolerance: float = 0.0, speck: float = 0.25
    ) -> list[Floats]:
        """A shape of the plane as rings of the sheet; specks are left out.

        Parameters
        ----------
        shape
            Metres of the plane.
        tolerance
            How far it may be simplified, mm.
        speck
            What is neither as wide nor as high is left out, mm.
        """
        import shapely

        # Islands too small to show are left out first: a continent has thousands.
        parts = shapely.get_parts(shape)
        west, south, east, north = shapely.bounds(parts).T
        parts = parts[np.maximum(east - west, north - south) * self.scale >= speck]
        if tolerance:
            parts = shapely.simplify(parts, tolerance / self.scale)
        # Holes run the other way round, so that any rule of filling leaves them open.
        parts = shapely.orient_polygons(parts)
        return [
            corners
            for part in parts
            for ring in _lines(part)
            if len(corners := self.place(np.asarray(ring.coords)[:, :2])) > 1
            and np.ptp(corners, axis=0).max() >= speck
        ]


def _lines(shape: Any) -> Iterator[Any]:
    if hasattr(shape, "geoms"):
        for part in shape.geoms:
            yield from _lines(part)
    elif hasattr(shape, "exterior"):
        if not shape.is_empty:
            yield shape.exterior
            yield from shape.interiors
    elif shape.geom_type == "LineString":
        yield shape
