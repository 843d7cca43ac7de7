"""Every row is placed or rejected with its reason; conversions, places, the datum's verdict."""

from __future__ import annotations

import csv
import json
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from support import ROOT

from hubmap import geodesy
from hubmap.cli import main
from hubmap.default import lay_down
from hubmap.errors import Findings
from hubmap.geodata.convert import Date, ListOf, Number, Salary, Split
from hubmap.geodata.datum import judge
from hubmap.geodata.entities import Taken, read_entities, take_entities
from hubmap.geodata.recipe import EntitySource, RegionSource
from hubmap.geodata.regions import read_regions
from hubmap.recipes import load_recipe, parse_recipe
from hubmap.tables import Regions

BASE = {"id": "t", "file": "t.csv", "kind": "k", "title": "T", "licence": "x", "attribution": "x"}
COLUMNS = {"id": "id", "name": "name", "lon": "lon", "lat": "lat"}


@pytest.fixture(scope="session")
def hubs() -> Regions:
    """The regions of the China hubs."""
    source = load_recipe(ROOT / "geodata/regions.toml", RegionSource)
    return read_regions(source, ROOT / "geodata")


def recipe(columns: dict[str, str] = COLUMNS, **keys: object) -> EntitySource:
    keys = {**BASE, "precision_m": 100, "faults": "reject", "columns": columns, **keys}
    return parse_recipe(keys, EntitySource, "geodata/t.toml")


def take(folder: Path, regions: Regions, text: str, source: EntitySource) -> Taken:
    (folder / source.file).write_text(text, encoding="utf-8")
    taken = take_entities(source, folder, regions)
    account = taken.account
    assert account.read == account.placed + account.rejected
    assert account.rejected == sum(account.reasons.values()) == len(taken.rejected())
    assert account.in_file - account.left_out + account.added == account.read
    return taken


# Conversions


@pytest.mark.parametrize(
    ("cell", "low", "high", "currency", "period"),
    [
        ("15k-30k", 15e3, 30e3, "CNY", "month"),
        ("15-30K·13薪", 15e3, 30e3, "CNY", "month"),
        ("1-1.5万", 1e4, 15e3, "CNY", "month"),
        ("6千-1.2万", 6e3, 12e3, "CNY", "month"),
        ("10-20万/年", 1e5, 2e5, "CNY", "year"),
        ("[12000, 22000]", 12e3, 22e3, "CNY", "month"),
        ("200-300元/天", 200, 300, "CNY", "day"),
        ("$120,000 a year", 12e4, 12e4, "USD", "year"),
        ("HK$30,000 per month", 3e4, 3e4, "HKD", "month"),
        ("$50–60 per hour", 50, 60, "USD", "hour"),
        ("１万－２万", 1e4, 2e4, "CNY", "month"),
    ],
)
def test_salaries(cell: str, low: float, high: float, currency: str, period: str) -> None:
    made = Salary(method="salary").convert(cell)
    assert made is not None
    assert (float(made[".low"]), float(made[".high"])) == (low, high)
    assert (made[".currency"], made[".period"]) == (currency, period)


def test_salaries_that_are_open_or_none() -> None:
    salary = Salary(method="salary")
    assert salary.convert("面议") == dict.fromkeys(salary.outputs(), "")
    assert (salary.convert("1.5万以上") or {})[".high"] == ""
    assert (salary.convert("8千以下") or {})[".low"] == ""
    assert [salary.convert(cell) for cell in ("abc", "30000-20000", "1-2-3-4", "30%")] == [None] * 4


