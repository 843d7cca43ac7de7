"""Hubs of differing density: HDBSCAN, by an exact spanning tree of planar places.

Ties decide who borders a cluster, so their order is fixed: the tree grows from the first place,
takes the earlier of equally near places, and equal links join in the order in which it grew.
R's ``dbscan`` does the same, scikit-learn's sort does not, and differs from it by such places.
(Where ``min_places`` lie at one coordinate R divides nought by nought and keeps the larger cluster;
here such a pile is a cluster.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, Ints, floats

Crumbs = Literal["stay", "fall"]

NEAREST_M = 1e-3
"""Shorter links count as long as this, so that densities at one coordinate stay finite."""

TIDY = 512
"""Steps after which places that the tree has taken are cleared from the arrays."""


@dataclass
class _Branch:
    """A cluster of the hierarchy: the stretch of the tree's order that it is, and its life."""

    first: int
    last: int
    parent: int
    birth: float
    mass: float = 0.0


def hdbscan(
    x: npt.ArrayLike, y: npt.ArrayLike, *, min_places: int, crumbs: Crumbs = "stay"
) -> Ints:
    """Return HDBSCAN labels, shape (n,): clusters of differing density, no distance to choose.

    Parameters
    ----------
    x, y
        Places in metres, shape (n,), up to about 50,000: the time grows with their square.
    min_places
        Smallest cluster, and the places that make a core, itself counted; 2 or more.
    crumbs
        What places count for a cluster's mass that have come off it with fewer than
        ``min_places``: they ``stay`` until each is alone or the cluster splits, as in R's
        ``dbscan``, or they ``fall`` at once, as in the paper and scikit-learn.

    Returns
    -------
    Ints
        0, 1, ... in table order of each cluster's first place; -1 for noise. The whole table is
        never one cluster.

    References
    ----------
    Campello, R., Moulavi, D. and Sander, J. (2013). Density-based clustering based on
    hierarchical density estimates. PAKDD 2013, 160-172.
    """
    places = np.column_stack([floats(x), floats(y)])
    label = np.full(len(places), -1, dtype=np.int64)
    if len(places) < 2 * min_places:
        return label
    order, height = _grow(places, min_places)
    kept = _most_lasting(_branches(height, min_places, crumbs))
    kept.sort(key=lambda branch: int(order[branch.first : branch.last].min()))
    for number, branch in enumerate(kept):
        label[order[branch.first : branch.last]] = number
    return label


def _grow(places: Floats, min_places: int) -> tuple[Ints, Floats]:
    """Return the places in the order in which Prim's tree takes them, and each link's length.

    The length is the mutual reachability: the distance, or either's core distance if longer. In
    that order every cluster of the hierarchy is an unbroken stretch, whatever the threshold.
    """
    from scipy.spatial import cKDTree

    n = len(places)
    x, y = floats(places[:, 0]), floats(places[:, 1])
    core = np.asarray(cKDTree(places).query(places, k=[min_places])[1])[:, 0]
    # Squares throughout, from one formula, so that what is tied stays tied.
    core_square = (x[core] - x) ** 2 + (y[core] - y) ** 2
    order, square = np.zeros(n, dtype=np.int64), np.empty(n - 1)
    left, left_x, left_y, left_core = np.arange(1, n), x[1:], y[1:], core_square[1:].copy()
    best, reach, up = np.full(n - 1, np.inf), np.empty(n - 1), np.empty(n - 1)
    here = 0
    for step in range(n - 1):
        np.subtract(left_x, x[here], out=reach)
        np.multiply(reach, reach, out=reach)
        np.subtract(left_y, y[here], out=up)
        np.multiply(up, up, out=up)
        np.add(reach, up, out=reach)
        np.maximum(reach, left_core, out=reach)
        np.maximum(reach, core_square[here], out=reach)
        np.minimum(best, reach, out=best)
        at = int(best.argmin())
        square[step], here = best[at], int(left[at])
        order[step + 1] = here
        best[at] = left_core[at] = np.inf
        if step % TIDY == TIDY - 1:
            there = np.isfinite(left_core)
            left, left_x, left_y = left[there], left_x[there], left_y[there]
            left_core, best = left_core[there], best[there]
            reach, up = reach[: left.size], up[: left.size]
    return order, floats(np.sqrt(square))


def _branches(height: Floats, min_places: int, crumbs: Crumbs) -> list[_Branch]:
    """Return the hierarchy's clusters, parents first, each with its excess of mass."""
    n = height.size + 1
    nodes = 2 * n - 1
    first, last = np.arange(nodes), np.arange(1, nodes + 1)
    density, children = np.zeros(nodes), np.zeros((nodes, 2), dtype=np.int64)
    begins, ends = np.arange(n), np.arange(n)  # the node whose stretch begins, ends at a place
    for new, link in enumerate(np.argsort(height, kind="stable"), start=n):
        one, other = ends[link], begins[link + 1]
        children[new] = one, other
        first[new], last[new] = first[one], last[other]
        begins[first[new]] = ends[last[new] - 1] = new
        density[new] = 1 / max(float(height[link]), NEAREST_M)
    size = last - first
    # A place is alone beyond the nearer of its two links.
    link_density = 1 / np.maximum(height, NEAREST_M)
    alone = np.maximum(np.append(link_density, 0.0), np.append(0.0, link_density))
    found = [_Branch(0, n, -1, 0.0)]
    todo = [(nodes - 1, 0)]
    while todo:
        node, at = todo.pop()
        branch = found[at]
        large = [int(child) for child in children[node] if size[child] >= min_places]
        if crumbs == "fall":
            # A place leaves where it falls off, or where what is left splits in two or to crumbs.
            staying = int(size[large[0]]) if len(large) == 1 else 0
            branch.mass += (density[node] - branch.birth) * float(size[node] - staying)
        elif len(large) != 1:
            end = float(density[node]) if large else np.inf
            lives = np.minimum(alone[branch.first : branch.last], end) - branch.birth
            branch.mass = float(lives.sum())
        if len(large) == 1:
            todo.append((large[0], at))
            continue
        for child in large:
            todo.append((child, len(found)))
            found.append(_Branch(int(first[child]), int(last[child]), at, float(density[node])))
    return found


def _most_lasting(branches: list[_Branch]) -> list[_Branch]:
    """Return the disjoint clusters with the largest excess of mass in all; never the whole."""
    below = [0.0] * len(branches)
    best = [branch.mass for branch in branches]
    split = [False] * len(branches)
    for at in range(len(branches) - 1, 0, -1):
        split[at] = below[at] > best[at]
        best[at] = max(below[at], best[at])
        below[branches[at].parent] += best[at]
    kept: list[_Branch] = []
    open_ = [True] * len(branches)
    for at, branch in enumerate(branches[1:], start=1):
        open_[at] = open_[branch.parent] and (branch.parent == 0 or split[branch.parent])
        if open_[at] and not split[at]:
            kept.append(branch)
    return kept
