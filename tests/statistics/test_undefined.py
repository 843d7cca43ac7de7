"""What is undefined is NaN, or bears no label, without a warning, in every kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely

from hubmap.statistics import agglomeration as ag
from hubmap.statistics import autocorrelation as au
from hubmap.statistics import centres as ce
from hubmap.statistics import clusters as cl
from hubmap.statistics import concentration as co
from hubmap.statistics import growth as gr
from hubmap.statistics import hierarchy as hi
from hubmap.statistics import intervals as iv
from hubmap.statistics import localstats as lo
from hubmap.statistics import proximity as pr
from hubmap.statistics import rates as ra
from hubmap.statistics import specialisation as sp
from hubmap.statistics.pointpattern import bandwidths as bw
from hubmap.statistics.pointpattern import envelopes as en
from hubmap.statistics.pointpattern import kde, nearest, relative, ripley
from hubmap.statistics.weights import pair_weights

LAND = shapely.box(0, 0, 10, 10)
ZERO, NONE = np.zeros(3), np.empty(0)
TWO, FOUR = pair_weights([0, 1], [1, 0], 2), pair_weights([0], [1], 4)
NO_CASE = np.zeros(2, dtype=bool)
AT = np.array([1.0, 2.0])
UNDEFINED: dict[str, Callable[[], Any]] = {
    "wilson": lambda: iv.wilson(0, 0),
    "clopper_pearson": lambda: iv.clopper_pearson(0, 0),
    "quotient_delta": lambda: iv.quotient_delta(0, 0, 0, 0),
    "quotient_wilson": lambda: iv.quotient_wilson(0, 0, 0, 0),
    "shrink": lambda: ra.shrink(ZERO, ZERO).rate,
    "shrink_local": lambda: ra.shrink_local(ZERO, ZERO, pair_weights([0], [1], 3)),
    "gamma_interval": lambda: ra.gamma_interval(ZERO, ZERO),
    "relative_risk": lambda: ra.relative_risk(ZERO, ZERO)[0],
    "rate_ratio": lambda: ra.rate_ratio(0, 1, 0, 1),
    "people_weighted_density": lambda: ra.people_weighted_density(ZERO, ZERO),
    "location_quotient": lambda: sp.location_quotient(0, 0, 0, 0),
    "shrunken_quotient": lambda: sp.shrunken_quotient(ZERO, ZERO),
    "standardised": lambda: sp.standardised(ZERO),
    "hhi": lambda: co.hhi(ZERO),
    "effective_number": lambda: co.effective_number(ZERO).value,
    "hill": lambda: [co.hill(ZERO, order=q) for q in (0, 0.5, 1, 2, np.inf)],
    "gini": lambda: co.gini(ZERO),
    "area_holding": lambda: co.area_holding(ZERO, ZERO, share=0.5)[0],
    "ellison_glaeser": lambda: ag.ellison_glaeser(ZERO, [0, 1, 2], ZERO).gamma,
    "ellison_glaeser of one plant": lambda: ag.ellison_glaeser([5], [0], [1, 1]).gamma,
    "coagglomeration": lambda: ag.coagglomeration(ZERO, [0, 1, 2], [0, 0, 1], ZERO),
    "locational_gini": lambda: ag.locational_gini(ZERO, ZERO),
    "hoover": lambda: ag.hoover(ZERO, ZERO),
    "krugman": lambda: ag.krugman(ZERO, [1, 2, 3]),
    "cluster_index": lambda: ag.cluster_index(0, 0, 0, 0, 0, 0, 0, 0),
    "moran": lambda: au.moran(np.ones(4), FOUR).value,
    "geary": lambda: au.geary(np.ones(4), FOUR).value,
    "general_g": lambda: au.general_g(np.zeros(4), FOUR).value,
    "moran_permuted": lambda: au.moran_permuted(np.ones(4), FOUR, draws=9).p,
    "local_moran": lambda: lo.local_moran(AT, TWO).z,
    "getis_ord": lambda: lo.getis_ord(AT, TWO, star=False),
    "k_function": lambda: ripley.k_function([1.0], [1.0], window=LAND, r=1.0),
    "k_inhomogeneous": lambda: ripley.k_inhomogeneous(NONE, NONE, window=LAND, r=1, intensity=NONE),
    "k without intensity": lambda: ripley.k_inhomogeneous(
        AT, AT, window=LAND, r=2.0, intensity=[0, 0.1]
    ),
    "neighbour_share": lambda: nearest.neighbour_share(NONE, NONE, r=1.0),
    "clark_evans": lambda: nearest.clark_evans(NONE, NONE, window=LAND).naive,
    "scott": lambda: bw.scott([1.0], [1.0]),
    "m_function": lambda: relative.m_function(AT, AT, case=NO_CASE, r=1.0),
    "kd_function": lambda: relative.kd_function(NONE, NONE, r=[1.0]).value,
    "global_envelope": lambda: en.global_envelope([np.nan], np.full((9, 1), np.nan)).p,
    "share_near": lambda: pr.share_near(AT, NO_CASE, within_m=1).value,
    "colocation_quotient": lambda: np.diag(pr.colocation_quotient(AT, AT, ["a", "b"]).quotient),
    "mean_centre": lambda: ce.mean_centre(NONE, NONE),
    "mean_centre of no weight": lambda: ce.mean_centre([1.0], [1.0], weight=[0]),
    "standard_distance": lambda: ce.standard_distance(NONE, NONE),
    "deviational_ellipse": lambda: ce.deviational_ellipse(AT, AT).along_x,
    "shift_share": lambda: gr.shift_share(ZERO, ZERO, ZERO, ZERO).total,
}


@pytest.mark.parametrize("name", UNDEFINED)
def test_the_undefined_is_nan(name: str) -> None:
    assert np.isnan(np.asarray(UNDEFINED[name](), dtype=float)).all()


def test_nothing_has_no_label_no_mass_and_no_distance() -> None:
    assert cl.dbscan(NONE, NONE, within_m=1, min_weight=2).size == 0
    assert hi.hdbscan(NONE, NONE, min_places=3).size == 0
    assert (hi.hdbscan(np.zeros(9), np.zeros(9), min_places=3) == -1).all()
    assert kde.kde(NONE, NONE, window=LAND, bandwidth=1.0).mass == 0
    assert kde.kde_at(NONE, NONE, [1.0], [1.0], window=LAND, bandwidth=1.0).tolist() == [0.0]
    assert nearest.neighbour_distance(NONE, NONE).size == 0
    assert np.isinf(pr.nearest_distance([1.0], [1.0], NONE, NONE)).all()
    assert not lo.false_discovery(NONE).any()
