"""Hubs that are found: the guard, the search, outlines, ranks, stability, and what they say."""

from __future__ import annotations

import csv
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from hubmap.default import default_files
from hubmap.errors import Findings, RecipeError
from hubmap.geodesy import WGS84, geodesic_area_km2, plane_of
from hubmap.layers.build import resolve_regions
from hubmap.layers.model import HubLayer
from hubmap.layers.outlines import OUTLINES, Drawn, draw
from hubmap.layers.ranking import leading, overlap_table, rank_table, ranks
from hubmap.layers.recipe import Clusters, NamedRegions, Stability
from hubmap.layers.search import admit, pool_of, search
from hubmap.layers.stability import place_stability, try_settings
from hubmap.workspace import Workspace

ROOT = Path(__file__).parents[1]
ID = "detected-hubs"
BOTH = {"universities": 1.0, "companies": 1.0}
ALL = {**BOTH, "ai_job_postings": 1.0}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("detected")
    for name, content in default_files():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return Workspace.open(folder)


@pytest.fixture(scope="module")
def layer(workspace: Workspace) -> HubLayer:
    return workspace.layer(ID)


@pytest.fixture(scope="module")
def hubs(layer: HubLayer) -> pd.DataFrame:
    return pd.DataFrame(layer.outline.drop(columns="geometry")).set_index("name")


@dataclass(frozen=True)
class Looked:
    """What is searched: the records and the plane."""

    pool: pd.DataFrame
    crs: object


@pytest.fixture(scope="module")
def looked(workspace: Workspace) -> Looked:
    regions = workspace.region_table
    codes = sorted(regions.index[regions["leaf"]])
    crs = plane_of(shapely.box(*regions.loc[codes].total_bounds))
    assigned = [(s, workspace.entities(s.id)[1]) for s in workspace.sources.values()]
    return Looked(pool_of(assigned, ALL, regions, codes, crs), crs)


def pool_from(x: np.ndarray, y: np.ndarray, **columns: object) -> pd.DataFrame:
    """A pool of one kind, each record on its own, placed to 10 m."""
    table = pd.DataFrame({"kind": "firms", "x": x, "y": y, "weight": 1.0, "precision_m": 10.0})
    table = table.assign(district="X101", city="X1", stands=False, declared=False)
    table = table.assign(**columns)
    return table.assign(share=table["weight"] / table["weight"].sum())


# The guard


def test_only_records_placed_to_half_the_distance_are_used(looked: Looked) -> None:
    for km in (2, 4, 8, 15, 25, 50):
        usable, said = admit(looked.pool, km * 1000)
        assert (looked.pool["precision_m"][usable] <= km * 500).all()
        for kind, rows in looked.pool.groupby("kind"):
            share = rows["share"][rows["precision_m"].le(km * 500) & ~rows["stands"]].sum()
            assert said[kind].share_used == pytest.approx(share)
            assert usable[rows.index].any() == (share >= 0.5)
            wanted = "withheld" if share < 0.5 else "marked" if share < 0.8 else "used"
            assert said[kind].state == wanted
            assert (said[kind].reason == "") == (wanted == "used")


def test_the_reason_counts_the_records(looked: Looked) -> None:
    _, said = admit(looked.pool, 2000)
    firms = pd.read_csv(ROOT / "geodata/companies.csv")
    vague = int((firms["precision_m"] > 1000).sum())
    assert said["companies"].reason == (
        f"{1 - vague / len(firms):.0%} used: {vague} of {len(firms)} records are placed no better "
        "than 1,000 m"
    )


def test_counts_by_district_serve_district_level_only(looked: Looked) -> None:
    only = {"ai_job_postings": 1.0}
    pool = looked.pool[looked.pool["kind"] == "ai_job_postings"].reset_index(drop=True)
    refused = search(pool, only, within_m=40_000, core_share=0.02)
    assert "serve district level only" in refused.refused
    assert (refused.label == -1).all()
    assert not search(pool, only, within_m=40_000, core_share=0.02, level="district").refused


