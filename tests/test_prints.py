"""Printed maps: well-formed, safe, true to size and scale, the same bytes every time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pypdf
import pypdfium2
import pytest
from pages.small_hub import ENTITIES, entity, hub_layer, small_basemap, source
from payloads import PAYLOADS
from support import ROOT

from hubmap.cli import main
from hubmap.errors import MissingExtra, ProductError
from hubmap.geodesy import distance_m
from hubmap.layers.formats import chosen_formats
from hubmap.maps import colours
from hubmap.maps.recipe import DistrictsView, MapRecipe, OutlineView, PointsView
from hubmap.maps.still import fonts
from hubmap.maps.still.compose import sheet
from hubmap.maps.still.frames import Frame, hubs_of
from hubmap.maps.still.labels import scale_length
from hubmap.maps.still.metrics import width, wrapped
from hubmap.maps.still.outputs import OUTPUTS, Wanted
from hubmap.maps.still.printed import printed
from hubmap.maps.still.scene import PT, Marks, Sheet, Text, Window, clean, every_text
from hubmap.maps.still.scene import Path as Drawn
from hubmap.maps.still.style import GROUND, MEASURES, Style
from hubmap.maps.still.svg import svg
from hubmap.workspace import Workspace

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"svg", "g", "path", "text", "circle", "defs", "clipPath", "marker", "pattern", "use",
         "style", "metadata", "rect", "title"}  # fmt: skip
LIVE = re.compile(r"^on|script", re.IGNORECASE)


def flat(items: Any) -> list[Any]:
    return [x for i in items for x in (flat(i.items) if isinstance(i, Window) else [i])]


def little(size: Any = "page", **look: Any) -> Sheet:
    return sheet([hub_layer()], Style(size=size, **look), basemap=small_basemap())


def safe(text: str) -> ElementTree.Element:
    """Well-formed, and nothing in it that acts or fetches."""
    root = ElementTree.fromstring(text)
    for node in root.iter():
        name = node.tag.rpartition("}")[2]
        if node.tag.startswith(SVG):
            assert name in DRAWN, name
        for key, value in node.attrib.items():
            plain = key.rpartition("}")[2]
            assert not LIVE.match(plain), key
            if plain == "href":
                assert value.startswith("#"), value
            assert plain == "aria-label" or "url(" not in value or "url(#" in value, value
    return root


@pytest.fixture(scope="module")
def hostile() -> Sheet:
    """A map whose every name is a payload."""
    words = PAYLOADS
    rows = [
        entity(f"u{i}", "universities", word, 114.01 + i / 1000, 22.52)
        for i, word in enumerate(words[:60])
    ]
    sources = [
        source(kind, attribution=words[i], licence=words[i + 3], noun=words[i + 6],
               title=words[i + 9])
        for i, kind in enumerate(("universities", "companies", "ai_job_postings"))
    ]  # fmt: skip
    layer = hub_layer(
        [*ENTITIES, *rows], title=words[0], sources=sources, district_names=(words[3], words[24])
    )
    recipe = MapRecipe(title=words[20], subtitle=words[5], layers=("x",))
    return sheet([layer], Style(), recipe=recipe, basemap=small_basemap())


def test_hostile_names_are_text_in_svg(hostile: Sheet) -> None:
    root = safe(svg(hostile, label=hostile.title))
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert any("<img" in (text or "") for text in texts)
    safe(printed(hostile, "svg").decode())


def test_every_payload_is_text() -> None:
    for word in PAYLOADS:
        made = Sheet(84, 20, clean(word), items=[Text(1, 10, clean(word), 7)])
        assert [n.text or "" for n in safe(svg(made)).iter(f"{SVG}text")] == [clean(word)]
        assert not re.search(r"[\x00-\x1f\u202e\u2028\ud800-\udfff]", clean(word))


def test_hostile_names_are_text_in_pdf_and_png(hostile: Sheet) -> None:
    content = printed(hostile, "pdf")
    reader = pypdf.PdfReader(BytesIO(content))
    assert reader.metadata is not None
    assert reader.metadata.title == hostile.title
    assert "/OpenAction" not in reader.trailer["/Root"]
    for key in (b"/JavaScript", b"/JS", b"/Launch", b"/URI", b"/EmbeddedFile", b"/CreationDate"):
        assert key not in content, key
    assert printed(hostile, "png", dpi=72).startswith(b"\x89PNG")


@pytest.mark.parametrize("size", ["column", "page", "slide"])
def test_a_pdf_is_one_page_of_its_size(size: Any) -> None:
    made = little(size)
    reader = pypdf.PdfReader(BytesIO(printed(made, "pdf")))
    assert len(reader.pages) == 1
    wide, high = (float(v) * 25.4 / 72 for v in reader.pages[0].mediabox[2:])
    assert wide == pytest.approx(MEASURES[size].width, abs=0.05)
    assert high == pytest.approx(made.height, abs=0.05)
    if size == "slide":
        assert wide / high == pytest.approx(16 / 9, abs=0.001)


def test_a_pdf_keeps_its_words_and_embeds_its_fonts() -> None:
    page = pypdf.PdfReader(BytesIO(printed(little(), "pdf"))).pages[0]
    text = page.extract_text()
    assert "Test hub" in text
    assert "Nanshan" in text
    resources: Any = page["/Resources"]
    kinds = {str(f.get_object()["/Subtype"]) for f in resources["/Font"].values()}
    assert kinds <= {"/Type0", "/TrueType"}


def test_nothing_stands_outside_the_sheet() -> None:
    for size in ("column", "page", "slide"):
        made = little(size)
        for text in (i for i in made.items if isinstance(i, Text)):
            assert -0.01 <= text.x <= made.width, text
            assert 0 <= text.y <= made.height + 0.01, text


def test_png_holds_the_colours_of_the_page() -> None:
    made = little()
    image = pypdfium2.PdfDocument(printed(made, "pdf"))[0].render(scale=4).to_numpy()[..., ::-1]
    pixels = {tuple(p) for p in image.reshape(-1, 3)[::3].tolist()}
    for colour in (colours.kind_colour("universities", 0), colours.kind_colour("companies", 1)):
        assert tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) in pixels
    from matplotlib.image import imread

    raster = imread(BytesIO(printed(made, "png", dpi=200)))
    assert raster.shape[1] == round(174 / 25.4 * 200)
    assert np.ptp(raster[..., :3]) > 0.5


def test_the_ground_has_the_inks_of_the_page() -> None:
    script = (ROOT / "hubmap/maps/assets/js/basemap.js").read_text(encoding="utf-8")
    ink = dict(re.findall(r"(\w+): '(#[0-9a-f]{6})'", script.split("const styles")[0]))
    for name in ("land", "water", "coast", "fine", "place"):
        assert GROUND[name] == ink[name]
    assert GROUND["province"] == ink["border"]
    assert f"border: {{ stroke: '{GROUND['border']}'" in script


def test_a_surface_has_the_classes_of_the_page() -> None:
    from hubmap.maps.surfaces import districts

    views = (
        DistrictsView(view="districts", statistic="per_million", kind="companies"),
        OutlineView(view="outline"),
    )
    recipe = MapRecipe(title="T", layers=("x",), views=views)
    made = sheet([hub_layer()], Style(), recipe=recipe)
    value = next(
        v for v in districts([hub_layer()])["values"]
        if (v["kind"], v["statistic"]) == ("companies", "per_million")
    )  # fmt: skip
    fills = {i.fill for i in flat(made.items) if isinstance(i, Drawn)}
    assert set(value["colours"]) <= fills
    assert not [i for i in flat(made.items) if isinstance(i, Marks)], "points are not shown"
    words = " ".join(i.text for i in made.items if isinstance(i, Text))
    assert "Companies" in words
    assert "Institutions" not in words


@pytest.mark.parametrize("size", ["column", "page", "slide"])
def test_the_scale_bar_is_true_at_the_centre(size: Any) -> None:
    """Against the geodesic between the places that its ends would have in the frame's middle."""
    from pyproj import Transformer

    made = little(size)
    hub = hubs_of([hub_layer()])[0]
    scale = made.facts["mm_per_km"] / 1000
    frame = Frame(hub, 0, 0, 100, 100, scale)
    half = made.facts["bar_mm"] / 2 / scale
    west, south, east, north = hub.bounds
    x, y = (west + east) / 2, (south + north) / 2
    turn = Transformer.from_crs(hub.plane, 4326, always_xy=True)
    (lon1, lon2), (lat1, lat2) = turn.transform([x - half, x + half], [y, y])
    metres = float(distance_m(lon1, lat1, lon2, lat2)[0])
    assert metres == pytest.approx(made.facts["bar_km"] * 1000, rel=0.01)
    drawn = frame.place(np.array([[x - half, y], [x + half, y]]))
    assert drawn[1, 0] - drawn[0, 0] == pytest.approx(made.facts["bar_mm"], rel=1e-6)
    assert scale_length(frame)[0] > 0


