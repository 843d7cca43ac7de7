"""The page in a real browser: no request, quick, readable, usable by keyboard, in two languages."""

from __future__ import annotations

import base64
import json
import zlib

import folium
import pytest

from hubmap.errors import ProductError
from hubmap.maps import assets
from hubmap.maps.draw import draw
from hubmap.maps.index import IndexEntry, index_page
from hubmap.maps.layers import HubmapLayer
from hubmap.maps.pack import MANY, pack, unpack
from hubmap.maps.page import page
from hubmap.maps.recipe import MapRecipe
from hubmap.maps.records import still_records
from pages.browsing import still
from pages.small_hub import ENTITIES, Opener, entity, hub_layer, small_basemap


def test_it_fetches_nothing_and_is_small(html: str, visit: Opener) -> None:
    opened = visit(html)
    assert opened.clean, (opened.requests, opened.messages)
    assert opened.page.evaluate("() => window.hubmapReady") is True
    assert len(html.encode()) < 760_000


def test_without_decompression_the_page_inflates_by_itself(html: str, visit: Opener) -> None:
    read = "() => JSON.stringify(window.hubmapApp.points.table.name)"
    opened = visit(html, before="delete window.DecompressionStream")
    assert opened.clean, opened.messages
    assert opened.page.evaluate(read) == visit(html).page.evaluate(read)


@pytest.mark.parametrize("level", [0, 1, 9])
@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY])
def test_every_sort_of_deflate_block_is_read(
    level: int, strategy: int, html: str, visit: Opener
) -> None:
    """Stored, fixed and dynamic blocks, and matches that overlap themselves."""
    words = ["a" * 1000, *(f"row {i * i % 997} 风筝" for i in range(3000))]
    raw = json.dumps({"v": words}, ensure_ascii=False).encode()
    coder = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    small = coder.compress(len(raw).to_bytes(4, "little") + raw + b"xyz") + coder.flush()
    read = "t => window.hubmap.pack.now(t).v"
    assert visit(html).page.evaluate(read, base64.b64encode(small).decode()) == words


def test_many_bytes_are_a_block_of_their_own(html: str, visit: Opener) -> None:
    """Two coders' blocks in one stream, inflated by the browser and by the page alike."""
    many = bytes(i * i % 251 for i in range(MANY + 5))
    text = pack({"v": many, "w": "风筝"})
    assert unpack(text) == {"v": many, "w": "风筝"}
    read = """async (text) => {
      const [a, b] = [hubmap.pack.now(text), await hubmap.pack.later(text)];
      return [a.v.length, a.w, a.v.every((byte, i) => byte === b.v[i] && byte === (i * i) % 251)];
    }"""
    assert visit(html).page.evaluate(read, text) == [MANY + 5, "风筝", True]


def test_numbers_are_written_as_by_intl(html: str, visit: Opener) -> None:
    """The page writes numbers by itself, which is quicker; `Intl` is the yardstick."""
    found = visit(html).page.evaluate(
        """() => {
             const { text } = hubmap;
             const made = (locale) => (options) => new Intl.NumberFormat(locale, options);
             const wrong = [];
             let seed = 1;
             const chance = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
             const values = [0, 1, -1, 0.5, 1.005, 2.675, 999.5, 99.95, 9.995, 0.996, 0.0999, 0.001,
               1e-6, 1e-9, -0.004, -12.25, -1234.5, 10.05, 1 / 3, NaN, Infinity, -0, 999500, 1e21];
             for (let i = 0; i < 3000; i += 1) {
               const size = 10 ** (Math.floor(chance() * 20) - 5);
               values.push(chance() * size, -chance() * size, Math.round(chance() * size));
               values.push(Number((chance() * 100).toFixed(3)));
             }
             for (const [language, locale] of [['en', 'en-GB'], ['zh', 'zh-CN']]) {
               text.language = language;
               const by = made(locale);
               const [whole, one, two] = [0, 1, 2].map((n) => by({ maximumFractionDigits: n }));
               const digits = by({ maximumSignificantDigits: 2 });
               const short = by({ notation: 'compact', maximumSignificantDigits: 2 });
               const columns = [[[250], 0], [[60], 1], [[3, 0.02], 2], [[0.004], 3]].map(
                 ([all, n]) => [text.column('any', all),
                   by({ minimumFractionDigits: n, maximumFractionDigits: n })]);
               for (const v of values) {
                 for (const [say, by] of columns) {
                   if (say(v) !== by.format(v)) wrong.push(['column', v, say(v)]);
                 }
                 const size = Math.abs(v);
                 const plain = Number.isInteger(v) || !(size < 100) ? whole
                   : size >= 10 ? one : size >= 1 ? two : digits;
                 if (text.number(v) !== plain.format(v)) wrong.push([language, v, text.number(v)]);
                 if (v >= 1000 && text.short(v) !== short.format(v)) wrong.push([v, text.short(v)]);
               }
             }
             text.language = 'en';
             return [values.length, wrong.slice(0, 9)];
           }"""
    )
    assert found == [12024, []]


