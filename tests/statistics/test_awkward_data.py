"""Awkward data: nobody lives there, all alike, all on one line, in the sea, in pairs, or few.

Each is refused in words or counted as its definition says, against brute force where there is any;
no case ends in an error or in a number that rounding made.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import shapely
import worlds

from hubmap.statistics.agglomeration import ellison_glaeser
from hubmap.statistics.autocorrelation import geary, moran, moran_permuted, standardised_rates
from hubmap.statistics.centres import deviational_ellipse
from hubmap.statistics.concentration import area_holding, effective_number, hill, theil_split
from hubmap.statistics.declared.autocorrelation import Moran
from hubmap.statistics.declared.centres import EllipseElongation, StandardDistance
from hubmap.statistics.declared.concentration import HillNumber
from hubmap.statistics.declared.counts import PeopleWeightedDensity
from hubmap.statistics.declared.points import ClarkEvansRatio, PeakDensity
from hubmap.statistics.declared.proximity import ShareNear
from hubmap.statistics.declared.relative import PairDistances
from hubmap.statistics.intervals import poisson_exact, weighted_poisson
from hubmap.statistics.localstats import getis_ord, local_moran
from hubmap.statistics.minimum import MINIMUM, Minimum, shortfall
from hubmap.statistics.model import Records, World
from hubmap.statistics.pointpattern.jitter import dealt_within_cells
from hubmap.statistics.pointpattern.nearest import clark_evans
from hubmap.statistics.pointpattern.relative import kd_function, silverman
from hubmap.statistics.rates import shrink, shrink_local
from hubmap.statistics.weights import grid_weights, pair_weights

RING = shapely.box(0, 0, 10, 10).difference(shapely.box(3, 3, 7, 7))


@pytest.fixture(scope="module")
def around() -> World:
    return worlds.world(300)


def people(world: World, residents: dict[str, float]) -> World:
    """The world with other residents in some districts."""
    parts = {
        code: replace(part, population=residents.get(code, part.population))
        for code, part in world.districts.items()
    }
    # Records remember what was tallied of them in their own world: these begin anew.
    fresh = {kind: replace(records) for kind, records in world.records.items()}
    return World(fresh, world.land, parts, world.crs)


def test_where_nobody_lives_there_is_no_rate(around: World) -> None:
    cases, base = np.array([3.0, 0, 5, 2]), np.array([100.0, 0, 300, 50])
    some = base > 0
    ring = pair_weights([0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2], 4)
    alone = pair_weights([1, 2], [2, 1], 3)
    assert shrink(cases, base).rate[some] == pytest.approx(shrink(cases[some], base[some]).rate)
    near = shrink_local(cases, base, ring)
    assert near[some] == pytest.approx(shrink_local(cases[some], base[some], alone))
    assert np.isfinite(near).all()
    with pytest.raises(ValueError, match="1 units have no base"):
        standardised_rates(cases, base)
    empty = people(around, {"X100": 0.0})
    found = worlds.one(Moran(draws=99), worlds.HUB, empty.records["universities"], empty)
    assert found.value is not None
    assert "1 districts without neighbours or census population left out" in found.note


def test_values_all_alike_have_no_autocorrelation(around: World) -> None:
    column, row = (a.ravel() for a in np.meshgrid(np.arange(6), np.arange(6)))
    weights = grid_weights(column, row, style="row")
    own = grid_weights(column, row, include_self=True)
    # A tenth cannot be told in binary: rounding must not pass for spread.
    for alike in (np.full(36, 0.1), np.zeros(36), np.full(36, 1e9 + 0.1)):
        for found in (moran(alike, weights), geary(alike, weights)):
            assert math.isnan(found.value)
            assert math.isnan(found.p)
        assert math.isnan(moran_permuted(alike, weights, draws=99).p)
        assert np.isnan(getis_ord(alike, own)).all()
        assert np.isnan(local_moran(alike, weights).value).all()
    assert math.isnan(moran(np.arange(4.0), pair_weights([], [], 4)).value)
    # Three firms for each 1,000 residents everywhere.
    x = np.repeat([worlds.LAND[code].centroid.x for code in worlds.CODES], 3)
    y = np.repeat([worlds.LAND[code].centroid.y for code in worlds.CODES], 3)
    firms = worlds.records("companies", x, y, stated=True)
    even = people(around, dict.fromkeys(worlds.CODES, 3000.0))
    found = worlds.one(Moran(draws=99), worlds.HUB, firms, even)
    assert found.value is None
    assert "undefined" in str(found.withheld)


def test_a_tie_of_permutations_is_a_tie() -> None:
    # One firm in one of 36 cells: every permutation gives one of few values of I.
    column, row = (a.ravel() for a in np.meshgrid(np.arange(6), np.arange(6)))
    weights = grid_weights(column, row, style="row")
    value = np.zeros(36)
    value[14] = 0.1
    # All cells inside the board are alike, and most are inside: never rarer than they are.
    assert moran_permuted(value, weights, draws=999).p > 0.5


def test_pairs_at_one_address_are_no_division_by_nought(around: World) -> None:
    rng = np.random.default_rng(2)
    x, y = np.repeat(rng.uniform(0, 6 * worlds.SIDE, (2, 60)), 2, axis=1)
    firms = worlds.records("companies", x, y)
    found = worlds.one(ClarkEvansRatio(), worlds.HUB, firms)
    assert found.value == 0
    assert found.low == 0
    assert math.isnan(clark_evans([], [], window=RING).naive)
    assert math.isnan(clark_evans([1.0], [1.0], window=RING).donnelly)


def test_records_in_the_sea_are_left_out_and_then_too_few() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, 6 * worlds.SIDE, (2, 70))
    x[:30] += 7 * worlds.SIDE
    firms = worlds.records("companies", x, y)
    found = worlds.one(PeakDensity(), worlds.HUB, firms)
    assert found.withheld == (
        "only 40 companies, 50 are needed: take a larger zone or add records "
        "(30 off the land (in the sea) left out)"
    )
    x[:25] -= 7 * worlds.SIDE
    found = worlds.one(PeakDensity(), worlds.HUB, worlds.records("companies", x, y))
    assert found.n == 65
    assert found.share_used == pytest.approx(65 / 70)
    assert "5 off the land (in the sea) left out" in found.note


def test_places_on_one_line_have_no_ellipse() -> None:
    x = np.linspace(1000, 50_000, 60)
    firms = worlds.records("companies", x, 0.3 * x)
    found = worlds.one(EllipseElongation(), worlds.HUB, firms)
    assert found.value is None
    assert "one line" in str(found.withheld)
    assert math.isnan(deviational_ellipse([0.0, 1.0], [0.0, 1.0]).along_x)


def test_a_weight_is_a_repetition() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.uniform(0, 6 * worlds.SIDE, (2, 80))
    weight = rng.integers(1, 5, 80)
    once = worlds.records("companies", x, y, weight=weight.astype(float))
    often = worlds.records("companies", np.repeat(x, weight), np.repeat(y, weight))
    for statistic in (StandardDistance(), EllipseElongation(), PeakDensity()):
        a, b = (worlds.one(statistic, worlds.HUB, of) for of in (once, often))
        assert a.value == pytest.approx(b.value, rel=1e-9), statistic
        assert a.note.partition(";")[0] == b.note.partition(";")[0]


def test_pairs_far_apart_have_no_density_of_distances() -> None:
    far = np.arange(5) * 1000.0
    found = kd_function(far, far, r=[1.0, 10.0])
    assert np.isnan(found.value).all()
    # R's bw.nrd0 of values all alike: their own size stands for the spread.
    assert silverman([3.0, 3.0, 3.0]) == pytest.approx(0.9 * 3 * 3**-0.2)
    assert silverman([0.0, 0.0]) == pytest.approx(0.9 * 2**-0.2)


def test_the_precise_cases_count_not_only_the_pool(around: World) -> None:
    firms = around.records["companies"]
    cases = np.flatnonzero(firms.table["case"])
    vague = firms.table.assign(
        precision_m=np.where(firms.table.index.isin(cases[:60]), 9000.0, 100.0)
    )
    found = worlds.one(ShareNear(), worlds.HUB, replace(firms, table=vague), around)
    assert found.value is None
    assert str(found.withheld).startswith("only 40% of firms are placed to within 1,000 m")
    found = worlds.one(PairDistances(draws=99), worlds.HUB, replace(firms, table=vague), around)
    assert "only 40%" in str(found.withheld)
    # Nineteen cases among hundreds are too few for a share of them.
    few = firms.table.assign(case=firms.table.index.isin(cases[:19]))
    found = worlds.one(ShareNear(), worlds.HUB, replace(firms, table=few), around)
    assert found.withheld == "only 19 firms, 20 are needed: take a larger zone or add records"
    some = vague.assign(precision_m=np.where(vague.index.isin(cases[:30]), 9000.0, 100.0))
    found = worlds.one(ShareNear(), worlds.HUB, replace(firms, table=some), around)
    assert found.share_used == pytest.approx(0.7)
    assert found.n == 70
    assert "70% of firms used" in found.note


def test_concentration_of_none_is_undefined() -> None:
    for few in ([0, 0, 0], [1, 0, 0]):
        assert all(math.isnan(v) for v in vars(effective_number(few)).values())
    assert math.isnan(float(hill([0, 0], order=2)))
    assert math.isnan(area_holding([0, 0], [1, 1], share=0.5)[0])
    # Firms where there is no land: unevenness without bound, told as undefined.
    assert math.isinf(theil_split([1, 1], ["a", "a"], size=[1, 0]).total)
    assert math.isnan(ellison_glaeser([5, 9], [0, 0], [100]).gamma)


@pytest.mark.parametrize("order", [0, 2, 3, 7, 30, 400])
def test_hill_numbers_are_those_of_exact_fractions(order: int) -> None:
    counts = [50, 20, 20, 9, 1, 0]
    shares = [Fraction(c, 100) for c in counts if c]
    power = sum(s**order for s in shares)
    log = math.log(power.numerator) - math.log(power.denominator)
    assert float(hill(counts, order=order)) == pytest.approx(math.exp(log / (1 - order)), rel=1e-12)
    assert float(hill(counts, order=math.inf)) == 2
    stacked = hill(np.array([counts, counts[::-1], [0] * 6]), order=order)
    assert stacked[0] == pytest.approx(stacked[1])
    assert math.isnan(stacked[2])


def test_the_average_residents_density(around: World) -> None:
    # Two districts: 1,000 people beside 30 firms on 10 km², 3,000 beside 10 on 100 km².
    value, low, high = weighted_poisson([30, 10], np.array([1000 / 10, 3000 / 100]) / 4000)
    assert value == pytest.approx((1000 * 3 + 3000 * 0.1) / 4000)
    assert low < value < high
    for n in (0, 1, 12, 400):
        parts = np.array([n // 3, n - n // 3])
        same = weighted_poisson(parts, [0.5, 0.5])
        assert same[0] == n / 2
        assert np.array(same[1:]) * 2 == pytest.approx(np.array(poisson_exact(n)), rel=1e-11)
    firms = around.records["companies"]
    found = worlds.one(PeopleWeightedDensity(), worlds.HUB, firms, around)
    counts = firms.cases.table.groupby("district").size()
    lived = {code: part.population for code, part in worlds.PARTS.items()}
    want = sum(lived[code] * n / 100 for code, n in counts.items()) / sum(lived.values())
    assert found.value == pytest.approx(want)
    assert "census residents (2020)" in found.denominator
    unknown = people(around, {"X100": math.nan})
    found = worlds.one(PeopleWeightedDensity(), worlds.HUB, replace(firms), unknown)
    assert found.withheld == (
        "the census population of a district is not known: give it in the regions' table"
    )


def test_points_are_dealt_within_their_cells() -> None:
    rng = np.random.default_rng(5)
    islands = shapely.MultiPolygon([RING, shapely.box(12, 0, 14, 2)])
    x, y = np.array([0.0, 1.0, 1.0, 9.5, 13.0, 2.9]), np.array([0.0, 1.0, 1.0, 9.5, 1.0, 2.9])
    dealt = dealt_within_cells(x, y, window=islands, cell=4.0)
    for _ in range(50):
        u, v = dealt(rng)
        assert shapely.intersects_xy(islands, u, v).all()
        assert (u // 4 == x // 4).all()
        assert (v // 4 == y // 4).all()
    assert not np.array_equal(u, x)


@pytest.mark.parametrize("name", MINIMUM)
def test_the_least_data_are_enough_and_one_less_is_not(name: str) -> None:
    need: Minimum = MINIMUM[name]
    units = need.units or (1 if need.per_unit else 0)
    records = max(need.records, need.per_unit * units)
    enough = {
        key: value
        for key, value in (("records", records), ("cases", need.cases), ("units", units))
        if value
    }
    assert shortfall(name, "firms", **enough) is None
    for key, least in enough.items():
        why = shortfall(name, "firms", **{**enough, key: least - 1})
        assert why is not None
        assert "needed" in why


def test_a_record_without_a_place_is_used_by_no_point_statistic() -> None:
    rng = np.random.default_rng(6)
    x, y = rng.uniform(0, 6 * worlds.SIDE, (2, 100))
    firms = worlds.records("companies", x, y)
    table = firms.table.assign(
        precision_m=pd.Series(np.where(np.arange(100) < 30, np.nan, 100.0)),
    )
    found = worlds.one(StandardDistance(), worlds.HUB, Records("companies", "firms", table))
    assert found.n == 70
    assert found.share_used == pytest.approx(0.7)
    assert "70% of firms used" in found.note


@pytest.mark.parametrize("order", [0.0, 0.25, 1.0])
def test_effective_districts_are_no_more_than_there_are(order: float) -> None:
    around = worlds.world(300)
    firms = around.records["companies"]
    found = worlds.one(HillNumber(order=order), worlds.HUB, firms, around)
    assert found.high is not None
    assert found.high <= 36
    if order == 0:
        # Those that were seen are there for certain.
        assert found.low == found.value == float(firms.cases.table["district"].nunique())
