"""What a page holds for readers without scripts and for paper: a still map and a table."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

from hubmap.maps.still.compose import sheet
from hubmap.maps.still.style import Style
from hubmap.maps.still.svg import svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer
    from hubmap.maps.recipe import MapRecipe


def picture(
    layers: Sequence[HubLayer],
    *,
    recipe: MapRecipe | None = None,
    basemap: gpd.GeoDataFrame | None = None,
    bare: bool = False,
    prefix: str = "hm",
) -> str:
    """An SVG of a map as it opens; several hubs side by side at one scale.

    Parameters
    ----------
    layers
        What to draw.
    recipe, basemap
        As of :func:`hubmap.maps.draw.draw`.
    bare
        Without words and legend, for an index.
    prefix
        Begins its ids; each picture of a page needs its own.
    """
    language = recipe.language if recipe is not None else "en"
    style = Style(language=language, compact=True, bare=bare)
    return svg(sheet(layers, style, recipe=recipe, basemap=basemap), prefix=prefix)


def still_table(layers: Sequence[HubLayer], language: str) -> str:
    """The districts with their counts as an HTML table, for readers without scripts."""
    from hubmap.maps.kinds import kinds_of, stacked
    from hubmap.maps.still.words import said

    districts = stacked([layer.districts for layer in layers]).drop_duplicates("code")
    kinds = [kind for kind in kinds_of(layers) if kind["id"] in districts.columns]

    def text(value: Any) -> str:
        return html.escape("" if value is None else str(value).replace("\x00", "\ufffd"))

    def number(value: Any) -> str:
        return "–" if value is None or math.isnan(float(value)) else f"{float(value):,.0f}"

    head = "".join(f'<th scope="col">{text(kind["title"][language])}</th>' for kind in kinds)
    rows = [
        f'<tr><th scope="row">{text(row["name"])} <span lang="zh-Hans">{text(row["name_zh"])}'
        f"</span></th><td>{text(row['city_name'])}</td>"
        + "".join(f"<td>{number(row[kind['id']])}</td>" for kind in kinds)
        + "</tr>"
        for row in districts.drop(columns="geometry").to_dict("records")
    ]
    return (
        f"<table><caption>{said(language, 'still.table')}</caption><thead><tr>"
        f'<th scope="col">{said(language, "report.place.district")}</th>'
        f'<th scope="col">{said(language, "report.place.city")}</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
