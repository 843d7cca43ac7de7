"""The map as a notebook shows it: a frame with the whole page, a picture and a line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import folium

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer
    from hubmap.maps.recipe import MapRecipe


class HubMap(folium.Map):
    """A ``folium.Map`` of hub layers that notebooks show as the self-contained page.

    Parameters
    ----------
    layers
        What the map shows; the picture is drawn of them.
    title
        The map's.
    subtitle
        One sentence, or empty.
    recipe, basemap
        As of :func:`hubmap.maps.draw.draw`, for the picture.
    options
        Those of ``folium.Map``.
    """

    def __init__(
        self,
        layers: Sequence[HubLayer],
        *,
        title: str,
        subtitle: str = "",
        recipe: MapRecipe | None = None,
        basemap: gpd.GeoDataFrame | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._shown = tuple(layers)
        self._recipe, self._basemap = recipe, basemap
        self._words = (title, subtitle)

    def _repr_mimebundle_(
        self, include: Sequence[str] | None = None, exclude: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """HTML (a frame with the page), PNG where the extra ``print`` is installed, and text.

        With folium's own elements on the map neither HTML nor picture is given here, so that the
        notebook shows what folium makes of it: our page and picture cannot hold them.
        """
        from hubmap.maps.embed import HEIGHT, Embedded, srcdoc
        from hubmap.maps.escapes import one_line
        from hubmap.maps.page import foreign, page

        title, subtitle = self._words
        bundle: dict[str, Any] = {"text/plain": f"<hubmap: {one_line(title)}>"}
        wanted = {"text/html", "image/png", "text/plain"} if include is None else set(include)
        wanted -= set(exclude or ())
        if foreign(self):
            wanted &= {"text/plain"}
        if "text/html" in wanted:
            made = Embedded(
                id="map", title=title, subtitle=subtitle, page=page(self), height=HEIGHT
            )
            bundle["text/html"] = srcdoc(made)
        if "image/png" in wanted and (drawn := self._png()) is not None:
            bundle["image/png"] = drawn
        return {kind: made for kind, made in bundle.items() if kind in wanted}

    def _png(self) -> bytes | None:
        """The map printed; none where the extra ``print`` is missing or no font holds its names."""
        from hubmap.errors import MissingExtra, ProductError
        from hubmap.maps.still.outputs import Wanted, print_map
        from hubmap.maps.still.style import Style

        style = Style() if self._recipe is None else Wanted().style(self._recipe)
        try:
            return print_map(self._shown, style, "png", recipe=self._recipe, basemap=self._basemap)
        except (MissingExtra, ProductError):
            return None
