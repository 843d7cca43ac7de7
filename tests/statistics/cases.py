"""The cases with known answers that lie in a folder beside the checkout."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SHARED = Path(os.environ.get("HUBMAP_SHARED", Path(__file__).parents[3] / "shared"))
FOLDER = SHARED / "validation"


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


# Strauss (1975), Ripley (1977): 62 redwood seedlings, in hundredths of a unit square.
_REDWOOD = """
36,-8 44,-10 48,-8 48,-14 50,-10 76,-14 78,-12 78,-16 84,-8 86,-18 90,-8 90,-10 90,-16 90,-20
18,-40 18,-38 20,-42 60,-34 62,-34 64,-36 64,-28 68,-32 68,-24 70,-28 72,-26 10,-58 12,-58
12,-62 14,-58 18,-56 18,-54 20,-52 20,-50 22,-46 24,-48 52,-58 50,-60 58,-58 94,-52 96,-54
22,-80 22,-84 26,-70 44,-76 48,-78 50,-76 90,-76 90,-78 48,-68 52,-66 56,-64 100,-84 44,-82
48,-82 34,-84 38,-84 26,-86 40,-86 28,-86 74,-90 86,-90 96,-96
"""


def redwood_points() -> tuple[np.ndarray, np.ndarray]:
    """The redwood seedlings in the square from (0, -1) to (1, 0)."""
    pairs = [place.split(",") for place in _REDWOOD.split()]
    x, y = np.array(pairs, dtype=float).T / 100
    return x, y
