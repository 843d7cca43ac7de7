"""Statistics on the repository's own workspace: cells, notes, and what a recipe may ask."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from hubmap.errors import Findings
from hubmap.layers.recipe import HubRecipe
from hubmap.recipes import parse_recipe
from hubmap.workspace import Workspace

HUBS = ("greater-bay-area", "hangzhou", "beijing", "shanghai")


@pytest.fixture(scope="module")
def profiles(china: Path) -> pd.DataFrame:
    return pd.read_csv(china / "layers/profiles.csv", dtype={"zone": str})


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
    # Where a university is registered is stated in its row, and what moved is a range itself.
    hub = hub[~hub["statistic"].isin(["registered", "centre_shift"])]
    postings = hub["kind"] == "ai_job_postings"
    told = hub["note"].str.contains(r"(?:range .*|unchanged) over ", regex=True)
    assert told[~postings].all(), hub[~told & ~postings]["statistic"].unique()
    assert hub.loc[postings, "note"].str.contains("no shift of the datum moves them").all()


def test_ranks_are_intervals_of_hubs_and_of_cities(profiles: pd.DataFrame) -> None:
    hubs = profiles[(profiles["level"] == "hub") & (profiles["statistic"] == "count")]
    named = hubs[hubs["hub"].isin(HUBS)]
    assert (named["rank_of"] == 4).all()
    assert (named["rank_low"] <= named["rank_high"]).all()
    postings = named[named["kind"] == "ai_job_postings"].set_index("hub")
    assert postings.loc["beijing", ["rank_low", "rank_high"]].tolist() == [1, 1]
    cities = profiles[
        (profiles["hub"] == "greater-bay-area")
        & (profiles["level"] == "city")
        & (profiles["statistic"] == "count")
        & (profiles["kind"] == "universities")
    ].set_index("name")
    assert (cities["rank_of"] == 11).all()
    assert cities.loc["Guangzhou", ["rank_low", "rank_high"]].tolist() == [1, 1]
    # Five of a kind are not told apart from ten.
    assert cities.loc["Huizhou", "rank_low"] <= cities.loc["Dongguan", "rank_high"]


def test_the_bay_area_without_hong_kong_and_macao(profiles: pd.DataFrame) -> None:
    rows = profiles[(profiles["hub"] == "greater-bay-area") & (profiles["kind"] == "universities")]
    count = rows[rows["statistic"] == "count"].set_index(["level", "zone"])["value"]
    beside = count["variant", "greater-bay-area/mainland"]
    both = count["hub", "greater-bay-area"]
    assert beside == both - count["city", "810000"] - count["city", "820000"]
    # Over the border to Hong Kong a wrong datum does move some.
    noted = rows[(rows["level"] == "variant") & (rows["statistic"] == "count")]["note"].iloc[0]
    assert "over shifts of 500 m" in noted


def test_the_dictionary_names_every_column(china: Path, profiles: pd.DataFrame) -> None:
    told = pd.read_csv(china / "layers/profiles.dictionary.csv", keep_default_na=False)
    columns = told[told["entry"] == "column"]
    assert list(columns["name"]) == list(profiles.columns)
    assert columns["meaning"].str.len().gt(10).all()
    names = set(told.loc[told["entry"] == "statistic", "name"])
    assert set(profiles["statistic"]) <= names


def test_curves_and_marks_lie_beside_the_numbers(china: Path) -> None:
    layer = Workspace.open(china).layer("beijing")
    by_name = {(c["statistic"], c["kind"], c["curve"]): c for c in layer.curves}
    ripley = by_name["clustering", "universities", "L(r)/r"]
    value = layer.profile.set_index(["level", "statistic", "kind"])["value"]
    assert ripley["value"][3] == pytest.approx(value["hub", "clustering", "universities"], rel=1e-5)
    assert all(a <= b for a, b in zip(ripley["low"], ripley["high"], strict=True))
    founded = by_name["growth_ratio", "companies", "founded"]
    stock = by_name["growth_ratio", "companies", "stock"]
    assert sum(founded["value"]) == stock["value"][-1]
    for curve in layer.curves:
        assert len(curve["x"]) == len(curve["value"])
        assert curve["note"]
    marks = layer.marks[layer.marks["kind"] == "universities"]
    assert {"mean_centre", "ellipse", "centre", "contour"} == set(marks["mark"])
    assert {"all", "early", "late"} == set(marks["period"])
    area = marks[marks["mark"] == "contour"].to_crs(6933).area.tolist()
    assert area == sorted(area)
    assert marks.geometry.is_valid.all()


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
