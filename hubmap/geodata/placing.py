"""Where each row lies: its own point, or the region that it states."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from hubmap.geodata.located import Located, locate
from hubmap.geodata.read.batch import encoded
from hubmap.geodata.stated import RegionNames
from hubmap.geodesy import equivalent_radius_m, plane_of, to_wgs84

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from hubmap.geodata.cells import Cells
    from hubmap.tables import Regions

# Reading BD-09 as WGS-84 moves a point by at most this much at the hubs.
UNKNOWN_DATUM_M = 1400.0
UNSHIFTED = ("81", "82")
"""First digits of the codes of Hong Kong and Macao."""


@dataclass
class Placed:
    """Where the rows lie, aligned with them.

    Attributes
    ----------
    points
        shapely points (EPSG:4326), or None for a faulty row.
    x, y
        The same points, NaN where the row has no coordinates of its own and no answer.
    lon, lat
        As they stand in the file, NaN where there is none; the pair may have been exchanged.
    code
        The region each row states, "" for none.
    away_m
        How far outside that region's outline the point lies; 0 inside, NaN where nothing is stated.
    text
        What the rows' texts say, where the recipe places by text.
    """

    points: NDArray[np.object_]
    own: NDArray[np.bool_]
    region: pd.Series[str]
    city: pd.Series[str]
    code: pd.Series[str]
    precision_m: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    away_m: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    warnings: list[str]
    text: Located | None = None

    @property
    def point(self) -> NDArray[np.bool_]:
        """Rows with a point: coordinates of their own, or a geocoding service's answer."""
        return self.own if self.text is None else self.own | self.text.answered


def place(cells: Cells, regions: Regions) -> Placed:
    """Place a source's rows; what cannot be placed is a fault."""
    source, columns, faults = cells.source, cells.columns, cells.faults
    warnings: list[str] = []
    by_text = source.place == "text"
    if not by_text:
        region, city = _stated(cells, regions)
    if source.place == "region":
        lon = lat = pd.Series(np.nan, index=cells.table.index)
    else:
        lon = cells.number(columns.lon, "longitude")
        lat = cells.number(columns.lat, "latitude")
        lon, lat = _coordinates(cells, lon, lat, regions, warnings)
    half = (lon.isna() ^ lat.isna()).to_numpy()
    own = (lon.notna() & lat.notna()).to_numpy()
    text = locate(cells, regions, ~own & ~half) if by_text else None
    if text is not None:
        region, city = text.region, text.city
        # Coordinates of its own say more of a row than a service's answer.
        text.answered &= ~own & ~half
        warnings += text.warnings
    code = region.where(region != "", city)
    if source.elsewhere and not by_text and not own.all():
        said = (cells.text(columns.region) != "") | (cells.text(columns.city) != "")
        faults.add(
            "stated region is not in this workspace",
            ~own & ~half & (code == "").to_numpy() & said.to_numpy(),
            lambda row: (
                f"it states {cells.stated(row)}, which is no region of this workspace.",
                "Add the region, or leave the row out.",
            ),
        )
    faults.add(
        "no place",
        half if by_text else ~own & ((code == "").to_numpy() | half),
        lambda _: (
            "there is neither a longitude and latitude nor a region."
            if not by_text
            else "only one of longitude and latitude is there.",
            "Fill one of the two." if not by_text else "Fill both, or empty both.",
        ),
    )
    precision = _precision(cells, own)
    x, y = np.full(len(own), np.nan), np.full(len(own), np.nan)
    at = np.flatnonzero(own)
    x[at], y[at] = to_wgs84(
        lon.to_numpy()[at],
        lat.to_numpy()[at],
        source.datum,
        unshifted=None if source.shifts_hk_macao() else _unshifted(regions),
    )
    if source.datum == "unknown":
        precision = precision + UNKNOWN_DATUM_M
    if source.city_centres:
        precision = np.fmax(precision, _city_radius(x, y, regions))
    if text is not None:
        for values, name in ((x, "lon"), (y, "lat"), (precision, "precision_m")):
            values[text.answered] = text.table[name].to_numpy()[text.answered]
    placed = Placed(
        np.full(len(own), None, dtype=object), own, region, city, code, precision,
        np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64),
        np.full(len(own), np.nan), x, y, warnings, text,
    )  # fmt: skip
    placed.away_m = _away(x, y, code, regions, placed.point & ~faults.bad)
    _outside(cells, placed.away_m, precision, code, regions, warnings)
    return _located(placed, regions, faults.bad)


