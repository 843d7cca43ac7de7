"""Monte-Carlo checks: nulls are null, intervals cover, tests reject as often as they say.

Run with `pytest -m slow`. Seeds are fixed; the bounds are those that the figures promise.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely

from hubmap.geodesy import plane_of
from hubmap.statistics.autocorrelation import moran, moran_permuted
from hubmap.statistics.concentration import hhi_interval
from hubmap.statistics.intervals import poisson_exact
from hubmap.statistics.localstats import conditional_p, false_discovery, getis_ord
from hubmap.statistics.pointpattern.envelopes import global_envelope, l_random, m_relabelled
from hubmap.statistics.pointpattern.intensity import Intensity
from hubmap.statistics.pointpattern.jitter import dealt_within_cells
from hubmap.statistics.pointpattern.ripley import k_function, k_inhomogeneous, l_function
from hubmap.statistics.pointpattern.setcovariance import set_covariance
from hubmap.statistics.pointpattern.window import random_points
from hubmap.statistics.proximity import share_near
from hubmap.statistics.specialisation import location_quotient_interval
from hubmap.statistics.weights import grid_weights

pytestmark = pytest.mark.slow
Told = Callable[[str, object], None]
REGIONS = Path(__file__).parents[2] / "geodata" / "regions.geojson"


def land(prefix: str) -> shapely.Geometry:
    """The real outline of a city on its own equal-area plane, in metres."""
    import geopandas

    features = json.loads(REGIONS.read_text(encoding="utf-8"))["features"]
    parts = [
        shapely.geometry.shape(feature["geometry"])
        for feature in features
        if feature["properties"]["code"].startswith(prefix)
    ]
    outline = shapely.union_all(parts)
    return geopandas.GeoSeries([outline], crs=4326).to_crs(plane_of(outline)).iloc[0]


def farthest(ratio: np.ndarray) -> float:
    return float(ratio[np.argmax(np.abs(ratio - 1))])


@pytest.mark.parametrize(("city", "n"), [("4403", 500), ("82", 300)])
def test_randomness_in_real_outlines(city: str, n: int, record_property: Told) -> None:
    # Shenzhen and Macao: L(r)/r within 2 % of 1 from 1 to 10 km.
    window, r = land(city), np.arange(1, 11) * 1000.0
    drawn = l_random(n, window=window, r=r, draws=200)
    ratio = drawn.mean(axis=0) / r
    record_property("L(r)/r of randomness at 1-10 km, farthest from 1", farthest(ratio))
    assert ratio == pytest.approx(1, abs=0.02)


def test_randomness_by_fft_in_shenzhen(record_property: Told) -> None:
    window, r = land("4403"), np.arange(1, 11) * 1000.0
    x, y = random_points(window, 200_000, rng=np.random.default_rng(0))
    found = l_function(k_function(x, y, window=window, r=r))
    record_property("L(r)/r of randomness by FFT, farthest from 1", farthest(found / r))
    assert found / r == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize("n", [20, 100, 1000])
def test_rate_interval_covers(n: int, record_property: Told) -> None:
    # The exact interval of a count of mean n is a little wide, never narrow.
    low, high = poisson_exact(np.random.default_rng(n).poisson(n, 20_000))
    covered = np.mean((low <= n) & (n <= high))
    record_property("95 % interval of a count or rate covers", float(covered))
    assert 0.95 <= covered <= 0.97


@pytest.mark.parametrize("n", [20, 100, 1000])
@pytest.mark.parametrize("quotient", [0.6, 1, 1.8])
def test_quotient_interval_covers(n: int, quotient: float, record_property: Told) -> None:
    # A district with n of 50,000 postings, of which a fifth to a half are AI postings. Counts are
    # a lattice, so that coverage swings from share to share: what is promised is its mean.
    rng = np.random.default_rng(n)
    share = rng.uniform(0.2, 0.5, 20_000)
    x = rng.binomial(n, quotient * share)
    rest = rng.binomial(50_000 - n, share)
    low, high = location_quotient_interval(x, n, x + rest, 50_000)
    true = quotient / ((quotient * n + 50_000 - n) / 50_000)
    covered = np.mean((low <= true) & (true <= high))
    record_property("95 % interval of a location quotient covers", float(covered))
    assert 0.93 <= covered <= 0.97


SHARES = {
    "a Zipf law over 16": 1 / np.arange(1, 17),
    "a Zipf law over 8": 1 / np.arange(1, 9),
    "its root over 16": np.arange(1, 17) ** -0.5,
    "a geometric law over 11": 0.7 ** np.arange(11),
    "eleven equal": np.ones(11),
    "nearly equal": np.repeat([1, 1.5], [5, 6]),
    "one with most": np.repeat([0.6, 0.04], [1, 10]),
}


@pytest.mark.parametrize("n", [20, 100, 1000])
@pytest.mark.parametrize("shares", SHARES)
def test_hhi_interval_covers(n: int, shares: str, record_property: Told) -> None:
    p = SHARES[shares] / SHARES[shares].sum()
    true = np.sum(p**2)
    drawn = np.random.default_rng(n).multinomial(n, p, 2000)
    # The order of the units does not matter: equal draws need one interval.
    each, often = np.unique(np.sort(drawn, axis=1), axis=0, return_counts=True)
    bounds = np.array([hhi_interval(x) for x in each])
    holds = (bounds[:, 0] <= true + 1e-9) & (true - 1e-9 <= bounds[:, 1])
    covered = np.sum(often[holds]) / 2000
    record_property("95 % interval of HHI (effective districts) covers", float(covered))
    assert 0.93 <= covered <= 0.97


def test_moran_rejects_as_often_as_it_says(record_property: Told) -> None:
    column, row = (a.ravel() for a in np.meshgrid(np.arange(12), np.arange(12)))
    weights = grid_weights(column, row, style="row")
    rng = np.random.default_rng(1)
    formula = [moran(rng.normal(size=144), weights).p < 0.05 for _ in range(4000)]
    record_property("5 % test of Moran's I rejects, by formula", float(np.mean(formula)))
    assert 0.04 <= np.mean(formula) <= 0.06
    drawn = [
        moran_permuted(rng.exponential(size=144), weights, draws=199, seed=k).p <= 0.05
        for k in range(2000)
    ]
    record_property("5 % test of Moran's I rejects, by permutation", float(np.mean(drawn)))
    assert 0.04 <= np.mean(drawn) <= 0.06


def test_conditional_permutation_rejects_as_often_as_it_says(record_property: Told) -> None:
    column, row = (a.ravel() for a in np.meshgrid(np.arange(20), np.arange(20)))
    weights = grid_weights(column, row)
    rng = np.random.default_rng(2)
    p = [conditional_p(rng.exponential(size=400), weights, draws=999, seed=k) for k in range(60)]
    rejected = float(np.mean(np.array(p) <= 0.05))
    record_property("5 % test of local Moran rejects, by conditional permutation", rejected)
    assert 0.04 <= rejected <= 0.06


@pytest.mark.parametrize("noise", ["normal", "counts"])
def test_hot_spots_with_false_discovery_find_nothing_in_noise(
    noise: str, record_property: Told
) -> None:
    column, row = (a.ravel() for a in np.meshgrid(np.arange(30), np.arange(30)))
    weights = grid_weights(column, row, include_self=True)
    from hubmap.statistics.arrays import two_sided_p

    rng = np.random.default_rng(3)
    clean = 0
    for _ in range(500):
        x = rng.normal(size=900) if noise == "normal" else rng.poisson(20, 900)
        clean += not false_discovery(two_sided_p(getis_ord(x, weights))).any()
    record_property("Gi* with false-discovery control is silent in noise", clean / 500)
    assert clean / 500 >= 0.94


def test_envelope_rejects_as_often_as_it_says(record_property: Told) -> None:
    window, r = shapely.box(0, 0, 1, 1), np.linspace(0.02, 0.25, 12)
    shared = set_covariance(window)
    rng = np.random.default_rng(4)

    def curve() -> np.ndarray:
        x, y = random_points(window, 60, rng=rng)
        return l_function(k_function(x, y, window=window, r=r, covariance=shared))

    rejected = [
        global_envelope(curve(), np.stack([curve() for _ in range(99)])).p <= 0.05
        for _ in range(1000)
    ]
    record_property("5 % global envelope of L rejects", float(np.mean(rejected)))
    assert 0.04 <= np.mean(rejected) <= 0.06


LANDS = {
    # Sixteen cells of a quarter of the side, each even, up to eight times denser than the next.
    "even within cells": (500, 0.04, 0.06),
    # Twice as many at the west side as in the middle, none at the east side, no clusters.
    "sloping within cells": (200, 0.02, 0.12),
}


@pytest.mark.parametrize("uneven", LANDS)
def test_inhomogeneous_l_rejects_as_often_as_it_says(uneven: str, record_property: Told) -> None:
    window, r, h = shapely.box(0, 0, 1, 1), np.linspace(0.04, 0.2, 5), 0.25
    shared, kernel = set_covariance(window), Intensity.of(window, bandwidth=h)
    rng = np.random.default_rng(7)
    weight = np.tile([8.0, 1.0, 4.0, 2.0], 4) / 60
    times, least, most = LANDS[uneven]

    def pattern() -> tuple[np.ndarray, np.ndarray]:
        if uneven == "sloping within cells":
            return rng.beta(1, 2, 60), rng.random(60)
        row, column = np.divmod(rng.choice(16, 60, p=weight), 4)
        return (column + rng.random(60)) / 4, (row + rng.random(60)) / 4

    def curve(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        density = np.maximum(kernel.without_self(x, y), 0.1)
        return l_function(
            k_inhomogeneous(x, y, window=window, r=r, intensity=density, covariance=shared)
        )

    rejected = []
    for _ in range(times):
        x, y = pattern()
        dealt = dealt_within_cells(x, y, window=window, cell=h)
        null = np.stack([curve(*dealt(rng)) for _ in range(99)])
        rejected.append(global_envelope(curve(x, y), null).p <= 0.05)
    record_property(
        f"5 % global envelope of inhomogeneous L rejects, density {uneven}",
        float(np.mean(rejected)),
    )
    assert least <= np.mean(rejected) <= most


def test_relabelling_rejects_as_often_as_it_says(record_property: Told) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.random((2, 200))
    r = np.array([0.05, 0.1, 0.2])
    few = np.arange(200) < 60
    for name, others in (("M", None), ("M between two kinds", ~few)):
        drawn = m_relabelled(x, y, case=few, neighbour=others, r=r, draws=100_000, seed=6)
        rejected = [
            global_envelope(drawn[first], drawn[first + 1 : first + 100]).p <= 0.05
            for first in range(0, 100_000, 100)
        ]
        record_property(f"5 % global envelope of {name} rejects", float(np.mean(rejected)))
        assert 0.04 <= np.mean(rejected) <= 0.06
    # A count is a lattice: with 999 draws this test rejects 0.045, by the hypergeometric law.
    distance, case = np.arange(2000.0), np.arange(2000) < 1000
    near = [
        share_near(distance, rng.permutation(case), within_m=799, draws=999, seed=k).p <= 0.05
        for k in range(20_000)
    ]
    record_property("5 % test of the share near campuses rejects", float(np.mean(near)))
    assert 0.04 <= np.mean(near) <= 0.06
