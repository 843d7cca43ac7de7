"""The guard: which records can carry a statistic at which scale.

Two questions, asked before any number: does each record claim to be placed precisely enough, and
do the places look like places, or like a few centroids that a geocoder fell back to?
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Bools, Ints, floats

Level = Literal["point", "district"]
State = Literal["used", "marked", "withheld"]

PILE_SHARE = 0.05
"""One coordinate with more than this share of the records is a pile, unless it is a known site."""
MIN_SITES = 50.0
"""Effective sites below which point statistics are withheld."""
SLACK = 1e-9
"""Shares are quotients: fifty places of one record each make 49.999… effective sites."""
MARK_BELOW, WITHHOLD_BELOW = 0.8, 0.5
"""Shares of records used below which a statistic is marked, and withheld."""


@dataclass(frozen=True)
class Places:
    """How the records of a layer are spread over coordinates.

    Attributes
    ----------
    n
        Records.
    unique_ratio
        Distinct coordinates over records.
    modal_share
        Share of the records on the largest pile.
    effective_sites
        Inverse of the sum of squared shares of the coordinates.
    site, size
        Coordinate index of each record, shape (n,), and records of each coordinate.
    """

    n: int
    unique_ratio: float
    modal_share: float
    effective_sites: float
    site: Ints
    size: Ints


@dataclass(frozen=True)
class Verdict:
    """What may be computed.

    Attributes
    ----------
    state
        ``used``, ``marked`` (share used below 80 %) or ``withheld`` (below 50 %, or too few sites).
    usable
        Which records to use, shape (n,); none when withheld.
    share_used
        Their share of all records.
    min_scale_m
        Smallest scale that the usable records carry: twice their largest ``precision_m``.
    reason
        Why marked or withheld, and what would help; empty when used in full.
    """

    state: State
    usable: Bools
    share_used: float
    min_scale_m: float
    reason: str


def describe_places(x: npt.ArrayLike, y: npt.ArrayLike, *, tolerance_m: float = 1.0) -> Places:
    """Return how many sites the records really occupy.

    Parameters
    ----------
    x, y
        Planar places in metres, shape (n,).
    tolerance_m
        Coordinates equal after rounding to this are one site.
    """
    places = np.column_stack([floats(x), floats(y)])
    n = len(places)
    if n == 0:
        none = np.empty(0, dtype=np.int64)
        return Places(0, float("nan"), float("nan"), 0.0, none, none)
    rounded = np.round(places / tolerance_m).astype(np.int64)
    _, site, size = np.unique(rounded, axis=0, return_inverse=True, return_counts=True)
    share = size / n
    return Places(
        n,
        size.size / n,
        float(share.max()),
        float(1 / np.sum(share**2)),
        site.reshape(-1).astype(np.int64),
        size.astype(np.int64),
    )


def judge(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    precision_m: npt.ArrayLike,
    scale_m: float,
    level: Level = "point",
    districts: int = 0,
    known: npt.ArrayLike | None = None,
    noun: str = "records",
) -> Verdict:
    """Return which records may serve a statistic at a scale, and why not the others.

    A record is left out when ``precision_m > scale_m / 2``, or when it lies on a pile: a
    coordinate with more than 5 % of the records that is no known site. Where piles, or all the
    coordinates there are, are about as many as districts (half to double), they are district
    centroids and still serve district statistics; fewer are centroids of cities.

    Parameters
    ----------
    x, y
        Planar places in metres, shape (n,).
    precision_m
        Claimed precision of each record, shape (n,) or one number.
    scale_m
        Scale of the statistic; for districts their equivalent diameter.
    level
        ``point`` (distances between records matter) or ``district`` (only membership does).
    districts
        Number of districts of the area; needed for ``district``.
    known
        Records at a known campus or tower, shape (n,): their piles are real.
    noun
        The word for the records in messages, plural.
    """
    places = describe_places(x, y)
    n = places.n
    precision = np.broadcast_to(floats(precision_m), (n,))
    real = np.zeros(n, dtype=np.bool_) if known is None else np.asarray(known, dtype=np.bool_)
    precise = precision <= scale_m / 2 * (1 + SLACK)
    pile_of = places.size[places.site] if n else places.site
    piled = (pile_of > PILE_SHARE * n * (1 + SLACK)) & ~real
    piles = int(np.unique(places.site[piled]).size)
    # Centroids of districts: about as many shared places as there are districts.
    shared = int(np.count_nonzero(places.size > 1))
    by_district = districts > 0 and (
        piles >= districts / 2 or districts / 2 <= shared <= 2 * districts
    )
    if level == "district" and by_district:
        piled = np.zeros(n, dtype=np.bool_)
        piles = 0
    usable = precise & ~piled
    share = float(usable.mean()) if n else 0.0
    sites = describe_places(floats(x)[usable], floats(y)[usable]).effective_sites
    cause = _cause(n, int((~precise).sum()), int((piled & precise).sum()), piles, scale_m, noun)
    if share < WITHHOLD_BELOW * (1 - SLACK):
        rest = "district-level" if level == "point" and by_district else "city-level"
        hint = "place them by street address to have more"
        return _withheld(n, share, f"{cause}: only {rest} statistics; {hint}.")
    if level == "point" and sites < MIN_SITES * (1 - SLACK):
        whole = math.floor(sites * (1 + SLACK))
        few = f"{int(usable.sum())} {noun} occupy only {whole} effective sites"
        return _withheld(n, share, f"{few} (50 are needed): add records or place them better.")
    scale = 2 * float(precision[usable].max())
    if share < MARK_BELOW * (1 - SLACK):
        return Verdict("marked", usable, share, scale, f"{share:.0%} of {noun} used: {cause}.")
    return Verdict("used", usable, share, scale, "")


def _cause(n: int, vague: int, piled: int, piles: int, scale_m: float, noun: str) -> str:
    parts: list[str] = []
    if vague:
        parts.append(f"{vague} of {n} {noun} are placed no better than {scale_m / 2:,.0f} m")
    if piled:
        parts.append(f"{piled} of {n} {noun} share {piles} coordinates")
    return " and ".join(parts) or f"there are {n} {noun}"


def _withheld(n: int, share: float, reason: str) -> Verdict:
    return Verdict("withheld", np.zeros(n, dtype=np.bool_), share, float("nan"), reason)
