"""Which outline each point lies in: one answer, three ways to it, chosen by size.

========== ================================================== ================================
engine     how                                                best for
========== ================================================== ================================
tree       shapely's STRtree, ``within``                      few points
grid       a grid over the outlines, NumPy                    more than about 50 000
compiled   the same grid, compiled by numba (extra ``fast``)  more than about 10 million
========== ================================================== ================================
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from hubmap.assign.grid import UNSURE
from hubmap.assign.tree import locate_tree
from hubmap.errors import MissingExtra, RecipeError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from hubmap.assign.grid import Grid

    Floats = NDArray[np.float64]

Engine = Literal["auto", "tree", "grid", "compiled"]
ENGINES: tuple[Engine, ...] = ("auto", "tree", "grid", "compiled")
# Where the time to make ready is won back; see docs/scale.md.
GRID_FROM, GRID_FROM_VERTICES, COMPILED_FROM = 50_000, 1 / 8, 10_000_000
_AREAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def named_engine(name: str) -> None:
    """Refuse an engine that does not exist, or that cannot run here.

    Raises
    ------
    RecipeError
        There is no such engine.
    MissingExtra
        It needs numba, which is not installed.
    """
    if name not in ENGINES:
        raise RecipeError(f"There is no engine {name!r}.", f"There are: {', '.join(ENGINES)}.")
    if name == "compiled" and not find_spec("numba"):
        raise MissingExtra(
            "The engine `compiled` needs numba, which is not installed.",
            'Install it with `pip install "hubmap[fast]"`, or take the engine `grid`.',
        )


def areal(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Which shapes are Polygons or MultiPolygons, empty or not; shape (m,)."""
    return np.isin(shapely.get_type_id(shapes), _AREAL)


def choose_engine(shapes: NDArray[np.object_], points: int, engine: Engine = "auto") -> Engine:
    """The engine for so many points, unless one is named.

    Parameters
    ----------
    shapes
        The outlines.
    points
        How many points will be asked for, in all batches together.
    engine
        ``auto``, or the one to take.

    Returns
    -------
    Engine
        Never ``auto``.
    """
    if not areal(shapes).all() or shapely.is_empty(shapes).all():
        return "tree"
    if engine != "auto":
        return engine
    vertices = int(shapely.get_num_coordinates(shapes).sum())
    if points < max(GRID_FROM, vertices * GRID_FROM_VERTICES):
        return "tree"
    return "compiled" if points >= COMPILED_FROM and find_spec("numba") else "grid"


@dataclass(frozen=True, eq=False)
class Locator:
    """Outlines made ready for points.

    Attributes
    ----------
    shapes
        Valid outlines, EPSG:4326; where several contain a point the first one has it.
    engine
        As :func:`choose_engine` returns it.
    cache
        A folder where grids are kept, or None.
    """

    shapes: NDArray[np.object_]
    engine: Engine
    cache: Path | None = None

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)

    @cached_property
    def _grid(self) -> Grid:
        from hubmap.assign.cache import cached_grid

        return cached_grid(self.shapes, self.cache)

    def prepare(self) -> None:
        """Do now what the first call of :meth:`locate` would do."""
        none = np.empty(0)
        self.locate(none, none)

    def locate(self, lon: Floats, lat: Floats) -> NDArray[np.int32]:
        """The outline of each point; the same whatever the engine.

        Parameters
        ----------
        lon, lat
            Degrees, shape (n,).

        Returns
        -------
        positions
            In ``shapes``: the first outline that the point is ``within``; where there is none,
            the first on whose border it lies; else -1. Shape (n,).
        """
        if self.engine == "tree":
            return locate_tree(self._tree, lon, lat)
        if self.engine == "compiled":
            from hubmap.assign.compiled import locate_compiled

            found = locate_compiled(self._grid, lon, lat)
        else:
            from hubmap.assign.plain import locate_plain

            found = locate_plain(self._grid, lon, lat)
        unsure = np.flatnonzero(found == UNSURE)
        if len(unsure):
            found[unsure] = locate_tree(self._tree, lon[unsure], lat[unsure])
        return found
