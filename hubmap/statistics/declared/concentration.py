"""How concentrated the records are over the zone's districts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from hubmap.statistics.agglomeration import ellison_glaeser
from hubmap.statistics.concentration import (
    area_holding,
    effective_number,
    gini,
    gini_null,
    hhi,
    hill,
    theil_split,
)
from hubmap.statistics.declared.districts import DistrictStatistic, Figure, Tally, resampled
from hubmap.statistics.declared.support import SHIFTED, estimate, noted, shifted
from hubmap.statistics.minimum import shortfall
from hubmap.statistics.model import Estimate, Level, Records, Statistic, World, Zone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubmap.statistics.arrays import Floats


MORE = 80
"""The share, in per cent, whose land is told beside that of a smaller one."""


class _Concentration(DistrictStatistic):
    """What the statistics of concentration share."""

    question = "How concentrated?"
    interval: ClassVar[str] = "multinomial bootstrap, 999 draws, seed 0, centred on the value"


class _OverLand(_Concentration):
    """What those share that set the records against the districts' land."""

    @property
    def needs(self) -> tuple[Figure, ...]:
        return ("area",)


class _Headline(_Concentration):
    """What the two in every hub's profile share: the range over shifts."""

    varied: ClassVar[str] = SHIFTED

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        return shifted(self)

    def plain(self, zone: Zone, records: Records, world: World) -> float | None:
        tally = self.tally(zone, records, world)
        return self.value(tally) if isinstance(tally, Tally) else None

    def value(self, tally: Tally) -> float | None:
        """The value alone."""
        raise TypeError(f"{type(self).__name__} declares no value")


class EffectiveDistricts(_Headline):
    """Over how many equal districts the kind would spread to be as concentrated as it is."""

    name: Literal["effective_districts"] = "effective_districts"
    unit: ClassVar[str] = "districts"
    help: ClassVar[str] = "1 / HHI of the districts' shares: 1 when all lie in one district"
    formula: ClassVar[str] = "n (n − 1) / Σ x (x − 1), the unbiased 1 / HHI; score interval"
    reference: ClassVar[str] = "Simpson 1949, Nature 163, 688; Wilson & Hilferty 1931"
    interval: ClassVar[str] = "score, Simpson's exact moments"
    checks: ClassVar[str] = (
        "REAT 3.0.3 herf, relative 1e-6, and hand arithmetic of the unbiased form; coverage of "
        "95 % to within 2.5 % by simulation at n = 20, 100, 1,000, where a percentile bootstrap "
        "has 75 to 90 % at n = 20"
    )

    def value(self, tally: Tally) -> float | None:
        chance = float(hhi(tally.counts, unbiased=True))
        return min(float(tally.counts.size), 1 / chance) if chance > 0 else None

    def of_tally(self, tally: Tally, zone: Zone, world: World, records: Records) -> Estimate:
        found = effective_number(tally.counts)
        bounds = found.low, found.high
        return estimate(self, tally, found.value, bounds, f"{len(tally.codes)} districts")


class HillNumber(_Concentration):
    """Effective number of districts of any order."""

    name: Literal["hill_number"] = "hill_number"
    told_by = ("order",)
    unit: ClassVar[str] = "districts"
    help: ClassVar[str] = "districts present (order 0), exponential of entropy (1), 1 / HHI (2)"
    formula: ClassVar[str] = "(Σ sᵢ^q)^(1 / (1 − q)); plug-in"
    reference: ClassVar[str] = "Hill 1973, Ecology 54, 427-432"
    checks: ClassVar[str] = (
        "REAT 3.0.3 herf.eq for order 2, relative 1e-12; sums of powers in exact fractions for "
        "whole orders, 1e-12; limits at order 1 and without end"
    )
    order: float = Field(1.0, ge=0, le=64, description="q: how much large districts count")

    def of_tally(self, tally: Tally, zone: Zone, world: World, records: Records) -> Estimate:
        value = float(hill(tally.counts, order=self.order))
        low, high = resampled(tally.counts, value, lambda c: hill(c, order=self.order), least=1.0)
        # There are no fewer districts than were seen, and no more than there are.
        bounds = (value if self.order == 0 else low), min(high, float(len(tally.codes)))
        label = f"{len(tally.codes)} districts"
        return estimate(self, tally, value, bounds, label, f"order {self.order:g}")


