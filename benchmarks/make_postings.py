"""Make postings by the million: clustered, seeded, in Parquet parts.

Run ``python benchmarks/make_postings.py FOLDER [--rows 100_000_000]``. The same arguments give the
same rows. They lie round centres inside the districts, one in fifty anywhere between them; the
coordinates have six decimals, as job platforms give them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

OUTLINES = Path(__file__).parents[1] / "geodata" / "regions.geojson"
ROLES = ["software", "data", "research", "product", "hardware", "robotics", "sales", "other"]
PART, ROW_GROUP = 5_000_000, 1_000_000


def centres(shapes: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Twenty centres an outline, some of them outside it, and how much weighs each."""
    middle = shapely.get_coordinates(shapely.point_on_surface(shapes))
    reach = np.sqrt(shapely.area(shapes))
    at = np.repeat(middle, 20, axis=0)
    at = at + rng.normal(0, 0.3, at.shape) * np.repeat(reach, 20)[:, None]
    weight = rng.lognormal(0, 1.5, len(at))
    return at, weight / weight.sum()


def clustered(
    shapes: np.ndarray, rows: int, seed: int, part: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes of one part of the points."""
    at, weight = centres(shapes, np.random.default_rng(seed))
    rng = np.random.default_rng([seed, part])
    spread = rng.lognormal(np.log(0.012), 0.8, len(at))
    which = rng.choice(len(at), rows, p=weight)
    points = at[which] + rng.standard_normal((rows, 2)) * spread[which][:, None]
    stray = rng.random(rows) < 0.02
    west, south, east, north = shapely.total_bounds(shapes)
    points[stray] = rng.uniform((west, south), (east, north), (int(stray.sum()), 2))
    return np.round(points[:, 0], 6), np.round(points[:, 1], 6)


def part_of(shapes: np.ndarray, rows: int, seed: int, part: int) -> pa.Table:
    lon, lat = clustered(shapes, rows, seed, part)
    rng = np.random.default_rng([seed, part, 1])
    month = rng.integers(0, 24, rows)
    months = [f"{2023 + k // 12}-{k % 12 + 1:02d}" for k in range(24)]
    # Few employers post much, most post little.
    employer = np.minimum(rng.pareto(0.7, rows) * 40, 3_000_000).astype(np.int32)

    def words(codes: np.ndarray, names: list[str]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8)), pa.array(names))

    return pa.table(
        {
            "id": np.arange(part * PART, part * PART + rows, dtype=np.int64),
            "lon": lon,
            "lat": lat,
            "month": words(month, months),
            "role": words(
                rng.choice(8, rows, p=np.array([30, 15, 8, 12, 10, 5, 12, 8]) / 100), ROLES
            ),
            "employer": employer,
            "ai": rng.random(rows) < 0.12,
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--seed", type=int, default=20240601)
    parser.add_argument("--outlines", type=Path, default=OUTLINES)
    options = parser.parse_args()
    reader = gpd.read_parquet if options.outlines.suffix == ".parquet" else gpd.read_file
    shapes = reader(options.outlines).geometry.to_numpy()
    options.folder.mkdir(parents=True, exist_ok=True)
    for part in range(-(-options.rows // PART)):
        rows = min(PART, options.rows - part * PART)
        table = part_of(shapes, rows, options.seed, part)
        pq.write_table(
            table,
            options.folder / f"part-{part:04d}.parquet",
            compression="zstd",
            row_group_size=ROW_GROUP,
            # Coordinates hardly repeat: a dictionary of them only costs.
            use_dictionary=["month", "role", "employer"],
        )
        print(f"{options.folder}: part {part}, {rows:,} rows", flush=True)


if __name__ == "__main__":
    main()
