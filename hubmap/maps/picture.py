"""Still pictures drawn in Python: for the index, and for readers without scripts.

They hold shapes and colours only, no word of the data, on each hub's own equal-area plane.
"""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from hubmap import geodesy
from hubmap.maps.colours import HUB_COLOURS, kind_colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer

WIDTH, HEIGHT, MARGIN = 640, 400, 14
CROWD = 5000
SPOTS = 160
"""So many spots across a picture tell a crowd apart."""
VAGUE_M = 1500
"""Beyond this the place is the district's, and the mark is hollow."""


def picture(layers: Sequence[HubLayer], *, label: str) -> str:
    """An SVG of the hubs' outlines, districts and entities; several hubs at one scale.

    Parameters
    ----------
    layers
        What to draw.
    label
        What a screen reader says; it must be escaped already.
    """
    frames = [(layer, hub) for layer in layers for hub in layer.outline["hub"]]
    panes = [_pane(layer, hub) for layer, hub in frames]
    columns = min(len(panes), 4)
    rows = -(-len(panes) // columns)
    width, height = (WIDTH, HEIGHT) if len(panes) == 1 else (260 * columns, 250 * rows)
    wide, high = width / columns - MARGIN * 2, height / rows - MARGIN * 2
    scale = min(min(wide / pane["size"][0], high / pane["size"][1]) for pane in panes)
    most = max([1.0, *(_heaviest(pane["points"]) for pane in panes)])
    parts = []
    for place, pane in enumerate(panes):
        x = width / columns * (place % columns + 0.5)
        y = height / rows * (place // columns + 0.5)
        colour = HUB_COLOURS[place % len(HUB_COLOURS)] if len(panes) > 1 else "#3d4f60"
        parts.append(_drawn(pane, x, y, scale, colour, most))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{label}">' + "".join(parts) + "</svg>"
    )


def _pane(layer: HubLayer, hub: str) -> dict[str, Any]:
    outline = layer.outline[layer.outline["hub"] == hub]
    crs = geodesy.plane_of(outline.geometry.iloc[0])
    shape = outline.geometry.to_crs(crs).iloc[0]
    west, south, east, north = shape.bounds
    entities = _thinned(layer.entities)
    inside = entities["case"].to_numpy(dtype=bool) & entities.geometry.intersects(
        outline.geometry.iloc[0].buffer(0.02)
    ).to_numpy(dtype=bool)
    points = entities[inside].to_crs(crs)
    return {
        "shape": shape,
        "districts": _districts(layer, outline.geometry.iloc[0], crs),
        "points": points,
        "size": (east - west, north - south),
        "centre": ((east + west) / 2, (north + south) / 2),
    }


def _thinned(entities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One record for all of a kind on one spot of a picture, with the sum of their weights."""
    if len(entities) <= CROWD:
        return entities
    spots = shapely.get_coordinates(entities.geometry.to_numpy())
    west, south, east, north = entities.total_bounds
    step = max(east - west, north - south, 1e-9) / SPOTS
    columns = np.floor((spots - (west, south)) / step).astype(np.int64)
    vague = (entities["precision_m"] > VAGUE_M).to_numpy(dtype=bool)
    kinds = entities["kind"].factorize()[0]
    case = entities["case"].to_numpy(dtype=bool)
    key = ((kinds * 2 + vague) * 2 + case) * (SPOTS + 1) ** 2 + columns @ (SPOTS + 1, 1)
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    weights = np.bincount(group, weights=entities["weight"].to_numpy(dtype=float))
    kept = np.sort(first)
    return entities.iloc[kept].assign(weight=weights[group[kept]])


def _districts(layer: HubLayer, outline: Any, crs: Any) -> gpd.GeoSeries:
    middles = layer.districts.geometry.representative_point()
    return layer.districts.geometry[middles.within(outline).to_numpy()].to_crs(crs)


def _drawn(pane: dict[str, Any], x: float, y: float, scale: float, colour: str, most: float) -> str:
    def place(corners: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.column_stack(
            [
                x + (corners[:, 0] - pane["centre"][0]) * scale,
                y - (corners[:, 1] - pane["centre"][1]) * scale,
            ]
        )

    def path(shape: Any) -> str:
        rings = []
        for part in getattr(shape.simplify(1 / scale), "geoms", [shape.simplify(1 / scale)]):
            corners = np.rint(place(np.asarray(part.exterior.coords)[:, :2]) * 10) / 10
            if np.ptp(corners, axis=0).max() >= 2:
                rings.append("M" + "L".join(f"{a:g} {b:g}" for a, b in corners[:-1]) + "Z")
        return "".join(rings)

    districts = "".join(path(shape) for shape in pane["districts"])
    parts = [
        f'<path d="{path(pane["shape"])}" fill="#fbfaf7" stroke="{colour}" stroke-width="1.6" '
        'stroke-linejoin="round"/>',
        f'<path d="{districts}" fill="none" stroke="#cfccc2" stroke-width=".6"/>',
        *_marks(pane["points"], place, most),
    ]
    return "".join(parts)


def still_table(layers: Sequence[HubLayer]) -> str:
    """The districts with their counts as an HTML table, for readers without scripts."""
    from hubmap.maps.kinds import kinds_of, stacked

    districts = stacked([layer.districts for layer in layers]).drop_duplicates("code")
    kinds = [kind for kind in kinds_of(layers) if kind["id"] in districts.columns]

    def text(value: Any) -> str:
        return html.escape("" if value is None else str(value).replace("\x00", "\ufffd"))

    def number(value: Any) -> str:
        return "–" if value is None or math.isnan(float(value)) else f"{float(value):,.0f}"

    head = "".join(f'<th scope="col">{text(kind["title"]["en"])}</th>' for kind in kinds)
    rows = [
        f'<tr><th scope="row">{text(row["name"])} <span lang="zh-Hans">{text(row["name_zh"])}'
        f"</span></th><td>{text(row['city_name'])}</td>"
        + "".join(f"<td>{number(row[kind['id']])}</td>" for kind in kinds)
        + "</tr>"
        for row in districts.drop(columns="geometry").to_dict("records")
    ]
    return (
        "<table><caption>Districts with their numbers</caption><thead><tr>"
        f'<th scope="col">District</th><th scope="col">City</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _heaviest(points: gpd.GeoDataFrame) -> float:
    """The largest sum of weights at one spot, over the kinds that have weights."""
    sums = points["weight"].groupby([points["kind"], points.geometry.to_wkb()]).sum()
    return float(sums.max()) if len(sums) else 1.0


def _marks(points: gpd.GeoDataFrame, place: Any, most: float) -> list[str]:
    found = []
    for order, kind in enumerate(sorted(set(points["kind"]))):
        own = points[points["kind"] == kind]
        colour = kind_colour(kind, order)
        spots = place(np.column_stack([own.geometry.x, own.geometry.y]))
        # A few thousand dots fill a picture; more are drawn on a coarser lattice.
        step = 0.1 if len(own) < CROWD else 8
        spots = np.round(np.rint(spots / step) * step, 1)
        if float(own["weight"].max()) > 1:
            found.append(_bubbles(own, spots, colour, most))
            continue
        clear = {
            (a, b)
            for (a, b), p in zip(spots.tolist(), own["precision_m"], strict=True)
            if p <= VAGUE_M
        }
        vague = {(a, b) for a, b in spots.tolist()} - clear
        for group, pens in ((vague, ((colour, 4), ("#fff", 2))), (clear, ((colour, 4),))):
            # A stroke of no length with round ends is a dot, in a fifth of a circle's bytes.
            dots = "".join(f"M{a:g} {b:g}h0" for a, b in sorted(group))
            found += [
                f'<path d="{dots}" stroke="{pen}" stroke-width="{width}" stroke-linecap="round"/>'
                for pen, width in pens
                if dots
            ]
    return found


def _bubbles(own: gpd.GeoDataFrame, spots: np.ndarray[Any, Any], colour: str, most: float) -> str:
    sums: dict[tuple[float, float], float] = {}
    for (a, b), weight in zip(spots.tolist(), own["weight"], strict=True):
        sums[a, b] = sums.get((a, b), 0.0) + float(weight)
    dots = "".join(
        f'<circle cx="{a:g}" cy="{b:g}" r="{max(1.5, 16 * min(1, n / most) ** 0.5):.1f}"/>'
        for (a, b), n in sorted(sums.items())
    )
    return f'<g fill="{colour}" fill-opacity=".16" stroke="{colour}" stroke-width=".8">{dots}</g>'
