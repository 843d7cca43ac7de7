"""The cases with known answers that lie in a folder beside the checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "validation"


def _path(name: str) -> Path:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"the validation case {name} is not beside this checkout (shared/validation)")
    return path


def expected(name: str) -> Any:
    """The numbers of one case, from an independent program or a printed source."""
    return json.loads(_path(f"expected/{name}.json").read_text(encoding="utf-8"))


def columns(name: str) -> dict[str, np.ndarray]:
    """The input of one case by column."""
    table = np.genfromtxt(
        _path(f"data/{name}.csv"), delimiter=",", names=True, dtype=None, encoding="utf-8"
    )
    return {column: table[column] for column in table.dtype.names}


def columbus_crime() -> np.ndarray:
    """The variable CRIME of the 49 neighbourhoods of Columbus, Ohio."""
    features = json.loads(_path("data/columbus.geojson").read_text(encoding="utf-8"))["features"]
    return np.array([feature["properties"]["CRIME"] for feature in features])
