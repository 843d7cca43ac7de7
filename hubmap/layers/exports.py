"""A hub's tables in the formats of other programs, each saying what it was made from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from hubmap.files import file_digest, replacing, write_text
from hubmap.geodata.formulas import marked
from hubmap.layers.model import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import geopandas as gpd

    from hubmap.layers.model import HubLayer

LISTED = "exports.json"
"""The file beside the exports that names them: CSV can say nothing of itself."""


def _spatial(
    driver: str, table: gpd.GeoDataFrame, path: Path, name: str, said: Mapping[str, Any]
) -> None:
    import pyogrio

    # A GeoPackage notes when it was written; the same input shall give the same bytes.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    table.to_file(path, driver=driver, engine="pyogrio", layer=name, **said)


def _geojson(table: gpd.GeoDataFrame, path: Path, name: str, made: str) -> None:
    # A member of its own, as RFC 7946 (6.1) allows.
    native = {"NATIVE_DATA": f'{{"hubmap": {made}}}', "NATIVE_MEDIA_TYPE": _GEOJSON_TYPE}
    _spatial("GeoJSON", table, path, name, native)


def _gpkg(table: gpd.GeoDataFrame, path: Path, name: str, made: str) -> None:
    _spatial("GPKG", table, path, name, {"layer_metadata": {"hubmap": made}})


def _csv(table: gpd.GeoDataFrame, path: Path, name: str, made: str) -> None:
    middle = table.geometry.representative_point()
    plain = pd.DataFrame(table.drop(columns="geometry"))
    plain = plain.assign(lon=middle.x.round(6), lat=middle.y.round(6))
    for column in plain.select_dtypes(["object", "string"]):
        plain[column] = plain[column].map(marked)
    plain.to_csv(path, index=False, lineterminator="\n")


_GEOJSON_TYPE = "application/vnd.geo+json"
EXPORTS: dict[str, Callable[[gpd.GeoDataFrame, Path, str, str], None]] = {
    "geojson": _geojson,
    "gpkg": _gpkg,
    "csv": _csv,
}


def export_layer(
    layer: HubLayer, folder: Path, formats: Iterable[str], kept: Mapping[str, str]
) -> list[Path]:
    """Write a hub's tables in other formats beside its GeoParquet, and the list of them.

    Parameters
    ----------
    layer, folder
        The hub and where its products lie.
    formats
        Keys of ``EXPORTS``. In CSV a polygon is given by a point inside it.
    kept
        The sha256 of earlier exports that stay, by name.

    Returns
    -------
    list of Path
        The tables, and ``exports.json``: what they were made from, and each one's sha256.
    """
    said = json.loads((folder / "profile.json").read_bytes())
    del said["profile"]
    made = json.dumps(said, ensure_ascii=False, sort_keys=True)
    written = []
    for format in formats:
        for name in TABLES:
            path = folder / f"{name}.{format}"
            with replacing(path) as temporary:
                named = temporary.with_name(temporary.name + f".{format}")
                try:
                    EXPORTS[format](getattr(layer, name), named, name, made)
                    named.replace(temporary)
                finally:
                    named.unlink(missing_ok=True)
            written.append(path)
    files = {**kept, **{path.name: file_digest(path) for path in written}}
    content = {**said, "files": dict(sorted(files.items()))}
    write_text(folder / LISTED, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return [*written, folder / LISTED]
