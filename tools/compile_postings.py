"""Compile geodata/ai_job_postings.csv from the 2025 posting files.

Run ``python tools/compile_postings.py FOLDER``; FOLDER holds ``boss_2025_a.csv`` and
``boss_2025_b.csv``. Job ids come from the postings' addresses and each counts once (the first
row met stays). Which postings are AI postings is decided by ``geodata/ai_terms.csv`` alone:

* ``ai``: a title (or skill tag) with this term makes the posting an AI posting of that family;
* ``ai-with-skill``: a title with this term does so only beside an ``ai`` skill tag;
* ``exclude``: a title with this term is not AI, whatever else it says (AI taught or sold);
* ``ignore``: this skill tag is struck out before matching;
* ``family``: sorts postings into role families, but never makes one an AI posting.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import statistics
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

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

# The order decides where a title names several: what is done before what it is done with.
SPECIFIC_FAMILIES = (
    "data-annotation", "ai-product", "ai-platforms", "robotics-driving", "speech",
    "computer-vision", "search-recommendation", "large-models",
)  # fmt: skip
AI_FAMILIES = (*SPECIFIC_FAMILIES, "machine-learning", "ai-applications")
OTHER_FAMILIES = (
    "teaching-and-sales", "web-crawling", "testing", "operations", "data", "software", "other",
)  # fmt: skip
COLUMNS = (
    "id", "city", "district", "role_family", "ai", "postings", "by_title", "employers",
    "salaries", "salary_p25", "salary_p50", "salary_p75", "source",
)  # fmt: skip


@dataclass(frozen=True)
class Term:
    """One row of the list of terms, with its pattern."""

    text: str
    field: str
    use: str
    family: str
    pattern: re.Pattern[str]


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


def term_pattern(term: str) -> re.Pattern[str]:
    """Pattern of a term: whole words where it is written in Latin letters.

    Only letters bound a word, so that "GPT4" holds "GPT" and "Maine" holds no "AI". A plural
    "s" is allowed ("LLMs"); Chinese, which has no spaces, matches anywhere.
    """
    body = re.escape(term)
    if re.match(r"[A-Za-z]", term):
        body = r"(?<![A-Za-z])" + body
    if re.search(r"[A-Za-z]$", term):
        body += r"s?(?![A-Za-z])"
    return re.compile(body, re.IGNORECASE)


def plain(text: str) -> str:
    """Full-width forms folded, and capitals glued to a word split off ("PythonAI")."""
    folded = unicodedata.normalize("NFKC", text)
    return re.sub(r"(?<=[a-z])(?=[A-Z]{2})", " ", folded)


def read_terms(path: Path) -> list[Term]:
    """Read the list of terms."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Term(row["term"], row["field"], row["use"], row["class"], term_pattern(row["term"]))
            for row in csv.DictReader(file)
        ]


def classify(title: str, skills: tuple[str, ...], terms: list[Term]) -> tuple[bool, str, str]:
    """Decide whether a posting is an AI posting, and its role family.

    Returns
    -------
    tuple
        AI or not; the role family; the place of the proof: "title", "skills" or "".
    """
    title = plain(title)
    ignored = {plain(t.text) for t in terms if t.use == "ignore"}
    tags = [tag for tag in map(plain, skills) if tag not in ignored]

    def in_title(use: str) -> set[str]:
        return {
            t.family
            for t in terms
            if t.use == use and t.field != "skills" and t.pattern.search(title)
        }

    excluded = in_title("exclude")
    sorting = in_title("family")
    if not excluded:
        by_title = in_title("ai")
        by_skills = {
            t.family
            for t in terms
            if t.use == "ai" and t.field != "title" and any(map(t.pattern.search, tags))
        }
        if by_skills:
            by_title |= in_title("ai-with-skill")
        if by_title or by_skills:
            family = ai_family(by_title, by_skills, sorting)
            return True, family, "title" if by_title else "skills"
    families = excluded | (sorting & set(OTHER_FAMILIES))
    return False, next((f for f in OTHER_FAMILIES if f in families), "other"), ""


def ai_family(by_title: set[str], by_skills: set[str], sorting: set[str]) -> str:
    """Role family of an AI posting: by its title, else by the one field its skills name."""
    in_title = [f for f in SPECIFIC_FAMILIES if f in by_title | sorting]
    if in_title:
        return in_title[0]
    in_skills = by_skills & set(SPECIFIC_FAMILIES)
    if not by_title and in_skills == {"data-annotation"}:
        return "data-annotation"
    in_skills -= {"data-annotation"}
    if len(in_skills) == 1:
        return in_skills.pop()
    general = "machine-learning" in by_title | by_skills or len(in_skills) > 1
    return "machine-learning" if general else "ai-applications"


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
    postings: list[Posting], terms: list[Term], districts: dict[tuple[str, str], str]
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
        read_terms(ROOT / "geodata" / "ai_terms.csv"),
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
