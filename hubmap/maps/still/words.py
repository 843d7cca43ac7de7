"""Words and numbers of still pictures and reports, as the page says them."""

from __future__ import annotations

import json
import math
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from hubmap.maps.assets import catalogues

if TYPE_CHECKING:
    from collections.abc import Mapping

FACTOR = {"density": 100.0, "share_near": 100.0, "hot_spots": 100.0}
"""Statistics that are said in another unit than the tables hold, by what they are multiplied."""
UNIT = {
    "density": "unit.per_100_km2",
    "cell_density": "unit.per_km2",
    "per_million": "unit.per_million",
    "effective_districts": "unit.districts",
    "location_quotient": "",
    "median_founded": "",
    "share_near": "",
    "hot_spots": "",
}
PERCENT = {"share_near", "hot_spots"}


@cache
def _catalogue(language: str) -> dict[str, str]:
    own = resources.files("hubmap.maps.still") / "lang" / f"{language}.json"
    words: dict[str, str] = json.loads(own.read_text(encoding="utf-8"))
    return catalogues()[language] | words


def said(language: str, key: str, **values: object) -> str:
    """A phrase of the catalogues; ``{name}`` in it is replaced.

    Parameters
    ----------
    language
        ``en`` or ``zh``.
    key
        Its key; an unknown one stands for itself.
    **values
        What is put in.
    """
    phrase = _catalogue(language).get(key, key)
    for name, value in values.items():
        phrase = phrase.replace("{" + name + "}", str(value))
    return phrase


def knows(language: str, key: str) -> bool:
    """Whether the catalogues have a phrase."""
    return key in _catalogue(language)


def either(language: str, english: Any, chinese: Any) -> str:
    """The name in one language, or the other where it is missing."""
    pair = (chinese, english) if language == "zh" else (english, chinese)
    return next((str(v) for v in pair if isinstance(v, str) and v), "")


def number(value: float | None, *, full: bool = False) -> str:
    """A number with as many digits as can be read: three significant ones, whole ones in full.

    With ``full`` the last digit stays where it is 0, as numbers below each other want it.
    """
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if float(value).is_integer() or size >= 100:
        return f"{value:,.0f}"
    digits = 1 if size >= 10 else 2 if size >= 1 else 1 - math.floor(math.log10(size))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text and not full else text


def value(statistic: str, found: float | None, *, full: bool = False) -> str:
    """A statistic's number in the unit in which it is said."""
    if found is None or not math.isfinite(found):
        return "–"
    if statistic == "median_founded":
        return f"{found:.0f}"
    text = number(found * FACTOR.get(statistic, 1.0), full=full)
    return f"{text} %" if statistic in PERCENT else text


def unit(language: str, statistic: str, plain: str = "") -> str:
    """The unit in which a statistic is said."""
    if statistic in UNIT:
        return said(language, UNIT[statistic]) if UNIT[statistic] else ""
    key = f"unitword.{plain}"
    return said(language, key) if knows(language, key) else plain


def term(language: str, statistic: str) -> str:
    """What a statistic is called."""
    key = f"statistic.{statistic}"
    return said(language, key) if knows(language, key) else statistic.replace("_", " ")


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    # The longest says most exactly what it means; the page takes them in this order too.
    own = [(key[1:], text) for key, text in _catalogue(language).items() if key[:1] == "~"]
    own.sort(key=lambda pair: (-len(pair[0]), pair[0]))
    return [(re.compile(key), text) for key, text in own]


def phrase(language: str, told: str, places: Mapping[str, str] | None = None) -> str:
    """Words that came with a number, in the reader's language where the catalogue has them.

    Parameters
    ----------
    language
        ``en`` or ``zh``.
    told
        Sentences, parted by semicolons.
    places
        Names in Chinese by the English ones that the sentences may hold.
    """
    if knows(language, f"={told}"):
        return said(language, f"={told}")
    found = [_one(language, part, places or {}) for part in told.split("; ")] if told else []
    return ("；" if language == "zh" else "; ").join(found)


def _one(language: str, told: str, places: Mapping[str, str]) -> str:
    if knows(language, f"={told}"):
        return said(language, f"={told}")
    for pattern, text in _patterns(language):
        match = pattern.fullmatch(told)
        if match:
            return _filled(text, match, places if language == "zh" else None)
    return told


_PLACE = re.compile(r"[A-Z][\w'’]*(?: [A-Za-z][\w'’]*)*")


def _filled(text: str, match: re.Match[str], places: Mapping[str, str] | None) -> str:
    def part(place: re.Match[str]) -> str:
        own = match.group(int(place.group(1))) or ""
        if places is None:
            return own
        own = _PLACE.sub(lambda name: places.get(name.group()) or name.group(), own)
        return re.sub(r"([^\d]|\d%), ", r"\1、", own)

    return re.sub(r"\$(\d)", part, text)
