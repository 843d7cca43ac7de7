"""Kernels on awkward data: few, tied, constant, alone, nothing, land in parts and with holes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from hubmap.statistics.autocorrelation import moran_permuted
from hubmap.statistics.concentration import effective_number, gini, hhi, hill
from hubmap.statistics.localstats import conditional_p, getis_ord, local_moran
from hubmap.statistics.pointpattern.intensity import Intensity
from hubmap.statistics.pointpattern.kde import kde
from hubmap.statistics.pointpattern.nearest import clark_evans
from hubmap.statistics.pointpattern.relative import kd_function, m_function
from hubmap.statistics.pointpattern.ripley import k_function, k_inhomogeneous
from hubmap.statistics.weights import pair_weights

RING = shapely.box(0, 0, 10, 10).difference(shapely.box(3, 3, 7, 7))
ISLANDS = shapely.MultiPolygon([RING, shapely.box(12, 0, 14, 2)])
R = np.array([0.5, 1.0, 2.0])


@pytest.mark.parametrize("correction", ["none", "border", "isotropic", "translation"])
def test_k_of_points_on_one_place(correction: str) -> None:
    x = np.array([1.0, 1.0, 1.0, 9.0])
    found = k_function(x, x, window=ISLANDS, r=R, correction=correction)  # type: ignore[arg-type]
    assert (found[np.isfinite(found)] > 0).all()
    for few in ([], [1.0]):
        assert np.isnan(
            k_function(few, few, window=ISLANDS, r=R, correction=correction)  # type: ignore[arg-type]
        ).all()


def test_radii_ascend_or_are_one_number() -> None:
    x, y = np.random.default_rng(0).random((2, 30)) * 3
    case = np.arange(30) < 15
    one = k_function(x, y, window=RING, r=1.0)
    assert one == pytest.approx(k_function(x, y, window=RING, r=[0.5, 1.0])[1:])
    assert m_function(x, y, case=case, r=1.0).shape == (1,)
    for wrong in ([2.0, 1.0], []):
        with pytest.raises(ValueError, match="radii must ascend"):
            k_function(x, y, window=RING, r=wrong)
        with pytest.raises(ValueError, match="radii must ascend"):
            m_function(x, y, case=case, r=wrong)


def test_surfaces_keep_their_mass_on_land_in_parts() -> None:
    x, y = np.array([1.0, 1.0, 13.0]), np.array([1.0, 1.0, 1.0])
    surface = kde(x, y, window=ISLANDS, bandwidth=1.0)
    assert surface.mass == pytest.approx(3)
    assert kde(x, y, window=ISLANDS, bandwidth=1.0, weight=[0, 0, 0]).mass == 0
    assert kde([], [], window=ISLANDS, bandwidth=1.0).mass == 0


def test_inhomogeneous_k_of_an_even_pattern_is_the_plain_one() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.random((2, 3000)) * 10
    window = shapely.box(0, 0, 10, 10)
    kernel = Intensity.of(window, bandwidth=4.0)
    even = k_inhomogeneous(x, y, window=window, r=R, intensity=kernel.without_self(x, y))
    assert even == pytest.approx(k_function(x, y, window=window, r=R), rel=0.05)
    # By the raster, above 2,000 points, and pair by pair the intensity is the same.
    part = slice(0, 2000)
    direct = kernel.without_self(x[part], y[part])
    raster = Intensity(kernel.bandwidth, kernel.grid, kernel.share)
    nodes = tuple(p.ravel() for p in np.meshgrid(kernel.grid.x, kernel.grid.y))
    sums = raster._sums(x[part], y[part], *nodes).reshape(kernel.share.shape)
    read = raster._read(sums, x[part], y[part]) - 1
    share = np.maximum(raster._read(kernel.share, x[part], y[part]), 0.01)
    assert read / (2 * np.pi * 16) / share == pytest.approx(direct, rel=0.01)


def test_relative_measures_of_ties_and_zero_weights() -> None:
    x = np.array([1.0, 1, 1, 5, 5, 9])
    case = np.array([True, True, False, False, True, False])
    found = m_function(x, x, case=case, r=R, weight=np.zeros(6))
    assert np.isnan(found).all()
    alone = m_function([0.0, 50.0], [0.0, 0.0], case=[True, False], r=R)
    assert np.isnan(alone).all()
    same = kd_function(np.ones(5), np.ones(5), r=R, bandwidth=0.5)
    assert (same.value >= 0).all()
    assert clark_evans([1.0, 1.0], [1.0, 1.0], window=RING).naive == 0


def test_constant_values_and_islands_say_nothing() -> None:
    weights = pair_weights([0, 1], [1, 0], 4)
    flat = np.ones(4)
    with np.errstate(all="ignore"):
        assert np.isnan(getis_ord(flat, weights)).all()
        assert not np.isfinite(local_moran(flat, weights).z).any()
    assert np.isnan(conditional_p(np.arange(4.0), weights, draws=99)[2:]).all()
    assert (conditional_p(flat, weights, draws=99)[:2] == 1).all()
    drawn = moran_permuted(np.arange(4.0), weights, draws=99)
    assert 0 < drawn.p <= 1


def test_concentration_of_one_and_of_none() -> None:
    assert effective_number(np.array([7.0, 0, 0])).value == pytest.approx(1)
    assert hhi(np.array([5.0, 5.0])) == pytest.approx(0.5)
    assert hill(np.array([3.0, 0.0, 3.0]), order=0) == 2
    assert gini(np.array([1.0, 1.0, 1.0])) == pytest.approx(0)
