"""Killed builds, real full disks and read-only folders, no network, fuzzing in small."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import ROOT, copy_of, no_sockets
from test_bad_input import edit, run, state

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and limits")


def script(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@posix
def test_ten_kills_at_random() -> None:
    assert "10 kills at random" in script("tests/robust/kills.py", "--kills", "10")


@posix
@pytest.mark.slow
def test_a_hundred_kills_and_one_at_every_write() -> None:
    said = script("tests/robust/kills.py", "--kills", "100")
    assert "100 kills at random" in said
    assert "writes" in said


@posix
def test_ten_thousand_inputs(tmp_path: Path) -> None:
    said = script("tests/fuzz/run.py", "--inputs", "10000", "--out", str(tmp_path / "found"))
    assert " 0 findings" in said


BROKEN = """
import os
from typing import NamedTuple

class Target(NamedTuple):
    run: object
    seeds: object
    share: int = 1
    longest: int = 100

def folder():
    return "nowhere"

def fails(data):
    assert data == b"seed", "as it must"

def hangs(data):
    while data != b"seed":
        pass

def dies(data):
    data == b"seed" or os.abort()

def unfit(data):
    raise RuntimeError("does not fit the code")

def sound(data):
    assert isinstance(data, bytes)

TARGETS = {f.__name__: Target(f, lambda: [b"seed"]) for f in (fails, hangs, dies, unfit, sound)}
"""


@posix
def test_the_fuzzer_finds_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    source = (ROOT / "tests/fuzz/run.py").read_text(encoding="utf-8")
    assert "HANG_S, MOST_MB = 5.0" in source
    (folder / "run.py").write_text(source.replace("HANG_S, MOST_MB = 5.0", "HANG_S, MOST_MB = 0.2"))
    shutil.copy(ROOT / "tests/fuzz/fuzz_mutate.py", folder)
    (folder / "fuzz_targets.py").write_text(BROKEN)
    out = tmp_path / "found"
    done = subprocess.run(
        [sys.executable, str(folder / "run.py"), "--inputs", "10", "--out", str(out)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    # Two inputs each, but for the target that takes not even its first seed; one finding a place.
    assert "8 inputs, 4 targets, 4 findings" in done.stdout
    told = {path.name.rsplit("-", 1)[0].rstrip("-"): path.read_text() for path in out.glob("*.txt")}
    assert "as it must" in told["fails"]
    assert "hang: more than" in told["hangs"]
    assert f"died with status {-signal.SIGABRT}" in told["dies"]
    assert "does not fit the code" in told["unfit"]
    replay = ["--targets", "fails", "--replay", str(next(out.glob("fails-*.bin")))]
    again = subprocess.run(
        [sys.executable, str(folder / "run.py"), *replay], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "as it must" in again.stderr


@pytest.fixture
def tiny_disk() -> Iterator[Path]:
    """A disk of 2 MB, where this user may mount one."""
    folder = Path(tempfile.mkdtemp())
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=2m,mode=755", "tmpfs", str(folder)],
        capture_output=True, check=False,
    )  # fmt: skip
    if not made or made.returncode:
        folder.rmdir()
        pytest.skip("this user may not mount a disk; the limit on file sizes stands in for it")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


def test_a_disk_that_is_really_full(tiny_disk: Path, small: Path) -> None:
    folder = copy_of(small, tiny_disk / "small")
    assert run(folder, "build")[0] == 0
    edit("geodata/firms.csv", "First Firm", "Premier")(folder)
    filler = tiny_disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    before = state(folder)
    status, _, said = run(folder, "build")
    assert status == 1
    assert "No space left on device" in said
    assert "Traceback" not in said
    assert state(folder) == before
    assert not list(folder.rglob("*.part"))
    filler.unlink()
    assert run(folder, "build")[0] == 0


def test_a_disk_mounted_for_reading_only(tiny_disk: Path, small: Path) -> None:
    folder = copy_of(small, tiny_disk / "small")
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    status, _, said = run(folder, "build")
    assert status == 1
    assert "Read-only file system" in said
    assert "Traceback" not in said


NO_SOCKETS = """
import sys
def audit(event, _):
    if event.startswith(("socket.", "urllib.", "http.client.", "ftplib.")):
        raise AssertionError("no network here: " + event)
sys.addaudithook(audit)
from hubmap.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_build_opens_no_socket(small: Path) -> None:
    """The fixture `china` builds the default workspace under the same ban."""
    done = subprocess.run(
        [sys.executable, "-c", NO_SOCKETS, "-C", str(small), "build"],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "built" in done.stdout


def test_a_build_works_where_there_is_no_network(small: Path) -> None:
    """C libraries open sockets behind Python's back; in a name space of its own there is none."""
    unshare = shutil.which("unshare")
    alone = [str(unshare), "--net", "--map-root-user"]
    if not unshare or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system gives no name space without a network")
    done = subprocess.run(
        [*alone, sys.executable, "-m", "hubmap", "-C", str(small), "build"],
        capture_output=True, text=True, env=os.environ, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_checks_on_sockets_bite() -> None:
    head = NO_SOCKETS.split("from hubmap", maxsplit=1)[0]
    code = head + "import socket; socket.create_connection(('::1', 9))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "no network here: socket." in done.stderr
    with no_sockets(), pytest.raises(AssertionError, match="no network here"):
        socket.create_connection(("::1", 9))


def test_surroundings_change_no_byte(small: Path, tmp_path: Path) -> None:
    """Hash seed, locale, time zone and number of threads; see `tools/reproduce.py` for Pythons."""
    other = copy_of(small, tmp_path / "other")
    surroundings = (
        {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C", "OMP_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "99", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8",
         "OMP_NUM_THREADS": "4", "NUMBA_NUM_THREADS": "2", "ARROW_NUM_THREADS": "3"},
    )  # fmt: skip
    for folder, environment in zip((small, other), surroundings, strict=True):
        subprocess.run(
            [sys.executable, "-m", "hubmap", "-C", str(folder), "build"],
            env={**os.environ, **environment}, check=True, capture_output=True,
        )  # fmt: skip
    assert state(small) == state(other)
