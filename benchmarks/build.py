"""The default build, cold and warm: medians over several runs, and their ratio.

Run ``python benchmarks/build.py [RUNS]``. Each run is a process of its own on a fresh copy of the
default workspace: cold builds everything, warm finds everything fresh, style redraws one map.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hubmap.default import lay_down


def seconds(folder: Path, *words: str) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "hubmap", "-C", str(folder), *words],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - start


def main(runs: int) -> None:
    times: dict[str, list[float]] = {"cold": [], "warm": [], "style": [], "--help": []}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "workspace"
            lay_down(folder)
            times["cold"].append(seconds(folder, "build"))
            times["warm"].append(seconds(folder, "build"))
            recipe = folder / "maps" / "hangzhou.toml"
            recipe.write_text(
                recipe.read_text(encoding="utf-8").replace('title = "', 'title = "* ', 1),
                encoding="utf-8",
            )
            times["style"].append(seconds(folder, "build"))
            times["--help"].append(seconds(folder, "--help"))
            size = sum(path.stat().st_size for path in (folder / "maps").glob("*.html"))
    cold = statistics.median(times["cold"])
    for what, values in times.items():
        middle = statistics.median(values)
        print(
            f"{what:8} median {middle:6.2f} s  min {min(values):6.2f}  max {max(values):6.2f}  "
            f"of cold {middle / cold:6.1%}"
        )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory of a build {peak:.0f} MB; pages {size / 1e6:.2f} MB in all")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
