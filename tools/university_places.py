"""Decide where a campus lies, and on what that rests, for compile_universities.py."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from shapely import Point, union_all
from shapely.geometry import shape

from hubmap.geodesy import bd09_to_wgs84, distance_m, equivalent_radius_m, gcj02_to_wgs84

ROOT = Path(__file__).resolve().parent.parent
HAND = Path(__file__).resolve().parent / "universities"

SECOND_SOURCE_M = 500.0
# Closer than this the two files repeat one origin: where the JSON's GCJ-02 points fall near a
# Baidu point, eight lie 0.5 to 5.6 m from it, none between 6 and 12 m, and the rest spread out.
COMMON_ORIGIN_M = 10.0
TWICE_CONFIRMED_M, HAND_CHECKED_M = 300, 1000


@dataclass(frozen=True)
class Candidate:
    """One published point, in WGS-84, and the file it comes from."""

    origin: str  # "baidu", "baidu_15d579b", "json_gcj02", "json_wgs84" or "hand"
    campus: str
    lon: float
    lat: float
    stated: str  # the district as the file names it; empty where it names none
    raw: tuple[float, float] = (0.0, 0.0)  # as written in the file, before any conversion


class Places:
    """The outlines of the leaves, and their names and areas."""

    def __init__(self) -> None:
        text = (ROOT / "geodata" / "regions.geojson").read_text(encoding="utf-8")
        self.outlines = {
            feature["properties"]["code"]: shape(feature["geometry"])
            for feature in json.loads(text)["features"]
        }
        regions = pd.read_csv(ROOT / "geodata" / "regions.csv", dtype=str).fillna("")
        self.names = dict(zip(regions["code"], regions["name_zh"], strict=True))
        self.levels = dict(zip(regions["code"], regions["level"], strict=True))
        # Dongguan and Zhongshan are cities and leaves at once
        self.cities = {
            row["code"]: row["parent"] or row["code"] for row in regions.to_dict("records")
        }
        self.areas = {
            code: float(area)
            for code, area in zip(regions["code"], regions["area_km2"], strict=True)
            if area
        }

    def contains(self, code: str, lon: float, lat: float) -> bool:
        """Whether the point lies inside the outline."""
        return bool(self.outlines[code].contains(Point(lon, lat)))

    def agrees(self, code: str, candidate: Candidate) -> bool:
        """Whether the point lies in the district and its own file does not say otherwise."""
        silent = not candidate.stated or self.levels[code] == "city"
        return (silent or candidate.stated == self.names[code]) and self.contains(
            code, candidate.lon, candidate.lat
        )

    def middle(self, code: str) -> tuple[float, float]:
        """Return a point inside the district or city, for rows of which no more is known."""
        leaves = [o for leaf, o in self.outlines.items() if code in (leaf, self.cities[leaf])]
        point = union_all(leaves).representative_point()
        return float(point.x), float(point.y)

    def radius_m(self, code: str) -> int:
        """Return the precision of a row of which only the district or city is known."""
        return int(equivalent_radius_m(self.areas[code]))


def read_hand(name: str) -> list[dict[str, str]]:
    with (HAND / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def plain(name: str) -> str:
    """Fold what the files write differently: brackets, and a leading article."""
    return name.replace("（", "(").replace("）", ")").strip().removeprefix("The ")


def read_baidu(folder: Path) -> pd.DataFrame:
    """Read the Baidu points; those of another commit of their file come first.

    In the folder's commit (2b95dae) many points lie far from the district that they state, and
    the other (15d579b, noted in a hand table for the hubs' rows) has the same places right.
    """
    table = pd.read_csv(folder / "baidu_poi_bd09.csv", dtype=str).fillna("")
    table = table[table["lng_bd09"] != ""].assign(origin="baidu")
    other = pd.read_csv(HAND / "baidu_15d579b.csv", dtype=str).assign(origin="baidu_15d579b")
    table = pd.concat([other, table[~table["name"].isin(other["name"])]], ignore_index=True)
    table["lon"], table["lat"] = bd09_to_wgs84(
        table["lng_bd09"].astype(float).to_numpy(), table["lat_bd09"].astype(float).to_numpy()
    )
    table["name"] = table["name"].map(plain)
    # "中山大学(广州校区南校园)" is the institution and its campus
    table["stem"] = table["name"].str.replace(r"\(.*$", "", regex=True)
    table["campus"] = table["name"].str.extract(r"\((.*)\)", expand=False).fillna("")
    return table


def candidates(
    names: list[str], baidu: pd.DataFrame, campuses: dict[str, list[dict[str, Any]]]
) -> list[Candidate]:
    """Return the published points that carry one of the institution's own names."""
    found: list[Candidate] = []
    own = {plain(name) for name in names}
    hits = baidu[
        baidu["name"].isin(own)
        | baidu["stem"].isin(own)
        | baidu["stem"].str.split("-").str[0].isin(own)
    ]
    for row in hits.to_dict("records"):
        found.append(
            Candidate(row["origin"], row["campus"], row["lon"], row["lat"], row["district"])
        )
    for name in names:
        for campus in campuses.get(plain(name), []):
            lon, lat = campus.get("longitude"), campus.get("latitude")
            if lon is None or lat is None:
                continue
            label = campus.get("name") or ""
            raw = (float(lon), float(lat))
            found.append(Candidate("json_wgs84", label, *raw, "", raw))
            moved = gcj02_to_wgs84(np.array([lon]), np.array([lat]))
            place_gcj = (float(moved[0][0]), float(moved[1][0]))
            found.append(Candidate("json_gcj02", label, *place_gcj, "", raw))
    return found


def choose(
    row: dict[str, str], found: list[Candidate], places: Places
) -> tuple[Candidate | None, str]:
    """Return the point that the hand table names, and why it was not usable if so."""
    kind, district = row["point"], row["district"]
    if kind == "district":
        return None, ""
    if kind == "hand":
        point = Candidate("hand", row["campus_zh"], float(row["lon"]), float(row["lat"]), "")
        return (point, "") if places.contains(district, point.lon, point.lat) else (None, "hand")
    pool = [c for c in found if c.origin.startswith(kind) and places.agrees(district, c)]
    if kind != "baidu":
        pool = [c for c in pool if c.campus == row["campus_in_source"]]
    elif len(pool) > 1:
        pool = [c for c in pool if c.campus and c.campus == row["campus_zh"]] or pool
    return (pool[0], "") if pool else (None, kind)


def second_source_m(
    point: Candidate, found: list[Candidate], district: str, places: Places
) -> float | None:
    """Return the distance of the nearest independent published point, if there is one.

    Only a Baidu point and one of the JSON's GCJ-02 points can confirm each other. The JSON's
    WGS-84 half was converted from Baidu points, of this or another commit of that file, so a
    JSON point that fits better when read as WGS-84 is no witness.
    """
    if point.origin.startswith("baidu"):
        others = [c for c in found if c.origin == "json_gcj02"]
    elif point.origin == "json_gcj02":
        others = [c for c in found if c.origin.startswith("baidu")]
    else:
        return None
    gaps = []
    for other in others:
        baidu, json_point = sorted((point, other), key=lambda c: c.origin)
        gap = gap_m(baidu, json_point)
        twin = next(
            c
            for c in found
            if c.origin == "json_wgs84" and (c.campus, c.raw) == (json_point.campus, json_point.raw)
        )
        if (
            places.agrees(district, other)
            and COMMON_ORIGIN_M < gap <= SECOND_SOURCE_M
            and gap < gap_m(baidu, twin)
        ):
            gaps.append(gap)
    return min(gaps, default=None)


def gap_m(one: Candidate, other: Candidate) -> float:
    return float(distance_m(one.lon, one.lat, other.lon, other.lat)[0])


def place(
    row: dict[str, str], found: list[Candidate], places: Places, log: list[str]
) -> dict[str, Any]:
    """Return lon, lat, precision_m, evidence and what they rest on."""
    district = row["district"]
    point, missing = choose(row, found, places)
    key = f"{row['institution_id']}-{row['slug']}"
    if missing:
        log.append(f"{key}: {missing} point is not in {district}")
    if point is None:
        lon, lat = places.middle(district)
        kind = "district" if district in places.outlines else "city"
        precision, evidence, note = places.radius_m(district), kind, f"pos={kind}"
    else:
        lon, lat = point.lon, point.lat
        gap = second_source_m(point, found, district, places)
        if gap is not None:
            precision, evidence = TWICE_CONFIRMED_M, "second_source"
            note = f"pos={point.origin}, second within {gap:.0f} m"
        elif row["checked_by_hand"]:
            precision, evidence = HAND_CHECKED_M, "hand"
            note = f"pos={point.origin}, checked by hand ({row['checked_by_hand']})"
        else:
            precision, evidence = places.radius_m(district), "district"
            note = f"pos={point.origin}, unconfirmed"
    return {
        "lon": f"{lon:.5f}",
        "lat": f"{lat:.5f}",
        "precision_m": precision,
        "evidence": evidence,
        "place_note": note,
    }
