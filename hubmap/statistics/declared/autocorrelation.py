"""Whether high values lie side by side, and where: Moran's I, hot spots."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from hubmap.statistics.arrays import Bools, Floats, Ints, two_sided_p
from hubmap.statistics.autocorrelation import moran_permuted, standardised_rates
from hubmap.statistics.declared.districts import GIVE_IT, DistrictStatistic, Tally
from hubmap.statistics.declared.support import (
    NO_OUTLINE,
    SHIFTED,
    Placed,
    PointStatistic,
    estimate,
    shifted,
)
from hubmap.statistics.guard import WITHHOLD_BELOW
from hubmap.statistics.localstats import conditional_p, false_discovery, getis_ord
from hubmap.statistics.minimum import MINIMUM, shortfall
from hubmap.statistics.model import Estimate, Level, Records, Statistic, World, Zone
from hubmap.statistics.pointpattern.window import Grid, coverage, grid_over
from hubmap.statistics.weights import contiguity_weights, grid_weights, lag, pair_weights

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubmap.statistics.weights import Weights

SNAP_M = 250.0
"""Districts this near are neighbours: outlines are simplified, and rivers part them."""
HALF_LAND = 0.5
"""A cell of the grid counts as land from this share on, or where it holds a record."""


class _Rates(DistrictStatistic):
    """What Moran's I and its local form share: rates of neighbouring districts."""

    question = "Where are the hot spots?"

    def rates(
        self, zone: Zone, records: Records, world: World
    ) -> tuple[Tally, Floats, Weights, Bools] | Estimate:
        """Standardised rates of the districts with neighbours, and their weights."""
        tally = self.tally(zone, records, world)
        if not isinstance(tally, Tally):
            return tally
        # A district without residents (a port, an airport) has no rate.
        known = tally.people > 0
        if tally.counts[known].sum() < WITHHOLD_BELOW * tally.counts.sum():
            why = f"the census population of most districts is not known: {GIVE_IT}"
            return self.refuse(records, why, tally.n, tally.share)
        if not all(code in world.land for code in tally.codes):
            return self.refuse(records, NO_OUTLINE, tally.n, tally.share)
        key = ("contiguity", tally.codes)
        if key not in world.memo:
            shapes = [world.land[code] for code in tally.codes]
            world.memo[key] = contiguity_weights(shapes, snap_m=SNAP_M)
        weights = world.memo[key]
        linked = known & np.asarray(weights.dot(known.astype(float)) > 0)
        name = str(getattr(self, "name", ""))
        beside = "districts with a neighbour"
        if few := shortfall(name, records.noun, units=int(linked.sum()), unit_noun=beside):
            return self.refuse(records, few, tally.n, tally.share)
        kept = np.flatnonzero(linked)
        weights = weights[kept][:, kept].tocoo()
        weights = pair_weights(weights.row, weights.col, kept.size, style="row")
        return tally, standardised_rates(tally.counts[kept], tally.people[kept]), weights, linked


class Moran(_Rates):
    """Whether districts with high rates lie side by side."""

    name: Literal["moran"] = "moran"
    levels: ClassVar[tuple[Level, ...]] = ("hub",)
    unit: ClassVar[str] = "index"
    help: ClassVar[str] = "above 0: districts with many per resident adjoin others with many"
    formula: ClassVar[str] = "(n / S₀) z'Wz / z'z of empirical-Bayes standardised rates, queen"
    reference: ClassVar[str] = "Assunção & Reis 1999, Statistics in Medicine 18, 2147-2162"
    interval: ClassVar[str] = "none; the note gives the permutation null and its two-sided p"
    varied: ClassVar[str] = SHIFTED
    checks: ClassVar[str] = "spdep 1.2-7 EBImoran.mc on nc_sids and moran.test on columbus, 1e-10"
    draws: int = Field(999, ge=99, le=99_999, description="permutations of the null")
    seed: int = Field(0, ge=0, description="of the permutations")

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        return shifted(self.model_copy(update={"draws": 99}))

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        found = self.rates(zone, records, world)
        if isinstance(found, Estimate):
            return found
        tally, values, weights, linked = found
        result = moran_permuted(values, weights, draws=self.draws, seed=self.seed)
        alone = int((~linked).sum())
        told = (
            f"by chance {result.low:.3f} to {result.high:.3f}, p = {result.p:.3g} "
            f"({self.draws} permutations, seed {self.seed})",
            f"{alone} districts without neighbours or census population left out" if alone else "",
        )
        label = f"census residents of {values.size} districts ({tally.people_year})"
        return estimate(self, tally, result.value, None, label, *told)


class LocalMoran(_Rates):
    """How many districts stand out together with their neighbours."""

    name: Literal["local_moran"] = "local_moran"
    levels: ClassVar[tuple[Level, ...]] = ("hub",)
    unit: ClassVar[str] = "districts"
    help: ClassVar[str] = "districts whose rates and neighbours' rates are both high beyond chance"
    formula: ClassVar[str] = "zᵢ (Wz)ᵢ / m₂; conditional permutation, Benjamini-Hochberg at 5 %"
    reference: ClassVar[str] = "Anselin 1995, Geographical Analysis 27, 93-115"
    interval: ClassVar[str] = "none (a number of rejections)"
    checks: ClassVar[str] = "spdep 1.2-7 localmoran on columbus, 1e-9"
    draws: int = Field(9999, ge=999, le=99_999, description="conditional permutations")
    seed: int = Field(0, ge=0, description="of the permutations")

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        found = self.rates(zone, records, world)
        if isinstance(found, Estimate):
            return found
        tally, values, weights, linked = found
        hot = false_discovery(conditional_p(values, weights, draws=self.draws, seed=self.seed))
        hot &= (values > 0) & (lag(weights, values) > 0)
        codes = np.array(tally.codes)[linked][hot]
        names = [world.districts[code].name for code in codes if code in world.districts]
        told = ", ".join(names), f"{self.draws} permutations, seed {self.seed}"
        label = f"census residents of {values.size} districts with a neighbour"
        label = f"{label} ({tally.people_year})"
        return estimate(self, tally, float(hot.sum()), None, label, *told)


