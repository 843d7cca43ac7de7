"""Text from data, made harmless for one kind of file each: HTML and Markdown, LaTeX, attributes."""

from __future__ import annotations

import html
import re
import unicodedata

from hubmap.errors import ProductError

_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    # Signs that some fonts or languages of LaTeX read as others, or join.
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "`": r"\textasciigrave{}",
    "-": "{-}",
    **{sign: "\\" + sign for sign in "%&$#_"},
}


def one_line(text: str) -> str:
    """The text on one line, without characters that control a terminal or the reading direction.

    NUL and lone surrogates become U+FFFD, every run of white space one space.
    """
    clean = text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass")
    visible = "".join(
        " " if c.isspace() else c
        for c in clean.decode("utf-16", "replace")
        if c.isspace() or c == "\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )
    return " ".join(visible.split())


def entities(text: str) -> str:
    """Text for HTML, a quoted attribute and Markdown at once: all signs as numeric entities.

    A numeric entity is the same character to the reader and never structure: not to an HTML or
    Markdown parser, nor to the template, shortcode or macro languages that run before them.
    """
    return "".join(c if c.isalnum() or c in " ," else f"&#{ord(c)};" for c in one_line(text))


def tex(text: str) -> str:
    """Text for a LaTeX argument or comment: no command, group, comment or active character."""
    return "".join(_TEX.get(c, c) for c in one_line(text))


def inside_srcdoc(page: str) -> str:
    """A whole page for the quoted ``srcdoc`` of a frame, on one line.

    Line ends and tabs are entities: a blank line would end a block of HTML in Markdown and tabs
    would become spaces, but the page's policy names its scripts by digest, so that not a byte
    may change. Doubled braces are broken for the template languages that a site may run over
    its pages.
    """
    escaped = html.escape(page, quote=True)
    for sign in "\t\r\n":
        escaped = escaped.replace(sign, f"&#{ord(sign)};")
    escaped = re.sub(r"\{(?=[{%#])", "&#123;", escaped)
    return re.sub(r"(?<=[}%#])\}", "&#125;", escaped)


def web_address(base: str, name: str) -> str:
    """Where a file is published: ``name`` beside the snippet, or below an http(s) address.

    Raises
    ------
    ProductError
        The address is not http or https.
    """
    from urllib.parse import quote, urlsplit

    if not base:
        return quote(name, safe="")
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ProductError(
            f"--url {base!r} is not the address of a folder on the web.",
            "Give one such as `https://example.org/maps`.",
        )
    return quote(base.rstrip("/"), safe="/:@%~+,;=!&()$*") + "/" + quote(name, safe="")
