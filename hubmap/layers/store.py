"""Hub layers on disk: GeoParquet tables that QGIS opens, and the profile."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import pandas as pd

from hubmap.errors import ProductError
from hubmap.files import write_bytes, write_text
from hubmap.geodata.report import csv_text
from hubmap.layers.comparing import ranked_by
from hubmap.layers.dictionary import dictionary_csv
from hubmap.layers.model import TABLES, HubLayer
from hubmap.layers.profile import CONTRACT, PROFILE_COLUMNS, profile_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from hubmap.geodata.recipe import Provenance
    from hubmap.layers.recipe import HubRecipe
    from hubmap.tables import Outline

_PROVENANCE = ("title", "licence", "attribution", "citation", "retrieved", "coverage", "caveats")


def provenance(sources: Iterable[Provenance]) -> list[dict[str, Any]]:
    """What each product says of the sources it was made from."""
    return [source.model_dump(mode="json", include=set(_PROVENANCE)) for source in sources]


def _parquet_bytes(table: gpd.GeoDataFrame, metadata: dict[str, Any]) -> bytes:
    import pyarrow.parquet as pq

    plain = BytesIO()
    table.to_parquet(plain, index=False, compression="zstd")
    arrow = pq.read_table(plain)
    text = json.dumps(metadata, ensure_ascii=False, sort_keys=True)
    arrow = arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), b"hubmap": text})
    out = BytesIO()
    pq.write_table(arrow, out, compression="zstd")
    return out.getvalue()


def write_layer(layer: HubLayer, folder: Path, made: Mapping[str, Any] | None = None) -> list[Path]:
    """Write one hub's products into its folder, each whole or not at all.

    Parameters
    ----------
    layer
        The hub layer.
    folder
        Made when it is missing.
    made
        What every product says of its making.

    Returns
    -------
    list of Path
        The tables, the profile and the curves.
    """
    metadata: dict[str, Any] = {"hub": layer.id, "sources": provenance(layer.sources)}
    if made is not None:
        metadata["made"] = dict(made)
    contents = {
        folder / f"{name}.parquet": _parquet_bytes(getattr(layer, name), metadata)
        for name in TABLES
    }
    contents[folder / "profile.json"] = _json(
        {**metadata, "profile": records(layer.profile, PROFILE_COLUMNS)}
    )
    contents[folder / "curves.json"] = _json({**metadata, "curves": list(layer.curves)})
    for path, content in contents.items():
        write_bytes(path, content)
    return list(contents)


def records(profile: pd.DataFrame, columns: Iterable[str] = CONTRACT) -> list[dict[str, Any]]:
    """The rows of a profile as plain values; missing numbers are None."""
    names = list(columns)
    table = profile[names].astype(object)
    table = table.where(table.notna(), None)
    return [dict(zip(names, row, strict=True)) for row in table.itertuples(index=False, name=None)]


def _json(content: object) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def read_layer(id: str, recipe: HubRecipe, sources: Iterable[Provenance], folder: Path) -> HubLayer:
    """Read one hub's products back.

    Raises
    ------
    ProductError
        A product is missing or unreadable.
    """
    import pyarrow as pa

    tables = {}
    for name in TABLES:
        path = folder / f"{name}.parquet"
        try:
            tables[name] = gpd.read_parquet(path)
        except (OSError, pa.ArrowException, ValueError) as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise ProductError(
                f"{path}: cannot be read ({reason}).", "Delete it and build again."
            ) from None
    rows, curves = (_listed(folder / f"{name}.json", name) for name in ("profile", "curves"))
    return HubLayer(
        id=id,
        recipe=recipe,
        profile=profile_table(rows),
        curves=tuple(curves),
        sources=tuple(sources),
        **cast(Any, tables),
    )


def _listed(path: Path, key: str) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_bytes())[key]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProductError(
            f"{path}: cannot be read ({error}).", "Delete it and build again."
        ) from None
    return rows


def titled(layer: HubLayer, recipes: Mapping[str, HubRecipe]) -> HubLayer:
    """The layer with its hubs' present titles, which are kept out of the products.

    So retitling a hub recomputes no table, and the same input still gives the same bytes.
    """
    title = {hub: recipe.title for hub, recipe in recipes.items()}
    title_zh = {hub: recipe.title_zh or recipe.title for hub, recipe in recipes.items()}
    outline, profile = layer.outline.copy(), layer.profile.copy()
    # Hubs that were found have no recipe: they keep the names they were given.
    own = outline if "name" in outline else outline.assign(name=None, name_zh=None)
    outline["title"] = outline["hub"].map(title).fillna(own["name"])
    outline["title_zh"] = outline["hub"].map(title_zh).fillna(own["name_zh"])
    hubs = (profile["level"] == "hub") & profile["zone"].isin(title)
    profile["name"] = profile["name"].mask(hubs, profile["zone"].map(title))
    profile["name_zh"] = profile["name_zh"].mask(hubs, profile["zone"].map(title_zh))
    return replace(layer, outline=cast("Outline", outline), profile=profile)


def joined_profiles(
    layers: Iterable[HubLayer], *, compared: Iterable[HubLayer] = ()
) -> pd.DataFrame:
    """The profiles of hubs as one table, each row once, ranked as in the comparisons they are in.

    Those are among the layers, or given beside them.
    """
    every = list(layers)
    profile = pd.concat([layer.own_profile for layer in every], ignore_index=True)
    return ranked_by(profile, [layer.profile for layer in (*compared, *every)])


def write_profiles(layers: Iterable[HubLayer], path: Path) -> pd.DataFrame:
    """Write the profiles of all hubs as one CSV table, and beside it what its columns mean."""
    table = joined_profiles(layers)
    write_text(path, csv_text(table))
    write_text(path.with_suffix(".dictionary.csv"), dictionary_csv())
    return table
