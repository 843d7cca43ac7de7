"""How specialised a place is: location quotients, raw, shrunken and standardised."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from hubmap.statistics.arrays import Floats, floats
from hubmap.statistics.declared.support import ALIKE, SHIFTED, noted, shifted
from hubmap.statistics.minimum import shortfall
from hubmap.statistics.model import Estimate, Level, Records, Statistic, World, Zone, count_units
from hubmap.statistics.specialisation import (
    SMALL,
    location_quotient,
    location_quotient_interval,
    shrunken_quotient,
    standardised,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Quotient(Statistic):
    """What the three quotients share: cases and records here and in all hubs together."""

    question = "How specialised?"

    def applies(self, records: Records) -> bool:
        return not bool(records.table["case"].all())

    def base(self, records: Records, world: World) -> tuple[float, float, str]:
        """Cases and records in the whole workspace, and the denominator in words."""
        every = world.records[records.kind]
        x, n = count_units(every.cases.table), count_units(every.table)
        noun = records.base_noun or records.noun
        return x, n, f"share among all {n:,.0f} {noun} in the data ({x / n:.1%})"

    def here(self, zone: Zone, records: Records) -> tuple[float, float, str | None]:
        """Cases and records of the zone, and why they are too few."""
        table = records.within(zone)
        n, x = count_units(table), count_units(table[table["case"]])
        name = str(getattr(self, "name", ""))
        every = records.base_noun or records.noun
        why = shortfall(name, records.noun, records=n, cases=x, of=every)
        return x, n, why

    def units(
        self, zone: Zone, records: Records, world: World
    ) -> tuple[Floats, Floats, list[str], str | None]:
        """Cases and records of every unit of the zone's level in the whole workspace."""
        table = world.records[records.kind].table
        level = "city" if zone.level == "city" else "district"
        n = table.groupby(level)["weight"].sum()
        x = table[table["case"]].groupby(level)["weight"].sum().reindex(n.index).fillna(0.0)
        name = str(getattr(self, "name", ""))
        plural = "cities" if level == "city" else "districts"
        why = shortfall(name, records.noun, units=len(n), unit_noun=plural)
        return floats(x), floats(n), [str(code) for code in n.index], why


class LocationQuotient(_Quotient):
    """How much more of the zone's records are of the kind than of all records together."""

    name: Literal["location_quotient"] = "location_quotient"
    unit: ClassVar[str] = "ratio"
    help: ClassVar[str] = "share of the kind among the zone's records, against that share overall"
    formula: ClassVar[str] = "(x / n) / (X / N); Wilson below ten cases, else delta (log scale)"
    reference: ClassVar[str] = (
        "Florence 1939; Wilson 1927, JASA 22; Moineddin et al. 2003, Geographical Analysis 35"
    )
    interval: ClassVar[str] = "Wilson below ten cases (or ten others), else delta"
    varied: ClassVar[str] = SHIFTED
    checks: ClassVar[str] = (
        "Farhauer & Kröll 2013 as in REAT, relative 1e-12; delta interval by R 4.2.2, 1e-12; "
        "coverage 93-97 % by simulation at n = 20, 100, 1,000"
    )

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        base_x, base_n, label = self.base(records, world)
        x, n, why = self.here(zone, records)
        if why:
            return self.refuse(records, why, int(n))
        value = float(location_quotient(x, n, base_x, base_n))
        low, high = location_quotient_interval(x, n, base_x, base_n)
        method = "Wilson" if min(x, n - x) < SMALL else "delta"
        note = f"95 % interval: {method}, postings taken as independent"
        if not (records.table["weight"] > 1).any():
            note = f"95 % interval: {method}"
        if zone.level != "hub":
            note = noted(note, self._shrunken(zone, records, world))
        return Estimate(value, self.unit, float(low), float(high), label, int(n), note=note)

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        return shifted(self)

    def plain(self, zone: Zone, records: Records, world: World) -> float | None:
        x, n, why = self.here(zone, records)
        base_x, base_n, _ = self.base(records, world)
        return None if why else float(location_quotient(x, n, base_x, base_n))

    def _shrunken(self, zone: Zone, records: Records, world: World) -> str:
        key = ("shrunken", zone.level)
        memo = world.records[records.kind].memo
        if key not in memo:
            x, n, codes, _ = self.units(zone, records, world)
            memo[key] = dict(zip(codes, shrunken_quotient(x, n)[0].tolist(), strict=True))
        return f"shrunken {memo[key][zone.key]:.3g}" if zone.key in memo[key] else ""


