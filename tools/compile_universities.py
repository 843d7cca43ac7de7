"""Compile geodata/universities.csv from the published files and the hand tables beside this script.

Run ``python tools/compile_universities.py DATA_FOLDER``; the folder holds ``moe_2025.csv``,
``campuses_mixed_datum.json``, ``baidu_poi_bd09.csv`` and ``ror_partial.csv``. The outlines are
those of ``geodata/regions.geojson``, so that script runs first.
"""

from __future__ import annotations

import argparse
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

CITY_CODES = {
    "北京市": "110000",
    "上海市": "310000",
    "杭州市": "330100",
    "广州市": "440100",
    "深圳市": "440300",
    "珠海市": "440400",
    "佛山市": "440600",
    "江门市": "440700",
    "肇庆市": "441200",
    "惠州市": "441300",
    "东莞市": "441900",
    "中山市": "442000",
    # seats of the institutions that only have a branch campus in the hubs
    "天津市": "120000",
    "沈阳市": "210100",
    "哈尔滨市": "230100",
    "湛江市": "440800",
    "遵义市": "520300",
    "西安市": "610100",
}
LEVELS = {"本科": "undergraduate", "专科": "vocational"}
OWNERS = {"": "public", "民办": "private", "中外合作办学及内地与港澳合作办学": "joint"}
FLAGS = {"is_985": "is985", "is_211": "is211", "double_first_class": "isDoubleFirstClass"}
RANK_LIST, RANK_YEAR = "QS World University Rankings", "2025"

SECOND_SOURCE_M = 500.0
# Closer than this the two files repeat one origin.
COMMON_ORIGIN_M = 5.0
TWICE_CONFIRMED_M, HAND_CHECKED_M = 300, 1000

# fmt: off
COLUMNS = [
    "id", "institution_id", "name", "name_zh", "campus", "campus_zh", "lon", "lat", "precision_m",
    "evidence", "founded", "level", "ownership", "authority", "authority_zh", "is_985", "is_211",
    "double_first_class", "world_rank", "world_rank_list", "world_rank_year", "registered_city",
    "city", "district", "source",
]
# fmt: on


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
    the other (15d579b, noted in a hand table for the rows looked up) has the same places right.
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


def ror_by_name(folder: Path) -> dict[str, tuple[str, str]]:
    """Map a Chinese name to ROR's display name and founding year."""
    table = pd.read_csv(folder / "ror_partial.csv", dtype=str).fillna("")
    table = table[table["country"].isin(["CN", "HK", "MO"])]
    known: dict[str, tuple[str, str]] = {}
    for row in table.itertuples():
        for name in [*str(row.name_zh).split("|"), str(row.name)]:
            if name.strip():
                known.setdefault(plain(name), (str(row.name), str(row.established)[:4]))
    return known


def founded_note(year: str, listed: tuple[str, str] | None) -> str:
    if not year:
        return "founded=unknown"
    return "founded=ROR" if listed and listed[1] == year else "founded=public knowledge"


def mainland(
    folder: Path, places: Places, ror: dict[str, tuple[str, str]], log: list[str]
) -> list[dict[str, Any]]:
    moe: dict[str, dict[str, str]] = {
        str(row["code"]): {str(key): str(value) for key, value in row.items()}
        for row in pd.read_csv(folder / "moe_2025.csv", dtype=str).fillna("").to_dict("records")
    }
    text = (folder / "campuses_mixed_datum.json").read_text(encoding="utf-8")
    campuses: dict[str, list[dict[str, Any]]] = {}
    flagged: dict[str, dict[str, Any]] = {}
    for record in json.loads(text):
        campuses.setdefault(plain(record["name"]), []).extend(record["campuses"])
        flagged[plain(record["name"])] = record
    baidu = read_baidu(folder)
    authorities = {r["authority_zh"]: r["authority"] for r in read_hand("authorities.csv")}
    facts = {r["institution_id"]: r for r in read_hand("institutions.csv")}
    fixes = {(r["institution_id"], r["flag"]): r["value"] for r in read_hand("flags.csv")}
    rows = []
    for row in read_hand("campuses.csv"):
        code = row["institution_id"]
        listed, fact = moe[code], facts[code]
        names = [listed["name"], *filter(None, fact["other_names"].split(";"))]
        record = flagged.get(plain(listed["name"]), {})
        spot = place(row, candidates(names, baidu, campuses), places, log)
        notes = [
            "MoE 2025-06-20",
            str(spot.pop("place_note")),
            founded_note(fact["founded"], ror.get(plain(listed["name"]))),
        ]
        rows.append(
            {
                "id": f"{code}-{row['slug']}",
                "institution_id": code,
                "name": fact["name"],
                "name_zh": listed["name"],
                "campus": row["campus"],
                "campus_zh": row["campus_zh"],
                **spot,
                "founded": fact["founded"],
                "level": LEVELS[listed["level"]],
                "ownership": OWNERS[listed["note"]],
                "authority": authorities[listed["authority"]],
                "authority_zh": listed["authority"],
                **{
                    flag: fixes.get((code, flag), str(bool(record.get(key))).lower())
                    for flag, key in FLAGS.items()
                },
                "registered_city": CITY_CODES[listed["city"]],
                "district": row["district"],
                "source": "; ".join(notes),
            }
        )
    return rows


def hong_kong_macao(
    places: Places, ror: dict[str, tuple[str, str]], log: list[str]
) -> list[dict[str, Any]]:
    rows = []
    for row in read_hand("hong_kong_macao.csv"):
        spot = place({**row, "point": "hand" if row["lon"] else "district"}, [], places, log)
        hong_kong = row["institution_id"].startswith("HK-")
        notes = [
            "list from public knowledge",
            str(spot.pop("place_note")),
            founded_note(row["founded"], ror.get(plain(row["name"]))),
        ]
        rows.append(
            {
                "id": f"{row['institution_id']}-{row['slug']}",
                "institution_id": row["institution_id"],
                "name": row["name"],
                "name_zh": row["name_zh"],
                "campus": row["campus"],
                "campus_zh": row["campus_zh"],
                **spot,
                "founded": row["founded"],
                "level": "undergraduate",
                "ownership": row["ownership"],
                "authority": "Government of the Hong Kong SAR"
                if hong_kong
                else "Government of the Macao SAR",
                "authority_zh": "香港特别行政区政府" if hong_kong else "澳门特别行政区政府",
                **dict.fromkeys(FLAGS, "false"),
                "registered_city": "810000" if hong_kong else "820000",
                "district": row["district"],
                "source": "; ".join(notes),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with the four published files")
    folder = parser.parse_args().folder
    places, ror = Places(), ror_by_name(folder)
    log: list[str] = []
    rows = mainland(folder, places, ror, log) + hong_kong_macao(places, ror, log)
    ranks = {r["institution_id"]: r["world_rank"] for r in read_hand("ranks.csv")}
    for row in rows:
        row["city"] = places.cities[row["district"]]
        if row["district"] not in places.outlines:  # only the city is known
            row["district"] = ""
        if rank := ranks.get(row["institution_id"]):
            row.update(world_rank=rank, world_rank_list=RANK_LIST, world_rank_year=RANK_YEAR)
            row["source"] += f"; rank=QS {RANK_YEAR} from public knowledge"
    rows.sort(key=lambda row: str(row["id"]))
    target = ROOT / "geodata" / "universities.csv"
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print("\n".join(log))
    print(pd.Series([row["evidence"] for row in rows]).value_counts().to_string())


if __name__ == "__main__":
    main()
