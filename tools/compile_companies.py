"""Compile geodata/companies.csv from the hand-made lists in tools/companies.

Run ``python tools/compile_companies.py FOLDER``; FOLDER is the data folder with
``companies/``, ``job_postings/`` and ``universities/``, whose files serve as second witnesses of
a firm's city. A firm is placed at its park where one is named, else at a point inside its
district, with the precision that this allows.
"""

from __future__ import annotations

import argparse
import csv
import re
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from hubmap.geodesy import equivalent_radius_m

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shapely.geometry.base import BaseGeometry

ROOT = Path(__file__).resolve().parents[1]
LISTS = ("beijing", "shanghai", "hangzhou", "greater_bay_area")
SOURCE = "Public knowledge (the firm's own publications and press), compiled by hand, 2026-11"
COLUMNS = (
    "id", "name", "name_zh", "founded", "sector", "city", "district", "lon", "lat",
    "precision_m", "place", "place_zh", "verified", "verified_by", "source",
)  # fmt: skip
CITIES = {
    "北京": "110000", "上海": "310000", "杭州": "330100", "广州": "440100", "深圳": "440300",
    "珠海": "440400", "佛山": "440600", "江门": "440700", "肇庆": "441200", "惠州": "441300",
    "东莞": "441900", "中山": "442000", "香港": "810000", "澳门": "820000",
}  # fmt: skip
CITIES_EN = {
    "Beijing": "110000", "Shanghai": "310000", "Hangzhou": "330100", "Guangzhou": "440100",
    "Shenzhen": "440300", "Zhuhai": "440400", "Foshan": "440600", "Jiangmen": "440700",
    "Zhaoqing": "441200", "Huizhou": "441300", "Dongguan": "441900", "Zhongshan": "442000",
    "Hong Kong": "810000", "Macau": "820000",
}  # fmt: skip
# What may follow a firm's short name in its registered one.
LEGAL = re.compile(
    r"(科技|技术|网络|信息|智能|电子|软件|数据|集团|控股|股份|有限|责任|公司|机器人|汽车|"
    r"半导体|微电子|医疗|计算机|系统|通信|通讯)*"
)


def plain(name: str) -> str:
    """A name without case, spaces, brackets and a city in front."""
    name = unicodedata.normalize("NFKC", name).casefold()
    name = re.sub(r"\([^)]*\)", "", name) or name
    name = re.sub(r"[\s.·,…-]+", "", name)
    return re.sub("^(" + "|".join(CITIES) + ")市?(?=..)", "", name)


