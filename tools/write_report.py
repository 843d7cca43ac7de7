"""The report of `hubmap check` on every file of the publishers, as docs/your-data.md shows it.

    python tools/write_report.py

Needs those files (tests/test_shared_files.py says where, and holds their recipes).
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path

from hubmap.check import check
from hubmap.geodata.report import rendered
from hubmap.workspace import Workspace

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "your-data.md"
START, END = "<!-- report -->\n", "<!-- end of report -->"


def report() -> str:
    """The table, from a workspace made for it."""
    sys.path.insert(0, str(ROOT / "tests"))
    shared = import_module("test_shared_files")

    with tempfile.TemporaryDirectory() as name:
        folder = shared.with_recipes(shared.workspace(Path(name) / "w"))
        accounts = check(Workspace.open(folder), list(shared.RECIPES)).accounts
        return rendered(accounts, "md")


def main() -> None:
    """Write it into the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(START)
    table = report()
    PAGE.write_text(
        f"{before}{START}{table}\n{END}{rest.split(END)[1]}", encoding="utf-8", newline="\n"
    )
    print(table.count("\n") - 1, "sources in", PAGE)


if __name__ == "__main__":
    main()
