"""How many there are: counts, densities and rates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from hubmap.statistics.declared.districts import (
    GIVE_IT,
    DistrictStatistic,
    Figure,
    Tally,
    resampled,
)
from hubmap.statistics.declared.support import ALIKE, SHIFTED, estimate, noted, poisson, shifted
from hubmap.statistics.intervals import bootstrap_total, weighted_poisson
from hubmap.statistics.minimum import shortfall
from hubmap.statistics.model import Estimate, Level, Records, Statistic, World, Zone, count_units
from hubmap.statistics.rates import gamma_interval, people_weighted_density, shrink

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

_GARWOOD = "Garwood 1936, Biometrika 28, 437-442"
_POISSON_CHECK = "R 4.2.2 poisson.test, relative 1e-11"
DRAWS = 1999


def counted(records: Records, zone: Zone) -> tuple[float, float, float, str]:
    """A zone's count with its interval and the interval's method.

    Records of one employer are not independent: where a row tells how many employers its weight
    comes from, employers are resampled, each with its row's mean, which is the least clustering
    that the row allows; the interval is never narrower than Poisson's.
    """
    memo = records.cases.memo
    if zone.level == "hub":
        return _counted(records.cases.within(zone))
    key = ("counted", zone.level, zone.key)
    if key not in memo:
        memo[key] = _counted(records.cases.within(zone))
    found: tuple[float, float, float, str] = memo[key]
    return found


def _counted(table: pd.DataFrame) -> tuple[float, float, float, str]:
    n = count_units(table)
    low, high = poisson(n)
    once = table.drop_duplicates("unit")
    clusters = once["clusters"].to_numpy(dtype=float)
    weight = once["weight"].to_numpy(dtype=float)
    if n == 0 or not np.isfinite(clusters).all() or clusters.sum() < 2:
        if n > 0 and (weight > 1).any():
            return n, low, high, "95 % interval: exact Poisson, employers not known"
        return n, low, high, ""
    often = np.maximum(clusters, 1).astype(int)
    drawn = bootstrap_total(np.repeat(weight / often, often), draws=DRAWS, seed=0)
    method = (
        f"95 % interval: employers resampled ({DRAWS} Poisson bootstrap draws, seed 0), a row's "
        "postings shared equally among its employers: at least this wide"
    )
    return n, min(low, drawn[0]), max(high, drawn[1]), method


class _Counted(Statistic):
    """What a count and its rates share: the range over shifts, which may cross borders."""

    question = "How many?"
    varied: ClassVar[str] = SHIFTED

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        return shifted(self)

    def size(self, zone: Zone) -> float:
        """What the count is divided by."""
        return 1.0

    def plain(self, zone: Zone, records: Records, world: World) -> float | None:
        return count_units(records.cases.within(zone)) / self.size(zone)


class Count(_Counted):
    """How many there are."""

    name: Literal["count"] = "count"
    help: ClassVar[str] = "number in the zone; an institution once, however many campuses"
    formula: ClassVar[str] = "n; exact Poisson interval, or employers resampled where given"
    reference: ClassVar[str] = f"{_GARWOOD}; Hanley & MacGibbon 2006"
    interval: ClassVar[str] = "exact Poisson"
    checks: ClassVar[str] = _POISSON_CHECK

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        n, low, high, note = counted(records, zone)
        return Estimate(n, records.noun, low, high, "none (a count)", int(n), note=note)


class Registered(Statistic):
    """How many are registered in the zone, as the official list counts."""

    name: Literal["registered"] = "registered"
    question = "How many?"
    levels: ClassVar[tuple[Level, ...]] = ("hub", "city")
    help: ClassVar[str] = "number whose registered city lies in the zone"
    formula: ClassVar[str] = "n; exact Poisson interval"
    reference: ClassVar[str] = _GARWOOD
    interval: ClassVar[str] = "exact Poisson"
    checks: ClassVar[str] = "Ministry of Education list of 20 June 2025, exact"

    def applies(self, records: Records) -> bool:
        return bool(records.table["home"].notna().any())

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        cities = {part.city for part in zone.parts}
        table = records.cases.table
        n = count_units(table[table["home"].isin(cities)])
        return Estimate(n, records.noun, *poisson(n), "none (a count)", int(n))


_LAND = {
    "official": ("area_km2", "area", "official land area"),
    "polygon": ("polygon_km2", "", "area of the outline, water included"),
    "built-up": ("built_up_km2", "built_up", "built-up area"),
}


class Density(_Counted):
    """How many a square kilometre of a named land."""

    name: Literal["density"] = "density"
    told_by = ("area",)
    unit: ClassVar[str] = "per km²"
    help: ClassVar[str] = "number per square kilometre, of official land area unless said otherwise"
    formula: ClassVar[str] = "n / A; interval of n over A"
    reference: ClassVar[str] = _GARWOOD
    interval: ClassVar[str] = "exact Poisson"
    checks: ClassVar[str] = _POISSON_CHECK
    area: Literal["official", "polygon", "built-up"] = Field(
        "official", description="which area is the denominator"
    )

    def size(self, zone: Zone) -> float:
        return zone.total(_LAND[self.area][0])

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        _, dated, words = _LAND[self.area]
        size = self.size(zone)
        when = f" ({zone.years(dated)})" if dated else ""
        return _rate(self, size, f"{size:,.0f} km² {words}{when}", words, zone, records)


class PerMillion(_Counted):
    """How many a million residents."""

    name: Literal["per_million"] = "per_million"
    unit: ClassVar[str] = "per million residents"
    help: ClassVar[str] = "number per million residents of the census"
    formula: ClassVar[str] = "10⁶ n / P; interval of n over P"
    reference: ClassVar[str] = _GARWOOD
    interval: ClassVar[str] = "exact Poisson"
    checks: ClassVar[str] = _POISSON_CHECK

    def size(self, zone: Zone) -> float:
        return zone.population / 1e6

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        label = f"{zone.population:,.0f} residents ({zone.years('population')} census)"
        return _rate(self, self.size(zone), label, "census population", zone, records)


class PerThousandGraduates(_Counted):
    """How many a thousand graduates, where the regions' table gives them."""

    name: Literal["per_thousand_graduates"] = "per_thousand_graduates"
    unit: ClassVar[str] = "per thousand graduates"
    help: ClassVar[str] = "number per thousand graduates, where the regions' table has them"
    formula: ClassVar[str] = "10³ n / G; interval of n over G"
    reference: ClassVar[str] = _GARWOOD
    interval: ClassVar[str] = "exact Poisson"
    checks: ClassVar[str] = _POISSON_CHECK

    def size(self, zone: Zone) -> float:
        return zone.total("graduates") / 1e3

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        label = f"{1e3 * self.size(zone):,.0f} graduates ({zone.years('graduates')})"
        return _rate(self, self.size(zone), label, "number of graduates", zone, records)


