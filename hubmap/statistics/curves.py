"""Curves behind the numbers: what a small plot draws, with its band and what chance gives."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubmap.statistics.model import Records, World, Zone

Numbers = tuple[float | None, ...]


@dataclass(frozen=True)
class Curve:
    """One curve of one kind in one zone.

    Attributes
    ----------
    curve
        What is drawn: ``L(r)/r``, ``Linhom(r)/r``, ``M(r)``, ``Kd(r)/mean``, ``founded``,
        ``stock``.
    x, value
        Of equal length; None where the curve is undefined.
    low, high
        The band's bounds, or None.
    x_unit, unit
        ``km`` or ``year``; ``ratio`` or the kind's noun.
    band
        What the band is, in words; empty without one.
    expected
        What chance gives everywhere, or None.
    p
        Of the whole curve against its null.
    step
        Years that each value spans, or None.
    note
        How it was computed.
    """

    curve: str
    x: Numbers
    value: Numbers
    low: Numbers | None
    high: Numbers | None
    x_unit: str
    unit: str
    band: str = ""
    expected: float | None = None
    p: float | None = None
    step: int | None = None
    note: str = ""

    def plain(self) -> dict[str, Any]:
        """The curve as plain values that JSON takes."""
        fields = asdict(self)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in fields.items()}


class Plotted:
    """A statistic that has curves."""

    def curves(self, zone: Zone, records: Records, world: World) -> tuple[Curve, ...]:
        """The curves of one zone; none where the statistic is withheld."""
        raise TypeError(f"{type(self).__name__} declares no curve")


def numbers(values: Iterable[float]) -> Numbers:
    """Values to six significant digits, None where they are undefined."""
    return tuple(float(f"{v:.6g}") if math.isfinite(v) else None for v in map(float, values))
