"""What a recipe asks beyond reading: places by text, AI postings, the same thing twice."""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import ROOT

from hubmap.cli import main
from hubmap.errors import Findings, HubmapError, MissingExtra, RecipeError, TableError
from hubmap.geodata.entities import Taken, take_entities
from hubmap.geodata.recipe import EntitySource, RegionSource
from hubmap.geodata.regions import read_regions
from hubmap.geodata.report import examined, rendered
from hubmap.geodata.told import MEASURED, TERMS, completed, terms_digest
from hubmap.recipes import load_recipe, parse_recipe
from hubmap.tables import Regions
from hubmap.workspace import Workspace

pytest.importorskip("rapidfuzz", reason="the extra `duplicates` (rapidfuzz) is not installed")

BASE = {"id": "t", "file": "t.csv", "kind": "k", "title": "T", "licence": "x", "attribution": "x"}
PLACES = {"id": "id", "name": "name", "city": "city", "region": "district"}


@pytest.fixture(scope="session")
def hubs() -> Regions:
    """The regions of the China hubs."""
    source = load_recipe(ROOT / "geodata/regions.toml", RegionSource)
    return read_regions(source, ROOT / "geodata")


def recipe(columns: dict[str, str] = PLACES, **keys: object) -> EntitySource:
    keys = {**BASE, "faults": "reject", "columns": columns, "limits": {"max_rejected": 1}, **keys}
    return parse_recipe(keys, EntitySource, "geodata/t.toml")


def take(folder: Path, regions: Regions, text: str, source: EntitySource) -> Taken:
    (folder / source.file).write_text(text, encoding="utf-8")
    taken = take_entities(source, folder, regions)
    accounted(taken)
    return taken


def accounted(taken: Taken) -> None:
    account = taken.account
    assert account.read == account.placed + account.rejected
    assert account.in_file - account.left_out + account.added == account.read
    assert account.rejected == sum(account.reasons.values()) == len(taken.rejected())
    assert account.placed == len(taken.entities) + account.merged == sum(account.levels.values())
    assert account.merged == sum(account.merges.values()) == int(taken.merged.dropped.sum())
    assert sum(account.precision.values()) == account.placed


# Places written as text

TEXT = (
    "id,name,district,city,lon,lat\n"
    "1,A,,浙江杭州,,\n"
    "2,B,上海上海浦东新区,,,\n"
    "3,C,朝阳区,Beijing,,\n"
    "4,D,朝阳区,,,\n"
    "5,E,nowhere at all,,,\n"
    "6,F,,,,\n"
    "7,G,,四川省成都,,\n"
    "8,H,,广东省广东省,,\n"
    "9,I,330106,,,\n"
    "10,J,海淀区,上海,,\n"
    "11,K,Suzhou,Jiangsu,,\n"
    "12,L,中国,,,\n"
    "13,M,鼓楼区,,113.95,22.53\n"
    "14,N,南山区,深圳,113.95,\n"
)


def test_places_by_text(hubs: Regions, tmp_path: Path) -> None:
    source = recipe(
        {**PLACES, "lon": "lon", "lat": "lat"}, place="text", elsewhere=True, precision_m=100,
        details={"place_name": {"en": "read as"}},
    )  # fmt: skip
    taken = take(tmp_path, hubs, TEXT, source)
    rows = taken.entities.set_index("id")
    found = {
        id: tuple(row[["place_level", "city", "region"]].fillna("")) for id, row in rows.iterrows()
    }
    assert found["1"] == ("city", "330100", "")
    assert found["2"] == ("district", "310000", "310115")
    assert found["3"] == ("district", "110000", "110105")
    assert found["7"][:2] == ("city", "510100")
    assert found["8"] == ("province", "", "")
    assert found["9"] == ("district", "330100", "330106")
    assert found["11"][:2] == ("city", "320500")
    assert (rows.at["13", "place_by"], rows.at["13", "precision_m"]) == ("coordinates", 100)
    assert rows.at["3", "place_confidence"] == 0.95
    assert rows.at["1", "place_confidence"] == 1.0
    assert rows.at["1", "place_name"] == "杭州"[:2] + "市"
    assert hubs.geometry["310115"].contains(rows.geometry["2"])
    assert rows.geometry["7"].distance(rows.geometry["7"].__class__(104.06, 30.58)) < 0.1
    assert rows.at["8", "precision_m"] > 200_000
    assert taken.account.levels == {"own point": 1, "district": 3, "city": 3, "province": 1}
    said = dict(zip(taken.rejected()["cell: id"], taken.rejected()["reason"], strict=True))
    assert said.keys() == {"4", "5", "6", "10", "12", "14"}
    for id, words in {
        "4": "'朝阳区' could be 朝阳区 110105, 朝阳区 220104",
        "5": "names no known place",
        "6": "no place is written there",
        "10": "'海淀区' '上海' contradicts itself",
        "12": "names only the country China",
        "14": "only one of longitude and latitude",
    }.items():
        assert words in said[id], (id, said[id])


