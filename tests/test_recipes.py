"""Recipes: refused with file, key and mend, whatever they hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubmap.errors import Findings, HubmapError, RecipeError
from hubmap.geodata.recipe import EntitySource
from hubmap.layers.recipe import HubRecipe
from hubmap.loading import named
from hubmap.maps.recipe import MapRecipe
from hubmap.recipes import load_recipe, parse_recipe

HUB = {"title": "T", "delineation": {"method": "regions", "regions": ["1"]}}


def refused(data: dict[str, object], model: type = HubRecipe) -> str:
    with pytest.raises(Findings) as error:
        parse_recipe(data, model, "layers/x.toml")
    return str(error.value)


def test_unknown_key_names_the_nearest() -> None:
    text = refused({**HUB, "titel": "T"})
    assert text == "layers/x.toml: key `titel` is unknown. Did you mean `title`?"


def test_unknown_key_inside_a_tagged_union() -> None:
    text = refused({"title": "T", "delineation": {"method": "regions", "regionz": ["1"]}})
    assert "key `delineation.regionz` is unknown. Did you mean `regions`?" in text


def test_wrong_tag_names_the_choices() -> None:
    text = refused({"title": "T", "delineation": {"method": "region"}})
    assert "key `delineation` = 'region': is not one of regions, hubs, clusters." in text
    assert "Did you mean `regions`?" in text


def test_missing_key_and_wrong_type_are_both_told() -> None:
    text = refused({"delineation": HUB["delineation"], "cells": {"area_km2": "big"}})
    assert "key `title` is missing" in text
    assert "key `cells.area_km2` = 'big'" in text


def test_statistics_are_checked_by_name() -> None:
    text = refused({**HUB, "statistics": [{"name": "densty"}]})
    assert "Did you mean `density`?" in text
    text = refused({**HUB, "statistics": [{"name": "share_near", "radius": 3}]})
    assert "key `statistics.0.radius` is unknown. Did you mean `radius_km`?" in text


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('title = "a"\nlayers = x\n')
    with pytest.raises(RecipeError, match=r"x\.toml: not valid TOML: .*line 2.*Mend that line"):
        load_recipe(path, MapRecipe)


def test_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes('title = "杭州"'.encode("gb18030"))
    with pytest.raises(RecipeError, match="Save the file as UTF-8"):
        load_recipe(path, MapRecipe)


def test_a_source_names_no_file_outside_its_folder() -> None:
    for name in ("../x.csv", "/etc/passwd", "a\\b.csv", "C:x.csv", ".hidden", ""):
        data = {
            "file": name, "title": "t", "licence": "l", "attribution": "a", "kind": "k",
            "columns": {"id": "id", "name": "name"},
        }  # fmt: skip
        assert "name a file beside the recipe" in refused(data, EntitySource)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
keys = st.sampled_from(
    ["title", "delineation", "cells", "statistics", "sources", "layers", "views", "x"]
)


@pytest.mark.parametrize(
    "name",
    ["<img src=x>", "CON", "nul.v2", "a b", "-f", "a\u202eb", "100%", "a'b", "a&b", "{{a}}", ".b"],
)
def test_a_name_that_something_takes_for_something_else(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot name products") as refused:
        named(tmp_path / f"{name}.toml")
    assert "\u202e" not in str(refused.value)


@pytest.mark.parametrize("name", ["bay", "杭州", "bay_2026.v2", "Ñandú-1"])
def test_names_of_any_script_name_products(name: str, tmp_path: Path) -> None:
    assert named(tmp_path / f"{name}.toml") == name


@given(st.dictionaries(keys | st.text(max_size=8), values, max_size=5))
def test_any_content_is_read_or_refused_in_words(data: dict[str, object]) -> None:
    for model in (HubRecipe, MapRecipe, EntitySource):
        found: list[HubmapError] = []
        try:
            parse_recipe(data, model, "x.toml")
        except Findings as error:
            found = error.findings
        assert all(str(finding).startswith("x.toml: key `") for finding in found)


def test_presentation_does_not_count_as_computed() -> None:
    one = parse_recipe({**HUB, "colour": "#111111"}, HubRecipe, "x")
    two = parse_recipe({**HUB, "title": "U"}, HubRecipe, "x")
    assert one.computed() == two.computed()
    other = parse_recipe({**HUB, "cells": {"area_km2": 3}}, HubRecipe, "x")
    assert other.computed() != one.computed()