def test_a_pile_that_claims_precision_is_left_out() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 10_000, (2, 200))
    x[:40], y[:40] = 5000, 5000
    usable, said = admit(pool_from(x, y), 2000)
    assert said["firms"].share_used == pytest.approx(0.8)
    assert not usable[:40].any()
    assert usable[40:].all()
    # The same pile of records that call themselves placed by district speaks at its own scale.
    honest = pool_from(x, y, declared=np.arange(200) < 40)
    assert admit(honest, 2000)[0].all()
    x[:], y[:] = 5000, 5000
    few = search(pool_from(x, y, declared=True), {"firms": 1.0}, within_m=2000, core_share=0.1)
    assert "1 effective sites, 50 are needed" in few.refused


@pytest.mark.parametrize(
    ("layers", "km", "why"),
    [
        ('{ companies = 1 }', 2, "records are placed no better than 1,000 m"),
        ('{ ai_job_postings = 1 }', 25, "serve district level only"),
    ],
)  # fmt: skip
def test_a_layer_that_cannot_be_carried_is_refused(
    china_recipes: Path, layers: str, km: int, why: str
) -> None:
    text = (
        f'title = "T"\ndelineation = {{ method = "clusters", within_km = {km}, layers = {layers} }}'
    )
    (china_recipes / f"layers/{ID}.toml").write_text(text)
    with pytest.raises(RecipeError) as told:
        Workspace.open(china_recipes).layer(ID)
    assert why in told.value.message
    assert "used" in told.value.message
    assert told.value.hint


# The search


@pytest.mark.parametrize("km", [15, 25, 35])
def test_the_plane_finds_what_the_globe_finds(looked: Looked, km: int) -> None:
    """scikit-learn's DBSCAN on the sphere, weighted, from the uncollapsed records."""
    cluster = pytest.importorskip("sklearn.cluster")
    metrics = pytest.importorskip("sklearn.metrics")
    found = search(looked.pool, BOTH, within_m=km * 1000, core_share=0.02)
    used = found.used
    rows = looked.pool[used]
    places = gpd.GeoSeries.from_xy(rows["x"], rows["y"], crs=looked.crs).to_crs(WGS84)
    model = cluster.DBSCAN(eps=km / 6371.0088, min_samples=20_000, metric="haversine")
    globe = model.fit_predict(
        np.radians(np.column_stack([places.y, places.x])), sample_weight=found.mass[used] * 1e6
    )
    assert metrics.adjusted_rand_score(globe, found.label[used]) > 0.98
    assert globe.max() == found.label.max()


def test_the_plane_is_true_to_metres(looked: Looked) -> None:
    from hubmap.geodesy import distance_m

    rows = looked.pool.iloc[::40]
    east = rows.assign(x=rows["x"] + 25_000)
    a, b = (
        gpd.GeoSeries.from_xy(t["x"], t["y"], crs=looked.crs).to_crs(WGS84) for t in (rows, east)
    )
    assert distance_m(a.x, a.y, b.x, b.y) == pytest.approx(25_000, rel=0.005)


def test_the_grid_moves_few_labels(looked: Looked) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    fine, coarse = (
        search(looked.pool, BOTH, within_m=25_000, core_share=0.02, grid_m=grid).label
        for grid in (100, 250)
    )
    assert metrics.adjusted_rand_score(fine, coarse) > 0.98


