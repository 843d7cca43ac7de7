"""Compile geodata/ai_job_postings.csv from the 2025 posting files.

Run ``python tools/compile_postings.py FOLDER``; FOLDER holds ``boss_2025_a.csv`` and
``boss_2025_b.csv``. Job ids come from the postings' addresses and each counts once (the first
row met stays). Which postings are AI postings is decided by ``geodata/ai_terms.csv`` alone
(:mod:`hubmap.geodata.taxonomy` reads and applies it).
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from hubmap.geodata.taxonomy import Taxonomy, read_taxonomy

ROOT = Path(__file__).resolve().parents[1]
FILES = ("boss_2025_a.csv", "boss_2025_b.csv")
SOURCE = "BOSS Zhipin search results of 2025 (github.com/2022cheng/graduationdesign @ 90277e9)"
CITIES = {
    "北京": "110000", "上海": "310000", "杭州": "330100", "广州": "440100", "深圳": "440300",
    "珠海": "440400", "佛山": "440600", "江门": "440700", "肇庆": "441200", "惠州": "441300",
    "东莞": "441900", "中山": "442000",
}  # fmt: skip
UNDIVIDED = ("441900", "442000")  # cities without districts: their own and only leaf
MIN_SALARIES = 5  # fewer monthly salaries than this give no quartiles

COLUMNS = (
    "id", "city", "district", "role_family", "ai", "postings", "by_title", "employers",
    "salaries", "salary_p25", "salary_p50", "salary_p75", "source",
)  # fmt: skip


@dataclass(frozen=True)
class Posting:
    """One unique posting: what the table needs of it."""

    job_id: str
    title: str
    skills: tuple[str, ...]
    city: str
    district: str
    employer: str
    monthly: float | None


def classify(title: str, skills: tuple[str, ...], terms: Taxonomy) -> tuple[bool, str, str]:
    """Decide whether a posting is an AI posting, and its role family.

    Returns
    -------
    tuple
        AI or not; the role family; the place of the proof: "title", "skills" or "".
    """
    decision = terms.decide(title, skills)
    return decision.ai, decision.family, decision.where if decision.ai else ""


def monthly_salary(salary: str, intern: bool) -> float | None:
    """Midpoint of a posted monthly range in CNY; None for internships, paid by the day."""
    if intern:
        return None
    low, high = json.loads(salary)
    return (float(low) + float(high)) / 2


def read_postings(folder: Path) -> list[Posting]:
    """Read both files; each job id counts once, the first row met stays."""
    seen: dict[str, Posting] = {}
    for name in FILES:
        with (folder / name).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                job_id = row["detailUrl"].rpartition("/")[2].removesuffix(".html")
                if job_id in seen:
                    continue
                seen[job_id] = Posting(
                    job_id,
                    row["title"],
                    tuple(tag.strip() for tag in json.loads(row["workTag"]) if tag.strip()),
                    row["address"].strip(),
                    row["dist"].strip(),
                    row["companyUrl"].rpartition("/")[2].removesuffix(".html"),
                    monthly_salary(row["salary"], row["pratice"] == "1"),
                )
    return list(seen.values())


def read_districts(path: Path) -> dict[tuple[str, str], str]:
    """Code of a district by its city's code and its Chinese name, from geodata/regions.csv."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["parent"], row["name_zh"]): row["code"]
            for row in csv.DictReader(file)
            if row["level"] == "district"
        }


def compile_table(
    postings: list[Posting], terms: Taxonomy, districts: dict[tuple[str, str], str]
) -> tuple[list[dict[str, str]], Counter[str]]:
    """Count postings by city, district and role family; return the rows and what was met."""
    cells: dict[tuple[str, str, str, bool], list[tuple[Posting, str]]] = defaultdict(list)
    met: Counter[str] = Counter()
    for posting in postings:
        city = CITIES.get(posting.city)
        if city is None:
            met["outside the hubs"] += 1
            continue
        met["inside the hubs"] += 1
        if city in UNDIVIDED:
            district = city
        else:
            district = districts.get((city, posting.district), "")
            if not district:
                met["district unmatched" if posting.district else "district not given"] += 1
        ai, family, where = classify(posting.title, posting.skills, terms)
        met[f"AI by {where}" if ai else "not AI"] += 1
        met["without monthly salary"] += posting.monthly is None
        cells[city, district, family, ai].append((posting, where))
    rows = []
    for (city, district, family, ai), members in cells.items():
        salaries = [p.monthly for p, _ in members if p.monthly is not None]
        quartiles = ["", "", ""]
        if len(salaries) >= MIN_SALARIES:
            cuts = statistics.quantiles(salaries, n=4, method="inclusive")
            quartiles = [str(round(cut)) for cut in cuts]
        values = [
            f"{city}-{district or 'unplaced'}-{family}", city, district, family,
            str(ai).lower(), str(len(members)), str(sum(where == "title" for _, where in members)),
            str(len({p.employer for p, _ in members})), str(len(salaries)), *quartiles, SOURCE,
        ]  # fmt: skip
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return sorted(rows, key=lambda row: row["id"]), met


def main() -> None:
    """Compile the table and print what was counted."""
    parser = argparse.ArgumentParser(description="Compile geodata/ai_job_postings.csv.")
    parser.add_argument("folder", type=Path, help="folder with " + " and ".join(FILES))
    parser.add_argument("--out", type=Path, default=ROOT / "geodata" / "ai_job_postings.csv")
    options = parser.parse_args()
    rows, met = compile_table(
        read_postings(options.folder),
        read_taxonomy(ROOT / "geodata" / "ai_terms.csv"),
        read_districts(ROOT / "geodata" / "regions.csv"),
    )
    with options.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for what, number in sorted(met.items()):
        print(f"{what}: {number}")


if __name__ == "__main__":
    main()
