"""The repository's own workspace: counts that can be checked against the lists they come from."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from hubmap.cli import main

# Ministry of Education, list of higher education institutions of 20 June 2025, by registered city.
REGISTERED = {
    "110000": 92, "310000": 69, "330100": 47, "440100": 84, "440300": 10, "441900": 8, "440400": 7,
    "441200": 7, "440600": 6, "441300": 5, "440700": 5, "442000": 3, "810000": 22, "820000": 10,
}  # fmt: skip
# 2020 census totals of the cities, as published.
POPULATION = {"hangzhou": 11_936_010, "beijing": 21_893_095, "shanghai": 24_870_895}


@pytest.fixture(scope="module")
def cities(china: Path) -> pd.DataFrame:
    profiles = pd.read_csv(china / "layers/profiles.csv", dtype={"zone": str})
    return profiles[profiles["level"] == "city"]


def profile(capsys: pytest.CaptureFixture[str], china: Path, *hubs: str) -> pd.DataFrame:
    assert main(["-C", str(china), "stats", *hubs, "--format", "json"]) == 0
    return pd.DataFrame(json.loads(capsys.readouterr().out))


def test_registered_institutions(cities: pd.DataFrame) -> None:
    rows = cities[(cities["statistic"] == "registered") & (cities["kind"] == "universities")]
    assert rows.set_index("zone")["value"].astype(int).to_dict() == REGISTERED


def test_stats_give_the_pinned_counts(china: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = profile(capsys, china)
    rows = found[(found["statistic"] == "registered")].set_index("hub")["value"].to_dict()
    assert rows == {
        "beijing": 92, "shanghai": 69, "hangzhou": 47, "greater-bay-area": 135 + 22 + 10,
        "greater-bay-area/mainland": 135,
        "china-tech-hubs": 92 + 69 + 47 + 135 + 22 + 10,
    }  # fmt: skip


def test_a_hub_asked_for_alone_has_its_ranks(
    china: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    every, alone = profile(capsys, china), profile(capsys, china, "hangzhou")
    assert alone["rank_of"].eq(4).any()
    pd.testing.assert_frame_equal(alone, every[every["hub"] == "hangzhou"].reset_index(drop=True))


def test_hubs_hold_enough_firms(china: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = profile(capsys, china)
    firms = found[(found["statistic"] == "count") & (found["kind"] == "companies")]
    counts = firms.set_index("hub")["value"]
    assert counts["china-tech-hubs"] >= 300
    named = counts[~counts.index.str.startswith("detected-hubs")]
    assert (named.drop("china-tech-hubs") >= 40).all()


def test_populations_are_the_census(china: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = profile(capsys, china, *POPULATION)
    for hub, residents in POPULATION.items():
        row = found[(found["hub"] == hub) & (found["statistic"] == "per_million")].iloc[0]
        assert row["denominator"] == f"{residents:,} residents (2020 census)"


def test_postings_are_not_covered_in_hong_kong_and_macao(cities: pd.DataFrame) -> None:
    rows = cities[(cities["kind"] == "ai_job_postings") & cities["zone"].isin(["810000", "820000"])]
    assert len(rows) >= 8
    assert rows["value"].isna().all()
    assert rows["withheld"].str.startswith("not covered").all()


def test_postings_of_the_bay_area_say_what_is_missing(
    china: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = profile(capsys, china, "greater-bay-area")
    row = found[(found["kind"] == "ai_job_postings") & (found["statistic"] == "density")].iloc[0]
    assert "without Hong Kong, Macao (not covered)" in row["note"]
    assert row["denominator"].startswith("54,9")


def test_distance_to_campuses_needs_precise_firms(
    china: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = profile(capsys, china)
    for row in found[found["statistic"] == "share_near"].itertuples():
        assert (row.withheld is not None) == (row.share_used < 0.5)


def test_hong_kong_has_five_in_the_top_100(china: Path) -> None:
    entities = gpd.read_parquet(china / "layers/greater-bay-area/entities.parquet")
    ranks = entities[(entities["city"] == "810000") & entities["world_rank"].notna()]
    best = ranks.drop_duplicates("unit")
    assert (best["world_rank"].astype(int) <= 100).sum() == 5


@pytest.mark.parametrize("hub", ["beijing", "hangzhou", "shanghai", "greater-bay-area"])
def test_tables_agree_with_each_other(china: Path, hub: str) -> None:
    folder = china / "layers" / hub
    tables = {path.stem: gpd.read_parquet(path) for path in folder.glob("*.parquet")}
    assert set(tables) == {"entities", "districts", "cells", "outline", "marks"}
    entities, districts, cells = tables["entities"], tables["districts"], tables["cells"]
    cases = entities[entities["case"]]
    for kind, rows in cases.groupby("kind"):
        assert cells[kind].sum() == pytest.approx(rows["weight"].sum())
        once = rows[rows["district"].notna()].drop_duplicates(["unit", "district"])
        assert districts[kind].sum() == pytest.approx(once["weight"].sum())
    assert districts["polygon_km2"].sum() == pytest.approx(cells["land_km2"].sum(), rel=2e-3)
    inside = tables["outline"].geometry.iloc[0].buffer(0.02)
    assert entities.geometry.within(inside).all()


def test_pages_are_small(china: Path) -> None:
    for page in (china / "maps").glob("*.html"):
        assert page.stat().st_size < 800_000, page.name


def test_six_little_dragons(china: Path) -> None:
    firms = gpd.read_parquet(china / "layers/hangzhou/entities.parquet")
    names = " ".join(firms.loc[firms["kind"] == "companies", "name"])
    for name in ("DeepSeek", "High-Flyer", "Unitree", "Game Science", "BrainCo", "Manycore"):
        assert name in names
    assert "Deep Robotics" in names or "DEEP Robotics" in names