def _rate(
    of: Statistic, size: float, label: str, what: str, zone: Zone, records: Records
) -> Estimate:
    n, low, high, note = counted(records, zone)
    if not (math.isfinite(size) and size > 0):
        return of.refuse(
            records, f"the {what} of a part of the zone is not known: {GIVE_IT}", int(n)
        )
    if why := shortfall(str(getattr(of, "name", "")), records.noun, records=n):
        return of.refuse(records, why, int(n))
    return Estimate(n / size, of.unit, low / size, high / size, label, int(n), note=note)


class SmoothedRate(Statistic):
    """A district's rate, drawn towards the hub's by how little it tells by itself."""

    name: Literal["smoothed_rate"] = "smoothed_rate"
    question = "How many?"
    levels: ClassVar[tuple[Level, ...]] = ("district",)
    unit: ClassVar[str] = "per million residents"
    help: ClassVar[str] = "rate of a district, shrunken towards the mean of the hub's districts"
    formula: ClassVar[str] = "b + (p − b) a / (a + b / P), a and b by moments over the districts"
    reference: ClassVar[str] = "Marshall 1991, Applied Statistics 40, 283-294"
    interval: ClassVar[str] = "gamma posterior with the same moments"
    guard: ClassVar[str] = DistrictStatistic.guard
    checks: ClassVar[str] = "spdep 1.2-7 EBest on nc_sids, relative 1e-11"

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        n = int(count_units(records.cases.within(zone)))
        key = ("smoothed", *world.districts)
        memo = records.cases.memo
        if key not in memo:
            memo[key] = self._rates(records, world)
        rates, few, even = memo[key]
        if few:
            return self.refuse(records, few, n)
        if zone.key not in rates:
            why = f"the census population of the district is not known: {GIVE_IT}"
            return self.refuse(records, why, n)
        value, low, high = rates[zone.key]
        label = f"{zone.population:,.0f} residents ({zone.years('population')} census)"
        bounds = min(low, value), max(high, value)
        note = noted(ALIKE, "95 % interval: exact Poisson of all") if even else ""
        return Estimate(value, self.unit, *bounds, label, n, note=note)

    def _rates(
        self, records: Records, world: World
    ) -> tuple[dict[str, tuple[float, float, float]], str | None, bool]:
        """Every district's rate, since they lend each other strength, and whether all are alike."""
        covers = records.covers
        parts = [
            part
            for part in world.districts.values()
            if part.population > 0
            and (covers is None or part.code in covers or part.city in covers)
        ]
        once = records.cases.table.drop_duplicates(["unit", "district"])
        total = float(once["weight"].sum())
        if few := shortfall(self.name, records.noun, records=total, units=len(parts)):
            return {}, few, False
        sums = once.groupby("district")["weight"].sum()
        counts = np.array([float(sums.get(part.code, 0.0)) for part in parts])
        people = np.array([part.population / 1e6 for part in parts])
        low, high = gamma_interval(counts, people)
        shrunken = shrink(counts, people)
        found = zip(shrunken.rate.tolist(), low.tolist(), high.tolist(), strict=True)
        rates = dict(zip([part.code for part in parts], found, strict=True))
        return rates, None, shrunken.variance == 0


