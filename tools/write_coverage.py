"""The table of coverage: what the Monte-Carlo tests measure of intervals, tests and nulls.

    python tools/write_coverage.py [EXPRESSION]

Runs `pytest -m slow tests/statistics` (several minutes) and writes docs/statistics-coverage.md,
which docs/statistics.md then holds: run tools/write_statistics.py after it. With an EXPRESSION, as
pytest's -k takes it, only those tests run, and the other rows of the page stay as they are.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "statistics-coverage.md"
HEAD = """\
## Coverage

Measured by `python tools/write_coverage.py`, which runs `pytest -m slow tests/statistics` with
fixed seeds. Where a row stands for several settings, the smallest and the largest value are given.

| measured | settings | from | to |
|---|---|---|---|
"""


class Recorder:
    """A pytest plugin that keeps what the tests measured."""

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the properties of each test that ran."""
        if report.when == "call":
            for name, value in report.user_properties:
                self.found.setdefault(name, []).append(float(str(value)))


def kept() -> dict[str, str]:
    """Return the rows of the page as it stands, by what they measure."""
    lines = PAGE.read_text(encoding="utf-8").splitlines(keepends=True)
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines[HEAD.count("\n") :]}


def main(only: str = "") -> int:
    recorder = Recorder()
    folder = str(ROOT / "tests" / "statistics")
    asked = ["-q", "-m", "slow", folder, "-p", "no:cacheprovider", *(["-k", only] if only else [])]
    code = pytest.main(asked, plugins=[recorder])
    rows = kept() if only else {}
    for name, values in recorder.found.items():
        rows[name] = f"| {name} | {len(values)} | {min(values):.3f} | {max(values):.3f} |\n"
    PAGE.write_text(HEAD + "".join(rows.values()), encoding="utf-8", newline="\n")
    return int(code)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
