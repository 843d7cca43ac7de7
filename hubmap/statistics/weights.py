"""Who is whose neighbour: sparse spatial weights of shape (n, n)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from shapely.geometry.base import BaseGeometry

    Weights = csr_array[np.float64, tuple[int, int]]

Style = Literal["binary", "row"]


def pair_weights(
    i: npt.ArrayLike,
    j: npt.ArrayLike,
    n: int,
    *,
    style: Style = "binary",
    include_self: bool = False,
) -> Weights:
    """Return weights from directed neighbour pairs.

    Parameters
    ----------
    i, j
        Indices of each pair, shape (pairs,); a pair given twice counts once.
    n
        Number of units.
    style
        ``binary`` (every link 1) or ``row`` (every row sums to 1, units without links to 0).
    include_self
        Adds every unit to its own neighbours, as Gi* wants.
    """
    from scipy.sparse import csr_array

    rows, columns = np.asarray(i, dtype=np.int64), np.asarray(j, dtype=np.int64)
    keep = rows != columns
    rows, columns = rows[keep], columns[keep]
    if include_self:
        own = np.arange(n)
        rows, columns = np.concatenate([rows, own]), np.concatenate([columns, own])
    linear = np.unique(rows * n + columns)
    rows, columns = np.divmod(linear, n)
    values = np.ones(rows.size)
    if style == "row":
        values /= np.bincount(rows, minlength=n)[rows]
    return csr_array((values, (rows, columns)), shape=(n, n))


def grid_weights(
    column: npt.ArrayLike,
    row: npt.ArrayLike,
    *,
    reach: int = 1,
    style: Style = "binary",
    include_self: bool = False,
) -> Weights:
    """Return weights of square cells that touch (queen), or lie up to ``reach`` cells away.

    Parameters
    ----------
    column, row
        Integer place of each cell, shape (cells,); cells off the land are simply not listed.
    """
    c, r = np.asarray(column, dtype=np.int64), np.asarray(row, dtype=np.int64)
    width = int(np.ptp(c)) + 2 * reach + 1 if c.size else 1
    key = (r - r.min()) * width + (c - c.min()) if c.size else c
    order = np.argsort(key)
    ordered = key[order]
    left, right = [], []
    for dr in range(-reach, reach + 1):
        for dc in range(-reach, reach + 1):
            if dr == dc == 0:
                continue
            wanted = key + dr * width + dc
            at = np.minimum(np.searchsorted(ordered, wanted), c.size - 1)
            hit = np.flatnonzero(ordered[at] == wanted)
            left.append(hit)
            right.append(order[at[hit]])
    none = np.empty(0, dtype=np.int64)
    i = np.concatenate(left) if left else none
    j = np.concatenate(right) if right else none
    return pair_weights(i, j, c.size, style=style, include_self=include_self)


def band_weights(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    within_m: float,
    style: Style = "binary",
    include_self: bool = False,
) -> Weights:
    """Return weights of points at most ``within_m`` apart on the plane."""
    from scipy.spatial import cKDTree

    points = np.column_stack([floats(x), floats(y)])
    pairs = cKDTree(points).query_pairs(within_m, output_type="ndarray")
    i, j = np.concatenate([pairs, pairs[:, ::-1]]).T
    return pair_weights(i, j, len(points), style=style, include_self=include_self)


def contiguity_weights(
    polygons: Sequence[BaseGeometry],
    *,
    snap_m: float = 0.0,
    style: Style = "binary",
    include_self: bool = False,
) -> Weights:
    """Return queen contiguity: polygons that share a point, or lie within ``snap_m``."""
    import shapely

    shapes = np.asarray(polygons, dtype=object)
    tree = shapely.STRtree(shapes)
    if snap_m > 0:
        i, j = tree.query(shapes, predicate="dwithin", distance=snap_m)
    else:
        i, j = tree.query(shapes, predicate="intersects")
    return pair_weights(i, j, len(shapes), style=style, include_self=include_self)


def constants(weights: Weights) -> tuple[float, float, float]:
    """Return S0, S1 and S2 of Cliff and Ord: the moments of weights that the variances need."""
    both = weights + weights.T
    s0 = float(weights.sum())
    s1 = float((both.multiply(both)).sum()) / 2
    s2 = float(np.sum((row_sums(weights) + row_sums(weights.T.tocsr())) ** 2))
    return s0, s1, s2


def lag(weights: Weights, values: Floats) -> Floats:
    """Return the weighted sum of each unit's neighbours' values, aligned with ``values``."""
    return np.asarray(weights.dot(values), dtype=np.float64)


def row_sums(weights: Weights) -> Floats:
    """Return the sum of each row, shape (n,)."""
    return lag(weights, np.ones(weights.shape[1]))
