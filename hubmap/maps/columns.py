"""How tables and shapes travel into the page: typed columns, delta-coded numbers, dictionaries.

Numbers become bytes here; :func:`hubmap.maps.pack.pack` puts all bytes and the JSON around them
into one compressed text, and ``hubmap.pack`` in the page's script undoes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

POINT_STEP = 1e-5
"""Degrees; about a metre."""
MANY = 5000
"""From so many rows on, whole numbers of few values travel as places in a list of them."""
PATH_STEP = 1e-4
"""Degrees; about eleven metres, a fifth of what the outlines were simplified by."""


def varints(values: Any, *, signed: bool = True) -> bytes:
    """Whole numbers as bytes: seven bits each, low bits first; the sign is the lowest bit."""
    numbers = np.asarray(values, dtype=np.int64)
    if signed:
        numbers = (numbers << 1) ^ (numbers >> 63)
    rest: Any = numbers.view(np.uint64)
    most = int(rest.max(initial=0))
    if most < 1 << 32:
        rest = rest.astype(np.uint32)
    places = max(1, -(-most.bit_length() // 7))
    # A row of bytes a number; those beyond its last go, what is left is read row by row.
    parts = np.empty((len(rest), places), dtype=np.uint8)
    needed = np.empty((len(rest), places), dtype=bool)
    for place in range(places):
        after = rest >> rest.dtype.type(7)
        more = after != 0
        parts[:, place] = (rest & rest.dtype.type(127)) | (more.view(np.uint8) << 7)
        needed[:, place] = True if place == 0 else rest != 0
        rest = after
    return parts[needed].tobytes()


def deltas(values: Any) -> np.ndarray[Any, Any]:
    """Each number's difference from the one before it."""
    return np.diff(np.asarray(values, dtype=np.int64), prepend=0)


def encode_text(values: Any, order: np.ndarray[Any, Any] | None = None) -> dict[str, Any]:
    """Strings: as they are where nearly all differ, else a dictionary and places in it.

    Parameters
    ----------
    values
        The strings; what is missing is ``None`` or pandas' own mark.
    order
        The rows' order in the page, where it is another.
    """
    import pandas as pd

    if not isinstance(values, pd.Series):
        values = pd.Series(values, dtype=object)
    coded: tuple[Any, Any] = pd.factorize(values)
    codes, words = coded[0], [str(word) for word in coded[1]]
    if order is not None:
        codes = codes[order]
    if len(words) > 0.6 * len(values):
        return {"t": "text", "v": [words[code] if code >= 0 else None for code in codes.tolist()]}
    # The commonest first: their places take one byte.
    counts = np.bincount(codes[codes >= 0], minlength=len(words)).tolist()
    ranked = sorted(range(len(words)), key=lambda i: (-counts[i], words[i]))
    place = np.zeros(len(words) + 1, dtype=np.int64)
    place[ranked] = np.arange(1, len(words) + 1)
    # The place behind the last is that of none.
    return {"t": "dict", "v": [words[i] for i in ranked]} | places(place[codes])


def places(values: Any) -> dict[str, Any]:
    """Places in a list: one byte each, or low and high bytes apart, which deflate better."""
    numbers = np.asarray(values, dtype=np.int64)
    if numbers.max(initial=0) < 1 << 7 or numbers.max() >= 1 << 16:
        return {"i": varints(numbers, signed=False)}
    low, high = (numbers & 255).astype(np.uint8), (numbers >> 8).astype(np.uint8)
    return {"l": low.tobytes(), "h": high.tobytes()}


def encode_numbers(values: Any, digits: int = 6) -> dict[str, Any]:
    """Numbers that may be missing; whole ones are delta-coded."""
    if not isinstance(values, np.ndarray):
        values = [np.nan if v is None else v for v in values]
    numbers = np.asarray(values, dtype=float)
    missing = ~np.isfinite(numbers)
    known = numbers[~missing]
    if len(known) and (known == np.rint(known)).all() and (np.abs(known) < 2**50).all():
        # A gap repeats the number before it, which costs nothing.
        distinct = _few(known) if len(numbers) > MANY else None
        if distinct is not None:
            index = np.where(missing, 0, 1 + np.searchsorted(distinct, numbers))
            return {"t": "dict", "v": [int(v) for v in distinct]} | places(index)
        last = np.maximum.accumulate(np.where(missing, -1, np.arange(len(numbers))))
        filled = np.where(last >= 0, numbers[last], 0.0)
        coded: dict[str, Any] = {"t": "int", "d": varints(deltas(filled))}
        if missing.any():
            coded["m"] = varints(deltas(np.flatnonzero(missing)))
        return coded
    shown = zip(numbers.tolist(), missing.tolist(), strict=True)
    return {"t": "num", "v": [None if m else _short(v, digits) for v, m in shown]}


