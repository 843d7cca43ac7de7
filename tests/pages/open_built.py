"""Open every page of a folder in Chromium, from disk, with each request refused.

``python tests/pages/open_built.py FOLDER [PICTURES]`` prints a line a page and fails when a page
asks for anything, logs an error, or does not become interactive. With a second folder it keeps
screenshots at 1280 and 390 pixels.
"""

from __future__ import annotations

import sys
from pathlib import Path

from browsing import chromium, ready, still
from playwright.sync_api import Browser, Route, sync_playwright

WIDTHS = ((1280, 800), (390, 844))


def open_page(browser: Browser, path: Path, size: tuple[int, int], pictures: Path | None) -> str:
    asked: list[str] = []
    said: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.url == path.resolve().as_uri():
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True)
    page = context.new_page()
    page.route("**/*", refuse)
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else 0)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.resolve().as_uri())
    milliseconds = 0.0
    if path.name != "index.html":
        ready(page)
        mark = "performance.getEntriesByName('hubmap-ready')[0].startTime"
        milliseconds = float(page.evaluate(mark))
    if pictures is not None:
        still(page)
        page.screenshot(path=pictures / f"{path.stem}-{size[0]}.png")
    context.close()
    if asked or said:
        sys.exit(f"{path} at {size[0]}: asked for {asked}, said {said}")
    return f"{path.name} at {size[0]}: no request, no error, interactive in {milliseconds:.0f} ms"


def main(folder: Path, pictures: Path | None) -> None:
    pages = sorted(folder.glob("*.html"))
    if not pages:
        sys.exit(f"{folder}: no page")
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for path in pages:
            for size in WIDTHS:
                print(open_page(browser, path, size, pictures))
        browser.close()
    print(f"{len(pages)} passed, 0 failed")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
