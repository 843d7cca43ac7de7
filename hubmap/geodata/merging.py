"""Merging what stands in a table twice, as a recipe's ``[duplicates]`` asks; every merge listed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from hubmap.errors import TableError
from hubmap.geodata.duplicates import Corrections, group_firms, group_reposts, read_corrections
from hubmap.geodata.institutions import Institutions
from hubmap.geodata.read import read_cells, require_columns
from hubmap.geodata.told import corrections_path, universities_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hubmap.geodata.cells import Cells
    from hubmap.geodata.duplicates import Groups
    from hubmap.geodata.placing import Placed
    from hubmap.tables import Regions

LISTED = (
    "what", "rule", "likeness", "kept_line", "kept_id", "kept_name", "merged_line", "merged_id",
    "merged_name",
)  # fmt: skip
_ANYWHERE = ("same name", "campus", "corrected")
# Points in no region are compared within a cell of that many degrees.
_CELL_DEGREES = 0.5


@dataclass
class Merged:
    """What was merged.

    Attributes
    ----------
    dropped
        Rows that another row stands for.
    counts
        Of these, by rule.
    united
        Rows that stay, but whose employer or unit is now another's, by what.
    listed
        A line a merge.
    """

    dropped: NDArray[np.bool_]
    counts: dict[str, int] = field(default_factory=dict)
    united: dict[str, int] = field(default_factory=dict)
    listed: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LISTED)))
    warnings: list[str] = field(default_factory=list)


def merge(cells: Cells, table: pd.DataFrame, placed: Placed, regions: Regions) -> Merged:
    """Find what is there twice among the rows without a fault.

    Parameters
    ----------
    cells, table, placed
        The source's cells, its attributes, and where its rows lie. Of the attributes ``employer``
        and ``unit`` become those of the rows they are merged into.
    regions
        Firms and reposts are compared within a city or place.

    Raises
    ------
    TableError
        The corrections or the list of institutions cannot be read.
    MissingExtra
        Without the extra `duplicates`.
    """
    asked = cells.source.duplicates
    found = Merged(np.zeros(len(table), dtype=bool))
    rows = np.flatnonzero(~cells.faults.bad)
    if not asked.any or not len(rows):
        return found
    corrections, path = _corrections(cells)
    work = _Work(cells, table, found, corrections)
    city, place = _places(placed, regions, rows)
    known = _institutions(work, rows, city) if asked.institutions else set()
    if asked.firms and cells.columns.employer:
        _employers(work, rows, city)
    if asked.reposts:
        _reposts(work, rows, place)
    if asked.firms and not cells.columns.employer:
        _firms(work, rows[~found.dropped[rows]], city)
    found.listed = pd.DataFrame(work.lines, columns=list(LISTED))
    if path is not None:
        said = set().union(*(corrections.same | corrections.apart))
        names = ("id", "name", "name_zh", "employer")
        known = known.union(*(table[name].dropna() for name in names if name in table))
        if unused := sorted(said - known):
            found.warnings.append(
                f"{path.name}: {len(unused)} of its names stand in no row, such as {unused[0]!r}"
            )
    return found


def _corrections(cells: Cells) -> tuple[Corrections, Any]:
    path = corrections_path(cells.source, cells.folder)
    if path is not None and not path.is_file():
        raise TableError(
            f"{path}: there is no such file.",
            f"Put it there, or mend duplicates.corrections of {cells.source.id}.toml.",
        )
    return (read_corrections(path) if path else Corrections()), path


@dataclass
class _Work:
    cells: Cells
    table: pd.DataFrame
    found: Merged
    corrections: Corrections
    lines: list[tuple[Any, ...]] = field(default_factory=list)

    def note(self, what: str, rule: str, likeness: float, kept: tuple[Any, ...], row: int) -> None:
        """List a merge."""
        self.lines.append((what, rule, round(float(likeness), 1), *kept, *self.told(row)))

    def told(self, row: int) -> tuple[Any, ...]:
        """Line, id and name of a row."""
        line = int(self.cells.rows.lines[row])
        return line, self.table["id"].iloc[row], self.table["name"].iloc[row]

    def drop(self, groups: Groups) -> None:
        """Leave out the rows that others stand for."""
        for one in groups.merged.to_dict("records"):
            row, rule = int(one["merged"]), str(one["rule"])
            self.found.dropped[row] = True
            self.found.counts[rule] = self.found.counts.get(rule, 0) + 1
            self.note("row", rule, one["likeness"], self.told(int(one["kept"])), row)


def _column(table: pd.DataFrame, name: str, rows: NDArray[np.intp]) -> pd.Series[str]:
    """Some cells of a column, by row; empty ones where there is no such column."""
    if name not in table:
        return pd.Series("", index=rows, dtype=object)
    cells = table[name].iloc[rows].astype(object)
    return pd.Series(cells.where(cells.notna(), "").to_numpy(), index=rows, dtype=object)


def _places(
    placed: Placed, regions: Regions, rows: NDArray[np.intp]
) -> tuple[pd.Series[str], pd.Series[str]]:
    """City and place of each row, within which things are compared."""
    code = placed.code.iloc[rows].to_numpy(dtype=object)
    stated = placed.city.iloc[rows].to_numpy(dtype=object)
    city = pd.Series(code).map(regions["city"]).to_numpy(dtype=object)
    city = np.where(pd.isna(city), np.where(stated != "", stated, code), city)
    place = code.copy()
    bare = np.flatnonzero(code == "")
    if len(bare):
        points = placed.points[rows[bare]]
        x, y = shapely.get_x(points), shapely.get_y(points)
        place[bare] = [f"{a:.3f} {b:.3f}" for a, b in zip(x, y, strict=True)]
        cell = np.floor(np.column_stack([x, y]) / _CELL_DEGREES).astype(int)
        city[bare] = [f"cell {a} {b}" for a, b in cell]
        leaves = regions[regions["leaf"]]
        tree = shapely.STRtree(leaves.geometry.to_numpy())
        at, leaf = tree.query(points, predicate="intersects")
        city[bare[at]] = leaves["city"].to_numpy(dtype=object)[leaf]
    return pd.Series(city, index=rows), pd.Series(place, index=rows)


def _aliases(table: pd.DataFrame, rows: NDArray[np.intp]) -> list[tuple[str, str]]:
    """English and Chinese names of the same row."""
    both = zip(_column(table, "name", rows), _column(table, "name_zh", rows), strict=True)
    return list(dict.fromkeys((a, b) for a, b in both if a and b and a != b))


def _firms(work: _Work, rows: NDArray[np.intp], city: pd.Series[str]) -> None:
    """Rows that are one firm of a city become one row."""
    names = _column(work.table, "name", rows)
    work.drop(
        group_firms(
            names,
            city.reindex(rows),
            corrections=work.corrections,
            aliases=_aliases(work.table, rows),
        )
    )


def _employers(work: _Work, rows: NDArray[np.intp], city: pd.Series[str]) -> None:
    """The spellings of an employer in a city become the first one; no row is lost."""
    names = _column(work.table, "employer", rows)
    groups = group_firms(names, city, corrections=work.corrections)
    of = dict(zip(rows, names, strict=True))
    kept = np.array([*(of[row] for row in groups.kept), None], dtype=object)[:-1]
    changed = rows[kept != names.to_numpy(dtype=object)]
    seen: set[tuple[str, str, str]] = set()
    # Of the rows of one spelling the one that ties it to the other spelling.
    lines = groups.merged.to_dict("records")
    for one in sorted(lines, key=lambda line: str(line["rule"]) == "same name"):
        row, first = int(one["merged"]), int(one["kept"])
        spelling = str(city.at[row]), of[row], of[first]
        if of[row] != of[first] and spelling not in seen:
            seen.add(spelling)
            line, id, _ = work.told(first)
            work.note("employer", str(one["rule"]), one["likeness"], (line, id, of[first]), row)
            work.lines[-1] = (*work.lines[-1][:-1], of[row])
    if len(changed):
        column = work.table["employer"].to_numpy(dtype=object).copy()
        column[rows] = kept
        work.table["employer"] = column
        work.found.united["employers spelt otherwise"] = len(changed)


def _reposts(work: _Work, rows: NDArray[np.intp], place: pd.Series[str]) -> None:
    postings = pd.DataFrame(
        {
            "id": _column(work.table, "id", rows),
            "employer": _column(work.table, "employer", rows),
            "title": _column(work.table, "name", rows),
            "place": place,
            "date": _column(work.table, "date", rows),
        },
        index=rows,
    )
    days = work.cells.source.duplicates.days
    work.drop(group_reposts(postings, period_days=days, corrections=work.corrections))


def _institutions(work: _Work, rows: NDArray[np.intp], city: pd.Series[str]) -> set[str]:
    """Rows of one institution become one unit, that of the list; gives the names of the list."""
    path = universities_path(work.cells.folder)
    cells = read_cells(path)
    missing = require_columns(map(str, cells.columns), ("institution_id", "name"), path)
    if missing:
        raise missing[0]
    both = [name for name in ("name", "name_zh") if name in cells]
    pairs = [
        (i, n) for name in both for i, n in zip(cells["institution_id"], cells[name], strict=True)
    ]
    of_name = {name: id for id, name in pairs}
    homes: dict[str, set[str]] = {}
    for column in ("city", "registered_city"):
        for id, home in zip(cells["institution_id"], cells.get(column, []), strict=False):
            homes.setdefault(id, set()).add(home)
    known = Institutions(pairs)
    memory: dict[str, tuple[str, str, str] | None] = {}

    def find(name: str) -> tuple[str, str, str] | None:
        if name not in memory:
            found = known.find(name) if name else None
            memory[name] = None if found is None else (found.id, found.name, str(found.rule))
            for pair in work.corrections.same:
                other = set(pair) - {name}
                if name in pair and len(other) == 1 and (listed := next(iter(other))) in of_name:
                    memory[name] = (of_name[listed], listed, "corrected")
            hit = memory[name]
            apart = work.corrections.apart
            if hit is not None and {frozenset((name, hit[1])), frozenset((name, hit[0]))} & apart:
                memory[name] = None
        return memory[name]

    units = work.table["unit" if "unit" in work.table else "id"].to_numpy(dtype=object).copy()
    count = 0
    for row in rows:
        names = (work.table[n].iloc[row] for n in ("name_zh", "name"))
        hit = next((f for name in names if isinstance(name, str) and (f := find(name))), None)
        if hit is not None and _at_home(hit, str(city.at[row]), homes):
            units[row], name, rule = hit
            count += 1
            work.note("unit", rule, 100.0, ("", hit[0], name), int(row))
    if count:
        work.table["unit"] = units
        work.found.united["rows of a listed institution"] = count
    return {*of_name, *of_name.values()}


def _at_home(hit: tuple[str, str, str], city: str, homes: dict[str, set[str]]) -> bool:
    """Whether a name that differs from the listed one can be that institution's.

    The same name, or a campus, may stand in any city; "培黎职业学院" of Zhangye is no
    "北京培黎职业学院".
    """
    return hit[2] in _ANYWHERE or not homes.get(hit[0]) or city in homes[hit[0]]
