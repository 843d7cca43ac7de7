"""``index.html``: a picture, a title and three numbers for each map; no script at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from hubmap.maps import assets
from hubmap.maps.kinds import totals
from hubmap.maps.page import ICON, escaped
from hubmap.maps.picture import picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer
    from hubmap.maps.recipe import MapRecipe


@dataclass(frozen=True)
class IndexEntry:
    """One map of the index.

    Attributes
    ----------
    id
        The map's name; its page is ``ID.html`` beside the index.
    recipe
        Titles and subtitles.
    layers
        What the map shows.
    basemap
        The context in its picture.
    """

    id: str
    recipe: MapRecipe
    layers: Sequence[HubLayer]
    basemap: gpd.GeoDataFrame | None = None


def index_page(entries: Sequence[IndexEntry], *, title: str = "Tech-hub maps") -> str:
    """The text of an index that links the maps: first those with a story, then by their hubs.

    Parameters
    ----------
    entries
        One for each map.
    title
        The page's heading.
    """
    hubs = {entry.id: sum(len(layer.outline) for layer in entry.layers) for entry in entries}
    ordered = sorted(entries, key=lambda e: (not e.recipe.notes, -hubs[e.id], e.id))
    style = assets.index_style()
    policy = f"default-src 'none'; style-src {assets.digest(style)}; img-src data:; base-uri 'none'"
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="',
        policy,
        '">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>',
        escaped(title),
        '</title>\n<link rel="icon" href="data:image/svg+xml,',
        quote(ICON, safe=""),
        f'">\n<style>{style}</style>\n</head>\n<body>\n<main>\n<h1>',
        escaped(title),
        "</h1>\n<p>Each map is one file that opens without a network.</p>\n<ul>\n",
        *(_item(entry, place) for place, entry in enumerate(ordered)),
        "</ul>\n<p>Boundaries are context and carry no view on any disputed one. Job postings are "
        "a sample from one platform, not a count of the market; each map says more under "
        "“About these data”.</p>\n</main>\n</body>\n</html>\n",
    ]
    return "".join(parts)


def _item(entry: IndexEntry, place: int) -> str:
    recipe, wide = entry.recipe, place == 0
    drawn = picture(
        entry.layers, recipe=recipe, basemap=entry.basemap, bare=True, prefix=f"m{place}-"
    )
    numbers = "".join(
        f"<div><dt>{escaped(kind['title']['en'])}</dt><dd>{kind['n']:,}</dd></div>"
        for kind in totals(entry.layers)[:3]
    )
    chinese = f' <span lang="zh-Hans">{escaped(recipe.title_zh)}</span>' if recipe.title_zh else ""
    shape = ' class="wide"' if wide else ""
    return (
        f'<li{shape}><a href="{quote(entry.id, safe="")}.html">{drawn}'
        f"<h2>{escaped(recipe.title)}{chinese}</h2></a>"
        f"<p>{escaped(recipe.subtitle)}</p><dl>{numbers}</dl></li>\n"
    )
