"""Proximity, centres, growth, clusters: sfdep 0.2.4, CrimeStat's form, dbscan 1.1-11, hand."""

from __future__ import annotations

import numpy as np
import pytest
from cases import columns, expected
from hypothesis import given
from hypothesis import strategies as st

from hubmap.statistics.centres import deviational_ellipse, mean_centre, standard_distance
from hubmap.statistics.clusters import collapse, dbscan
from hubmap.statistics.growth import founded_by_year, growth_ratio, shift_share
from hubmap.statistics.hierarchy import hdbscan
from hubmap.statistics.proximity import (
    colocation_quotient,
    nearest_distance,
    nearest_neighbours,
    share_near,
)


def test_colocation_quotient() -> None:
    # sfdep 0.2.4, off-diagonal cells corrected to Leslie and Kronenfeld (2011)
    points = columns("clq_points")
    found = colocation_quotient(points["x"], points["y"], points["type"])
    assert found.kinds == ("firm", "job", "uni")
    by_hand = [
        [0.9333333333333, 0.9545454545455, 1.213333333333],
        [0.9545454545455, 1.195031712474, 0.7572727272727],
        [1.213333333333, 0.9736363636364, 0.595],
    ]
    assert found.quotient == pytest.approx(np.array(by_hand), rel=1e-11)
    assert found.overall == pytest.approx(0.9912733042443, rel=1e-11)


def test_ties_are_shared() -> None:
    # b is as near to a as to c: half of a neighbour each, whichever comes first in the table.
    found = colocation_quotient([0, 1, 2], [0, 0, 0], ["a", "b", "c"])
    assert found.quotient[1] == pytest.approx([1, np.nan, 1], nan_ok=True)
    # All on one address: no kind is nearer than another.
    piled = colocation_quotient(np.zeros(6), np.zeros(6), list("aabbcc"))
    assert piled.quotient == pytest.approx(np.ones((3, 3)))
    assert piled.overall == pytest.approx(1)
    with pytest.raises(ValueError, match="1 records have no 1 nearest"):
        colocation_quotient([0], [0], ["a"])


@given(st.integers(0, 999))
def test_colocation_does_not_depend_on_the_tables_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 4, (2, 30)).astype(float)
    kind = rng.choice(list("abc"), 30)
    order = rng.permutation(30)
    first = colocation_quotient(x, y, kind, k=2)
    again = colocation_quotient(x[order], y[order], kind[order], k=2)
    assert again.quotient == pytest.approx(first.quotient, nan_ok=True)
    # The quotients of a row, weighted by what is expected, sum to one.
    number = np.array([np.sum(kind == name) for name in first.kinds])
    share = (number[None, :] - np.eye(number.size)) / 29
    assert np.nansum(first.quotient * share, axis=1) == pytest.approx(1)


def test_share_near_against_relabelling() -> None:
    distance = np.repeat([100.0, 5000.0], [30, 70])
    case = np.zeros(100, dtype=bool)
    case[:20] = True
    near = share_near(distance, case, within_m=1000)
    assert (near.value, near.expected, near.n, near.pool) == (1, 0.3, 20, 100)
    assert near.p < 0.001
    assert near.low == pytest.approx(0.15, abs=0.06)
    assert near.high == pytest.approx(0.5, abs=0.06)
    everyone = share_near(distance, np.ones(100, dtype=bool), within_m=1000)
    assert (everyone.low, everyone.high, everyone.p) == pytest.approx((0.3, 0.3, 1))
    assert np.isnan(share_near(distance, np.zeros(100), within_m=1).value)
    assert nearest_distance([0, 3], [0, 4], [0], [0]) == pytest.approx([0, 5])
    assert np.isinf(nearest_distance([0], [0], [], [])).all()


def test_ellipse_and_standard_distance() -> None:
    # CrimeStat's formulas as in sfdep 0.2.4
    points = columns("clq_points")
    found = deviational_ellipse(points["x"], points["y"])
    assert found.along_x == pytest.approx(370.241250486082, rel=1e-12)
    assert found.along_y == pytest.approx(405.01972063039, rel=1e-12)
    assert found.clockwise_deg == pytest.approx(97.950179736575, rel=1e-12)
    distance = standard_distance(points["x"], points["y"])
    assert distance == pytest.approx(384.773243850626, rel=1e-12)


