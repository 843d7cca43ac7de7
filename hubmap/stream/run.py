"""A whole source, part by part: what was counted stays counted, whenever it is interrupted."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa

from hubmap.assign.engine import Locator, choose_engine
from hubmap.errors import RecipeError
from hubmap.geodata.read import require_columns
from hubmap.stream.batch import Plan, count_batch
from hubmap.stream.parts import Part
from hubmap.stream.progress import Progress
from hubmap.stream.sample import Sample
from hubmap.stream.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from hubmap.assign.engine import Engine
    from hubmap.geodata.recipe import EntitySource
    from hubmap.stream.lattice import Lattice
    from hubmap.tables import Regions

# Another number whenever the same rows would be counted otherwise.
FORMAT = "hubmap stream 3"
_BATCH = 1 << 17
T = TypeVar("T")


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
    if source.place != "point":
        raise RecipeError(
            f"{where}: key `place` = {source.place!r}: a source in parts is placed by coordinates.",
            "Remove the key, or convert the source to one file.",
        )
    if source.stream is None or not (columns.lon and columns.lat):
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
    asked = [
        key
        for key, on in (("classify", source.classify), ("duplicates", source.duplicates.any))
        if on
    ]
    if asked:
        raise RecipeError(
            f"{where}: key `{asked[0]}`: a source in parts is counted batch by batch and cannot "
            "have it.",
            "Remove the key, or convert the source to one file.",
        )
    leaves = regions[regions["leaf"]].sort_index()
    shapes = leaves.geometry.to_numpy()
    return Plan(source, Locator(shapes, choose_engine(shapes, rows, engine), cache), lattices)


def plan_key(plan: Plan) -> str:
    """The fingerprint of all that decides how a part is counted."""
    from hubmap.assign.cache import grid_digest

    digest = hashlib.sha256(FORMAT.encode())
    digest.update(plan.source.model_dump_json().encode())
    digest.update(grid_digest(plan.locator.shapes).encode())
    for lattice in plan.lattices:
        digest.update(f"{lattice.hub} {lattice.area_km2!r} {lattice.cells}".encode())
        digest.update(lattice.wkb + lattice.districts.tobytes())
    return digest.hexdigest()


def count_part(plan: Plan, part: Part, tell: Callable[[int], None] = lambda _: None) -> Tally:
    """Count one file.

    Parameters
    ----------
    plan, part
        How, and what.
    tell
        Told of the rows of each batch.
    """
    streaming = plan.source.stream
    if streaming is None:
        raise RecipeError("A source in parts needs [stream].")
    tally, sample = plan.empty(), Sample(streaming.sample, streaming.least)
    start = 0
    with part.reading(plan.words) as stored:
        seed, file = stored.seed, stored.file
        missing = require_columns(file.schema_arrow.names, plan.columns, part.where)
        if missing:
            raise missing[0]
        # One thread: there is as much to do for the processor in counting as in reading.
        for batch in file.iter_batches(_BATCH, columns=plan.columns, use_threads=False):
            count_batch(plan, batch, start, seed, tally, sample)
            start += batch.num_rows
            tell(batch.num_rows)
    tally.sample = sample.table()
    return tally.ordered()


def added(plan: Plan, one: Tally, other: Tally) -> Tally:
    """Two tallies, each of one part or of several in a row, as one."""
    whole = plan.empty()
    whole.add(one)
    whole.add(other)
    whole = whole.ordered()
    streaming = plan.source.stream
    sample = Sample(streaming.sample, streaming.least) if streaming else Sample(1, 1)
    for table in (one.sample, other.sample):
        if table is not None:
            sample.add(_restratified(table, whole.groups, len(plan.locator.shapes)))
    whole.sample = sample.table()
    return whole


def reduced(tallies: Iterable[T], add: Callable[[T, T], T]) -> T:
    """Add up one by one, in the shape of a tree that depends on their number alone.

    Sums of weights round, so that the order in which they are taken is part of the answer: it is
    the same for one process and for a cluster. Of n tallies about log₂ n are held at a time.
    """
    waiting: list[tuple[int, T]] = []
    for tally in tallies:
        rank, whole = 0, tally
        while waiting and waiting[-1][0] == rank:
            whole = add(waiting.pop()[1], whole)
            rank += 1
        waiting.append((rank, whole))
    _, whole = waiting.pop()
    while waiting:
        whole = add(waiting.pop()[1], whole)
    return whole


def count_source(
    plan: Plan,
    parts: Sequence[Part],
    folder: Path,
    say: Callable[[str], None] = lambda _: None,
    *,
    digest: Callable[[Part], str] = Part.digest,
    cluster: str = "",
) -> Tally:
    """Count all parts and add them up.

    Parameters
    ----------
    plan
        How.
    parts
        The files.
    folder
        Where each part's tally is kept, and a cluster's sum; deleting it is always safe.
    say
        Told of progress: rows, rate, remaining time.
    digest
        The fingerprint of a part.
    cluster
        The address of a Dask scheduler, ``local``, or nothing.

    Returns
    -------
    Tally
        The same to the last bit whether or not it was interrupted, and wherever it was counted.
    """
    key, like = plan_key(plan)[:16], plan.empty()
    progress = Progress([part.rows() for part in parts], say)
    digests = [digest(part) for part in parts]
    every = hashlib.sha256(" ".join(digests).encode()).hexdigest()
    total = folder / f"all-{every[:24]}-{key}.npz"
    paths = [folder / f"{one[:24]}-{key}.npz" for one in digests]
    for old in folder.glob("*.npz"):
        if old not in paths and old != total:
            old.unlink(missing_ok=True)
    known = Tally.read(total, like)
    if known is not None:
        return known
    if cluster:
        from hubmap.stream.cluster import count_on

        whole = count_on(cluster, plan, parts, paths, progress)
        whole.write(total)
        return whole

    def tallies() -> Iterator[Tally]:
        for number, (part, path) in enumerate(zip(parts, paths, strict=True)):
            progress.part(number)
            tally = Tally.read(path, like)
            if tally is None:
                tally = count_part(plan, part, progress.rows)
                tally.write(path)
            else:
                progress.kept(number)
            yield tally

    return reduced(tallies(), partial(added, plan))


def _restratified(table: pa.Table, groups: list[str], districts: int) -> pa.Table:
    """A part's sample with strata by the whole source's groups."""
    place = {name: k for k, name in enumerate(groups)}
    category = np.array([place[name] for name in table["_category"].to_pylist()], dtype=np.int64)
    group = 2 * category + table["_case"].to_numpy().astype(np.int64)
    stratum = group * districts + table["_district"].to_numpy().astype(np.int64)
    at = table.schema.get_field_index("_stratum")
    return table.set_column(at, "_stratum", pa.array(stratum))
