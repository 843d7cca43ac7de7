"""Public sources whose files are known: which columns, licence, attribution and caveats."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

FormatName = Literal["ror", "openalex-institutions", "overture-places", "osm", "wikidata"]


@dataclass(frozen=True)
class Format:
    """A public source.

    Attributes
    ----------
    columns
        The recipe's ``columns`` where it names none, after :attr:`shape`.
    keys
        Other keys of the recipe that it fills in.
    needs
        For each of those columns the file's columns that it is made from; the first one that the
        file has is taken.
    category
        The columns that ``only`` is compared with.
    shape
        Further work on the cells.
    """

    columns: dict[str, str]
    keys: dict[str, Any]
    needs: dict[str, tuple[str, ...]]
    category: tuple[str, ...] = ()
    shape: Callable[[pd.DataFrame], pd.DataFrame] = field(default=lambda cells: cells)


def _parsed(cell: str) -> Any:
    try:
        return json.loads(cell) if cell[:1] in "[{" and cell else None
    except (ValueError, RecursionError):
        return None


def _ror_names(cell: str) -> tuple[str, str]:
    """The display name and the Chinese one, from a record's list of names."""
    shown = chinese = ""
    names = _parsed(cell)
    for name in names if isinstance(names, list) else ():
        if not isinstance(name, dict):
            continue
        kinds, value = name.get("types") or (), str(name.get("value") or "")
        if "ror_display" in kinds:
            shown = value
        if name.get("lang") == "zh" and not chinese and "acronym" not in kinds:
            chinese = value
    return shown, chinese


def _ror(cells: pd.DataFrame) -> pd.DataFrame:
    if "names" in cells:
        pairs = [_ror_names(cell) for cell in cells["names"]]
        cells = cells.assign(name=[a for a, _ in pairs], name_zh=[b for _, b in pairs])
    if "established" in cells:
        cells = cells.assign(established=cells["established"].str.removesuffix(".0"))
    if "types" in cells:
        # One category a record; education first, as most of what this is used for.
        kinds = cells["types"].str.strip('[]"').str.replace('", "', "|").str.replace("; ", "|")
        first = [_first_kind(cell) for cell in kinds]
        cells = cells.assign(types=kinds, category=first)
    return cells


def _first_kind(cell: str) -> str:
    kinds = [kind.strip() for kind in cell.replace(";", "|").split("|")]
    return "education" if "education" in kinds else kinds[0]


_OTHER_TAG = r'"{}"=>"((?:[^"\\]|\\.)*)"'