def test_numbers_dates_lists_and_splits() -> None:
    number = Number(method="number")
    figures = {
        "$180B": "180000000000", "1,234.5": "1234.5", "１２%": "0.12", "3亿": "300000000",
        "-1.2万": "-12000", "": "", "None": "",
    }  # fmt: skip
    for cell, value in figures.items():
        assert number.convert(cell) == {"": value}
    assert number.convert("1.2.3") is None
    assert Number(method="number", decimal=",").convert("1.234,5") == {"": "1234.5"}
    date = Date(method="date", formats=("%m/%d/%Y", "epoch-ms"))
    assert date.convert("4/7/2017") == {"": "2017-04-07"}
    assert date.convert("1600000000000") == {"": "2020-09-13"}
    assert date.convert("13/13/2017") is None
    assert Date(method="date").convert("2023-12-12 09:22:00") == {"": "2023-12-12"}
    assert Date(method="date", part="year").convert("1898年7月3日") == {"": "1898"}
    assert Date(method="date", last="2026-01-01").convert("2031-01-01") is None  # type: ignore[arg-type]
    values = ListOf(method="list")
    assert values.convert('["Python", "", "Java"]') == {"": "Python; Java"}
    assert values.convert("['五险一金', '年终奖']") == {"": "五险一金; 年终奖"}
    assert values.convert("a,b ,a") == {"": "a; b"}
    assert values.convert("[broken") == {"": "[broken"}
    assert values.convert("[1, x]") is None
    assert Split(method="split").parts("北京/上海、深圳") == ["北京", "上海", "深圳"]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"[\[\]0-9.,$€%kK万千亿元/\-天年薪 a-z]{0,30}"))
def test_no_cell_crashes_a_conversion(cell: str) -> None:
    for conversion in (
        Number(method="number"), Date(method="date"), Salary(method="salary"),
        ListOf(method="list"), Split(method="split"), Date(method="date", formats=("epoch", "%q")),
    ):  # fmt: skip
        made = conversion.convert(cell)
        assert made is None or set(made) == set(conversion.outputs())


# Accounting

HEAD = "id,name,lon,lat,city,founded,n\n"
DIRTY = HEAD + (
    "1,Good,120.155,30.274,杭州市,1999,1\n"
    "1,Again,120.155,30.274,,1999,1\n"
    "3,Text,east,30.274,,,1\n"
    "4,Far,190,30,,,1\n"
    "5,Swapped,30.274,120.155,,,1\n"
    "6,Equal,30.2,30.2,,,1\n"
    "7,Null,0,0,,,1\n"
    "8,Old,120.1,30.2,,99,1\n"
    "9,Negative,120.1,30.2,,,-1\n"
    "10,Half,120.1,,,,1\n"
    "11,Ragged\n"
    "12,\"=1+1\",120.1,95,,,1\n"
    "13,Elsewhere,121.47,31.23,杭州市,,1\n"
    "14,Where,120.1,30.2,纽约,,1\n"
)  # fmt: skip


def test_each_fault_is_rejected_with_its_reason(hubs: Regions, tmp_path: Path) -> None:
    columns = {**COLUMNS, "city": "city", "founded": "founded", "weight": "n"}
    limits = {"max_rejected": 1, "reject_outside_m": 50_000}
    taken = take(tmp_path, hubs, DIRTY, recipe(columns, limits=limits))
    assert list(taken.entities["id"]) == ["1"]
    rows = taken.rejected()
    reasons = dict(zip(rows["line"], rows["reason"], strict=True))
    for line, word in (
        (3, "stands twice"), (4, "no longitude"), (5, "longitude is 190"), (6, "look swapped"),
        (7, "both 30.2"), (8, "0, 0"), (9, "`founded` is 99"), (10, "`n` is '-1'"),
        (11, "neither a longitude"), (12, "has 2 cells"), (13, "latitude is 95"),
        (14, "km outside 330100 (Hangzhou)"), (15, "no region of this workspace"),
    ):  # fmt: skip
        assert word in reasons[line], (line, reasons[line])
    assert rows["cell: name"][rows["line"] == 5].item() == "Far"
    assert taken.refusal == []


def test_refused_by_default_and_above_the_threshold(hubs: Regions, tmp_path: Path) -> None:
    text = "id,name,lon,lat\n" + "".join(f"{n},N,120.1,30.2\n" for n in range(9)) + "x,N,999,30\n"
    assert "longitude is 999" in str(take(tmp_path, hubs, text, recipe(faults="refuse")).refusal[0])
    assert take(tmp_path, hubs, text, recipe()).refusal == []
    strict = recipe(limits={"max_rejected": 0.05})
    assert "1 of 10 rows are rejected (10%" in str(take(tmp_path, hubs, text, strict).refusal[0])
    with pytest.raises(Findings):
        read_entities(strict, tmp_path, hubs)


