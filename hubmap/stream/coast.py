"""Points in the sea, by the million: the nearest outline within one reach.

Cells of longitude and latitude that can be within reach of an outline hold the edges they are near
to. Which edge is nearest is told there from distances that are right to centimetres; where two
outlines, or the reach itself, lie closer together than that, the exact answer is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from pyproj import Transformer

from hubmap.geodesy import WGS84
from hubmap.stream.chart import error_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hubmap.layers.assign import Shore

    Floats = NDArray[np.float64]

_LEAST_CELL, _MOST_CELLS, _MOST_PAIRS = 0.004, 30_000_000, 30_000_000
# Fewer metres than any degree of latitude has, whatever the plane makes of them.
_METRES = 90_000.0


class Coast(NamedTuple):
    """Edges by cell.

    Attributes
    ----------
    frame
        West, south (degrees) and cells a degree; shape (3,).
    table
        Which band cell each cell is, or -1; shape (rows, columns).
    corners
        x and y of each band cell's four corners, metres; shape (bands, 8).
    first, edge
        Where each band cell's edges begin, and which they are; shapes (bands + 1,), (pairs,).
    ends
        ax, ay, bx, by of each edge in metres, and how far its curve leaves it; shape (edges, 5).
    owner
        The outline of each edge, shape (edges,).
    margin_m
        What a distance may be wrong by.
    """

    frame: Floats
    table: NDArray[np.int32]
    corners: Floats
    first: NDArray[np.int32]
    edge: NDArray[np.int32]
    ends: Floats
    owner: NDArray[np.int32]
    margin_m: float


def edges_on(shapes: NDArray[np.object_], shore: Shore) -> tuple[Floats, Floats, Floats]:
    """Where edges begin and end in degrees, shapes (n, 2), and ``ends`` of :class:`Coast`."""
    _, xy, offsets = shapely.to_ragged_array(shapes, include_z=False)
    begins = np.ones(len(xy), dtype=bool)
    begins[offsets[0][1:] - 1] = False
    at = np.flatnonzero(begins)
    to_plane = Transformer.from_crs(WGS84, shore.crs, always_xy=True)
    flat = np.stack(to_plane.transform(*xy.T), axis=1)
    a, b = xy[at], xy[at + 1]
    middle = np.stack(to_plane.transform(*((a + b) / 2).T), axis=1)
    # Straight in degrees is curved on the plane; nothing lies between but near the edge.
    bulge = 2 * np.hypot(*(middle - (flat[at] + flat[at + 1]) / 2).T) + 1e-3
    return a, b, np.column_stack([flat[at], flat[at + 1], bulge])


def make_coast(shapes: NDArray[np.object_], shore: Shore, reach_m: float) -> Coast | None:
    """Edges by cell, or None where there would be too many.

    Parameters
    ----------
    shapes
        Outlines, EPSG:4326, shape (m,).
    shore
        The same on their plane: its answers are the ones to give.
    reach_m
        How far outside every outline a point may lie.
    """
    a, b, ends = edges_on(shapes, shore)
    bulge = ends[:, 4]
    to_plane = Transformer.from_crs(WGS84, shore.crs, always_xy=True)
    wide = (reach_m + bulge) / _METRES
    high = np.maximum(np.abs(a[:, 1]), np.abs(b[:, 1])) + wide
    if float(high.max()) > 80:
        return None
    reach = np.column_stack([wide / np.cos(np.radians(high)), wide])
    west, south = (np.minimum(a, b) - reach).T
    east, north = (np.maximum(a, b) + reach).T
    x0, y0 = float(west.min()), float(south.min())
    width, height = float(east.max()) - x0, float(north.max()) - y0
    size = max(_LEAST_CELL, reach_m / _METRES, float(np.sqrt(width * height / _MOST_CELLS)))
    columns, rows = int(width / size) + 1, int(height / size) + 1
    left, right = ((v - x0) / size for v in (west, east))
    low, top = ((v - y0) / size for v in (south, north))
    across = right.astype(np.int64) - left.astype(np.int64) + 1
    up = top.astype(np.int64) - low.astype(np.int64) + 1
    count = across * up
    if int(count.sum()) > _MOST_PAIRS:
        return None
    edge = np.repeat(np.arange(len(ends)), count)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    cell = (low.astype(np.int64)[edge] + step // across[edge]) * columns
    cell += left.astype(np.int64)[edge] + step % across[edge]
    order = np.argsort(cell, kind="stable")
    cell, edge = cell[order], edge[order]
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    bands = cell[starts]
    table = np.full(rows * columns, -1, dtype=np.int32)
    table[bands] = np.arange(len(bands), dtype=np.int32)
    lon, lat = x0 + (bands % columns) * size, y0 + (bands // columns) * size
    corners = [
        np.stack(to_plane.transform(lon + u * size, lat + v * size), axis=-1)
        for v in (0, 1)
        for u in (0, 1)
    ]
    return Coast(
        frame=np.array([x0, y0, 1 / size]),
        table=table.reshape(rows, columns),
        corners=np.concatenate(corners, axis=1),
        first=np.append(starts, len(edge)).astype(np.int32),
        edge=edge.astype(np.int32),
        ends=ends,
        owner=shore.owner.astype(np.int32),
        margin_m=error_of(to_plane, lon, lat, size, tuple(corners)),
    )
