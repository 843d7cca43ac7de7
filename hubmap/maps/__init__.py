"""From hub layers to a folium map, and from a folium map to one self-contained page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hubmap.maps.draw import draw
    from hubmap.maps.index import IndexEntry, index_page
    from hubmap.maps.page import page, save
    from hubmap.maps.recipe import MapRecipe

__all__ = ["IndexEntry", "MapRecipe", "draw", "index_page", "page", "save"]

_HOMES = {
    "IndexEntry": "index",
    "MapRecipe": "recipe",
    "draw": "draw",
    "index_page": "index",
    "page": "page",
    "save": "page",
}


def __getattr__(name: str) -> Any:
    # Lazy, because folium and geopandas cost a second and `hubmap --help` needs neither.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
