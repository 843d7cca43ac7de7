"""The verb `verify`: whether a map on disk came from these inputs, by making it again."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubmap.errors import HubmapError, ProductError, RecipeError
from hubmap.manifest import versions
from hubmap.maps.still.making import told_by
from hubmap.maps.still.outputs import OUTPUTS, PRINTED, SIZES, Wanted
from hubmap.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_BLOCK = re.compile(
    rb'<script type="application/json" id="hubmap-made">(.*?)</script>\n', re.DOTALL
)
_SHOWN = 12
_KINDS = tuple(f".{format}" for format in OUTPUTS)


def _linked(source: str, target: str) -> str:
    """A second name for a file, or a copy where the disk allows none."""
    try:
        os.link(source, target, follow_symlinks=True)
    except (OSError, NotImplementedError):
        shutil.copyfile(source, target)
    return target


def _scratch(root: Path, folder: Path) -> Path:
    """The inputs of a workspace, without its products."""
    for name in ("geodata", "layers", "maps"):
        (folder / name).mkdir()
    shutil.copytree(
        root / "geodata", folder / "geodata", copy_function=_linked, dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(".*"), symlinks=True,
    )  # fmt: skip
    for name in ("layers", "maps"):
        for recipe in (root / name).glob("*.toml"):
            shutil.copyfile(recipe, folder / name / recipe.name)
    return folder


def verify(
    root: Path, maps: Sequence[str] = (), say: Callable[[str], None] = lambda _: None
) -> Iterator[tuple[Path, str | HubmapError]]:
    """Make maps again from the inputs, and compare with what lies on disk.

    Parameters
    ----------
    root
        The workspace; nothing in it is written.
    maps
        Ids, of which the page and every print on disk are meant, or files wherever they lie;
        all ids by default.
    say
        Told of progress.

    Yields
    ------
    tuple
        A page or print, and its build id, or an error that says how it differs.

    Raises
    ------
    HubmapError
        The recipes or tables themselves are broken.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="hubmap-verify-") as name:
            again = Workspace.open(_scratch(root, Path(name)), say)
            files = [Path(one) for one in maps if Path(one).suffix in _KINDS]
            ids = [one for one in maps if Path(one).suffix not in _KINDS]
            try:
                chosen = again.chosen(ids, again.maps, "map") if ids or not files else ()
            except RecipeError as error:
                # The scratch folder's name means nothing to anybody.
                raise RecipeError(error.message.replace(name, str(root)), error.hint) from None
            for id in chosen:
                yield from _of_map(root, again, id)
            for path in files:
                yield path, _stray(path, root, again)
    except OSError as error:
        raise ProductError(
            f"{error.filename or root}: cannot be read or copied ({error.strerror or error}).",
            "Mend the folder's permissions, or free some space for temporary files.",
        ) from None


def _of_map(root: Path, again: Workspace, id: str) -> Iterator[tuple[Path, str | HubmapError]]:
    """A map's page, and its prints as far as they are on disk."""
    path = root / "maps" / f"{id}.html"
    again.build_map(id)
    yield (
        path,
        _compared(path, root, again, id) or _layers_differ(root, again, id) or again.map_key(id),
    )
    recipe = again.maps[id]
    looks = itertools.product(("", *SIZES), (False, True), ("", "en", "zh"), PRINTED)
    names = {
        Wanted((), size, grey, language).name(id, recipe, format)
        for size, grey, language, format in looks
    }
    for name in sorted(names):
        path = root / "maps" / name
        if path.is_file():
            yield path, _compared(path, root, again, id) or _build_of(path)


def _stray(path: Path, root: Path, again: Workspace) -> str | HubmapError:
    """The same for a file wherever it lies; what it says of itself tells which map it is."""
    told = _told(path.read_bytes())
    if told is None:
        return ProductError(f"{path}: does not say what it was made from.", "Build it again.")
    named = [str(name) for name in told.get("recipes", {}) if str(name).startswith("maps/")]
    id = named[0].removeprefix("maps/").removesuffix(".toml") if named else ""
    if id not in again.maps:
        return ProductError(
            f"{path}: shows the map {id!r}, and {root} has none of that name.",
            "Name the workspace it came from by -C.",
        )
    return _compared(path, root, again, id) or _build_of(path)


def _build_of(path: Path) -> str:
    return str((_told(path.read_bytes()) or {}).get("build", ""))


