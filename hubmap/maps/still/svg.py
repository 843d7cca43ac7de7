"""A sheet as compact SVG with live text, for inside a page: shapes and words, nothing else."""

from __future__ import annotations

import html
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.maps.still.scene import PT, Circle, Marks, Path, Sheet, Text, Window
from hubmap.maps.still.style import HATCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubmap.maps.still.scene import Floats

UNIT = 10
"""Steps of the drawing a millimetre."""
FONTS = (
    "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans','PingFang SC',"
    "'Microsoft YaHei','Noto Sans CJK SC','WenQuanYi Micro Hei',sans-serif"
)
INKS = {"slash": HATCH, "back": "#ffffff"}
LINES = {"slash": "M-1 1L1-1M0 8L8 0M7 9L9 7", "back": "M-1 7L1 9M0 0L8 8M7-1L9 1"}


def svg(sheet: Sheet, *, prefix: str = "hm", label: str | None = None) -> str:
    """The sheet's SVG.

    Parameters
    ----------
    sheet
        What to draw.
    prefix
        Begins every id, so that several pictures can stand in one page.
    label
        What a screen reader says; by default the sheet's title.
    """
    pen = _Pen(prefix)
    body = pen.items(sheet.items)
    defs = f"<defs>{''.join(pen.defs)}</defs>" if pen.defs else ""
    width, height = round(sheet.width * UNIT), round(sheet.height * UNIT)
    name = html.escape(sheet.title if label is None else label, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{name}" font-family="{FONTS}" stroke-linejoin="round">{defs}{body}</svg>'
    )


class _Pen:
    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.defs: list[str] = []
        self._ids: dict[str, str] = {}

    def items(self, items: Sequence[Any]) -> str:
        found = []
        for look, group in groupby(items, key=_look):
            drawn = "".join(map(self.item, group))
            found.append(f"<g{look}>{drawn}</g>" if look else drawn)
        return "".join(found)

    def item(self, item: Any) -> str:
        if isinstance(item, Path):
            return self.path(item)
        if isinstance(item, Marks):
            return self.marks(item)
        if isinstance(item, Circle):
            return self.circle(item)
        if isinstance(item, Text):
            return self.text(item)
        if isinstance(item, Window):
            shape = f'<path d="{_ring(item.ring, closed=True)}"/>'
            clip = self.define(f'<clipPath id="{{}}">{shape}</clipPath>')
            return f'<g clip-path="url(#{clip})">{self.items(item.items)}</g>'
        raise TypeError(f"{type(item).__name__} cannot be drawn")

    def define(self, pattern: str) -> str:
        """Keep a definition once, and say its id."""
        if pattern not in self._ids:
            self._ids[pattern] = f"{self.prefix}{len(self._ids)}"
            self.defs.append(pattern.replace("{}", self._ids[pattern], 1))
        return self._ids[pattern]

    def path(self, item: Path) -> str:
        d = "".join(_ring(ring, item.closed) for ring in item.rings)
        if not d:
            return ""
        pens = _fill(item.fill, item.opacity) + _stroke(item.stroke, item.width)
        if item.dash:
            pens += f' stroke-dasharray="{" ".join(_n(v) for v in item.dash)}"'
        rule = ' fill-rule="evenodd"' if item.closed and item.fill else ""
        drawn = f'<path d="{d}"{pens}{rule}/>'
        if item.hatch:
            tile = self.define(
                '<pattern id="{}" width="12" height="12" patternUnits="userSpaceOnUse">'
                f'<path transform="scale(1.5)" d="{LINES[item.hatch]}" '
                f'stroke="{INKS[item.hatch]}" stroke-width="1.1"/></pattern>'
            )
            drawn += f'<path d="{d}" fill="url(#{tile})"{rule}/>'
        return drawn

    def marks(self, item: Marks) -> str:
        """Marks at the corners of a path that is not seen itself: the fewest bytes a place."""
        if not len(item.at):
            return ""
        r = item.radius * UNIT
        reach = r * 1.3 + item.width * UNIT
        pens = _fill(item.fill, 1.0) + _stroke(item.stroke, item.width)
        shape = {
            "circle": f'<circle r="{r:.1f}"{pens}/>',
            "diamond": f'<path d="M0{-1.22 * r:.1f}L{1.22 * r:.1f} 0 0 {1.22 * r:.1f} '
            f'{-1.22 * r:.1f} 0Z"{pens}/>',
        }.get(
            item.shape,
            f'<path d="M{-0.9 * r:.1f}{-0.9 * r:.1f}h{1.8 * r:.1f}v{1.8 * r:.1f}h{-1.8 * r:.1f}Z"'
            f"{pens}/>",
        )
        mark = self.define(
            f'<marker id="{{}}" markerUnits="userSpaceOnUse" viewBox="{-reach:.1f} {-reach:.1f} '
            f'{2 * reach:.1f} {2 * reach:.1f}" markerWidth="{2 * reach:.1f}" '
            f'markerHeight="{2 * reach:.1f}">{shape}</marker>'
        )
        # Twice the first corner: a path of one corner alone has no markers.
        d = _line(np.vstack([item.at, item.at[-1:]]) if len(item.at) == 1 else item.at)
        url = f"url(#{mark})"
        ends = "".join(f' marker-{where}="{url}"' for where in ("start", "mid", "end"))
        return f'<path d="{d}" fill="none"{ends}/>'

    def circle(self, item: Circle) -> str:
        return f'<circle cx="{_n(item.x)}" cy="{_n(item.y)}" r="{item.radius * UNIT:.1f}"/>'

    def text(self, item: Text) -> str:
        words = html.escape(item.text, quote=True)
        return f'<text x="{_n(item.x)}" y="{_n(item.y)}">{words}</text>'


