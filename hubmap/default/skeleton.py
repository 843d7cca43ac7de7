"""The commented skeleton of `hubmap init --empty`: a place, a table, a hub, a map."""

from __future__ import annotations

_REGIONS = """\
# The places that everything is assigned to. Replace both files by your own regions.
table = "regions"
file = "regions.csv"          # code, name, level (city or district), official area, census ...
outlines = "regions.geojson"  # one polygon a district, property `code`
title = "Example regions"
licence = "your own"
attribution = "your own"
"""

_REGIONS_CSV = """\
code,name,name_zh,level,parent,area_km2,area_year,area_source,population,population_year,population_source
X1,Example City,示例市,city,,200,2020,example,300000,2020,example
X101,North District,北区,district,X1,100,2020,example,100000,2020,example
X102,South District,南区,district,X1,100,2020,example,200000,2020,example
"""

_REGIONS_GEOJSON = """\
{"type": "FeatureCollection", "features": [
{"type": "Feature", "properties": {"code": "X101"}, "geometry": {"type": "Polygon",
 "coordinates": [[[10.0, 50.1], [10.15, 50.1], [10.15, 50.2], [10.0, 50.2], [10.0, 50.1]]]}},
{"type": "Feature", "properties": {"code": "X102"}, "geometry": {"type": "Polygon",
 "coordinates": [[[10.0, 50.0], [10.15, 50.0], [10.15, 50.1], [10.0, 50.1], [10.0, 50.0]]]}}
]}
"""

_FIRMS = """\
# A table of your own: say which column holds what. `hubmap show sources` lists every key.
file = "firms.csv"
kind = "companies"            # any word; each kind is counted for itself
noun = "companies"
title = "Example firms"
licence = "your own"
attribution = "your own"
precision_m = 100             # within how many metres the coordinates are true

[columns]
id = "id"
name = "name"
lon = "lon"
lat = "lat"
founded = "founded"
"""

_FIRMS_CSV = """\
id,name,lon,lat,founded
1,First Firm,10.05,50.05,2012
2,Second Firm,10.06,50.15,2018
3,Third Firm,10.10,50.04,2020
"""

_HUB = """\
# A hub is a set of regions, by code or name. `hubmap show hubs` lists every key.
title = "Example City"
title_zh = "示例市"

[delineation]
method = "regions"
regions = ["Example City"]

[cells]
area_km2 = 5
"""

_MAP = """\
# A map shows one hub or several. `hubmap show maps` and `hubmap show views` list every key.
title = "Firms in Example City"
layers = ["example-city"]
"""

SKELETON = {
    "geodata/regions.toml": _REGIONS,
    "geodata/regions.csv": _REGIONS_CSV,
    "geodata/regions.geojson": _REGIONS_GEOJSON,
    "geodata/firms.toml": _FIRMS,
    "geodata/firms.csv": _FIRMS_CSV,
    "layers/example-city.toml": _HUB,
    "maps/example-city.toml": _MAP,
}
