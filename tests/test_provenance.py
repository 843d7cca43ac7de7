"""Products say what they were made from, and `hubmap verify` tells whether it is so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support import copy_of
from test_bad_input import edit, state

import hubmap
from hubmap.cli import main
from hubmap.files import file_digest


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
    page = block(built / "maps/example-city.html")
    assert page["layers"] == {"example-city": profile["build"]}
    assert page["inputs"] == profile["inputs"]
    assert page["rows"] == profile["rows"]
    assert page["build"] != profile["build"]


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
