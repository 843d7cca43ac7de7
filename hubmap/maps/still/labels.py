"""Names on a frame: the important ones first, none over another, few over marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.maps.still.metrics import width
from hubmap.maps.still.scene import PT, Circle, Text, clean
from hubmap.maps.still.style import INK, grey
from hubmap.maps.still.words import either

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubmap.maps.still.frames import Frame
    from hubmap.maps.still.scene import Floats
    from hubmap.maps.still.shown import Shown
    from hubmap.maps.still.style import Style

Box = tuple[float, float, float, float]
"""Left, top, right, bottom; mm."""
NAME = 60
"""Characters of a name on a map."""


@dataclass(frozen=True)
class Wish:
    """A name that would like to stand somewhere.

    Attributes
    ----------
    x, y
        mm; the middle of an area, or a dot.
    rank
        Smaller goes first.
    dot
        Radius of its dot in mm; 0: it names an area.
    room
        The width of the area, mm; a name much wider than it is left out.
    most
        How many marks it may cover.
    """

    text: str
    x: float
    y: float
    size: float
    colour: str
    rank: float
    bold: bool = False
    dot: float = 0.0
    halo: str = "#ffffff"
    room: float = 1e9
    most: float = 1e9


def labels(frame: Frame, shown: Shown, spots: Floats, style: Style, taken: list[Box]) -> list[Any]:
    """The names of a frame and the dots of places.

    Parameters
    ----------
    frame
        Where.
    shown
        The map.
    spots
        Where marks stand, mm.
    style
        Sizes, inks and language.
    taken
        What is taken already; the names' boxes join it.
    """
    wishes = [*_districts(frame, shown, style), *_places(frame, shown, style)]
    return _placed(frame, sorted(wishes, key=lambda w: (w.rank, w.text)), spots, taken)


def _placed(frame: Frame, wishes: list[Wish], spots: Floats, taken: list[Box]) -> list[Any]:
    names: list[Any] = []
    dots: list[Any] = []
    x0, y0, wide, high = frame.box
    edge = 0.8
    for wish in wishes:
        w = width(wish.text, wish.size, bold=wish.bold) + 0.6
        h = wish.size * PT * 1.12
        if w > wish.room * 1.25:
            continue
        best: tuple[float, float, float] | None = None
        for order, (dx, dy) in enumerate(_around(wish, w, h)):
            x, y = wish.x + dx, wish.y + dy
            at = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
            inside = (
                at[0] > x0 + edge
                and at[1] > y0 + edge
                and at[2] < x0 + wide - edge
                and at[3] < y0 + high - edge
            )
            if not inside or any(_meet(at, other) for other in taken):
                continue
            cost = covered(at, spots) + order * 0.35
            if best is None or cost < best[0]:
                best = (cost, x, y)
        if best is None or best[0] > wish.most:
            continue
        _, x, y = best
        taken.append((x - w / 2, y - h / 2, x + w / 2, y + h / 2))
        if wish.dot:
            d = wish.dot
            taken.append((wish.x - d, wish.y - d, wish.x + d, wish.y + d))
            dots.append(Circle(wish.x, wish.y, d, "#ffffff", wish.colour, d * 0.45, 1.0))
        names.append(
            Text(
                x,
                y + wish.size * PT * 0.35,
                wish.text,
                wish.size,
                wish.colour,
                wish.bold,
                anchor="middle",
                halo=wish.halo,
            )
        )
    return [*dots, *names]


def _around(wish: Wish, w: float, h: float) -> Iterator[tuple[float, float]]:
    if wish.dot:
        gap = wish.dot + 0.35
        side, over = w / 2 + gap, h / 2 + gap
        yield from ((side, 0), (-side, 0), (0, -over), (0, over))
        yield from ((side, -over), (side, over), (-side, -over), (-side, over))
    else:
        for step in (0.0, 0.6, 1.1, 1.7):
            yield (0, -step * h)
            if step:
                yield from ((0, step * h), (-step * h, 0), (step * h, 0))
                yield from ((-step * h, -step * h), (step * h, -step * h))


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]


def covered(at: Box, spots: Floats) -> int:
    """How many marks stand in a box."""
    if not len(spots):
        return 0
    x, y = spots[:, 0], spots[:, 1]
    return int(((x > at[0]) & (x < at[2]) & (y > at[1]) & (y < at[3])).sum())


def _districts(frame: Frame, shown: Shown, style: Style) -> Iterator[Wish]:
    """Districts, or the cities of a hub of several."""
    if shown.districts is None:
        return
    table = shown.districts
    middles = table.geometry.representative_point()
    own = table[middles.within(frame.hub.outline).to_numpy()]
    if own.empty:
        return
    size = style.measures.label
    single = own["city"].nunique() == 1
    groups = own if single else own.dissolve("city").reset_index()
    inner = groups.geometry.representative_point().to_crs(frame.hub.plane)
    flat = groups.geometry.to_crs(frame.hub.plane)
    at = frame.place(np.column_stack([inner.x, inner.y]))
    for (x, y), box, row in zip(
        at, flat.bounds.to_numpy(), groups.drop(columns="geometry").to_dict("records"), strict=True
    ):
        prefix = "" if single else "city_"
        name = either(style.language, row[f"{prefix}name"], row[f"{prefix}name_zh"])
        room = (box[2] - box[0]) * frame.scale
        high = (box[3] - box[1]) * frame.scale
        if room * high < 18:
            continue
        yield Wish(
            clean(name, NAME), float(x), float(y), size if single else size * 1.08,
            INK if not single else "#2b3640", rank=20 - room * high / 1e4, bold=True,
            room=room if single else 1e9, most=40 if single else 60,
        )  # fmt: skip


def _places(frame: Frame, shown: Shown, style: Style) -> Iterator[Wish]:
    """Cities around, where no district or city of the hub bears the name already."""
    if shown.basemap is None or not shown.labels:
        return
    points = shown.basemap[(shown.basemap.geom_type == "Point").to_numpy()]
    west, south, east, north = frame.degrees
    x, y = points.geometry.x, points.geometry.y
    near = points[((x > west) & (x < east) & (y > south) & (y < north)).to_numpy()]
    if near.empty:
        return
    inside = near.geometry.within(frame.hub.outline).to_numpy()
    flat = near.geometry.to_crs(frame.hub.plane)
    at = frame.place(np.column_stack([flat.x, flat.y]))
    ink = style.ground("place")
    named: set[str] = set()
    if shown.districts is not None:
        named = {str(n) for c in ("city_name", "name") for n in shown.districts[c]}
    for (px, py), own, row in zip(
        at, inside, near.drop(columns="geometry").to_dict("records"), strict=True
    ):
        if own and (shown.districts is not None or str(row["name"]) in named):
            continue
        rank = 3.0 if row.get("rank") is None or np.isnan(row["rank"]) else float(row["rank"])
        far = 1e3 * frame.scale
        if rank > 2 and far < 0.12:
            continue
        name = clean(either(style.language, row["name"], row["name_zh"]), NAME)
        sea = row["role"] == "sea"
        halo = style.ground("water") if sea else "#f4f3ee"
        yield Wish(
            name, float(px), float(py), style.measures.label * (0.95 if rank > 2 else 1.0), ink,
            rank=40 + rank, dot=0.0 if sea else 0.32 * style.measures.line, most=2,
            halo=grey(halo) if style.greyscale else halo,
        )  # fmt: skip


def scale_length(frame: Frame) -> tuple[float, float]:
    """A round length for a scale bar: kilometres, and millimetres of the sheet.

    True at the frame's centre, where the hub's plane has its point of contact.
    """
    longest = frame.width * 0.3 / frame.scale / 1000
    power = 10.0 ** np.floor(np.log10(longest))
    km = max(step * power for step in (1, 2, 5) if step * power <= longest)
    return float(km), float(km * 1000 * frame.scale)
