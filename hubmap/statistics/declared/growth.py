"""How they grew, as far as those that exist today tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from hubmap.statistics.arrays import Floats, floats
from hubmap.statistics.curves import Curve, Plotted, numbers
from hubmap.statistics.declared.proximity import median_interval
from hubmap.statistics.declared.support import SHIFTED, noted, poisson, shifted
from hubmap.statistics.growth import founded_by_year, growth_ratio, shift_share
from hubmap.statistics.guard import MARK_BELOW, WITHHOLD_BELOW
from hubmap.statistics.intervals import poisson_exact
from hubmap.statistics.minimum import shortfall
from hubmap.statistics.model import Estimate, Level, Records, Statistic, World, Zone

if TYPE_CHECKING:
    from collections.abc import Iterable

SURVIVORS = "survivors only: those that exist today"


class _Growth(Statistic):
    """What the statistics of founding years share."""

    question = "How did they grow?"
    varied: ClassVar[str] = SHIFTED
    guard: ClassVar[str] = "records with a founding year; below 80 % marked, below 50 % withheld"

    def applies(self, records: Records) -> bool:
        return bool(records.table["founded"].notna().any())

    def years(self, zone: Zone, records: Records) -> tuple[Floats, float, str] | Estimate:
        """Founding years of the zone's units, their share of all, and a note; or the refusal."""
        here = records.cases.within(zone).drop_duplicates("unit")
        known = np.sort(here["founded"].dropna().to_numpy(dtype=float))
        n, share = len(known), len(known) / max(len(here), 1)
        name = str(getattr(self, "name", ""))
        if why := shortfall(name, f"{records.noun} with a founding year", records=n):
            return self.refuse(records, why, n, share)
        if share < WITHHOLD_BELOW:
            return self.refuse(
                records, f"only {share:.0%} have a founding year: add years", n, share
            )
        return known, share, f"only {share:.0%} have a year" if share < MARK_BELOW else ""

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        return shifted(self)

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        found = self.years(zone, records)
        return found if isinstance(found, Estimate) else self.of_years(*found, records)

    def of_years(self, years: Floats, share: float, marked: str, records: Records) -> Estimate:
        """The estimate from the founding years, their share of all records, and a note."""
        raise TypeError(f"{type(self).__name__} declares no estimate")


BIN = 5
"""Years that each value of the curve of founding spans."""


