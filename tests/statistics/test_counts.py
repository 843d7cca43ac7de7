"""The statistics of the profile: known numbers, denominators, and what is withheld."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.stats import binomtest

from hubmap.statistics.concentration import hhi_interval
from hubmap.statistics.declared.centres import NumberOfCentres
from hubmap.statistics.declared.concentration import AreaHolding, EffectiveDistricts, Gini, Theil
from hubmap.statistics.declared.counts import (
    Count,
    Density,
    PeopleWeightedDensity,
    PerMillion,
    Registered,
)
from hubmap.statistics.declared.growth import GrowthRatio, MedianFounded, ShiftShare
from hubmap.statistics.declared.points import PeakDensity
from hubmap.statistics.declared.proximity import ShareNear
from hubmap.statistics.declared.specialisation import LocationQuotient
from hubmap.statistics.model import Estimate, Part, Records, World, Zone, record_table

NORTH = Part("X101", "X1", "North", 100.0, "2020", 1e6, "2020")
SOUTH = Part("X102", "X1", "South", 300.0, "2020", float("nan"), "")
CITY = Part("X1", "X1", "City", 400.0, "2021", 4e6, "2020")
HUB = Zone("h", "hub", "Hub", "枢纽", (CITY,), {"X101": "X1", "X102": "X1"})
N = Zone("X101", "district", "North", "北", (NORTH,), {"X101": "X1"})
S = Zone("X102", "district", "South", "南", (SOUTH,), {"X102": "X1"})


def records(kind: str = "companies", **columns: object) -> Records:
    n = max(len(c) for c in columns.values() if isinstance(c, list))
    table = pd.DataFrame(
        {
            "unit": [f"u{i}" for i in range(n)], "weight": 1.0, "case": True, "precision_m": 300.0,
            "founded": pd.array([2000] * n, dtype="Int64"), "home": None, "city": "X1",
            "district": ["X101"] * n, "x": 0.0, "y": 0.0,
        }
    ).assign(**columns)  # fmt: skip
    return Records(kind, "firms", record_table(table))


def one(statistic: object, zone: Zone, of: Records, **world: Records) -> Estimate:
    land = {"X101": shapely.box(-2e4, -2e4, 2e4, 2e4), "X102": shapely.box(2e4, -2e4, 6e4, 2e4)}
    around = World({of.kind: of, **world}, land, {"X101": NORTH, "X102": SOUTH})
    series = statistic.measure((zone,), of, around)  # type: ignore[attr-defined]
    return series.iloc[0]


def test_counts_and_rates_have_exact_poisson_intervals() -> None:
    # R 4.2.2 poisson.test(10): 4.795388696132 to 18.390356042018.
    ten = records(district=["X101"] * 10)
    low, high = 4.795388696132, 18.390356042018
    count = one(Count(), N, ten)
    assert (count.value, count.n) == (10, 10)
    assert (count.low, count.high) == pytest.approx((low, high), rel=1e-9)
    density = one(Density(), N, ten)
    assert (density.value, density.low, density.high) == pytest.approx(
        (0.1, low / 100, high / 100), rel=1e-9
    )
    assert density.denominator == "100 km² official land area (2020)"
    rate = one(PerMillion(), HUB, ten)
    assert (rate.value, rate.low, rate.high) == pytest.approx((2.5, low / 4, high / 4), rel=1e-9)


def test_an_empty_zone_counts_nothing_up_to_3_69() -> None:
    # R 4.2.2 poisson.test(0): 0 to 3.688879454114.
    count = one(Count(), S, records(district=["X101"]))
    assert (count.value, count.low) == (0, 0)
    assert count.high == pytest.approx(3.688879454114, rel=1e-9)


def test_a_rate_without_its_denominator_is_withheld() -> None:
    rate = one(PerMillion(), S, records(district=["X102"]))
    assert rate.value is None
    assert "census population of a part of the zone is not known" in str(rate.withheld)


def test_an_institution_counts_once_however_many_campuses() -> None:
    campuses = records(
        unit=["a", "a", "b"], district=["X101", "X102", "X102"], home=["X1", "X1", "Z"]
    )
    assert one(Count(), HUB, campuses).value == 2
    assert one(Count(), S, campuses).value == 2
    assert one(Registered(), HUB, campuses).value == 1


def test_few_are_counted_but_no_rate_is_made_of_them() -> None:
    nine = records(district=["X101"] * 9)
    assert one(Count(), N, nine).value == 9
    for statistic in (Density(), PerMillion()):
        found = one(statistic, N, nine)
        assert found.value is None
        assert found.n == 9
        assert found.withheld == ("only 9 firms, 10 are needed: take a larger zone or add records")


def test_a_density_names_its_land() -> None:
    city = Part("X1", "X1", "City", 400.0, "2021", 4e6, "2020", 440.0, 80.0, "2022")
    zone = Zone("X1", "city", "City", "", (city,), {"X101": "X1", "X102": "X1"})
    ten = records(district=["X101"] * 10)
    found = one(Density(area="polygon"), zone, ten)
    assert (found.value, found.denominator) == (
        pytest.approx(10 / 440), "440 km² area of the outline, water included",
    )  # fmt: skip
    built = one(Density(area="built-up"), zone, ten)
    assert (built.value, built.denominator) == (0.125, "80 km² built-up area (2022)")
    assert one(Density(area="built-up"), N, ten).withheld == (
        "the built-up area of a part of the zone is not known: give it in the regions' table"
    )


def test_postings_of_one_employer_are_not_independent() -> None:
    # 10 rows of 30 postings from 3 employers each: employers of 10, so sqrt(10) times as wide.
    of = records(district=["X101"] * 10, weight=30.0, clusters=3.0)
    found = one(Count(), N, of)
    assert found.value == 300
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(np.sqrt(300 * 10), rel=0.06)
    assert "employers resampled" in found.note
    blind = one(Count(), N, records(district=["X101"] * 10, weight=30.0))
    assert blind.note == "95 % interval: exact Poisson, employers not known"
    assert blind.high - blind.low < found.high - found.low


def test_location_quotient_is_a_share_of_shares() -> None:
    # 8 of 60 here, 20 of 300 in all: LQ 2. Wilson's interval is written out below.
    table = records(
        district=["X101"] * 60 + ["X102"] * 240,
        case=[True] * 8 + [False] * 52 + [True] * 12 + [False] * 228,
    )
    found = one(LocationQuotient(), N, table)
    assert found.value == pytest.approx(2.0)
    z, p, n = 1.959963984540054, 8 / 60, 60
    centre = (p + z * z / 2 / n) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    overall = 20 / 300
    assert (found.low, found.high) == pytest.approx(
        ((centre - half) / overall, (centre + half) / overall)
    )
    assert found.note.startswith("95 % interval: Wilson; shrunken 1.")
    # Ten or more: delta, exp(±1.96 sqrt(1/12 - 1/240 - 1/20 + 1/300)).
    there = one(LocationQuotient(), S, table)
    spread = z * np.sqrt(1 / 12 - 1 / 240 - 1 / 20 + 1 / 300)
    assert (there.value, there.low, there.high) == pytest.approx(
        (0.75, 0.75 * np.exp(-spread), 0.75 * np.exp(spread))
    )


def test_location_quotient_needs_five_of_fifty() -> None:
    table = records(district=["X101"] * 49 + ["X102"] * 100, case=[True] * 9 + [False] * 140)
    assert str(one(LocationQuotient(), N, table).withheld).startswith(
        "only 49 firms, 50 are needed"
    )
    rare = records(district=["X101"] * 60, case=[True] * 4 + [False] * 56)
    assert str(one(LocationQuotient(), N, rare).withheld).startswith("only 4 firms, 5 are needed")


def test_effective_districts_are_unbiased() -> None:
    skewed = records(district=["X101"] * 15 + ["X102"] * 5)
    found = one(EffectiveDistricts(), HUB, skewed)
    # n (n - 1) / sum x (x - 1) = 380 / 230.
    assert found.value == pytest.approx(380 / 230)
    low, high = hhi_interval([15, 5])
    assert (found.low, found.high) == pytest.approx((1 / high, 1 / low))
    single = one(EffectiveDistricts(), HUB, records(district=["X101"] * 50))
    assert single.value == 1
    unknown = records(district=["X101"] * 4 + [None] * 6)
    assert "name their district" in str(one(EffectiveDistricts(), HUB, unknown).withheld)


def test_area_and_density_of_districts() -> None:
    # 30 on 100 km² and 10 on 300: half of 40 is two thirds of the first.
    of = records(district=["X101"] * 30 + ["X102"] * 10)
    assert "2 districts, 5 are needed" in str(one(AreaHolding(), HUB, of).withheld)
    assert "5 are needed" in str(one(PeopleWeightedDensity(), HUB, of).withheld)
    assert "10 are needed" in str(one(Gini(), HUB, of).withheld)
    assert "10 are needed" in str(one(Theil(), HUB, of).withheld)


GRID = [float(i) for i in range(0, 6000, 100)]


def test_share_near_uses_only_what_is_precise_enough() -> None:
    campus = records("universities", x=[0.0])
    firms = records(x=GRID, precision_m=[1000.0] * 55 + [5000.0] * 5)
    found = one(ShareNear(), HUB, firms, universities=campus)
    # The 21 firms at 0, 100 ... 2000 m are near.
    assert found.value == pytest.approx(21 / 55)
    exact = binomtest(21, 55).proportion_ci(method="exact")
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), rel=1e-9)
    assert (found.n, found.share_used) == (55, pytest.approx(55 / 60))
    vague = records(x=GRID, precision_m=[1000.0] * 29 + [5000.0] * 31)
    refused = one(ShareNear(), HUB, vague, universities=campus)
    assert refused.value is None
    assert "31 of 60 firms are placed no better than 1,000 m" in str(refused.withheld)
    far = one(ShareNear(radius_km=1), HUB, firms, universities=campus)
    assert "placed no better than 500 m" in str(far.withheld)


def test_share_near_against_controls() -> None:
    campus = records("universities", x=[0.0])
    case = [i % 3 == 0 for i in range(60)]
    found = one(ShareNear(), HUB, records(x=GRID, case=case), universities=campus)
    assert found.n == 20
    assert found.value == pytest.approx(7 / 20)
    assert "among 60 records" in found.note


def test_the_peak_is_where_the_heap_is() -> None:
    heap = [500.0 + 40 * np.cos(i) for i in range(60)]
    of = records(x=heap, y=[40 * np.sin(i) for i in range(60)])
    found = one(PeakDensity(), HUB, of)
    # 60 records within 40 m under a kernel of 2 km: 60 / (2 pi 4 km²), less a few in 10,000.
    assert found.value == pytest.approx(60 / (2 * np.pi * 4), rel=2e-3)
    assert "at North" in found.note
    assert "range" in found.note
    centres = one(NumberOfCentres(), HUB, of)
    assert centres.value == 1


def test_growth_is_of_survivors() -> None:
    # The exact interval of 20 in 30, carried over to the odds.
    years = pd.array([2020] * 20 + [2010] * 10, dtype="Int64")
    of = records(founded=years, district=["X101"] * 30)
    found = one(GrowthRatio(), HUB, of)
    assert found.value == 2
    share = binomtest(20, 30).proportion_ci(method="exact")
    odds = share.low / (1 - share.low), share.high / (1 - share.high)
    assert (found.low, found.high) == pytest.approx(odds, rel=1e-9)
    assert "survivors only" in found.note


def test_shift_share_parts_sum_to_the_new() -> None:
    years = pd.array([2000] * 40 + [2020] * 20, dtype="Int64")
    category = (["a"] * 20 + ["b"] * 10 + ["c"] * 10) + ["a"] * 15 + ["b"] * 5
    of = records(founded=years, category=category, district=["X101"] * 60)
    found = one(ShiftShare(), HUB, of)
    # The zone is all there is: nothing is its own.
    assert found.value == pytest.approx(0, abs=1e-12)
    assert "of 20 new: 20.0 as everywhere, +0.0 by its sectors" in found.note


def test_median_founded_has_an_exact_interval() -> None:
    # For n = 10 the 2nd and 9th order statistics cover the median with 97.9 % (binomial tables).
    years = pd.array(list(range(2001, 2011)), dtype="Int64")
    found = one(MedianFounded(), N, records(district=["X101"] * 10, founded=years))
    assert (found.value, found.low, found.high) == (2005.5, 2002, 2009)
    few = records(founded=pd.array([1990, 2000, 2020], dtype="Int64"), district=["X101"] * 3)
    found = one(MedianFounded(), N, few)
    assert (found.value, found.low, found.high) == (2000, None, None)
    assert "too few for a 95 % interval" in found.note


def test_outside_a_sample_nothing_is_said() -> None:
    firms = records(district=["X101"] * 30 + ["Y1"] * 30, city=["X1"] * 30 + ["Y1"] * 30)
    sample = Records("jobs", "postings", firms.table, frozenset({"X1"}), "a sample from P, 2025")
    outside = Part("Y1", "Y1", "Elsewhere", 50.0, "2020", 1e6, "2020")
    there = Zone("Y1", "city", "Elsewhere", "", (outside,), {"Y1": "Y1"})
    both = Zone("h", "hub", "Both", "", (CITY, outside), {"X101": "X1", "X102": "X1", "Y1": "Y1"})
    found = one(Density(), there, sample)
    assert found.value is None
    assert found.withheld == "not covered: a sample from P, 2025"
    found = one(Density(), both, sample)
    assert found.value == pytest.approx(30 / 400)
    assert "a sample from P, 2025; without Elsewhere (not covered)" in found.note
