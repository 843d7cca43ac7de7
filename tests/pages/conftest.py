"""A browser that may not reach any network, and the page of the small hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from hubmap.maps.draw import draw
from hubmap.maps.page import page
from pages.browsing import PATIENCE_MS, chromium, ready
from pages.small_hub import Opener, Visit, hub_layer, small_basemap


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Open a page's text from disk, with the network refused."""
    contexts = []

    def opened(
        text: str,
        *,
        size: tuple[int, int] = (1280, 800),
        wait: bool = True,
        before: str = "",
        **options: Any,
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, offline=True, **options
        )
        if before:
            context.add_init_script(before)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.route(lambda url: not url.startswith(("file:", "data:")), lambda r: r.abort())
        made = Visit(context.new_page())
        made.page.on("request", lambda r: made.requests.append(r.url))
        made.page.on("console", lambda m: made.messages.append(f"{m.type}: {m.text}"))
        made.page.on("pageerror", lambda e: made.messages.append(str(e)))
        path = tmp_path / f"page{len(contexts)}.html"
        path.write_text(text, encoding="utf-8", newline="\n")
        made.page.goto(path.as_uri())
        if wait:
            ready(made.page)
        return made

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def html() -> str:
    """The page of the small hub."""
    return page(draw([hub_layer()], basemap=small_basemap()))
