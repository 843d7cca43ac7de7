"""Employees, built-up areas and graduates: statistics that a workspace has once its tables do."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from hubmap.workspace import Workspace

SIDE = 0.05
HUB = """\
title = "Example City"
[delineation]
method = "regions"
regions = ["Example City"]
[[statistics]]
name = "density"
area = "built-up"
[[statistics]]
name = "per_thousand_graduates"
[[statistics]]
name = "ellison_glaeser"
[[statistics]]
name = "count"
"""


def rows_of(folder: Path, *, given: bool) -> pd.DataFrame:
    """The profile of a city of twelve districts: 40 firms in the first, five in each other."""
    extra = ",built_up_km2,built_up_year,graduates,graduates_year" if given else ""
    city = ",30,2022,5000,2023" if given else ""
    part = ",2.5,2022,," if given else ""
    head = "code,name,name_zh,level,parent,area_km2,area_year,area_source,population"
    lines = [f"{head},population_year,population_source{extra}"]
    lines.append(f"X1,Example City,示例市,city,,240,2020,e,1200000,2020,e{city}")
    features, firms = [], ["id,name,lon,lat,staff"]
    for k in range(12):
        code, west, south = f"X1{k:02d}", 10 + SIDE * (k % 4), 50 + SIDE * (k // 4)
        lines.append(f"{code},District {k},区{k},district,X1,20,2020,e,100000,2020,e{part}")
        box = [[west, south], [west + SIDE, south], [west + SIDE, south + SIDE]]
        ring = [*box, [west, south + SIDE], [west, south]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"code": code}, "geometry": shape})
        for j in range(40 if k == 0 else 5):
            lon, lat = west + 0.005 + 0.001 * (j % 40), south + 0.02
            firms.append(f"{k}-{j},Firm {k} {j},{lon:.4f},{lat:.4f},{10 + j}")
    data = folder / "geodata"
    (data / "regions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    collection = {"type": "FeatureCollection", "features": features}
    (data / "regions.geojson").write_text(json.dumps(collection), encoding="utf-8")
    (data / "firms.csv").write_text("\n".join(firms) + "\n", encoding="utf-8")
    recipe = (data / "firms.toml").read_text(encoding="utf-8").replace('founded = "founded"\n', "")
    column = 'size = "staff"\n' if given else ""
    (data / "firms.toml").write_text(recipe.rstrip() + "\n" + column, encoding="utf-8")
    hub = next((folder / "layers").glob("*.toml"))
    hub.write_text(HUB, encoding="utf-8")
    return Workspace.open(folder).profiles([], "hub").set_index("statistic")


def test_given_columns_give_their_statistics(small: Path) -> None:
    rows = rows_of(small, given=True)
    firms = 40 + 11 * 5
    built = rows.loc["density_built-up"]
    assert built["value"] == pytest.approx(firms / 30)
    assert built["denominator"] == "30 km² built-up area (2022)"
    assert rows.loc["per_thousand_graduates", "value"] == pytest.approx(firms / 5)
    assert "5,000 graduates (2023)" in rows.loc["per_thousand_graduates", "denominator"]
    assert rows.loc["ellison_glaeser", "value"] > 0.1
    assert rows.loc["ellison_glaeser", "n"] == firms


def test_absent_columns_are_refused_in_words(small: Path) -> None:
    rows = rows_of(small, given=False)
    assert rows.loc["density_built-up", "withheld"] == (
        "the built-up area of a part of the zone is not known: give it in the regions' table"
    )
    assert "number of graduates" in rows.loc["per_thousand_graduates", "withheld"]
    # Without sizes the question makes no sense for the kind: there is no row of it.
    assert "ellison_glaeser" not in rows.index
    assert rows.loc["count", "value"] == 95
