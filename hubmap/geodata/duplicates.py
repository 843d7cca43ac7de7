"""The same thing twice: reposted ads, firms under several spellings; every merge is listed.

A small table beside the recipe corrects what is found: columns ``one``, ``other`` (names or ids)
and ``same`` (true joins them, false keeps them apart).
"""

from __future__ import annotations

import csv
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hubmap.errors import TableError
from hubmap.geodata.firms import FirmName, compare_firms, firm_name
from hubmap.geodata.places.names import simplified

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hubmap.geodata.institutions import Institutions

MERGED_COLUMNS = ("kept", "merged", "kept_name", "merged_name", "rule", "likeness")


@dataclass(frozen=True)
class Corrections:
    """What a person has decided: pairs that are the same, and pairs that are not."""

    same: frozenset[frozenset[str]] = frozenset()
    apart: frozenset[frozenset[str]] = frozenset()


@dataclass
class Groups:
    """Which rows are one thing.

    Attributes
    ----------
    kept
        For each row, by the table's index, the index of the row that stands for it.
    merged
        A row a merge: what was kept, what was merged into it, by which rule.
    """

    kept: pd.Series[int]
    merged: pd.DataFrame = field(repr=False)


def read_corrections(path: Path) -> Corrections:
    """Read a table of corrections; a missing file corrects nothing.

    Raises
    ------
    TableError
        A column is missing, `same` is neither true nor false, or the file is no UTF-8 table.
    """
    if not path.is_file():
        return Corrections()
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path}: cannot be read ({error}).", "Save it as UTF-8 CSV.") from None
    found: dict[str, set[frozenset[str]]] = {"true": set(), "false": set()}
    for line, row in enumerate(rows, start=2):
        one, other, same = (row.get(name) for name in ("one", "other", "same"))
        if one is None or other is None or same not in found:
            raise TableError(
                f"{path}: line {line}: a correction needs `one`, `other`, and `same`.",
                "Write true or false under `same`.",
            )
        found[same].add(frozenset((one.strip(), other.strip())))
    return Corrections(frozenset(found["true"]), frozenset(found["false"]))


class _Forest:
    """Rows joined into groups; the first row of a group stands for it."""

    def __init__(self, size: int) -> None:
        self.parent = list(range(size))
        self.why: list[tuple[int, int, str, float]] = []

    def root(self, row: int) -> int:
        while self.parent[row] != row:
            self.parent[row] = self.parent[self.parent[row]]
            row = self.parent[row]
        return row

    def join(self, one: int, other: int, rule: str, likeness: float = 100.0) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        if first != second:
            self.parent[second] = first
            self.why.append((one, other, rule, likeness))

    def _rules(self, roots: set[int]) -> dict[int, tuple[str, float]]:
        """Of each row but the roots the join on its way to its root."""
        near: dict[int, list[tuple[int, str, float]]] = defaultdict(list)
        for one, other, rule, likeness in self.why:
            near[one].append((other, rule, likeness))
            near[other].append((one, rule, likeness))
        found: dict[int, tuple[str, float]] = {}
        reached = sorted(roots & near.keys())
        while reached:
            row = reached.pop()
            for other, rule, likeness in near[row]:
                if other not in found and other not in roots:
                    found[other] = rule, likeness
                    reached.append(other)
        return found

    def groups(self, index: pd.Index[int], names: Sequence[str]) -> Groups:
        roots = [self.root(row) for row in range(len(self.parent))]
        # A line a row that another one stands for, by the rule that ties it to its group.
        rule = self._rules({row for row, root in enumerate(roots) if row == root})
        rows = [
            (index[root], index[row], names[root], names[row], *rule[row])
            for row, root in enumerate(roots)
            if row != root
        ]
        merged = pd.DataFrame(rows, columns=list(MERGED_COLUMNS))
        return Groups(pd.Series(index.to_numpy()[roots], index=index), merged)


def group_firms(
    names: pd.Series[str],
    places: pd.Series[str],
    *,
    corrections: Corrections | None = None,
    aliases: Iterable[tuple[str, str]] = (),
) -> Groups:
    """Group rows that are one firm.

    Firms are compared within a place only. A brand alone ("平安") joins a firm only where one
    firm of the place has that name; where several do it stays by itself.

    Parameters
    ----------
    names
        The firms' names.
    places
        Codes of their cities, aligned; rows without one are compared with each other.
    corrections
        What a person has decided.
    aliases
        Pairs of names of the same firm, such as English and Chinese ones.

    Returns
    -------
    Groups
        Aligned with the names.
    """
    corrections = corrections or Corrections()
    spelled = names.fillna("").astype(str).tolist()
    forest = _Forest(len(spelled))
    also = _alias_keys(aliases)
    blocks: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, (name, place) in enumerate(zip(spelled, places.fillna("").astype(str), strict=True)):
        if name.strip():
            blocks[place][name].append(row)
    for block in blocks.values():
        for rows in block.values():
            for row in rows[1:]:
                forest.join(rows[0], row, "same name")
        for pair in sorted(map(sorted, corrections.same)):
            if len(pair) == 2 and set(pair) <= block.keys():
                forest.join(block[pair[0]][0], block[pair[1]][0], "corrected")
        firsts = [rows[0] for rows in block.values()]
        _join_block(forest, firsts, spelled, also, corrections)
    return forest.groups(names.index, spelled)


