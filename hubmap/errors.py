"""The errors a user can meet, each one sentence and its mend.

::

    HubmapError
    ├── RecipeError     a recipe says something that cannot be done
    ├── TableError      a table's rows or columns do not carry what its recipe promises
    ├── ProductError    a product cannot be read or written
    └── MissingExtra    an optional package is needed and not installed
"""

from __future__ import annotations

_TURNING = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2028\u2029\u2066\u2067\u2068\u2069"


def _shown(letter: str) -> str:
    """A letter, or its number where it would steer a terminal or turn the line round."""
    steers = letter < " " or "\x7f" <= letter <= "\x9f" or letter in _TURNING
    return f"\\x{ord(letter):02x}" if steers else letter


class HubmapError(Exception):
    """A mistake that the user can mend; the command line prints it and exits with 1.

    Parameters
    ----------
    message
        What is wrong: the file, the row or key, and the value.
    hint
        What to do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return "".join(map(_shown, f"{self.message} {self.hint}".strip()))


class RecipeError(HubmapError):
    """A recipe is broken, names something unknown, or contradicts itself."""


class TableError(HubmapError):
    """A table cannot be read, or its content breaks its schema."""


class ProductError(HubmapError):
    """A product cannot be written or read back."""


class MissingExtra(HubmapError):
    """A package of an optional extra is not installed."""


class Findings(HubmapError):
    """Several findings of one check, reported together.

    Parameters
    ----------
    findings
        The single errors, in the order they were met.
    """

    def __init__(self, findings: list[HubmapError]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))
