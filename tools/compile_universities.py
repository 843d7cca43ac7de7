"""Compile geodata/universities.csv from the published files and the hand tables beside this script.

Run ``python tools/compile_universities.py DATA_FOLDER``; the folder holds ``moe_2025.csv``,
``campuses_mixed_datum.json``, ``baidu_poi_bd09.csv`` and ``ror_partial.csv``. The outlines are
those of ``geodata/regions.geojson``, so that script runs first.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
from university_places import (
    HAND_CHECKED_M,
    ROOT,
    Places,
    candidates,
    place,
    plain,
    read_baidu,
    read_hand,
)

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

# fmt: off
COLUMNS = [
    "id", "institution_id", "name", "name_zh", "campus", "campus_zh", "lon", "lat", "precision_m",
    "evidence", "founded", "level", "ownership", "authority", "authority_zh", "is_985", "is_211",
    "double_first_class", "world_rank", "world_rank_list", "world_rank_year", "registered_city",
    "city", "district", "source",
]
# fmt: on


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


def figures(rows: list[dict[str, Any]]) -> str:
    """Return what the recipe's caveats say in numbers."""
    table = pd.DataFrame(rows)
    kinds = table["evidence"].value_counts()
    good = table[table["precision_m"] <= HAND_CHECKED_M]
    bare = table[(table["evidence"] == "hand") & table["source"].str.contains("pos=hand")]
    abroad = int(bare["registered_city"].isin(["810000", "820000"]).sum())
    unknown = table.loc[table["founded"] == "", "institution_id"].nunique()
    by_city = (table["precision_m"] <= HAND_CHECKED_M).groupby(table["city"]).agg(["sum", "count"])
    share = len(good) / len(table)
    return "\n".join(
        [
            f"{len(good)} of {len(table)} campuses ({share:.0%}) to 1 km or better,"
            f" {good['institution_id'].nunique()} of {table['institution_id'].nunique()}"
            " institutions have such a campus",
            ", ".join(f"{kind} {count}" for kind, count in kinds.items()),
            f"{len(bare)} hand-checked points have no published point, {abroad} of them in"
            " Hong Kong and Macao",
            f"{unknown} institutions without a founding year",
            by_city.to_string(),
        ]
    )


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
    print("\n".join([*log, figures(rows)]))


if __name__ == "__main__":
    main()
