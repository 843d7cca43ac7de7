"""A projection by interpolation between nodes, with a bound on its error.

Between the corners of a small cell of longitude and latitude a projection is a bilinear function to
within decimetres. What is decided by a wider margin than that error is decided rightly; the few
points that are not are projected exactly by the caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import Transformer

    Floats = NDArray[np.float64]

# Finer nodes err less and no longer fit the processor's cache.
_STEP, _MOST_NODES = 0.03, 2_000_000
# Where, in a cell, interpolation errs most: its middle, and the middles of its sides.
_WORST = ((0.5, 0.5), (0.5, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 0.5))


class Chart(NamedTuple):
    """Nodes and what lies between them.

    Attributes
    ----------
    frame
        West, south (degrees) and cells a degree; shape (3,).
    nodes
        x and y in metres of each node; shape (rows, columns, 2).
    error_m
        No point between the nodes is farther than that from where it belongs.
    """

    frame: Floats
    nodes: Floats
    error_m: float


def make_chart(to_plane: Transformer, bounds: tuple[float, float, float, float]) -> Chart:
    """A chart of a rectangle.

    Parameters
    ----------
    to_plane
        From degrees (EPSG:4326, x first) to metres.
    bounds
        West, south, east, north, in degrees.
    """
    west, south, east, north = bounds
    step = max(_STEP, float(np.sqrt((east - west) * (north - south) / _MOST_NODES)))
    lon = west + np.arange(int((east - west) / step) + 2) * step
    lat = south + np.arange(int((north - south) / step) + 2) * step
    x, y = to_plane.transform(*np.meshgrid(lon, lat))
    nodes = np.stack([x, y], axis=-1)
    corners = nodes[:-1, :-1], nodes[:-1, 1:], nodes[1:, :-1], nodes[1:, 1:]
    west_of, south_of = np.meshgrid(lon[:-1], lat[:-1])
    error = error_of(to_plane, west_of, south_of, step, corners)
    return Chart(np.array([west, south, 1 / step]), nodes, error)


def error_of(
    to_plane: Transformer, west: Floats, south: Floats, step: float, corners: tuple[Floats, ...]
) -> float:
    """Four times the largest error met at the worst places of cells, and a millimetre."""
    worst = 0.0
    for u, v in _WORST:
        x, y = to_plane.transform(west + u * step, south + v * step)
        a, b, c, d = corners
        between = (1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * c + u * d)
        worst = max(worst, float(np.hypot(between[..., 0] - x, between[..., 1] - y).max()))
    return 4 * worst + 1e-3
