"""Whether surroundings change a product's bytes: `python tools/reproduce.py WORKSPACE PYTHON...`.

Builds copies of a workspace with each Python given and with differing hash seeds, locales, time
zones and numbers of threads, compares every product byte for byte, and lists what differs. The
exit status is 1 when something does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SURROUNDINGS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "4242", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "OMP_NUM_THREADS": "1",
     "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1"},
)  # fmt: skip


def products(folder: Path) -> dict[str, bytes]:
    """Every file's bytes but for the lock's."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def main() -> int:
    root, pythons = Path(sys.argv[1]), sys.argv[2:] or [sys.executable]
    first: dict[str, bytes] = {}
    differ = 0
    with tempfile.TemporaryDirectory() as name:
        for python in pythons:
            version = subprocess.run(
                [python, "-c", "import platform; print(platform.python_version())"],
                capture_output=True, text=True, check=True,
            ).stdout.strip()  # fmt: skip
            for number, surrounding in enumerate(SURROUNDINGS):
                folder = Path(name) / "built"
                folder.mkdir()
                shutil.copytree(root / "geodata", folder / "geodata")
                for kind in ("layers", "maps"):
                    (folder / kind).mkdir()
                    for recipe in (root / kind).glob("*.toml"):
                        shutil.copyfile(recipe, folder / kind / recipe.name)
                subprocess.run(
                    [python, "-m", "hubmap", "-C", str(folder), "build"],
                    env={**os.environ, "PYTHONPATH": str(ROOT), **surrounding},
                    stdout=subprocess.DEVNULL, check=True,
                )  # fmt: skip
                made = products(folder)
                first = first or made
                odd = sorted(n for n in {*made, *first} if made.get(n) != first.get(n))
                differ += len(odd)
                print(f"Python {version}, surroundings {number + 1}: {len(made)} files, "
                      f"{len(odd)} differ from the first {', '.join(odd)}", flush=True)  # fmt: skip
                shutil.rmtree(folder)
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
