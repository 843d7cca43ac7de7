"""Issue-one statistics: known numbers, and the contract that all of them keep."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import pytest

from hubmap.statistics.basic import (
    DEFAULT,
    AnyStatistic,
    Count,
    Density,
    EffectiveDistricts,
    LocationQuotient,
    MedianFounded,
    PerMillion,
    Registered,
    ShareNear,
)
from hubmap.statistics.model import Estimate, Part, Records, Zone

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
    return Records(kind, "firms", table)


def one(statistic: object, zone: Zone, of: Records, **world: Records) -> Estimate:
    series = statistic.measure((zone,), of, {of.kind: of, **world})  # type: ignore[attr-defined]
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


def test_location_quotient_is_a_share_of_shares_with_wilson() -> None:
    # 10 of 40 here, 20 of 160 in all: LQ 2. Wilson's interval is written out below.
    table = records(
        district=["X101"] * 40 + ["X102"] * 120,
        case=[True] * 10 + [False] * 30 + [True] * 10 + [False] * 110,
    )
    found = one(LocationQuotient(), N, table)
    assert found.value == pytest.approx(2.0)
    z, p, n = 1.959963984540054, 0.25, 40
    centre = (p + z * z / 2 / n) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    overall = 20 / 160
    assert (found.low, found.high) == pytest.approx(
        ((centre - half) / overall, (centre + half) / overall)
    )
    few = one(LocationQuotient(min_records=50), N, table)
    assert few.withheld == "only 40 firms, 50 are needed"


def test_effective_districts() -> None:
    even = records(district=["X101"] * 50 + ["X102"] * 50)
    found = one(EffectiveDistricts(), HUB, even)
    assert found.value == pytest.approx(2.0)
    assert found.low is not None
    assert found.low <= 2 <= found.high  # type: ignore[operator]
    single = one(EffectiveDistricts(), HUB, records(district=["X101"] * 50))
    assert (single.value, single.low, single.high) == (1, 1, 1)
    unknown = records(district=["X101"] * 4 + [None] * 6)
    assert "only 40% name their district" in str(one(EffectiveDistricts(), HUB, unknown).withheld)


def test_share_near_uses_only_what_is_precise_enough() -> None:
    campus = records("universities", x=[0.0])
    firms = records(x=[1999.0, 2001.0, 0.0, 0.0], precision_m=[1000.0, 1000.0, 1000.0, 5000.0])
    found = one(ShareNear(), N, firms, universities=campus)
    assert found.value == pytest.approx(2 / 3)
    assert (found.n, found.share_used) == (3, 0.75)
    assert "only 75% of the records could be used" in found.note
    vague = records(x=[0.0, 0.0, 0.0], precision_m=[1000.0, 5000.0, 5000.0])
    refused = one(ShareNear(), N, vague, universities=campus)
    assert refused.value is None
    assert refused.withheld == (
        "only 1 of 3 firms are placed to within 1,000 m, as 2 km needs: "
        "district-level statistics only"
    )
    # R 4.2.2 binom.test(3, 50): 0.01254858783533 to 0.1654819466038.
    many = records(x=[0.0] * 3 + [9000.0] * 47)
    found = one(ShareNear(), N, many, universities=campus)
    assert (found.low, found.high) == pytest.approx((0.01254858783533, 0.1654819466038), rel=1e-9)


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
    assert found.note == "a sample from P, 2025; without Elsewhere (not covered)"


@pytest.mark.parametrize("statistic", DEFAULT, ids=lambda s: s.name)
def test_contract(statistic: AnyStatistic) -> None:
    table = records(
        district=["X101"] * 30 + ["X102"] * 20,
        case=[True] * 20 + [False] * 30,
        home=["X1"] * 50,
        x=[float(i * 100) for i in range(50)],
    )
    world = {"companies": table, "universities": records("universities", x=[0.0, 9.0])}
    before = table.table.copy(deep=True)
    zones = (HUB, N, S)
    first = statistic.measure(zones, table, world)
    again = statistic.measure(zones, table, world)
    assert list(first.index) == [("hub", "h"), ("district", "X101"), ("district", "X102")]
    assert list(first) == list(again)
    pd.testing.assert_frame_equal(table.table, before)
    for estimate in first:
        assert isinstance(estimate, Estimate)
        assert estimate.unit
        assert (estimate.value is None) == (estimate.withheld is not None)
        assert 0 <= estimate.share_used <= 1
        if estimate.value is not None:
            assert estimate.denominator
            if estimate.low is not None:
                assert estimate.low <= estimate.value <= estimate.high


def test_every_statistic_tells_what_it_is() -> None:
    for model in get_args(get_args(AnyStatistic)[0]):
        assert model.help
        assert model.formula
        assert model.reference
        assert all(
            field.description for name, field in model.model_fields.items() if name != "name"
        )
