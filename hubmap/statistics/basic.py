"""Counts, densities, rates and the first comparisons of a hub's profile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from hubmap.statistics.intervals import clopper_pearson, poisson_exact, wilson
from hubmap.statistics.model import Estimate, Records, Statistic, Zone, count_units

if TYPE_CHECKING:
    from collections.abc import Mapping

# Share of the records that must carry a number: below the first marked, below the second withheld.
MARKED, WITHHELD = 0.8, 0.5


def _poisson(count: float) -> tuple[float, float]:
    low, high = poisson_exact(count)
    return float(low), float(high)


class Count(Statistic):
    """How many there are."""

    name: Literal["count"] = "count"
    help: ClassVar[str] = "number in the zone; an institution once, however many campuses"
    formula: ClassVar[str] = "n; exact Poisson interval, as for a count of rare events"
    reference: ClassVar[str] = "Garwood 1936, Biometrika 28"

    def of_zone(self, zone: Zone, records: Records, world: Mapping[str, Records]) -> Estimate:
        n = count_units(records.cases.within(zone))
        low, high = _poisson(n)
        return Estimate(n, records.noun, low, high, "none (a count)", int(n))


class Registered(Statistic):
    """How many are registered in the zone, as the official list counts."""

    name: Literal["registered"] = "registered"
    levels = ("hub", "city")
    help: ClassVar[str] = "number whose registered city lies in the zone"
    formula: ClassVar[str] = "n; exact Poisson interval"
    reference: ClassVar[str] = Count.reference

    def applies(self, records: Records) -> bool:
        return bool(records.table["home"].notna().any())

    def of_zone(self, zone: Zone, records: Records, world: Mapping[str, Records]) -> Estimate:
        cities = {part.city for part in zone.parts}
        table = records.cases.table
        n = count_units(table[table["home"].isin(cities)])
        low, high = _poisson(n)
        return Estimate(n, records.noun, low, high, "none (a count)", int(n))


class Density(Statistic):
    """How many a square kilometre of official land."""

    name: Literal["density"] = "density"
    unit: ClassVar[str] = "per km²"
    help: ClassVar[str] = "number per square kilometre of official land area"
    formula: ClassVar[str] = "n / A; exact Poisson interval of n over A"
    reference: ClassVar[str] = Count.reference

    def of_zone(self, zone: Zone, records: Records, world: Mapping[str, Records]) -> Estimate:
        return _rate(self, zone.area_km2, zone.area_label, "land area", zone, records)


class PerMillion(Statistic):
    """How many a million residents."""

    name: Literal["per_million"] = "per_million"
    unit: ClassVar[str] = "per million residents"
    help: ClassVar[str] = "number per million residents of the census"
    formula: ClassVar[str] = "10⁶ n / P; exact Poisson interval of n over P"
    reference: ClassVar[str] = Count.reference

    def of_zone(self, zone: Zone, records: Records, world: Mapping[str, Records]) -> Estimate:
        return _rate(
            self, zone.population / 1e6, zone.population_label, "census population", zone, records
        )


def _rate(
    of: Statistic, size: float, label: str, what: str, zone: Zone, records: Records
) -> Estimate:
    n = count_units(records.cases.within(zone))
    if not (math.isfinite(size) and size > 0):
        return of.refuse(records, f"the official {what} of a part of the zone is not known", int(n))
    low, high = _poisson(n)
    return Estimate(n / size, of.unit, low / size, high / size, label, int(n))


class LocationQuotient(Statistic):
    """How much more of the zone's records are of the kind than of all records together."""

    name: Literal["location_quotient"] = "location_quotient"
    unit: ClassVar[str] = "ratio"
    help: ClassVar[str] = "share of the kind among the zone's records, against that share overall"
    formula: ClassVar[str] = "(x / n) / (X / N); Wilson interval of x / n over X / N"
    reference: ClassVar[str] = "Wilson 1927, JASA 22; Florence 1939"
    min_records: int = Field(20, ge=1, description="fewest records of any sort in the zone")

    def applies(self, records: Records) -> bool:
        return not bool(records.table["case"].all())

    def of_zone(self, zone: Zone, records: Records, world: Mapping[str, Records]) -> Estimate:
        every = world[records.kind]
        overall = count_units(every.cases.table) / count_units(every.table)
        here = records.within(zone)
        n, x = count_units(here), count_units(here[here["case"]])
        if n < self.min_records:
            why = f"only {n:.0f} {records.base_noun or records.noun}, {self.min_records} are needed"
            return self.refuse(records, why, int(n))
        low, high = wilson(x, n)
        label = (
            f"share among all {count_units(every.table):,.0f} "
            f"{records.base_noun or records.noun} in the data ({overall:.1%})"
        )
        return Estimate(
            x / n / overall, self.unit, float(low) / overall, float(high) / overall, label, int(n)
        )


