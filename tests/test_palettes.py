"""Hubs, ramps and surfaces keep apart for readers with any colour-vision deficiency, day and night.

Distances are Euclidean in OKLab, where about 0.02 is the least that is seen side by side.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from test_maps_colours import DEFICIENCIES, contrast, on_dark, seen, variables

from hubmap.maps.colours import DIVERGING, HUB_COLOURS, KIND_COLOURS, SPARE_COLOURS, ramp, to_oklab
from hubmap.maps.lattices import FIRM_BREAKS, TINT

EYES = {**DEFICIENCIES, "none": np.eye(3).tolist()}
SEEN = 0.04
"""Twice what is just seen side by side: classes are also compared across a map."""
RAMPS = {
    **{f"cells of {kind}": ramp(colour, 6)[1:] for kind, colour in KIND_COLOURS.items()},
    **{f"districts by {kind}": ramp(colour, 5) for kind, colour in KIND_COLOURS.items()},
    **{f"a spare kind, {colour}": ramp(colour, 5) for colour in SPARE_COLOURS},
    "hot spots": ramp(TINT, 5)[2:],
    "stability": ramp("#2f6f4f", len(FIRM_BREAKS) + 1),
}


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("dark", [False, True])
def test_hubs_keep_apart(eye: str, dark: bool) -> None:
    shown = [on_dark(colour) if dark else colour for colour in HUB_COLOURS]
    viewed = [to_oklab(seen(colour, EYES[eye])) for colour in shown]
    pairs = {
        (a, b): math.dist(viewed[a], viewed[b]) for a, b in itertools.combinations(range(6), 2)
    }
    assert min(pairs.values()) > (SEEN if dark else 0.065)
    # The first four are the default page's.
    assert min(v for (_, b), v in pairs.items() if b < 4) > (0.06 if dark else 0.1)


@pytest.mark.parametrize("colour", HUB_COLOURS)
def test_a_hub_s_name_in_its_colour_can_be_read(colour: str) -> None:
    """WCAG 2.2, 1.4.3, on the cards of the map."""
    assert contrast(colour, variables(dark=False)["paper"]) >= 4.5
    assert contrast(on_dark(colour), variables(dark=True)["paper"]) >= 4.5


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("name", RAMPS)
def test_every_class_of_a_ramp_is_told_from_the_next(name: str, eye: str) -> None:
    """In the dark the same colours run the other way, so that the distances are the same."""
    viewed = [to_oklab(seen(colour, EYES[eye])) for colour in RAMPS[name]]
    lightness = np.diff([v[0] for v in viewed])
    assert (lightness < 0).all(), lightness
    assert min(math.dist(a, b) for a, b in itertools.pairwise(viewed)) > SEEN


@pytest.mark.parametrize("eye", EYES)
def test_every_class_about_the_average_is_told_from_all_others(eye: str) -> None:
    viewed = [to_oklab(seen(colour, EYES[eye])) for colour in DIVERGING]
    assert min(math.dist(a, b) for a, b in itertools.combinations(viewed, 2)) > SEEN


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("name", RAMPS)
def test_the_strongest_class_stands_out_from_the_ground(name: str, eye: str) -> None:
    """By day the darkest on land, at night the lightest on dark land."""
    first, last = RAMPS[name][0], RAMPS[name][-1]
    assert contrast(seen(last, EYES[eye]), seen("#fdfcf9", EYES[eye])) >= 3
    assert contrast(seen(first, EYES[eye]), seen("#232c34", EYES[eye])) >= 3
