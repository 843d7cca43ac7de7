"""How tables and shapes travel into the page: typed columns, delta-coded numbers, dictionaries.

One function in (:func:`encode_table`), one out (``hubmap.columns.table`` in the page's script);
a denser transport later changes these two and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    import pandas as pd

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
POINT_STEP = 1e-5
"""Degrees; about a metre."""
PATH_STEP = 1e-4
"""Degrees; about eleven metres, a fifth of what the outlines were simplified by."""


def varints(values: Iterable[int]) -> str:
    """Whole numbers as text: five bits a character, low bits first, sign in the lowest bit."""
    out: list[str] = []
    for value in values:
        rest = value << 1 if value >= 0 else (-value << 1) - 1
        while rest >= 32:
            out.append(ALPHABET[32 | (rest & 31)])
            rest >>= 5
        out.append(ALPHABET[rest])
    return "".join(out)


def deltas(values: np.ndarray[Any, Any]) -> list[int]:
    """Each number's difference from the one before it."""
    return [int(v) for v in np.diff(values, prepend=0)]


def encode_text(values: Sequence[str | None]) -> dict[str, Any]:
    """Strings: as they are where nearly all differ, else a dictionary and places in it."""
    distinct = sorted({v for v in values if v is not None})
    if len(distinct) > 0.6 * len(values):
        return {"t": "text", "v": list(values)}
    place = {v: i + 1 for i, v in enumerate(distinct)}
    return {
        "t": "dict",
        "v": distinct,
        "i": varints(place[v] if v is not None else 0 for v in values),
    }


def encode_numbers(values: Sequence[float | None], digits: int = 6) -> dict[str, Any]:
    """Numbers that may be missing; whole ones are delta-coded."""
    known = [v for v in values if v is not None]
    if known and all(float(v).is_integer() and abs(v) < 2**50 for v in known):
        filled, last = [], 0
        for value in values:
            last = last if value is None else int(value)
            filled.append(last)
        missing = [i for i, v in enumerate(values) if v is None]
        coded: dict[str, Any] = {"t": "int", "d": varints(deltas(np.asarray(filled)))}
        if missing:
            coded["m"] = varints(deltas(np.asarray(missing)))
        return coded
    return {"t": "num", "v": [None if v is None else _short(v, digits) for v in values]}


def _short(value: float, digits: int) -> float | int:
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() else short


def encode_degrees(values: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Longitudes or latitudes of points."""
    steps = np.rint(np.asarray(values, dtype=float) / POINT_STEP).astype(np.int64)
    return {"t": "deg", "d": varints(deltas(steps)), "s": POINT_STEP}


def encode_column(series: pd.Series[Any]) -> dict[str, Any]:
    """One column by its type; whatever is neither number nor truth value travels as text."""
    import pandas as pd

    missing = series.isna().to_numpy()
    if pd.api.types.is_bool_dtype(series.dtype):
        return {
            "t": "bool",
            "i": varints(0 if m else 1 + int(v) for v, m in zip(series, missing, strict=True)),
        }
    if pd.api.types.is_numeric_dtype(series.dtype):
        cleaned = [
            None if m or not np.isfinite(float(v)) else float(v)
            for v, m in zip(series, missing, strict=True)
        ]
        return encode_numbers(cleaned)
    return encode_text([None if m else str(v) for v, m in zip(series, missing, strict=True)])


def encode_table(frame: pd.DataFrame, **extra: dict[str, Any]) -> dict[str, Any]:
    """A table without its geometry.

    Parameters
    ----------
    frame
        Any frame; the geometry column, where there is one, is left out.
    **extra
        Columns that are coded already.

    Returns
    -------
    dict
        ``n`` rows and ``columns`` by name.
    """
    plain = frame.drop(columns=["geometry"], errors="ignore")
    columns = {str(name): encode_column(plain[name]) for name in plain.columns}
    return {"n": len(plain), "columns": columns | extra}


def encode_paths(geometries: gpd.GeoSeries) -> dict[str, Any]:
    """Polygons or lines: for each, how many rings and, a ring, how many corners and the steps.

    Neighbours that share an edge share it still: every corner is rounded by itself, to the same
    lattice. Rings that fall together to less than a triangle are left out.
    """
    numbers: list[int] = []
    x, y = 0, 0
    for geometry in geometries:
        paths = []
        for corners, closed in _rings(geometry):
            steps = np.rint(corners / PATH_STEP).astype(np.int64)
            keep = np.ones(len(steps), dtype=bool)
            keep[1:] = (np.diff(steps, axis=0) != 0).any(axis=1)
            steps = steps[keep]
            if closed and len(steps) > 1 and (steps[0] == steps[-1]).all():
                steps = steps[:-1]
            if len(steps) >= (3 if closed else 2):
                paths.append(steps)
        numbers.append(len(paths))
        for steps in paths:
            numbers.append(len(steps))
            for step_x, step_y in steps.tolist():
                numbers += (step_x - x, step_y - y)
                x, y = step_x, step_y
    return {"n": len(geometries), "s": PATH_STEP, "d": varints(numbers)}


def _rings(geometry: Any) -> list[tuple[np.ndarray[Any, Any], bool]]:
    if geometry is None or geometry.is_empty:
        return []
    if hasattr(geometry, "geoms"):
        return [ring for part in geometry.geoms for ring in _rings(part)]
    if geometry.geom_type == "Polygon":
        rings = [geometry.exterior, *geometry.interiors]
        return [(np.asarray(ring.coords)[:, :2], True) for ring in rings]
    return [(np.asarray(geometry.coords)[:, :2], False)]
