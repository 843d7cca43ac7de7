"""A hub small enough to read, and what a visit of its page records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pandas as pd
from playwright.sync_api import Page
from shapely.geometry import Point, box

from hubmap.layers.model import HubLayer
from hubmap.statistics.declared.catalogue import DEFAULT

KINDS = ("universities", "companies", "ai_job_postings")


def words(en: str, zh: str = "") -> SimpleNamespace:
    return SimpleNamespace(en=en, zh=zh)


def source(kind: str, **changes: Any) -> SimpleNamespace:
    own: dict[str, Any] = {
        "id": kind,
        "kind": kind,
        "noun": {"ai_job_postings": "AI postings"}.get(kind, kind),
        "noun_zh": {"universities": "高校", "companies": "企业"}.get(kind, "岗位"),
        "title": f"Source of {kind}",
        "title_zh": "",
        "licence": "MIT",
        "attribution": f"makers of {kind}",
        "citation": "somebody 2026",
        "coverage": "all",
        "retrieved": "2026-01-02",
        "caveats": (f"caveat of {kind}",),
        "caveats_zh": (),
        "details": {"world_rank": words("World rank", "世界排名")}
        if kind == "universities"
        else {},
        "categories": {"robotics": words("Robotics", "机器人")},
        "tags": {"is_985": words("Project 985", "985工程")} if kind == "universities" else {},
        "sample": None,
    }
    if kind == "ai_job_postings":
        own["sample"] = SimpleNamespace(
            platform="Platform", period="2025", size=4543, searches=("AI",), method="", method_zh=""
        )
    return SimpleNamespace(**(own | changes))


def entity(id_: str, kind: str, name: str, x: float, y: float, **changes: Any) -> dict[str, Any]:
    own: dict[str, Any] = {
        "id": id_, "kind": kind, "unit": id_, "name": name, "name_zh": None, "weight": 1.0,
        "case": True, "precision_m": 300.0, "founded": 1990, "category": None, "tags": "",
        "district": "440305", "city": "440300", "placed": "within", "source": f"source of {id_}",
        "dataset": kind, "world_rank": None, "world_rank_list": None, "hub": "test-hub",
        "geometry": Point(x, y),
    }  # fmt: skip
    return own | changes


ENTITIES = (
    entity("u1", "universities", "Harbour University", 114.02, 22.52, name_zh="海港大学",
           tags="Project 985", world_rank=17.0, world_rank_list="QS World University Rankings"),
    entity("u2", "universities", "Hill College", 114.12, 22.56, district="440303",
           world_rank=120.0, world_rank_list="QS World University Rankings"),
    entity("c1", "companies", "Kite Robotics", 114.05, 22.55, name_zh="风筝机器人",
           category="robotics", founded=2015),
    entity("c2", "companies", "Lantern AI", 114.05, 22.55, category="robotics", founded=2020),
    entity("c3", "companies", "Somewhere Inc", 114.14, 22.54, precision_m=5000.0,
           district="440303"),
    entity("p1", "ai_job_postings", "algorithms", 114.05, 22.53, weight=40.0, precision_m=9000.0,
           placed="region"),
    entity("p2", "ai_job_postings", "other work", 114.05, 22.53, weight=70.0, case=False,
           precision_m=9000.0, placed="region"),
)  # fmt: skip


def rows() -> list[dict[str, Any]]:
    found = []
    zones = (
        ("test-hub", "hub", "Test hub", "测试中心", (2, 3, 40)),
        ("440305", "district", "Nanshan", "南山区", (1, 2, 40)),
        ("440303", "district", "Luohu", "罗湖区", (1, 1, None)),
    )
    for zone, level, name, zh, counts in zones:
        for kind, n in zip(KINDS, counts, strict=True):
            for statistic, unit, factor in (
                ("count", kind, 1.0),
                ("per_million", "per million residents", 0.5),
            ):
                value = None if n is None else n * factor
                found.append(
                    {
                        "hub": "test-hub",
                        "zone": zone,
                        "level": level,
                        "name": name,
                        "name_zh": zh,
                        "statistic": statistic,
                        "kind": kind,
                        "value": value,
                        "unit": unit,
                        "low": value and value * 0.8,
                        "high": value and value * 1.3,
                        "denominator": "2,000,000 residents (2020 census)",
                        "n": n,
                        "share_used": 1.0,
                        "note": None,
                        "withheld": None if n is not None else "not covered: a sample from X, 2025",
                    }
                )
    return found


def hub_layer(
    entities: Sequence[dict[str, Any]] = ENTITIES,
    *,
    title: str = "Test hub",
    sources: Sequence[Any] | None = None,
    district_names: tuple[str, str] = ("Nanshan", "Luohu"),
) -> HubLayer:
    """A hub of two square districts."""
    table = gpd.GeoDataFrame(list(entities), crs=4326)
    table["founded"] = table["founded"].astype("Int64")
    squares = [box(114.0, 22.5, 114.1, 22.6), box(114.1, 22.5, 114.2, 22.6)]
    districts = gpd.GeoDataFrame(
        {
            "code": ["440305", "440303"], "hub": "test-hub", "name": list(district_names),
            "name_zh": ["南山区", "罗湖区"], "city": "440300", "city_name": "Shenzhen",
            "city_name_zh": "深圳市", "area_km2": [187.5, 78.8], "area_source": "yearbook",
            "population": [1795826.0, 1143801.0], "population_year": 2020,
            "polygon_km2": [114.0, 114.0], "universities": [1, 1], "companies": [2, 1],
            "ai_job_postings": [40.0, None],
        },
        geometry=squares, crs=4326,
    )  # fmt: skip
    cells = gpd.GeoDataFrame(
        {
            "cell": ["a", "b"], "hub": "test-hub", "area_km2": [5.0, 5.0], "land_km2": [5.0, 4.0],
            "universities": [1, 1], "companies": [2, 1], "ai_job_postings": [40, 0],
        },
        geometry=[Point(114.05, 22.53).buffer(0.02), Point(114.13, 22.55).buffer(0.02)], crs=4326,
    )  # fmt: skip
    outline = gpd.GeoDataFrame(
        {"hub": ["test-hub"], "title": [title], "title_zh": ["测试中心"]},
        geometry=[box(114.0, 22.5, 114.2, 22.6)], crs=4326,
    )  # fmt: skip
    recipe: Any = SimpleNamespace(title=title, title_zh="", description="", description_zh="")
    made: Any = tuple(sources if sources is not None else [source(kind) for kind in KINDS])
    anything: Any = (table, districts, cells, outline)
    return HubLayer("test-hub", recipe, *anything, pd.DataFrame(rows()), made)


def reported(**changes: Any) -> HubLayer:
    """The small hub with what a report needs of its recipe."""
    layer = hub_layer(**changes)
    recipe: Any = SimpleNamespace(
        title=layer.outline["title"].iloc[0], title_zh="测试中心", description="Two squares.",
        description_zh="", statistics=DEFAULT,
    )  # fmt: skip
    return replace(layer, recipe=recipe)


def small_basemap() -> gpd.GeoDataFrame:
    """One land, and one place on it."""
    return gpd.GeoDataFrame(
        {
            "role": ["land", "place"], "name": ["", "Shenzhen"], "name_zh": ["", "深圳"],
            "rank": [None, 1], "detail": ["national", "national"], "hub": [None, None],
        },
        geometry=[box(113, 22.4, 115, 24), Point(114.06, 22.54)], crs=4326,
    )  # fmt: skip


@dataclass
class Visit:
    """An open page and all that it asked for or complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Nothing but the file itself was asked for, and nothing was complained about."""
        return len(self.requests) == 1 and not self.messages


Opener = Callable[..., Visit]
