"""Files, written whole or not at all, and their fingerprints."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hubmap.errors import ProductError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from filelock import BaseFileLock


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file in the same folder that takes the path's place when the block succeeds.

    Parameters
    ----------
    path
        The product; its folder is made when it is missing.

    Yields
    ------
    Path
        Where to write. On any failure it is removed and the old product stays.

    Raises
    ------
    ProductError
        The folder or the disk does not take the file.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        # mkstemp makes the file private; a product is as readable as any other new file.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        reason = error.strerror or str(error)
        raise ProductError(
            f"{path}: cannot be written ({reason}).",
            "Free some space, or mend the folder's permissions; the old file was left as it was.",
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write a UTF-8 file with LF line ends, whole or not at all."""
    write_bytes(path, content.encode("utf-8"))


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal; a pipe, which may never end, is no file."""
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def carried() -> Path:
    """What the package carries of the default workspace; in a checkout, the checkout itself."""
    here = Path(__file__).parent / "default"
    return here if (here / "geodata").is_dir() else here.parents[1]


def leads_out(path: Path, root: Path) -> bool:
    """Whether a link's target lies outside a folder, or the link leads back to itself."""
    if not path.is_symlink():
        return False
    try:
        return not path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return True


class BuildLock:
    """Keeps two builds of one workspace apart, from the first write to the end of a block.

    The operating system frees the lock of a process that dies, so none has to be cleared by hand.
    While nothing is written, nothing is locked and the lock's file is not touched.

    Parameters
    ----------
    path
        The lock's file.
    folders
        Where builds write; what a killed one left half-written there is removed.
    """

    def __init__(self, path: Path, folders: Iterable[Path] = ()) -> None:
        self._path = path
        self._folders = tuple(folders)
        self._depth = 0
        self._lock: BaseFileLock | None = None

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0 and self._lock is not None:
            self._lock.release()
            self._lock = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock in this block, and until the outermost block ends.

        Raises
        ------
        ProductError
            Another build holds it, or the folder cannot be written.
        """
        with self:
            if self._lock is None:
                self._refuse_links()
                self._lock = self._acquired()
                for folder in self._folders:
                    for left in folder.rglob(".*.part"):
                        left.unlink(missing_ok=True)
            yield

    def _refuse_links(self) -> None:
        """A folder of products that is a link could have files written anywhere."""
        for folder in self._folders:
            inner = (p for p in folder.rglob("*") if p.is_symlink() and p.is_dir())
            for path in (folder, *inner):
                if leads_out(path, folder.parent):
                    raise ProductError(
                        f"{path}: is a link that leads out of the workspace.",
                        "Make it a folder; copy the products from there.",
                    )

    def _acquired(self) -> BaseFileLock:
        from filelock import FileLock, Timeout

        lock = FileLock(self._path, timeout=0)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise ProductError(
                f"{self._path.parent}: another build is working in this workspace.",
                "Wait until it has ended, then build again.",
            ) from None
        except OSError as error:
            raise ProductError(
                f"{self._path}: cannot be written ({error.strerror or error}).",
                "Mend the folder's permissions; every product was left as it was.",
            ) from None
        return lock
