"""Looking points up in a grid with a compiled loop; needs the extra ``fast``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.assign.edges import SIGN_BOUND
from hubmap.assign.grid import FIRST_BORDER, OUTSIDE, UNSURE, Grid
from hubmap.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def locate_compiled(grid: Grid, lon: Floats, lat: Floats) -> NDArray[np.int32]:
    """The same as :func:`hubmap.assign.plain.locate_plain`, compiled.

    Raises
    ------
    MissingExtra
        numba is not installed.
    """
    found = np.empty(len(lon), dtype=np.int32)
    _kernel()(
        np.ascontiguousarray(lon, dtype=np.float64),
        np.ascontiguousarray(lat, dtype=np.float64),
        grid.frame,
        grid.middle_x,
        grid.middle_y,
        grid.table,
        grid.heads,
        grid.edges,
        grid.toggles,
        found,
    )
    return found


@cache
def _kernel() -> Callable[..., None]:
    try:
        from numba import njit, types
    except ImportError:
        raise MissingExtra(
            "The engine `compiled` needs numba, which is not installed.",
            'Install it with `pip install "hubmap[fast]"`, or take the engine `grid`.',
        ) from None

    def given(kind: Any, dimensions: int = 1) -> Any:
        # Arrays that may not be written to are another type to the compiler; these fit both.
        return types.Array(kind, dimensions, "C", readonly=True)

    real, whole, byte = given(types.float64), given(types.int32), given(types.uint8)
    signature = types.void(
        real, real, real, real, real, whole, given(types.int32, 2), given(types.float64, 2),
        byte, types.Array(types.int32, 1, "C"),
    )  # fmt: skip
    compiled: Callable[..., None] = njit(signature, cache=True, nogil=True)(_locate)
    return compiled


# Above so many edges (8 MB) they no longer stay in the processor's cache: points are then looked
# up in the order of their cells, which fetches each neighbourhood once.
_MANY_EDGES, _FEW_ROWS, _MANY_ROWS = 1 << 18, 1 << 12, 1 << 18
_TOGETHER = 6


def _locate(  # noqa: PLR0912, PLR0915 - one loop, kept whole for the compiler
    lon: Floats,
    lat: Floats,
    frame: Floats,
    middle_x: Floats,
    middle_y: Floats,
    table: NDArray[np.int32],
    heads: NDArray[np.int32],
    edges: Floats,
    toggles: NDArray[np.uint8],
    found: NDArray[np.int32],
) -> None:
    x0, y0, scale = frame[0], frame[1], frame[2]
    columns, rows = len(middle_x), len(middle_y)
    many = len(edges) > _MANY_EDGES
    block = min(_MANY_ROWS if many else _FEW_ROWS, len(lon))
    at, order = np.empty(block, np.int32), np.empty(block if many else 0, np.int32)
    starts = np.empty((len(heads) >> _TOGETHER) + 2 if many else 0, np.int32)
    # Passes over blocks: the first has no long branch, so that the processor waits for many
    # cells of the table at once; the border's points come after.
    for begin in range(0, len(lon), max(block, 1)):
        end = min(begin + block, len(lon))
        for i in range(begin, end):
            fx, fy = (lon[i] - x0) * scale, (lat[i] - y0) * scale
            if fx >= 0 and fx < columns and fy >= 0 and fy < rows:
                found[i] = table[np.int64(fy) * columns + np.int64(fx)]
            else:
                found[i] = OUTSIDE
        border = 0
        for i in range(begin, end):
            at[border] = i
            border += found[i] <= FIRST_BORDER
        if many:
            starts[:] = 0
            for j in range(border):
                starts[((FIRST_BORDER - found[at[j]]) >> _TOGETHER) + 1] += 1
            for j in range(1, len(starts)):
                starts[j] += starts[j - 1]
            for j in range(border):
                k = (FIRST_BORDER - found[at[j]]) >> _TOGETHER
                order[starts[k]] = at[j]
                starts[k] += 1
        for j in range(border):
            i = order[j] if many else at[j]
            k = FIRST_BORDER - found[i]
            px, py = lon[i], lat[i]
            qx = middle_x[np.int64((px - x0) * scale)]
            qy = middle_y[np.int64((py - y0) * scale)]
            mask, unsure = heads[k, 2], False
            for e in range(heads[k, 0], heads[k, 1]):
                ax, ay = edges[e, 0] - px, edges[e, 1] - py
                bx, by = edges[e, 2] - px, edges[e, 3] - py
                left, right = ax * by, ay * bx
                turn, bound = left - right, SIGN_BOUND * (abs(left) + abs(right))
                if turn > bound:
                    continue
                # The side of a and of b, seen from the middle towards the point.
                left = (qx - edges[e, 0]) * (py - edges[e, 1])
                right = (qy - edges[e, 1]) * (px - edges[e, 0])
                before, slack = left - right, SIGN_BOUND * (abs(left) + abs(right))
                sure = abs(before) > slack
                left = (qx - edges[e, 2]) * (py - edges[e, 3])
                right = (qy - edges[e, 3]) * (px - edges[e, 2])
                after, slack = left - right, SIGN_BOUND * (abs(left) + abs(right))
                sure = sure and abs(after) > slack
                if sure and (before > 0) == (after > 0):
                    continue
                if sure and turn < -bound:
                    mask ^= np.int32(toggles[e])
                else:
                    unsure = True
                    break
            if unsure:
                found[i] = UNSURE
            elif mask == 0:
                found[i] = OUTSIDE
            else:
                bit = 3
                while mask & 1 == 0:
                    mask >>= 1
                    bit += 1
                found[i] = heads[k, bit]
