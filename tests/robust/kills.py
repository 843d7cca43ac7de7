"""Kill a build at random moments and at every write: `python tests/robust/kills.py --kills 100`.

After each kill every product must be whole, old or new, and the inputs untouched; the next build
must free the dead one's lock and end with exactly the products of an undisturbed build. Prints
the counts; the exit status is 1 when a check failed.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]


def state(folder: Path) -> dict[str, bytes]:
    """Every file's bytes, but for leftovers and the lock's empty file."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".part" and path.name != ".lock"
    }


def _build(folder: Path, at: int, when: str) -> int:
    """Build, and die at the rename of that number: the moment before it, or just after."""
    from hubmap.workspace import Workspace

    count, real = 0, os.replace

    def replace(source: str, target: str) -> None:
        nonlocal count
        if count == at and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        real(source, target)
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    os.replace = replace  # type: ignore[assignment]
    for _ in Workspace.open(folder).build():
        pass
    return count


def _imported(folder: Path) -> None:
    """Import here all that a build of that folder imports, so that no fork has to."""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            _build(folder, -1, "before")
            os.write(writer, "\n".join(sorted(sys.modules)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as names:
        for name in names.read().split():
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    assert _ended(process) == 0


def _start(folder: Path, at: int = -1, when: str = "before") -> int:
    """A build in a process of its own, which has everything imported; its number.

    It exits with the number of writes, or with 255 when the build failed.
    """
    process = os.fork()
    if process == 0:
        status = 255
        try:
            status = _build(folder, at, when)
        finally:
            os._exit(status)
    return process


def _ended(process: int) -> int:
    """How a process ended: its status, or minus the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


class Trial:
    """A workspace built once, changed, and what an undisturbed build of the change gives."""

    def __init__(self, folder: Path) -> None:
        from hubmap.default import lay_down

        self.folder = folder
        self.start, self.place = folder / "start", folder / "killed"
        lay_down(self.start, empty=True)
        _imported(self.start)
        self.old = state(self.start)
        table = self.start / "geodata/firms.csv"
        table.write_text(table.read_text().replace("First Firm", "Premier"))
        self.changed = state(self.start)
        reference = folder / "reference"
        shutil.copytree(self.start, reference)
        began = time.monotonic()
        self.writes = _ended(_start(reference))
        self.seconds = time.monotonic() - began
        assert self.writes < 100
        self.new = state(reference)
        self.mixed = self.failed = self.killed = self.left = 0

    def check(self) -> None:
        """Whole products, then a repairing build."""
        self.killed += 1
        if self.killed % 10 == 0:
            print(self.killed, "kills so far,", self.failed, "failed", flush=True)
        found = state(self.place)
        wrong = [
            name for name, content in found.items()
            if content not in (self.changed.get(name), self.new.get(name))
            and not name.endswith("ledger.json")
        ]  # fmt: skip
        inputs = {n: b for n, b in self.changed.items() if n.startswith("geodata") or ".toml" in n}
        wrong += [name for name, content in inputs.items() if found.get(name) != content]
        self.mixed += found not in (self.changed, self.new)
        self.left += any(self.place.rglob(".*.part"))
        assert _ended(_start(self.place)) < 100
        if wrong or state(self.place) != self.new or any(self.place.rglob(".*.part")):
            self.failed += 1
            now = state(self.place)
            odd = sorted(n for n in {*now, *self.new} if now.get(n) != self.new.get(n))
            print("FAILED: not whole:", wrong, "not as undisturbed:", odd, flush=True)

    def told(self, before: int) -> str:
        """The counts in words."""
        return (
            f"{self.mixed} between two states, {self.left} with half-written files left, "
            f"{self.failed - before} failed"
        )

    def fresh(self) -> None:
        """The changed workspace again."""
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.start, self.place)

    def at_random(self, kills: int, seed: int) -> None:
        """SIGKILL from outside, at moments spread over a build."""
        rng = random.Random(seed)
        span = self.seconds
        while self.killed < kills:
            self.fresh()
            process = _start(self.place)
            time.sleep(rng.uniform(0, span))
            os.kill(process, signal.SIGKILL)
            if _ended(process) == -signal.SIGKILL:
                self.check()
            else:
                span *= 0.9

    def at_every_write(self) -> None:
        """SIGKILL from inside, before and after each rename."""
        for at in range(self.writes):
            for when in ("before", "after"):
                self.fresh()
                assert _ended(_start(self.place, at, when)) == -signal.SIGKILL
                self.check()


def main() -> int:
    """Kill, check, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--writes", action="store_true", help="only at every write")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hubmap-kills-") as name:
        trial = Trial(Path(name))
        if not options.writes:
            trial.at_random(options.kills, options.seed)
            print(f"{trial.killed} kills at random,", trial.told(0), flush=True)
        trial.killed, trial.mixed, trial.left, failed = 0, 0, 0, trial.failed
        if options.writes or options.kills >= 100:
            trial.at_every_write()
            print(f"{trial.killed} kills at {trial.writes} writes,", trial.told(failed))
    return int(trial.failed > 0)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
