"""JSON and JSON Lines: records with nested paths, a list's elements as rows where asked."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.errors import TableError
from hubmap.geodata.read.batch import (
    BATCH,
    TEXT,
    Batch,
    Job,
    Unread,
    as_text,
    table_of,
    unique_names,
)
from hubmap.geodata.read.encoding import encoding_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEP = 12
_MOST = 10_000_000
"""Cells that the opened list of one record may make."""
_INDEX = re.compile(r"\[\d+\]")


def read_json(job: Job) -> Iterator[Batch]:
    """Batches of a JSON file: a list of records, or one record that holds it."""
    encoding = job.told.encoding = encoding_of(job.path, job.name, job.manner.encoding)
    job.told.unit = "record"
    try:
        content = json.loads(job.path.read_bytes().decode(encoding))
    except UnicodeDecodeError as error:
        raise TableError(
            f"{job.name}: byte {error.start} is not {encoding}.", "Name its `encoding`."
        ) from None
    except (ValueError, RecursionError) as error:
        raise TableError(f"{job.name}: not valid JSON: {error}.", "Mend the file.") from None
    records = _rows_of(content, job)
    yield from _batches(((n, record, "") for n, record in enumerate(records, 1)), job)


def read_jsonl(job: Job) -> Iterator[Batch]:
    """Batches of a file with one JSON record a line."""
    encoding = job.told.encoding = encoding_of(job.path, job.name, job.manner.encoding)

    def lines() -> Iterator[tuple[int, Any, str]]:
        with job.path.open(encoding=encoding, errors="replace", newline="\n") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    yield number, json.loads(line), ""
                except (ValueError, RecursionError) as error:
                    yield number, line.strip(), f"is not valid JSON: {error}"

    yield from _batches(lines(), job)


def _rows_of(content: Any, job: Job) -> list[Any]:
    for key in job.manner.rows.split(".") if job.manner.rows else ():
        content = content.get(key) if isinstance(content, dict) else None
    if isinstance(content, dict) and not job.manner.rows:
        # The one shape of the results of a SPARQL query.
        results = content.get("results")
        if isinstance(results, dict) and isinstance(results.get("bindings"), list):
            return list(results["bindings"])
        lists = [key for key, value in content.items() if isinstance(value, list)]
        raise TableError(
            f"{job.name}: holds one object, not a list of records.",
            f"Name the list by the key `rows`: {', '.join(lists) or 'there is none'}.",
        )
    if not isinstance(content, list):
        raise TableError(
            f"{job.name}: there is no list of records at `{job.manner.rows}`.", "Mend `rows`."
        )
    return content


def opened_lists(paths: tuple[str, ...]) -> tuple[str, ...]:
    """The lists whose elements become rows: ``a[]`` and ``a[].b[]`` for ``a[].b[].c``.

    Raises
    ------
    ValueError
        Two paths open different lists.
    """
    chains = []
    for path in paths:
        parts = path.split("[]")[:-1]
        chains.append(tuple("[]".join(parts[: n + 1]) + "[]" for n in range(len(parts))))
    longest = max(chains, key=len, default=())
    for chain in chains:
        if chain != longest[: len(chain)]:
            raise ValueError(f"{chain[-1]} and {longest[-1]} cannot both be made into rows")
    return longest


def flattened(record: dict[str, Any], opened: tuple[str, ...]) -> list[dict[str, str]]:
    """A record as rows of text by dotted path; one row where no list is opened.

    A list that is not opened is kept as JSON, and its elements are found by ``path[0]`` too.
    An opened list that is empty or missing gives one row without it.

    Raises
    ------
    ValueError
        The lists would make absurdly many cells.
    """

    def put(prefix: str, value: Any, depth: int, row: dict[str, str]) -> list[dict[str, str]]:
        if isinstance(value, dict) and depth < _DEEP:
            made = [row]
            for key, inner in value.items():
                path = f"{prefix}.{key}" if prefix else str(key)
                made = [new for one in made for new in put(path, inner, depth + 1, one)]
            return made
        if isinstance(value, list):
            if prefix + "[]" in opened and value:
                if len(value) * (len(row) + 1) > _MOST:
                    raise ValueError(f"`{prefix}[]` would make more than {_MOST:,} cells")
                return [
                    new
                    for element in value
                    for new in put(prefix + "[]", element, depth + 1, dict(row))
                ]
            for number, element in enumerate(value[:9]):
                if isinstance(element, dict) and depth < _DEEP:
                    put(f"{prefix}[{number}]", element, depth + 1, row)
                elif not isinstance(element, list):
                    row[f"{prefix}[{number}]"] = as_text(element)
            row[prefix] = json.dumps(value, ensure_ascii=False)
            return [row]
        row[prefix] = json.dumps(value) if isinstance(value, dict) else as_text(value)
        return [row]

    return put("", record, 0, {})


def _index(path: str) -> bool:
    return bool(_INDEX.search(path))


def _batches(records: Iterator[tuple[int, Any, str]], job: Job) -> Iterator[Batch]:
    wanted = job.manner.paths
    try:
        opened = opened_lists(wanted)
    except ValueError as error:
        raise TableError(f"{job.name}: {error}.", "Use one list in `columns`.") from None
    indexed = {path for path in wanted if "[" in path.replace("[]", "")}
    rows: list[dict[str, str]] = []
    lines: list[int] = []
    unread: list[Unread] = []
    long = 0
    for number, record, reason in records:
        if reason or not isinstance(record, dict):
            text = as_text(record) if reason else json.dumps(record, ensure_ascii=False)
            shown = text.encode("utf-8", "replace").decode("utf-8")[:2000]
            unread.append(Unread(number, reason or "is no JSON object", (shown,)))
        else:
            try:
                made = flattened(record, opened)
            except ValueError as error:
                unread.append(Unread(number, str(error), ()))
                continue
            for row in made:
                # Elements by number are only kept where the recipe asks for them.
                rows.append({k: v for k, v in row.items() if k in indexed or not _index(k)})
                lines.append(number)
                long += sum(map(len, row.values()))
                if len(rows) >= BATCH or long > TEXT:
                    yield _table(rows, lines, unread)
                    rows, lines, unread, long = [], [], [], 0
    yield _table(rows, lines, unread)


def _table(rows: list[dict[str, str]], lines: list[int], unread: list[Unread]) -> Batch:
    names = list(dict.fromkeys(name for row in rows for name in row))
    unique_names(names)  # there may be too many
    clean = {n: n.encode("utf-8", "replace").decode("utf-8") for n in names}
    columns = {clean[name]: [row.get(name, "") for row in rows] for name in names}
    return Batch(table_of(columns), np.array(lines, dtype=np.int64), unread)
