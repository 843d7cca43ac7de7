"""Exact and approximate intervals against R 4.2.2 and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubmap.statistics.intervals import (
    bootstrap_counts,
    bootstrap_total,
    clopper_pearson,
    jeffreys,
    poisson_exact,
    quotient_delta,
    quotient_wilson,
    wilson,
)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [  # R 4.2.2, poisson.test
        (0, 0, 3.688879454114),
        (1, 0.02531780798429, 5.571643390939),
        (5, 1.623486390118, 11.668332079323),
        (10, 4.795388696132, 18.390356042018),
        (50, 37.110963737462, 65.918766664337),
    ],
)
def test_poisson_exact_is_r(count: int, low: float, high: float) -> None:
    assert poisson_exact(count) == pytest.approx((low, high), rel=1e-11)


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [  # R 4.2.2, binom.test
        (3, 50, 0.01254858783533, 0.1654819466038),
        (10, 200, 0.02423416547211, 0.09002753770135),
        (0, 40, 0, 0.0880973028788),
    ],
)
def test_clopper_pearson_is_r(x: int, n: int, low: float, high: float) -> None:
    assert clopper_pearson(x, n) == pytest.approx((low, high), rel=1e-11)


def test_delta_interval_of_a_location_quotient() -> None:
    # R 4.2.2: LQ = (30/600) / (4000/160000) = 2
    low, high = quotient_delta(30, 600, 4000, 160000)
    assert (low, high) == pytest.approx((1.412998388723, 2.830859562136), rel=1e-12)


def test_all_broadcast_and_keep_undefined_undefined() -> None:
    low, high = wilson([0, 5, 10, 0], [10, 10, 10, 0])
    assert low[0] == 0
    assert high[2] == 1
    assert np.isnan([low[3], high[3]]).all()
    assert jeffreys([0, 1], [0, 4])[0].shape == (2,)
    assert np.isnan(quotient_delta(0, 10, 5, 100)[0])


@given(st.integers(0, 500), st.integers(1, 500), st.floats(0.5, 0.99))
def test_share_intervals_hold_the_share_and_nest(x: int, n: int, level: float) -> None:
    x = min(x, n)
    for interval in (clopper_pearson, wilson, jeffreys):
        low, high = interval(x, n, level=level)
        wide_low, wide_high = interval(x, n, level=0.995)
        assert 0 <= wide_low <= low + 1e-12
        assert high - 1e-12 <= wide_high <= 1
        if interval is not jeffreys:
            assert low - 1e-12 <= x / n <= high + 1e-12
        mirrored_low, mirrored_high = interval(n - x, n, level=level)
        assert 1 - mirrored_high == pytest.approx(low, abs=1e-9)
        assert 1 - mirrored_low == pytest.approx(high, abs=1e-9)


@given(st.integers(1, 50), st.integers(50, 1000), st.floats(0.01, 0.5))
def test_quotient_interval_scales_with_the_base(x: int, n: int, share: float) -> None:
    low, high = quotient_wilson(x, n, share * 1e6, 1e6)
    plain_low, plain_high = wilson(x, n)
    assert low * share == pytest.approx(plain_low, rel=1e-9)
    assert high * share == pytest.approx(plain_high, rel=1e-9)


def test_bootstrap_of_single_postings_is_poisson() -> None:
    low, high = bootstrap_total(np.ones(400), draws=20_000)
    assert (low, high) == pytest.approx((361, 440), abs=2)  # 400 +- 1.96 * 20


def test_bootstrap_knows_that_an_employer_posts_many() -> None:
    alone = bootstrap_total(np.ones(400))
    by_tens = bootstrap_total(np.full(40, 10.0))
    assert by_tens[1] - by_tens[0] > 2.8 * (alone[1] - alone[0])
    assert bootstrap_total([]) == (0.0, 0.0)


def test_bootstraps_are_repeatable() -> None:
    assert bootstrap_total([3, 4, 9], seed=7) == bootstrap_total([3, 4, 9], seed=7)

    def top(counts: np.ndarray) -> np.ndarray:
        return counts.max(axis=-1) / counts.sum(axis=-1)

    first = bootstrap_counts([10, 20, 70], top, seed=7)
    assert first == bootstrap_counts([10, 20, 70], top, seed=7)
    assert first == pytest.approx((0.61, 0.79), abs=0.015)  # 0.7 +- 1.96 * 0.0458
    assert np.isnan(bootstrap_counts([0, 0], top)).all()
