"""From a text, and what the row's other columns say, to one place or the reason why not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from hubmap.errors import MissingExtra
from hubmap.geodata.places.chinese import readings
from hubmap.geodata.places.gazetteer import DOMINANCE, Gazetteer, Spot
from hubmap.geodata.places.latin import parts, segments
from hubmap.geodata.places.names import HAN, key_latin, key_zh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubmap.geodata.places.world import World
    from hubmap.tables import Regions

Problem = Literal["", "empty", "unknown", "ambiguous", "contradiction", "several places"]
_SEVERAL = re.compile(r"[,，、;；/|&+]")
_SEVERAL_ZH = re.compile(rf"{_SEVERAL.pattern}|和|\s+")
_SHOWN = 8

ALL_READ, PART_READ, BY_OTHERS, BY_SIZE, OTHERS_ONLY = 1.0, 0.9, 0.95, 0.8, 0.6


@dataclass(frozen=True, slots=True)
class Place:
    """What a text says of where it is.

    Attributes
    ----------
    code, level, city
        The place's code ("" when there is none), its level, and its city's code.
    name, name_zh
        What it is called.
    lon, lat, precision_m
        Its point in WGS-84 and the radius within which the place is true.
    confidence
        1 all of the text was read; 0.95 other columns decided; 0.9 part of the text names no
        place (a street, a park); 0.8 the size of the city decided; 0.6 only other columns.
    candidates
        Where the text is ambiguous or contradicts itself: what it could mean.
    problem
        Why there is no place; "" when there is one.
    """

    code: str = ""
    level: str = ""
    city: str = ""
    name: str = ""
    name_zh: str = ""
    lon: float = float("nan")
    lat: float = float("nan")
    precision_m: float = float("nan")
    confidence: float = 0.0
    candidates: tuple[str, ...] = ()
    problem: Problem = ""

    @property
    def found(self) -> bool:
        """Whether there is a place."""
        return not self.problem


@dataclass(frozen=True, slots=True)
class _Part:
    """One statement about the place: what it could mean, and whether all of it was read."""

    spots: tuple[Spot, ...]
    whole: bool


class Geocoder:
    """Finds places offline.

    Parameters
    ----------
    regions
        The workspace's regions; without them only the built-in gazetteer of China.
    world
        Whether to look outside China too (extra `places`); by default when it is installed.
    """

    def __init__(self, regions: Regions | None = None, *, world: bool | None = None) -> None:
        self.gazetteer = Gazetteer(regions)
        self._wants_world = world
        self._memory: dict[tuple[str, ...], Place] = {}
        if world:
            self._world()

    def _world(self) -> World | None:
        if self._wants_world is False:
            return None
        from hubmap.geodata.places.world import world

        try:
            return world()
        except MissingExtra:
            if self._wants_world:
                raise
            self._wants_world = False
            return None

    def find(self, text: str, *others: str) -> Place:
        """Find one place.

        Parameters
        ----------
        text
            The place as it is written.
        others
            What the row's other columns say: district, city, province, country, in any order
            and any language; they decide where the text is ambiguous.

        Returns
        -------
        Place
            Its ``problem`` says why when there is none.
        """
        key = (text.strip(), *(other.strip() for other in others))
        if key not in self._memory:
            self._memory[key] = self._find(*key)
        return self._memory[key]

    def find_code(self, code: str, confidence: float = ALL_READ) -> Place | None:
        """The place of a code that the regions or the gazetteer have; None for any other."""
        spot = self.gazetteer.spots.get(code) if code.isascii() else None
        return None if spot is None else _place(spot, confidence)

    def find_all(self, columns: Sequence[pd.Series[str]]) -> pd.DataFrame:
        """Find the place of every row.

        Parameters
        ----------
        columns
            The column that names the place, then the other ones, aligned.

        Returns
        -------
        DataFrame
            With the attributes of :class:`Place` as columns, aligned with the input;
            ``candidates`` joined with "; ".
        """
        filled = [column.fillna("").astype(str) for column in columns]
        places = [self.find(*row) for row in zip(*filled, strict=True)]
        table = pd.DataFrame(
            {name: [getattr(place, name) for place in places] for name in Place.__slots__},
            index=columns[0].index,
        )
        table["candidates"] = table["candidates"].map("; ".join).astype(str)
        return table

    def _find(self, text: str, *others: str) -> Place:
        place = self._answer(None, text, *others)
        abroad = place.level == "country" and place.code != "CN"
        if place.found and not abroad and (HAN.search(text) or self._in_china(text, *others)):
            return place
        # Loading the world takes seconds, so only what needs it pays.
        world = self._world()
        return self._answer(world, text, *others) if world else place

    def _in_china(self, *texts: str) -> bool:
        """Whether a part says so: a name in Chinese letters, or a country or province."""
        for text in texts:
            for part in self._parts(text, None):
                if part.spots and (
                    HAN.search(text)
                    or all(s.code == "CN" or s.level == "province" for s in part.spots)
                ):
                    return True
        return False

    def _answer(self, world: World | None, text: str, *others: str) -> Place:
        own = self._parts(text, world)
        around = [part for other in others for part in self._parts(other, world)]
        said = [part for part in own if part.spots]
        if any(ch.isalnum() for ch in text):
            clash = self._several(text, world, [part for part in around if part.spots])
            if clash:
                return clash
        known = [part for part in (*own, *around) if part.spots]
        if not known:
            blank = not any(c.isalnum() for c in "".join((text, *others)))
            return Place(problem="empty" if blank else "unknown")
        spots = _agreeing(known)
        if not spots:
            return _refused("contradiction", [s for part in known for s in part.spots])
        alone = _agreeing(said) if said else []
        confidence = ALL_READ if all(part.whole for part in own) else PART_READ
        if not said:
            confidence = OTHERS_ONLY
        elif len(alone) != 1 or alone[0].code != spots[0].code:
            confidence = min(confidence, BY_OTHERS)
        if len(spots) > 1:
            largest = _dominant(spots)
            if largest is None:
                return _refused("ambiguous", spots)
            spots, confidence = [largest], min(confidence, BY_SIZE)
        return _place(spots[0], confidence)

    def _several(self, text: str, world: World | None, around: Sequence[_Part]) -> Place | None:
        """A refusal where a text names places that do not lie in each other.

        A district's short name is no place where the other columns are elsewhere: in "海淀区 清河"
        of Beijing the second is a neighbourhood that shares its name with districts far away.
        """
        separator = _SEVERAL_ZH if HAN.search(text) else _SEVERAL
        pieces = [piece for piece in separator.split(text) if piece.strip()]
        if len(pieces) < 2:
            return None
        parts = [
            part
            for piece in pieces
            for part in self._parts(piece, world)
            if part.whole and part.spots and not _elsewhere(piece, part, around)
        ]
        reaches = [_reach(part.spots) for part in parts]
        for index, part in enumerate(parts):
            for other, reach in zip(parts[index + 1 :], reaches[index + 1 :], strict=True):
                if not any(_nested(spot, reach) for spot in part.spots):
                    named = [s for p in (part, other) for s in p.spots]
                    return _refused("several places", named)
        return None

    def _parts(self, text: str, world: World | None) -> list[_Part]:
        if not any(c.isalnum() for c in text):
            return []
        if HAN.search(text):
            return [self._chinese(text, world)]
        found: list[_Part] = []
        seen: set[str] = set()
        for part in parts(text):
            key = key_latin(part)
            lists = segments(part, self.gazetteer, world)
            whole = len(lists) == 1
            for spots in lists:
                # "Jilin, Jilin": the first is the city, the second the province.
                again = key in seen or any(
                    key_latin(p) == key for p in parts(text)[len(found) + 1 :]
                )
                found.append(_Part(tuple(_collapsed(spots, deep=again and key not in seen)), whole))
            if not lists:
                found.append(_Part((), False))
            seen.add(key)
        return found

    def _chinese(self, text: str, world: World | None) -> _Part:
        key = key_zh(text)
        found = readings(key, self.gazetteer)
        if world and found and found[0].spot.level == "country" and found[0].read < len(key):
            # "美国旧金山": the country is known here, the city only to the world.
            inner = [s for s in world.lookup(key[found[0].read :]) if s.within(found[0].spot)]
            if inner:
                return _Part(tuple(_collapsed(inner)), True)
        if found:
            return _Part(tuple(r.spot for r in found), all(r.read == len(key) for r in found))
        spots = world.lookup(key) if world else []
        return _Part(tuple(_collapsed(spots)), bool(spots))


def _elsewhere(piece: str, part: _Part, around: Sequence[_Part]) -> bool:
    """Whether a short name of districts only has none where the other columns are."""
    key = key_zh(piece)
    short = all(s.level == "district" and key_zh(s.name_zh) != key for s in part.spots)
    return short and not all(
        any(_nested(spot, reach) for spot in part.spots)
        for reach in (_reach(other.spots) for other in around)
    )


def _collapsed(spots: Sequence[Spot], *, deep: bool = False) -> list[Spot]:
    """Of places that lie in each other and share a name, only the outer (or the inner city)."""
    if deep:
        cities = [spot for spot in spots if spot.level == "city"]
        return cities or list(spots)
    codes = {spot.code for spot in spots}
    return [spot for spot in spots if not codes & set(spot.parents)]


def _reach(spots: Sequence[Spot]) -> tuple[set[str], set[str]]:
    """The codes of some places, and of all they lie in: a name may have hundreds of places."""
    return {spot.code for spot in spots}, {code for spot in spots for code in spot.parents}


def _nested(spot: Spot, reach: tuple[set[str], set[str]]) -> bool:
    """Whether a place is, lies in, or holds one of those that a reach is of."""
    codes, around = reach
    return spot.code in codes or spot.code in around or not codes.isdisjoint(spot.parents)


def _agreeing(known: Sequence[_Part]) -> list[Spot]:
    """The finest places that every statement allows."""
    allowed: dict[str, Spot] = {}
    reaches = [_reach(part.spots) for part in known]
    for part in known:
        for spot in part.spots:
            if all(_nested(spot, reach) for reach in reaches):
                allowed[spot.code] = spot
    outer = {code for spot in allowed.values() for code in spot.parents}
    return [spot for code, spot in allowed.items() if code not in outer]


def _dominant(spots: Sequence[Spot]) -> Spot | None:
    """The one city or province that is far larger than all others of the name, if there is one.

    Two cities of China that share a name are never told apart by size, nor are districts.
    """
    first, second = sorted(spots, key=lambda spot: spot.population, reverse=True)[:2]
    if first.level == "district" or first.population < DOMINANCE * max(second.population, 1):
        return None
    chinese = [s for s in spots if s.code.isdigit() and s.level == "city"]
    return None if len(chinese) > 1 else first


def _place(spot: Spot, confidence: float) -> Place:
    return Place(
        spot.code, spot.level, spot.city, spot.name, spot.name_zh,
        spot.lon, spot.lat, spot.precision_m, confidence,
    )  # fmt: skip


def _refused(problem: Problem, spots: Sequence[Spot]) -> Place:
    ordered = sorted(spots, key=lambda spot: (-spot.population, spot.code))
    shown = dict.fromkeys(f"{s.name_zh or s.name} {s.code}" for s in ordered)
    return Place(candidates=tuple(shown)[:_SHOWN], problem=problem)
