"""What a report is made of: headings, paragraphs, lists, tables, figures; only text in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubmap.maps.still.scene import Sheet


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the report's title."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """One paragraph; ``quiet`` ones are set small."""

    text: str
    quiet: bool = False


@dataclass(frozen=True)
class Points:
    """A list."""

    items: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A table; its first column names the rows, ``left`` says which others hold words."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: frozenset[int] = frozenset({0})


@dataclass(frozen=True)
class Picture:
    """A figure, with the name of its file beside the report."""

    name: str
    sheet: Sheet
    caption: str


Block = Heading | Paragraph | Points | Table | Picture
