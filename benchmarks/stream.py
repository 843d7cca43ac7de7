"""A source in parts: what counting costs beside reading, the whole build, and ways to one answer.

Run ``python benchmarks/stream.py FOLDER [--rows 100_000_000] [--only ratio,count,build,same]``.
FOLDER becomes a workspace: the postings of ``make_postings.py`` (made when they are not there),
the repository's four named hubs, one map. CPU-seconds; each measurement is a process of its own.

* ``ratio``: parts counted and only read (PyArrow, the same columns), by turns, after one round.
* ``count``: every part counted and added up, from nothing.
* ``build``: ``hubmap build --engine compiled`` from nothing to the page.
* ``same``: 400,000 postings counted in memory, by batches, after being killed, and on a cluster.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
HUBS = ("beijing", "greater-bay-area", "hangzhou", "shanghai")
RECIPE = """table = "entities"
file = "postings"
kind = "postings"
title = "Made postings"
licence = "made"
attribution = "made"
precision_m = 300
[columns]
id = "id"
name = "role"
lon = "lon"
lat = "lat"
category = "role"
case = "ai"
[stream]
month = "month"
employer = "employer"
sample = 50000
"""
MAP = 'title = "Four hubs"\nlayers = ["beijing", "greater-bay-area", "hangzhou", "shanghai"]\n'
COUNT = """
import sys; from pathlib import Path; from hubmap.workspace import Workspace
if __name__ == "__main__":
    say = (lambda words: print(words, file=sys.stderr)) if "say" in sys.argv else (lambda _: None)
    Workspace.open(Path(sys.argv[1]), say, engine="compiled", cluster=sys.argv[2]).streamed(
        "postings"
    )
"""


def lay_down(folder: Path, rows: int, part: int) -> None:
    """A workspace of made postings; those that are there are kept."""
    for name in ("geodata/postings", "layers", "maps"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in ("regions.csv", "regions.geojson", "regions.toml"):
        shutil.copy(ROOT / "geodata" / name, folder / "geodata")
    for hub in HUBS:
        shutil.copy(ROOT / "layers" / f"{hub}.toml", folder / "layers")
    (folder / "maps" / "hubs.toml").write_text(MAP, encoding="utf-8")
    (folder / "geodata" / "postings.toml").write_text(RECIPE, encoding="utf-8")
    there = list((folder / "geodata" / "postings").glob("*.parquet"))
    if len(there) != -(-rows // part):
        import make_postings

        make_postings.PART = part
        sys.argv[1:] = [str(folder / "geodata" / "postings"), "--rows", str(rows)]
        make_postings.main()


def forget(folder: Path) -> None:
    for built in [*(folder / "layers").iterdir(), *(folder / "maps").iterdir()]:
        if built.is_dir():
            shutil.rmtree(built)
        elif built.suffix != ".toml":
            built.unlink()


def ratio(folder: Path, parts: int, rounds: int) -> None:
    """Counting and reading by turns, in this process."""
    import pyarrow.parquet as pq

    from hubmap.stream import source
    from hubmap.stream.run import count_part
    from hubmap.workspace import Workspace

    given: list = []
    real, source.count_source = source.count_source, lambda *words, **_: given.extend(words[:2])
    try:
        Workspace.open(folder, engine="compiled").streamed("postings")
    except AttributeError:
        # Nothing was counted: only what it would have been counted by is wanted here.
        source.count_source = real
    plan, files = given
    count_part(plan, files[0])
    both = []
    for at in [*range(min(parts, len(files)))] * rounds:
        start = time.process_time()
        with pq.ParquetFile(files[at].where) as file:
            for _ in file.iter_batches(1 << 17, columns=plan.columns, use_threads=False):
                pass
        middle = time.process_time()
        rows = count_part(plan, files[at]).rows["read"]
        both.append((middle - start, time.process_time() - middle))
        print(f"part {at}: {rows:,} rows, read {both[-1][0]:.2f}, read and counted "
              f"{both[-1][1]:.2f} CPU-s", flush=True)  # fmt: skip
    shares = sorted(counted / read for read, counted in both)
    middle = median(shares)
    print(f"read and counted / read: median {middle:.2f} ({shares[0]:.2f} to {shares[-1]:.2f}); so "
          f"assignment and counting alone {middle - 1:.2f}")  # fmt: skip


def spent(*words: str) -> str:
    """Run a command; what it and its children took, and the most memory one of them held."""
    process = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)})
    wall = time.perf_counter()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{words}: {process.returncode}")
    return (f"{usage.ru_utime + usage.ru_stime:.0f} CPU-s, {time.perf_counter() - wall:.0f} s by "
            f"the clock, peak {usage.ru_maxrss / 1024:.0f} MB")  # fmt: skip


def in_memory(folder: Path) -> list[str]:
    """The same figures from one table of all rows."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    from hubmap.layers.assign import assign_points
    from hubmap.workspace import Workspace

    parts = sorted((folder / "geodata" / "postings").glob("*.parquet"))
    table = pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True)
    points = np.asarray(gpd.points_from_xy(table["lon"], table["lat"]))
    regions = Workspace.open(folder).region_table
    code, sea = assign_points(points, regions, np.full(len(table), 300.0))
    table = table.assign(district=code)
    there = table["district"].notna()
    keys = ["district", "month", "role", "ai"]
    counts = table[there].astype({"month": str, "role": str}).groupby(keys).size()
    return row(int((there & ~sea).sum()), int(sea.sum()), int((~there).sum()), counts)


