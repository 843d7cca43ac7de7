"""Moran, Geary, G and their local kin against spdep 1.2-7 (columbus, nc_sids)."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from cases import columbus_crime, columns, expected
from hypothesis import given
from hypothesis import strategies as st

from hubmap.statistics.autocorrelation import (
    geary,
    general_g,
    moran,
    moran_permuted,
    moran_rates,
)
from hubmap.statistics.localstats import conditional_p, false_discovery, getis_ord, local_moran
from hubmap.statistics.weights import (
    band_weights,
    contiguity_weights,
    grid_weights,
    pair_weights,
    row_sums,
)

TIGHT = {"rel": 1e-10}
"""spdep prints 13 digits; the deviation measured is below 1e-12."""


@pytest.fixture(scope="module")
def crime():
    pairs = columns("columbus_queen_neighbours")
    x = columbus_crime()
    i, j = pairs["i"], pairs["j"]
    return x, {
        "row": pair_weights(i, j, x.size, style="row"),
        "binary": pair_weights(i, j, x.size),
        "self": pair_weights(i, j, x.size, include_self=True),
    }


def test_columbus_global(crime) -> None:
    # spdep 1.2-7: moran.test, geary.test (W), globalG.test (B)
    x, weights = crime
    i = moran(x, weights["row"])
    assert i.value == pytest.approx(0.5001885571829, **TIGHT)
    assert i.expected == pytest.approx(-0.02083333333333, **TIGHT)
    assert i.variance == pytest.approx(0.008689289201332, **TIGHT)
    assert i.z == pytest.approx(5.589382675045, **TIGHT)
    assert i.p / 2 == pytest.approx(1.139391350391e-08, **TIGHT)
    normal = moran(x, weights["row"], variance="normality")
    assert normal.variance == pytest.approx(0.008563413119405, **TIGHT)
    c = geary(x, weights["row"])
    assert (c.value, c.expected) == pytest.approx((0.5405282027021, 1), **TIGHT)
    assert c.variance == pytest.approx(0.009384263776965, **TIGHT)
    g = general_g(x, weights["binary"])
    assert g.value == pytest.approx(0.127807457382, **TIGHT)
    assert g.expected == pytest.approx(0.1003401360544, **TIGHT)
    assert g.variance == pytest.approx(3.507057303807e-05, **TIGHT)


def test_columbus_local(crime) -> None:
    x, weights = crime
    case = expected("columbus_moran_geary_g")
    found = local_moran(x, weights["row"])
    for mine, name in (
        (found.value, "Ii"),
        (found.expected, "E"),
        (found.variance, "Var"),
        (found.z, "Z"),
    ):
        assert mine == pytest.approx(np.array(case["local_moran"][name]), rel=1e-9, abs=1e-12)
    star = getis_ord(x, weights["self"])
    assert star == pytest.approx(np.array(case["local_G_star_z"]), rel=1e-9)
    without = getis_ord(x, weights["binary"], star=False)
    assert without == pytest.approx(np.array(case["local_G_z"]), rel=1e-9)


def test_nc_sids_moran() -> None:
    # spdep 1.2-7: moran.test and EBImoran.mc on the 100 counties of North Carolina, weights B
    sids, pairs = columns("nc_sids"), columns("nc_sids_ncCR85_neighbours")
    weights = pair_weights(pairs["i"], pairs["j"], 100)
    i = moran(sids["SID79"] / sids["BIR79"], weights)
    assert i.value == pytest.approx(0.1106768757925, **TIGHT)
    assert i.variance == pytest.approx(0.003755365903344, **TIGHT)
    rates = moran_rates(sids["SID74"], sids["BIR74"], weights)
    assert rates == pytest.approx(0.229437292521, **TIGHT)


def test_what_counts_where_units_have_no_neighbour() -> None:
    # spdep 1.2-7 on nc_sids, SID79 / BIR79, style B, counties 3 and 50 cut off: adjust.n TRUE
    sids, pairs = columns("nc_sids"), columns("nc_sids_ncCR85_neighbours")
    linked = ~np.isin(pairs["i"], [2, 49]) & ~np.isin(pairs["j"], [2, 49])
    weights = pair_weights(pairs["i"][linked], pairs["j"][linked], 100)
    rate = sids["SID79"] / sids["BIR79"]
    i = moran(rate, weights, units="linked")
    assert (i.value, i.expected) == pytest.approx((0.1213610088705409, -1 / 97), **TIGHT)
    assert i.variance == pytest.approx(0.003930612523206407, **TIGHT)
    # adjust.n FALSE
    every = moran(rate, weights)
    assert every.value == pytest.approx(0.1238377641536132, **TIGHT)
    assert every.variance == pytest.approx(0.003933311424990825, **TIGHT)


def test_geary_of_a_normal_null(crime) -> None:
    # spdep 1.2-7, geary.test(randomisation = FALSE): the same for any values
    x, weights = crime
    for style, variance in (("row", 0.009821535433554251), ("binary", 0.01384659580580293)):
        found = geary(x, weights[style], variance="normality")
        assert found.variance == pytest.approx(variance, **TIGHT)


def test_permutation_agrees_with_the_formula(crime) -> None:
    x, weights = crime
    drawn = moran_permuted(x, weights["row"], draws=4999, seed=2)
    formula = moran(x, weights["row"])
    assert drawn.mean == pytest.approx(formula.expected, abs=0.005)
    half = 1.96 * formula.variance**0.5
    assert (drawn.low, drawn.high) == pytest.approx(
        (formula.expected - half, formula.expected + half), abs=0.02
    )
    assert drawn.p == 2 / 5000


def test_conditional_permutation_agrees_with_its_moments(crime) -> None:
    x, weights = crime
    drawn = conditional_p(x, weights["row"], draws=9999, seed=3)
    formula = local_moran(x, weights["row"]).p
    # Few neighbours are not normal: most agree closely, none by more than a tenth.
    assert np.median(np.abs(drawn - formula)) < 0.02
    assert np.max(np.abs(drawn - formula)) < 0.1
    assert np.array_equal(drawn, conditional_p(x, weights["row"], draws=9999, seed=3))


def test_conditional_permutation_is_that_of_brute_force() -> None:
    rng = np.random.default_rng(1)
    x = rng.exponential(size=9)
    column, row = np.meshgrid(np.arange(3), np.arange(3))
    weights = grid_weights(column.ravel(), row.ravel())
    drawn = conditional_p(x, weights, draws=20_000)
    corner = weights.toarray()[0].astype(bool)
    others = x[1:]
    sums = [others[rng.permutation(8)[:3]].sum() for _ in range(20_000)]
    lag = x[corner].sum()
    tail = min(np.mean(sums >= lag - 1e-9), np.mean(sums <= lag + 1e-9))
    assert drawn[0] == pytest.approx(min(1, 2 * tail), abs=0.02)


def test_even_and_uneven_weights_are_drawn_alike(crime) -> None:
    x, weights = crime
    uneven = weights["row"].copy()
    uneven.data = uneven.data * (1 + 1e-9 * np.arange(uneven.data.size))
    even = conditional_p(x, weights["row"], draws=499)
    assert conditional_p(x, uneven, draws=499) == pytest.approx(even, abs=0.005)


def test_islands_have_no_p() -> None:
    p = conditional_p([1.0, 2.0, 3.0, 9.0], pair_weights([0, 1], [1, 0], 4), draws=99)
    assert np.isnan(p[2:]).all()
    assert np.isfinite(p[:2]).all()
    assert not false_discovery(p)[2:].any()
    assert np.isnan(conditional_p([1.0, 2.0], pair_weights([], [], 2), draws=9)).all()


def test_false_discovery_by_hand() -> None:
    # Benjamini and Hochberg (1995), section 3.2: 15 p-values, four rejected at 5 %.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert false_discovery(p).sum() == 4
    assert false_discovery(p[::-1])[-4:].all()
    assert false_discovery([]).shape == (0,)


@given(st.integers(0, 10_000), st.floats(0.1, 100), st.floats(-100, 100))
def test_invariant_to_scale_shift_and_order(seed: int, scale: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    x, px, py = rng.random((3, 30))
    weights = band_weights(px, py, within_m=0.4)
    i, c = moran(x, weights), geary(x, weights)
    moved = scale * x + shift
    assert moran(moved, weights).value == pytest.approx(i.value, abs=1e-8)
    assert geary(moved, weights).z == pytest.approx(c.z, rel=1e-6, abs=1e-6)
    order = rng.permutation(30)
    shuffled = band_weights(px[order], py[order], within_m=0.4)
    assert moran(x[order], shuffled).z == pytest.approx(i.z, rel=1e-9, abs=1e-9)
    assert getis_ord(moved, weights, star=False) == pytest.approx(
        getis_ord(x, weights, star=False), rel=1e-5, abs=1e-6, nan_ok=True
    )


def test_weights_of_a_board_agree_however_made() -> None:
    column, row = (a.ravel() for a in np.meshgrid(np.arange(4), np.arange(3)))
    queen = grid_weights(column, row)
    assert queen.nnz == 2 * (4 * 2 + 3 * 3 + 2 * 3 * 2)
    near = band_weights(column, row, within_m=1.5)
    touch = contiguity_weights(shapely.box(column, row, column + 1, row + 1))
    assert (queen != near).nnz == (queen != touch).nnz == 0
    gap = contiguity_weights(shapely.box(column, row, column + 0.9, row + 0.9), snap_m=0.2)
    assert (queen != gap).nnz == 0
    assert row_sums(grid_weights(column, row, style="row", include_self=True)) == pytest.approx(1)
    assert grid_weights([], []).shape == (0, 0)


@pytest.mark.parametrize("even", [True, False])
def test_each_unit_is_left_out_of_its_own_draws(even: bool) -> None:
    # Of five units one neighbours all others: every draw of it is the same set, so p is 1.
    i, j = np.nonzero(~np.eye(5, dtype=bool) & (np.arange(5)[:, None] == 0))
    weights = pair_weights(i, j, 5)
    if not even:
        weights = weights.multiply(np.array([[1.0, 1.0, 1.0, 1.0, 1.0]])).tocsr()
        weights.data[:] = [1, 2, 1, 2]
    x = np.array([100.0, 1, 2, 3, 4])
    p = conditional_p(x, weights, draws=199)
    assert np.isnan(p[1:]).all()
    assert p[0] == 1 if even else 0 < p[0] <= 1
    # The unit's own value is nowhere in its draws, or it would beat them all.
    assert conditional_p(x * [1e3, 1, 1, 1, 1], weights, draws=199)[0] == p[0]
