"""From hub layers to a folium map."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hubmap.maps import recipe as recipes
from hubmap.maps.kinds import stacked
from hubmap.maps.layers import (
    BasemapLayer,
    CellsLayer,
    CentresLayer,
    DensityLayer,
    DistrictsLayer,
    HotSpotsLayer,
    HubmapLayer,
    OutlineLayer,
    Panel,
    PointsLayer,
    RingsLayer,
    StabilityLayer,
)
from hubmap.maps.mosaic import shared_rims
from hubmap.maps.notes import notes
from hubmap.maps.picture import picture
from hubmap.maps.spelt import named, syllables

if TYPE_CHECKING:
    from collections.abc import Sequence

    import folium
    import geopandas as gpd

    from hubmap.layers.model import HubLayer


def draw(
    layers: Sequence[HubLayer],
    *,
    recipe: recipes.MapRecipe | None = None,
    basemap: gpd.GeoDataFrame | None = None,
) -> folium.Map:
    """A folium map of hub layers.

    Parameters
    ----------
    layers
        At least one.
    recipe
        Titles and views; without one, the first layer's title and all views.
    basemap
        Context around the hubs, WGS-84.

    Returns
    -------
    folium.Map
        Ready for more folium layers and folium's own ``save``, or for
        :func:`hubmap.maps.save`, which writes one self-contained file. A notebook shows that
        file in a frame.
    """
    from hubmap.maps.notebook import HubMap

    west, south, east, north = _bounds(layers)
    first = layers[0].recipe
    title = {"en": first.title, "zh": first.title_zh or first.title}
    subtitle = {"en": first.description, "zh": first.description_zh or first.description}
    if recipe is not None:
        title = {"en": recipe.title, "zh": recipe.title_zh or recipe.title}
        subtitle = {"en": recipe.subtitle, "zh": recipe.subtitle_zh or recipe.subtitle}
    language = recipe.language if recipe is not None else "en"
    drawn = HubMap(
        layers,
        title=title[language],
        subtitle=subtitle[language],
        recipe=recipe,
        basemap=basemap,
        location=[round((south + north) / 2, 5), round((west + east) / 2, 5)],
        zoom_start=_zoom(west, south, east, north),
        tiles=None,
        control_scale=True,
    )
    story = notes(recipe.notes, layers) if recipe is not None else []
    still = picture(layers, recipe=recipe, basemap=basemap)
    panel = Panel(
        *layers, title=title, subtitle=subtitle, language=language, notes=story, picture=still
    )
    tables = [t for layer in layers for t in (layer.entities, layer.districts, layer.profile)]
    panel.content["syllables"] = syllables(named(tables))
    if recipe is not None and recipe.tiles is not None:
        panel.content["tiles"] = recipe.tiles.content()
    if recipe is not None and recipe.words:
        panel.content["words"] = {
            "en": {key: words.en for key, words in recipe.words.items()},
            "zh": {key: words.zh or words.en for key, words in recipe.words.items()},
        }
    drawn.add_child(panel)
    views = recipe.views if recipe is not None else recipes.default_views()
    order = {view: place for place, view in enumerate(recipes.VIEWS)}
    for view in sorted(views, key=lambda v: order[type(v)]):
        element = _element(view, layers, basemap)
        if element is not None:
            drawn.add_child(element)
    _share_borders([c for c in drawn._children.values() if isinstance(c, HubmapLayer)], layers)
    return drawn


def _share_borders(drawn: Sequence[HubmapLayer], layers: Sequence[HubLayer]) -> None:
    """Districts and outlines of one page name their borders once."""
    districts = next((c for c in drawn if isinstance(c, DistrictsLayer)), None)
    outline = next((c for c in drawn if isinstance(c, OutlineLayer)), None)
    if districts is None or outline is None:
        return
    shared = shared_rims(
        stacked([layer.districts for layer in layers]).drop_duplicates("code"),
        stacked([layer.outline for layer in layers]).drop_duplicates("hub"),
    )
    if shared is not None:
        districts.lean = {"paths": shared[0]}
        outline.lean = {"paths": None, "rims": shared[1]}


def _element(
    view: recipes.View, layers: Sequence[HubLayer], basemap: gpd.GeoDataFrame | None
) -> HubmapLayer | None:
    made: HubmapLayer | None = None
    match view:
        case recipes.BasemapView():
            if basemap is not None:
                made = BasemapLayer(basemap, _bounds(layers), labels=view.labels)
        case recipes.DistrictsView():
            made = DistrictsLayer(
                *layers,
                statistic=view.statistic,
                kind=view.kind,
                classes=view.classes,
                method=view.method,
                show=view.shown,
            )
        case recipes.CellsView():
            made = CellsLayer(
                *layers, kind=view.kind, classes=view.classes, times=view.times, show=view.shown
            )
        case recipes.DensityView():
            made = DensityLayer(
                *layers, kind=view.kind, bandwidths_km=view.bandwidths_km, show=view.shown
            )
        case recipes.HotSpotsView():
            made = HotSpotsLayer(*layers, kind=view.kind, show=view.shown)
        case recipes.StabilityView():
            made = StabilityLayer(*layers, show=view.shown)
        case recipes.CentresView():
            made = CentresLayer(*layers, show=view.shown)
        case recipes.RingsView():
            made = RingsLayer(
                *layers, radii_km=view.radii_km, radius_km=view.radius_km, show=view.shown
            )
        case recipes.OutlineView():
            made = OutlineLayer(*layers)
        case recipes.PointsView():
            made = PointsLayer(*layers, kinds=view.kinds, shown=view.shown)
    # Some views have nothing to tell of these hubs: no stability where none was searched for.
    return made if made is not None and "type" in made.content else None


def _bounds(layers: Sequence[HubLayer]) -> tuple[float, float, float, float]:
    boxes = [layer.outline.total_bounds for layer in layers]
    return (
        float(min(box[0] for box in boxes)),
        float(min(box[1] for box in boxes)),
        float(max(box[2] for box in boxes)),
        float(max(box[3] for box in boxes)),
    )


def _zoom(west: float, south: float, east: float, north: float) -> int:
    """The whole zoom level at which the bounds fit a map of 800 × 700 pixels."""

    def mercator(lat: float) -> float:
        return math.degrees(math.log(math.tan(math.radians(45 + lat / 2))))

    wide = max(east - west, 1e-3)
    high = max(mercator(north) - mercator(south), 1e-3)
    return max(2, min(14, math.floor(math.log2(min(800 / wide, 700 / high) * 360 / 256))))
