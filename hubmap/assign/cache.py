"""A grid kept beside the outlines it was made from, under their fingerprint."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.lib.npyio import NpzFile

from hubmap.assign.grid import FIRST_BORDER, Grid, build_grid
from hubmap.errors import ProductError
from hubmap.files import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Another number whenever the same outlines would give another grid.
_FORMAT = b"hubmap grid 1\n"
_KINDS = {
    "frame": "<f8", "middle_x": "<f8", "middle_y": "<f8", "table": "<i4", "first": "<i4",
    "edges": "<f8", "toggles": "|u1", "inside": "|u1", "local_first": "<i4", "local": "<i4",
}  # fmt: skip
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


def grid_digest(shapes: NDArray[np.object_]) -> str:
    """The fingerprint of outlines in their order, and of the way a grid is made from them."""
    digest = hashlib.sha256(_FORMAT)
    for shape in shapes:
        digest.update(shapely.to_wkb(shape, byte_order=1))
    return digest.hexdigest()


def cached_grid(shapes: NDArray[np.object_], folder: Path | None) -> Grid:
    """The grid over outlines, from a folder when it is there, else made and kept.

    Parameters
    ----------
    shapes
        As for :func:`hubmap.assign.grid.build_grid`.
    folder
        Where grids are kept; None keeps none. A folder that cannot be written to keeps none
        either: a grid is only ever a short cut.
    """
    if folder is None:
        return build_grid(shapes)
    path = folder / f"grid-{grid_digest(shapes)[:24]}.npz"
    grid = read_grid(path, len(shapes))
    if grid is None:
        grid = build_grid(shapes)
        with contextlib.suppress(ProductError):
            write_grid(grid, path)
            # The outlines changed: what was kept for the old ones is of no more use.
            for old in folder.glob("grid-*.npz"):
                if old != path:
                    old.unlink(missing_ok=True)
    return grid


def write_grid(grid: Grid, path: Path) -> None:
    """Write a grid, whole or not at all; plain arrays, no pickle."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **{f.name: getattr(grid, f.name) for f in fields(grid)})


def read_grid(path: Path, outlines: int) -> Grid | None:
    """A grid as written, or None where there is none or it does not hold together."""
    try:
        with path.open("rb") as file, NpzFile(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in _KINDS}
    except _UNREADABLE:
        return None
    grid = Grid(**arrays)
    return grid if _sound(grid, outlines) else None


def _sound(g: Grid, outlines: int) -> bool:
    """Whether no index in it leads astray: the compiled loop trusts them all."""
    if any(getattr(g, name).dtype.str != kind for name, kind in _KINDS.items()):
        return False
    if any(getattr(g, name).ndim != (2 if name == "edges" else 1) for name in _KINDS):
        return False
    borders = len(g.inside)
    if (
        g.frame.shape != (3,)
        or g.table.shape != (len(g.middle_x) * len(g.middle_y),)
        or g.edges.shape != (len(g.toggles), 4)
        or not len(g.table)
    ):
        return False

    def leads(first: NDArray[np.int32], to: int) -> bool:
        whole = len(first) == borders + 1 and first[0] == 0 and first[-1] == to
        return bool(whole and (np.diff(first) >= 0).all())

    return (
        leads(g.first, len(g.edges))
        and leads(g.local_first, len(g.local))
        and int(g.table.max()) < outlines
        and int(g.table.min()) >= FIRST_BORDER + 1 - max(borders, 1)
        and bool(((g.local >= 0) & (g.local < outlines)).all())
        and _bits_named(g)
    )


def _bits_named(g: Grid) -> bool:
    """Whether every bit that can be set stands for an outline of its cell."""
    known = np.diff(g.local_first)
    some = np.flatnonzero(np.diff(g.first))
    if len(some) != len(g.inside):
        return False
    mask = g.inside | np.bitwise_or.reduceat(g.toggles, g.first[:-1]) if len(some) else g.inside
    # Cells with more outlines than bits are always unsure, and never looked into.
    return bool(((known >= 8) | (mask.astype(np.int32) < (1 << np.minimum(known, 8)))).all())
