"""Looking points up with shapely's tree: right by definition, and best for few points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def locate_tree(tree: shapely.STRtree, lon: Floats, lat: Floats) -> NDArray[np.int32]:
    """The outline of each point.

    Parameters
    ----------
    tree
        Over the outlines.
    lon, lat
        Degrees, shape (n,).

    Returns
    -------
    positions
        The lowest outline that the point is ``within``; where there is none, the lowest on whose
        border it lies; else -1.
    """
    count = len(tree.geometries)
    points = np.asarray(shapely.points(lon, lat))
    found = np.full(len(points), count, dtype=np.int32)
    point, shape = tree.query(points, predicate="within")
    np.minimum.at(found, point, shape.astype(np.int32))
    lost = np.flatnonzero(found == count)
    point, shape = tree.query(points[lost], predicate="intersects")
    np.minimum.at(found, lost[point], shape.astype(np.int32))
    return np.where(found == count, np.int32(-1), found)