def _located(placed: Placed, regions: Regions, bad: NDArray[np.bool_]) -> Placed:
    """The points: own ones and answers, and a point inside the stated region for the others."""
    good = placed.point & ~bad
    placed.points[good] = shapely.points(placed.x[good], placed.y[good])
    here = placed.code.isin(regions.index).to_numpy()
    if placed.text is not None:
        # Places that the workspace does not have, and provinces: where the gazetteer knows them.
        known = np.flatnonzero(~placed.point & ~bad & ~here)
        table = placed.text.table
        lon, lat, precision = (table[n].to_numpy()[known] for n in ("lon", "lat", "precision_m"))
        placed.points[known] = shapely.points(lon, lat)
        placed.precision_m[known] = precision
    stated = np.flatnonzero(~placed.point & ~bad & here)
    if len(stated):
        code = placed.code.to_numpy(dtype=object)[stated]
        used = regions.loc[sorted(set(code))]
        middle = dict(zip(used.index, shapely.point_on_surface(used.geometry), strict=True))
        area = used["area_km2"].fillna(used["polygon_km2"])
        radius = {key: equivalent_radius_m(value) for key, value in area.items()}
        placed.points[stated] = [middle[one] for one in code]
        placed.precision_m[stated] = [radius[one] for one in code]
    return placed


def _stated(cells: Cells, regions: Regions) -> tuple[pd.Series[str], pd.Series[str]]:
    """Codes of the district and city that each row states."""
    source, columns = cells.source, cells.columns
    names = RegionNames(regions)
    city_cells, cells_ = cells.text(columns.city), cells.text(columns.region)
    city, lost_city = names.cities(city_cells)
    region, lost = names.districts(cells_, city)
    # A district of a city elsewhere is not the one of the same name here.
    foreign = lost_city & ~cells_.isin(regions.index).to_numpy()
    region = region.mask(foreign, "")
    lost = lost | (foreign & (cells_ != "").to_numpy())
    if source.elsewhere:
        return region, city
    for column, stated, wrong in (
        (columns.region, cells_, lost & ~lost_city),
        (columns.city, city_cells, lost_city),
    ):
        cells.faults.add(
            f"`{column}` is no region of this workspace",
            wrong,
            lambda row, column=column, stated=stated: (  # type: ignore[misc]
                f"`{column}` is {stated.iloc[row]!r}, which is no region of this workspace.",
                _nearest_code(stated.iloc[row], regions),
            ),
        )
    return region, city


def _coordinates(
    cells: Cells,
    lon: pd.Series[float],
    lat: pd.Series[float],
    regions: Regions,
    warnings: list[str],
) -> tuple[pd.Series[float], pd.Series[float]]:
    """The coordinates, mended where the recipe asks for it; the impossible ones are faults."""
    west, south, east, north = regions.total_bounds
    faults, limits = cells.faults, cells.source.limits

    def inside(x: pd.Series[float], y: pd.Series[float]) -> pd.Series[bool]:
        return x.between(west, east) & y.between(south, north)

    swapped = inside(lat, lon) & ~inside(lon, lat)
    if "swapped" in cells.source.fix and swapped.any():
        lon, lat = lon.where(~swapped, lat), lat.where(~swapped, lon)
        warnings.append(f"{int(swapped.sum())} rows had longitude and latitude swapped: exchanged")
        swapped &= False
    faults.add(
        "longitude and latitude look swapped",
        swapped,
        lambda row: (
            f"longitude {lon.iloc[row]:g} and latitude {lat.iloc[row]:g} look swapped.",
            'Exchange the two columns in the recipe, mend the row, or say fix = ["swapped"].',
        ),
    )
    for values, limit, what in ((lon, 180, "longitude"), (lat, 90, "latitude")):
        faults.add(
            f"{what} beyond ±{limit}",
            (values.abs() > limit) & ~swapped,
            lambda row, values=values, limit=limit, what=what: (  # type: ignore[misc]
                f"{what} is {values.iloc[row]:g}, beyond ±{limit}.",
                "Write decimal degrees.",
            ),
        )
    near = limits.null_island_m / 111_000
    island = (lon.abs() <= near) & (lat.abs() <= near)
    faults.add(
        "null island",
        island & (limits.null_island_m > 0),
        lambda _: (
            "its coordinates are 0, 0, which stand for a missing place.",
            "Leave them empty, or set limits.null_island_m = 0.",
        ),
    )
    faults.add(
        "longitude equals latitude",
        (lon == lat) & ~island,
        lambda row: (
            f"longitude and latitude are both {lon.iloc[row]:g}.",
            "One of them was copied: mend the row.",
        ),
    )
    return lon, lat


