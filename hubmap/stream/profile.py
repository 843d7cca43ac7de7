"""What batches tell of a hub beyond its points: postings a month, distinct employers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hubmap.layers.build import whole_cities
from hubmap.layers.profile import profile_table
from hubmap.layers.zones import zones_of
from hubmap.statistics.model import Estimate
from hubmap.stream.sketch import RELATIVE_ERROR, estimates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubmap.layers.model import HubLayer
    from hubmap.stream.source import Streamed
    from hubmap.tables import Regions


def with_streams(layer: HubLayer, streams: Mapping[str, Streamed], regions: Regions) -> HubLayer:
    """A layer with what its sources in parts tell.

    Parameters
    ----------
    layer
        A hub made of regions.
    streams
        By kind.
    regions
        The workspace's regions.

    Returns
    -------
    HubLayer
        Its profile also has ``monthly`` (cases a month, over all months from the first to the
        last) and ``employers`` (distinct, an estimate with a 95 % interval) for every zone, and
        its districts a column ``employers_KIND``.
    """
    codes = sorted(layer.districts["code"])
    zones = zones_of(layer.id, regions, codes, whole_cities(codes, regions))
    rows, districts = [], layer.districts.copy()
    for kind, streamed in sorted(streams.items()):
        for zone in zones:
            inside = [*zone.districts] or [zone.key]
            told = {"monthly": monthly(streamed, inside), "employers": employers(streamed, inside)}
            for statistic, estimate in told.items():
                if estimate is not None:
                    names = {"hub": layer.id, "zone": zone.key, "level": zone.level}
                    words = {"name": zone.name, "name_zh": zone.name_zh, "kind": kind}
                    rows.append(names | words | {"statistic": statistic, **estimate._asdict()})
        if streamed.sketches is not None:
            known = streamed.employers.set_index("district")["employers"]
            districts[f"employers_{kind}"] = districts["code"].map(known).astype(float)
    if not rows:
        return layer
    profile = pd.concat([layer.profile, profile_table(rows)], ignore_index=True)
    return replace(layer, profile=profile, districts=districts)


def monthly(streamed: Streamed, codes: list[str]) -> Estimate | None:
    """Cases a month in some districts; None where no month is stated."""
    stated = streamed.months[streamed.months["month"].astype(str) != ""]
    if stated.empty:
        return None
    # The span is the whole source's, so that zones can be compared.
    span = pd.period_range(stated["month"].min(), stated["month"].max(), freq="M")
    mine = stated[stated["district"].isin(codes) & stated["case"]]
    total = float(mine["count"].sum())
    return Estimate(
        value=total / len(span),
        unit="a month",
        denominator=f"{len(span)} months, {span[0]} to {span[-1]}",
        n=round(total),
    )


def employers(streamed: Streamed, codes: list[str]) -> Estimate | None:
    """Distinct employers in some districts; None where none is read."""
    if streamed.sketches is None:
        return None
    at = np.flatnonzero(streamed.employers["district"].isin(codes))
    value = float(estimates(streamed.sketches[at].max(axis=0)[None])[0]) if len(at) else 0.0
    wide = 1.96 * RELATIVE_ERROR * value
    rows = streamed.months.loc[streamed.months["district"].isin(codes), "count"].sum()
    return Estimate(
        value=float(np.round(value)),
        unit="employers",
        low=max(float(np.floor(value - wide)), 0.0),
        high=float(np.ceil(value + wide)),
        denominator="all rows of the source",
        n=round(float(rows)),
        note="estimated with HyperLogLog; an employer in several districts counts once",
    )