class EffectiveDistricts(Statistic):
    """Over how many equal districts the kind would spread to be as concentrated as it is."""

    name: Literal["effective_districts"] = "effective_districts"
    unit: ClassVar[str] = "districts"
    levels = ("hub", "city")
    help: ClassVar[str] = "1 / HHI of the districts' shares: 1 when all lie in one district"
    formula: ClassVar[str] = "1 / Σ sᵢ²; 95 % percentile interval of multinomial resamples"
    reference: ClassVar[str] = "Herfindahl 1950; Laakso & Taagepera 1979"
    draws: int = Field(999, ge=99, le=99_999, description="resamples for the interval")
    seed: int = Field(0, ge=0, description="of the resamples")

    def of_zone(self, zone: Zone, records: Records, world: Mapping[str, Records]) -> Estimate:
        if len(zone.districts) < 2:
            return self.refuse(records, "the zone has no districts to compare")
        here = records.cases.within(zone)
        placed = here[here["district"].isin(zone.districts)]
        share = count_units(placed) / max(count_units(here), 1)
        once = placed.drop_duplicates(["unit", "district"])
        counts = once.groupby("district")["weight"].sum().to_numpy()
        n = int(counts.sum())
        if n < 2:
            return self.refuse(records, f"only {n} {records.noun} in known districts", n, share)
        if share < WITHHELD:
            return self.refuse(records, f"only {share:.0%} name their district", n, share)
        shares = counts / n
        draws = np.random.default_rng(self.seed).multinomial(n, shares, self.draws) / n
        low, high = np.quantile(1 / (draws**2).sum(axis=1), [0.025, 0.975])
        label = f"{len(zone.districts)} districts"
        value = float(1 / (shares**2).sum())
        note = f"interval: {self.draws} multinomial resamples, seed {self.seed}" + _marked(share)
        # Resampling can only merge districts, so the plug-in value may stand above its interval.
        bounds = min(float(low), value), max(float(high), value)
        return Estimate(value, self.unit, *bounds, label, n, share, note=note)


def _marked(share: float) -> str:
    return f"; only {share:.0%} of the records could be used" if share < MARKED else ""


class ShareNear(Statistic):
    """Share of the kind that lies within a distance of a university campus."""

    name: Literal["share_near"] = "share_near"
    unit: ClassVar[str] = "share"
    help: ClassVar[str] = "share within a distance of a campus, of those placed precisely enough"
    formula: ClassVar[str] = "x / n; Clopper–Pearson interval"
    reference: ClassVar[str] = "Clopper & Pearson 1934, Biometrika 26"
    of: str = Field("companies", description="the kind whose share is taken")
    to: str = Field("universities", description="the kind whose nearness is asked")
    radius_km: float = Field(2.0, gt=0, le=50, description="how near")

    def applies(self, records: Records) -> bool:
        return records.kind == self.of

    def of_zone(self, zone: Zone, records: Records, world: Mapping[str, Records]) -> Estimate:
        from scipy.spatial import cKDTree

        limit = self.radius_km * 1000 / 2
        here = records.cases.within(zone)
        if here.empty:
            return self.refuse(records, f"no {records.noun} here")
        sharp = here[here["precision_m"] <= limit]
        n, share = len(sharp), len(sharp) / len(here)
        if self.to not in world:
            return self.refuse(records, f"the workspace has no {self.to}", n, share)
        if share < WITHHELD:
            why = (
                f"only {n} of {len(here)} {records.noun} are placed to within {limit:,.0f} m, "
                f"as {self.radius_km:g} km needs: district-level statistics only"
            )
            return self.refuse(records, why, n, share)
        campuses = world[self.to].cases.table
        campuses = campuses[campuses["precision_m"] <= limit]
        if campuses.empty:
            return self.refuse(records, f"no {self.to} are placed precisely enough", n, share)
        nearest, _ = cKDTree(campuses[["x", "y"]]).query(sharp[["x", "y"]])
        near = int(np.count_nonzero(nearest <= self.radius_km * 1000))
        low, high = clopper_pearson(near, n)
        label = f"{n} {records.noun} placed to within {limit:,.0f} m"
        note = f"within {self.radius_km:g} km of a campus" + _marked(share)
        return Estimate(near / n, self.unit, float(low), float(high), label, n, share, note=note)


class MedianFounded(Statistic):
    """The median founding year."""

    name: Literal["median_founded"] = "median_founded"
    unit: ClassVar[str] = "year"
    help: ClassVar[str] = "median founding year of those that exist today"
    formula: ClassVar[str] = "median; exact interval from order statistics (sign test)"
    reference: ClassVar[str] = "Thompson 1936, Annals of Mathematical Statistics 7"
    min_records: int = Field(3, ge=1, description="fewest founding years")

    def applies(self, records: Records) -> bool:
        return bool(records.table["founded"].notna().any())

    def of_zone(self, zone: Zone, records: Records, world: Mapping[str, Records]) -> Estimate:
        here = records.cases.within(zone).drop_duplicates("unit")
        years = np.sort(here["founded"].dropna().to_numpy(dtype=float))
        n, share = len(years), len(years) / max(len(here), 1)
        if n < self.min_records:
            why = f"only {n} founding years, {self.min_records} are needed"
            return self.refuse(records, why, n, share)
        if share < WITHHELD:
            return self.refuse(records, f"only {share:.0%} have a founding year", n, share)
        low, high = _median_interval(years)
        note = "survivors only: those that exist today" + _marked(share)
        if low is None:
            note += "; too few for a 95 % interval"
        label = f"{n} {records.noun} with a founding year"
        return Estimate(float(np.median(years)), self.unit, low, high, label, n, share, note=note)


def _median_interval(ordered: np.ndarray) -> tuple[float | None, float | None]:
    from scipy.special import bdtr

    n = len(ordered)
    ranks = np.flatnonzero(bdtr(np.arange(n), n, 0.5) <= 0.025)
    if not len(ranks):
        return None, None
    rank = int(ranks[-1])
    return float(ordered[rank]), float(ordered[n - 1 - rank])


AnyStatistic = Annotated[
    Count
    | Registered
    | Density
    | PerMillion
    | LocationQuotient
    | EffectiveDistricts
    | ShareNear
    | MedianFounded,
    Field(discriminator="name"),
]
DEFAULT: tuple[AnyStatistic, ...] = (
    Count(),
    Registered(),
    Density(),
    PerMillion(),
    LocationQuotient(),
    EffectiveDistricts(),
    ShareNear(),
    MedianFounded(),
)