def test_names_do_not_lie_over_another(china: Path) -> None:
    workspace = Workspace.open(china)
    recipe = workspace.maps["greater-bay-area"]
    made = sheet(
        workspace.map_layers("greater-bay-area"), Style(), recipe=recipe,
        basemap=workspace.basemap_table,
    )  # fmt: skip
    names = [i for i in flat(made.items) if isinstance(i, Text) and i.halo and i.anchor == "middle"]
    assert {"Guangzhou", "Shenzhen", "Hong Kong"} <= {t.text for t in names}
    boxes = []
    for text in names:
        half, high = width(text.text, text.size, bold=text.bold) / 2, text.size * 0.3528 * 0.7
        boxes.append((text.x - half, text.y - high, text.x + half, text.y))
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert not (a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1])


def test_four_hubs_stand_at_one_scale_with_their_numbers(china: Path) -> None:
    workspace = Workspace.open(china)
    recipe = workspace.maps["china-tech-hubs"]
    layers = workspace.map_layers("china-tech-hubs")
    made = sheet(layers, Style(), recipe=recipe, basemap=workspace.basemap_table)
    assert sum(isinstance(i, Window) for i in made.items) == 4
    words = [i.text for i in flat(made.items) if isinstance(i, Text)]
    profile = layers[0].profile
    rows = profile[(profile["level"] == "hub") & (profile["statistic"] == "count")]
    for zone in ("beijing", "shanghai", "hangzhou", "greater-bay-area"):
        for value in rows.loc[rows["zone"] == zone, "value"]:
            assert f"{value:,.0f}" in words


