"""Hubs, and a hub's cities, compared: ranks as intervals beside their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hubmap.statistics.ranks import rank_intervals

if TYPE_CHECKING:
    from collections.abc import Iterable

RANKS = ("rank_low", "rank_high", "rank_of")


def with_ranks(profile: pd.DataFrame, chosen: pd.Series[bool]) -> pd.DataFrame:
    """The profile with the ranks of some rows among each other, statistic by statistic.

    Parameters
    ----------
    profile
        ``PROFILE_COLUMNS``.
    chosen
        The rows to compare, aligned with it: of one statistic and kind each stands for one place.

    Returns
    -------
    DataFrame
        A copy in which ``rank_low``, ``rank_high`` and ``rank_of`` of these rows are set where at
        least two have a value with an interval; see
        :func:`hubmap.statistics.ranks.rank_intervals`.
    """
    profile = profile.copy()
    known = chosen & profile["value"].notna() & profile["low"].notna() & profile["high"].notna()
    for _, rows in profile[known].groupby(["statistic", "kind"], sort=True):
        if len(rows) > 1:
            best, worst = rank_intervals(rows["value"], rows["low"], rows["high"])
            ranks = np.column_stack([best, worst, np.full(len(rows), len(rows))])
            profile.loc[rows.index, list(RANKS)] = ranks.astype(float)
    return profile


def ranked_by(profile: pd.DataFrame, comparisons: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """A hub's own profile with its ranks among the hubs of the first comparison it is in."""
    keys = ["hub", "statistic", "kind"]
    profile = profile.copy()
    for other in comparisons:
        rows = other[(other["level"] == "hub") & other["rank_of"].notna()]
        found = rows.set_index(keys)[list(RANKS)]
        at = pd.MultiIndex.from_frame(profile[keys])
        mine = (profile["level"] == "hub") & profile["rank_of"].isna() & at.isin(found.index)
        profile.loc[mine, list(RANKS)] = found.reindex(at[mine]).to_numpy()
    return profile
