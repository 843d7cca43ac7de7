"""How firm found hubs are: the search repeated under many settings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hubmap.layers.ranking import ranks
from hubmap.layers.search import Found, search
from hubmap.statistics.arrays import floats

if TYPE_CHECKING:
    from hubmap.layers.recipe import Clusters
    from hubmap.statistics.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Setting:
    """One setting and what it found."""

    within_km: float
    core_share: float
    found: Found


def try_settings(pool: pd.DataFrame, recipe: Clusters) -> list[Setting]:
    """Search under every setting of the recipe; the guard speaks at each distance anew."""
    tried = []
    distances = sorted(set(recipe.stability.within_km))
    for within_km, core_share in product(distances, sorted(set(recipe.stability.core_share))):
        found = search(
            pool,
            recipe.layers,
            within_m=within_km * 1000,
            core_share=core_share,
            grid_m=recipe.grid_m,
            algorithm=recipe.algorithm,
            level=recipe.level,
        )
        tried.append(Setting(within_km, core_share, found))
    return tried


def place_stability(settings: list[Setting], place: Ints, places: int) -> tuple[Floats, Ints]:
    """Share of the settings in which each place belongs to a hub.

    Parameters
    ----------
    settings
        What was tried.
    place
        Index of each record's place, shape (n,).
    places
        How many places there are.

    Returns
    -------
    share
        Of the settings that say something of a place (it holds a record placed well enough for
        their distance), those in which at least half of its weight lies in a hub; NaN where none
        says anything, shape (places,).
    number
        How many settings say something, shape (places,).
    """
    belongs, says = np.zeros(places), np.zeros(places, dtype=np.int64)
    for setting in settings:
        mass = setting.found.mass
        every = np.bincount(place, weights=mass, minlength=places)
        inside = np.bincount(place, weights=mass * (setting.found.label >= 0), minlength=places)
        belongs += (every > 0) & (inside >= every / 2 * (1 - 1e-12))
        says += every > 0
    share = np.divide(belongs, says, out=np.full(places, np.nan), where=says > 0)
    return floats(share), says


def hub_stability(settings: list[Setting], members: list[Bools]) -> pd.DataFrame:
    """In how many settings each hub is found again, and with which rank.

    Parameters
    ----------
    settings
        What was tried.
    members
        Which records make each hub, each of shape (n,).

    Returns
    -------
    DataFrame
        A row a hub: ``found_in``, the share of the settings in which one cluster holds at least
        half of the hub's weight and has at least half of its own from it; ``rank_low`` and
        ``rank_high``, the ranks of that cluster by combined weight (missing if never found).
    """
    searched = [s.found for s in settings if not s.found.refused]
    rows = []
    for own in members:
        seen = [rank for found in searched if (rank := _found_again(found, own))]
        rows.append(
            {
                "found_in": len(seen) / len(searched) if searched else float("nan"),
                "rank_low": min(seen, default=None),
                "rank_high": max(seen, default=None),
            }
        )
    table = pd.DataFrame(rows, columns=["found_in", "rank_low", "rank_high"])
    return table.astype({"found_in": float, "rank_low": "Int64", "rank_high": "Int64"})


def _found_again(found: Found, own: Bools) -> int:
    """The rank of the cluster that is this hub in another setting; 0 when there is none."""
    clustered = found.label >= 0
    if not clustered.any():
        return 0
    masses = np.bincount(found.label[clustered], weights=found.mass[clustered])
    both = clustered & own
    shared = np.bincount(found.label[both], weights=found.mass[both], minlength=masses.size)
    best = int(shared.argmax())
    hub = float(found.mass[own].sum())
    if shared[best] < hub / 2 or shared[best] < masses[best] / 2 or hub == 0:
        return 0
    return int(ranks(masses)[best])
