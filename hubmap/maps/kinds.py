"""What every part of a page needs to know of hub layers: kinds, cases, words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hubmap.maps.colours import kind_colour, kind_shape, ramp

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hubmap.layers.model import HubLayer

KNOWN = ("universities", "companies", "ai_job_postings")
"""The order of the kinds that come with hubmap; others follow in the order of their sources."""


def present(frame: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Those of the names that the frame has."""
    return [name for name in names if name in frame.columns]


def label(thing: Any, english: str, chinese: str) -> dict[str, str]:
    """A label in both languages from two attributes of a recipe."""
    en = str(getattr(thing, english, "") or "")
    return {"en": en, "zh": str(getattr(thing, chinese, "") or "") or en}


def bilingual(mapping: Any) -> dict[str, dict[str, str]]:
    """Labels by key, as the page takes them."""
    return {
        str(key): {"en": value.en, "zh": value.zh or value.en}
        for key, value in dict(mapping or {}).items()
    }


def kinds_of(layers: Sequence[HubLayer]) -> list[dict[str, Any]]:
    """Every kind with its colour, shape and words, in the order of the layers' sources."""
    found: dict[str, dict[str, Any]] = {}
    sources = [source for layer in layers for source in layer.sources]
    names = [str(getattr(source, "kind", "") or "") for source in sources]
    names = [name for name in names if name]
    names += [str(k) for layer in layers for k in sorted(layer.entities["kind"].unique())]
    names = [k for k in KNOWN if k in names] + [k for k in names if k not in KNOWN]
    for name in dict.fromkeys(names):
        source = next((s for s in sources if getattr(s, "kind", None) == name), None)
        word = name.replace("_", " ")
        noun = label(source, "noun", "noun_zh") if source is not None else {"en": word, "zh": word}
        title = noun if noun["en"] else {"en": word, "zh": word}
        sample = getattr(source, "sample", None)
        colour = kind_colour(name, len(found))
        found[name] = {
            "id": name,
            "title": title,
            "colour": colour,
            "ramp": ramp(colour, 5),
            "shape": kind_shape(name),
            "sample": None if sample is None else sample_of(sample),
        }
    return list(found.values())


def sample_of(sample: Any) -> dict[str, Any]:
    """What the page says of a sample."""
    return {
        "platform": str(sample.platform),
        "period": str(sample.period),
        "size": int(sample.size),
        "searches": len(getattr(sample, "searches", ()) or ()),
        "method": label(sample, "method", "method_zh"),
    }


def cases_of(layer: HubLayer, kinds: Sequence[str] = ()) -> Any:
    """The entities that are drawn: not those that are only the base of quotients."""
    entities = layer.entities
    chosen = np.ones(len(entities), dtype=bool)
    if "case" in entities:
        chosen &= entities["case"].to_numpy(dtype=bool)
    if kinds:
        chosen &= entities["kind"].isin(list(kinds)).to_numpy(dtype=bool)
    # Where all are, there is nothing to copy.
    return entities if chosen.all() else entities[chosen]


def totals(layers: Sequence[HubLayer]) -> list[dict[str, Any]]:
    """Every kind with its number: units once each, or the sum of weights."""
    frame = pd.concat([pd.DataFrame(cases_of(layer, ())) for layer in layers]).drop_duplicates("id")
    found = []
    for kind in kinds_of(layers):
        own = frame[frame["kind"] == kind["id"]]
        weighted = bool((own["weight"] != 1).any())
        n = own["weight"].sum() if weighted else own["unit"].nunique()
        found.append(kind | {"n": int(n)})
    return found


def stacked(tables: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Several layers' tables as one."""
    import geopandas as gpd

    if len(tables) == 1:
        return tables[0].reset_index(drop=True)
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=tables[0].crs)
