"""All declared statistics: the one place that names them, and the default profile."""

from __future__ import annotations

from typing import Annotated, Any, get_args

from pydantic import Field

from hubmap.statistics.declared.autocorrelation import HotSpots, LocalMoran, Moran
from hubmap.statistics.declared.centres import (
    CentreShift,
    EllipseElongation,
    NumberOfCentres,
    Primacy,
    StandardDistance,
)
from hubmap.statistics.declared.clustering import Clustering, InhomogeneousClustering
from hubmap.statistics.declared.concentration import (
    AreaHolding,
    EffectiveDistricts,
    EllisonGlaeserIndex,
    Gini,
    HillNumber,
    Theil,
)
from hubmap.statistics.declared.counts import (
    Count,
    Density,
    PeopleWeightedDensity,
    PerMillion,
    PerThousandGraduates,
    Registered,
    SmoothedRate,
)
from hubmap.statistics.declared.growth import (
    FoundedPerYear,
    GrowthRatio,
    MedianFounded,
    ShiftShare,
    SurvivorsGrowth,
)
from hubmap.statistics.declared.points import ClarkEvansRatio, PeakDensity
from hubmap.statistics.declared.proximity import ColocationQuotient, MedianDistance, ShareNear
from hubmap.statistics.declared.relative import PairDistances, RelativeM
from hubmap.statistics.declared.specialisation import (
    LocationQuotient,
    ShrunkenQuotient,
    StandardisedQuotient,
)
from hubmap.statistics.model import Statistic

AnyStatistic = Annotated[
    Count
    | Registered
    | Density
    | PerMillion
    | PerThousandGraduates
    | SmoothedRate
    | PeopleWeightedDensity
    | LocationQuotient
    | ShrunkenQuotient
    | StandardisedQuotient
    | EffectiveDistricts
    | HillNumber
    | Gini
    | Theil
    | AreaHolding
    | EllisonGlaeserIndex
    | Moran
    | LocalMoran
    | HotSpots
    | PeakDensity
    | Clustering
    | InhomogeneousClustering
    | ClarkEvansRatio
    | RelativeM
    | PairDistances
    | ShareNear
    | MedianDistance
    | ColocationQuotient
    | NumberOfCentres
    | Primacy
    | StandardDistance
    | EllipseElongation
    | CentreShift
    | MedianFounded
    | FoundedPerYear
    | GrowthRatio
    | SurvivorsGrowth
    | ShiftShare,
    Field(discriminator="name"),
]
DEFAULT: tuple[AnyStatistic, ...] = (
    Count(),
    Registered(),
    Density(),
    PerMillion(),
    LocationQuotient(),
    EffectiveDistricts(),
    AreaHolding(),
    Moran(),
    HotSpots(),
    PeakDensity(),
    Clustering(),
    ShareNear(),
    NumberOfCentres(),
    CentreShift(),
    MedianFounded(),
    GrowthRatio(),
)
"""What a hub's profile holds where its recipe does not say otherwise."""


def every_statistic() -> tuple[type[Statistic], ...]:
    """Return the classes of the union, in its order."""
    union: Any = get_args(AnyStatistic)[0]
    return tuple(get_args(union))
