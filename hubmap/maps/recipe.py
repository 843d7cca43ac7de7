"""What a recipe in ``maps/`` can say: which hub layers, which views, which words."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from hubmap.geodata.recipe import Bilingual
from hubmap.maps.tiles import Tiles
from hubmap.recipes import Recipe, presentation


class BasemapView(Recipe):
    """Land, water, borders and place names as context, drawn from our own vectors."""

    view: Literal["basemap"] = Field(description="which view this is")
    labels: bool = presentation(True, description="whether place names are written")


class OutlineView(Recipe):
    """The outline of each hub, with its name."""

    view: Literal["outline"] = Field(description="which view this is")


class PointsView(Recipe):
    """Universities, companies and postings as points, one colour and shape a kind."""

    view: Literal["points"] = Field(description="which view this is")
    kinds: tuple[str, ...] = presentation((), description="kinds to offer; empty: all there are")
    shown: tuple[str, ...] | None = presentation(
        None, description="kinds that are on when the page opens; absent: all"
    )


class DistrictsView(Recipe):
    """Districts shaded by one number of their profile, the reader chooses which."""

    view: Literal["districts"] = Field(description="which view this is")
    statistic: str = presentation("count", description="the number shown first")
    kind: str = presentation("", description="the kind it is shown for; empty: the first")
    classes: int = presentation(5, ge=3, le=7, description="how many classes the legend has")
    method: Literal["quantile", "equal"] = presentation(
        "quantile", description="how class breaks are chosen"
    )
    shown: bool = presentation(True, description="whether it is on when the page opens")


class CellsView(Recipe):
    """Equal-area hexagons shaded by entities per km²."""

    view: Literal["cells"] = Field(description="which view this is")
    kind: str = presentation("", description="the kind shown first; empty: the first")
    classes: int = presentation(5, ge=3, le=7, description="how many classes the legend has")
    times: tuple[Annotated[float, Field(ge=0.1, le=100)], ...] = presentation(
        (1.0, 4.0), min_length=1, max_length=4,
        description="sizes to choose from, as multiples of the layer's own cells",
    )  # fmt: skip
    shown: bool = presentation(False, description="whether it is on when the page opens")


class DensityView(Recipe):
    """A smooth density (kernel) with the areas that hold 50, 80 and 95 % of its mass."""

    view: Literal["density"] = Field(description="which view this is")
    kind: str = presentation("", description="the kind shown first; empty: the first")
    bandwidths_km: tuple[Annotated[float, Field(ge=0.2, le=50)], ...] = presentation(
        (2.0, 5.0), min_length=1, max_length=4, description="kernel widths to choose from"
    )
    shown: bool = presentation(False, description="whether it is on when the page opens")


class HotSpotsView(Recipe):
    """Hexagons that are hot beyond chance (Gi*), false discoveries held to 5 %."""

    view: Literal["hot_spots"] = Field(description="which view this is")
    kind: str = presentation("", description="the kind shown first; empty: the first")
    shown: bool = presentation(False, description="whether it is on when the page opens")


class StabilityView(Recipe):
    """In what share of the settings each place belongs to a found hub."""

    view: Literal["stability"] = Field(description="which view this is")
    shown: bool = presentation(False, description="whether it is on when the page opens")


class CentresView(Recipe):
    """Mean centres, deviational ellipses (all, early, late) and density peaks of each kind."""

    view: Literal["centres"] = Field(description="which view this is")
    shown: bool = presentation(False, description="whether it is on when the page opens")


class RingsView(Recipe):
    """Rings around the campuses."""

    view: Literal["rings"] = Field(description="which view this is")
    radii_km: tuple[Annotated[float, Field(gt=0, le=50)], ...] = presentation(
        (1.0, 2.0, 5.0), min_length=1, max_length=6, description="radii to choose from"
    )
    radius_km: float = presentation(2.0, gt=0, le=50, description="the radius shown first")
    shown: bool = presentation(False, description="whether it is on when the page opens")


View = Annotated[
    BasemapView
    | OutlineView
    | PointsView
    | DistrictsView
    | CellsView
    | DensityView
    | HotSpotsView
    | StabilityView
    | CentresView
    | RingsView,
    Field(discriminator="view"),
]

VIEWS: tuple[type[Recipe], ...] = (
    BasemapView,
    DistrictsView,
    CellsView,
    DensityView,
    HotSpotsView,
    StabilityView,
    RingsView,
    OutlineView,
    CentresView,
    PointsView,
)
"""Every view there is, in the order in which they are drawn."""


def default_views() -> tuple[View, ...]:
    """The views of a map whose recipe lists none."""
    return (
        BasemapView(view="basemap"),
        DistrictsView(view="districts"),
        CellsView(view="cells"),
        DensityView(view="density"),
        HotSpotsView(view="hot_spots"),
        StabilityView(view="stability"),
        RingsView(view="rings"),
        OutlineView(view="outline"),
        CentresView(view="centres"),
        PointsView(view="points"),
    )


class Choice(Recipe):
    """Which entities: any of the words within a key, all keys together."""

    category: tuple[str, ...] = Field((), description="groups")
    tag: tuple[str, ...] = Field((), description="tags, by their English words")
    city: tuple[str, ...] = Field((), description="city codes")
    precision: tuple[Literal["300", "1000", "1500", "more"], ...] = Field(
        (), description="classes of placement, in metres"
    )
    founded_from: int | None = Field(None, description="founded in this year or later")
    founded_to: int | None = Field(None, description="founded in this year or before")
    text: str = Field("", description="a part of the name")


class Figure(Recipe):
    """One number of a note, read from the page's own tables: never typed."""

    label: str = Field("", description="what the number is; empty: the place's or entity's name")
    label_zh: str = Field("", description="the same in Chinese")
    zone: str = Field("", description="a zone of the profile: a hub, city or district")
    statistic: str = Field("count", description="the profile's statistic, with `zone`")
    kind: str = Field("", description="the kind, with `zone` or with `where`")
    entity: str = Field("", description="an entity's id, whose `column` is shown")
    column: str = Field("founded", description="a column of the entity")
    where: Choice | None = Field(None, description="count the entities of `kind` that match")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if [bool(self.zone), bool(self.entity), self.where is not None].count(True) != 1:
            raise ValueError("a figure has exactly one of zone, entity and where")
        if not self.entity and not self.kind:
            raise ValueError("a figure from zone or where names its kind")
        return self


