"""Reports as Markdown and as HTML; all words are escaped here, and nowhere else."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hubmap.maps.assets import digest
from hubmap.maps.page import ICON
from hubmap.maps.still.scene import clean
from hubmap.maps.still.svg import svg
from hubmap.reports.blocks import Block, Heading, Paragraph, Picture, Points, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONG = 4000
_MARKS = re.compile(r"([\\`*_\[\]<>|$&{}~^#!@])")
_LEAD = re.compile(r"^(?:([-+=])|(\d{1,9})([.)])(?=\s|$))")
STYLE = """\
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:#1a2530;font:16px/1.6 system-ui,-apple-system,"Segoe UI",\
Roboto,"Helvetica Neue","Noto Sans","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",\
"WenQuanYi Micro Hei",sans-serif}
main{max-width:860px;margin:0 auto;padding:40px 24px 80px}
h1{font-size:34px;line-height:1.15;letter-spacing:-.02em;margin:0 0 6px;text-wrap:balance}
h2{font-size:22px;margin:44px 0 8px;padding-top:14px;border-top:2px solid #17324d;line-height:1.25}
h3{font-size:17px;margin:26px 0 4px}
p{margin:8px 0;max-width:72ch}
p.quiet,figcaption,li{color:#56626e;font-size:14px}
ul{margin:6px 0;padding-left:20px}
li,p,figcaption,caption,h1,h2,h3{overflow-wrap:anywhere}
td{white-space:nowrap}
td.l,th.l{white-space:normal;overflow-wrap:break-word}
figure{margin:22px 0}
svg{display:block;width:100%;height:auto}
figcaption{margin-top:8px}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:12px 0;font-size:13.5px;line-height:1.4;\
font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:650;padding:6px 0}
th,td{text-align:right;padding:5px 8px;border-bottom:1px solid #dfe3e6;vertical-align:top}
th{font-weight:600}
thead th{border-bottom:1.5px solid #56626e;font-size:12.5px;color:#56626e}
.l{text-align:left}
td.l{color:#56626e;font-size:12.5px;min-width:7em}
.wide:focus-visible{outline:3px solid #2b7de1}
@media print{
@page{margin:16mm}
main{max-width:none;padding:0}
body{font-size:10pt;line-height:1.45}
h1{font-size:22pt}h2{font-size:14pt;break-after:avoid}h3{font-size:11pt;break-after:avoid}
p.quiet,figcaption,li{font-size:8.5pt}
table{font-size:8pt}td.l,thead th{font-size:7.5pt}td.l{min-width:0}
.wide{overflow:visible}
figure,tr,caption{break-inside:avoid}
caption{break-after:avoid}
thead{display:table-header-group}tbody tr:first-child{break-before:avoid}
svg{max-height:220mm}
}
"""


def plain(text: str) -> str:
    """Words that are safe in any file: one line, no control character."""
    return clean(text, _LONG)


def mark(text: str) -> str:
    """Words as Markdown that says just these words: no link, image, element or formula."""
    safe = _MARKS.sub(r"\\\1", plain(text)).replace("://", "\\://")
    # A dash or a number and a dot begin a list; 0.56 does not.
    return _LEAD.sub(lambda found: f"{found[2] or ''}\\{found[1] or found[3]}", safe)


def markdown(blocks: Sequence[Block]) -> str:
    """A report as Markdown (CommonMark with tables); figures are files beside it."""
    return "\n\n".join(_marked(block) for block in blocks) + "\n"


def _marked(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {mark(block.text)}"
        case Paragraph():
            return mark(block.text)
        case Points():
            return "\n".join(f"* {mark(item)}" for item in block.items)
        case Picture():
            return f"![{mark(block.caption)}]({quote(block.name)})"
        case Table():
            rule = [":--" if i in block.left else "--:" for i in range(len(block.head))]
            rows = [[mark(cell) for cell in row] for row in (block.head, *block.rows)]
            lines = [f"| {' | '.join(row)} |" for row in rows]
            lines.insert(1, f"| {' | '.join(rule)} |")
            return f"**{mark(block.caption)}**\n\n" + "\n".join(lines)


def page(
    blocks: Sequence[Block],
    *,
    language: str,
    title: str,
    made: Mapping[str, Any] | None = None,
) -> str:
    """A report as one HTML file: no script, nothing fetched.

    Parameters
    ----------
    blocks
        The report.
    language
        ``en`` or ``zh``.
    title
        The window's title.
    made
        What the report says of its making, in an element that programs read.
    """
    said = "" if made is None else html.escape(json.dumps(made, ensure_ascii=False), quote=True)
    policy = f"default-src 'none'; style-src {digest(STYLE)}; img-src data:; base-uri 'none'"
    parts = [_shown(block, place) for place, block in enumerate(blocks)]
    return "".join(
        [
            f'<!DOCTYPE html>\n<html lang="{"zh-Hans" if language == "zh" else "en"}">\n<head>\n'
            '<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="',
            policy,
            "; form-action 'none'\">\n"
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="generator" content="hubmap">\n'
            '<meta name="referrer" content="no-referrer">\n',
            f'<meta name="hubmap-made" content="{said}">\n' if said else "",
            "<title>",
            _text(title),
            '</title>\n<link rel="icon" href="data:image/svg+xml,',
            quote(ICON, safe=""),
            f'">\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n',
            "\n".join(parts),
            "\n</main>\n</body>\n</html>\n",
        ]
    )


def _text(text: str) -> str:
    return html.escape(plain(text), quote=True)


def _shown(block: Block, place: int) -> str:
    match block:
        case Heading():
            return f"<h{block.level}>{_text(block.text)}</h{block.level}>"
        case Paragraph():
            look = ' class="quiet"' if block.quiet else ""
            return f"<p{look}>{_text(block.text)}</p>"
        case Points():
            return "<ul>" + "".join(f"<li>{_text(item)}</li>" for item in block.items) + "</ul>"
        case Picture():
            drawn = svg(block.sheet, prefix=f"f{place}-", label=plain(block.caption))
            return f"<figure>{drawn}<figcaption>{_text(block.caption)}</figcaption></figure>"
        case Table():
            return _table(block)


def _table(block: Table) -> str:
    def look(column: int) -> str:
        return ' class="l"' if column in block.left else ""

    head = "".join(f'<th scope="col"{look(i)}>{_text(h)}</th>' for i, h in enumerate(block.head))
    rows = []
    for first, *rest in block.rows:
        cells = "".join(f"<td{look(i)}>{_text(cell)}</td>" for i, cell in enumerate(rest, start=1))
        rows.append(f'<tr><th scope="row" class="l">{_text(first)}</th>{cells}</tr>')
    label = _text(block.caption)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{label}"><table>'
        f"<caption>{label}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
