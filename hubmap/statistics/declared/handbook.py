"""``docs/statistics.md``, written from the declarations."""

from __future__ import annotations

from collections.abc import Iterator

from hubmap.statistics.declared.catalogue import DEFAULT, every_statistic
from hubmap.statistics.guard import MARK_BELOW, MIN_SITES, PILE_SHARE, WITHHOLD_BELOW
from hubmap.statistics.minimum import MINIMUM, NONE
from hubmap.statistics.model import Statistic

_HEAD = f"""\
# The statistics

Written from the declarations by `python tools/write_statistics.py`; do not edit by hand. The same
is printed by `hubmap show statistics`. A hub's recipe chooses with
`statistics = [{{ name = "count" }}, {{ name = "share_near", radius_km = 5 }}]`; without that key it
gets the profile marked ● below.

## What every number carries

A value with its unit, or the reason why it is withheld; a 95 % interval with its method, where one
is meaningful; the denominator with its year; n; the share of the records used; the seed and the
draws, where it was simulated. A hub's headline numbers also carry the range over other settings
(cell sizes, origins, bandwidths, shifts of 500 m as by a wrong datum) in their note. A null
(permutations, relabelling, complete randomness) is not an interval of the value: it stands in the
note with its two-sided p. Intervals are sampling error only.

## The guard

* A statistic at scale r uses only records with `precision_m` ≤ r / 2 and says which share that is:
  below {MARK_BELOW:.0%} it is marked, below {WITHHOLD_BELOW:.0%} withheld.
* A coordinate that more than {PILE_SHARE:.0%} of the records share is a pile, and its records are
  left out, unless it stands for a named campus, park or tower (`columns.site` of the source).
* Point statistics need {MIN_SITES:.0f} effective sites (one over the sum of the coordinates'
  squared shares).
* Piles that are about as many as the districts are districts' centroids: statistics of districts
  stand, those of points do not. Fewer piles are centroids of cities: only counts and rates stand.
* A record counts for its district when its row names the district, or when `precision_m` is at
  most half the district's equivalent diameter.
* A zone of several hubs far apart has no point statistics of its own.

Checked by `tests/statistics/test_guard.py` on one pattern geocoded five ways.
"""

_DEFERRED = """\
## What cannot be done with the embedded tables

* The postings are counts by district, role and employer *number*: employers are resampled with
  their row's mean, so the interval is the narrowest that the table allows. Location quotients and
  everything by district take postings as independent, and the note says so.
* Firms' founding years are those of today's list: growth is of survivors. Shift-share compares
  today's survivors at two dates.
* No employees are given, so Ellison-Glaeser is withheld until a source names `columns.size`; no
  built-up areas and no graduates either (`built_up_km2` and `graduates` of the regions' table).
* The null of inhomogeneous K deals each record anew within its square cell, which is exact where
  the density is even within cells; where it slopes within them the test rejects a little more
  often (measured below). Where a kind has controls, `relative_m` asks the same against relabelling,
  which needs no surface at all.
* Some parishes have no census population: they are left out of rates and of Moran's I, and the
  note says how many.
"""


def handbook() -> str:
    """Return the page, the same for the same declarations."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    models = every_statistic()
    yield from (_HEAD, "## Minimum data", "")
    yield "Below it the number is withheld; the message says what is missing and what would help."
    yield from ("", "| statistic | at least |", "|---|---|")
    for model in models:
        yield f"| `{_name(model)}` | {MINIMUM.get(_name(model), NONE)} |"
    profile = {_name(type(statistic)) for statistic in DEFAULT}
    question = ""
    for model in models:
        if model.question != question:
            question = model.question
            yield from ("", f"## {question}")
        yield from _entry(model, _name(model) in profile)
    yield from ("", _DEFERRED.rstrip())
    yield from _agreement(models)


def _name(model: type[Statistic]) -> str:
    return str(model.model_fields["name"].default)


def _entry(model: type[Statistic], in_profile: bool) -> Iterator[str]:
    yield from ("", f"### `{_name(model)}`{' ●' if in_profile else ''}", "")
    yield _sentence(model.help)
    yield ""
    facts = {
        "formula": model.formula,
        "reference": model.reference,
        "unit": model.unit or "the kind's noun",
        "interval": model.interval,
        "levels": ", ".join(model.levels),
        "minimum data": str(MINIMUM.get(_name(model), NONE)),
        "guard": model.guard or "none: nothing but membership of the zone is asked",
        "scale r": model.scale,
        "range over": model.varied,
        "checked by": model.checks,
    }
    for label, text in facts.items():
        if text:
            yield f"* {label}: {text}"
    for name, option in model.model_fields.items():
        if name != "name":
            default = f'"{option.default}"' if isinstance(option.default, str) else option.default
            bounds = [
                f"{word} {getattr(meta, key):g}"
                for meta in option.metadata
                for key, word in _BOUNDS.items()
                if hasattr(meta, key)
            ]
            what = "; ".join([f"default {default}", *bounds])
            yield f"* option `{name}` ({what}): {option.description}"


_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _agreement(models: tuple[type[Statistic], ...]) -> Iterator[str]:
    yield from ("", "## Agreement", "")
    yield (
        "`python tools/agreement.py` runs the checks below against independent programs and prints "
        "the largest deviation of each. Coverage of intervals and levels of tests: "
        "`pytest -m slow tests/statistics`. The functions behind them, callable on plain arrays, "
        "and their names in those programs: [kernels.md](kernels.md)."
    )
    yield from ("", "| statistic | checked by |", "|---|---|")
    for model in models:
        yield f"| `{_name(model)}` | {model.checks} |"
