"""Every statistic has its words in both languages, and so has every note of the default hubs."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
import worlds

from hubmap.maps.assets import catalogues
from hubmap.statistics.declared.catalogue import every_statistic

CHINESE = re.compile(r"[一-鿿]")
# Signs alone are the same in both languages, and names and sector words stay as they are.
PLAIN = re.compile(r"[^A-Za-z]*|(?:District X\d+(?:, )?)+")


def untold(parts: set[str]) -> list[str]:
    """The phrases that no Chinese pattern knows; as the page does, split at semicolons."""
    words = catalogues()["zh"]
    patterns = [re.compile(f"^{key[1:]}$") for key in words if key.startswith("~")]
    exact = {key[1:] for key in words if key.startswith("=")}
    return sorted(
        part
        for part in parts
        if part not in exact
        and not PLAIN.fullmatch(part)
        and not any(pattern.match(part) for pattern in patterns)
    )


def phrases(texts: pd.Series[str]) -> set[str]:
    return {part for text in texts.dropna() for part in str(text).split("; ")}


def test_every_statistic_is_named_and_explained() -> None:
    for model in every_statistic():
        name = model.model_fields["name"].default
        for key in (f"statistic.{name}", f"explain.{name}"):
            assert catalogues()["en"].get(key), key
            assert CHINESE.search(catalogues()["zh"].get(key, "")), key


def test_notes_of_the_default_hubs_have_a_chinese_text(china: Path) -> None:
    profile = pd.read_csv(china / "layers/profiles.csv", dtype={"zone": str})
    for column in ("note", "withheld", "denominator"):
        assert untold(phrases(profile[column])) == [], column


@pytest.mark.parametrize("model", every_statistic(), ids=lambda m: m.__name__)
def test_notes_of_every_statistic_have_a_chinese_text(model: type) -> None:
    around, said = worlds.world(300), set()
    options = (
        {"draws": 99} if "draws" in model.model_fields and model.__name__ != "LocalMoran" else {}
    )
    statistic = model(**options)
    for level in statistic.levels:
        for records in around.records.values():
            if statistic.applies(records):
                found = statistic.measure(worlds.ZONES[level], records, around)
                for estimate in found:
                    texts = [estimate.note, estimate.withheld, estimate.denominator]
                    said |= phrases(pd.Series(texts, dtype=object))
    assert untold(said - {""}) == []