def test_swapped_is_mended_only_on_request(hubs: Regions, tmp_path: Path) -> None:
    text = "id,name,lon,lat\n1,N,30.274,120.155\n2,N,120.155,30.274\n"
    taken = take(tmp_path, hubs, text, recipe(fix=["swapped"]))
    assert [round(p.x, 3) for p in taken.entities.geometry] == [120.155, 120.155]
    assert "1 rows had longitude and latitude swapped" in taken.account.warnings[0]


def test_a_split_cell_is_a_row_a_place_and_one_unit(hubs: Regions, tmp_path: Path) -> None:
    source = recipe(
        {"id": "id", "name": "name", "city": "place"}, place="region",
        convert={"place": {"method": "split"}},
    )  # fmt: skip
    taken = take(tmp_path, hubs, "id,name,place\na,A,北京/上海、深圳\nb,B,杭州\n", source)
    assert list(taken.entities["id"]) == ["a-1", "a-2", "a-3", "b"]
    assert list(taken.entities["unit"]) == ["a", "a", "a", "b"]
    assert list(taken.entities["city"]) == ["110000", "310000", "440300", "330100"]
    assert (taken.account.in_file, taken.account.added, taken.account.read) == (2, 2, 4)


def test_a_district_is_found_in_its_own_city_only(hubs: Regions, tmp_path: Path) -> None:
    text = (
        "id,name,city,region\n1,N,北京,朝阳区\n2,N,长春市,朝阳区\n"
        "3,N,广州市,天河\n4,N,东莞市,南城街道\n"
    )
    columns = {"id": "id", "name": "name", "city": "city", "region": "region"}
    taken = take(tmp_path, hubs, text, recipe(columns, place="region", elsewhere=True))
    found = dict(zip(taken.entities["id"], taken.entities["region"], strict=True))
    assert (found["1"], found["3"], found["4"]) == ("110105", "440106", "441900")
    assert taken.account.reasons == {"stated region is not in this workspace": 1}
    assert "states '长春市' '朝阳区'" in taken.rejected()["reason"][0]


def test_no_id_and_conversions_reach_the_details(hubs: Regions, tmp_path: Path) -> None:
    source = recipe(
        {"name": "name", "lon": "lon", "lat": "lat", "founded": "since"},
        convert={"pay": {"method": "salary"}, "since": {"method": "date", "part": "year"}},
        details={"pay.low": {"en": "from"}, "pay.period": {"en": "per"}},
    )
    text = "name,lon,lat,pay,since\nA,120.1,30.2,15k-30k,2015-02-03\nB,120.1,30.2,much,2015\n"
    taken = take(tmp_path, hubs, text, source)
    row = taken.entities.iloc[0]
    assert (row["id"], row["founded"], row["pay.low"], row["pay.period"]) == (
        "line-2", 2015, "15000", "month",
    )  # fmt: skip
    assert "read as no salary" in taken.rejected()["reason"][0]


cell = st.sampled_from(
    ["", "0", "1", "30.2", "120.1", "-5", "1e400", "nan", "北京", "110000", "330106", "x", "'", '"']
) | st.text(st.characters(codec="utf-8"), max_size=8)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(cell, min_size=1, max_size=9), max_size=8))
def test_read_is_placed_plus_rejected(hubs: Regions, rows: list[list[str]]) -> None:
    names = ["id", "name", "lon", "lat", "city", "founded", "n", "flag"]
    columns = {**COLUMNS, "city": "city", "founded": "founded", "weight": "n", "case": "flag"}
    source = recipe(columns, encoding="utf-8", delimiter=",", limits={"max_rejected": 1})
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "t.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([names, ["1", "A", "120.1", "30.2", "", "", "1", ""], *rows])
        taken = take_entities(source, Path(name), hubs)
        account = taken.account
        assert account.read == account.placed + account.rejected == account.in_file
        full = sum(any(cell.strip() for cell in row) for row in rows)
        assert account.read >= full + 1
        assert len(taken.rejected()) == account.rejected == sum(account.reasons.values())