def founding_curves(years: Floats, records: Records, last: int) -> tuple[Curve, ...]:
    """How many were founded in each five years, with the exact interval, and how many stood."""
    bins = int((last - years.min()) // BIN) + 1 if years.min() <= last else 1
    first = last - bins * BIN + 1
    found = founded_by_year(years, first=first, last=last)
    new = found.new.reshape(bins, BIN).sum(axis=1)
    low, high = poisson_exact(new)
    start = numbers(float(year) for year in found.year[::BIN])
    note = f"{SURVIVORS}; {years.size} {records.noun} with a founding year"
    return (
        Curve(
            "founded", start, numbers(new), numbers(low), numbers(high), "year", records.noun,
            "95 % Poisson interval", step=BIN, note=note,
        ),
        Curve(
            "stock", numbers(float(year) for year in found.year), numbers(found.stock), None, None,
            "year", records.noun, step=1, note=note,
        ),
    )  # fmt: skip


class MedianFounded(_Growth):
    """The median founding year."""

    name: Literal["median_founded"] = "median_founded"
    unit: ClassVar[str] = "year"
    help: ClassVar[str] = "median founding year of those that exist today"
    formula: ClassVar[str] = "median; exact interval from order statistics (sign test)"
    reference: ClassVar[str] = "Thompson 1936, Annals of Mathematical Statistics 7, 122-128"
    interval: ClassVar[str] = "order statistics (sign test)"
    checks: ClassVar[str] = "hand cases, exact; binomial tables"

    def of_years(self, years: Floats, share: float, marked: str, records: Records) -> Estimate:
        low, high = median_interval(years) or (None, None)
        few = "too few for a 95 % interval" if low is None else ""
        label = f"{years.size} {records.noun} with a founding year"
        return Estimate(
            float(np.median(years)), self.unit, low, high, label, years.size, share,
            note=noted(SURVIVORS, marked, few),
        )  # fmt: skip


class _Periods(_Growth, Plotted):
    """Two periods of equal length, one after the other."""

    told_by = ("last", "span")
    levels: ClassVar[tuple[Level, ...]] = ("hub", "city")
    varied: ClassVar[str] = f"periods that end one and two years earlier, and {SHIFTED}"
    last: int = Field(2024, ge=1800, le=2100, description="last year of the later period")
    span: int = Field(10, ge=1, le=100, description="length of a period, in years")

    def counts(self, years: Floats) -> tuple[float, float, float]:
        """Founded in the later period, in the earlier, and up to the end of the earlier."""
        found = founded_by_year(years, first=self.last - 2 * self.span + 1, last=self.last)
        later, earlier = found.new[self.span :].sum(), found.new[: self.span].sum()
        return float(later), float(earlier), float(found.stock[self.span - 1])

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        for earlier in (1, 2):
            yield self.model_copy(update={"last": self.last - earlier}), (0.0, 0.0)
        yield from super().variants()

    def curves(self, zone: Zone, records: Records, world: World) -> tuple[Curve, ...]:
        found = self.years(zone, records)
        return () if isinstance(found, Estimate) else founding_curves(found[0], records, self.last)

    @property
    def words(self) -> tuple[str, str]:
        """The later and the earlier period."""
        start = self.last - self.span
        return f"{start + 1}-{self.last}", f"{start - self.span + 1}-{start}"


class FoundedPerYear(_Periods):
    """How many were founded a year."""

    name: Literal["founded_per_year"] = "founded_per_year"
    unit: ClassVar[str] = "per year"
    help: ClassVar[str] = "founded a year in the last ten years, of those that exist today"
    formula: ClassVar[str] = "n / years; interval of n over years"
    reference: ClassVar[str] = "Garwood 1936, Biometrika 28, 437-442"
    interval: ClassVar[str] = "exact Poisson"
    checks: ClassVar[str] = "R 4.2.2 poisson.test, relative 1e-11"

    def of_years(self, years: Floats, share: float, marked: str, records: Records) -> Estimate:
        later, _, before = self.counts(years)
        low, high = poisson(later)
        label = f"{self.span} years, {self.words[0]}"
        stock = f"stock at the start {before:.0f}, at the end {before + later:.0f}"
        return Estimate(
            later / self.span, self.unit, low / self.span, high / self.span, label, years.size,
            share, note=noted(stock, SURVIVORS, marked),
        )  # fmt: skip


class GrowthRatio(_Periods):
    """How many more were founded in the last ten years than in the ten before."""

    name: Literal["growth_ratio"] = "growth_ratio"
    unit: ClassVar[str] = "ratio"
    help: ClassVar[str] = "founded in the last ten years over the ten before, of today's"
    formula: ClassVar[str] = "a / b; exact, from the binomial of a given a + b"
    reference: ClassVar[str] = "Przyborowski & Wilenski 1940, Biometrika 31, 313-323"
    interval: ClassVar[str] = "exact conditional (Clopper-Pearson of a in a + b)"
    checks: ClassVar[str] = "R 4.2.2 poisson.test of two counts, relative 1e-6"

    def of_years(self, years: Floats, share: float, marked: str, records: Records) -> Estimate:
        later, earlier, _ = self.counts(years)
        if earlier == 0 or later + earlier < 10:
            why = f"only {later + earlier:.0f} founded in both periods, 10 are needed, some earlier"
            return self.refuse(records, f"{why}: take a longer span", years.size, share)
        ratio, low, high = growth_ratio(
            earlier, later, earlier_years=self.span, later_years=self.span
        )
        label = f"{earlier:.0f} {records.noun} founded {self.words[1]}"
        note = noted(f"{later:.0f} founded {self.words[0]}", SURVIVORS, marked)
        return Estimate(
            float(ratio), self.unit, float(low), float(high), label, years.size, share, note=note
        )


class SurvivorsGrowth(_Periods):
    """How much today's stock grew in the later period."""

    name: Literal["survivors_growth"] = "survivors_growth"
    unit: ClassVar[str] = "per cent a year"
    help: ClassVar[str] = "mean yearly growth of the stock over ten years, of those of today"
    formula: ClassVar[str] = "100 ((stock at the end / at the start)^(1 / years) − 1)"
    reference: ClassVar[str] = "compound growth; Garwood 1936 for the new ones"
    interval: ClassVar[str] = "exact Poisson of the new ones, the stock at the start held fixed"
    checks: ClassVar[str] = "hand arithmetic, relative 1e-12"

    def of_years(self, years: Floats, share: float, marked: str, records: Records) -> Estimate:
        later, _, before = self.counts(years)
        if before == 0:
            why = "none was there at the start: take a shorter span"
            return self.refuse(records, why, years.size, share)
        low, value, high = (
            100 * ((1 + new / before) ** (1 / self.span) - 1)
            for new in (poisson(later)[0], later, poisson(later)[1])
        )
        label = f"{before:.0f} {records.noun} there in {self.last - self.span}"
        return Estimate(
            value, self.unit, low, high, label, years.size, share, note=noted(SURVIVORS, marked)
        )


class ShiftShare(_Periods):
    """How much of the growth is the zone's own, not its sectors' or everyone's."""

    name: Literal["shift_share"] = "shift_share"
    help: ClassVar[str] = "growth beyond what its sectors' growth in all hubs would have given"
    formula: ClassVar[str] = "after − before (1 + sector's growth in all hubs), over sectors"
    reference: ClassVar[str] = "Dunn 1960, Papers of the Regional Science Association 6, 97-112"
    interval: ClassVar[str] = "exact Poisson of the new ones, what was expected held fixed"
    checks: ClassVar[str] = "Farhauer & Kröll 2013 as in REAT, relative 1e-6"

    def applies(self, records: Records) -> bool:
        table = records.table
        return super().applies(records) and bool(table["category"].notna().any())

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        base = world.records[records.kind].cases.table.drop_duplicates("unit")
        here = records.cases.within(zone).drop_duplicates("unit")
        known = here[here["founded"].notna() & here["category"].notna()]
        share = len(known) / max(len(here), 1)
        sectors = sorted(base["category"].dropna().unique())
        why = shortfall(
            self.name, records.noun, records=len(known), units=len(sectors), unit_noun="sectors"
        )
        if why or share < WITHHOLD_BELOW:
            why = why or f"only {share:.0%} have a founding year and a sector: add them"
            return self.refuse(records, why, len(known), share)
        start = self.last - self.span

        def stocks(table: object, until: int) -> Floats:
            chosen = base if table is base else known
            old = chosen[chosen["founded"].le(until).fillna(False).astype(bool)]
            return floats(old["category"].value_counts().reindex(sectors).fillna(0.0))

        before, after = stocks(known, start), stocks(known, self.last)
        base_before, base_after = stocks(base, start), stocks(base, self.last)
        # A sector that nobody had at the start has no rate to compare with.
        had = base_before > 0
        split = shift_share(before[had], after[had], base_before[had], base_after[had])
        new = float(after[had].sum() - before[had].sum())
        low, high = (bound - new + split.regional for bound in poisson(new))
        note = noted(
            f"of {new:.0f} new: {split.national:.1f} as everywhere, {split.industrial_mix:+.1f} "
            f"by its sectors, {split.regional:+.1f} its own ({start} to {self.last})",
            f"{int((~had).sum())} sectors without a stock in {start} left out"
            if not had.all() else "",
            SURVIVORS,
        )  # fmt: skip
        label = f"stock of all hubs by {int(had.sum())} sectors, {start} and {self.last}"
        return Estimate(
            split.regional, records.noun, low, high, label, len(known), share, note=note
        )
