"""A hub's report: what is said, shown, tabled, and how it was computed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from hubmap.maps.kinds import cases_of, kinds_of, sample_of
from hubmap.maps.still import words
from hubmap.maps.still.compose import sheet
from hubmap.maps.still.style import Style
from hubmap.maps.still.words import either, said
from hubmap.reports import plots, say
from hubmap.reports.blocks import Block, Heading, Paragraph, Picture, Points, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from hubmap.layers.model import HubLayer
    from hubmap.maps.recipe import MapRecipe


def report(
    layer: HubLayer,
    *,
    language: str,
    name: str,
    recipe: MapRecipe | None = None,
    basemap: gpd.GeoDataFrame | None = None,
) -> list[Block]:
    """The blocks of one hub's report.

    Parameters
    ----------
    layer
        The hub, its sources included.
    language
        ``en`` or ``zh``.
    name
        Begins the names of the figures' files.
    recipe
        The map whose views its figure has; None: the default views.
    basemap
        Context of the map, WGS-84.
    """
    made = _Report(layer, language, name, recipe, basemap)
    return list(made.blocks())


class _Report:
    def __init__(
        self,
        layer: HubLayer,
        language: str,
        name: str,
        map_recipe: MapRecipe | None,
        basemap: gpd.GeoDataFrame | None,
    ) -> None:
        self.layer, self.language, self.name = layer, language, name
        self.map_recipe, self.basemap = map_recipe, basemap
        recipe = layer.recipe
        self.title = either(language, recipe.title, recipe.title_zh)
        self.kinds = [kind | {"place": i} for i, kind in enumerate(kinds_of([layer]))]
        profile = layer.profile
        self.called = dict(zip(profile["name"], profile["name_zh"].fillna(""), strict=True))
        self.own = profile[(profile["level"] == "hub") & (profile["zone"] == layer.id)]
        self.level, self.places = _places(layer, language)

    def say(self, key: str, **values: object) -> str:
        return said(self.language, key, **values)

    def noun(self, kind: dict[str, Any]) -> str:
        text = str(kind["title"][self.language])
        return text[:1].upper() + text[1:]

    def blocks(self) -> Iterator[Block]:
        recipe = self.layer.recipe
        yield Heading(self.say("report.title", hub=self.title), 1)
        lead = either(self.language, recipe.description, recipe.description_zh)
        if lead:
            yield Paragraph(lead)
        yield Heading(self.say("report.summary"))
        yield from self.summary()
        yield Heading(self.say("report.map"))
        style = Style(language=self.language, compact=True)
        drawn = sheet([self.layer], style, recipe=self.map_recipe, basemap=self.basemap)
        drawn = replace(drawn, title=self.title)
        yield Picture(f"{self.name}-map.svg", drawn, self.say("report.map.caption", hub=self.title))
        yield Heading(self.say("report.numbers"))
        yield Paragraph(self.say("report.numbers.how"), quiet=True)
        for kind in self.kinds:
            yield from self.numbers(kind)
        yield from self.spread()
        yield from self.growth()
        yield from self.table()
        yield from self.methods()
        yield from self.sources()

    def summary(self) -> Iterator[Block]:
        join = "" if self.language == "zh" else " "
        left_out: list[str] = []
        for kind in self.kinds:
            rows = self.own[self.own["kind"] == kind["id"]]
            sentences, withheld = say.summary(rows, kind, self.title, self.language)
            if sentences:
                yield Heading(self.noun(kind), 3)
                yield Paragraph(join.join(sentences))
            left_out += withheld
        if left_out:
            yield Heading(self.say("report.withheld.title"), 3)
            yield Paragraph(self.say("report.withheld.lead"))
            yield Points(left_out)
        yield Paragraph(self.say("report.caution"), quiet=True)

    def numbers(self, kind: dict[str, Any]) -> Iterator[Block]:
        rows = self.own[self.own["kind"] == kind["id"]].to_dict("records")
        if not rows:
            return
        cells = []
        for row in rows:
            statistic = str(row["statistic"])
            given = not isinstance(row["withheld"], str)
            low, high = (words.value(statistic, row[end]) for end in ("low", "high"))
            span = "" if low == "–" else f"{low} – {high}"
            share = f"{row['share_used']:.0%}".replace("%", " %")
            note = (
                [words.phrase(self.language, str(row["note"]), self.called)] if row["note"] else []
            )
            if not given:
                reason = words.phrase(self.language, row["withheld"], self.called)
                note.insert(0, self.say("report.because", reason=reason))
            unit = words.unit(self.language, statistic, _plain_unit(row, kind, self.language))
            cells.append(
                [
                    words.term(self.language, statistic),
                    words.value(statistic, row["value"]) if given else self.say("withheld"),
                    span,
                    unit,
                    words.phrase(self.language, str(row["denominator"] or ""), self.called),
                    f"{words.number(row['n'])} ({share})",
                    ("；" if self.language == "zh" else "; ").join(note),
                ]
            )
        head = [self.say(f"report.column.{key}") for key in _COLUMNS]
        yield Table(self.noun(kind), head, cells, frozenset({0, 3, 4, 6}))

    def spread(self) -> Iterator[Block]:
        drawn = plots.interval_dots(self.places, self.kinds, self.own, self.language)
        if drawn is None:
            return
        yield Heading(self.say(f"report.spread.{self.level}"))
        caption = self.say("report.spread.caption", hub=self.title)
        drawn.title = self.say(f"report.spread.{self.level}")
        yield Picture(f"{self.name}-spread.svg", drawn, caption)

    def growth(self) -> Iterator[Block]:
        entities = pd.DataFrame(cases_of(self.layer).drop(columns="geometry"))
        weighted = {kind["id"] for kind in self.kinds if kind.get("sample")}
        kinds = [kind for kind in self.kinds if kind["id"] not in weighted]
        drawn = plots.growth(entities, kinds, self.language)
        if drawn is not None:
            drawn.title = self.say("report.growth")
            yield Heading(self.say("report.growth"))
            caption = self.say("report.growth.caption")
            yield Picture(f"{self.name}-growth.svg", drawn, caption)

    def table(self) -> Iterator[Block]:
        rows = self.places[self.places["statistic"] == "count"]
        if rows.empty:
            return
        by: dict[Any, Any] = {(r["zone"], r["kind"]): r for r in rows.to_dict("records")}
        labels = dict(zip(rows["zone"], rows["label"], strict=True))
        cells = []
        for zone, label in labels.items():
            line = [label]
            for kind in self.kinds:
                row = by.get((zone, kind["id"]))
                if row is None or pd.isna(row["value"]):
                    line.append("–")
                    continue
                span = say.interval(self.language, "count", row)
                line.append(f"{words.value('count', row['value'])}{span}")
            cells.append(line)
        head = [self.say(f"report.place.{self.level}"), *(self.noun(k) for k in self.kinds)]
        yield Table(self.say(f"report.table.{self.level}"), head, cells)

    def methods(self) -> Iterator[Block]:
        yield Heading(self.say("report.methods"))
        yield Paragraph(self.say("report.methods.lead"))
        shown = set(self.own["statistic"])
        cells = []
        for statistic in self.layer.recipe.statistics:
            if statistic.key not in shown:
                continue
            cells.append(
                [
                    words.term(self.language, statistic.key),
                    self.meaning(statistic),
                    words.phrase(self.language, statistic.formula),
                    words.phrase(self.language, statistic.interval),
                    words.phrase(self.language, statistic.guard) or self.say("report.methods.all"),
                    statistic.reference,
                ]
            )
        head = [self.say(f"report.methods.{key}") for key in _METHODS]
        yield Table(self.say("report.methods"), head, cells, frozenset(range(6)))

    def meaning(self, statistic: Any) -> str:
        """What a statistic is: its declaration's words, or the catalogue's in another language."""
        key = f"explain.{statistic.key}"
        if self.language != "en" and words.knows(self.language, key):
            return self.say(key)
        return str(statistic.help)

    def sources(self) -> Iterator[Block]:
        yield Heading(self.say("report.sources"))
        told: dict[str, Any] = {str(source.id): source for source in self.layer.sources}
        for source in told.values():
            yield Heading(either(self.language, source.title, source.title_zh), 3)
            facts = [
                (self.say(f"about.{key}"), str(getattr(source, key, "") or ""))
                for key in ("attribution", "licence", "citation", "retrieved", "coverage")
            ]
            if getattr(source, "sample", None) is not None:
                sample = sample_of(source.sample)
                facts.append(
                    (
                        self.say("report.sample"),
                        self.say(
                            "sample.long",
                            size=words.number(sample["size"]),
                            platform=sample["platform"],
                            period=sample["period"],
                        ),
                    )
                )
            colon = "：" if self.language == "zh" else ": "
            yield Points([f"{name}{colon}{text}" for name, text in facts if text])
            caveats = list(getattr(source, "caveats", ()) or ())
            if self.language == "zh":
                caveats = list(getattr(source, "caveats_zh", ()) or ()) or caveats
            if caveats:
                yield Paragraph(self.say("report.caveats"))
                yield Points([str(caveat) for caveat in caveats])
        yield Paragraph(self.say("print.boundaries"), quiet=True)
        yield Paragraph(self.say("report.made"), quiet=True)


_COLUMNS = ("statistic", "value", "interval", "unit", "denominator", "records", "note")
_METHODS = ("name", "what", "formula", "interval", "guard", "reference")


def _plain_unit(row: dict[str, Any], kind: dict[str, Any], language: str) -> str:
    """The unit as the table has it; a kind's noun in the reader's language."""
    if row["unit"] == kind["title"]["en"]:
        return str(kind["title"][language])
    return words.phrase(language, str(row["unit"] or ""))


def _places(layer: HubLayer, language: str) -> tuple[str, pd.DataFrame]:
    """What the hub is compared within: its hubs, its cities or its districts, fullest first."""
    profile = layer.profile
    hubs = profile[(profile["level"] == "hub") & (profile["zone"] != layer.id)]
    cities = profile[profile["level"] == "city"]
    if not hubs.empty:
        level, rows = "hub", hubs
    elif len(set(cities["zone"])) > 1:
        level, rows = "city", cities
    else:
        level, rows = "district", profile[profile["level"] == "district"]
    rows = rows.drop_duplicates(["zone", "statistic", "kind"])
    labels = [
        either(language, row["name"], row["name_zh"]) or str(row["zone"])
        for row in rows.to_dict("records")
    ]
    rows = rows.assign(label=labels)
    counts = rows[rows["statistic"] == "count"]
    shares = counts["value"] / counts.groupby("kind")["value"].transform("sum")
    order = shares.groupby(counts["zone"]).sum().sort_values(ascending=False, kind="stable")
    place = {zone: i for i, zone in enumerate(order.index)}
    keys = rows["zone"].map(place).fillna(len(place))
    return level, rows.assign(_order=keys).sort_values("_order", kind="stable")
