"""One batch of rows: read its columns, refuse what is wrong, place it, count it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import shapely

from hubmap.assign.engine import Locator
from hubmap.errors import TableError
from hubmap.geodesy import to_wgs84
from hubmap.layers.assign import Shore
from hubmap.stream.coast import Coast, edges_on, make_coast
from hubmap.stream.columns import Coded, Employers, categories, flags, floats, months
from hubmap.stream.compiled import UNSURE, kernel
from hubmap.stream.lattice import Charts, charts_of
from hubmap.stream.sketch import add, mixed
from hubmap.stream.tally import MONTHS, Tally

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

    @cached_property
    def charts(self) -> Charts:
        """The hexagons of all hubs, for the compiled loop."""
        return charts_of(self.lattices)

    @cached_property
    def first_cells(self) -> list[int]:
        """Where each hub's hexagons begin in a tally's, and where the last ones end."""
        return [0, *np.cumsum([lattice.cells for lattice in self.lattices]).tolist()]

    @cached_property
    def employers(self) -> Employers:
        """Remembers the names it met last."""
        return Employers()

    @property
    def words(self) -> list[str]:
        """The columns of few distinct words, which are best read as such."""
        streaming = self.source.stream
        named = (streaming.month, streaming.employer) if streaming else ()
        return [name for name in (self.source.columns.category, *named) if name]

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
        return Tally.empty(len(self.locator.shapes), self.first_cells[-1])


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
    wrong: Bools | None = None

    def refuse(these: Bools, reason: str) -> None:
        nonlocal wrong
        new = these if wrong is None else these & ~wrong
        rows[f"rejected: {reason}"] += int(np.count_nonzero(new))
        wrong = these if wrong is None else these | wrong

    lon, lat = floats(batch, columns.lon), floats(batch, columns.lat)
    if not _on_the_globe(lon, lat):
        refuse(~(np.isfinite(lon) & np.isfinite(lat)), "coordinates")
        refuse(~((np.abs(lat) <= 90) & (np.abs(lon) <= 180)), "beyond the globe")
    dated = batch.column(streaming.month) if streaming and streaming.month else None
    month = months(dated, batch.num_rows)
    if month.values.min() < 0:
        refuse(month.values[month.codes] < 0, "month")
    weight = floats(batch, columns.weight) if columns.weight else np.empty(0)
    if columns.weight:
        refuse(~((weight >= 0) & np.isfinite(weight)), "weight")
    names, codes = categories(batch, columns.category)
    tally.with_groups(names)
    if len(tally.groups) > MOST_GROUPS:
        raise TableError(
            f"The column `{columns.category}` has more than {MOST_GROUPS} categories.",
            "Name a coarser column under [columns] category.",
        )
    category = Coded(np.array([2 * tally.groups.index(name) for name in names], np.int64), codes)
    case = flags(batch, columns.case) if columns.case else np.ones(batch.num_rows, np.uint8)

    if wrong is None:
        lon, lat = to_wgs84(lon, lat, plan.source.datum)
    else:
        # Rows that are refused lie nowhere.
        right, at = np.flatnonzero(~wrong), np.full((2, batch.num_rows), np.nan)
        at[:, right] = to_wgs84(lon[right], lat[right], plan.source.datum)
        lon, lat = at
    district, near = _districts(plan, lon, lat)
    placed = int(np.count_nonzero(district >= 0))
    rows["within"] += placed - near
    rows["sea"] += near
    rows["outside"] += batch.num_rows - placed
    if wrong is not None:
        rows["outside"] -= int(np.count_nonzero(wrong))
    prints, stated = np.empty(0, np.uint64), np.empty(0, np.uint8)
    if streaming and streaming.employer:
        prints, stated = plan.employers(batch.column(streaming.employer))
    found = _Rows(lon, lat, district, category, case, month, weight, prints, stated)
    origin = np.uint64(start), np.uint64(seed)
    few, priority = (_count_compiled if plan.compiled else _count)(
        plan, found, tally, sample, origin
    )
    _choose(batch, found, few, priority, tally, sample)


class _Rows(NamedTuple):
    """The rows of a batch; those refused or outside have the district -1.

    ``weight`` is empty where all weigh one, ``prints`` and ``stated`` where no employer is read.
    """

    lon: Floats
    lat: Floats
    district: NDArray[np.int32]
    category: Coded
    case: NDArray[np.uint8]
    month: Coded
    weight: Floats
    prints: Prints
    stated: NDArray[np.uint8]

    def group(self, row: NDArray[np.intp]) -> NDArray[np.int64]:
        """The group of some rows."""
        return self.category.rows(row) + self.case[row]


def _on_the_globe(lon: Floats, lat: Floats) -> bool:
    """Whether every row is; what is no number is not."""
    if not len(lon):
        return True
    return bool(lon.min() >= -180 and lon.max() <= 180 and lat.min() >= -90 and lat.max() <= 90)


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
        if len(unsure):
            reach = np.full(len(unsure), plan.reach_m)
            near[unsure] = plan.shore.nearest(lon[lost[unsure]], lat[lost[unsure]], reach)
        district[lost] = near
    return district, int(np.count_nonzero(district[lost] >= 0))


def _count(
    plan: Plan, found: _Rows, tally: Tally, sample: Sample, origin: tuple[np.uint64, np.uint64]
) -> tuple[NDArray[np.intp], Prints]:
    """Count rows with NumPy; returns those offered to the sample, and their priorities."""
    row = np.flatnonzero(found.district >= 0)
    group, district = found.group(row), found.district[row]
    weight = found.weight[row] if len(found.weight) else None
    groups, districts = tally.districts.shape[:2]
    key = (group * districts + district) * MONTHS + found.month.rows(row)
    counted = np.bincount(key, weight, groups * districts * MONTHS)
    tally.districts += counted.reshape(tally.districts.shape)
    for first, lattice in zip(plan.first_cells, plan.lattices, strict=False):
        inside = np.flatnonzero(lattice.districts[district])
        place = group[inside] * lattice.cells
        place += lattice.places(found.lon[row[inside]], found.lat[row[inside]])
        counted = np.bincount(
            place, None if weight is None else weight[inside], groups * lattice.cells
        )
        tally.cells[:, first : first + lattice.cells] += counted.reshape(groups, lattice.cells)
    if len(found.prints):
        told = found.stated[row] > 0
        add(tally.sketches, district[told], mixed(found.prints[row[told]]))
    start, seed = origin
    priority = mixed((row.astype(np.uint64) + start) ^ seed)
    few = sample.wanted(priority, group * np.int64(districts) + district)
    return row[few], priority[few]


def _count_compiled(
    plan: Plan, found: _Rows, tally: Tally, sample: Sample, origin: tuple[np.uint64, np.uint64]
) -> tuple[NDArray[np.intp], Prints]:
    """The same in compiled loops."""
    rows, charts = len(found.lon), plan.charts
    places = np.empty((rows, charts.deep), dtype=np.int32)
    unsure = kernel("place_rows")(
        found.lon, found.lat, found.district, charts.first, charts.which, charts.frames,
        charts.shapes, charts.nodes, places,
    )  # fmt: skip
    if unsure:
        row, at = np.nonzero(places == UNSURE)
        which = charts.which[charts.first[found.district[row]] + at]
        for k, lattice in enumerate(plan.lattices):
            these = row[which == k]
            exact = lattice.places(found.lon[these], found.lat[these])
            places[these, at[which == k]] = exact + plan.first_cells[k]
    # Sums of weights round: they are taken batch by batch, in the order NumPy takes them.
    whole = not len(found.weight)
    counts = tally.districts if whole else np.zeros_like(tally.districts)
    cells = tally.cells if whole else np.zeros_like(tally.cells)
    chosen, priority = np.empty(rows, np.int64), np.empty(rows, np.uint64)
    many = kernel("count_rows")(
        found.district, *found.category, found.case, *found.month, found.weight, found.prints,
        found.stated, places, counts, cells, tally.sketches, *origin, *sample.limits(), chosen,
        priority,
    )  # fmt: skip
    if not whole:
        tally.districts += counts
        tally.cells += cells
    return chosen[:many], priority[:many]


def _choose(
    batch: pa.RecordBatch,
    found: _Rows,
    few: NDArray[np.intp],
    priority: Prints,
    tally: Tally,
    sample: Sample,
) -> None:
    """Offer rows to the sample, with all their columns."""
    group, district = found.group(few), found.district[few]
    taken = pa.Table.from_batches([batch]).take(pa.array(few))
    for name, values in {
        "_priority": priority,
        "_stratum": group * np.int64(len(tally.sketches)) + district,
        "_district": district,
        "_lon": found.lon[few],
        "_lat": found.lat[few],
        "_case": group % 2 == 1,
    }.items():
        taken = taken.append_column(name, pa.array(values))
    labels = pa.array(tally.groups, pa.string()).take(pa.array(group // 2))
    sample.add(taken.append_column("_category", labels))
