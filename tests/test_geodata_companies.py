"""The embedded companies: who is in, where they stand, and how sure that is."""

from __future__ import annotations

import csv
import importlib.util
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from hubmap.geodesy import equivalent_radius_m

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
HUBS = {"110000": "beijing", "310000": "shanghai", "330100": "hangzhou"}
EXPECTED = {
    "110000": "bytedance baidu zhipu-ai moonshot-ai megvii horizon-robotics cambricon "
    "moore-threads xiaomi baichuan 01-ai",
    "310000": "minimax stepfun sensetime unisoc biren-technology enflame metax",
    "330100": "deepseek high-flyer unitree game-science brainco manycore-tech deep-robotics "
    "alibaba ant-group netease hikvision dahua",
    "440300": "tencent huawei dji ubtech byd",
    "440100": "xpeng pony-ai weride",
    "810000": "insilico-medicine lalamove",
}


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _tool(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    return _read(ROOT / "geodata" / "companies.csv")


@pytest.fixture(scope="module")
def regions() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in _read(ROOT / "geodata" / "regions.csv")}


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    return tomllib.loads((ROOT / "geodata" / "companies.toml").read_text(encoding="utf-8"))


def test_every_hub_has_its_share(rows: list[dict[str, str]], recipe: dict[str, Any]) -> None:
    hubs = Counter(HUBS.get(row["city"], "greater-bay-area") for row in rows)
    assert len(rows) >= 300
    assert len(hubs) == 4
    assert min(hubs.values()) >= 40
    for number in (len(rows), *hubs.values()):
        assert re.search(rf"\b{number}\b", recipe["coverage"])


@pytest.mark.parametrize("city", EXPECTED)
def test_known_firms_stand_in_their_city(rows: list[dict[str, str]], city: str) -> None:
    where = {row["id"]: row["city"] for row in rows}
    assert {firm: where.get(firm) for firm in EXPECTED[city].split()} == dict.fromkeys(
        EXPECTED[city].split(), city
    )


def test_nothing_twice(rows: list[dict[str, str]]) -> None:
    ids = [row["id"] for row in rows]
    assert ids == sorted(ids)
    for column in ("id", "name", "name_zh"):
        values = [row[column].casefold() for row in rows if row[column]]
        assert [v for v, n in Counter(values).items() if n > 1] == []


def test_points_lie_in_their_district(
    rows: list[dict[str, str]], regions: dict[str, dict[str, str]]
) -> None:
    outlines = gpd.read_file(ROOT / "geodata" / "regions.geojson").set_index("code").geometry
    lon, lat = ([float(row[c]) for row in rows] for c in ("lon", "lat"))
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    home = gpd.GeoSeries([outlines[row["district"]] for row in rows], crs="EPSG:4326")
    inside = points.within(home)
    assert [row["id"] for row, ok in zip(rows, inside, strict=True) if not ok] == []
    for row in rows:
        region = regions[row["district"]]
        assert row["city"] == (region["parent"] or region["code"]), row["id"]


def test_precision_is_one_of_the_stated_classes(
    rows: list[dict[str, str]], regions: dict[str, dict[str, str]], recipe: dict[str, Any]
) -> None:
    for row in rows:
        radius = equivalent_radius_m(float(regions[row["district"]]["area_km2"]))
        if row["place"]:
            # Zones that are larger than a park say so.
            assert int(row["precision_m"]) in (1000, 1500, 2000, 4000), row["id"]
            assert int(row["precision_m"]) < radius, row["id"]
        else:
            assert int(row["precision_m"]) == radius, row["id"]
    rest = sum(not row["place"] for row in rows)
    assert any(f"{rest} firms" in caveat for caveat in recipe["caveats"])


def test_values(rows: list[dict[str, str]], recipe: dict[str, Any]) -> None:
    assert {row["sector"] for row in rows} == set(recipe["categories"])
    assert {*recipe["columns"].values(), *recipe["details"]} <= set(rows[0])
    assert len(recipe["caveats"]) == len(recipe["caveats_zh"])
    for row in rows:
        assert 1950 <= int(row["founded"]) <= 2025, row["id"]
        assert row["source"]
        assert row["verified"] == str(bool(row["verified_by"])).lower(), row["id"]
    share = sum(row["verified"] == "true" for row in rows) / len(rows)
    print(f"verified: {share:.0%}")
    assert share > 0.35


def test_parks_lie_in_their_district() -> None:
    outlines = gpd.read_file(ROOT / "geodata" / "regions.geojson").set_index("code").geometry
    parks = _read(ROOT / "tools" / "companies" / "parks.csv")
    for park in parks:
        point = gpd.points_from_xy([float(park["lon"])], [float(park["lat"])])[0]
        assert outlines[park["district"]].contains(point), park["key"]
        assert park["source"]


@pytest.mark.parametrize(
    ("witness", "known", "same"),
    [
        ("深圳市大疆创新科技有限公司", {"大疆创新"}, True),
        ("比亚迪股份有限公司", {"比亚迪"}, True),
        ("小米之家", {"小米"}, False),
        ("Z.ai", {"zai"}, True),
        ("Aibee Group", {"aibee"}, False),
    ],
)
def test_same_firm(witness: str, known: set[str], same: bool) -> None:
    assert _tool("compile_companies").same_firm(witness, known) is same


@pytest.mark.skipif(
    not (DATA / "companies" / "unicorns_2022.csv").exists(),
    reason="the second witnesses (../shared/data) are not beside this checkout",
)
def test_recompiled_from_the_lists(rows: list[dict[str, str]]) -> None:
    assert _tool("compile_companies").compile_table(DATA)[0] == rows
