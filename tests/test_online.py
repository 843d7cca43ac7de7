"""`hubmap geocode` against a stand-in server that also fails, times out and limits the rate."""

from __future__ import annotations

import csv
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlparse

import pytest

pytest.importorskip("geopy", reason="the extra `geocode` (geopy) is not installed")

from hubmap.cli import main
from hubmap.errors import HubmapError, MissingExtra, ProductError, RecipeError
from hubmap.geodata import online
from hubmap.geodata.online import geocode_online, texts_of
from hubmap.geodata.providers import PROVIDERS, asker, precision_of
from hubmap.geodata.recipe import EntitySource
from hubmap.geodesy import distance_m, gcj02_to_bd09, wgs84_to_gcj02

KEY = "s3cret-k3y"


def _level(text: str, city: str) -> str:
    return "道路" if "路" in text else city


class _Service(BaseHTTPRequestHandler):
    """Answers like Nominatim and Amap; what a text asks for decides how it misbehaves."""

    asked: ClassVar[Counter[str]] = Counter()
    again: ClassVar[threading.Event] = threading.Event()
    """The slow text has been asked for a second time."""

    def do_GET(self) -> None:
        url = urlparse(self.path)
        query = parse_qs(url.query)
        text = (query.get("q") or query.get("address"))[0]
        self.asked[text] += 1
        if text == "slow" and self.asked[text] == 1:
            self.again.wait(60)
        elif text == "slow":
            self.again.set()
        if text == "busy" and self.asked[text] <= 2:
            return self._say({}, 429, {"Retry-After": "0"})
        if text == "broken" and self.asked[text] == 1:
            return self._say({}, 500)
        if text.startswith("down"):
            return self._say({}, 503)
        if text == "nonsense":
            return self._say("<html>", 200)
        if url.path == "/geocoding/v3/":
            return self._baidu(text, query["ak"][0])
        if url.path.startswith("/api"):
            point = {"type": "Point", "coordinates": [114.0, 22.5]}
            found = [{"geometry": point, "properties": {"name": "Shenzhen", "type": "city"}}]
            return self._say({"features": found if text != "nowhere" else []})
        if "geocode/geo" in url.path:
            if text == "hasty" and self.asked[text] <= 2:
                return self._say({"status": "0", "info": "QPS", "infocode": "10021"})
            if query["key"] != [KEY]:
                return self._say(
                    {"status": "0", "info": f"BAD {query['key'][0]}", "infocode": "10001"}
                )
            lon, lat = wgs84_to_gcj02([114.0], [22.5])
            found = [{"formatted_address": "深圳市", "location": f"{lon[0]},{lat[0]}"}]
            found[0]["level"] = _level(text, "市")
            return self._say({"status": "1", "geocodes": found if text != "nowhere" else []})
        row = {
            "lat": "22.5", "lon": "114.0", "display_name": '=cmd|"x"\nShenzhen',
            "boundingbox": ["22.4", "22.6", "113.9", "114.1"],
        }  # fmt: skip
        return self._say([] if text == "nowhere" else [row])

    def _baidu(self, text: str, key: str) -> None:
        if key != KEY:
            return self._say({"status": 5, "message": f"AK {key} is wrong"})
        if text == "hasty" and self.asked[text] <= 2:
            return self._say({"status": 401, "message": "too many"})
        lon, lat = gcj02_to_bd09(*wgs84_to_gcj02([114.0], [22.5]))
        place = {"location": {"lng": lon[0], "lat": lat[0]}, "level": _level(text, "城市")}
        return self._say({"status": 0, "result": place if text != "nowhere" else []})

    def _say(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        sent = (body if isinstance(body, str) else json.dumps(body)).encode()
        try:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    _Service.asked, _Service.again = Counter(), threading.Event()
    # A proxy of the environment must not stand between the test and its own server.
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def _ask(tmp_path: Path, texts: list[str], url: str, provider: str = "nominatim") -> Any:
    return geocode_online(
        texts,
        PROVIDERS[provider],
        cache=tmp_path / "layers" / "geocode.sqlite",
        out=tmp_path / "x.places.csv",
        url=url,
        delay_s=0,
        timeout_s=1.0,
        wait_s=0.01,
    )


def _rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["text"]: row for row in csv.DictReader(file)}


