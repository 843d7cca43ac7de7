"""The browser, and waiting for what a page will do: for a condition, never for a time."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Frame, Page

Answer = TypeVar("Answer")

PATIENCE_MS = 90_000
"""How long a condition may take: long, for a busy machine; nobody waits when it holds."""

STILL = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  await Promise.all(document.getAnimations().map((a) => a.finished.catch(() => null)));
  await frame();
  await frame();
}"""


def chromium() -> str:
    """Where Chromium is. A missing one is a failure: the page is the product."""
    names = (os.environ.get("HUBMAP_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit("No Chromium: install it, or name it in HUBMAP_CHROMIUM.")
    return found


def ready(tab: Page | Frame) -> None:
    """The map is interactive, and what waits for its first frame is filled in."""
    tab.wait_for_selector("html[data-ready]", timeout=PATIENCE_MS)
    tab.wait_for_function("() => window.hubmapApp.started", polling=20, timeout=PATIENCE_MS)


def still(tab: Page) -> None:
    """Transitions have ended and what was asked for is painted."""
    tab.evaluate(STILL)


def until(tab: Page, asked: Callable[[], Answer], holds: Callable[[Answer], bool]) -> Answer:
    """Ask until the answer will do; the last answer is in the failure."""
    last = time.monotonic() + PATIENCE_MS / 1000
    while not holds(answer := asked()):
        assert time.monotonic() < last, f"still {answer!r}"
        # The driver's own pause, in which the page's messages reach us.
        tab.wait_for_timeout(20)
    return answer
