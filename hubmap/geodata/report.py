"""What `hubmap check` says of each source, and the table of its rejected rows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from hubmap.files import write_text
from hubmap.geodata.datum import DatumVerdict, judge, twins_of
from hubmap.geodata.formulas import marked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from hubmap.geodata.account import Account
    from hubmap.geodata.entities import Taken
    from hubmap.tables import Entities, Regions

ReportFormat = Literal["text", "json", "md"]


def examined(taken: Taken, regions: Regions, others: Mapping[str, Entities]) -> Account:
    """A source's account with the verdict on its datum and what follows from it.

    Parameters
    ----------
    taken
        The source, read.
    regions
        The workspace's regions.
    others
        The workspace's other sources, as further witnesses of where a name is.
    """
    account, placed, cells = taken.account, taken.placed, taken.cells
    limits = cells.source.limits
    account = _covered(account, taken, regions)
    if not (placed.own & ~cells.faults.bad).any():
        return account
    good = placed.own & ~cells.faults.bad
    names = cells.text(cells.columns.name_zh)
    names = names.where(names != "", cells.text(cells.columns.name))
    sure = not cells.source.city_centres
    verdict = judge(
        np.where(good, placed.lon, np.nan),
        np.where(good, placed.lat, np.nan),
        placed.code.to_numpy(dtype=object),
        names.to_numpy(dtype=object),
        regions,
        twins_of(others) if sure else {},
        enough=limits.datum_points,
        mixed_share=limits.mixed_share,
        elsewhere=cells.source.elsewhere,
    )
    warnings = list(account.warnings)
    declared = cells.source.datum
    if declared == "unknown" and verdict.verdict != "undecided":
        warnings.append(
            f"the datum is not stated, so nothing is converted and every precision is 1.4 km "
            f"worse; the rows fit {verdict.sentence()}"
        )
    elif verdict.verdict not in {"undecided", declared}:
        warnings.append(f'datum = "{declared}" is stated, but the data fit {verdict.sentence()}')
    return replace(account, datum=verdict, warnings=tuple(warnings))


def _covered(account: Account, taken: Taken, regions: Regions) -> Account:
    """The account with how many rows, cities and districts of the workspace it reaches."""
    import shapely

    placed, good = taken.placed, ~taken.cells.faults.bad
    leaves = regions[regions["leaf"]]
    code = placed.code.to_numpy(dtype=object).copy()
    at = np.flatnonzero(good & placed.point)
    code[at] = ""
    tree = shapely.STRtree(leaves.geometry.to_numpy())
    hit, leaf = tree.query(placed.points[at], predicate="intersects")
    code[at[hit]] = leaves.index.to_numpy(dtype=object)[leaf]
    here = good & np.isin(code, regions.index.to_numpy(dtype=object))
    codes = set(code[here])
    cities = set(regions["city"].reindex(sorted(codes)).dropna())
    return replace(
        account,
        inside=int(here.sum()),
        cities=(len(cities), leaves["city"].nunique()),
        districts=(len(codes & set(leaves.index)), len(leaves)),
    )


def write_merged(taken: Taken, folder: Path) -> Path | None:
    """Write ``SOURCE.csv`` of the merges, or remove an old one where there is none."""
    return _write_list(taken.merged.listed, folder / f"{taken.account.source}.csv")


def write_rejected(taken: Taken, folder: Path) -> Path | None:
    """Write ``SOURCE.csv`` of the rejected rows, or remove an old one where there is none.

    A cell that a spreadsheet would run as a formula is marked as text by an apostrophe.
    """
    return _write_list(taken.rejected(), folder / f"{taken.account.source}.csv")


def _write_list(table: pd.DataFrame, path: Path) -> Path | None:
    if not len(table):
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
        return None
    write_text(path, csv_text(table))
    return path


def csv_text(table: pd.DataFrame) -> str:
    """A table as CSV that no spreadsheet runs."""
    safe = table.copy()
    safe.columns = [marked(str(name)) for name in safe.columns]
    for name in safe.columns:
        if safe[name].dtype.kind not in "iuf":
            safe[name] = safe[name].map(marked)
    return safe.to_csv(index=False, lineterminator="\n")


def rendered(accounts: Sequence[Account], format: ReportFormat) -> str:
    """The accounts as text, JSON or a Markdown table."""
    if format == "json":
        return json.dumps([one.plain() for one in accounts], ensure_ascii=False, indent=1)
    if format == "md":
        return "\n".join([*_MD_HEAD, *(_md_row(one) for one in accounts)])
    return "\n\n".join("\n".join(_text_lines(one)) for one in accounts)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _shares(counts: Mapping[str, int]) -> str:
    whole = sum(counts.values())
    shares = {name: _percent(count, whole) for name, count in counts.items()}
    return ", ".join(f"{name} {share}" for name, share in shares.items())


def _percent(count: int, whole: int) -> str:
    """A share that is 0 % or 100 % only where it is none or all."""
    share = f"{count / whole:.0%}"
    if share == "0%" and count:
        return "<1%"
    return ">99%" if share == "100%" and count < whole else share


def _text_lines(one: Account) -> list[str]:
    lines = [f"{one.source}: {one.title} ({', '.join(one.files)}; {one.encoding or 'binary'})"]
    origin = f"{one.in_file:,} in the file"
    origin += f", {one.left_out:,} left out by `only`" if one.left_out else ""
    origin += f", {one.added:,} more by splitting cells" if one.added else ""
    lines.append(
        f"  read {one.read:,} = placed {one.placed:,} + rejected {one.rejected:,}"
        + (f"  ({origin})" if one.in_file != one.read else "")
    )
    if one.reasons:
        lines.append(f"  rejected: {_counts(one.reasons)}")
    if one.placed:
        lines.append(f"  placed at: {_shares(one.levels)}")
        if one.confidence:
            lines.append(f"  read from text: {_shares(one.confidence)}")
        lines.append(f"  precision: {_counts(one.precision)}")
    found = f"found {one.datum.sentence()}" if one.datum else "no coordinates to test it by"
    lines.append(f"  datum: stated {one.declared_datum}; {found}")
    lines.append(f"  duplicates: {_duplicates(one)}")
    lines.append(f"  coverage: {_coverage(one)}")
    lines += [f"  warning: {warning}" for warning in one.warnings]
    lines += [f"  refused: {refused}" for refused in one.refused]
    return lines


def _duplicates(one: Account) -> str:
    """What stands twice: what was merged, what counts together, what looks the same."""
    parts = []
    if one.merged:
        parts.append(
            f"{one.merged:,} rows merged into others ({_counts(one.merges)}), "
            f"{one.placed - one.merged:,} remain; see layers/merged/{one.source}.csv"
        )
    if one.united:
        parts.append(_counts(one.united))
    if one.repeated:
        parts.append(f"{one.repeated:,} rows have the name and place of another")
    return "; ".join(parts) or "none found"


def _coverage(one: Account) -> str:
    """How much of the workspace the rows reach, and what the recipe says of it."""
    reached = (
        f"{one.inside:,} rows in {one.cities[0]} of {one.cities[1]} cities and "
        f"{one.districts[0]} of {one.districts[1]} districts of the workspace"
    )
    return f"{reached}; {one.coverage}" if one.coverage else reached


_MD_HEAD = (
    "| source | file | encoding | read | placed | rejected | placed at | precision | datum |"
    " duplicates | coverage | warnings and refusals |",
    "|---|---|---|--:|--:|--:|---|---|---|---|---|---|",
)


def _md_row(one: Account) -> str:
    reasons = f" ({_counts(one.reasons)})" if one.reasons else ""
    levels = _shares(one.levels) if one.placed else ""
    if one.confidence:
        levels += f" ({_shares(one.confidence)})"
    datum = f"stated {one.declared_datum}" + (f"; found {_found(one.datum)}" if one.datum else "")
    cells = (
        one.source, ", ".join(one.files), one.encoding or "binary", f"{one.read:,}",
        f"{one.placed:,}", f"{one.rejected:,}{reasons}", levels, _counts(one.precision), datum,
        _duplicates(one), _coverage(one),
        "; ".join((*one.warnings, *(f"refused: {words}" for words in one.refused))),
    )  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _found(verdict: DatumVerdict) -> str:
    if verdict.verdict != "mixed":
        return verdict.verdict
    some = {name: round(100 * share[0]) for name, share in verdict.shares.items()}
    return "mixed (" + ", ".join(f"{k} {v} %" for k, v in some.items() if v) + ")"
