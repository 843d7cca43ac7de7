"""Relative measures: whether one kind is clustered beyond the rest, whatever land and cities do.

They compare with all records, so no edge correction is needed. Places share one plane.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Bools, Floats, Ints, floats, radii, ratio
from hubmap.statistics.pointpattern.pairs import close_pairs, cross_pairs, rings


@dataclass(frozen=True)
class Density:
    """A density of pair distances.

    Attributes
    ----------
    value
        Density at each radius asked for, per unit of distance.
    bandwidth
        Standard deviation of the kernel.
    """

    value: Floats
    bandwidth: float


def m_function(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    case: npt.ArrayLike,
    r: npt.ArrayLike,
    neighbour: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
) -> Floats:
    """Return Marcon and Puech's M: cases' share among neighbours within r over that everywhere.

    The share of the neighbours' weight is taken around each case, averaged over the cases that
    have neighbours, and divided by the share over all other records, averaged over the same
    cases: 1 under random labelling.

    Parameters
    ----------
    x, y
        All records, shape (n,).
    case
        Which records are looked from, shape (n,).
    r
        Radii, ascending, shape (k,).
    neighbour
        Which records are looked for (universities around firms, say): the cases where not given.
        M within one kind leaves the record itself out.
    weight
        Weights (employees), 1 where not given.

    References
    ----------
    Marcon, E. and Puech, F. (2010). Measures of the geographic concentration of industries:
    improving distance-based methods. Journal of Economic Geography 10, 745-762.
    """
    px, py, radius = floats(x), floats(y), radii(r)
    from_ = np.asarray(case, dtype=np.bool_)
    wanted = from_ if neighbour is None else np.asarray(neighbour, dtype=np.bool_)
    w = np.ones(px.size) if weight is None else floats(weight)
    target = np.where(wanted, w, 0.0)
    index = np.flatnonzero(from_)
    bins = radius.size + 1
    overall = ratio(float(target.sum()) - target[index], float(w.sum()) - w[index])
    overall = np.nan_to_num(overall)
    near, base = np.zeros(radius.size), np.zeros(radius.size)
    for found in cross_pairs(px[index], py[index], px, py, within=float(radius.max())):
        pairs = found.only(index[found.i] != found.j)
        place = pairs.own * bins + rings(radius, pairs.distance)
        shape = (pairs.points.size, bins)
        total = _upto(place, w[pairs.j], shape)
        share = _upto(place, target[pairs.j], shape)
        near += np.sum(np.divide(share, total, out=np.zeros(total.shape), where=total > 0), axis=0)
        base += overall[pairs.points] @ (total > 0)
    return ratio(near, base)


def _upto(place: Ints, weight: Floats, shape: tuple[int, int]) -> Floats:
    """Return the weight up to each radius around each point, shape (points, radii)."""
    total = np.bincount(place, weights=weight, minlength=shape[0] * shape[1]).reshape(shape)
    return floats(np.cumsum(total, axis=1)[:, :-1])


def kd_function(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    r: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    bandwidth: float | None = None,
) -> Density:
    """Return Duranton and Overman's Kd, the density of the distances between all pairs.

    A Gaussian kernel, reflected at zero distance. With weights it is their employment-weighted
    version, each pair counting the product of its weights.

    Parameters
    ----------
    x, y
        The cases, shape (n,).
    r
        Radii, shape (k,).
    weight
        Weights (employees), 1 where not given.
    bandwidth
        Of the kernel; where not given Silverman's rule on the distances up to twice the largest r
        (NaN where fewer than two pairs are that near).

    References
    ----------
    Duranton, G. and Overman, H. G. (2005). Testing for localization using micro-geographic data.
    Review of Economic Studies 72, 1077-1106; Silverman, B. W. (1986). Density Estimation, 3.31.
    """
    px, py, radius = floats(x), floats(y), radii(r)
    w = np.ones(px.size) if weight is None else floats(weight)
    reach = 2 * float(radius.max())
    found = [
        (pairs.distance, w[pairs.i] * w[pairs.j]) for pairs in close_pairs(px, py, within=reach)
    ]
    distance = np.concatenate([np.empty(0), *(part for part, _ in found)])
    load = np.concatenate([np.empty(0), *(part for _, part in found)])
    if bandwidth is None and distance.size < 2:
        return Density(np.full(radius.shape, np.nan), float("nan"))
    h = silverman(distance) if bandwidth is None else bandwidth
    # Pairs beyond eight bandwidths of the largest radius add nothing to the kernel sum.
    near = distance <= float(radius.max()) + 8 * h
    distance, load = distance[near], load[near]
    everything = (float(w.sum()) ** 2 - float(np.sum(w**2))) / 2
    value = np.empty(radius.size)
    for k, rim in enumerate(radius):
        direct = np.exp(-(((distance - rim) / h) ** 2) / 2)
        mirrored = np.exp(-(((distance + rim) / h) ** 2) / 2)
        value[k] = float(load @ (direct + mirrored))
    return Density(ratio(value, everything * h * np.sqrt(2 * np.pi)), h)


def silverman(values: npt.ArrayLike) -> float:
    """Return Silverman's bandwidth, ``0.9 * min(sd, IQR / 1.34) * n^(-1/5)``, two values or more.

    Values without spread in the middle take the standard deviation, values all alike (the pairs of
    three firms on a triangle, say) their own size, or 1, as R's ``bw.nrd0`` does.
    """
    v = floats(values)
    low, high = np.quantile(v, [0.25, 0.75])
    wide = float(v.std(ddof=1))
    spread = min(wide, float(high - low) / 1.34) or wide or abs(float(v[0])) or 1.0
    return float(0.9 * spread * v.size**-0.2)


def relabelled(
    case: npt.ArrayLike, *, draws: int, seed: int, among: npt.ArrayLike | None = None
) -> list[Bools]:
    """Return random labels: as many cases dealt over the records, or over those of ``among``."""
    label = np.asarray(case, dtype=np.bool_)
    pool = np.arange(label.size) if among is None else np.flatnonzero(np.asarray(among))
    rng = np.random.default_rng(seed)
    dealt: list[Bools] = []
    for _ in range(draws):
        drawn = np.zeros(label.size, dtype=np.bool_)
        drawn[rng.choice(pool, int(label.sum()), replace=False)] = True
        dealt.append(drawn)
    return dealt
