"""What travels into the page: each view of a hub layer as plain, ordered JSON content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from hubmap.maps import columns
from hubmap.maps.colours import (
    DIVERGING,
    HUB_COLOURS,
    LOCATION_QUOTIENT_BREAKS,
    breaks,
    kind_colour,
    kind_shape,
    ramp,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer

ENTITY_COLUMNS = (
    "id", "kind", "unit", "name", "name_zh", "weight", "precision_m", "founded", "category",
    "tags", "district", "city", "placed", "source", "dataset",
)  # fmt: skip
DISTRICT_COLUMNS = (
    "code", "name", "name_zh", "city", "city_name", "city_name_zh", "area_km2", "area_source",
    "population", "population_year", "polygon_km2",
)  # fmt: skip
PROFILE_COLUMNS = (
    "hub", "zone", "level", "name", "name_zh", "statistic", "kind", "value", "unit", "low", "high",
    "denominator", "n", "share_used", "withheld", "note",
)  # fmt: skip
MAPPED = ("count", "density", "per_million", "location_quotient", "median_founded")
"""Statistics that can shade districts, in the order in which they are offered."""
RANK_TAG = "QS top 100"


def present(frame: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Those of the names that the frame has."""
    return [name for name in names if name in frame.columns]


def label(thing: Any, english: str, chinese: str) -> dict[str, str]:
    """A label in both languages from two attributes of a recipe."""
    en = str(getattr(thing, english, "") or "")
    return {"en": en, "zh": str(getattr(thing, chinese, "") or "") or en}


def _bilingual(mapping: Any) -> dict[str, dict[str, str]]:
    return {
        str(key): {"en": value.en, "zh": value.zh or value.en}
        for key, value in dict(mapping or {}).items()
    }


def kinds_of(layers: Sequence[HubLayer]) -> list[dict[str, Any]]:
    """Every kind with its colour, shape and words, in the order of the layers' sources."""
    found: dict[str, dict[str, Any]] = {}
    sources = [source for layer in layers for source in layer.sources]
    names = [str(source.kind) for source in sources if getattr(source, "kind", None)]
    names += [str(k) for layer in layers for k in sorted(set(layer.entities["kind"]))]
    known = ["universities", "companies", "ai_job_postings"]
    names = [k for k in known if k in names] + [k for k in names if k not in known]
    for name in dict.fromkeys(names):
        source = next((s for s in sources if getattr(s, "kind", None) == name), None)
        word = name.replace("_", " ")
        noun = label(source, "noun", "noun_zh") if source is not None else {"en": word, "zh": word}
        title = noun if noun["en"] else {"en": word, "zh": word}
        sample = getattr(source, "sample", None)
        colour = kind_colour(name, len(found))
        found[name] = {
            "id": name,
            "title": title,
            "colour": colour,
            "ramp": ramp(colour, 5),
            "shape": kind_shape(name),
            "sample": None if sample is None else _sample(sample),
        }
    return list(found.values())


def _sample(sample: Any) -> dict[str, Any]:
    return {
        "platform": str(sample.platform),
        "period": str(sample.period),
        "size": int(sample.size),
        "searches": len(getattr(sample, "searches", ()) or ()),
        "method": label(sample, "method", "method_zh"),
    }


def totals(layers: Sequence[HubLayer]) -> list[dict[str, Any]]:
    """Every kind with its number: units once each, or the sum of weights."""
    frame = pd.concat([pd.DataFrame(_cases(layer, ())) for layer in layers]).drop_duplicates("id")
    found = []
    for kind in kinds_of(layers):
        own = frame[frame["kind"] == kind["id"]]
        weighted = bool((own["weight"] != 1).any())
        n = own["weight"].sum() if weighted else own["unit"].nunique()
        found.append(kind | {"n": int(n)})
    return found


