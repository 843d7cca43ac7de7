"""A whole source, part by part: what was counted stays counted, whenever it is interrupted."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hubmap.assign.engine import Locator, choose_engine
from hubmap.errors import RecipeError, TableError
from hubmap.files import file_digest
from hubmap.geodata.read import require_columns
from hubmap.stream.batch import Plan, count_batch
from hubmap.stream.sample import Sample
from hubmap.stream.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hubmap.assign.engine import Engine
    from hubmap.geodata.recipe import EntitySource
    from hubmap.stream.lattice import Lattice
    from hubmap.tables import Regions

# Another number whenever the same rows would be counted otherwise.
_FORMAT = "hubmap stream 1"
_BATCH = 1 << 17


def parts_of(file: str, folder: Path) -> list[Path]:
    """The Parquet files that a recipe's ``file`` names: a folder's, or a pattern's, by name.

    Raises
    ------
    TableError
        There are none.
    """
    path = folder / file
    found = path.glob("*.parquet") if path.is_dir() else folder.glob(file)
    # A link could lead out of the workspace; it is not followed.
    parts = sorted(p for p in found if p.is_file() and not p.is_symlink())
    if not parts:
        raise TableError(f"{path}: there is no Parquet file.", "Put the parts there.")
    return parts


def make_plan(
    source: EntitySource,
    regions: Regions,
    lattices: Sequence[Lattice],
    rows: int,
    *,
    where: str,
    engine: Engine = "auto",
    cache: Path | None = None,
) -> Plan:
    """What a source is counted by.

    Parameters
    ----------
    source
        The recipe; with ``[stream]``.
    regions
        The workspace's regions.
    lattices
        The hexagons of every hub that uses the source.
    rows
        How many there are, for the choice of the engine.
    where
        The recipe's path, for messages.
    engine, cache
        As for :func:`hubmap.layers.assign.assign_points`.

    Raises
    ------
    RecipeError
        The recipe asks for what batches cannot do.
    """
    columns = source.columns
    if source.stream is None or source.place != "point" or not (columns.lon and columns.lat):
        raise RecipeError(
            f"{where}: a source in parts is placed by coordinates.",
            "Add [stream], and name `lon` and `lat` under [columns].",
        )
    if source.precision_m is None or source.datum == "unknown":
        raise RecipeError(
            f"{where}: a source in parts has one precision and one known datum.",
            "Set `precision_m` and `datum`.",
        )
    per_row = [k for k in ("precision_m", "region", "city", "unit", "home") if getattr(columns, k)]
    if per_row:
        raise RecipeError(
            f"{where}: key `columns.{per_row[0]}`: a source in parts cannot have it.",
            "Remove the key, or convert the source to one file.",
        )
    leaves = regions[regions["leaf"]].sort_index()
    shapes = leaves.geometry.to_numpy()
    return Plan(source, Locator(shapes, choose_engine(shapes, rows, engine), cache), lattices)


def plan_key(plan: Plan) -> str:
    """The fingerprint of all that decides how a part is counted."""
    from hubmap.assign.cache import grid_digest

    digest = hashlib.sha256(_FORMAT.encode())
    digest.update(plan.source.model_dump_json().encode())
    digest.update(grid_digest(plan.locator.shapes).encode())
    for lattice in plan.lattices:
        digest.update(f"{lattice.hub} {lattice.area_km2!r} {lattice.cells}".encode())
        digest.update(lattice.wkb + lattice.districts.tobytes())
    return digest.hexdigest()


def count_part(plan: Plan, path: Path, digest: str) -> Tally:
    """Count one file."""
    streaming = plan.source.stream
    if streaming is None:
        raise RecipeError("A source in parts needs [stream].")
    tally, sample = plan.empty(), Sample(streaming.sample, streaming.least)
    seed, start = int(digest[:16], 16), 0
    try:
        with pq.ParquetFile(path) as file:
            missing = require_columns(file.schema_arrow.names, plan.columns, path)
            if missing:
                raise missing[0]
            for batch in file.iter_batches(_BATCH, columns=plan.columns):
                count_batch(plan, batch, start, seed, tally, sample)
                start += batch.num_rows
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise TableError(f"{path}: not readable Parquet: {reason}.", "Write it again.") from None
    tally.sample = sample.table()
    return tally.ordered()


def count_source(
    plan: Plan, parts: Sequence[Path], folder: Path, say: Callable[[str], None] = lambda _: None
) -> Tally:
    """Count all parts, keeping each one's tally, and add them up.

    Parameters
    ----------
    plan
        How.
    parts
        The files.
    folder
        Where tallies are kept; deleting it is always safe.
    say
        Told of progress: rows, rate, remaining time.

    Returns
    -------
    Tally
        The same to the last bit whether or not it was interrupted: it is added up from the kept
        tallies, in the order of the parts.
    """
    key, like = plan_key(plan)[:16], plan.empty()
    total = sum(pq.read_metadata(part).num_rows for part in parts)
    kept: list[Path] = []
    done = counted = 0
    began = time.monotonic()
    for number, part in enumerate(parts, 1):
        digest = file_digest(part)
        path = folder / f"{digest[:24]}-{key}.npz"
        kept.append(path)
        rows = pq.read_metadata(part).num_rows
        if Tally.read(path, like) is None:
            count_part(plan, part, digest).write(path)
            counted += rows
        done += rows
        rate = counted / max(time.monotonic() - began, 1e-3)
        left = f", {(total - done) / rate:.0f} s left" if counted else ""
        say(
            f"part {number} of {len(parts)}: {done:,} of {total:,} rows"
            + (f", {rate / 1e6:.2f} M a second" if counted else ", kept from before")
            + left
        )
    for old in folder.glob("*.npz"):
        if old not in kept:
            old.unlink(missing_ok=True)
    whole = plan.empty()
    streaming = plan.source.stream
    sample = Sample(streaming.sample, streaming.least) if streaming else Sample(1, 1)
    tables: list[pa.Table] = []
    for path in kept:
        tally = Tally.read(path, like)
        if tally is None:
            raise TableError(f"{path}: vanished during the build.", "Build again.")
        whole.add(tally)
        if tally.sample is not None:
            tables.append(tally.sample)
    whole = whole.ordered()
    for table in tables:
        sample.add(_restratified(table, whole.groups, len(plan.locator.shapes)))
    whole.sample = sample.table()
    return whole


def _restratified(table: pa.Table, groups: list[str], districts: int) -> pa.Table:
    """A part's sample with strata by the whole source's groups."""
    place = {name: k for k, name in enumerate(groups)}
    category = np.array([place[name] for name in table["_category"].to_pylist()], dtype=np.int64)
    group = 2 * category + table["_case"].to_numpy().astype(np.int64)
    stratum = group * districts + table["_district"].to_numpy().astype(np.int64)
    at = table.schema.get_field_index("_stratum")
    return table.set_column(at, "_stratum", pa.array(stratum))
