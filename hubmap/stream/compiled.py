"""Counting a batch in compiled loops; needs the extra ``fast``. The same answers as NumPy's."""

from __future__ import annotations

from functools import cache
from math import frexp, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.stream.sketch import BITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.int32]

UNSURE, FAR = -2, -1
_REST = 64 - BITS
_LOW = np.uint64((1 << _REST) - 1)
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_A, _B, _C, _DOWN = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(_REST)
_UP = sqrt(3) / 3


@cache
def kernel(name: str) -> Callable[..., Any]:
    """One of this module's loops, compiled."""
    from numba import njit, types

    def given(kind: Any, dimensions: int = 1) -> Any:
        return types.Array(kind, dimensions, "C", readonly=True)

    def kept(kind: Any, dimensions: int = 1) -> Any:
        return types.Array(kind, dimensions, "C")

    real, place, whole = given(types.float64), given(types.int32), given(types.int64)
    signatures = {
        "count_rows": types.int64(
            whole, place, whole, whole, real, kept(types.float64, 3),
            given(types.uint64), given(types.uint8), kept(types.uint8, 2),
            types.uint64, types.uint64, types.uint64, given(types.uint64),
            kept(types.int64), kept(types.uint64),
        ),
        "place_rows": types.void(
            real, real, place, given(types.boolean), real, given(types.float64, 3),
            types.float64, types.float64, types.int64, types.int64, types.int64, kept(types.int32),
        ),
        "add_places": types.void(whole, place, real, kept(types.float64, 2)),
        "nearest_rows": types.void(
            real, real, real, given(types.int32, 2), given(types.float64, 2), place, place,
            given(types.float64, 2), place, types.float64, types.float64, kept(types.int32),
        ),
    }  # fmt: skip
    loops = {f.__name__: f for f in (count_rows, place_rows, add_places, nearest_rows)}
    compiled: Callable[..., Any] = njit(signatures[name], cache=True, nogil=True)(loops[name])
    return compiled


def count_rows(
    group: NDArray[np.int64],
    district: Places,
    month: NDArray[np.int64],
    row: NDArray[np.int64],
    weight: Floats,
    counts: Floats,
    prints: NDArray[np.uint64],
    stated: NDArray[np.uint8],
    sketches: NDArray[np.uint8],
    start: np.uint64,
    seed: np.uint64,
    threshold: np.uint64,
    limits: NDArray[np.uint64],
    chosen: NDArray[np.int64],
    priorities: NDArray[np.uint64],
) -> int:
    """Count rows by group, district and month; note employers; choose for the sample.

    Arguments are those of the batch's rows with a district: ``weight`` is empty where all weigh
    one, ``prints`` and ``stated`` where no employer is read. Returns how many were chosen.
    """
    found, districts = 0, counts.shape[1]
    for i in range(len(district)):
        g, d = group[i], np.int64(district[i])
        counts[g, d, month[i]] += weight[i] if len(weight) else 1.0
        if len(prints) and stated[i]:
            z = prints[i] + _STEP
            z = (z ^ (z >> _A)) * _FIRST
            z = (z ^ (z >> _B)) * _SECOND
            z = z ^ (z >> _C)
            register = np.int64(z >> _DOWN)
            rank = np.uint8(_REST + 1 - frexp(np.float64(z & _LOW))[1])
            sketches[d, register] = max(sketches[d, register], rank)
        z = ((np.uint64(row[i]) + start) ^ seed) + _STEP
        z = (z ^ (z >> _A)) * _FIRST
        z = (z ^ (z >> _B)) * _SECOND
        z = z ^ (z >> _C)
        stratum = g * districts + d
        if z <= threshold or stratum >= len(limits) or z <= limits[stratum]:
            chosen[found], priorities[found] = i, z
            found += 1
    return found


