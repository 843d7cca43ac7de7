"""The embedded AI job postings: the terms, the table's sums, and the way back to the source."""

from __future__ import annotations

import csv
import importlib.util
import os
import sys
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from hubmap.geodata.taxonomy import Use, plain, term_pattern

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("HUBMAP_SHARED", ROOT.parent / "shared"))
SOURCE = SHARED / "data" / "job_postings"


def _tool(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


tool = _tool("compile_postings")


@pytest.fixture(scope="module")
def terms() -> Any:
    return tool.read_taxonomy(ROOT / "geodata" / "ai_terms.csv")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (ROOT / "geodata" / "ai_job_postings.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    return tomllib.loads((ROOT / "geodata" / "ai_job_postings.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        ("AI", "Sales in Maine", False),
        ("AI", "AIGC", False),
        ("AI", "Python（AI方向）", True),
        ("AI", "PythonAI模型评估", True),
        ("AI", "OpenAI接口", True),
        ("GPT", "GPT4应用", True),
        ("LLM", "LLMs", True),
        ("CV", "CVTE驻场", False),
        ("大模型", "AI大模型应用", True),
        ("NLP", "ｎｌｐ算法", True),
    ],
)
def test_terms_match_whole_latin_words(term: str, text: str, found: bool) -> None:
    assert bool(term_pattern(term).search(plain(text))) is found


@pytest.mark.parametrize(
    ("title", "skills", "expected"),
    [
        ("机器学习平台研发工程师", (), (True, "ai-platforms", "title")),
        ("算法工程师", ("深度学习", "图像算法"), (True, "computer-vision", "title")),
        ("算法工程师", ("图像算法", "大模型算法"), (True, "machine-learning", "title")),
        ("算法工程师", ("电机控制算法", "MATLAB"), (False, "software", "")),
        ("Java/Python/算法/运维", (), (False, "operations", "")),
        ("Python开发工程师", ("Django", "NLP"), (True, "large-models", "skills")),
        ("Python爬虫工程师", ("机器学习/算法工程",), (False, "web-crawling", "")),
        ("人工智能讲师", ("深度学习",), (False, "teaching-and-sales", "")),
        ("AI人工智能销售", (), (False, "teaching-and-sales", "")),
        ("AI 产品经理", (), (True, "ai-product", "title")),
        ("机器人测试工程师", (), (False, "testing", "")),
        ("人工智能工程师", (), (True, "ai-applications", "title")),
        ("产品运营", (), (False, "other", "")),
    ],
)
def test_classify(
    terms: Any, title: str, skills: tuple[str, ...], expected: tuple[bool, str, str]
) -> None:
    assert tool.classify(title, skills, terms) == expected


def test_term_list_is_complete_and_without_repeats(terms: Any) -> None:
    assert {t.use for t in terms} == {*get_args(Use)} - {"group"}
    assert {t.field for t in terms} == {"title", "skills", "both"}
    assert {t.family for t in terms} - {""} <= set(terms.groups)
    keys = [(t.text, t.field, t.use, t.family) for t in terms]
    assert len(keys) == len(set(keys))


def test_internships_have_no_monthly_salary() -> None:
    assert tool.monthly_salary("[150, 200]", True) is None
    assert tool.monthly_salary("[12000, 22000]", False) == 17000


def test_sums(rows: list[dict[str, str]], recipe: dict[str, Any]) -> None:
    counts, size = recipe["sample"]["counts"], recipe["sample"]["size"]
    assert size == 4543 == counts["inside_hubs"] + counts["outside_hubs"]
    assert sum(int(r["postings"]) for r in rows) == counts["inside_hubs"] == 2668
    ai = [r for r in rows if r["ai"] == "true"]
    assert sum(int(r["postings"]) for r in ai) == counts["ai"]
    assert sum(int(r["by_title"]) for r in ai) == counts["ai_by_title"]
    assert counts["ai"] == counts["ai_by_title"] + counts["ai_by_skills"]
    assert sum(int(r["postings"]) for r in rows if not r["district"]) == counts["unplaced"]


def test_rows(rows: list[dict[str, str]], recipe: dict[str, Any], terms: Any) -> None:
    ids = [r["id"] for r in rows]
    assert ids == sorted(set(ids))
    assert {r["city"] for r in rows} == set(recipe["sample"]["covers"])
    with (ROOT / "geodata" / "regions.csv").open(encoding="utf-8", newline="") as file:
        parent = {r["code"]: r["parent"] for r in csv.DictReader(file)}
    for row in rows:
        assert row["source"]
        assert row["ai"] == str(row["role_family"] in terms.ai_families).lower(), row["id"]
        assert row["role_family"] in recipe["categories"]
        assert row["district"] in ("", row["city"]) or parent[row["district"]] == row["city"]
        postings, employers = int(row["postings"]), int(row["employers"])
        assert 1 <= employers <= postings
        assert int(row["salaries"]) <= postings
        if row["ai"] == "false":
            assert row["by_title"] == "0"
        quartiles = [row["salary_p25"], row["salary_p50"], row["salary_p75"]]
        if int(row["salaries"]) < tool.MIN_SALARIES:
            assert quartiles == ["", "", ""]
        else:
            low, middle, high = map(int, quartiles)
            assert 1000 < low <= middle <= high < 200_000


def test_recipe_names_the_columns_of_the_file(
    rows: list[dict[str, str]], recipe: dict[str, Any]
) -> None:
    assert {*recipe["columns"].values(), *recipe["details"]} <= set(rows[0])
    assert len(recipe["caveats"]) == len(recipe["caveats_zh"])


@pytest.mark.skipif(
    not (SOURCE / "boss_2025_a.csv").exists(),
    reason="the source postings (../shared/data/job_postings) are not beside this checkout",
)
def test_recompiled_from_source(rows: list[dict[str, str]], terms: Any) -> None:
    postings = tool.read_postings(SOURCE)
    assert len(postings) == 4543
    districts = tool.read_districts(ROOT / "geodata" / "regions.csv")
    again, met = tool.compile_table(postings, terms, districts)
    assert met["inside the hubs"] + met["outside the hubs"] == 4543
    assert again == rows
