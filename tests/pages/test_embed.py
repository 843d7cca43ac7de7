"""A map inside other pages: it fits, it stays out of their way, and it tells them its height."""

from __future__ import annotations

import base64
import hashlib

import pytest
from playwright.sync_api import Browser, Frame, Page

from hubmap.maps import assets
from hubmap.maps.embed import RESIZER, Embedded, snippet
from pages.browsing import ready, until
from pages.parents import MAPS, SITE, child, fitted, height, served

HOSTILE = (
    "*{display:none!important;position:fixed!important;opacity:0!important;height:1px!important;"
    "transform:scale(0)!important}html,body{display:block!important;opacity:1!important;"
    "height:auto!important;transform:none!important;position:static!important}"
    "iframe{width:3px!important;max-width:3px!important;float:right!important}"
)


LISTEN = "window.heard=[];addEventListener('message',e=>heard.push(JSON.stringify(e.data)))"


def heard(where: Page | Frame, least: int) -> list[str]:
    """The messages that came to a page, once there are so many."""
    where.wait_for_function(f"() => window.heard.length >= {least}", polling=20)
    return list(where.evaluate("heard"))


def made(**changes: object) -> Embedded:
    own: dict[str, object] = {"id": "a-map", "title": "A map", "picture": "a-map.png"}
    return Embedded(**(own | changes))  # type: ignore[arg-type]


def parent(*snippets: str, head: str = "") -> str:
    return f"<!DOCTYPE html><title>report</title>{head}<p>before</p>{''.join(snippets)}<p>after</p>"


@pytest.mark.parametrize("mode", ["iframe", "srcdoc"])
@pytest.mark.parametrize("width", [360, 1000])
def test_in_a_plain_page_it_sets_its_own_height(
    mode: str, width: int, html: str, browser: Browser
) -> None:
    text = snippet(made(page=html, url=MAPS, height=333), mode)
    files = {SITE: parent(text), MAPS + "a-map.html": html}
    page, said = served(browser, files, width=width)
    frame = child(page)
    assert fitted(page, frame) != 333
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert frame.locator("h1").text_content() == "Test hub"
    assert page.locator("iframe").get_attribute("title") == "Map: A map"
    assert not said
    page.context.close()


def test_a_narrower_window_changes_the_height(html: str, browser: Browser) -> None:
    text = snippet(made(url=MAPS), "iframe")
    page, _ = served(browser, {SITE: parent(text), MAPS + "a-map.html": html})
    frame = child(page)
    before = fitted(page, frame)
    page.set_viewport_size({"width": 400, "height": 800})
    until(page, lambda: height(page), lambda now: now > before)
    assert fitted(page, frame) > before
    page.context.close()


@pytest.mark.parametrize("hide", ["display:none", "width:0;height:0;overflow:hidden"])
def test_a_map_that_is_shown_later_shows_its_hub(hide: str, html: str, browser: Browser) -> None:
    """In a closed tab or on a later slide a frame has no size when its page starts."""
    text = snippet(made(url=MAPS), "iframe").replace(' loading="lazy"', "")
    files = {SITE: parent(f'<div id="tab" style="{hide}">{text}</div>')}
    page, _ = served(browser, files | {MAPS + "a-map.html": html})
    frame = page.locator("iframe").element_handle().content_frame()  # type: ignore[union-attr]
    assert frame is not None
    until(page, lambda: frame.evaluate("Boolean(window.hubmapReady)"), bool)
    page.locator("#tab").evaluate("node => node.removeAttribute('style')")
    fitted(page, frame)
    wanted, _ = served(browser, {SITE: parent(text), MAPS + "a-map.html": html})
    shown = child(wanted)
    fitted(wanted, shown)
    zoom = "[hubmapApp.map.getZoom(), hubmapApp.map.getSize().x]"
    until(page, lambda: frame.evaluate(zoom), lambda now: now == shown.evaluate(zoom))
    page.context.close()
    wanted.context.close()


def test_hostile_styles_do_not_reach_the_frame(html: str, browser: Browser) -> None:
    text = snippet(made(url=MAPS), "iframe")
    files = {SITE: parent(text, head=f"<style>{HOSTILE}</style>"), MAPS + "a-map.html": html}
    page, said = served(browser, files)
    frame = child(page)
    fitted(page, frame)
    box = page.locator("iframe").bounding_box()
    assert box is not None
    assert box["width"] > 900
    assert page.locator("iframe").evaluate("n => getComputedStyle(n).position") == "static"
    assert frame.locator("canvas").first.is_visible()
    assert not said
    page.context.close()


def test_under_a_strict_policy_the_fixed_height_holds(html: str, browser: Browser) -> None:
    text = snippet(made(url=MAPS, height=512), "iframe")
    files = {SITE: parent(text), MAPS + "a-map.html": html}
    policy = f"default-src 'none'; frame-src {MAPS}"
    page, said = served(browser, files, policy=policy, before=LISTEN)
    frame = child(page)
    # The map has told its height, and nobody here was allowed to obey.
    heard(page, 1)
    assert height(page) == pytest.approx(512, abs=6)
    assert frame.locator("canvas").first.is_visible()
    assert all("Content Security Policy" in line for line in said), said
    page.context.close()


