"""What `hubmap check` says of each source, and the table of its rejected rows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from hubmap.files import write_text
from hubmap.geodata.datum import DatumVerdict, judge, twins_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from hubmap.geodata.account import Account
    from hubmap.geodata.entities import Taken
    from hubmap.tables import Entities, Regions

ReportFormat = Literal["text", "json", "md"]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
    import shapely

    account, placed, cells = taken.account, taken.placed, taken.cells
    limits = cells.source.limits
    entities = taken.entities
    inside = 0
    if len(entities):
        leaves = regions[regions["leaf"]].geometry.to_numpy()
        tree = shapely.STRtree(leaves)
        hit = tree.query(entities.geometry.to_numpy(), predicate="intersects")[0]
        inside = len(np.unique(hit))
    account = replace(account, inside=inside)
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


def write_rejected(taken: Taken, folder: Path) -> Path | None:
    """Write ``SOURCE.csv`` of the rejected rows, or remove an old one where there is none.

    A cell that a spreadsheet would run as a formula is marked as text by an apostrophe.
    """
    path = folder / f"{taken.account.source}.csv"
    if not taken.account.rejected:
        path.unlink(missing_ok=True)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        return None
    write_text(path, csv_text(taken.rejected()))
    return path


def csv_text(table: pd.DataFrame) -> str:
    """A table as CSV that no spreadsheet runs."""
    safe = table.copy()
    safe.columns = [_as_text(str(name)) for name in safe.columns]
    for name in safe.columns:
        if safe[name].dtype.kind not in "iuf":
            safe[name] = safe[name].map(_as_text)
    return safe.to_csv(index=False, lineterminator="\n")


def _as_text(cell: object) -> object:
    return "'" + cell if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


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
    return ", ".join(f"{name} {count / whole:.0%}" for name, count in counts.items())


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
        lines.append(
            f"  placed at: {_shares(one.levels)}; {one.inside:,} in the workspace's regions"
        )
        lines.append(f"  precision: {_counts(one.precision)}")
    if one.datum is not None:
        lines.append(f"  datum: stated {one.declared_datum}; found {one.datum.sentence()}")
    if one.repeated:
        lines.append(f"  the same name at the same place: {one.repeated:,} rows")
    if one.coverage:
        lines.append(f"  coverage: {one.coverage}")
    lines += [f"  warning: {warning}" for warning in one.warnings]
    lines += [f"  refused: {refused}" for refused in one.refused]
    return lines


_MD_HEAD = (
    "| source | file | encoding | read | placed | rejected | placed at | precision | datum |"
    " warnings |",
    "|---|---|---|--:|--:|--:|---|---|---|---|",
)


def _md_row(one: Account) -> str:
    reasons = f" ({_counts(one.reasons)})" if one.reasons else ""
    datum = f"stated {one.declared_datum}" + (f"; found {_found(one.datum)}" if one.datum else "")
    cells = (
        one.source, ", ".join(one.files), one.encoding or "binary", f"{one.read:,}",
        f"{one.placed:,}", f"{one.rejected:,}{reasons}", _shares(one.levels) if one.placed else "",
        _counts(one.precision), datum, "; ".join((*one.warnings, *one.refused)),
    )  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _found(verdict: DatumVerdict) -> str:
    if verdict.verdict != "mixed":
        return verdict.verdict
    some = {name: round(100 * share[0]) for name, share in verdict.shares.items()}
    return "mixed (" + ", ".join(f"{k} {v} %" for k, v in some.items() if v) + ")"
