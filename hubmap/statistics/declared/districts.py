"""What statistics of districts share: the records by district, the guard before them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, cast

import numpy as np

from hubmap.statistics.arrays import Floats, floats
from hubmap.statistics.declared.support import DRAWS, noted
from hubmap.statistics.guard import MARK_BELOW, WITHHOLD_BELOW, judge
from hubmap.statistics.minimum import shortfall
from hubmap.statistics.model import (
    Estimate,
    Level,
    Records,
    Statistic,
    World,
    Zone,
    count_units,
    years_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Figure = Literal["area", "people"]
GIVE_IT = "give it in the regions' table"
FIGURES = {"area": "official land area", "people": "census population"}


@dataclass(frozen=True)
class Tally:
    """Records by district of a zone, the empty ones included.

    Attributes
    ----------
    codes
        The districts, sorted.
    counts, area, people
        Records, official land area and residents of each; NaN where not known.
    city
        City of each district.
    area_year, people_year
        The years of the figures, in words.
    n, share, note
        Records that name a district, their share of all, and a note where that is low.
    """

    codes: tuple[str, ...]
    counts: Floats
    area: Floats
    people: Floats
    city: tuple[str, ...]
    area_year: str
    people_year: str
    n: int
    share: float
    note: str


class DistrictStatistic(Statistic):
    """A statistic of the zone's districts, to which each record must belong for certain."""

    guard: ClassVar[str] = (
        "records whose row states the district or whose precision_m is at most half its "
        "equivalent diameter, and on no pile unless the piles are the districts' centroids; "
        "below 80 % used marked, below 50 % withheld"
    )
    levels: ClassVar[tuple[Level, ...]] = ("hub", "city")

    @property
    def needs(self) -> tuple[Figure, ...]:
        """The figures that every district must have."""
        return ()

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        found = self.tally(zone, records, world)
        return found if isinstance(found, Estimate) else self.of_tally(found, zone, world, records)

    def of_tally(self, tally: Tally, zone: Zone, world: World, records: Records) -> Estimate:
        """The estimate from the records by district."""
        raise TypeError(f"{type(self).__name__} declares no estimate")

    def tally(self, zone: Zone, records: Records, world: World) -> Tally | Estimate:
        """The zone's records by district, or the refusal."""
        codes = tuple(sorted(zone.districts))
        if len(codes) < 2:
            n = int(count_units(records.cases.within(zone)))
            return self.refuse(
                records, "the zone has no districts to compare: take a larger zone", n
            )
        key = ("tally", codes, zone.level, zone.key)
        memo = records.cases.memo
        if key not in memo:
            memo[key] = _tally(codes, zone, records, world)
        tally, refusal = memo[key]
        if refusal:
            return self.refuse(records, refusal, tally.n, tally.share)
        name = str(getattr(self, "name", ""))
        if few := shortfall(name, records.noun, records=tally.n, units=len(codes)):
            return self.refuse(records, few, tally.n, tally.share)
        for figure in self.needs:
            if not _known(tally, figure):
                why = f"the {FIGURES[figure]} of a district is not known: {GIVE_IT}"
                return self.refuse(records, why, tally.n, tally.share)
        return cast("Tally", tally)


def _known(tally: Tally, figure: Figure) -> bool:
    """Whether every district's is. There may be nobody in one, but no land is no district."""
    values: Floats = getattr(tally, figure)
    least = values > 0 if figure == "area" else values >= 0
    return bool(np.isfinite(values).all() and least.all() and values.sum() > 0)


def _tally(codes: tuple[str, ...], zone: Zone, records: Records, world: World) -> tuple[Tally, str]:
    """The records by district, and why they may not serve."""
    here = records.cases.within(zone)
    total = count_units(here)
    known = here["district"].isin(zone.districts)
    verdict = judge(
        here["x"],
        here["y"],
        precision_m=np.where(known, 0.0, np.inf),
        scale_m=1.0,
        level="district",
        districts=len(codes),
        known=here["stated"] | here["site"],
        noun=records.noun,
    )
    withheld = total > 0 and verdict.state == "withheld"
    used = here[known] if withheld else here[verdict.usable]
    share = count_units(used) / total if total else 1.0
    vague = f"only {share:.0%} of {total:.0f} {records.noun} name their district"
    refusal = ""
    if withheld and "share" in verdict.reason:
        refusal, share = verdict.reason.rstrip("."), verdict.share_used
    elif share < WITHHOLD_BELOW:
        refusal = f"{vague}: state it or place them better"
    note = "" if share >= MARK_BELOW else verdict.reason.rstrip(".") or vague
    if (used["weight"] > 1).any():
        note = noted(note, f"{records.noun} taken as independent")
    once = used.drop_duplicates(["unit", "district"])
    sums = once.groupby("district")["weight"].sum()
    parts = [world.districts.get(code) for code in codes]
    tally = Tally(
        codes,
        floats([float(sums.get(code, 0.0)) for code in codes]),
        floats([p.area_km2 if p else np.nan for p in parts]),
        floats([p.population if p else np.nan for p in parts]),
        tuple(zone.districts[code] for code in codes),
        years_of((p for p in parts if p), "area"),
        years_of((p for p in parts if p), "population"),
        int(count_units(used)),
        share,
        note,
    )
    return tally, refusal


def resampled(
    counts: Floats, value: float, statistic: Callable[[Floats], Floats], least: float = 0.0
) -> tuple[float, float]:
    """A multinomial bootstrap interval of a plug-in index of counts, centred on its value.

    Draws of an index of concentration lie above the sample's by about as much as the sample's
    lies above the truth, so their spread about their own median is what is carried over. No bound
    is below ``least``.
    """
    rng = np.random.default_rng(0)
    total = int(counts.sum())
    drawn = statistic(rng.multinomial(total, counts / counts.sum(), size=DRAWS).astype(float))
    low, middle, high = np.nanquantile(drawn, [0.025, 0.5, 0.975])
    return max(least, value - float(middle - low)), value + float(high - middle)
