"""A grid over outlines: whole cells decide at once, border cells keep the edges that cross them.

A border cell remembers which outlines contain its middle. A point of the cell lies in the same
ones, except those whose edges are crossed, an odd number of times, on the way from the middle to
the point. Signs are taken with a bound on their rounding; where one stays open the point is
*unsure* and the caller asks shapely. So the answer is that of ``within``, never nearly so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from hubmap.assign.edges import NOBODY, Edges, edges_of, side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

OUTSIDE, UNSURE = -1, -2
# In the table: -1 no outline, -2 always unsure, below that a border cell.
FIRST_BORDER = -3
_MOST_CELLS, _LEAST_CELLS = 24_000_000, 1 << 14
_CELLS_AN_EDGE = 128
_MOST_LOCAL = 8
# Cells are taken this much wider than they are, in cell widths: far above any rounding.
_WIDER = 1e-6
_CHUNK = 400_000


@dataclass(frozen=True, eq=False)
class Grid:
    """What :func:`build_grid` makes; every attribute but the sizes is an array.

    Attributes
    ----------
    frame
        West, south, cells a degree; shape (3,).
    middle_x, middle_y
        The cells' middles, shapes (columns,) and (rows,).
    table
        Row-major: position of the outline that holds the whole cell, -1 for none, -2 where
        every point is unsure, or -3 - k for border cell k; shape (rows * columns,).
    first
        Where each border cell's edges begin, shape (borders + 1,).
    edges
        ax, ay, bx, by, the cell's middle on the left; shape (kept, 4).
    toggles
        Which of the cell's outlines an edge leaves or enters, a bit each; shape (kept,).
    inside
        Which of its outlines contain the cell's middle, a bit each; shape (borders,).
    local_first, local
        The outlines that the bits stand for, ascending; shapes (borders + 1,) and (any,).
    """

    frame: Floats
    middle_x: Floats
    middle_y: Floats
    table: NDArray[np.int32]
    first: NDArray[np.int32]
    edges: Floats
    toggles: NDArray[np.uint8]
    inside: NDArray[np.uint8]
    local_first: NDArray[np.int32]
    local: NDArray[np.int32]

    @cached_property
    def heads(self) -> NDArray[np.int32]:
        """All that is known of a border cell in one row, so that it is fetched at once.

        First edge, edge after the last, the bits of ``inside``, and the outlines that the bits
        stand for, as far as there are any; shape (borders, 11).
        """
        heads = np.zeros((len(self.inside), 3 + _MOST_LOCAL), dtype=np.int32)
        heads[:, 0], heads[:, 1], heads[:, 2] = self.first[:-1], self.first[1:], self.inside
        if len(self.local):
            for k in range(_MOST_LOCAL):
                at = np.minimum(self.local_first[:-1] + k, len(self.local) - 1)
                heads[:, 3 + k] = self.local[at]
        return heads


def build_grid(shapes: NDArray[np.object_], most_cells: int = _MOST_CELLS) -> Grid:
    """Lay a grid over outlines.

    Parameters
    ----------
    shapes
        Valid Polygons and MultiPolygons, EPSG:4326, shape (m,).
    most_cells
        Upper bound of the number of cells.

    Returns
    -------
    Grid
        Whose labels are positions in ``shapes``; where outlines overlap the lowest wins.
    """
    edges = edges_of(shapes)
    west, south, east, north = shapely.total_bounds(shapes)
    cells = min(max(_CELLS_AN_EDGE * len(edges.ax), _LEAST_CELLS), most_cells)
    # Not below 1e-5 degrees, about a metre, so that `_WIDER` stays far above rounding.
    size = max(np.sqrt(max(east - west, 1e-5) * max(north - south, 1e-5) / cells), 1e-5)
    size = max(size, (east - west) / cells, (north - south) / cells)
    # An odd share of a cell beyond the edge: round coordinates then miss the middles.
    x0, y0 = west - size * 1.2360679, south - size * 1.3819660
    columns, rows = int((east - x0) / size) + 2, int((north - y0) / size) + 2
    frame = np.array([x0, y0, 1.0 / size])
    middle_x = x0 + (np.arange(columns) + 0.5) * size
    middle_y = y0 + (np.arange(rows) + 0.5) * size

    # Outlines by the thousand have edges by the million: what is done with goes at once.
    crossed = _crossed(edges, x0, y0, size, columns)
    cell, edge = crossed >> 32, crossed & 0xFFFFFFFF
    del crossed
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    borders = cell[starts]
    bucket = np.repeat(np.arange(len(borders)), np.diff(starts, append=len(cell)))
    del cell

    # The outlines that matter in each border cell: owners of its edges, and those around it.
    m = len(shapes)
    begin, end, of, unsure = _spans(edges, middle_x, middle_y, x0, size)
    holds = _holding(begin, end, of, borders, m)
    one, two = edges.one[edge], edges.two[edge]
    run = np.ones(len(edge), dtype=bool)
    run[1:] = (bucket[1:] != bucket[:-1]) | (one[1:] != one[:-1]) | (two[1:] != two[:-1])
    pair = bucket[run & (two != NOBODY)] * m + two[run & (two != NOBODY)]
    # Sorted and thinned by hand: np.unique takes five times as long.
    local_key = np.sort(np.concatenate([bucket[run] * m + one[run], pair, holds]))
    local_key = local_key[np.diff(local_key, prepend=-1) > 0]
    local_first = np.searchsorted(local_key, np.arange(len(borders) + 1) * m)

    def bit(of_bucket: Ints, label: NDArray[np.int32]) -> NDArray[np.uint8]:
        rank = np.searchsorted(local_key, of_bucket * m + label) - local_first[of_bucket]
        return np.uint8(1) << (rank % _MOST_LOCAL).astype(np.uint8)

    toggles = bit(bucket, one)
    shared = two != NOBODY
    toggles[shared] ^= bit(bucket[shared], two[shared])
    inside = np.zeros(len(borders), dtype=np.uint8)
    np.bitwise_or.at(inside, holds // m, bit(holds // m, (holds % m).astype(np.int32)))
    del one, two, run, shared, holds

    kept = np.empty((len(edge), 4))
    for k, values in enumerate((edges.ax, edges.ay, edges.bx, edges.by)):
        kept[:, k] = values[edge]
    del edges, edge, values
    doubtful = [unsure, borders[np.diff(local_first) > _MOST_LOCAL]]
    for a in range(0, len(kept), _CHUNK):
        part, where = kept[a : a + _CHUNK], borders[bucket[a : a + _CHUNK]]
        lies = side(part, middle_x[where % columns], middle_y[where // columns])
        doubtful.append(where[lies == 0])
        part[lies < 0] = part[lies < 0][:, [2, 3, 0, 1]]

    table = np.full(rows * columns, OUTSIDE, dtype=np.int32)
    # The lowest position is written last, and so it wins.
    order = np.argsort(-of, kind="stable")
    for a, b, label in zip(
        begin[order].tolist(), end[order].tolist(), of[order].tolist(), strict=True
    ):
        table[a:b] = label
    table[borders] = FIRST_BORDER - np.arange(len(borders), dtype=np.int32)
    table[np.concatenate(doubtful)] = UNSURE
    return Grid(
        frame=frame,
        middle_x=middle_x,
        middle_y=middle_y,
        table=table,
        first=np.append(starts, len(kept)).astype(np.int32),
        edges=kept,
        toggles=toggles,
        inside=inside,
        local_first=local_first.astype(np.int32),
        local=(local_key % m).astype(np.int32),
    )


def _crossed(edges: Edges, x0: float, y0: float, size: float, columns: int) -> Ints:
    """Every pair of a cell and an edge that touches it or nearly, as cell << 32 | edge, sorted."""
    parts: list[Ints] = []
    for a in range(0, len(edges.ax), _CHUNK):
        ax, ay, bx, by = (np.asarray(v[a : a + _CHUNK]) for v in edges[:4])
        ax, bx = (ax - x0) / size, (bx - x0) / size
        ay, by = (ay - y0) / size, (by - y0) / size
        low, high = np.minimum(ay, by), np.maximum(ay, by)
        edge, row = _expanded(low, high)
        # The part of the edge inside the (widened) row, from parameter s to t.
        ax, ay, bx, by, low, high = (v[edge] for v in (ax, ay, bx, by, low, high))
        flat = ay == by
        rise = np.where(flat, 1.0, by - ay)
        s = np.where(flat, 0.0, np.clip((np.maximum(low, row - _WIDER) - ay) / rise, 0, 1))
        t = np.where(flat, 1.0, np.clip((np.minimum(high, row + 1 + _WIDER) - ay) / rise, 0, 1))
        left, right = ax + s * (bx - ax), ax + t * (bx - ax)
        pair, column = _expanded(np.minimum(left, right), np.maximum(left, right))
        parts.append(((row[pair] * columns + column) << 32) | (edge[pair] + a))
    crossed = np.concatenate(parts)
    del parts
    crossed.sort()
    return crossed


def _expanded(low: Floats, high: Floats) -> tuple[Ints, Ints]:
    """For each interval of cell widths, itself and every whole cell it touches or nearly."""
    begin = np.floor(low - _WIDER).astype(np.int64)
    count = np.floor(high + _WIDER).astype(np.int64) - begin + 1
    which = np.repeat(np.arange(len(low)), count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return which, begin[which] + step


def _spans(
    edges: Edges, middle_x: Floats, middle_y: Floats, x0: float, size: float
) -> tuple[Ints, Ints, Ints, Ints]:
    """The runs of cells, in rows, whose middles an outline contains.

    Returns
    -------
    begin, end, of
        First cell, cell after the last, and the outline of each run.
    unsure
        Cells whose middle lies too near an edge to tell.
    """
    y0, columns = float(middle_y[0]) - size / 2, len(middle_x)
    parts = [
        _cuts(Edges._make(v[a : a + _CHUNK] for v in edges), middle_y, y0, size)
        for a in range(0, len(edges.ax), _CHUNK)
    ]
    row, x, of = (np.concatenate(values) for values in zip(*parts, strict=True))
    order = np.lexsort((x, of, row))
    row, x, of = row[order], x[order], of[order]
    at = (x - x0) / size - 0.5
    column = np.ceil(at).astype(np.int64)
    close = np.abs(at - np.round(at)) < _WIDER
    unsure = row[close] * columns + np.round(at[close]).astype(np.int64)
    cell = row * columns + column
    return cell[0::2], cell[1::2], of[0::2], unsure


def _cuts(edges: Edges, middle_y: Floats, y0: float, size: float) -> tuple[Ints, Floats, Ints]:
    """Where edges cross the middles of rows: the row, the longitude, the outline."""
    low, high = np.minimum(edges.ay, edges.by), np.maximum(edges.ay, edges.by)
    # One row more on either side, since only the test below is exact.
    begin = np.floor((low - y0) / size - 0.5).astype(np.int64)
    count = np.floor((high - y0) / size - 0.5).astype(np.int64) + 1 - begin + 1
    edge = np.repeat(np.arange(len(low)), count)
    row = begin[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    y = middle_y[np.clip(row, 0, len(middle_y) - 1)]
    cut = (edges.ay[edge] <= y) != (edges.by[edge] <= y)
    edge, row, y = edge[cut], row[cut], y[cut]
    ax, ay, bx, by = (v[edge] for v in edges[:4])
    x = ax + (y - ay) / (by - ay) * (bx - ax)
    shared = edges.two[edge] != NOBODY
    of = np.concatenate([edges.one[edge], edges.two[edge][shared]]).astype(np.int64)
    return np.concatenate([row, row[shared]]), np.concatenate([x, x[shared]]), of


def _holding(begin: Ints, end: Ints, of: Ints, borders: Ints, m: int) -> Ints:
    """Border cell * m + outline, for every outline that contains the cell's middle."""
    a, b = np.searchsorted(borders, begin), np.searchsorted(borders, end)
    span = np.repeat(np.arange(len(a)), b - a)
    bucket = a[span] + np.arange(len(span)) - np.repeat(np.cumsum(b - a) - (b - a), b - a)
    held: Ints = bucket * m + of[span]
    return held
