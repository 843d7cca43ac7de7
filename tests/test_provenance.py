"""Products say what they were made from, and `hubmap verify` tells whether it is so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile as copy_file

import pytest
from support import copy_of
from test_bad_input import edit, state

import hubmap
from hubmap.cli import main
from hubmap.files import file_digest
from hubmap.maps.still.making import told_by


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from hubmap.default import lay_down

    folder = tmp_path_factory.mktemp("once") / "small"
    lay_down(folder, empty=True)
    assert main(["-C", str(folder), "build"]) == 0
    return folder


@pytest.fixture
def built(once: Path, tmp_path: Path) -> Path:
    return copy_of(once, tmp_path / "built")


MAP = "maps/example-city.html"


def block(page: Path) -> dict[str, object]:
    found = re.search(r'id="hubmap-made">(.*?)</script>', page.read_text(encoding="utf-8"))
    assert found
    return json.loads(found[1])


def test_every_product_says_its_making(built: Path) -> None:
    import pyarrow.parquet as pq

    folder = built / "layers/example-city"
    profile = json.loads((folder / "profile.json").read_bytes())["made"]
    manifest = json.loads((built / "layers/manifest.json").read_bytes())["layers"]["example-city"]
    for name in ("entities", "districts", "cells", "outline"):
        told = json.loads(pq.read_schema(folder / f"{name}.parquet").metadata[b"hubmap"])
        assert told["made"] == profile
    assert {k: v for k, v in manifest.items() if k != "files"} == profile
    assert profile["versions"]["hubmap"] == hubmap.__version__
    assert {"numpy", "pandas", "shapely", "GEOS", "PROJ"} <= set(profile["versions"])
    for name in ("firms.csv", "regions.csv", "regions.geojson"):
        assert profile["inputs"][f"geodata/{name}"] == file_digest(built / "geodata" / name)
    rows = profile["rows"]["firms"]
    assert rows["read"] == rows["placed"] + rows["rejected"] == 3
    assert profile["licences"] == {"firms": "your own", "regions": "your own"}
    assert profile["recipes"]["layers/example-city.toml"]["cells"] == {"area_km2": 5.0}
    for name, digest in manifest["files"].items():
        assert file_digest(built / "layers" / name) == digest
    for name in ("profiles.csv", "profiles.dictionary.csv"):
        whole = json.loads((built / "layers/manifest.json").read_bytes())["files"]
        assert whole[name] == file_digest(built / "layers" / name)
    page = block(built / "maps/example-city.html")
    assert page["layers"] == {"example-city": profile["build"]}
    assert page["inputs"] == profile["inputs"]
    assert page["rows"] == profile["rows"]
    assert page["build"] != profile["build"]


def test_tables_in_other_formats_say_their_making(built: Path) -> None:
    import geopandas as gpd
    import pyogrio

    assert main(["-C", str(built), "layers", "--format", "geojson,gpkg"]) == 0
    assert main(["-C", str(built), "layers", "--format", "csv"]) == 0
    folder = built / "layers/example-city"
    made = json.loads((folder / "profile.json").read_bytes())["made"]
    for name in ("entities", "districts", "cells", "outline"):
        geojson = json.loads((folder / f"{name}.geojson").read_bytes())
        assert geojson["hubmap"]["made"] == made
        assert geojson["hubmap"]["sources"][0]["licence"] == "your own"
        assert gpd.read_file(folder / f"{name}.geojson").crs == "EPSG:4326"
        told = pyogrio.read_info(folder / f"{name}.gpkg", layer=name)["layer_metadata"]
        assert json.loads(told["hubmap"])["made"] == made
    listed = json.loads((folder / "exports.json").read_bytes())
    assert listed["made"] == made
    manifest = json.loads((built / "layers/manifest.json").read_bytes())["layers"]["example-city"]
    for suffix in ("csv", "geojson", "gpkg"):
        digest = file_digest(folder / f"entities.{suffix}")
        assert listed["files"][f"entities.{suffix}"] == digest
        assert manifest["files"][f"example-city/entities.{suffix}"] == digest
    # Of other inputs' exports, which stay until they are made again, the manifest says nothing.
    edit("geodata/firms.csv", "2018", "2019")(built)
    assert main(["-C", str(built), "build"]) == 0
    manifest = json.loads((built / "layers/manifest.json").read_bytes())["layers"]["example-city"]
    assert not [name for name in manifest["files"] if name.endswith((".csv", ".gpkg"))]
    (folder / "exports.json").write_text("[1")
    assert main(["-C", str(built), "layers", "--format", "csv"]) == 0
    assert set(json.loads((folder / "exports.json").read_bytes())["files"]) == {
        f"{name}.csv" for name in ("entities", "districts", "cells", "outline", "marks")
    }


PRINTS = ("svg", "pdf", "png")


@pytest.fixture(scope="module")
def printed_once(once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("matplotlib")
    folder = copy_of(once, tmp_path_factory.mktemp("printed") / "small")
    assert main(["-C", str(folder), "build", "--format", "html," + ",".join(PRINTS)]) == 0
    assert main(["-C", str(folder), "build", "--format", "svg", "--size", "slide", "--grey"]) == 0
    return folder


@pytest.fixture
def printed(printed_once: Path, tmp_path: Path) -> Path:
    return copy_of(printed_once, tmp_path / "built")


def test_prints_and_reports_say_their_making(printed: Path) -> None:
    import html
    from xml.etree import ElementTree

    import pypdf
    from PIL import Image

    page = block(printed / MAP)
    stem = str(printed / "maps/example-city")
    tree = ElementTree.parse(stem + ".svg")
    source = tree.find(".//{http://purl.org/dc/elements/1.1/}source")
    assert source is not None
    about = pypdf.PdfReader(stem + ".pdf").metadata
    assert about is not None
    with Image.open(stem + ".png") as picture:
        told = [source.text, about["/Keywords"], picture.info["hubmap"]]
    for text, format in zip(told, PRINTS, strict=True):
        made = json.loads(str(text))
        assert made == told_by(Path(f"{stem}.{format}").read_bytes())
        for part in ("inputs", "recipes", "rows", "licences", "layers"):
            assert made[part] == page[part]
        assert made["versions"].items() >= page["versions"].items()
        assert "matplotlib" in made["versions"]
        assert made["print"] == {"size": "page", "greyscale": False, "language": "en"}
        assert re.fullmatch("[0-9a-f]{64}", made["build"])
    assert main(["-C", str(printed), "report"]) == 0
    report = (printed / "maps/reports/example-city.html").read_text(encoding="utf-8")
    found = re.search('<meta name="hubmap-made" content="(.*?)">', report)
    assert found
    made = json.loads(html.unescape(found[1]))
    assert made["layers"] == page["layers"]
    assert made["inputs"] == page["inputs"]
    ledger = json.loads((printed / "maps/reports/ledger.json").read_bytes())["example-city"]
    assert ledger["key"] == made["build"]
    for path in (printed / "maps/reports").glob("example-city*"):
        assert ledger[path.name] == file_digest(path)


def test_prints_are_verified(printed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    maps = printed / "maps"
    names = {"example-city.html", "example-city-slide-grey.svg"}
    names |= {f"example-city.{format}" for format in PRINTS}
    assert main(["-C", str(printed), "verify"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert {Path(line.split()[1]).name for line in said} == names
    svg = maps / "example-city.svg"
    svg.write_text(svg.read_text(encoding="utf-8").replace("</svg>", "<g/></svg>"))
    png = maps / "example-city.png"
    content = png.read_bytes()
    at = content.index(b'"fonts":["') + len(b'"fonts":["')
    other = b"1" if content[at : at + 1] == b"0" else b"0"
    png.write_bytes(content[:at] + other + content[at + 1 :])
    pdf = maps / "example-city.pdf"
    pdf.write_bytes(b"%PDF-1.4 of somebody else")
    assert main(["-C", str(printed), "verify", "example-city"]) == 1
    ran = capsys.readouterr()
    assert len(ran.out.splitlines()) == 2
    assert "example-city.svg: was changed after it was built (from byte" in ran.err
    assert "example-city.png: was printed with other fonts than this machine's" in ran.err
    assert "example-city.pdf: does not say what it was made from" in ran.err


def test_a_map_that_was_copied_elsewhere(
    printed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    names = ("example-city.html", "example-city-slide-grey.svg")
    copies = [str(copy_file(printed / "maps" / name, away / f"x-{name}")) for name in names]
    assert main(["-C", str(printed), "verify", *copies]) == 0
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [
        ["verified", copy] for copy in copies
    ]
    edit("geodata/firms.csv", "2018", "2019")(printed)
    assert main(["-C", str(printed), "verify", *copies]) == 1
    said = capsys.readouterr().err
    assert said.count(f"was made from another {printed / 'geodata/firms.csv'}") == 2
    for name in ("maps", "layers"):
        folder = printed / name
        (folder / "example-city.toml").rename(folder / "other.toml")
    edit("maps/other.toml", '"example-city"', '"other"')(printed)
    assert main(["-C", str(printed), "verify", copies[0]]) == 1
    assert "shows the map 'example-city'" in capsys.readouterr().err
    assert main(["-C", str(printed), "verify", str(away / "none.html")]) == 1
    assert "none.html: cannot be read or copied (No such file" in capsys.readouterr().err


@pytest.mark.parametrize("said", ["[]", '{"inputs": 1, "versions": [], "recipes": "maps/x"}', "{"])
def test_a_page_of_somebody_else_ends_in_a_sentence(
    said: str, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = built / MAP
    text = re.sub("(hubmap-made\">).*?(</script>)", lambda m: m[1] + said + m[2],
                  page.read_text(encoding="utf-8"), count=1, flags=re.DOTALL)  # fmt: skip
    page.write_text(text, encoding="utf-8")
    assert main(["-C", str(built), "verify"]) == 1
    assert re.search("does not say what it was|was made from another", capsys.readouterr().err)
    assert main(["-C", str(built), "verify", str(page)]) == 1
    assert re.search("does not say what it was|shows the map ''", capsys.readouterr().err)


def test_a_sound_map_is_verified_and_nothing_is_written(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(built)
    assert main(["-C", str(built), "verify"]) == 0
    build = str(block(built / "maps/example-city.html")["build"])
    assert capsys.readouterr().out.split() == [
        "verified", str(built / "maps/example-city.html"), build[:16]
    ]  # fmt: skip
    assert state(built) == before


def one_byte(folder: Path) -> None:
    page = folder / "maps/example-city.html"
    content = page.read_bytes()
    page.write_bytes(content.replace(b"Firms in", b"Firmz in", 1))


def another_version(old: str, new: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        page = folder / "maps/example-city.html"
        text = page.read_text(encoding="utf-8")
        assert old in text
        page.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def no_block(folder: Path) -> None:
    page = folder / "maps/example-city.html"
    page.write_text(re.sub("hubmap-made", "x", page.read_text(encoding="utf-8")), encoding="utf-8")


def a_table(folder: Path) -> None:
    path = folder / "layers/example-city/profile.json"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"n": 3', '"n": 4', 1), encoding="utf-8"
    )


CHANGES = {
    "one byte": (one_byte, "was changed after it was built (from byte"),
    "a version": (
        another_version('"hubmap":"', '"hubmap":"0.0.1-'),
        "was made by another hubmap (0.0.1-",
    ),
    "its code": (
        another_version('"code":"', '"code":"00'),
        "was made by another code of hubmap (00",
    ),
    "a library": (another_version('"numpy":"', '"numpy":"1.'), None),
    "a library and a byte": (
        lambda f: (another_version('"numpy":"', '"numpy":"1.')(f), one_byte(f)),
        "was made with other libraries (numpy 1.",
    ),
    "no block": (no_block, "does not say what it was made from"),
    "no page": (lambda f: (f / MAP).unlink(), "there is no such page"),
    "an input": (edit("geodata/firms.csv", "2018", "2019"), "was made from another"),
    "a recipe": (
        edit("maps/example-city.toml", "Firms in", "Companies in"),
        "was made with another",
    ),
    "a hub": (
        edit("layers/example-city.toml", "area_km2 = 5", "area_km2 = 6"),
        "layers/example-city.toml",
    ),
    "a table": (a_table, "the page is what these inputs give, but this table is not"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_verify_says(name: str, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, wanted = CHANGES[name]
    change(built)  # type: ignore[operator]
    status = main(["-C", str(built), "verify"])
    said = capsys.readouterr().err.replace("\\", "/")
    if wanted is None:
        assert (status, said) == (0, "")
    else:
        assert status == 1
        assert wanted in said
        assert len(said.splitlines()) == 1


def test_the_data_package_is_valid(built: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    path = built / "layers/datapackage.json"
    package = frictionless.Package.from_descriptor(str(path))
    assert {resource.path for resource in package.resources} >= {
        "profiles.csv", "example-city/entities.parquet", "example-city/profile.json"
    }  # fmt: skip
    schema = package.get_resource("profiles.csv").schema
    table = frictionless.Resource(path="profiles.csv", basepath=str(path.parent), schema=schema)
    report = table.validate()
    assert report.valid, report.flatten(["message"])
    assert not list(frictionless.Package.metadata_validate(json.loads(path.read_bytes())))
    descriptor = json.loads(path.read_bytes())
    for resource in descriptor["resources"]:
        file = built / "layers" / resource["path"]
        assert resource["hash"] == "sha256:" + file_digest(file)
        assert resource["bytes"] == file.stat().st_size
    descriptor["resources"][0].pop("path")
    assert list(frictionless.Package.metadata_validate(descriptor)), "the validator checks nothing"
