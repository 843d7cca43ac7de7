"""The contract that every declared statistic keeps, proved by one test for all of them."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
import worlds

from hubmap.statistics.declared.catalogue import DEFAULT, every_statistic
from hubmap.statistics.declared.relative import PairDistances, RelativeM
from hubmap.statistics.minimum import MINIMUM
from hubmap.statistics.model import Estimate, Records, Statistic, World

HELPS = re.compile(r"[:;,] (?:take|add|give|place|state|see|ask)\b|^not covered: ")
"""Words of what would help, which no refusal may lack."""
ALL = [model() for model in every_statistic()]
MORE = [
    RelativeM(category="robots"),
    PairDistances(category="models"),
    RelativeM(to="universities"),
]


@pytest.fixture(scope="module")
def around() -> World:
    return worlds.world()


def frozen(world: World) -> dict[str, pd.DataFrame]:
    return {kind: records.table.copy(deep=True) for kind, records in world.records.items()}


@pytest.mark.parametrize("statistic", [*ALL, *MORE], ids=lambda s: s.key)
def test_contract(statistic: Statistic, around: World) -> None:
    before, told, used = frozen(around), 0, 0
    for level in statistic.levels:
        zones = worlds.ZONES[level]
        for records in around.records.values():
            if not statistic.applies(records):
                continue
            used += 1
            first = statistic.measure(zones, records, around)
            # A fresh world remembers nothing: the numbers are the seeds' and the data's alone.
            fresh = worlds.world()
            again = statistic.measure(zones, fresh.records[records.kind], fresh)
            assert list(first) == list(again)
            assert list(first.index) == [(zone.level, zone.key) for zone in zones]
            for estimate in first:
                keeps(estimate, statistic, records)
                told += estimate.value is not None
    assert used > 0, "no kind of the small world suits it"
    assert told > 0, "it says nothing of 600 firms in 36 districts"
    for kind, table in frozen(around).items():
        pd.testing.assert_frame_equal(table, before[kind])


def keeps(estimate: Estimate, statistic: Statistic, records: Records) -> None:
    assert isinstance(estimate, Estimate)
    assert estimate.unit
    assert (estimate.value is None) == (estimate.withheld is not None)
    assert 0 <= estimate.share_used <= 1
    assert (estimate.low is None) == (estimate.high is None)
    if estimate.value is None:
        assert HELPS.search(estimate.withheld or ""), estimate.withheld
        assert estimate.low is None
        return
    assert estimate.denominator
    assert estimate.n >= 0
    assert math.isfinite(estimate.value)
    if estimate.low is not None:
        assert estimate.low <= estimate.value <= estimate.high  # type: ignore[operator]
        assert "95 % interval" in estimate.note
    for drawn in re.findall(r"\d+ (?:draws|permutations|relabellings)", estimate.note):
        assert re.search(rf"{drawn}[^;]*seed \d", estimate.note), estimate.note
    if estimate.share_used < 0.8:
        assert re.search(r"\d+ ?%", estimate.note), "a low share is not marked"


@pytest.mark.parametrize("statistic", ALL, ids=lambda s: s.key)
def test_nothing_is_said_of_nothing(statistic: Statistic) -> None:
    # One record of each kind, and none at all: refused in words or counted, never an error.
    whole = worlds.world()
    for rows in (slice(0, 1), slice(0, 0)):
        few = World(
            {
                kind: Records(kind, r.noun, r.table.iloc[rows], points=r.points)
                for kind, r in whole.records.items()
            },
            whole.land, whole.districts, whole.crs,
        )  # fmt: skip
        for level in statistic.levels:
            for records in few.records.values():
                if not statistic.applies(records):
                    continue
                found = statistic.measure(worlds.ZONES[level], records, few).iloc[0]
                keeps(found, statistic, records)
                assert found.value is None or MINIMUM.get(statistic.name) is None  # type: ignore[attr-defined]


def test_every_statistic_tells_what_it_is() -> None:
    for model in every_statistic():
        for words in ("help", "formula", "reference", "interval", "question", "checks"):
            assert getattr(model, words), f"{model.__name__} has no {words}"
        # A guard that compares with r says what r is.
        assert bool(model.scale) == ("r / 2" in model.guard), model.__name__
        for name, field in model.model_fields.items():
            assert name == "name" or field.description, f"{model.__name__}.{name}"


def test_the_minimum_table_speaks_of_declared_statistics() -> None:
    names = {statistic.name for statistic in ALL}  # type: ignore[attr-defined]
    assert set(MINIMUM) <= names
    # What is counted has no minimum; everything else has one.
    assert names - set(MINIMUM) == {"count", "registered"}


def test_names_tell_options_apart() -> None:
    keys = [statistic.key for statistic in [*ALL, *MORE]]
    assert len(set(keys)) == len(keys)
    assert RelativeM(category="robots").key == "relative_m_robots"
    assert 12 <= len(DEFAULT) <= 17


def test_every_headline_number_has_its_range() -> None:
    # The list's own cities are on no map, so that nothing can shift them.
    unvaried = [statistic.name for statistic in DEFAULT if not list(statistic.variants())]
    assert unvaried == ["registered"]
    for statistic in ALL:
        assert bool(statistic.varied) == bool(list(statistic.variants())), statistic.key


@pytest.mark.parametrize("statistic", [s for s in ALL if s.varied], ids=lambda s: s.key)
def test_a_range_is_of_the_number_itself(statistic: Statistic, around: World) -> None:
    told = 0
    if "draws" in type(statistic).model_fields:
        statistic = statistic.model_copy(update={"draws": 99})
    for records in around.records.values():
        if statistic.applies(records) and "hub" in statistic.levels:
            whole = statistic.of_zone(worlds.HUB, records, around).value
            alone = statistic.plain(worlds.HUB, records, around)
            assert (alone is None) == (whole is None)
            if whole is not None:
                assert alone == pytest.approx(whole, rel=1e-12)
                told += 1
    assert told


def test_no_kind_is_compared_with_itself(around: World) -> None:
    towards = RelativeM(to="universities")
    assert towards.applies(around.records["companies"])
    assert not towards.applies(around.records["universities"])


def test_a_measured_world_is_left_alone() -> None:
    world = worlds.world()
    land = {code: shape.wkt for code, shape in world.land.items()}
    for statistic in DEFAULT:
        for records in world.records.values():
            if statistic.applies(records):
                statistic.measure((worlds.HUB,), records, world)
    assert {code: shape.wkt for code, shape in world.land.items()} == land
    assert all(np.isfinite(r.table["x"]).all() for r in world.records.values())