class Note(Recipe):
    """One step of a map's story: a sentence, where to look, and the numbers it rests on."""

    text: str = Field(min_length=1, description="one sentence")
    text_zh: str = Field("", description="the same in Chinese")
    entity: str = Field("", description="pinned to this entity's id")
    zone: str = Field("", description="pinned to this hub, city or district")
    point: tuple[float, float] | None = Field(
        None, description="pinned to this longitude and latitude (WGS-84)"
    )
    zoom: float = Field(11, ge=3, le=16, description="how near, for an entity or a point")
    kinds: tuple[str, ...] | None = Field(None, description="kinds to show; absent: as they are")
    shading: str = Field("", description="`kind|statistic` of the districts, or `none`")
    year: int | None = Field(None, description="where the time slider stands")
    filter: Choice | None = Field(None, description="which entities are shown")
    figures: tuple[Figure, ...] = Field((), description="the numbers the sentence claims")
    source: str = Field("", description="where the claim comes from")
    source_zh: str = Field("", description="the same in Chinese")
    disagree: str = Field("", description="where the data of the map say something else")
    disagree_zh: str = Field("", description="the same in Chinese")

    @model_validator(mode="after")
    def _one_pin(self) -> Self:
        if [bool(self.entity), bool(self.zone), self.point is not None].count(True) > 1:
            raise ValueError("a note is pinned to one of entity, zone and point")
        return self


class MapRecipe(Recipe):
    """One page: which hub layers it shows, how, and under which words."""

    title: str = presentation(description="the page's title")
    title_zh: str = presentation("", description="the same in Chinese")
    subtitle: str = presentation("", description="one sentence under the title")
    subtitle_zh: str = presentation("", description="the same in Chinese")
    layers: tuple[str, ...] = Field(min_length=1, description="names of recipes in layers/")
    views: tuple[View, ...] = presentation(
        default_views(), description="what is drawn; the order is always the same"
    )
    notes: tuple[Note, ...] = presentation((), description="the map's story, step by step")
    tiles: Tiles | None = presentation(
        None, description="a provider's tiles as background; absent: the page fetches nothing"
    )
    words: dict[str, Bilingual] = presentation(
        {}, description="the page's own words to replace, such as `zone.districts`"
    )
    language: Literal["en", "zh"] = presentation("en", description="the language the page opens in")
    outputs: tuple[Literal["html", "svg", "png", "pdf"], ...] = presentation(
        ("html",), min_length=1, description="which files are made of it; all but html need `print`"
    )
    size: Literal["column", "page", "slide"] = presentation(
        "page", description="printed: a column of 84 mm, an A4 page's width of 174 mm, a 16:9 slide"
    )
    greyscale: bool = presentation(
        False, description="printed: shapes, tones and hatching instead of colours"
    )

    @field_validator("words")
    @classmethod
    def _no_patterns(cls, words: dict[str, Bilingual]) -> dict[str, Bilingual]:
        # Keys that begin with ~ are patterns, which a page would try on every phrase.
        if patterns := [key for key in words if key.startswith("~")]:
            raise ValueError(f"{patterns[0]!r} is a pattern; `words` replaces single phrases")
        return words
