"""Still pictures drawn in Python: for the index, and for readers without scripts."""

from __future__ import annotations

from typing import Any


def still(contents: list[dict[str, Any]]) -> str:
    return ""
