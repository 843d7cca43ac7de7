"""What K, M and Kd share: the radii, the draws, the global envelope and its plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from hubmap.statistics.curves import Curve, Plotted, numbers
from hubmap.statistics.declared.support import PointStatistic

if TYPE_CHECKING:
    from hubmap.statistics.arrays import Floats
    from hubmap.statistics.pointpattern.envelopes import Envelope

AT = 3
"""Where among the radii the one asked for stands."""


class Radial(PointStatistic, Plotted):
    """A statistic of distances between records, tested over all radii at once."""

    question = "Do they cluster?"
    drawn: ClassVar[str] = ""
    """What its curve is called."""
    scale: ClassVar[str] = "the envelope's least distance, two fifths of the one asked for"
    null: ClassVar[str] = ""
    """What the envelope is of."""
    radius_km: float = Field(5.0, gt=0.1, le=100, description="the distance")
    draws: int = Field(199, ge=99, le=9999, description="draws of the null for the envelope")
    seed: int = Field(0, ge=0, description="of the draws")

    @property
    def radii(self) -> Floats:
        """Distances that the envelope spans, in metres."""
        return np.asarray(self.radius_km * 1000 * np.arange(2, 11) / 5)

    @property
    def scale_m(self) -> float:
        return float(self.radii[0])

    def drawn_with(self, curve: Floats, envelope: Envelope, label: str) -> tuple[Curve, ...]:
        """The curve with its envelope, as it is plotted."""
        return (
            Curve(
                self.drawn, numbers(self.radii / 1000), numbers(curve), numbers(envelope.low),
                numbers(envelope.high), "km", "ratio", f"global envelope of {self.null}", 1.0,
                envelope.p, note=f"{self.draws} draws, seed {self.seed}; {label}",
            ),
        )  # fmt: skip
