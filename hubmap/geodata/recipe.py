"""What a recipe in ``geodata/`` can say about the table beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from hubmap.geodata.convert import AnyConversion, Split
from hubmap.geodata.formats import FORMATS, FormatName
from hubmap.geodata.manner import Manner, expand
from hubmap.geodata.steps import Duplicates, PlaceText
from hubmap.geodesy import Datum
from hubmap.recipes import Recipe, presentation

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.:/-]*$", max_length=80)]


def _beside(value: str) -> str:
    if not value or set(value) & set("/\\:") or value.startswith("."):
        raise ValueError("name a file beside the recipe, without a folder")
    return value


BesideName = Annotated[str, AfterValidator(_beside)]


# Stores that fsspec reads. Nothing is asked for over a network but what a recipe names so.
_STORES = ("s3", "gs", "gcs", "az", "abfs", "hdfs", "http", "https", "file", "memory")


def _parts(value: str) -> str:
    scheme, url, _ = value.partition("://")
    if url and "/" not in scheme:
        if scheme not in _STORES:
            raise ValueError(f"{scheme}:// is no store; there are: {', '.join(_STORES)}")
        return value
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
    file: BesideName = Field(description="the table beside the recipe; `*` and `?` name several")
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

    def paths(self, folder: Path) -> list[Path]:
        """The same as paths: all files of a glob, all parts of a shapefile."""
        return [path for name in self.files() for path in expand(folder, name)]


class Columns(Recipe):
    """Which column of the file holds what; an absent key means there is none."""

    id: str = Field("", description="unique a row; empty: the line it stands on")
    name: str = Field(description="the name shown, in English or as it is written")
    name_zh: str = Field("", description="the Chinese name")
    lon: str = Field("", description="longitude in degrees")
    lat: str = Field("", description="latitude in degrees")
    precision_m: str = Field("", description="radius in metres within which the place is true")
    founded: str = Field("", description="year")
    region: str = Field("", description="code or name of the district the row states")
    city: str = Field("", description="code or name of the city the row states")
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
    skills: str = Field("", description="skill tags of a posting, for `classify`")
    employer: str = Field("", description="who posted it, for [duplicates]")
    date: str = Field("", description="the day of a row, for [duplicates]; a [convert] can read it")


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


class Limits(Recipe):
    """From where on something odd is a warning, a fault of its row, or refused."""

    max_rejected: float = Field(
        0.25, ge=0, le=1, description="refused: a larger share of rejected rows"
    )
    first_year: int = Field(800, description="fault: founded, or dated, before")
    last_year: int = Field(2100, description="fault: founded, or dated, after")
    null_island_m: float = Field(1000, ge=0, description="fault: so near to 0° N 0° E")
    outside_m: float = Field(
        1000, ge=0, description="warning: farther outside the stated region, beyond its precision"
    )
    reject_outside_m: float | None = Field(
        None, ge=0, description="fault: farther outside the stated region; absent: never"
    )
    same_place: int = Field(
        10, gt=1, description="warning: so many units on one coordinate, as city centres have"
    )
    confidence: float = Field(
        0.0, ge=0, le=1, description="fault: a place read from text with less confidence"
    )
    datum_points: int = Field(
        10, gt=0, description="no verdict on the datum: fewer rows that tell one from another"
    )
    mixed_share: float = Field(
        0.1, gt=0, lt=0.5, description="mixed: a second datum's interval starts above this share"
    )


Fix = Literal["swapped"]


class EntitySource(Provenance):
    """A table of universities, companies, postings, or any other kind of entity."""

    table: Literal["entities"] = "entities"
    file: PartsName = Field(
        description="the table, beside the recipe; with [stream] a folder, `FOLDER/*.parquet`, or "
        "the same as a URL (`s3://`, `gs://`, ...)"
    )
    kind: Key = Field(description="what a row is; any word")
    noun: str = Field("records", description="what is counted, as a plural")
    noun_zh: str = presentation("", description="the same in Chinese")
    base_noun: str = Field("", description="the noun for all rows, where `case` marks some")
    format: FormatName | None = Field(
        None, description="a public source whose columns and licence are known"
    )
    only: tuple[str, ...] = Field(
        (), description="of a `format`: the categories to keep (`education`, `university`)"
    )
    encoding: str = Field("", description="of a text file; empty: found")
    delimiter: str = Field("", max_length=1, description="between cells; empty: found")
    header: tuple[str, ...] = Field((), description="the columns' names, where the file has none")
    part: str = Field("", description="the sheet, table, layer or zip member to read")
    rows: str = Field("", description="where the list of records lies in a JSON object: `a.b`")
    repair: Literal["", "double-encoded"] = Field(
        "", description="read each cell's bytes again (GBK or UTF-8 that was read as Latin-1)"
    )
    areas: bool = Field(False, description="an area stands at a point inside it")
    convert: dict[str, AnyConversion] = Field(
        {}, description="by column: number, date, salary, list or split"
    )
    columns: Columns = Field(description="which column holds what")
    place: Literal["point", "region", "text"] = Field(
        "point",
        description="placed by coordinates, at the region each row states, or by text that names "
        "the place in any way (see [places])",
    )
    places: PlaceText = Field(PlaceText(), description="with place = `text`: how it is read")
    classify: Literal["", "ai"] = Field(
        "",
        description="decide by ai_terms.csv which rows are AI postings, from `name` and `skills`; "
        "sets `case` and, where no column is named, `category`",
    )
    duplicates: Duplicates = Field(Duplicates(), description="the same thing twice: merge it")
    precision_m: float | None = Field(
        None, gt=0, description="precision of every row, where no column gives it"
    )
    city_centres: bool = Field(
        False, description="points are city centres: each is as precise as its city is wide"
    )
    shift_hk_macao: bool | None = Field(
        None,
        description="whether GCJ-02 and BD-09 coordinates in Hong Kong and Macao are shifted too, "
        "as map services shift them; absent: yes. Local open data are not shifted",
    )
    elsewhere: bool = Field(
        False, description="rows may state regions that this workspace does not have"
    )
    faults: Literal["refuse", "reject"] = Field(
        "refuse",
        description="a faulty row stops the build, or is left out and listed in layers/rejected/",
    )
    fix: tuple[Fix, ...] = Field((), description="faults to mend: `swapped` coordinates")
    limits: Limits = Field(Limits(), description="what is odd, and from where on")
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

    @model_validator(mode="before")
    @classmethod
    def _filled_by_format(cls, data: Any) -> Any:
        """A known format fills in what the recipe does not say."""
        known = FORMATS.get(str(data.get("format"))) if isinstance(data, dict) else None
        if known is None:
            return data
        columns = data.get("columns", {})
        if isinstance(columns, dict):
            columns = known.columns | columns
        return {**known.keys, **data, "columns": columns}

    @model_validator(mode="after")
    def _one_split(self) -> EntitySource:
        if sum(isinstance(one, Split) for one in self.convert.values()) > 1:
            raise ValueError("only one column can be split into rows")
        if self.only and self.format is None:
            raise ValueError("`only` chooses among the categories of a `format`; name one")
        return self

    @model_validator(mode="after")
    def _steps_fit(self) -> EntitySource:
        if self.place == "text" and not self.place_columns():
            raise ValueError('place = "text" needs [places] columns, or `city` under [columns]')
        if self.classify and self.columns.case:
            raise ValueError("`classify` sets `case`: name no column for it")
        return self

    def place_columns(self) -> tuple[str, ...]:
        """The columns that name a row's place, the first before those that help it."""
        if self.place != "text":
            return ()
        named = self.places.columns or (self.columns.region, self.columns.city)
        return tuple(dict.fromkeys(name for name in named if name))

    def paths(self, folder: Path) -> list[Path]:
        """All files that decide what its rows become."""
        from hubmap.geodata.told import beside

        return [*super().paths(folder), *beside(self, folder)]

    def shifts_hk_macao(self) -> bool:
        """Whether points in Hong Kong and Macao are shifted like the mainland's."""
        return self.shift_hk_macao is not False

    def wanted(self) -> tuple[str, ...]:
        """The file's columns that the recipe names."""
        named = [*self.columns.model_dump().values(), *self.tags, *self.details, *self.convert]
        named += self.place_columns()
        # Columns that a step makes are not looked for in the file.
        steps = {*(CLASSIFIED * bool(self.classify)), *(LOCATED * (self.place == "text"))}
        made = steps | {
            name + suffix
            for name, conversion in self.convert.items()
            for suffix in conversion.outputs()
            if suffix
        }
        return tuple(dict.fromkeys(name for name in named if name and name not in made))

    def manner(self, wanted: Collection[str] = ()) -> Manner:
        """How the file is read."""
        return Manner(
            encoding=self.encoding,
            delimiter=self.delimiter,
            header=self.header,
            part=self.part,
            rows=self.rows,
            repair=self.repair,
            paths=tuple(sorted({*self.wanted(), *wanted})),
            areas=self.areas,
        )


CLASSIFIED = ("ai", "ai_group", "ai_family", "ai_term", "ai_where")
LOCATED = ("place_code", "place_name", "place_level", "place_confidence", "place_by")
"""Columns that steps make; `details` can show them."""


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
