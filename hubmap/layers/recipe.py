"""What a recipe in ``layers/`` can say about a hub."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from hubmap.recipes import Recipe, presentation
from hubmap.statistics.declared.catalogue import DEFAULT, AnyStatistic


class NamedRegions(Recipe):
    """A hub made of named cities and districts."""

    method: Literal["regions"] = "regions"
    help: ClassVar[str] = "the hub is the union of named regions"
    regions: tuple[str, ...] = Field(
        min_length=1, description="codes or names of cities and districts"
    )


class OtherHubs(Recipe):
    """A comparison of hubs that have their own recipes."""

    method: Literal["hubs"] = "hubs"
    help: ClassVar[str] = "several hubs side by side, for comparison"
    hubs: tuple[str, ...] = Field(min_length=1, description="ids of other recipes in layers/")


Delineation = Annotated[NamedRegions | OtherHubs, Field(discriminator="method")]


class Hexagons(Recipe):
    """Equal-area hexagons on the hub's own plane."""

    area_km2: float = Field(10.0, gt=0.01, le=10_000, description="area of one hexagon")


class HubRecipe(Recipe):
    """A hub: which regions, which data, which statistics."""

    title: str = presentation(description="what readers call the hub")
    title_zh: str = presentation("", description="the same in Chinese")
    description: str = presentation("", description="a sentence about it")
    description_zh: str = presentation("", description="the same in Chinese")
    colour: str = presentation(
        "#33658a", pattern=r"^#[0-9a-fA-F]{6}$", description="the hub's colour in maps and plots"
    )
    delineation: Delineation = Field(description="how the hub is made")
    sources: tuple[str, ...] = Field(
        (), description="ids of recipes in geodata/; empty: every table of entities"
    )
    cells: Hexagons = Field(Hexagons(), description="the density cells")
    statistics: tuple[AnyStatistic, ...] = Field(DEFAULT, description="the profile")

    @field_validator("statistics")
    @classmethod
    def _told_apart(cls, statistics: tuple[AnyStatistic, ...]) -> tuple[AnyStatistic, ...]:
        keys = [statistic.key for statistic in statistics]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"two statistics would both be called {', '.join(twice)}")
        return statistics
