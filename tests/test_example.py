"""`hubmap init --example ror`, from the registry's file to a page."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from hubmap import geodesy
from hubmap.cli import main


def dump(path: Path) -> Path:
    """Records of the documented shape (schema 2)."""
    places = {
        "Berlin": (13.41, 52.52), "Tokyo": (139.69, 35.69), "Suva": (178.44, -18.14),
        "Nairobi": (36.82, -1.29), "Quito": (-78.52, -0.23), "Boston": (-71.06, 42.36),
    }  # fmt: skip
    records = [
        {
            "id": f"https://ror.org/{number}", "established": 1900 + number,
            "types": ["education"],
            "names": [{"value": f"University of {city}", "types": ["ror_display"], "lang": "en"}],
            "locations": [{"geonames_id": 1, "geonames_details": {"lng": lon, "lat": lat}}],
        }
        for number, (city, (lon, lat)) in enumerate(places.items())
    ]  # fmt: skip
    path.write_text(json.dumps(records), encoding="utf-8")
    return path


def test_a_worldwide_map_from_a_dump(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, folder = dump(tmp_path / "v2.1-ror-data.json"), tmp_path / "w"
    assert main(["init", str(folder), "--example", "ror", "--data", str(data)]) == 0
    assert main(["-C", str(folder), "check", "--format", "json"]) == 0
    printed = capsys.readouterr().out
    account = json.loads(printed[printed.index("[\n") :])[0]
    assert (account["read"], account["placed"]) == (6, 6)
    # Centres of cities, and so precise only.
    assert account["precision"] == {"≤ 25 km": 6}
    assert main(["-C", str(folder), "build"]) == 0
    page = (folder / "maps/world.html").read_text(encoding="utf-8")
    assert "Universities of the world" in page
    stands = gpd.read_parquet(folder / "layers/world/entities.parquet")
    assert sorted(stands["district"]) == ["DE", "EC", "FJ", "JP", "KE", "US"]
    # No outline runs over the 180th meridian back around the globe.
    outlines = gpd.read_file(folder / "geodata/regions.geojson").explode(ignore_index=True)
    for ring in outlines.exterior:
        assert np.abs(np.diff(shapely.get_coordinates(ring)[:, 0])).max() < 90


def test_what_is_wrong_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "w")
    assert main(["init", folder, "--example", "ror"]) == 1
    assert "go together" in capsys.readouterr().err
    assert main(["init", folder, "--example", "ror", "--data", str(tmp_path / "no.json")]) == 1
    assert "cannot be read" in capsys.readouterr().err
    (tmp_path / "a.pdf").write_bytes(b"x")
    assert main(["init", folder, "--example", "ror", "--data", str(tmp_path / "a.pdf")]) == 1
    assert "neither JSON nor CSV" in capsys.readouterr().err
    assert not (tmp_path / "w").exists()


def test_the_plane_of_both_sides_of_the_180th_meridian() -> None:
    east, west = shapely.box(177, -19, 180, -16), shapely.box(-180, -19, -178, -16)
    plane = geodesy.plane_of_all(np.array([east, west]))
    middle = {one.name: one.value for one in plane.coordinate_operation.params}
    assert abs(middle["Longitude of natural origin"]) > 177