def same_firm(name: str, known: set[str]) -> bool:
    """Tell whether a name is one of a firm's, bare or with the words of a registered name."""
    bare = plain(name)
    return any(
        bare == k
        or (
            len(k) >= 2
            and not k.isascii()
            and bare.startswith(k)
            and LEGAL.fullmatch(bare[len(k) :]) is not None
        )
        for k in known
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def witnesses(folder: Path) -> list[tuple[str, str, str]]:
    """Every (file, name, city code) the data folder offers; "" is a city outside the hubs.

    An employer's city is where most of its postings are: one posting elsewhere is a branch.
    """
    found: list[tuple[str, str, str]] = []
    for row in _rows(folder / "companies" / "llm_organisations_2024.csv"):
        city = next((code for name, code in CITIES.items() if row["place"].endswith(name)), "")
        found.append(("llm_organisations_2024", row["org"], city))
    for row in _rows(folder / "companies" / "unicorns_2022.csv"):
        place = "Hong Kong" if row["Country"] == "Hong Kong" else row["City"]
        found.append(("unicorns_2022", row["Company"], CITIES_EN.get(place, "")))
    for row in _rows(folder / "universities" / "ror_partial.csv"):
        if "company" in row["types"] and row["country"] in ("CN", "HK", "MO"):
            place = {"HK": "Hong Kong", "MO": "Macau"}.get(row["country"], row["city"])
            for name in filter(None, (row["name"], row["name_zh"])):
                found.append(("ror_partial", name, CITIES_EN.get(place, "")))
    employers: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for file in ("boss_2025_a", "boss_2025_b"):
        for row in _rows(folder / "job_postings" / f"{file}.csv"):
            key = ("boss_2025", row["companyTitle"])
            employers[key][CITIES.get(row["address"], "")] += 1
    for row in _rows(folder / "job_postings" / "51job_2023.csv"):
        city = next((code for name, code in CITIES.items() if name in row["area"]), "")
        employers["51job_2023", row["companyName"]][city] += 1
    for (file, name), cities in employers.items():
        (city, most), *rest = cities.most_common(2)
        if not rest or most > rest[0][1]:
            found.append((file, name, city))
    return found


def confirmations(
    known: set[str], city: str, seen: list[tuple[str, str, str]]
) -> tuple[list[str], list[str]]:
    """Files that put a firm of these names in the city, and files that put it elsewhere."""
    agree = {file for file, name, where in seen if where == city and same_firm(name, known)}
    deny = {file for file, name, where in seen if where != city and same_firm(name, known)}
    return sorted(agree), sorted(deny - agree)


def inner_point(outline: BaseGeometry) -> tuple[float, float]:
    """A point surely inside: of the largest part, its centroid if inside, else an inner point."""
    part = max(getattr(outline, "geoms", [outline]), key=lambda polygon: polygon.area)
    point = part.centroid if part.contains(part.centroid) else part.representative_point()
    return round(point.x, 5), round(point.y, 5)


def compile_table(folder: Path) -> tuple[list[dict[str, str]], list[str]]:
    """Build the table's rows, and the remarks on witnesses that disagree."""
    regions = {row["code"]: row for row in _rows(ROOT / "geodata" / "regions.csv")}
    outlines = gpd.read_file(ROOT / "geodata" / "regions.geojson").set_index("code").geometry
    parks = {row["key"]: row for row in _rows(ROOT / "tools" / "companies" / "parks.csv")}
    seen = witnesses(folder)
    rows, remarks = [], []
    for name in LISTS:
        for firm in _rows(ROOT / "tools" / "companies" / f"{name}.csv"):
            district = firm["district"]
            region = regions[district]
            city = district if region["level"] == "city" else region["parent"]
            names = [firm["name"], firm["name_zh"], *firm["aliases"].split("|")]
            known = {plain(n) for n in names if n}
            agree, deny = confirmations(known, city, seen)
            if deny:
                remarks.append(f"{firm['id']}: {city}, but elsewhere in {', '.join(deny)}")
            park = parks.get(firm["park"])
            if park:
                lon, lat = float(park["lon"]), float(park["lat"])
                precision = int(park["radius_m"])
            else:
                lon, lat = inner_point(outlines[district])
                precision = int(equivalent_radius_m(float(region["area_km2"])))
            values = [
                firm["id"], firm["name"], firm["name_zh"], firm["founded"], firm["sector"],
                city, district, f"{lon:.5f}", f"{lat:.5f}", str(precision),
                park["name"] if park else "", park["name_zh"] if park else "",
                str(bool(agree)).lower(), "; ".join(agree), SOURCE,
            ]  # fmt: skip
            rows.append(dict(zip(COLUMNS, values, strict=True)))
    return sorted(rows, key=lambda row: row["id"]), remarks


def main() -> None:
    """Compile the table and print what was counted."""
    parser = argparse.ArgumentParser(description="Compile geodata/companies.csv.")
    parser.add_argument("folder", type=Path, help="data folder with the second witnesses")
    parser.add_argument("--out", type=Path, default=ROOT / "geodata" / "companies.csv")
    options = parser.parse_args()
    rows, remarks = compile_table(options.folder)
    with options.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(*remarks, sep="\n")
    print(f"{len(rows)} firms, {sum(row['verified'] == 'true' for row in rows)} verified")


if __name__ == "__main__":
    main()