def _few(known: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """The distinct whole numbers, sorted, where places in a list of them take a byte."""
    # Some rows tell of most columns that there are more; the rest need no sorting then.
    if len(np.unique(known[:MANY])) >= 1 << 7:
        return None
    distinct = np.unique(known)
    return distinct if len(distinct) < 1 << 7 else None


def _short(value: float, digits: int) -> float | int:
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() else short


def encode_degrees(values: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Longitudes or latitudes of points."""
    steps = np.rint(np.asarray(values, dtype=float) / POINT_STEP).astype(np.int64)
    return {"t": "deg", "d": varints(deltas(steps)), "s": POINT_STEP}


def encode_column(
    series: pd.Series[Any], order: np.ndarray[Any, Any] | None = None
) -> dict[str, Any]:
    """One column by its type; whatever is neither number nor truth value travels as text."""
    import pandas as pd

    rows = slice(None) if order is None else order
    if pd.api.types.is_bool_dtype(series.dtype):
        missing = series.isna().to_numpy()
        known = series.fillna(False).to_numpy(dtype=bool)
        return {"t": "bool", "i": varints(np.where(missing, 0, 1 + known)[rows], signed=False)}
    if pd.api.types.is_numeric_dtype(series.dtype):
        if not isinstance(series.dtype, np.dtype):
            series = series.astype("Float64")
        numbers = series.to_numpy(dtype=float, na_value=np.nan)
        return encode_numbers(numbers[rows])
    if not isinstance(series.dtype, pd.StringDtype):
        series = series.where(series.notna(), None).map(str, na_action="ignore")
    return encode_text(series, order)


def encode_table(
    frame: pd.DataFrame, order: np.ndarray[Any, Any] | None = None, **extra: dict[str, Any]
) -> dict[str, Any]:
    """A table without its geometry.

    Parameters
    ----------
    frame
        Any frame; the geometry column, where there is one, is left out.
    order
        The rows' order in the page, where it is another: codes are quicker to sort than words.
    **extra
        Columns that are coded already.

    Returns
    -------
    dict
        ``n`` rows and ``columns`` by name.
    """
    plain = frame.drop(columns=["geometry"], errors="ignore")
    columns = {str(name): encode_column(plain[name], order) for name in plain.columns}
    return {"n": len(plain), "columns": columns | extra}


def encode_paths(geometries: gpd.GeoSeries) -> dict[str, Any]:
    """Polygons or lines: for each, how many rings and, a ring, how many corners and the steps.

    Neighbours that share an edge share it still: every corner is rounded by itself, to the same
    lattice. Rings that fall together to less than a triangle are left out.
    """
    counts: list[int] = []
    corners_x: list[np.ndarray[Any, Any]] = []
    corners_y: list[np.ndarray[Any, Any]] = []
    for geometry in geometries:
        paths = []
        for corners, closed in _rings(geometry):
            steps = _stepped(corners, closed)
            if len(steps) >= (3 if closed else 2):
                paths.append(steps)
        counts += (len(paths), *map(len, paths))
        corners_x += [steps[:, 0] for steps in paths]
        corners_y += [steps[:, 1] for steps in paths]
    nothing = [np.zeros(0, dtype=np.int64)]
    return {
        "n": len(geometries),
        "s": PATH_STEP,
        "c": varints(counts, signed=False),
        "x": varints(deltas(np.concatenate(corners_x or nothing))),
        "y": varints(deltas(np.concatenate(corners_y or nothing))),
    }


def steps_of(geometry: Any) -> list[np.ndarray[Any, Any]]:
    """A geometry's paths in whole steps of the lattice, a closed one without its last corner."""
    return [_stepped(corners, closed) for corners, closed in _rings(geometry)]


def _stepped(corners: np.ndarray[Any, Any], closed: bool) -> np.ndarray[Any, Any]:
    steps = np.rint(corners / PATH_STEP).astype(np.int64)
    keep = np.ones(len(steps), dtype=bool)
    keep[1:] = (np.diff(steps, axis=0) != 0).any(axis=1)
    steps = steps[keep]
    if closed and len(steps) > 1 and (steps[0] == steps[-1]).all():
        steps = steps[:-1]
    return steps


def morton(lon: np.ndarray[Any, Any], lat: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The order of points along a Morton curve: near ones follow each other, steps are short.

    The curve runs over the lattice of :data:`POINT_STEP` from the points' own south-west corner,
    so that each square of ``2 ** s`` steps is one run of rows; the page makes its clusters of them.
    """

    def spread(values: np.ndarray[Any, Any]) -> Any:
        steps = np.rint(np.asarray(values, dtype=float) / POINT_STEP).astype(np.int64)
        bits = (steps - steps.min(initial=np.iinfo(np.int64).max)).astype(np.uint64)
        for shift, mask in (
            (16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F),
            (2, 0x3333333333333333), (1, 0x5555555555555555),
        ):  # fmt: skip
            bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
        return bits

    code: np.ndarray[Any, Any] = spread(lon) | (spread(lat) << np.uint64(1))
    bits = np.uint64(len(code).bit_length())
    if int(code.max(initial=0)).bit_length() + int(bits) > 64:
        return np.argsort(code, kind="stable")
    # With its row in the low bits each code is unlike all others, and numbers sort quicker alone.
    keyed = np.sort((code << bits) | np.arange(len(code), dtype=np.uint64))
    return (keyed & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.intp)


def _rings(geometry: Any) -> list[tuple[np.ndarray[Any, Any], bool]]:
    if geometry is None or geometry.is_empty:
        return []
    if hasattr(geometry, "geoms"):
        return [ring for part in geometry.geoms for ring in _rings(part)]
    if geometry.geom_type == "Polygon":
        rings = [geometry.exterior, *geometry.interiors]
        return [(np.asarray(ring.coords)[:, :2], True) for ring in rings]
    return [(np.asarray(geometry.coords)[:, :2], False)]