class Gini(_Concentration):
    """How unevenly the records lie over the districts' land."""

    name: Literal["gini"] = "gini"
    told_by = ("by",)
    unit: ClassVar[str] = "0 to 1"
    help: ClassVar[str] = "0 when all districts are alike for their size, near 1 when one has all"
    formula: ClassVar[str] = "twice the area between the Lorenz curve over size and equality"
    reference: ClassVar[str] = "Gini 1912"
    checks: ClassVar[str] = (
        "REAT 3.0.3 gini, relative 1e-6; the null of 50 records in 11 units, 0.24 ± 0.01"
    )
    by: Literal["area", "population", "equal"] = Field(
        "area", description="what equality is measured against"
    )
    seed: int = Field(0, ge=0, description="of the null's draws")

    @property
    def needs(self) -> tuple[Figure, ...]:
        needed: dict[str, tuple[Figure, ...]] = {"area": ("area",), "population": ("people",)}
        return needed.get(self.by, ())

    def of_tally(self, tally: Tally, zone: Zone, world: World, records: Records) -> Estimate:
        equal = np.ones(len(tally.codes))
        size = {"area": tally.area, "population": tally.people, "equal": equal}[self.by]
        value = float(gini(tally.counts, size=size))
        low, high = resampled(tally.counts, value, lambda c: gini(c, size=size))
        chance = gini_null(round(float(tally.counts.sum())), size=size, seed=self.seed)
        note = f"chance alone passes {chance:.3f} one time in twenty (1999 draws, seed {self.seed})"
        words = {
            "area": f"official land area ({tally.area_year})",
            "population": f"census residents ({tally.people_year})",
            "equal": "count",
        }
        label = f"{len(tally.codes)} districts by {words[self.by]}"
        return estimate(self, tally, value, (low, min(1.0, high)), label, note)


class Theil(_OverLand):
    """Unevenness split into that between cities and that within them."""

    name: Literal["theil"] = "theil"
    levels: ClassVar[tuple[Level, ...]] = ("hub",)
    unit: ClassVar[str] = "nats"
    help: ClassVar[str] = "unevenness per km²; the note says how much of it lies between cities"
    formula: ClassVar[str] = "T = Σ s ln(s / a) = between + within; s records', a land's share"
    reference: ClassVar[str] = "Theil 1967"
    checks: ClassVar[str] = "hand arithmetic of total, between and within, 1e-13"

    def of_tally(self, tally: Tally, zone: Zone, world: World, records: Records) -> Estimate:
        split = theil_split(tally.counts, tally.city, size=tally.area)
        land = tally.area / tally.area.sum()

        def total(counts: Floats) -> Floats:
            share = counts / counts.sum(axis=-1, keepdims=True)
            safe = np.where(share > 0, share, 1.0)
            return np.asarray(np.sum(share * np.log(np.where(share > 0, safe / land, 1.0)), -1))

        bounds = resampled(tally.counts, split.total, total)
        cities = len(set(tally.city))
        part = split.between / split.total if split.total > 0 else 0.0
        note = f"{part:.0%} between {cities} cities, {1 - part:.0%} within" if cities > 1 else ""
        label = f"{len(tally.codes)} districts by official land area ({tally.area_year})"
        return estimate(self, tally, split.total, bounds, label, note)


