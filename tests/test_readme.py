"""What the README says is so."""

from __future__ import annotations

import re
import subprocess
import sys

from support import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_two_commands() -> None:
    assert "\n    python -m pip install . && hubmap build\n" in README
    assert '\n    python -m pip install ".[test]" && pytest\n' in README


def test_help_is_the_programs_own() -> None:
    import os

    done = subprocess.run(
        [sys.executable, "-m", "hubmap", "--help"],
        capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "90"},
    )  # fmt: skip
    verbs = re.findall(r"^    (\w+) {2,}\S", done.stdout, flags=re.MULTILINE)
    assert len(verbs) == 9
    for verb in verbs:
        assert f"| `hubmap {verb}" in README, verb


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
