"""What statistics take and give: zones, records, the world, estimates, the declared statistic."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, cast

import numpy as np

from hubmap.recipes import Recipe

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from hubmap.statistics.pointpattern.setcovariance import SetCovariance

Level = Literal["hub", "city", "district"]
RECORD_COLUMNS: dict[str, Any] = {
    "unit": "", "weight": 1.0, "case": True, "precision_m": math.nan, "founded": None,
    "home": None, "city": None, "district": None, "category": None, "stated": False,
    "site": False, "size": math.nan, "clusters": math.nan,
}  # fmt: skip
"""The columns of records and what stands where a source has none."""


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
    polygon_km2: float = math.nan
    built_up_km2: float = math.nan
    built_up_year: str = ""
    graduates: float = math.nan
    graduates_year: str = ""


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
        return self.total("area_km2")

    @property
    def population(self) -> float:
        """Census residents; NaN when a part's number is not known."""
        return self.total("population")

    def total(self, figure: str) -> float:
        """A figure of the parts summed; NaN when a part's is not known."""
        return math.fsum(getattr(part, figure) for part in self.parts)

    def years(self, figure: str) -> str:
        """The years of a figure, in words."""
        return years_of(self.parts, figure)


def years_of(parts: Iterable[Part], figure: str) -> str:
    """The years of a figure of some regions, in words."""
    known = sorted({year for p in parts if (year := getattr(p, f"{figure}_year"))})
    return "–".join(dict.fromkeys([known[0], known[-1]])) if known else "year not stated"


@dataclass(frozen=True)
class Records:
    """One kind's records with the zones they lie in.

    Attributes
    ----------
    kind, noun
        What they are, and what is counted.
    table
        ``RECORD_COLUMNS``, and ``x``, ``y`` in metres on the hub's equal-area plane. ``stated``:
        the row itself names its district. ``site``: its point stands for a known campus or park,
        so that many may share it. ``size``: employees. ``clusters``: how many employers the
        row's weight comes from.
    covers
        Codes of the regions a sample covers; None: everywhere.
    sample
        A sentence fragment that names the sample; empty when the table is not a sample.
    base_noun
        What all rows are, where ``case`` marks only some of them as the kind.
    points
        Whether the records have places of their own; else they stand for their districts.
    """

    kind: str
    noun: str
    table: pd.DataFrame
    covers: frozenset[str] | None = None
    sample: str = ""
    base_noun: str = ""
    points: bool = True
    memo: dict[Hashable, Any] = field(init=False, repr=False, compare=False, default_factory=dict)
    """What was computed once of these records; ``replace`` begins with an empty one."""

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
        key = ("within", *zone.districts, *(part.code for part in zone.parts))
        if key not in self.memo:
            self.memo[key] = self._within_hub(zone)
        return cast("pd.DataFrame", self.memo[key])

    def _within_hub(self, zone: Zone) -> pd.DataFrame:
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


def record_table(table: pd.DataFrame) -> pd.DataFrame:
    """A table with all ``RECORD_COLUMNS``, the absent ones filled with what stands for none."""
    import pandas as pd

    filled = {name: value for name, value in RECORD_COLUMNS.items() if name not in table}
    whole = table.assign(**filled)[[*RECORD_COLUMNS, "x", "y"]]
    # Units only tell records apart, and numbers do so much faster than names.
    codes = pd.factorize(whole["unit"])[0]
    text = {name: whole[name].astype(object) for name in ("home", "city", "district", "category")}
    return whole.assign(unit=codes, **text)


