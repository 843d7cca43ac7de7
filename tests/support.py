"""What several test modules use."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copy_of(folder: Path, to: Path) -> Path:
    """A copy of a workspace."""
    return Path(shutil.copytree(folder, to))


_state = {"hooked": False, "offline": False}


def _refuse(event: str, _: object) -> None:
    if _state["offline"] and event.startswith(("socket.", "urllib.", "http.client.", "ftplib.")):
        raise AssertionError(f"no network here: {event}")


@contextmanager
def no_sockets() -> Iterator[None]:
    """Python may open no socket and ask for no name meanwhile, in any thread."""
    if not _state["hooked"]:
        sys.addaudithook(_refuse)  # which cannot be taken off again
    _state.update(hooked=True, offline=True)
    try:
        yield
    finally:
        _state["offline"] = False