def test_how_strictly_a_text_is_read(hubs: Regions, tmp_path: Path) -> None:
    text = "id,name,district,city\n1,A,,成都\n2,B,,广东省\n3,C,清河路,杭州\n4,D,西湖区,杭州\n"
    strict = recipe(place="text", places={"coarsest": "district"}, limits={"max_rejected": 1})
    taken = take(tmp_path, hubs, text, strict)
    assert taken.account.reasons == {"place is too coarse": 3}
    here = take(tmp_path, hubs, text, recipe(place="text"))
    assert here.account.reasons == {"place is not in this workspace": 2}
    assert "成都" in here.rejected()["reason"][0]
    sure = recipe(place="text", elsewhere=True, limits={"max_rejected": 1, "confidence": 0.9})
    assert take(tmp_path, hubs, text, sure).account.reasons == {"place is uncertain": 1}


def test_a_place_outside_is_in_no_hub(hubs: Regions, tmp_path: Path) -> None:
    """Huzhou's radius reaches Hangzhou; the row is still not Hangzhou's."""
    from hubmap.layers.assign import assign

    text = "id,name,district,city\n1,A,,湖州市\n2,B,,杭州市\n3,C,,浙江省\n"
    taken = take(tmp_path, hubs, text, recipe(place="text", elsewhere=True))
    cities = assign(taken.entities, hubs)["city"]
    assert cities[1] == "330100"
    assert cities.isna().tolist() == [True, False, True]


