"""The profile of a hub: every statistic for every kind and zone, one row each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubmap.statistics.model import Statistic, World, Zone

PROFILE_COLUMNS = (
    "hub", "zone", "level", "name", "name_zh", "statistic", "kind", "value", "unit", "low", "high",
    "denominator", "n", "share_used", "withheld", "note",
)  # fmt: skip
CONTRACT = (
    "hub", "statistic", "kind", "value", "unit", "low", "high", "denominator", "n", "share_used",
    "withheld", "note",
)  # fmt: skip


def measure(
    hub: str,
    statistics: Iterable[Statistic],
    zones: tuple[Zone, ...],
    world: World,
    districts: set[str],
    cities: set[str],
) -> pd.DataFrame:
    """Compute a hub's profile.

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
    DataFrame
        ``PROFILE_COLUMNS``; ``value`` is missing exactly where ``withheld`` gives a reason.
    """
    rows = []
    for kind, records in world.records.items():
        table = records.table
        inside = table["district"].isin(districts) | (
            table["district"].isna() & table["city"].isin(cities)
        )
        local = replace(records, table=table[inside])
        for statistic in statistics:
            if not statistic.applies(records):
                continue
            asked = tuple(zone for zone in zones if zone.level in statistic.levels)
            estimates = statistic.measure(asked, local, world)
            for zone, estimate in zip(asked, estimates, strict=True):
                rows.append(
                    {
                        "hub": hub,
                        "zone": zone.key,
                        "level": zone.level,
                        "name": zone.name,
                        "name_zh": zone.name_zh,
                        "statistic": statistic.key,
                        "kind": kind,
                        **estimate._asdict(),
                    }
                )
    return profile_table(rows)


def profile_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a profile, with its column types."""
    table = pd.DataFrame(rows, columns=list(PROFILE_COLUMNS))
    for column in ("value", "low", "high", "share_used"):
        table[column] = table[column].astype(float)
    # As objects, because a string column would turn the Nones of `withheld` into NaN.
    table["withheld"] = pd.Series([row["withheld"] for row in rows], dtype=object)
    return table
