"""Point patterns against spatstat.explore 3.0-6 (redwood) and dbmss 2.9-2 (paracou16)."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from cases import columns, redwood_points
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate, scale, translate

from hubmap.statistics.pointpattern import ripley
from hubmap.statistics.pointpattern.bandwidths import (
    berman_diggle,
    cronie_van_lieshout,
    likelihood,
    scott,
)
from hubmap.statistics.pointpattern.envelopes import (
    global_envelope,
    kd_relabelled,
    l_random,
    m_relabelled,
)
from hubmap.statistics.pointpattern.kde import kde, kde_at, mass_levels
from hubmap.statistics.pointpattern.modes import modes, modes_by_bandwidth
from hubmap.statistics.pointpattern.nearest import (
    clark_evans,
    neighbour_distance,
    neighbour_share,
)
from hubmap.statistics.pointpattern.relative import kd_function, m_function, relabelled
from hubmap.statistics.pointpattern.ripley import (
    k_by_fft,
    k_function,
    k_inhomogeneous,
)
from hubmap.statistics.pointpattern.setcovariance import set_covariance
from hubmap.statistics.pointpattern.window import (
    arc_share,
    boundary_distance,
    contains,
    coverage,
    edges,
    gaussian_share,
    grid_over,
    random_points,
)

R = [0.0203, 0.0507, 0.1003, 0.1507, 0.2003, 0.2507]
SQUARE = shapely.box(0, -1, 1, 0)
TIGHT = {"rel": 1e-10}
"""The programs print 13 digits; the deviation measured is below 2e-11."""

ISLANDS = (
    shapely.Point(0, 0)
    .buffer(10, quad_segs=40)
    .difference(shapely.Point(3, 3).buffer(2))
    .difference(shapely.Polygon([(-8, 0), (-6, 0), (-7, 3)]))
    .union(shapely.box(12, -3, 18, 4))
)
"""A land with a lake, a notch and an island."""


@pytest.fixture(scope="module")
def redwood():
    return redwood_points()


@pytest.fixture(scope="module")
def trees():
    table = columns("paracou16")
    kind = table["type"]
    return table["x"], table["y"], kind == "V. Americana", kind == "Q. Rosea", table["weight"]


@pytest.mark.parametrize(
    ("correction", "k"),
    [  # spatstat.explore 3.0-6, Kest
        (
            "none",
            [
                0.004759386567953,
                0.02644103648863,
                0.06927551560021,
                0.1105235325225,
                0.1454257006875,
                0.1850872554204,
            ],
        ),
        (
            "border",
            [
                0.004759386567953,
                0.02706396938218,
                0.08064516129032,
                0.126660341556,
                0.1620967741935,
                0.2016129032258,
            ],
        ),
        (
            "isotropic",
            [
                0.004759386567953,
                0.02644103648863,
                0.06950221191062,
                0.1164145996971,
                0.1567087052289,
                0.2095849161549,
            ],
        ),
        (
            "translation",
            [
                0.004856516906075,
                0.02767489646222,
                0.07513757376897,
                0.1239797906184,
                0.1685918255313,
                0.2235041733009,
            ],
        ),
    ],
)
def test_redwood_k(redwood, correction, k) -> None:
    found = k_function(*redwood, window=SQUARE, r=R, correction=correction)
    assert found == pytest.approx(k, **TIGHT)


def test_redwood_inhomogeneous_k(redwood) -> None:
    # spatstat.explore 3.0-6: density at points, sigma 0.15, itself included; then Kinhom
    x, y = redwood
    density = kde_at(x, y, x, y, window=SQUARE, bandwidth=0.15, edge="uniform")
    first = [46.425558358657, 59.077704381146, 65.45772051538, 63.336205860512, 67.571260924069]
    assert density[:5] == pytest.approx(first, rel=1e-12)
    once = [0.003508817519071, 0.01916417173692, 0.04946418566122]
    once += [0.08275845039437, 0.1103015775662, 0.151695873416]
    twice = [0.004422449159046, 0.02415417009323, 0.06234375116157]
    twice += [0.1043072309578, 0.1390220825956, 0.1911946928482]
    for power, k in ((1, once), (2, twice)):
        found = k_inhomogeneous(x, y, window=SQUARE, r=R, intensity=density, power=power)
        assert found == pytest.approx(k, **TIGHT)


@pytest.mark.parametrize(
    ("edge", "first"),
    [  # spatstat.explore 3.0-6, density at points, sigma 0.1, itself included
        ("none", [47.541539751884, 70.247163423142, 69.489660219347, 70.98595730204]),
        ("uniform", [60.330433198692, 83.49436390041, 88.168747393375, 77.22223000433]),
        ("diggle", [57.717933396315, 83.892567521342, 82.699309555484, 83.074960023781]),
    ],
)
def test_redwood_density(redwood, edge, first) -> None:
    x, y = redwood
    found = kde_at(x, y, x[:4], y[:4], window=SQUARE, bandwidth=0.1, edge=edge)
    assert found == pytest.approx(first, rel=1e-12)


def test_redwood_nearest_neighbours(redwood) -> None:
    # spatstat.explore 3.0-6: nndist, Gest (raw), clarkevans, clarkevans.test
    distance = neighbour_distance(*redwood)[:5]
    first = [0.08246211251235, 0.04472135955, 0.02828427124746, 0.04472135955, 0.02828427124746]
    assert distance == pytest.approx(first, rel=1e-11)
    share = [0.2741935483871, 0.8548387096774, 0.9193548387097, 1, 1, 1]
    assert neighbour_share(*redwood, r=R) == pytest.approx(share, **TIGHT)
    found = clark_evans(*redwood, window=SQUARE)
    assert found.naive == pytest.approx(0.6186501572912, **TIGHT)
    assert found.donnelly == pytest.approx(0.5849906265899, **TIGHT)
    assert found.p == pytest.approx(9.222610675153e-09, rel=1e-7)


def test_redwood_bandwidths(redwood) -> None:
    # spatstat.explore 3.0-6: bw.scott, bw.ppl, bw.CvL, bw.diggle
    assert scott(*redwood) == pytest.approx((0.1362021373769, 0.1378626407217), **TIGHT)
    assert likelihood(*redwood, window=SQUARE) == pytest.approx(0.04080571546737, **TIGHT)
    assert cronie_van_lieshout(*redwood, window=SQUARE) == pytest.approx(0.1339283954703, **TIGHT)
    assert berman_diggle(*redwood, window=SQUARE) == pytest.approx(0.02250489236791, **TIGHT)


ELL = shapely.Polygon(
    [(0, 0), (8, 0), (8, 3), (3, 3), (3, 8), (0, 8)], [[(1, 1), (1, 2), (2, 2), (2, 1)]]
)


def test_a_ragged_window_with_a_hole() -> None:
    # spatstat.explore 3.0-6: bw.ppl, bw.diggle, bw.CvL, Kest, clarkevans
    x, y = np.random.default_rng(11).integers(1, 80, (120, 2)).T / 10
    held = shapely.contains_xy(ELL, x, y)
    x, y = x[held], y[held]
    assert x.size == 72
    assert likelihood(x, y, window=ELL) == pytest.approx(2.523829377921, **TIGHT)
    assert berman_diggle(x, y, window=ELL) == pytest.approx(0.4755381604697, **TIGHT)
    assert cronie_van_lieshout(x, y, window=ELL) == pytest.approx(0.5023772863019, **TIGHT)
    printed = {
        "none": [0.3419405320814, 1.605633802817, 3.835680751174],
        "border": [0.1963824289406, 1.633597883598, 4.222222222222],
        "isotropic": [0.3864937523562, 1.970740005381, 5.237776813384],
    }
    for correction, expected in printed.items():
        found = k_function(x, y, window=ELL, r=[0.33, 0.77, 1.21], correction=correction)
        assert found == pytest.approx(expected, **TIGHT), correction
    assert clark_evans(x, y, window=ELL).naive == pytest.approx(1.228875400138, **TIGHT)


def test_what_others_give_a_lonely_point_is_not_lost_in_its_own() -> None:
    # e^-50 beside the point's own 1 is less than rounding; all others add it up alone.
    x, y = np.array([0.0, 10.0, 10.0]), np.zeros(3)
    for bandwidth in (1.0, 0.5):
        found = kde_at(
            x, y, x, y, window=shapely.box(-99, -99, 99, 99), bandwidth=bandwidth,
            edge="none", leave_out=True,
        )  # fmt: skip
        expected = 2 * np.exp(-50 / bandwidth**2) / (2 * np.pi * bandwidth**2)
        assert found[0] == pytest.approx(expected, rel=1e-9)
    with pytest.raises(ValueError, match="two places"):
        cronie_van_lieshout([1, 1], [2, 2], window=ELL)


# dbmss 2.9-2 on paracou16: 90 V. Americana, 27 Q. Rosea among 2,426 trees
TREE_R = [2.5, 5.5, 10.5, 20.5, 30.5, 50.5]


def test_paracou_m(trees) -> None:
    x, y, va, qr, weight = trees
    alone = m_function(x, y, case=va, r=TREE_R, weight=weight)
    printed = [0, 0.899675134191, 1.575761995907, 1.711028846172, 1.500269349399, 1.506629550646]
    assert alone == pytest.approx(printed, **TIGHT)
    alone = m_function(x, y, case=qr, r=TREE_R, weight=weight)
    printed = [0, 0.8643348032313, 0.5615093674832, 0.9782601155715, 1.263446238214]
    assert alone == pytest.approx([*printed, 1.247321908728], **TIGHT)
    both = m_function(x, y, case=va, neighbour=qr, r=TREE_R, weight=weight)
    printed = [1.408432589391, 0.4936384520333, 0.2303027686355, 0.5527528127151]
    assert both == pytest.approx([*printed, 0.644537932822, 0.8293881500975], **TIGHT)
    equal = m_function(x, y, case=va, r=TREE_R)
    printed = [0, 1.249983718185, 1.774388797468, 1.744293636066, 1.545631147879, 1.496537814551]
    assert equal == pytest.approx(printed, **TIGHT)


def test_paracou_kd(trees) -> None:
    # dbmss reads Kd off a grid of 512 or more points: its own tolerance is 0.2 %
    x, y, va, _, weight = trees
    found = kd_function(x[va], y[va], r=TREE_R)
    printed = [0.001046115721161, 0.001600609610493, 0.002729825570806]
    printed += [0.00392609112756, 0.004994312417134, 0.007195990147823]
    assert found.bandwidth == pytest.approx(4.786875383512, **TIGHT)
    assert found.value == pytest.approx(printed, rel=0.002)
    employed = kd_function(x[va], y[va], r=TREE_R, weight=weight[va])
    printed = [0.000983845757458, 0.001544634515501, 0.00266928344406]
    printed += [0.003465312986757, 0.004889476132423, 0.00737368863128]
    assert employed.value == pytest.approx(printed, rel=0.002)


def test_coverage_is_that_of_exact_overlay() -> None:
    grid = grid_over(ISLANDS, cell=0.7, margin=1.3)
    left, bottom = np.meshgrid(grid.x - 0.35, grid.y - 0.35)
    cells = shapely.box(left, bottom, left + 0.7, bottom + 0.7)
    exact = shapely.area(shapely.intersection(cells, ISLANDS)) / 0.49
    assert coverage(ISLANDS, grid) == pytest.approx(exact, abs=1e-12)


def test_edge_corrections_are_those_of_brute_force() -> None:
    segments = edges(ISLANDS)
    x, y = random_points(ISLANDS, 12, rng=np.random.default_rng(0))
    radius = np.array([0.5, 2, 5, 9])
    turn = (np.arange(20_000) + 0.5) / 10_000 * np.pi
    grid = grid_over(ISLANDS, cell=0.05)
    cover = coverage(ISLANDS, grid)
    for px, py in zip(x, y, strict=True):
        rim = [contains(ISLANDS, px + r * np.cos(turn), py + r * np.sin(turn)) for r in radius]
        assert arc_share(segments, px, py, radius) == pytest.approx(np.mean(rim, axis=1), abs=2e-4)
        away = (grid.x - px) ** 2 + (grid.y[:, None] - py) ** 2
        mass = np.sum(cover * np.exp(-away / 8)) * grid.cell**2 / (8 * np.pi)
        assert gaussian_share(segments, [px], [py], bandwidth=2) == pytest.approx(mass, abs=1e-4)
    assert gaussian_share(segments, [100], [0], bandwidth=2) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("shift", [(1, 0.3), (-4, 5), (7, -3), (20, 1), (-20, -1)])
def test_set_covariance_is_that_of_overlay(shift) -> None:
    shared = ISLANDS.intersection(translate(ISLANDS, *shift)).area
    dx, dy = np.array([float(shift[0])]), np.array([float(shift[1])])
    assert set_covariance(ISLANDS).at(dx, dy) == pytest.approx(shared, rel=1e-4)


def test_rectangles_and_rasters_agree() -> None:
    turned = rotate(shapely.box(0, 0, 3, 2), 30, origin=(0, 0))
    x, y = random_points(shapely.box(0, 0, 3, 2), 200, rng=np.random.default_rng(1))
    cos, sin = np.cos(np.pi / 6), np.sin(np.pi / 6)
    r = np.linspace(0.05, 0.5, 5)
    for correction, tolerance in (("translation", 1e-4), ("isotropic", 1e-9), ("border", 1e-9)):
        straight = k_function(x, y, window=shapely.box(0, 0, 3, 2), r=r, correction=correction)
        oblique = k_function(
            x * cos - y * sin, x * sin + y * cos, window=turned, r=r, correction=correction
        )
        assert oblique == pytest.approx(straight, rel=tolerance)


def test_fft_is_direct_summation() -> None:
    x, y = random_points(ISLANDS, 6000, rng=np.random.default_rng(2))
    r = np.linspace(0.5, 4, 8)
    direct = k_function(x, y, window=ISLANDS, r=r)
    assert k_by_fft(x, y, window=ISLANDS, r=r) == pytest.approx(direct, rel=2e-3)


def test_many_points_have_the_k_of_few(monkeypatch) -> None:
    # Beyond 10,000 points the raster takes over by itself, and so it must with a covariance that
    # was made for these radii only: on a land so broad that no mean over directions is needed.
    bay = shapely.Point(0, 0).buffer(30).difference(shapely.Point(20, 0).buffer(15))
    x, y = random_points(bay, 3000, rng=np.random.default_rng(3))
    r = np.array([1.0, 2, 4])
    direct = k_function(x, y, window=bay, r=r)
    monkeypatch.setattr(ripley, "EXACT_TO", 1000)
    narrow = set_covariance(bay, within=4.0)
    for covariance in (None, narrow):
        many = k_function(x, y, window=bay, r=r, covariance=covariance)
        assert many == pytest.approx(direct, rel=5e-3)


def test_few_points_say_nothing() -> None:
    assert np.isnan(k_function([0.5], [-0.5], window=SQUARE, r=R)).all()
    # No point is far enough from the border to be looked from.
    assert np.isnan(
        k_function([0.1, 0.2], [-0.1, -0.2], window=SQUARE, r=[0.5], correction="border")
    )
    with pytest.raises(ValueError, match="no polygon"):
        edges(shapely.Point(0, 0))


@pytest.mark.parametrize(("edge", "tolerance"), [("uniform", 3e-4), ("diggle", 3e-4)])
def test_surface_is_direct_summation(edge, tolerance) -> None:
    x, y = random_points(ISLANDS, 500, rng=np.random.default_rng(3))
    surface = kde(x, y, window=ISLANDS, bandwidth=1.0, edge=edge)
    gx, gy = (a.ravel() for a in np.meshgrid(surface.grid.x, surface.grid.y))
    inside = contains(ISLANDS, gx, gy)
    direct = kde_at(x, y, gx[inside], gy[inside], window=ISLANDS, bandwidth=1.0, edge=edge)
    off = np.abs(surface.density.ravel()[inside] - direct)
    assert off.max() < tolerance * direct.max()


def test_a_coarser_coast_is_enough_for_large_rasters(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = random_points(ISLANDS, 100, rng=np.random.default_rng(3))
    fine = kde(x, y, window=ISLANDS, bandwidth=1.0)
    for cells in (100_000, 0):
        monkeypatch.setattr("hubmap.statistics.pointpattern.kde.FINE_CELLS", cells)
        coarse = kde(x, y, window=ISLANDS, bandwidth=1.0)
        off = np.abs(coarse.density - fine.density)[fine.cover > 0.5]
        assert off.max() < 3e-3 * fine.density.max()


@given(st.integers(0, 999), st.floats(0.3, 3))
@settings(max_examples=15)
def test_mass_is_conserved(seed: int, bandwidth: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = random_points(ISLANDS, 40, rng=rng)
    weight = rng.random(40)
    surface = kde(x, y, window=ISLANDS, bandwidth=bandwidth, weight=weight)
    assert surface.mass == pytest.approx(weight.sum(), rel=1e-9)
    assert surface.density.min() >= 0
    levels = mass_levels(surface, [0.5, 0.8, 0.95])
    assert np.all(np.diff(levels) <= 0)
    held = np.sum((surface.density * surface.cover)[surface.density >= levels[0]])
    assert held * surface.grid.cell**2 >= 0.5 * surface.mass


def test_surface_needs_fine_cells_and_points_within() -> None:
    with pytest.raises(ValueError, match="too coarse"):
        kde([0], [0], window=ISLANDS, bandwidth=1.0, cell=0.6)
    with pytest.raises(ValueError, match="1 points lie outside"):
        kde([50], [0], window=ISLANDS, bandwidth=1.0)


@given(st.integers(0, 999), st.floats(0.1, 50), st.floats(-9, 9))
@settings(max_examples=25)
def test_k_and_m_are_free_of_units_and_order(seed: int, factor: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.random((2, 40))
    window, r = shapely.box(0, 0, 1, 1), np.array([0.11, 0.23])
    order = rng.permutation(40)
    moved = (factor * x[order] + shift, factor * y[order])
    bigger = translate(scale(window, factor, factor, origin=(0, 0)), shift)
    for correction in ("none", "translation", "isotropic"):
        first = k_function(x, y, window=window, r=r, correction=correction)
        again = k_function(*moved, window=bigger, r=factor * r, correction=correction)
        assert again / factor**2 == pytest.approx(first, rel=1e-6)
    case = rng.random(40) < 0.4
    case[:2] = True
    first = m_function(x, y, case=case, r=r)
    again = m_function(*moved, case=case[order], r=factor * r, weight=np.full(40, factor))
    assert again == pytest.approx(first, rel=1e-9, nan_ok=True)


def test_m_of_everything_is_one(trees) -> None:
    x, y, *_ = trees
    assert m_function(x, y, case=np.ones(x.size), r=[10, 50]) == pytest.approx(1)


def test_relabelled_m_is_m_of_relabelled(trees) -> None:
    x, y, va, qr, weight = trees
    r = [5.0, 20.0]
    for options in ({"weight": weight}, {}, {"neighbour": qr}):
        drawn = m_relabelled(x, y, case=va, r=r, draws=5, seed=3, **options)
        among = ~qr if "neighbour" in options else None
        labels = relabelled(va, draws=5, seed=3, among=among)
        one_by_one = [m_function(x, y, case=label, r=r, **options) for label in labels]
        assert drawn == pytest.approx(np.stack(one_by_one))
    kd = kd_relabelled(x, y, case=va, r=r, bandwidth=5.0, draws=3)
    assert kd.shape == (3, 2)


def test_two_kinds_alone_are_dealt_over_the_places_of_both() -> None:
    # Were firms dealt among what is no campus, with none but firms there, no draw would differ.
    x, y = np.random.default_rng(4).random((2, 90)) * 10
    firm, r = np.arange(90) < 60, [0.5, 1.0, 2.0]
    drawn = m_relabelled(x, y, case=firm, neighbour=~firm, r=r, draws=99, seed=5)
    labels = relabelled(firm, draws=99, seed=5)
    one_by_one = [m_function(x, y, case=label, neighbour=~label, r=r) for label in labels]
    assert drawn == pytest.approx(np.stack(one_by_one))
    mixed = global_envelope(m_function(x, y, case=firm, neighbour=~firm, r=r), drawn)
    assert mixed.p > 0.1
    assert np.all(mixed.low < mixed.high)
    apart = np.where(firm, x, x + 20)
    drawn = m_relabelled(apart, y, case=firm, neighbour=~firm, r=r, draws=99)
    far = global_envelope(m_function(apart, y, case=firm, neighbour=~firm, r=r), drawn)
    assert far.p < 0.05


def test_what_differs_by_rounding_alone_is_tied() -> None:
    alike = np.full((99, 4), 1.2163)
    assert global_envelope(np.full(4, 1.2163) * (1 - 3e-16), alike).p == 1


def test_paracou_trees_are_aggregated(trees) -> None:
    # Marcon and Puech's own example: V. Americana clusters beyond the other trees.
    x, y, va, *_ = trees
    r = np.arange(5, 50, 5.0)
    drawn = m_relabelled(x, y, case=va, r=r, draws=199)
    envelope = global_envelope(m_function(x, y, case=va, r=r), drawn)
    assert envelope.p < 0.05
    assert envelope.draws == 199
    assert np.all(envelope.low < 1)
    assert np.all(envelope.high > 1)


def test_envelope_by_hand() -> None:
    flat = np.zeros((39, 3)) + np.arange(39)[:, None]
    inside = global_envelope([19.5, 19.5, 19.5], flat)
    assert inside.p > 0.9
    outside = global_envelope([99, 20, 20], flat)
    assert outside.p <= 3 / 40
    assert np.all(outside.high <= 99)
    undefined = global_envelope([np.nan, 20.5], np.c_[np.full(39, np.nan), np.arange(39)])
    assert np.isnan(undefined.low[0])
    assert np.isfinite(undefined.low[1])
    assert np.isnan(global_envelope([np.nan], np.full((9, 1), np.nan)).p)


def test_random_l_is_repeatable_and_unbiased() -> None:
    r = np.array([1.0, 3.0])
    drawn = l_random(100, window=ISLANDS, r=r, draws=60, seed=5)
    assert np.array_equal(drawn, l_random(100, window=ISLANDS, r=r, draws=60, seed=5))
    assert drawn.mean(axis=0) == pytest.approx(r, rel=0.03)


def test_modes_are_the_heaps() -> None:
    rng = np.random.default_rng(6)
    heaps = np.repeat([[-5.0, 0], [5, -2], [15, 1]], [100, 60, 40], axis=0)
    x, y = (heaps + rng.normal(0, 0.3, heaps.shape)).T
    found = modes(kde(x, y, window=ISLANDS, bandwidth=1.0))
    assert found.share == pytest.approx([0.5, 0.3, 0.2], abs=0.01)
    assert found.primacy == pytest.approx(0.5, abs=0.01)
    assert found.x == pytest.approx([-5, 5, 15], abs=0.3)
    number = [
        each.x.size for each in modes_by_bandwidth(x, y, window=ISLANDS, bandwidths=[1, 2, 8])
    ]
    assert number[:2] == [3, 3]
    assert number[2] < 3
    assert modes(kde([], [], window=ISLANDS, bandwidth=1.0)).x.size == 0


def test_boundary_distance_and_holes() -> None:
    assert boundary_distance(ISLANDS, [3.0, 15.0], [0.0, 0.5]) == pytest.approx([1, 3], abs=0.02)
    assert contains(ISLANDS, [3, 0], [3, 0]).tolist() == [False, True]
