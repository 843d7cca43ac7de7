"""Snippets hold hostile words as text, in every kind of file they go into."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import folium
import payloads
import pytest

from hubmap.cli import EMBEDS, main
from hubmap.errors import ProductError
from hubmap.maps.embed import MODES, Embedded, snippet
from hubmap.maps.escapes import entities, inside_srcdoc, one_line, tex
from hubmap.maps.layers import BasemapLayer
from hubmap.maps.page import page
from hubmap.workspace import Workspace

OWN = [
    "]( javascript:window.__pwn=1) [x", "```\n{=html}\n<script>window.__pwn=1</script>", ":::",
    "\n\n---\ntitle: x\n---\n", "\\input{/etc/passwd}", "\\end{figure}\\write18{id}",
    "$x^2$ % #1 &", "^^5cinput", "{{< include /etc/passwd >}}",
    "[caption]x[/caption] [embed]", "*/ --> <?php id ?>", "`{python} 1+1`", "r`1`", "@cite",
    "|a|b|", "<!-- -->",
    "{{ config }}", "{% raw %}", "http://x.test",
    "www.x.test", "a_b*c*~d~", "\r\n# heading", "\x1b[31mred", "\u202etfel", "\ud800", "'\"",
    "~~~",
    '"}{"a":"', "</iframe><script>window.__pwn=1</script>", "&#60;script&#62;", "\u2029\u0085x",
]  # fmt: skip
PAYLOADS = list(dict.fromkeys([*payloads.PAYLOADS, *OWN]))


def hostile(text: str, **more: Any) -> Embedded:
    own: dict[str, Any] = {
        "title": text, "subtitle": text, "credits": (text,), "date": "2026-01-02",
        "picture": "a-map.png", "vector": "a-map.pdf", "page": f"<p>{html.escape(text)}</p>",
        "url": "https://example.org/maps",
    }  # fmt: skip
    return Embedded(id="a-map", **(own | more))


class Tags(HTMLParser):
    """Which elements and attributes there are, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def tags(text: str) -> Tags:
    parser = Tags()
    parser.feed(text)
    parser.close()
    return parser


def shape(text: str) -> list[tuple[str, list[str]]]:
    return [(tag, sorted(own)) for tag, own in tags(text).found]


def test_there_are_as_many_modes_as_the_command_line_offers() -> None:
    assert tuple(MODES) == EMBEDS


@pytest.mark.parametrize("text", PAYLOADS, ids=range(len(PAYLOADS)))
def test_no_word_becomes_structure(text: str) -> None:
    for mode in ("iframe", "figure", "srcdoc"):
        plain, made = (snippet(hostile(t), mode) for t in ("plain", text))
        assert shape(made) == shape(plain), mode
        assert made.count("\n") == plain.count("\n"), mode
    frame = next(
        own for tag, own in tags(snippet(hostile(text), "iframe")).found if tag == "iframe"
    )
    assert frame["title"] == one_line(f"Map: {text}. {text}")
    loaded = json.loads(snippet(hostile(text), "oembed"))
    assert loaded["title"] == one_line(text)
    assert shape(loaded["html"]) == shape(json.loads(snippet(hostile("plain"), "oembed"))["html"])
    for mode in ("markdown", "quarto"):
        plain, made = (snippet(hostile(t), mode) for t in ("plain", text))
        assert made.count("\n") == plain.count("\n"), mode
        # Only structure of ours is left once the entities are taken out.
        signs = re.sub(r"&#\d+;|\w|[ ,]", "", made)
        assert signs == re.sub(r"&#\d+;|\w|[ ,]", "", plain), mode


@pytest.mark.parametrize("text", PAYLOADS, ids=range(len(PAYLOADS)))
def test_no_word_becomes_a_command(text: str) -> None:
    made = snippet(hostile(text), "latex")
    plain = snippet(hostile("plain"), "latex")
    assert made.count("\n") == plain.count("\n")
    ours = {
        *re.findall(r"\\[a-z]+", plain), r"\textbackslash", r"\textasciitilde", r"\textbar",
        r"\textasciicircum", r"\textless", r"\textgreater", r"\textasciigrave",
    }  # fmt: skip
    assert set(re.findall(r"\\[A-Za-z]+", made)) <= ours
    bare = re.sub(r"\\[\\{}%&$#_]", "", made)
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"[$#&~^`]", bare)
    assert [line for line in bare.splitlines() if "%" in line[1:]] == []


@pytest.mark.parametrize("text", PAYLOADS, ids=range(len(PAYLOADS)))
def test_markdown_renders_the_words(text: str) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    made = markdown_it.MarkdownIt("gfm-like", {"linkify": False}).render(
        snippet(hostile(text), "markdown")
    )
    assert [tag for tag, _ in tags(made).found] == ["p", "a", "img", "p"]
    read = tags(made)
    assert read.found[2][1]["alt"] == one_line(f"Map: {text}. {text}")
    assert one_line(text) in read.text


def test_python_markdown_renders_the_words() -> None:
    markdown = pytest.importorskip("markdown")
    for text in PAYLOADS:
        made = markdown.markdown(snippet(hostile(text), "markdown"), extensions=["extra"])
        assert [tag for tag, _ in tags(made).found] == ["p", "a", "img", "p"], text
        assert one_line(text) in tags(made).text, text


