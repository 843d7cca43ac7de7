"""Nearest neighbours: how far the next one is, against chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, floats, ratio, two_sided_p

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class ClarkEvans:
    """The index of Clark and Evans.

    Attributes
    ----------
    naive
        Mean distance over that expected in an endless plane: 1 by chance, less when clustered.
    donnelly
        The same with the edge of the window taken into account.
    p
        Two-sided p-value of the naive index.
    error
        Standard error of ``donnelly`` under randomness.
    """

    naive: float
    donnelly: float
    p: float
    error: float


def neighbour_distance(x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
    """Return each point's distance to its nearest other point, shape (n,), infinite if alone."""
    from scipy.spatial import cKDTree

    places = np.column_stack([floats(x), floats(y)])
    if len(places) == 0:
        return np.empty(0)
    return floats(cKDTree(places).query(places, k=[2])[0]).reshape(-1)


def neighbour_share(x: npt.ArrayLike, y: npt.ArrayLike, *, r: npt.ArrayLike) -> Floats:
    """Return the share of points whose nearest other lies within each r (raw G), shape (k,)."""
    distance = np.sort(neighbour_distance(x, y))
    return ratio(np.searchsorted(distance, floats(r), side="right"), distance.size)


def clark_evans(x: npt.ArrayLike, y: npt.ArrayLike, *, window: BaseGeometry) -> ClarkEvans:
    """Return the ratio of the mean nearest-neighbour distance to that expected by chance.

    NaN for fewer than two points.

    Donnelly's expectation adds ``(0.0514 + 0.0412 / sqrt n) * P / n`` for a border of length P; it
    was fitted to rectangles, so in a ragged polygon prefer L with translation correction.

    References
    ----------
    Clark, P. J. and Evans, F. C. (1954). Distance to nearest neighbor as a measure of spatial
    relationships in populations. Ecology 35, 445-453; Donnelly, K. (1978). Simulations to
    determine the variance and edge-effect of total nearest neighbour distance. In Hodder, I.
    (ed.), Simulation Methods in Archaeology, Cambridge University Press, 91-95.
    """
    distance = neighbour_distance(x, y)
    n = distance.size
    if n < 2:
        nan = float("nan")
        return ClarkEvans(nan, nan, nan, nan)
    area, border = float(window.area), float(window.length)
    mean = float(distance.mean())
    expected = 0.5 * (area / n) ** 0.5
    edged = expected + (0.0514 + 0.0412 / n**0.5) * border / n
    error = ((4 - np.pi) * area / (4 * np.pi)) ** 0.5 / n
    p = float(two_sided_p((mean - expected) / error))
    return ClarkEvans(mean / expected, mean / edged, p, error / edged)
