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

HANG_S, MOST_MB, STUCK_S = 5.0, 1024, 600
_SLOT = 1 << 20
_EACH = 25  # findings of one target after which it is given up


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="in all (default 10,000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=("mutate", "atheris"), default="mutate")
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
        slot[:1] = b"\n"
        seeds = target.seeds()
        target.run(seeds[0])  # what is built once is no input's doing
        began = time.process_time()
        for number in range(start, end):
            rng = random.Random(f"{job['seed']} {name} {number}")
            data = mutated(seeds, rng, target.longest)
            head = json.dumps([name, number, len(data), ""]).encode()
            slot[: len(head) + 1] = head + b"\n"
            slot[4096 : 4096 + len(data)] = data
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
        spent = time.process_time() - began
        print(json.dumps({"done": [name, end - start, spent, _peak_mb()]}), flush=True)
    with contextlib.suppress(OSError):
        shutil.rmtree(fuzz_targets.folder())


class Run:
    """One run over all targets: starts children, notes findings, goes on behind each."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.out = options.out or Path(tempfile.mkdtemp(prefix="hubmap-findings-"))
        self.findings: dict[str, list[str]] = {}
        self.spent: dict[str, float] = {}
        self.done: dict[str, int] = {}
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
            job = {"work": work, "slot": str(slot), "seed": self.options.seed}
            child = subprocess.Popen(
                [sys.executable, __file__, "--child", json.dumps(job)],
                stdout=subprocess.PIPE, stderr=error_stream, text=True,
            )  # fmt: skip
            assert child.stdout is not None
            for line in child.stdout:
                self._told(json.loads(line))
            status = child.wait()
            left = [one for one in work if one[0] not in self.done]
            if status:
                raw = slot.read_bytes()
                head = raw[: raw.index(b"\n")] if raw[:1] == b"[" else b'["", 0, 0, ""]'
                name, number, size, _ = json.loads(head)
                if not name:
                    told = Path(said).read_text(errors="replace")[-2000:]
                    raise SystemExit(f"the fuzzer itself failed: {status}\n{told}")
                data = raw[4096 : 4096 + size]
                if status == -signal.SIGPROF:
                    self.note(name, number, data, f"hang: more than {HANG_S:g} s")
                elif status != 3:
                    self.note(name, number, data, f"the process died with status {status}")
                left = [
                    (n, number + 1 if n == name else start, end)
                    for n, start, end in left
                    if len(self.findings.get(n, [])) < _EACH
                ]
                if left == work:
                    raise SystemExit("no progress")
            work = [one for one in left if one[1] < one[2]]
        os.close(error_stream)
        slot.unlink()
        Path(said).unlink()

    def _told(self, said: dict[str, list[object]]) -> None:
        if "finding" in said:
            name, number, data, what = said["finding"]
            self.note(str(name), int(str(number)), bytes.fromhex(str(data)), str(what))
        else:
            name, count, spent, peak = said["done"]
            self.done[str(name)] = self.done.get(str(name), 0) + int(str(count))
            self.spent[str(name)] = self.spent.get(str(name), 0) + float(str(spent))
            self.peak = max(self.peak, float(str(peak)))
            print(f"{name}: {count} inputs, {float(str(spent)):.1f} CPU-s", flush=True)


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
        f"run = fuzz_targets.TARGETS[{name!r}].run\n"
        "atheris.Setup(sys.argv, run); atheris.Fuzz()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(corpus), f"-runs={inputs}", f"-seed={options.seed + 1}",
         f"-timeout={HANG_S:g}", f"-rss_limit_mb={MOST_MB}", f"-max_len={target.longest}",
         f"-artifact_prefix={out}/{name}-", "-print_final_stats=1", "-verbosity=0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )  # fmt: skip
    shutil.rmtree(corpus)
    stats = [line for line in done.stdout.splitlines() if line.startswith("stat::number")]
    print(f"{name}: status {done.returncode}; {'; '.join(stats)}", flush=True)
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
    print(
        f"{sum(run.done.values())} inputs, {len(run.done)} targets, {found} findings, "
        f"{sum(run.spent.values()):.0f} CPU-s, peak {run.peak:.0f} MB"
        + (f"; see {run.out}" if found else "")
    )
    return int(found > 0)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
