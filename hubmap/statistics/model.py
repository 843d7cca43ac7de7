"""What statistics take and give: zones, records, estimates, and the declared statistic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

import numpy as np

from hubmap.recipes import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

Level = Literal["hub", "city", "district"]
RECORD_COLUMNS = (
    "unit", "weight", "case", "precision_m", "founded", "home", "city", "district",
)  # fmt: skip


class Estimate(NamedTuple):
    """One number that can be cited, or the reason why there is none."""

    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    denominator: str = ""
    n: int = 0
    share_used: float = 1.0
    withheld: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Part:
    """A region that a zone is made of, with its official figures."""

    code: str
    city: str
    name: str
    area_km2: float
    area_year: str
    population: float
    population_year: str


@dataclass(frozen=True)
class Zone:
    """A hub, city or district that statistics are computed for."""

    key: str
    level: Level
    name: str
    name_zh: str
    parts: tuple[Part, ...]
    districts: dict[str, str]
    """District code to city code."""

    def covered_by(self, covers: Iterable[str]) -> Zone:
        """The zone without the parts outside the regions that a sample covers."""
        codes = set(covers)
        parts = tuple(p for p in self.parts if p.code in codes or p.city in codes)
        if len(parts) == len(self.parts):
            return self
        districts = {d: c for d, c in self.districts.items() if d in codes or c in codes}
        return replace(self, parts=parts, districts=districts)

    @property
    def area_km2(self) -> float:
        """Official land area; NaN when a part's is not known."""
        return float(sum(p.area_km2 for p in self.parts))

    @property
    def population(self) -> float:
        """Census residents; NaN when a part's number is not known."""
        return float(sum(p.population for p in self.parts))

    @property
    def area_label(self) -> str:
        """The denominator of a density, in words."""
        years = _years(p.area_year for p in self.parts)
        return f"{self.area_km2:,.0f} km² official land area ({years})"

    @property
    def population_label(self) -> str:
        """The denominator of a rate, in words."""
        years = _years(p.population_year for p in self.parts)
        return f"{self.population:,.0f} residents ({years} census)"


def _years(years: Iterable[str]) -> str:
    known = sorted({year for year in years if year})
    return "–".join(dict.fromkeys([known[0], known[-1]])) if known else "year not stated"


@dataclass(frozen=True)
class Records:
    """One kind's records with the zones they lie in.

    Attributes
    ----------
    kind, noun
        What they are, and what is counted.
    table
        ``RECORD_COLUMNS``, and ``x``, ``y`` in metres on the hub's equal-area plane.
    covers
        Codes of the regions a sample covers; None: everywhere.
    sample
        A sentence fragment that names the sample; empty when the table is not a sample.
    base_noun
        What all rows are, where ``case`` marks only some of them as the kind.
    """

    kind: str
    noun: str
    table: pd.DataFrame
    covers: frozenset[str] | None = None
    sample: str = ""
    base_noun: str = ""

    @cached_property
    def _rows(self) -> dict[str, dict[str, NDArray[np.intp]]]:
        return {
            level: {str(k): np.asarray(v) for k, v in self.table.groupby(level).indices.items()}
            for level in ("city", "district")
        }

    @cached_property
    def cases(self) -> Records:
        """Only the records that are of the kind, not its base."""
        return replace(self, table=self.table[self.table["case"]])

    def within(self, zone: Zone) -> pd.DataFrame:
        """The records of a zone."""
        if zone.level == "district":
            return self.table.take(self._rows["district"].get(zone.key, []))
        if zone.level == "city":
            return self.table.take(self._rows["city"].get(zone.key, []))
        by_district = self.table["district"].isin(zone.districts)
        whole = {part.code for part in zone.parts}
        return self.table[by_district | self.table["city"].isin(whole)]

    def seen_in(self, zone: Zone) -> tuple[Zone, str | None, str]:
        """The part of a zone that is covered, the reason to withhold, and a note."""
        if self.covers is None:
            return zone, None, self.sample
        part = zone.covered_by(self.covers)
        if not part.parts:
            return zone, f"not covered: {self.sample}", ""
        if part is zone:
            return zone, None, self.sample
        out = [p.name for p in zone.parts if p not in part.parts]
        return part, None, f"{self.sample}; without {', '.join(out)} (not covered)"


def count_units(table: pd.DataFrame) -> float:
    """How many there are: each unit once, by its weight."""
    return float(table.drop_duplicates("unit")["weight"].sum())


class Statistic(Recipe):
    """A declared statistic: options here, behaviour in :meth:`measure`."""

    unit: ClassVar[str] = ""
    help: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    reference: ClassVar[str] = ""
    levels: ClassVar[tuple[Level, ...]] = ("hub", "city", "district")

    def applies(self, records: Records) -> bool:
        """Whether the statistic makes sense for this kind."""
        return True

    def measure(
        self, zones: tuple[Zone, ...], records: Records, world: Mapping[str, Records]
    ) -> pd.Series[Estimate]:  # type: ignore[type-var]
        """One estimate a zone.

        Parameters
        ----------
        zones
            What to measure; nothing is mutated.
        records
            The kind's records in the hub.
        world
            Every kind's records in the whole workspace.

        Returns
        -------
        Series
            Of :class:`Estimate`, aligned with ``zones`` by their keys.
        """
        import pandas as pd

        found = []
        for zone in zones:
            part, withheld, note = records.seen_in(zone)
            if withheld:
                found.append(Estimate(None, self.unit_of(records), withheld=withheld, share_used=0))
                continue
            estimate = self.of_zone(part, records, world)
            found.append(estimate._replace(note="; ".join(filter(None, [estimate.note, note]))))
        keys = pd.MultiIndex.from_tuples([(z.level, z.key) for z in zones], names=["level", "zone"])
        return pd.Series(found, index=keys, dtype=object)

    def unit_of(self, records: Records) -> str:
        """The unit, which may be the kind's noun."""
        return self.unit or records.noun

    def of_zone(self, zone: Zone, records: Records, world: Mapping[str, Records]) -> Estimate:
        """The estimate of one covered zone."""
        raise NotImplementedError

    def refuse(self, records: Records, why: str, n: int = 0, share: float = 1.0) -> Estimate:
        """An estimate that is withheld."""
        return Estimate(None, self.unit_of(records), n=n, share_used=share, withheld=why)
