"""Kill a build at random moments and at every write: `python tests/robust/kills.py --kills 100`.

After each kill every product must be whole, old or new, and the inputs untouched; the next build
must free the dead one's lock and end with exactly the products of an undisturbed build. Prints
the counts; the exit status is 1 when a check failed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

# Says "ready" once everything is imported, so that kills fall into the build; KILL_AT is the
# number of the write (its rename, or the moment before) at which the process kills itself.
PROGRAM = """
import os, sys
from pathlib import Path
import hubmap.layers.build, hubmap.layers.store, hubmap.maps.draw, hubmap.maps.page
from hubmap.workspace import Workspace
at, after, count, real = int(sys.argv[2]), sys.argv[3] == "after", 0, os.replace
def replace(source, target):
    global count
    if count == at and not after: os.kill(os.getpid(), 9)
    real(source, target)
    if count == at: os.kill(os.getpid(), 9)
    count += 1
os.replace = replace
print("ready", flush=True)
for _ in Workspace.open(Path(sys.argv[1])).build(): pass
print(count, flush=True)
"""


def state(folder: Path) -> dict[str, bytes]:
    """Every file's bytes, but for leftovers and the lock's empty file."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".part" and path.name != ".lock"
    }


def _start(folder: Path, at: int = -1, when: str = "before") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), str(at), when],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    return process


class Trial:
    """A workspace built once, changed, and what an undisturbed build of the change gives."""

    def __init__(self, folder: Path) -> None:
        from hubmap.default import lay_down
        from hubmap.workspace import Workspace

        self.folder = folder
        self.start, self.place = folder / "start", folder / "killed"
        lay_down(self.start, empty=True)
        list(Workspace.open(self.start).build())
        self.old = state(self.start)
        table = self.start / "geodata/firms.csv"
        table.write_text(table.read_text().replace("First Firm", "Premier"))
        self.changed = state(self.start)
        reference = folder / "reference"
        shutil.copytree(self.start, reference)
        began = time.monotonic()
        process = _start(reference)
        ready = time.monotonic()
        assert process.stdout is not None
        self.writes = int(process.stdout.readline())
        process.wait()
        self.seconds = time.monotonic() - max(began, ready)
        self.new = state(reference)
        self.mixed = self.failed = self.killed = self.left = 0

    def check(self) -> None:
        """Whole products, then a repairing build."""
        from hubmap.workspace import Workspace

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
        list(Workspace.open(self.place).build())
        if wrong or state(self.place) != self.new or any(self.place.rglob(".*.part")):
            self.failed += 1
            print("FAILED", wrong)

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
            process.send_signal(signal.SIGKILL)
            if process.wait() == -signal.SIGKILL:
                self.killed += 1
                self.check()
            else:
                span *= 0.9

    def at_every_write(self) -> None:
        """SIGKILL from inside, before and after each rename."""
        for at in range(self.writes):
            for when in ("before", "after"):
                self.fresh()
                assert _start(self.place, at, when).wait() == -signal.SIGKILL
                self.killed += 1
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
