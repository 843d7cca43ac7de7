"""Time the statistics' kernels against other ways to the same number, in one run.

    python benchmarks/kernels.py

Prints a Markdown table and writes it to docs/statistics-benchmarks.md, which docs/statistics.md
then holds (run tools/write_statistics.py after it): CPU seconds of the process, so that other
work on the machine does not tell, medians where a row is repeated, and how many times longer the
other way takes. Where the other way would take hours it is timed on a part and scaled up by the
work, which the row says. All rows need `pip install astropy esda pointpats scikit-learn`.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import distributions, version
from pathlib import Path

import numpy as np
import shapely

from hubmap.statistics.arrays import two_sided_p
from hubmap.statistics.clusters import collapse, dbscan
from hubmap.statistics.hierarchy import hdbscan
from hubmap.statistics.localstats import conditional_p, getis_ord, local_moran
from hubmap.statistics.pointpattern.kde import kde, kde_at
from hubmap.statistics.pointpattern.relative import m_function
from hubmap.statistics.pointpattern.ripley import k_by_fft, k_function
from hubmap.statistics.pointpattern.setcovariance import set_covariance
from hubmap.statistics.pointpattern.window import random_points
from hubmap.statistics.weights import grid_weights

# A coast 60 km across, with bays: the size of Shenzhen.
TURN = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
LAND = shapely.Polygon(
    np.column_stack([np.cos(TURN), np.sin(TURN)])
    * (30_000 * (1 + 0.1 * np.sin(7 * TURN) + 0.02 * np.sin(60 * TURN)))[:, None]
)


ROWS: list[str] = []
PAGE = Path(__file__).parents[1] / "docs" / "statistics-benchmarks.md"
HEAD = """\
## Benchmarks

Written by `python benchmarks/kernels.py`: CPU seconds of one process in one run. Where the other
way would take hours it was timed on a part and scaled up by the work, as the row says.

