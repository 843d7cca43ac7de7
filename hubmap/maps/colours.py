"""Colours: one hue a kind and a hub, ramps made from a hue in OKLab, class breaks.

The hues keep apart for readers with any of the common colour-vision deficiencies (no red beside
green), and every kind also has its own shape, so that colour never stands alone.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND_COLOURS = {
    "universities": "#1769b5",
    "companies": "#d45f00",
    "ai_job_postings": "#8c1d5e",
}
SPARE_COLOURS = ("#0d7a80", "#a8456b", "#6b6a1f", "#4c5a68")
HUB_COLOURS = ("#2e7e70", "#940018", "#4e1586", "#826e04", "#80225a", "#224bb2")
SHAPES = {"universities": "circle", "companies": "diamond", "ai_job_postings": "bubble"}
DIVERGING = ("#b35806", "#f1a340", "#f0eee9", "#998ec3", "#542788")
"""ColorBrewer's PuOr by Cynthia Brewer, reversed: below the average is orange, above is purple."""

LOCATION_QUOTIENT_BREAKS = (0.5, 0.8, 1.25, 2.0)


def kind_colour(kind: str, position: int) -> str:
    """The colour of a kind; words that are not known take a spare one by position."""
    return KIND_COLOURS.get(kind, SPARE_COLOURS[position % len(SPARE_COLOURS)])


def kind_shape(kind: str) -> str:
    """The shape of a kind's points."""
    return SHAPES.get(kind, "square")


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _gamma(channel: float) -> float:
    channel = min(1.0, max(0.0, channel))
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _cbrt(value: float) -> float:
    return math.copysign(abs(value) ** (1 / 3), value)


def to_oklab(colour: str) -> tuple[float, float, float]:
    """A ``#rrggbb`` colour in OKLab (Ottosson 2020): lightness, green–red, blue–yellow."""
    r, g, b = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    long = _cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = _cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = _cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def from_oklab(lightness: float, a: float, b: float) -> str:
    """The ``#rrggbb`` colour nearest to a point of OKLab."""
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    channels = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(_gamma(c) * 255):02x}" for c in channels)


def ramp(colour: str, steps: int) -> list[str]:
    """A sequential ramp of one hue, light to dark, even in perceived lightness.

    Parameters
    ----------
    colour
        The hue, ``#rrggbb``.
    steps
        How many colours.

    Returns
    -------
    list of str
        The first is nearly white, the last nearly the darkest shade of the hue.
    """
    _, a, b = to_oklab(colour)
    chroma = math.hypot(a, b) or 1.0
    unit_a, unit_b = a / chroma, b / chroma
    colours = []
    for step in range(steps):
        t = step / max(1, steps - 1)
        lightness = 0.95 - 0.52 * t
        strength = chroma * (0.16 + 0.74 * math.sin(math.pi * (0.04 + 0.58 * t)) ** 1.2)
        colours.append(from_oklab(lightness, unit_a * strength, unit_b * strength))
    return colours


def breaks(
    values: Sequence[float], classes: int, method: Literal["quantile", "equal"]
) -> list[float]:
    """Upper bounds of all classes but the last, rounded so that a legend can state them.

    Parameters
    ----------
    values
        The positive values to be shaded; zeros form a class of their own and stay out.
    classes
        The most classes there may be; equal breaks fall together.
    method
        ``quantile``: as many values in each; ``equal``: equally wide.

    Returns
    -------
    list of float
        Strictly rising, fewer than ``classes``.
    """
    ordered = sorted(v for v in values if v > 0)
    if len(set(ordered)) < 2:
        return []
    low, high = ordered[0], ordered[-1]
    if method == "equal":
        raw = [low + (high - low) * i / classes for i in range(1, classes)]
    else:
        raw = [_quantile(ordered, i / classes) for i in range(1, classes)]
    rounded: list[float] = []
    for value in raw:
        tidy = _tidy(value, whole=all(v == int(v) for v in ordered))
        if low < tidy <= high and (not rounded or tidy > rounded[-1]):
            rounded.append(tidy)
    return rounded


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _tidy(value: float, *, whole: bool) -> float:
    """Two significant digits; whole numbers stay whole."""
    if whole and value < 100:
        return float(math.ceil(value))
    digits = 1 - math.floor(math.log10(value))
    return round(value, digits)
