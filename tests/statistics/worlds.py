"""A small world of our own: two cities, 36 square districts, three kinds of records."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from hubmap.statistics.model import Estimate, Part, Records, World, Zone, record_table

SIDE = 10_000.0
CODES = [f"X{1 + (row >= 3)}{row}{column}" for row in range(6) for column in range(6)]
CITY_OF = {code: code[:2] for code in CODES}
LAND = {
    f"X{1 + (row >= 3)}{row}{column}": shapely.box(
        column * SIDE, row * SIDE, (column + 1) * SIDE, (row + 1) * SIDE
    )
    for row in range(6)
    for column in range(6)
}
PARTS = {
    code: Part(
        code, code[:2], f"District {code}", 100.0, "2020", 2e5 + 1e3 * k, "2020",
        100.0, 20.0, "2021", 5000.0, "2022",
    )
    for k, code in enumerate(CODES)
}  # fmt: skip


def _city(code: str) -> Part:
    own = [part for part in PARTS.values() if part.city == code]
    return Part(
        code, code, f"City {code}", 1800.0, "2020", sum(p.population for p in own), "2020",
        1800.0, 360.0, "2021", 9e4, "2022",
    )  # fmt: skip


CITIES = (_city("X1"), _city("X2"))
HUB = Zone("hub", "hub", "Hub", "枢纽", CITIES, CITY_OF)
CITY = Zone("X1", "city", "City X1", "", CITIES[:1], {c: "X1" for c in CODES if CITY_OF[c] == "X1"})
DISTRICT = Zone("X100", "district", "District", "", (PARTS["X100"],), {"X100": "X1"})
ZONES = {"hub": (HUB,), "city": (CITY,), "district": (DISTRICT,)}


def district_at(x: np.ndarray, y: np.ndarray) -> list[str]:
    """The district of each place."""
    column = np.clip(x // SIDE, 0, 5).astype(int)
    row = np.clip(y // SIDE, 0, 5).astype(int)
    return [f"X{1 + (r >= 3)}{r}{c}" for r, c in zip(row, column, strict=True)]


def records(kind: str, x: np.ndarray, y: np.ndarray, **columns: object) -> Records:
    """Records at places, in the districts they fall into."""
    noun = str(columns.pop("noun", kind))
    points = bool(columns.pop("points", True))
    district = district_at(x, y)
    table = pd.DataFrame(
        {
            "unit": [f"u{i}" for i in range(x.size)],
            "weight": 1.0,
            "case": True,
            "precision_m": 100.0,
            "city": [code[:2] for code in district],
            "district": district,
            "home": [code[:2] for code in district],
            "x": x,
            "y": y,
        }
    ).assign(**columns)
    return Records(kind, noun, record_table(table), points=points)


def world(n: int = 600, seed: int = 1) -> World:
    """Firms (a third of them cases, clustered), campuses, and postings by district."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 6 * SIDE, (2, n))
    case = np.arange(n) < n // 3
    x[case] = 5_000 + np.abs(rng.normal(0, 9_000, case.sum()))
    y[case] = 5_000 + np.abs(rng.normal(0, 9_000, case.sum()))
    firms = records(
        "companies", x, y, case=case, noun="firms",
        founded=pd.array(rng.integers(1980, 2025, n), dtype="Int64"),
        category=rng.choice(["robots", "models", "chips"], n),
        size=rng.integers(5, 500, n).astype(float),
    )  # fmt: skip
    u, v = rng.uniform(0, 6 * SIDE, (2, 120))
    campuses = records(
        "universities", u, v,
        founded=pd.array(rng.integers(1900, 2020, 120), dtype="Int64"),
        category=np.where(rng.random(120) < 0.5, "degree", "vocational"),
    )  # fmt: skip
    a, b = rng.uniform(0, 6 * SIDE, (2, 1200))
    postings = records(
        "postings", a, b, points=False, case=rng.random(1200) < 0.4, weight=4.0, clusters=3.0,
        precision_m=6000.0, stated=True,
    )  # fmt: skip
    every = {r.kind: r for r in (firms, campuses, postings)}
    return World(every, LAND, PARTS, "+proj=laea +lat_0=30 +lon_0=120 +datum=WGS84 +units=m")


def one(statistic: object, zone: Zone, of: Records, around: World | None = None) -> Estimate:
    """The estimate of one zone."""
    around = around or World({of.kind: of}, LAND, PARTS)
    found = statistic.measure((zone,), of, around).iloc[0]  # type: ignore[attr-defined]
    assert isinstance(found, Estimate)
    return found
