"""docs/kernels.md: its example runs, and its table names what there is."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import numpy as np

TEXT = (Path(__file__).parents[2] / "docs/kernels.md").read_text(encoding="utf-8")


def test_the_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, "docs/kernels.md", "exec"), names)
    assert np.asarray(names["l"]).shape == (3,)
    assert 1 < float(names["effective"]) < 4  # type: ignore[arg-type]


def test_the_table_names_functions_that_say_what_they_do() -> None:
    rows = [line.split(" | ")[1] for line in TEXT.splitlines() if line.startswith("| ")][1:]
    named = [name for row in rows for name in re.findall(r"`([\w.]+)`", row)]
    assert len(named) > 50
    for name in named:
        module, _, function = name.rpartition(".")
        found = getattr(import_module(f"hubmap.statistics.{module}"), function)
        assert found.__doc__.startswith("Return "), name
