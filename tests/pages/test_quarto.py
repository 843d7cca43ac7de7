"""The Quarto snippet through pandoc, which Quarto drives: a frame in HTML, pictures elsewhere."""

from __future__ import annotations

import base64
import shutil
import subprocess
import zipfile
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser

from hubmap.maps.embed import Embedded, snippet
from hubmap.maps.still.outputs import print_map
from hubmap.maps.still.style import Style
from pages.small_hub import hub_layer, small_basemap
from pages.test_documents import PIXEL, opened, ran, works

CONDITIONS = """
local pdf = FORMAT == 'latex' or FORMAT == 'beamer'
local html = FORMAT:match('^html') ~= nil
local function is(format) return (format == 'html' and html) or (format == 'pdf' and pdf) end
function Div(div)
  if not div.classes:includes('content-visible') then return nil end
  local when, unless = div.attributes['when-format'], div.attributes['unless-format']
  if (when and not is(when)) or (unless and is(unless)) then return {} end
  return div.content
end
"""
"""What Quarto's own filter does with the snippet's conditions, in a few lines."""


@pytest.fixture
def folder(tmp_path: Path, html: str) -> Path:
    """A page with the snippet, and the map's files beside it."""
    pytest.importorskip("matplotlib")
    (tmp_path / "a-map.html").write_text(html, encoding="utf-8")
    (tmp_path / "a-map.png").write_bytes(base64.b64decode(PIXEL))
    drawn = print_map([hub_layer()], Style(size="column"), "pdf", basemap=small_basemap())
    (tmp_path / "a-map.pdf").write_bytes(drawn)
    made = Embedded(id="a-map", title="Test hub", picture="a-map.png", vector="a-map.pdf")
    text = f"---\ntitle: A report\n---\n\nBefore.\n\n{snippet(made, 'quarto')}\nAfter.\n"
    (tmp_path / "report.qmd").write_text(text, encoding="utf-8")
    (tmp_path / "conditions.lua").write_text(CONDITIONS, encoding="utf-8")
    return tmp_path


def pandoc(folder: Path, name: str) -> Path:
    """The page as a file of that name's kind."""
    program = shutil.which("pandoc") or pytest.importorskip("pypandoc").get_pandoc_path()
    call = [str(program), "report.qmd", "-f", "markdown", "--lua-filter=conditions.lua"]
    # pandoc's own frame of a LaTeX document needs more packages than a test may ask for.
    ran([*call, *([] if name.endswith(".tex") else ["-s"]), "-o", name], folder)
    return folder / name


def test_in_html_the_frame_works_and_no_picture_stands_beside_it(
    folder: Path, browser: Browser
) -> None:
    made = pandoc(folder, "report.html")
    page, _ = opened(browser, made)
    works(page)
    assert page.get_by_text("After.").is_visible()
    assert page.locator("body > figure, body > p > img, embed").count() == 0
    page.context.close()


def test_in_latex_the_vector_is_included_and_in_word_the_picture(folder: Path) -> None:
    text = pandoc(folder, "report.tex").read_text(encoding="utf-8")
    assert "a-map.pdf" in text
    assert "a-map.png" not in text
    assert "iframe" not in text
    with zipfile.ZipFile(pandoc(folder, "report.docx")) as files:
        media = [name for name in files.namelist() if name.startswith("word/media/")]
        body = files.read("word/document.xml").decode()
    assert [Path(name).suffix for name in media] == [".png"]
    assert "iframe" not in body
    assert "Test hub" in body


def test_as_a_pdf_the_map_is_on_the_paper(folder: Path) -> None:
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("no pdfLaTeX on this machine")
    body = pandoc(folder, "report.tex").read_text(encoding="utf-8")
    (folder / "report.tex").write_text(
        "\\documentclass{article}\\usepackage{graphicx}\\providecommand\\pandocbounded[1]{#1}"
        f"\\begin{{document}}\n{body}\n\\end{{document}}\n", encoding="utf-8",
    )  # fmt: skip
    done = subprocess.run(
        [program, "-interaction=nonstopmode", "-no-shell-escape", "report.tex"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (folder / "report.pdf").is_file(), done.stdout[-2000:]
    paper = pypdfium2.PdfDocument(folder / "report.pdf")
    words = " ".join(leaf.get_textpage().get_text_range() for leaf in paper)
    assert "Nanshan" in words, "the picture's own words are words of the paper"
    assert "After." in words


def test_a_map_with_one_picture_has_one_case() -> None:
    one = snippet(Embedded(id="m", title="T", picture="m.png", vector="m.png"), "quarto")
    assert one.count(":::: {.content-visible") == 2
    assert 'format="pdf"' not in one
