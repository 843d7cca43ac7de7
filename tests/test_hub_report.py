"""Hub reports: sentences that hold the profile's numbers, safe Markdown and HTML, same bytes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from pages.small_hub import reported as little
from pages.small_hub import source
from payloads import PAYLOADS
from support import ROOT

from hubmap.cli import main
from hubmap.geodata.places.names import HAN
from hubmap.layers.recipe import HubRecipe
from hubmap.maps.assets import catalogues
from hubmap.maps.still.svg import svg
from hubmap.maps.still.words import phrase, said
from hubmap.reports.blocks import Heading, Paragraph, Picture, Table
from hubmap.reports.compose import report
from hubmap.reports.render import mark, markdown, page

KINDS = ("universities", "companies", "ai_job_postings")


class Reader(HTMLParser):
    """Elements, attributes and words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(key, value or "") for key, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_sentences_hold_the_numbers_and_their_intervals() -> None:
    text = markdown(report(little(), language="en", name="x"))
    assert "Test hub: 2 universities (1.6 – 2.6)." in text
    assert "Test hub: of a sample of 4,543 postings from Platform, 2025, 40 (32 – 52)" in text
    assert "are AI postings here; this is not a count of the market." in text
    assert "Project" not in text.split("## Sources")[0]
    for kind in KINDS:
        assert f"caveat of {mark(kind)}" in text
    assert "median; exact interval" not in text, "only what the profile holds is explained"


def test_what_is_withheld_says_why() -> None:
    layer = little()
    own = (layer.profile["level"] == "hub") & (layer.profile["statistic"] == "per_million")
    layer.profile.loc[own, ["value", "low", "high"]] = float("nan")
    layer.profile.loc[own, "withheld"] = "only 3 districts, 30 are needed: take a larger zone"
    text = markdown(report(layer, language="en", name="x"))
    assert "Universities, per million residents: only 3 districts, 30 are needed" in text
    zh = markdown(report(layer, language="zh", name="x"))
    assert "每百万常住人口——仅3个区县，至少需要30个" in zh


def test_every_report_key_is_in_both_languages() -> None:
    keys = [
        set(json.loads((ROOT / f"hubmap/maps/still/lang/{lang}.json").read_text(encoding="utf-8")))
        for lang in ("en", "zh")
    ]
    assert keys[0] == keys[1]
    own = [catalogues()[language] for language in ("en", "zh")]
    plain = [{key for key in words if key[:1] not in "~="} for words in own]
    assert plain[0] == plain[1]
    # Signs and empty words alone are the same in both.
    same = {key for key in own[0] if own[0][key] == own[1][key] and own[0][key]}
    assert same == {"plot.p", "curve.L(r)/r", "curve.M(r)"}
    for language in ("en", "zh"):
        text = markdown(report(little(), language=language, name="x"))
        assert not re.search(r"\b(?:report|print|about|withheld)\.\w+", text)
        assert not re.search(r"(?<!\\)\{\w+\\?\}", text)
    assert said("en", "nothing.like.it") == "nothing.like.it"
    assert phrase("zh", "16 districts; odd words") == "16个区县；odd words"


def test_hostile_words_are_words_in_html() -> None:
    for word in PAYLOADS[::8]:
        sources = [source(kind, title=word, licence=word, caveats=(word,)) for kind in KINDS]
        layer = little(title=word or "x", district_names=(word, "Luohu"), sources=sources)
        read = Reader(page(report(layer, language="en", name="x"), language="en", title=word))
        assert not read.tags & {"script", "iframe", "img", "object", "foreignobject", "a", "form"}
        for key, value in read.attributes:
            assert not key.startswith("on"), key
            assert key != "style"
            if key in {"href", "src"}:
                assert value.startswith("data:image/svg+xml,")
        assert "{{ 7*7 }}" not in word or any("{{ 7*7 }}" in w for w in read.words)


