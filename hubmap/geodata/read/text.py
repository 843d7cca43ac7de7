"""CSV and its kin, row by row where a row is odd and by the block where none is."""

from __future__ import annotations

import csv
import io
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from hubmap.errors import TableError
from hubmap.geodata.read.batch import BATCH, Batch, Job, Unread, text_array, unique_names
from hubmap.geodata.read.encoding import encoding_of, looks_double_encoded, repaired

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_BLOCK = 1 << 22
_DELIMITERS = (",", "\t", ";", "|")
_FIELD = 1 << 22
"""Characters in one cell; an open quote would otherwise swallow the rest of the file."""
REPEATED = "repeats the header"


def read_csv(job: Job) -> Iterator[Batch]:
    """Batches of a delimited text file."""
    encoding = encoding_of(job.path, job.name, job.manner.encoding)
    job.told.encoding = encoding
    errors = "replace" if encoding.startswith("utf-") and "8" not in encoding else "surrogateescape"
    csv.field_size_limit(_FIELD)
    with job.path.open(encoding=encoding, errors=errors, newline="") as file:
        start = list(islice(file, 40))
        if not any(line.strip() for line in start):
            raise TableError(f"{job.name}: the file is empty.", "It needs a header and rows.")
        delimiter = job.manner.delimiter or _sniffed(start, job.path.suffix.lower())
        if job.manner.header:
            names, first, skip = list(job.manner.header), 1, 0
        else:
            names, first, skip = _header(start, delimiter)
        raw = names
        names = unique_names(names)
        file.seek(0)
        for _ in range(skip):
            file.readline()
        made = _batches(file, names, raw, delimiter, first, job.name)
        yield from _mended(made, job) if job.manner.repair else _noticed(made, job)


def _header(start: list[str], delimiter: str) -> tuple[list[str], int, int]:
    """The header's cells, the line after it and how many lines it takes."""
    reader = csv.reader(start, delimiter=delimiter)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            return [cell.strip() for cell in cells], reader.line_num + 1, reader.line_num
    return [], 1, 0


