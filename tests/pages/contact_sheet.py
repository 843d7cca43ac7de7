"""Every view of a built page in one picture: `python tests/pages/contact_sheet.py PAGE OUT.png`."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

SIZES = ((1280, 800), (768, 1024), (390, 844))
STATES = {
    "open": "",
    "story": "window.hubmap.story.go(app, 0)",
    "share": "app.state.set({ shareOpen: true })",
    "time": "app.state.set({ timeOpen: true })",
    "about": "app.state.set({ about: true })",
    "card": "app.open(0)",
    "table": "[...document.querySelectorAll('button')].find((b) => /^(Table|表格)$/"
    ".test(b.textContent.trim()))?.click()",
}
WIDTH = 420


def pictures(path: Path, theme: Any, language: str) -> list[Image.Image]:
    """One row for each state, one picture for each width."""
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for state in STATES.values():
            for width, height in SIZES:
                context = browser.new_context(
                    viewport={"width": width, "height": height}, offline=True, color_scheme=theme,
                    reduced_motion="reduce",
                )  # fmt: skip
                tab = context.new_page()
                tab.goto(path.resolve().as_uri())
                tab.wait_for_selector("html[data-ready]")
                if language == "zh":
                    tab.evaluate("() => document.querySelector('.hm-language').click()")
                tab.evaluate(f"() => {{ const app = window.hubmapApp; {state} }}")
                tab.wait_for_timeout(250)
                shot = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
                shot.thumbnail((WIDTH, WIDTH))
                found.append(shot)
                context.close()
        browser.close()
    return found


def sheet(path: Path, out: Path) -> None:
    """A column of three for each theme and language."""
    columns = [pictures(path, t, lang) for t in ("light", "dark") for lang in ("en", "zh")]
    step = len(SIZES)
    whole = Image.new("RGB", (len(columns) * step * WIDTH, len(STATES) * WIDTH), "#888888")
    for place, column in enumerate(columns):
        for i, shot in enumerate(column):
            whole.paste(shot, ((place * step + i % step) * WIDTH, i // step * WIDTH))
    whole.save(out, optimize=True)


if __name__ == "__main__":
    sheet(Path(sys.argv[1]), Path(sys.argv[2]))
