"""One batch of rows: read its columns, refuse what is wrong, place it, count it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from hubmap.assign.engine import Locator
from hubmap.errors import TableError
from hubmap.geodesy import to_wgs84
from hubmap.layers.assign import Shore
from hubmap.stream.coast import Coast, edges_on, make_coast
from hubmap.stream.compiled import UNSURE, kernel
from hubmap.stream.sketch import add, mixed, printed
from hubmap.stream.tally import FIRST_YEAR, MONTHS, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hubmap.geodata.recipe import EntitySource
    from hubmap.stream.lattice import Lattice
    from hubmap.stream.sample import Sample

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Prints = NDArray[np.uint64]

MOST_GROUPS = 64
# Wider than any metre of latitude or longitude below 60° needs, in degrees a metre.
_DEGREES_A_METRE = 1 / 50_000


@dataclass(frozen=True, eq=False)
class Plan:
    """All that batches are counted by; made once.

    Attributes
    ----------
    source
        The recipe.
    locator
        Over the districts, in the order of their codes.
    lattices
        The hexagons of every hub that uses the source.
    """

    source: EntitySource
    locator: Locator
    lattices: Sequence[Lattice]

    @cached_property
    def reach_m(self) -> float:
        """How far outside every outline a point may lie."""
        return self.source.precision_m or 0.0

    @cached_property
    def shore(self) -> Shore:
        """The outlines on their plane."""
        return Shore(self.locator.shapes)

    @cached_property
    def near(self) -> Locator:
        """Tells which points can be near an outline at all, so that few are measured."""
        reach = self.reach_m + float(edges_on(self.locator.shapes, self.shore)[2][:, 4].max())
        wide = shapely.buffer(self.locator.shapes, reach * _DEGREES_A_METRE, quad_segs=2)
        return Locator(np.asarray(wide), self.locator.engine)

    @cached_property
    def compiled(self) -> bool:
        """Whether batches are counted by compiled loops; their answers are the same."""
        return self.locator.engine == "compiled"

    @cached_property
    def coast(self) -> Coast | None:
        """The edges near each place, for the compiled loop."""
        if not (self.compiled and self.reach_m):
            return None
        return make_coast(self.locator.shapes, self.shore, self.reach_m)

    def alone(self) -> Plan:
        """The same without what was made from it, to be sent to another process."""
        locator = Locator(self.locator.shapes, self.locator.engine)
        return Plan(self.source, locator, [lattice.alone() for lattice in self.lattices])

    @cached_property
    def columns(self) -> list[str]:
        """The columns that are read."""
        named = self.source.columns.model_dump().values()
        extra = (
            (self.source.stream.month, self.source.stream.employer) if self.source.stream else ()
        )
        names = [*named, *extra, *self.source.tags, *self.source.details]
        return list(dict.fromkeys(name for name in names if name))

    def empty(self) -> Tally:
        """A tally of nothing, of the right shape."""
        cells = [lattice.cells for lattice in self.lattices]
        return Tally.empty(len(self.locator.shapes), cells)


def count_batch(
    plan: Plan, batch: pa.RecordBatch, start: int, seed: int, tally: Tally, sample: Sample
) -> None:
    """Count one batch.

    Parameters
    ----------
    plan
        How.
    batch
        Rows with the plan's columns.
    start, seed
        The first row's number in its part, and the part's own seed: they make the priorities.
    tally, sample
        What is added to.
    """
    columns, streaming = plan.source.columns, plan.source.stream
    rows = tally.rows
    rows["read"] += batch.num_rows
    right = np.ones(batch.num_rows, dtype=bool)

    def refuse(wrong: Bools, reason: str) -> None:
        rows[f"rejected: {reason}"] += int(np.count_nonzero(wrong & right))
        right[wrong] = False

    lon, lat = _floats(batch, columns.lon), _floats(batch, columns.lat)
    refuse(~(np.isfinite(lon) & np.isfinite(lat)), "coordinates")
    refuse(~((np.abs(lat) <= 90) & (np.abs(lon) <= 180)), "beyond the globe")
    month = np.zeros(batch.num_rows, dtype=np.int64)
    if streaming and streaming.month:
        month = _months(batch.column(streaming.month))
        refuse(month < 0, "month")
    weight = np.ones(batch.num_rows)
    if columns.weight:
        weight = _floats(batch, columns.weight)
        refuse(~((weight >= 0) & np.isfinite(weight)), "weight")
    names, category = _categories(batch, columns.category)
    tally.with_groups(names)
    if len(tally.groups) > MOST_GROUPS:
        raise TableError(
            f"The column `{columns.category}` has more than {MOST_GROUPS} categories.",
            "Name a coarser column under [columns] category.",
        )
    group = 2 * np.array([tally.groups.index(name) for name in names])[category]
    group += _flags(batch, columns.case) if columns.case else 1

    kept = np.arange(batch.num_rows) if right.all() else np.flatnonzero(right)
    lon, lat = to_wgs84(lon[kept], lat[kept], plan.source.datum)
    district, rows_near = _districts(plan, lon, lat)
    placed = np.flatnonzero(district >= 0)
    rows["within"] += len(placed) - rows_near
    rows["sea"] += rows_near
    rows["outside"] += len(kept) - len(placed)
    kept = kept[placed]
    found = _Placed(
        kept, lon[placed], lat[placed], district[placed], group[kept], month[kept],
        weight[kept] if columns.weight else None,
    )  # fmt: skip
    prints, stated = np.empty(0, np.uint64), np.empty(0, np.bool_)
    if streaming and streaming.employer:
        prints, stated = _employers(batch.column(streaming.employer), found.row)
    origin = np.uint64(start), np.uint64(seed)
    few, priority = (_count_compiled if plan.compiled else _count)(
        plan, found, tally, sample, (prints, stated), origin
    )
    _choose(batch, found, few, priority, tally, sample)


class _Placed(NamedTuple):
    """The rows of a batch that have a district: their numbers in it, and what is counted."""

    row: NDArray[np.int64]
    lon: Floats
    lat: Floats
    district: NDArray[np.int32]
    group: NDArray[np.int64]
    month: NDArray[np.int64]
    weight: Floats | None


def _districts(plan: Plan, lon: Floats, lat: Floats) -> tuple[NDArray[np.int32], int]:
    """The district of each point, or -1, and how many of them lie in none but near one."""
    district = plan.locator.locate(lon, lat)
    lost = np.flatnonzero(district < 0)
    if len(lost) and plan.reach_m:
        at, coast = (lon[lost], lat[lost]), plan.coast
        if coast is None:
            lost = lost[plan.near.locate(*at) >= 0]
            unsure = np.arange(len(lost))
            near = np.full(len(lost), UNSURE, dtype=np.int32)
        else:
            near = np.empty(len(lost), dtype=np.int32)
            kernel("nearest_rows")(*at, *coast, plan.reach_m, near)
            unsure = np.flatnonzero(near == UNSURE)
        reach = np.full(len(unsure), plan.reach_m)
        near[unsure] = plan.shore.nearest(lon[lost[unsure]], lat[lost[unsure]], reach)
        district[lost] = near
    return district, int(np.count_nonzero(district[lost] >= 0))


def _count(
    plan: Plan,
    found: _Placed,
    tally: Tally,
    sample: Sample,
    employers: tuple[Prints, Bools],
    origin: tuple[np.uint64, np.uint64],
) -> tuple[NDArray[np.intp], Prints]:
    """Count rows with NumPy; returns those offered to the sample, and their priorities."""
    groups, districts = tally.districts.shape[:2]
    key = (found.group * districts + found.district) * MONTHS + found.month
    counted = np.bincount(key, found.weight, groups * districts * MONTHS)
    tally.districts += counted.reshape(tally.districts.shape)
    for k, lattice in enumerate(plan.lattices):
        inside = np.flatnonzero(lattice.districts[found.district])
        place = found.group[inside] * lattice.cells
        place += lattice.places(found.lon[inside], found.lat[inside])
        weight = None if found.weight is None else found.weight[inside]
        shape = tally.cells[k].shape
        tally.cells[k] += np.bincount(place, weight, groups * lattice.cells).reshape(shape)
    prints, stated = employers
    if len(prints):
        add(tally.sketches, found.district[stated], mixed(prints[stated]))
    start, seed = origin
    priority = mixed((found.row.astype(np.uint64) + start) ^ seed)
    stratum = found.group * np.int64(districts) + found.district
    few = sample.wanted(priority, stratum)
    return few, priority[few]


def _count_compiled(
    plan: Plan,
    found: _Placed,
    tally: Tally,
    sample: Sample,
    employers: tuple[Prints, Bools],
    origin: tuple[np.uint64, np.uint64],
) -> tuple[NDArray[np.intp], Prints]:
    """The same in compiled loops."""
    rows, weight = len(found.row), np.empty(0) if found.weight is None else found.weight
    # Sums of weights round: they are taken batch by batch, in the order NumPy takes them.
    whole = found.weight is None
    counts = tally.districts if whole else np.zeros_like(tally.districts)
    chosen, priority = np.empty(rows, np.int64), np.empty(rows, np.uint64)
    prints, stated = employers
    many = kernel("count_rows")(
        found.group, found.district, found.month, found.row, weight, counts,
        prints, stated.view(np.uint8), tally.sketches, *origin, *sample.limits(), chosen, priority,
    )  # fmt: skip
    if not whole:
        tally.districts += counts
    places = np.empty(rows, dtype=np.int32)
    for k, lattice in enumerate(plan.lattices):
        kernel("place_rows")(
            found.lon, found.lat, found.district, lattice.districts, *lattice.charted, places
        )
        unsure = np.flatnonzero(places == UNSURE)
        places[unsure] = lattice.places(found.lon[unsure], found.lat[unsure])
        cells = tally.cells[k] if whole else np.zeros_like(tally.cells[k])
        kernel("add_places")(found.group, places, weight, cells)
        if not whole:
            tally.cells[k] += cells
    return chosen[:many], priority[:many]


def _choose(
    batch: pa.RecordBatch,
    found: _Placed,
    few: NDArray[np.intp],
    priority: Prints,
    tally: Tally,
    sample: Sample,
) -> None:
    """Offer rows to the sample, with all their columns."""
    stratum = found.group[few] * np.int64(len(tally.sketches)) + found.district[few]
    taken = pa.Table.from_batches([batch]).take(pa.array(found.row[few]))
    for name, values in {
        "_priority": priority,
        "_stratum": stratum,
        "_district": found.district[few],
        "_lon": found.lon[few],
        "_lat": found.lat[few],
        "_case": found.group[few] % 2 == 1,
    }.items():
        taken = taken.append_column(name, pa.array(values))
    labels = pa.array([tally.groups[k] for k in found.group[few] // 2], pa.string())
    sample.add(taken.append_column("_category", labels))


def _employers(column: pa.Array, row: NDArray[np.int64]) -> tuple[Prints, Bools]:
    """A number for each row's employer, to be mixed, and whether one is stated."""
    stated = np.ones(len(row), dtype=bool)
    if column.null_count:
        stated = np.asarray(column.is_valid())[row]
    if pa.types.is_integer(column.type):
        values = column.fill_null(0) if column.null_count else column
        return printed(values.to_numpy(zero_copy_only=False)[row]), stated
    # A name is hashed once for the batch, however often it stands there.
    coded = _encoded(column)
    prints = printed(coded.dictionary.to_numpy(zero_copy_only=False))
    codes = coded.indices.fill_null(0).to_numpy(zero_copy_only=False)[row]
    if not len(prints):
        return np.zeros(len(row), np.uint64), stated
    return prints[codes], stated


