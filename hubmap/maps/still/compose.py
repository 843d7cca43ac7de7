"""A map's sheet: title, frames, legend, scale bar, numbers and caption, laid out in millimetres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.maps.still import ground, legend, words
from hubmap.maps.still.caption import caption
from hubmap.maps.still.frames import Frame, Hub, hubs_of
from hubmap.maps.still.labels import Box, covered, labels, scale_length
from hubmap.maps.still.marks import heaviest_of, marks
from hubmap.maps.still.metrics import width, wrapped
from hubmap.maps.still.scene import PT, Path, Sheet, Text, Window, box, clean
from hubmap.maps.still.shown import Shown, shown_by
from hubmap.maps.still.style import INK, SOFT, Style
from hubmap.maps.still.tables import key_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer
    from hubmap.maps.recipe import MapRecipe

PAD = 1.1
"""How much more than the hub a frame shows at least."""
GAP = {"column": 2.0, "page": 3.0, "slide": 5.0}
SIDE = {"page": 44.0, "slide": 92.0}
SIDE_MANY = {"page": 70.0, "slide": 118.0}
"""The width of the column of words beside a map, mm."""
THUMB = (160.0, 100.0)


def sheet(
    layers: Sequence[HubLayer],
    style: Style,
    *,
    recipe: MapRecipe | None = None,
    basemap: gpd.GeoDataFrame | None = None,
) -> Sheet:
    """Lay out a map.

    Parameters
    ----------
    layers
        At least one hub layer.
    style
        Size, inks and language.
    recipe
        Titles and views; without one the first layer's title and all views.
    basemap
        Context around the hubs, WGS-84.

    Returns
    -------
    Sheet
        Its ``facts`` hold ``bar_km`` and ``bar_mm`` of the scale bar and ``mm_per_km``.
    """
    shown = shown_by(recipe, layers, basemap)
    hubs = hubs_of(layers)
    heaviest = heaviest_of(shown.entities)
    first = layers[0].recipe
    spoken = recipe if recipe is not None else first
    title = clean(words.either(style.language, spoken.title, spoken.title_zh), 120)
    under = ("subtitle", "subtitle_zh") if recipe else ("description", "description_zh")
    subtitle = words.either(style.language, *(getattr(spoken, name) for name in under))
    made = _Sheet(layers, hubs, shown, heaviest, style, title, clean(subtitle))
    return made.bare() if style.bare else made.whole()


@dataclass
class _Sheet:
    layers: Sequence[HubLayer]
    hubs: list[Hub]
    shown: Shown
    heaviest: float
    style: Style
    title: str
    subtitle: str

    @property
    def factor(self) -> float:
        """Marks are smaller where several hubs share the sheet."""
        return 0.78 if len(self.hubs) > 1 else 1.0

    @property
    def fill(self) -> float:
        """How far lines go: inside a page the reader's font may be as wide as DejaVu Sans."""
        return 0.88 if self.style.compact else 1.0

    def whole(self) -> Sheet:
        m, gap = self.style.measures, GAP[self.style.size]
        made = Sheet(m.width, m.height, self.title, self.subtitle, self.style.language)
        room = m.width - 2 * m.margin
        many = len(self.hubs) > 1
        side = (SIDE_MANY if many else SIDE).get(self.style.size, 0.0)
        words_room = side if self.style.size == "slide" else room
        head = self._head(words_room)
        if self.style.compact:
            # The page around it has the heading.
            head = legend.Block([], 0, 0)
        foot = self._foot(room, many)
        blocks = legend.legend(self.shown, self.heaviest, self.style, (side or room) * self.fill)
        table = (
            key_numbers(self.hubs, self.shown.all_placed, self.style, words_room) if many else None
        )
        x = y = m.margin
        if self.style.size == "slide":
            high = m.height - 2 * m.margin - foot.height - gap
            beside = legend.stacked([head, *blocks, *([table] if table else [])], x, y, gap)
            made.items += beside.items
            left = x + side + gap
            made.items += self._frames(made, left, y, m.width - m.margin - left, high)
            made.items += legend.moved(foot.items, x, y + high + gap)
            return made
        made.items += legend.moved(head.items, x, y)
        y += head.height + (gap * 0.8 if head.items else 0)
        if many:
            high = self._grid_height(room)
            made.items += self._frames(made, x, y, room, high)
            y += high + gap
            flow = legend.flowed(blocks, x, y, room, gap)
            made.items += flow.items
            y += flow.height + gap
            if table:
                made.items += legend.moved(table.items, x, y)
                y += table.height + gap
        else:
            wide = room - side - gap * 1.2 if side else room
            hub = self.hubs[0]
            high = wide * min(1.12, max(0.72, hub.high / hub.wide))
            beside = legend.stacked(blocks, x + wide + gap * 1.2, y, gap * 1.3)
            if side:
                high = max(high, beside.height)
                made.items += beside.items
            made.items += self._frames(made, x, y, wide, high)
            y += high + gap
            if not side:
                flow = legend.flowed(blocks, x, y, room, gap)
                made.items += flow.items
                y += flow.height + gap
        made.items += legend.moved(foot.items, x, y)
        made.height = y + foot.height + m.margin
        return made

    def bare(self) -> Sheet:
        """Only the frames, for a small picture of a map."""
        made = Sheet(*THUMB, self.title, self.subtitle, self.style.language)
        if len(self.hubs) > 1:
            made.height = min(THUMB[1], self._grid_height(THUMB[0]))
        made.items += self._frames(made, 0, 0, made.width, made.height)
        return made

    def _head(self, room: float) -> legend.Block:
        m = self.style.measures
        items: list[Any] = []
        y = 0.0
        for line in wrapped(self.title, m.title, room, bold=True):
            y += m.title * PT * 1.12
            items.append(Text(0, y - m.title * PT * 0.16, line, m.title, INK, bold=True))
        for line in wrapped(self.subtitle, m.text, room):
            y += m.text * PT * 1.32
            items.append(Text(0, y, line, m.text, SOFT))
        return legend.Block(items, room, y + m.text * PT * 0.25)

    def _foot(self, room: float, many: bool) -> legend.Block:
        m = self.style.measures
        items: list[Any] = []
        y = 0.0
        text = caption(self.layers, self.shown, self.style, many=many)
        for line in wrapped(text, m.tiny, room * self.fill):
            y += m.tiny * PT * 1.3
            items.append(Text(0, y - m.tiny * PT * 0.3, line, m.tiny, SOFT))
        return legend.Block(items, room, y)

    # Frames

    def _grid(self, room: float, high: float) -> tuple[float, list[list[Hub]]]:
        """The scale (mm a metre) and rows of hubs at which they are largest."""
        gap = GAP[self.style.size] / 2
        best: tuple[float, list[list[Hub]]] = (0.0, [])
        for columns in range(1, len(self.hubs) + 1):
            rows = [self.hubs[i : i + columns] for i in range(0, len(self.hubs), columns)]
            wide = math.fsum(max(r[c].wide for r in rows if c < len(r)) for c in range(columns))
            tall = math.fsum(max(h.high for h in row) for row in rows)
            scale = min((room - gap * (columns - 1)) / wide, (high - gap * (len(rows) - 1)) / tall)
            if scale > best[0] * 1.02:
                best = (scale, rows)
        return best[0] / PAD, best[1]

    def _grid_height(self, room: float) -> float:
        gap = GAP[self.style.size] / 2
        scale, rows = self._grid(room, room * (0.95 if self.style.size == "page" else 1.15))
        tall = math.fsum(max(h.high for h in row) for row in rows) * scale * PAD
        return float(tall + gap * (len(rows) - 1))

    def _frames(self, made: Sheet, x: float, y: float, wide: float, high: float) -> list[Any]:
        gap = GAP[self.style.size] / 2
        if len(self.hubs) == 1:
            hub = self.hubs[0]
            scale = min(wide / hub.wide, high / hub.high) / PAD
            return self._frame(made, Frame(hub, x, y, wide, high, scale))
        scale, rows = self._grid(wide, high)
        columns = len(rows[0])
        widths = [max(r[c].wide for r in rows if c < len(r)) for c in range(columns)]
        heights = [max(h.high for h in row) for row in rows]
        # What is left over goes to every frame alike.
        each_w = (wide - gap * (columns - 1) - math.fsum(widths) * scale) / columns
        each_h = (high - gap * (len(rows) - 1) - math.fsum(heights) * scale) / len(rows)
        items: list[Any] = []
        top = y
        for row, tall in zip(rows, heights, strict=True):
            left = x
            for c, hub in enumerate(row):
                broad = widths[c] * scale + each_w
                if c == len(row) - 1:
                    broad = x + wide - left
                frame = Frame(hub, left, top, broad, tall * scale + each_h, scale)
                items += self._frame(made, frame)
                left += broad + gap
            top += tall * scale + each_h + gap
        return items

    def _frame(self, made: Sheet, frame: Frame) -> list[Any]:
        style, shown = self.style, self.shown
        m = style.measures
        places = {hub.id: hub.place for hub in self.hubs}
        inner = ground.land(frame, shown.basemap, style)
        bare = shown.surface is None
        edges = []
        if shown.outline is not None:
            edges = ground.outlines(frame, shown.outline, places, style, filled=bare)
        if bare:
            inner += edges
        if shown.districts is not None:
            filled = not (bare and edges)
            inner += ground.plain(frame, shown.districts.geometry, style, filled=filled)
        if shown.surface is not None:
            inner += [*ground.surface(frame, shown.surface, style), *edges]
        drawn, spots = marks(frame, shown, self.heaviest, style, self.factor)
        inner += drawn
        taken: list[Box] = []
        if not style.bare:
            furniture = self._furniture(made, frame, spots, taken)
            inner += labels(frame, shown, spots, style, taken)
            inner += furniture
        edge = Path([box(*frame.box)], stroke="#919191", width=0.15 * m.line)
        return [Window(box(*frame.box), inner), *([] if style.bare else [edge])]

    def _furniture(self, made: Sheet, frame: Frame, spots: Any, taken: list[Box]) -> list[Any]:
        """The scale bar, in the emptier lower corner, and the panel's name."""
        m = self.style.measures
        km, long = scale_length(frame)
        made.facts |= {"bar_km": km, "bar_mm": long, "mm_per_km": frame.scale * 1000}
        items: list[Any] = []
        inset = 1.8 * m.line
        if len(self.hubs) > 1:
            name = clean(
                words.either(
                    self.style.language, frame.hub.row.get("title"), frame.hub.row.get("title_zh")
                ),
                60,
            )
            base = frame.y + inset + m.text * PT * 0.85
            letter = chr(97 + frame.hub.place % 26)
            colour = self.style.hub(frame.hub.place, many=True)
            x = frame.x + inset
            items.append(Text(x, base, letter, m.text, SOFT, italic=True, halo="#ffffff"))
            items.append(
                Text(x + m.text * 0.26, base, name, m.text, colour, bold=True, halo="#ffffff")
            )
            end = x + m.text * 0.26 + width(name, m.text, bold=True)
            taken.append((x - 1, frame.y, end + 1, base + 1))
            if frame.hub.place:
                return items
        text = words.said(self.style.language, "print.bar", n=words.number(km))
        tall = m.tiny * PT
        bottom = frame.y + frame.height - inset
        corners = (frame.x + inset, frame.x + frame.width - inset - long)
        boxes = [(x - 1.5, bottom - tall - 2.2, x + long + 1.5, bottom + inset) for x in corners]
        left = min(range(2), key=lambda i: (covered(boxes[i], spots), i))
        x = corners[left]
        taken.append(boxes[left])
        tick = 0.9 * m.line
        bar = np.array([[x, bottom - tick], [x, bottom], [x + long, bottom],
                        [x + long, bottom - tick]])  # fmt: skip
        items.append(Path([bar], closed=False, stroke="#ffffff", width=0.75 * m.line))
        items.append(Path([bar], closed=False, stroke=INK, width=0.28 * m.line))
        items.append(
            Text(
                x + long / 2,
                bottom - tick - 0.3 * m.line,
                text,
                m.tiny,
                INK,
                anchor="middle",
                halo="#ffffff",
            )
        )
        return items
