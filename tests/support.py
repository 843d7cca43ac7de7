"""What several test modules use."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copy_of(folder: Path, to: Path) -> Path:
    """A copy of a workspace."""
    return Path(shutil.copytree(folder, to))
