"""PySAL, scikit-learn and SciPy where they answer the same question rightly."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from hubmap.statistics.autocorrelation import geary, general_g, moran
from hubmap.statistics.clusters import dbscan
from hubmap.statistics.intervals import clopper_pearson, poisson_exact, wilson
from hubmap.statistics.localstats import conditional_p, false_discovery, getis_ord, local_moran
from hubmap.statistics.rates import rate_ratio
from hubmap.statistics.weights import grid_weights


def test_scipy_intervals() -> None:
    from scipy import stats

    for x, n in ((0, 9), (3, 50), (17, 17), (400, 1000)):
        for method, mine in (("exact", clopper_pearson), ("wilson", wilson)):
            theirs = stats.binomtest(x, n).proportion_ci(0.9, method=method)
            low, high = mine(x, n, level=0.9)
            assert [low, high] == pytest.approx([theirs.low, theirs.high], abs=1e-9)
    low, high = poisson_exact(7)
    assert low == pytest.approx(stats.chi2.ppf(0.025, 14) / 2)
    assert high == pytest.approx(stats.chi2.ppf(0.975, 16) / 2)
    # Equal exposures: the p-value of the exact test is 5 % on the bound.
    _, low, _ = rate_ratio(30, 1, 12, 1)
    assert stats.binom.sf(29, 42, low / (1 + low)) == pytest.approx(0.025)
    p = np.random.default_rng(0).random(50) ** 3
    assert np.array_equal(false_discovery(p), stats.false_discovery_control(p) <= 0.05)


def test_scikit_learn_clusters() -> None:
    cluster = pytest.importorskip("sklearn.cluster")
    rng = np.random.default_rng(1)
    for seed in range(5):
        x, y = rng.normal(0, 1, (2, 400)) + rng.integers(0, 3, 400) * 3
        weight = rng.integers(1, 4, 400)
        model = cluster.DBSCAN(eps=0.35, min_samples=9)
        theirs = model.fit_predict(np.column_stack([x, y]), sample_weight=weight)
        mine = dbscan(x, y, within_m=0.35, min_weight=9, weight=weight)
        assert np.array_equal(mine, theirs), seed


@pytest.mark.slow
def test_pysal() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        esda = pytest.importorskip("esda")
        libpysal = pytest.importorskip("libpysal")
        w = libpysal.weights.lat2W(8, 8, rook=False)
        x = np.random.default_rng(2).exponential(size=64)
        column, row = (a.ravel() for a in np.meshgrid(np.arange(8), np.arange(8)))
        ours = grid_weights(column, row, style="row")
        i = esda.Moran(x, w, permutations=0)
        assert moran(x, ours).value == pytest.approx(i.I)
        assert moran(x, ours).variance == pytest.approx(i.VI_rand)
        assert moran(x, ours, variance="normality").variance == pytest.approx(i.VI_norm)
        assert geary(x, ours).value == pytest.approx(esda.Geary(x, w, permutations=0).C)
        w.transform = "b"
        binary = grid_weights(column, row)
        g = esda.G(x, w, permutations=0)
        assert general_g(x, binary).value == pytest.approx(g.G)
        assert general_g(x, binary).variance == pytest.approx(g.VG)
        star = esda.G_Local(x, w, transform="B", star=True, permutations=0)
        starred = grid_weights(column, row, include_self=True)
        assert getis_ord(x, starred) == pytest.approx(star.Zs)
        w.transform = "r"
        local = esda.Moran_Local(x, w, permutations=39999, n_jobs=1, seed=3)
        # esda scales with n - 1.
        assert local_moran(x, ours).value * 63 / 64 == pytest.approx(local.Is)
        drawn = conditional_p(x, ours, draws=39999)
        # Its p_sim is one tail: half of the two-sided p.
        assert drawn == pytest.approx(np.minimum(1, 2 * local.p_sim), abs=0.03)