def test_the_ground_is_kept_while_the_view_stays(html: str, visit: Opener) -> None:
    """Pointing repaints what lies above; what lies below is kept, to the pixel.

    It is kept when a view is painted again: most views of a pan never are.
    """
    tab = visit(html).page
    same = tab.evaluate(
        """() => {
             const { stage } = window.hubmapApp;
             const { width, height } = stage._container;
             const pixels = () => {
               stage.paint();
               return stage.ctx.getImageData(0, 0, width, height).data;
             };
             stage._kept = null;
             const fresh = pixels();
             stage.paint();
             let painted = 0;
             const actor = stage.actors.find((a) => a.ground);
             const paint = actor.paint;
             actor.paint = function count(view) { painted += 1; return paint.call(this, view); };
             const again = pixels();
             let worst = 0;
             for (let i = 0; i < fresh.length; i += 1) {
               worst = Math.max(worst, Math.abs(fresh[i] - again[i]));
             }
             return [worst, painted];
           }"""
    )
    assert same[1] == 0
    assert same[0] <= 2, same


def test_same_input_same_bytes(html: str) -> None:
    assert page(draw([hub_layer()], basemap=small_basemap())) == html


def test_foreign_layers_are_refused_in_one_sentence() -> None:
    drawn = draw([hub_layer()])
    folium.Marker([22.5, 114.0]).add_to(drawn)
    with pytest.raises(ProductError, match=r"carries Marker.*map\.save"):
        page(drawn)
    plain = folium.Map(tiles=None)
    plain.get_root().html.add_child(folium.Element("<p>hello</p>"))
    with pytest.raises(ProductError, match="carries Element"):
        page(plain)


def test_it_is_a_folium_map_of_folium_layers() -> None:
    drawn = draw([hub_layer()], basemap=small_basemap())
    assert isinstance(drawn, folium.Map)
    ours = [c for c in drawn._children.values() if isinstance(c, HubmapLayer)]
    assert [layer.role for layer in ours] == [
        "basemap", "districts", "cells", "kernel", "rings", "outline", "points",
    ]  # fmt: skip
    assert all(isinstance(layer, folium.map.Layer) for layer in ours)
    # The page of a map that folium has saved already is the same page.
    before = page(drawn)
    drawn.get_root().render()
    assert page(drawn) == before


def test_the_policy_is_strict(html: str) -> None:
    policy = html.split('Content-Security-Policy" content="')[1].split('"', maxsplit=1)[0]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert policy.count("sha256-") == 6
    assert "http" not in policy


def test_our_scripts_never_write_markup() -> None:
    ours = assets.core_script() + assets.page_script()
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "document.write",
                 "new Function", "fetch(", "XMLHttpRequest"):  # fmt: skip
        assert word not in ours, word
    # The reader's language, and nothing else, is kept in the browser.
    assert ours.count("localStorage") == ours.count("localStorage.setItem('hubmap-language'") + 1
    everything = assets.leaflet_script() + assets.leaflet_style()
    assert "sourceMappingURL" not in everything
    assert "url(images" not in everything


