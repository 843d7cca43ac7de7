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


@cache
def kernel(name: str) -> Callable[..., Any]:
    """One of this module's loops, compiled."""
    from numba import njit, types

    def given(kind: Any, dimensions: int = 1) -> Any:
        return types.Array(kind, dimensions, "C", readonly=True)

    def kept(kind: Any, dimensions: int = 1) -> Any:
        return types.Array(kind, dimensions, "C")

    real, place, whole = given(types.float64), given(types.int32), given(types.int64)
    byte = given(types.uint8)
    signatures = {
        "place_rows": types.int64(
            real, real, place, place, place, given(types.float64, 2), given(types.int64, 2),
            given(types.float64, 2), kept(types.int32, 2),
        ),
        "count_rows": types.int64(
            place, whole, place, byte, whole, place, real, given(types.uint64), byte,
            given(types.int32, 2), kept(types.float64, 3), kept(types.float64, 2),
            kept(types.uint8, 2), types.uint64, types.uint64, types.uint64, given(types.uint64),
            kept(types.int64), kept(types.uint64),
        ),
        "nearest_rows": types.void(
            real, real, real, given(types.int32, 2), given(types.float64, 2), place, place,
            given(types.float64, 2), place, types.float64, types.float64, kept(types.int32),
        ),
    }  # fmt: skip
    loops = {f.__name__: f for f in (place_rows, count_rows, nearest_rows)}
    compiled: Callable[..., Any] = njit(signatures[name], cache=True, nogil=True)(loops[name])
    return compiled


def place_rows(
    lon: Floats,
    lat: Floats,
    district: Places,
    first: Places,
    which: Places,
    frames: Floats,
    shapes: NDArray[np.int64],
    nodes: Floats,
    places: Places,
) -> int:
    """The place of each point's hexagon in every lattice of its district; -1 where there is none.

    Arguments are those of :class:`hubmap.stream.lattice.Charts`. Where a border is too near to
    tell the place is -2; returns how many those are.
    """
    unsure = 0
    for i in range(len(lon)):
        for at in range(places.shape[1]):
            places[i, at] = FAR
        if district[i] < 0:
            continue
        begin = first[district[i]]
        for at in range(first[district[i] + 1] - begin):
            lattice = which[begin + at]
            fx = (lon[i] - frames[lattice, 0]) * frames[lattice, 2]
            fy = (lat[i] - frames[lattice, 1]) * frames[lattice, 2]
            wide = shapes[lattice, 1]
            if fx >= 0 and fx < wide - 1 and fy >= 0 and fy < shapes[lattice, 2] - 1:
                c, w = np.int64(fx), np.int64(fy)
                u, v = fx - c, fy - w
                a = shapes[lattice, 0] + w * wide + c
                b = a + wide
                q = (1 - v) * ((1 - u) * nodes[a, 0] + u * nodes[a + 1, 0]) + v * (
                    (1 - u) * nodes[b, 0] + u * nodes[b + 1, 0]
                )
                r = (1 - v) * ((1 - u) * nodes[a, 1] + u * nodes[a + 1, 1]) + v * (
                    (1 - u) * nodes[b, 1] + u * nodes[b + 1, 1]
                )
                s = -q - r
                rq, rr, rs = np.floor(q + 0.5), np.floor(r + 0.5), np.floor(s + 0.5)
                # The one that was rounded farthest follows from the others. Without a branch, since
                # which one it is cannot be foreseen.
                dq, dr, ds, off = abs(rq - q), abs(rr - r), abs(rs - s), rq + rr + rs
                rq -= off * ((dq > dr) & (dq > ds))
                rr -= off * ((dr > ds) & (dr >= dq))
                # How far inside, as a share of the apothem: a wrong hexagon would show here too.
                dq, dr = q - rq, r - rr
                ds = -dq - dr
                if 1 - max(abs(dq - dr), abs(dr - ds), abs(ds - dq)) > frames[lattice, 3]:
                    k, m = np.int64(rq), np.int64(rr)
                    places[i, at] = (
                        (m - shapes[lattice, 4]) * shapes[lattice, 5]
                        + k + m // 2 - shapes[lattice, 3] + shapes[lattice, 6]
                    )  # fmt: skip
                    continue
            places[i, at] = UNSURE
            unsure += 1
    return unsure


def count_rows(
    district: Places,
    category: NDArray[np.int64],
    category_codes: Places,
    case: NDArray[np.uint8],
    month: NDArray[np.int64],
    month_codes: Places,
    weight: Floats,
    prints: NDArray[np.uint64],
    stated: NDArray[np.uint8],
    places: Places,
    counts: Floats,
    cells: Floats,
    sketches: NDArray[np.uint8],
    start: np.uint64,
    seed: np.uint64,
    threshold: np.uint64,
    limits: NDArray[np.uint64],
    chosen: NDArray[np.int64],
    priorities: NDArray[np.uint64],
) -> int:
    """Count rows by group, district and month and by cell; note employers; choose a sample.

    Returns how many were chosen.
    """
    found, districts = 0, counts.shape[1]
    for i in range(len(district)):
        d = np.int64(district[i])
        if d < 0:
            continue
        g = category[category_codes[i]] + case[i]
        one = weight[i] if len(weight) else 1.0
        counts[g, d, month[month_codes[i]]] += one
        for k in range(places.shape[1]):
            if places[i, k] >= 0:
                cells[g, places[i, k]] += one
        if len(prints) and stated[i]:
            z = prints[i] + _STEP
            z = (z ^ (z >> _A)) * _FIRST
            z = (z ^ (z >> _B)) * _SECOND
            z = z ^ (z >> _C)
            register, low = np.int64(z >> _DOWN), z & _LOW
            most = sketches[d, register]
            # Few rows have more leading zeros than the register has seen.
            if most <= _REST and low >> np.uint64(_REST - most) == 0:
                sketches[d, register] = max(most, np.uint8(_REST + 1 - frexp(np.float64(low))[1]))
        z = ((np.uint64(i) + start) ^ seed) + _STEP
        z = (z ^ (z >> _A)) * _FIRST
        z = (z ^ (z >> _B)) * _SECOND
        z = z ^ (z >> _C)
        stratum = g * districts + d
        if z <= threshold or stratum >= len(limits) or z <= limits[stratum]:
            chosen[found], priorities[found] = i, z
            found += 1
    return found


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
