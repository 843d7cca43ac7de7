"""How pages look: each state as a coarse grid of colours, compared with the one kept beside this.

A grid of 32 by 20 patches tells a lost layer, a moved panel or a changed colour, and bears other
fonts and other anti-aliasing. After a change that is meant, look at the pages, then write the
grids anew with ``HUBMAP_LOOKS=write pytest tests/pages/test_looks.py``.
"""

from __future__ import annotations

import base64
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pages.browsing import still
from pages.small_hub import Opener

KEPT = Path(__file__).with_name("looks.json")
GRID = (32, 20)
MEAN, PATCH = 5.0, 70.0
"""Of 255: how far all patches may differ on average, and how far any one (text that wraps)."""
STATES: dict[str, tuple[tuple[int, int], dict[str, Any], str]] = {
    "map": ((1280, 800), {}, ""),
    "map in the dark": ((1280, 800), {"color_scheme": "dark"}, ""),
    "map in Chinese": ((1280, 800), {}, "document.querySelector('.hm-language').click()"),
    "narrow": ((390, 844), {}, ""),
    "tablet": ((768, 1024), {}, ""),
    "districts": ((1280, 800), {}, "app.state.set({ surface: 'districts' })"),
    "table": ((1280, 800), {}, "app.state.set({ view: 'table' })"),
    "a card": ((1280, 800), {}, "app.open(0)"),
    "share": ((1280, 800), {}, "app.state.set({ shareOpen: true })"),
}


def seen(picture: bytes) -> np.ndarray[Any, Any]:
    """A screenshot as patches: rows, columns, red green blue."""
    small = Image.open(io.BytesIO(picture)).convert("RGB").resize(GRID, Image.Resampling.BOX)
    return np.asarray(small, dtype=np.uint8)


@pytest.mark.parametrize("state", STATES)
def test_the_page_looks_as_it_did(state: str, visit: Opener, html: str) -> None:
    size, options, script = STATES[state]
    opened = visit(html, size=size, reduced_motion="reduce", **options)
    opened.page.evaluate(f"() => {{ const app = window.hubmapApp; {script} }}")
    still(opened.page)
    now = seen(opened.page.screenshot())
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    if os.environ.get("HUBMAP_LOOKS") == "write":
        kept[state] = base64.b64encode(now.tobytes()).decode("ascii")
        KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    before = np.frombuffer(base64.b64decode(kept[state]), dtype=np.uint8).reshape(now.shape)
    apart = np.abs(now.astype(float) - before).mean(axis=2)
    assert apart.mean() < MEAN, f"{state}: the whole is {apart.mean():.1f} of 255 apart"
    assert apart.max() < PATCH, f"{state}: a patch is {apart.max():.0f} of 255 apart"


def test_what_is_lost_is_seen(visit: Opener, html: str) -> None:
    """The bounds are tight enough: with its districts on, the plain page is told apart."""
    opened = visit(html, reduced_motion="reduce")
    opened.page.evaluate("() => { window.hubmapApp.state.set({ view: 'table' }); }")
    still(opened.page)
    now = seen(opened.page.screenshot()).astype(float)
    kept = json.loads(KEPT.read_text(encoding="utf-8"))["map"]
    before = np.frombuffer(base64.b64decode(kept), dtype=np.uint8).reshape(now.shape)
    apart = np.abs(now - before).mean(axis=2)
    assert apart.mean() > MEAN or apart.max() > PATCH
