"""Which datum a table's coordinates are in, tested against what the rows themselves state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from hubmap.geodesy import distance_m, to_wgs84

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hubmap.geodesy import Datum
    from hubmap.tables import Regions

HYPOTHESES: tuple[Datum, ...] = ("WGS-84", "GCJ-02", "BD-09")
_MOST = 20000
"""Rows that are tested; more sharpen nothing."""
_ERROR = 0.05
"""How often a row speaks for a datum that it is not in: wrong statements, coarse outlines."""
_TWIN_M = 250.0
"""Half the least distance between two datums in China, so that a twin fits one of them."""
_DRAWS = 400


@dataclass(frozen=True)
class DatumVerdict:
    """What the three hypotheses agree with.

    Attributes
    ----------
    verdict
        A datum, ``mixed``, or ``undecided`` where too few rows tell one from another.
    stated
        Rows that state a region and were tested.
    agreement
        For each datum the share of these that lie in that region when read so, with its Wilson
        interval.
    outlined
        Rows tested against the workspace's outlines.
    outlines
        For each datum the share of these that lie in any outline, with its Wilson interval.
    twins
        Rows that lie within 250 m of the same name in another source of the workspace, by the
        datum in which they do.
    telling
        Rows on which the hypotheses differ.
    shares
        Share of each datum among these with a bootstrap interval, by maximum likelihood.
    """

    verdict: str
    stated: int
    agreement: dict[str, tuple[float, float, float]]
    outlined: int
    outlines: dict[str, tuple[float, float, float]]
    twins: dict[str, int]
    telling: int
    shares: dict[str, tuple[float, float, float]]

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "verdict": self.verdict,
            "stated": self.stated,
            "agreement": {k: [round(x, 4) for x in v] for k, v in self.agreement.items()},
            "outlined": self.outlined,
            "outlines": {k: [round(x, 4) for x in v] for k, v in self.outlines.items()},
            "twins": self.twins,
            "telling": self.telling,
            "shares": {k: [round(x, 4) for x in v] for k, v in self.shares.items()},
        }

    def sentence(self) -> str:
        """The verdict and its numbers, in one line."""
        parts = [self.verdict]
        if self.verdict == "mixed":
            some = [(k, v) for k, v in self.shares.items() if v[0] >= 0.01]
            parts = ["mixed: " + ", ".join(f"{k} {_percent(v)}" for k, v in some)]
        if self.agreement:
            told = ", ".join(f"{k} {_percent(v)}" for k, v in self.agreement.items())
            parts.append(f"{self.stated} rows lie in their stated region as {told}")
        if self.outlines:
            told = ", ".join(f"{k} {_percent(v)}" for k, v in self.outlines.items())
            parts.append(f"{self.outlined} rows lie in the workspace's outlines as {told}")
        if sum(self.twins.values()):
            told = ", ".join(f"{k} {n}" for k, n in self.twins.items())
            parts.append(f"same names elsewhere fit {told}")
        parts.append(f"{self.telling} rows tell the datums apart")
        return "; ".join(parts)


def _percent(value: tuple[float, float, float]) -> str:
    share, low, high = (100 * part for part in value)
    return f"{share:.1f} % ({low:.1f}–{high:.1f})"


def wilson(x: int, n: int) -> tuple[float, float, float]:
    """A share with its 95 % Wilson interval."""
    if n == 0:
        return float("nan"), 0.0, 1.0
    z = 1.959963984540054
    share = x / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return share, max(0.0, float(middle - half)), min(1.0, float(middle + half))


def judge(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    codes: NDArray[np.object_],
    names: NDArray[np.object_],
    regions: Regions,
    twins: Mapping[str, NDArray[np.float64]],
    *,
    enough: int,
    mixed_share: float,
    elsewhere: bool = False,
) -> DatumVerdict:
    """Test the three hypotheses.

    Parameters
    ----------
    lon, lat
        Degrees as they stand in the file, shape (n,).
    codes
        The region each row states, or "" for none, shape (n,).
    names
        The row's name, shape (n,).
    regions
        The workspace's regions.
    twins
        For a name the places (WGS-84, shape (m, 2)) where other sources know it.
    enough
        Fewer telling rows give no verdict.
    mixed_share
        It is mixed when the interval of a second datum's share begins above.
    elsewhere
        Whether rows may lie outside the workspace: then its outlines tell nothing of a row.

    Notes
    -----
    A row tells something when the hypotheses put it on different sides of its region's outline
    (where it states none, of all outlines together), or near another source's place of that name
    under one of them only. The shares maximise the likelihood in which a row of datum k agrees
    with k in all but 5 % of cases.
    """
    usable = np.isfinite(lon) & np.isfinite(lat)
    known = np.array([bool(code) for code in codes], dtype=bool)
    twinned = np.array([name in twins for name in names], dtype=bool)
    among, anywhere = _outlined(lon, lat, usable, regions)
    chosen = _some(np.flatnonzero(usable & (known | twinned)))
    alone = anywhere[~(known | twinned)[among]] if not elsewhere else anywhere[:0]
    lon, lat, codes, names = lon[chosen], lat[chosen], codes[chosen], names[chosen]
    known, twinned = np.take(known, chosen), np.take(twinned, chosen)
    places = [to_wgs84(lon, lat, datum) for datum in HYPOTHESES]
    inside = np.stack([_inside(x, y, codes, regions) for x, y in places], axis=1)
    near = _near_twins(places, names, twinned, twins)
    stated = int(known.sum())
    agreement: dict[str, tuple[float, float, float]] = {
        datum: wilson(int(inside[known, k].sum()), stated)
        for k, datum in enumerate(HYPOTHESES)
        if stated
    }
    votes = np.where(near.max(axis=1, keepdims=True), near, inside & known[:, None])
    votes = np.concatenate([votes, alone])
    telling = votes[votes.any(axis=1) & ~votes.all(axis=1)]
    shares = _shares(telling)
    return DatumVerdict(
        verdict=_verdict(shares, telling, enough, mixed_share),
        stated=stated,
        agreement=agreement,
        outlined=len(among),
        outlines={
            datum: wilson(int(anywhere[:, k].sum()), len(among))
            for k, datum in enumerate(HYPOTHESES)
            if len(among)
        },
        twins={datum: int(near[:, k].sum()) for k, datum in enumerate(HYPOTHESES)},
        telling=len(telling),
        shares=shares,
    )


def _verdict(
    shares: Mapping[str, tuple[float, float, float]],
    votes: NDArray[np.bool_],
    enough: int,
    mixed: float,
) -> str:
    if len(votes) < enough:
        return "undecided"
    first, second = sorted(HYPOTHESES, key=lambda datum: -shares[datum][0])[:2]
    one, other = (votes[:, HYPOTHESES.index(datum)] for datum in (first, second))
    # Rows that speak against the third only leave the two alike, which is not a mixture.
    if int((one != other).sum()) < enough and shares[second][2] > mixed:
        return "undecided"
    if shares[second][1] > mixed:
        return "mixed"
    return first if shares[first][1] > 0.5 else "undecided"


def _some(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """At most ``_MOST`` of some rows, evenly spaced."""
    if len(rows) <= _MOST:
        return rows
    return np.take(rows, np.linspace(0, len(rows) - 1, _MOST).astype(int))


def _outlined(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    usable: NDArray[np.bool_],
    regions: Regions,
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Rows, and whether each lies in any of the regions' outlines under each hypothesis."""
    rows = _some(np.flatnonzero(usable))
    found = np.zeros((len(rows), len(HYPOTHESES)), dtype=bool)
    tree = shapely.STRtree(regions.geometry[regions["leaf"]].to_numpy())
    for k, datum in enumerate(HYPOTHESES):
        points = shapely.points(*to_wgs84(lon[rows], lat[rows], datum))
        found[tree.query(points, predicate="intersects")[0], k] = True
    return rows, found