class HotSpots(PointStatistic):
    """How much lies in cells that are hot beyond chance."""

    name: Literal["hot_spots"] = "hot_spots"
    question = "Where are the hot spots?"
    told_by = ("cell_km",)
    unit: ClassVar[str] = "share"
    help: ClassVar[str] = "share of the records in hot cells of an equal-area grid over the land"
    formula: ClassVar[str] = "Gi* of counts, queen neighbours; Benjamini-Hochberg at 5 %"
    reference: ClassVar[str] = (
        "Ord & Getis 1995, Geographical Analysis 27, 286-306; Benjamini & Hochberg 1995"
    )
    interval: ClassVar[str] = "none; the range over cell sizes and origins stands in the note"
    varied: ClassVar[str] = (
        f"cells of half and twice the side, origins moved by half a cell, and {SHIFTED}"
    )
    checks: ClassVar[str] = "spdep 1.2-7 localG on columbus, 1e-9; silent in noise 93 % or more"
    scale: ClassVar[str] = "the side of a cell"
    cell_km: float = Field(4.0, gt=0.1, le=50, description="side of a cell")
    origin: float = Field(0.0, ge=0, lt=1, description="shift of the grid, in cells")

    @property
    def scale_m(self) -> float:
        return self.cell_km * 1000

    def variants(self) -> Iterable[tuple[Statistic, tuple[float, float]]]:
        for side, origin in ((0.5, 0.0), (2.0, 0.0), (1.0, 0.5)):
            changed = {"cell_km": self.cell_km * side, "origin": origin}
            yield self.model_copy(update=changed), (0.0, 0.0)
        yield from shifted(self)

    def of_points(self, found: Placed, zone: Zone, world: World, records: Records) -> Estimate:
        side = self.cell_km * 1000
        plain = grid_over(found.window, cell=side, margin=side)
        grid = Grid(
            plain.left - self.origin * side, plain.bottom - self.origin * side, side,
            plain.columns + 1, plain.rows + 1,
        )  # fmt: skip
        column = np.floor((found.x - grid.left) / side).astype(np.int64)
        row = np.floor((found.y - grid.bottom) / side).astype(np.int64)
        column, row = np.clip(column, 0, grid.columns - 1), np.clip(row, 0, grid.rows - 1)
        counts = np.bincount(row * grid.columns + column, minlength=grid.rows * grid.columns)
        counts = counts.reshape(grid.rows, grid.columns).astype(float)
        land = (coverage(found.window, grid) >= HALF_LAND) | (counts > 0)
        rows, columns = np.nonzero(land)
        why = shortfall(self.name, records.noun, units=rows.size, unit_noun="cells")
        if why:
            return self.refuse(records, why, found.n, found.share)
        values = counts[land]
        weights = grid_weights(columns, rows, include_self=True)
        z = getis_ord(values, weights)
        hot = false_discovery(two_sided_p(z)) & (z > 0)
        value = float(values[hot].sum() / values.sum())
        told = f"{int(hot.sum()):,} of {rows.size:,} cells of {self.cell_km:g} km are hot"
        return estimate(self, found, value, None, self.label(found, records), told)


def cell_columns(q: Ints, r: Ints, counts: Floats, *, land_share: Floats) -> tuple[Floats, Bools]:
    """Return Gi* of hexagons and which are hot, with false discoveries held to 5 %.

    Parameters
    ----------
    q, r
        Axial coordinates of the hexagons, shape (cells,).
    counts
        Records in each; where the guard refuses them give none.
    land_share
        Share of each hexagon that is land: those under half that hold nothing are left out.

    Returns
    -------
    tuple of Floats and Bools
        The z-score, NaN off the land and everywhere below the minimum data, and the hot cells.
    """
    z, hot = np.full(counts.size, np.nan), np.zeros(counts.size, dtype=np.bool_)
    kept = np.flatnonzero((land_share >= HALF_LAND) | (counts > 0))
    need = MINIMUM["hot_spots"]
    if kept.size < need.units or counts.sum() < need.records:
        return z, hot
    place = {(int(q[k]), int(r[k])): i for i, k in enumerate(kept)}
    pairs = [
        (i, other)
        for (a, b), i in place.items()
        for da, db in ((1, 0), (0, 1), (-1, 0), (0, -1), (1, -1), (-1, 1))
        if (other := place.get((a + da, b + db))) is not None
    ]
    left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    weights = pair_weights(left, right, kept.size, include_self=True)
    score = getis_ord(counts[kept], weights)
    z[kept] = score
    hot[kept] = false_discovery(two_sided_p(score)) & (score > 0)
    return z, hot
