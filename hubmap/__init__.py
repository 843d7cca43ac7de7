"""Tech-hub maps that open anywhere, with statistics that can be cited.

The public names; importing the package does nothing until one of them is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from hubmap.errors import HubmapError as HubmapError
    from hubmap.geodata.entities import read_entities as read_entities
    from hubmap.geodata.regions import read_regions as read_regions
    from hubmap.layers.build import build_layer as build_layer
    from hubmap.layers.model import HubLayer as HubLayer
    from hubmap.maps.draw import draw as draw
    from hubmap.maps.page import page as page
    from hubmap.maps.page import save as save
    from hubmap.workspace import Workspace as Workspace

_HOME = {
    "HubLayer": "hubmap.layers.model",
    "HubmapError": "hubmap.errors",
    "Workspace": "hubmap.workspace",
    "build_layer": "hubmap.layers.build",
    "draw": "hubmap.maps.draw",
    "page": "hubmap.maps.page",
    "read_entities": "hubmap.geodata.entities",
    "read_regions": "hubmap.geodata.regions",
    "save": "hubmap.maps.page",
}
__all__ = [*sorted(_HOME), "__version__"]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hubmap' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