def test_a_table_in_spite_of_failures(tmp_path: Path, service: str) -> None:
    texts = ["Shenzhen", "slow", "busy", "broken", "nowhere", "down"]
    report = _ask(tmp_path, texts, service)
    assert (report.texts, report.found, report.asked, report.failed) == (6, 4, 6, 1)
    rows = _rows(report.path)
    assert "down" not in rows
    assert rows["nowhere"]["found"] == "false"
    for text in ("Shenzhen", "slow", "busy", "broken"):
        row = rows[text]
        assert (row["lon"], row["lat"], row["found"]) == ("114.000000", "22.500000", "true")
        assert (row["provider"], row["provider_datum"]) == ("nominatim", "WGS-84")
        assert 14_000 < float(row["precision_m"]) < 16_500
        assert "\n" not in row["address"]
    assert _Service.asked["slow"] == 2
    assert _Service.asked["busy"] == 3
    assert _Service.asked["down"] == online.TRIES


@pytest.mark.parametrize("name", ["nominatim", "photon", "amap", "baidu"])
def test_each_provider_fails_slows_resumes_and_converts(
    name: str, tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = PROVIDERS[name]
    texts = ["Shenzhen", "slow", "busy", "hasty", "broken", "nowhere", "down"]
    if provider.key_variable:
        monkeypatch.setenv(provider.key_variable, "wr0ng-key")
        with pytest.raises(ProductError, match=f"{name} refuses") as refused:
            _ask(tmp_path, texts, service, name)
        assert "wr0ng" not in str(refused.value)
        assert provider.key_variable in str(refused.value)
        assert not (tmp_path / "x.places.csv").exists()
        _Service.asked.clear()
        monkeypatch.setenv(provider.key_variable, KEY)
    report = _ask(tmp_path, texts, service, name)
    assert (report.found, report.asked, report.failed) == (5, 7, 1)
    rows = _rows(report.path)
    assert rows["nowhere"]["found"] == "false"
    for text in ("Shenzhen", "slow", "busy", "hasty", "broken"):
        row = rows[text]
        assert (row["provider"], row["provider_datum"]) == (name, provider.datum)
        assert distance_m([float(row["lon"])], [float(row["lat"])], [114.0], [22.5])[0] < 0.2
    assert _Service.asked["slow"] == 2
    assert _Service.asked["busy"] == 3
    if provider.key_variable:
        assert _Service.asked["hasty"] == 3
    # What was answered is not asked again; what was not, is.
    again = _ask(tmp_path, texts, service, name)
    assert (again.found, again.asked, again.failed) == (5, 1, 1)


def test_it_goes_on_where_it_stopped(tmp_path: Path, service: str) -> None:
    texts = ["a", "b", *(f"down {i}" for i in range(9)), "z"]
    with pytest.raises(ProductError, match="does not answer"):
        _ask(tmp_path, texts, service)
    assert not (tmp_path / "x.places.csv").exists()
    assert _Service.asked["z"] == 0
    report = _ask(tmp_path, ["a", "b", "nowhere", "z"], service)
    assert (report.found, report.asked) == (3, 2)
    assert _Service.asked["a"] == 1
    report = _ask(tmp_path, ["a", "b", "nowhere", "z"], service)
    assert report.asked == 0


def test_the_key_is_neither_printed_nor_stored(
    tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUBMAP_AMAP_KEY", raising=False)
    with pytest.raises(RecipeError, match="HUBMAP_AMAP_KEY is not set"):
        _ask(tmp_path, ["深圳"], service, "amap")
    monkeypatch.setenv("HUBMAP_AMAP_KEY", "wr0ng-key")
    with pytest.raises(ProductError, match="refuses") as refused:
        _ask(tmp_path, ["深圳"], service, "amap")
    assert "wr0ng" not in str(refused.value)
    monkeypatch.setenv("HUBMAP_AMAP_KEY", KEY)
    report = _ask(tmp_path, ["深圳", "nowhere"], service, "amap")
    assert report.found == 1
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert KEY.encode() not in content
            assert b"wr0ng" not in content
    row = _rows(report.path)["深圳"]
    assert row["provider_datum"] == "GCJ-02"
    assert distance_m([float(row["lon"])], [float(row["lat"])], [114.0], [22.5])[0] < 0.2
    assert row["precision_m"] == "60000"
    stored = sqlite3.connect(tmp_path / "layers" / "geocode.sqlite")
    lon = stored.execute("select lon from answers where found").fetchone()[0]
    stored.close()
    assert abs(lon - 114.0) > 0.004  # as the provider gave it


@pytest.mark.parametrize("name", ["amap", "baidu", "nominatim", "photon"])
def test_a_source_uses_the_answers(
    name: str, china_recipes: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the verb to the entities: the provider's datum is gone, its name is on the map."""
    from hubmap.workspace import Workspace

    folder = china_recipes / "geodata"
    (folder / "jobs.csv").write_text(
        "name,street,town\nA,科苑路,深圳\nB,nowhere,深圳\nC,,杭州\n", encoding="utf-8"
    )
    (folder / "jobs.toml").write_text(
        'file = "jobs.csv"\nkind = "jobs"\ntitle = "Jobs"\nlicence = "x"\nattribution = "we"\n'
        'place = "text"\nfaults = "reject"\n[columns]\nname = "name"\n'
        '[places]\ncolumns = ["street", "town"]\n',
        encoding="utf-8",
    )
    provider = PROVIDERS[name]
    if provider.key_variable:
        monkeypatch.setenv(provider.key_variable, KEY)
    before = Workspace.open(china_recipes).layer_key("greater-bay-area")
    command = ["geocode", "jobs", "--provider", name, "--url", service, "--delay", "0"]
    assert main(["-C", str(china_recipes), *command]) == 0
    assert set(_Service.asked) == {"科苑路 深圳", "nowhere 深圳", "杭州"}
    workspace = Workspace.open(china_recipes)
    assert workspace.layer_key("greater-bay-area") != before
    assert provider.attribution in workspace.sources["jobs"].attribution
    rows = workspace.taken("jobs").entities.set_index("name")
    assert rows.at["A", "place_by"] == name
    point = rows.geometry["A"]
    assert distance_m([point.x], [point.y], [114.0], [22.5])[0] < 0.2


def test_an_answer_that_is_none(tmp_path: Path, service: str) -> None:
    report = _ask(tmp_path, ["nonsense", "ok"], service)
    assert (report.found, report.failed) == (1, 1)


def test_no_server_at_all(tmp_path: Path) -> None:
    with pytest.raises(ProductError, match="does not answer"):
        _ask(tmp_path, [f"t{i}" for i in range(6)], "http://127.0.0.1:9")


def test_a_cache_that_is_none(tmp_path: Path, service: str) -> None:
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers" / "geocode.sqlite").write_text("no database at all, " * 100)
    with pytest.raises(ProductError, match="not a usable cache"):
        _ask(tmp_path, ["a"], service)


def test_precision_from_what_the_service_says() -> None:
    assert precision_of({"level": "门牌号"}) == 100
    assert precision_of({"properties": {"type": "city"}}) == 20_000
    assert precision_of({}) == 20_000
    assert precision_of({"boundingbox": ["1", "1", "2", "2"]}) == 100


def test_every_provider_can_be_asked() -> None:
    for provider in PROVIDERS.values():
        assert callable(asker(provider, url="http://127.0.0.1:9", key="k", timeout_s=1))


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "geopy.geocoders", None)
    with pytest.raises(MissingExtra, match="geopy"):
        asker(PROVIDERS["photon"], url="", key="", timeout_s=1)


def _source(**keys: object) -> EntitySource:
    told = {"id": "t", "file": "t.csv", "kind": "k", "title": "T", "licence": "x"}
    columns = {"name": "a"}
    return EntitySource.model_validate({**told, "attribution": "x", "columns": columns, **keys})


def test_the_texts_of_a_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n x ,y\n,\nx,y\nz,\n", encoding="utf-8")
    assert texts_of(_source(), tmp_path, ["a", "b"]) == (("a", "b"), ["x y", "z"])
    by_text = _source(place="text", places={"columns": ["b"]})
    assert texts_of(by_text, tmp_path) == (("b",), ["y"])
    with pytest.raises(HubmapError, match="`c` is missing"):
        texts_of(_source(), tmp_path, ["c"])
    with pytest.raises(RecipeError, match="nothing says which column"):
        texts_of(_source(), tmp_path)
    with pytest.raises(RecipeError, match="a source in parts"):
        texts_of(_source(stream={}), tmp_path, ["a"])
    split = _source(convert={"a": {"method": "split"}})
    path.write_text("a,b\nx/w,y\n", encoding="utf-8")
    assert texts_of(split, tmp_path, ["a"]) == (("a",), ["w", "x"])


def test_the_verb(small: Path, service: str, capsys: pytest.CaptureFixture[str]) -> None:
    source = next(p.stem for p in sorted((small / "geodata").glob("*.csv")) if p.stem != "regions")
    command = ["-C", str(small), "geocode", source, "--provider", "nominatim", "--url", service]
    assert main([*command, "--column", "name", "--delay", "0"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("built ")
    assert "found" in err
    assert "OpenStreetMap" in err
    assert (small / "geodata" / f"{source}.places.csv").is_file()
    assert main([*command, "--column", "nothing"]) == 1
    assert "`nothing` is missing" in capsys.readouterr().err
    assert (
        main(["-C", str(small), "geocode", "nobody", "--provider", "photon", "--column", "x"]) == 1
    )
    assert "there is no source 'nobody'" in capsys.readouterr().err
    assert main(["-C", str(small), "check"]) == 0