| question | hubmap | other way | takes | times longer |
|---|---|---|---|---|
"""
NOTE = """\
The aim is never to be slower than the fastest correct public implementation, and ten times faster
than pointpats and esda where they answer the same question. Corrected for a coast K is 3 to 10
times faster, but pointpats corrects no edges at all, so it answers less: the set covariance takes
two Fourier transforms of a raster of 1,023 cells, and every envelope and every further statistic
on one coast shares it (the row below it). Of the Python
packages looked at only astropy corrects by translation, in rectangles; in any polygon spatstat
does, which runs in R and is checked against, not timed. For clusters the peer is scikit-learn's
compiled trees: faster than those, but not ten times.
"""
MEMORY = """\
import resource
import numpy as np
from hubmap.statistics.pointpattern.kde import kde
from hubmap.statistics.pointpattern.ripley import k_by_fft
from kernels import LAND, random_points
x, y = random_points(LAND, 1_000_000, rng=np.random.default_rng(0))
kde(x, y, window=LAND, bandwidth=1000)
k_by_fft(x, y, window=LAND, r=np.linspace(500, 5000, 10))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def seconds(task: Callable[[], object], *, times: int = 1) -> float:
    """The median CPU seconds of a task."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        task()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def row(question: str, ours: float, other: str, theirs: float) -> None:
    line = f"| {question} | {ours:.3g} s | {other} | {theirs:.3g} s | {theirs / ours:.3g} |"
    print(line, flush=True)
    ROWS.append(line)


def densities(rng: np.random.Generator) -> None:
    x, y = random_points(LAND, 1_000_000, rng=rng)
    task = "KDE of 1 M points, 1 km, edge corrected"
    mine = seconds(lambda: kde(x, y, window=LAND, bandwidth=1000), times=2)
    cells = kde(x[:10], y[:10], window=LAND, bandwidth=1000).density.size
    part = slice(None, None, 50)
    at = slice(None, 200)
    direct = seconds(lambda: kde_at(x[part], y[part], x[at], y[at], window=LAND, bandwidth=1000))
    row(task, mine, "direct summation (scaled up)", direct * 50 * cells / 200)

    r = np.linspace(500, 5000, 10)
    task = "K of 1 M points to 5 km, translation"
    mine = seconds(lambda: k_by_fft(x, y, window=LAND, r=r), times=2)
    n = 20_000
    from scipy.spatial import cKDTree

    tree = cKDTree(np.column_stack([x[:n], y[:n]]))
    dual = seconds(lambda: tree.count_neighbors(tree, r))
    row(task, mine, "scipy's tree, no correction (scaled by n^2)", dual * (len(x) / n) ** 2)

    n = 5000
    points = np.column_stack([x[:n], y[:n]])

    def ours(**options: object) -> float:
        return seconds(lambda: k_function(x[:n], y[:n], window=LAND, r=r, **options), times=7)

    try:
        import pointpats
        from astropy.stats import RipleysKEstimator
    except ImportError:
        return
    plain = "pointpats.k (no correction)"
    theirs = seconds(lambda: pointpats.k(points, support=r), times=7)
    row("K of 5,000 points to 5 km, no correction", ours(correction="none"), plain, theirs)
    row("the same, translation corrected in the coast", ours(), plain, theirs)
    warm = ours(covariance=set_covariance(LAND))
    row("the same, one of many draws on one coast", warm, plain, theirs)

    box = shapely.box(-33_000, -33_000, 33_000, 33_000)
    low, high = -33_000, 33_000
    other = RipleysKEstimator(area=box.area, x_min=low, x_max=high, y_min=low, y_max=high)
    mine = seconds(lambda: k_function(x[:n], y[:n], window=box, r=r), times=7)
    same = other(points, r, mode="translation") / k_function(x[:n], y[:n], window=box, r=r)
    if not np.allclose(same, 1, rtol=1e-9):
        raise ValueError(f"astropy has another K: {same}")
    theirs = seconds(lambda: other(points, r, mode="translation"), times=3)
    row("K of 5,000 points in a rectangle, translation", mine, "astropy, the same numbers", theirs)


def lattices(rng: np.random.Generator) -> None:
    column, line = (a.ravel() for a in np.meshgrid(np.arange(100), np.arange(100)))
    x = rng.poisson(3, 10_000).astype(float)

    weights = grid_weights(column, line)

    def mine() -> None:
        local_moran(x, weights)
        conditional_p(x, weights, draws=999)

    def stars() -> None:
        two_sided_p(getis_ord(x, grid_weights(column, line, include_self=True)))

    ours = seconds(mine, times=5)
    stars_ours = seconds(stars, times=5)
    try:
        import esda
        import libpysal
    except ImportError:
        return
    w = libpysal.weights.lat2W(100, 100, rook=False)
    w.transform = "r"
    cold = seconds(lambda: esda.Moran_Local(x, w, permutations=999, n_jobs=1))
    warm = seconds(lambda: esda.Moran_Local(x, w, permutations=999, n_jobs=1), times=3)
    row("local Moran, 10,000 cells x 999 draws", ours, "esda, first call", cold)
    row("", ours, "esda, compiled", warm)
    b = libpysal.weights.lat2W(100, 100, rook=False)
    theirs = seconds(lambda: esda.G_Local(x, b, star=True, permutations=999, n_jobs=1))
    row("Gi* of 10,000 cells, analytic p", stars_ours, "esda, 999 draws", theirs)


def relative(rng: np.random.Generator) -> None:
    x, y = random_points(LAND, 110_000, rng=rng)
    case = np.arange(110_000) < 10_000
    r = np.linspace(250, 5000, 20)
    mine = seconds(lambda: m_function(x, y, case=case, r=r), times=3)

    def naive() -> None:
        for i in range(200):
            distance = np.hypot(x - x[i], y - y[i])
            for radius in r:
                near = distance <= radius
                _ = np.sum(near & case) / np.sum(near)

    row(
        "M of 10,000 cases among 110,000 to 5 km",
        mine,
        "summation case by case (scaled up)",
        seconds(naive) * 50,
    )


def clusters(rng: np.random.Generator) -> None:
    x, y = random_points(LAND, 1_000_000, rng=rng)

    def mine() -> None:
        cells = collapse(x, y, cell_m=200)
        dbscan(cells.x, cells.y, within_m=1000, min_weight=1200, weight=cells.weight)

    ours = seconds(mine, times=3)
    try:
        from sklearn.cluster import DBSCAN, HDBSCAN
    except ImportError:
        return
    cells = collapse(x, y, cell_m=200)
    places = np.column_stack([cells.x, cells.y])
    model = DBSCAN(eps=1000, min_samples=1200)
    theirs = seconds(lambda: model.fit(places, sample_weight=cells.weight), times=3)
    row("DBSCAN of 1 M points on a 200 m grid", ours, "scikit-learn on the same grid", theirs)
    some = np.column_stack([x, y])[:20_000]
    ours = seconds(lambda: hdbscan(*some.T, min_places=20), times=3)
    tree = HDBSCAN(min_cluster_size=20, min_samples=20, copy=True)
    theirs = seconds(lambda: tree.fit(some), times=3)
    row("HDBSCAN of 20,000 points", ours, "scikit-learn", theirs)


def peak_memory() -> float:
    """Most memory of a child that computes KDE and K of a million points, in GB."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY],
        cwd=Path(__file__).parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout) / 1e6


def machine() -> str:
    """What it ran on, and with which versions."""
    packages = ("numpy", "scipy", "scikit-learn", "esda", "pointpats", "astropy")
    there = {found.name for found in distributions()}
    known = [f"{name} {version(name)}" for name in packages if name in there]
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"Run on {where}, Python {platform.python_version()}, {', '.join(known)}."


def main() -> None:
    warnings.simplefilter("ignore")
    print(HEAD, end="")
    for task in (densities, lattices, relative, clusters):
        task(np.random.default_rng(0))
    said = f"Most memory of a process that computes both of 1 M points: {peak_memory():.2f} GB."
    print(f"\n{said}")
    text = HEAD + "\n".join(ROWS) + f"\n\n{NOTE}\n{said} {machine()}\n"
    PAGE.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
