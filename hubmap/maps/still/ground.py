"""The ground of a frame: land and water, districts or hexagons by their numbers, outlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hubmap.maps.colours import DIVERGING
from hubmap.maps.still.scene import Path, Window, box
from hubmap.maps.still.style import EDGE, NOTHING, ZERO, Style, grey

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer
    from hubmap.maps.still.frames import Frame
    from hubmap.maps.still.scene import Hatch

HIDDEN = ("province", "city")
EDGE_MM = 0.2
ORDER = ("land", "lake", "river", "province", "border", "city")


@dataclass(frozen=True)
class Surface:
    """Shaded shapes and what shades them.

    Attributes
    ----------
    shapes
        WGS-84.
    values
        A number each; NaN where it is withheld.
    kind, statistic
        Which number.
    breaks, colours, low, high, zero
        The classes, as the page has them.
    """

    shapes: gpd.GeoSeries
    values: np.ndarray[Any, Any]
    kind: str
    statistic: str
    breaks: Sequence[float]
    colours: Sequence[str]
    low: float
    high: float
    zero: bool
    cells: bool = False
    share: float = 1.0

    def fills(self, style: Style) -> list[tuple[str, Literal["", "back"]]]:
        """The fill of each class."""
        return style.classes(list(self.colours), list(self.colours) == list(DIVERGING))

    def class_of(self, value: float) -> int:
        """Which class a value is in: the first whose break it stays below."""
        return int(np.searchsorted(self.breaks, value, side="right"))


def land(frame: Frame, basemap: gpd.GeoDataFrame | None, style: Style) -> list[Any]:
    """Land, water and lines between, as the page draws them; fine where a hub has its own."""
    back = Path([box(*frame.box)], fill=style.ground("water" if basemap is not None else "land"))
    items: list[Any] = [back]
    if basemap is None:
        return items
    shapes = basemap[basemap.geom_type != "Point"]
    hub = shapes.get("hub", None)
    scenes: list[Any] = [None]
    if hub is not None:
        scenes += [h for h in dict.fromkeys(hub.dropna()) if h]
    for scene in scenes:
        own = (
            shapes[(hub.isna() if scene is None else hub == scene).to_numpy()]
            if (hub is not None)
            else shapes
        )
        window = frame.seen(own.geometry[(own["role"] == "water").to_numpy()])
        if scene is not None and window.empty:
            continue
        drawn = _scene(frame, own, style)
        if scene is None or window.empty:
            items += drawn
            continue
        # A hub's fine ground replaces the coarse one in its own window only, less the window's
        # edge, along which the land is cut and would show its coast.
        inner = window.iloc[0].buffer(-EDGE_MM / frame.scale)
        for ring in frame.rings(inner):
            water = Path([ring], fill=style.ground("water"))
            items.append(Window(ring, [water, *drawn]))
    return items


def _scene(frame: Frame, own: gpd.GeoDataFrame, style: Style) -> list[Any]:
    pens: dict[str, dict[str, Any]] = {
        "land": {"fill": "land", "stroke": "coast", "width": 0.12},
        "lake": {"fill": "water", "stroke": "coast", "width": 0.1},
        "river": {"stroke": "coast", "width": 0.2},
        "border": {"stroke": "border", "width": 0.22, "dash": (1.4, 0.6, 0.3, 0.6)},
        "province": {"stroke": "province", "width": 0.16, "dash": (1.0, 0.6)},
        "city": {"stroke": "fine", "width": 0.12},
    }
    thick = style.measures.line
    found: list[Any] = []
    for role in ORDER:
        shapes = own.geometry[(own["role"] == role).to_numpy()]
        if style.compact and role in HIDDEN:
            # What the hub's own ground will cover need not travel.
            shapes = shapes.difference(frame.hub.outline)
        closed = bool(shapes.geom_type.str.endswith("Polygon").all()) and role in {"land", "lake"}
        rings = [
            ring
            for shape in frame.seen(shapes)
            for ring in frame.rings(shape, style.tolerance, style.speck)
        ]
        if rings:
            pen = pens[role]
            found.append(
                Path(
                    rings,
                    closed=closed,
                    fill=style.ground(pen["fill"]) if closed else "",
                    stroke=style.ground(pen["stroke"]),
                    width=pen["width"] * thick,
                    dash=tuple(d * thick for d in pen.get("dash", ())),
                )
            )
    return found


def surface(frame: Frame, shown: Surface, style: Style) -> list[Any]:
    """The shaded shapes of a frame, a path a class."""
    import shapely

    seen = frame.seen(shown.shapes)
    if seen.empty:
        return []
    values = shown.values[seen.index.to_numpy()]
    shapes = np.asarray(seen.to_numpy(), dtype=object)
    if not shown.cells:
        # Neighbours keep their common edge. Shapes that overlap are left as they are.
        shapes = shapely.coverage_simplify(shapes, style.tolerance / frame.scale)
    fills = shown.fills(style)
    hatch = grey(NOTHING) if style.greyscale else NOTHING
    groups: dict[tuple[str, Hatch], list[Any]] = {}
    for shape, value in zip(shapes, values, strict=True):
        if np.isnan(value):
            key: tuple[str, Hatch] = (hatch, "slash")
        elif value == 0 and shown.zero:
            key = (ZERO if not style.greyscale else "#ffffff", "")
        else:
            key = fills[shown.class_of(float(value))]
        if not (shown.cells and (np.isnan(value) or value == 0)):
            groups.setdefault(key, []).append(shape)
    edge = "#ffffff" if shown.cells else grey(EDGE) if style.greyscale else EDGE
    return [
        Path(
            [ring for shape in group for ring in frame.rings(shape)],
            fill=fill,
            stroke=edge,
            width=0.14 * style.measures.line,
            hatch=hatched,
        )
        for (fill, hatched), group in groups.items()
    ]


def plain(frame: Frame, districts: gpd.GeoSeries, style: Style, *, filled: bool) -> list[Any]:
    """Districts without a number: each border between them once, on white where it is asked for."""
    import shapely

    seen = frame.seen(districts)
    if seen.empty:
        return []
    shapes = shapely.coverage_simplify(
        np.asarray(seen.to_numpy(), dtype=object), style.tolerance / frame.scale
    )
    whole = shapely.union_all(shapes)
    lines = shapely.union_all(shapely.boundary(shapes)).difference(shapely.boundary(whole))
    merged = shapely.line_merge(lines) if hasattr(lines, "geoms") else lines
    stroke = grey("#cfccc2") if style.greyscale else "#cfccc2"
    paper = [Path(frame.rings(whole, speck=style.speck), fill=style.paper)] if filled else []
    return [
        *paper,
        Path(
            frame.rings(merged, speck=style.speck),
            closed=False,
            stroke=stroke,
            width=0.13 * style.measures.line,
        ),
    ]


def outlines(
    frame: Frame,
    outline: gpd.GeoDataFrame,
    places: dict[str, int],
    style: Style,
    *,
    filled: bool = False,
) -> list[Any]:
    """The hubs' outlines; another hub that reaches into the frame has its own colour."""
    found = []
    rows = outline.reset_index(drop=True)
    for row, shape in frame.seen(rows.geometry).items():
        hub = str(rows["hub"].iloc[row])
        found.append(
            Path(
                frame.rings(shape, style.tolerance, style.speck),
                fill=style.paper if filled else "",
                stroke=style.hub(places.get(hub, 0), len(places) > 1),
                width=(0.42 if hub == frame.hub.id else 0.25) * style.measures.line,
            )
        )
    return found


def district_shapes(layers: Sequence[HubLayer]) -> gpd.GeoDataFrame:
    """All districts of the layers once, numbered from 0."""
    from hubmap.maps.kinds import stacked

    table = stacked([layer.districts for layer in layers]).drop_duplicates("code")
    return table.reset_index(drop=True)
