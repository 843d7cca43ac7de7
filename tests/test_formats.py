"""Public sources in the shapes that they document."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from support import ROOT

from hubmap.geodata.entities import Taken, take_entities
from hubmap.geodata.formats import FORMATS
from hubmap.geodata.recipe import EntitySource, RegionSource
from hubmap.geodata.regions import read_regions
from hubmap.recipes import load_recipe, parse_recipe
from hubmap.tables import Regions


@pytest.fixture(scope="module")
def hubs() -> Regions:
    source = load_recipe(ROOT / "geodata/regions.toml", RegionSource)
    return read_regions(source, ROOT / "geodata")


def take(folder: Path, regions: Regions, file: str, format: str, **keys: object) -> Taken:
    source = parse_recipe({"id": "t", "file": file, "format": format, **keys}, EntitySource, "t")
    assert source.licence
    assert source.attribution
    taken = take_entities(source, folder, regions)
    account = taken.account
    assert account.read == account.placed + account.rejected == account.in_file - account.left_out
    return taken


ROR = [
    {
        "id": "https://ror.org/00a2xv884", "established": 1897, "status": "active",
        "types": ["education", "funder"],
        "names": [
            {"value": "ZJU", "types": ["acronym"], "lang": None},
            {"value": "Zhejiang University", "types": ["ror_display", "label"], "lang": "en"},
            {"value": "浙江大学", "types": ["label"], "lang": "zh"},
        ],
        "locations": [
            {
                "geonames_id": 1808926,
                "geonames_details": {
                    "name": "Hangzhou", "lat": 30.29365, "lng": 120.16142, "country_code": "CN",
                    "country_name": "China",
                },
            }
        ],
    },
    {
        "id": "https://ror.org/x", "established": None, "types": ["company"],
        "names": [{"value": "Firm", "types": ["ror_display"], "lang": None}], "locations": [],
    },
]  # fmt: skip


def test_ror_json(hubs: Regions, tmp_path: Path) -> None:
    (tmp_path / "ror.json").write_text(json.dumps(ROR), encoding="utf-8")
    taken = take(tmp_path, hubs, "ror.json", "ror", faults="reject", limits={"max_rejected": 1})
    row = taken.entities.iloc[0]
    assert (row["name"], row["name_zh"]) == ("Zhejiang University", "浙江大学")
    assert row["founded"] == 1897
    assert row["category"] == "education"
    # A city's centre is as precise as the city is wide.
    assert row["precision_m"] > 60_000
    assert taken.account.reasons == {"no place": 1}
    only = take(tmp_path, hubs, "ror.json", "ror", only=["education"])
    assert (only.account.read, only.account.left_out) == (1, 1)


def test_ror_csv(hubs: Regions, tmp_path: Path) -> None:
    pd.DataFrame(
        {
            "id": ["https://ror.org/1"],
            "names.types.ror_display": ["University of Somewhere"],
            "established": ["1950"],
            "types": ["education; funder"],
            "locations.geonames_details.lat": ["52.5"],
            "locations.geonames_details.lng": ["13.4"],
            "locations.geonames_details.country_code": ["DE"],
        }
    ).to_csv(tmp_path / "ror.csv", index=False)
    row = take(tmp_path, hubs, "ror.csv", "ror", only=["education"]).entities.iloc[0]
    assert (row["name"], row["precision_m"], row["category"]) == (
        "University of Somewhere", 10_000, "education",
    )  # fmt: skip


def test_openalex(hubs: Regions, tmp_path: Path) -> None:
    record = {
        "id": "https://openalex.org/I76130692", "display_name": "Zhejiang University",
        "type": "education", "country_code": "CN",
        "geo": {"city": "Hangzhou", "latitude": 30.29365, "longitude": 120.16142},
        "international": {"display_name": {"zh": "浙江大学"}},
    }  # fmt: skip
    (tmp_path / "i.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    row = take(tmp_path, hubs, "i.jsonl", "openalex-institutions").entities.iloc[0]
    assert (row["name"], row["name_zh"]) == ("Zhejiang University", "浙江大学")
    assert row["precision_m"] > 60_000


def test_overture(hubs: Regions, tmp_path: Path) -> None:
    common = pa.map_(pa.string(), pa.string())
    names = pa.struct([("primary", pa.string()), ("common", common)])
    categories = pa.struct([("primary", pa.string()), ("alternate", pa.list_(pa.string()))])
    table = pa.table(
        {
            "id": ["a", "b"],
            "names": pa.array(
                [
                    {"primary": "Uni", "common": [("zh", "大学")]},
                    {"primary": "Bar", "common": None},
                ],
                names,
            ),
            "categories": pa.array(
                [{"primary": "college_university", "alternate": []}, {"primary": "bar"}], categories
            ),
            "confidence": [0.9, 0.5],
            "geometry": shapely.to_wkb(shapely.points([(120.1, 30.2), (120.2, 30.3)])),
        }
    )
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
    }
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), tmp_path / "o.parquet")
    taken = take(tmp_path, hubs, "o.parquet", "overture-places", only=["college_university"])
    row = taken.entities.iloc[0]
    assert (row["name"], row["name_zh"], row["category"]) == ("Uni", "大学", "college_university")
    assert row.geometry.equals(shapely.Point(120.1, 30.2))
    assert taken.account.left_out == 1


def test_osm(hubs: Regions, tmp_path: Path) -> None:
    gpd.GeoDataFrame(
        {
            "@id": ["way/1", "node/2"],
            "amenity": ["university", None],
            "office": [None, "company"],
            "name": ["浙江大学", "Firm"],
            "name:zh": ["浙江大学", None],
        },
        geometry=[shapely.box(120.08, 30.30, 120.09, 30.31), shapely.Point(120.1, 30.2)],
        crs="EPSG:4326",
    ).to_file(tmp_path / "o.geojson")
    taken = take(tmp_path, hubs, "o.geojson", "osm")
    rows = taken.entities.set_index("id")
    assert rows.at["way/1", "category"] == "university"
    assert 500 < rows.at["way/1", "precision_m"] < 1500
    assert (rows.at["node/2", "category"], rows.at["node/2", "precision_m"]) == ("company", 100)
    assert len(take(tmp_path, hubs, "o.geojson", "osm", only=["university"]).entities) == 1


def pbf(path: Path) -> None:
    """An extract with a node, a closed way, a ring of two ways as a relation, and a road."""
    import osmium
    from osmium.osm.mutable import Node, Relation, Way

    corners = [(120.08, 30.30), (120.09, 30.30), (120.09, 30.31), (120.08, 30.31)]
    places = {k + 1: corner for k, corner in enumerate(corners)}
    places |= {k + 11: (x + 0.1, y) for k, (x, y) in enumerate(corners)}
    writer = osmium.SimpleWriter(str(path))
    for number, place in places.items():
        writer.add_node(Node(id=number, version=1, location=place))
    office = {"office": "company", "name": "Firm", "name:zh": "某公司"}
    writer.add_node(Node(id=20, version=1, location=(120.1, 30.2), tags=office))
    university = {"amenity": "university", "name": "浙江大学", "name:en": "Zhejiang University"}
    writer.add_way(Way(id=30, version=1, nodes=[1, 2, 3, 4, 1], tags=university))
    writer.add_way(Way(id=31, version=1, nodes=[11, 12, 13]))
    writer.add_way(Way(id=32, version=1, nodes=[13, 14, 11]))
    writer.add_way(Way(id=33, version=1, nodes=[1, 11], tags={"highway": "primary"}))
    ring = [("w", 31, "outer"), ("w", 32, "outer")]
    tags = {"type": "multipolygon", "amenity": "college", "name": "College"}
    writer.add_relation(Relation(id=40, version=1, members=ring, tags=tags))
    writer.close()


def test_osm_pbf(hubs: Regions, tmp_path: Path) -> None:
    pbf(tmp_path / "o.osm.pbf")
    taken = take(tmp_path, hubs, "o.osm.pbf", "osm")
    rows = taken.entities.set_index("id")
    assert rows["category"].to_dict() == {
        "n20": "company", "w30": "university", "r40": "college",
    }  # fmt: skip
    assert rows.at["n20", "name_zh"] == "某公司"
    assert rows.at["n20", "precision_m"] == 100
    for number in ("w30", "r40"):
        assert 500 < rows.at[number, "precision_m"] < 1500
    assert 120.08 < rows.at["w30", "geometry"].x < 120.09
    assert 120.18 < rows.at["r40", "geometry"].x < 120.19
    only = take(tmp_path, hubs, "o.osm.pbf", "osm", only=["university", "college"])
    assert (only.account.read, only.account.left_out) == (2, 1)


def test_wikidata(hubs: Regions, tmp_path: Path) -> None:
    binding = {
        "item": {"type": "uri", "value": "http://www.wikidata.org/entity/Q197543"},
        "itemLabel": {"xml:lang": "en", "value": "Zhejiang University"},
        "coord": {"type": "literal", "value": "Point(120.08 30.305)"},
        "inception": {"type": "literal", "value": "1897-05-21T00:00:00Z"},
    }
    content = {"head": {"vars": list(binding)}, "results": {"bindings": [binding]}}
    (tmp_path / "w.json").write_text(json.dumps(content), encoding="utf-8")
    row = take(tmp_path, hubs, "w.json", "wikidata").entities.iloc[0]
    assert (row["id"], row["founded"], row.geometry.x) == ("Q197543", 1897, 120.08)
    cells = {key: [value["value"]] for key, value in binding.items()}
    pd.DataFrame(cells).to_csv(tmp_path / "w.csv", index=False)
    assert take(tmp_path, hubs, "w.csv", "wikidata").entities["id"][0] == "Q197543"


@pytest.mark.parametrize("name", FORMATS)
def test_a_recipe_may_say_more(name: str) -> None:
    source = parse_recipe(
        {"file": "a.csv", "format": name, "title": "Mine", "columns": {"source": "from"}},
        EntitySource, "t",
    )  # fmt: skip
    assert (source.title, source.columns.source) == ("Mine", "from")
    assert source.columns.id == FORMATS[name].columns["id"]