def _precision(cells: Cells, own: NDArray[np.bool_]) -> NDArray[np.float64]:
    source, columns, faults = cells.source, cells.columns, cells.faults
    precision = cells.number(columns.precision_m, "length in metres")
    wrong = (precision <= 0).to_numpy()
    faults.add(
        "precision is not positive",
        wrong,
        lambda row: (f"`{columns.precision_m}` is {precision.iloc[row]:g}.", "Write metres."),
    )
    if source.precision_m is not None:
        precision = precision.fillna(source.precision_m)
    faults.add(
        "precision is not stated",
        own & precision.isna().to_numpy() & ~wrong,
        lambda _: (
            "its precision is not stated.",
            "Name the column under [columns] precision_m, or set precision_m for the source.",
        ),
    )
    return np.array(precision, dtype=np.float64)


def _unshifted(regions: Regions) -> BaseGeometry | None:
    """The outline of Hong Kong and Macao, where the workspace has them."""
    codes = [str(code) for code in regions.index]
    there = [len(code) == 6 and code.startswith(UNSHIFTED) for code in codes]
    leaves = regions[np.array(there, dtype=bool) & regions["leaf"].to_numpy(dtype=bool)]
    return shapely.union_all(leaves.geometry.to_numpy()) if len(leaves) else None


def _city_radius(
    x: NDArray[np.float64], y: NDArray[np.float64], regions: Regions
) -> NDArray[np.float64]:
    """Equivalent radius of the city around each point; NaN outside all of them."""
    cities = regions[regions["level"] == "city"]
    area = cities["area_km2"].fillna(cities["polygon_km2"])
    radius = np.full(len(x), np.nan)
    for shape, km2 in zip(cities.geometry, area, strict=True):
        shapely.prepare(shape)
        radius[shapely.contains_xy(shape, x, y)] = equivalent_radius_m(km2)
    return radius


def _away(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    code: pd.Series[str],
    regions: Regions,
    which: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Metres from each point to the region that its row states; 0 inside."""
    away = np.full(len(x), np.nan)
    number, unique = encoded(code)
    if not which.any() or not any(unique):
        return away
    to_plane = None
    for at, one in enumerate(unique):
        if one not in regions.index:
            continue
        rows = np.flatnonzero((number == at) & which)
        shape = regions.geometry[one]
        shapely.prepare(shape)
        inside = shapely.contains_xy(shape, x[rows], y[rows])
        away[rows] = 0.0
        lost = rows[~inside]
        if len(lost):
            import geopandas as gpd

            if to_plane is None:
                to_plane = plane_of(shapely.box(*regions.total_bounds))
            flat = gpd.GeoSeries([shape], crs=regions.crs).to_crs(to_plane).iloc[0]
            shapely.prepare(flat)
            points = gpd.GeoSeries(shapely.points(x[lost], y[lost]), crs=regions.crs)
            away[lost] = shapely.distance(points.to_crs(to_plane).to_numpy(), flat)
    return away


def _outside(
    cells: Cells,
    away: NDArray[np.float64],
    precision: NDArray[np.float64],
    code: pd.Series[str],
    regions: Regions,
    warnings: list[str],
) -> None:
    """Warn of points outside the region they state, or reject those that are too far off."""
    limits = cells.source.limits
    beyond = away - np.nan_to_num(precision)
    names = regions["name"]
    if limits.reject_outside_m is not None:
        cells.faults.add(
            "outside the stated region",
            beyond > limits.reject_outside_m,
            lambda row: (
                f"its point lies {away[row] / 1000:.1f} km outside {code.iloc[row]} "
                f"({names[code.iloc[row]]}), which it states.",
                "Mend the point or the region.",
            ),
        )
    odd = np.flatnonzero((beyond > limits.outside_m) & ~cells.faults.bad)
    if len(odd):
        worst = odd[np.argmax(away[odd])]
        warnings.append(
            f"{len(odd)} points lie more than {limits.outside_m:g} m and their precision outside "
            f"the region that their row states; the farthest, {cells.rows.unit} "
            f"{cells.rows.lines[worst]}, {away[worst] / 1000:.1f} km from {code.iloc[worst]} "
            f"({names[code.iloc[worst]]})"
        )


def _nearest_code(code: str, regions: Regions) -> str:
    close = difflib.get_close_matches(code, list(regions.index), n=1)
    if close:
        return f"Did you mean {close[0]} ({regions.at[close[0], 'name']})?"
    return "Use a code or name of the regions table, or set elsewhere = true."