def _alias_keys(aliases: Iterable[tuple[str, str]]) -> dict[str, str]:
    """One key for all the names of a firm."""
    found: dict[str, str] = {}
    for one, other in aliases:
        a, b = firm_name(one).short, firm_name(other).short
        found[b] = found.setdefault(a, a)
    return found


def _join_block(
    forest: _Forest,
    rows: list[int],
    names: list[str],
    also: dict[str, str],
    corrections: Corrections,
) -> None:
    """Join the firms of one place: first full names, then brands that only one firm bears."""
    taken = {row: firm_name(names[row]) for row in rows}
    buckets: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        for key in _bucket_keys(taken[row], also):
            buckets[key].append(row)
    brands: dict[int, set[int]] = defaultdict(set)
    for bucket in buckets.values():
        for i, one in enumerate(bucket):
            for other in bucket[i + 1 :]:
                rule, likeness = _compared(names[one], names[other], also, corrections)
                if not rule:
                    continue
                bare = [r for r in (one, other) if not taken[r].trades]
                if rule == "short name" and len(bare) == 1:
                    brands[bare[0]].add(other if bare[0] == one else one)
                else:
                    forest.join(one, other, rule, likeness)
    for brand, firms in brands.items():
        if len({forest.root(firm) for firm in firms}) == 1:
            for firm in sorted(firms):
                forest.join(brand, firm, "short name")


def _bucket_keys(name: FirmName, also: dict[str, str]) -> set[str]:
    """Where a name is compared: its distinctive part, its aliases, and its two ends."""
    found = {name.short, name.key, *name.others, name.key[:4], name.short[-3:]}
    return found | {also[key] for key in found if key in also}


def _compared(
    one: str, other: str, also: dict[str, str], corrections: Corrections
) -> tuple[str, float]:
    pair = frozenset((one, other))
    if pair in corrections.apart:
        return "", 0.0
    a, b = firm_name(one).short, firm_name(other).short
    if also.get(a, a) == also.get(b, b) and a != b:
        return "alias", 100.0
    return compare_firms(one, other)


def group_reposts(
    postings: pd.DataFrame,
    *,
    period_days: float = 90,
    corrections: Corrections | None = None,
) -> Groups:
    """Group postings of one job: the same id, or the same employer, title and place in a period.

    Parameters
    ----------
    postings
        Columns ``id``, ``employer``, ``title``, ``place`` and ``date``; empty where unknown. A
        row without employer, title or place is only compared by its id, and one without a date
        only with others without.
    period_days
        How far apart two postings of a chain may be.
    corrections
        By id: what a person has decided.

    Returns
    -------
    Groups
        Aligned with the postings; the earliest row of the table stands for a group.
    """
    corrections = corrections or Corrections()
    table = postings.reset_index(drop=True)
    ids = table["id"].fillna("").astype(str).tolist()
    forest = _Forest(len(table))
    first: dict[str, int] = {}
    for row, id in enumerate(ids):
        if id and first.setdefault(id, row) != row:
            forest.join(first[id], row, "same id")
    text = {name: table[name].fillna("").astype(str) for name in ("employer", "title", "place")}
    known = (text["employer"] != "") & (text["title"] != "") & (text["place"] != "")
    keys = pd.DataFrame(
        {
            "employer": [firm_name(name).key for name in text["employer"]],
            "title": [_title_key(title) for title in text["title"]],
            "place": text["place"],
            "date": pd.to_datetime(table["date"], errors="coerce"),
        }
    )[known].sort_values(["employer", "title", "place", "date"], kind="stable")
    before = keys.shift()
    alike = (keys[["employer", "title", "place"]] == before[["employer", "title", "place"]]).all(
        axis=1
    )
    gap = keys["date"] - before["date"]
    near = (gap <= pd.Timedelta(days=period_days)) | (keys["date"].isna() & before["date"].isna())
    previous = dict(zip(keys.index[1:], keys.index[:-1], strict=True))
    for row in keys.index[alike & near]:
        one, other = int(previous[row]), int(row)
        if frozenset((ids[one], ids[other])) not in corrections.apart:
            forest.join(one, other, "same employer, title and place")
    for pair in sorted(map(sorted, corrections.same)):
        if len(pair) == 2 and set(pair) <= first.keys():
            forest.join(first[pair[0]], first[pair[1]], "corrected")
    forest_groups = forest.groups(table.index, ids)
    back = postings.index.to_numpy()
    merged = forest_groups.merged
    for column in ("kept", "merged"):
        merged[column] = back[merged[column].to_numpy(dtype=int)] if len(merged) else merged[column]
    kept = pd.Series(back[forest_groups.kept.to_numpy(dtype=int)], index=postings.index)
    return Groups(kept, merged)


def _title_key(title: str) -> str:
    """A title without spaces, widths and case; "C++" and "C#" stay apart."""
    folded = simplified(unicodedata.normalize("NFKC", title)).casefold()
    return "".join(folded.split())


def match_institutions(names: pd.Series[str], known: Institutions) -> pd.DataFrame:
    """Find each name in the list of institutions.

    Returns
    -------
    DataFrame
        ``institution``, ``institution_name`` and ``rule``, aligned; empty where none is found.
    """
    found = [known.find(name) for name in names.fillna("").astype(str)]
    values = np.array([tuple(f) if f else ("", "", "") for f in found], dtype=object)
    columns = ["institution", "institution_name", "rule"]
    return pd.DataFrame(values.reshape(-1, 3), columns=columns, index=names.index)