def test_a_policy_that_names_the_script_lets_it_work(html: str, browser: Browser) -> None:
    """The script is the same for every map, so one digest in a policy allows it."""
    digest = base64.b64encode(hashlib.sha256(RESIZER.encode()).digest()).decode()
    assert f"'sha256-{digest}'" == assets.digest(RESIZER)
    text = snippet(made(url=MAPS, height=512), "iframe")
    policy = f"default-src 'none'; frame-src {MAPS}; script-src 'sha256-{digest}'"
    page, _ = served(browser, {SITE: parent(text), MAPS + "a-map.html": html}, policy=policy)
    # The policy takes the frame's own style too, and so leaves it its border.
    assert fitted(page, child(page), border=2) != 516
    page.context.close()


def test_two_maps_in_one_page_keep_apart(html: str, browser: Browser) -> None:
    texts = [snippet(made(id=name, url=MAPS, height=333), "iframe") for name in ("one", "two")]
    narrow = f'<div style="width:400px">{texts[1]}</div>'
    files = {SITE: parent(texts[0], narrow)} | {MAPS + f"{n}.html": html for n in ("one", "two")}
    page, said = served(browser, files)
    page.locator("iframe").nth(1).scroll_into_view_if_needed()
    frames = [child(page, 0), child(page, 1)]
    one, two = (fitted(page, frame, place) for place, frame in enumerate(frames))
    assert one != two
    frames[0].locator(".hm-language").click()
    assert [f.evaluate("document.documentElement.lang") for f in frames] == ["zh-Hans", "en"]
    assert not said
    page.context.close()


def test_a_message_of_anyone_else_changes_nothing(html: str, browser: Browser) -> None:
    text = snippet(made(url=MAPS), "iframe")
    page, _ = served(browser, {SITE: parent(text), MAPS + "a-map.html": html})
    frame = child(page)
    fitted(page, frame)
    page.evaluate(
        """() => {
             const node = document.querySelector('iframe');
             window.heights = [];
             new MutationObserver(() => heights.push(node.style.height))
               .observe(node, { attributes: true });
           }"""
    )
    page.evaluate("window.postMessage({ hubmapHeight: 3000 }, '*')")
    for bad in ("'3000px'", "1e9", "NaN", "-5", "{}", "null", "[900]"):
        frame.evaluate(f"window.parent.postMessage({{ hubmapHeight: {bad} }}, '*')")
    frame.evaluate("window.parent.postMessage(null, '*')")
    # Messages arrive in order: with this one, which is let through, all before it have been read.
    frame.evaluate("window.parent.postMessage({ hubmapHeight: 901 }, '*')")
    until(page, lambda: height(page), lambda now: now == 901)
    assert page.evaluate("heights") == ["901px"]
    page.context.close()


@pytest.mark.parametrize("framed", ["ours", "bare"])
def test_a_hostile_parent_learns_only_the_height(framed: str, html: str, browser: Browser) -> None:
    """Whatever it sends, reads or calls; also when it leaves our sandbox away."""
    ours = snippet(made(url=MAPS), "iframe")
    bare = f'<iframe src="{MAPS}a-map.html" width="900" height="600"></iframe>'
    files = {SITE: parent(ours if framed == "ours" else bare), MAPS + "a-map.html": html}
    page, _ = served(browser, files, before=LISTEN)
    frame = child(page)
    state = "JSON.stringify([hubmapApp.state.get('kinds'), hubmapApp.state.get('language'), " \
            "hubmapApp.map.getZoom(), document.body.innerText.length])"  # fmt: skip
    before = frame.evaluate(state)
    tried = page.evaluate(
        """async () => {
             const w = document.querySelector('iframe').contentWindow;
             const got = [];
             const tries = {
               document: () => w.document.body.innerHTML, data: () => w.hubmapApp,
               api: () => w.hubmap, name: () => w.name, address: () => w.location.href,
               storage: () => w.localStorage, node: () =>
                 document.querySelector('iframe').contentDocument.body.innerHTML,
             };
             for (const [name, f] of Object.entries(tries)) {
               try { got.push([name, String(f())]); } catch (e) { /* refused, as it should be */ }
             }
             for (const m of ['open', { type: 'open', i: 0 }, { hubmapHeight: 5 }, { lang: 'zh' },
                              { method: 'eval', code: 'window.__pwn=1' }, null, 7, ['data']])
               w.postMessage(m, '*');
             return got;
           }"""
    )
    assert tried == []
    heard(frame, 8)
    assert frame.evaluate(state) == before
    frame.evaluate("hubmapApp.open(0)")
    frame.locator(".hm-language").click()
    # Longer than anything in the page puts off: that nothing comes has no other sign.
    page.wait_for_timeout(400)
    wanted = frame.evaluate("hubmap.embed.height(innerWidth)")
    assert set(heard(page, 1)) == {f'{{"hubmapHeight":{wanted}}}'}
    page.context.close()


def test_the_page_listens_to_no_message_and_posts_one_thing() -> None:
    ours = assets.core_script() + assets.page_script()
    assert "'message'" not in ours
    assert '"message"' not in ours
    assert "onmessage" not in ours
    assert ours.count("postMessage") == 1
    assert "postMessage({ hubmapHeight: wanted }" in ours


def test_unframed_it_says_nothing(html: str, browser: Browser) -> None:
    page, said = served(browser, {SITE: html}, before=LISTEN)
    ready(page)
    page.evaluate("postMessage('the last', '*')")
    assert heard(page, 1) == ['"the last"']
    assert not said
    page.context.close()
