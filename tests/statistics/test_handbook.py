"""docs/statistics.md is what the declarations say, and so is `hubmap show statistics`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hubmap.cli import main
from hubmap.statistics.declared.catalogue import every_statistic
from hubmap.statistics.declared.handbook import handbook

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
    measured = sorted((ROOT / "docs").glob("statistics-*.md"), reverse=True)
    tables = [path.read_text(encoding="utf-8") for path in measured]
    tables.sort(key=lambda text: "## Benchmarks" in text)
    assert page == "\n".join([handbook(), *tables]), "run python tools/write_statistics.py"
    assert handbook() == handbook()


def test_show_tells_of_every_statistic(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "statistics"]) == 0
    told = capsys.readouterr().out
    for model in every_statistic():
        name = model.model_fields["name"].default
        assert f"\n{name}: " in f"\n{told}"
        assert model.formula in told
    assert "minimum data: 10 records" in told


def test_the_table_of_agreement_prints() -> None:
    done = subprocess.run(
        [sys.executable, "tools/agreement.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| location_quotient | Farhauer & Kröll 2013, REAT | 1e-12 |" in done.stdout
    assert "not run" not in done.stdout
