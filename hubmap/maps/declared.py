"""What the page tells of how a number was computed: the statistics' own declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubmap.statistics.declared.catalogue import every_statistic
from hubmap.statistics.minimum import MINIMUM, NONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubmap.layers.model import HubLayer
    from hubmap.statistics.model import Statistic

DIGITS = 4
"""Significant digits of a small plot's numbers: more than a pixel."""


def declarations(keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """Formula, source, interval, guard and minimum data by a profile's statistic key.

    Parameters
    ----------
    keys
        What profiles call their statistics: a name, and options that set it apart.
    """
    names = {str(m.model_fields["name"].default): m for m in every_statistic()}
    found = {}
    for key in sorted(set(keys)):
        name = max((n for n in names if key == n or key.startswith(n + "_")), key=len, default="")
        if name:
            found[key] = _declared(name, names[name])
    return found


def _declared(name: str, model: type[Statistic]) -> dict[str, str]:
    said = {
        "name": name,
        "help": model.help,
        "formula": model.formula,
        "reference": model.reference,
        "interval": model.interval,
        "guard": model.guard,
        "minimum": str(MINIMUM.get(name, NONE)),
        "checks": model.checks,
    }
    return {key: words for key, words in said.items() if words}


def curves(layers: Sequence[HubLayer]) -> list[dict[str, Any]]:
    """The layers' curves for small plots, each once; none where a layer holds none."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for layer in layers:
        for curve in getattr(layer, "curves", None) or ():
            key = tuple(str(curve.get(k)) for k in ("hub", "zone", "statistic", "kind", "curve"))
            found.setdefault(key, {k: _short(v) for k, v in curve.items()})
    return list(found.values())


def _short(value: Any) -> Any:
    if isinstance(value, list):
        return [None if v is None else float(f"{v:.{DIGITS}g}") for v in value]
    return value
