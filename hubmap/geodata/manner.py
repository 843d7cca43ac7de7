"""Which files a recipe names, and how they are read; light, since every command loads recipes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

GLOB = frozenset("*?[")
# What hubmap itself puts beside a recipe is no part of a glob.
_OURS = (".places.csv", ".same.csv")
_BESIDE_SHAPES = (".dbf", ".shx", ".prj", ".cpg")


@dataclass(frozen=True)
class Manner:
    """How a file is read, as its recipe states it; see the recipe for the meaning of each."""

    encoding: str = ""
    delimiter: str = ""
    header: tuple[str, ...] = ()
    part: str = ""
    rows: str = ""
    repair: str = ""
    paths: tuple[str, ...] = ()
    areas: bool = False


def expand(folder: Path, name: str) -> list[Path]:
    """The files that a recipe's ``file`` names: one, those of a glob, a shapefile's parts."""
    if set(name) & GLOB:
        return sorted(
            path for path in folder.glob(name) if path.is_file() and not path.name.endswith(_OURS)
        )
    path = folder / name
    if path.suffix.lower() == ".shp":
        return [path, *(p for s in _BESIDE_SHAPES if (p := path.with_suffix(s)).is_file())]
    return [path]
