"""What travels into the page beside the shaded areas: points, outlines, basemap, words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from hubmap.maps import columns
from hubmap.maps.colours import HUB_COLOURS
from hubmap.maps.declared import curves, declarations
from hubmap.maps.kinds import bilingual, cases_of, kinds_of, label, present, sample_of, stacked
from hubmap.maps.surfaces import profile_rows
from hubmap.maps.tints import tints

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer

ENTITY_COLUMNS = (
    "id", "kind", "unit", "name", "name_zh", "weight", "precision_m", "founded", "category",
    "tags", "district", "city", "placed", "source", "dataset",
)  # fmt: skip
RANK_TAG = "QS top 100"
LARGE = 20_000
SMALL = 200
"""So few rows keep their order; more are sorted along a curve, which shortens their steps."""


def points(layers: Sequence[HubLayer], kinds: Sequence[str] = ()) -> dict[str, Any]:
    """All entities that are cases, one row each.

    Parameters
    ----------
    layers
        The hub layers; a record that is in several of them is drawn once.
    kinds
        Only these; empty: all.
    """
    frames: list[pd.DataFrame] = [cases_of(layer, kinds) for layer in layers]
    table = frames[0]
    if len(frames) > 1:
        table = pd.concat(frames, ignore_index=True).drop_duplicates("id")
    details = _details(layers, table)
    # Of very many rows none is linked to by its id, which would cost more than its place.
    wanted = [c for c in ENTITY_COLUMNS if c != "id" or len(table) <= LARGE]
    lon, lat = shapely.get_coordinates(np.asarray(table["geometry"])).T
    frame = pd.DataFrame({name: table[name] for name in present(table, wanted)}).assign(
        tags=_tags(table), **{f"d:{key}": table[key] for key in details}
    )
    order = columns.morton(lon, lat) if len(table) > SMALL else np.arange(len(table))
    lon, lat = lon[order], lat[order]
    if "unit" in frame:
        # Only which rows belong together matters in the page: they are counted as they come.
        units = np.zeros(len(table), dtype=np.int64)
        units[order] = pd.factorize(pd.factorize(frame["unit"])[0][order])[0]
        frame["unit"] = units
    sources = {s.id: s for layer in layers for s in layer.sources if hasattr(s, "kind")}
    shown = [k for k in kinds_of(layers) if not kinds or k["id"] in kinds]
    return {
        "type": "points",
        "kinds": shown,
        "tints": tints(table, shown),
        "table": columns.encode_table(
            frame, order, lon=columns.encode_degrees(lon), lat=columns.encode_degrees(lat)
        ),
        "details": details,
        "categories": _merged(sources.values(), "categories"),
        "tags": _merged(sources.values(), "tags"),
    }


def _merged(sources: Any, attribute: str) -> dict[str, dict[str, str]]:
    merged: dict[str, dict[str, str]] = {}
    for source in sources:
        merged |= bilingual(getattr(source, attribute, None))
    return merged


def _details(layers: Sequence[HubLayer], table: pd.DataFrame) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for layer in layers:
        for source in layer.sources:
            given = getattr(source, "details", None) or {}
            named = given if isinstance(given, dict) else dict.fromkeys(given)
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


def outline(layers: Sequence[HubLayer]) -> dict[str, Any]:
    """The hubs' outlines, names and colours."""
    table = stacked([layer.outline for layer in layers]).drop_duplicates("hub")
    table = table.reset_index(drop=True)
    bounds = table.geometry.bounds
    frame = pd.DataFrame(
        {
            "hub": table["hub"],
            "title": table["title"],
            "title_zh": table.get("title_zh"),
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
        "profile": profile_rows(profile, ("hub", "city", "variant")),
        "declared": declarations(profile["statistic"]),
        "curves": curves(layers),
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
        "found": [row for layer in layers for row in _found(layer)],
    }


def _found(layer: HubLayer) -> list[dict[str, Any]]:
    """How sure each found hub is; nothing where hubs are named, not found."""
    outline = layer.outline
    if "found_in" not in outline:
        return []
    without = outline.filter(like="rank_without_").columns

    def said(value: Any) -> Any:
        return None if pd.isna(value) else getattr(value, "item", lambda: value)()

    return [
        {
            "hub": str(row["hub"]),
            "settings": int(row["settings"]),
            "share": said(row["found_in"]),
            "ranks": [said(row["rank_low"]), said(row["rank_high"])],
            "without": [int(row[list(without)].min()), int(row[list(without)].max())]
            if len(without)
            else None,
            "named": said(row["named"]),
            "shared": said(row["jaccard_records"]),
        }
        for _, row in outline.iterrows()
    ]


def _source(source: Any) -> dict[str, Any]:
    retrieved = getattr(source, "retrieved", None)
    caveats = [str(c) for c in getattr(source, "caveats", ()) or ()]
    caveats_zh = [str(c) for c in getattr(source, "caveats_zh", ()) or ()] or caveats
    stream = getattr(source, "stream", None)
    if stream is not None:
        size, least = f"{stream.sample:,}", stream.least
        caveats = [
            *caveats,
            f"The points shown are a stratified sample of about {size} rows, at least {least} a "
            "district and group where there are so many; districts and hexagons count every row.",
        ]
        caveats_zh = [
            *caveats_zh,
            f"所示点位为约 {size} 行的分层抽样（每区每类至少 {least} 行，不足者全取）；"
            "区县与网格的计数包含全部行。",
        ]
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
        "caveats_zh": caveats_zh,
        "sample": None if getattr(source, "sample", None) is None else sample_of(source.sample),
    }
