"""What a recipe's steps rest on beside its table, and what a page must therefore say.

Light, since every command that loads recipes completes them.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from hubmap.files import carried

if TYPE_CHECKING:
    from pathlib import Path

    from hubmap.geodata.recipe import EntitySource

TERMS, UNIVERSITIES = "ai_terms.csv", "universities.csv"
_GEONAMES = "GeoNames (CC BY 4.0)"


@dataclass(frozen=True)
class Measured:
    """How good a list of terms was on hand-labelled titles.

    Attributes
    ----------
    digest
        Of the list that was measured.
    titles
        How many were labelled; the sample was drawn after the terms were set.
    right, given, wanted
        Titles rightly called AI, called AI, and that are AI.
    precision, recall
        Percentages with the bounds of their 95 % Wilson intervals.
    """

    digest: str
    titles: int
    right: int
    given: int
    wanted: int
    precision: tuple[int, int, int]
    recall: tuple[int, int, int]


# tests/test_taxonomy.py measures this anew and compares.
MEASURED = Measured("8f438e65d265fd29", 300, 49, 50, 50, (98, 89, 100), (98, 89, 100))


def terms_path(folder: Path) -> Path:
    """The list of AI terms: the workspace's own, else the one that the package carries."""
    own = folder / TERMS
    return own if own.is_file() else carried() / "geodata" / TERMS


def universities_path(folder: Path) -> Path:
    """The list of institutions: the workspace's own, else the one that the package carries."""
    own = folder / UNIVERSITIES
    return own if own.is_file() else carried() / "geodata" / UNIVERSITIES


def answers_path(source: EntitySource, folder: Path) -> Path | None:
    """The answers of a geocoding service that a source uses; None where there are none."""
    path = folder / f"{source.id}.places.csv"
    wanted = source.place == "text" and source.places.answers
    return path if wanted and path.is_file() else None


def corrections_path(source: EntitySource, folder: Path) -> Path | None:
    """The table that corrects what duplicates are found; None where there is none."""
    if not source.duplicates.any:
        return None
    if source.duplicates.corrections:
        return folder / source.duplicates.corrections
    path = folder / f"{source.id}.same.csv"
    return path if path.is_file() else None


def beside(source: EntitySource, folder: Path) -> list[Path]:
    """The further files that decide what a source's rows become."""
    found = [answers_path(source, folder), corrections_path(source, folder)]
    if source.classify:
        found.append(terms_path(folder))
    if source.duplicates.institutions:
        found.append(universities_path(folder))
    return [path for path in found if path is not None]


def completed(source: EntitySource, folder: Path) -> EntitySource:
    """The recipe with what its steps make it say: caveats, attributions, labels.

    Parameters
    ----------
    source
        As it stands in its file.
    folder
        Where it lies.
    """
    more: dict[str, Any] = {}
    said: list[tuple[str, str]] = []
    if source.classify:
        said += _of_classification(terms_path(folder))
        labels = _labels(terms_path(folder))
        if not source.columns.category:
            more["categories"] = {**labels, **source.categories}
        more["details"] = {"ai_term": _bilingual("decided by the term", "判定词"), **source.details}
    if source.place == "text":
        said += _of_places(source)
        names = [_GEONAMES] if source.places.world else []
        path = answers_path(source, folder)
        names += _attributions(path) if path else []
        if names:
            more["attribution"] = f"{source.attribution}; places: {', '.join(names)}"
    said += _of_duplicates(source)
    if said:
        chinese = source.caveats_zh or source.caveats
        more["caveats"] = (*source.caveats, *(en for en, _ in said))
        more["caveats_zh"] = (*chinese, *(zh for _, zh in said))
    return source.model_copy(update=more) if more else source


def _bilingual(en: str, zh: str) -> Any:
    from hubmap.geodata.recipe import Bilingual

    return Bilingual(en=en, zh=zh)


def _of_classification(path: Path) -> list[tuple[str, str]]:
    rule = (
        "Which rows are AI postings is decided by the list of terms ai_terms.csv; the term is "
        "told with each row.",
        "是否为人工智能岗位由词表 ai_terms.csv 判定，每行均注明判定词。",
    )
    if terms_digest(path) != MEASURED.digest:
        return [
            rule,
            (
                "This list of terms is the workspace's own: its precision and recall are not "
                "measured.",
                "该词表为本工作区自备，其准确率与召回率未经检验。",
            ),
        ]
    m = MEASURED
    (p, p_low, p_high), (r, r_low, r_high) = m.precision, m.recall
    return [
        rule,
        (
            f"Against {m.titles} hand-labelled titles the list is right in {p} % (95 % interval "
            f"{p_low}-{p_high}) of what it calls AI and finds {r} % ({r_low}-{r_high}) of the AI "
            "titles; skill tags were not judged.",
            f"对照{m.titles}个人工标注的职位名称：词表判为人工智能的有{p}%正确（95%区间{p_low}–"
            f"{p_high}），人工智能职位中有{r}%（{r_low}–{r_high}）被找到；未检验技能标签。",
        ),
    ]


def _of_places(source: EntitySource) -> list[tuple[str, str]]:
    if source.columns.lon:
        return []
    return [
        (
            "Places are read from text: a row without coordinates stands at the middle of the "
            "district or city that its text names, and is that imprecise.",
            "位置由文本识别：没有坐标的行置于文本所示区县或城市的中部，精度以其范围计。",
        )
    ]


def _of_duplicates(source: EntitySource) -> list[tuple[str, str]]:
    asked, said = source.duplicates, []
    if asked.reposts:
        said.append(
            (
                "Rows of one id, and of one employer, name and place within "
                f"{asked.days:g} days of each other, are counted once.",
                f"编号相同，或雇主、名称、地点相同且相隔不超过{asked.days:g}天的行只计一次。",
            )
        )
    if asked.firms or asked.institutions:
        said.append(
            (
                "Spellings of one firm or institution are joined by rule: of hand-checked pairs, "
                "on the first run, 275 of 279 joined were right, and 275 of 309 were found.",
                "企业或院校名称的不同写法按规则合并：人工核对的名称对首次检验中，合并的279对有275对"
                "正确，应合并的309对找到275对。",
            )
        )
    return said


@cache
def _content(path: Path, changed: float) -> str:
    """A file's text with LF line ends; "" for one that cannot be read."""
    try:
        return "\n".join(path.read_text(encoding="utf-8-sig", errors="replace").splitlines())
    except OSError:
        return ""


def _read(path: Path) -> str:
    try:
        return _content(path, path.stat().st_mtime_ns)
    except OSError:
        return ""


def terms_digest(path: Path) -> str:
    """The fingerprint of a list of terms, whatever its line ends."""
    return hashlib.sha256(_read(path).encode()).hexdigest()[:16]


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        rows = list(csv.DictReader(_read(path).splitlines()))
    except csv.Error:
        # Whoever needs the table reads it strictly and says what is wrong.
        return []
    return [{str(k): v for k, v in row.items() if isinstance(v, str)} for row in rows]


def _labels(path: Path) -> dict[str, Any]:
    """Labels of the classes of work: the notes of their rows, "English; 中文"."""
    labels = {}
    for row in _rows(path):
        if row.get("use") == "group" and row.get("term"):
            en, _, zh = row.get("note", "").partition(";")
            labels[row["term"]] = _bilingual(en.strip() or row["term"], zh.strip())
    return labels


def _attributions(path: Path) -> list[str]:
    from hubmap.geodata.providers import PROVIDERS

    names = sorted({row.get("provider", "") for row in _rows(path)})
    return [PROVIDERS[name].attribution if name in PROVIDERS else name for name in names if name]