def _compared(path: Path, root: Path, again: Workspace, id: str) -> HubmapError | None:
    """How a page or print differs from the one these inputs give; None where it does not."""
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return ProductError(f"{path}: there is no such page.", "Build it first.")
    told = _told(found)
    if told is None:
        return ProductError(f"{path}: does not say what it was made from.", "Build it again.")
    try:
        if path.suffix == ".html":
            made = again.build_map(id).path
        else:
            look = told["print"]
            wanted = Wanted(
                size=str(look.get("size", "")),
                greyscale=look.get("greyscale") is True,
                language="zh" if look.get("language") == "zh" else "en",
            )
            made = again.print_map(id, path.suffix[1:], wanted).path
    except HubmapError as error:
        return error
    return _difference(path, found, made.read_bytes(), root)


def _difference(path: Path, page: bytes, whole: bytes, root: Path) -> HubmapError | None:
    if page == whole:
        return None
    there, here = _told(page) or {}, _told(whole) or {}
    origin = _another_origin(path, there, here, root)
    if origin is not None:
        return origin
    made, mine = there.get("versions", {}), here["versions"]
    if made != mine:
        same = _BLOCK.sub(b"", page) == _BLOCK.sub(b"", whole)
        if same and path.suffix == ".html" and {**there, "versions": mine} == here:
            return None
        other = [f"{n} {made.get(n)} there, {mine.get(n)} here" for n in sorted({*made, *mine})
                 if made.get(n) != mine.get(n)]  # fmt: skip
        return ProductError(
            f"{path}: differs from what these inputs give here, and was made with other libraries "
            f"({'; '.join(other)}).",
            "Verify it with those, or build it again.",
        )
    if there.get("fonts") != here.get("fonts"):
        return ProductError(
            f"{path}: was printed with other fonts than this machine's.",
            "Verify it where it was printed, or build it again.",
        )
    at = next((n for n, (a, b) in enumerate(zip(page, whole, strict=False)) if a != b), -1)
    at = at if at >= 0 else min(len(page), len(whole))
    return ProductError(
        f"{path}: was changed after it was built (from byte {at} on).", "Build it again."
    )


def _another_origin(
    path: Path, there: dict[str, Any], here: dict[str, Any], root: Path
) -> HubmapError | None:
    """The first input, version or recipe that a page names and that is not what is here."""
    said, own = there.get("inputs", {}), here.get("inputs", {})
    for name in sorted({*said, *own}):
        if said.get(name) != own.get(name):
            return ProductError(
                f"{path}: was made from another {root / name} (sha256 "
                f"{_short(said.get(name))}; the one here is {_short(own.get(name))}).",
                "Build it again, or bring that file back.",
            )
    made, mine = there.get("versions", {}), versions()
    for name in ("hubmap", "code"):
        if made.get(name) != mine[name]:
            what = "hubmap" if name == "hubmap" else "code of hubmap"
            return ProductError(
                f"{path}: was made by another {what} ({_short(made.get(name))}; this is "
                f"{_short(mine[name])}).",
                "Install that one to verify the page, or build it again.",
            )
    said, own = there.get("recipes", {}), here.get("recipes", {})
    for name in sorted({*said, *own}):
        if said.get(name) != own.get(name):
            return ProductError(f"{path}: was made with another {root / name}.", "Build it again.")
    return None


def _layers_differ(root: Path, again: Workspace, id: str) -> HubmapError | None:
    """A layer's product on disk that is not what these inputs give; missing ones are none."""
    for hub in again.maps[id].layers:
        for path in again.layer_paths(hub):
            mine = root / "layers" / hub / path.name
            if mine.is_file() and mine.read_bytes() != path.read_bytes():
                if path.suffix == ".parquet" and _libraries(mine) != _libraries(path):
                    continue
                return ProductError(
                    f"{mine}: the page is what these inputs give, but this table is not.",
                    "Build again.",
                )
    return None


def _libraries(path: Path) -> Any:
    """What a table says of the libraries it was made with; None where it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        told = json.loads((pq.read_schema(path).metadata or {}).get(b"hubmap", b"null"))
        return told["made"]["versions"]
    except (pa.ArrowException, ValueError, KeyError, TypeError, OSError):
        return None


def _told(page: bytes) -> dict[str, Any] | None:
    """What a page says in a block, or a print in its metadata, of what it was made from."""
    if b"<html" not in page[:200]:
        content: Any = told_by(page)
    else:
        found = _BLOCK.search(page)
        try:
            content = json.loads(found[1]) if found else None
        except (ValueError, RecursionError):
            return None
    if not isinstance(content, dict):
        return None
    # Anybody may have written it.
    parts = {name: content.get(name) for name in ("inputs", "versions", "recipes", "print")}
    return content | {n: part if isinstance(part, dict) else {} for n, part in parts.items()}


def _short(digest: object) -> str:
    return str(digest)[:_SHOWN] if digest else "none"