# Datum


INNER = ("310101", "310106", "110101", "110102", "440104", "440303", "330102")


def made_up(
    hubs: Regions, datum: str, count: int, seed: int = 0, codes: tuple[str, ...] = INNER
) -> dict[str, np.ndarray]:
    """Random points of a few small districts, shifted into a datum."""
    rng = np.random.default_rng(seed)
    stated, lon, lat = [], [], []
    for code in codes:
        shape = hubs.geometry[code]
        west, south, east, north = shape.bounds
        x, y = rng.uniform(west, east, count), rng.uniform(south, north, count)
        inside = shapely.contains_xy(shape, x, y)
        lon.append(x[inside])
        lat.append(y[inside])
        stated += [code] * int(inside.sum())
    x, y = np.concatenate(lon), np.concatenate(lat)
    if datum != "WGS-84":
        x, y = geodesy.wgs84_to_gcj02(x, y)
    if datum == "BD-09":
        x, y = geodesy.gcj02_to_bd09(x, y)
    blank = np.full(len(x), "", dtype=object)
    return {"lon": x, "lat": y, "codes": np.array(stated, object), "names": blank}


@pytest.mark.parametrize("datum", ["WGS-84", "GCJ-02", "BD-09"])
def test_the_datum_is_told_from_stated_districts(hubs: Regions, datum: str) -> None:
    verdict = judge(**made_up(hubs, datum, 60), regions=hubs, twins={}, enough=10, mixed_share=0.1)
    assert verdict.verdict == datum
    share, low, high = verdict.agreement[datum]
    assert share == max(one[0] for one in verdict.agreement.values())
    assert low <= share <= high


def test_a_mixture_is_told_with_its_shares(hubs: Regions) -> None:
    one, two = made_up(hubs, "WGS-84", 400), made_up(hubs, "GCJ-02", 400, seed=1)
    both = {key: np.concatenate([one[key], two[key]]) for key in one}
    verdict = judge(**both, regions=hubs, twins={}, enough=10, mixed_share=0.1)
    assert verdict.verdict == "mixed"
    assert verdict.shares["WGS-84"][0] == pytest.approx(0.5, abs=0.12)
    assert verdict.shares["BD-09"][0] < 0.05


def test_too_few_rows_give_no_verdict(hubs: Regions) -> None:
    verdict = judge(
        **made_up(hubs, "GCJ-02", 2), regions=hubs, twins={}, enough=10, mixed_share=0.1
    )
    assert verdict.verdict == "undecided"


@pytest.mark.parametrize("datum", ["WGS-84", "GCJ-02", "BD-09"])
def test_the_datum_is_told_from_the_outlines(hubs: Regions, datum: str) -> None:
    """Rows that state no region, in a workspace of seven small districts."""
    data = made_up(hubs, datum, 60)
    data["codes"] = np.full(len(data["lon"]), "", dtype=object)
    asked = {"regions": hubs.loc[list(INNER)], "twins": {}, "enough": 10, "mixed_share": 0.1}
    verdict = judge(**data, **asked)
    assert (verdict.verdict, verdict.stated, verdict.agreement) == (datum, 0, {})
    assert verdict.outlined == len(data["lon"])
    share, low, high = verdict.outlines[datum]
    assert low <= share <= high
    assert all(share > one[0] for name, one in verdict.outlines.items() if name != datum)
    assert "rows lie in the workspace's outlines as WGS-84" in verdict.sentence()
    # Where rows may lie elsewhere, outside the outlines is no fault.
    assert judge(**data, **asked, elsewhere=True).verdict == "undecided"


