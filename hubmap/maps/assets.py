"""The page's constant parts: our scripts and styles, the catalogues, and Leaflet's two files."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib import metadata, resources
from typing import Any

from hubmap.errors import MissingExtra
from hubmap.maps.pack import pack

LEAFLET = "django-js-lib-leaflet"
"""The package that carries Leaflet's files; nothing of Django is imported."""
LANGUAGES = ("en", "zh")

FIRST = ("base.js", "pack.js")
"""What must run before anything packed can be read."""
CORE = (
    *FIRST, "theme.js", "text.js", "columns.js", "shapes.js", "stage.js", "labels.js",
    "basemap.js", "surfaces.js", "kernel.js", "lattice.js", "marks.js", "outline.js", "crowd.js",
    "points.js", "popup.js", "layers.js",
)  # fmt: skip
PAGE = (
    "state.js", "selection.js", "filter.js", "timeline.js", "share.js", "story.js", "tints.js",
    "statistics.js", "plots.js", "ranking.js", "found.js", "legend.js", "control.js", "pair.js",
    "panel.js", "search.js", "table.js", "about.js", "lookups.js", "frame.js", "keyboard.js",
    "mapview.js", "tiles.js", "embed.js", "app.js",
)  # fmt: skip


def _read(name: str) -> str:
    return (resources.files("hubmap.maps") / "assets" / name).read_text(encoding="utf-8")


_COMMENTS = re.compile(r"^[ \t]*(?:/\*.*?\*/|//[^\n]*)[ \t]*\n", re.DOTALL | re.MULTILINE)


def _script(name: str) -> str:
    """A script without whole-line comments and indents, which only its editors need."""
    lines = _COMMENTS.sub("", _read(f"js/{name}")).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


@cache
def catalogues() -> dict[str, dict[str, str]]:
    """All the page's own words, a catalogue a language; what all statistics say stands last."""
    whole = {}
    for language in LANGUAGES:
        own, said = (json.loads(_read(f"lang/{n}{language}.json")) for n in ("", "statistics."))
        whole[language] = {**own, **{key: words for key, words in said.items() if key not in own}}
    return whole


@cache
def core_script() -> str:
    """The script our layers need on any Leaflet map; it defines ``window.hubmap``."""
    words = f"hubmap.text.catalogues = hubmap.pack.now('{pack(catalogues())}');"
    return "\n".join([*(_script(name) for name in CORE), words])


@cache
def page_script() -> str:
    """The script of the composed page, on top of :func:`core_script`."""
    return "\n".join(_script(name) for name in PAGE)


_STARTER = """const code = document.createElement('script');
const read = (name) => hubmap.pack.later(document.getElementById('hubmap-' + name).textContent);
const made = read('code');
hubmap.data = read('data');
made.then((text) => {
code.textContent = text;
document.body.append(code);
});"""


@cache
def starter() -> str:
    """The script that inflates :func:`packed_script`; the policy lets that run by its digest."""
    return "\n".join([*(_script(name) for name in FIRST), _STARTER])


@cache
def inner_script() -> str:
    """All scripts of the composed page that are ours, but for :func:`starter`."""
    # The words go in as they are: they are deflated once, with the scripts.
    words = f"hubmap.text.catalogues = {island(catalogues())};"
    core = [_script(name) for name in CORE[len(FIRST) :]]
    return "\n".join([*core, words, page_script()])


@cache
def packed_script() -> str:
    """:func:`inner_script` in a third of its bytes."""
    return pack(inner_script())


def _style(name: str) -> str:
    """A style without comments and line breaks, which only its editors need."""
    text = re.sub(r"/\*.*?\*/", "", _read(name), flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r" ?([{};,]) ?", r"\1", text).replace(": ", ":").replace(";}", "}").strip()


@cache
def core_style() -> str:
    """The style of popups, for any Leaflet map."""
    return _style("popup.css")


@cache
def index_style() -> str:
    """The style of the index."""
    return _style("index.css")


@cache
def page_style() -> str:
    """The style of the composed page."""
    return _style("page.css")


def _leaflet(name: str) -> str:
    try:
        package = metadata.distribution(LEAFLET)
    except metadata.PackageNotFoundError:
        raise MissingExtra(
            f"The package {LEAFLET}, which carries Leaflet, is not installed.",
            f"Run `python -m pip install {LEAFLET}`.",
        ) from None
    path = str(package.locate_file(f"js_lib_leaflet/static/js_lib_leaflet/{name}"))
    with open(path, encoding="utf-8") as file:
        return file.read()


@cache
def leaflet_script() -> str:
    """Leaflet's script, without the pointer to a source map that a page could not fetch."""
    lines = _leaflet("leaflet.js").splitlines()
    return "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL"))


@cache
def leaflet_style() -> str:
    """Leaflet's style, without the rules that would fetch pictures (markers, layer button)."""
    kept = [rule for rule in _leaflet("leaflet.css").split("}") if "url(" not in rule]
    return "}".join(kept)


def digest(content: str) -> str:
    """The source expression by which a content security policy allows an inline block."""
    raw = hashlib.sha256(content.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(raw).decode('ascii')}'"


_ESCAPED = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029\u007f"}
_ESCAPED |= {code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)}


def island(content: Any) -> str:
    """JSON that can stand in any script block: nothing in it can end the block or open another.

    Sorted keys and no spaces, so that the same content gives the same bytes; NaN is refused.
    """
    text = json.dumps(
        content, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
    )
    return text.translate(_ESCAPED)
