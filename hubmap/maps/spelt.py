"""How the Chinese names of a page are read, for those who type without characters."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hubmap.geodata.places.names import HAN, simplified

if TYPE_CHECKING:
    from collections.abc import Iterable


@cache
def _readings() -> dict[str, list[str]]:
    text = (files("hubmap.geodata.places") / "syllables.txt").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        syllable, characters = line.split(" ")
        for character in characters:
            found.setdefault(character, []).append(syllable)
    return found


def syllables(texts: Iterable[str]) -> dict[str, str]:
    """The readings, without tones, of the Chinese characters in some texts.

    Parameters
    ----------
    texts
        Names; a traditional character is read as its simplified one.

    Returns
    -------
    dict of str to str
        By syllable (ü written v) the characters read so; a character may stand under several.
        A character that the table does not know is left out.
    """
    characters = sorted({c for text in texts for c in HAN.findall(text)})
    made: dict[str, str] = {}
    for character in characters:
        for syllable in _readings().get(simplified(character), []):
            made[syllable] = made.get(syllable, "") + character
    return dict(sorted(made.items()))


def named(content: Any) -> Iterable[str]:
    """The Chinese names in a layer's tables of entities, districts or zones.

    Parameters
    ----------
    content
        Frames with a column `name_zh`, or none.
    """
    for frame in content:
        if "name_zh" in frame:
            for name in frame["name_zh"].dropna().unique():
                yield str(name)
