"""Reading place names in Latin letters: English, pinyin, "City, Country" and "City, ST"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubmap.geodata.places.names import key_latin, latin_bases

if TYPE_CHECKING:
    from hubmap.geodata.places.gazetteer import Gazetteer, Spot
    from hubmap.geodata.places.world import World

_PARTS = re.compile(r"\s*[,;/|()·•]\s*|\s+[-–—]\s+")

# Words of the longest name that is looked for; a whole page would else be tried in every cut.
_LONGEST = 12


def parts(text: str) -> list[str]:
    """A text cut where commas, slashes or brackets stand, finest part first as written."""
    return [part for part in _PARTS.split(text) if part]


def lookup(part: str, gazetteer: Gazetteer, world: World | None) -> list[Spot]:
    """Every place of that name: the gazetteer's and, with the extra, the world's."""
    key = key_latin(part)
    for base in latin_bases(key):
        found = {spot.code: spot for spot in gazetteer.latin(base)}
        if world is not None:
            found |= {spot.code: spot for spot in world.lookup(base)}
        if found:
            return list(found.values())
    return []


def segments(part: str, gazetteer: Gazetteer, world: World | None) -> list[list[Spot]]:
    """Places of a part without commas, the longest names first ("Shenzhen Guangdong China").

    A part that is one name gives one list; words that are no name are left out.
    """
    whole = lookup(part, gazetteer, world)
    if whole:
        return [whole]
    words = part.split()
    found: list[list[Spot]] = []
    at = 0
    while at < len(words):
        for end in range(min(len(words), at + _LONGEST), at, -1):
            if (at, end) != (0, len(words)):
                spots = lookup(" ".join(words[at:end]), gazetteer, world)
                if spots:
                    found.append(spots)
                    at = end
                    break
        else:
            at += 1
    return found
