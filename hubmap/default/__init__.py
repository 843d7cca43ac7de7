"""The default workspace that the wheel carries, and laying one down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubmap.errors import ProductError
from hubmap.files import carried, write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOLDERS = {"geodata": "*", "layers": "*.toml", "maps": "*.toml"}


def default_files() -> Iterator[tuple[str, bytes]]:
    """The files of the default workspace: relative path and content, sorted."""
    root = carried()
    for folder, pattern in _FOLDERS.items():
        for path in sorted((root / folder).glob(pattern)):
            if path.is_file() and not path.name.startswith("."):
                yield f"{folder}/{path.name}", path.read_bytes()


def lay_down(folder: Path, *, empty: bool = False) -> list[Path]:
    """Write a new workspace.

    Parameters
    ----------
    folder
        Made when it is missing.
    empty
        Only a commented skeleton, instead of the China hubs.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ProductError
        A file of that name is there already, or the folder cannot be written.
    """
    from hubmap.default.skeleton import SKELETON

    content = (
        [(name, text.encode()) for name, text in SKELETON.items()] if empty else default_files()
    )
    return write_new({folder / name: body for name, body in content})


def write_new(files: dict[Path, bytes]) -> list[Path]:
    """Write files, none of which may be there yet.

    Raises
    ------
    ProductError
        One is there already, or cannot be written; then none is written over.
    """
    for path in files:
        if path.exists():
            raise ProductError(
                f"{path}: is there already.", "Choose an empty folder; nothing was written."
            )
    for path, body in files.items():
        write_bytes(path, body)
    return list(files)