def test_the_world_only_when_asked(
    hubs: Regions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "id,name,district,city\n1,A,Paris,France\n"
    at_home = take(tmp_path, hubs, text, recipe(place="text", elsewhere=True))
    assert "names no known place" in at_home.rejected()["reason"][0]
    asked = recipe(place="text", elsewhere=True, places={"world": True})
    monkeypatch.setattr("hubmap.geodata.located.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"world = true under \[places\] needs"):
        take_entities(asked, tmp_path, hubs)
    assert "GeoNames" in completed(asked, tmp_path).attribution


ANSWERS = "text,lon,lat,precision_m,found,provider,columns\n"


def test_answers_of_a_service_are_joined(hubs: Regions, tmp_path: Path) -> None:
    text = (
        "id,name,street,city\n1,A,学院路1号,北京\n2,B,科苑路,深圳\n3,C,nowhere,\n4,D,,杭州\n"
        "5,E,unasked,广州\n"
    )
    columns = json.dumps(["street", "city"]).replace('"', '""')
    (tmp_path / "t.places.csv").write_text(
        ANSWERS
        + f'学院路1号 北京,116.35,39.99,200,true,nominatim,"{columns}"\n'
        + f'科苑路 深圳,113.95,22.53,99000,true,nominatim,"{columns}"\n'
        + f'nowhere,121.0,31.0,500,true,nominatim,"{columns}"\n'
        + f'杭州,,,,false,nominatim,"{columns}"\n',
        encoding="utf-8",
    )
    source = recipe(
        {"id": "id", "name": "name"}, place="text", places={"columns": ["street", "city"]}
    )
    taken = take(tmp_path, hubs, text, source)
    rows = taken.entities.set_index("id")
    assert rows["place_by"].to_dict() == {
        "1": "nominatim", "2": "text", "3": "nominatim", "4": "text", "5": "text",
    }  # fmt: skip
    assert (rows.geometry["1"].x, rows.at["1", "precision_m"]) == (116.35, 200)
    assert rows["placed"].to_dict()["1"] == "point"
    assert taken.account.levels == {"point of nominatim": 2, "city": 3}
    assert "© OpenStreetMap" in completed(source, tmp_path).attribution
    off = source.model_copy(update={"places": source.places.model_copy(update={"answers": False})})
    unused = take_entities(off, tmp_path, hubs).account
    assert "t.places.csv is there but not used" in unused.warnings[0]
    # A table by hand need not name the columns; its datum is converted here.
    (tmp_path / "t.places.csv").write_text(
        "text,lon,lat,precision_m,datum\n学院路1号 北京,116.3562,39.9914,200,GCJ-02\n", "utf-8"
    )
    moved = take(tmp_path, hubs, text, source).entities.set_index("id").geometry["1"]
    assert abs(moved.x - 116.35) < 5e-4
    assert abs(moved.y - 39.99) < 5e-4


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("text,lon\nx,1\n", "`lat` is missing"),
        ("text,lon,lat,precision_m\nx,200,1,5\n", "line 2: `lon` is '200'"),
        ("text,lon,lat,precision_m\nx,1,nan,5\n", "line 2: `lat` is 'nan'"),
        ("text,lon,lat,precision_m\nx,1,1,0\n", "line 2: `precision_m` is '0'"),
        ("text,lon,lat,precision_m,datum\nx,1,1,5,Mars\n", "`datum` is 'Mars'"),
        ("text,lon,lat,precision_m,columns\nx,1,1,5,street\n", "`columns` is 'street'"),
        ('text,lon,lat,precision_m,columns\nx,1,1,5,"[""street""]"\n', "asked by `street`"),
    ],
)
def test_a_broken_table_of_answers(hubs: Regions, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "t.places.csv").write_text(content, encoding="utf-8")
    (tmp_path / "t.csv").write_text("id,name,district,city\n1,A,,杭州\n", encoding="utf-8")
    with pytest.raises(TableError) as told:
        take_entities(recipe(place="text"), tmp_path, hubs)
    assert words in str(told.value)


# Which postings are AI postings


def test_classified_rows_carry_their_term(hubs: Regions, tmp_path: Path) -> None:
    text = (
        "id,name,district,city,tags\n"
        '1,机器学习工程师,,杭州,\n2,Sales in Maine,,杭州,\n3,算法工程师,,杭州,"[""深度学习""]"\n'
        "4,算法工程师,,杭州,[]\n"
    )
    source = recipe({**PLACES, "skills": "tags"}, place="text", classify="ai")
    rows = take(tmp_path, hubs, text, source).entities
    assert rows["case"].tolist() == rows["ai"].tolist() == [True, False, True, False]
    assert rows["ai_term"].tolist()[0] == "机器学习"
    assert rows["category"].tolist() == rows["ai_family"].tolist()
    assert rows["ai_group"].tolist() == ["core", "none", "core", "none"]
    assert rows["ai_where"].tolist()[:3] == ["title", "title", "title"]
    own = tmp_path / TERMS
    own.write_text(
        "term,language,field,use,class,note\ngreen,en,,group,core,Green work; 绿色\n"
        "plain,en,,group,none,\nMaine,en,both,ai,green,\n",
        encoding="utf-8",
    )
    rows = take(tmp_path, hubs, text, source).entities
    assert rows["ai"].tolist() == [False, True, False, False]
    told = completed(source, tmp_path)
    assert told.categories["green"].zh == "绿色"
    assert any("not measured" in caveat for caveat in told.caveats)
    assert any("未经检验" in caveat for caveat in told.caveats_zh)
    with pytest.raises(HubmapError, match="`classify` sets `case`"):
        recipe({**PLACES, "case": "x"}, classify="ai")


def test_the_caveat_tells_the_measure(tmp_path: Path) -> None:
    told = completed(recipe(place="text", classify="ai"), ROOT / "geodata")
    assert terms_digest(ROOT / "geodata" / TERMS) == MEASURED.digest
    assert any("98 % (95 % interval 89-100)" in caveat for caveat in told.caveats)
    assert any("98%正确（95%区间89–100）" in caveat for caveat in told.caveats_zh)
    assert told.categories["speech"].zh == "语音与音频"
    assert told.details["ai_term"].zh
    # Where the workspace has no list the package's own decides, and is the one measured.
    assert completed(recipe(place="text", classify="ai"), tmp_path).caveats == told.caveats