def test_the_default_pages_stay_little(china: Path) -> None:
    for path in (china / "maps").glob("*.html"):
        assert path.stat().st_size < 800_000, path.name


def test_grey_needs_no_colour() -> None:
    made = little(greyscale=True)
    for item in flat(made.items):
        for colour in (getattr(item, "fill", ""), getattr(item, "stroke", "")):
            if colour and not isinstance(item, Text) and colour not in {"#1a2530", "#c9ced3"}:
                r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
                assert max(r, g, b) - min(r, g, b) <= 10, (colour, item)
    shapes = {i.shape for i in flat(made.items) if isinstance(i, Marks)}
    assert shapes == {"circle", "diamond"}
    two_sided = Style(greyscale=True).classes(list(colours.DIVERGING), two_sided=True)
    assert len(set(two_sided)) == len(colours.DIVERGING)


SCRIPT = """
import hashlib
from hubmap.maps.still.compose import sheet
from hubmap.maps.still.printed import printed
from hubmap.maps.still.style import Style
from hubmap.maps.still.svg import svg
from pages.small_hub import hub_layer, small_basemap
made = sheet([hub_layer()], Style(), basemap=small_basemap())
print(hashlib.sha256(svg(made).encode()).hexdigest())
for format in ("svg", "pdf", "png"):
    print(hashlib.sha256(printed(made, format, dpi=72)).hexdigest())
"""


def test_same_input_same_bytes() -> None:
    said = set()
    for seed in ("1", "2"):
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        env = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path}
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True
        )
        said.add(run.stdout)
    assert len(said) == 1


def test_without_a_font_for_chinese_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "system_chinese", lambda: None)
    with pytest.raises(ProductError, match=r"no font for Chinese is installed.*HUBMAP_FONT"):
        printed(little(language="zh"), "pdf", where="maps/x.pdf")
    assert printed(little(), "pdf"), "English needs none"


def test_what_no_font_holds_is_left_out_and_no_box() -> None:
    assert fonts.covered({"a\U0001f469b"}, "x") == {"a\U0001f469b": "ab"}


