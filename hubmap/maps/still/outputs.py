"""Which files a map is printed to, and their names; nothing heavy is imported here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, get_args

from hubmap.maps.still.style import Size, Style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer
    from hubmap.maps.recipe import MapRecipe

PRINTED = ("svg", "pdf", "png")
OUTPUTS = ("html", *PRINTED)
SIZES: tuple[str, ...] = get_args(Size)


@dataclass(frozen=True)
class Wanted:
    """What a build is asked for beside what the recipes say.

    Attributes
    ----------
    formats
        Of ``OUTPUTS``; empty: what each map's recipe says.
    size
        Of ``SIZES``, or empty.
    greyscale
        Whether colours are left out.
    language
        ``en``, ``zh`` or empty.
    """

    formats: tuple[str, ...] = ()
    size: str = ""
    greyscale: bool = False
    language: str = ""

    def outputs(self, recipe: MapRecipe) -> tuple[str, ...]:
        """The formats of one map, once each."""
        return tuple(dict.fromkeys(self.formats or recipe.outputs))

    def style(self, recipe: MapRecipe) -> Style:
        """How one map is printed."""
        size: Size = recipe.size
        for known in get_args(Size):
            size = known if known == self.size else size
        grey = self.greyscale or recipe.greyscale
        return Style(size=size, greyscale=grey, language=self.language or recipe.language)

    def making(self, made: Mapping[str, Any], recipe: MapRecipe) -> dict[str, Any]:
        """What a printed map says of its making: the map's, how it is printed, and by what."""
        from hubmap.maps.still.fonts import fonts_key

        style = self.style(recipe)
        look = {name: getattr(style, name) for name in ("size", "greyscale", "language")}
        versions = {**made["versions"], "matplotlib": version("matplotlib")}
        return {**made, "versions": versions, "print": look, "fonts": fonts_key()}

    def name(self, id: str, recipe: MapRecipe, format: str) -> str:
        """A file's name: the map's, and what differs from its recipe."""
        style = self.style(recipe)
        parts = [id]
        if style.size != recipe.size:
            parts.append(style.size)
        if style.greyscale != recipe.greyscale:
            parts.append("grey")
        if style.language != recipe.language:
            parts.append(style.language)
        return f"{'-'.join(parts)}.{format}"


def print_map(
    layers: Sequence[HubLayer],
    style: Style,
    format: str,
    *,
    recipe: MapRecipe | None = None,
    basemap: gpd.GeoDataFrame | None = None,
    where: str = "the map",
    made: Mapping[str, Any] | None = None,
) -> bytes:
    """A map as ``svg``, ``pdf`` or ``png``.

    Parameters
    ----------
    layers
        What to draw.
    style
        Size, inks, language.
    format
        Of ``PRINTED``.
    recipe, basemap
        As of :func:`hubmap.maps.draw.draw`.
    where
        The product, for messages.
    made
        What the file says of its making.

    Raises
    ------
    MissingExtra
        The extra ``print`` is not installed.
    ProductError
        The map has Chinese names and no font here holds them.
    """
    from hubmap.maps.still.compose import sheet
    from hubmap.maps.still.printed import DPI, printed

    drawn = sheet(layers, style, recipe=recipe, basemap=basemap)
    said = "" if made is None else json.dumps(made, separators=(",", ":"))
    return printed(drawn, format, dpi=DPI[style.size], where=where, made=said)
