"""GeoJSON, GeoPackage, FlatGeobuf, Shapefile and OpenStreetMap extracts, through GDAL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from hubmap.errors import TableError
from hubmap.geodata.read.batch import BATCH, Batch, Job, Unread, text_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

RADIUS = "geometry.radius_m"
_STREAMED = {".gpkg", ".fgb", ".shp"}
_STARTS = {
    ".gpkg": b"SQLite format 3\0",
    ".fgb": b"fgb",
    ".shp": b"\0\0\x27\x0a",
    ".pbf": b"OSMHeader",
}


_VIEWS = (
    "SELECT name FROM sqlite_master WHERE type = 'view' AND name NOT IN "
    "('geometry_columns', 'spatial_ref_sys', 'st_geometry_columns', 'st_spatial_ref_sys')"
)


def read_spatial(job: Job) -> Iterator[Batch]:
    """Batches of a layer's point features."""
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError, FieldError
    from pyproj.exceptions import ProjError
    from shapely.errors import ShapelyError

    job.told.unit = "feature"
    _require_kind(job)
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(job.path)]
        chosen = [job.manner.part] if job.manner.part else layers
        extract = job.path.suffix.lower() == ".pbf"
        if (len(chosen) > 1 and not extract) or set(chosen) - set(layers):
            raise TableError(
                f"{job.name}: its layers are {', '.join(layers)}.", "Name one by the key `part`."
            )
        if extract:
            wanted = ("points", "multipolygons")
            chosen = [layer for layer in wanted if layer in layers]
        number = 1
        for layer in chosen:
            for table in _tables(job, layer):
                lines = np.arange(number, number + len(table), dtype=np.int64)
                number += len(table)
                yield _batch(table, lines, job)
    except (
        DataSourceError, DataLayerError, FieldError, ValueError, pa.ArrowException, ProjError,
        ShapelyError, NotImplementedError,
    ) as error:  # fmt: skip
        kind = "GeoJSON" if job.path.suffix.lower() == ".geojson" else "geodata"
        reason = str(error).splitlines()[0].rstrip(".")
        raise TableError(f"{job.name}: not readable {kind}: {reason}.", "Mend the file.") from None


def _require_kind(job: Job) -> None:
    """Refuse a file that is not what its name says.

    GDAL goes by the content: another kind of file could name further files or addresses to read.
    """
    suffix = job.path.suffix.lower()
    with job.path.open("rb") as file:
        start = file.read(4096)
    if suffix == ".geojson":
        right = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"\x1e")
    else:
        right = start.find(_STARTS[suffix], 0, 64) in ({4, 5, 6, 7, 8} if suffix == ".pbf" else {0})
    if not right:
        raise TableError(
            f"{job.name}: not readable {'GeoJSON' if suffix == '.geojson' else 'geodata'}: "
            f"its content is no `{suffix}` file's.",
            "Mend the file, or give it the suffix of what it is.",
        )
    if suffix == ".gpkg":
        _refuse_views(job)


def _refuse_views(job: Job) -> None:
    """Refuse a GeoPackage that computes its rows: GDAL would wait for them for ever."""
    address = f"file:{quote(str(job.path.resolve()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as base:
            base.text_factory = lambda octets: octets.decode("utf-8", "replace")
            views = [name for (name,) in base.execute(_VIEWS)]
    except sqlite3.Error:
        return  # GDAL says what is wrong
    if views:
        raise TableError(
            f"{job.name}: holds the view {views[0]!r}.", "Save the layer as a table of its own."
        )


def _tables(job: Job, layer: str) -> Iterator[gpd.GeoDataFrame]:
    import pyogrio

    options = {"encoding": job.manner.encoding} if job.manner.encoding else {}
    if job.path.suffix.lower() not in _STREAMED:
        yield pyogrio.read_dataframe(job.path, layer=layer, **options)
        return
    done = 0
    while True:
        table = pyogrio.read_dataframe(
            job.path, layer=layer, skip_features=done, max_features=BATCH, **options
        )
        yield table
        done += len(table)
        if len(table) < BATCH:
            return


def _batch(table: gpd.GeoDataFrame, lines: NDArray[np.int64], job: Job) -> Batch:
    import geopandas as gpd

    from hubmap.geodata.read.columnar import text_table

    if not isinstance(table, gpd.GeoDataFrame):
        plain = pa.Table.from_pandas(table, preserve_index=False)
        return Batch(text_table(plain), lines)
    attributes = table.drop(columns=table.geometry.name)
    cells = pa.Table.from_pandas(attributes, preserve_index=False)
    return points_of(text_table(cells), table.geometry, lines, job)


def points_of(cells: pa.Table, shapes: gpd.GeoSeries, lines: NDArray[np.int64], job: Job) -> Batch:
    """The batch with its points as two columns; other shapes are rejected, or made points.

    Where areas are wanted, an area stands at a point inside it, and ``geometry.radius_m`` is
    the radius of the circle around that point that holds it.
    """
    import shapely

    from hubmap.geodata.read.columnar import lon_lat_columns
    from hubmap.geodesy import distance_m

    if shapes.crs is not None:
        shapes = shapes.to_crs("EPSG:4326")
    geometry = shapes.to_numpy()
    kinds = shapely.get_type_id(geometry)
    point = (kinds == 0) & ~shapely.is_empty(geometry)
    radius = np.zeros(len(geometry))
    other = ~point & (kinds >= 0) & ~shapely.is_empty(geometry)
    if job.manner.areas and other.any():
        inner = shapely.point_on_surface(geometry[other])
        west, south, east, north = shapely.bounds(geometry[other]).T
        x, y = shapely.get_x(inner), shapely.get_y(inner)
        corners = [distance_m(x, y, a, b) for a in (west, east) for b in (south, north)]
        radius[other] = np.max(corners, axis=0)
        geometry = geometry.copy()
        geometry[other] = inner
        other = np.zeros(len(geometry), dtype=bool)
    columns = dict(zip(cells.column_names, cells.columns, strict=True))
    columns |= lon_lat_columns(shapely.get_x(geometry), shapely.get_y(geometry))
    if job.manner.areas:
        columns[RADIUS] = text_array([f"{value:.0f}" for value in radius])
    table = pa.table(columns)
    unread = [
        Unread(
            int(lines[row]),
            f"holds a {shapes.iloc[int(row)].geom_type} where points are needed",
            tuple(column[int(row)].as_py() for column in cells.columns),
        )
        for row in np.flatnonzero(other)
    ]
    return Batch(table.filter(pa.array(~other)), lines[~other], unread)
