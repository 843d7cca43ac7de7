"""Which postings are AI postings: the rules, a list of one's own, and the hand labels."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from measures import Measured, labels, measured
from support import ROOT

from hubmap.errors import TableError
from hubmap.geodata.taxonomy import Taxonomy, read_taxonomy
from hubmap.geodata.told import MEASURED
from hubmap.statistics.intervals import wilson

TAXONOMY = read_taxonomy(ROOT / "geodata" / "ai_terms.csv")
DOCS = (ROOT / "docs" / "ai-postings.md").read_text(encoding="utf-8")
HEADER = "term,language,field,use,class,note\n"


@pytest.mark.parametrize(
    ("title", "skills", "group", "term"),
    [
        ("机器学习工程师", None, "core", "机器学习"),
        ("機器學習工程師", None, "core", "机器学习"),
        ("Machine Learning Engineer", None, "core", "machine learning"),
        ("LLMs research scientist", None, "core", "LLM"),
        ("AI产品经理", None, "applied", "AI"),
        ("数据标注员", None, "applied", "数据标注"),
        ("大数据开发工程师", None, "data", "数据"),
        ("Sales in Maine", None, "none", "sales"),
        ("CAI Engineer", None, "none", "engineer"),
        ("算法", None, "none", ""),
        ("算法工程师", None, "core", "算法工程"),
        ("算法工程师", (), "none", "工程师"),
        ("算法工程师", ("深度学习",), "core", "算法工程"),
        ("控制算法工程师", None, "none", "工程师"),
        ("Python开发（非AI方向）", None, "none", "python"),
        ("Data Engineer (no AI)", None, "data", "data"),
        ("AI公司 Java开发", None, "none", "java"),
        ("C3.ai Java developer", None, "none", "java"),
        ("平面设计师 PS/AI", None, "none", "设计师"),
        ("AI Sales Manager", None, "none", "sales"),
        ("人工智能讲师", ("深度学习",), "none", "讲师"),
        ("Python开发工程师", ("Django", "NLP"), "core", "NLP"),
        ("", None, "none", ""),
    ],
)
def test_decisions_carry_their_term(
    title: str, skills: tuple[str, ...] | None, group: str, term: str
) -> None:
    decision = TAXONOMY.decide(title, skills)
    assert decision.group == group
    assert decision.ai == (group in ("core", "applied"))
    assert decision.term.casefold() == term.casefold()
    if term:
        assert decision.where in ("title", "skills")


def test_all_rows_of_a_table() -> None:
    titles = pd.Series(["AI 工程师", None, "Java"], index=[5, 2, 9])
    table = TAXONOMY.decide_all(titles)
    assert list(table.index) == [5, 2, 9]
    assert list(table["ai"]) == [True, False, False]
    skills = pd.Series([["MATLAB"], [], ["NLP"]], index=titles.index)
    assert list(TAXONOMY.decide_all(titles, skills)["where"]) == ["title", "", "skills"]


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "ai_terms.csv"
    rows = "green,en,,group,core,\nplain,en,,group,none,\nwind,en,both,ai,green,\n"
    path.write_text(HEADER + rows, encoding="utf-8")
    own = read_taxonomy(path)
    assert own.decide("Wind farm planner").family == "green"
    assert not own.decide("Machine learning").ai


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("term,use\n", "column `language` is missing"),
        (HEADER + "AI,en,title,ai,core-ai,\n", "line 2: class 'core-ai'"),
        (HEADER + "AI,en,title,maybe,x,\n", "line 2: `use` is 'maybe'"),
        (HEADER + "x,en,,group,great,\n", "line 2: the group is 'great'"),
        (HEADER + "x,en,,group,core,\nAI,en,salary,ai,x,\n", "line 3: `field` is 'salary'"),
        (HEADER + ",en,title,ai,x,\n", "line 2: `term` is empty"),
    ],
)
def test_a_broken_list(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "ai_terms.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TableError, match=message.replace("(", r"\(")):
        read_taxonomy(path)
    with pytest.raises(TableError, match="cannot be read"):
        read_taxonomy(tmp_path / "none.csv")


@given(st.text(max_size=60), st.none() | st.lists(st.text(max_size=10), max_size=3))
def test_no_title_breaks_it(title: str, skills: list[str] | None) -> None:
    decision = TAXONOMY.decide(title, skills)
    assert decision.ai == (decision.family in TAXONOMY.ai_families)


def _measured(taxonomy: Taxonomy, rows: list[dict[str, str]]) -> Measured:
    truth = [
        "ai" if row.get("ai") == "true" or row.get("group") in ("core", "applied") else ""
        for row in rows
    ]
    given = ["ai" if taxonomy.decide(row["title"]).ai else "" for row in rows]
    return measured([(t, g, 1.0) for t, g in zip(truth, given, strict=True)])


@pytest.mark.parametrize("name", ["titles.csv", "titles_holdout.csv"])
def test_against_hand_labels(name: str) -> None:
    rows = labels(name)
    result = _measured(TAXONOMY, rows)
    assert f"{name}, all: {result}" in DOCS
    for file in ("boss", "51job", "lagou"):
        some = _measured(TAXONOMY, [row for row in rows if row["file"] == file])
        assert f"{name}, {file}: {some}" in DOCS


def test_groups_against_hand_labels() -> None:
    rows = labels("titles.csv")
    assert len(rows) == 450
    right = sum(TAXONOMY.decide(row["title"]).group == row["group"] for row in rows)
    assert f"the right one of four groups: {right} of 450" in DOCS


def test_the_caveat_on_the_page_says_how_good_it_is() -> None:
    recipe = tomllib.loads((ROOT / "geodata" / "ai_job_postings.toml").read_text(encoding="utf-8"))
    result = _measured(TAXONOMY, labels("titles_holdout.csv"))
    low, high = wilson(result.right, result.given)
    # What a recipe with classify = "ai" makes every page say.
    measured_then = MEASURED.right, MEASURED.given, MEASURED.wanted
    assert measured_then == (result.right, result.given, result.wanted)
    assert len(labels("titles_holdout.csv")) == MEASURED.titles
    for (share, *bounds_told), of in (
        (MEASURED.precision, result.given),
        (MEASURED.recall, result.wanted),
    ):
        bottom, top = map(float, wilson(result.right, of))
        assert share == round(100 * result.right / of)
        assert bounds_told == [math.floor(bottom * 100), math.ceil(top * 100)]
    said = f"{result.precision:.0%}".replace("%", " %")
    bounds = f"{math.floor(float(low) * 100)}-{math.ceil(float(high) * 100)}"
    assert any(f"{said} (95 % interval {bounds})" in caveat for caveat in recipe["caveats"])
    assert any(bounds.replace("-", "–") in caveat for caveat in recipe["caveats_zh"])
