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


# Strauss (1975), Ripley (1977): 62 redwood seedlings, in thousandths of a unit square.
_REDWOOD = """
360,-80 440,-100 480,-80 480,-140 500,-100 760,-140 780,-120 780,-160 840,-80 860,-180 900,-80
900,-100 900,-160 900,-200 180,-400 180,-380 200,-420 600,-340 620,-340 640,-360 640,-280
680,-320 680,-240 700,-280 720,-260 100,-580 120,-580 120,-620 140,-580 180,-560 180,-540
200,-520 200,-500 220,-460 240,-480 520,-580 500,-600 580,-580 940,-520 960,-540 220,-800
220,-840 260,-700 440,-760 480,-780 500,-760 900,-760 900,-780 480,-680 520,-660 560,-640
999,-840 440,-820 480,-820 340,-840 380,-840 260,-860 400,-860 280,-860 740,-900 860,-900
960,-960
"""


def redwood_points() -> tuple[np.ndarray, np.ndarray]:
    """The redwood seedlings in the square from (0, -1) to (1, 0)."""
    pairs = [place.split(",") for place in _REDWOOD.split()]
    x, y = np.array(pairs, dtype=float).T / 1000
    return x, y
