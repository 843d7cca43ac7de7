"""A content as one text: JSON and the bytes it points into, deflated, in base64.

The text holds letters, digits, ``+``, ``/`` and ``=`` only: no name in it can end a script block,
and nothing that compiles templates finds anything to compile.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

MANY = 1 << 20
"""From so many bytes behind the JSON on, these are coded by themselves."""
_LONE = {code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)}


def pack(content: Any) -> str:
    """Compress what the page is about.

    Parameters
    ----------
    content
        What JSON can hold, and ``bytes``, which become ``{"b": [start, length]}``.

    Returns
    -------
    str
        Base64 of raw deflate of: the JSON's length (four bytes, low first), the JSON, the bytes.
        The same content gives the same text. NaN is refused.
    """
    blob = bytearray()

    def reduced(value: Any) -> Any:
        if isinstance(value, bytes):
            blob.extend(value)
            return {"b": [len(blob) - len(value), len(value)]}
        if isinstance(value, dict):
            return {key: reduced(value[key]) for key in sorted(value)}
        if isinstance(value, list | tuple) and value and isinstance(value[0], dict | list | bytes):
            return [reduced(v) for v in value]
        return value

    text = json.dumps(
        reduced(content), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).translate(_LONE)
    raw = text.encode("utf-8")
    return base64.b64encode(_deflated(len(raw).to_bytes(4, "little") + raw, blob)).decode("ascii")


def _deflated(head: bytes, blob: bytes | bytearray) -> bytes:
    """Both as one raw deflate stream."""
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    if len(blob) < MANY:
        return coder.compress(head + blob) + coder.flush()
    # Columns of so many rows have next to no phrases that come again: to look for them costs four
    # times the time and, what is found being chance, 2 % more bytes than to count how often each
    # byte comes. Blocks of two coders may follow each other where the first ends on a whole byte.
    first = coder.compress(head) + coder.flush(zlib.Z_FULL_FLUSH)
    coder = zlib.compressobj(6, zlib.DEFLATED, -15, 9, zlib.Z_RLE)
    return first + coder.compress(blob) + coder.flush()


def unpack(text: str) -> Any:
    """What :func:`pack` was given, with bytes in place again; for tests and for other programs."""
    raw = zlib.decompress(base64.b64decode(text), -15)
    end = 4 + int.from_bytes(raw[:4], "little")

    def restored(value: Any) -> Any:
        if isinstance(value, dict):
            if value.keys() == {"b"} and isinstance(value["b"], list):
                start, length = value["b"]
                return raw[end + start : end + start + length]
            return {key: restored(v) for key, v in value.items()}
        return [restored(v) for v in value] if isinstance(value, list) else value

    return restored(json.loads(raw[4:end]))