# The same thing twice

POSTINGS = (
    "id,name,employer,city,day\n"
    "1,Python工程师,甲乙丙科技有限公司,杭州,2024-01-01\n"
    "2,python 工程师,甲乙丙,杭州,2024-02-01\n"
    "3,Python工程师,甲乙丙科技有限公司,杭州,2024-12-01\n"
    "1,Python工程师,甲乙丙科技有限公司,杭州,2024-01-01\n"
    "5,Python工程师,甲乙丙科技有限公司,上海,2024-01-01\n"
    "6,Python工程师,甲乙丙科技有限公司,杭州,2024-02-31\n"
)
POSTED = {"id": "id", "name": "name", "city": "city", "employer": "employer", "date": "day"}


def test_reposts_are_one_row_and_listed(hubs: Regions, tmp_path: Path) -> None:
    source = recipe(POSTED, place="text", duplicates={"reposts": True, "firms": True})
    taken = take(tmp_path, hubs, POSTINGS, source)
    account = taken.account
    assert (account.read, account.placed, account.rejected, account.merged) == (6, 5, 1, 2)
    assert account.reasons == {"`day` is no possible date": 1}
    assert account.merges == {"same employer, title and place": 1, "same id": 1}
    assert account.united == {"employers spelt otherwise": 1}
    assert taken.entities["id"].tolist() == ["1", "3", "5"]
    lines = taken.merged.listed
    assert lines[["what", "kept_line", "merged_line"]].values.tolist() == [
        ["employer", 2, 3], ["row", 2, 3], ["row", 2, 5],
    ]  # fmt: skip
    assert lines["merged_name"][0] == "甲乙丙"
    off = take(tmp_path, hubs, POSTINGS, recipe(POSTED, place="text")).account
    assert off.merged == 0
    assert off.reasons["id stands twice"] == 1
    apart = tmp_path / "t.same.csv"
    apart.write_text("one,other,same\n1,2,false\n3,5,true\n9,8,true\n", encoding="utf-8")
    account = take(tmp_path, hubs, POSTINGS, source).account
    assert account.merges == {"corrected": 1, "same id": 1}
    assert "t.same.csv: 2 of its names stand in no row, such as '8'" in account.warnings[-1]


def test_firms_of_a_city_become_one_row(hubs: Regions, tmp_path: Path) -> None:
    text = (
        "id,name,city,lon,lat\n1,深圳元戎启行科技有限公司,,113.95,22.53\n2,元戎启行,,113.96,22.54\n"
        "3,元戎启行,,120.15,30.27\n4,元戎启行,,2.35,48.85\n"
    )
    columns = {"id": "id", "name": "name", "lon": "lon", "lat": "lat"}
    source = recipe(columns, precision_m=100, duplicates={"firms": True})
    taken = take(tmp_path, hubs, text, source)
    assert taken.entities["id"].tolist() == ["1", "3", "4"]
    assert taken.account.merges == {"short name": 1}
    (tmp_path / "fix.csv").write_text(
        "one,other,same\n元戎启行,深圳元戎启行科技有限公司,false\n", encoding="utf-8"
    )
    fixed = recipe(columns, precision_m=100, duplicates={"firms": True, "corrections": "fix.csv"})
    assert take(tmp_path, hubs, text, fixed).account.merged == 0
    (tmp_path / "fix.csv").write_bytes(b"one,other,same\n\xff,x,true\n")
    with pytest.raises(TableError, match="cannot be read"):
        take_entities(fixed, tmp_path, hubs)
    (tmp_path / "fix.csv").unlink()
    with pytest.raises(TableError, match="there is no such file"):
        take_entities(fixed, tmp_path, hubs)
    with pytest.raises(HubmapError, match="corrections"):
        recipe(duplicates={"firms": True, "corrections": "../x.csv"})


