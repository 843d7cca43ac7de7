"""The order of hubs: by weight, by residents, by layers combined; and how firm the order is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hubmap.statistics.arrays import floats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from hubmap.statistics.arrays import Floats, Ints

RANKS = ("combined", "weight", "per_million")


def ranks(values: npt.ArrayLike) -> Ints:
    """Ranks from 1, the largest first; equal values share the better rank; NaN comes last."""
    v = np.nan_to_num(floats(values), nan=-np.inf)
    return np.asarray((v[None, :] > v[:, None]).sum(axis=1) + 1, dtype=np.int64)


def combined(shares: pd.DataFrame, layers: Mapping[str, float]) -> Floats:
    """The weighted mean of a hub's shares of the layers, 0 to 1."""
    names = [name for name in layers if name in shares]
    weights = floats([layers[name] for name in names])
    return floats(shares[names].to_numpy(dtype=float) @ weights / weights.sum())


def rank_table(
    pool: pd.DataFrame,
    hubs: Mapping[str, Sequence[str]],
    residents: Mapping[str, float],
    layers: Mapping[str, float],
) -> pd.DataFrame:
    """Every hub with its weights, its three ranks, and its rank without each layer.

    Parameters
    ----------
    pool
        All records, precise or not: what lies in which district is known of most.
    hubs
        Each hub's districts.
    residents
        Each hub's residents; NaN where not known.
    layers
        The weight of each kind in the combination.

    Returns
    -------
    DataFrame
        Indexed as ``hubs``: ``share_KIND``, ``weight`` (records by their own weight, a campus as
        a part of its institution), ``per_million``, ``combined``, ``rank_weight``,
        ``rank_per_million``, ``rank_combined`` and ``rank_without_KIND``.
    """
    place = pool["district"].fillna(pool["city"])
    kinds = [kind for kind in layers if (pool["kind"] == kind).any()]
    rows = []
    for codes in hubs.values():
        own = pool[place.isin(codes).to_numpy()]
        held = own.groupby("kind")["share"].sum()
        rows.append(
            {
                **{f"share_{kind}": float(held.get(kind, 0.0)) for kind in kinds},
                "weight": float(own["weight"].sum()),
            }
        )
    table = pd.DataFrame(rows, index=pd.Index(list(hubs), name="hub"))
    people = floats([residents[hub] for hub in hubs])
    table["per_million"] = table["weight"] / people * 1e6
    shares = table[[f"share_{kind}" for kind in kinds]].set_axis(kinds, axis=1)
    table["combined"] = combined(shares, layers)
    for by in RANKS:
        table[f"rank_{by}"] = ranks(table[by])
    for kind in kinds:
        others = {name: weight for name, weight in layers.items() if name in kinds and name != kind}
        if others:
            table[f"rank_without_{kind}"] = ranks(combined(shares, others))
    return table


def leading(
    counts: npt.ArrayLike, first: int, *, draws: int = 9999, seed: int = 0
) -> tuple[Floats, Ints, Ints]:
    """How firm the order of some counts is under multinomial resampling.

    Parameters
    ----------
    counts
        A count a place, shape (n,).
    first
        How many lead.
    draws, seed
        Resamples, and their seed.

    Returns
    -------
    share
        Of the resamples in which each place is among the first, shape (n,).
    low, high
        The 95 % interval of each place's rank, shape (n,).
    """
    c = floats(counts)
    total = round(float(c.sum()))
    sample = np.random.default_rng(seed).multinomial(total, c / c.sum(), size=draws)
    # Ties go to the place that comes first in the table, in every resample alike.
    order = np.argsort(np.argsort(-sample, axis=1, kind="stable"), axis=1) + 1
    low, high = np.quantile(order, [0.025, 0.975], axis=0, method="inverted_cdf")
    share = floats((order <= first).mean(axis=0))
    return share, np.asarray(low, dtype=np.int64), np.asarray(high, dtype=np.int64)


def overlap_table(
    pool: pd.DataFrame,
    found: Mapping[str, Sequence[str]],
    found_shapes: gpd.GeoSeries,
    named: Mapping[str, Sequence[str]],
    named_shapes: gpd.GeoSeries,
) -> pd.DataFrame:
    """How far found hubs are the named ones.

    Parameters
    ----------
    pool
        All records.
    found, named
        Districts of each hub.
    found_shapes, named_shapes
        Their outlines on an equal-area plane, indexed by hub.

    Returns
    -------
    DataFrame
        A row a pair: ``hub``, ``named``, ``jaccard_records`` and ``jaccard_area`` (shared over
        either's), and ``inside``, the share of the found hub's records that the named one holds.
    """
    place = pool["district"].fillna(pool["city"]).to_numpy()
    inside = {codes: np.isin(place, list(codes)) for codes in map(tuple, named.values())}
    rows = []
    for hub, codes in found.items():
        mine = np.isin(place, list(codes))
        for name, others in named.items():
            theirs = inside[tuple(others)]
            both, either = int((mine & theirs).sum()), int((mine | theirs).sum())
            a, b = found_shapes[hub], named_shapes[name]
            shared = shapely.intersection(a, b).area if a.intersects(b) else 0.0
            rows.append(
                {
                    "hub": hub,
                    "named": name,
                    "jaccard_records": both / either if either else 0.0,
                    "jaccard_area": shared / (a.area + b.area - shared),
                    "inside": both / max(int(mine.sum()), 1),
                }
            )
    columns = ["hub", "named", "jaccard_records", "jaccard_area", "inside"]
    return pd.DataFrame(rows, columns=columns)
