"""Whether one kind clusters beyond all records, whatever the land and the cities do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from hubmap.statistics.arrays import Bools, Floats
from hubmap.statistics.declared.radial import AT, Radial
from hubmap.statistics.declared.support import Placed, estimate, noted
from hubmap.statistics.minimum import shortfall
from hubmap.statistics.model import Estimate, Records, World, Zone
from hubmap.statistics.pointpattern.envelopes import (
    Envelope,
    global_envelope,
    kd_relabelled,
    m_relabelled,
)
from hubmap.statistics.pointpattern.relative import kd_function, m_function

if TYPE_CHECKING:
    import pandas as pd

    from hubmap.statistics.curves import Curve


class _Relative(Radial):
    """What M and Kd share: cases among a pool of records."""

    unit: ClassVar[str] = "ratio"
    interval: ClassVar[str] = "none; the note gives the global envelope of relabelling and its p"
    null: ClassVar[str] = "relabelling"
    category: str = Field("", description="the category that is asked about; empty: the cases")

    def applies(self, records: Records) -> bool:
        table = records.table
        if self.category:
            return records.points and bool(table["category"].eq(self.category).any())
        return records.points and not bool(table["case"].all())

    def labelled(self, table: pd.DataFrame) -> Bools:
        """Which records are the cases."""
        chosen = table["category"].eq(self.category) if self.category else table["case"]
        return chosen.to_numpy(dtype=bool)

    def pool(self, zone: Zone, records: Records, world: World) -> tuple[Placed, Bools] | Estimate:
        """All records that may serve and which are cases, or the refusal."""
        found = self.placed(zone, records, world, cases=False)
        if isinstance(found, Estimate):
            return found
        case = self.labelled(found.table)
        if why := shortfall(self._name, self.category or records.noun, cases=int(case.sum())):
            return self.refuse(records, why, int(case.sum()), found.share)
        every = int(self.labelled(records.within(zone)).sum())
        share, note, why = self.served(int(case.sum()), every, self.category or records.noun)
        if why:
            return self.refuse(records, why, int(case.sum()), share)
        note = noted(note, found.note)
        return replace(found, share=min(found.share, share), note=note), case

    def tested(
        self, zone: Zone, records: Records, world: World
    ) -> tuple[Placed, Envelope, Floats, str, str] | Estimate:
        """The pool, the envelope, the curve, a note, the denominator; or the refusal."""
        key = (self.key, self.draws, self.seed, zone.level, zone.key)
        if key not in records.memo:
            records.memo[key] = self.compute(zone, records, world)
        found: tuple[Placed, Envelope, Floats, str, str] | Estimate = records.memo[key]
        return found

    def compute(
        self, zone: Zone, records: Records, world: World
    ) -> tuple[Placed, Envelope, Floats, str, str] | Estimate:
        """What :meth:`tested` remembers."""
        raise TypeError(f"{type(self).__name__} declares no curve")

    def of_zone(self, zone: Zone, records: Records, world: World) -> Estimate:
        found = self.tested(zone, records, world)
        if isinstance(found, Estimate):
            return found
        placed, envelope, curve, said, label = found
        told = (
            f"r = {self.radius_km:g} km{said}; by chance {envelope.low[AT]:.2f} to "
            f"{envelope.high[AT]:.2f}, p = {envelope.p:.3g} (global envelope of relabelling, "
            f"{self.draws} draws, seed {self.seed})"
        )
        return estimate(self, placed, float(curve[AT]), None, label, told)

    def curves(self, zone: Zone, records: Records, world: World) -> tuple[Curve, ...]:
        found = self.tested(zone, records, world)
        if isinstance(found, Estimate):
            return ()
        _, envelope, curve, _, label = found
        return self.drawn_with(curve, envelope, label)


class RelativeM(_Relative):
    """Whether cases have more cases around them than the other records do."""

    name: Literal["relative_m"] = "relative_m"
    told_by = ("to", "category", "radius_km")
    drawn: ClassVar[str] = "M(r)"
    help: ClassVar[str] = "cases' share among neighbours within r over that everywhere; 1 by chance"
    formula: ClassVar[str] = "mean over cases of (cases / all within r) over (cases / all)"
    reference: ClassVar[str] = "Marcon & Puech 2010, Journal of Economic Geography 10, 745-762"
    checks: ClassVar[str] = (
        "dbmss 2.9-2 Mhat on paracou16, 1e-10; its definition on places full of ties, 1e-12"
    )
    to: str = Field("", description="another kind looked for around the cases; empty: the cases")

    def applies(self, records: Records) -> bool:
        if self.to:
            return records.points and records.kind != self.to
        return super().applies(records)

    def compute(
        self, zone: Zone, records: Records, world: World
    ) -> tuple[Placed, Envelope, Floats, str, str] | Estimate:
        import pandas as pd

        found = self.pool(zone, records, world)
        if isinstance(found, Estimate):
            return found
        placed, case = found
        x, y, neighbour = placed.x, placed.y, None
        if self.to:
            if self.to not in world.records:
                return self.refuse(
                    records, f"the workspace has no {self.to}: add a source of them", placed.n
                )
            other = self.placed(zone, world.records[self.to], world)
            if isinstance(other, Estimate):
                return self.refuse(records, f"{self.to}: {other.withheld}", placed.n, placed.share)
            both = pd.concat([placed.table, other.table], ignore_index=True)
            x, y = both["x"].to_numpy(dtype=float), both["y"].to_numpy(dtype=float)
            neighbour = np.arange(len(both)) >= placed.n
            case = np.concatenate([case, np.zeros(other.n, dtype=bool)])
        curve = m_function(x, y, case=case, r=self.radii, neighbour=neighbour)
        null = m_relabelled(
            x, y, case=case, r=self.radii, neighbour=neighbour, draws=self.draws, seed=self.seed
        )
        label = f"{int(case.sum())} cases among {x.size} records; {self.label(placed, records)}"
        return placed, global_envelope(curve, null), curve, "", label


class PairDistances(_Relative):
    """Whether pairs of cases are more often a distance apart than pairs of records are."""

    name: Literal["pair_distances"] = "pair_distances"
    told_by = ("category", "radius_km")
    drawn: ClassVar[str] = "Kd(r)/mean"
    help: ClassVar[str] = "Kd at r over its mean when the cases are dealt over all records' places"
    formula: ClassVar[str] = "Gaussian density of pair distances, over the mean of relabellings"
    reference: ClassVar[str] = "Duranton & Overman 2005, Review of Economic Studies 72, 1077-1106"
    checks: ClassVar[str] = (
        "dbmss 2.9-2 Kdhat on paracou16, 2e-3 (its own grid's tolerance); its definition on places "
        "full of ties, 1e-12"
    )

    def compute(
        self, zone: Zone, records: Records, world: World
    ) -> tuple[Placed, Envelope, Floats, str, str] | Estimate:
        found = self.pool(zone, records, world)
        if isinstance(found, Estimate):
            return found
        placed, case = found
        x, y = placed.x, placed.y
        density = kd_function(x[case], y[case], r=self.radii)
        null = kd_relabelled(
            x, y, case=case, r=self.radii, bandwidth=density.bandwidth, draws=self.draws,
            seed=self.seed,
        )  # fmt: skip
        average = null.mean(axis=0)
        curve = density.value / np.where(average > 0, average, np.nan)
        envelope = global_envelope(curve, null / np.where(average > 0, average, np.nan))
        label = f"{int(case.sum())} cases among {x.size} records; {self.label(placed, records)}"
        said = f", bandwidth {density.bandwidth / 1000:.2f} km"
        return placed, envelope, curve, said, label
