"""The same thing twice: names taken apart, groups, corrections, and the hand-checked pairs."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures import labels, measured
from support import ROOT

from hubmap.errors import TableError
from hubmap.geodata.duplicates import (
    Corrections,
    group_firms,
    group_reposts,
    match_institutions,
    read_corrections,
)
from hubmap.geodata.firms import compare_firms, firm_name
from hubmap.geodata.institutions import Institutions

pytest.importorskip("rapidfuzz", reason="the extra `duplicates` (rapidfuzz) is not installed")
DOCS = (ROOT / "docs" / "duplicates.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ("北京永洪商智科技有限公司", "永洪商智", "short name"),
        ("腾讯科技（北京）有限公司", "腾讯科技(北京)公司", "legal form"),
        ("上海微创软件股份有限公司", "上海微创软件股份有限公司北京分公司", "legal form"),
        ("ＨＵＡＷＥＩ Co., Ltd.", "Huawei", "legal form"),
        ("Huaqin", "Huaqin Telecom Technology", "short name"),
        ("H3C", "新华三H3C", "alias"),
        ("屈臣氏个人用品商店有限公司", "武汉屈臣氏个人用品商店有限公司广州分公司", "legal form"),
        ("華為技術有限公司", "华为", "short name"),
        ("中怡康时代", "北京中怡康时代市场研究有限公司", "short name"),
        ("北京智米科技有限公司", "北京点绿科技有限公司", ""),
        ("京东", "北京东方金信科技有限公司", ""),
        ("京东", "京东科技集团", ""),
        ("华为", "华为云计算", ""),
        ("中国移动", "中国移动研究院", ""),
        ("歌尔股份有限公司", "歌尔微电子股份有限公司", ""),
        ("上海信息技术有限公司", "上海网络技术有限公司", ""),
    ],
)
def test_names_of_firms(one: str, other: str, rule: str) -> None:
    assert compare_firms(one, other)[0] == rule
    assert compare_firms(other, one)[0] == rule


def test_firms_are_grouped_within_a_place_and_listed() -> None:
    names = pd.Series(
        [
            "深圳元戎启行科技有限公司",
            "元戎启行",
            "元戎启行",
            "平安",
            "平安科技有限公司",
            "平安银行股份有限公司",
        ],
        index=[10, 11, 12, 13, 14, 15],
    )
    places = pd.Series(["440300", "440300", "110000", "440300", "440300", "440300"], names.index)
    groups = group_firms(names, places)
    # "平安" alone could be either firm, so it stays by itself.
    assert list(groups.kept) == [10, 10, 12, 13, 14, 15]
    assert groups.merged[["kept", "merged", "rule"]].values.tolist() == [[10, 11, "short name"]]


def test_english_and_chinese_names_meet_through_aliases() -> None:
    names = pd.Series(["ByteDance Ltd.", "字节跳动", "北京字节跳动科技有限公司"])
    places = pd.Series(["110000"] * 3)
    groups = group_firms(names, places, aliases=[("ByteDance", "字节跳动")])
    assert list(groups.kept) == [0, 0, 0]
    assert set(groups.merged["rule"]) == {"alias"}


def test_corrections(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text(
        "one,other,same\n元戎启行,深圳元戎启行科技有限公司,false\n云鸟,小鸟,true\n",
        encoding="utf-8",
    )
    names = pd.Series(["深圳元戎启行科技有限公司", "元戎启行", "云鸟", "小鸟"])
    groups = group_firms(names, pd.Series(["x"] * 4), corrections=read_corrections(path))
    assert list(groups.kept) == [0, 1, 2, 2]
    assert list(groups.merged["rule"]) == ["corrected"]
    assert read_corrections(tmp_path / "none.csv") == Corrections()
    path.write_text("one,other,same\na,b,perhaps\n", encoding="utf-8")
    with pytest.raises(TableError, match="line 2"):
        read_corrections(path)


def test_reposts() -> None:
    table = pd.DataFrame(
        [
            ("1", "甲乙有限公司", "Python工程师", "110108", "2024-01-01"),
            ("2", "甲乙公司", "python 工程师", "110108", "2024-03-01"),
            ("3", "甲乙公司", "python工程师", "110108", "2024-12-01"),
            ("4", "甲乙公司", "python工程师", "110105", "2024-03-01"),
            ("1", "乙", "测试", "310000", ""),
            ("5", "甲乙公司", "C++工程师", "110108", "2024-01-01"),
            ("6", "甲乙公司", "C#工程师", "110108", "2024-01-01"),
            ("7", "", "C#工程师", "110108", "2024-01-01"),
            ("", "丙", "运维", "310000", None),
            ("", "丙", "运维", "310000", None),
        ],
        columns=["id", "employer", "title", "place", "date"],
        index=range(100, 110),
    )
    groups = group_reposts(table, period_days=90)
    assert list(groups.kept) == [100, 100, 102, 103, 100, 105, 106, 107, 108, 108]
    assert sorted(groups.merged["rule"].unique()) == ["same employer, title and place", "same id"]
    assert set(groups.merged["merged"]) == {101, 104, 109}
    apart = Corrections(apart=frozenset({frozenset(("1", "2"))}))
    assert group_reposts(table, corrections=apart).kept.loc[101] == 101
    same = Corrections(same=frozenset({frozenset(("5", "6"))}))
    assert group_reposts(table, corrections=same).kept.loc[106] == 105


def _embedded() -> tuple[Institutions, dict[str, str]]:
    with (ROOT / "geodata" / "universities.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [(row["institution_id"], row[key]) for row in rows for key in ("name", "name_zh")]
    return Institutions(names), {name: id for id, name in names}


@pytest.mark.parametrize(
    ("text", "name", "rule"),
    [
        ("复旦大学(邯郸校区)", "复旦大学", "campus"),
        (
            "The Hong Kong Polytechnic University",
            "The Hong Kong Polytechnic University",
            "same name",
        ),
        ("Hong Kong Polytechnic University", "The Hong Kong Polytechnic University", "same name"),
        ("浙江科技学院（小和山校区）", "浙江科技大学", "former name"),
        ("中央团校(中国青年政治学院)", "中国青年政治学院", "alias"),
        ("香港中文大学(深圳)", "香港中文大学（深圳）", "same name"),
        ("中山大学眼科中心", "", ""),
        ("清华大学(某附属医院)", "", ""),
        ("南京农业大学", "", ""),
    ],
)
def test_institutions(text: str, name: str, rule: str) -> None:
    known, ids = _embedded()
    found = match_institutions(pd.Series([text]), known).iloc[0]
    assert found["rule"] == rule
    assert found["institution"] == (ids[name] if name else "")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_no_name_breaks_it(one: str, other: str) -> None:
    assert firm_name(one) == firm_name(one)
    assert compare_firms(one, other)[0] == compare_firms(other, one)[0]


def test_against_hand_checked_pairs() -> None:
    known, ids = _embedded()
    judged: dict[str, list[tuple[str, str, float]]] = {}
    for row in [*labels("pairs.csv"), *labels("pairs_holdout.csv")]:
        truth = "same" if row["same"] == "true" else ""
        if row["kind"] == "firm":
            same = compare_firms(row["one"], row["other"])[0] != ""
        else:
            found = known.find(row["one"])
            same = found is not None and found.id == ids[row["other"]]
        pair = truth, "same" if same else "", 1.0
        for name in (f"{row['kind']}s", f"draw {row.get('draw', 'first')}", "all pairs"):
            judged.setdefault(name, []).append(pair)
    assert len(judged["all pairs"]) >= 300
    for name, pairs in judged.items():
        result = measured(pairs)
        assert f"{name}: {result}" in DOCS, (name, str(result))
        assert result.precision >= 0.99, name
        assert result.recall >= (0.85 if name.startswith("draw") else 0.90), name
