"""Counting on a cluster that exists: a scheduler, workers, one of them killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from test_stream import RECIPE, ROOT, folder, products, template

from hubmap.cli import main
from hubmap.errors import HubmapError
from hubmap.workspace import Workspace

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
__all__ = ["folder", "template"]
# Dask's own, at its end.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def other(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "other"))


def dask(*words: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__LOGGING": "{}"}
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler's address and its two workers, each a process of its own."""
    note = tmp_path / "scheduler.json"
    started = [
        dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
             "--no-jupyter", "--scheduler-file", str(note))
    ]  # fmt: skip
    try:
        wait_for(note.exists)
        address = json.loads(note.read_text())["address"]
        for k in range(2):
            started.append(
                dask("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                     "--local-directory", str(tmp_path / f"worker{k}"))
            )  # fmt: skip
        from distributed import Client

        with Client(address, timeout=60) as client:
            client.wait_for_workers(2, timeout=120)
        yield address, started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def wait_for(there: object, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not there():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_worker_dies_and_the_result_is_one_machines(
    folder: Path, other: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    Workspace.open(folder).streamed("postings")
    address, workers = cluster
    said: list[str] = []

    def progress(words: str) -> None:
        said.append(words)
        if "part 1 of" in words and workers[0].poll() is None:
            workers[0].send_signal(signal.SIGKILL)
            workers[0].wait()

    Workspace.open(other, progress, cluster=address).streamed("postings")
    assert workers[0].poll() == -signal.SIGKILL
    assert workers[1].poll() is None
    assert any("part 1 of 6" in words for words in said)
    assert products(folder) == products(other) != {}
    # What was added up is kept: neither the cluster nor the parts are asked again.
    again = Workspace.open(other, cluster="tcp://127.0.0.1:1").streamed("postings")
    assert again.rows == Workspace.open(folder).streamed("postings").rows


def test_a_killed_client_goes_on_by_part(
    folder: Path, other: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    Workspace.open(folder).streamed("postings")
    kept = other / "layers" / "streams" / "postings" / "parts"
    code = (
        "import os, signal, sys; from pathlib import Path; from hubmap.workspace import Workspace\n"
        "def progress(words):\n"
        "    if 'part 3 of' in words: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Workspace.open(Path(sys.argv[1]), progress, cluster=sys.argv[2]).streamed('postings')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(other), cluster[0]],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    before = {path.name: path.stat().st_mtime_ns for path in kept.glob("*.npz")}
    assert len(before) == 3
    said: list[str] = []
    Workspace.open(other, said.append, cluster=cluster[0]).streamed("postings")
    assert any("part 6 of 6, 30,000 of 30,000 rows" in words for words in said)
    assert not any(", 5,000 of 30,000" in words and "a second" in words for words in said)
    after = {path.name: path.stat().st_mtime_ns for path in kept.glob("*.npz")}
    assert before.items() < after.items()
    assert products(folder) == products(other) != {}


def test_a_cluster_started_here(folder: Path, other: Path) -> None:
    Workspace.open(folder).streamed("postings")
    code = (
        "import sys; from hubmap.cli import main\n"
        "if __name__ == '__main__': sys.exit(main(sys.argv[1:]))\n"
    )
    script = other / "run.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), "-C", str(other), "layers", "--cluster", "local"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert products(folder) == products(other)
    # Silent where stderr is no terminal.
    assert "rows" not in done.stderr


def test_wrong_data_on_a_worker_is_one_sentence(
    folder: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    recipe = folder / "geodata" / "postings.toml"
    recipe.write_text(RECIPE.replace('lon = "lon"', 'lon = "role"'), encoding="utf-8")
    with pytest.raises(HubmapError, match="no number"):
        Workspace.open(folder, cluster=cluster[0]).streamed("postings")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere://x", "tcp://"])
def test_an_address_that_does_not_answer(
    folder: Path, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("hubmap.stream.cluster.WAIT_S", 1)
    assert main(["-C", str(folder), "build", "--cluster", address]) == 1
    said = capsys.readouterr().err.strip()
    assert said.startswith(f"hubmap: --cluster {address}: no Dask scheduler answers")
    assert "\n" not in said


def test_without_the_extra(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["-C", str(folder), "build", "--cluster", "local"]) == 1
    assert 'pip install "hubmap[cluster]"' in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    recipe = folder / "geodata" / "postings.toml"
    recipe.write_text(RECIPE.replace('"many"', '"s3://some/where"'), encoding="utf-8")
    assert main(["-C", str(folder), "build"]) == 1
    assert "s3:// needs fsspec" in capsys.readouterr().err


def test_parts_in_a_store_give_the_same(folder: Path, other: Path, template: Path) -> None:
    import fsspec

    Workspace.open(folder).streamed("postings")
    store = fsspec.filesystem("memory")
    store.put(str(template / "geodata" / "many"), "/bucket/many", recursive=True)
    recipe = other / "geodata" / "postings.toml"
    for file in ("memory://bucket/many", "memory://bucket/many/*.parquet"):
        recipe.write_text(RECIPE.replace('"many"', f'"{file}"'), encoding="utf-8")
        shutil.rmtree(other / "layers" / "streams", ignore_errors=True)
        Workspace.open(other).streamed("postings")
        assert products(folder) == products(other) != {}
    store.rm("/bucket", recursive=True)
    with pytest.raises(HubmapError, match="memory://bucket/many"):
        Workspace.open(other).streamed("postings")


def test_a_server_that_sends_no_ranges_is_one_sentence(folder: Path, template: Path) -> None:
    pytest.importorskip("aiohttp", reason="fsspec's http:// needs aiohttp")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    where = partial(Quiet, directory=str(template / "geodata"))
    with ThreadingHTTPServer(("127.0.0.1", 0), where) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/many/3.parquet"
        recipe = folder / "geodata" / "postings.toml"
        recipe.write_text(RECIPE.replace('"many"', f'"{url}"'), encoding="utf-8")
        with pytest.raises(HubmapError, match="not readable Parquet"):
            Workspace.open(folder).streamed("postings")
        server.shutdown()


def test_what_no_store_is(folder: Path) -> None:
    recipe = folder / "geodata" / "postings.toml"
    for file in ("ftp://host/x", "simplecache::s3://x", "file:/etc"):
        recipe.write_text(RECIPE.replace('"many"', f'"{file}"'), encoding="utf-8")
        with pytest.raises(HubmapError, match="file"):
            Workspace.open(folder)


def test_an_engine_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-C", str(folder), "build", "--engine", "slow"]) == 1
    assert "no engine 'slow'. There are: auto, tree, grid, compiled" in capsys.readouterr().err
    monkeypatch.setattr("hubmap.assign.engine.find_spec", lambda _: None)
    assert main(["-C", str(folder), "build", "--engine", "compiled"]) == 1
    assert 'pip install "hubmap[fast]"' in capsys.readouterr().err