def test_institutions_count_once(hubs: Regions, tmp_path: Path) -> None:
    text = (
        "id,name,city,lon,lat\n1,浙江大学（紫金港校区）,,120.08,30.30\n"
        "2,Zhejiang University,,120.12,30.26\n3,某某书店,,120.12,30.26\n"
        # A college of Zhangye, not the one of Beijing; and one that is.
        "4,培黎职业学院,,100.45,38.93\n5,培黎职业学院,,116.40,39.93\n"
    )
    columns = {"id": "id", "name": "name", "lon": "lon", "lat": "lat"}
    source = recipe(columns, precision_m=100, duplicates={"institutions": True})
    taken = take(tmp_path, hubs, text, source)
    first, second, third, fourth, fifth = taken.entities["unit"]
    assert first == second != third == "3"
    assert taken.merged.listed["rule"].tolist()[:2] == ["campus", "same name"]
    assert fourth == "4"
    assert fifth not in {"5", first}
    (tmp_path / "t.same.csv").write_text(
        f"one,other,same\n某某书店,浙江大学,true\nZhejiang University,{first},false\n", "utf-8"
    )
    corrected = take(tmp_path, hubs, text, source).entities["unit"].tolist()
    assert corrected[:3] == [first, "2", first]
    (tmp_path / "universities.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(TableError, match="`institution_id` is missing"):
        take_entities(source, tmp_path, hubs)


# Every row is accounted for, whatever the table

cell = st.sampled_from(
    ["", "北京", "朝阳区", "Suzhou", "杭州西湖区", "Paris", "330106", "中国", "广东省", "0", "1",
     "30.2", "120.1", "AI工程师", "甲乙科技有限公司", "甲乙", "2024-01-01", "2024-02-31", "x"]
) | st.text(st.characters(codec="utf-8"), max_size=8)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(cell, min_size=1, max_size=8), max_size=8))
def test_read_is_placed_plus_rejected(hubs: Regions, rows: list[list[str]]) -> None:
    names = ["id", "name", "district", "city", "lon", "lat", "employer", "day"]
    columns = {**PLACES, "lon": "lon", "lat": "lat", "employer": "employer", "date": "day"}
    everything = {"reposts": True, "firms": True, "institutions": True}
    source = recipe(
        columns, place="text", elsewhere=True, precision_m=50, encoding="utf-8", delimiter=",",
        classify="ai", duplicates=everything,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        first = ["1", "A", "", "杭州", "", "", "甲乙", ""]
        with (Path(name) / "t.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([names, first, *rows])
        taken = take_entities(source, Path(name), hubs)
        accounted(taken)
        full = sum(any(cell.strip() for cell in row) for row in rows)
        assert taken.account.read >= full + 1
        listed = taken.merged.listed
        assert int((listed["what"] == "row").sum()) == taken.account.merged


# In a workspace


def _door(folder: Path) -> None:
    """A table of postings without coordinates beside the default workspace's own."""
    (folder / "geodata/jobs.csv").write_text(
        "id,name,employer,city\n1,机器学习工程师,甲乙丙科技有限公司,杭州西湖区\n"
        "2,机器学习工程师,甲乙丙,杭州西湖区\n3,会计,丁,杭州\n4,会计,丁,Suzhou\n",
        encoding="utf-8",
    )
    (folder / "geodata/jobs.toml").write_text(
        'file = "jobs.csv"\nkind = "job_postings"\nnoun = "postings"\ntitle = "Jobs"\n'
        'licence = "x"\nattribution = "somebody"\nplace = "text"\nclassify = "ai"\n'
        'faults = "reject"\ncoverage = "a few"\n[columns]\nid = "id"\nname = "name"\n'
        'city = "city"\nemployer = "employer"\n[duplicates]\nreposts = true\nfirms = true\n',
        encoding="utf-8",
    )


def test_check_says_the_same_in_three_formats(
    china_recipes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _door(china_recipes)
    printed = {}
    for format in ("text", "json", "md"):
        assert main(["-C", str(china_recipes), "check", "jobs", "--format", format]) == 0
        printed[format] = capsys.readouterr().out
    for words in (
        "read 4 = placed 3 + rejected 1", "rejected: place is ambiguous 1",
        "placed at: district 67%, city 33%", "read from text: all of the text read 100%",
        "precision: ≤ 25 km 2, > 25 km 1", "datum: stated WGS-84; no coordinates to test it by",
        "duplicates: 1 rows merged into others (same employer, title and place 1), 2 remain",
        "employers spelt otherwise 1", "coverage: 3 rows in 1 of 14 cities and 1 of 121 districts",
        "; a few",
    ):  # fmt: skip
        assert words in printed["text"], words
    assert "jobs.csv; utf-8" in printed["text"]
    (account,) = json.loads(printed["json"])
    assert account["levels"] == {"district": 2, "city": 1}
    assert account["reasons"] == {"place is ambiguous": 1}
    assert (account["merged"], account["inside"], account["cities"]) == (1, 3, [1, 14])
    for words in ("district 67%, city 33%", "1 rows merged", "3 rows in 1 of 14", "a few"):
        assert words in printed["md"]
    merged = pd.read_csv(china_recipes / "layers/merged/jobs.csv")
    assert merged["what"].tolist() == ["employer", "row"]
    assert "苏州市 320500" in (china_recipes / "layers/rejected/jobs.csv").read_text("utf-8")


def test_a_refusal_is_told_from_a_warning(hubs: Regions, tmp_path: Path) -> None:
    text = "id,name,district,city\n1,A,,杭州\n2,B,,nowhere\n"
    taken = take(tmp_path, hubs, text, recipe(place="text", limits={"max_rejected": 0.1}))
    assert "1 of 2 rows are rejected (50%" in str(taken.refusal[0])
    from dataclasses import replace

    account = replace(examined(taken, hubs, {}), refused=("too many",), warnings=("odd",))
    assert "  warning: odd\n  refused: too many" in rendered([account], "text")
    assert "| odd; refused: too many |" in rendered([account], "md")


def test_what_lies_beside_a_recipe_rebuilds(china_recipes: Path) -> None:
    _door(china_recipes)
    folder = china_recipes / "geodata"

    def key() -> str:
        return Workspace.open(china_recipes).layer_key("hangzhou")

    keys = [key(), key()]
    assert keys[0] == keys[1]
    for path in (folder / TERMS, folder / "jobs.same.csv", folder / "jobs.places.csv"):
        content = path.read_bytes() if path.is_file() else b""
        path.write_bytes(content + b"\n")
        keys.append(key())
    assert len(set(keys)) == 4
    (folder / TERMS).unlink()
    assert key() not in keys


def test_the_page_of_classified_postings(china_recipes: Path) -> None:
    _door(china_recipes)
    assert main(["-C", str(china_recipes), "build", "hangzhou"]) == 0
    layer = Workspace.open(china_recipes).layer("hangzhou")
    jobs = layer.entities[layer.entities["dataset"] == "jobs"]
    assert jobs[["id", "ai", "ai_term", "district"]].values.tolist()[0] == [
        "1", True, "机器学习", "330106",
    ]  # fmt: skip
    told = json.loads((china_recipes / "layers/hangzhou/profile.json").read_text("utf-8"))
    (said,) = [s["caveats"] for s in told["sources"] if s["title"] == "Jobs"]
    assert any("89-100" in caveat for caveat in said)
    from hubmap.maps.payload import panel

    words = panel([layer], title={}, subtitle={}, language="en")
    (shown,) = [one for one in words["sources"] if one["id"] == "jobs"]
    assert any("98 % (95 % interval 89-100)" in caveat for caveat in shown["caveats"])
    assert any("98%正确（95%区间89–100）" in caveat for caveat in shown["caveats_zh"])


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"place": "text", "places": {"columns": ["c"]}}, "`place` = 'text'"),
        ({"classify": "ai"}, "key `classify`"),
        ({"duplicates": {"firms": True}}, "key `duplicates`"),
    ],
)
def test_a_source_in_parts_refuses(hubs: Regions, more: dict[str, Any], key: str) -> None:
    from hubmap.stream.run import make_plan

    columns = {"name": "n", "lon": "lon", "lat": "lat"}
    source = recipe(columns, precision_m=10, stream={}, **more)
    with pytest.raises(RecipeError) as told:
        make_plan(source, hubs, [], 10, where="geodata/t.toml")
    assert key in str(told.value)
    assert "a source in parts" in str(told.value)


def test_text_needs_a_column() -> None:
    with pytest.raises(Findings, match=r"needs \[places\] columns"):
        recipe({"id": "id", "name": "name"}, place="text")
