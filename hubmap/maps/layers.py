"""Our folium layers: each carries its content as data and never passes it through a template.

folium compiles the script it has made as a template once more, in Python. A name with ``{{ … }}``
in it would run there. These layers hand their script over as :class:`Raw`, which is not compiled.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from branca.element import Element, Figure, MacroElement
from folium.map import Layer

from hubmap.errors import ProductError
from hubmap.maps import assets, kernels, lattices, marks, payload, surfaces
from hubmap.maps.pack import pack
from hubmap.maps.picture import still_table
from hubmap.maps.records import still_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer


class Raw(Element):
    """Text that goes into a page as it is, uncompiled."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_: Any) -> str:
        """The text itself."""
        return self.text


def inert(text: str) -> str:
    """Text for folium's own layer control: everything but letters, digits and spaces as entities.

    Leaflet reads the names in that control as HTML, and folium's second compilation would read
    braces; a numeric entity is the same character to the reader and nothing to either.
    """
    return "".join(c if c.isalnum() or c == " " else f"&#{ord(c)};" for c in text)


class HubmapLayer(Layer):
    """A layer that is drawn by ``window.hubmap`` from :attr:`content`.

    Parameters
    ----------
    content
        What :mod:`hubmap.maps.payload` made.
    title
        The name in folium's layer control.
    show
        Whether it is on when the map opens.
    control
        Whether folium's layer control lists it.
    """

    role: ClassVar[str] = "layer"

    def __init__(
        self, content: dict[str, Any], *, title: str, show: bool = True, control: bool = True
    ) -> None:
        super().__init__(name=inert(title), overlay=True, control=control, show=show)
        self._name = type(self).__name__
        self.content = content | {"shown": show}
        self.lean: dict[str, Any] = {}
        """What the composed page takes instead, where layers can share."""

    def render(self, **_: Any) -> str:
        """Add the layer's script to a page that folium writes."""
        figure = self.get_root()
        if not isinstance(figure, Figure) or self._parent is None:
            raise ProductError(f"The {self._name} is on no map.", "Add it to a folium.Map first.")
        script = assets.core_script().replace("</", "<\\/")
        style = assets.core_style()
        figure.header.add_child(Raw(f"<style>{style}</style>"), name="hubmap_style")
        figure.script.add_child(Raw(script), name="hubmap_script")
        name, parent = self.get_name(), self._parent.get_name()
        line = f"var {name} = hubmap.layer(hubmap.pack.now('{pack(self.content)}'));"
        if self.show:
            line += f"\n{name}.addTo({parent});"
        figure.script.add_child(Raw(line), name=name)
        return ""


class BasemapLayer(HubmapLayer):
    """Land, water, borders and place names.

    Parameters
    ----------
    frame
        Columns role, name, name_zh, rank, detail, geometry (WGS-84).
    bounds
        West, south, east, north of what the map is about.
    labels
        Whether place names are written.
    """

    role = "basemap"

    def __init__(
        self, frame: gpd.GeoDataFrame, bounds: Sequence[float], *, labels: bool = True
    ) -> None:
        super().__init__(
            payload.basemap(frame, bounds, labels=labels), title="Basemap", control=False
        )


class DistrictsLayer(HubmapLayer):
    """Districts shaded by one number of their profile."""

    role = "districts"

    def __init__(
        self,
        *layers: HubLayer,
        statistic: str = "count",
        kind: str = "",
        classes: int = 5,
        method: Literal["quantile", "equal"] = "quantile",
        show: bool = True,
        title: str = "Districts",
    ) -> None:
        content = surfaces.districts(layers, classes=classes, method=method)
        super().__init__(content | {"start": [statistic, kind]}, title=title, show=show)


class CellsLayer(HubmapLayer):
    """Hexagons shaded by entities per km²."""

    role = "cells"

    def __init__(
        self,
        *layers: HubLayer,
        kind: str = "",
        classes: int = 5,
        times: Sequence[float] = (1,),
        show: bool = False,
        title: str = "Cells",
    ) -> None:
        content = surfaces.cells(layers, classes=classes, times=times)
        start = [content["values"][0]["statistic"] if content["values"] else "", kind]
        super().__init__(content | {"start": start}, title=title, show=show)


