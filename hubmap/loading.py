"""Reading all recipes of a workspace and following the names in them."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from hubmap.errors import Findings, HubmapError, RecipeError
from hubmap.geodata.recipe import SOURCES, BasemapSource, EntitySource, RegionSource
from hubmap.geodata.told import completed
from hubmap.layers.recipe import Clusters, HubRecipe, OtherHubs
from hubmap.maps.escapes import one_line
from hubmap.maps.recipe import MapRecipe
from hubmap.recipes import Recipe, parse_recipe, read_toml, recipes_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOLDERS = ("geodata", "layers", "maps")
R = TypeVar("R", bound=Recipe)
_PLAIN = re.compile(r"\w[\w.-]*")
_DEVICES = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10)),
}
"""What Windows takes for a device, whatever its extension."""


@dataclass(frozen=True)
class Recipes:
    """Every recipe of a workspace, by its file's name; the regions are exactly one."""

    sources: dict[str, EntitySource]
    regions: RegionSource
    basemap: BasemapSource | None
    hubs: dict[str, HubRecipe]
    maps: dict[str, MapRecipe]


class collecting:
    """Keep the findings of a block instead of stopping at the first."""

    def __init__(self, found: list[HubmapError]) -> None:
        self._found = found

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Findings):
            self._found.extend(error.findings)
        elif isinstance(error, HubmapError):
            self._found.append(error)
        else:
            return False
        return True


def load_recipes(root: Path) -> Recipes:
    """Read all recipes below a folder.

    Parameters
    ----------
    root
        The folder that holds ``geodata/``, ``layers/`` and ``maps/``.

    Raises
    ------
    RecipeError
        There is no workspace here.
    Findings
        Everything that is wrong with the recipes.
    """
    if not any((root / folder).is_dir() for folder in FOLDERS):
        raise RecipeError(
            f"{root}: there is no geodata/, layers/ or maps/ here.",
            "Lay down a workspace with `hubmap init DIR`, or name one with `-C DIR`.",
        )
    found: list[HubmapError] = []
    sources: dict[str, EntitySource] = {}
    regions: list[RegionSource] = []
    basemaps: list[BasemapSource] = []
    for path in recipes_in(root / "geodata"):
        with collecting(found):
            recipe = _read_source(path)
            if isinstance(recipe, RegionSource):
                regions.append(recipe)
            elif isinstance(recipe, BasemapSource):
                basemaps.append(recipe)
            else:
                sources[path.stem] = recipe
    hubs = _read_all(root / "layers", HubRecipe, found)
    maps = _read_all(root / "maps", MapRecipe, found)
    for kind, recipes in (("regions", regions), ("basemap", basemaps)):
        if len(recipes) > 1:
            names = ", ".join(recipe.id for recipe in recipes)
            found.append(
                RecipeError(
                    f"{root / 'geodata'}: {names} all say table = {kind!r}.",
                    "A workspace has one: remove the others.",
                )
            )
    if not regions and not found:
        found.append(
            RecipeError(
                f"{root / 'geodata'}: no recipe says table = 'regions'.",
                "Hubs are made of regions: add one.",
            )
        )
    if not found:
        found += _dangling(root, sources, hubs, maps)
    if found:
        raise Findings(found)
    return Recipes(sources, regions[0], basemaps[0] if basemaps else None, hubs, maps)


def _dangling(
    root: Path,
    sources: dict[str, EntitySource],
    hubs: dict[str, HubRecipe],
    maps: dict[str, MapRecipe],
) -> list[HubmapError]:
    """A finding for each name in a recipe that leads nowhere."""
    found: list[HubmapError] = []

    def follow(where: Path, key: str, names: Iterable[str], known: Iterable[str]) -> None:
        for name in names:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"Did you mean `{close[0]}`?" if close else f"There is no {name}.toml."
                found.append(RecipeError(f"{where}: key `{key}`: {name!r} is unknown.", hint))

    for id, hub in hubs.items():
        where = root / "layers" / f"{id}.toml"
        follow(where, "sources", hub.sources, sources)
        if isinstance(hub.delineation, OtherHubs):
            simple = [h for h, r in hubs.items() if r.delineation.method == "regions"]
            follow(where, "delineation.hubs", hub.delineation.hubs, simple)
        elif isinstance(hub.delineation, Clusters):
            kinds = {s.kind for s in sources.values() if s.id in (hub.sources or [s.id])}
            follow(where, "delineation.layers", hub.delineation.layers, sorted(kinds))
    for id, map_ in maps.items():
        follow(root / "maps" / f"{id}.toml", "layers", map_.layers, hubs)
    return found


def named(path: Path) -> str:
    """A recipe's id: its file's name, which is part of every product's name and address.

    Raises
    ------
    RecipeError
        Some system, program or document would take the name for something else.
    """
    if not _PLAIN.fullmatch(path.stem) or path.stem.split(".")[0].upper() in _DEVICES:
        raise RecipeError(
            f"{one_line(str(path))}: {one_line(path.stem)!r} cannot name products.",
            "Rename the file: letters and digits of any script, `-`, `_` and `.`.",
        )
    return path.stem


def _read_source(path: Path) -> EntitySource | RegionSource | BasemapSource:
    data = read_toml(path)
    table = data.get("table", "entities")
    model = SOURCES.get(table) if isinstance(table, str) else None
    if model is None:
        raise RecipeError(
            f"{path}: key `table` = {table!r}: is not one of {', '.join(SOURCES)}.",
            "Write what the file holds.",
        )
    if "id" in data:
        raise RecipeError(f"{path}: key `id` is unknown.", "The file's name is the id.")
    recipe = parse_recipe({**data, "id": named(path)}, model, str(path))
    return completed(recipe, path.parent) if isinstance(recipe, EntitySource) else recipe


def _read_all(folder: Path, model: type[R], found: list[HubmapError]) -> dict[str, R]:
    recipes = {}
    for path in recipes_in(folder):
        with collecting(found):
            recipes[named(path)] = parse_recipe(read_toml(path), model, str(path))
    return recipes
