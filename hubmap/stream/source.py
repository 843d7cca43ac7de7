"""A source in parts, from its recipe to the tables that a build needs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hubmap.files import write_bytes, write_text
from hubmap.layers.build import resolve_regions, whole_cities
from hubmap.layers.recipe import NamedRegions
from hubmap.stream.lattice import Lattice
from hubmap.stream.parts import Part, parts_of
from hubmap.stream.run import count_source, make_plan
from hubmap.stream.tables import (
    accounting,
    cell_counts,
    employer_counts,
    month_counts,
    sample_entities,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from hubmap.assign.engine import Engine
    from hubmap.geodata.recipe import EntitySource
    from hubmap.layers.recipe import HubRecipe
    from hubmap.tables import Regions


class Streamed(NamedTuple):
    """What a source in parts comes to.

    Attributes
    ----------
    entities
        The sample, weighted, with districts.
    cells
        Counts a hexagon, category and case, for each hub.
    months, employers
        Counts a district.
    rows
        Every row accounted for.
    sketches
        Of employers, in the order of ``employers``; None when none is read.
    """

    entities: gpd.GeoDataFrame
    cells: dict[str, pd.DataFrame]
    months: pd.DataFrame
    employers: pd.DataFrame
    rows: dict[str, int]
    sketches: NDArray[np.uint8] | None = None


def read_streamed(
    source: EntitySource,
    id: str,
    root: Path,
    regions: Regions,
    hubs: Mapping[str, HubRecipe],
    *,
    engine: Engine = "auto",
    cluster: str = "",
    digest: Callable[[Part], str] = Part.digest,
    say: Callable[[str], None] = lambda _: None,
) -> Streamed:
    """Count a source in parts, or what of it was not counted before.

    Parameters
    ----------
    source, id
        The recipe and its name.
    root
        The workspace: parts lie in ``geodata/``, what was counted in ``layers/streams/ID/``.
    regions
        The workspace's regions.
    hubs
        The hubs of regions that use the source, by id.
    engine
        As for :func:`hubmap.layers.assign.assign_points`.
    cluster, digest, say
        As for :func:`hubmap.stream.run.count_source`.
    """
    where = str(root / "geodata" / f"{id}.toml")
    parts = parts_of(source.file, root / "geodata")
    leaves = regions[regions["leaf"]].sort_index()
    lattices = []
    for hub, recipe in sorted(hubs.items()):
        if not isinstance(recipe.delineation, NamedRegions):
            continue
        codes = resolve_regions(recipe.delineation, regions, str(root / "layers" / f"{hub}.toml"))
        whole = whole_cities(codes, regions)
        mine = leaves.index.isin(codes) | leaves["city"].isin(whole).to_numpy()
        outline = leaves.loc[codes].geometry.union_all()
        reach = source.precision_m or 0.0
        lattices.append(Lattice(hub, outline, recipe.cells.area_km2, np.asarray(mine), reach))
    rows = sum(part.rows() for part in parts)
    plan = make_plan(
        source, regions, lattices, rows, where=where, engine=engine,
        cache=root / "geodata" / ".grid",
    )  # fmt: skip
    folder = root / "layers" / "streams" / id
    tally = count_source(plan, parts, folder / "parts", say, digest=digest, cluster=cluster)
    codes = leaves.index.to_numpy(dtype=object)
    made = Streamed(
        entities=sample_entities(tally, plan, id, regions),
        cells={lattice.hub: cell_counts(tally, plan, lattice.hub) for lattice in lattices},
        months=month_counts(tally, codes),
        employers=employer_counts(tally, codes),
        rows=tally.rows,
        sketches=tally.sketches if source.stream and source.stream.employer else None,
    )
    _write(made.months, folder / "months.parquet")
    _write(made.employers, folder / "employers.parquet")
    for hub, table in made.cells.items():
        _write(table, folder / f"cells-{hub}.parquet")
    write_text(folder / "rows.txt", "\n".join(accounting(tally)) + "\n")
    return made


def _write(table: pd.DataFrame, path: Path) -> None:
    buffer = io.BytesIO()
    table.to_parquet(buffer, compression="zstd", index=False)
    write_bytes(path, buffer.getvalue())
