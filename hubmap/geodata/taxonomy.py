"""Which postings are AI postings: a list of terms decides, and every decision names its term.

The list is ``ai_terms.csv`` in ``geodata/``, which users can replace. Its columns are ``term``,
``language``, ``field`` (``title``, ``skills`` or ``both``), ``use``, ``class`` and ``note``;
``use`` is one of

* ``group``: no term but a class of work: ``term`` is its name, ``class`` its group (``core``,
  ``applied``, ``data`` or ``none``), ``note`` its label as "English; 中文"; the order of these rows
  decides where a posting fits several;
* ``ai``: this term makes the posting an AI posting of that class;
* ``ai-with-skill``: so does this one in a title, but beside skill tags only if one of them is AI;
* ``ai-without-tags``: this term in a title counts only where the source has no skill tags;
* ``exclude``: a title with this term is not AI, whatever else it says (AI taught or sold);
* ``ignore``: struck out before matching (negations, brands, headings of a platform);
* ``family``: sorts postings into classes, but never makes one an AI posting.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import pandas as pd

from hubmap.errors import TableError
from hubmap.geodata.places.names import simplified

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Group = Literal["core", "applied", "data", "none"]
Use = Literal["group", "ai", "ai-with-skill", "ai-without-tags", "exclude", "ignore", "family"]
COLUMNS = ("term", "language", "field", "use", "class", "note")
# Decide a posting's class only where no other class is named.
GENERAL = ("machine-learning", "ai-applications")
OTHER = "other"
# A name such as "C3.ai" is a firm's or a site's, not the work.
_DOMAIN = re.compile(r"[\w-]+\.ai(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True)
class Term:
    """One row of the list of terms, with its pattern."""

    text: str
    field: str
    use: str
    family: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Decision:
    """What a posting is, and by which term.

    Attributes
    ----------
    ai
        Whether it is an AI posting.
    group
        ``core``, ``applied``, ``data`` (data and infrastructure) or ``none``.
    family
        The class of work.
    term
        The term that decided; empty where no term is in the posting.
    where
        ``title``, ``skills`` or empty.
    """

    ai: bool
    group: Group
    family: str
    term: str
    where: Literal["title", "skills", ""]


@dataclass(frozen=True)
class Taxonomy:
    """The terms, and the classes of work with their groups in order of precedence."""

    terms: tuple[Term, ...]
    groups: dict[str, Group] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms)

    @property
    def ai_families(self) -> tuple[str, ...]:
        """The classes that are AI work."""
        return tuple(f for f, group in self.groups.items() if group in ("core", "applied"))

    @property
    def other_families(self) -> tuple[str, ...]:
        """The classes that are not."""
        return tuple(f for f, group in self.groups.items() if group in ("data", "none"))

    def decide(self, title: str, skills: Sequence[str] | None = None) -> Decision:
        """Decide what one posting is.

        Parameters
        ----------
        title
            As it is written, Chinese or English.
        skills
            Its skill tags; None where the source has none. With tags a title such as
            "算法工程师" (algorithm engineer) is AI only beside an AI skill, because motor control
            is called so too; without tags it is taken for AI.

        Returns
        -------
        Decision
            With the term that decided.
        """
        title = self._struck(_DOMAIN.sub(" ", plain(title)))
        ignored = {plain(t.text) for t in self.terms if t.use == "ignore" and t.field != "title"}
        tags = [tag for tag in map(plain, skills or ()) if tag not in ignored]
        excluded, sorting = self._in_title("exclude", title), self._in_title("family", title)
        if not excluded:
            by_title = self._in_title("ai", title)
            by_skills = {
                t.family: t.text
                for t in reversed(self.terms)
                if t.use == "ai" and t.field != "title" and any(map(t.pattern.search, tags))
            }
            if by_skills or skills is None:
                by_title = self._in_title("ai-with-skill", title) | by_title
            if skills is None:
                by_title = self._in_title("ai-without-tags", title) | by_title
            if by_title or by_skills:
                family = self._ai_family(by_title, by_skills, sorting)
                proof = by_title or by_skills
                term = proof.get(family) or next(iter(proof.values()))
                return self._decision(True, family, term, "title" if by_title else "skills")
        others = self.other_families
        families = excluded | {f: term for f, term in sorting.items() if f in others}
        family = next((name for name in others if name in families), OTHER)
        term = families.get(family, "")
        return self._decision(False, family, term, "title" if term else "")

    def decide_all(
        self, titles: pd.Series[str], skills: pd.Series[Any] | None = None
    ) -> pd.DataFrame:
        """Decide what every posting is.

        Parameters
        ----------
        titles
            The titles.
        skills
            Lists of skill tags, aligned; None where the source has none.

        Returns
        -------
        DataFrame
            ``ai``, ``group``, ``family``, ``term`` and ``where``, aligned with the titles.
        """
        known: dict[tuple[str, tuple[str, ...] | None], Decision] = {}
        rows = []
        for index, title in enumerate(titles.fillna("").astype(str)):
            given = None if skills is None else skills.iloc[index]
            tags = None if skills is None else tuple(given) if isinstance(given, list) else ()
            key = title, tags
            if key not in known:
                known[key] = self.decide(title, tags)
            rows.append(known[key])
        names = ("ai", "group", "family", "term", "where")
        return pd.DataFrame(
            {name: [getattr(row, name) for row in rows] for name in names}, index=titles.index
        )

    def _decision(
        self, ai: bool, family: str, term: str, where: Literal["title", "skills", ""]
    ) -> Decision:
        return Decision(ai, self.groups.get(family, "none"), family, term, where)

    def _struck(self, title: str) -> str:
        for term in self.terms:
            if term.use == "ignore" and term.field != "skills":
                title = term.pattern.sub(" ", title)
        return title

    def _in_title(self, use: Use, title: str) -> dict[str, str]:
        """The classes that a title names, each with its first term."""
        return {
            t.family: t.text
            for t in reversed(self.terms)
            if t.use == use and t.field != "skills" and t.pattern.search(title)
        }

    def _ai_family(
        self, by_title: dict[str, str], by_skills: dict[str, str], sorting: dict[str, str]
    ) -> str:
        """Class of an AI posting: by its title, else by the one field its skills name."""
        specific = [name for name in self.ai_families if name not in GENERAL]
        in_title = [name for name in specific if name in by_title or name in sorting]
        if in_title:
            return in_title[0]
        in_skills = set(by_skills) & set(specific)
        if not by_title and in_skills == {"data-annotation"}:
            return "data-annotation"
        in_skills -= {"data-annotation"}
        if len(in_skills) == 1:
            return in_skills.pop()
        learning, applications = GENERAL
        general = learning in {*by_title, *by_skills} or len(in_skills) > 1
        return learning if general else applications


def term_pattern(term: str) -> re.Pattern[str]:
    """Pattern of a term: whole words where it is written in Latin letters.

    Only letters bound a word, so that "GPT4" holds "GPT" and "Maine" holds no "AI". A plural
    "s" is allowed ("LLMs"); Chinese, which has no spaces, matches anywhere.
    """
    body = re.escape(simplified(term))
    if re.match(r"[A-Za-z]", term):
        body = r"(?<![A-Za-z])" + body
    if re.search(r"[A-Za-z]$", term):
        body += r"s?(?![A-Za-z])"
    return re.compile(body, re.IGNORECASE)


def plain(text: str) -> str:
    """Full-width forms folded, characters simplified, and capitals glued to a word split off."""
    folded = simplified(unicodedata.normalize("NFKC", text))
    return re.sub(r"(?<=[a-z])(?=[A-Z]{2})", " ", folded)


def read_taxonomy(path: Path) -> Taxonomy:
    """Read a list of terms.

    Raises
    ------
    TableError
        The file is missing, lacks a column, or a row says something unknown.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror}).", "Put it there.") from None
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: byte {error.start} is not UTF-8.", "Save as UTF-8.") from None
    reader = csv.DictReader(text.splitlines())
    try:
        names = reader.fieldnames or ()
    except csv.Error:
        names = ()
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise TableError(f"{path}: column `{missing[0]}` is missing.", "Add it.")
    groups: dict[str, Group] = {}
    terms = []
    try:
        rows = list(reader)
    except csv.Error as error:
        raise TableError(f"{path}: is no CSV table ({error}).", "Save it as CSV.") from None
    for line, row in enumerate(rows, start=2):
        _check(path, line, row, groups)
        if row["use"] == "group":
            groups[row["term"]] = next(g for g in get_args(Group) if g == row["class"])
        else:
            pattern = term_pattern(row["term"])
            terms.append(Term(row["term"], row["field"], row["use"], row["class"], pattern))
    return Taxonomy(tuple(terms), groups)


def _check(path: Path, line: int, row: dict[str, str], groups: dict[str, Group]) -> None:
    """Refuse a row that says something unknown."""
    where = f"{path}: line {line}"
    if not row["term"]:
        raise TableError(f"{where}: `term` is empty.", "Fill it or remove the row.")
    if row["use"] not in get_args(Use):
        raise TableError(
            f"{where}: `use` is {row['use']!r}.", f"Write one of {', '.join(get_args(Use))}."
        )
    if row["use"] == "group":
        if row["class"] not in get_args(Group):
            raise TableError(
                f"{where}: the group is {row['class']!r}.",
                f"Write one of {', '.join(get_args(Group))}.",
            )
        return
    if row["field"] not in ("title", "skills", "both"):
        raise TableError(f"{where}: `field` is {row['field']!r}.", "Write title, skills or both.")
    if row["use"] != "ignore" and row["class"] not in groups:
        raise TableError(
            f"{where}: class {row['class']!r} has no row with use `group` above.", "Add one."
        )