def test_two_datums_that_no_row_tells_apart_are_no_mixture(hubs: Regions) -> None:
    """On Shenzhen's coast the outlines speak against WGS-84, and not between the other two."""
    data = made_up(hubs, "BD-09", 1500, codes=("440303", "440304", "440308"))
    data["codes"] = np.full(len(data["lon"]), "", dtype=object)
    verdict = judge(**data, regions=hubs, twins={}, enough=10, mixed_share=0.1)
    assert verdict.telling >= 10
    assert verdict.shares["WGS-84"][2] < 0.01
    assert verdict.verdict == "undecided"


def test_unknown_is_not_converted_and_less_precise(hubs: Regions, tmp_path: Path) -> None:
    text = "id,name,lon,lat\n1,N,120.155,30.274\n"
    taken = take(tmp_path, hubs, text, recipe(datum="unknown"))
    assert (taken.entities.geometry.x[0], taken.entities["precision_m"][0]) == (120.155, 1500.0)


def test_hong_kong_is_shifted_or_not_as_the_recipe_says(hubs: Regions, tmp_path: Path) -> None:
    text = "id,name,lon,lat\n1,Central,114.1588,22.2819\n2,Hangzhou,120.1551,30.2741\n"
    moved = take(tmp_path, hubs, text, recipe(datum="GCJ-02")).entities
    local = take(tmp_path, hubs, text, recipe(datum="GCJ-02", shift_hk_macao=False)).entities
    assert geodesy.distance_m(moved.geometry.x[0], moved.geometry.y[0], 114.1588, 22.2819)[0] > 500
    assert (local.geometry.x[0], local.geometry.y[0]) == (114.1588, 22.2819)
    assert moved.geometry[1].equals(local.geometry[1])


def test_the_area_ends_where_the_formula_does() -> None:
    edges = np.array([(72.0041, 40.0), (137.8346, 40.0), (100.0, 0.8294), (100.0, 55.827)])
    shifted = geodesy.wgs84_to_gcj02(*edges.T)
    assert (geodesy.distance_m(*shifted, *edges.T) > 100).all()
    assert (geodesy.distance_m(*geodesy.gcj02_to_wgs84(*shifted), *edges.T) < 1e-3).all()
    beyond = np.array([(72.0, 40.0), (137.84, 40.0), (100.0, 0.82), (100.0, 55.83)])
    assert (np.column_stack(geodesy.wgs84_to_gcj02(*beyond.T)) == beyond).all()
    # Back, a strip as wide as the shift can mean two places, and means the one inside.
    beyond = np.array([(71.99, 40.0), (137.85, 40.0), (100.0, 0.80), (100.0, 55.85)])
    assert (np.column_stack(geodesy.gcj02_to_wgs84(*beyond.T)) == beyond).all()


def test_conversion_is_quick() -> None:
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(100, 125, 400_000), rng.uniform(20, 45, 400_000)
    # A second is a million; a loop over the points would take minutes.
    best = min(_cpu(geodesy.gcj02_to_wgs84, lon, lat) for _ in range(4))
    assert best < 4


def _cpu(convert: object, *arguments: np.ndarray) -> float:
    start = time.process_time()
    convert(*arguments)  # type: ignore[operator]
    return time.process_time() - start


# The verb


def test_check_reports_in_three_formats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "small"
    lay_down(folder, empty=True)
    table = folder / "geodata/firms.csv"
    table.write_text(table.read_text() + "4,=HYPERLINK(1),400,50,2001\n5\n", encoding="utf-8")
    source = folder / "geodata/firms.toml"
    text = source.read_text(encoding="utf-8")
    # Keys must stand before the first table of a TOML file.
    text = 'faults = "reject"\n' + text + "\n[limits]\nmax_rejected = 0.5\n"
    source.write_text(text, encoding="utf-8")
    assert main(["-C", str(folder), "check", "firms"]) == 0
    out = capsys.readouterr().out
    assert "read 5 = placed 3 + rejected 2" in out
    assert main(["-C", str(folder), "check", "--format", "json"]) == 0
    (account,) = json.loads(capsys.readouterr().out)
    assert (account["read"], account["placed"], account["rejected"]) == (5, 3, 2)
    assert main(["-C", str(folder), "check", "--format", "md"]) == 0
    assert "| firms | firms.csv | utf-8 | 5 | 3 | 2 (" in capsys.readouterr().out
    rejected = pd.read_csv(folder / "layers/rejected/firms.csv", dtype=str, keep_default_na=False)
    assert list(rejected["line"]) == ["5", "6"]
    assert rejected["cell: name"][0] == "'=HYPERLINK(1)"
    assert main(["-C", str(folder), "check", "frims"]) == 1
    assert "Did you mean `firms`?" in capsys.readouterr().err
    table.write_text("\n".join(table.read_text().splitlines()[:4]) + "\n", encoding="utf-8")
    assert main(["-C", str(folder), "check"]) == 0
    assert not (folder / "layers/rejected").exists()


