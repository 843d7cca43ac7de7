"""Which encoding a text file is in, told only when the bytes tell it."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from hubmap.errors import TableError

if TYPE_CHECKING:
    from pathlib import Path

_SAMPLE = 1 << 18
_EVIDENCE = 24
"""Fewer bytes beyond ASCII than this do not tell one encoding from another."""
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CANDIDATES = (
    "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1252", "cp1251", "utf_16_le",
    "utf_16_be",
)  # fmt: skip
# The characters that each country's committee put first because they are common.
_COMMON = {"gb18030": (0xB0, 0xD7), "big5": (0xA4, 0xC6)}
_LOOKALIKE = 0.5


def encoding_of(path: Path, name: str, stated: str = "") -> str:
    """The encoding of a text file.

    Parameters
    ----------
    path
        The file.
    name
        What to call it in messages.
    stated
        The recipe's word, which is not doubted.

    Raises
    ------
    TableError
        The encoding is unknown, or the bytes do not tell it.
    """
    if stated:
        try:
            return codecs.lookup(stated).name
        except LookupError:
            raise TableError(
                f"{name}: encoding {stated!r} is unknown.", "Try utf-8, gb18030, big5 or utf-16."
            ) from None
    with path.open("rb") as file:
        start = file.read(4)
        for mark, encoding in _MARKS.items():
            if start.startswith(mark):
                return encoding
        file.seek(0)
        wrong = _first_not_utf8(file)
        if wrong is None:
            return "utf-8"
        file.seek(max(0, wrong - _SAMPLE // 2))
        sample = file.read(_SAMPLE)
    return _told_by(sample, name, wrong)


def _first_not_utf8(file: object) -> int | None:
    """The offset of the first byte that is not UTF-8 text; a NUL is none either."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = 0
    while True:
        block: bytes = file.read(1 << 20)  # type: ignore[attr-defined]
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            return offset - pending + error.start
        nul = block.count(b"\0")
        if nul > len(block) // 8:
            return offset + block.index(b"\0")
        if not block:
            return None
        offset += len(block)


def _told_by(sample: bytes, name: str, wrong: int) -> str:
    from charset_normalizer import from_bytes

    # The sample may begin and end inside a character: whole lines only.
    lines = sample.split(b"\n")
    whole = b"\n".join(lines[1:-1]) if len(lines) > 3 and wrong > _SAMPLE // 2 else sample
    whole = whole[: len(whole) // 2 * 2] if b"\0" in whole else whole
    found = [match.encoding for match in from_bytes(whole, cp_isolation=list(_CANDIDATES))]
    foreign = sum(byte >= 0x80 for byte in whole)
    if b"\0" in whole:
        found = [encoding for encoding in found if encoding.startswith("utf_16")]
        foreign = len(whole)
    rivals = [encoding for encoding in found if encoding in _COMMON]
    if rivals:
        # Chinese encodings read each other's bytes; the right one yields common characters.
        share = {encoding: _common(whole, encoding) for encoding in rivals}
        best = max(rivals, key=lambda encoding: share[encoding])
        others = [value for encoding, value in share.items() if encoding != best]
        if share[best] > _LOOKALIKE and all(share[best] > value + 0.1 for value in others):
            found = [best, *(encoding for encoding in found if encoding != best)]
        elif len(rivals) > 1:
            foreign = 0
    if found and foreign >= _EVIDENCE:
        return codecs.lookup(found[0]).name
    guess = f" (perhaps {' or '.join(found[:3])})" if found else ""
    raise TableError(
        f"{name}: byte {wrong} is not UTF-8, and the rest does not tell its encoding{guess}.",
        "Save the file as UTF-8, or name its `encoding` in the recipe.",
    )


def _common(sample: bytes, encoding: str) -> float:
    """Share of the two-byte characters that are common ones in that encoding."""
    low, high = _COMMON[encoding]
    total = common = 0
    position = 0
    while position < len(sample) - 1:
        lead = sample[position]
        if lead < 0x80:
            position += 1
            continue
        total += 1
        common += low <= lead <= high
        position += 2
    return common / max(total, 1)


def looks_double_encoded(texts: list[str]) -> str:
    """Name of the encoding whose bytes were read as Latin-1 in these cells; empty for none.

    A text of that kind has accents and signs throughout and no character beyond Latin-1, and
    turns into Chinese (or proper accents) when its bytes are read again.
    """
    foreign = [text for text in texts if not text.isascii()]
    if len(foreign) < 3:
        return ""
    for encoding in ("utf-8", "gb18030"):
        mended = [text for text in (_again(cell, encoding) for cell in foreign) if text]
        shorter = [text for text in mended if encoding == "utf-8" or _mostly_han(text)]
        if len(shorter) > 0.9 * len(foreign):
            return encoding
    return ""


def repaired(text: str, encoding: str) -> str | None:
    """A double-encoded cell as it was meant; None where its bytes make no sense."""
    if text.isascii():
        return text
    return _again(text, encoding)


def _again(text: str, encoding: str) -> str | None:
    # Browsers and spreadsheets read "Latin-1" as Windows-1252, which differs in 27 signs.
    for code in ("latin-1", "cp1252"):
        try:
            return text.encode(code).decode(encoding)
        except UnicodeError:
            continue
    return None


def _mostly_han(text: str) -> bool:
    foreign = [character for character in text if not character.isascii()]
    han = sum("\u4e00" <= character <= "\u9fff" for character in foreign)
    wide = sum("\u3000" <= c <= "\u303f" or "\uff00" <= c <= "\uffef" for c in foreign)
    return bool(foreign) and (han + wide) >= 0.6 * len(foreign)
