"""What a recipe in ``layers/`` can say about a hub."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

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


class Stability(Recipe):
    """The settings under which hubs are searched for again: each distance with each core."""

    within_km: tuple[float, ...] = Field(
        (15.0, 20.0, 25.0, 30.0, 35.0), min_length=1, description="distances to try"
    )
    core_share: tuple[float, ...] = Field(
        (0.01, 0.015, 0.02, 0.03, 0.04), min_length=1, description="cores to try"
    )

    @model_validator(mode="after")
    def _enough(self) -> Self:
        settings = len(set(self.within_km)) * len(set(self.core_share))
        if settings < 25:
            raise ValueError(f"gives {settings} settings, 25 are needed to speak of stability")
        if min(self.within_km) <= 0 or not 0 < min(self.core_share) <= max(self.core_share) < 1:
            raise ValueError("distances must be above 0, cores between 0 and 1")
        return self


class Clusters(Recipe):
    """Hubs that are found where records lie densely, whatever the borders."""

    method: Literal["clusters"] = "clusters"
    help: ClassVar[str] = "hubs are found by density (DBSCAN, HDBSCAN), then outlined and ranked"
    layers: dict[str, float] = Field(
        min_length=1, description="kinds to look at, and the weight of each in the combination"
    )
    regions: tuple[str, ...] = Field(
        (), description="codes or names of where to look; empty: the whole workspace"
    )
    algorithm: Literal["dbscan", "hdbscan"] = Field(
        "dbscan", description="dbscan: one density everywhere; hdbscan: differing densities"
    )
    within_km: float = Field(
        25.0, gt=0, le=200, description="neighbourhood; records must be placed to half of it"
    )
    core_share: float = Field(
        0.02, gt=0, lt=1, description="share of the combined weight that makes a core"
    )
    grid_m: float = Field(
        250.0, ge=100, le=250, description="records are summed to squares of this side first"
    )
    level: Literal["point", "district"] = Field(
        "point", description="district: records may stand at their district's middle"
    )
    outline: Literal["districts", "buffer", "concave", "alpha", "convex"] = Field(
        "districts", description="how a hub is drawn around its records"
    )
    rank_by: Literal["combined", "weight", "per_million"] = Field(
        "combined", description="which of the three ranks numbers the hubs"
    )
    stability: Stability = Field(Stability(), description="the settings tried for stability")

    @field_validator("layers")
    @classmethod
    def _positive(cls, layers: dict[str, float]) -> dict[str, float]:
        for kind, weight in layers.items():
            if not 0 < weight < float("inf"):
                raise ValueError(f"the weight of {kind!r} must be above 0")
        return layers


Delineation = Annotated[NamedRegions | OtherHubs | Clusters, Field(discriminator="method")]


class Hexagons(Recipe):
    """Equal-area hexagons on the hub's own plane."""

    area_km2: float = Field(10.0, gt=0.01, le=10_000, description="area of one hexagon")


class Variant(Recipe):
    """The hub without some of its regions, measured beside it."""

    title: str = Field(description="what readers call it")
    title_zh: str = Field("", description="the same in Chinese")
    without: tuple[str, ...] = Field(
        min_length=1, description="codes or names of regions that are left out"
    )


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
    variants: dict[str, Variant] = Field(
        {}, description="the hub without some regions, by a word that names each"
    )

    @model_validator(mode="after")
    def _of_regions(self) -> Self:
        if self.variants and not isinstance(self.delineation, NamedRegions):
            raise ValueError('`variants` are for hubs with `delineation.method = "regions"`')
        return self

    @field_validator("statistics")
    @classmethod
    def _told_apart(cls, statistics: tuple[AnyStatistic, ...]) -> tuple[AnyStatistic, ...]:
        keys = [statistic.key for statistic in statistics]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"two statistics would both be called {', '.join(twice)}")
        return statistics
