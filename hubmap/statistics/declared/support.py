"""What the declared statistics share: the guard before points and districts, and small words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np

from hubmap.statistics.arrays import Floats, floats
from hubmap.statistics.guard import MARK_BELOW, WITHHOLD_BELOW, judge
from hubmap.statistics.intervals import poisson_exact
from hubmap.statistics.minimum import shortfall
from hubmap.statistics.model import Estimate, Level, Records, Statistic, World, Zone, count_units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd
    from shapely.geometry.base import BaseGeometry

EXTENT_M = 800_000
"""A window wider than this is no hub but several: point statistics are for each of them."""
SHIFT_M = 500.0
SHIFTS = ((SHIFT_M, 0.0), (-SHIFT_M, 0.0), (0.0, SHIFT_M), (0.0, -SHIFT_M))
"""A wrong datum (GCJ-02 for WGS-84) moves everything by about this much."""
SHIFTED = "shifts of 500 m in four directions"
DRAWS = 999


def poisson(count: float) -> tuple[float, float]:
    """The exact interval of a count."""
    low, high = poisson_exact(count)
    return float(low), float(high)


def noted(*parts: str) -> str:
    """Parts of a note, the empty ones left out."""
    return "; ".join(part for part in parts if part)


@dataclass(frozen=True)
class Placed:
    """Records that passed the guard of a point statistic."""

    table: pd.DataFrame
    share: float
    note: str
    window: BaseGeometry

    @property
    def x(self) -> Floats:
        """Metres east on the hub's plane."""
        return floats(self.table["x"])

    @property
    def y(self) -> Floats:
        """Metres north."""
        return floats(self.table["y"])

    @property
    def n(self) -> int:
        """Records used."""
        return len(self.table)


class PointStatistic(Statistic):
    """A statistic of the records' own places, which the guard judges first."""

    guard: ClassVar[str] = (
        "records with precision_m ≤ r / 2 and on no pile; 50 effective sites; below 80 % used "
        "marked, below 50 % withheld"
    )
    levels: ClassVar[tuple[Level, ...]] = ("hub",)
    of_the_land: ClassVar[bool] = True
    """Whether the answer depends on the land's shape, so that far hubs cannot share one."""

    @property
    def scale_m(self) -> float:
        """The scale r whose half is the worst precision that serves."""
        raise TypeError(f"{type(self).__name__} declares no scale")

    def applies(self, records: Records) -> bool:
        return records.points

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        found = self.placed(zone, records, world)
        return found if isinstance(found, Estimate) else self.of_points(found, zone, world, records)

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        """The estimate from the records that may serve."""
        raise TypeError(f"{type(self).__name__} declares no estimate")

    def placed(
        self, zone: Zone, records: Records, world: World, *, cases: bool = True
    ) -> Placed | Estimate:
        """The zone's records that may serve, or the refusal."""
        here = (records.cases if cases else records).within(zone)
        if (why := shortfall(self._name, records.noun, records=len(here))) is not None:
            return self.refuse(records, why, len(here))
        window = world.window(zone)
        if window is None:
            return self.refuse(records, "an outline of the zone is missing", len(here))
        west, south, east, north = window.bounds
        if self.of_the_land and max(east - west, north - south) > EXTENT_M:
            why = "the zone is several hubs far apart: see each of them"
            return self.refuse(records, why, len(here))
        verdict = judge(
            here["x"],
            here["y"],
            precision_m=here["precision_m"],
            scale_m=self.scale_m,
            districts=len(zone.districts),
            known=here["site"],
            noun=records.noun,
        )
        if verdict.state == "withheld":
            usable = round(verdict.share_used * len(here))
            why = verdict.reason.rstrip(".")
            if (here["stated"] & here["district"].notna()).mean() >= WITHHOLD_BELOW:
                # Coordinates alone do not show it, but the rows name their districts.
                why = why.replace("only city-level", "only district-level")
            return self.refuse(records, why, usable, verdict.share_used)
        table = here[verdict.usable]
        if (why := shortfall(self._name, records.noun, records=len(table))) is not None:
            return self.refuse(records, why, len(table), verdict.share_used)
        return Placed(table, verdict.share_used, verdict.reason.rstrip("."), window)

    @property
    def _name(self) -> str:
        return str(getattr(self, "name", ""))

    def label(self, found: Placed, records: Records) -> str:
        """The denominator: how many records, and how precisely they are placed."""
        return f"{found.n} {records.noun} placed to within {self.scale_m / 2:,.0f} m"


def usable(records: Records, zone: Zone, scale_m: float) -> pd.DataFrame:
    """A zone's records that may serve a point statistic at a scale; none where it is withheld."""
    here = records.within(zone)
    verdict = judge(
        here["x"],
        here["y"],
        precision_m=here["precision_m"],
        scale_m=scale_m,
        districts=len(zone.districts),
        known=here["site"],
        noun=records.noun,
    )
    return here[verdict.usable & records.points]


def inside(found: Placed) -> tuple[Floats, Floats, str]:
    """The places on the land, and a note of those just off it, which no edge correction knows."""
    import shapely

    on_land = shapely.intersects_xy(found.window, found.x, found.y)
    off = int(np.count_nonzero(~on_land))
    note = f"{off} off the land (in the sea) left out" if off else ""
    return found.x[on_land], found.y[on_land], note


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
    n, share, note
        Records that name a district, their share of all, and a note where that is low.
    """

    codes: tuple[str, ...]
    counts: Floats
    area: Floats
    people: Floats
    city: tuple[str, ...]
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

    def tally(self, zone: Zone, records: Records, world: World) -> Tally | Estimate:
        """The zone's records by district, or the refusal."""
        codes = tuple(sorted(zone.districts))
        if len(codes) < 2:
            n = int(count_units(records.cases.within(zone)))
            return self.refuse(records, "the zone has no districts to compare", n)
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
        return cast("Tally", tally)

    def shifted(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        """The same statistic on records shifted, as if the datum were wrong."""
        return [(self, shift) for shift in SHIFTS]


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
    once = used.drop_duplicates(["unit", "district"])
    sums = once.groupby("district")["weight"].sum()
    parts = [world.districts.get(code) for code in codes]
    tally = Tally(
        codes,
        floats([float(sums.get(code, 0.0)) for code in codes]),
        floats([p.area_km2 if p else np.nan for p in parts]),
        floats([p.population if p else np.nan for p in parts]),
        tuple(zone.districts[code] for code in codes),
        int(count_units(used)),
        share,
        note,
    )
    return tally, refusal


def resampled(
    counts: Floats, value: float, statistic: Callable[[Floats], Floats], seed: int
) -> tuple[float, float]:
    """A multinomial bootstrap interval of a plug-in index of counts, centred on its value.

    Draws of an index of concentration lie above the sample's by about as much as the sample's
    lies above the truth, so their spread about their own median is what is carried over.
    """
    rng = np.random.default_rng(seed)
    total = int(counts.sum())
    drawn = statistic(rng.multinomial(total, counts / counts.sum(), size=DRAWS).astype(float))
    low, middle, high = np.nanquantile(drawn, [0.025, 0.5, 0.975])
    return value - float(middle - low), value + float(high - middle)


def resampled_points(
    found: Placed, statistic: Callable[[Floats], float], seed: int, draws: int = DRAWS
) -> tuple[float, float]:
    """A bootstrap interval over records; ``statistic`` takes how often each is drawn."""
    rng = np.random.default_rng(seed)
    n = found.n
    weights = rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(float)
    values = np.array([statistic(row) for row in weights])
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)