def _floats(batch: pa.RecordBatch, column: str) -> Floats:
    values = batch.column(column)
    try:
        numbers = pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        raise TableError(
            f"The column `{column}` holds what is no number: {str(error).splitlines()[0]}.",
            "Write it as numbers.",
        ) from None
    return np.asarray(numbers, dtype=np.float64)


def _flags(batch: pa.RecordBatch, column: str) -> NDArray[np.int64]:
    values = batch.column(column)
    if not pa.types.is_boolean(values.type):
        raise TableError(f"The column `{column}` is {values.type}.", "Write it as true and false.")
    return np.asarray(values.fill_null(False).to_numpy(zero_copy_only=False)).astype(np.int64)


def _categories(batch: pa.RecordBatch, column: str) -> tuple[list[str], NDArray[np.int64]]:
    """The names there are, and which of them each row has; an absent one is empty."""
    if not column:
        return [""], np.zeros(batch.num_rows, dtype=np.int64)
    coded = _encoded(batch.column(column))
    names = ["" if name is None else str(name) for name in coded.dictionary.to_pylist()]
    codes = coded.indices.fill_null(len(names)).to_numpy(zero_copy_only=False).astype(np.int64)
    return [*names, ""] if coded.null_count else names, codes


def _encoded(values: pa.Array) -> pa.DictionaryArray:
    return values if pa.types.is_dictionary(values.type) else values.dictionary_encode()


def _months(values: pa.Array) -> NDArray[np.int64]:
    """Months since the first, from 1; 0 where none is stated, -1 where it cannot be read."""
    if pa.types.is_temporal(values.type):
        since = (pc.year(values).to_numpy(zero_copy_only=False) - FIRST_YEAR) * 12
        slot = since + pc.month(values).to_numpy(zero_copy_only=False)
        slot = np.where(np.isnan(slot), 0, np.where((slot < 1) | (slot >= MONTHS), -1, slot))
        return slot.astype(np.int64)
    coded = _encoded(values)
    slots = np.array([_month(word) for word in coded.dictionary.to_pylist()] + [0])
    found: NDArray[np.int64] = slots[
        coded.indices.fill_null(len(slots) - 1).to_numpy(zero_copy_only=False).astype(np.int64)
    ]
    return found


def _month(word: object) -> int:
    text = str(word or "").strip()
    if not text:
        return 0
    year, _, rest = text.partition("-")
    number = rest[:2]
    if not (len(year) == 4 and year.isdecimal() and len(number) == 2 and number.isdecimal()):
        return -1
    slot = (int(year) - FIRST_YEAR) * 12 + int(number)
    return slot if 1 <= slot < MONTHS and 1 <= int(number) <= 12 else -1
