"""The names of the formats that layers are exported to (the writers are in ``store``)."""

from __future__ import annotations

from hubmap.errors import RecipeError

FORMATS = ("geojson", "gpkg", "csv")


def chosen_formats(text: str) -> list[str]:
    """The formats named in a comma-separated list.

    Raises
    ------
    RecipeError
        One of them is unknown.
    """
    chosen = [part.strip().lower() for part in text.split(",") if part.strip()]
    for name in chosen:
        if name not in (*FORMATS, "parquet"):
            raise RecipeError(f"--format: {name!r} is unknown.", f"Known: {', '.join(FORMATS)}.")
    return [name for name in dict.fromkeys(chosen) if name != "parquet"]
