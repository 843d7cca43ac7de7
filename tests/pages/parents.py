"""Pages around a map, served from made-up addresses; nothing else can be reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Browser, Frame, Page

from pages.browsing import PATIENCE_MS, ready, until

SITE = "http://site.test/"
MAPS = "http://maps.test/"


def served(
    browser: Browser,
    files: Mapping[str, str],
    *,
    policy: str = "",
    before: str = "",
    width: int = 1000,
) -> tuple[Page, list[str]]:
    """The page ``SITE`` of these files (address → text), and what it complained about."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    if before:
        context.add_init_script(before)
    said: list[str] = []

    def answer(route: Any) -> None:
        url = route.request.url.split("#")[0]
        if url not in files:
            said.append(f"asked for {url}")
            route.abort()
            return
        headers = {"content-type": "text/html; charset=utf-8"}
        if policy and url == SITE:
            headers["content-security-policy"] = policy
        route.fulfill(body=files[url], headers=headers)

    context.route("**/*", answer)
    page = context.new_page()
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: said.append(str(e)))
    page.goto(SITE)
    return page, said


def child(page: Page, place: int = 0) -> Frame:
    """The map in the page's n-th frame, ready."""
    handle = page.locator("iframe").nth(place).element_handle()
    assert handle is not None
    frame = handle.content_frame()
    assert frame is not None
    ready(frame)
    return frame


def height(page: Page, place: int = 0) -> float:
    """Of the page's n-th frame."""
    box = page.locator("iframe").nth(place).bounding_box()
    assert box is not None
    return box["height"]


def fitted(page: Page, frame: Frame, place: int = 0, *, border: float = 0) -> float:
    """The height of the n-th frame, once it is the one that its map asks for."""
    wanted = "hubmap.embed.height(innerWidth)"
    return until(
        page,
        lambda: (height(page, place), frame.evaluate(wanted)),
        lambda two: two[0] == two[1] + 2 * border,
    )[0]