class AreaHolding(_Headline, _OverLand):
    """The smallest land that holds a share of the records."""

    name: Literal["area_holding"] = "area_holding"
    told_by = ("percent",)
    unit: ClassVar[str] = "km²"
    help: ClassVar[str] = "smallest official land area, districts whole, that holds half (or 80 %)"
    formula: ClassVar[str] = "areas summed from the densest district down to the share"
    reference: ClassVar[str] = "Lorenz 1905"
    checks: ClassVar[str] = "hand arithmetic, relative 1e-6"
    percent: int = Field(50, ge=1, le=99, description="share of the records, in per cent")

    def value(self, tally: Tally) -> float | None:
        return area_holding(tally.counts, tally.area, share=self.percent / 100)[0]

    def of_tally(self, tally: Tally, zone: Zone, world: World, records: Records) -> Estimate:
        share = self.percent / 100
        value, touched = area_holding(tally.counts, tally.area, share=share)

        def each(counts: Floats) -> Floats:
            order = np.argsort(-counts / tally.area, axis=-1, kind="stable")
            held = np.cumsum(np.take_along_axis(counts, order, axis=-1), axis=-1)
            land = np.cumsum(tally.area[order], axis=-1)
            wanted = share * held[:, -1:]
            last = np.argmax(held >= wanted * (1 - 1e-12), axis=-1)[:, None]
            own = np.take_along_axis(counts, np.take_along_axis(order, last, -1), -1)
            over = np.take_along_axis(held, last, -1) - wanted
            part = tally.area[np.take_along_axis(order, last, -1)] * over / own
            return np.asarray((np.take_along_axis(land, last, -1) - part)[:, 0])

        low, high = resampled(tally.counts, value, each)
        bounds = low, min(high, float(tally.area.sum()))
        land = f"{tally.area.sum():,.0f} km² official land area"
        label = f"{land} of {len(tally.codes)} districts ({tally.area_year})"
        noun = "district holds" if touched == 1 else "districts hold"
        told = [f"{touched} {noun} {self.percent} %"]
        if self.percent < MORE:
            most = area_holding(tally.counts, tally.area, share=MORE / 100)[0]
            told.append(f"{most:,.0f} km² hold {MORE} %")
        return estimate(self, tally, value, bounds, label, *told)


class EllisonGlaeserIndex(_Concentration):
    """Concentration beyond that of the residents and of a few large firms."""

    name: Literal["ellison_glaeser"] = "ellison_glaeser"
    levels: ClassVar[tuple[Level, ...]] = ("hub",)
    unit: ClassVar[str] = "index"
    help: ClassVar[str] = "0 when firms of these sizes fall at random by residents; needs sizes"
    formula: ClassVar[str] = "(G / (1 − Σ x²) − H) / (1 − H); x the residents' shares"
    reference: ClassVar[str] = "Ellison & Glaeser 1997, Journal of Political Economy 105, 889-927"
    interval: ClassVar[str] = "none; the note gives the standard score under random location"
    checks: ClassVar[str] = "Farhauer & Kröll 2014 as in REAT 3.0.3, relative 1e-11"

    def applies(self, records: Records) -> bool:
        return bool(records.table["size"].notna().any())

    @property
    def needs(self) -> tuple[Figure, ...]:
        return ("people",)

    def of_tally(self, tally: Tally, zone: Zone, world: World, records: Records) -> Estimate:
        here = records.cases.within(zone).drop_duplicates("unit")
        sized = here[here["size"].gt(0) & here["district"].isin(tally.codes)]
        share = len(sized) / max(len(here), 1)
        why = shortfall(self.name, f"{records.noun} with a size", records=len(sized))
        if why or share < 0.5:
            why = why or f"only {share:.0%} have a size: add sizes"
            return self.refuse(records, why, len(sized), share)
        region = np.searchsorted(np.array(tally.codes), sized["district"].to_numpy(dtype=str))
        found = ellison_glaeser(sized["size"], region, tally.people)
        note = noted(
            f"raw G {found.raw:.3g}, plants' H {found.plants:.3g}, z {found.z:.2f}",
            f"{share:.0%} have a size" if share < 0.8 else "",
        )
        label = f"census residents of {len(tally.codes)} districts ({tally.people_year})"
        return Estimate(found.gamma, self.unit, None, None, label, len(sized), share, note=note)
