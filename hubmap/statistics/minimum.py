"""The data that each statistic needs at least, in one table; below it nothing is printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Minimum:
    """The least that a statistic can be computed from.

    Attributes
    ----------
    records
        Records in the zone (of any sort, where some are cases).
    cases
        Records of the kind itself, where others are only the base.
    units
        Districts, cells or categories that are compared.
    per_unit
        Records for each of them, on average.
    """

    records: int = 0
    cases: int = 0
    units: int = 0
    per_unit: int = 0

    def __str__(self) -> str:
        parts = [
            f"{self.records} records" if self.records else "",
            f"{self.cases} cases" if self.cases else "",
            f"{self.units} units" if self.units else "",
            f"{self.per_unit} records a unit" if self.per_unit else "",
        ]
        return ", ".join(filter(None, parts)) or "none"


NONE = Minimum()
MINIMUM = {
    "density": Minimum(records=10),
    "per_million": Minimum(records=10),
    "per_thousand_graduates": Minimum(records=10),
    "people_weighted_density": Minimum(records=10, units=5),
    "smoothed_rate": Minimum(records=30, units=10),
    "location_quotient": Minimum(records=50, cases=5),
    "shrunken_quotient": Minimum(cases=5, units=10),
    "standardised_quotient": Minimum(records=50, cases=5, units=10),
    "effective_districts": Minimum(records=10, units=2),
    "hill_number": Minimum(records=20, units=2),
    "gini": Minimum(units=10, per_unit=10),
    "theil": Minimum(units=10, per_unit=10),
    "ellison_glaeser": Minimum(records=10, units=10),
    "area_holding": Minimum(records=30, units=5),
    "moran": Minimum(records=30, units=30),
    "local_moran": Minimum(records=30, units=30),
    "hot_spots": Minimum(records=50, units=30),
    "peak_density": Minimum(records=50),
    "clustering": Minimum(records=50),
    "clustering_inhomogeneous": Minimum(records=50),
    "clark_evans": Minimum(records=50),
    "relative_m": Minimum(records=50, cases=20),
    "pair_distances": Minimum(records=50, cases=20),
    "share_near": Minimum(records=20, cases=20),
    "median_distance": Minimum(records=20),
    "colocation": Minimum(records=50, cases=20),
    "standard_distance": Minimum(records=10),
    "ellipse": Minimum(records=20),
    "number_of_centres": Minimum(records=50),
    "primacy": Minimum(records=50),
    "centre_shift": Minimum(records=20),
    "median_founded": Minimum(records=3),
    "founded_per_year": Minimum(records=10),
    "growth_ratio": Minimum(records=10),
    "survivors_growth": Minimum(records=10),
    "shift_share": Minimum(records=50, units=3),
}
"""By a statistic's name. Point statistics need 50 effective sites besides (see ``guard``)."""


def shortfall(
    name: str,
    noun: str,
    *,
    records: float | None = None,
    cases: float | None = None,
    units: int | None = None,
    unit_noun: str = "districts",
    of: str = "",
) -> str | None:
    """Return why these data are too few for a statistic and what would help, or None.

    Parameters
    ----------
    name
        The statistic's.
    noun
        What the records are (the cases, where ``of`` names all records).
    records, cases, units
        How many there are; None where the statistic does not ask.
    unit_noun
        What is compared.
    of
        What all records are, where ``noun`` are only the cases among them.
    """
    need = MINIMUM.get(name, NONE)
    more = "take a larger zone or add records"
    if records is not None and records < need.records:
        return f"only {records:.0f} {of or noun}, {need.records} are needed: {more}"
    if cases is not None and cases < need.cases:
        return f"only {cases:.0f} {noun}, {need.cases} are needed: {more}"
    if units is not None and units < need.units:
        return f"only {units} {unit_noun}, {need.units} are needed: take a larger zone"
    if records is not None and units is not None and records < need.per_unit * units:
        least = need.per_unit * units
        return (
            f"only {records:.0f} {noun} in {units} {unit_noun}, {least} are needed "
            f"({need.per_unit} each): take a larger zone, fewer {unit_noun}, or add records"
        )
    return None
