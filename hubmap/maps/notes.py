"""A map's story as the page takes it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from hubmap.errors import RecipeError
from hubmap.maps.kinds import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubmap.layers.model import HubLayer
    from hubmap.maps.recipe import Choice, Note


def notes(given: Sequence[Note], layers: Sequence[HubLayer]) -> list[dict[str, Any]]:
    """The notes with their words in both languages.

    Parameters
    ----------
    given
        The recipe's notes.
    layers
        What the map shows.

    Raises
    ------
    RecipeError
        A note names an entity, a zone or a number that the map does not have.
    """
    if not given:
        return []
    ids = {str(i) for layer in layers for i in layer.entities["id"]}
    zones = {str(z) for layer in layers for z in layer.profile["zone"]}
    numbers = {
        (str(z), str(s), str(k))
        for layer in layers
        for z, s, k in layer.profile[["zone", "statistic", "kind"]].itertuples(index=False)
    }
    made = []
    for place, note in enumerate(given, start=1):
        where = f"note {place}"
        _known(where, "entity", [note.entity, *(f.entity for f in note.figures)], ids)
        _known(where, "zone", [note.zone, *(f.zone for f in note.figures)], zones)
        for figure in note.figures:
            if figure.zone and (figure.zone, figure.statistic, figure.kind) not in numbers:
                raise RecipeError(
                    f"{where}: the profile of {figure.zone!r} has no {figure.statistic!r} of "
                    f"{figure.kind!r}.",
                    "`hubmap stats` lists what there is.",
                )
        made.append(_note(note))
    return made


def _known(where: str, key: str, names: Iterable[str], known: set[str]) -> None:
    for name in names:
        if name and name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean `{close[0]}`?" if close else "The map does not have it."
            raise RecipeError(f"{where}: key `{key}`: {name!r} is unknown.", hint)


def _note(note: Note) -> dict[str, Any]:
    return {
        "text": label(note, "text", "text_zh"),
        "entity": note.entity,
        "zone": note.zone,
        "point": note.point,
        "zoom": note.zoom,
        "kinds": note.kinds,
        "surface": note.shading,
        "year": note.year,
        "filter": None if note.filter is None else _choice(note.filter),
        "figures": [
            {
                "label": label(figure, "label", "label_zh"),
                "zone": figure.zone,
                "statistic": figure.statistic,
                "kind": figure.kind,
                "entity": figure.entity,
                "column": figure.column,
                "where": None if figure.where is None else _choice(figure.where),
            }
            for figure in note.figures
        ],
        "source": label(note, "source", "source_zh"),
        "disagree": label(note, "disagree", "disagree_zh"),
    }


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "category": choice.category,
        "tag": choice.tag,
        "city": choice.city,
        "precision": choice.precision,
        "from": choice.founded_from,
        "to": choice.founded_to,
        "text": choice.text,
    }
