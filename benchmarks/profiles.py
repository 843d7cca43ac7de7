"""Time every profile of the default workspace, and finding the detected hubs: CPU seconds.

    python benchmarks/profiles.py [--profile]

What is read from disk is read before, so that only the statistics are timed. With --profile the
costliest functions are printed too.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import tempfile
import time
from pathlib import Path

from hubmap.default import lay_down
from hubmap.layers.build import _world, resolve_regions
from hubmap.layers.profile import measure
from hubmap.layers.recipe import NamedRegions
from hubmap.layers.zones import zones_of
from hubmap.statistics.declared.catalogue import DEFAULT
from hubmap.workspace import Workspace

HUBS = ("beijing", "shanghai", "hangzhou", "greater-bay-area")


def profiles(workspace: Workspace) -> int:
    """Measure the default profile of the four hubs, their cities and districts; the rows."""
    regions = workspace.region_table
    assigned = [(source, workspace.entities(id)[1]) for id, source in workspace.sources.items()]
    rows = 0
    for hub in HUBS:
        delineation = workspace.hubs[hub].delineation
        if not isinstance(delineation, NamedRegions):
            raise TypeError(f"{hub} is found, not named")
        codes = resolve_regions(delineation, regions, hub)
        cities = sorted({str(regions.at[code, "city"]) for code in codes})
        zones = zones_of(hub, regions, codes, cities)
        world = _world(regions, assigned, codes)
        rows += len(measure(hub, DEFAULT, zones, world, set(codes), set(cities)))
    return rows


def seconds(workspace: Workspace) -> tuple[float, float, int]:
    """CPU seconds of all profiles and of finding the hubs, and the profiles' rows."""
    profiles(workspace)  # once before, so that imports and files do not count
    start = time.process_time()
    rows = profiles(workspace)
    measured = time.process_time() - start
    workspace.build_layer("detected-hubs", force=True)
    workspace._layers.clear()
    start = time.process_time()
    workspace.build_layer("detected-hubs", force=True)
    return measured, time.process_time() - start, rows


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "workspace"
        lay_down(folder)
        workspace = Workspace.open(folder)
        if "--profile" in sys.argv:
            profiles(workspace)
            with cProfile.Profile() as watched:
                profiles(workspace)
            table = pstats.Stats(watched)
            table.sort_stats("tottime").print_stats(25)
            table.sort_stats("cumtime").print_stats("hubmap", 70)
            return
        measured, found, rows = seconds(workspace)
    print(f"all profiles of four hubs {measured:.1f} s CPU ({rows} rows); hubs found {found:.1f} s")


if __name__ == "__main__":
    main()
