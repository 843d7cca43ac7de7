"""Snippets that put a built map into another page or document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hubmap.errors import ProductError
from hubmap.maps.escapes import entities, inside_srcdoc, one_line, tex, web_address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hubmap.maps.recipe import MapRecipe

HEIGHT = 640
LEAST, MOST = 200, 4000
SANDBOX = "allow-scripts allow-downloads allow-popups allow-popups-to-escape-sandbox"
"""What a framed page may do; without an origin, so that neither side reaches into the other."""

RESIZER = (
    "addEventListener('message',function(e){var h=e.data&&e.data.hubmapHeight;"
    "if(typeof h==='number'&&h>=200&&h<=4000)"
    "document.querySelectorAll('iframe[data-hubmap]').forEach(function(f){"
    "if(e.source===f.contentWindow)f.style.setProperty('height',Math.round(h)+'px','important')})})"
)
"""The parent's whole script, the same for every map: only a frame's own page sets its height."""

_FRAME_STYLE = (
    "display:block!important;position:static!important;visibility:visible!important;"
    "opacity:1!important;box-sizing:border-box!important;float:none!important;"
    "width:100%!important;min-width:0!important;max-width:100%!important;"
    "height:{height}px!important;min-height:200px!important;max-height:none!important;"
    "margin:0!important;padding:0!important;border:0!important;transform:none!important"
)
_BLOCK_STYLE = (
    "display:block!important;position:static!important;visibility:visible!important;"
    "opacity:1!important;margin:0 0 1em!important;width:auto!important;max-width:100%!important;"
    "height:auto!important;max-height:none!important;transform:none!important"
)


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """What a snippet is made of; every text as the data have it, escaped by the snippet.

    Attributes
    ----------
    id
        The map's name; its page is ``ID.html``.
    title, subtitle
        Of the map.
    credits
        Whom the map must name.
    date
        The newest date at which a source was retrieved, or empty.
    picture
        Name of a picture beside the page (``ID.png``, ``ID.svg``), or empty.
    vector
        Name of what LaTeX can include (``ID.pdf``, ``ID.png``), or empty.
    drawing
        An SVG to use where there is no picture.
    page
        The page's text, for ``srcdoc``.
    url
        The folder on the web where the page is published; empty: beside the snippet.
    height
        Of the frame until the page has said which suits it, in pixels.
    """

    id: str
    title: str
    subtitle: str = ""
    credits: Sequence[str] = ()
    date: str = ""
    picture: str = ""
    vector: str = ""
    drawing: str = ""
    page: str = ""
    url: str = ""
    height: int = HEIGHT

    @property
    def caption(self) -> str:
        """Title, sources and date in one line."""
        named = "; ".join(dict.fromkeys(one_line(c).rstrip(".") for c in self.credits if c.strip()))
        sources = f" Data: {named}." if named else ""
        return f"{one_line(self.title)}.{sources}" + (f" As of {self.date}." if self.date else "")

    @property
    def alt(self) -> str:
        """What a screen reader says of the picture."""
        return f"Map: {self.title}" + (f". {self.subtitle}" if self.subtitle else "")

    def address(self, name: str) -> str:
        """Where a file is published, percent-encoded."""
        return web_address(self.url, name)

    @property
    def page_address(self) -> str:
        """Where the map's page is published."""
        return self.address(f"{self.id}.html")

    @property
    def picture_address(self) -> str:
        """The picture's address, or the drawing itself."""
        if self.picture:
            return self.address(self.picture)
        return "data:image/svg+xml," + quote(self.drawing, safe="/:=,;")


def snippet(made: Embedded, mode: str) -> str:
    """The text to paste.

    Parameters
    ----------
    made
        The map.
    mode
        One of :data:`MODES`.

    Raises
    ------
    ProductError
        The height or the address cannot be used, or the mode needs what is not there.
    """
    if not LEAST <= made.height <= MOST:
        raise ProductError(
            f"--height {made.height} is not a frame's height.",
            f"Give pixels between {LEAST} and {MOST}.",
        )
    return MODES[mode](made)


def _attribute(text: str) -> str:
    # An address is percent-encoded already; what is left of HTML in it are & and quotes.
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("'", "&#39;")


def _link(made: Embedded) -> str:
    """The picture, linked to the page: what stays where frames are taken out."""
    return (
        f'<a href="{_attribute(made.page_address)}">'
        f'<img src="{_attribute(made.picture_address)}" alt="{entities(made.alt)}" '
        'style="max-width:100%;height:auto"></a>'
    )


def frame(made: Embedded, source: str, inside: str = "") -> str:
    """The frame alone; ``source`` is its ``src`` or ``srcdoc`` attribute, escaped."""
    return (
        f'<iframe data-hubmap data-external="1" {source} title="{entities(made.alt)}" '
        f'width="100%" height="{made.height}" style="{_FRAME_STYLE.format(height=made.height)}" '
        f'sandbox="{SANDBOX}" allow="clipboard-write" referrerpolicy="no-referrer" '
        f'loading="lazy">{inside}</iframe>'
    )


