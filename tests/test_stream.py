"""Sources in parts: the same counts as in memory, whenever they are interrupted."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hubmap.cli import main
from hubmap.errors import RecipeError, TableError
from hubmap.layers.assign import assign_points
from hubmap.layers.cells import build_cells
from hubmap.maps.payload import panel
from hubmap.maps.still.caption import caption
from hubmap.stream.batch import Plan
from hubmap.stream.parts import Part
from hubmap.stream.run import reduced
from hubmap.stream.sample import Sample
from hubmap.stream.sketch import RELATIVE_ERROR, add, empty_sketches, estimates, hashed, mixed
from hubmap.stream.tally import Tally
from hubmap.workspace import Workspace

ROOT = Path(__file__).parents[1]
RECIPE = """table = "entities"
file = "many"
kind = "postings"
title = "Made postings"
licence = "made"
attribution = "made"
precision_m = 300
[columns]
id = "id"
name = "role"
lon = "lon"
lat = "lat"
category = "role"
case = "ai"
[stream]
month = "month"
employer = "employer"
sample = 2000
least = 2
"""
ROWS, PARTS = 30_000, 6


def made(rows: int, seed: int) -> pd.DataFrame:
    """Postings round Shenzhen and Hong Kong; some in the sea, some far off, some wrong."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "id": np.arange(rows) + seed * rows,
            "lon": np.round(rng.normal(114.1, 0.15, rows), 5),
            "lat": np.round(rng.normal(22.5, 0.15, rows), 5),
            "month": rng.choice(["2024-01", "2024-02", "", "2023-12-31"], rows),
            "role": rng.choice(["data", "research", "sales"], rows),
            "employer": rng.integers(0, 500, rows).astype(str),
            "ai": rng.random(rows) < 0.3,
        }
    )
    table.loc[::1000, "lon"] = np.nan
    table.loc[1::1000, "lat"] = 100.0
    table.loc[2::1000, "month"] = "last May"
    return table


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streamed")
    (folder / "geodata" / "many").mkdir(parents=True)
    (folder / "layers").mkdir()
    (folder / "maps").mkdir()
    for name in ("regions.csv", "regions.geojson", "regions.toml"):
        shutil.copy(ROOT / "geodata" / name, folder / "geodata")
    (folder / "layers" / "bay.toml").write_text(
        'title = "Bay"\n[delineation]\nmethod = "regions"\nregions = ["440300", "810000"]\n',
        encoding="utf-8",
    )
    (folder / "geodata" / "postings.toml").write_text(RECIPE, encoding="utf-8")
    for k in range(PARTS):
        table = pa.Table.from_pandas(made(ROWS // PARTS, k), preserve_index=False)
        pq.write_table(table, folder / "geodata" / "many" / f"{k}.parquet", row_group_size=1500)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "workspace"))


