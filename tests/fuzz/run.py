"""Fuzz what reads other people's bytes: `python tests/fuzz/run.py --inputs 1000000`.

Each target runs in processes of its own, so that a crash in a C library is a finding like any
other. An input that takes more than 5 seconds of processor time, or after which the process has
grown beyond 1 GB, is a finding too. Findings are written to a folder, one file each; the exit
status is 1 when there is one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import mmap
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

HANG_S, MOST_MB = 5.0, 1024
PATIENCE_S = 60  # of the clock, which libFuzzer goes by: the machine may be shared
_SLOT = 1 << 20
_EACH = 25  # findings of one target after which it is given up
_EVERY = 5000  # inputs after which a child tells how far it is


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="in all (default 10,000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=("mutate", "atheris"), default="mutate")
    parser.add_argument("--seconds", type=int, default=0, help="of each target, for atheris")
    parser.add_argument("--targets", default="", help="names, comma-separated; default all")
    parser.add_argument("--out", type=Path, default=None, help="folder for findings")
    parser.add_argument("--replay", type=Path, help="run one file through --targets NAME")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _quiet() -> None:
    """No warning is printed; what libraries say on the error stream is not of interest."""
    import warnings

    warnings.simplefilter("ignore")


def _note(slot: mmap.mmap, name: str, number: int, data: bytes) -> None:
    """Leave behind what is run next; -1 while the target itself is made ready."""
    slot[4096 : 4096 + len(data)] = data
    head = json.dumps([name, number, len(data)]).encode() + b"\n"
    slot[: len(head)] = head


def _child(job: dict[str, object]) -> None:
    """Run inputs ``start`` to ``end`` of each target, each noted before it is run."""
    import fuzz_targets
    from fuzz_mutate import mutated

    _quiet()
    with open(str(job["slot"]), "r+b") as file:
        slot = mmap.mmap(file.fileno(), _SLOT)
    # The default action of this signal ends the process, even inside a C library.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for name, start, end in job["work"]:  # type: ignore[attr-defined]
        target = fuzz_targets.TARGETS[name]
        _note(slot, name, -1, b"")
        seeds = target.seeds()
        target.run(seeds[0])  # what is built once is no input's doing
        began = time.process_time()
        for number in range(start, end):
            rng = random.Random(f"{job['seed']} {name} {number}")
            data = mutated(seeds, rng, target.longest)
            _note(slot, name, number, data)
            signal.setitimer(signal.ITIMER_PROF, HANG_S)
            try:
                target.run(data)
            except Exception as error:  # noqa: BLE001 - every error is a finding
                what = "".join(traceback.format_exception(error))
            else:
                what = "" if _peak_mb() < MOST_MB else f"memory: {_peak_mb():.0f} MB"
            signal.setitimer(signal.ITIMER_PROF, 0)
            if what:
                print(json.dumps({"finding": [name, number, data.hex(), what]}), flush=True)
                if what.startswith("memory"):
                    sys.exit(3)
            if (number + 1) % _EVERY == 0 or number + 1 == end:
                now = time.process_time()
                print(json.dumps({"at": [name, number + 1, now - began, _peak_mb()]}), flush=True)
                began = now
    with contextlib.suppress(OSError):
        shutil.rmtree(fuzz_targets.folder())


class Run:
    """One run over all targets: starts children, notes findings, goes on behind each."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.out = options.out or Path(tempfile.mkdtemp(prefix="hubmap-findings-"))
        self.findings: dict[str, list[str]] = {}
        self.spent: dict[str, float] = {}
        self.at: dict[str, int] = {}
        self.peak = 0.0

    def note(self, name: str, number: int, data: bytes, what: str) -> None:
        """Keep a finding, once for each place in the code."""
        self.out.mkdir(parents=True, exist_ok=True)
        frames = [line.strip() for line in what.splitlines() if "hubmap" in line]
        place = (frames[-1:] or [""])[0] + what.strip().splitlines()[-1][:60]
        known = self.findings.setdefault(name, [])
        if place not in known:
            known.append(place)
            (self.out / f"{name}-{number}.bin").write_bytes(data)
            (self.out / f"{name}-{number}.txt").write_text(what, encoding="utf-8")
            print(f"FINDING {name} {number}: {place}", flush=True)

    def run(self, work: list[tuple[str, int, int]]) -> None:
        """All of the work, in as many processes as it takes."""
        slot = Path(tempfile.mkstemp(prefix="hubmap-slot-")[1])
        error_stream, said = tempfile.mkstemp(prefix="hubmap-said-")
        while work:
            slot.write_bytes(bytes(_SLOT))
            os.ftruncate(error_stream, 0)
            job = {"work": work, "slot": str(slot), "seed": self.options.seed}
            child = subprocess.Popen(
                [sys.executable, __file__, "--child", json.dumps(job)],
                stdout=subprocess.PIPE, stderr=error_stream, text=True,
            )  # fmt: skip
            assert child.stdout is not None
            for line in child.stdout:
                self._told(json.loads(line))
            given_up = ""
            if status := child.wait():
                given_up = self._died(status, slot.read_bytes(), Path(said))
            work = [
                (name, self.at.get(name, start), end) for name, start, end in work
                if self.at.get(name, start) < end and name != given_up
                and len(self.findings.get(name, [])) < _EACH
            ]  # fmt: skip
        os.close(error_stream)
        slot.unlink()
        Path(said).unlink()

    def _died(self, status: int, slot: bytes, said: Path) -> str:
        """Note what a child died of; the name of a target that cannot even be made ready."""
        told = said.read_text(errors="replace")[-2000:]
        if slot[:1] != b"[":
            raise SystemExit(f"the fuzzer itself failed: {status}\n{told}")
        name, number, size = json.loads(slot[: slot.index(b"\n")])
        data = slot[4096 : 4096 + size]
        if number < 0:
            self.note(name, number, data, f"the target cannot be made ready\n{told}")
            return str(name)
        if status == -signal.SIGPROF:
            self.note(name, number, data, f"hang: more than {HANG_S:g} s")
        elif status != 3:
            self.note(name, number, data, f"the process died with status {status}\n{told}")
        self.at[name] = number + 1
        return ""

    def _told(self, said: dict[str, list[object]]) -> None:
        if "finding" in said:
            name, number, data, what = said["finding"]
            self.note(str(name), int(str(number)), bytes.fromhex(str(data)), str(what))
        else:
            name, at, spent, peak = said["at"]
            self.at[str(name)] = int(str(at))
            self.spent[str(name)] = self.spent.get(str(name), 0) + float(str(spent))
            self.peak = max(self.peak, float(str(peak)))
            print(f"{name}: {at} inputs, {self.spent[str(name)]:.1f} CPU-s", flush=True)


