"""Files inside .gz and .zip, unpacked within limits."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from hubmap.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


MOST = 8 << 30
"""Bytes that a packed file may hold."""
RATIO = 250
"""How many times its own size a packed file of more than ``SMALL`` bytes may hold."""
SMALL = 64 << 20
_CHUNK = 1 << 20


def most_of(path: Path) -> int:
    """Bytes that a file may unpack to, whatever it is."""
    return min(MOST, max(SMALL, path.stat().st_size * RATIO))


@contextmanager
def unpacked(path: Path, part: str, known: Collection[str]) -> Iterator[tuple[Path, str]]:
    """The file inside a packed one, in a temporary folder; any other file as it is.

    Parameters
    ----------
    path
        The file.
    part
        The member of a zip, where it holds several.
    known
        Suffixes that are read.

    Yields
    ------
    tuple
        Where the content lies, and the part that is left to look for inside it.

    Raises
    ------
    TableError
        It is broken, locked, holds no table or several, or far more than its size suggests.
    """
    suffix = path.suffix.lower()
    if suffix not in {".gz", ".zip"}:
        yield path, part
        return
    try:
        with tempfile.TemporaryDirectory(prefix="hubmap-") as name:
            folder = Path(name)
            if suffix == ".gz":
                if Path(path.stem).suffix.lower() not in known:
                    raise TableError(f"{path}: holds no table.", "Unpack it once.")
                inside = folder / path.stem
                with gzip.open(path, "rb") as source:
                    _pour(source, inside, path)
                yield inside, part
            else:
                yield _from_zip(path, part, folder, known)
    except (
        OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, IndexError, ValueError,
    ) as error:  # fmt: skip
        if isinstance(error, OSError) and error.errno and not isinstance(error, gzip.BadGzipFile):
            raise
        raise TableError(f"{path}: cannot be unpacked ({error}).", "Pack it again.") from None


def _from_zip(path: Path, part: str, folder: Path, known: Collection[str]) -> tuple[Path, str]:
    with zipfile.ZipFile(path) as archive:
        items = {
            item.filename: item
            for item in archive.infolist()
            if not item.is_dir()
            and not item.filename.startswith("__MACOSX")
            and not PurePosixPath(item.filename).name.startswith(".")
        }
        tables = [name for name in items if PurePosixPath(name).suffix.lower() in known]
        if part in items:
            chosen, part = part, ""
        elif len(tables) == 1:
            chosen = tables[0]
        else:
            held = ", ".join(sorted(tables)[:8]) or "no table"
            raise TableError(f"{path}: holds {held}.", "Name one member by the key `part`.")
        stem = PurePosixPath(chosen).with_suffix("")
        for name, item in items.items():
            # A member's own folder is never used, so that it cannot lead elsewhere.
            beside = PurePosixPath(name).with_suffix("") == stem
            if name == chosen or (chosen.lower().endswith(".shp") and beside):
                if item.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    # Python unpacks what others make of a block at once, however large.
                    raise TableError(
                        f"{path}: is packed by a method that is not read.", "Pack it by `deflate`."
                    )
                suffix = PurePosixPath(name).suffix.lower()
                with archive.open(item) as source:
                    _pour(source, folder / f"member{suffix}", path)
        return folder / f"member{PurePosixPath(chosen).suffix.lower()}", part


def _pour(source: _Readable, target: Path, packed: Path) -> None:
    """Copy, and stop where a small file unpacks to an absurd size."""
    limit = most_of(packed)
    done = 0
    with target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            done += len(chunk)
            if done > limit or done > shutil.disk_usage(target.parent).free:
                raise TableError(
                    f"{packed}: unpacks to more than {limit >> 20} MB, far beyond its size.",
                    "Unpack it yourself if you trust it.",
                )
            file.write(chunk)
