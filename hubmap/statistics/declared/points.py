"""How densely the records lie and whether they cluster, from their own places."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from hubmap.statistics.arrays import Floats
from hubmap.statistics.declared.support import (
    SHIFTED,
    SHIFTS,
    Placed,
    PointStatistic,
    inside,
    noted,
)
from hubmap.statistics.minimum import shortfall
from hubmap.statistics.model import Estimate, Records, Statistic, World, Zone
from hubmap.statistics.pointpattern.envelopes import (
    global_envelope,
    kd_relabelled,
    m_relabelled,
    simulate,
)
from hubmap.statistics.pointpattern.kde import kde
from hubmap.statistics.pointpattern.nearest import clark_evans
from hubmap.statistics.pointpattern.relative import kd_function, m_function
from hubmap.statistics.pointpattern.ripley import k_function, l_function
from hubmap.statistics.pointpattern.window import contains, edges, gaussian_share, random_points

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from shapely.geometry.base import BaseGeometry

_PER_KM2 = 1e6
DIRECT_TO = 2_000
"""Records up to which the peak is sought by direct summation, without a raster."""


class PeakDensity(PointStatistic):
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
    bandwidth_km: float = Field(2.0, gt=0.05, le=50, description="kernel's standard deviation")

    @property
    def scale_m(self) -> float:
        return 2000 * self.bandwidth_km

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        for factor in (0.5, 2.0):
            changed = {"bandwidth_km": self.bandwidth_km * factor}
            yield self.model_copy(update=changed), (0.0, 0.0)
        for shift in SHIFTS:
            yield self, shift

    def _peak(self, found: Placed, window: BaseGeometry) -> tuple[float, float, Floats]:
        """The peak's place, and what each record adds to its height."""
        x, y, _ = inside(found)
        h = self.bandwidth_km * 1000
        weight = 1 / gaussian_share(edges(window), x, y, bandwidth=h)

        def parts(at: Floats) -> Floats:
            square = (at[:, :1] - x) ** 2 + (at[:, 1:] - y) ** 2
            return np.asarray(np.exp(square / (-2 * h**2)) * weight / (2 * np.pi * h**2))

        if x.size > DIRECT_TO:
            top = kde(x, y, window=found.window, bandwidth=h, cell=h / 2).peak
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

    def plain(self, zone: Zone, records: Records, world: World) -> float | None:
        found = self.placed(zone, records, world)
        if isinstance(found, Estimate):
            return None
        # A coast simplified to a twentieth of the kernel moves the third digit at most.
        coast = found.window.simplify(self.bandwidth_km * 50)
        return float(self._peak(found, coast)[2].sum()) * _PER_KM2

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        at_x, at_y, parts = self._peak(found, found.window)
        _, _, off = inside(found)
        height = float(parts.sum())
        near = parts[parts > 1e-6 * height]
        # Draws change how often each record that the peak sees is there.
        drawn = np.random.default_rng(0).poisson(1.0, (999, near.size)) @ near
        low, high = np.quantile(drawn, [0.025, 0.975])
        note = noted(
            f"at {world.place(at_x, at_y)}", f"bandwidth {self.bandwidth_km:g} km", off, found.note
        )
        bounds = min(float(low), height) * _PER_KM2, max(float(high), height) * _PER_KM2
        label = f"{found.window.area / 1e6:,.0f} km² of the outline; {self.label(found, records)}"
        return Estimate(
            height * _PER_KM2, self.unit, *bounds, label, found.n, found.share, note=note
        )


