"""Whether records cluster, against an even land and against one as uneven as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from hubmap.statistics.arrays import Floats
from hubmap.statistics.curves import Curve, Plotted, numbers
from hubmap.statistics.declared.support import (
    SHIFTED,
    SHIFTS,
    Placed,
    PointStatistic,
    inside,
    noted,
)
from hubmap.statistics.model import Estimate, Records, Statistic, World, Zone
from hubmap.statistics.pointpattern.envelopes import Envelope, global_envelope, simulate
from hubmap.statistics.pointpattern.intensity import Intensity, surface_points
from hubmap.statistics.pointpattern.ripley import k_function, k_inhomogeneous, l_function
from hubmap.statistics.pointpattern.window import random_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

AT = 3
"""Where among the radii the one asked for stands."""


class _Ripley(PointStatistic, Plotted):
    """What K of an even and of an uneven land share: radii, draws, the envelope."""

    question = "Do they cluster?"
    unit: ClassVar[str] = "L(r) / r"
    varied: ClassVar[str] = SHIFTED
    drawn: ClassVar[str] = "L(r)/r"
    null: ClassVar[str] = "randomness"
    tests: ClassVar[bool] = True
    """Whether the null is known beforehand, so that the envelope is a test and has a p."""
    radius_km: float = Field(5.0, gt=0.1, le=100, description="the distance")
    draws: int = Field(199, ge=99, le=9999, description="random patterns of the envelope")
    seed: int = Field(0, ge=0, description="of the random patterns")

    @property
    def radii(self) -> Floats:
        """Distances that the envelope spans, in metres."""
        return np.asarray(self.radius_km * 1000 * np.arange(2, 11) / 5)

    @property
    def scale_m(self) -> float:
        return float(self.radii[0])

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        return [(self, shift) for shift in SHIFTS]

    def curve(self, x: Floats, y: Floats, found: Placed, world: World) -> Floats:
        """L over r at each radius."""
        raise TypeError(f"{type(self).__name__} declares no curve")

    def pattern(
        self, x: Floats, y: Floats, found: Placed
    ) -> Callable[[np.random.Generator], tuple[Floats, Floats]]:
        """What draws as many points under the null."""
        return lambda rng: random_points(found.window, x.size, rng=rng)

    def plain(self, zone: Zone, records: Records, world: World) -> float | None:
        found = self.placed(zone, records, world)
        if isinstance(found, Estimate):
            return None
        x, y, _ = inside(found)
        return float(self.curve(x, y, found, world)[AT])

    def tested(
        self, found: Placed, zone: Zone, records: Records, world: World
    ) -> tuple[Floats, Envelope, str]:
        """The curve, its envelope under the null, and a note of what was left out."""
        key = (self.key, self.draws, self.seed, zone.level, zone.key)
        if key not in records.memo:
            x, y, off = inside(found)
            random = self.pattern(x, y, found)
            null = simulate(
                lambda rng: self.curve(*random(rng), found, world),
                draws=self.draws, seed=self.seed,
            )  # fmt: skip
            curve = self.curve(x, y, found, world)
            records.memo[key] = curve, global_envelope(curve, null), off
        known: tuple[Floats, Envelope, str] = records.memo[key]
        return known

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        curve, envelope, off = self.tested(found, zone, records, world)
        first, last = self.radii[[0, -1]] / 1000
        band = f"{envelope.low[AT]:.2f} to {envelope.high[AT]:.2f}"
        if self.tests:
            said = (
                f"by chance {band}, p = {envelope.p:.3g} over {first:g}-{last:g} km (global "
                f"envelope, {self.draws} draws, seed {self.seed})"
            )
        else:
            said = (
                f"patterns drawn from the surface reach {band} ({self.draws} draws, seed "
                f"{self.seed}); no test, since the same records made the surface"
            )
        note = noted(f"r = {self.radius_km:g} km{self.said}; {said}", off, found.note)
        return Estimate(
            float(curve[AT]), self.unit, None, None, self.label(found, records), found.n,
            found.share, note=note,
        )  # fmt: skip

    @property
    def said(self) -> str:
        """What the note says besides the radius."""
        return ""

    def curves(self, zone: Zone, records: Records, world: World) -> tuple[Curve, ...]:
        found = self.placed(zone, records, world)
        if isinstance(found, Estimate):
            return ()
        curve, envelope, _ = self.tested(found, zone, records, world)
        note = f"{self.draws} draws, seed {self.seed}; {self.label(found, records)}"
        return (
            Curve(
                self.drawn, numbers(self.radii / 1000), numbers(curve), numbers(envelope.low),
                numbers(envelope.high), "km", "ratio",
                f"global envelope of {self.null}" if self.tests else f"draws of {self.null}", 1.0,
                envelope.p if self.tests else None, note=note,
            ),
        )  # fmt: skip


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
    null: ClassVar[str] = "chance on the smooth surface"
    tests: ClassVar[bool] = False
    help: ClassVar[str] = "1 when only the smooth surface draws them together, above it when more"
    formula: ClassVar[str] = (
        "√(K(r) / π) / r, K inhomogeneous with translation correction, renormalised; intensity by "
        "a Gaussian kernel without the record itself"
    )
    reference: ClassVar[str] = (
        "Baddeley, Møller & Waagepetersen 2000, Statistica Neerlandica 54, 329-350; Myllymäki et "
        "al. 2017"
    )
    interval: ClassVar[str] = (
        "none; the note gives how far patterns drawn from the surface reach, each smoothed anew; "
        "no p, since the same records made the surface"
    )
    checks: ClassVar[str] = (
        "spatstat.explore 3.0-6 Kinhom on redwood, 1e-9; on an uneven land without clusters the "
        "band of 95 % missed 16 % of 200 patterns of 80 points: hence no p"
    )
    bandwidth_km: float = Field(15.0, gt=0.1, le=200, description="of the smooth surface")

    @property
    def said(self) -> str:
        return f", surface of bandwidth {self.bandwidth_km:g} km"

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

    def pattern(
        self, x: Floats, y: Floats, found: Placed
    ) -> Callable[[np.random.Generator], tuple[Floats, Floats]]:
        from hubmap.statistics.pointpattern.kde import kde

        h = self.bandwidth_km * 1000
        surface = kde(x, y, window=found.window, bandwidth=h, edge="uniform")
        return lambda rng: surface_points(surface, found.window, x.size, rng=rng)
