"""The panel's numbers are those of `hubmap stats`, in both languages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from hubmap.cli import main
from hubmap.maps.declared import declarations
from hubmap.maps.still import words
from hubmap.statistics.declared.catalogue import every_statistic

if TYPE_CHECKING:
    from pathlib import Path

READ = """() => [...document.querySelectorAll('.hm-group')].flatMap((group) =>
    [...group.querySelectorAll('.hm-stat')].map((row) => {
        const said = (name) => (row.querySelector(name) || { textContent: '' }).textContent.trim();
        return { statistic: group.querySelector('h4').textContent, kind: said('dt'),
                 value: said('strong'), interval: said('.hm-interval'),
                 why: said('.hm-withheld small'),
                 beside: [...row.querySelectorAll('.hm-beside')].map((s) => s.textContent) };
    }))"""
HUB = "greater-bay-area"
KINDS = {"universities": "Institutions", "companies": "Companies", "ai_job_postings": "AI postings"}


@pytest.fixture
def panel(china: Path, visit: Any) -> Any:
    """The hub's built page with its panel opened."""
    tab = visit((china / f"maps/{HUB}.html").read_text(encoding="utf-8")).page
    tab.wait_for_selector("html[data-ready]")
    tab.evaluate(
        "() => { const b = document.querySelector('.hm-panel-body'); b.scrollTo(0, 1e6); }"
    )
    tab.wait_for_function("() => document.querySelectorAll('.hm-group').length >= 14")
    tab.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    return tab


def test_the_page_and_stats_say_the_same(
    china: Path, panel: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["-C", str(china), "stats", HUB, "--format", "json"]) == 0
    stats = [row for row in json.loads(capsys.readouterr().out) if row["hub"] == HUB]
    shown = {(row["statistic"], row["kind"]): row for row in panel.evaluate(READ)}
    assert len(shown) == len(stats) > 25
    for row in stats:
        name = row["statistic"]
        found = shown[words.term("en", name), KINDS[row["kind"]]]
        if row["value"] is None:
            assert found["why"] == row["withheld"]
            continue
        assert found["value"] == words.value(name, row["value"])
        low, high = (words.value(name, row[end]) for end in ("low", "high"))
        interval = found["interval"].replace("\u00a0", " ")
        assert interval == ("" if low == "–" else f"95 % interval {low} to {high}")
    # Where, within what and of whom a number speaks stands beside it, formulas as they are written.
    for key, said in (
        ("clustering", "Within 5 km (r)"), ("peak_density", "Bandwidth 2 km"),
        ("peak_density", "At Tianhe"), ("area_holding", "19 districts hold 50 %"),
        ("centre_shift", "Chance alone passes"), ("median_founded", "Survivors only"),
    ):  # fmt: skip
        beside = shown[words.term("en", key), "Institutions"]["beside"]
        assert any(part.startswith(said) for part in beside), (key, beside)
    assert (
        "Without Hong Kong, Macao (not covered)"
        in (shown[words.term("en", "count"), "AI postings"]["beside"])
    )
    formulas = "() => [...document.querySelectorAll('.hm-how dd')].map((d) => d.textContent)"
    assert "n / A; interval of n over A" in panel.evaluate(formulas)
    # What has no interval stands beside what chance gives, or how far it moves.
    for key in ("clustering", "moran", "hot_spots", "number_of_centres"):
        assert shown[words.term("en", key), "Institutions"]["beside"]


def test_a_range_is_in_the_unit_of_its_number(panel: Any) -> None:
    hot = next(r for r in panel.evaluate(READ) if r["statistic"] == words.term("en", "hot_spots"))
    assert re.match(r"Range [\d.]+ % to [\d.]+ % over cells", hot["beside"][0])


def test_the_chinese_panel_is_in_chinese(panel: Any) -> None:
    panel.click(".hm-language")
    panel.wait_for_function("() => document.documentElement.lang.startsWith('zh')")
    said = panel.evaluate(
        "() => [...document.querySelectorAll('.hm-group')].map((g) => g.innerText)"
    )
    lines = [line for text in said for line in text.splitlines()]
    assert len(lines) > 200
    # A reference stays as it is printed, and so do the names of programs and platforms.
    english = re.compile(r"^(?!.*[\u4e00-\u9fff]).*[A-Za-z]{4,}|[a-z]{3,} [a-z]{3,}")
    left = [s for s in lines if english.search(s) and not re.search(r" \d{4}(,|；|$)", s)]
    assert not left


def test_every_declaration_has_chinese_words() -> None:
    names = [str(m.model_fields["name"].default) for m in every_statistic()]
    english = []
    for name, said in declarations(names).items():
        for key in ("formula", "interval", "guard", "minimum", "checks"):
            text = said.get(key, "")
            found = words.phrase("zh", text)
            if re.search(r"[a-z]{3,} [a-z]{2,}", text) and not re.search(r"[\u4e00-\u9fff]", found):
                english.append((name, key, text))
    assert not english


def test_notes_and_denominators_have_chinese_words(china: Path) -> None:
    profiles = pd.read_csv(china / "layers/profiles.csv", dtype=str)
    places = dict(zip(profiles["name"], profiles["name_zh"], strict=True))
    told = pd.concat([profiles[c].dropna() for c in ("note", "denominator", "withheld")]).unique()
    assert len(told) > 100
    for part in {part for text in told for part in text.split("; ")}:
        found = words.phrase("zh", part, places)
        assert not re.search(r"[A-Za-z]{4,}", found.replace("BOSS Zhipin (zhipin.com)", "")), found