class Clustering(PointStatistic):
    """How much more neighbours there are within a distance than by chance."""

    name: Literal["clustering"] = "clustering"
    question = "Do they cluster?"
    told_by = ("radius_km",)
    unit: ClassVar[str] = "L(r) / r"
    help: ClassVar[str] = "1 when spread at random over the land, above it when clustered"
    formula: ClassVar[str] = "√(K(r) / π) / r, K with translation correction in the outline"
    reference: ClassVar[str] = "Ripley 1977; Besag 1977; Ohser 1983; Myllymäki et al. 2017"
    interval: ClassVar[str] = "none; the note gives the global envelope of randomness and its p"
    varied: ClassVar[str] = SHIFTED
    checks: ClassVar[str] = (
        "spatstat.explore 3.0-6 Kest on redwood, 1e-10; 1 ± 0.02 under randomness in Shenzhen and "
        "Macao at 1-10 km"
    )
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

    def _curve(self, found: Placed, world: World) -> Floats:
        x, y, _ = inside(found)
        return self._of(x, y, found, world)

    def _of(self, x: Floats, y: Floats, found: Placed, world: World) -> Floats:
        shared = world.covariance(found.window)
        return l_function(k_function(x, y, window=found.window, r=self.radii, covariance=shared))

    def plain(self, zone: Zone, records: Records, world: World) -> float | None:
        found = self.placed(zone, records, world)
        if isinstance(found, Estimate):
            return None
        return float(self._curve(found, world)[3] / self.radii[3])

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        x, _, off = inside(found)
        curve = self._curve(found, world)

        def random(rng: np.random.Generator) -> Floats:
            return self._of(*random_points(found.window, x.size, rng=rng), found, world)

        null = simulate(random, draws=self.draws, seed=self.seed)
        envelope = global_envelope(curve, null)
        at = 3
        low, high = envelope.low[at] / self.radii[at], envelope.high[at] / self.radii[at]
        first, last = self.radii[[0, -1]] / 1000
        note = noted(
            f"r = {self.radius_km:g} km; by chance {low:.2f} to {high:.2f}, p = {envelope.p:.3g} "
            f"over {first:g}-{last:g} km (global envelope, {self.draws} draws, seed {self.seed})",
            off,
            found.note,
        )
        return Estimate(
            float(curve[at] / self.radii[at]), self.unit, None, None,
            self.label(found, records), found.n, found.share, note=note,
        )  # fmt: skip


class ClarkEvansRatio(PointStatistic):
    """How near the next one is, against chance."""

    name: Literal["clark_evans"] = "clark_evans"
    question = "Do they cluster?"
    unit: ClassVar[str] = "ratio"
    help: ClassVar[str] = "mean distance to the nearest other over that expected by chance"
    formula: ClassVar[str] = "mean distance / Donnelly's expectation; prefer `clustering` on coasts"
    reference: ClassVar[str] = "Clark & Evans 1954, Ecology 35, 445-453; Donnelly 1978"
    interval: ClassVar[str] = "normal, from the standard error of the mean under randomness"
    checks: ClassVar[str] = "spatstat.explore 3.0-6 clarkevans on redwood, 1e-10"
    scale_km: float = Field(2.0, gt=0, le=100, description="twice the worst precision that serves")

    @property
    def scale_m(self) -> float:
        return self.scale_km * 1000

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        x, y, off = inside(found)
        index = clark_evans(x, y, window=found.window)
        error = 1.96 * 0.26136 / (0.5 * x.size**0.5)
        spread = error * index.donnelly / index.naive
        note = noted(f"naive {index.naive:.3f}, p = {index.p:.2g}", off, found.note)
        label = f"{found.window.area / 1e6:,.0f} km² of the outline; {self.label(found, records)}"
        return Estimate(
            index.donnelly, self.unit, max(0.0, index.donnelly - spread), index.donnelly + spread,
            label, found.n, found.share,
            note=noted(f"95 % interval: {self.interval}", note),
        )  # fmt: skip


class _Relative(PointStatistic):
    """What M and Kd share: cases among a pool of records."""

    question = "Do they cluster?"
    category: str = Field("", description="the category that is asked about; empty: the cases")
    radius_km: float = Field(5.0, gt=0.1, le=100, description="the distance")
    draws: int = Field(199, ge=99, le=9999, description="relabellings of the null")
    seed: int = Field(0, ge=0, description="of the relabellings")

    @property
    def scale_m(self) -> float:
        return float(self.radii[0])

    @property
    def radii(self) -> Floats:
        """Distances that the envelope spans, in metres."""
        return np.asarray(self.radius_km * 1000 * np.arange(2, 11) / 5)

    def applies(self, records: Records) -> bool:
        table = records.table
        if self.category:
            return records.points and bool(table["category"].eq(self.category).any())
        return records.points and not bool(table["case"].all())

    def labelled(self, table: pd.DataFrame) -> np.ndarray:
        """Which records are the cases."""
        chosen = table["category"].eq(self.category) if self.category else table["case"]
        return chosen.to_numpy(dtype=bool)

    def pool(
        self, zone: Zone, records: Records, world: World
    ) -> tuple[Placed, np.ndarray] | Estimate:
        """All records that may serve and which are cases, or the refusal."""
        found = self.placed(zone, records, world, cases=False)
        if isinstance(found, Estimate):
            return found
        case = self.labelled(found.table)
        if why := shortfall(self._name, self.category or records.noun, cases=int(case.sum())):
            return self.refuse(records, why, int(case.sum()), found.share)
        return found, case


