"""Other colours for entities than their kind's: by sector, precision or founding year.

The palettes keep apart for readers with any of the common colour-vision deficiencies; shapes go on
to tell the kinds, and each class is named in the legend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

SECTORS = ("#0f7cec", "#bd6400", "#8c35ad", "#990000", "#035757", "#130084", "#4b0635")
OTHER = "#6f767d"
"""What is none of the commonest, or not known."""
ORDERED = ("#250759", "#004e6c", "#2b742b", "#b77610")
"""From dark to light, hue by hue: the order is seen without the hues."""
PRECISION_M = (300, 1000, 1500)


def tints(table: pd.DataFrame, kinds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Classes and colours of the entities that are drawn as single marks.

    Parameters
    ----------
    table
        The entities.
    kinds
        Their kinds; those drawn as bubbles keep their own colour.

    Returns
    -------
    dict
        ``category``: the commonest of each kind with their colours; ``precision``: upper bounds
        in metres; ``founded``: the first years of all classes but the oldest.
    """
    single = [k["id"] for k in kinds if k["shape"] != "bubble"]
    alone = table["kind"].isin(single).to_numpy()
    found: dict[str, Any] = {"other": OTHER}
    if "category" in table and table["category"].notna().to_numpy()[alone].any():
        found["category"] = {
            kind: dict(
                zip(_commonest(table["category"][table["kind"] == kind]), SECTORS, strict=False)
            )
            for kind in single
        }
    if table["precision_m"].notna().to_numpy()[alone].any():
        found["precision"] = {"breaks": list(PRECISION_M), "colours": list(ORDERED)}
    founded = table["founded"][alone].dropna() if "founded" in table else pd.Series(dtype=float)
    years = _years(founded.to_numpy(dtype=float))
    if years:
        # The youngest are darkest: they are what a reader looks for.
        found["founded"] = {"breaks": years, "colours": list(ORDERED[: len(years) + 1][::-1])}
    return found


def _commonest(categories: pd.Series[Any]) -> list[str]:
    counts = categories.dropna().astype(str).value_counts()
    order = sorted(counts.index, key=lambda c: (-counts[c], c))
    return order[: len(SECTORS)]


def _years(founded: np.ndarray[Any, Any]) -> list[int]:
    """Quartiles rounded to five years."""
    if founded.size < 8:
        return []
    quartiles = np.quantile(founded, [0.25, 0.5, 0.75])
    return sorted({int(5 * round(float(q) / 5)) for q in quartiles})
