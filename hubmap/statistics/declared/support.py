"""What the declared statistics share: the guard before points, and small words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
from pydantic import Field

from hubmap.statistics.arrays import Floats, floats
from hubmap.statistics.guard import MARK_BELOW, WITHHOLD_BELOW, judge
from hubmap.statistics.intervals import poisson_exact
from hubmap.statistics.minimum import shortfall
from hubmap.statistics.model import Estimate, Level, Records, Statistic, World, Zone

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from shapely.geometry.base import BaseGeometry

EXTENT_M = 800_000
"""A window wider than this is no hub but several: point statistics are for each of them."""
SHIFT_M = 500.0
SHIFTS = ((SHIFT_M, 0.0), (-SHIFT_M, 0.0), (0.0, SHIFT_M), (0.0, -SHIFT_M))
"""A wrong datum (GCJ-02 for WGS-84) moves everything by about this much."""
SHIFTED = "shifts of 500 m in four directions"
DRAWS = 999
ALIKE = "the zones differ no more than by chance: all stand at their common value"
NO_OUTLINE = "an outline of the zone is missing: give it with the regions"


def poisson(count: float) -> tuple[float, float]:
    """The exact interval of a count."""
    low, high = poisson_exact(count)
    return float(low), float(high)


def noted(*parts: str) -> str:
    """Parts of a note, the empty ones left out."""
    return "; ".join(part for part in parts if part)


def shifted(statistic: Statistic) -> list[tuple[Statistic, tuple[float, float]]]:
    """The same statistic on records shifted, as if the datum were wrong."""
    return [(statistic, shift) for shift in SHIFTS]


class Passed(Protocol):
    """Records that passed a guard, by place or by district."""

    @property
    def n(self) -> int: ...
    @property
    def share(self) -> float: ...
    @property
    def note(self) -> str: ...


def estimate(
    of: Statistic,
    found: Passed,
    value: float,
    bounds: tuple[float, float] | None,
    label: str,
    *notes: str,
) -> Estimate:
    """An estimate of what passed the guard: its interval holds the value, its note the guard's."""
    low, high = (min(bounds[0], value), max(bounds[1], value)) if bounds else (None, None)
    note = noted(*notes, found.note)
    return Estimate(value, of.unit, low, high, label, found.n, found.share, note=note)


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
    def weight(self) -> Floats:
        """How many each record stands for."""
        return floats(self.table["weight"])

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
            return self.refuse(records, NO_OUTLINE, len(here))
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

    def served(self, used: int, every: int, noun: str) -> tuple[float, str, str]:
        """The share of one side of a comparison that may serve, a note of it, the refusal."""
        share = used / max(every, 1)
        if share < WITHHOLD_BELOW:
            why = (
                f"only {share:.0%} of {noun} are placed to within {self.scale_m / 2:,.0f} m: "
                "ask for a larger distance or place them better"
            )
            return share, "", why
        return share, f"{share:.0%} of {noun} used" if share < MARK_BELOW else "", ""

    @property
    def _name(self) -> str:
        return str(getattr(self, "name", ""))

    def label(self, found: Placed, records: Records) -> str:
        """The denominator: how many records, and how precisely they are placed."""
        return f"{found.n} {records.noun} placed to within {self.scale_m / 2:,.0f} m"


class ScaledStatistic(PointStatistic):
    """A point statistic whose scale is an option."""

    scale: ClassVar[str] = "`scale_km`"
    scale_km: float = Field(2.0, gt=0, le=100, description="twice the worst precision that serves")

    @property
    def scale_m(self) -> float:
        return self.scale_km * 1000


class LandStatistic(PointStatistic):
    """A point statistic whose edge correction knows only what lies on the land."""

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        found = self.landed(zone, records, world)
        return found if isinstance(found, Estimate) else self.of_points(found, zone, world, records)

    def landed(self, zone: Zone, records: Records, world: World) -> Placed | Estimate:
        """The zone's records that may serve and lie on its land, or the refusal."""
        found = self.placed(zone, records, world)
        if isinstance(found, Estimate):
            return found
        ashore = on_land(found)
        if (why := shortfall(self._name, records.noun, records=ashore.n)) is not None:
            return self.refuse(records, f"{why} ({ashore.note})", ashore.n, ashore.share)
        if ashore.share < WITHHOLD_BELOW:
            why = f"only {ashore.share:.0%} of {records.noun} serve and lie on the land"
            return self.refuse(records, f"{why}: place them better", ashore.n, ashore.share)
        return ashore

    def plain(self, zone: Zone, records: Records, world: World) -> float | None:
        found = self.landed(zone, records, world)
        return None if isinstance(found, Estimate) else self.value(found, world)

    def value(self, found: Placed, world: World) -> float:
        """The value alone, of records on the land."""
        raise TypeError(f"{type(self).__name__} declares no value")


def on_land(found: Placed) -> Placed:
    """The records on the land; those just off it, which no edge correction knows, are noted."""
    import shapely

    ashore = shapely.intersects_xy(found.window, found.x, found.y)
    if ashore.all():
        return found
    note = f"{int(np.count_nonzero(~ashore))} off the land (in the sea) left out"
    share = found.share * float(ashore.mean())
    return replace(found, table=found.table[ashore], share=share, note=noted(note, found.note))


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


def resampled_points(
    found: Placed, statistic: Callable[[Floats], float]
) -> tuple[float, float] | None:
    """A bootstrap interval over records; ``statistic`` takes how much of each is drawn."""
    rng = np.random.default_rng(0)
    n = found.n
    often = rng.multinomial(n, np.full(n, 1 / n), size=DRAWS).astype(float)
    values = np.array([statistic(row) for row in often * found.weight])
    known = values[np.isfinite(values)]
    if known.size < DRAWS / 2:
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)