def place_rows(
    lon: Floats,
    lat: Floats,
    district: Places,
    mine: NDArray[np.bool_],
    frame: Floats,
    nodes: Floats,
    side: float,
    margin: float,
    left: int,
    bottom: int,
    columns: int,
    places: Places,
) -> None:
    """The place of each point's hexagon; -1 where the district is not the hub's, -2 if unsure.

    ``margin`` is the share of the apothem within which a border is too near to tell.
    """
    rows, span = nodes.shape[0] - 1, nodes.shape[1] - 1
    for i in range(len(lon)):
        if not mine[district[i]]:
            places[i] = FAR
            continue
        places[i] = UNSURE
        fx, fy = (lon[i] - frame[0]) * frame[2], (lat[i] - frame[1]) * frame[2]
        if not (fx >= 0 and fx < span and fy >= 0 and fy < rows):
            continue
        c, w = np.int64(fx), np.int64(fy)
        u, v = fx - c, fy - w
        x = (1 - v) * ((1 - u) * nodes[w, c, 0] + u * nodes[w, c + 1, 0]) + v * (
            (1 - u) * nodes[w + 1, c, 0] + u * nodes[w + 1, c + 1, 0]
        )
        y = (1 - v) * ((1 - u) * nodes[w, c, 1] + u * nodes[w, c + 1, 1]) + v * (
            (1 - u) * nodes[w + 1, c, 1] + u * nodes[w + 1, c + 1, 1]
        )
        q, r = (_UP * x - y / 3) / side, 2 / 3 * y / side
        s = -q - r
        rq, rr, rs = np.floor(q + 0.5), np.floor(r + 0.5), np.floor(s + 0.5)
        dq, dr, ds = abs(rq - q), abs(rr - r), abs(rs - s)
        if dq > dr and dq > ds:
            rq = -rr - rs
        elif dr > ds:
            rr = -rq - rs
        # How far inside, as a share of the apothem: a wrong hexagon would show here too.
        dq, dr = q - rq, r - rr
        ds = -dq - dr
        if 1 - max(abs(dq - dr), abs(dr - ds), abs(ds - dq)) > margin:
            k, m = np.int64(rq), np.int64(rr)
            places[i] = (m - bottom) * columns + k + m // 2 - left


def add_places(group: NDArray[np.int64], places: Places, weight: Floats, cells: Floats) -> None:
    """Count rows by group and place."""
    for i in range(len(places)):
        if places[i] >= 0:
            cells[group[i], places[i]] += weight[i] if len(weight) else 1.0


def nearest_rows(
    lon: Floats,
    lat: Floats,
    frame: Floats,
    table: NDArray[np.int32],
    corners: Floats,
    first: Places,
    edge: Places,
    ends: Floats,
    owner: Places,
    margin: float,
    reach: float,
    found: Places,
) -> None:
    """The outline nearest to each point outside all; -1 where none is in reach, -2 if unsure."""
    for i in range(len(lon)):
        found[i] = FAR
        fx, fy = (lon[i] - frame[0]) * frame[2], (lat[i] - frame[1]) * frame[2]
        if not (fx >= 0 and fx < table.shape[1] and fy >= 0 and fy < table.shape[0]):
            continue
        band = table[np.int64(fy), np.int64(fx)]
        if band < 0:
            continue
        u, v = fx - np.floor(fx), fy - np.floor(fy)
        x = (1 - v) * ((1 - u) * corners[band, 0] + u * corners[band, 2]) + v * (
            (1 - u) * corners[band, 4] + u * corners[band, 6]
        )
        y = (1 - v) * ((1 - u) * corners[band, 1] + u * corners[band, 3]) + v * (
            (1 - u) * corners[band, 5] + u * corners[band, 7]
        )
        best, other, who, unsure = np.inf, np.inf, -1, False
        for k in range(first[band], first[band + 1]):
            e = edge[k]
            ax, ay = ends[e, 0], ends[e, 1]
            dx, dy = ends[e, 2] - ax, ends[e, 3] - ay
            long = dx * dx + dy * dy
            t = ((x - ax) * dx + (y - ay) * dy) / long if long > 0 else 0.0
            t = min(max(t, 0.0), 1.0)
            px, py = x - ax - t * dx, y - ay - t * dy
            away = sqrt(px * px + py * py)
            if away <= ends[e, 4] + margin:
                unsure = True
                break
            if owner[e] == who:
                best = min(best, away)
            elif away < best:
                best, other, who = away, best, owner[e]
            else:
                other = min(other, away)
        if unsure or abs(best - reach) <= margin or (best < reach and other - best <= 2 * margin):
            found[i] = UNSURE
        elif best < reach:
            found[i] = who
