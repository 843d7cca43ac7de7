"""The places that are known without any extra: China's regions and the workspace's own."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from hubmap.geodata.places.names import HAN, base_zh, key_latin, key_zh, latin_bases
from hubmap.geodesy import equivalent_radius_m

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubmap.tables import Regions

Level = Literal["country", "province", "city", "district"]
LEVELS: tuple[Level, ...] = ("country", "province", "city", "district")
# A city of that many times the people of every other one of its name is meant by it.
DOMINANCE = 5.0
# Provinces that are one city: their code is the city's too.
CITY_PROVINCES = ("110000", "120000", "310000", "500000", "810000", "820000")


@dataclass(frozen=True, slots=True)
class Spot:
    """One place: what it is called, where it lies, and what it lies in."""

    code: str
    level: Level
    name: str
    name_zh: str = ""
    lon: float = float("nan")
    lat: float = float("nan")
    precision_m: float = float("nan")
    population: float = 0.0
    parents: tuple[str, ...] = ()

    @property
    def city(self) -> str:
        """The code of the city; empty above that level."""
        if self.level == "city":
            return self.code
        return self.parents[0] if self.level == "district" else ""

    def within(self, other: Spot) -> bool:
        """Whether this place is the other one or lies in it."""
        return self.code == other.code or other.code in self.parents

    def nested(self, other: Spot) -> bool:
        """Whether one of the two lies in the other."""
        return self.within(other) or other.within(self)


@dataclass(frozen=True, slots=True)
class Named:
    """A name as it is looked up: whose it is, and whether its generic part is written."""

    spot: Spot
    full: bool


class Gazetteer:
    """Places by the keys of their names.

    Parameters
    ----------
    regions
        The workspace's regions; their names, aliases, points and precision come first.
    """

    def __init__(self, regions: Regions | None = None) -> None:
        self.spots = dict(_built_in())
        extra: dict[str, list[str]] = {}
        if regions is not None:
            for spot, names in _of_regions(regions, self.spots):
                self.spots[spot.code] = spot
                extra[spot.code] = names
        self._zh: dict[str, dict[str, Named]] = defaultdict(dict)
        self._latin: dict[str, dict[str, Spot]] = defaultdict(dict)
        for code, names in [*_built_in_names().items(), *extra.items()]:
            for name in names:
                self._add(name, self.spots[code])
        self.longest_zh = max(map(len, self._zh))

    def _add(self, name: str, spot: Spot) -> None:
        if HAN.search(name):
            full, short = key_zh(name), key_zh(base_zh(name))
            self._zh[full][spot.code] = Named(spot, len(full) > len(short) or len(full) > 3)
            if len(short) > 1:
                self._zh[short].setdefault(spot.code, Named(spot, full == short and len(full) > 3))
        else:
            for key in latin_bases(key_latin(name)):
                self._latin[key][spot.code] = spot

    def zh(self, key: str) -> Iterable[Named]:
        """Places of that Chinese name."""
        return self._zh.get(key, {}).values()

    def latin(self, key: str) -> list[Spot]:
        """Places of that Latin name."""
        return list(self._latin.get(key, {}).values())


def _parents(code: str, level: str) -> tuple[str, ...]:
    province = code[:2] + "0000"
    if level == "province" or province == code:
        return ("CN",)
    if level == "city":
        return (province, "CN")
    if province in CITY_PROVINCES:
        return (province, "CN")
    return (code[:4] + "00", province, "CN")


def _table(name: str) -> list[dict[str, str]]:
    text = (files("hubmap.geodata.places") / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _built_in() -> dict[str, Spot]:
    found = {"CN": Spot("CN", "country", "China", "中国")}
    for row in _table("gazetteer.csv"):
        level: Level = next(level for level in LEVELS if level == row["level"])
        found[row["code"]] = Spot(
            row["code"],
            level,
            row["name"],
            row["name_zh"],
            float(row["lon"]),
            float(row["lat"]),
            float(row["precision_m"]),
            float(row["population"] or 0),
            _parents(row["code"], level),
        )
    for row in _table("aliases.csv"):
        if row["note"] == "country" and row["code"] not in found:
            found[row["code"]] = Spot(row["code"], "country", row["alias"])
    return found


@cache
def _built_in_names() -> dict[str, list[str]]:
    names: dict[str, list[str]] = {"CN": ["China", "中国"]}
    for row in _table("gazetteer.csv"):
        former = [name for name in row["former"].split("; ") if name]
        names[row["code"]] = [n for n in (row["name"], row["pinyin"], row["name_zh"]) if n]
        names[row["code"]] += former
    for row in _table("aliases.csv"):
        names.setdefault(row["code"], []).append(row["alias"])
    return names


def _of_regions(regions: Regions, known: dict[str, Spot]) -> Iterable[tuple[Spot, list[str]]]:
    """The workspace's regions as places, each with all its names."""
    for code, row in regions.iterrows():
        point = row.geometry.representative_point()
        area = row["area_km2"] if row["area_km2"] > 0 else row["polygon_km2"]
        parent = row["parent"]
        level: Level = "city" if row["level"] == "city" else "district"
        spot = Spot(
            str(code),
            level,
            row["name"],
            row["name_zh"],
            point.x,
            point.y,
            equivalent_radius_m(area),
            row["population"] if row["population"] > 0 else 0.0,
            (parent,) if isinstance(parent, str) and parent else (),
        )
        if code in known:
            spot = replace(spot, parents=known[str(code)].parents)
        aliases = row["aliases"] if "aliases" in regions.columns else ""
        names = [name.strip() for name in str(aliases or "").split(";")]
        yield spot, [n for n in (row["name"], row["name_zh"], *names) if n]
