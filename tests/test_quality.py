"""Lint, types and the direction of imports are tests like the others."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from support import ROOT

CHECKS = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "imports": ["importlinter"],
}


@pytest.mark.parametrize("name", CHECKS)
def test_check(name: str) -> None:
    module, *rest = CHECKS[name]
    command = [sys.executable, "-m", module, *rest]
    if name == "imports":
        program = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports())"
        command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_broad_except_and_no_dangerous_call() -> None:
    pattern = re.compile(
        r"except( Exception| BaseException)?( as \w+)?:|\beval\(|\bexec\(|shell=True"
        r"|import pickle|pickle\.load|allow_pickle=True"
    )
    for path in (ROOT / "hubmap").rglob("*.py"):
        found = pattern.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path}: {found.group()}"


def test_modules_stay_short() -> None:
    for path in (ROOT / "hubmap").rglob("*.py"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 400, f"{path}: {lines} lines"


def test_changelog_speaks_of_this_version() -> None:
    import hubmap

    assert f"## {hubmap.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