def test_a_contradicted_datum_is_a_warning_with_numbers(hubs: Regions, tmp_path: Path) -> None:
    from hubmap.geodata.report import examined

    data = made_up(hubs, "BD-09", 60)
    table = pd.DataFrame(data).rename(columns={"codes": "region"}).assign(name="N")
    table.insert(0, "id", [str(n) for n in range(len(table))])
    text = table.drop(columns="names").to_csv(index=False)
    taken = take(tmp_path, hubs, text, recipe({**COLUMNS, "region": "region"}))
    account = examined(taken, hubs, {})
    assert account.datum is not None
    assert account.datum.verdict == "BD-09"
    assert any('datum = "WGS-84" is stated, but' in w and "%" in w for w in account.warnings)


def test_points_outside_their_region_are_warned_of(hubs: Regions, tmp_path: Path) -> None:
    text = "id,name,lon,lat,region\n1,N,120.155,30.274,330105\n2,N,121.47,31.23,330105\n"
    taken = take(tmp_path, hubs, text, recipe({**COLUMNS, "region": "region"}))
    assert "line 3" in taken.account.warnings[0]
    assert "km from 330105" in taken.account.warnings[0]


def test_many_records_on_one_coordinate_are_warned_of(hubs: Regions, tmp_path: Path) -> None:
    text = "id,name,lon,lat\n" + "".join(f"{n},N{n},120.155,30.274\n" for n in range(12))
    (warning,) = take(tmp_path, hubs, text, recipe()).account.warnings
    assert "12 lie at 120.155, 30.274" in warning


def test_any_format_gives_the_same_entities(hubs: Regions, tmp_path: Path) -> None:
    cells = {"id": ["1", "2"], "name": ["甲", "乙"]}
    table = pd.DataFrame({**cells, "lon": [120.155, 120.2], "lat": [30.274, 30.3]})
    table.to_csv(tmp_path / "t.csv", index=False, encoding="utf-8")
    table.to_csv(tmp_path / "t.tsv.gz", index=False, sep="\t")
    table.to_json(tmp_path / "t.json", orient="records")
    table.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    table.to_parquet(tmp_path / "t.parquet")
    table.to_excel(tmp_path / "t.xlsx", index=False)
    places = gpd.points_from_xy(table["lon"], table["lat"])
    shapes = gpd.GeoDataFrame(table, geometry=places, crs=4326)
    shapes.to_file(tmp_path / "t.gpkg")
    want = read_entities(recipe(), tmp_path, hubs)
    for suffix in ("tsv.gz", "json", "jsonl", "parquet", "xlsx", "gpkg"):
        got = read_entities(recipe(file=f"t.{suffix}"), tmp_path, hubs)
        assert got.drop(columns="geometry").equals(want.drop(columns="geometry"))
        assert got.geometry.geom_equals_exact(want.geometry, 1e-9).all()


def test_recipes_load_without_the_readers() -> None:
    """A build that finds everything fresh must not wait for pandas."""
    import subprocess
    import sys

    code = "import sys, hubmap.geodata.formats, hubmap.geodata.convert, hubmap.geodata.manner\n"
    code += "sys.exit(', '.join({'pandas', 'pyarrow', 'geopandas'} & set(sys.modules)) or None)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
