"""Institutions against the embedded university list: aliases, former names, campuses."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING, Literal, NamedTuple

from hubmap.errors import MissingExtra
from hubmap.geodata.places.gazetteer import Gazetteer
from hubmap.geodata.places.names import HAN, key_latin, key_zh

if TYPE_CHECKING:
    from collections.abc import Iterable

Rule = Literal["same name", "campus", "alias", "former name", "without place", "spelling", ""]
SPELLING = 96.0
_BRACKET = re.compile(r"[(（]([^()（）]*)[)）]")
_CAMPUS = re.compile(r"(?:[-—·\s]+)?[^\s大学院]{1,8}(?:校区|校园|院区|新校|老校|主校)$")
# In brackets these name a unit with a name of its own, not a campus.
_UNIT = re.compile(r"分校|学院|研究院|附属|医院|系$|中心")
_OWNER = re.compile(r"^(?:国家电网|中共|国网|中国人民解放军)")


class Institution(NamedTuple):
    """What a name was found to be: the institution's id, its name, and by which rule."""

    id: str
    name: str
    rule: Rule


class Institutions:
    """The list that names are compared with.

    Parameters
    ----------
    names
        Pairs of an institution's id and one of its names; an id may have several.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._by_key: dict[str, dict[str, str]] = defaultdict(dict)
        self._shorn: dict[str, dict[str, str]] = defaultdict(dict)
        gazetteer = Gazetteer()
        for id, name in names:
            if not name.strip():
                continue
            key = _key(name)
            self._by_key[key][id] = name
            for end in range(2, min(7, len(key) - 3)):
                if HAN.search(key) and any(True for _ in gazetteer.zh(key[:end])):
                    self._shorn[key[end:]][id] = name
        self._latin = [key for key in self._by_key if not HAN.search(key)]

    def find(self, name: str) -> Institution | None:
        """The institution of that name.

        A unit with a name of its own (a hospital, a school, an independent college) is not the
        university it belongs to; a campus is.

        Parameters
        ----------
        name
            Chinese or English, with a campus or not.

        Returns
        -------
        Institution or None
            None where no institution, or more than one, has the name.
        """
        whole = self._one(self._by_key, _key(name), "same name")
        if whole:
            return whole
        inside = _BRACKET.findall(name)
        outside = _BRACKET.sub("", name).strip()
        for part in inside:
            found = self._one(self._by_key, _key(part), "alias")
            if found:
                return found
        if inside and any(map(_UNIT.search, inside)):
            return None
        base = _CAMPUS.sub("", outside) or outside
        rule: Rule = "campus" if base != name else "same name"
        return (
            self._one(self._by_key, _key(base), rule)
            or self._former(base)
            or self._one(self._by_key, _key(_OWNER.sub("", base)), "alias")
            or self._one(self._shorn, _key(base), "without place")
            or self._spelled(base)
        )

    def _one(self, index: dict[str, dict[str, str]], key: str, rule: Rule) -> Institution | None:
        found = index.get(key, {})
        if len(found) != 1 or len(key) < 4:
            return None
        id, name = next(iter(found.items()))
        return Institution(id, name, rule)

    def _former(self, name: str) -> Institution | None:
        """A college that has become a university keeps the rest of its name."""
        key = _key(name)
        if not key.endswith("学院"):
            return None
        return self._one(self._by_key, key.removesuffix("学院") + "大学", "former name")

    def _spelled(self, name: str) -> Institution | None:
        """An English name spelt a little differently ("Resource" for "Resources")."""
        key = _key(name)
        if HAN.search(key) or len(key) < 20:
            return None
        try:
            from rapidfuzz import fuzz, process
        except ImportError:
            raise MissingExtra(
                "Comparing names needs rapidfuzz.", "Run `pip install hubmap[duplicates]`."
            ) from None
        best = process.extract(key, self._latin, scorer=fuzz.ratio, score_cutoff=SPELLING, limit=2)
        if len(best) == 1 and _digits(key) == _digits(best[0][0]):
            return self._one(self._by_key, best[0][0], "spelling")
        return None


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _key(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).strip()
    if HAN.search(folded):
        return key_zh(folded)
    words = folded.casefold().replace("&", " and ").removeprefix("the ")
    return key_latin(words)
