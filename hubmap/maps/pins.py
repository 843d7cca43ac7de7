"""What a map's notes are pinned to, followed before anything is built."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubmap.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hubmap.maps.recipe import Choice, Figure, MapRecipe, Note

VIEWS = "none"
"""The shading that shows no districts."""


@dataclass
class Known:
    """The names there are; none where only a build can tell.

    Attributes
    ----------
    entities, zones
        Ids of records; ids of hubs and codes of regions.
    kinds, statistics
        Kinds of the tables; keys of the hubs' statistics.
    categories, tags
        What records may be filtered by.
    """

    entities: set[str] | None = field(default_factory=set)
    zones: set[str] | None = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    statistics: set[str] = field(default_factory=set)
    categories: set[str] | None = field(default_factory=set)
    tags: set[str] | None = field(default_factory=set)


def unpinned(recipe: MapRecipe, known: Known, where: str) -> list[RecipeError]:
    """What the notes of a map name that is not there.

    Parameters
    ----------
    recipe
        The map.
    known
        The names there are.
    where
        The recipe's file, for the message.

    Returns
    -------
    list of RecipeError
        One for every key that leads nowhere, each naming file and key.
    """
    found = []
    for place, note in enumerate(recipe.notes):
        for key, names, there in _named(note, known, recipe):
            for name in names:
                if name and there is not None and name not in there:
                    close = difflib.get_close_matches(name, there, n=1)
                    found.append(
                        RecipeError(
                            f"{where}: key `notes[{place}].{key}`: {name!r} is unknown.",
                            f"Did you mean `{close[0]}`?" if close else _hint(key),
                        )
                    )
    return found


def _hint(key: str) -> str:
    end = key.rsplit(".", 1)[-1]
    return {
        "entity": "It is the id of a record in a table of this map's hubs.",
        "zone": "It is a hub's id or the code of a city or district.",
        "shading": "It is `none`, or `kind|statistic` of the districts, which the map must show.",
    }.get(end, "`hubmap show` lists what there is.")


Names = tuple[str, tuple[str, ...], "Collection[str] | None"]


def _named(note: Note, known: Known, recipe: MapRecipe) -> Iterator[Names]:
    yield "entity", (note.entity,), known.entities
    yield "zone", (note.zone,), known.zones
    yield "kinds", note.kinds or (), known.kinds
    yield "shading", (note.shading,), _shadings(known, recipe)
    if note.filter is not None:
        yield from _chosen("filter", note.filter, known)
    for place, figure in enumerate(note.figures):
        yield from _counted(f"figures[{place}]", figure, known)


def _shadings(known: Known, recipe: MapRecipe) -> set[str]:
    """What the districts can be shaded by, where the map has that view."""
    if all(view.view != "districts" for view in recipe.views):
        return {VIEWS}
    return {VIEWS} | {f"{kind}|{key}" for kind in known.kinds for key in known.statistics}


def _counted(key: str, figure: Figure, known: Known) -> Iterator[Names]:
    yield f"{key}.entity", (figure.entity,), known.entities
    yield f"{key}.zone", (figure.zone,), known.zones
    if figure.zone:
        yield f"{key}.statistic", (figure.statistic,), known.statistics
    # The number of a statistic may be of all kinds together, which no table is called.
    if figure.where is not None or figure.statistic == "count":
        yield f"{key}.kind", (figure.kind,), known.kinds
    if figure.where is not None:
        yield from _chosen(f"{key}.where", figure.where, known)


def _chosen(key: str, choice: Choice, known: Known) -> Iterator[Names]:
    yield f"{key}.category", choice.category, known.categories
    yield f"{key}.tag", choice.tag, known.tags
    yield f"{key}.city", choice.city, known.zones
