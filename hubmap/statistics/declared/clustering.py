"""Whether records cluster, against an even land and against one as uneven as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from hubmap.statistics.arrays import Floats
from hubmap.statistics.declared.radial import AT, Radial
from hubmap.statistics.declared.support import SHIFTED, LandStatistic, Placed, estimate, shifted
from hubmap.statistics.model import Estimate, Records, Statistic, World, Zone
from hubmap.statistics.pointpattern.envelopes import Envelope, global_envelope, simulate
from hubmap.statistics.pointpattern.intensity import Intensity
from hubmap.statistics.pointpattern.jitter import dealt_within_cells
from hubmap.statistics.pointpattern.ripley import k_function, k_inhomogeneous, l_function
from hubmap.statistics.pointpattern.window import random_points

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubmap.statistics.curves import Curve
    from hubmap.statistics.pointpattern.jitter import Dealt


class _Ripley(LandStatistic, Radial):
    """What K of an even and of an uneven land share."""

    unit: ClassVar[str] = "L(r) / r"
    varied: ClassVar[str] = SHIFTED
    drawn: ClassVar[str] = "L(r)/r"
    null: ClassVar[str] = "randomness"

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        return shifted(self)

    def curve(self, x: Floats, y: Floats, found: Placed, world: World) -> Floats:
        """L over r at each radius."""
        raise TypeError(f"{type(self).__name__} declares no curve")

    def pattern(self, found: Placed) -> Dealt:
        """What draws as many points under the null."""
        return lambda rng: random_points(found.window, found.n, rng=rng)

    def value(self, found: Placed, world: World) -> float:
        return float(self.curve(found.x, found.y, found, world)[AT])

    def tested(
        self, found: Placed, zone: Zone, records: Records, world: World
    ) -> tuple[Floats, Envelope]:
        """The curve and its envelope under the null."""
        key = (self.key, self.draws, self.seed, zone.level, zone.key)
        if key not in records.memo:
            random = self.pattern(found)
            null = simulate(
                lambda rng: self.curve(*random(rng), found, world),
                draws=self.draws, seed=self.seed,
            )  # fmt: skip
            curve = self.curve(found.x, found.y, found, world)
            records.memo[key] = curve, global_envelope(curve, null)
        known: tuple[Floats, Envelope] = records.memo[key]
        return known

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        curve, envelope = self.tested(found, zone, records, world)
        first, last = self.radii[[0, -1]] / 1000
        told = (
            f"r = {self.radius_km:g} km{self.said}; by chance {envelope.low[AT]:.2f} to "
            f"{envelope.high[AT]:.2f}, p = {envelope.p:.3g} over {first:g}-{last:g} km (global "
            f"envelope, {self.draws} draws, seed {self.seed})"
        )
        label = self.label(found, records)
        return estimate(self, found, float(curve[AT]), None, label, told)

    @property
    def said(self) -> str:
        """What the note says besides the radius."""
        return ""

    def curves(self, zone: Zone, records: Records, world: World) -> tuple[Curve, ...]:
        found = self.landed(zone, records, world)
        if isinstance(found, Estimate):
            return ()
        return self.drawn_with(
            *self.tested(found, zone, records, world), self.label(found, records)
        )


class Clustering(_Ripley):
    """How much more neighbours there are within a distance than by chance."""

    name: Literal["clustering"] = "clustering"
    told_by = ("radius_km",)
    help: ClassVar[str] = "1 when spread at random over the land, above it when clustered"
    formula: ClassVar[str] = "√(K(r) / π) / r, K with translation correction in the outline"
    reference: ClassVar[str] = "Ripley 1977; Besag 1977; Ohser 1983; Myllymäki et al. 2017"
    interval: ClassVar[str] = "none; the note gives the global envelope of randomness and its p"
    checks: ClassVar[str] = (
        "spatstat.explore 3.0-6 Kest on redwood, 1e-10; 1 ± 0.02 under randomness in Shenzhen and "
        "Macao at 1-10 km"
    )

    def curve(self, x: Floats, y: Floats, found: Placed, world: World) -> Floats:
        shared = world.covariance(found.window)
        k = k_function(x, y, window=found.window, r=self.radii, covariance=shared)
        return np.asarray(l_function(k) / self.radii)


class InhomogeneousClustering(_Ripley):
    """How much more neighbours there are than a smooth surface of the same records explains."""

    name: Literal["clustering_inhomogeneous"] = "clustering_inhomogeneous"
    told_by = ("radius_km", "bandwidth_km")
    drawn: ClassVar[str] = "Linhom(r)/r"
    null: ClassVar[str] = "chance within cells"
    help: ClassVar[str] = "1 when only the smooth surface draws them together, above it when more"
    formula: ClassVar[str] = (
        "√(K(r) / π) / r, K inhomogeneous with translation correction, renormalised; intensity by "
        "a Gaussian kernel without the record itself; null: each record dealt anew on the land of "
        "its square cell, as wide as the bandwidth"
    )
    reference: ClassVar[str] = (
        "Baddeley, Møller & Waagepetersen 2000, Statistica Neerlandica 54, 329-350; Besag & Diggle "
        "1977, Applied Statistics 26, 327-333; Amarasingham et al. 2012, Journal of "
        "Neurophysiology 107, 517-531; Myllymäki et al. 2017"
    )
    interval: ClassVar[str] = (
        "none; the note gives the global envelope of records dealt within their cells and its p, "
        "exact where the density is even within cells (patterns drawn from the smooth surface "
        "would not be: the same records made it)"
    )
    checks: ClassVar[str] = (
        "spatstat.explore 3.0-6 Kinhom on redwood, 1e-9; rejection under its null and on sloping "
        "land: see the coverage below"
    )
    bandwidth_km: float = Field(15.0, gt=0.1, le=200, description="of the smooth surface")

    @property
    def said(self) -> str:
        return f", surface and cells of {self.bandwidth_km:g} km"

    def _intensity(self, found: Placed, world: World) -> Intensity:
        key = ("intensity", self.bandwidth_km, found.window.bounds, found.window.area)
        if key not in world.memo:
            world.memo[key] = Intensity.of(found.window, bandwidth=self.bandwidth_km * 1000)
        known: Intensity = world.memo[key]
        return known

    def curve(self, x: Floats, y: Floats, found: Placed, world: World) -> Floats:
        shared = world.covariance(found.window)
        others = self._intensity(found, world).without_self(x, y)
        # A record that the kernel leaves alone has no neighbour to weigh either.
        k = k_inhomogeneous(
            x, y, window=found.window, r=self.radii, covariance=shared,
            intensity=np.maximum(others, 1e-3 * others.mean()),
        )  # fmt: skip
        return np.asarray(l_function(k) / self.radii)

    def pattern(self, found: Placed) -> Dealt:
        side = self.bandwidth_km * 1000
        return dealt_within_cells(found.x, found.y, window=found.window, cell=side)
