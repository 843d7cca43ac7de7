"""Centres: where the middle is, how far and in which direction the records spread.

Places are planar, in metres, shape (n,).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import floats, ratio


@dataclass(frozen=True)
class Ellipse:
    """A standard deviational ellipse.

    Attributes
    ----------
    x, y
        The weighted mean centre.
    along_x, along_y
        Standard deviations along the rotated x and y axis (half axes of the ellipse).
    clockwise_deg
        Rotation of the y axis, clockwise from north, 0 to 180.
    """

    x: float
    y: float
    along_x: float
    along_y: float
    clockwise_deg: float


def mean_centre(
    x: npt.ArrayLike, y: npt.ArrayLike, *, weight: npt.ArrayLike | None = None
) -> tuple[float, float]:
    """Return the weighted mean place."""
    px, py = floats(x), floats(y)
    w = np.ones(px.size) if weight is None else floats(weight)
    return float(ratio(w @ px, w.sum())), float(ratio(w @ py, w.sum()))


def standard_distance(
    x: npt.ArrayLike, y: npt.ArrayLike, *, weight: npt.ArrayLike | None = None
) -> float:
    """Return the root mean square distance from the mean centre."""
    px, py = floats(x), floats(y)
    w = np.ones(px.size) if weight is None else floats(weight)
    cx, cy = mean_centre(px, py, weight=w)
    return float(np.sqrt(ratio(w @ ((px - cx) ** 2 + (py - cy) ** 2), w.sum())))


def deviational_ellipse(
    x: npt.ArrayLike, y: npt.ArrayLike, *, weight: npt.ArrayLike | None = None
) -> Ellipse:
    """Return the standard deviational ellipse in CrimeStat's form (n - 2 below, times root 2).

    Fewer than three places have no spread: the half axes are NaN.

    Parameters
    ----------
    x, y
        Places, at least three.
    weight
        Frequencies; the sum of weights stands for n.

    References
    ----------
    Lefever, D. W. (1926). Measuring geographic concentration by means of the standard deviational
    ellipse. American Journal of Sociology 32, 88-94; Levine, N. (2010). CrimeStat III, chapter 4.
    """
    px, py = floats(x), floats(y)
    w = np.ones(px.size) if weight is None else floats(weight)
    cx, cy = mean_centre(px, py, weight=w)
    dx, dy = px - cx, py - cy
    xx, yy, xy = float(w @ dx**2), float(w @ dy**2), float(w @ (dx * dy))
    gap = math.hypot(xx - yy, 2 * xy)
    angle = math.atan2(xx - yy + gap, 2 * xy)
    cos, sin = math.cos(angle), math.sin(angle)
    freedom = float(w.sum()) - 2
    if freedom <= 0:
        return Ellipse(cx, cy, math.nan, math.nan, math.nan)
    along_x = math.sqrt(2 * float(w @ (dx * cos - dy * sin) ** 2) / freedom)
    along_y = math.sqrt(2 * float(w @ (dx * sin + dy * cos) ** 2) / freedom)
    return Ellipse(cx, cy, along_x, along_y, math.degrees(angle) % 180)
