"""Which regions the rows state, by code or by name."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hubmap.geodata.read.batch import encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hubmap.tables import Regions

_SUFFIX = re.compile(
    r"(特别行政区|特別行政區|自治县|自治區|自治区|新区|市|区|區|县|縣|省| city| district)$"
)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().lower()


def _short(name: str) -> str:
    """A name without its suffix; one-character remains are kept whole (郊区)."""
    short = _SUFFIX.sub("", _plain(name))
    return short if len(short) > 1 else _plain(name)


class RegionNames:
    """The names of a workspace's regions.

    Parameters
    ----------
    regions
        The regions; a column ``aliases`` may hold former names and codes, parted by ``;``.

    Notes
    -----
    A city is found among the cities; a district only inside the city that its row states, since
    different cities have districts of one name. Suffixes (市, 区, District) may be missing.
    """

    def __init__(self, regions: Regions) -> None:
        self._codes = {str(code) for code in regions.index}
        self._names: dict[tuple[str, str], set[str]] = {}
        self._leaves = set(regions.index[regions["leaf"]])
        aliases = regions["aliases"] if "aliases" in regions else pd.Series("", regions.index)
        cities = regions["level"] == "city"
        for code, name, name_zh, other, city, own in zip(
            regions.index, regions["name"], regions["name_zh"], aliases, cities, regions["city"],
            strict=True,
        ):  # fmt: skip
            for spelling in (name, name_zh, *str(other or "").split(";")):
                if not spelling.strip():
                    continue
                for key in {_plain(spelling), _short(spelling)}:
                    self._names.setdefault(("" if city else own, key), set()).add(str(code))

    def _one(self, scope: str, name: str) -> str:
        for key in (_plain(name), _short(name)):
            found = self._names.get((scope, key), set())
            if len(found) == 1:
                return next(iter(found))
        return ""

    def cities(self, cells: pd.Series[str]) -> tuple[pd.Series[str], np.ndarray]:
        """Codes for stated cities, and where a cell states one that is not here."""
        return self._resolved(cells, lambda cell: self._one("", cell))

    def districts(
        self, cells: pd.Series[str], cities: pd.Series[str]
    ) -> tuple[pd.Series[str], np.ndarray]:
        """Codes for stated districts inside the cities of their rows."""
        empty = (cells == "").to_numpy()
        if set(encoded(cells)[1]) <= self._codes | {""}:
            return cells, np.zeros(len(cells), dtype=bool)
        pairs = cities + "\0" + cells

        def find(pair: str) -> str:
            city, _, cell = pair.partition("\0")
            if cell in self._codes:
                return cell
            return (self._one(city, cell) if city else "") or self._one("", cell) or (
                # A city without districts is itself the place.
                city if city in self._leaves else ""
            )  # fmt: skip

        return self._resolved(pairs, find, empty=empty)

    def _resolved(
        self,
        cells: pd.Series[str],
        find: Callable[[str], str],
        empty: NDArray[np.bool_] | None = None,
    ) -> tuple[pd.Series[str], np.ndarray]:
        if empty is None:
            empty = (cells == "").to_numpy()
        number, unique = encoded(cells)
        if set(unique) <= self._codes | {""}:
            return cells, np.zeros(len(cells), dtype=bool)
        codes = [cell if cell in self._codes else find(cell) for cell in unique]
        values = np.array(codes, dtype=object)[number] if codes else np.array([], object)
        values[empty] = ""
        found = pd.Series(values, index=cells.index, dtype=str)
        return found, ~empty & (found == "").to_numpy()
