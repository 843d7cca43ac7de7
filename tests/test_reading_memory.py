"""A file larger than what is kept of it is read in batches, never as a whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="the peak of memory is told by POSIX only")

MEASURE = """
import json, resource, sys
from pathlib import Path
from hubmap.geodata.manner import Manner
from hubmap.geodata.read import read_rows

def peak():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6

folder, small, large = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
wanted = {"id", "lon", "lat"}
read_rows(folder, small, Manner(), wanted)
before = peak()
rows = read_rows(folder, large, Manner(), wanted)
print(json.dumps([len(rows.lines), len(rows.columns), peak() - before]))
"""


def write(path: Path, rows: int, quoted: bool) -> None:
    """Rows of some 1.3 kB, in three columns that are wanted and ten that are not."""
    rest = ",".join(["x" * 120] * 10)
    note = '"two\nlines"' if quoted else "one line"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("id,lon,lat,note," + ",".join(f"c{n}" for n in range(10)) + "\n")
        for number in range(rows):
            file.write(f"{number},120.1,30.2,{note},{rest}\n")


@pytest.mark.parametrize("quoted", [False, True], ids=["by the block", "row by row"])
def test_memory_stays_far_below_the_file(tmp_path: Path, quoted: bool) -> None:
    count = 60_000
    write(tmp_path / "small.csv", 4_000, quoted)
    write(tmp_path / "large.csv", count, quoted)
    size = (tmp_path / "large.csv").stat().st_size / 1e6
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path), "small.csv", "large.csv"],
        check=True, capture_output=True, text=True, env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    rows, columns, more = json.loads(done.stdout)
    assert (rows, columns) == (count, 14)
    assert more < size, f"{size:.0f} MB of CSV took {more:.0f} MB more"