def test_weights_are_frequencies() -> None:
    x, y, w = np.array([0.0, 4, 1, 7]), np.array([0.0, 1, 5, 3]), np.array([1, 2, 3, 1])
    assert mean_centre(x, y, weight=w) == pytest.approx(mean_centre(x.repeat(w), y.repeat(w)))
    weighted = deviational_ellipse(x, y, weight=w)
    assert weighted == deviational_ellipse(x.repeat(w), y.repeat(w)) or (
        weighted.clockwise_deg
        == pytest.approx(deviational_ellipse(x.repeat(w), y.repeat(w)).clockwise_deg)
    )
    assert standard_distance(x, y, weight=w) == pytest.approx(
        standard_distance(x.repeat(w), y.repeat(w))
    )


def test_shift_share_as_printed() -> None:
    # Farhauer and Kroell (2013), region A; REAT::shift prints 25 = 27 + 1 - 3
    split = shift_share(
        [90, 20, 10, 60], [100, 40, 10, 55], [400, 150, 150, 400], [440, 210, 135, 480]
    )
    assert (split.national, split.industrial_mix, split.regional) == pytest.approx((27, 1, -3))
    assert split.total == pytest.approx(25)


def test_founded_by_year() -> None:
    found = founded_by_year([1999, 2001, 2001, 2003, 2010, np.nan], first=2000, last=2003)
    assert found.year.tolist() == [2000, 2001, 2002, 2003]
    assert found.new.tolist() == [0, 2, 0, 1]
    assert found.stock.tolist() == [1, 3, 3, 4]
    assert found.share_known == pytest.approx(5 / 6)
    value, low, high = growth_ratio(10, 30, earlier_years=5, later_years=5)
    assert value == pytest.approx(3)
    assert low < 3 < high


def test_a_pile_costs_no_more_than_its_records() -> None:
    # 30,000 at one address are 900 million pairs, of which none needs to be kept.
    x = np.append(np.zeros(30_000), [5.0, 6.0])
    kind = np.append(np.tile(["a", "b", "b"], 10_000), ["a", "b"])
    found = colocation_quotient(x, np.zeros(x.size), kind)
    assert nearest_neighbours(x, np.zeros(x.size)).links.nnz == 2
    # Around the 10,000 a's of the pile 20,000 of 29,999 are b's; beside the last a is a b.
    expected = (10_000 * 20_000 / 29_999 + 1) / 10_001 / (20_001 / 30_001)
    assert found.quotient[0, 1] == pytest.approx(expected, rel=1e-12)


def test_dbscan() -> None:
    # dbscan 1.1-11, eps 300, minPts 10; every label, borders included
    points, case = columns("dbscan_points"), expected("dbscan")
    labels = dbscan(points["x"], points["y"], within_m=300, min_weight=10)
    assert np.array_equal(labels + 1, case["dbscan_labels_0_is_noise"])


@pytest.mark.parametrize("seed", range(6))
def test_dbscan_of_crowds_has_every_label_of_the_listed_pairs(seed: int, monkeypatch) -> None:
    # Places with very many neighbours are not listed pair by pair; exact ties included.
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 600))
    x, y = rng.normal(0, 1, (2, n)) * rng.choice([0.3, 1, 2]) + rng.integers(0, 4, n) * 2
    if seed % 3 == 0:
        x, y = np.round(x * 8) / 8, np.round(y * 8) / 8
    weight = rng.integers(1, 5, n) * 1.0 if seed % 2 else rng.random(n)
    for within_m, min_weight in ((0.25, 4), (0.5, 10), (1, 40), (3, 60)):
        asked = {"within_m": within_m, "min_weight": min_weight, "weight": weight}
        listed = dbscan(x, y, **asked)
        with monkeypatch.context() as changed:
            changed.setattr("hubmap.statistics.clusters.LISTED_PAIRS", -1)
            changed.setattr("hubmap.statistics.dense.AT_ONCE", 1000)
            assert np.array_equal(dbscan(x, y, **asked), listed)


def test_dbscan_of_weighted_places_is_that_of_repeated_ones() -> None:
    points = columns("dbscan_points")
    cells = collapse(points["x"], points["y"], cell_m=100)
    assert cells.weight.sum() == points["x"].size
    weighted = dbscan(cells.x, cells.y, within_m=300, min_weight=10, weight=cells.weight)
    times = cells.weight.astype(int)
    repeated = dbscan(cells.x.repeat(times), cells.y.repeat(times), within_m=300, min_weight=10)
    assert np.array_equal(weighted.repeat(times), repeated)
    whole = dbscan(points["x"], points["y"], within_m=300, min_weight=10)
    assert np.mean((weighted[cells.cell] >= 0) == (whole >= 0)) > 0.9


