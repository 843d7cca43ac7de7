"""Texts that would act wherever they were taken for anything but text."""

from __future__ import annotations

import json
import os
from pathlib import Path

OWN = (
    "<img src=x onerror=window.__pwn=1>",
    "</script><script>window.__pwn=1</script>",
    "</ScRiPt ><svg/onload=window.__pwn=1>",
    "<!--<script>",
    "${window.__pwn=1}",
    "`+(window.__pwn=1)+`",
    '\\"+(window.__pwn=1)//',
    "{{ 7*7 }}",
    "{{ cycler.__init__.__globals__.os.getcwd() }}",
    "{% bad %}",
    "{# open comment",
    "\u2028window.__pwn=1\u2029",
    "a\x00b",
    "\u202eexe.txt",
    "</title><script>window.__pwn=1</script>",
    "</style><script>window.__pwn=1</script>",
    'x" style="position:fixed;inset:0;background:red',
    "<iframe srcdoc='<script>parent.__pwn=1</script>'>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=prompt(1)>",
    "<video><source onerror=window.__pwn=1>",
    "<body onload=window.__pwn=1>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.__pwn=1>",
    "<svg><animate onbegin=window.__pwn=1 attributeName=x dur=1s>",
    "<svg><foreignObject><img src=x onerror=window.__pwn=1></foreignObject></svg>",
    "<object data=http://h.invalid/a.swf></object>",
    "<embed src=http://h.invalid/a>",
    "<link rel=stylesheet href=http://h.invalid/a.css>",
    "<base href=http://h.invalid/>",
    "<meta http-equiv=refresh content='0;url=http://h.invalid/'>",
    "<form action=http://h.invalid/><button>send</button></form>",
    "<a href=javascript:window.__pwn=1 target=_blank>x</a>",
    "<template shadowrootmode=open><script>window.__pwn=1</script></template>",
    "--><script>window.__pwn=1</script>",
    "*/window.__pwn=1;/*",
    "';window.__pwn=1;'",
    "</textarea><script>window.__pwn=1</script>",
    "</noscript><script>window.__pwn=1</script>",
    "</main></svg></table><script>window.__pwn=1</script>",
    "<![CDATA[<script>window.__pwn=1</script>]]>",
    "<?xml-stylesheet href='http://h.invalid/a.xsl'?>",
    "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "url(http://h.invalid/a.png)",
    "}body{background:url(http://h.invalid/a.png)}",
    "expression(window.__pwn=1)",
    "vbscript:window.__pwn=1",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "&#60;script&#62;window.__pwn=1&#60;/script&#62;",
    "\\u003cscript\\u003ewindow.__pwn=1\\u003c/script\\u003e",
    "<<script>script>window.__pwn=1<</script>/script>",
    "\ufeff<script>window.__pwn=1</script>",
    "<scr\u200bipt>window.__pwn=1</scr\u200bipt>",
    "\uff1cscript\uff1ewindow.__pwn=1\uff1c/script\uff1e",
    "|x|\n|---|\n<script>window.__pwn=1</script>",
    "\\input{/etc/passwd}\\write18{id}",
    "(/S /JavaScript /JS (app.alert\\(1\\)))",
    "%PDF-1.7 endobj",
    "<img srcset='http://h.invalid/a.png 2x'>",
    "<svg><use href='http://h.invalid/a.svg#a'/></svg>",
    "<style>@import 'http://h.invalid/a.css';</style>",
    "<a href='data:text/html,<script>parent.__pwn=1</script>' target=_top>x</a>",
    "</desc></title></metadata><script>window.__pwn=1</script>",
    "]]>*/--></xmp><script>window.__pwn=1</script>",
    "../../../etc/cron.d/x",
    "```{=html}\n<script>window.__pwn=1</script>\n```",
)
"""What this project adds to the shared list; each is told by a canary if it acts."""


def _shared() -> list[str]:
    folder = os.environ.get("HUBMAP_SHARED", str(Path(__file__).parents[2] / "shared"))
    path = Path(folder) / "validation" / "payloads.json"
    return list(json.loads(path.read_text("utf-8"))) if path.is_file() else []


PAYLOADS: tuple[str, ...] = tuple(dict.fromkeys([*_shared(), *OWN]))
"""The shared list, where it is at hand, and our own, which are more than 60 alone."""
