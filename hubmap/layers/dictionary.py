"""What the columns and the statistics of ``profiles.csv`` mean, generated from declarations."""

from __future__ import annotations

import csv
import io

from hubmap.layers.profile import PROFILE_COLUMNS
from hubmap.statistics.declared.catalogue import every_statistic
from hubmap.statistics.minimum import MINIMUM, NONE

COLUMNS = {
    "hub": ("text", "", "id of the hub's recipe; a found hub's own id"),
    "zone": ("text", "", "id of the hub, id/word of a variant, or code of the city or district"),
    "level": ("text", "", "hub, variant (the hub without some regions), city or district"),
    "name": ("text", "", "the zone's name in English"),
    "name_zh": ("text", "", "the zone's name in Chinese"),
    "statistic": ("text", "", "name, with the options that are not the default; see below"),
    "kind": ("text", "", "which records are counted, as in the sources' recipes"),
    "value": ("number", "see unit", "the estimate; empty where withheld"),
    "unit": ("text", "", "unit of value, low and high"),
    "low": ("number", "see unit", "lower bound of the 95 % interval, where one is meaningful"),
    "high": ("number", "see unit", "upper bound of the 95 % interval"),
    "denominator": ("text", "", "what the value is divided by or rests on, with its year"),
    "n": ("integer", "records", "records that the value rests on"),
    "share_used": ("number", "0 to 1", "share of the zone's records that passed the guard"),
    "withheld": ("text", "", "why there is no value and what would help; empty where there is one"),
    "note": (
        "text", "", "method of the interval, null and p, seed and draws, range over other settings",
    ),
    "rank_low": (
        "integer", "rank", "best rank among the compared (1: highest), all ranks right with 95 %",
    ),
    "rank_high": ("integer", "rank", "worst rank; equal to rank_of with rank_low 1: no telling"),
    "rank_of": ("integer", "places", "how many are compared: hubs, or the cities of the hub"),
}  # fmt: skip
HEAD = (
    "entry", "name", "type", "unit", "meaning", "formula", "reference", "interval",
    "minimum_data", "guard", "range_over",
)  # fmt: skip


def dictionary_csv() -> str:
    """Return the data dictionary: a row a column of ``profiles.csv``, then a row a statistic."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(HEAD)
    for name in PROFILE_COLUMNS:
        table.writerow(["column", name, *COLUMNS[name], *[""] * 6])
    for model in every_statistic():
        name = str(model.model_fields["name"].default)
        table.writerow(
            [
                "statistic", name, "number", model.unit or "the kind's noun", model.help,
                model.formula, model.reference, model.interval, str(MINIMUM.get(name, NONE)),
                model.guard, model.varied,
            ]
        )  # fmt: skip
    return out.getvalue()
