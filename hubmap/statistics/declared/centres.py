"""Where the middle is, how many centres there are, and where they moved."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal, cast

import numpy as np
from pydantic import Field

from hubmap.statistics.arrays import Floats, floats
from hubmap.statistics.centres import deviational_ellipse, mean_centre, standard_distance
from hubmap.statistics.declared.growth import SURVIVORS
from hubmap.statistics.declared.support import (
    SHIFTED,
    LandStatistic,
    Placed,
    PointStatistic,
    ScaledStatistic,
    estimate,
    noted,
    resampled_points,
    shifted,
)
from hubmap.statistics.guard import WITHHOLD_BELOW
from hubmap.statistics.model import Estimate, Records, Statistic, World, Zone
from hubmap.statistics.pointpattern.kde import kde
from hubmap.statistics.pointpattern.modes import Modes, modes, there

if TYPE_CHECKING:
    from collections.abc import Iterable

BANDWIDTHS = (0.5, 0.7, 1.0, 1.4, 2.0)
"""Bandwidths at which a centre is looked for again, as shares of its own."""
PERIOD_RECORDS = 10
"""Records that either period needs."""
Founded = Literal["any", "early", "late"]


def periods(found: Placed) -> list[tuple[str, float, Placed]]:
    """All records, and where founding years tell enough of them, the older and younger half.

    Returns
    -------
    list of tuple
        ``all``, ``early`` or ``late``; the median founding year (NaN for ``all``); the records.
    """
    every = [("all", math.nan, found)]
    dated = found.table[found.table["founded"].notna()]
    if len(dated) < WITHHOLD_BELOW * found.n or dated.empty:
        return every
    year = dated["founded"].to_numpy(dtype=float)
    split = float(np.floor(np.median(year)))
    old, young = dated[year <= split], dated[year > split]
    if min(len(old), len(young)) < PERIOD_RECORDS:
        return every
    share = found.share * len(dated) / found.n
    return [
        *every,
        ("early", split, replace(found, table=old, share=share)),
        ("late", split, replace(found, table=young, share=share)),
    ]


_BOOTSTRAP = "bootstrap of records, 999 draws, seed 0"


class _Dated(PointStatistic):
    """What the statistics of centres share: the founding years that they may be asked for."""

    question = "Where are the centres?"

    @property
    def half(self) -> Founded:
        """Which founding years are asked for."""
        return cast("Founded", getattr(self, "founded", "any"))

    def of_half(self, found: Placed, records: Records) -> Placed | Estimate:
        """The records of the founding years asked for, or the refusal."""
        if self.half == "any":
            return found
        for period, split, part in periods(found):
            if period == self.half:
                words = "founded to" if period == "early" else "founded after"
                return replace(part, note=noted(f"{words} {split:.0f}; {SURVIVORS}", found.note))
        why = f"too few with a founding year: {PERIOD_RECORDS} are needed in each half"
        return self.refuse(records, f"{why}, take a larger zone", found.n, found.share)

    def placed(
        self, zone: Zone, records: Records, world: World, *, cases: bool = True
    ) -> Placed | Estimate:
        found = super().placed(zone, records, world, cases=cases)
        return found if isinstance(found, Estimate) else self.of_half(found, records)


class _Middle(_Dated, ScaledStatistic):
    """What the statistics of the mean centre share."""

    interval: ClassVar[str] = _BOOTSTRAP
    scale_km: float = Field(10.0, gt=0, le=200, description="twice the worst precision that serves")


class _Spread(_Middle):
    """What the statistics of the spread about it share: they may be asked of one half."""

    told_by = ("founded",)
    founded: Founded = Field(
        "any", description="early or late: only the older or younger half by founding year"
    )


class StandardDistance(_Spread):
    """How far the records spread about their mean centre."""

    name: Literal["standard_distance"] = "standard_distance"
    unit: ClassVar[str] = "km"
    help: ClassVar[str] = "root mean square distance from the mean centre, which the note names"
    formula: ClassVar[str] = "√(Σ w d² / Σ w)"
    reference: ClassVar[str] = "Bachi 1963, Papers of the Regional Science Association 10, 83-132"
    checks: ClassVar[str] = "sfdep 0.2.4 on clq_points, 1e-12"

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        def distance(weight: Floats) -> float:
            return standard_distance(found.x, found.y, weight=weight) / 1000

        centre = world.place(*mean_centre(found.x, found.y, weight=found.weight))
        bounds = resampled_points(found, distance)
        label = self.label(found, records)
        said = f"mean centre at {centre}"
        return estimate(self, found, distance(found.weight), bounds, label, said)


class EllipseElongation(_Spread):
    """Whether the records lie along a line."""

    name: Literal["ellipse"] = "ellipse"
    unit: ClassVar[str] = "ratio"
    help: ClassVar[str] = "long over short axis of the deviational ellipse; the note draws it"
    formula: ClassVar[str] = "axes with n − 2 and √2, as in CrimeStat"
    reference: ClassVar[str] = "Lefever 1926, American Journal of Sociology 32, 88-94"
    checks: ClassVar[str] = "sfdep 0.2.4 std_dev_ellipse on clq_points, 1e-12"

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        def ratio(weight: Floats) -> float:
            e = deviational_ellipse(found.x, found.y, weight=weight)
            short, long = sorted((e.along_x, e.along_y))
            # Places on one line have no short axis but what rounding leaves.
            return long / short if short > 1e-9 * long else math.nan

        value = ratio(found.weight)
        if math.isnan(value):
            why = "they lie on one line, which has no width: add records"
            return self.refuse(records, why, found.n, found.share)
        low, high = resampled_points(found, ratio) or (value, value)
        e = deviational_ellipse(found.x, found.y, weight=found.weight)
        long_is_y = e.along_y >= e.along_x
        bearing = (e.clockwise_deg if long_is_y else e.clockwise_deg + 90) % 180
        half = max(e.along_x, e.along_y) / 1000, min(e.along_x, e.along_y) / 1000
        said = (
            f"half axes {half[0]:.1f} and {half[1]:.1f} km, the long one {bearing:.0f}° from "
            f"north, about {world.place(e.x, e.y)}"
        )
        label = self.label(found, records)
        return estimate(self, found, value, (max(1.0, low), high), label, said)


class CentreShift(_Middle):
    """How far the mean centre moved from the older half to the younger."""

    name: Literal["centre_shift"] = "centre_shift"
    unit: ClassVar[str] = "km"
    help: ClassVar[str] = "from the mean centre of the older half by founding year to the younger's"
    formula: ClassVar[str] = "distance of the mean centres up to and after the median year"
    reference: ClassVar[str] = "Levine 2010, CrimeStat III, chapter 4"
    checks: ClassVar[str] = "weighted means by repetition, exact"
    varied: ClassVar[str] = SHIFTED

    def applies(self, records: Records) -> bool:
        return records.points and bool(records.table["founded"].notna().any())

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        return shifted(self)

    def plain(self, zone: Zone, records: Records, world: World) -> float | None:
        found = self.placed(zone, records, world)
        if isinstance(found, Estimate) or not (halves := periods(found)[1:]):
            return None
        old, new = (mean_centre(part.x, part.y, weight=part.weight) for _, _, part in halves)
        return math.dist(old, new) / 1000

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        halves = periods(found)[1:]
        dated = found.table[found.table["founded"].notna()]
        share = len(dated) / found.n
        if not halves:
            why = "too few founded on either side of the median year: take a larger zone"
            return self.refuse(records, why, len(dated), found.share * share)
        split = halves[0][1]
        old = dated["founded"].to_numpy(dtype=float) <= split
        x, y, w = (dated[name].to_numpy(dtype=float) for name in ("x", "y", "weight"))
        a, b = (mean_centre(x[half], y[half], weight=w[half]) for half in (old, ~old))
        value = math.dist(a, b) / 1000
        rng = np.random.default_rng(0)

        def drawn(chosen: np.ndarray) -> Floats:
            pick = rng.integers(0, chosen.sum(), (999, int(chosen.sum())))
            load = w[chosen][pick]
            sums = [(load * of[chosen][pick]).sum(axis=1) for of in (x, y)]
            return floats(np.stack(sums) / load.sum(axis=1))

        moved = np.hypot(*(drawn(~old) - drawn(old))) / 1000
        low, middle, high = np.quantile(moved, [0.025, 0.5, 0.975])
        # A length is never below chance's: its spread about its own median is carried over.
        bounds = max(0.0, value - float(middle - low)), value + float(high - middle)
        bearing = math.degrees(math.atan2(b[0] - a[0], b[1] - a[1])) % 360
        by_chance = _shift_null(x, y, w, old)
        note = noted(
            f"founded to {split:.0f}: {world.place(*a)}; later: {world.place(*b)}; "
            f"{bearing:.0f}° from north; chance alone passes {by_chance:.1f} km one time in "
            "twenty (999 relabellings, seed 0)",
            SURVIVORS,
            found.note,
        )
        return Estimate(
            value, self.unit, *bounds, self.label(found, records), len(dated),
            found.share * share, note=note,
        )  # fmt: skip


def _shift_null(x: Floats, y: Floats, w: Floats, old: np.ndarray) -> float:
    rng = np.random.default_rng(0)
    moved = []
    for _ in range(999):
        dealt = rng.permutation(old)
        a, b = (mean_centre(x[half], y[half], weight=w[half]) for half in (dealt, ~dealt))
        moved.append(math.dist(a, b))
    return float(np.quantile(moved, 0.95)) / 1000


class _Modal(_Dated, LandStatistic):
    """What the number of centres and primacy share: the peaks of a density surface."""

    told_by = ("bandwidth_km", "founded")
    reference: ClassVar[str] = "McMillen 2001, Journal of Urban Economics 50, 448-473; Diggle 1985"
    interval: ClassVar[str] = "none; the note gives the values at half and twice the bandwidth"
    varied: ClassVar[str] = f"bandwidths of 2/3 and 3/2, and {SHIFTED}"
    scale: ClassVar[str] = "twice the bandwidth"
    bandwidth_km: float = Field(5.0, gt=0.1, le=100, description="kernel's standard deviation")
    min_share: float = Field(0.05, gt=0, lt=1, description="least share of the mass of a centre")
    founded: Founded = Field(
        "any", description="early or late: only the older or younger half by founding year"
    )

    @property
    def scale_m(self) -> float:
        return 2000 * self.bandwidth_km

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        for factor in (2 / 3, 3 / 2):
            changed = {"bandwidth_km": self.bandwidth_km * factor}
            yield self.model_copy(update=changed), (0.0, 0.0)
        yield from shifted(self)

    def number(self, found: Modes) -> float:
        """The statistic of a set of peaks."""
        return float(found.x.size)

    def value(self, found: Placed, world: World) -> float:
        return self.number(self._modes(found, self.bandwidth_km * 1000))

    def _modes(self, found: Placed, h: float) -> Modes:
        surface = kde(
            found.x, found.y, window=found.window, bandwidth=h, cell=h / 3, weight=found.weight
        )
        return modes(surface, min_share=self.min_share)

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        h = self.bandwidth_km * 1000
        peaks = {k: self._modes(found, k * h) for k in BANDWIDTHS}
        fine, own, coarse = peaks[BANDWIDTHS[0]], peaks[1.0], peaks[BANDWIDTHS[-1]]
        firm = there(own, [(k * h, other) for k, other in peaks.items()])
        told = (
            f"bandwidth {self.bandwidth_km:g} km: {_told(own, world)}; "
            f"{int((firm >= LASTING).sum())} of {own.x.size} last at most bandwidths from "
            f"{h * BANDWIDTHS[0] / 1000:g} to {h * BANDWIDTHS[-1] / 1000:g} km",
            f"{self.number(fine):.3g} at {h / 2000:g} km, {self.number(coarse):.3g} at "
            f"{h / 500:g} km",
            self._moved(found, world),
        )
        label = self.label(found, records)
        return estimate(self, found, self.number(own), None, label, *told)

    def _moved(self, found: Placed, world: World) -> str:
        """The statistic of the older and of the younger half, so that it is seen where it went."""
        if self.half != "any":
            return ""
        told = []
        for period, split, part in periods(found)[1:]:
            peaks = self._modes(part, self.bandwidth_km * 1000)
            words = "founded to" if period == "early" else "founded after"
            told.append(f"{words} {split:.0f}: {self.number(peaks):.3g} ({_told(peaks, world, 3)})")
        return noted(*told, SURVIVORS) if told else ""


LASTING = 0.5
"""A centre lasts when it is there at this share of the bandwidths or more."""


def _told(peaks: Modes, world: World, most: int = 5) -> str:
    """Where the first peaks are and how much each holds."""
    return ", ".join(
        f"{world.place(float(a), float(b)).partition(' (')[0]} {s:.0%}"
        for a, b, s in list(zip(peaks.x, peaks.y, peaks.share, strict=True))[:most]
    )


class NumberOfCentres(_Modal):
    """How many centres the density has."""

    name: Literal["number_of_centres"] = "number_of_centres"
    unit: ClassVar[str] = "centres"
    help: ClassVar[str] = "peaks of the smoothed density that hold at least 5 % of it each"
    formula: ClassVar[str] = (
        "each cell climbs to its peak; peaks that hold at least a stated share count"
    )
    checks: ClassVar[str] = "a mixture of three heaps: number exact, shares ± 0.01"


class Primacy(_Modal):
    """How far the first centre outweighs the others."""

    name: Literal["primacy"] = "primacy"
    unit: ClassVar[str] = "share"
    help: ClassVar[str] = "the first centre's share of what all centres hold; 1 with one centre"
    formula: ClassVar[str] = "mass uphill of the first peak over that of all counted peaks"
    checks: ClassVar[str] = "a mixture of three heaps: number exact, shares ± 0.01"

    def number(self, found: Modes) -> float:
        return found.primacy
