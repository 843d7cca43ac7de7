"""The Parquet files of a source in parts: beside the recipe, or where its URL points."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from hubmap.errors import MissingExtra, TableError
from hubmap.files import file_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Stored(NamedTuple):
    """A part being read, and a number made from its footer, which names all its columns' bytes."""

    file: pq.ParquetFile
    seed: int


@dataclass(frozen=True)
class Part:
    """One Parquet file.

    Attributes
    ----------
    where
        Its path, or its URL.
    """

    where: str

    @property
    def remote(self) -> bool:
        """Whether it is named by a URL."""
        return "://" in self.where

    def digest(self) -> str:
        """The fingerprint: of the bytes, or of what the store says of them (size, tag, time)."""
        if not self.remote:
            return file_digest(Path(self.where))
        with _told(self.where):
            system, path = _system(self.where)
            about = sorted((str(k), str(v)) for k, v in system.info(path).items())
        return hashlib.sha256(repr(about).encode()).hexdigest()

    def rows(self) -> int:
        """How many rows the footer says there are."""
        with self.reading() as stored:
            return int(stored.file.metadata.num_rows)

    @contextmanager
    def reading(self, words: Sequence[str] = ()) -> Iterator[Stored]:
        """Open it.

        Parameters
        ----------
        words
            Columns of text that are read as codes and the words they stand for.

        Raises
        ------
        TableError
            It is no readable Parquet file.
        """
        with _told(self.where), self._opened() as raw:
            try:
                footer = _footer(raw)
            except ValueError as error:
                # fsspec's way to say that a server sends whole files only.
                raise OSError(str(error)) from None
            seed = int.from_bytes(hashlib.sha256(footer).digest()[:8], "big")
            raw.seek(0)
            about = pq.read_metadata(raw)
            # A column that is not there, or is nested, is told of by who asks for it.
            flat = {about.schema.column(k).path for k in range(about.num_columns)}
            coded = [name for name in words if name in flat]
            # A store far away is asked for whole columns, ahead of their use.
            with pq.ParquetFile(
                raw, metadata=about, pre_buffer=self.remote, read_dictionary=coded
            ) as file:
                yield Stored(file, seed)

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes] | pa.NativeFile]:
        if self.remote:
            system, path = _system(self.where)
            with system.open(path, "rb") as file:
                yield file
        else:
            with pa.OSFile(self.where) as file:
                yield file


@contextmanager
def _told(where: str) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise TableError(f"{where}: not readable Parquet: {reason}.", "Write it again.") from None


def _footer(file: IO[bytes] | pa.NativeFile) -> bytes:
    end = file.seek(0, 2)
    file.seek(max(end - 8, 0))
    length = int.from_bytes(file.read(8)[:4], "little")
    file.seek(max(end - 8 - length, 0))
    return bytes(file.read(length))


def _system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path there."""
    scheme = url.partition("://")[0]
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise MissingExtra(
            f"{url}: reading from {scheme}:// needs fsspec, which is not installed.",
            'Install it with `pip install "hubmap[cluster]"`.',
        ) from None
    try:
        system, path = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise MissingExtra(
            f"{url}: {scheme}:// cannot be read: {str(error).splitlines()[0].rstrip('.')}.",
            'Install the package it names: pip install "hubmap[stores]" has s3fs and gcsfs.',
        ) from None
    return system, path


def parts_of(file: str, folder: Path) -> list[Part]:
    """The Parquet files that a recipe's ``file`` names: a folder's, or a pattern's, by name.

    Raises
    ------
    TableError
        There are none.
    """
    if "://" in file:
        with _told(file):
            system, path = _system(file)
            if not any(c in path for c in "*?[") and not path.endswith(".parquet"):
                path = path.rstrip("/") + "/*.parquet"
            names = sorted(system.glob(path))
        where = [str(system.unstrip_protocol(name)) for name in names]
    else:
        beside = folder / file
        found = beside.glob("*.parquet") if beside.is_dir() else folder.glob(file)
        # A link could lead out of the workspace; it is not followed.
        where = [str(p) for p in sorted(found) if p.is_file() and not p.is_symlink()]
    if not where:
        named = file if "://" in file else folder / file
        raise TableError(f"{named}: there is no Parquet file.", "Put the parts there.")
    return [Part(name) for name in where]
