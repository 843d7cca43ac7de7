"""How many points a CPU-second are converted to WGS-84, and how far off the result is.

Run ``python benchmarks/datum.py [POINTS]``. Best of five, in CPU-seconds, over random points of
China; the error is the distance to the point that was shifted there and back.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap import geodesy

if TYPE_CHECKING:
    from collections.abc import Callable


def seconds(convert: Callable[..., Any], *arguments: Any) -> float:
    """CPU-seconds of one call."""
    start = time.process_time()
    convert(*arguments)
    return time.process_time() - start


def main(points: int) -> None:
    """Measure and print."""
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(73, 135, points), rng.uniform(3, 53, points)
    gcj = geodesy.wgs84_to_gcj02(lon, lat)
    baidu = geodesy.gcj02_to_bd09(*gcj)
    for name, convert, there in (
        ("GCJ-02", geodesy.gcj02_to_wgs84, gcj),
        ("BD-09", geodesy.bd09_to_wgs84, baidu),
    ):
        best = min(seconds(convert, *there) for _ in range(5))
        error = geodesy.distance_m(*convert(*there), lon, lat).max() * 1000
        print(f"{name}: {points / best / 1e6:.2f} million points a CPU-s, off by {error:.2f} mm")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