def _block(made: Embedded, source: str, inside: str) -> str:
    return (
        f'<div style="{_BLOCK_STYLE}">{frame(made, source, inside)}</div>\n'
        f"<script>{RESIZER}</script>\n"
    )


def _iframe(made: Embedded) -> str:
    return _block(made, f'src="{_attribute(made.page_address)}"', _link(made))


def srcdoc(made: Embedded) -> str:
    """The whole page inside the snippet: one file, nothing to publish beside it."""
    return _block(made, f'srcdoc="{inside_srcdoc(made.page)}"', entities(made.alt))


def _figure(made: Embedded) -> str:
    return f"<figure>{_link(made)}<figcaption>{entities(made.caption)}</figcaption></figure>\n"


def _markdown(made: Embedded) -> str:
    picture, page = (
        text.replace("(", "%28").replace(")", "%29")
        for text in (made.picture_address, made.page_address)
    )
    return f"[![{entities(made.alt)}]({picture})]({page})\n\n{entities(made.caption)}\n"


def _quarto(made: Embedded) -> str:
    pictures = [name for name in (made.vector, made.picture) if name]
    if not pictures:
        raise _no_picture(made)
    framed = f"```{{=html}}\n{_iframe(made)}```\n\n{entities(made.caption)}"
    # Word and others cannot show a PDF: it is for LaTeX alone where there is another picture.
    vector, other = (
        f"![{entities(made.caption)}]({quote(name, safe='')}){{width=100%}}"
        for name in (pictures[0], pictures[-1])
    )
    if vector != other:
        cases = (("when", vector), ("unless", other))
        other = "\n\n".join(
            f'::: {{.content-visible {case}-format="pdf"}}\n{shown}\n:::' for case, shown in cases
        )
    parts = (("when", framed), ("unless", other))
    return "\n".join(
        f':::: {{.content-visible {case}-format="html"}}\n{shown}\n::::\n' for case, shown in parts
    )


def _latex(made: Embedded) -> str:
    if not made.vector:
        raise _no_picture(made)
    # Of a recipe's name nothing is a sign of TeX's but `_`, which `\detokenize` takes as it is.
    file = "".join(c for c in made.vector if c.isalnum() or c in "-_.")
    note = "Data: " + "; ".join(dict.fromkeys(made.credits))
    lines = [
        r"\begin{figure}[htbp]",
        r"  \centering",
        rf"  \includegraphics[width=\linewidth]{{\detokenize{{{file}}}}}",
        rf"  \caption[{{{tex(made.title)}}}]{{{tex(made.caption)}}}",
        rf"  \label{{fig:{made.id}}}",
        r"\end{figure}",
        "% To cite it, for the bibliography:",
        f"% @misc{{{made.id},",
        f"%   title = {{{{{tex(made.title)}}}}},",
        *([f"%   year = {{{made.date[:4]}}},"] if made.date else []),
        "%   howpublished = {Interactive map made with hubmap},",
        f"%   note = {{{tex(note)}}},",
        *([f"%   url = {{{tex(made.page_address)}}},"] if made.url else []),
        "% }",
    ]
    return "\n".join(lines) + "\n"


def _oembed(made: Embedded) -> str:
    if not made.url:
        raise ProductError(
            "oEmbed names a page on the web.",
            "Say where the maps are published: `--url https://example.org/maps`.",
        )
    content: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "provider_name": "hubmap",
        "title": one_line(made.title),
        "width": 960,
        "height": made.height,
        "html": frame(made, f'src="{_attribute(made.page_address)}"', entities(made.alt)),
    }
    return json.dumps(content, ensure_ascii=True, indent=1) + "\n"


def _no_picture(made: Embedded) -> ProductError:
    return ProductError(
        f"There is neither maps/{made.id}.pdf nor maps/{made.id}.png to include.",
        f"Draw it first: `hubmap build {made.id} --format png`.",
    )


MODES: dict[str, Callable[[Embedded], str]] = {
    "iframe": _iframe,
    "srcdoc": srcdoc,
    "figure": _figure,
    "markdown": _markdown,
    "quarto": _quarto,
    "latex": _latex,
    "oembed": _oembed,
}
"""Every way to embed a map there is."""


def beside(folder: Path, id: str, *suffixes: str) -> str:
    """The first picture of a map that lies in the folder, by its name; else empty."""
    return next((f"{id}{s}" for s in suffixes if (folder / f"{id}{s}").is_file()), "")


def embedded(recipe: MapRecipe, id: str, layers: Sequence[Any], **more: Any) -> Embedded:
    """What a snippet needs of a map's recipe and of its layers' sources."""
    sources = {s.id: s for layer in layers for s in layer.sources}.values()
    dates = [str(s.retrieved) for s in sources if getattr(s, "retrieved", None)]
    return Embedded(
        id=id,
        title=recipe.title,
        subtitle=recipe.subtitle,
        credits=tuple(s.attribution for s in sources),
        date=max(dates, default=""),
        **more,
    )