@dataclass(frozen=True)
class World:
    """What lies around a zone: all records, the land on the hub's plane, official figures.

    Attributes
    ----------
    records
        Every kind's records in the whole workspace.
    land
        Each district's polygon on the hub's equal-area plane, in metres, by code.
    districts
        Each district's official figures, by code.
    crs
        The plane, as text that pyproj reads; empty when places need no longitude.
    around
        Outline and city of each district just outside the hub, by code.
    """

    records: Mapping[str, Records]
    land: Mapping[str, BaseGeometry] = field(default_factory=dict)
    districts: Mapping[str, Part] = field(default_factory=dict)
    crs: str = ""
    around: Mapping[str, tuple[BaseGeometry, str]] = field(default_factory=dict)
    memo: dict[Hashable, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def window(self, zone: Zone) -> BaseGeometry | None:
        """The land of a zone; None when an outline is missing."""
        import shapely

        codes = tuple(zone.districts) or (zone.key,)
        if not all(code in self.land for code in codes):
            return None
        if codes not in self.memo:
            self.memo[codes] = shapely.union_all([self.land[code] for code in codes])
        return cast("BaseGeometry", self.memo[codes])

    def covariance(self, window: BaseGeometry) -> SetCovariance:
        """The set covariance of a window, which edge corrections share."""
        from hubmap.statistics.pointpattern.setcovariance import set_covariance

        key = ("covariance", window.bounds, window.area)
        if key not in self.memo:
            self.memo[key] = set_covariance(window)
        return cast("SetCovariance", self.memo[key])

    def place(self, x: float, y: float) -> str:
        """A place of the plane in words: the district it lies in, and longitude and latitude."""
        import shapely

        words = []
        if self.land:
            codes = list(self.land)
            nearest = int(shapely.STRtree(list(self.land.values())).nearest(shapely.Point(x, y)))
            part = self.districts.get(codes[nearest])
            words.append(part.name if part else codes[nearest])
        if self.crs:
            from pyproj import Transformer

            lon, lat = Transformer.from_crs(self.crs, 4326, always_xy=True).transform(x, y)
            words.append(f"{lon:.3f}° E {lat:.3f}° N")
        return " ".join([words[0], *(f"({word})" for word in words[1:])]) if words else ""


def count_units(table: pd.DataFrame) -> float:
    """How many there are: each unit once, by its weight."""
    return float(table["weight"].to_numpy()[~table["unit"].duplicated().to_numpy()].sum())


class Statistic(Recipe):
    """A declared statistic: options here, behaviour in :meth:`of_zone`.

    ``name`` is the tag in recipes; what stands beside the class variables here is what docs and
    ``hubmap show statistics`` print.
    """

    unit: ClassVar[str] = ""
    help: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    reference: ClassVar[str] = ""
    interval: ClassVar[str] = "none"
    """The method of ``low`` and ``high``, said in the note unless the estimate says its own."""
    guard: ClassVar[str] = ""
    """Which records may serve; empty: all do."""
    scale: ClassVar[str] = ""
    """What r of the guard is, where it asks for one."""
    checks: ClassVar[str] = ""
    """What it is checked against, and to which tolerance."""
    question: ClassVar[str] = ""
    levels: ClassVar[tuple[Level, ...]] = ("hub", "city", "district")
    told_by: ClassVar[tuple[str, ...]] = ()
    """Options that the key tells where they are not the default."""
    varied: ClassVar[str] = ""
    """Over which settings :meth:`variants` goes."""

    @property
    def key(self) -> str:
        """What the statistic is called in a profile: its name and the options that set it apart."""
        said = [str(getattr(self, "name", ""))]
        for option in self.told_by:
            value = getattr(self, option)
            if value != type(self).model_fields[option].default:
                said.append(f"{value:g}" if isinstance(value, float) else str(value))
        return "_".join(part for part in said if part)

    def applies(self, records: Records) -> bool:
        """Whether the statistic makes sense for this kind."""
        return True

    def measure(
        self, zones: tuple[Zone, ...], records: Records, world: World
    ) -> pd.Series[Estimate]:  # type: ignore[type-var]
        """One estimate a zone.

        Parameters
        ----------
        zones
            What to measure; nothing is mutated.
        records
            The kind's records in the hub.
        world
            Every kind's records in the whole workspace, and the land.

        Returns
        -------
        Series
            Of :class:`Estimate`, aligned with ``zones`` by their keys.
        """
        import pandas as pd

        from hubmap.statistics.sensitivity import told_range

        found = []
        for zone in zones:
            part, withheld, note = records.seen_in(zone)
            if withheld:
                found.append(Estimate(None, self.unit_of(records), withheld=withheld, share_used=0))
                continue
            estimate = self.of_zone(part, records, world)
            if estimate.value is not None and not math.isfinite(estimate.value):
                why = "it is undefined for these records (a division by zero): add records"
                estimate = self.refuse(records, why, estimate.n, estimate.share_used)
            notes = [estimate.note, note]
            if estimate.low is not None and "interval" not in estimate.note:
                notes.insert(1, f"95 % interval: {self.interval}")
            if zone.level == "hub" and estimate.value is not None:
                notes.append(told_range(self, estimate.value, part, records, world))
            found.append(estimate._replace(note="; ".join(filter(None, notes))))
        keys = pd.MultiIndex.from_tuples([(z.level, z.key) for z in zones], names=["level", "zone"])
        return pd.Series(found, index=keys, dtype=object)

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        """The same question under other settings, and shifts of the records in metres."""
        return ()

    def plain(self, zone: Zone, records: Records, world: World) -> float | None:
        """The value alone, without interval and null, where that is cheaper."""
        return self.of_zone(zone, records, world).value

    def unit_of(self, records: Records) -> str:
        """The unit, which may be the kind's noun."""
        return self.unit or records.noun

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        """The estimate of one covered zone."""
        raise TypeError(f"{type(self).__name__} declares no estimate")

    def refuse(self, records: Records, why: str, n: int = 0, share: float = 1.0) -> Estimate:
        """An estimate that is withheld."""
        return Estimate(None, self.unit_of(records), n=n, share_used=share, withheld=why)
