"""Statistics on the repository's own workspace: cells, notes, time, and what a recipe may ask."""

from __future__ import annotations

import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from hubmap.errors import Findings
from hubmap.layers.build import _world, resolve_regions
from hubmap.layers.profile import measure
from hubmap.layers.recipe import HubRecipe
from hubmap.layers.zones import zones_of
from hubmap.recipes import parse_recipe
from hubmap.statistics.declared.catalogue import DEFAULT
from hubmap.workspace import Workspace

HUBS = ("greater-bay-area", "hangzhou", "beijing", "shanghai")


@pytest.fixture(scope="module")
def profiles(china: Path) -> pd.DataFrame:
    return pd.read_csv(china / "layers/profiles.csv", dtype={"zone": str})


def test_all_profiles_take_under_15_seconds(china: Path) -> None:
    workspace = Workspace.open(china)
    regions = workspace.region_table
    assigned = [(source, workspace.entities(id)[1]) for id, source in workspace.sources.items()]
    start = time.process_time()
    rows = 0
    for hub in HUBS:
        delineation = workspace.hubs[hub].delineation
        codes = resolve_regions(delineation, regions, hub)  # type: ignore[arg-type]
        cities = sorted({str(regions.at[code, "city"]) for code in codes})
        zones = zones_of(hub, regions, codes, cities)
        world = _world(regions, assigned, codes)
        rows += len(measure(hub, DEFAULT, zones, world, set(codes), set(cities)))
    assert time.process_time() - start < 15
    assert rows > 1500


def test_hot_cells_of_campuses(china: Path) -> None:
    cells = gpd.read_parquet(china / "layers/beijing/cells.parquet")
    hot = cells["gi_hot_universities"]
    assert 0 < hot.sum() < len(cells) / 10
    assert (cells.loc[hot, "gi_z_universities"] > 2).all()
    # Firms are placed by district too often, and postings always: nothing is said of cells.
    for kind in ("companies", "ai_job_postings"):
        assert cells[f"gi_z_{kind}"].isna().all()
        assert not cells[f"gi_hot_{kind}"].any()


def test_headline_numbers_carry_their_range(profiles: pd.DataFrame) -> None:
    hub = profiles[(profiles["level"] == "hub") & profiles["value"].notna()]
    for name in ("peak_density", "clustering", "number_of_centres", "hot_spots", "area_holding"):
        notes = hub.loc[hub["statistic"] == name, "note"]
        assert len(notes)
        assert notes.str.contains(r"(?:range .*|unchanged) over ", regex=True).all(), name


def test_what_is_withheld_says_why_and_what_would_help(profiles: pd.DataFrame) -> None:
    withheld = profiles["withheld"].notna()
    assert (profiles["value"].isna() == withheld).all()
    assert profiles.loc[withheld, "withheld"].str.len().gt(10).all()
    firms = profiles[(profiles["kind"] == "companies") & (profiles["level"] == "hub")]
    peak = firms[(firms["statistic"] == "peak_density") & (firms["hub"] == "beijing")].iloc[0]
    assert "companies are placed no better than 2,000 m" in peak["withheld"]
    assert "only district-level statistics" in peak["withheld"]


def test_few_records_give_a_count_and_no_rate(profiles: pd.DataFrame) -> None:
    small = profiles[(profiles["level"] == "district") & (profiles["n"] < 10)]
    covered = ~small["withheld"].astype(str).str.startswith("not covered")
    assert small.loc[(small["statistic"] == "count") & covered, "value"].notna().all()
    assert small.loc[small["statistic"] == "density", "value"].isna().all()


def test_a_hub_has_about_fifteen_statistics(profiles: pd.DataFrame) -> None:
    for hub in HUBS:
        rows = profiles[(profiles["hub"] == hub) & (profiles["level"] == "hub")]
        assert 12 <= rows["statistic"].nunique() <= 17


def test_intervals_hold_their_values(profiles: pd.DataFrame) -> None:
    told = profiles[profiles["low"].notna()]
    slack = 1e-9 * np.abs(told["value"]) + 1e-12
    assert (told["low"] <= told["value"] + slack).all()
    assert (told["value"] <= told["high"] + slack).all()


def test_two_statistics_of_one_name_are_refused() -> None:
    recipe = {
        "title": "x",
        "delineation": {"method": "regions", "regions": ["1"]},
        "statistics": [{"name": "share_near", "radius_km": 5}, {"name": "share_near"}],
    }
    keys = [s.key for s in parse_recipe(recipe, HubRecipe, "x.toml").statistics]
    assert keys == ["share_near_5", "share_near"]
    recipe["statistics"] = [{"name": "count"}, {"name": "count"}]
    with pytest.raises(Findings) as refused:
        parse_recipe(recipe, HubRecipe, "x.toml")
    assert "two statistics would both be called count" in str(refused.value.findings[0])
