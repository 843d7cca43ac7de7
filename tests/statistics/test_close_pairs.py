"""All pairs within a distance, against every pair; and edge weights for short shifts only."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hubmap.statistics.pointpattern.pairs import close_pairs, cross_pairs, rings
from hubmap.statistics.pointpattern.setcovariance import set_covariance

# A coarse lattice: many ties at the rim and piles at one place, far from the origin too.
POINTS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(POINTS, POINTS, st.integers(0, 30), st.sampled_from([0.0, 3e6]))
def test_pairs_are_those_of_every_pair(one, other, within, away) -> None:
    a, b = np.array(one, dtype=float) + away, np.array(other, dtype=float) + away
    for close, far in ((a, b), (a, a)):
        square = ((close[:, None, :] - far) ** 2).sum(axis=2)
        wanted = {(int(i), int(j)) for i, j in np.argwhere(square <= within**2)}
        blocks = list(cross_pairs(*close.T, *far.T, within=within))
        found = [(int(i), int(j)) for p in blocks for i, j in zip(p.i, p.j, strict=True)]
        assert len(found) == len(set(found))
        assert set(found) == wanted
        assert all((np.diff(p.own) >= 0).all() for p in blocks)
        assert all(p.square == pytest.approx(square[p.i, p.j]) for p in blocks)
    different = {(i, j) for i, j in wanted if i != j}
    both = [
        (i, j)
        for p in close_pairs(*a.T, within=within, both=True)
        for i, j in zip(p.i, p.j, strict=True)
    ]
    once = [(i, j) for p in close_pairs(*a.T, within=within) for i, j in zip(p.i, p.j, strict=True)]
    assert sorted(both) == sorted(different)
    assert {frozenset(pair) for pair in once} == {frozenset(pair) for pair in different}
    assert len(once) == len(different) // 2


def test_pairs_come_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((2, 400))
    whole = sum(p.j.size for p in close_pairs(x, y, within=0.3))
    monkeypatch.setattr("hubmap.statistics.pointpattern.pairs.BLOCK", 50)
    blocks = list(cross_pairs(x, y, x, y, within=0.3))
    assert len(blocks) > 100
    assert sum(p.j.size for p in blocks) == 2 * whole + 400
    points = np.concatenate([p.points for p in blocks])
    assert np.array_equal(np.sort(points), np.arange(400))


@pytest.mark.parametrize("number", [7, 300])
def test_rings(number: int) -> None:
    r = np.linspace(0, 5, number)
    distance = np.concatenate([r, np.random.default_rng(0).uniform(0, 6, 500)])
    assert np.array_equal(rings(r, distance), np.searchsorted(r, distance))


BAY = shapely.Point(0, 0).buffer(30_000).difference(shapely.Point(20_000, 0).buffer(15_000))
SPIT = shapely.box(0, 0, 60_000, 900).union(shapely.box(0, 0, 900, 60_000))


@pytest.mark.parametrize("window", [BAY, SPIT])
@pytest.mark.parametrize("within", [500.0, 9_000.0, 200_000.0])
def test_short_shifts_weigh_as_in_the_whole_covariance(window, within: float) -> None:
    rng = np.random.default_rng(1)
    distance = rng.uniform(0, within, 400)
    turn = rng.uniform(0, 2 * np.pi, 400)
    dx, dy = distance * np.cos(turn), distance * np.sin(turn)
    short, whole = set_covariance(window, within=within), set_covariance(window)
    assert short.at(dx, dy) == pytest.approx(whole.at(dx, dy), abs=1e-9 * window.area)
    # Where shares are tiny, the transform's rounding tells.
    ours, theirs = short.weight(dx, dy, distance), whole.weight(dx, dy, distance)
    assert ours == pytest.approx(theirs, rel=1e-6, nan_ok=True)
