"""What a sheet is made of: paths, marks and texts in millimetres, and nothing that can act."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PT = 25.4 / 72
"""Millimetres a point."""
Anchor = Literal["start", "middle", "end"]
Hatch = Literal["", "slash", "back"]
LONGEST = 400
"""Characters of one text; a longer one is cut, because no sheet could hold it."""


@dataclass(frozen=True)
class Path:
    """Lines or areas.

    Attributes
    ----------
    rings
        Corners, millimetres from the sheet's upper left; each an array of n × 2.
    closed
        Whether they are areas.
    fill, stroke
        ``#rrggbb``, or empty for none.
    width
        Of the stroke, mm.
    dash
        Lengths of dashes and gaps, mm.
    opacity
        Of the fill.
    hatch
        Lines over the fill: rising ones for what is withheld, falling ones for the low side of a
        two-sided scale without colours.
    """

    rings: Sequence[Floats]
    closed: bool = True
    fill: str = ""
    stroke: str = ""
    width: float = 0.1
    dash: tuple[float, ...] = ()
    opacity: float = 1.0
    hatch: Hatch = ""


@dataclass(frozen=True)
class Marks:
    """One symbol at many places.

    Attributes
    ----------
    at
        Places, mm, n × 2.
    shape
        ``circle``, ``diamond`` or ``square``.
    radius
        mm.
    fill, stroke, width
        As of a path.
    """

    at: Floats
    shape: str
    radius: float
    fill: str
    stroke: str
    width: float


@dataclass(frozen=True)
class Circle:
    """One circle, as of a weighted place."""

    x: float
    y: float
    radius: float
    fill: str
    stroke: str
    width: float = 0.15
    opacity: float = 0.16
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Text:
    """One line of text; ``y`` is its baseline.

    Attributes
    ----------
    size
        Points.
    halo
        The colour around the letters, or empty.
    spacing
        Between letters, mm.
    """

    x: float
    y: float
    text: str
    size: float
    colour: str = "#1a2530"
    bold: bool = False
    italic: bool = False
    anchor: Anchor = "start"
    halo: str = ""


@dataclass(frozen=True)
class Window:
    """Items that are seen only inside a ring of corners (mm)."""

    ring: Floats
    items: Sequence[Any]


@dataclass
class Sheet:
    """A whole picture.

    Attributes
    ----------
    width, height
        mm.
    title, description
        What a screen reader and a file's properties say.
    items
        Drawn in this order.
    facts
        What tests and callers may want to know: the scale bar's length, the plane.
    """

    width: float
    height: float
    title: str
    description: str = ""
    language: str = "en"
    items: list[Any] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def box(x: float, y: float, width: float, height: float) -> Floats:
    """The corners of a rectangle."""
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])


def clean(text: object, longest: int = LONGEST) -> str:
    """Text that can stand in any file: no control, format or private character, one line.

    Parameters
    ----------
    text
        Anything; None is empty.
    longest
        Characters after which it is cut, with an ellipsis.
    """
    if text is None:
        return ""
    kept = "".join(
        " " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c
        for c in str(text)
        if unicodedata.category(c) not in {"Cf", "Cs", "Co", "Cn"}
    )
    line = " ".join(kept.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def every_text(items: Sequence[Any]) -> list[Text]:
    """All texts of a sheet, those in windows too."""
    found: list[Text] = []
    for item in items:
        if isinstance(item, Window):
            found += every_text(item.items)
        elif isinstance(item, Text):
            found.append(item)
    return found
