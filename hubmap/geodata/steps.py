"""What a recipe can ask of a table beyond reading it: places in text, and the same thing twice."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hubmap.recipes import Recipe


class PlaceText(Recipe):
    """With ``place = "text"``: where the text stands, and what it is looked up in."""

    columns: tuple[str, ...] = Field(
        (),
        description="the column that names the place, then those that decide where it is "
        "ambiguous; empty: `region` and `city` of [columns]",
    )
    world: bool = Field(False, description="also outside China, by GeoNames (extra `places`)")
    answers: bool = Field(
        True, description="use SOURCE.places.csv beside the recipe, as `hubmap geocode` writes it"
    )
    coarsest: Literal["district", "city", "province"] = Field(
        "province", description="fault: a text that names nothing so small"
    )


class Duplicates(Recipe):
    """The same thing twice: everything is off until it is switched on."""

    reposts: bool = Field(
        False,
        description="one row of those with the same id, or the same employer, name and place "
        "within `days`",
    )
    days: float = Field(90, ge=0, description="from one posting to the next of its reposts")
    firms: bool = Field(
        False,
        description="several spellings of a firm in a city: of `employer` one spelling, or, where "
        "no column is named so, one row (extra `duplicates`)",
    )
    institutions: bool = Field(
        False,
        description="rows of one institution of universities.csv are one unit, counted once a "
        "zone: aliases, former names, campuses (extra `duplicates`)",
    )
    corrections: str = Field(
        "",
        pattern=r"^([^/\\:.][^/\\:]*)?$",
        description="table beside the recipe: `one`, `other`, `same`; empty: SOURCE.same.csv, "
        "where it is there",
    )

    @property
    def any(self) -> bool:
        """Whether anything is switched on."""
        return self.reposts or self.firms or self.institutions