def test_a_font_that_is_named_must_be_there() -> None:
    with pytest.raises(ProductError, match=r"HUBMAP_FONT: there is no file nowhere\.ttf"):
        fonts.chinese("nowhere.ttf")


def test_chinese_is_printed_where_a_font_is() -> None:
    if fonts.system_chinese() is None:
        pytest.skip("no font for Chinese on this machine")
    page = pypdf.PdfReader(BytesIO(printed(little(language="zh"), "pdf"))).pages[0]
    assert "南山区" in page.extract_text()


def test_without_the_extra_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "font_source_sans_pro", None)
    with pytest.raises(MissingExtra, match=r"hubmap\[print\]"):
        printed(little(), "png")


def test_a_build_prints_what_is_asked_for(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["-C", str(small), "build", "--format", "svg,pdf", "--size", "column"]
    assert main([*call, "--grey"]) == 0
    out = capsys.readouterr().out
    made = sorted(p.name for p in (small / "maps").glob("*-column-grey.*"))
    assert [name.rpartition(".")[2] for name in made] == ["pdf", "svg"]
    assert out.count("built") >= 3
    before = [(small / "maps" / name).read_bytes() for name in made]
    assert main([*call, "--grey"]) == 0
    assert "built" not in capsys.readouterr().out
    assert main([*call, "--grey", "--force"]) == 0
    assert before == [(small / "maps" / name).read_bytes() for name in made]
    assert main(["-C", str(small), "build", "--format", "gif"]) == 1
    assert "--format: 'gif' is unknown. Known: html, svg, pdf, png." in capsys.readouterr().err


def test_a_recipe_says_its_outputs(small: Path) -> None:
    path = next((small / "maps").glob("*.toml"))
    text = path.read_text(encoding="utf-8")
    path.write_text('outputs = ["html", "png"]\nsize = "slide"\n' + text, encoding="utf-8")
    made = [p.path.name for p in Workspace.open(small).build([path.stem])]
    assert made[-2:] == [f"{path.stem}.html", f"{path.stem}.png"]


def test_names_tell_what_differs_from_the_recipe() -> None:
    recipe = MapRecipe(title="T", layers=("x",), size="column")
    assert Wanted(size="column").name("m", recipe, "svg") == "m.svg"
    assert Wanted(size="page", greyscale=True, language="zh").name("m", recipe, "svg") == (
        "m-page-grey-zh.svg"
    )
    assert chosen_formats("SVG, svg,pdf", OUTPUTS) == ("svg", "pdf")


def test_lines_are_broken_to_fit() -> None:
    text = (
        "Universities, AI companies and AI job postings 北京、上海与粤港澳大湾区的高校。" + "x" * 90
    )
    lines = wrapped(text, 7, 40)
    assert all(width(line, 7) <= 40 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line.startswith(("，", "。", "、")) for line in lines)


@pytest.mark.parametrize("room", range(12, 60, 3))
def test_no_line_begins_with_a_stop_or_ends_with_a_bracket(room: float) -> None:
    text = (
        "数据：Ministry of Education（MIT (facts compiled here)，2026 取得）；“风筝”、《A》与 ROR。"
    )
    lines = wrapped(text, 7, room)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    # What is longer than a line is cut anywhere; nothing here is.
    assert not any(line[0] in "，。；、）”》" or line[-1] in "（“《" for line in lines), lines


def test_inside_a_page_lines_fit_in_the_widest_common_font() -> None:
    """Few readers' fonts are wider than DejaVu Sans, which matplotlib brings along."""
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.textpath import TextPath

    drawn = little(compact=True)
    for text in every_text(drawn.items):
        look = FontProperties(family="DejaVu Sans", weight="bold" if text.bold else "normal")
        assert "DejaVu" in findfont(look)
        wide = TextPath((0, 0), text.text, size=text.size, prop=look).get_extents().width * PT
        if text.anchor == "start":
            assert text.x + wide < drawn.width, text.text


def test_points_only_legend_is_bound_to_what_is_shown() -> None:
    views = (PointsView(view="points", shown=("universities",)),)
    recipe = MapRecipe(title="T", layers=("x",), views=views)
    made = sheet([hub_layer()], Style(), recipe=recipe)
    words = " ".join(i.text for i in made.items if isinstance(i, Text))
    assert "Institutions" in words or "Universities" in words
    assert "Companies" not in words
