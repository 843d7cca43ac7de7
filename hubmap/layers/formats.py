"""The names of the formats that layers are exported to (the writers are in ``store``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubmap.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATS = ("geojson", "gpkg", "csv")


def chosen_formats(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """The formats named in a comma-separated list, each once.

    Raises
    ------
    RecipeError
        One of them is not among ``known``.
    """
    asked = [part.strip().lower() for part in text.split(",") if part.strip()]
    for name in asked:
        if name not in known:
            raise RecipeError(f"--format: {name!r} is unknown.", f"Known: {', '.join(known)}.")
    return tuple(dict.fromkeys(asked))