class PeopleWeightedDensity(DistrictStatistic):
    """The density that the average resident lives beside, or the average record lies in."""

    name: Literal["people_weighted_density"] = "people_weighted_density"
    question = "How many?"
    told_by = ("by",)
    unit: ClassVar[str] = "per km²"
    help: ClassVar[str] = "density in the district of the average resident (not the average km²)"
    formula: ClassVar[str] = "Σ w (n / A) / Σ w over districts; w residents, or the records n"
    reference: ClassVar[str] = (
        "Craig 1984, Demography 21, 405-412; Fay & Feuer 1997, Statistics in Medicine 16, 791-801"
    )
    interval: ClassVar[str] = (
        "Fay-Feuer gamma of a weighted sum of Poisson counts; by records a multinomial "
        "bootstrap, 999 draws, seed 0, centred on the value"
    )
    checks: ClassVar[str] = (
        "hand arithmetic, relative 1e-6; equal weights give R's poisson.test, relative 1e-11"
    )
    by: Literal["residents", "records"] = Field(
        "residents", description="whose district counts: the average resident's or record's"
    )

    @property
    def needs(self) -> tuple[Figure, ...]:
        return ("area", "people") if self.by == "residents" else ("area",)

    def of_tally(self, tally: Tally, zone: Zone, world: World, records: Records) -> Estimate:
        n, land, people = tally.counts, tally.area, tally.people
        label = f"official land area ({tally.area_year}) of {len(tally.codes)} districts"
        if self.by == "residents":
            value, low, high = weighted_poisson(n, people / land / people.sum())
            label = f"{label}, weighted by census residents ({tally.people_year})"
            method = "95 % interval: Fay-Feuer gamma"
            return estimate(self, tally, value, (low, high), label, method)
        value = people_weighted_density(n, land)
        bounds = resampled(n, value, lambda c: np.sum(c**2 / land, axis=-1) / np.sum(c, axis=-1))
        label = f"{label}, weighted by {records.noun}"
        method = "95 % interval: multinomial bootstrap, 999 draws, seed 0, centred on the value"
        return estimate(self, tally, value, bounds, label, method)
