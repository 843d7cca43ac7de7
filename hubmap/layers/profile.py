"""The profile of a hub: every statistic for every kind and zone, one row each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from hubmap.layers.comparing import RANKS, with_ranks
from hubmap.statistics.curves import Plotted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubmap.statistics.model import Records, Statistic, World, Zone

PROFILE_COLUMNS = (
    "hub", "zone", "level", "name", "name_zh", "statistic", "kind", "value", "unit", "low", "high",
    "denominator", "n", "share_used", "withheld", "note", *RANKS,
)  # fmt: skip
CONTRACT = (
    "hub", "statistic", "kind", "value", "unit", "low", "high", "denominator", "n", "share_used",
    "withheld", "note", *RANKS,
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """A hub's numbers: its profile, and the curves behind them as plain values."""

    profile: pd.DataFrame
    curves: tuple[dict[str, Any], ...]


def measured(
    hub: str,
    statistics: Iterable[Statistic],
    zones: tuple[Zone, ...],
    world: World,
    districts: set[str],
    cities: set[str],
) -> Measured:
    """Compute a hub's profile and its curves.

    Parameters
    ----------
    hub
        Its id.
    statistics
        What to compute.
    zones
        For which zones.
    world
        Every kind's records in the workspace, and the land.
    districts, cities
        Codes that lie in the hub.

    Returns
    -------
    Measured
        The profile has ``PROFILE_COLUMNS``; ``value`` is missing exactly where ``withheld`` gives
        a reason. Cities are ranked among each other. The curves are of hubs only.
    """
    rows = []
    curves = []
    for kind, every in world.records.items():
        records = _local(every, districts, cities)
        for statistic in statistics:
            if not statistic.applies(every):
                continue
            asked = tuple(zone for zone in zones if zone.level in statistic.levels)
            estimates = statistic.measure(asked, records, world)
            for zone, estimate in zip(asked, estimates, strict=True):
                place = {"hub": hub, "zone": zone.key, "level": zone.level}
                said = {"statistic": statistic.key, "kind": kind}
                names = {"name": zone.name, "name_zh": zone.name_zh}
                rows.append({**place, **names, **said, **estimate._asdict()})
                if (
                    zone.level == "hub"
                    and isinstance(statistic, Plotted)
                    and estimate.value is not None
                ):
                    part = records.seen_in(zone)[0]
                    found = statistic.curves(part, records, world)
                    curves += [{**place, **said, **curve.plain()} for curve in found]
    profile = profile_table(rows)
    return Measured(with_ranks(profile, profile["level"] == "city"), tuple(curves))


def measure(
    hub: str,
    statistics: Iterable[Statistic],
    zones: tuple[Zone, ...],
    world: World,
    districts: set[str],
    cities: set[str],
) -> pd.DataFrame:
    """The profile of :func:`measured` alone."""
    return measured(hub, statistics, zones, world, districts, cities).profile


def as_variant(found: Measured) -> Measured:
    """The rows and curves of a hub as those of its variant."""
    curves = tuple({**curve, "level": "variant"} for curve in found.curves)
    return Measured(found.profile.assign(level="variant"), curves)


def _local(records: Records, districts: set[str], cities: set[str]) -> Records:
    """The records in the hub."""
    table = records.table
    inside = table["district"].isin(districts) | (
        table["district"].isna() & table["city"].isin(cities)
    )
    return replace(records, table=table[inside])


def profile_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a profile, with its column types."""
    table = pd.DataFrame(rows, columns=list(PROFILE_COLUMNS))
    for column in ("value", "low", "high", "share_used", *RANKS):
        table[column] = table[column].astype(float)
    # As objects, because a string column would turn the Nones of `withheld` into NaN.
    table["withheld"] = pd.Series([row["withheld"] for row in rows], dtype=object)
    return table