def test_dbscan_of_little() -> None:
    assert dbscan([], [], within_m=1, min_weight=2).shape == (0,)
    assert dbscan([0, 9], [0, 9], within_m=1, min_weight=2).tolist() == [-1, -1]
    assert dbscan([0, 9], [0, 9], within_m=1, min_weight=1).tolist() == [0, 1]
    assert collapse([], [], cell_m=100).x.shape == (0,)


def test_hdbscan() -> None:
    # dbscan 1.1-11, minPts 10; every label, the noise and the tied places too
    points, case = columns("dbscan_points"), expected("dbscan")
    labels = hdbscan(points["x"], points["y"], min_places=10)
    theirs = np.array(case["hdbscan_labels_0_is_noise"])
    assert np.array_equal(labels == -1, theirs == 0)
    pairs = {(int(a), int(b)) for a, b in zip(labels, theirs, strict=True)}
    assert len(pairs) == len(set(labels)) == len(set(theirs)) == 6
    assert [int(np.flatnonzero(labels == k)[0]) for k in range(5)] == sorted(
        int(np.flatnonzero(labels == k)[0]) for k in range(5)
    )


def uneven_places(seed: int, n: int = 240) -> np.ndarray:
    """Four bells of differing width and a scatter."""
    rng = np.random.default_rng(seed)
    middle = rng.uniform(-20_000, 20_000, (4, 1, 2))
    bells = middle + np.array([300, 600, 1000, 2000])[:, None, None] * rng.normal(size=(4, n, 2))
    return np.vstack([bells.reshape(-1, 2), rng.uniform(-30_000, 30_000, (n, 2))])


@pytest.mark.parametrize("seed", range(4))
def test_hdbscan_is_scikit_learns_but_for_ties(seed: int) -> None:
    cluster = pytest.importorskip("sklearn.cluster")
    metrics = pytest.importorskip("sklearn.metrics")
    places = uneven_places(seed)
    mine = hdbscan(*places.T, min_places=12, crumbs="fall")
    model = cluster.HDBSCAN(min_cluster_size=12, min_samples=12, copy=True)
    assert metrics.adjusted_rand_score(model.fit_predict(places), mine) > 0.99
    assert mine.max() >= 2


def test_hdbscan_crumbs_stay_as_in_r() -> None:
    x = [
        67,
        2,
        46,
        63,
        97,
        27,
        57,
        13,
        0,
        14,
        19,
        75,
        28,
        26,
        17,
        79,
        11,
        62,
        66,
        66,
        95,
        90,
        36,
        18,
    ]
    y = [80, 80, 51, 28, 5, 38, 40, 4, 4, 99, 65, 23, 43, 97, 89, 84, 39, 49, 67, 6, 55, 27, 87, 6]
    # dbscan 1.1-11, minPts 3, its clusters in table order
    theirs = [1, 2, 1, 1, 0, 3, 1, 4, 4, 2, 0, 1, 3, 2, 2, 0, 3, 1, 1, 0, 0, 0, 2, 4]
    assert (hdbscan(x, y, min_places=3) + 1).tolist() == theirs
    fallen = hdbscan(x, y, min_places=3, crumbs="fall")
    cluster = pytest.importorskip("sklearn.cluster")
    model = cluster.HDBSCAN(min_cluster_size=3, min_samples=3, copy=True)
    labels = model.fit_predict(np.column_stack([x, y]))
    assert fallen.max() == labels.max() == 1
    assert np.mean(fallen == labels) > 0.9


def test_hdbscan_of_little() -> None:
    assert hdbscan([], [], min_places=2).shape == (0,)
    assert hdbscan([0, 9], [0, 9], min_places=2).tolist() == [-1, -1]
    two = hdbscan([0, 1, 900, 901, 5000], [0] * 5, min_places=2)
    assert two.tolist() == [0, 0, 1, 1, -1]
    # A pile at one coordinate is a cluster, not a division by nothing.
    piled = hdbscan([0] * 6 + [500 + 7 * i for i in range(6)], [0] * 12, min_places=3)
    assert piled.tolist() == [0] * 6 + [1] * 6