def _atheris(name: str, inputs: int, options: argparse.Namespace, out: Path) -> int:
    """One target under libFuzzer, guided by which code an input reaches."""
    import fuzz_targets

    corpus = Path(tempfile.mkdtemp(prefix="hubmap-corpus-"))
    target = fuzz_targets.TARGETS[name]
    for number, seed in enumerate(target.seeds()[:2000]):
        (corpus / str(number)).write_bytes(seed[: target.longest])
    out.mkdir(parents=True, exist_ok=True)
    program = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        f"sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parents[2])]!r}\n"
        "import atheris\n"
        "with atheris.instrument_imports(include=['hubmap']):\n"
        "    import fuzz_targets\n"
        f"    target = fuzz_targets.TARGETS[{name!r}]\n"
        "    target.run(target.seeds()[0])\n"  # imports what it imports late
        "run = target.run\n"
        "atheris.Setup(sys.argv, run); atheris.Fuzz()\n"
    )
    seconds = options.seconds
    ends = [f"-max_total_time={seconds}"] if seconds else [f"-runs={inputs}"]
    done = subprocess.run(
        [sys.executable, "-c", program, str(corpus), *ends, f"-seed={options.seed + 1}",
         f"-timeout={PATIENCE_S}", f"-rss_limit_mb={MOST_MB}", f"-max_len={target.longest}",
         f"-artifact_prefix={out}/{name}-", "-print_final_stats=1"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )  # fmt: skip
    shutil.rmtree(corpus)
    units = re.findall(r"stat::number_of_executed_units: +(\d+)", done.stdout)
    reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stdout)
    print(
        f"{name}: {', '.join(units)} inputs, status {done.returncode}; edges, features, corpus: "
        f"{' '.join(reached[0]) if reached else '?'} at first, "
        f"{' '.join(reached[-1]) if reached else '?'} at last",
        flush=True,
    )
    if done.returncode:
        (out / f"{name}-atheris.txt").write_text(done.stdout[-20_000:], encoding="utf-8")
    return int(done.returncode != 0)


def main() -> int:
    """Run what was asked for; 1 when there is a finding."""
    options = _arguments()
    if options.child:
        _child(json.loads(options.child))
        return 0
    import fuzz_targets

    chosen = options.targets.split(",") if options.targets else list(fuzz_targets.TARGETS)
    if options.replay:
        fuzz_targets.TARGETS[chosen[0]].run(options.replay.read_bytes())
        return 0
    shares = sum(fuzz_targets.TARGETS[name].share for name in chosen)
    work = [
        (name, 0, -(-options.inputs * fuzz_targets.TARGETS[name].share // shares))
        for name in chosen
    ]
    run = Run(options)
    if options.engine == "atheris":
        return max(_atheris(name, end, options, run.out) for name, _, end in work)
    run.run(work)
    found = sum(map(len, run.findings.values()))
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = usage.ru_utime + usage.ru_stime
    print(
        f"{sum(run.at.values())} inputs, {len(run.at)} targets, {found} findings, "
        f"{spent:.0f} CPU-s, peak {run.peak:.0f} MB" + (f"; see {run.out}" if found else "")
    )
    return int(found > 0)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