class DensityLayer(HubmapLayer):
    """Areas that hold 50, 80 and 95 % of the mass of a smooth density."""

    role = "kernel"

    def __init__(
        self,
        *layers: HubLayer,
        kind: str = "",
        bandwidths_km: Sequence[float] = kernels.BANDWIDTHS_KM,
        show: bool = False,
        title: str = "Density",
    ) -> None:
        content = kernels.kernels(layers, bandwidths_km=bandwidths_km)
        start = [f"kde_{bandwidths_km[0]:g}", kind]
        super().__init__(content | {"start": start}, title=title, show=show)


class HotSpotsLayer(HubmapLayer):
    """Hexagons that are hot beyond chance (Gi*), false discoveries held to 5 %."""

    role = "hot"

    def __init__(
        self, *layers: HubLayer, kind: str = "", show: bool = False, title: str = "Hot spots"
    ) -> None:
        content = lattices.hot_spots(layers)
        super().__init__(content | {"start": ["gi", kind]}, title=title, show=show)


class StabilityLayer(HubmapLayer):
    """In what share of the settings each place belongs to a found hub."""

    role = "firm"

    def __init__(self, *layers: HubLayer, show: bool = False, title: str = "Stability") -> None:
        content = lattices.stability(layers)
        super().__init__(content | {"start": ["stability", ""]}, title=title, show=show)


class CentresLayer(HubmapLayer):
    """Mean centres and deviational ellipses, of all and by founding year, and density peaks."""

    role = "centres"

    def __init__(self, *layers: HubLayer, show: bool = False, title: str = "Centres") -> None:
        super().__init__(marks.centres(layers), title=title, show=show)


class RingsLayer(HubmapLayer):
    """What lies within some kilometres of a campus."""

    role = "rings"

    def __init__(
        self,
        *layers: HubLayer,
        radii_km: Sequence[float] = marks.RADII_KM,
        radius_km: float = 2.0,
        show: bool = False,
        title: str = "Rings",
    ) -> None:
        content = marks.rings(layers, radii_km=radii_km)
        super().__init__(content | {"radius": float(radius_km)}, title=title, show=show)


class OutlineLayer(HubmapLayer):
    """The outlines of the hubs."""

    role = "outline"

    def __init__(self, *layers: HubLayer, title: str = "Outline") -> None:
        super().__init__(payload.outline(layers), title=title)


class PointsLayer(HubmapLayer):
    """Entities on one canvas: a colour and a shape a kind, sized by weight."""

    role = "points"

    def __init__(
        self,
        *layers: HubLayer,
        kinds: Sequence[str] = (),
        shown: Sequence[str] | None = None,
        title: str = "Entities",
    ) -> None:
        content = payload.points(layers, kinds)
        on = [k["id"] for k in content["kinds"] if shown is None or k["id"] in shown]
        super().__init__(content | {"on": on}, title=title)


class Panel(MacroElement):
    """The words around the map: our page writes them, folium's own save does not."""

    role: ClassVar[str] = "panel"

    def __init__(
        self,
        *layers: HubLayer,
        title: dict[str, str],
        subtitle: dict[str, str] | None = None,
        language: str = "en",
        notes: Sequence[dict[str, Any]] = (),
        picture: str = "",
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Panel"
        self.content = {"type": "panel"} | payload.panel(
            layers,
            title=title,
            subtitle=subtitle or {"en": "", "zh": ""},
            language=language,
        )
        self.content["notes"] = list(notes)
        self.picture = picture
        self.table = still_table(layers, language)
        # How much room there is for them is known when the page is put together.
        self.records = partial(still_records, layers, language)

    def render(self, **_: Any) -> str:
        """Nothing: a page that folium writes has no panel."""
        return ""
