"""Ramps are ordered, classes are stated, and colours keep apart for every reader."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest

from hubmap.maps import assets
from hubmap.maps.colours import (
    DIVERGING,
    HUB_COLOURS,
    KIND_COLOURS,
    breaks,
    from_oklab,
    ramp,
    to_oklab,
)
from hubmap.maps.tints import ORDERED, OTHER, SECTORS

# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def seen(colour: str, matrix: list[list[float]]) -> str:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    mixed = np.clip(np.asarray(matrix) @ linear, 0, 1)
    back = [12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in mixed]
    return "#" + "".join(f"{round(c * 255):02x}" for c in back)


@pytest.mark.parametrize("name", DEFICIENCIES)
def test_kinds_keep_apart_for_colour_blind_readers(name: str) -> None:
    viewed = [to_oklab(seen(colour, DEFICIENCIES[name])) for colour in KIND_COLOURS.values()]
    nearest = min(math.dist(a, b) for a, b in itertools.combinations(viewed, 2))
    assert nearest > 0.12


@pytest.mark.parametrize("name", DEFICIENCIES)
def test_the_two_sides_of_the_average_keep_apart(name: str) -> None:
    low, high = (to_oklab(seen(DIVERGING[i], DEFICIENCIES[name])) for i in (0, -1))
    assert math.dist(low, high) > 0.15


@pytest.mark.parametrize("colour", [*KIND_COLOURS.values(), *HUB_COLOURS])
def test_ramps_darken_evenly(colour: str) -> None:
    lightness = [to_oklab(step)[0] for step in ramp(colour, 5)]
    steps = -np.diff(lightness)
    assert (steps > 0.06).all()
    assert steps.max() < 2 * steps.min()


def test_colours_return_from_oklab() -> None:
    for colour in KIND_COLOURS.values():
        assert from_oklab(*to_oklab(colour)) == colour


def test_quantile_classes_hold_about_equally_many() -> None:
    values = list(range(1, 101))
    limits = breaks([float(v) for v in values], 5, "quantile")
    held = np.histogram(values, [0, *limits, 101])[0]
    assert len(limits) == 4
    assert held.min() >= 18


def test_breaks_rise_and_stay_whole_for_counts() -> None:
    limits = breaks([0, 1, 1, 1, 1, 2, 3, 44], 5, "quantile")
    assert limits == sorted(set(limits))
    assert all(limit == int(limit) for limit in limits)
    assert breaks([5.0, 5.0], 5, "quantile") == []
    assert breaks([0.0, 10.0, 20.0], 4, "equal") == [13.0, 15.0, 18.0]


def contrast(colour: str, ground: str) -> float:
    def luminance(c: str) -> float:
        channels = [int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in channels)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    one, two = sorted((luminance(colour), luminance(ground)), reverse=True)
    return (one + 0.05) / (two + 0.05)


@pytest.mark.parametrize("colour", [*KIND_COLOURS.values(), *HUB_COLOURS])
def test_marks_stand_out_from_land_and_water(colour: str) -> None:
    for ground in ("#fbfaf7", "#dde8ef"):
        assert contrast(colour, ground) >= 3


@pytest.mark.parametrize("name", [*DEFICIENCIES, "none"])
@pytest.mark.parametrize("dark", [False, True])
def test_sectors_keep_apart_for_every_reader(name: str, dark: bool) -> None:
    matrix = DEFICIENCIES.get(name, np.eye(3).tolist())
    shown = [on_dark(c) if dark else c for c in (*SECTORS, OTHER)]
    viewed = [to_oklab(seen(colour, matrix)) for colour in shown]
    nearest = min(math.dist(a, b) for a, b in itertools.combinations(viewed, 2))
    assert nearest > (0.045 if dark else 0.09)


def on_dark(colour: str) -> str:
    """The page's own step on dark ground: 45 % of the way to white."""
    channels = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(v + (255 - v) * 0.45):02x}" for v in channels)


def test_ordered_tints_lighten_step_by_step() -> None:
    lightness = [to_oklab(colour)[0] for colour in ORDERED]
    assert (np.diff(lightness) > 0.07).all()
    for name in DEFICIENCIES:
        viewed = [to_oklab(seen(colour, DEFICIENCIES[name]))[0] for colour in ORDERED]
        assert (np.diff(viewed) > 0.04).all()


@pytest.mark.parametrize("colour", [*SECTORS, *ORDERED, OTHER])
def test_tints_stand_out_from_land_and_water(colour: str) -> None:
    for ground in ("#fbfaf7", "#dde8ef"):
        assert contrast(colour, ground) >= 2.95


def variables(dark: bool) -> dict[str, str]:
    """The page's own inks, as its style states them."""
    light, night = re.findall(r":root\{([^}]*)\}", assets.page_style())[:2]
    stated = dict(re.findall(r"--(\w+):(#[0-9a-f]{3,6})", light))
    if dark:
        stated |= dict(re.findall(r"--(\w+):(#[0-9a-f]{3,6})", night))
    return {k: v if len(v) == 7 else "#" + "".join(c * 2 for c in v[1:]) for k, v in stated.items()}


TEXTS = [
    *itertools.product(("ink", "soft"), ("paper", "field", "hover", "faint")),
    ("on", "accent"), ("accent", "paper"), ("link", "paper"), ("warn", "warnpaper"),
    ("tagink", "tag"),
]  # fmt: skip


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("ink", "ground"), TEXTS)
def test_every_text_of_the_page_can_be_read(ink: str, ground: str, dark: bool) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    inks = variables(dark)
    assert contrast(inks[ink], inks[ground]) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("ink", ["rim", "focus"])
def test_controls_and_focus_stand_out(ink: str, dark: bool) -> None:
    """WCAG 2.2, 1.4.11: 3 to 1."""
    inks = variables(dark)
    assert all(contrast(inks[ink], inks[ground]) >= 3 for ground in ("paper", "field"))


@pytest.mark.parametrize("ink", ["place", "sea", "area"])
def test_names_on_the_map_can_be_read(ink: str) -> None:
    """WCAG 2.2, 1.4.3, by the scripts' own inks, on coarse and fine land and on water."""
    folder = Path(assets.__file__).with_name("assets") / "js"
    script = (folder / "basemap.js").read_text(encoding="utf-8")
    inks = dict(re.findall(r"(\w+): '(#[0-9a-f]{6})'", script))
    theme = (folder / "theme.js").read_text(encoding="utf-8")
    night = dict(re.findall(r"'(#[0-9a-f]{3,6})': '(#[0-9a-f]{6})'", theme))
    grounds = ["#dde8ef"] if ink == "sea" else ["#dde8ef", "#edebe4", "#fdfcf9"]
    for ground in grounds:
        assert contrast(inks[ink], ground) >= 4.5
        assert contrast(night[inks[ink]], night[ground]) >= 4.5


@pytest.mark.parametrize("colour", [*KIND_COLOURS.values(), *HUB_COLOURS, *SECTORS, *ORDERED])
def test_marks_stand_out_in_the_dark(colour: str) -> None:
    """On dark land and water, as ``theme.js`` has them."""
    for ground in ("#1d252d", "#0f171e"):
        assert contrast(on_dark(colour), ground) >= 3


@pytest.mark.parametrize("name", DEFICIENCIES)
def test_kinds_keep_apart_in_the_dark(name: str) -> None:
    shown = [on_dark(colour) for colour in KIND_COLOURS.values()]
    viewed = [to_oklab(seen(colour, DEFICIENCIES[name])) for colour in shown]
    assert min(math.dist(a, b) for a, b in itertools.combinations(viewed, 2)) > 0.06
