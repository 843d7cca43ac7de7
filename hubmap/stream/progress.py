"""How far counting is: rows, rate and what is left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Progress:
    """Tells of it.

    Parameters
    ----------
    sizes
        Rows of each part.
    say
        Told of each step, in words.
    """

    def __init__(self, sizes: Sequence[int], say: Callable[[str], None]) -> None:
        self.sizes, self._say = sizes, say
        self._total, self._kept, self._counted, self._part = sum(sizes), 0, 0, 0
        self._began = time.monotonic()

    def part(self, number: int) -> None:
        """A part, from 0, is begun."""
        self._part = number + 1
        self.rows(0)

    def kept(self, number: int) -> None:
        """A part was counted before."""
        self._kept += self.sizes[number]
        self.rows(0)

    def rows(self, count: int) -> None:
        """So many more rows were counted."""
        self._counted += count
        done = self._kept + self._counted
        words = f"part {self._part} of {len(self.sizes)}, {done:,} of {self._total:,} rows"
        if self._counted:
            rate = self._counted / max(time.monotonic() - self._began, 1e-3)
            words += f", {rate / 1e6:.2f} M a second, {(self._total - done) / rate:.0f} s left"
        self._say(words)