def test_hostile_words_are_words_in_markdown() -> None:
    reader = MarkdownIt("gfm-like", {"linkify": False, "html": True})
    for word in PAYLOADS:
        tokens = reader.parse(f"# {mark(word)}\n\n{mark(word)}\n\n| a |\n|---|\n| {mark(word)} |\n")
        inner = [child for token in tokens for child in token.children or []]
        assert {token.type for token in inner} <= {"text", "text_special"}, word
        assert not [t for t in tokens if t.type in {"html_block", "fence", "code_block", "hr"}]
        assert len([t for t in tokens if t.type == "td_open"]) == 1
        said_ = "".join(t.content for t in tokens[1].children or [])
        assert "\n" not in said_
        assert "https://h" not in mark(word)
    assert [mark(w) for w in ("1. x", "2) y", "0.56", "12.")] == [
        r"1\. x",
        r"2\) y",
        "0.56",
        r"12\.",
    ]
    assert mark("- x") == "\\- x"


def test_a_table_of_contents_can_be_made_and_figures_are_there(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-C", str(small), "report"]) == 0
    folder = small / "maps" / "reports"
    texts = sorted(folder.glob("*.md"))
    assert texts
    for path in texts:
        for name in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
            ElementTree.fromstring((folder / unquote(name)).read_text(encoding="utf-8"))
    assert "built" in capsys.readouterr().out
    assert main(["-C", str(small), "report"]) == 0
    assert "built" not in capsys.readouterr().out
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert main(["-C", str(small), "report", "--force"]) == 0
    assert before == {p.name: p.read_bytes() for p in folder.iterdir()}
    assert main(["-C", str(small), "report", "--language", "zh"]) == 0
    assert any(p.name.endswith("-zh.md") for p in folder.iterdir())
    assert main(["-C", str(small), "report", "nowhere"]) == 1
    assert "there is no hub 'nowhere'" in capsys.readouterr().err


SCRIPT = """
import hashlib
from pages.small_hub import reported as little
from hubmap.reports.compose import report
from hubmap.reports.render import markdown, page
blocks = report(little(), language="en", name="x")
text = markdown(blocks) + page(blocks, language="en", title="x")
print(hashlib.sha256(text.encode()).hexdigest())
"""


def test_same_input_same_bytes() -> None:
    said_ = set()
    for seed in ("1", "2"):
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        env = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path}
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True
        )
        said_.add(run.stdout)
    assert len(said_) == 1


def test_the_china_report_quotes_its_profile(china: Path) -> None:
    from hubmap.workspace import Workspace

    workspace = Workspace.open(china)
    layer = workspace.shown_layer("beijing")
    assert isinstance(layer.recipe, HubRecipe)
    blocks = report(layer, language="en", name="beijing", basemap=workspace.basemap_table)
    text = markdown(blocks)
    rows = layer.profile[(layer.profile["level"] == "hub")]
    for reason in rows["withheld"].dropna().unique():
        assert mark(reason).rstrip(".") in text
    for row in rows[rows["statistic"] == "count"].to_dict("records"):
        assert f"{row['value']:,.0f}" in text
    for layer_source in layer.sources:
        assert mark(layer_source.title) in text
        assert mark(layer_source.licence)[:60] in text
    figures = [block for block in blocks if isinstance(block, Picture)]
    assert [f.name.split("-")[1] for f in figures] == ["map.svg", "spread.svg", "growth.svg"]
    for figure in figures:
        assert svg(figure.sheet).count("<script") == 0


def test_the_report_in_chinese_keeps_no_english_of_ours(china: Path) -> None:
    """What the program itself says; names of sources, licences and literature stay theirs."""
    from hubmap.workspace import Workspace

    layer = Workspace.open(china).shown_layer("beijing")
    blocks = report(layer, language="zh", name="x")
    end = next(
        i
        for i, b in enumerate(blocks)
        if isinstance(b, Heading) and b.text == said("zh", "report.sources")
    )
    tables = [b for b in blocks[:end] if isinstance(b, Table)]
    methods = tables.pop()
    cells = [cell for row in methods.rows for cell in row[:5]]
    cells += [cell for table in tables for row in table.rows for cell in row[:6]]
    cells += [b.text for b in blocks[:end] if isinstance(b, (Heading, Paragraph))]
    english = [cell for cell in cells if not HAN.search(cell) and re.search(r"[a-z]{4}", cell)]
    assert english == []
    assert any("residents" in row[4] for b in report(layer, language="en", name="x")
               if isinstance(b, Table) for row in b.rows if len(row) == 7)  # fmt: skip
