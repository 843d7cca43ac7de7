"""What a recipe in ``geodata/`` can say about the table beside it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from hubmap.geodesy import Datum
from hubmap.recipes import Recipe, presentation

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.:/-]*$", max_length=80)]


def _beside(value: str) -> str:
    if not value or set(value) & set("/\\:") or value.startswith("."):
        raise ValueError("name a file beside the recipe, without a folder")
    return value


BesideName = Annotated[str, AfterValidator(_beside)]


def _parts(value: str) -> str:
    folder, slash, name = value.partition("/")
    _beside(folder)
    if slash:
        _beside(name)
    return value


PartsName = Annotated[str, AfterValidator(_parts)]


class Bilingual(Recipe):
    """A label in English and Chinese."""

    en: str = Field(description="in English")
    zh: str = Field("", description="in Chinese; empty: the English one")


class Provenance(Recipe):
    """Where a data set comes from and what it can carry; shown on every page made from it."""

    # Set from the file's name when the recipe is read, so no recipe may say it.
    id: SkipJsonSchema[str] = ""
    file: BesideName = Field(description="the table, beside the recipe")
    title: str = presentation(description="what readers call it")
    title_zh: str = presentation("", description="the same in Chinese")
    datum: Datum = Field("WGS-84", description="the datum of its coordinates")
    licence: str = Field(description="under which terms it may be used")
    attribution: str = Field(description="whom a map must name")
    citation: str = Field("", description="how to cite it")
    retrieved: dt.date | None = Field(None, description="the day it was retrieved or compiled")
    coverage: str = Field("", description="what it covers, and what it leaves out")
    caveats: tuple[str, ...] = Field((), description="what a reader must know, a sentence each")
    caveats_zh: tuple[str, ...] = Field((), description="the same in Chinese")

    def files(self) -> tuple[str, ...]:
        """The files beside the recipe that it describes."""
        return (self.file,)


class Columns(Recipe):
    """Which column of the file holds what; an absent key means there is none."""

    id: str = Field(description="unique a row")
    name: str = Field(description="the name shown, in English or as it is written")
    name_zh: str = Field("", description="the Chinese name")
    lon: str = Field("", description="longitude in degrees")
    lat: str = Field("", description="latitude in degrees")
    precision_m: str = Field("", description="radius in metres within which the place is true")
    founded: str = Field("", description="year")
    region: str = Field("", description="code of the district the row states")
    city: str = Field("", description="code of the city the row states")
    source: str = Field("", description="what the row rests on")
    unit: str = Field("", description="what is counted once a zone (a campus's institution)")
    weight: str = Field("", description="how many records a row stands for")
    case: str = Field(
        "", description="true/false: false rows are only the base of location quotients"
    )
    home: str = Field("", description="code of the city where the unit is registered")
    category: str = Field("", description="what groups the rows")
    site: str = Field(
        "", description="campus, park or tower the point stands for: many may share its place"
    )
    size: str = Field("", description="employees of a row, for statistics of plant sizes")
    clusters: str = Field(
        "", description="how many employers a row's weight comes from, for its intervals"
    )


class Streaming(Recipe):
    """A source in many Parquet files: counted as it is read, and shown as a sample."""

    month: str = Field("", description="column with the month, as a date or `YYYY-MM`")
    employer: str = Field("", description="column with the employer, counted distinct")
    sample: int = Field(
        50_000, ge=100, le=1_000_000, description="points kept for maps and point statistics"
    )
    least: int = Field(10, ge=1, le=1000, description="points kept at least a district and group")


class Sample(Recipe):
    """What a sample was drawn from; statistics outside ``covers`` are withheld."""

    platform: str = Field(description="who published the records")
    searches: tuple[str, ...] = Field((), description="the searches that found them")
    period: str = Field(description="when")
    size: int = Field(gt=0, description="unique records in the whole sample")
    counts: dict[str, int] = Field({}, description="further counts of the sample, by name")
    covers: tuple[str, ...] = Field(description="codes of the regions the platform covers")
    method: str = presentation("", description="how it was drawn and cleaned")
    method_zh: str = presentation("", description="the same in Chinese")


class EntitySource(Provenance):
    """A table of universities, companies, postings, or any other kind of entity."""

    table: Literal["entities"] = "entities"
    file: PartsName = Field(
        description="the table, beside the recipe; with [stream] a folder or `FOLDER/*.parquet`"
    )
    kind: Key = Field(description="what a row is; any word")
    noun: str = Field("records", description="what is counted, as a plural")
    noun_zh: str = presentation("", description="the same in Chinese")
    base_noun: str = Field("", description="the noun for all rows, where `case` marks some")
    columns: Columns = Field(description="which column holds what")
    place: Literal["point", "region"] = Field(
        "point", description="placed by coordinates, or at the region each row states"
    )
    precision_m: float | None = Field(
        None, gt=0, description="precision of every row, where no column gives it"
    )
    categories: dict[str, Bilingual] = presentation({}, description="labels of the groups")
    tags: dict[str, Bilingual] = Field({}, description="true/false columns and their labels")
    details: dict[str, Bilingual] = Field({}, description="more columns to show, and their labels")
    sample: Sample | None = Field(None, description="set when the rows are a sample")
    stream: Streaming | None = Field(
        None, description="set when `file` is a folder or pattern of Parquet files"
    )

    @model_validator(mode="after")
    def _one_file_or_parts(self) -> EntitySource:
        if self.stream is None:
            _beside(self.file)
        return self


class RegionSource(Provenance):
    """The regions: a table of figures and, beside it, their outlines."""

    table: Literal["regions"]
    outlines: BesideName = Field(description="GeoJSON of the districts, property `code`")

    def files(self) -> tuple[str, ...]:
        """The table and the outlines."""
        return (self.file, self.outlines)


class BasemapSource(Provenance):
    """Context lines, land and place names."""

    table: Literal["basemap"]


SOURCES: dict[str, type[EntitySource] | type[RegionSource] | type[BasemapSource]] = {
    "entities": EntitySource,
    "regions": RegionSource,
    "basemap": BasemapSource,
}
