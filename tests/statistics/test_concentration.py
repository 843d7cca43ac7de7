"""Concentration and agglomeration against printed sources (REAT 3.0.3) and hand arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubmap.statistics.agglomeration import (
    cluster_index,
    coagglomeration,
    ellison_glaeser,
    hoover,
    krugman,
    locational_gini,
)
from hubmap.statistics.concentration import (
    area_holding,
    effective_number,
    gini,
    gini_null,
    hhi,
    hhi_interval,
    hill,
    normalised_gini,
    normalised_hhi,
    theil_l,
    theil_split,
    theil_t,
)

counts = st.lists(st.integers(0, 200), min_size=2, max_size=15).filter(lambda x: sum(x) > 1)


def test_herfindahl_and_gini() -> None:
    # REAT 3.0.3: herf, herf.eq, gini
    x = [20, 50, 20, 10]
    assert hhi(x) == pytest.approx(0.34)
    assert normalised_hhi(x) == pytest.approx(0.12)
    assert hill(x, order=2) == pytest.approx(2.941176470588, rel=1e-12)
    assert gini(x) == pytest.approx(0.3)
    assert normalised_gini(x) == pytest.approx(0.4)
    assert hhi(x, unbiased=True) == pytest.approx((20 * 19 * 2 + 50 * 49 + 90) / (100 * 99))


def test_theil() -> None:
    # Stoermann (2009) as in REAT's help, whose "theil" is Theil L: 0.2326302
    x = [10, 10, 10, 20, 50]
    assert theil_l(x) == pytest.approx(0.2326301619611, rel=1e-11)
    assert theil_t(x) == pytest.approx(0.2502012117691, rel=1e-11)
    assert theil_l([0, 1]) == np.inf
    assert theil_t([0, 1]) == pytest.approx(np.log(2))


def test_theil_split_by_hand() -> None:
    split = theil_split([10, 20, 30, 40, 100], [0, 0, 0, 1, 1])
    assert split.total == pytest.approx(0.27636361895732137, rel=1e-13)
    assert split.between == pytest.approx(0.18378689738681217, rel=1e-13)
    assert split.within == pytest.approx(0.09257672157050903, rel=1e-13)
    # Records in proportion to size are spread evenly, whatever the sizes.
    even = theil_split([10, 20, 30], ["a", "a", "b"], size=[1, 2, 3])
    assert (even.total, even.between, even.within) == pytest.approx((0, 0, 0), abs=1e-15)


def test_hill_numbers_fall_with_order() -> None:
    x = [20, 50, 20, 10, 0]
    assert hill(x, order=0) == 4
    assert hill(x, order=1) == pytest.approx(
        np.exp(-sum(p * np.log(p) for p in (0.2, 0.5, 0.2, 0.1)))
    )
    assert np.all(np.diff([hill(x, order=q) for q in (0, 0.5, 1, 1.5, 2, 5)]) < 0)
    assert hill(x, order=1) == pytest.approx(hill(x, order=1 + 1e-7), rel=1e-6)


def test_ellison_glaeser_as_printed() -> None:
    # Farhauer and Kroell (2014): gamma 0.05990628; G, H and z from REAT 3.0.3
    size = [200, 650, 12000, 100, 50, 16000, 13000, 1500, 1500, 25000]
    found = ellison_glaeser(size, [0] * 5 + [1] * 4 + [2], [500000, 400000, 100000])
    assert found.gamma == pytest.approx(0.05990628411654, rel=1e-11)
    assert found.raw == pytest.approx(0.1681632653061, rel=1e-11)
    assert found.plants == pytest.approx(0.2446887755102, rel=1e-11)
    assert found.z == pytest.approx(0.1959001970261, rel=1e-11)


def test_coagglomeration_from_the_definition() -> None:
    # Two industries, one plant each: gamma^c = (G/(1-X) - sum w^2 (G_j/(1-X))) / (1 - sum w^2).
    size, region, base = [3.0, 1.0], [0, 1], [0.5, 0.5]
    room = 0.5
    together = ((0.75 - 0.5) ** 2 + (0.25 - 0.5) ** 2) / room
    alone = (0.5**2 + 0.5**2) / room
    w2 = 0.75**2 + 0.25**2
    # Plants' Herfindahl terms cancel: H = sum w^2 H_j enters once with each sign.
    by_hand = (together - w2 - (w2 * alone - w2)) / (1 - w2)
    assert coagglomeration(size, region, [0, 1], base) == pytest.approx(by_hand)
    assert by_hand == pytest.approx(-1)
    assert coagglomeration(size, [0, 0], [0, 1], base) == pytest.approx(1)


def test_coagglomeration_of_independent_industries_is_nought() -> None:
    rng = np.random.default_rng(4)
    found = [
        coagglomeration(np.ones(60), rng.integers(0, 5, 60), np.repeat([0, 1], 30), np.ones(5))
        for _ in range(400)
    ]
    assert np.mean(found) == pytest.approx(0, abs=0.005)


def test_locational_gini_as_printed() -> None:
    # Farhauer and Kroell (2013): concentration 0.4068966, specialisation 0.6222222
    concentration = locational_gini([500, 500, 1000, 7000, 1000], [2e4, 1.5e4, 2e4, 4e4, 5e3])
    assert concentration == pytest.approx(0.4068965517241, rel=1e-12)
    specialisation = locational_gini([700, 600, 500, 10000, 40000], [3e4, 1.5e4, 1e4, 6e4, 5e4])
    assert specialisation == pytest.approx(0.6222222222222, rel=1e-12)


def test_hoover_of_the_german_states() -> None:
    # REAT 3.0.3: gross domestic product against population of 16 states
    gdp = [460.69, 549.19, 124.16, 65.29, 31.59, 109.27, 263.44, 39.87]
    gdp += [258.53, 645.59, 131.95, 35.03, 112.66, 56.22, 85.61, 56.81]
    people = [10879618, 12843514, 3520031, 2484826, 671489, 1787408, 6176172, 1612362]
    people += [7926599, 17865516, 4052803, 995597, 4084851, 2245470, 2858714, 2170714]
    assert hoover(gdp, people) == pytest.approx(0.07358990888665, rel=1e-12)
    # Over equal units 30 of 100 would have to move.
    assert hoover([80, 20]) == pytest.approx(0.3, rel=1e-12)


def test_krugman_and_cluster_index_as_printed() -> None:
    assert krugman([20, 10, 70, 0, 0], [0, 0, 0, 60, 40]) == pytest.approx(2)
    # Farhauer and Kroell (2014), in REAT's help: 21.87491
    found = cluster_index(1743, 5740, 50, 576, 488, 4621, 35, 53)
    assert found == pytest.approx(21.874911016725, rel=1e-12)


def test_gini_null_is_what_chance_gives() -> None:
    # 50 postings in 11 equal areas: 0.24 on average by pure chance
    equal = np.ones(11)
    drawn = np.random.default_rng(0).multinomial(50, equal / 11, size=4000)
    assert gini(drawn).mean() == pytest.approx(0.24, abs=0.01)
    assert gini_null(50, size=equal) == pytest.approx(0.33, abs=0.01)
    assert gini_null(50, size=equal, seed=3) == gini_null(50, size=equal, seed=3)


def test_area_holding_by_hand() -> None:
    # Densities 0.1, 1 and 0.4: half of ten firms fill the second unit exactly.
    assert area_holding([1, 5, 4], [10, 5, 10], share=0.5) == pytest.approx((5, 1))
    assert area_holding([1, 5, 4], [10, 5, 10], share=0.8) == pytest.approx((12.5, 2))
    assert area_holding([1, 5, 4], [10, 5, 10], share=1) == pytest.approx((25, 3))


def test_effective_number_never_passes_the_units() -> None:
    even = effective_number([5, 5, 5, 5])
    assert even.value == even.high == 4
    assert even.low < 3.5
    alone = effective_number([20, 0, 0])
    assert alone.value == alone.low == 1
    assert 1.2 < alone.high < 1.6
    assert np.isnan(hhi_interval([1, 0])).all()
    assert hhi_interval([7]) == (1, 1)


@given(counts, st.integers(2, 9), st.integers(0, 99))
def test_invariant_to_scale_and_order(x: list[int], factor: int, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(x))
    moved = np.array(x)[order] * factor
    for index in (hhi, gini, theil_t):
        assert index(moved) == pytest.approx(index(x), abs=1e-9)
    for q in (0, 1, 2):
        assert hill(moved, order=q) == pytest.approx(hill(x, order=q))
    # Splitting every unit in two equal halves doubles its effective number, and leaves Gini.
    halves = np.repeat(np.array(x), 2) / 2
    assert hill(halves, order=2) == pytest.approx(2 * hill(x, order=2))
    assert gini(halves) == pytest.approx(gini(x), abs=1e-9)


@given(counts)
def test_interval_holds_the_estimate(x: list[int]) -> None:
    low, high = hhi_interval(x)
    value = float(hhi(x, unbiased=True))
    assert 1 / len(x) - 1e-12 <= low <= high <= 1 + 1e-12
    assert low - 0.02 <= max(value, 1 / len(x)) <= high + 0.02
    wide = hhi_interval(x, level=0.99)
    assert wide[0] <= low + 1e-9
    assert high - 1e-9 <= wide[1]


@given(counts, st.integers(0, 99))
def test_theil_parts_sum_and_are_never_negative(x: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    split = theil_split(x, rng.integers(0, 3, len(x)), size=rng.integers(1, 9, len(x)))
    assert split.between + split.within == pytest.approx(split.total)
    assert split.between >= -1e-12
    assert split.within >= -1e-12