def test_popups_say_source_and_precision(html: str, visit: Opener) -> None:
    tab = visit(html).page
    tab.evaluate("() => window.hubmapApp.open(0)")
    card = tab.locator(".hm-card")
    wanted = (
        "Harbour University", "海港大学", "located to within about 300 m", "source of u1",
        "Project 985", "QS top 100", "Nanshan, Shenzhen", "1990",
    )  # fmt: skip
    for text in wanted:
        assert text in (card.text_content() or ""), text
    tab.evaluate("() => window.hubmapApp.open(4)")
    assert "district or city only" in (tab.locator(".hm-card").text_content() or "")


def test_several_at_one_spot_are_listed_or_spread(html: str, visit: Opener) -> None:
    tab = visit(html).page
    tab.evaluate("() => window.hubmapApp.map.setView([22.55, 114.05], 10, {animate: false})")
    still(tab)
    near = tab.evaluate(
        """() => {
             const app = window.hubmapApp;
             const marks = app.points.lay(app.stage.view).marks.filter((m) => [2, 3].includes(m.i));
             return Math.hypot(marks[0].x - marks[1].x, marks[0].y - marks[1].y);
           }"""
    )
    assert near > 1, "two at one spot must not hide each other"
    at = tab.evaluate(
        """() => {
             const app = window.hubmapApp;
             const p = app.map.latLngToContainerPoint([22.55, 114.05]);
             const b = app.map.getContainer().getBoundingClientRect();
             return [b.left + p.x, b.top + p.y];
           }"""
    )
    tab.mouse.click(*at)
    text = tab.locator(".hm-card").text_content() or ""
    assert "Kite Robotics" in text or "Lantern AI" in text


def test_search_by_keyboard_in_both_scripts(html: str, visit: Opener) -> None:
    tab = visit(html).page
    tab.keyboard.press("/")
    tab.keyboard.type("风筝")
    assert tab.locator("#hm-results li").count() == 1
    assert tab.locator("[aria-live]").text_content() == "1 found"
    tab.keyboard.press("ArrowDown")
    assert tab.locator("#hm-search").get_attribute("aria-activedescendant") == "hm-result-0"
    tab.keyboard.press("Enter")
    assert "Kite Robotics" in (tab.locator(".hm-card").text_content() or "")
    search = tab.locator("#hm-search")
    search.fill("luoh")
    search.press("Enter")
    assert tab.locator(".hm-profile h2").text_content() == "Luohu"
    search.fill("zzzz")
    assert tab.locator("[aria-live]").text_content() == "Nothing found"


def test_search_tells_namesakes_apart_by_their_place(visit: Opener) -> None:
    campuses = [
        entity("w1", "universities", "Wind University", 114.03, 22.53, name_zh="风大学"),
        entity("w2", "universities", "Wind University", 114.13, 22.53, name_zh="风大学",
               district="440303"),
    ]  # fmt: skip
    tab = visit(page(draw([hub_layer([*ENTITIES, *campuses])]))).page
    for words, expected in (
        ("Wind", ["风大学 · Luohu, Shenzhen", "风大学 · Nanshan, Shenzhen"]),
        ("Kite", ["风筝机器人"]),
    ):  # fmt: skip
        tab.locator("#hm-search").fill(words)
        assert sorted(tab.locator(".hm-results .hm-second").all_text_contents()) == expected


def test_the_legend_tells_what_is_shown_and_nothing_else(html: str, visit: Opener) -> None:
    tab = visit(html).page
    control = tab.locator(".hm-control")
    assert control.locator(".hm-classes").count() == 1
    assert control.locator(".hm-marks").count() == 1
    assert "not a count of the market" in (control.text_content() or "")
    control.get_by_label("AI postings").uncheck()
    assert control.locator(".hm-marks").count() == 0
    control.get_by_role("radio", name="None").check()
    assert control.locator(".hm-classes").count() == 0
    control.get_by_role("radio", name="Districts").check()
    select = control.get_by_label("What the shading shows")
    select.select_option("ai_job_postings|count")
    assert "withheld or no data" in (control.text_content() or "")
    # Postings are placed at districts: instead of hexagons the reader is told why there are none.
    control.get_by_role("radio", name="Hexagons").check()
    select.select_option("ai_job_postings|cell_density")
    assert "0 % of the records are placed" in (control.locator(".hm-why").text_content() or "")
    assert control.locator(".hm-patch").count() == 0


