"""The hub layer: one hub's tables, as they are built, stored and drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hubmap.layers.marks import empty_marks

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from hubmap.geodata.recipe import Provenance
    from hubmap.layers.recipe import HubRecipe
    from hubmap.tables import Cells, Districts, HubEntities, Outline

TABLES = ("entities", "districts", "cells", "outline", "marks")


@dataclass(frozen=True)
class HubLayer:
    """One hub's tables (all WGS-84) and its profile.

    Attributes
    ----------
    id
        The recipe's file name.
    recipe
        How the hub is made and called.
    entities
        A row for each record in the hub, points.
    districts
        A row for each district (or city without districts), polygons, with a count a kind.
    cells
        Equal-area hexagons over the hub, with a count a kind.
    outline
        A row for each hub (several in a comparison), polygons.
    profile
        A row for each statistic, kind and zone; see :mod:`hubmap.statistics`.
    sources
        The recipes of the sources that went in.
    marks
        Mean centres, ellipses, centres and contours of each kind; see :mod:`hubmap.layers.marks`.
    curves
        The curves behind the numbers, as plain values; see :mod:`hubmap.statistics.curves`.
    """

    id: str
    recipe: HubRecipe
    entities: HubEntities
    districts: Districts
    cells: Cells
    outline: Outline
    profile: pd.DataFrame
    sources: tuple[Provenance, ...]
    marks: gpd.GeoDataFrame = field(default_factory=empty_marks)
    curves: tuple[dict[str, Any], ...] = ()

    @property
    def own_profile(self) -> pd.DataFrame:
        """The rows of the profile that are not another recipe's: hubs found here included."""
        hub = self.profile["hub"]
        return self.profile[(hub == self.id) | hub.str.startswith(f"{self.id}:")]
