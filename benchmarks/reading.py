"""One million rows of CSV read, validated, placed and accounted for, against pandas alone.

Run ``python benchmarks/reading.py [ROWS]``. Each measurement is a process of its own, so that the
peaks of memory are its own; CPU-seconds, because other work may share the machine. The table
has ids, names, coordinates, stated districts, years and weights, and 1 % faulty rows.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RECIPE = {
    "id": "big", "file": "big.csv", "kind": "firms", "title": "T", "licence": "x",
    "attribution": "x", "precision_m": 100, "faults": "reject",
    "columns": {
        "id": "id", "name": "name", "lon": "lon", "lat": "lat", "region": "district",
        "founded": "founded", "weight": "weight",
    },
}  # fmt: skip


def write(path: Path, rows: int) -> None:
    import pandas as pd
    import shapely

    regions = _regions()
    rng = np.random.default_rng(0)
    leaves = regions[regions["leaf"]]
    codes = rng.choice(leaves.index.to_numpy(dtype=object), rows)
    inner = shapely.point_on_surface(leaves.geometry.to_numpy())
    middle = dict(zip(leaves.index, inner, strict=True))
    lon = np.array([middle[code].x for code in codes]) + rng.normal(0, 0.01, rows)
    lat = np.array([middle[code].y for code in codes]) + rng.normal(0, 0.01, rows)
    table = pd.DataFrame(
        {
            "id": [f"r{n:07d}" for n in rng.permutation(rows)],
            "name": [f"Firm, number {n}" for n in range(rows)],
            "lon": lon.round(6).astype(str),
            "lat": lat.round(6).astype(str),
            "district": codes,
            "founded": rng.integers(1980, 2025, rows),
            "weight": 1,
            "address": "a column that no recipe names",
        }
    )
    faulty = rng.choice(rows, rows // 100, replace=False)
    table.loc[faulty, "lon"] = "east"
    table.to_csv(path, index=False)


def _regions() -> object:
    from hubmap.geodata.recipe import RegionSource
    from hubmap.geodata.regions import read_regions
    from hubmap.recipes import load_recipe

    folder = Path(__file__).parents[1] / "geodata"
    return read_regions(load_recipe(folder / "regions.toml", RegionSource), folder)


def plain(path: Path) -> str:
    import geopandas as gpd
    import pandas as pd

    start = time.process_time()
    table = pd.read_csv(path)
    lon = pd.to_numeric(table["lon"], errors="coerce")
    gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, table["lat"]), crs=4326)
    return f"{time.process_time() - start:.2f} {_peak():.0f}"


def door(path: Path) -> str:
    from hubmap.geodata.entities import take_entities
    from hubmap.geodata.recipe import EntitySource

    regions = _regions()
    source = EntitySource.model_validate(RECIPE)
    start = time.process_time()
    taken = take_entities(source, path.parent, regions)
    spent = time.process_time() - start
    account = taken.account
    assert account.read == account.placed + account.rejected
    assert len(taken.rejected()) == account.rejected
    listed = time.process_time() - start
    return f"{spent:.2f} {_peak():.0f} {account.placed} {account.rejected} {listed:.2f}"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "big.csv"
        write(path, rows)
        results: dict[str, list[str]] = {}
        for what in ("plain", "door"):
            runs = [
                subprocess.run(
                    [sys.executable, __file__, what, str(path)],
                    check=True, capture_output=True, text=True,
                ).stdout.split()
                for _ in range(3)
            ]  # fmt: skip
            results[what] = min(runs, key=lambda run: float(run[0]))
        size = path.stat().st_size / 1e6
    alone, whole = results["plain"], results["door"]
    print(f"{rows:,} rows, {size:.0f} MB")
    print(f"pandas.read_csv + points_from_xy  {alone[0]} CPU-s  peak {alone[1]} MB")
    print(f"read, validated, placed           {whole[0]} CPU-s  peak {whole[1]} MB")
    print(f"ratio {float(whole[0]) / float(alone[0]):.2f}; placed {whole[2]}, rejected {whole[3]}")
    print(f"with the rejected rows' original cells {whole[4]} CPU-s")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print({"plain": plain, "door": door}[sys.argv[1]](Path(sys.argv[2])))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
