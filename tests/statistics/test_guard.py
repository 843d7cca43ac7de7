"""The guard: one pattern geocoded five ways, and what must be withheld on each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from cases import columns, expected

from hubmap.statistics.declared.centres import NumberOfCentres, StandardDistance
from hubmap.statistics.declared.clustering import Clustering
from hubmap.statistics.declared.concentration import AreaHolding, EffectiveDistricts, Gini
from hubmap.statistics.declared.counts import Count, Density
from hubmap.statistics.declared.points import PeakDensity
from hubmap.statistics.guard import Verdict, describe_places, judge
from hubmap.statistics.model import (
    Estimate,
    Part,
    Records,
    Statistic,
    World,
    Zone,
    record_table,
)

DISTRICTS = 12
"""Districts of the window in the case: as many as it has district centroids."""


def _variant(name: str) -> tuple[np.ndarray, np.ndarray]:
    table = columns("precision_guard")
    mine = table["variant"] == name
    return table["x"][mine], table["y"][mine]


@pytest.mark.parametrize(
    "name", ["exact", "grid_1100m", "district_centroid", "city_centroid", "mixed_30pct_fallback"]
)
def test_sites_are_counted(name: str) -> None:
    case = expected("precision_guard")["variants"][name]
    places = describe_places(*_variant(name))
    assert places.unique_ratio == pytest.approx(case["unique_ratio"], rel=1e-12)
    assert places.modal_share == pytest.approx(case["modal_share"], rel=1e-12)
    assert places.effective_sites == pytest.approx(case["effective_sites"], rel=1e-12)


def _judge(name: str, level: str, precision_m: float = 100, scale_m: float = 10_000) -> Verdict:
    x, y = _variant(name)
    return judge(
        x,
        y,
        precision_m=precision_m,
        scale_m=scale_m,
        level=level,
        districts=DISTRICTS,
        noun="firms",
    )


def test_exact_places_carry_everything() -> None:
    for level in ("point", "district"):
        verdict = _judge("exact", level)
        assert (verdict.state, verdict.share_used, verdict.reason) == ("used", 1, "")
        assert verdict.min_scale_m == 200


def test_a_coarse_grid_carries_coarse_scales() -> None:
    assert _judge("grid_1100m", "point", precision_m=1100).min_scale_m == 2200
    assert _judge("grid_1100m", "point", precision_m=1100).state == "used"
    assert _judge("grid_1100m", "district", precision_m=1100).state == "used"
    finer = _judge("grid_1100m", "point", precision_m=1100, scale_m=2000)
    assert finer.state == "withheld"
    assert "300 of 300 firms are placed no better than 1,000 m" in finer.reason


def test_district_centroids_carry_districts_only() -> None:
    verdict = _judge("district_centroid", "point")
    assert verdict.state == "withheld"
    assert "share 8 coordinates: only district-level statistics" in verdict.reason
    assert not verdict.usable.any()
    assert _judge("district_centroid", "district").state == "used"


def test_city_centroids_carry_the_city_only() -> None:
    for level in ("point", "district"):
        verdict = _judge("city_centroid", level)
        assert verdict.state == "withheld"
        assert "300 of 300 firms share 2 coordinates: only city-level" in verdict.reason


def test_a_fallback_of_30_per_cent_is_left_out_and_said() -> None:
    for level in ("point", "district"):
        verdict = _judge("mixed_30pct_fallback", level)
        assert verdict.state == "marked"
        assert verdict.share_used == pytest.approx(0.7, abs=0.005)
        assert "70% of firms used: 89 of 300 firms share 2 coordinates" in verdict.reason
        x, y = _variant("mixed_30pct_fallback")
        rest = describe_places(x[verdict.usable], y[verdict.usable])
        assert rest.unique_ratio == 1


def test_a_known_tower_is_no_pile() -> None:
    x, y = np.arange(100.0) * 1000, np.zeros(100)
    x[:20] = 0.0
    assert judge(x, y, precision_m=100, scale_m=1000).share_used == pytest.approx(0.8)
    tower = np.arange(100) < 20
    assert judge(x, y, precision_m=100, scale_m=1000, known=tower).share_used == 1


def test_fifty_places_are_fifty_sites() -> None:
    # One over a sum of fifty squares of 1/50 is 49.99999999999998.
    for n in range(50, 80):
        x = np.arange(float(n))
        assert judge(1000 * x, x, precision_m=10, scale_m=100).state == "used", n
    x = np.arange(49.0)
    assert judge(1000 * x, x, precision_m=10, scale_m=100).state == "withheld"


def test_few_sites_are_withheld_though_precise() -> None:
    x = np.arange(40.0)
    verdict = judge(1000 * x, x, precision_m=10, scale_m=100)
    assert verdict.state == "withheld"
    assert "40 records occupy only 40 effective sites (50 are needed)" in verdict.reason


def test_no_records() -> None:
    assert judge([], [], precision_m=1, scale_m=10).state == "withheld"


def test_thresholds_of_the_share_used() -> None:
    x = np.arange(1000.0) * 50
    for vague, state in (
        (0, "used"),
        (200, "used"),
        (201, "marked"),
        (500, "marked"),
        (501, "withheld"),
    ):
        precision = np.where(np.arange(1000) < vague, 900, 50)
        assert judge(x, x, precision_m=precision, scale_m=1000).state == state


# The declared statistics on the same five geocodes: what must be withheld, as the case says.

MUST = {
    "exact": (True, True),
    "grid_1100m": (True, True),
    "district_centroid": (False, True),
    "city_centroid": (False, False),
    "mixed_30pct_fallback": ("70%", "70%"),
}
"""Whether point statistics and district statistics may be told, quoted from the case's `must`."""