def _osm_shape(cells: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    # An extract's nodes and areas differ in which tags are columns; the rest is in one cell.
    for tag in ("amenity", "office", "building", "name:zh"):
        given = cells[tag] if tag in cells else pd.Series("", index=cells.index, dtype=object)
        if "other_tags" in cells:
            found = cells["other_tags"].str.extract(_OTHER_TAG.format(tag))[0].fillna("")
            given = given.where(given != "", found)
        cells = cells.assign(**{tag: given})
    kind = pd.Series("", index=cells.index, dtype=object)
    for tag in ("amenity", "office", "building"):
        kind = kind.where(kind != "", cells[tag])
    radius = cells.get("geometry.radius_m")
    area = pd.Series(False, index=cells.index) if radius is None else radius != "0"
    identity = pd.Series("", index=cells.index, dtype=object)
    for name in ("@id", "osm_id", "osm_way_id", "id"):
        if name in cells:
            letter = pd.Series({"osm_way_id": "w"}.get(name, ""), index=cells.index)
            if name == "osm_id":
                letter = area.map({True: "r", False: "n"})
            given = cells[name].where(cells[name] == "", letter + cells[name])
            identity = identity.where(identity != "", given)
    precision = "100" if radius is None else radius.where(radius != "0", "100")
    return cells.assign(category=kind, osm=identity, precision=precision, name_zh=cells["name:zh"])


def _wikidata(cells: pd.DataFrame) -> pd.DataFrame:
    for name in ("coord", "coordinate", "coordinates", "location"):
        if name in cells:
            point = cells[name].str.extract(
                r"^Point\(\s*([-+.\deE]+)\s+([-+.\deE]+)\s*\)$", expand=True
            )
            return cells.assign(lon=point[0].fillna(""), lat=point[1].fillna(""))
    return cells


def _wikidata_year(cells: pd.DataFrame) -> pd.DataFrame:
    cells = _wikidata(cells)
    if "inception" in cells:
        cells = cells.assign(founded=cells["inception"].str.extract(r"^\+?(\d{4})")[0].fillna(""))
    if "item" in cells:
        cells = cells.assign(item=cells["item"].str.rsplit("/", n=1).str[-1])
    return cells


def _overture(cells: pd.DataFrame) -> pd.DataFrame:
    if "names.common" not in cells:
        return cells
    pairs = [_parsed(cell) for cell in cells["names.common"]]
    named = [dict(p) if isinstance(p, list) and all(len(x) == 2 for x in p) else {} for p in pairs]
    chinese = [str(one.get("zh") or one.get("zh-Hans") or "") for one in named]
    return cells.assign(name_zh=chinese)


_GEONAMES = "locations[0].geonames_details"
FORMATS: dict[str, Format] = {
    "ror": Format(
        columns={
            "id": "id", "name": "name", "name_zh": "name_zh", "lon": "lng", "lat": "lat",
            "founded": "established", "category": "category",
        },
        keys={
            "kind": "universities",
            "title": "Research Organization Registry",
            "licence": "CC0 1.0",
            "attribution": "Research Organization Registry (ror.org)",
            "citation": "Research Organization Registry: data dump, doi:10.5281/zenodo.6347574",
            "city_centres": True,
            "precision_m": 10000.0,
            "caveats": ("Points are the centres of cities, not campuses (GeoNames).",),
            "caveats_zh": ("点位为城市中心（GeoNames），而非校区位置。",),
        },
        needs={
            "id": ("id",),
            "name": ("name", "names", "names.types.ror_display"),
            "name_zh": ("name_zh",),
            "lng": ("lng", f"{_GEONAMES}.lng", "locations.geonames_details.lng"),
            "lat": ("lat", f"{_GEONAMES}.lat", "locations.geonames_details.lat"),
            "established": ("established",),
            "types": ("types",),
            "country": (
                "country", f"{_GEONAMES}.country_code", "locations.geonames_details.country_code",
            ),
        },
        category=("types",),
        shape=_ror,
    ),
    "openalex-institutions": Format(
        columns={
            "id": "id", "name": "display_name", "name_zh": "name_zh", "lon": "longitude",
            "lat": "latitude", "category": "type",
        },
        keys={
            "kind": "universities",
            "title": "OpenAlex institutions",
            "licence": "CC0 1.0",
            "attribution": "OpenAlex (openalex.org)",
            "citation": "OpenAlex institutions, openalex.org",
            "city_centres": True,
            "precision_m": 10000.0,
            "caveats": ("Points are those of the city that the institution states.",),
            "caveats_zh": ("点位为机构所在城市的坐标。",),
        },
        needs={
            "id": ("id",),
            "display_name": ("display_name",),
            "name_zh": ("international.display_name.zh", "international.display_name.zh-cn"),
            "longitude": ("geo.longitude", "longitude"),
            "latitude": ("geo.latitude", "latitude"),
            "type": ("type",),
            "country": ("country_code", "geo.country_code"),
        },
        category=("type",),
    ),
    "overture-places": Format(
        columns={
            "id": "id", "name": "name", "name_zh": "name_zh", "category": "category",
            "lon": "geometry.lon", "lat": "geometry.lat",
        },
        keys={
            "kind": "places",
            "title": "Overture Maps places",
            "licence": "CDLA Permissive 2.0, parts Apache 2.0 and CC0 1.0, as each record's source",
            "attribution": "Overture Maps Foundation (overturemaps.org)",
            "citation": "Overture Maps Foundation: places theme",
            "precision_m": 100.0,
            "caveats": ("Places are gathered from online maps and pages; not all still exist.",),
            "caveats_zh": ("地点汇集自网络地图与网页，未必都仍存在。",),
        },
        needs={
            "id": ("id",),
            "name": ("names.primary",),
            "name_zh": ("names.common",),
            "category": ("categories.primary", "basic_category", "taxonomy.primary"),
            "geometry.lon": ("geometry.lon",),
            "geometry.lat": ("geometry.lat",),
        },
        category=("category",),
        shape=_overture,
    ),
    "osm": Format(
        columns={
            "id": "osm", "name": "name", "name_zh": "name_zh", "category": "category",
            "lon": "geometry.lon", "lat": "geometry.lat", "precision_m": "precision",
        },
        keys={
            "kind": "places",
            "title": "OpenStreetMap",
            "licence": "ODbL 1.0",
            "attribution": "© OpenStreetMap contributors",
            "citation": "OpenStreetMap contributors, openstreetmap.org",
            "areas": True,
            "caveats": ("Mapped by volunteers: completeness differs from place to place.",),
            "caveats_zh": ("由志愿者绘制，各地完整程度不一。",),
        },
        needs={
            "name": ("name",),
            "geometry.lon": ("geometry.lon",),
            "geometry.lat": ("geometry.lat",),
            **{
                key: (key,)
                for key in (
                    "@id", "id", "osm_id", "osm_way_id", "amenity", "office", "building", "name:zh",
                    "other_tags", "geometry.radius_m",
                )
            },
        },
        category=("category",),
        shape=_osm_shape,
    ),
    "wikidata": Format(
        columns={
            "id": "item", "name": "itemLabel", "name_zh": "itemLabel_zh", "lon": "lon",
            "lat": "lat", "founded": "founded",
        },
        keys={
            "kind": "universities",
            "title": "Wikidata",
            "licence": "CC0 1.0",
            "attribution": "Wikidata (wikidata.org)",
            "citation": "Wikidata, a saved query",
            "precision_m": 1000.0,
            "rows": "",
            "caveats": ("Coordinates are of mixed origin and precision.",),
            "caveats_zh": ("坐标来源与精度不一。",),
        },
        needs={
            name: (f"{name}.value", name)
            for name in (
                "item", "itemLabel", "itemLabel_zh", "coord", "coordinate", "coordinates",
                "location", "inception",
            )
        },
        shape=_wikidata_year,
    ),
}  # fmt: skip


def shaped(cells: pd.DataFrame, format: Format) -> pd.DataFrame:
    """A known source's cells under the names of :attr:`Format.columns`.

    A column that the file lacks is empty where nothing can be made of it.
    """
    import pandas as pd

    made = {}
    for name, candidates in format.needs.items():
        there = [candidate for candidate in candidates if candidate in cells]
        if there:
            # A record's list of names is parted by the shape.
            parted = there[0] in {"names", "names.common"}
            made[there[0] if parted else name] = cells[there[0]].astype(str)
    table = format.shape(pd.DataFrame(made, index=cells.index))
    for name in format.columns.values():
        if name not in table:
            table[name] = ""
    return table


def chosen(table: pd.DataFrame, format: Format, only: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which rows belong to the categories that are asked for."""
    import numpy as np

    wanted = {word.lower() for word in only}
    keep = np.full(len(table), not wanted)
    for name in format.category if wanted else ():
        if name in table:
            parts = (set(re.split(r"[|;] ?", cell.lower())) for cell in table[name])
            keep |= np.array([bool(one & wanted) for one in parts], dtype=bool)
    return keep
