"""How near the records are to campuses, or to any other kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from hubmap.statistics.arrays import Floats
from hubmap.statistics.declared.support import (
    SHIFTED,
    Placed,
    PointStatistic,
    ScaledStatistic,
    estimate,
    shifted,
)
from hubmap.statistics.intervals import clopper_pearson
from hubmap.statistics.minimum import shortfall
from hubmap.statistics.model import Estimate, Level, Records, Statistic, World, Zone
from hubmap.statistics.proximity import (
    colocation_quotient,
    nearest_distance,
    nearest_neighbours,
    share_near,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Near(PointStatistic):
    """What the statistics of nearness share: a kind, and the kind it is near to."""

    question = "How near to universities?"
    of_the_land: ClassVar[bool] = False
    levels: ClassVar[tuple[Level, ...]] = ("hub", "city")
    varied: ClassVar[str] = SHIFTED
    of: str = Field("companies", description="the kind that is asked about")
    to: str = Field("universities", description="the kind whose nearness is asked")

    def applies(self, records: Records) -> bool:
        return records.kind == self.of and records.points

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        # Both kinds wrong alike would change nothing: here only the first moves.
        return shifted(self)

    def distances(
        self, zone: Zone, records: Records, world: World, *, cases: bool = True
    ) -> tuple[Placed, Floats, str] | Estimate:
        """Records that may serve, and the distance of each to the nearest target."""
        found = self.placed(zone, records, world, cases=cases)
        if isinstance(found, Estimate):
            return found
        if self.to not in world.records:
            return self.refuse(
                records,
                f"the workspace has no {self.to}: add a source of them",
                found.n,
                found.share,
            )
        # Targets across the border count: the nearest campus may lie in the next city.
        every = world.records[self.to].cases.table
        targets = every[every["precision_m"] <= self.scale_m / 2]
        _, note, why = self.served(len(targets), len(every), self.to)
        if why:
            return self.refuse(records, why, found.n, found.share)
        distance = nearest_distance(found.x, found.y, targets["x"], targets["y"])
        return found, distance, note


class ShareNear(_Near):
    """Share of the kind that lies within a distance of a university campus."""

    name: Literal["share_near"] = "share_near"
    told_by = ("radius_km",)
    unit: ClassVar[str] = "share"
    help: ClassVar[str] = "share within a distance of a campus, of those placed precisely enough"
    formula: ClassVar[str] = "x / n; where controls exist, against relabelling among them"
    reference: ClassVar[str] = "Clopper & Pearson 1934, Biometrika 26, 404-413"
    interval: ClassVar[str] = "exact binomial (Clopper-Pearson)"
    checks: ClassVar[str] = "R 4.2.2 binom.test, relative 1e-11"
    scale: ClassVar[str] = "the distance"
    radius_km: float = Field(2.0, gt=0, le=50, description="how near")
    draws: int = Field(9999, ge=99, le=99_999, description="relabellings of the null")
    seed: int = Field(0, ge=0, description="of the relabellings")

    @property
    def scale_m(self) -> float:
        return self.radius_km * 1000

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        controls = not bool(records.table["case"].all())
        result = self.distances(zone, records, world, cases=not controls)
        if isinstance(result, Estimate):
            return result
        found, distance, targets = result
        case = found.table["case"].to_numpy(dtype=bool)
        n, near = int(case.sum()), int((case & (distance <= self.scale_m)).sum())
        share, marked, why = self.served(n, len(records.cases.within(zone)), records.noun)
        if few := why or shortfall(self.name, records.noun, cases=n):
            return self.refuse(records, few, n, share)
        low, high = clopper_pearson(near, n)
        null = "no controls to compare with"
        if controls:
            dealt = share_near(
                distance, case, within_m=self.scale_m, draws=self.draws, seed=self.seed
            )
            null = (
                f"by chance {dealt.low:.0%} to {dealt.high:.0%} among {dealt.pool} records, "
                f"p = {dealt.p:.3g} ({self.draws} relabellings, seed {self.seed})"
            )
        told = f"within {self.radius_km:g} km of {self.to}", null, targets, marked
        found = replace(found, table=found.table[case], share=min(share, found.share))
        bounds = float(low), float(high)
        return estimate(self, found, near / n, bounds, self.label(found, records), *told)


class MedianDistance(ScaledStatistic, _Near):
    """How far the nearest campus is from the middle record."""

    name: Literal["median_distance"] = "median_distance"
    told_by = ("scale_km",)
    unit: ClassVar[str] = "km"
    help: ClassVar[str] = "median distance to the nearest campus"
    formula: ClassVar[str] = "median; exact interval from order statistics (sign test)"
    reference: ClassVar[str] = "Thompson 1936, Annals of Mathematical Statistics 7, 122-128"
    interval: ClassVar[str] = "order statistics (sign test)"
    checks: ClassVar[str] = "hand cases, exact; binomial tables"

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        result = self.distances(zone, records, world)
        if isinstance(result, Estimate):
            return result
        found, distance, targets = result
        ordered = np.sort(distance) / 1000
        middle, bounds = float(np.median(ordered)), median_interval(ordered)
        return estimate(self, found, middle, bounds, self.label(found, records), targets)


def median_interval(ordered: Floats) -> tuple[float, float] | None:
    """Order statistics that bound the median with at least 95 %; None below six values."""
    from scipy.special import bdtr

    n = len(ordered)
    ranks = np.flatnonzero(bdtr(np.arange(n), n, 0.5) <= 0.025)
    if not len(ranks):
        return None
    rank = int(ranks[-1])
    return float(ordered[rank]), float(ordered[n - 1 - rank])


class ColocationQuotient(ScaledStatistic, _Near):
    """Whether the records' nearest neighbours are campuses more often than by chance."""

    name: Literal["colocation"] = "colocation"
    told_by = ("neighbours",)
    levels: ClassVar[tuple[Level, ...]] = ("hub",)
    unit: ClassVar[str] = "ratio"
    help: ClassVar[str] = "share of campuses among the nearest neighbours, over that among all"
    formula: ClassVar[str] = "(C_AB / N_A) / (N_B / (N − 1)), ties shared"
    reference: ClassVar[str] = "Leslie & Kronenfeld 2011, Geographical Analysis 43, 306-326"
    interval: ClassVar[str] = "none; the note gives the relabelling null and its p"
    checks: ClassVar[str] = (
        "sfdep 0.2.4 on clq_points (its divisor corrected), 1e-11; its definition on places full "
        "of ties, 1e-12"
    )
    neighbours: int = Field(1, ge=1, le=20, description="nearest neighbours looked at")
    draws: int = Field(199, ge=0, le=9999, description="relabellings of the null")
    seed: int = Field(0, ge=0, description="of the relabellings")

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        return shifted(self.model_copy(update={"draws": 0}))

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        if self.to not in world.records:
            return self.refuse(
                records,
                f"the workspace has no {self.to}: add a source of them",
                found.n,
                found.share,
            )
        other = self.placed(zone, world.records[self.to], world)
        if isinstance(other, Estimate):
            return self.refuse(records, f"{self.to}: {other.withheld}", found.n, found.share)
        x, y = np.concatenate([found.x, other.x]), np.concatenate([found.y, other.y])
        kind = np.repeat(["a", "b"], [found.n, other.n])

        nearest = nearest_neighbours(x, y, k=self.neighbours)

        def quotient(labels: np.ndarray) -> float:
            return float(colocation_quotient(x, y, labels, nearest=nearest).quotient[0, 1])

        value = quotient(kind)
        null = ""
        if self.draws:
            rng = np.random.default_rng(self.seed)
            dealt = np.array([quotient(rng.permutation(kind)) for _ in range(self.draws)])
            slack = 1e-9 * value
            tail = min(int((dealt >= value - slack).sum()), int((dealt <= value + slack).sum()))
            low, high = np.quantile(dealt, [0.025, 0.975])
            p = min(1.0, 2 * (tail + 1) / (self.draws + 1))
            null = (
                f"by chance {low:.2f} to {high:.2f}, p = {p:.3g} "
                f"({self.draws} relabellings, seed {self.seed})"
            )
        label = f"{self.label(found, records)} and {other.n} {world.records[self.to].noun}"
        return estimate(self, found, value, None, label, null)