def planted(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three dense places of 60, 50 and 40 records, and 50 records anywhere."""
    rng = np.random.default_rng(seed)
    middles = np.repeat([[5000, 5000], [20_000, 6000], [12_000, 18_000]], [60, 50, 40], axis=0)
    dense = middles + rng.normal(0, 400, middles.shape)
    x, y = np.vstack([dense, rng.uniform(0, 25_000, (50, 2))]).T
    return x, y, np.repeat([0, 1, 2, -1], [60, 50, 40, 50])


@pytest.mark.parametrize("algorithm", ["dbscan", "hdbscan"])
def test_planted_hubs_are_found(algorithm: str) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    x, y, truth = planted()
    found = search(
        pool_from(x, y), {"firms": 1.0}, within_m=1000, core_share=0.06, grid_m=100,
        algorithm=algorithm,
    )  # fmt: skip
    assert found.label.max() == 2
    # HDBSCAN also draws in what lies around a dense place; who belongs together is the same.
    dense = truth >= 0
    assert metrics.adjusted_rand_score(truth[dense], found.label[dense]) > 0.95
    assert algorithm == "hdbscan" or (found.label[~dense] == -1).mean() > 0.8


def test_a_layer_with_many_rows_does_not_outvote_one_with_few() -> None:
    x, y, _ = planted()
    kinds = np.where(np.arange(200) < 60, "few", "many")
    pool = pool_from(x, y, kind=kinds)
    pool["share"] = pool["weight"] / pool.groupby("kind")["weight"].transform("sum")
    found = search(pool, {"few": 1.0, "many": 3.0}, within_m=1000, core_share=0.1)
    assert found.mass[kinds == "few"].sum() == pytest.approx(0.25)
    assert found.mass.sum() == pytest.approx(1)


def test_hdbscan_takes_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubmap.layers.search.HDBSCAN_MOST", 100)
    x, y, _ = planted()
    found = search(
        pool_from(x, y), {"firms": 1.0}, within_m=1000, core_share=0.06, algorithm="hdbscan"
    )
    assert found.refused == "HDBSCAN takes up to 100 records, there are 200"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999))
def test_the_order_of_records_does_not_matter(seed: int) -> None:
    x, y, _ = planted(seed)
    order = np.random.default_rng(seed).permutation(x.size)
    # Cores that touch two clusters aside: here the planted places lie far apart.
    one = search(pool_from(x, y), {"firms": 1.0}, within_m=1000, core_share=0.06, grid_m=100)
    two = search(
        pool_from(x[order], y[order]), {"firms": 1.0}, within_m=1000, core_share=0.06, grid_m=100
    )
    assert ((one.label >= 0)[order] == (two.label >= 0)).all()
    same = one.label[:, None] == one.label[None, :]
    assert (same[np.ix_(order, order)] == (two.label[:, None] == two.label[None, :])).all()


# Outlines


@pytest.mark.parametrize("rule", OUTLINES)
def test_outlines_hold_their_records(rule: str) -> None:
    x, y, truth = planted()
    points = np.column_stack([x, y])[truth == 0]
    square = shapely.box(0, 0, 12_000, 12_000)
    shape = draw(rule, Drawn(points, 1000, np.array([square])))
    assert shape.is_valid
    assert shape.geom_type in {"Polygon", "MultiPolygon"}
    assert shapely.contains_xy(shape, *points.T).all()


@pytest.mark.parametrize("rule", ["buffer", "concave", "alpha", "convex"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_outlines_of_few_records_have_an_area(rule: str, n: int) -> None:
    points = np.column_stack([np.arange(n) * 100.0, np.zeros(n)])
    shape = draw(rule, Drawn(points, 1000, np.array([])))
    assert shape.is_valid
    assert shape.area > 0


def test_an_l_is_drawn_tighter_by_alpha_and_concave_than_by_convex() -> None:
    steps = np.arange(0, 10_001, 250.0)
    ell = np.vstack(
        [np.column_stack([steps, 0 * steps]), np.column_stack([0 * steps, steps])]
    ) + np.random.default_rng(0).normal(0, 60, (82, 2))
    area = {rule: draw(rule, Drawn(ell, 1000, np.array([]))).area for rule in OUTLINES}
    assert area["alpha"] < area["concave"] < area["convex"]
    assert area["convex"] == pytest.approx(50e6, rel=0.15)
    assert area["alpha"] < 8e6


# Ranking


def test_ranks_by_hand() -> None:
    assert ranks([3, 5, 5, np.nan, 1]).tolist() == [3, 1, 1, 5, 4]
    pool = pd.DataFrame(
        {
            "kind": ["a"] * 4 + ["b"] * 2,
            "weight": [1.0, 1, 1, 1, 8, 2],
            "district": ["p", "p", "p", "q", "q", "p"],
            "city": "c",
        }
    )
    pool["share"] = pool["weight"] / pool.groupby("kind")["weight"].transform("sum")
    table = rank_table(pool, {"P": ["p"], "Q": ["q"]}, {"P": 1e6, "Q": 3e6}, {"a": 3.0, "b": 1.0})
    assert table["weight"].tolist() == [5, 9]
    assert table["per_million"].tolist() == [5, 3]
    # P: (3 · 3/4 + 1 · 2/10) / 4; Q: (3 · 1/4 + 1 · 8/10) / 4
    assert table["combined"].tolist() == pytest.approx([0.6125, 0.3875])
    assert table["rank_weight"].tolist() == [2, 1]
    assert table["rank_per_million"].tolist() == [1, 2]
    assert table["rank_combined"].tolist() == [1, 2]
    assert table["rank_without_a"].tolist() == [2, 1]
    assert table["rank_without_b"].tolist() == [1, 2]


def test_leading_is_firm_where_counts_are_far_apart() -> None:
    share, low, high = leading([400, 100, 98, 2], 1)
    assert share.tolist() == [1, 0, 0, 0]
    assert low.tolist() == [1, 2, 2, 4]
    assert high.tolist() == [1, 3, 3, 4]
    share, _, _ = leading([50, 50], 1)
    assert share[0] == pytest.approx(0.5, abs=0.06)
    assert share.sum() == pytest.approx(1)


def test_overlap_by_hand() -> None:
    pool = pd.DataFrame({"district": ["a", "a", "b", "c"], "city": "x"})
    left = gpd.GeoSeries({"F": shapely.box(0, 0, 2, 1)}, crs=3857)
    right = gpd.GeoSeries({"N": shapely.box(1, 0, 3, 1), "O": shapely.box(9, 9, 10, 10)}, crs=3857)
    table = overlap_table(pool, {"F": ["a", "b"]}, left, {"N": ["b", "c"], "O": ["z"]}, right)
    assert table["jaccard_records"].tolist() == [1 / 4, 0]
    assert table["jaccard_area"].tolist() == [pytest.approx(1 / 3), 0]
    assert table["inside"].tolist() == [pytest.approx(1 / 3), 0]


# Stability


def test_fewer_than_25_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="gives 20 settings, 25 are needed"):
        Stability(within_km=(10, 15, 20, 25), core_share=(0.01, 0.02, 0.03, 0.04, 0.05))
    assert len(Stability().within_km) * len(Stability().core_share) == 25


def test_stability_of_planted_hubs() -> None:
    x, y, _ = planted()
    recipe = Clusters(
        layers={"firms": 1.0}, grid_m=100, within_km=1,
        stability=Stability(
            within_km=(0.8, 1.0, 1.2, 1.4, 1.6), core_share=(0.05, 0.06, 0.08, 0.1, 0.3)
        ),
    )  # fmt: skip
    settings = try_settings(pool_from(x, y), recipe)
    assert len(settings) == 25
    share, number = place_stability(settings, np.arange(200), 201)
    assert (number[:200] == 25).all()
    assert number[200] == 0
    assert np.isnan(share[200])
    # A core of 0.3 of the weight exists at no place but the largest, if there.
    assert np.median(share[:60]) >= np.median(share[110:150]) >= 0.5
    assert np.median(share[150:200]) == 0
    by_hand = np.mean([s.found.label[7] >= 0 for s in settings])
    assert share[7] == pytest.approx(by_hand)


def test_cells_say_how_stable_they_are(layer: HubLayer) -> None:
    cells = layer.cells
    said = cells["stability"].notna()
    assert said.sum() > 200
    assert cells["stability"][said].between(0, 1).all()
    assert (cells["settings"][~said] == 0).all()
    assert cells["settings"].max() == 25
    # Shares of 25 settings, both firm places and doubtful ones.
    assert (cells["stability"][said] == 1).any()
    assert (cells["stability"][said] < 0.5).any()
    # The middle of Zhongguancun, Haidian, belongs whatever is asked.
    haidian = cells[cells.contains(shapely.Point(116.316, 39.983))].iloc[0]
    assert haidian["stability"] == 1
    assert haidian["found"] == f"{ID}:beijing"
    assert set(cells["found"].dropna()) == set(layer.outline["hub"])
    regions = gpd.GeoSeries(cells.geometry).union_all()
    assert layer.outline.geometry.iloc[0].within(regions.buffer(0.01))


# The layer


def test_the_layer_is_one_like_the_others(workspace: Workspace, layer: HubLayer) -> None:
    assert [path.name for path in workspace.layer_paths(ID)] == [
        "entities.parquet", "districts.parquet", "cells.parquet", "outline.parquet",
        "marks.parquet", "profile.json", "curves.json",
    ]  # fmt: skip
    assert all(path.is_file() for path in workspace.layer_paths(ID))
    first = ["hub", "rank", "name", "name_zh", "weight", "per_million", "combined"]
    assert list(layer.outline.columns[:7]) == first
    assert layer.outline["rank"].tolist() == sorted(layer.outline["rank"])
    assert set(layer.entities["hub"]) == set(layer.outline["hub"])
    assert layer.districts["code"].is_unique
    for row in layer.outline.itertuples():
        assert row.parameters.startswith("DBSCAN within 25 km; core from 2.0% of the combined")
        assert row.outline_km2 == pytest.approx(geodesic_area_km2(row.geometry), rel=1e-3)
        inside = layer.districts[layer.districts["hub"] == row.hub]
        assert row.outline_km2 == pytest.approx(inside["polygon_km2"].sum(), rel=2e-3)
    assert workspace.build_layer(ID).state == "fresh"


def test_found_hubs_have_profiles_of_their_own(workspace: Workspace, layer: HubLayer) -> None:
    rows = workspace.profiles([ID], "hub")
    assert set(rows["hub"]) == {ID, *layer.outline["hub"]}
    beijing = rows[(rows["hub"] == f"{ID}:beijing") & (rows["statistic"] == "count")]
    assert beijing["name"].unique().tolist() == ["Beijing"]
    assert beijing["name_zh"].unique().tolist() == ["北京市"]
    own = layer.entities[(layer.entities["hub"] == f"{ID}:beijing") & layer.entities["case"]]
    firms = beijing.set_index("kind")["value"]["companies"]
    assert firms == own[own["kind"] == "companies"]["unit"].nunique()
    # Its residents are the census figures of its districts.
    residents = layer.districts.groupby("hub")["population"].sum()[f"{ID}:beijing"]
    found = layer.outline.set_index("hub").loc[f"{ID}:beijing"]
    assert found["residents"] == residents
    assert found["per_million"] == pytest.approx(found["weight"] / residents * 1e6)


def test_a_changed_named_hub_is_compared_with_anew(china_recipes: Path) -> None:
    before = Workspace.open(china_recipes).layer_key(ID)
    recipe = china_recipes / "layers/hangzhou.toml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("330100", "330106"), "utf-8")
    assert Workspace.open(china_recipes).layer_key(ID) != before
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("330106", "330100"), "utf-8")
    assert Workspace.open(china_recipes).layer_key(ID) == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("companies = 1", "companys = 1", "'companys' is unknown. Did you mean `companies`?"),
        ("companies = 1", "companies = 0", "the weight of 'companies' must be above 0"),
        ("within_km = 25", "within_km = 0", "greater than 0"),
        ("within_km = 25", "wihtin_km = 25", "Did you mean `within_km`?"),
        ("core_share = 0.02", "core_share = 0.02\nregions = ['Nowhere']", "'Nowhere' is no region"),
        ("core_share = 0.02", "core_share = 0.9", "no place holds 90.00% of the weight"),
    ],
)  # fmt: skip
def test_mistakes_are_told(china_recipes: Path, old: str, new: str, message: str) -> None:
    path = china_recipes / f"layers/{ID}.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), "utf-8")
    with pytest.raises((Findings, RecipeError)) as told:
        Workspace.open(china_recipes).layer(ID)
    assert message in str(told.value)


def test_a_comparison_is_of_named_hubs(china_recipes: Path) -> None:
    path = china_recipes / "layers/china-tech-hubs.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"hangzhou"', f'"{ID}"'), "utf-8")
    with pytest.raises(Findings, match=f"'{ID}' is unknown"):
        Workspace.open(china_recipes)


@pytest.mark.parametrize("rule", OUTLINES)
def test_every_outline_and_hdbscan_build(china_recipes: Path, rule: str) -> None:
    path = china_recipes / f"layers/{ID}.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("core_share = 0.02", f'outline = "{rule}"\nalgorithm = "hdbscan"')
    text = text.replace("within_km = 25", 'within_km = 4\nregions = ["Beijing"]\ncore_share = 0.05')
    text = text.replace("companies = 1\nai_job_postings = 1\n", "")
    cut = text.index("[[statistics]]")
    path.write_text(text[:cut] + '[[statistics]]\nname = "count"\n', "utf-8")
    layer = Workspace.open(china_recipes).layer(ID)
    assert len(layer.outline) >= 2
    assert layer.outline["name"].str.startswith("Beijing").all()
    assert layer.outline["name"].is_unique
    assert layer.outline.geometry.is_valid.all()
    # Only Beijing was looked at, so only Beijing's hub can overlap.
    assert set(layer.outline["named"].dropna()) == {"beijing"}


# What the China hubs say


def test_found_hubs_of_the_default_workspace(hubs: pd.DataFrame) -> None:
    assert hubs["rank"].to_dict() == {
        "Beijing": 1, "Shenzhen": 2, "Shanghai": 3, "Hangzhou": 4, "Zhuhai": 5,
    }  # fmt: skip
    assert hubs["cities"]["Shenzhen"] == "Shenzhen–Guangzhou–Hong Kong"
    assert hubs["heaviest"]["Beijing"] == "Haidian"
    assert (hubs["used_universities"] > 0.8).all()
    assert (hubs["used_companies"] > 0.8).all()
    assert (hubs["used_ai_job_postings"] == 0).all()
    assert hubs["parameters"].str.contains("ai_job_postings .* serve district level only").all()
    # Postings count in the ranking, by district, though they cannot find hubs.
    assert hubs["share_ai_job_postings"]["Beijing"] == pytest.approx(0.50, abs=0.01)


def test_found_and_named_hubs_overlap(
    workspace: Workspace, layer: HubLayer, hubs: pd.DataFrame
) -> None:
    assert hubs["named"].to_dict() == {
        "Beijing": "beijing", "Shenzhen": "greater-bay-area", "Shanghai": "shanghai",
        "Hangzhou": "hangzhou", "Zhuhai": "greater-bay-area",
    }  # fmt: skip
    assert (hubs["inside"] == 1).all()
    assert (hubs["jaccard_records"].drop("Zhuhai") > 0.8).all()
    # Named hubs are whole municipalities: much of their area holds no record.
    assert hubs["jaccard_area"].between(0.04, 0.8).all()
    regions = workspace.region_table
    codes = resolve_regions(NamedRegions(regions=("110000",)), regions, "")
    found = layer.districts[layer.districts["hub"] == f"{ID}:beijing"]
    whole = regions.loc[codes, "polygon_km2"].sum()
    by_districts = found["polygon_km2"].sum() / whole
    assert hubs["jaccard_area"]["Beijing"] == pytest.approx(by_districts, rel=1e-3)


def index_order(year: int) -> list[str]:
    """The named hubs in the order of the Global Innovation Index."""
    shared = Path(os.environ.get("HUBMAP_SHARED", ROOT.parent / "shared"))
    path = shared / "validation/data/wipo_gii_top_clusters.csv"
    if not path.exists():
        pytest.skip("wipo_gii_top_clusters.csv is not beside this checkout (shared/validation)")
    known = {
        "Shenzhen–Hong Kong–Guangzhou": "greater-bay-area", "Beijing": "beijing",
        "Shanghai–Suzhou": "shanghai", "Hangzhou": "hangzhou",
    }  # fmt: skip
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["gii_year"] == str(year)]
    rows.sort(key=lambda row: int(row["rank"]))
    return [known[row["cluster"]] for row in rows if row["cluster"] in known]


def test_face_validity_against_the_index(hubs: pd.DataFrame) -> None:
    """Order only, and only as face validity: the index counts patents, papers and deals.

    WIPO, Global Innovation Index 2025, as the press printed it: Shenzhen-Hong Kong-Guangzhou 1,
    Beijing 4, Shanghai-Suzhou 6, Hangzhou 13.
    """
    four = hubs.drop("Zhuhai").set_index("named")
    without = four["rank_without_ai_job_postings"].sort_values().index.tolist()
    assert without == index_order(2025)
    # With the postings of one platform, Beijing passes the Bay Area: one swap of neighbours.
    ours = four["rank_combined"].sort_values().index.tolist()
    assert ours == ["beijing", "greater-bay-area", "shanghai", "hangzhou"]
    assert set(index_order(2024)) <= set(ours)


def test_ranks_move_as_they_are_said_to(hubs: pd.DataFrame) -> None:
    moved = hubs[[c for c in hubs.columns if c.startswith("rank_without_")]]
    assert set(moved.columns) == {f"rank_without_{kind}" for kind in ALL}
    assert moved.loc["Beijing"].tolist() == [1, 1, 2]
    assert moved.loc["Shenzhen"].tolist() == [2, 2, 1]
    assert hubs["rank_per_million"].to_dict() == {
        "Beijing": 1, "Hangzhou": 2, "Shanghai": 3, "Shenzhen": 4, "Zhuhai": 5,
    }  # fmt: skip
    # The Bay Area falls into parts at shorter distances; the inland hubs never do.
    assert hubs["found_in"].to_dict() == pytest.approx(
        {"Beijing": 1, "Shanghai": 1, "Hangzhou": 1, "Shenzhen": 0.8, "Zhuhai": 0.68}
    )
    assert (hubs["rank_low"] <= hubs["rank_high"]).all()


# The article's claim: AI openings form three hubs, centred on Beijing, Shanghai and Shenzhen.
# The sample holds the hubs' twelve mainland cities and names districts, not addresses: it can
# order these cities; of other cities, of Hong Kong and of Macao it says nothing.


@pytest.fixture(scope="module")
def openings() -> list[dict[str, str]]:
    with (ROOT / "geodata/ai_job_postings.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["ai"] == "true"]


@pytest.mark.parametrize("count", ["postings", "employers"])
def test_the_three_cities_lead(openings: list[dict[str, str]], count: str) -> None:
    cities: Counter[str] = Counter()
    for row in openings:
        cities[row["city"]] += int(row[count])
    order = [city for city, _ in cities.most_common()]
    assert order[0] == "110000"
    assert set(order[1:3]) == {"310000", "440300"}
    share, low, high = leading([cities[city] for city in order], 3)
    assert (share[:3] > 0.999).all()
    assert (low[0], high[0]) == (1, 1)
    # Shanghai and Shenzhen cannot be told apart; the fourth city can be told from the third.
    assert low[1:3].tolist() == [2, 2]
    assert high[1:3].tolist() == [3, 3]
    assert low[3] == 4
    pair = [cities["440300"], cities["310000"]]
    assert binomtest(pair[0], sum(pair)).pvalue > 0.5
    pair = [cities["440300"], cities["440100"]]
    assert binomtest(pair[0], sum(pair)).pvalue < 1e-4


@pytest.mark.parametrize("km", [25, 30, 40, 50])
def test_but_there_are_more_than_three_hubs(looked: Looked, km: int) -> None:
    """At every distance that the guard lets pass, Hangzhou is a hub of its own."""
    only = {"ai_job_postings": 1.0}
    pool = looked.pool[looked.pool["kind"] == "ai_job_postings"].reset_index(drop=True)
    for core_share in (0.02, 0.03, 0.05):
        found = search(pool, only, within_m=km * 1000, core_share=core_share, level="district")
        assert found.admissions["ai_job_postings"].share_used > 0.7
        weights, heaviest = [], []
        for label in range(found.label.max() + 1):
            own = pd.Series(found.mass).where(found.label == label, 0).groupby(pool["city"]).sum()
            weights.append(own.sum())
            heaviest.append(own.idxmax())
        order = [heaviest[i] for i in np.argsort(weights)[::-1]]
        assert len(order) in {4, 5}
        assert order[0] == "110000"
        assert set(order[1:3]) == {"440300", "310000"}
        assert "330100" in order[3:]


def test_what_the_sample_cannot_say(workspace: Workspace) -> None:
    sample = workspace.sources["ai_job_postings"].sample
    assert sample is not None
    assert len(sample.covers) == 12
    assert not {"810000", "820000"} & set(sample.covers)
    # Two fifths of the sample lie in cities that are not embedded: a fourth hub may be there.
    assert sample.counts["outside_hubs"] / sample.size == pytest.approx(0.41, abs=0.01)
