"""`hubmap init --example ror`: a map of the world's universities from a registry's dump."""

from __future__ import annotations

from pathlib import Path

from hubmap.default import write_new
from hubmap.errors import TableError

_SUFFIXES = {".json", ".csv", ".jsonl"}
_PACKED = {".gz", ".zip"}


def lay_down_example(folder: Path, example: str, data: Path) -> list[Path]:
    """Write the workspace of an example.

    Parameters
    ----------
    folder
        Made when it is missing.
    example
        Its name; there is ``ror``.
    data
        The registry's dump, JSON of schema 2 or CSV, packed or not; it is copied.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    TableError
        The dump cannot be read, or is of another kind.
    ProductError
        A file is there already, or the folder cannot be written.
    """
    suffixes = [one.lower() for one in data.suffixes[-2:]]
    ending = "".join(one for one in suffixes if one in _SUFFIXES | _PACKED)
    if not set(suffixes) & (_SUFFIXES | {".zip"}):
        raise TableError(
            f"{data}: is neither JSON nor CSV.", "Give the registry's dump, packed or not."
        )
    try:
        content = data.read_bytes()
    except OSError as error:
        raise TableError(
            f"{data}: cannot be read ({error.strerror}).", "Give the path of the registry's dump."
        ) from None
    file = f"{example}{ending}"
    carried = Path(__file__).parent / "world"
    files = {}
    for path in sorted(carried.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            files[folder / path.relative_to(carried)] = path.read_bytes()
    recipe = folder / "geodata" / f"{example}.toml"
    files[recipe] = files[recipe].replace(b'"ror.json"', f'"{file}"'.encode())
    files[folder / "geodata" / file] = content
    return write_new(files)
