"""Every view of a built page in one picture: `python tests/pages/contact_sheet.py PAGE OUT.png`.

Columns are theme, language and width, rows are states. With a third argument, a folder, each
screenshot is also kept there at its own size.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from browsing import chromium, ready, still
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

SIZES = ((1280, 800), (768, 1024), (390, 844))
BEGIN = """() => { const app = window.hubmapApp;
  if (app.state.get('note') !== null) window.hubmap.story.close(app);
  app.map.closePopup();
  app.nodes.control.classList.remove('hm-open');
  app.nodes.panelBox.classList.remove('hm-open');
  document.querySelectorAll('.hm-panel details').forEach((d) => { d.open = false; });
  app.openFacets.clear();
  app.state.set({ ...app.startState, language: window.hubmap.text.language });
  window.hubmap.control(app);
  if (app.home) app.fit(app.home); }"""
OPEN = "app.nodes.control.classList.add('hm-open');"
STATES = {
    "open": "",
    "plain": "app.state.set({ surface: 'none' })",
    **{
        name: f"if (app.{name}) app.state.set({{ surface: '{name}' }}); {OPEN}"
        for name in ("districts", "cells", "kernel", "hot", "firm")
    },
    "over": f"app.state.set({{ surface: 'none', centres: true, rings: 5 }}); {OPEN}",
    "founded": "app.state.set({ tint: 'founded', surface: 'none' }); " + OPEN,
    "filter": "app.openFacets.add('all').add('category'); app.state.set({ filter: "
    "Object.freeze({ ...window.hubmap.filter.NONE, from: 2010 }) }); " + OPEN,
    "story": "window.hubmap.story.go(app, 0)",
    "time": "app.state.set({ timeOpen: true, year: 2012 })",
    "share": "app.state.set({ shareOpen: true })",
    "card": "app.open(0)",
    "numbers": "app.showPanel(); const d = app.nodes.panel.querySelector('.hm-question'); "
    "d.open = true; d.scrollIntoView()",
    "about": "app.showAbout()",
    "pair": "app.nodes.panel.querySelector('.hm-pairbutton')?.click()",
    "table": "app.state.set({ view: 'table' })",
}
WIDTH = 420


def pictures(
    browser: Browser, path: Path, theme: Any, language: str, size: tuple[int, int]
) -> Iterator[tuple[str, Image.Image]]:
    """One picture for each state, of one page that is brought back to its start in between."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, offline=True, color_scheme=theme,
        reduced_motion="reduce",
    )  # fmt: skip
    tab = context.new_page()
    tab.goto(path.resolve().as_uri())
    ready(tab)
    if language == "zh":
        tab.evaluate("() => document.querySelector('.hm-language').click()")
    for name, state in STATES.items():
        if name == "story" and not tab.evaluate("() => window.hubmapApp.notes.length"):
            continue
        tab.evaluate(BEGIN)
        tab.evaluate(f"() => {{ const app = window.hubmapApp; {state} }}")
        still(tab)
        yield name, Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
    context.close()


def sheet(path: Path, out: Path, folder: Path | None = None) -> None:
    """A column for each theme, language and width."""
    columns = [(t, lang, s) for t in ("light", "dark") for lang in ("en", "zh") for s in SIZES]
    whole = Image.new("RGB", (len(columns) * WIDTH, len(STATES) * WIDTH), "#888888")
    rows = {name: i * WIDTH for i, name in enumerate(STATES)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for place, (theme, language, size) in enumerate(columns):
            for name, shot in pictures(browser, path, theme, language, size):
                if folder is not None:
                    folder.mkdir(parents=True, exist_ok=True)
                    shot.save(folder / f"{name}-{size[0]}-{language}-{theme}.png")
                shot.thumbnail((WIDTH, WIDTH))
                whole.paste(shot, (place * WIDTH, rows[name]))
        browser.close()
    whole.save(out, optimize=True)


if __name__ == "__main__":
    sheet(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if sys.argv[3:] else None)
