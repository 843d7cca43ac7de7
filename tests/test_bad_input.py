"""Every mistake gives one sentence with file, row or key, value and mend; exit 1; no harm done."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hubmap.cli import main
from hubmap.default import lay_down

Change = Callable[[Path], object]


def edit(name: str, old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def parquet(folder: Path) -> None:
    edit("geodata/firms.toml", "firms.csv", "firms.parquet")(folder)
    (folder / "geodata/firms.parquet").write_bytes(b"PAR1 this is not Parquet PAR1")


FIRMS, CSV, HUB = "geodata/firms.toml", "geodata/firms.csv", "layers/example-city.toml"
MISTAKES: dict[str, tuple[Change, list[str]]] = {
    "missing column": (
        edit(FIRMS, 'lon = "lon"', 'lon = "long"'),
        ["firms.csv", "column `long` is missing", "Did you mean `lon`?"],
    ),
    "wrong type": (
        edit(CSV, "10.06", "east"),
        ["firms.csv: line 3", "`lon` is 'east'", "Mend the cell"],
    ),
    "longitude 190": (
        edit(CSV, "10.06", "190"),
        ["firms.csv: line 3", "longitude is 190", "decimal degrees"],
    ),
    "swapped": (
        edit(CSV, "10.06,50.15", "50.15,10.06"),
        ["firms.csv: line 3", "50.15", "10.06", "look swapped", "Exchange"],
    ),
    "duplicate id": (
        edit(CSV, "2,Second", "1,Second"),
        ["firms.csv: line 3", "id '1' stands twice", "id of its own"],
    ),
    "empty id": (edit(CSV, "2,Second", ",Second"), ["firms.csv: line 3", "`id` is empty"]),
    "no place": (
        edit(CSV, "10.06,50.15", ","),
        ["firms.csv: line 3", "neither a longitude and latitude nor a region"],
    ),
    "half a place": (edit(CSV, "10.06,50.15", "10.06,"), ["firms.csv: line 3", "neither"]),
    "impossible year": (edit(CSV, "2018", "20180"), ["firms.csv: line 3", "`founded` is 20180"]),
    "unknown region in a hub": (
        edit(HUB, '"Example City"]', '"Exampel City"]'),
        ["example-city.toml", "`delineation.regions`", "'Exampel City'", "`Example City`"],
    ),
    "unknown region in a row": (
        edit("geodata/regions.csv", "南区,district,X1", "南区,district,X9"),
        ["regions.csv: line 4", "`parent` 'X9'", "mend the parent"],
    ),
    "missing table": (
        lambda folder: (folder / CSV).unlink(),
        ["firms.csv", "there is no such file", "Put it there"],
    ),
    "missing outlines": (
        lambda folder: (folder / "geodata/regions.geojson").unlink(),
        ["regions.geojson", "there is no such file"],
    ),
    "empty table": (
        lambda folder: (folder / CSV).write_text("id,name,lon,lat,founded\n"),
        ["firms.csv", "no rows"],
    ),
    "empty file": (lambda folder: (folder / CSV).write_text(""), ["firms.csv", "is empty"]),
    "ragged": (edit(CSV, "2018", "2018,1,2,3"), ["firms.csv", "not a CSV table", "line 3"]),
    "not UTF-8": (
        lambda folder: (folder / CSV).write_bytes("id,name\n1,深圳".encode("gb18030")),
        ["firms.csv", "is not UTF-8", "Save"],
    ),
    "unknown suffix": (
        edit(FIRMS, "firms.csv", "firms.doc"),
        ["firms.doc", "`.doc` are not read", ".csv"],
    ),
    "broken TOML": (edit(FIRMS, "[columns]", "[columns"), ["firms.toml", "not valid TOML", "line"]),
    "unknown key": (
        edit(FIRMS, "noun =", "nuon ="),
        ["firms.toml", "key `nuon` is unknown", "Did you mean `noun`?"],
    ),
    "unknown table": (
        edit("geodata/regions.toml", 'table = "regions"', 'table = "region"'),
        ["regions.toml", "`table` = 'region'", "regions"],
    ),
    "unknown hub in a map": (
        edit("maps/example-city.toml", '["example-city"]', '["exmple-city"]'),
        ["maps/example-city.toml".replace("/", os.sep), "'exmple-city'", "`example-city`"],
    ),
    "unreadable GeoParquet": (parquet, ["firms.parquet", "not a readable (Geo)Parquet", "again"]),
    "broken GeoJSON": (
        lambda folder: (folder / "geodata/regions.geojson").write_text('{"features": [{'),
        ["regions.geojson", "not readable GeoJSON"],
    ),
    "bow-tie outline": (
        edit("geodata/regions.geojson", "[10.15, 50.1], [10.15, 50.2]",
             "[10.15, 50.2], [10.15, 50.1]"),
        ["regions.geojson", "feature 1 is invalid", "Self-intersection"],
    ),
    "no outline": (
        edit("geodata/regions.geojson", '"X102"', '"X999"'),
        ["regions.geojson", "no outline has code 'X102'", "South District"],
    ),
    "no precision": (
        edit(FIRMS, "precision_m = 100", "#"),
        ["firms.csv: line 2", "precision is not stated"],
    ),
}  # fmt: skip


def run(folder: Path, *words: str) -> tuple[int, str, str]:
    """The command in a process of its own: status, stdout, stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "hubmap", "-C", str(folder), *words],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def state(folder: Path) -> dict[str, bytes]:
    """Every file's bytes, but for the empty one that builds are kept apart with."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "small"
    lay_down(folder, empty=True)
    assert main(["-C", str(folder), "build"]) == 0
    return folder


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("verb", ["check", "build"])
def test_mistake(
    name: str, verb: str, built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from support import copy_of

    folder = copy_of(built, tmp_path / "small")
    change, wanted = MISTAKES[name]
    change(folder)
    before = state(folder)
    assert main(["-C", str(folder), verb]) == 1
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert any(all(part in line for part in wanted) for line in lines), captured.err
    assert all(line.startswith("hubmap: ") for line in lines)
    assert "Traceback" not in captured.err
    # `check` lists the rejected rows beside the products, none of which it touches.
    after = {n: b for n, b in state(folder).items() if "rejected" not in n}
    assert after == before


def test_all_findings_at_once(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(CSV, "10.06", "190")(small)
    edit(CSV, "2020", "later")(small)
    edit(HUB, '"Example City"]', '"Nowhere"]')(small)
    assert main(["-C", str(small), "check"]) == 1
    text = capsys.readouterr().err
    assert "longitude is 190" in text
    assert "'later'" in text
    assert "'Nowhere'" in text


def test_no_workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(tmp_path), "build"]) == 1
    assert "hubmap init" in capsys.readouterr().err


def test_unknown_names(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(small), "build", "exampel-city"]) == 1
    assert "Did you mean `example-city`?" in capsys.readouterr().err
    assert main(["-C", str(small), "layers", "--format", "shp"]) == 1
    assert "'shp' is unknown" in capsys.readouterr().err


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_no_write_permission(open_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = open_folder / "small"
    lay_down(folder, empty=True)
    assert main(["-C", str(folder), "build"]) == 0
    edit(CSV, "Second", "Zweite")(folder)
    before = state(folder)
    products = [folder / "layers", folder / "layers/example-city", folder / "maps"]
    for product in products:
        product.chmod(0o555)
    root = os.geteuid() == 0
    try:
        if root:  # who may write anywhere: become nobody
            os.seteuid(65534)
        capsys.readouterr()
        assert main(["-C", str(folder), "build"]) == 1
        text = capsys.readouterr().err
    finally:
        if root:
            os.seteuid(0)
        for product in products:
            product.chmod(0o755)
    assert "cannot be written (Permission denied)" in text
    assert "layers" in text
    assert state(folder) == before


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_full_disk(small: Path) -> None:
    """The kernel refuses to write beyond a size, as a full disk does."""
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "from hubmap.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    before = state(small)
    done = subprocess.run(
        [sys.executable, "-c", limited, "-C", str(small), "build"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "cannot be written (File too large)" in done.stderr
    assert "Traceback" not in done.stderr
    assert state(small) == before
    assert run(small, "build")[0] == 0


def test_a_product_in_the_way(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small / "layers/example-city").write_text("a file where the folder goes")
    assert main(["-C", str(small), "build"]) == 1
    assert "cannot be written" in capsys.readouterr().err
