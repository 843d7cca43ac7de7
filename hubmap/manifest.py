"""What every product says of its making: build id, inputs, recipe, versions, rows, licences."""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from hubmap.files import file_digest
from hubmap.ledger import code_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from hubmap.geodata.account import Account

LIBRARIES = (
    "folium", "geopandas", "numpy", "pandas", "pyarrow", "pyogrio", "pyproj", "scipy", "shapely",
)  # fmt: skip
"""The libraries whose versions products name: those that numbers or bytes come from."""
_ROWS = ("in_file", "left_out", "added", "read", "placed", "rejected", "reasons")
_TYPES = {"f": "number", "i": "integer", "u": "integer", "b": "boolean"}
_MEDIA = {
    ".parquet": "application/vnd.apache.parquet",
    ".json": "application/json",
    ".csv": "text/csv",
}


@cache
def versions() -> dict[str, str]:
    """The versions of hubmap, its code (a sha256), the libraries, GEOS and PROJ.

    Python's own version is left out: the same bytes come from each that is supported.
    """
    import pyproj
    import shapely

    # Importing the package by name would be an import against the direction of all others.
    own = sys.modules[__name__.partition(".")[0]].__version__
    found = {"hubmap": own, "code": code_digest()}
    found |= {name: metadata.version(name) for name in LIBRARIES}
    found["GEOS"] = ".".join(map(str, shapely.geos_version))
    found["PROJ"] = pyproj.proj_version_str
    return found


def below(where: str, root: Path) -> str:
    """A file's path below a folder, with slashes; a URL, or what lies elsewhere, as it is."""
    prefix = root.as_posix().rstrip("/") + "/"
    return where.replace("\\", "/").removeprefix(prefix) if "://" not in where else where


def account_rows(account: Account) -> dict[str, Any]:
    """A source's rows: in the file, read, placed, and rejected by reason."""
    return {name: getattr(account, name) for name in _ROWS}


def made(
    build: str,
    *,
    inputs: Mapping[str, str],
    recipes: Mapping[str, Any],
    rows: Mapping[str, Any],
    licences: Mapping[str, str],
) -> dict[str, Any]:
    """What one product says of its making.

    Parameters
    ----------
    build
        Its key: a sha256 over the code, the recipes and the bytes that went in.
    inputs
        The sha256 of each file that went in, by path below the workspace.
    recipes
        All parameters, defaults included, by the recipe's path.
    rows
        What became of each source's rows.
    licences
        Each source's terms.
    """
    return {
        "build": build,
        "versions": versions(),
        "inputs": dict(sorted(inputs.items())),
        "recipes": dict(recipes),
        "rows": dict(rows),
        "licences": dict(licences),
    }


def _stored(folder: Path) -> dict[str, Any]:
    """What a layer's profile says of its making."""
    content: dict[str, Any] = json.loads((folder / "profile.json").read_bytes())["made"]
    return content


def layer_making(folders: Iterable[Path]) -> dict[str, Any]:
    """Each layer's making, by its id, from its products."""
    return {folder.name: _stored(folder) for folder in folders}


def exported(folder: Path) -> dict[str, str]:
    """The sha256 of each further format of a layer made from the tables that lie beside it."""
    try:
        content = json.loads((folder / "exports.json").read_bytes())
        if content["made"] != _stored(folder):
            return {}
        return {str(name): str(digest) for name, digest in content["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def manifest_text(
    root: Path,
    layers: Mapping[str, Sequence[Path]],
    exports: Mapping[str, Mapping[str, str]],
    tables: Iterable[Path],
) -> str:
    """The text of ``layers/manifest.json``.

    Parameters
    ----------
    root
        The folder ``layers/``.
    layers
        Each layer's products, by its id.
    exports
        The sha256 of each layer's tables in other formats, by name.
    tables
        The products that speak of all layers.
    """
    content = {
        "files": {path.name: file_digest(path) for path in tables},
        "layers": {
            id: {
                **_stored(paths[0].parent),
                "files": {p.relative_to(root).as_posix(): file_digest(p) for p in paths}
                | {f"{id}/{name}": digest for name, digest in exports.get(id, {}).items()},
            }
            for id, paths in layers.items()
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def package_text(
    root: Path, files: Iterable[Path], profiles: pd.DataFrame, sources: Iterable[Mapping[str, Any]]
) -> str:
    """The text of ``layers/datapackage.json``, after the Frictionless Data Package standard.

    Parameters
    ----------
    root
        The folder ``layers/``.
    files
        The products that the package names, ``profiles.csv`` among them.
    profiles
        The content of that table, for its schema.
    sources
        What is said of each source: title, licence, attribution.
    """
    told = list(sources)
    names: set[str] = set()
    resources = []
    for path in files:
        relative = path.relative_to(root).as_posix()
        name = base = re.sub(r"[^a-z0-9._-]+", "-", relative.lower()).strip("-.") or "resource"
        while name in names:
            name = f"{base}-{len(names)}"
        names.add(name)
        resource: dict[str, Any] = {
            "name": name,
            "path": relative,
            "format": path.suffix[1:],
            "mediatype": _MEDIA[path.suffix],
            "bytes": path.stat().st_size,
            "hash": "sha256:" + file_digest(path),
        }
        if path.suffix == ".csv":
            resource |= {"profile": "tabular-data-resource", "encoding": "utf-8"}
            resource["schema"] = {
                "fields": [
                    {"name": str(n), "type": _TYPES.get(kind.kind, "string")}
                    for n, kind in profiles.dtypes.items()
                ],
                "missingValues": [""],
            }
        resources.append(resource)
    licences = sorted({str(source["licence"]) for source in told})
    content = {
        "name": "hubmap-layers",
        "profile": "data-package",
        "title": "Hub layers",
        "licenses": [{"name": f"licence-{n}", "title": t} for n, t in enumerate(licences, 1)],
        "sources": [
            {"title": str(source["title"]) or "source"}
            for source in sorted(told, key=lambda one: str(one["title"]))
        ],
        "resources": resources,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