@pytest.mark.parametrize("id", ["杭州", "bay_2026.v2"])
def test_a_map_of_any_script_is_found_by_latex(id: str) -> None:
    made = snippet(Embedded(id=id, title="T", vector=f"{id}.pdf"), "latex")
    assert f"{{\\detokenize{{{id}.pdf}}}}" in made
    assert "%E" not in made


def test_srcdoc_keeps_every_byte_on_one_line() -> None:
    page = '<p title="a">\n\n{{ x }}{% y %}{# z #}&amp;\'</p>\n'
    made = inside_srcdoc(page)
    assert "\n" not in made
    assert "\t" not in made
    assert not any(word in made for word in ("{{", "}}", "{%", "%}", "{#", "#}", '"', "<"))
    assert html.unescape(made) == page


@pytest.mark.parametrize("height", [0, 199, 4001, -1])
def test_a_height_out_of_bounds_is_one_sentence(height: int) -> None:
    with pytest.raises(ProductError, match=f"--height {height} is not"):
        snippet(hostile("x", height=height), "iframe")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//x.test", "maps", "ftp://x", "http://x/?q"]
)
def test_only_addresses_of_the_web(url: str) -> None:
    with pytest.raises(ProductError, match="is not the address of a folder"):
        snippet(hostile("x", url=url), "iframe")


def test_what_is_missing_is_said() -> None:
    with pytest.raises(ProductError, match=r"neither maps/a-map\.pdf nor maps/a-map\.png"):
        snippet(hostile("x", vector=""), "latex")
    with pytest.raises(ProductError, match="--url https"):
        snippet(hostile("x", url=""), "oembed")


def test_the_drawing_stands_in_for_a_missing_picture() -> None:
    made = snippet(hostile("x", picture="", drawing='<svg a="b">#(x)</svg>'), "markdown")
    assert "](data:image/svg+xml,%3Csvg%20a=%22b%22%3E%23%28x%29%3C/svg%3E)](https" in made


def test_the_command_prints_snippets(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small / "maps").mkdir(exist_ok=True)
    for mode in EMBEDS:
        arguments = ["-C", str(small), "embed", "example-city", "--mode", mode, "--height", "555"]
        if mode == "latex":
            assert main(arguments) == 1
            assert "hubmap build example-city --format png" in capsys.readouterr().err
            (small / "maps" / "example-city.png").write_bytes(b"a picture")
        if mode == "oembed":
            arguments += ["--url", "https://example.org/m"]
        if mode == "quarto":
            (small / "maps" / "example-city.pdf").write_bytes(b"a picture")
        assert main(arguments) == 0
        out = capsys.readouterr().out
        assert "example-city" in out or mode == "srcdoc"
        if mode in ("iframe", "srcdoc", "oembed", "quarto"):
            assert "height:555px" in out
        if mode == "quarto":
            (small / "maps" / "example-city.pdf").unlink()
    assert main(["-C", str(small), "embed", "example-cty"]) == 1
    assert "Did you mean `example-city`?" in capsys.readouterr().err


def test_a_map_of_a_workspace_is_drawn_and_credited(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As its recipe has it, with its ground; who made the ground is named by every snippet."""
    coast = {
        "type": "Feature", "properties": {"role": "land", "name": "", "detail": "national"},
        "geometry": {"type": "Polygon",
                     "coordinates": [[[113, 21], [116, 21], [116, 24], [113, 24], [113, 21]]]},
    }  # fmt: skip
    table = {"type": "FeatureCollection", "features": [coast]}
    (small / "geodata/ground.geojson").write_text(json.dumps(table), encoding="utf-8")
    (small / "geodata/ground.toml").write_text(
        'table = "basemap"\nfile = "ground.geojson"\ntitle = "Ground"\nlicence = "MIT"\n'
        'attribution = "Ground Makers"\n', encoding="utf-8",
    )  # fmt: skip
    workspace = Workspace.open(small)
    drawn: Any = workspace.draw("example-city")
    assert isinstance(drawn, folium.Map)
    assert any(isinstance(c, BasemapLayer) for c in drawn._children.values())
    built = workspace.build_map("example-city").path.read_text(encoding="utf-8")
    island = re.compile(r'id="hubmap-data">([^<]*)<')
    assert island.findall(page(drawn)) == island.findall(built) != []
    for mode in ("figure", "markdown"):
        assert main(["-C", str(small), "embed", "example-city", "--mode", mode]) == 0
        assert "Ground Makers" in capsys.readouterr().out


def test_latex_sets_the_figure(tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("no pdflatex here")
    figure = pytest.importorskip("matplotlib.figure")
    figure.Figure(figsize=(2, 1)).savefig(tmp_path / "a-map.pdf")
    texts = [t for t in PAYLOADS if one_line(t).isascii() and len(t) < 300]
    body = "\n".join(
        snippet(hostile(t), "latex").replace("fig:a-map", f"fig:{n}") + "\\clearpage"
        for n, t in enumerate(texts)
    )
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\\usepackage{graphicx}\\begin{document}\n"
        f"{body}\n\\end{{document}}\n", encoding="utf-8",
    )  # fmt: skip
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"],
        cwd=tmp_path, capture_output=True, text=True, check=False, errors="replace",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert f"({len(texts)} pages" in done.stdout


def test_entities_and_tex_say_the_same_text() -> None:
    for text in PAYLOADS:
        assert html.unescape(entities(text)) == one_line(text)
        assert "\n" not in tex(text)