def test_world_ranks_can_be_counted(html: str, visit: Opener) -> None:
    tab = visit(html).page
    tab.get_by_label("Highlight").select_option("QS top 100")
    block = tab.locator(".hm-highlight")
    assert "Harbour University" in (block.text_content() or "")
    assert "Hill College" not in (block.text_content() or "")
    assert "#17" in (block.text_content() or "")


def test_the_language_switches_everywhere(html: str, visit: Opener) -> None:
    tab = visit(html).page
    tab.evaluate("() => window.hubmapApp.open(0)")
    tab.locator(".hm-language").click()
    assert tab.evaluate("() => document.documentElement.lang") == "zh-Hans"
    assert tab.locator(".hm-card h3").text_content() == "海港大学"
    assert tab.locator("#hm-search").get_attribute("placeholder") == "搜索名称或地点"
    assert tab.locator(".hm-profile h2").text_content() == "测试中心"
    text = tab.locator("body").inner_text()
    assert "定位误差约300米以内" in text
    # Of two patterns that fit, the more particular one speaks.
    term = "said => window.hubmap.text.term('denominator', said)"
    assert tab.evaluate(term, "16,850 km² official land area (2021)") == (
        "官方土地面积16,850平方公里（2021年）"
    )
    tab.locator(".hm-language").click()
    assert tab.locator(".hm-card h3").text_content() == "Harbour University"


def test_the_language_is_remembered(html: str, visit: Opener) -> None:
    tab = visit(html).page
    language = "() => document.documentElement.lang"
    tab.locator(".hm-language").click()
    tab.wait_for_function("() => location.hash.includes('lang=zh')")
    address = tab.url
    for reopened, expected in (
        (address.split("#")[0], "zh-Hans"), (address.split("#")[0] + "#at=22.5,114.1,10", "en"),
    ):  # fmt: skip
        tab.goto("about:blank")
        tab.goto(reopened)
        tab.wait_for_selector("html[data-ready]")
        assert tab.evaluate(language) == expected
    # Foreign words name no catalogue; where nothing can be stored the page opens all the same.
    other = "localStorage.setItem('hubmap-language', '__proto__')"
    none = (
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no'); } })"
    )
    for before in (other, none):
        opened = visit(html, before=before)
        assert opened.page.evaluate(language) == "en"
        opened.page.locator(".hm-language").click()
        assert opened.page.evaluate(language) == "zh-Hans"
        assert opened.clean, opened.messages


def test_catalogues_have_the_same_keys() -> None:
    english, chinese = (
        {k for k in assets.catalogues()[language] if not k.startswith(("~", "="))}
        for language in ("en", "zh")
    )
    assert english == chinese


def test_withheld_numbers_say_why(html: str, visit: Opener) -> None:
    tab = visit(html).page
    tab.evaluate("() => window.hubmapApp.visit('440303')")
    text = tab.locator(".hm-figures").inner_text()
    assert "withheld" in text
    assert "not covered: a sample from X, 2025" in text


def test_the_table_is_an_equal_alternative(html: str, visit: Opener) -> None:
    tab = visit(html).page
    tab.get_by_role("button", name="Table").click()
    rows = tab.locator(".hm-table tbody tr")
    assert rows.count() == 6
    tab.get_by_role("button", name="Founded").click()
    founded = tab.locator("th[aria-sort=ascending]")
    assert founded.count() == 1
    assert "1990" in (rows.first.text_content() or "")
    tab.get_by_role("button", name="Founded").click()
    assert "2020" in (rows.first.text_content() or "")


@pytest.mark.parametrize("width", [320, 390])
def test_a_narrow_screen_scrolls_only_down(width: int, html: str, visit: Opener) -> None:
    tab = visit(html, size=(width, 844)).page
    assert tab.evaluate("() => document.documentElement.scrollWidth") <= width
    tab.get_by_role("button", name="Layers").click()
    assert tab.locator(".hm-control").is_visible()
    # The card of layers lies over the panel until it is closed.
    tab.get_by_role("button", name="Layers").click()
    tab.get_by_role("button", name="Show more").click()
    tab.wait_for_function("() => document.querySelector('.hm-panel').offsetHeight > 500")
    still(tab)
    assert tab.evaluate("() => document.documentElement.scrollWidth") <= width


