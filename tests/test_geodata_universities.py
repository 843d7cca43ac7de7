"""The embedded universities: all of them, once each, and every point where it says it is."""

from __future__ import annotations

import json
import math
import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from shapely.geometry import Point, shape

GEODATA = Path(__file__).resolve().parents[1] / "geodata"
MAINLAND = {
    "110000": 92,
    "310000": 69,
    "330100": 47,
    "440100": 84,
    "440300": 10,
    "440400": 7,
    "440600": 6,
    "440700": 5,
    "441200": 7,
    "441300": 5,
    "441900": 8,
    "442000": 3,
}
FLAGS = ("is_985", "is_211", "double_first_class")


@pytest.fixture(scope="module")
def campuses() -> pd.DataFrame:
    table = pd.read_csv(
        GEODATA / "universities.csv", dtype=str, keep_default_na=False, encoding="utf-8"
    )
    return table.astype({"lon": float, "lat": float, "precision_m": int})


@pytest.fixture(scope="module")
def institutions(campuses: pd.DataFrame) -> pd.DataFrame:
    return campuses.drop_duplicates("institution_id")


@pytest.fixture(scope="module")
def regions() -> pd.DataFrame:
    table = pd.read_csv(GEODATA / "regions.csv", dtype=str, keep_default_na=False)
    return table.set_index("code")


def _leaves(regions: pd.DataFrame, city: str) -> list[str]:
    return list(regions.index[regions["parent"] == city]) or [city]


def test_institutions_by_registered_city(institutions: pd.DataFrame) -> None:
    counts = institutions["registered_city"].value_counts()
    assert {city: int(counts[city]) for city in MAINLAND} == MAINLAND
    assert sum(n for city, n in MAINLAND.items() if city.startswith("44")) == 135
    assert counts["810000"] == 22
    assert counts["820000"] == 10


def test_each_row_is_one_campus(campuses: pd.DataFrame) -> None:
    assert campuses["id"].is_unique
    assert list(campuses["id"]) == sorted(campuses["id"])
    stems = campuses["id"].str.rsplit("-", n=1).str[0]
    assert (stems == campuses["institution_id"]).all()
    assert not campuses.duplicated(["institution_id", "campus"]).any()


def test_facts_of_an_institution_agree_across_its_campuses(
    campuses: pd.DataFrame, institutions: pd.DataFrame
) -> None:
    columns = ["name", "name_zh", "founded", "level", "world_rank", "registered_city", *FLAGS]
    assert len(campuses[["institution_id", *columns]].drop_duplicates()) == len(institutions)


def test_every_point_lies_in_its_district_and_city(
    campuses: pd.DataFrame, regions: pd.DataFrame
) -> None:
    text = (GEODATA / "regions.geojson").read_text(encoding="utf-8")
    outlines = {f["properties"]["code"]: shape(f["geometry"]) for f in json.loads(text)["features"]}
    astray = []
    for row in campuses.to_dict("records"):
        stated = [row["district"]] if row["district"] else _leaves(regions, row["city"])
        point = Point(row["lon"], row["lat"])
        if not any(outlines[code].contains(point) for code in stated):
            astray.append(row["id"])
    assert astray == []
    for row in campuses.to_dict("records"):
        if row["district"]:
            assert row["city"] == (regions.at[row["district"], "parent"] or row["district"])
        else:
            assert row["evidence"] == "city", row["id"]


def test_precision_is_of_the_stated_evidence(campuses: pd.DataFrame, regions: pd.DataFrame) -> None:
    assert (campuses["precision_m"] <= 1000).mean() >= 0.85
    expected = {"second_source": 300, "hand": 1000}
    for row in campuses.to_dict("records"):
        if row["evidence"] in {"district", "city"}:
            area = float(regions.loc[row[row["evidence"]], "area_km2"])
            assert row["precision_m"] == math.ceil(math.sqrt(area / math.pi) * 10) * 100, row["id"]
        else:
            assert row["precision_m"] == expected[row["evidence"]], row["id"]


def test_the_evidence_is_named_in_the_source(campuses: pd.DataFrame) -> None:
    words = {
        "second_source": "second within",
        "hand": "checked by hand (",
        "district": "pos=",
        "city": "pos=city",
    }
    for row in campuses.to_dict("records"):
        assert words[row["evidence"]] in row["source"], row["id"]
        assert "founded=" in row["source"], row["id"]
        assert ("MoE" if row["id"][0] == "4" else "public knowledge") in row["source"], row["id"]


def test_founding_years(campuses: pd.DataFrame) -> None:
    known = campuses.loc[campuses["founded"] != "", "founded"].astype(int)
    assert len(known) / len(campuses) >= 0.9
    assert known.between(1880, 2025).all()


