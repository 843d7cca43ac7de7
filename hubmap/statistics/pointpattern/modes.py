"""Centres of a density surface: its peaks, how much belongs to each, and whether they last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, Ints
from hubmap.statistics.pointpattern.kde import Surface, kde

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Modes:
    """The peaks of a surface, the largest share first; arrays of shape (peaks,).

    Attributes
    ----------
    x, y
        Places, to within a cell.
    height
        Density at the peak.
    share
        Share of the mass that lies uphill towards the peak.
    primacy
        Share of the first over the share of all: 1 with one centre, 1/k with k equal ones.
    """

    x: Floats
    y: Floats
    height: Floats
    share: Floats

    @property
    def primacy(self) -> float:
        """Share of the mass held by the first centre, of that held by all centres."""
        return float(self.share[0] / self.share.sum()) if self.share.size else float("nan")


def modes(surface: Surface, *, min_share: float = 0.05) -> Modes:
    """Return the peaks that hold at least ``min_share`` of the mass.

    Every cell climbs to its highest neighbour (of eight) until it stands on a peak; the mass of
    the cells that end there is the peak's.
    """
    density = surface.density
    rows, columns = density.shape
    padded = np.pad(density, 1, constant_values=-1.0)
    best, to = density.copy(), np.arange(density.size).reshape(density.shape)
    here = to.copy()
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            if dr == dc == 0:
                continue
            seen = padded[1 + dr : 1 + dr + rows, 1 + dc : 1 + dc + columns]
            higher = seen > best
            best = np.where(higher, seen, best)
            to = np.where(higher, here + dr * columns + dc, to)
    root: Ints = to.ravel().astype(np.int64)
    while True:
        further = root[root]
        if np.array_equal(further, root):
            break
        root = further
    mass = np.bincount(root, weights=(density * surface.cover).ravel(), minlength=root.size)
    total = float(mass.sum())
    if total <= 0:
        none = np.empty(0)
        return Modes(none, none, none, none)
    peak = np.flatnonzero(mass >= min_share * total)
    peak = peak[np.argsort(-mass[peak], kind="stable")]
    row, column = np.divmod(peak, columns)
    return Modes(
        surface.grid.x[column], surface.grid.y[row], density.ravel()[peak], mass[peak] / total
    )


def modes_by_bandwidth(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    window: BaseGeometry,
    bandwidths: Sequence[float],
    weight: npt.ArrayLike | None = None,
    min_share: float = 0.05,
) -> list[Modes]:
    """Return the peaks at each bandwidth: a centre that is there at one only is none."""
    return [
        modes(kde(x, y, window=window, bandwidth=h, weight=weight), min_share=min_share)
        for h in bandwidths
    ]


def lasting(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    own: Modes,
    *,
    window: BaseGeometry,
    bandwidths: Sequence[float],
    weight: npt.ArrayLike | None = None,
    min_share: float = 0.05,
) -> Floats:
    """Return the share of the bandwidths at which each peak has one within a bandwidth of it."""
    others = modes_by_bandwidth(
        x, y, window=window, bandwidths=bandwidths, weight=weight, min_share=min_share
    )
    return there(own, list(zip(bandwidths, others, strict=True)))


def there(own: Modes, others: Sequence[tuple[float, Modes]]) -> Floats:
    """Return the share of other surfaces, by bandwidth, with a peak within it of each own one."""
    held = np.zeros(own.x.size)
    for h, other in others:
        apart = np.hypot(own.x[:, None] - other.x, own.y[:, None] - other.y)
        held += np.any(apart <= h, axis=1)
    return held / len(others)