def points(layers: Sequence[HubLayer], kinds: Sequence[str] = ()) -> dict[str, Any]:
    """All entities that are cases, one row each.

    Parameters
    ----------
    layers
        The hub layers; a record that is in several of them is drawn once.
    kinds
        Only these; empty: all.
    """
    frames = [pd.DataFrame(_cases(layer, kinds)) for layer in layers]
    table = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    table = table.drop_duplicates("id").reset_index(drop=True)
    details = _details(layers, table)
    frame = table[present(table, [*ENTITY_COLUMNS])].copy()
    for key in details:
        frame[f"d:{key}"] = table[key]
    frame["tags"] = _tags(table)
    if "unit" in frame:
        # Only which rows belong together matters in the page.
        frame["unit"] = pd.factorize(frame["unit"])[0]
    geometry = table["geometry"]
    lon = columns.encode_degrees(np.asarray([point.x for point in geometry], dtype=float))
    lat = columns.encode_degrees(np.asarray([point.y for point in geometry], dtype=float))
    sources = {s.id: s for layer in layers for s in layer.sources if hasattr(s, "kind")}
    return {
        "type": "points",
        "kinds": [k for k in kinds_of(layers) if not kinds or k["id"] in kinds],
        "table": columns.encode_table(frame, lon=lon, lat=lat),
        "details": details,
        "categories": _merged(sources.values(), "categories"),
        "tags": _merged(sources.values(), "tags"),
    }


def _cases(layer: HubLayer, kinds: Sequence[str]) -> Any:
    entities = layer.entities
    chosen = entities["case"].to_numpy(dtype=bool) if "case" in entities else True
    if kinds:
        chosen = chosen & entities["kind"].isin(list(kinds)).to_numpy()
    return entities[chosen] if chosen is not True else entities


def _merged(sources: Any, attribute: str) -> dict[str, dict[str, str]]:
    merged: dict[str, dict[str, str]] = {}
    for source in sources:
        merged |= _bilingual(getattr(source, attribute, None))
    return merged


def _details(layers: Sequence[HubLayer], table: pd.DataFrame) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for layer in layers:
        for source in layer.sources:
            given = getattr(source, "details", None) or {}
            named = given if isinstance(given, dict) else {key: None for key in given}
            for key, words in named.items():
                if key in table.columns:
                    plain = str(key).replace("_", " ")
                    en = getattr(words, "en", None) or plain
                    found[str(key)] = {"en": en, "zh": getattr(words, "zh", None) or en}
    return found


def _tags(table: pd.DataFrame) -> pd.Series[Any]:
    """The rows' tags, and the one by which a reader counts QS's first hundred."""
    tags = table["tags"].fillna("").astype(str) if "tags" in table else pd.Series("", table.index)
    if "world_rank" not in table or tags.str.contains(RANK_TAG, regex=False).any():
        return tags.where(tags != "", None)
    rank = pd.to_numeric(table["world_rank"], errors="coerce")
    listed = table.get("world_rank_list", pd.Series("QS", table.index)).astype(str)
    top = (rank <= 100) & listed.str.startswith("QS")
    tags = tags.where(~top, (tags + f";{RANK_TAG}").str.strip(";"))
    return tags.where(tags != "", None)


def profile_rows(profile: pd.DataFrame, levels: Sequence[str]) -> dict[str, Any]:
    """The profile's rows of some levels, as a table."""
    rows = profile[profile["level"].isin(list(levels))]
    return columns.encode_table(rows[present(rows, PROFILE_COLUMNS)].reset_index(drop=True))


def districts(
    layers: Sequence[HubLayer], *, classes: int = 5, method: Literal["quantile", "equal"] = "quantile"
) -> dict[str, Any]:
    """Districts, their outlines, and every number of their profile that can shade them."""
    table = _stack([layer.districts for layer in layers]).drop_duplicates("code")
    table = table.reset_index(drop=True)
    kinds = kinds_of(layers)
    counts = [kind["id"] for kind in kinds if kind["id"] in table.columns]
    frame = table[[*present(table, DISTRICT_COLUMNS), *counts]]
    inner = table.geometry.representative_point()
    profile = pd.concat([layer.profile for layer in layers], ignore_index=True)
    # A city without districts (Dongguan) is a leaf itself: its rows are of level "city".
    rows = profile[profile["zone"].isin(table["code"]) & (profile["level"] != "hub")]
    rows = rows.drop_duplicates(["zone", "statistic", "kind"]).reset_index(drop=True)
    return {
        "type": "districts",
        "kinds": kinds,
        "table": columns.encode_table(
            frame,
            lon=columns.encode_degrees(inner.x.to_numpy()),
            lat=columns.encode_degrees(inner.y.to_numpy()),
        ),
        "paths": columns.encode_paths(table.geometry),
        "profile": columns.encode_table(rows[present(rows, PROFILE_COLUMNS)]),
        "values": _values(table, rows, kinds, classes, method),
        "method": method,
    }