def _world(name: str) -> World:
    x, y = _variant(name)
    width, height = 60_000 / 4, 60_000 / 3
    column = np.clip(x // width, 0, 3).astype(int)
    row = np.clip(y // height, 0, 2).astype(int)
    code = [f"D{c}{r}" for c, r in zip(column, row, strict=True)]
    land = {
        f"D{c}{r}": shapely.box(c * width, r * height, (c + 1) * width, (r + 1) * height)
        for c in range(4)
        for r in range(3)
    }
    parts = {d: Part(d, "D", d, 300.0, "2020", 1e5, "2020") for d in land}
    table = pd.DataFrame(
        {
            "unit": np.arange(x.size), "precision_m": 1100.0 if "grid" in name else 100.0,
            "city": "D", "district": code, "x": x, "y": y,
        }
    )  # fmt: skip
    return World({"firms": Records("firms", "firms", record_table(table))}, land, parts)


@pytest.mark.parametrize("name", MUST)
def test_what_must_be_withheld_is(name: str) -> None:
    world = _world(name)
    whole = Part("D", "D", "City", 3600.0, "2020", 1.2e6, "2020")
    zone = Zone("hub", "hub", "Hub", "", (whole,), dict.fromkeys(world.land, "D"))

    def ask(statistic: Statistic) -> Estimate:
        return statistic.measure((zone,), world.records["firms"], world).iloc[0]

    points = [PeakDensity(), Clustering(radius_km=10), StandardDistance(), NumberOfCentres()]
    districts = [EffectiveDistricts(), AreaHolding(), Gini()]
    for asked, allowed in zip((points, districts), MUST[name], strict=True):
        for statistic in asked:
            found = ask(statistic)
            assert (found.value is not None) == bool(allowed), (statistic, found.withheld)
            if allowed == "70%":
                assert found.share_used == pytest.approx(0.7, abs=0.005)
                assert "70% of firms used: 89 of 300 firms share 2 coordinates" in found.note
            elif not allowed:
                assert "share" in str(found.withheld)
                assert "only" in str(found.withheld)
    # A count of the city asks for nothing but the city.
    assert ask(Count()).value == 300
    assert ask(Density()).value == pytest.approx(300 / 3600)


def test_the_case_says_what_is_quoted_here() -> None:
    variants = expected("precision_guard")["variants"]
    for name, (point, district) in MUST.items():
        must = variants[name]["must"]
        for told, key in ((point, "point_statistics"), (district, "district_statistics")):
            if isinstance(told, str):
                assert told in must[key]
            else:
                assert must[key] is told
    assert variants["grid_1100m"]["must"]["min_scale_m"] == 2200


def test_a_grid_of_1100_m_carries_nothing_finer() -> None:
    world = _world("grid_1100m")
    zone = Zone("hub", "hub", "Hub", "", (), dict.fromkeys(world.land, "D"))
    fine = Clustering(radius_km=5)  # from 2 km on: 1 km precision is needed
    refused = fine.measure((zone,), world.records["firms"], world).iloc[0]
    assert "300 of 300 firms are placed no better than 1,000 m" in str(refused.withheld)
    coarse = Clustering(radius_km=5.5)  # from 2.2 km on
    assert coarse.measure((zone,), world.records["firms"], world).iloc[0].value is not None


def test_centroids_are_found_without_the_case() -> None:
    # 412 of 430 firms at 3 coordinates, as in the brief of the guard.
    rng = np.random.default_rng(0)
    x = np.concatenate([np.repeat([1e4, 2e4, 3e4], [200, 112, 100]), rng.uniform(0, 6e4, 18)])
    verdict = judge(x, x, precision_m=100, scale_m=2000, districts=80, noun="firms")
    assert "412 of 430 firms share 3 coordinates: only city-level statistics" in verdict.reason
