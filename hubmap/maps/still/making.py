"""What a printed file says of its making, read back from its own metadata."""

from __future__ import annotations

import html
import json
import re
from typing import Any

_SOURCE = re.compile(rb"<dc:source>(.*?)</dc:source>", re.DOTALL)
_KEYWORDS = re.compile(rb"/Keywords \(((?:[^\\()]|\\.)*)\)", re.DOTALL)
_PNG = b"\x89PNG\r\n\x1a\n"


def told_by(content: bytes) -> dict[str, Any] | None:
    """The making that :func:`hubmap.maps.still.printed.printed` wrote into a file.

    Parameters
    ----------
    content
        An SVG, PDF or PNG file, of anybody's.

    Returns
    -------
    dict or None
        None where the file says nothing of it.
    """
    text: str | bytes = b""
    if content.startswith(_PNG):
        text = _entry(content, b"hubmap")
    elif content.startswith(b"%PDF-"):
        found = _KEYWORDS.search(content)
        text = re.sub(rb"\\(.)", rb"\1", found[1]) if found else b""
    elif found := _SOURCE.search(content):
        text = html.unescape(found[1].decode("utf-8", "replace"))
    try:
        made = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return made if isinstance(made, dict) else None


def _entry(content: bytes, name: bytes) -> bytes:
    """A text of a PNG; empty where it has none of that name."""
    at = len(_PNG)
    while at + 12 <= len(content):
        size, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        body = content[at + 8 : at + 8 + size]
        if kind == b"tEXt" and body.startswith(name + b"\0"):
            return body[len(name) + 1 :]
        at += 12 + size
    return b""
