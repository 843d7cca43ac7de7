"""Looking points up in a grid with NumPy alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hubmap.assign.edges import side, turn
from hubmap.assign.grid import FIRST_BORDER, OUTSIDE, UNSURE, Grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_CHUNK = 1 << 17
# Position of the lowest bit set.
_LOWEST = np.array([0] + [(k & -k).bit_length() - 1 for k in range(1, 256)], dtype=np.int32)


def locate_plain(grid: Grid, lon: Floats, lat: Floats) -> NDArray[np.int32]:
    """The outline of each point: its position, -1 for none, -2 where rounding leaves it open."""
    found = np.empty(len(lon), dtype=np.int32)
    for a in range(0, len(lon), _CHUNK):
        found[a : a + _CHUNK] = _chunk(grid, lon[a : a + _CHUNK], lat[a : a + _CHUNK])
    return found


def _chunk(grid: Grid, lon: Floats, lat: Floats) -> NDArray[np.int32]:
    x0, y0, scale = grid.frame
    columns, rows = len(grid.middle_x), len(grid.middle_y)
    fx, fy = (lon - x0) * scale, (lat - y0) * scale
    on = (fx >= 0) & (fx < columns) & (fy >= 0) & (fy < rows)
    if not on.all():
        some = np.full(len(lon), OUTSIDE, dtype=np.int32)
        some[on] = _chunk(grid, lon[on], lat[on]) if on.any() else OUTSIDE
        return some
    column, row = fx.astype(np.int64), fy.astype(np.int64)
    found: NDArray[np.int32] = grid.table[row * columns + column]
    border = np.flatnonzero(found <= FIRST_BORDER)
    if len(border):
        found[border] = _border(
            grid,
            FIRST_BORDER - found[border],
            (lon[border], lat[border]),
            (grid.middle_x[column[border]], grid.middle_y[row[border]]),
        )
    return found


def _border(
    grid: Grid,
    bucket: NDArray[np.int32],
    point: tuple[Floats, Floats],
    middle: tuple[Floats, Floats],
) -> NDArray[np.int32]:
    first = grid.first[bucket]
    count = grid.first[bucket + 1] - first
    which = np.repeat(np.arange(len(bucket)), count)
    edge = np.repeat(first - np.cumsum(count) + count, count) + np.arange(len(which))
    px, py = point
    # The middle lies left of every edge: a point on the left too has crossed nothing.
    lies = side(grid.edges[edge], px[which], py[which])
    far = np.flatnonzero(lies <= 0)
    which, edge, lies = which[far], edge[far], lies[far]
    way = (middle[0][which], middle[1][which], px[which], py[which])
    ax, ay, bx, by = grid.edges[edge].T
    before, after = turn(*way, ax, ay), turn(*way, bx, by)
    missed = before * after > 0
    crossed = (before * after < 0) & (lies < 0)
    unsure = which[~missed & ~crossed]
    which, toggles = which[crossed], grid.toggles[edge[crossed]]
    mask = grid.inside[bucket]
    if len(which):
        starts = np.flatnonzero(np.diff(which, prepend=-1))
        mask[which[starts]] ^= np.bitwise_xor.reduceat(toggles, starts)
    # A mask of zero may point past the last outline; what is read there is not used.
    last = len(grid.local) - 1
    named = grid.local[np.minimum(grid.local_first[bucket] + _LOWEST[mask], last)]
    found = np.where(mask == 0, np.int32(OUTSIDE), named)
    found[unsure] = UNSURE
    return found
