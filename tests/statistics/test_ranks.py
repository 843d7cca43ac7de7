"""Ranks as intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubmap.statistics.intervals import poisson_exact
from hubmap.statistics.ranks import rank_intervals


def test_apart_and_not_apart() -> None:
    best, worst = rank_intervals([100, 50, 49, 1], [98, 40, 40, 0], [102, 60, 60, 2])
    assert best.tolist() == [1, 2, 2, 4]
    assert worst.tolist() == [1, 3, 3, 4]
    best, worst = rank_intervals([3, 2, 1], [0, 0, 0], [9, 9, 9])
    assert (best.tolist(), worst.tolist()) == ([1, 1, 1], [3, 3, 3])
    # Two points without error are told apart, equal ones are not.
    best, worst = rank_intervals([2, 1, 1], [2, 1, 1], [2, 1, 1])
    assert (best.tolist(), worst.tolist()) == ([1, 2, 2], [1, 3, 3])
    one = rank_intervals([5], [4], [6])
    assert (one[0].tolist(), one[1].tolist()) == ([1], [1])


ROW = st.tuples(st.integers(-1000, 1000), st.floats(0, 1e5), st.floats(0, 1e5))


@given(st.lists(ROW, min_size=1, max_size=9))
def test_the_plain_rank_lies_inside(rows: list[tuple[int, float, float]]) -> None:
    value = np.array([float(v) for v, _, _ in rows])
    low, high = value - [a for _, a, _ in rows], value + [b for _, _, b in rows]
    best, worst = rank_intervals(value, low, high)
    least = 1 + (value[:, None] < value).sum(axis=1)
    most = (value[:, None] <= value).sum(axis=1)
    assert (best <= least).all()
    assert (worst >= most).all()
    turned = rank_intervals(-value, -high, -low)
    assert (turned[0] == len(rows) + 1 - worst).all()
    assert (turned[1] == len(rows) + 1 - best).all()


@pytest.mark.parametrize("truth", [(40, 40, 40, 40), (90, 60, 40, 20, 20, 10), (30, 20, 10, 5)])
def test_all_ranks_are_right_together(truth: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    mean = np.array(truth, dtype=float)
    least = 1 + (mean[:, None] < mean).sum(axis=1)
    most = (mean[:, None] <= mean).sum(axis=1)
    right = 0
    for drawn in rng.poisson(mean, (400, mean.size)):
        best, worst = rank_intervals(drawn, *poisson_exact(drawn))
        right += bool((best <= least).all() and (worst >= most).all())
    assert right / 400 >= 0.95
