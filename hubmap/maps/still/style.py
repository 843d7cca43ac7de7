"""Sizes of sheets and the inks on them, those of the page or greys that need no colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hubmap.maps.colours import HUB_COLOURS, kind_colour, kind_shape

Size = Literal["column", "page", "slide"]

GROUND = {
    "land": "#edebe4",
    "water": "#dde8ef",
    "coast": "#a9bccb",
    "border": "#aaa79c",
    "province": "#b9b7ae",
    "fine": "#d3d1c8",
    "place": "#5c656f",
}
"""The inks of the page's ground; ``assets/js/basemap.js`` has the same."""
INK, SOFT, LINE = "#1a2530", "#56626e", "#c9ced3"
HUB, ZERO, PLAIN, NOTHING, HATCH = "#3d4f60", "#fbfaf7", "#fdfcf9", "#e4e2dc", "#bab7ad"
EDGE = "#b9b2a8"
"""Between districts: what the page draws there half transparent, on the mean of the classes."""


@dataclass(frozen=True)
class Measures:
    """How large things are on a sheet.

    Attributes
    ----------
    width
        mm; of the whole sheet.
    height
        mm; 0: as high as what stands on it.
    margin
        mm.
    title, text, small, tiny, label
        Sizes of letters, points.
    mark
        Radius of a mark, mm.
    bubble
        Radius of the largest circle, mm.
    line
        What widths of lines are multiplied by.
    tolerance
        How far lines may be simplified, mm.
    """

    width: float
    height: float
    margin: float
    title: float
    text: float
    small: float
    tiny: float
    label: float
    mark: float
    bubble: float
    line: float
    tolerance: float = 0.03


MEASURES: dict[Size, Measures] = {
    "column": Measures(84, 0, 0.5, 9.5, 6.8, 6.2, 5.2, 5.8, 0.62, 3.6, 0.85),
    "page": Measures(174, 0, 0.5, 13, 8, 7, 6, 6.8, 0.85, 5.5, 1.0),
    "slide": Measures(338.667, 190.5, 9, 26, 14, 12, 8.5, 11, 1.5, 10, 1.8, 0.05),
}
"""A journal's column, the width of an A4 page's text, and a slide of 16:9 (13.333 × 7.5 inches)."""


@dataclass(frozen=True)
class Style:
    """What a sheet looks like.

    Attributes
    ----------
    size
        A key of ``MEASURES``.
    greyscale
        Told apart by shape, tone and hatching alone.
    language
        ``en`` or ``zh``.
    compact
        For inside a page: coarser lines, fewer bytes.
    bare
        Only the picture: no word, no legend.
    """

    size: Size = "page"
    greyscale: bool = False
    language: str = "en"
    compact: bool = False
    bare: bool = False

    @property
    def measures(self) -> Measures:
        """The sizes of this sheet."""
        return MEASURES[self.size]

    @property
    def tolerance(self) -> float:
        """How far lines may be simplified, mm."""
        return 0.16 if self.compact else self.measures.tolerance

    @property
    def speck(self) -> float:
        """Shapes smaller than this are left out, mm."""
        return 0.7 if self.compact else 0.25

    @property
    def paper(self) -> str:
        """A hub's own ground where nothing shades it."""
        return "#ffffff" if self.greyscale else PLAIN

    def ground(self, ink: str) -> str:
        """An ink of the ground."""
        return grey(GROUND[ink]) if self.greyscale else GROUND[ink]

    def hub(self, place: int, many: bool) -> str:
        """The colour of a hub's outline and name."""
        if not many:
            return HUB if not self.greyscale else "#333333"
        return "#333333" if self.greyscale else HUB_COLOURS[place % len(HUB_COLOURS)]

    def kind(self, kind: str, place: int) -> str:
        """The colour of a kind's marks; in grey the shapes tell kinds apart, and the tones too."""
        if not self.greyscale:
            return kind_colour(kind, place)
        tones = {"circle": "#1c1c1c", "diamond": "#808080", "bubble": "#3a3a3a"}
        return tones.get(kind_shape(kind), "#5a5a5a")

    def classes(self, colours: list[str], two_sided: bool) -> list[tuple[str, Literal["", "back"]]]:
        """The fills of classes, with hatching where a side has no colour to tell it."""
        if not self.greyscale:
            return [(colour, "") for colour in colours]
        n = len(colours)
        if not two_sided:
            return [(_tone(0.95 - 0.6 * i / max(1, n - 1)), "") for i in range(n)]
        middle = n // 2
        return [
            (_tone(0.97 - 0.5 * abs(i - middle) / max(1, middle)), "back" if i < middle else "")
            for i in range(n)
        ]


def _tone(lightness: float) -> str:
    from hubmap.maps.colours import from_oklab

    return from_oklab(lightness, 0.0, 0.0)


def grey(colour: str) -> str:
    """A colour's grey of the same perceived lightness."""
    from hubmap.maps.colours import to_oklab

    return _tone(to_oklab(colour)[0])
