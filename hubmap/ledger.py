"""Which product was made from what, so that only what changed is made again."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubmap.files import file_digest, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable


@cache
def code_digest() -> str:
    """sha256 over the package's own files, so that new code makes new products."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and parts[0] != "default" and "__pycache__" not in parts:
            digest.update("/".join(parts).encode())
            digest.update(bytes.fromhex(file_digest(path)))
    return digest.hexdigest()


def key_of(*ingredients: Any) -> str:
    """A product's key: sha256 over the code and everything that goes in, as JSON."""
    text = json.dumps([code_digest(), *ingredients], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class Ledger:
    """The keys of a folder's products.

    Parameters
    ----------
    path
        The ledger's file; a missing or broken one counts as empty, which only costs a rebuild.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, dict[str, str]] = {}
        try:
            entries = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return
        if isinstance(entries, dict):
            self._entries = {k: v for k, v in entries.items() if isinstance(v, dict)}

    def fresh(self, product: str, key: str, files: Iterable[Path]) -> bool:
        """Whether a product was made with this key and its files are still as they were."""
        entry = self._entries.get(product, {})
        if entry.get("key") != key:
            return False
        return all(path.is_file() and entry.get(path.name) == file_digest(path) for path in files)

    def note(self, product: str, key: str, files: Iterable[Path]) -> None:
        """Keep a product's key, once its files are written."""
        self._entries[product] = {"key": key, **{p.name: file_digest(p) for p in files}}
        text = json.dumps(self._entries, indent=1, sort_keys=True)
        write_text(self._path, text + "\n")
