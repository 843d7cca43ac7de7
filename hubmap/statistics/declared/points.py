"""How densely the records lie, from their own places."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from hubmap.statistics.arrays import Floats, normal_quantile
from hubmap.statistics.declared.support import (
    SHIFTED,
    LandStatistic,
    Placed,
    ScaledStatistic,
    estimate,
    shifted,
)
from hubmap.statistics.model import Estimate, Records, Statistic, World, Zone
from hubmap.statistics.pointpattern.kde import kde
from hubmap.statistics.pointpattern.nearest import clark_evans
from hubmap.statistics.pointpattern.window import contains, edges, gaussian_share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

_PER_KM2 = 1e6
DIRECT_TO = 2_000
"""Records up to which the peak is sought by direct summation, without a raster."""


class PeakDensity(LandStatistic):
    """The highest density of a smooth surface, and where it is."""

    name: Literal["peak_density"] = "peak_density"
    question = "Do they cluster?"
    told_by = ("bandwidth_km",)
    unit: ClassVar[str] = "per km²"
    help: ClassVar[str] = "highest density of the smoothed records; the note says where"
    formula: ClassVar[str] = "Gaussian kernel on the equal-area plane, edge by Diggle (mass kept)"
    reference: ClassVar[str] = "Diggle 1985, Applied Statistics 34, 138-147"
    interval: ClassVar[str] = "Poisson bootstrap at the peak's place, 999 draws, seed 0"
    varied: ClassVar[str] = f"bandwidths of half and twice, and {SHIFTED}"
    checks: ClassVar[str] = "spatstat.explore 3.0-6 density at points on redwood, relative 1e-12"
    scale: ClassVar[str] = "twice the bandwidth"
    bandwidth_km: float = Field(2.0, gt=0.05, le=50, description="kernel's standard deviation")

    @property
    def scale_m(self) -> float:
        return 2000 * self.bandwidth_km

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        for factor in (0.5, 2.0):
            changed = {"bandwidth_km": self.bandwidth_km * factor}
            yield self.model_copy(update=changed), (0.0, 0.0)
        yield from shifted(self)

    def _peak(self, found: Placed, window: BaseGeometry) -> tuple[float, float, Floats]:
        """The peak's place, and what each record adds to its height."""
        x, y, h = found.x, found.y, self.bandwidth_km * 1000
        weight = found.weight / gaussian_share(edges(window), x, y, bandwidth=h)

        def parts(at: Floats) -> Floats:
            square = (at[:, :1] - x) ** 2 + (at[:, 1:] - y) ** 2
            return np.asarray(np.exp(square / (-2 * h**2)) * weight / (2 * np.pi * h**2))

        if x.size > DIRECT_TO:
            land = found.window
            top = kde(x, y, window=land, bandwidth=h, cell=h / 2, weight=found.weight).peak
            start = np.array([top[:2]])
        else:
            # A peak stands within a bandwidth of a record: begin at the records that see most.
            own = np.column_stack([x, y])
            start = own[np.argsort(-parts(own).sum(axis=1), kind="stable")[:5]]
        step = np.stack(np.meshgrid(*[np.arange(-4, 5) / 4] * 2), axis=-1).reshape(-1, 2)
        for reach in (h, h / 4, h / 16, h / 64):
            around = (start[:, None] + reach * step).reshape(-1, 2)
            around = around[contains(found.window, around[:, 0], around[:, 1])]
            start = around[[int(np.argmax(parts(around).sum(axis=1)))]]
        return float(start[0, 0]), float(start[0, 1]), parts(start)[0]

    def value(self, found: Placed, world: World) -> float:
        # A coast simplified to a twentieth of the kernel moves the third digit at most.
        coast = found.window.simplify(self.bandwidth_km * 50)
        return float(self._peak(found, coast)[2].sum()) * _PER_KM2

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        at_x, at_y, parts = self._peak(found, found.window)
        height = float(parts.sum())
        near = parts[parts > 1e-6 * height]
        # Draws change how often each record that the peak sees is there.
        drawn = np.random.default_rng(0).poisson(1.0, (999, near.size)) @ near
        low, high = np.quantile(drawn, [0.025, 0.975]) * _PER_KM2
        label = f"{found.window.area / 1e6:,.0f} km² of the outline; {self.label(found, records)}"
        told = f"at {world.place(at_x, at_y)}", f"bandwidth {self.bandwidth_km:g} km"
        bounds = float(low), float(high)
        return estimate(self, found, height * _PER_KM2, bounds, label, *told)


class ClarkEvansRatio(ScaledStatistic, LandStatistic):
    """How near the next one is, against chance."""

    name: Literal["clark_evans"] = "clark_evans"
    question = "Do they cluster?"
    unit: ClassVar[str] = "ratio"
    help: ClassVar[str] = "mean distance to the nearest other over that expected by chance"
    formula: ClassVar[str] = "mean distance / Donnelly's expectation; prefer `clustering` on coasts"
    reference: ClassVar[str] = "Clark & Evans 1954, Ecology 35, 445-453; Donnelly 1978"
    interval: ClassVar[str] = "normal, from the standard error of the mean under randomness"
    checks: ClassVar[str] = "spatstat.explore 3.0-6 clarkevans on redwood, 1e-10"

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        index = clark_evans(found.x, found.y, window=found.window)
        spread = normal_quantile(0.95) * index.error
        bounds = max(0.0, index.donnelly - spread), index.donnelly + spread
        label = f"{found.window.area / 1e6:,.0f} km² of the outline; {self.label(found, records)}"
        method = f"95 % interval: {self.interval}"
        tested = f"naive {index.naive:.3f}, p = {index.p:.2g}"
        return estimate(self, found, index.donnelly, bounds, label, method, tested)
