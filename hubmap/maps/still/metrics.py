"""How wide text is, near enough for a layout: the widths of a common sans serif, a little more.

A page is read in whatever font its reader has, so that no exact width is known when it is made.
"""

from __future__ import annotations

import math
import unicodedata

from hubmap.maps.still.scene import PT

_NARROW = "iljtf.,:;'|!()[]{}/\\ ·’‘“”\"-"
_WIDE = "mwMW%@—…"
_CAPITAL = 0.68
_SMALL = 0.545
_BOLD = 1.07
_SPARE = 0.93
"""Of a line: the widest of the usual fonts, DejaVu Sans, needs 7 % more than is reckoned."""


def _em(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if unicodedata.combining(character):
        return 0.0
    if character in _NARROW:
        return 0.31
    if character in _WIDE:
        return 0.88
    if character.isdigit() or character == "–":
        return 0.58
    return _CAPITAL if character.isupper() else _SMALL


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a line.

    Parameters
    ----------
    text
        One line.
    size
        Points.
    bold
        Bold letters are wider.

    Returns
    -------
    float
        mm.
    """
    return math.fsum(map(_em, text)) * size * PT * (_BOLD if bold else 1.0)


def wrapped(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """Text in lines that fit: broken at spaces, and anywhere between Chinese characters.

    Parameters
    ----------
    text
        Without line breaks.
    size
        Points.
    room
        mm.
    bold
        Bold letters are wider.
    """
    lines: list[str] = []
    line = ""
    room *= _SPARE
    for piece in _pieces(text):
        if line and width((line + piece).rstrip(), size, bold=bold) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
        while width(line.rstrip(), size, bold=bold) > room and len(line) > 1:
            # One word longer than the line is cut where it ends.
            cut = len(line) - 1
            while cut > 1 and width(line[:cut], size, bold=bold) > room:
                cut -= 1
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line.rstrip()] if line.strip() else lines


_CLOSING = "，。；：、）》”’！？·,.;:)"
_OPENING = "（《“‘「『【"


def _pieces(text: str) -> list[str]:
    """What may stand at a line's end: no line begins with a stop or ends with an open bracket."""
    pieces: list[str] = []
    word = ""
    for character in text:
        wide = unicodedata.east_asian_width(character) in "WF"
        if character in _CLOSING and pieces and not word:
            pieces[-1] += character
        elif character in _OPENING and wide:
            pieces += [word] if word else []
            word = character
        elif wide and word and not (character in _CLOSING or word in _OPENING):
            pieces += [word, character]
            word = ""
        elif wide or character == " ":
            pieces.append(word + character)
            word = ""
        else:
            word += character
    return [*pieces, word] if word else pieces


def fitted(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """The text, or as much of it as fits, with an ellipsis."""
    if width(text, size, bold=bold) <= room:
        return text
    while text and width(text + "…", size, bold=bold) > room:
        text = text[:-1]
    return text.rstrip() + "…"