def test_five_of_hong_kong_are_in_the_top_hundred(institutions: pd.DataFrame) -> None:
    ranked = institutions[institutions["world_rank"] != ""]
    assert ranked["world_rank"].astype(int).between(1, 200).all()
    assert (ranked["world_rank_list"] == "QS World University Rankings").all()
    assert (ranked["world_rank_year"] == "2025").all()
    top = ranked[ranked["world_rank"].astype(int) <= 100]
    hong_kong = top.loc[top["registered_city"] == "810000", "institution_id"]
    assert set(hong_kong) == {"HK-HKU", "HK-CUHK", "HK-HKUST", "HK-PolyU", "HK-CityU"}


@pytest.mark.parametrize(
    ("flag", "counts"),
    [
        ("is_985", {"110000": 8, "310000": 4, "330100": 1, "440100": 2, "440300": 0}),
        ("is_211", {"110000": 26, "310000": 9, "330100": 1, "440100": 4, "440300": 0}),
        ("double_first_class", {"110000": 34, "310000": 14, "330100": 2, "440100": 7}),
        ("double_first_class", {"440300": 1, "810000": 0, "820000": 0}),
    ],
)
def test_flags(institutions: pd.DataFrame, flag: str, counts: dict[str, int]) -> None:
    marked = institutions[institutions[flag] == "true"]
    assert {c: int((marked["registered_city"] == c).sum()) for c in counts} == counts


def test_project_985_is_within_211_within_double_first_class(institutions: pd.DataFrame) -> None:
    is_985, is_211, double = (institutions[flag] == "true" for flag in FLAGS)
    assert not (is_985 & ~is_211).any()
    assert not (is_211 & ~double).any()


def test_values_are_of_the_stated_vocabulary(campuses: pd.DataFrame) -> None:
    assert set(campuses["level"]) == {"undergraduate", "vocational"}
    assert set(campuses["ownership"]) == {"public", "private", "joint"}
    assert set(campuses[list(FLAGS)].to_numpy().ravel()) == {"true", "false"}
    for column in ("name", "name_zh", "campus", "campus_zh", "authority", "authority_zh"):
        assert (campuses[column].str.strip() != "").all(), column
        assert (campuses[column] == campuses[column].str.strip()).all(), column
    assert campuses["name"].map(str.isascii).all()


@pytest.mark.parametrize(
    ("identifier", "district"),
    [
        ("4111010003-shenzhen", "440305"),
        ("4111010001-shenzhen", "440305"),
        ("4123010213-shenzhen", "440305"),
        ("4144010558-shenzhen", "440311"),
        ("4144010558-zhuhai", "440402"),
        ("4111010027-zhuhai", "440402"),
        ("4111010007-zhuhai", "440402"),
        ("4111010006-hangzhou", "330110"),
    ],
)
def test_branch_campuses_of_institutions_registered_elsewhere(
    campuses: pd.DataFrame, identifier: str, district: str
) -> None:
    row = campuses[campuses["id"] == identifier].iloc[0]
    assert row["district"] == district
    assert row["registered_city"] != row["city"]


def test_the_recipe_names_columns_and_counts_that_exist(campuses: pd.DataFrame) -> None:
    recipe = tomllib.loads((GEODATA / "universities.toml").read_text(encoding="utf-8"))
    named = {*recipe["columns"].values(), *recipe["tags"], *recipe["details"]}
    assert named <= set(campuses.columns)
    assert set(recipe["categories"]) == set(campuses["level"])
    assert len(recipe["caveats"]) == len(recipe["caveats_zh"])
    counts = campuses["evidence"].value_counts()
    good = campuses[campuses["precision_m"] <= 1000]
    bare = (campuses["evidence"] == "hand") & campuses["source"].str.contains("pos=hand")
    said = {
        0: (len(campuses), len(good), round(100 * len(good) / len(campuses)), counts["hand"]),
        1: (len(campuses) - len(good), counts["district"], counts["city"]),
        4: (bare.sum(), (bare & campuses["registered_city"].isin(["810000", "820000"])).sum()),
    }
    said[0] += (counts["second_source"], good["institution_id"].nunique())
    for language in ("caveats", "caveats_zh"):
        for line, numbers in said.items():
            found = {int(number) for number in re.findall(r"\d+", recipe[language][line])}
            assert {int(number) for number in numbers} <= found, (language, line)
    unknown = campuses.loc[campuses["founded"] == "", "institution_id"].nunique()
    assert f"{unknown} are unknown" in " ".join(recipe["caveats"])


def test_the_file_is_plain(campuses: pd.DataFrame) -> None:
    raw = (GEODATA / "universities.csv").read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert len(campuses) == raw.count(b"\n") - 1
