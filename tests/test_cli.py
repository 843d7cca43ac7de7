"""The command line as a user meets it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hubmap.cli import main
from hubmap.layers.profile import CONTRACT


def words(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert main([str(word) for word in arguments]) == 0
    return capsys.readouterr().out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from hubmap.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'pandas', 'numpy', 'geopandas', 'pydantic', 'folium', 'scipy', 'rich'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_init_check_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new"
    assert "hangzhou.toml" in words(capsys, "init", folder)
    assert (folder / "geodata/universities.csv").is_file()
    assert not list(folder.rglob("*.parquet"))
    assert main(["init", str(folder)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert words(capsys, "-C", folder, "check").endswith("no findings\n")


def test_empty_init_builds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words(capsys, "-C", tmp_path, "init", "mine", "--empty")
    out = words(capsys, "-C", tmp_path / "mine", "build")
    assert [line.split()[0] for line in out.splitlines()] == ["built"] * 4
    assert (tmp_path / "mine/maps/example-city.html").is_file()
    assert (tmp_path / "mine/maps/index.html").is_file()


def test_stats_json_is_the_contract(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(words(capsys, "stats", "--format", "json", "-C", small))
    assert {tuple(row) for row in rows} == {CONTRACT}
    for row in rows:
        assert (row["value"] is None) == (row["withheld"] is not None)
    count = next(row for row in rows if row["statistic"] == "count")
    assert (count["value"], count["kind"], count["unit"]) == (3, "companies", "companies")


def test_stats_say_in_words_what_a_number_is(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = words(capsys, "-C", small, "stats")
    assert re.search(r"^Example City \(example-city\)\n\nHow many\?\n\n  Number\. How many", text)
    assert "\n    companies: 3; 95 % interval 0.62 to 8.77\n    Computed: n; exact Poisson" in text
    assert "\n    companies: withheld, only 3 companies, 10 are needed" in text
    assert max(map(len, text.splitlines())) <= 96


@pytest.mark.parametrize("format", ["text", "table", "csv", "md", "json"])
@pytest.mark.parametrize("by", ["hub", "city", "district"])
def test_stats_formats(
    format: str, by: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = words(capsys, "-C", small, "stats", "example-city", "--format", format, "--by", by)
    assert "density" in text.lower()
    assert "NaN" not in text
    assert ("North District" in text) == (by == "district")


def test_show_and_schema(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = words(capsys, "-C", small, "show")
    for word in (
        "firms: Example firms",
        "example-city",
        "share_near",
        "radius_km",
        "districts",
        "formula",
    ):
        assert word in text
    schema = json.loads(words(capsys, "schema"))
    assert set(schema) == {"geodata", "layers", "maps"}
    assert "delineation" in schema["layers"]["properties"]


def test_more_formats(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import geopandas as gpd

    table = small / "geodata/firms.csv"
    table.write_text(table.read_text() + '4,"=HYPERLINK(""x"")",10.05,50.05,2001\n')
    words(capsys, "-C", small, "layers", "--format", "geojson,gpkg,csv")
    folder = small / "layers/example-city"
    for suffix in ("geojson", "gpkg"):
        assert len(gpd.read_file(folder / f"entities.{suffix}")) == 4
    assert "'=HYPERLINK" in (folder / "entities.csv").read_text()
    first = (folder / "entities.gpkg").read_bytes()
    words(capsys, "-C", small, "layers", "--format", "gpkg")
    assert (folder / "entities.gpkg").read_bytes() == first


def test_unknown_verb_is_a_usage_error() -> None:
    with pytest.raises(SystemExit) as stop:
        main(["bild"])
    assert stop.value.code == 2


def test_a_closed_pipe_is_no_traceback(small: Path) -> None:
    done = subprocess.run(
        f'"{sys.executable}" -m hubmap -C "{small}" stats | head -1',
        shell=True, capture_output=True, text=True, check=False,
    ) if sys.platform != "win32" else None  # fmt: skip
    assert done is None or "Traceback" not in done.stderr