def _look(item: Any) -> str:
    """What neighbouring texts or circles have in common, said once."""
    if isinstance(item, Circle):
        dash = f' stroke-dasharray="{" ".join(map(_n, item.dash))}"' if item.dash else ""
        return _fill(item.fill, item.opacity) + _stroke(item.stroke, item.width) + dash
    if not isinstance(item, Text):
        return ""
    size = item.size * PT * UNIT
    look = f' font-size="{size:.1f}" fill="{item.colour}"'
    if item.bold:
        look += ' font-weight="650"'
    if item.italic:
        look += ' font-style="italic"'
    if item.anchor != "start":
        look += f' text-anchor="{item.anchor}"'
    if item.halo:
        look += f' paint-order="stroke" stroke="{item.halo}" stroke-width="{size * 0.24:.1f}"'
    return look


def _n(value: float) -> str:
    """Millimetres as steps of the drawing."""
    return f"{value * UNIT:.0f}"


def _fill(colour: str, opacity: float) -> str:
    if not colour:
        return ' fill="none"'
    clear = f' fill-opacity="{opacity:g}"' if opacity < 1 else ""
    return f' fill="{colour}"{clear}'


def _stroke(colour: str, width: float) -> str:
    return f' stroke="{colour}" stroke-width="{width * UNIT:.1f}"' if colour and width else ""


def _ring(corners: Floats, closed: bool) -> str:
    """A path of steps from corner to corner; corners that fall together are one."""
    steps = np.rint(corners * UNIT).astype(np.int64)
    keep = np.ones(len(steps), dtype=bool)
    keep[1:] = (np.diff(steps, axis=0) != 0).any(axis=1)
    steps = steps[keep]
    if closed and len(steps) > 1 and (steps[0] == steps[-1]).all():
        steps = steps[:-1]
    if len(steps) < (3 if closed else 2):
        return ""
    return _steps(steps) + ("z" if closed else "")


def _line(corners: Floats) -> str:
    return _steps(np.rint(corners * UNIT).astype(np.int64))


def _steps(steps: np.ndarray[Any, Any]) -> str:
    (x, y), moves = steps[0], np.diff(steps, axis=0).tolist()
    parts = [f"M{x} {y}"]
    if moves:
        parts.append("l")
    for place, (dx, dy) in enumerate(moves):
        lead = "" if place == 0 or dx < 0 else " "
        parts.append(f"{lead}{dx}{'' if dy < 0 else ' '}{dy}")
    return "".join(parts)