class ShrunkenQuotient(_Quotient):
    """The location quotient drawn towards 1 by how little the zone tells by itself."""

    name: Literal["shrunken_quotient"] = "shrunken_quotient"
    levels: ClassVar[tuple[Level, ...]] = ("city", "district")
    unit: ClassVar[str] = "ratio"
    help: ClassVar[str] = "location quotient shrunken towards 1 where the zone has few records"
    formula: ClassVar[str] = "empirical-Bayes rate of x over the n X / N expected"
    reference: ClassVar[str] = "Marshall 1991, Applied Statistics 40, 283-294"
    interval: ClassVar[str] = "gamma posterior with the same moments"
    checks: ClassVar[str] = "spdep 1.2-7 EBest on nc_sids, relative 1e-11"

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        _, _, label = self.base(records, world)
        _, n, few = self.here(zone, records)
        cases, every, codes, why = self.units(zone, records, world)
        if few or why or zone.key not in codes:
            return self.refuse(records, few or why or "no records here: take a larger zone", int(n))
        value, low, high = (
            float(part[codes.index(zone.key)]) for part in shrunken_quotient(cases, every)
        )
        if not np.isfinite(low):
            return Estimate(value, self.unit, None, None, label, int(n), note=ALIKE)
        bounds = min(low, value), max(high, value)
        return Estimate(value, self.unit, *bounds, label, int(n))


class StandardisedQuotient(_Quotient):
    """How far the zone's location quotient stands out among its peers."""

    name: Literal["standardised_quotient"] = "standardised_quotient"
    levels: ClassVar[tuple[Level, ...]] = ("city", "district")
    unit: ClassVar[str] = "standard deviations"
    help: ClassVar[str] = "standard score of the log quotient among all zones of its level"
    formula: ClassVar[str] = "(ln LQ − mean) / sd over zones of the level with enough records"
    reference: ClassVar[str] = "O'Donoghue & Gleave 2004, Regional Studies 38, 419-427"
    interval: ClassVar[str] = "that of the quotient on the same scale, peers held fixed"
    checks: ClassVar[str] = "hand arithmetic, relative 1e-6"

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        base_x, base_n, label = self.base(records, world)
        x, n, few = self.here(zone, records)
        cases, every, codes, _ = self.units(zone, records, world)
        enough = (every >= 50) & (cases >= 5)
        why = few or shortfall(
            self.name, records.noun, units=int(enough.sum()), unit_noun="zones with 50 records"
        )
        if why or zone.key not in codes:
            return self.refuse(records, why or "no records here: take a larger zone", int(n))
        quotient = location_quotient(cases[enough], every[enough], base_x, base_n)
        own = float(standardised(quotient)[int(enough[: codes.index(zone.key)].sum())])
        spread = float(np.log(quotient).std(ddof=1))
        if not spread > 1e-12:
            return self.refuse(
                records,
                "all zones are alike, none stands out: see their location quotients",
                int(n),
            )
        low, high = location_quotient_interval(x, n, base_x, base_n)
        here = float(location_quotient(x, n, base_x, base_n))
        bounds = own + float(np.log(low / here)) / spread, own + float(np.log(high / here)) / spread
        words = f"{label}; {int(enough.sum())} zones with at least 50 records and 5 cases"
        return Estimate(own, self.unit, *bounds, words, int(n))
