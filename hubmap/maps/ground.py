"""Each hub's land and records on its own equal-area plane, for the views that need distances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.geodesy import WGS84, plane_of
from hubmap.maps.kinds import cases_of
from hubmap.statistics.guard import judge
from hubmap.statistics.minimum import shortfall

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

    from hubmap.layers.model import HubLayer


@dataclass(frozen=True)
class Ground:
    """One hub of a layer.

    Attributes
    ----------
    hub
        Its id.
    districts
        Its districts, WGS-84.
    entities
        Its entities that are cases, WGS-84.
    nouns
        What the entities of each kind are called.
    """

    hub: str
    districts: gpd.GeoDataFrame
    entities: gpd.GeoDataFrame
    nouns: dict[str, str]

    @cached_property
    def crs(self) -> CRS:
        """The hub's equal-area plane, in metres."""
        import shapely

        return plane_of(shapely.box(*self.districts.total_bounds))

    @cached_property
    def land(self) -> BaseGeometry:
        """The districts as one shape of the plane."""
        import shapely

        return shapely.union_all(self.districts.geometry.to_crs(self.crs).to_numpy())

    def lonlat(self, shapes: Any) -> gpd.GeoSeries:
        """Shapes of the plane in WGS-84."""
        import geopandas as gpd

        return gpd.GeoSeries(shapes, crs=self.crs).to_crs(WGS84)

    def usable(
        self, kind: str, scale_m: float, statistic: str
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], float, str]:
        """Places that the guard lets serve at a scale, on the land.

        Parameters
        ----------
        kind
            Which entities.
        scale_m
            Twice the worst precision that serves.
        statistic
            Whose minimum data hold.

        Returns
        -------
        tuple
            x and y in metres, the share of the records used, and the reason why there are none
            (empty when there are).
        """
        import shapely

        rows = self.entities[self.entities["kind"] == kind]
        noun = self.nouns.get(kind, kind.replace("_", " "))
        none = np.zeros(0)
        if why := shortfall(statistic, noun, records=len(rows)):
            return none, none, 0.0, why
        flat = rows.geometry.to_crs(self.crs)
        x, y = flat.x.to_numpy(dtype=float), flat.y.to_numpy(dtype=float)
        site = rows["site"].eq(True).to_numpy() if "site" in rows else np.zeros(len(rows), bool)
        verdict = judge(
            x,
            y,
            precision_m=rows["precision_m"].to_numpy(dtype=float),
            scale_m=scale_m,
            districts=len(self.districts),
            known=site,
            noun=noun,
        )
        if verdict.state == "withheld":
            return none, none, verdict.share_used, verdict.reason.rstrip(".")
        kept = verdict.usable & shapely.intersects_xy(self.land, x, y)
        if why := shortfall(statistic, noun, records=int(kept.sum())):
            return none, none, verdict.share_used, why
        return x[kept], y[kept], verdict.share_used, ""


def grounds(layers: Sequence[HubLayer]) -> list[Ground]:
    """Every hub of some layers once, in their order."""
    found: dict[str, Ground] = {}
    for layer in layers:
        cases = cases_of(layer)
        nouns = {
            str(kind): str(getattr(source, "noun", "") or kind)
            for source in layer.sources
            if (kind := getattr(source, "kind", None))
        }
        for hub in layer.outline["hub"]:
            if str(hub) not in found:
                own = layer.districts[layer.districts["hub"] == hub]
                found[str(hub)] = Ground(str(hub), own, cases[cases["hub"] == hub], nouns)
    return list(found.values())
