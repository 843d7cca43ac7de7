"""The one self-contained page: constant parts and escaped data, put together by concatenation."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from branca.element import Figure

from hubmap.errors import ProductError
from hubmap.files import write_text
from hubmap.maps import assets
from hubmap.maps.layers import HubmapLayer, Panel
from hubmap.maps.pack import pack
from hubmap.maps.records import ROOM, WHOLE
from hubmap.maps.tiles import fetched, pictures

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import folium

UNSCRIPTED = "#hm-root{display:none}.still{display:block}"
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" '
    'rx="7" fill="#17324d"/><path d="M16 5l9.5 5.5v11L16 27l-9.5-5.5v-11z" fill="none" '
    'stroke="#fff" stroke-opacity=".55" stroke-width="1.6"/><circle cx="13" cy="18" r="3.6" '
    'fill="#6fb1ff"/><path d="M20 9l4 4-4 4-4-4z" fill="#ffa255"/></svg>'
)

RECORDS = "<noscript></noscript>"
"""Where the records are listed: on paper they would be a book, they are for readers without
scripts."""
_MADE = '<script type="application/json" id="hubmap-made">'


def page(drawn: folium.Map, *, made: Mapping[str, Any] | None = None) -> str:
    """One HTML file's text: opens by double click, fetches nothing.

    Parameters
    ----------
    drawn
        A map with layers of ours and nothing else.
    made
        What the page says of its making, in a block that programs read.

    Raises
    ------
    ProductError
        The map carries something else: it would need requests, or templates that run data.
    """
    content = _content(drawn)
    records = content.pop("records")
    # Without scripts the page says everything in the language in which it opens.
    spoken = content["panel"]["language"]
    title = content["panel"]["title"][spoken] or "hubmap"
    subtitle = content["panel"]["subtitle"][spoken]
    language = "zh-Hans" if spoken == "zh" else "en"
    styles = [assets.leaflet_style(), assets.core_style() + assets.page_style()]
    scripts = [assets.leaflet_script(), assets.starter()]
    policy = "; ".join(
        [
            "default-src 'none'",
            "script-src " + " ".join(assets.digest(s) for s in [*scripts, assets.inner_script()]),
            "style-src " + " ".join(assets.digest(s) for s in [*styles, UNSCRIPTED]),
            f"img-src {pictures(content['panel'])}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    parts = [
        '<!DOCTYPE html>\n<html lang="',
        language,
        '">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="',
        policy,
        '">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="generator" content="hubmap">\n<meta name="referrer" content="no-referrer">\n'
        "<title>",
        escaped(title),
        '</title>\n<meta name="description" content="',
        escaped(subtitle),
        '">\n<link rel="icon" href="data:image/svg+xml,',
        quote(ICON, safe=""),
        '">\n',
        *(f"<style>{style}</style>\n" for style in styles),
        # Hidden by the style, but on paper and where no script runs.
        f"<noscript><style>{UNSCRIPTED}</style></noscript>\n</head>\n<body>\n"
        '<div id="hm-root"></div>\n<main class="still"><div role="heading" aria-level="1">',
        escaped(title),
        "</div><p>",
        escaped(subtitle),
        "</p>",
        content.pop("picture"),
        content.pop("still"),
        RECORDS,
        "<p>",
        escaped(fetched(content["panel"])),
        '</p></main>\n<script type="application/octet-stream" id="hubmap-data">',
        pack(content),
        "</script>\n",
        '<script type="application/octet-stream" id="hubmap-code">',
        assets.packed_script(),
        "</script>\n",
        *([] if made is None else [_MADE, assets.island(made), "</script>\n"]),
        *(f"<script>{script}</script>\n" for script in scripts),
        "</body>\n</html>\n",
    ]
    if records is not None:
        room = min(ROOM, WHOLE - sum(len(part.encode()) for part in parts))
        listed = records(room=max(0, room))
        parts[parts.index(RECORDS)] = f"<noscript>{listed}</noscript>"
    return "".join(parts)


def save(drawn: folium.Map, path: Path) -> None:
    """Write :func:`page` to a file, whole or not at all."""
    write_text(path, page(drawn))


def escaped(text: str) -> str:
    """Text for an element's content or a quoted attribute; NUL and lone surrogates are replaced."""
    clean = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return html.escape(clean, quote=True)


def foreign(drawn: folium.Map) -> list[str]:
    """The names of the classes on a map that the self-contained page cannot hold, sorted."""
    found = _beside(drawn)
    for child in drawn._children.values():
        if isinstance(child, HubmapLayer):
            found += [type(c).__name__ for c in child._children.values()]
        elif not isinstance(child, Panel):
            found.append(type(child).__name__)
    return sorted(set(found))


def _content(drawn: folium.Map) -> dict[str, Any]:
    layers: list[dict[str, Any]] = []
    panel: dict[str, Any] | None = None
    picture = still = ""
    records = None
    for child in drawn._children.values():
        if isinstance(child, Panel):
            panel, picture, still = child.content, child.picture, child.table
            records = child.records
        elif isinstance(child, HubmapLayer):
            content = child.content | child.lean
            layers.append({key: part for key, part in content.items() if part is not None})
    if alien := foreign(drawn):
        names = ", ".join(alien)
        raise ProductError(
            f"The map carries {names}, which cannot go into a self-contained page: "
            "folium's own elements fetch files and put data through templates.",
            "Take them off the map, or write it with folium's own `map.save(path)`.",
        )
    if not layers:
        raise ProductError("The map has no hubmap layer.", "Draw it with `hubmap.draw`.")
    if panel is None:
        empty = {"en": "", "zh": ""}
        panel = {
            "type": "panel", "title": {"en": "Map", "zh": "地图"}, "subtitle": empty,
            "language": "en", "profile": None, "kinds": [], "sources": [], "hubs": [],
        }  # fmt: skip
    return {
        "layers": layers,
        "panel": panel,
        "picture": picture,
        "still": still,
        "records": records,
    }


def _beside(drawn: folium.Map) -> list[str]:
    """What was put beside the map, into the page's body."""
    root = drawn.get_root()
    if not isinstance(root, Figure):
        return []
    return [type(c).__name__ for c in root.html._children.values() if not _is_own(c, drawn)]


def _is_own(child: Any, drawn: folium.Map) -> bool:
    # folium's own save leaves the map's rendered frame there, under the map's name.
    return getattr(child, "_parent", None) is not None and any(
        name == drawn.get_name() for name, c in child._parent._children.items() if c is child
    )
