"""Shrunken rates against spdep 1.2-7 (nc_sids), quotients against printed sources."""

from __future__ import annotations

import numpy as np
import pytest
from cases import columns, expected
from hypothesis import given
from hypothesis import strategies as st

from hubmap.statistics.rates import (
    gamma_interval,
    people_weighted_density,
    rate_ratio,
    relative_risk,
    shrink,
    shrink_local,
)
from hubmap.statistics.specialisation import (
    location_quotient,
    location_quotient_interval,
    shrunken_quotient,
    standardised,
)
from hubmap.statistics.weights import pair_weights

counts = st.lists(st.integers(0, 60), min_size=2, max_size=20)


def test_nc_sids_empirical_bayes() -> None:
    case, sids = expected("nc_sids_eb_rates"), columns("nc_sids")
    found = shrink(sids["SID74"], sids["BIR74"])
    # spdep 1.2-7, EBest
    assert found.variance == pytest.approx(7.692930647015e-07, rel=1e-11)
    assert found.mean == pytest.approx(0.002021444893654, rel=1e-11)
    assert found.rate == pytest.approx(np.array(case["EB_global"]["est"]), rel=1e-11)
    pairs = columns("nc_sids_ncCR85_neighbours")
    weights = pair_weights(pairs["i"], pairs["j"], 100)
    local = shrink_local(sids["SID74"], sids["BIR74"], weights)
    assert local == pytest.approx(np.array(case["EB_local"]), rel=1e-11)
    # Weights that hold the unit itself already give the same.
    weights = pair_weights(pairs["i"], pairs["j"], 100, include_self=True)
    assert shrink_local(sids["SID74"], sids["BIR74"], weights) == pytest.approx(local)
    # spdep 1.2-7, probmap
    risk, lower = relative_risk(sids["SID74"], sids["BIR74"])
    assert 100 * risk == pytest.approx(np.array(case["relative_risk_100"]), rel=1e-11)
    assert lower == pytest.approx(np.array(case["poisson_p_lower"]), rel=1e-11)


def test_nc_sids_local_rates_about_the_centres_mean() -> None:
    # spdep 1.2-7, EBlocal(geoda = TRUE) of SID79, BIR79: its first six counties
    sids, pairs = columns("nc_sids"), columns("nc_sids_ncCR85_neighbours")
    printed = [
        0.0007436019149737769, 0.002291666519493914, 0.001534165708222195, 0.003389830508474576,
        0.003150267772760685, 0.002652989034311991,
    ]  # fmt: skip
    for own in (False, True):
        weights = pair_weights(pairs["i"], pairs["j"], 100, include_self=own)
        found = shrink_local(sids["SID79"], sids["BIR79"], weights, mean_of="centre")
        assert found[:6] == pytest.approx(printed, rel=1e-11)
        assert np.isfinite(found).all()


def test_location_quotient_as_printed() -> None:
    # Farhauer and Kroell (2013), documented in REAT: 0.3847623
    value = location_quotient(1714, 79006, 879213, 15593224)
    assert value == pytest.approx(0.3847623423013, rel=1e-12)


def test_interval_changes_hands_at_ten_cases() -> None:
    low, high = location_quotient_interval([0, 9, 10, 30], [50, 300, 300, 600], 4000, 160000)
    assert (low[3], high[3]) == pytest.approx((1.412998388723, 2.830859562136), rel=1e-12)
    assert low[0] == 0
    assert np.isfinite(high).all()


@given(counts, st.integers(0, 1000))
def test_shrinking_stays_between_raw_and_mean(cases: list[int], seed: int) -> None:
    base = np.random.default_rng(seed).integers(10, 500, len(cases))
    x = np.array(cases)
    found = shrink(x, base)
    low, high = np.minimum(x / base, found.mean), np.maximum(x / base, found.mean)
    assert np.all((found.rate >= low - 1e-12) & (found.rate <= high + 1e-12))
    order = np.random.default_rng(seed).permutation(len(cases))
    assert shrink(x[order], base[order]).rate == pytest.approx(found.rate[order])
    below, above = gamma_interval(x, base)
    assert np.all(below <= found.rate + 1e-12)
    assert np.all(found.rate <= above + 1e-12)


def test_shrunken_quotients_pull_small_units_most() -> None:
    x, n = np.array([2, 40, 400, 100]), np.array([4, 400, 2000, 2000])
    value, low, high = shrunken_quotient(x, n)
    raw = location_quotient(x, n, x.sum(), n.sum())
    assert raw[0] > 4
    assert 1 < value[0] < 2.5
    assert value[2:] == pytest.approx(raw[2:], rel=0.05)
    assert np.all((low < value) & (value < high))


def test_units_without_records_stand_at_the_mean() -> None:
    found = shrink([5, 0, 50], [100, 0, 300])
    assert found.rate[1] == pytest.approx(55 / 400)
    assert shrink([1, 1], [10, 10]).variance == 0
    # Alike, they have one rate: 2 in 20, by R 4.2.2 poisson.test(2, 20).
    low, high = gamma_interval([1, 1], [10, 10])
    assert low == pytest.approx([0.0121104639272] * 2, rel=1e-8)
    assert high == pytest.approx([0.3612343833862] * 2, rel=1e-8)
    value, low, high = shrunken_quotient([1, 2, 1], [10, 20, 10])
    assert value == pytest.approx(1)
    assert np.isnan(low).all()
    assert np.isnan(high).all()


def test_standard_scores() -> None:
    score = standardised([0.5, 1, 2, 0])
    assert score[:3] == pytest.approx([-1, 0, 1])
    assert np.isnan(score[3])
    assert np.isnan(standardised([1, 1, 1])).all()
    assert standardised([1, 2, 3], log=False) == pytest.approx([-1, 0, 1])


def test_rate_ratio_is_that_of_the_binomial() -> None:
    # R 4.2.2, poisson.test(c(11, 6 + 8 + 7), c(800, 1083 + 1050 + 878)), as in its help page
    value, low, high = rate_ratio(11, 800, 21, 3011)
    assert (value, low, high) == pytest.approx((1.971488, 0.8584264, 4.2772659), rel=1e-6)
    assert np.isinf(rate_ratio(3, 1, 0, 1)[0])


def test_people_weighted_density_by_hand() -> None:
    # 90 people on 1 km2, 10 on 9 km2: 0.9 * 90 + 0.1 * 10/9
    assert people_weighted_density([90, 10], [1, 9]) == pytest.approx(81 + 1 / 9)
