"""What a recipe in ``maps/`` can say: which hub layers, which views, which words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

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
    shown: bool = presentation(False, description="whether it is on when the page opens")


View = Annotated[
    BasemapView | OutlineView | PointsView | DistrictsView | CellsView,
    Field(discriminator="view"),
]

VIEWS: tuple[type[Recipe], ...] = (
    BasemapView,
    DistrictsView,
    CellsView,
    OutlineView,
    PointsView,
)
"""Every view there is, in the order in which they are drawn."""


def default_views() -> tuple[View, ...]:
    """The views of a map whose recipe lists none."""
    return (
        BasemapView(view="basemap"),
        DistrictsView(view="districts"),
        CellsView(view="cells"),
        OutlineView(view="outline"),
        PointsView(view="points"),
    )


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
    language: Literal["en", "zh"] = presentation("en", description="the language the page opens in")