class RelativeM(_Relative):
    """Whether cases have more cases around them than the other records do."""

    name: Literal["relative_m"] = "relative_m"
    told_by = ("to", "category", "radius_km")
    unit: ClassVar[str] = "ratio"
    help: ClassVar[str] = "cases' share among neighbours within r over that everywhere; 1 by chance"
    formula: ClassVar[str] = "mean over cases of (cases / all within r) over (cases / all)"
    reference: ClassVar[str] = "Marcon & Puech 2010, Journal of Economic Geography 10, 745-762"
    interval: ClassVar[str] = "none; the note gives the global envelope of relabelling and its p"
    checks: ClassVar[str] = "dbmss 2.9-2 Mhat on paracou16, 1e-10"
    to: str = Field("", description="another kind looked for around the cases; empty: the cases")

    def applies(self, records: Records) -> bool:
        return (bool(self.to) and records.points) or super().applies(records)

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        import pandas as pd

        found = self.pool(zone, records, world)
        if isinstance(found, Estimate):
            return found
        placed, case = found
        x, y, neighbour = placed.x, placed.y, None
        if self.to:
            if self.to not in world.records:
                return self.refuse(records, f"the workspace has no {self.to}", placed.n)
            other = self.placed(zone, world.records[self.to], world)
            if isinstance(other, Estimate):
                return self.refuse(records, f"{self.to}: {other.withheld}", placed.n, placed.share)
            both = pd.concat([placed.table, other.table], ignore_index=True)
            x, y = both["x"].to_numpy(dtype=float), both["y"].to_numpy(dtype=float)
            neighbour = np.arange(len(both)) >= placed.n
            case = np.concatenate([case, np.zeros(other.n, dtype=bool)])
        curve = m_function(x, y, case=case, r=self.radii, neighbour=neighbour)
        null = m_relabelled(
            x, y, case=case, r=self.radii, neighbour=neighbour, draws=self.draws, seed=self.seed
        )
        envelope = global_envelope(curve, null)
        note = noted(
            f"r = {self.radius_km:g} km; by chance {envelope.low[3]:.2f} to "
            f"{envelope.high[3]:.2f}, p = {envelope.p:.3g} (global envelope of relabelling, "
            f"{self.draws} draws, seed {self.seed})",
            placed.note,
        )
        label = f"{int(case.sum())} cases among {x.size} records; {self.label(placed, records)}"
        return Estimate(
            float(curve[3]), self.unit, None, None, label, placed.n, placed.share, note=note
        )


class PairDistances(_Relative):
    """Whether pairs of cases are more often a distance apart than pairs of records are."""

    name: Literal["pair_distances"] = "pair_distances"
    told_by = ("category", "radius_km")
    unit: ClassVar[str] = "ratio"
    help: ClassVar[str] = "Kd at r over its mean when the cases are dealt over all records' places"
    formula: ClassVar[str] = "Gaussian density of pair distances, over the mean of relabellings"
    reference: ClassVar[str] = "Duranton & Overman 2005, Review of Economic Studies 72, 1077-1106"
    interval: ClassVar[str] = "none; the note gives the global envelope of relabelling and its p"
    checks: ClassVar[str] = "dbmss 2.9-2 Kdhat on paracou16, 2e-3 (its own grid's tolerance)"

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        found = self.pool(zone, records, world)
        if isinstance(found, Estimate):
            return found
        placed, case = found
        x, y = placed.x, placed.y
        density = kd_function(x[case], y[case], r=self.radii)
        null = kd_relabelled(
            x, y, case=case, r=self.radii, bandwidth=density.bandwidth, draws=self.draws,
            seed=self.seed,
        )  # fmt: skip
        envelope = global_envelope(density.value, null)
        mean = float(null[:, 3].mean())
        note = noted(
            f"r = {self.radius_km:g} km, bandwidth {density.bandwidth / 1000:.2f} km; by chance "
            f"{envelope.low[3] / mean:.2f} to {envelope.high[3] / mean:.2f}, p = {envelope.p:.3g} "
            f"(global envelope of relabelling, {self.draws} draws, seed {self.seed})",
            placed.note,
        )
        label = f"{int(case.sum())} cases among {x.size} records; {self.label(placed, records)}"
        return Estimate(
            float(density.value[3]) / mean if mean > 0 else float("nan"), self.unit, None, None,
            label, placed.n, placed.share, note=note,
        )  # fmt: skip