def _sniffed(start: list[str], suffix: str) -> str:
    """The delimiter that cuts the first lines most evenly into most cells."""
    if suffix == ".tsv":
        return "\t"
    # The last line of the sample may be half a record.
    lines = start[:-1] if len(start) > 2 else start

    def fit(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        usual = widths[0] if widths else 1
        even = sum(width == usual for width in widths) / max(len(widths), 1)
        return (even if usual > 1 else 0.0, usual)

    try:
        return max(_DELIMITERS, key=fit)
    except csv.Error:
        return ","


def _batches(
    file: io.TextIOBase, names: list[str], raw: list[str], delimiter: str, line: int, where: str
) -> Iterator[Batch]:
    """Blocks of whole lines: the quick way where every line is a row, else row by row."""
    left = ""
    while True:
        block = file.read(_BLOCK)
        text = left + block
        if not text:
            return
        cut = text.rfind("\n") + 1 if block else len(text)
        if not cut:
            left = text
            if len(left) > _FIELD * 4:
                yield from _slowly(_chain(left, file), names, raw, delimiter, line)
                return
            continue
        whole, left = text[:cut], text[cut:]
        quick = _quickly(whole, names, raw, delimiter, line)
        if quick is not None:
            yield quick
        elif _open_quote(whole):
            # A cell goes on in the next block, so that blocks no longer begin with a row.
            yield from _slowly(_chain(whole + left, file), names, raw, delimiter, line)
            return
        else:
            yield from _slowly(io.StringIO(whole, newline=""), names, raw, delimiter, line)
        line += whole.count("\n") + _lone_returns(whole)
        if not block:
            return


def _lone_returns(text: str) -> int:
    return text.count("\r") - text.count("\r\n") if "\r" in text else 0


def _chain(start: str, file: io.TextIOBase) -> Iterator[str]:
    lines = io.StringIO(start, newline="").readlines()
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += file.readline()
    yield from lines
    yield from file


def _open_quote(text: str) -> bool:
    return text.count('"') % 2 == 1


def _quickly(
    text: str, names: list[str], raw: list[str], delimiter: str, line: int
) -> Batch | None:
    """A block whose every line is a row, through Arrow; None where that is not so."""
    content = _plain_lines(text)
    if content is None or len(names) < 2:
        return None
    octets = np.frombuffer(content, dtype=np.uint8)
    ends = _line_ends(octets)
    if ends is None:
        return None
    unread: list[Unread] = []
    skipped: list[int] = []

    def odd(row: pa.csv.InvalidRow) -> str:
        skipped.append(row.number - 1)
        cells = next(csv.reader([row.text], delimiter=delimiter), [])
        unread.append(_ragged(line + row.number - 1, cells, len(names)))
        return "skip"

    try:
        table = pa.csv.read_csv(
            io.BytesIO(content),
            pa.csv.ReadOptions(column_names=names, use_threads=False, block_size=len(content) + 1),
            pa.csv.ParseOptions(delimiter=delimiter, invalid_row_handler=odd),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    lines = np.arange(line, line + len(ends), dtype=np.int64)
    lines = np.delete(lines, skipped)
    if len(lines) != len(table) or any(len(one.cells) > len(names) for one in unread):
        return None
    table = pa.table(
        {name: pc.utf8_trim_whitespace(c) for name, c in zip(names, table.columns, strict=True)}
    )
    return _without_repeats(Batch(table, lines, unread), raw)


def _plain_lines(text: str) -> bytes | None:
    """The text as UTF-8, unless something in it needs a closer look."""
    if _lone_returns(text) or "\0" in text:
        return None
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return None


def _line_ends(octets: NDArray[np.uint8]) -> NDArray[np.intp] | None:
    """Where lines end; None when one is blank or inside quotation marks."""
    ends = np.flatnonzero(octets == 0x0A)
    if not len(ends) or ends[-1] != len(octets) - 1:
        ends = np.append(ends, len(octets))
    if 0x22 in octets:
        quotes = np.searchsorted(np.flatnonzero(octets == 0x22), ends)
        if (quotes % 2).any():
            return None
    width = np.diff(ends, prepend=-1) - 1
    blank = (width == 0) | ((width == 1) & (octets[np.maximum(ends - 1, 0)] == 0x0D))
    if blank.any():
        return None
    return ends


def _slowly(
    text: Iterator[str], names: list[str], raw: list[str], delimiter: str, line: int
) -> Iterator[Batch]:
    """Row by row, with the line on which each begins."""
    rows: list[list[str]] = []
    lines: list[int] = []
    unread: list[Unread] = []
    held = 0
    for at, cells, reason in _records(text, delimiter, line, len(names)):
        held += sum(map(len, cells))
        if reason:
            unread.append(Unread(at, reason, tuple(_clean(cell) for cell in cells)))
        elif any("\udc80" <= c <= "\udcff" for cell in cells if not cell.isascii() for c in cell):
            unread.append(
                Unread(at, "holds bytes that are not in the encoding", tuple(map(_clean, cells)))
            )
        elif len(cells) == len(names) or not any(cell.strip() for cell in cells[len(names) :]):
            if len(cells) < len(names):
                unread.append(_ragged(at, cells, len(names)))
                continue
            rows.append(cells[: len(names)])
            lines.append(at)
        else:
            unread.append(_ragged(at, cells, len(names)))
        # Rows may be as wide as they like, so that characters are counted too.
        if len(rows) + len(unread) >= BATCH or held >= _BLOCK:
            yield _from_rows(rows, lines, unread, names, raw)
            rows, lines, unread, held = [], [], [], 0
    yield _from_rows(rows, lines, unread, names, raw)


def _from_rows(
    rows: list[list[str]], lines: list[int], unread: list[Unread], names: list[str], raw: list[str]
) -> Batch:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    table = pa.table({n: text_array(c) for n, c in zip(names, columns, strict=True)})
    return _without_repeats(Batch(table, np.array(lines, dtype=np.int64), unread), raw)


def _records(
    text: Iterator[str], delimiter: str, line: int, width: int
) -> Iterator[tuple[int, list[str], str]]:
    """Each record's line, cells and what is wrong with it.

    A record that runs over lines and does not fit is an open quote that swallowed its
    successors: only its first line is given up, and the others are read again.
    """
    back: deque[str] = deque()
    taken: list[str] = []

    def pull() -> Iterator[str]:
        while True:
            following = back.popleft() if back else next(text, None)
            if following is None:
                return
            taken.append(following)
            yield following

    reader = csv.reader(pull(), delimiter=delimiter)
    while True:
        reason = ""
        try:
            cells = next(reader, None)
        except csv.Error as error:
            cells, reason = [], f"is no row: {error}"
        if cells is None:
            return
        whole = "".join(taken) if len(taken) > 1 else ""
        if not reason and len(taken) > 1 and (len(cells) != width or _open_quote(whole)):
            reason = "opens a quotation mark that is not closed"
        if reason:
            yield line, [taken[0].rstrip("\r\n")], reason
            back.extendleft(reversed(taken[1:]))
            reader = csv.reader(pull(), delimiter=delimiter)
            line += 1
        else:
            if any(cell.strip() for cell in cells):
                yield line, cells, ""
            line += len(taken)
        taken.clear()


def _ragged(line: int, cells: list[str], width: int) -> Unread:
    held = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
    reason = f"not a CSV table's row: it has {held} where the header has {width}"
    return Unread(line, reason, tuple(_clean(cell) for cell in cells))


def _clean(cell: str) -> str:
    return cell.encode("utf-8", "replace").decode("utf-8")


def _without_repeats(batch: Batch, raw: list[str]) -> Batch:
    """Header rows that stand again among the rows are rejected."""
    if not batch.cells.num_rows or any("\udc80" <= c <= "\udcff" for name in raw for c in name):
        return batch  # a row of such bytes is rejected already
    same: NDArray[np.bool_] = np.ones(batch.cells.num_rows, dtype=bool)
    for name, column in zip(raw, batch.cells.columns, strict=True):
        same &= pc.equal(column, name).to_numpy(zero_copy_only=False)
        if not same.any():
            return batch
    unread = [Unread(int(line), REPEATED, tuple(raw)) for line in batch.lines[same]]
    return Batch(batch.cells.filter(pa.array(~same)), batch.lines[~same], batch.unread + unread)


def _noticed(batches: Iterator[Batch], job: Job) -> Iterator[Batch]:
    """The batches, with a note when the first looks double-encoded."""
    first = True
    for batch in batches:
        if first and batch.cells.num_rows:
            first = False
            head = batch.cells.slice(0, 200)
            texts = [text for column in head.columns for text in column.to_pylist()]
            if encoding := looks_double_encoded(texts):
                job.told.notes.append(
                    f"the text looks double-encoded ({encoding} bytes read as Latin-1); "
                    'set repair = "double-encoded" to have it mended'
                )
        yield batch


def _mended(batches: Iterator[Batch], job: Job) -> Iterator[Batch]:
    """The batches with each cell's bytes read again; rows that make no sense are rejected."""
    encoding = ""
    for batch in batches:
        names = batch.cells.column_names
        columns = {n: c.to_pylist() for n, c in zip(names, batch.cells.columns, strict=True)}
        if not encoding:
            encoding = looks_double_encoded([t for c in columns.values() for t in c[:200]])
            if not encoding and batch.cells.num_rows:
                raise TableError(
                    f'{job.name}: repair = "double-encoded" is asked for, but the text is not.',
                    "Remove the key `repair`.",
                )
            job.told.encoding += f", double-encoded {encoding} repaired"
        known: dict[str, str | None] = {}
        bad: dict[int, str] = {}
        for name, cells in columns.items():
            for row, cell in enumerate(cells):
                if cell not in known:
                    known[cell] = repaired(cell, encoding)
                mended = known[cell]
                if mended is None:
                    bad.setdefault(row, name)
                else:
                    cells[row] = mended
        unread = [
            Unread(
                int(batch.lines[row]),
                f"`{name}` cannot be repaired as double-encoded {encoding}",
                tuple(str(cells[row]) for cells in columns.values()),
            )
            for row, name in sorted(bad.items())
        ]
        keep = np.array([row not in bad for row in range(batch.cells.num_rows)], dtype=bool)
        table = pa.table({name: text_array(cells) for name, cells in columns.items()})
        yield Batch(table.filter(pa.array(keep)), batch.lines[keep], batch.unread + unread)
