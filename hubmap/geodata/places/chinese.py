"""Reading Chinese place names that are written one after the other, with or without suffixes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubmap.geodata.places.gazetteer import LEVELS

if TYPE_CHECKING:
    from hubmap.geodata.places.gazetteer import Gazetteer, Named, Spot

# Behind a short name these make it a street or a bridge: "上海南京路" is not in Nanjing.
_STREET = re.compile(r"[东西南北中]?(?:[大马]?路|大?街|大?道|大桥|巷|弄|胡同|立交)")
# How many characters in front of the first place may go unread ("广省惠州惠城区").
_LEAD = 4
# Regions stand at the front of an address; what is behind is not read.
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a text: the finest place, and how much of the text names places."""

    spot: Spot
    read: int
    tokens: int
    gap: int = 0

    @property
    def rank(self) -> tuple[int, int, int]:
        """More of the text read is better; then fewer characters passed over; then fewer names."""
        return self.read, -self.gap, -self.tokens


def readings(text: str, gazetteer: Gazetteer) -> list[Reading]:
    """The best readings of a Chinese text, several where it is ambiguous.

    Parameters
    ----------
    text
        The text's key (see :func:`~hubmap.geodata.places.names.key_zh`).
    gazetteer
        The places that are known.

    Returns
    -------
    list of Reading
        Each of another place, none within another one; empty when the text names no place.
    """
    if len(text) == 1:
        return [Reading(named.spot, 1, 1) for named in gazetteer.zh(text)]
    found = _Walk(text[:_LONGEST], gazetteer).run()
    best = max((reading.rank for reading in found), default=(0, 0, 0))
    kept = {r.spot.code: r for r in found if r.rank == best}
    return [r for r in kept.values() if not _inside_another(r, kept)]


def _inside_another(reading: Reading, others: dict[str, Reading]) -> bool:
    return any(code in others for code in reading.spot.parents)


class _Walk:
    """All readings of one text, left to right."""

    def __init__(self, text: str, gazetteer: Gazetteer) -> None:
        self.text, self.gazetteer = text, gazetteer
        self._known: dict[tuple[int, str, bool], list[Reading]] = {}

    def run(self) -> list[Reading]:
        found: list[Reading] = []
        for start in range(min(_LEAD, len(self.text) - 1) + 1):
            for end, named in self._names_at(start, start == 0):
                for rest in self._from(end, named.spot, True):
                    # An abbreviated name that does not open the text needs a place within it.
                    if start and not named.full and rest.tokens == 0:
                        continue
                    read = end - start + rest.read
                    found.append(Reading(rest.spot, read, rest.tokens + 1, rest.gap))
            if found:
                break
        return found

    def _names_at(self, at: int, adjacent: bool) -> list[tuple[int, Named]]:
        """The names that begin here; an abbreviated one only where a name may begin."""
        found = []
        for end in range(min(len(self.text), at + self.gazetteer.longest_zh), at + 1, -1):
            for named in self.gazetteer.zh(self.text[at:end]):
                street = not named.full and _STREET.match(self.text, end)
                if not street and (named.full or adjacent or at):
                    found.append((end, named))
        return found

    def _from(self, at: int, scope: Spot, adjacent: bool) -> list[Reading]:
        """Readings of the rest of the text inside a place."""
        key = at, scope.code, adjacent
        if key not in self._known:
            self._known[key] = self._step(at, scope, adjacent)
        return self._known[key]

    def _step(self, at: int, scope: Spot, adjacent: bool) -> list[Reading]:
        found = [Reading(scope, 0, 0)]
        if at >= len(self.text):
            return found
        options = [
            (end, named)
            for end, named in self._names_at(at, adjacent)
            if (named.full or adjacent) and named.spot.nested(scope)
        ]
        deeper = {
            end for end, named in options if named.spot.level == "city" and named.spot != scope
        }
        for end, named in options:
            inner = named.spot
            if scope.level == "province" and inner.code == scope.code and end in deeper:
                continue  # "吉林省吉林" is the city of that name
            if scope.within(inner):
                inner = scope  # the same place, or one around it, said again
            elif not named.full and self._repeats(at, end, scope, inner):
                continue
            for rest in self._from(end, inner, True):
                read = end - at + rest.read
                found.append(Reading(rest.spot, read, rest.tokens + 1, rest.gap))
        for rest in self._from(at + 1, scope, False):
            gap = rest.gap + 1 if rest.tokens else 0
            found.append(Reading(rest.spot, rest.read, rest.tokens, gap))
        best = max(reading.rank for reading in found)
        return [reading for reading in found if reading.rank == best]

    def _repeats(self, at: int, end: int, scope: Spot, inner: Spot) -> bool:
        """Whether a short name repeats the city's own ("长沙长沙" is no more than the city)."""
        same = any(named.spot.code == scope.code for named in self.gazetteer.zh(self.text[at:end]))
        return same and LEVELS.index(inner.level) > LEVELS.index("city")
