"""The zones a profile speaks of: the hub, its cities, its districts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hubmap.statistics.model import Part, Zone

if TYPE_CHECKING:
    from hubmap.tables import Regions


def part_of(code: str, regions: Regions) -> Part:
    """A region's official figures."""
    row = regions.loc[code]

    def year(value: float) -> str:
        return f"{value:.0f}" if math.isfinite(value) else ""

    return Part(
        code=code,
        city=row["city"],
        name=row["name"],
        area_km2=float(row["area_km2"]),
        area_year=year(row["area_year"]),
        population=float(row["population"]),
        population_year=year(row["population_year"]),
        polygon_km2=float(row["polygon_km2"]),
        built_up_km2=float(row["built_up_km2"]),
        built_up_year=year(row["built_up_year"]),
        graduates=float(row["graduates"]),
        graduates_year=year(row["graduates_year"]),
    )


def zones_of(id: str, regions: Regions, codes: list[str], whole: list[str]) -> tuple[Zone, ...]:
    """The zones of a hub.

    Parameters
    ----------
    id
        The hub, whose title is not known here.
    regions
        The workspace's regions.
    codes
        Its districts.
    whole
        Its cities that lie in it entirely: their own official figures are used, since the figures
        of districts come from other tables and need not add up to them.

    Returns
    -------
    tuple of Zone
        The hub, then its whole cities, then its districts, each sorted by code.
    """
    city_of = {code: str(regions.at[code, "city"]) for code in codes}
    parts = tuple(part_of(city, regions) for city in whole)
    parts += tuple(part_of(code, regions) for code in codes if city_of[code] not in whole)
    zones = [Zone(id, "hub", id, id, parts, city_of)]
    for city in whole:
        inside = {code: c for code, c in city_of.items() if c == city and code != city}
        zones.append(_zone(city, "city", regions, inside))
    zones += [_zone(code, "district", regions, {code: city_of[code]}) for code in codes]
    return tuple(zones)


def _zone(code: str, level: str, regions: Regions, districts: dict[str, str]) -> Zone:
    row = regions.loc[code]
    return Zone(code, level, row["name"], row["name_zh"], (part_of(code, regions),), districts)  # type: ignore[arg-type]