def _inside(
    x: NDArray[np.float64], y: NDArray[np.float64], codes: NDArray[np.object_], regions: Regions
) -> NDArray[np.bool_]:
    found = np.zeros(len(x), dtype=bool)
    for code in sorted({str(code) for code in codes if code}):
        shape = regions.geometry[code]
        shapely.prepare(shape)
        here = codes == code
        found[here] = shapely.contains_xy(shape, x[here], y[here])
    return found


def _near_twins(
    places: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
    names: NDArray[np.object_],
    twinned: NDArray[np.bool_],
    twins: Mapping[str, NDArray[np.float64]],
) -> NDArray[np.bool_]:
    """Under which hypothesis each row lies nearest to its name's place, and near enough."""
    near = np.zeros((len(names), len(places)), dtype=bool)
    rows = np.flatnonzero(twinned)
    if not len(rows):
        return near
    counts = [len(twins[names[row]]) for row in rows]
    owner = np.repeat(rows, counts)
    there = np.concatenate([twins[names[row]] for row in rows])
    least = np.full((len(names), len(places)), np.inf)
    for k, (x, y) in enumerate(places):
        away = distance_m(x[owner], y[owner], there[:, 0], there[:, 1])
        np.minimum.at(least[:, k], owner, away)
    best = least.argmin(axis=1)
    fits = np.take_along_axis(least, best[:, None], axis=1)[:, 0] < _TWIN_M
    near[fits, best[fits]] = True
    return near


def _shares(votes: NDArray[np.bool_]) -> dict[str, tuple[float, float, float]]:
    """Maximum-likelihood shares of the datums and their percentile intervals."""
    if not len(votes):
        return dict.fromkeys(HYPOTHESES, (float("nan"), 0.0, 1.0))
    patterns, counts = np.unique(votes, axis=0, return_counts=True)
    likelihood = np.where(patterns, 1 - _ERROR, _ERROR)
    draws = np.random.default_rng(0).multinomial(counts.sum(), counts / counts.sum(), size=_DRAWS)
    weights = np.vstack([counts, draws]).astype(float)
    share = np.full((len(weights), len(HYPOTHESES)), 1 / len(HYPOTHESES))
    for _ in range(200):
        part = share[:, None, :] * likelihood[None]
        part /= part.sum(axis=2, keepdims=True)
        share = (weights[:, :, None] * part).sum(axis=1) / weights.sum(axis=1, keepdims=True)
    low, high = np.quantile(share[1:], [0.025, 0.975], axis=0)
    return {
        datum: (float(share[0, k]), float(low[k]), float(high[k]))
        for k, datum in enumerate(HYPOTHESES)
    }


def twins_of(tables: Mapping[str, Any], most_m: float = 1000.0) -> dict[str, Any]:
    """Where the workspace's other sources know a name, from their precise points."""
    found: dict[str, list[tuple[float, float]]] = {}
    for table in tables.values():
        sure = table[(table["placed"] == "point") & (table["precision_m"] <= most_m)]
        for column in ("name", "name_zh"):
            for name, point in zip(sure[column], sure.geometry, strict=True):
                if isinstance(name, str) and name:
                    found.setdefault(name, []).append((point.x, point.y))
    return {name: np.unique(np.array(points), axis=0) for name, points in found.items()}