def test_landmarks_headings_and_names(html: str, visit: Opener) -> None:
    tab = visit(html).page
    assert tab.locator("h1").count() == 1
    assert tab.title() == "Test hub"
    for role in ("banner", "main", "search"):
        assert tab.get_by_role(role).count() == 1, role
    unnamed = tab.evaluate(
        """() => [...document.querySelectorAll('button, select, input, a')].filter((n) =>
             !(n.textContent.trim() || n.getAttribute('aria-label') || n.title
               || (n.labels && n.labels.length))).length"""
    )
    assert unnamed == 0


def test_without_scripts_there_is_a_picture(html: str, visit: Opener) -> None:
    still = html.split('<main class="still">')[1].split("</main>", maxsplit=1)[0]
    assert "<svg" in still
    assert "style=" not in still
    plain = visit(html, wait=False, java_script_enabled=False).page
    assert plain.locator(".still svg").is_visible()
    assert plain.get_by_role("table", name="Districts with their numbers").is_visible()
    records = plain.get_by_role("table", name="All 6 rows of this map, by kind and district")
    said = records.inner_text()
    for words in (
        "universities: Nanshan, Shenzhen",
        "Harbour University\t1990",
        "Kite Robotics\t2015",
    ):
        assert words in said, words
    # Counts are listed by where they were counted.
    assert "Nanshan, Shenzhen\t–\t40" in said
    opened = visit(html).page
    assert not opened.locator(".still").is_visible()
    opened.emulate_media(media="print")
    assert opened.locator(".records").count() == 0


@pytest.mark.parametrize("width", [320, 1280])
def test_without_scripts_the_picture_comes_first(width: int, html: str, visit: Opener) -> None:
    plain = visit(html, size=(width, 640), wait=False, java_script_enabled=False).page
    assert not plain.locator("#hm-root").is_visible()
    box = plain.locator(".still svg").bounding_box()
    assert box is not None
    assert box["y"] < 200
    assert plain.evaluate("() => document.documentElement.scrollWidth") <= width


def test_without_scripts_many_records_are_cut_and_the_rest_is_named() -> None:
    cut = still_records([hub_layer()], most=2)
    assert cut.count("<tr><td>") == 2
    assert "4 more" in cut
    assert "hubmap layers --format csv" in cut
    assert still_records([hub_layer()], room=0).startswith("<p>6 rows")
    assert still_records([hub_layer()], room=150).count("<tr><td>") == 1
    chinese = still_records([hub_layer()], "zh")
    assert "海港大学" in chinese
    assert "深圳市 · 南山区" in chinese
    hostile = hub_layer([entity("x", "companies", "<img src=x onerror=alert(1)>&", 114.02, 22.52)])
    assert "&lt;img src=x onerror=alert(1)&gt;&amp;" in still_records([hostile])


def test_on_paper_there_is_the_still_map(html: str, visit: Opener) -> None:
    opened = visit(html).page
    opened.emulate_media(media="print")
    assert opened.locator(".still svg").is_visible()
    assert not opened.locator("#hm-root").is_visible()
    assert opened.pdf(format="A4").startswith(b"%PDF")


def test_a_map_without_entities_still_opens(visit: Opener) -> None:
    layer = hub_layer([entity("u1", "universities", "Only one", 114.02, 22.52)])
    opened = visit(page(draw([layer])))
    assert opened.clean, opened.messages


def test_the_index_links_and_pictures(visit: Opener) -> None:
    recipe = MapRecipe(title="A hub", subtitle="Of two squares.", layers=("test-hub",))
    text = index_page([IndexEntry("a-hub", recipe, [hub_layer()])])
    opened = visit(text, wait=False)
    assert opened.clean, opened.messages
    assert opened.page.locator("li a").get_attribute("href") == "a-hub.html"
    assert opened.page.locator("li svg").count() == 1
    assert opened.page.locator("dd").all_text_contents() == ["2", "3", "40"]
    assert index_page([IndexEntry("a-hub", recipe, [hub_layer()])]) == text
