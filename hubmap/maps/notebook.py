"""The map as a notebook shows it: a frame with the whole page, a picture and a line of text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import folium

from hubmap.maps.colours import kind_colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubmap.layers.model import HubLayer


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
    options
        Those of ``folium.Map``.
    """

    def __init__(
        self, layers: Sequence[HubLayer], *, title: str, subtitle: str = "", **options: Any
    ) -> None:
        super().__init__(**options)
        self._shown = tuple(layers)
        self._words = (title, subtitle)

    def _repr_mimebundle_(
        self, include: Sequence[str] | None = None, exclude: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """HTML (a frame with the page), PNG where matplotlib is installed, and text.

        With folium's own elements on the map no HTML is given here, so that the notebook shows
        what folium makes of it: the self-contained page cannot hold them.
        """
        from hubmap.maps.embed import HEIGHT, Embedded, srcdoc
        from hubmap.maps.escapes import one_line
        from hubmap.maps.page import foreign, page

        title, subtitle = self._words
        bundle: dict[str, Any] = {"text/plain": f"<hubmap: {one_line(title)}>"}
        wanted = {"text/html", "image/png", "text/plain"} if include is None else set(include)
        wanted -= set(exclude or ())
        if "text/html" in wanted and not foreign(self):
            made = Embedded(
                id="map", title=title, subtitle=subtitle, page=page(self), height=HEIGHT
            )
            bundle["text/html"] = srcdoc(made)
        if "image/png" in wanted and (drawn := _png(self._shown)) is not None:
            bundle["image/png"] = drawn
        return {kind: made for kind, made in bundle.items() if kind in wanted}


def _png(layers: Sequence[HubLayer]) -> bytes | None:
    """Districts and entities in their colours; none where matplotlib is missing."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        return None
    figure = Figure(figsize=(8, 5), dpi=120, layout="tight")
    axes = figure.add_subplot()
    axes.set_axis_off()
    kinds = sorted({kind for layer in layers for kind in layer.entities["kind"]})
    for layer in layers:
        layer.districts.plot(ax=axes, color="#fbfaf7", edgecolor="#cfccc2", linewidth=0.6)
        layer.outline.boundary.plot(ax=axes, color="#3d4f60", linewidth=1.2)
        for order, kind in enumerate(kinds):
            own = layer.entities[(layer.entities["kind"] == kind) & layer.entities["case"]]
            if len(own):
                own.plot(ax=axes, color=kind_colour(kind, order), markersize=7)
    # The kinds are words of the data: matplotlib must not read dollar signs as formulas.
    for order, kind in enumerate(kinds):
        label = kind.replace("$", r"\$").lstrip("_")
        axes.scatter([], [], color=kind_colour(kind, order), s=12, label=label)
    if kinds:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=len(kinds), frameon=False)
    written = io.BytesIO()
    figure.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()