def row(within: int, sea: int, outside: int, counts) -> list[str]:
    """The counts as cells of a table, the districts' as a digest."""
    lines = sorted(f"{key} {int(n)}" for key, n in counts.items())
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
    return [f"{within:,}", f"{sea:,}", f"{outside:,}", f"{len(lines):,}", digest]


def streamed_row(folder: Path) -> list[str]:
    import pandas as pd

    where = folder / "layers" / "streams" / "postings"
    told = dict(line.split(": ") for line in (where / "rows.txt").read_text().splitlines())
    table = pd.read_parquet(where / "months.parquet")
    counts = table.set_index(["district", "month", "category", "case"])["count"]
    cells = [int(told.get(name, "0").replace(",", "")) for name in ("within", "sea", "outside")]
    files = sorted(p for p in where.iterdir() if p.suffix in {".parquet", ".txt"})
    whole = hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest()[:12]
    return [*row(*cells, counts), whole]


def same(folder: Path, script: Path) -> None:
    """The table of results, by every way there is."""
    words = [sys.executable, str(script), str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    table = {"memory, one table": [*in_memory(folder), "–"]}
    forget(folder)
    subprocess.run([*words, ""], env=environment, check=True)
    table["one process, by batches"] = streamed_row(folder)
    forget(folder)
    process = subprocess.Popen([*words, "", "say"], env=environment, stderr=subprocess.PIPE)
    for line in process.stderr:
        if line.startswith(b"part 3 of"):
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stderr.close()
    subprocess.run([*words, ""], env=environment, check=True)
    table["the same, killed and resumed"] = streamed_row(folder)
    forget(folder)
    subprocess.run([*words, "local"], env=environment, check=True)
    table["a cluster started here"] = streamed_row(folder)
    print("| counted by | within | sea | outside | district counts | their sha256 | products' "
          "sha256 |\n|---|" + "---:|" * 4 + "---|---|")  # fmt: skip
    for way, cells in table.items():
        print(f"| {way} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--only", default="ratio,count,build,same")
    parser.add_argument("--parts", type=int, default=3, help="how many the ratio is taken from")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folder, only = options.folder.resolve(), options.only.split(",")
    script = folder / "count.py"
    if {"ratio", "count", "build"} & {*only}:
        lay_down(folder, options.rows, 5_000_000)
        script.write_text(COUNT, encoding="utf-8")
    if "ratio" in only:
        ratio(folder, options.parts, options.rounds)
    if "count" in only:
        forget(folder)
        print("counted:", spent(sys.executable, str(script), str(folder), ""), flush=True)
    if "build" in only:
        forget(folder)
        command = [sys.executable, "-m", "hubmap", "-C", str(folder), "build"]
        print("built:", spent(*command, "--engine", "compiled"), flush=True)
    if "same" in only:
        small = folder / "small"
        lay_down(small, 400_000, 50_000)
        script = small / "count.py"
        script.write_text(COUNT, encoding="utf-8")
        same(small, script)


if __name__ == "__main__":
    main()