def everything() -> pd.DataFrame:
    return pd.concat([made(ROWS // PARTS, k) for k in range(PARTS)], ignore_index=True)


def right(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["lon"].notna() & (table["lat"] <= 90) & (table["month"] != "last May")]


def test_counts_are_those_of_memory(folder: Path) -> None:
    workspace = Workspace.open(folder)
    streamed = workspace.streamed("postings")
    table, regions = right(everything()), workspace.region_table
    points = np.asarray(gpd.points_from_xy(table["lon"], table["lat"]))
    code, sea = assign_points(points, regions, np.full(len(table), 300.0))
    rows = streamed.rows
    assert rows["read"] == ROWS == sum(n for name, n in rows.items() if name != "read")
    assert rows["within"] == np.count_nonzero((code != None) & ~sea)  # noqa: E711
    assert rows["sea"] == sea.sum() > 0
    assert rows["outside"] == np.count_nonzero(code == None) > 0  # noqa: E711
    assert rows["rejected: coordinates"] == rows["rejected: month"] == ROWS // 1000
    assert rows["rejected: beyond the globe"] == ROWS // 1000

    table = table.assign(district=code, month=table["month"].str[:7])
    keys = ["district", "month", "role", "ai"]
    wanted = table.dropna(subset="district").groupby(keys).size()
    got = streamed.months.set_index(["district", "month", "category", "case"])["count"]
    assert got.to_dict() == wanted.to_dict()

    # The hub's hexagons, counted by the function that builds them from points.
    mine = table["district"].str[:4].isin(["4403", "8100"]) & table["ai"]
    outline = workspace.layer("bay").outline.geometry.iloc[0]
    series = gpd.GeoSeries(points[mine.to_numpy()], crs=4326)
    cells = build_cells(outline, {"n": (series, np.ones(len(series)))}, 10.0, "bay")
    wanted = cells[cells["n"] > 0].set_index("cell")["n"]
    counted = streamed.cells["bay"].query("case").groupby("cell")["count"].sum()
    assert counted.to_dict() == wanted.to_dict()
    built = workspace.layer("bay").cells.set_index("cell")["postings"]
    assert built[built > 0].to_dict() == wanted.to_dict()

    # The hub's profile and districts tell months and employers.
    profile = workspace.layer("bay").own_profile.set_index(["statistic", "zone"])
    ai = table[mine]
    months = profile.loc[("monthly", "bay")]
    assert months["value"] == pytest.approx((ai["month"] != "").sum() / 3)
    assert months["denominator"] == "3 months, 2023-12 to 2024-02"
    every = table[table["district"].str[:4].isin(["4403", "8100"])]
    there = profile.loc[("employers", "bay")]
    assert there["low"] <= every["employer"].nunique() <= there["high"]
    assert there["n"] == len(every)
    one = profile.loc[("employers", "440305")]
    built = workspace.layer("bay").districts.set_index("code")
    assert built.at["440305", "employers_postings"] == one["value"] > 0

    # The sample's weights give the districts' own counts back.
    districts = workspace.layer("bay").districts.set_index("code")["postings"]
    wanted = table[table["ai"]].groupby("district").size().reindex(districts.index).fillna(0)
    assert np.allclose(districts, wanted)
    assert 2000 <= len(streamed.entities) < 2500
    true = table.dropna(subset="district").groupby("district")["employer"].nunique()
    estimate = streamed.employers.set_index("district")["employers"].loc[true.index]
    assert (np.abs(estimate - true) <= np.maximum(5 * RELATIVE_ERROR * true, 2)).all()

    # Page and print say that the points are a sample.
    layer = workspace.layer("bay")
    words = panel([layer], title={}, subtitle={}, language="en")
    page = next(s for s in words["sources"] if s["id"] == "postings")
    assert "stratified sample of about 2,000 rows, at least 2 a district" in page["caveats"][-1]
    assert "约 2,000 行的分层抽样" in page["caveats_zh"][-1]
    shown = SimpleNamespace(kinds=[{"id": "postings"}], surface=None)
    told = {"en": "stratified sample of about 2,000;", "zh": "2,000 条的分层"}
    for language, said in told.items():
        style = SimpleNamespace(language=language)
        assert said in caption([layer], cast(Any, shown), cast(Any, style), many=False)


def test_batches_and_engines_leave_no_trace(
    folder: Path, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hubmap.assign.engine as engine
    import hubmap.stream.run as run

    Workspace.open(folder).streamed("postings")
    other = Path(shutil.copytree(template, tmp_path / "other"))
    monkeypatch.setattr(run, "_BATCH", 777)
    monkeypatch.setattr(engine, "GRID_FROM", 1)
    monkeypatch.setattr(engine, "GRID_FROM_VERTICES", 0)
    Workspace.open(other).streamed("postings")
    assert products(folder) == products(other)


def products(folder: Path) -> dict[str, bytes]:
    found = (folder / "layers" / "streams").rglob("*")
    return {p.name: p.read_bytes() for p in sorted(found) if p.suffix in {".parquet", ".txt"}}


COUNT = """
import sys
from pathlib import Path
from hubmap.workspace import Workspace
Workspace.open(Path(sys.argv[1])).streamed("postings")
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", COUNT, str(folder)], env=environment)


def unbuilt(folder: Path) -> None:
    """Take away what was built, so that a run has everything to do."""
    for built in [*(folder / "layers").iterdir(), *(folder / "maps").iterdir()]:
        if built.is_dir():
            shutil.rmtree(built)
        elif built.suffix != ".toml":
            built.unlink()


def kill_and_go_on(
    folder: Path, times: int, run: Callable[[Path], subprocess.Popen[bytes]]
) -> None:
    """Kill -9 at random moments, until so many runs were killed while they were at work."""
    moments, killed = random.Random(5), 0
    began = time.monotonic()
    assert run(folder).wait() == 0
    whole = time.monotonic() - began
    unbuilt(folder)
    while killed < times:
        process = run(folder)
        try:
            # Not in the first half, where Python starts.
            assert process.wait(whole * moments.uniform(0.5, 1.0)) == 0
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        else:
            # It was done sooner than the first, or had little left: begin anew, kill earlier.
            unbuilt(folder)
            whole *= 0.8
    assert run(folder).wait() == 0


def test_killed_at_random_it_comes_to_the_same(
    folder: Path, template: Path, tmp_path: Path
) -> None:
    Workspace.open(folder).streamed("postings")
    other = Path(shutil.copytree(template, tmp_path / "killed"))
    kill_and_go_on(other, 3, start)
    assert products(folder) == products(other) != {}
    assert not list((other / "layers").rglob(".*.part"))


@pytest.mark.slow
def test_a_whole_build_killed_ten_times_comes_to_the_same(
    folder: Path, template: Path, tmp_path: Path
) -> None:
    def build(where: Path) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "hubmap", "-C", str(where), "build"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL)

    def made_of(where: Path) -> dict[str, bytes]:
        kinds = {".parquet", ".json", ".csv", ".txt", ".html"}
        built = [p for f in ("layers", "maps") for p in sorted((where / f).rglob("*"))]
        return {
            str(p.relative_to(where)): p.read_bytes().replace(bytes(where), b"")
            for p in built
            if p.suffix in kinds and p.is_file()
        }

    other = Path(shutil.copytree(template, tmp_path / "killed"))
    for where in (folder, other):
        (where / "maps" / "bay.toml").write_text('title = "Bay"\nlayers = ["bay"]\n', "utf-8")
    assert build(folder).wait() == 0
    kill_and_go_on(other, 10, build)
    assert made_of(folder) == made_of(other)
    assert "maps/bay.html" in made_of(folder)


def test_only_a_changed_part_is_counted_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hubmap.stream.run as run

    Workspace.open(folder).streamed("postings")
    counted: list[str] = []
    real = run.count_part

    def noted(plan: Plan, part: Part, tell: Callable[[int], None]) -> Tally:
        counted.append(Path(part.where).name)
        return real(plan, part, tell)

    monkeypatch.setattr(run, "count_part", noted)
    pq.write_table(
        pa.Table.from_pandas(made(100, 990), preserve_index=False),
        folder / "geodata" / "many" / "3.parquet",
    )
    rows = Workspace.open(folder).streamed("postings").rows
    assert counted == ["3.parquet"]
    assert rows["read"] == ROWS - ROWS // PARTS + 100
    # A tally that was cut short is made again.
    counted.clear()
    kept = sorted((folder / "layers" / "streams" / "postings" / "parts").glob("*.npz"))
    assert len(kept) == PARTS
    kept[0].write_bytes(kept[0].read_bytes()[:-100])
    Workspace.open(folder).streamed("postings")
    assert len(counted) == 1


def test_progress_is_shown_on_a_terminal_and_nowhere_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.progress import Progress, TaskID

    real = Progress.update

    def at_once(progress: Progress, task: TaskID, **words: Any) -> None:
        real(progress, task, **words)
        progress.refresh()

    monkeypatch.setattr(Progress, "update", at_once)
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["-C", str(folder), "layers"]) == 0
    assert capsys.readouterr().err == ""
    changed = RECIPE.replace("sample = 2000", "sample = 1000")
    (folder / "geodata" / "postings.toml").write_text(changed, encoding="utf-8")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["-C", str(folder), "layers"]) == 0
    said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert re.search(
        r"part 4 of 6, [12]\d,\d{3} of 30,000 rows, \d+\.\d\d M a second, \d+ s left", said
    )


def test_a_pattern_names_the_parts_too(folder: Path) -> None:
    recipe = folder / "geodata" / "postings.toml"
    recipe.write_text(RECIPE.replace('"many"', '"many/[01].parquet"'), encoding="utf-8")
    assert Workspace.open(folder).streamed("postings").rows["read"] == 2 * ROWS // PARTS


@pytest.mark.parametrize(
    ("old", "new", "error", "says"),
    [
        ('"many"', '"none"', TableError, "no Parquet file"),
        ('lon = "lon"', 'lon = "long"', TableError, "Did you mean `lon`"),
        ('lon = "lon"', 'lon = "role"', TableError, "no number"),
        ('category = "role"', 'category = "id"', TableError, "more than 64"),
        ("precision_m = 300", "", RecipeError, "precision_m"),
        ('case = "ai"', 'case = "role"', TableError, "true and false"),
        ('month = "month"', 'month = "mnth"', TableError, "Did you mean `month`"),
        ('employer = "employer"', 'employer = "firm"', TableError, "`firm` is missing"),
        ('category = "role"', 'category = "rule"', TableError, "Did you mean `role`"),
        ('lat = "lat"', 'lat = "lon"', TableError, "no row lies in a region"),
        ('case = "ai"', 'case = "ai"\ncity = "role"', RecipeError, "columns.city"),
    ],
)
def test_what_is_wrong_is_said(
    folder: Path, old: str, new: str, error: type[Exception], says: str
) -> None:
    recipe = folder / "geodata" / "postings.toml"
    recipe.write_text(RECIPE.replace(old, new), encoding="utf-8")
    with pytest.raises(error, match=says):
        Workspace.open(folder).streamed("postings")


def test_parts_by_different_writers(folder: Path, template: Path, tmp_path: Path) -> None:
    """Numbers in one, text in another, a part of no row: counted as if one hand had written all."""
    Workspace.open(folder).streamed("postings")
    other = Path(shutil.copytree(template, tmp_path / "other"))
    many = other / "geodata" / "many"
    table = pq.read_table(many / "1.parquet")
    for name, kind in {
        "id": pa.string(), "role": pa.dictionary(pa.int8(), pa.string()), "lon": pa.decimal128(9, 5)
    }.items():  # fmt: skip
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table[name].cast(kind))
    pq.write_table(table, many / "1.parquet")
    pq.write_table(table.slice(0, 0), many / "6.parquet")
    streamed = Workspace.open(other).streamed("postings")
    one, two = products(folder), products(other)
    assert one == two != {}
    assert streamed.entities["id"].str.isdecimal().all()


def test_no_rows_and_nested_ones_are_said(folder: Path) -> None:
    many = folder / "geodata" / "many"
    table = pq.read_table(many / "0.parquet")
    for part in many.iterdir():
        part.unlink()
    pq.write_table(table.slice(0, 0), many / "0.parquet")
    with pytest.raises(TableError, match=r"no row lies in a region \(read: 0\)"):
        Workspace.open(folder).streamed("postings")
    lists = pa.array([[word] for word in table["role"].to_pylist()])
    pq.write_table(table.set_column(4, "role", lists), many / "0.parquet")
    with pytest.raises(TableError, match="Write it as text"):
        Workspace.open(folder).streamed("postings")


@pytest.mark.parametrize("file", ["../many", "/etc", "a/../b", "a/b/c.parquet", ".hidden/x"])
def test_parts_lie_beside_the_recipe(folder: Path, file: str) -> None:
    recipe = folder / "geodata" / "postings.toml"
    recipe.write_text(RECIPE.replace('"many"', f'"{file}"'), encoding="utf-8")
    with pytest.raises(Exception, match="beside the recipe"):
        Workspace.open(folder)


def test_links_out_of_the_workspace_are_not_followed(folder: Path, tmp_path: Path) -> None:
    many = folder / "geodata" / "many"
    (many / "5.parquet").rename(tmp_path / "elsewhere.parquet")
    (many / "5.parquet").symlink_to(tmp_path / "elsewhere.parquet")
    rows = Workspace.open(folder).streamed("postings").rows
    assert rows["read"] == ROWS - ROWS // PARTS


def test_the_tree_depends_on_the_number_alone() -> None:
    for many in range(1, 40):
        words = reduced((str(k) for k in range(many)), lambda a, b: f"({a} {b})")
        assert [int(w.strip("()")) for w in words.split()] == list(range(many))
        depth = max(words[:k].count("(") - words[:k].count(")") for k in range(len(words) + 1))
        assert depth <= 2 * many.bit_length()
    assert reduced(iter("abcde"), lambda a, b: f"({a}{b})") == "(((ab)(cd))e)"


@pytest.mark.parametrize("distinct", [0, 1, 50, 3000, 200_000])
def test_sketches_estimate_distinct_values(distinct: int) -> None:
    sketches, other = empty_sketches(2), empty_sketches(2)
    values = np.arange(distinct)
    for part in np.array_split(np.concatenate([values, values]), 3):
        add(sketches, np.ones(len(part), dtype=np.int32), hashed(part))
    add(other, np.ones(distinct, dtype=np.int32), hashed(values[::-1]))
    assert np.array_equal(sketches, other)
    none, some = estimates(sketches)
    assert none == 0
    assert abs(some - distinct) <= 4 * RELATIVE_ERROR * distinct


def test_a_sample_does_not_depend_on_the_order() -> None:
    rng = np.random.default_rng(0)
    priority = mixed(np.arange(50_000, dtype=np.uint64))
    stratum = rng.choice(40, 50_000, p=np.append(np.full(39, 0.0001), 1 - 0.0039))
    kept = []
    for seed in (1, 2):
        sample, order = Sample(500, 3), np.random.default_rng(seed).permutation(50_000)
        for part in np.array_split(order, 9):
            few = part[sample.wanted(priority[part], stratum[part])]
            sample.add(pa.table({"_priority": priority[few], "_stratum": stratum[few]}))
            sample.table()
        kept.append(sample.table())
    assert kept[0] is not None
    assert kept[0].equals(kept[1])
    met, count = np.unique(kept[0]["_stratum"].to_numpy(), return_counts=True)
    there = np.bincount(stratum, minlength=40)
    assert np.array_equal(met, np.flatnonzero(there))
    assert (count >= np.minimum(there[met], 3)).all()


def test_a_sample_of_no_row() -> None:
    """A part may hold nothing that is placed, before and after parts that do."""
    schema = pa.schema([("_priority", pa.uint64()), ("_stratum", pa.int64()), ("x", pa.int64())])
    sample = Sample(10, 2)
    assert sample.table() is None
    sample.add(schema.empty_table())
    empty = sample.table()
    assert empty is not None
    assert (empty.num_rows, empty.schema) == (0, schema)
    limit, strata = sample.limits()
    assert (int(limit), len(strata)) == (2**64 - 1, 0)
    priority, stratum = np.array([3, 1], np.uint64), np.array([0, 4])
    assert sample.wanted(priority, stratum).tolist() == [0, 1]
    rows = {"_priority": priority, "_stratum": stratum, "x": np.array([30, 10])}
    sample.add(pa.table(rows, schema=schema))
    sample.add(schema.empty_table())
    kept = sample.table()
    assert kept is not None
    assert kept["x"].to_pylist() == [10, 30]
