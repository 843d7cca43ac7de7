"""Neighbours that share borders: each border travels once, and rings are chains of borders."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.maps import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

Corner = tuple[int, int]
Edge = tuple[Corner, Corner]


class Mosaic:
    """Shapes on the lattice of the page, cut into the borders that they share.

    Parameters
    ----------
    geometries
        Polygons, WGS-84.
    """

    def __init__(self, geometries: gpd.GeoSeries) -> None:
        self.shapes = [_rings(shape) for shape in geometries]
        near: dict[Corner, set[Corner]] = {}
        for ring in (ring for shape in self.shapes for ring in shape):
            for a, b in pairwise([*ring, ring[0]]):
                near.setdefault(a, set()).add(b)
                near.setdefault(b, set()).add(a)
        # Where three borders meet a chain is cut; elsewhere a border runs on.
        nodes = {corner for corner, others in near.items() if len(others) != 2}
        self.borders: list[tuple[Corner, ...]] = []
        self._place: dict[tuple[Corner, ...], int] = {}
        self.chains = [[self._chain(ring, nodes) for ring in shape] for shape in self.shapes]

    def _chain(self, ring: list[Corner], nodes: set[Corner]) -> list[int]:
        cuts = [i for i, corner in enumerate(ring) if corner in nodes]
        if not cuts:
            # A border of its own begins at its least corner, whichever shape it belongs to.
            cuts = [ring.index(min(ring))]
        turned = ring[cuts[0] :] + ring[: cuts[0]] + [ring[cuts[0]]]
        ends = [c - cuts[0] for c in cuts] + [len(ring)]
        return [self._border(tuple(turned[a : b + 1])) for a, b in pairwise(ends)]

    def _border(self, corners: tuple[Corner, ...]) -> int:
        """The number of a border; below zero, counted from -1, where it is walked backwards."""
        if corners in self._place:
            return self._place[corners]
        if corners[::-1] in self._place:
            return -self._place[corners[::-1]] - 1
        self._place[corners] = len(self.borders)
        self.borders.append(corners)
        return len(self.borders) - 1

    def coded(self) -> dict[str, Any]:
        """The shapes as the page takes them: borders, and each ring's chain of them."""
        counts: list[int] = []
        links: list[int] = []
        for shape in self.chains:
            counts += (len(shape), *map(len, shape))
            links += (link for ring in shape for link in ring)
        corners = [corner for border in self.borders for corner in border]
        flat = np.array(corners, dtype=np.int64).reshape(-1, 2)
        return {
            "n": len(self.shapes),
            "s": columns.PATH_STEP,
            "a": columns.varints([len(border) for border in self.borders], signed=False),
            "x": columns.varints(columns.deltas(flat[:, 0])),
            "y": columns.varints(columns.deltas(flat[:, 1])),
            "c": columns.varints(counts, signed=False),
            "r": columns.varints(columns.deltas(links)),
        }

    def rim(self, members: Sequence[int], outline: Any) -> bytes | None:
        """The borders that only one of some shapes has, where they are exactly an outline.

        Parameters
        ----------
        members
            Numbers of the shapes.
        outline
            What their rim must be, WGS-84.
        """
        used: dict[int, int] = {}
        for shape in members:
            for link in (link for ring in self.chains[shape] for link in ring):
                border = link if link >= 0 else -link - 1
                used[border] = used.get(border, 0) + 1
        own = sorted(border for border, times in used.items() if times % 2)
        edges = {edge for border in own for edge in map(_edge, pairwise(self.borders[border]))}
        wanted = {
            edge for ring in _rings(outline) for edge in map(_edge, pairwise([*ring, ring[0]]))
        }
        return columns.varints(columns.deltas(own)) if edges == wanted else None


def _edge(ends: tuple[Corner, Corner]) -> Edge:
    a, b = ends
    return (a, b) if a < b else (b, a)


def _rings(shape: Any) -> list[list[Corner]]:
    """A shape's rings on the lattice, without the corners that fall together."""
    return [
        [(int(x), int(y)) for x, y in steps] for steps in columns.steps_of(shape) if len(steps) >= 3
    ]


def shared_rims(
    districts: gpd.GeoDataFrame, outline: gpd.GeoDataFrame
) -> tuple[dict[str, Any], list[bytes]] | None:
    """Districts as a mosaic and each hub's rim of it; None where an outline is something else.

    Parameters
    ----------
    districts
        Each once, with ``hub``.
    outline
        A row a hub.
    """
    mosaic = Mosaic(districts.geometry)
    rims = []
    for hub, shape in zip(outline["hub"], outline.geometry, strict=True):
        members = np.flatnonzero((districts["hub"] == hub).to_numpy())
        rim = mosaic.rim([int(m) for m in members], shape)
        if rim is None:
            return None
        rims.append(rim)
    return mosaic.coded(), rims