def _values(
    table: pd.DataFrame,
    rows: pd.DataFrame,
    kinds: Sequence[dict[str, Any]],
    classes: int,
    method: Literal["quantile", "equal"],
) -> list[dict[str, Any]]:
    """What can shade the districts: each number with its class breaks and colours."""
    values = []
    for kind in kinds:
        for statistic in MAPPED:
            chosen = rows[(rows["statistic"] == statistic) & (rows["kind"] == kind["id"])]
            numbers = pd.to_numeric(chosen["value"], errors="coerce").dropna()
            if statistic == "count" and numbers.empty and kind["id"] in table.columns:
                numbers = table[kind["id"]].dropna()
            if numbers.empty:
                continue
            found = numbers.astype(float).tolist()
            if statistic == "location_quotient":
                limits, colours = list(LOCATION_QUOTIENT_BREAKS), list(DIVERGING)
            else:
                limits = breaks(found, classes, method)
                colours = ramp(kind["colour"], len(limits) + 1)
            values.append(
                {
                    "kind": kind["id"],
                    "statistic": statistic,
                    "breaks": limits,
                    "colours": colours,
                    "low": min(found),
                    "high": max(found),
                    "zero": statistic not in {"location_quotient", "median_founded"},
                }
            )
    return values


def cells(
    layers: Sequence[HubLayer], *, classes: int = 5
) -> dict[str, Any]:
    """Hexagons that hold anything, with their counts.

    A kind is offered only where at least half of its records are placed well enough for a cell:
    the rest would heap up at the districts' middles and draw peaks that are not there.
    """
    table = _stack([layer.cells for layer in layers])
    kinds = kinds_of(layers)
    counts = [kind["id"] for kind in kinds if kind["id"] in table.columns]
    size = float(table["area_km2"].median()) if len(table) else 1.0
    across_m = 2000 * (size / np.pi) ** 0.5
    entities = pd.concat([pd.DataFrame(_cases(layer, ())) for layer in layers])
    values = []
    for kind in kinds:
        if kind["id"] not in counts:
            continue
        own = entities[entities["kind"] == kind["id"]]
        weight = float(own["weight"].sum())
        near = float(own.loc[own["precision_m"] <= across_m / 2, "weight"].sum())
        share = near / weight if weight else 0.0
        density = (table[kind["id"]].fillna(0) / table["area_km2"]).tolist() if share >= 0.5 else []
        limits = breaks(density, classes, "quantile")
        values.append(
            {
                "kind": kind["id"],
                "statistic": "cell_density",
                "breaks": limits,
                "colours": ramp(kind["colour"], len(limits) + 1),
                "low": min((v for v in density if v > 0), default=0),
                "high": max(density, default=0),
                "share": round(share, 4),
                "withheld": share < 0.5,
                "zero": False,
            }
        )
    held = table[counts].fillna(0).sum(axis=1) > 0
    table = table[held].reset_index(drop=True)
    frame = table[[*present(table, ("cell", "area_km2", "land_km2")), *counts]]
    return {
        "type": "cells",
        "kinds": kinds,
        "size_km2": round(size, 3),
        "table": columns.encode_table(frame),
        "paths": columns.encode_paths(table.geometry),
        "values": values,
    }


def _stack(tables: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    import geopandas as gpd

    if len(tables) == 1:
        return tables[0].reset_index(drop=True)
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=tables[0].crs)


