"""Every view with its legend, every plot, ranks and the comparison, in a real browser."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import Point, box

from hubmap.geodesy import WGS84, plane_of
from hubmap.layers.cells import hexagon_size, hexagons
from hubmap.maps import kernels, lattices, marks, tints
from hubmap.maps.draw import draw
from hubmap.maps.ground import grounds
from hubmap.maps.mosaic import Mosaic, shared_rims
from hubmap.maps.page import page
from hubmap.maps.sizes import resized
from hubmap.maps.surfaces import cells
from pages.browsing import still
from pages.small_hub import ENTITIES, Opener, entity, hub_layer, rows, small_basemap
from pages.test_axe import RUN_AXE, axe

CURVES = (
    {
        "hub": "test-hub", "zone": "test-hub", "level": "hub", "statistic": "clustering",
        "kind": "universities", "curve": "L(r)/r", "x": [1.0, 2.0, 3.0], "value": [4.0, 3.0, 2.0],
        "low": [0.5, 0.6, None], "high": [1.6, 1.5, None], "x_unit": "km", "unit": "ratio",
        "band": "global envelope of randomness", "expected": 1.0, "p": 0.005, "step": None,
        "note": "199 draws, seed 0; 60 universities placed to within 1,000 m",
    },
    {
        "hub": "test-hub", "zone": "test-hub", "level": "hub", "statistic": "growth_ratio",
        "kind": "companies", "curve": "founded", "x": [2000.0, 2005.0], "value": [3.0, 8.0],
        "low": [1.0, 4.0], "high": [8.0, 14.0], "x_unit": "year", "unit": "companies",
        "band": "95 % Poisson interval", "expected": None, "p": None, "step": 5, "note": "",
    },
)  # fmt: skip


def many() -> list[dict[str, Any]]:
    """Sixty institutions about one place, each at a place of its own."""
    rng = np.random.default_rng(3)
    at = rng.normal((114.07, 22.55), 0.012, (60, 2))
    return [
        entity(f"m{i}", "universities", f"College {i}", x, y, founded=1950 + i, category=None)
        for i, (x, y) in enumerate(at)
    ]


def lattice_cells() -> gpd.GeoDataFrame:
    """Hexagons over the small hub, the middle one hot."""
    crs = plane_of(box(114.0, 22.5, 114.2, 22.6))
    q, r = (a.ravel() for a in np.meshgrid(np.arange(-4, 5), np.arange(-3, 4)))
    shapes = gpd.GeoSeries(hexagons(q, r, hexagon_size(2.0)), crs=crs).to_crs(WGS84)
    z = np.where((q == 0) & (r == 0), 12.0, 0.1)
    return gpd.GeoDataFrame(
        {
            "cell": [f"test-hub:{a}/{b}" for a, b in zip(q, r, strict=True)], "hub": "test-hub",
            "area_km2": 2.0, "land_km2": 2.0, "universities": 1, "companies": 0,
            "ai_job_postings": 0, "gi_z_universities": z, "gi_hot_universities": z > 3,
            "gi_z_companies": np.nan, "gi_hot_companies": False,
            "stability": np.where(z > 3, 1.0, np.nan), "settings": 25,
        },
        geometry=shapes.to_numpy(), crs=WGS84,
    )  # fmt: skip


def ranked_rows() -> pd.DataFrame:
    """The profile with cities that have ranks, and a variant of the hub."""
    table = pd.DataFrame(rows())
    cities = table[table["level"] == "district"].copy()
    cities["level"] = "city"
    cities["rank_low"], cities["rank_of"] = 1.0, 2.0
    cities["rank_high"] = np.where(cities["statistic"] == "count", 2.0, 1.0)
    variant = table[table["level"] == "hub"].copy()
    variant["level"], variant["zone"] = "variant", "test-hub/part"
    variant["name"], variant["name_zh"] = "Without Luohu", "不含罗湖区"
    more = {
        "hub": "test-hub", "zone": "test-hub", "level": "hub", "name": "Test hub",
        "name_zh": "测试中心", "kind": "universities", "unit": "L(r) / r", "denominator": "",
        "n": 60, "share_used": 0.7, "note": "r = 5 km; range 1 to 2 over shifts",
    }  # fmt: skip
    added = [
        more | {"statistic": "clustering", "value": 4.6, "withheld": None},
        more | {"statistic": "growth_ratio", "value": None, "withheld": "only 3 years"},
    ]
    return pd.concat([table, cities, variant, pd.DataFrame(added)], ignore_index=True)


def mark(name: str, period: str, shape: Any, **changes: Any) -> dict[str, Any]:
    label = {"all": "all", "early": "founded to 1979", "late": "founded after 1979"}[period]
    own = {
        "hub": "test-hub", "kind": "universities", "mark": name, "period": period,
        "share": np.nan, "lasts": np.nan, "label": label, "label_zh": "", "n": 60, "note": "",
        "geometry": shape,
    }  # fmt: skip
    return own | changes


def full_layer() -> Any:
    layer = hub_layer([*ENTITIES, *many()])
    marks_ = gpd.GeoDataFrame(
        [
            mark("ellipse", "all", Point(114.07, 22.55).buffer(0.03)),
            mark("mean_centre", "early", Point(114.05, 22.55)),
            mark("mean_centre", "late", Point(114.09, 22.55)),
            mark("centre", "all", Point(114.07, 22.55), share=0.7),
            mark("centre", "late", Point(114.08, 22.55), share=0.6),
        ],
        crs=WGS84,
    )
    for name, value in {
        "cells": lattice_cells(), "profile": ranked_rows(), "curves": CURVES, "marks": marks_,
    }.items():  # fmt: skip
        object.__setattr__(layer, name, value)
    return layer


def test_found_hubs_say_how_sure_they_are(visit: Opener, views: str) -> None:
    layer = hub_layer()
    found = layer.outline.assign(
        settings=25, found_in=0.8, rank_low=1, rank_high=3, rank_without_companies=2,
        rank_without_universities=2, named="other-hub", jaccard_records=0.415,
    )  # fmt: skip
    object.__setattr__(layer, "outline", found)
    tab = visit(page(draw([layer]))).page
    row = tab.locator(".hm-found tbody tr")
    assert row.locator("th, td").all_text_contents() == [
        "Test hub", "80 %", "1–\u20603", "2", "42 %other-hub",
    ]  # fmt: skip
    assert "under 25 settings" in (tab.locator(".hm-found").text_content() or "")
    assert visit(views).page.locator(".hm-found").count() == 0


@pytest.fixture(scope="session")
def views() -> str:
    return page(draw([full_layer()], basemap=small_basemap()))


def test_contours_hold_their_share_and_lie_on_land() -> None:
    layer = hub_layer([*ENTITIES, *many()])
    content = kernels.kernels([layer], bandwidths_km=(2.0,))
    shares = content["table"]["columns"]["share"]["v"]
    assert shares == [0.95, 0.8, 0.5]
    ground = grounds([layer])[0]
    x, y, used, why = ground.usable("universities", 4000.0, "peak_density")
    assert (why, x.size) == ("", 62)
    assert used == 1.0
    surface = kernels.kde(x, y, window=ground.land, bandwidth=2000.0, cell=500.0)
    for contour, shape in kernels._contours(surface, ground)[0]:
        flat = gpd.GeoSeries([shape], crs=WGS84).to_crs(ground.crs).iloc[0]
        assert flat.difference(ground.land.buffer(150)).area < 1.0
        inside = shapely.contains_xy(flat, *np.meshgrid(surface.grid.x, surface.grid.y))
        held = float((surface.density * surface.cover)[inside].sum()) * surface.grid.cell**2
        assert held / surface.mass == pytest.approx(contour["share"], abs=0.04)
    reasons = {w["kind"]: w["reason"] for w in content["withheld"]}
    assert reasons["companies"].startswith("only 3 companies, 50 are needed")


def test_a_lattice_travels_as_a_polynomial_within_fifty_metres() -> None:
    cells = lattice_cells()
    part = lattices.lattice(cells)["parts"][0]
    axial = cells["cell"].str.rpartition(":")[2].str.split("/", expand=True).astype(int).to_numpy()
    found = lattices._basis(axial / part["scale"]) @ np.array(part["fit"])
    centre = cells.geometry.to_crs(plane_of(box(114.0, 22.5, 114.2, 22.6))).centroid.to_crs(WGS84)
    assert np.abs(found - np.column_stack([centre.x, centre.y])).max() < 5e-4
    # Anything that is no lattice keeps its corners.
    odd = cells.assign(cell=[f"test-hub:x{i}" for i in range(len(cells))])
    assert "paths" in lattices.lattice(odd)["parts"][0]


def test_hot_spots_say_class_and_reason() -> None:
    content = lattices.hot_spots([full_layer()])
    codes = np.frombuffer(content["classes"]["universities"], dtype=np.uint8)
    assert sorted(set(codes.tolist())) == [1, 4]
    assert (codes == 4).sum() == 1
    assert [v["withheld"] for v in content["values"]] == [False, True]
    assert content["reasons"][0]["reason"].startswith("only 3 companies")
    assert lattices.hot_spots([hub_layer()]) == {}
    assert lattices.stability([hub_layer()]) == {}
    assert marks.centres([hub_layer()]) == {}


def test_shared_borders_are_named_once_and_make_the_rim() -> None:
    layer = hub_layer()
    shared = shared_rims(layer.districts, layer.outline)
    # The outline of two squares lacks the corners where they meet: it is not their rim exactly.
    assert shared is None
    corners = [(114, 22.5), (114.1, 22.5), (114.2, 22.5), (114.2, 22.6), (114.1, 22.6), (114, 22.6)]
    rim = layer.outline.assign(geometry=[shapely.Polygon(corners)])
    shared = shared_rims(layer.districts, rim)
    assert shared is not None
    mosaic = Mosaic(layer.districts.geometry)
    assert len(mosaic.borders) == 3
    # Of eight sides the common one is walked twice, there and back.
    assert sum(len(ring) for shape in mosaic.chains for ring in shape) == 4


def test_tints_name_the_commonest_and_order_the_years() -> None:
    table = pd.DataFrame(many())
    table["category"] = ["a"] * 30 + ["b"] * 20 + [None] * 10
    found = tints.tints(table, [{"id": "universities", "shape": "circle"}])
    assert list(found["category"]["universities"]) == ["a", "b"]
    assert found["founded"]["breaks"] == [1965, 1980, 1995]
    assert len(found["founded"]["colours"]) == 4


SURFACES = {
    "Density": ("50 %", "per km²"),
    "Hot spots": ("not significant", "hot, z ≥ 10"),
    "Stability": ("80 – 100 %", "25 settings"),
}


@pytest.mark.parametrize("name", SURFACES)
def test_a_surface_has_its_own_legend_and_pixels(name: str, views: str, visit: Opener) -> None:
    opened = visit(views)
    tab = opened.page
    control = tab.locator(".hm-control")
    control.get_by_role("radio", name="None").check()
    assert control.locator(".hm-classes").count() == 0
    shot = """() => { const { stage } = window.hubmapApp; stage._kept = null; stage.paint();
      const c = stage._container;
      return Array.from(stage.ctx.getImageData(0, 0, c.width, c.height).data)
        .reduce((s, v, i) => (s * 31 + v) % 1000003, 7); }"""
    before = tab.evaluate(shot)
    control.get_by_role("radio", name=name).check()
    assert tab.evaluate(shot) != before
    legend = control.locator(".hm-classes")
    assert legend.count() == 1
    for words in SURFACES[name]:
        assert words in (legend.text_content() or "")
    tab.evaluate("() => window.hubmapApp.state.set({ language: 'zh' })")
    chinese = control.locator(".hm-classes").text_content() or ""
    assert not any(words in chinese for words in ("not significant", "kernel", "settings"))
    # The one message is about this test's own reading of pixels.
    assert [m for m in opened.messages if "getImageData" not in m] == []


def test_cells_can_be_chosen_by_size(views: str, visit: Opener) -> None:
    layer = full_layer()
    (larger,) = resized([layer], 4)
    assert set(larger["area_km2"]) == {8.0}
    # Another way to the same counts: points within polygons.
    own = layer.entities[layer.entities["kind"] == "universities"]
    held = larger.sjoin(own[["geometry"]], predicate="contains").groupby(level=0).size()
    assert larger["universities"].gt(0).sum() == len(held) < len(larger)
    assert (larger.loc[held.index, "universities"] == held).all()
    opened = visit(views)
    tab = opened.page
    control = tab.locator(".hm-control")
    control.get_by_role("radio", name="Hexagons").check()
    select = control.get_by_label("What the shading shows")
    drawn = """() => { const c = window.hubmapApp.cells; return c.shapes.map((s, i) => i)
        .filter((i) => c.number(i, c.scale).value).map((i) => c.table.area_km2[i]); }"""
    counts = {}
    for value, size in (("universities|cell_density", 2), ("universities|cell_density_4", 8)):
        select.select_option(value)
        assert f"hexagons of {size} km²" in (control.locator(".hm-classes").text_content() or "")
        areas = tab.evaluate(drawn)
        assert set(areas) == {size}
        counts[size] = len(areas)
    assert counts[8] == len(held)
    # Only the size that is shown answers the pointer, and its card counts in that size.
    hit = """() => { const { cells: c, stage } = window.hubmapApp;
        const i = c.shapes.findIndex((s, at) => c.number(at, c.scale).value);
        const [w, n, e, f] = c.shapes[i].box;
        const found = c.hit({ x: (w + e) / 2, y: (n + f) / 2 });
        return hubmap.popup.cell(c, found.i).textContent; }"""
    assert "8 km²" in tab.evaluate(hit)
    tab.wait_for_function("() => location.hash.includes('cell_density_4')")
    address = tab.url
    tab.goto("about:blank")
    tab.goto(address)
    tab.wait_for_selector("html[data-ready]")
    assert set(tab.evaluate(drawn)) == {8}
    assert not opened.messages


def test_a_layer_whose_records_are_a_sample_keeps_its_own_cells() -> None:
    layer = full_layer()
    for source in layer.sources:
        source.stream = object()
    assert resized([layer], 4) == []
    content = cells([layer], times=(1, 4))
    assert {v["statistic"] for v in content["values"]} == {"cell_density"}
    assert "times" not in content["table"]["columns"]


def test_a_withheld_surface_says_why(views: str, visit: Opener) -> None:
    tab = visit(views).page
    control = tab.locator(".hm-control")
    for name, value in (("Density", "companies|kde_2"), ("Hot spots", "companies|gi")):
        control.get_by_role("radio", name=name).check()
        control.get_by_label("What the shading shows").select_option(value)
        said = control.locator(".hm-why").text_content() or ""
        assert "only 3 companies, 50 are needed" in said
        assert control.locator(".hm-classes .hm-patch").count() == 0


def test_centres_and_rings_are_told_only_when_on(views: str, visit: Opener) -> None:
    tab = visit(views).page
    control = tab.locator(".hm-control")
    assert control.locator(".hm-over-legend").count() == 0
    control.get_by_label("Centres and spread").check()
    said = control.locator(".hm-over-legend").text_content() or ""
    assert "deviational ellipse" in said
    assert "No centre of companies" in said
    control.get_by_label("Campus rings").check()
    assert "Within 2 km of 62 campuses" in (control.text_content() or "")
    control.get_by_label("Radius").select_option("5")
    assert tab.evaluate("() => window.hubmapApp.rings.radius") == 5
    control.get_by_label("Hub outlines").uncheck()
    assert tab.evaluate("() => window.hubmapApp.outline.visible") is False
    # Peaks of one half would lie upon those of all.
    assert tab.evaluate("() => window.hubmapApp.centres.table.n") == 4


def test_entities_take_other_colours_with_a_legend(views: str, visit: Opener) -> None:
    tab = visit(views).page
    control = tab.locator(".hm-control")
    for name, words in (("category", "Robotics"), ("founded", "1965"), ("precision", "300 m")):
        control.get_by_label("Colour by").select_option(name)
        assert words in (control.locator(".hm-tintlist").text_content() or "")
    colours = tab.evaluate(
        """() => { const { points } = window.hubmapApp;
          const rows = Array.from({ length: points.table.n }, (_, i) => i);
          return [...new Set(rows.map((i) => points.tint(i)))]; }"""
    )
    assert len(colours) == 2
    control.get_by_label("Colour by").select_option("kind")
    assert control.locator(".hm-tintlist").count() == 0


def test_numbers_say_how_and_curves_are_drawn(views: str, visit: Opener) -> None:
    tab = visit(views).page
    tab.evaluate(
        "() => document.querySelectorAll('.hm-question').forEach((d) => { d.open = true; })"
    )
    group = tab.locator(".hm-group", has=tab.get_by_role("heading", name="clustering", exact=True))
    assert "70 % of records used" in group.inner_text()
    group.locator("summary").click()
    how = group.locator(".hm-how").inner_text()
    assert "Ripley 1977" in how
    assert "translation correction" in how
    chart = group.locator("svg.hm-chart")
    assert chart.count() == 1
    label = chart.get_attribute("aria-label") or ""
    assert "Above what chance allows from 1 to 2 km" in label
    assert chart.locator("polygon.hm-band").count() == 1
    growth = tab.locator(".hm-group", has=tab.get_by_role("heading", name="growth", exact=True))
    assert growth.locator("svg.hm-chart rect").count() == 2
    assert "only 3 years" in growth.inner_text()


def test_ranks_are_ranges_and_variants_stand_beside(views: str, visit: Opener) -> None:
    tab = visit(views).page
    table = tab.locator(".hm-ranked")
    table.locator("select").select_option("companies|count")
    assert table.locator("tbody tr").count() == 2
    assert table.locator("tbody").inner_text().count("not distinguishable") == 2
    table.locator("select").select_option("companies|per_million")
    # A rank is not broken over two lines.
    assert "1\u00a0of\u00a02" in table.locator("tbody").inner_text()
    assert table.locator("svg.hm-dotplot circle").count() == 2
    tab.get_by_role("heading", name="Side by side: Without Luohu").click()
    assert tab.locator("details[open] .hm-variants tbody").count() == 3


@pytest.mark.parametrize("width", [1280, 390])
def test_two_places_side_by_side_at_one_scale(width: int, views: str, visit: Opener) -> None:
    opened = visit(views, size=(width, 800))
    tab = opened.page
    tab.evaluate("() => window.hubmapApp.state.set({ pair: ['440305', '440303'], surface: 'hot' })")
    ground = """() => window.hubmapApp.pairSides.map(({ map }) => window.hubmap.pair.ground(map))"""
    one, two = tab.evaluate(ground)
    assert one == pytest.approx(two, rel=1e-6)
    tab.evaluate("() => window.hubmapApp.pairSides[0].map.setZoom(12.5)")
    one, two = tab.evaluate(ground)
    assert one == pytest.approx(two, rel=1e-6)
    centre = "() => window.hubmapApp.pairSides[1].map.getCenter().lng"
    before = tab.evaluate(centre)
    east = """() => { const { map } = window.hubmapApp.pairSides[0]; const c = map.getCenter();
      map.setView([c.lat, c.lng + 0.02], map.getZoom(), { animate: false }); }"""
    tab.evaluate(east)
    assert tab.evaluate(centre) == pytest.approx(before, abs=1e-9)
    tab.get_by_label("Move together").check()
    tab.evaluate(east)
    assert tab.evaluate(centre) == pytest.approx(before + 0.02, abs=1e-4)
    assert "not significant" in tab.locator(".hm-pairlegend").inner_text()
    boxes = [tab.locator(".hm-pairmap").nth(n).bounding_box() for n in (0, 1)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    beside = boxes[0]["y"] == boxes[1]["y"]
    assert beside is (width > 700)
    assert tab.locator(".hm-pairtable tbody").count() == 3
    tab.locator(".hm-pair").press("Escape")
    assert tab.locator(".hm-pair").is_hidden()
    assert opened.clean, opened.messages


def test_the_address_keeps_views(views: str, visit: Opener) -> None:
    tab = visit(views).page
    tab.evaluate(
        """() => window.hubmapApp.state.set({ surface: 'kernel', kernelValue: 'universities|kde_5',
             tint: 'founded', centres: true, rings: 5, outlines: false, linked: true,
             pair: ['440303', '440305'] })"""
    )
    written = tab.evaluate("() => window.hubmap.share.written(window.hubmapApp)")
    changes = tab.evaluate(
        "h => window.hubmap.share.read(window.hubmapApp, h).changes", "#" + written
    )
    assert changes["surface"] == "kernel"
    assert changes["kernelValue"] == "universities|kde_5"
    assert (changes["tint"], changes["rings"], changes["centres"]) == ("founded", 5, True)
    assert (changes["outlines"], changes["linked"]) == (False, True)
    assert changes["pair"] == ["440303", "440305"]


OPEN_ALL = "document.querySelectorAll('details').forEach((d) => { d.open = true; });"
STATES = {
    "withheld": "{ surface: 'kernel', kernelValue: 'companies|kde_2', tint: 'category', rings: 2 }",
    "hot": "{ surface: 'hot', centres: true, tint: 'founded' }",
    "density": "{ surface: 'kernel', kernelValue: 'universities|kde_2', tint: 'kind' }",
    "pair": "{ surface: 'firm', pair: ['440305', '440303'] }",
}


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_in_any_view(width: int, theme: Any, views: str, visit: Opener) -> None:
    tab = visit(views, size=(width, 800), before=axe(), color_scheme=theme).page
    found = []
    for state, change in STATES.items():
        for language in ("en", "zh"):
            tab.evaluate("l => window.hubmapApp.state.set({ language: l })", language)
            tab.evaluate(f"() => {{ window.hubmapApp.state.set({change}); {OPEN_ALL} }}")
            still(tab)
            result = tab.evaluate(RUN_AXE)
            found += [
                (state, language, v["id"], node["target"], node["failureSummary"][-160:])
                for v in result["violations"]
                for node in v["nodes"]
            ]
            wide = "() => document.documentElement.scrollWidth <= window.innerWidth"
            assert tab.evaluate(wide), (state, language)
    assert found == []
