"""Builds: only what changed, whole or not at all, the same bytes every time."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support import copy_of
from test_bad_input import edit, state

import hubmap
from hubmap.errors import ProductError
from hubmap.workspace import Product, Workspace


def build(folder: Path, *maps: str, force: bool = False) -> dict[str, str]:
    """State of each product by its path below the workspace."""
    products = Workspace.open(folder).build(maps, force=force)
    return {str(p.path.relative_to(folder)).replace(os.sep, "/"): p.state for p in products}


def test_public_names() -> None:
    assert len(hubmap.__all__) <= 12
    assert all(getattr(hubmap, name) is not None for name in hubmap.__all__)
    with pytest.raises(AttributeError):
        hubmap.nothing  # noqa: B018


def test_second_build_is_fresh_and_writes_nothing(small: Path) -> None:
    assert set(build(small).values()) == {"built"}
    before = {path: path.stat().st_mtime_ns for path in small.rglob("*")}
    assert set(build(small).values()) == {"fresh"}
    assert {path: path.stat().st_mtime_ns for path in small.rglob("*")} == before


def test_two_builds_are_kept_apart(small: Path) -> None:
    first = Workspace.open(small).build()
    assert next(first).state == "built"
    with pytest.raises(ProductError, match="another build is working in this workspace"):
        build(small)
    list(first)
    assert set(build(small).values()) == {"fresh"}


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_dead_builds_lock_is_free(small: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from hubmap.workspace import Workspace;"
        "next(Workspace.open(Path(sys.argv[1])).build()); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(small)], check=False)
    assert (small / "layers/.lock").exists()
    assert "built" in build(small).values()


def test_style_edit_redraws_maps_only(small: Path) -> None:
    build(small)
    before = (small / "maps/example-city.html").read_bytes()
    edit(
        "layers/example-city.toml",
        'title = "Example City"',
        'title = "New Title"\ncolour = "#112233"',
    )(small)
    assert build(small) == {
        "layers/example-city": "fresh",
        "layers/profiles.csv": "fresh",
        "maps/example-city.html": "built",
        "maps/index.html": "built",
    }
    assert (small / "maps/example-city.html").read_bytes() != before
    edit("maps/example-city.toml", "Firms in", "Companies in")(small)
    assert build(small)["layers/example-city"] == "fresh"


def test_a_changed_row_rebuilds_all_that_shows_it(small: Path) -> None:
    build(small)
    edit("geodata/firms.csv", "First Firm", "Premier")(small)
    assert set(build(small).values()) == {"built"}


def test_deleted_or_damaged_products_are_made_again(small: Path) -> None:
    build(small)
    whole = state(small)
    (small / "layers/example-city/cells.parquet").unlink()
    page = small / "maps/example-city.html"
    page.write_bytes(page.read_bytes()[:100])
    (small / "layers/profiles.csv").unlink()
    assert "built" in build(small).values()
    assert state(small) == whole
    (small / "maps/ledger.json").write_text("{broken")
    build(small)
    assert state(small) == whole


def test_two_builds_are_equal_byte_for_byte(china: Path, tmp_path: Path) -> None:
    other = copy_of(china, tmp_path / "again")
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-m", "hubmap", "-C", str(other), "build", "--force"],
        env=environment, check=True, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert "fresh" not in done.stdout
    one, two = state(china), state(other)
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def products(folder: Path) -> dict[str, bytes]:
    return {n: b for n, b in state(folder).items() if not n.endswith((".toml", "ledger.json"))}


def test_failing_at_each_write_leaves_old_or_new(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(small)
    old = products(small)
    changed = copy_of(small, tmp_path / "changed")
    edit("geodata/firms.csv", "First Firm", "Premier")(changed)
    inputs = {n: b for n, b in state(changed).items() if n.startswith("geodata")}
    reference = copy_of(changed, tmp_path / "reference")
    writes = 0
    real = os.replace

    def counting(source: str, target: str) -> None:
        nonlocal writes
        writes += 1
        real(source, target)

    monkeypatch.setattr(os, "replace", counting)
    build(reference)
    new = products(reference)
    assert writes >= 10
    for failing in range(writes):
        folder = copy_of(changed, tmp_path / f"fail{failing}")
        done = 0

        def replace(source: str, target: str, failing: int = failing) -> None:
            nonlocal done
            if done == failing:
                raise OSError(28, "No space left on device")
            done += 1
            real(source, target)

        monkeypatch.setattr(os, "replace", replace)
        with pytest.raises(ProductError, match="No space left on device"):
            build(folder)
        for name, content in products(folder).items():
            assert content in (old.get(name), new.get(name), inputs.get(name))
        assert not list(folder.rglob("*.part"))
        monkeypatch.setattr(os, "replace", real)
        build(folder)
        assert products(folder) == new


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_killed_at_random_leaves_whole_products(small: Path, tmp_path: Path) -> None:
    build(small)
    old = products(small)
    edit("geodata/firms.csv", "First Firm", "Premier")(small)
    reference = copy_of(small, tmp_path / "reference")
    build(reference)
    new = products(reference)
    rng = random.Random(0)
    for _ in range(8):
        folder = copy_of(small, tmp_path / "killed")
        process = subprocess.Popen(
            [sys.executable, "-m", "hubmap", "-C", str(folder), "build"], stdout=subprocess.DEVNULL
        )
        try:
            process.wait(rng.uniform(0.5, 5.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        for name, content in products(folder).items():
            if not name.endswith(".part"):
                assert content in (old.get(name), new.get(name), state(small).get(name))
        build(folder)
        assert products(folder) == new
        import shutil

        shutil.rmtree(folder)


def test_one_map_builds_only_what_it_needs(china_recipes: Path) -> None:
    assert build(china_recipes, "hangzhou") == {
        "layers/hangzhou": "built",
        "maps/hangzhou.html": "built",
    }


def test_an_added_file_is_enough(small: Path) -> None:
    """Adding a data set, a hub or a map is adding one file and editing none."""
    (small / "geodata/labs.csv").write_text("id,name,lon,lat\nl1,Lab,10.02,50.02\n")
    text = (small / "geodata/firms.toml").read_text().replace("firms.csv", "labs.csv")
    text = text.replace('"companies"', '"labs"').replace('founded = "founded"\n', "")
    (small / "geodata/labs.toml").write_text(text)
    hub = (small / "layers/example-city.toml").read_text()
    (small / "layers/north.toml").write_text(hub.replace('["Example City"]', '["X101"]'))
    (small / "maps/north.toml").write_text('title = "North"\nlayers = ["north"]\n')
    states = build(small)
    assert states["maps/north.html"] == "built"
    layer = Workspace.open(small).layer("example-city")
    assert set(layer.entities["kind"]) == {"companies", "labs"}
    assert "labs" in layer.districts
    assert Product("fresh", small / "layers/north") == Workspace.open(small).build_layer("north")


def test_products_carry_their_sources(small: Path) -> None:
    import json

    import pyarrow.parquet as pq

    edit("geodata/firms.toml", 'licence = "your own"', 'licence = "CC0"')(small)
    build(small)
    folder = small / "layers/example-city"
    for name in ("entities", "districts", "cells", "outline"):
        metadata = json.loads(pq.read_schema(folder / f"{name}.parquet").metadata[b"hubmap"])
        assert metadata["sources"][0]["licence"] == "CC0"
    profile = json.loads((folder / "profile.json").read_text(encoding="utf-8"))
    assert profile["sources"][0]["attribution"] == "your own"