def outline(layers: Sequence[HubLayer]) -> dict[str, Any]:
    """The hubs' outlines, names and colours."""
    table = _stack([layer.outline for layer in layers]).drop_duplicates("hub")
    table = table.reset_index(drop=True)
    bounds = table.geometry.bounds
    frame = pd.DataFrame(
        {
            "hub": table["hub"],
            "title": table["title"],
            "title_zh": table["title_zh"] if "title_zh" in table else None,
            "colour": [HUB_COLOURS[i % len(HUB_COLOURS)] for i in range(len(table))],
        }
    )
    return {
        "type": "outline",
        "table": columns.encode_table(frame),
        "boxes": [[round(float(v), 4) for v in row] for row in bounds.to_numpy().tolist()],
        "bounds": [round(float(v), 4) for v in table.total_bounds],
        "paths": columns.encode_paths(table.geometry),
    }


def basemap(
    frame: gpd.GeoDataFrame, bounds: Sequence[float], *, labels: bool = True
) -> dict[str, Any]:
    """Context around a map: what lies near is drawn in full, far things only in outline.

    Parameters
    ----------
    frame
        Roles, names, ranks and geometries.
    bounds
        West, south, east, north of what the map shows.
    labels
        Whether place names travel.
    """
    from shapely import box

    west, south, east, north = bounds
    wide, high = east - west, north - south
    near = box(west - wide, south - high, east + wide, north + high)
    keep = (frame["detail"] != "hub") | frame.intersects(near)
    chosen = frame[keep.to_numpy()]
    is_point = (chosen.geom_type == "Point").to_numpy()
    places, shapes = chosen[is_point], chosen[~is_point].reset_index(drop=True)
    named = places.reset_index(drop=True) if labels else places.iloc[:0].reset_index(drop=True)
    names = present(frame, ("role", "name", "name_zh", "rank", "detail", "hub"))
    drawn = pd.DataFrame(shapes[present(shapes, ("role", "detail", "hub"))])
    drawn["closed"] = shapes.geom_type.str.endswith("Polygon")
    return {
        "type": "basemap",
        "table": columns.encode_table(drawn),
        "paths": columns.encode_paths(shapes.geometry),
        "places": columns.encode_table(
            pd.DataFrame(named[[n for n in names if n not in {"detail", "hub"}]]),
            lon=columns.encode_degrees(named.geometry.x.to_numpy()),
            lat=columns.encode_degrees(named.geometry.y.to_numpy()),
        ),
    }


def panel(
    layers: Sequence[HubLayer], *, title: dict[str, str], subtitle: dict[str, str], language: str
) -> dict[str, Any]:
    """The words around the map: titles, profiles of hubs and cities, sources and caveats."""
    profile = pd.concat([layer.profile for layer in layers], ignore_index=True)
    profile = profile.drop_duplicates(["hub", "zone", "level", "statistic", "kind"])
    sources: dict[str, dict[str, Any]] = {}
    for layer in layers:
        for source in layer.sources:
            sources.setdefault(str(source.id), _source(source))
    return {
        "title": title,
        "subtitle": subtitle,
        "language": language,
        "profile": profile_rows(profile, ("hub", "city")),
        "kinds": kinds_of(layers),
        "sources": list(sources.values()),
        "hubs": [
            {
                "id": layer.id,
                "title": label(layer.recipe, "title", "title_zh"),
                "description": label(layer.recipe, "description", "description_zh"),
            }
            for layer in layers
        ],
    }


def _source(source: Any) -> dict[str, Any]:
    retrieved = getattr(source, "retrieved", None)
    caveats = [str(c) for c in getattr(source, "caveats", ()) or ()]
    return {
        "id": str(source.id),
        "kind": str(getattr(source, "kind", "") or ""),
        "title": label(source, "title", "title_zh"),
        "licence": str(getattr(source, "licence", "") or ""),
        "attribution": str(getattr(source, "attribution", "") or ""),
        "citation": str(getattr(source, "citation", "") or ""),
        "coverage": str(getattr(source, "coverage", "") or ""),
        "retrieved": "" if retrieved is None else str(retrieved),
        "caveats": caveats,
        "caveats_zh": [str(c) for c in getattr(source, "caveats_zh", ()) or ()] or caveats,
        "sample": None if getattr(source, "sample", None) is None else _sample(source.sample),
    }
