"""Hubs found, not named: density clusters of weighted places.

Places are planar, in metres, shape (n,). Labels are 0, 1, ... and -1 for noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Bools, Floats, Ints, floats

LISTED_PAIRS = 20_000_000
"""Pairs up to which they are listed, at about 50 bytes each; beyond, see :mod:`.dense`."""


@dataclass(frozen=True)
class Collapsed:
    """Places collapsed to the cells of a square grid.

    Attributes
    ----------
    x, y, weight
        Weighted mean place and weight of each occupied cell, shape (cells,).
    cell
        Cell of each place, shape (n,): ``labels[collapsed.cell]`` carries labels back.
    """

    x: Floats
    y: Floats
    weight: Floats
    cell: Ints


def collapse(
    x: npt.ArrayLike, y: npt.ArrayLike, *, cell_m: float, weight: npt.ArrayLike | None = None
) -> Collapsed:
    """Return places summed to grid cells, so that a million of them fit in memory.

    Parameters
    ----------
    x, y
        Places.
    cell_m
        Side of a cell; a tenth of the clustering distance moves few labels.
    weight
        Positive weights, 1 where not given.
    """
    px, py = floats(x), floats(y)
    w = np.ones(px.size) if weight is None else floats(weight)
    column = np.floor(px / cell_m).astype(np.int64)
    row = np.floor(py / cell_m).astype(np.int64)
    key = (column - column.min(initial=0)) + (row - row.min(initial=0)) * (
        int(np.ptp(column)) + 1 if column.size else 1
    )
    cell = np.unique(key, return_inverse=True)[1].astype(np.int64)
    total = floats(np.bincount(cell, weights=w))
    mean_x = np.bincount(cell, weights=w * px) / total
    mean_y = np.bincount(cell, weights=w * py) / total
    return Collapsed(mean_x, mean_y, total, cell)


def dbscan(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    within_m: float,
    min_weight: float,
    weight: npt.ArrayLike | None = None,
) -> Ints:
    """Return DBSCAN labels, shape (n,).

    A core has at least ``min_weight`` within the distance, itself counted; cores within the
    distance of each other form a cluster; a place near a core but no core itself joins the
    cluster that comes first, as when clusters are grown one after the other in table order.

    Parameters
    ----------
    x, y
        Places.
    within_m
        The distance.
    min_weight
        Weight (number of places) that makes a core.
    weight
        Weight of each place, 1 where not given.

    References
    ----------
    Ester, M., Kriegel, H.-P., Sander, J. and Xu, X. (1996). A density-based algorithm for
    discovering clusters in large spatial databases with noise. Proceedings of KDD-96, 226-231.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    places = np.column_stack([floats(x), floats(y)])
    n = len(places)
    if n == 0:
        return np.empty(0, dtype=np.int64)
    w = np.ones(n) if weight is None else floats(weight)
    if _pairs(places, within_m) > LISTED_PAIRS:
        return _dense(places, w, within_m, min_weight)
    i, j = cKDTree(places).query_pairs(within_m, output_type="ndarray").T
    around = (
        w + np.bincount(i, weights=w[j], minlength=n) + np.bincount(j, weights=w[i], minlength=n)
    )
    core: Bools = around >= min_weight * (1 - 1e-12)
    joined = core[i] & core[j]
    links = coo_array((np.ones(int(joined.sum()), dtype=np.int8), (i[joined], j[joined])), (n, n))
    component = connected_components(links, directed=False)[1]
    labels = np.full(n, -1, dtype=np.int64)
    if not core.any():
        return labels
    labels[core] = _in_order(component[core])
    reached = np.full(n, np.iinfo(np.int64).max)
    for here, there in ((i, j), (j, i)):
        edge = core[here] & ~core[there]
        np.minimum.at(reached, there[edge], labels[here[edge]])
    joins = ~core & (reached < np.iinfo(np.int64).max)
    labels[joins] = reached[joins]
    return labels


def _in_order(component: npt.NDArray[np.integer]) -> Ints:
    """Components numbered as they come."""
    _, first, own = np.unique(component, return_index=True, return_inverse=True)
    order = np.empty(first.size, dtype=np.int64)
    order[np.argsort(first)] = np.arange(first.size)
    return np.asarray(order[own], dtype=np.int64)


def _pairs(places: Floats, within_m: float) -> float:
    """About how many pairs lie within the distance, from how full its squares are."""
    square = np.floor((places - places.min(axis=0)) / within_m).astype(np.int64)
    full = np.unique(square, axis=0, return_counts=True)[1].astype(float)
    return float(np.pi / 2 * np.sum(full**2))


def _dense(places: Floats, weight: Floats, within_m: float, min_weight: float) -> Ints:
    from hubmap.statistics import dense

    labels = np.full(len(places), -1, dtype=np.int64)
    core = dense.cores(places, weight, within_m=within_m, min_weight=min_weight)
    if core.any():
        labels[core] = _in_order(dense.joined(places[core], within_m=within_m))
        labels[~core] = dense.reached(places[core], labels[core], places[~core], within_m=within_m)
    return labels
