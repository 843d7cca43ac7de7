"""A sheet as PDF, PNG or SVG by matplotlib: true to size, fonts embedded or drawn as outlines."""

from __future__ import annotations

import logging
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.maps.still import fonts
from hubmap.maps.still.scene import PT, Circle, Marks, Path, Sheet, Text, Window, every_text
from hubmap.maps.still.svg import INKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from hubmap.maps.still.scene import Floats

FORMATS = ("svg", "pdf", "png")
DPI = {"column": 600, "page": 300, "slide": 192}
"""Pixels an inch of a PNG: 1984, 2055 and 2560 wide."""
SETTINGS: dict[Any, Any] = {
    "pdf.fonttype": 42,
    "pdf.compression": 9,
    "svg.fonttype": "path",
    "svg.hashsalt": "hubmap",
    "path.simplify": False,
    "agg.path.chunksize": 0,
    "hatch.linewidth": 0.4,
    "text.usetex": False,
    "font.family": ["sans-serif"],
    "axes.unicode_minus": True,
}


def printed(
    sheet: Sheet, format: str, *, dpi: int = 300, where: str = "the map", made: str = ""
) -> bytes:
    """The bytes of a printed sheet, the same for the same sheet and fonts.

    Parameters
    ----------
    sheet
        What to draw.
    format
        ``svg`` (letters as outlines), ``pdf`` (letters as embedded TrueType) or ``png``.
    dpi
        Pixels an inch, for PNG.
    where
        The product, for messages.
    made
        What the file says of its making, as JSON: in an SVG its ``dc:source``, in a PDF its
        keywords, in a PNG its text ``hubmap``.

    Raises
    ------
    MissingExtra
        The extra ``print`` is not installed.
    ProductError
        The sheet has Chinese names and no font here holds them.
    """
    texts = fonts.covered({t.text for t in every_text(sheet.items)}, where)
    import matplotlib

    # It would say of each line that the font for Chinese has no bold.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        figure = _figure(sheet, texts)
        out = BytesIO()
        figure.savefig(out, format=format, dpi=dpi, metadata=_metadata(sheet, format, made))
    return out.getvalue()


def _metadata(sheet: Sheet, format: str, made: str) -> dict[str, Any]:
    """What the file says of itself, and no date: the same input shall give the same bytes."""
    title = sheet.title
    if format == "pdf":
        return {"Title": title, "Subject": sheet.description, "Creator": "hubmap",
                "Producer": None, "CreationDate": None, "Keywords": made or None}  # fmt: skip
    if format == "svg":
        return {"Title": title, "Description": sheet.description, "Creator": "hubmap",
                "Date": None, "Language": sheet.language, "Source": made or None}  # fmt: skip
    return {"Title": _ascii(title), "Software": "hubmap", **({"hubmap": made} if made else {})}


def _ascii(text: str) -> str:
    """PNG's plain text entries hold Latin-1."""
    return text.encode("latin-1", "replace").decode("latin-1")


def _figure(sheet: Sheet, texts: dict[str, str]) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(sheet.width / 25.4, sheet.height / 25.4), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, sheet.width)
    axes.set_ylim(sheet.height, 0)
    axes.set_axis_off()
    _Press(axes, texts).items(sheet.items, None)
    return figure


class _Press:
    def __init__(self, axes: Any, texts: dict[str, str]) -> None:
        from matplotlib.font_manager import FontProperties

        self.axes = axes
        self.texts = texts
        self.order = 0
        self.fonts: dict[tuple[bool, bool], Any] = {}
        han = fonts.system_chinese()
        for look, path in fonts.latin().items():
            families = [_family(path)] + ([_family(han)] if han is not None else [])
            self.fonts[look] = FontProperties(
                family=families,
                weight=600 if look[0] else 400,
                style="italic" if look[1] else "normal",
            )

    def items(self, items: Sequence[Any], clip: Any) -> None:
        for item in items:
            self.order += 1
            if isinstance(item, Window):
                self.items(item.items, self.window(item, clip))
            elif isinstance(item, Path):
                self.path(item, clip)
            elif isinstance(item, Marks):
                self.marks(item, clip)
            elif isinstance(item, Circle):
                self.circle(item, clip)
            elif isinstance(item, Text):
                self.text(item, clip)

    def window(self, item: Window, clip: Any) -> Any:
        """The part of a window that its own window leaves; windows are convex here."""
        from shapely import Polygon

        shape = Polygon(item.ring)
        return shape if clip is None else shape.intersection(clip)

    def add(self, patch: Any, clip: Any) -> None:
        patch.set_zorder(self.order)
        patch.set_antialiased(True)
        self.axes.add_artist(patch)
        if clip is not None:
            from matplotlib.path import Path as Curve

            corners = np.asarray(clip.exterior.coords)
            patch.set_clip_path(Curve(corners, closed=True), self.axes.transData)
        else:
            patch.set_clip_on(False)

    def path(self, item: Path, clip: Any) -> None:
        from matplotlib.patches import PathPatch

        curve = _curve(item.rings, item.closed)
        if curve is None or (clip is not None and clip.is_empty):
            return
        look: dict[str, Any] = {
            "facecolor": item.fill or "none",
            "edgecolor": item.stroke if item.stroke and item.width else "none",
            "linewidth": item.width / PT,
            "joinstyle": "round",
            "capstyle": "butt",
        }
        if item.dash:
            look["linestyle"] = (0, tuple(d / item.width for d in item.dash))
        if item.opacity < 1:
            look["alpha"] = item.opacity
        self.add(PathPatch(curve, **look), clip)
        if item.hatch:
            lines = "////" if item.hatch == "slash" else "\\\\\\\\"
            hatched = PathPatch(
                curve, facecolor="none", edgecolor=INKS[item.hatch], linewidth=0, hatch=lines
            )
            self.add(hatched, clip)

    def marks(self, item: Marks, clip: Any) -> None:
        """One symbol at many places: PDF and SVG keep it once."""
        from matplotlib.lines import Line2D

        symbol, size = {
            "circle": ("o", 2 * item.radius),
            "diamond": ("D", 1.22 * 2 * item.radius / 2**0.5),
        }.get(item.shape, ("s", 1.8 * item.radius))
        line = Line2D(
            item.at[:, 0], item.at[:, 1], linestyle="none", marker=symbol, markersize=size / PT,
            markerfacecolor=item.fill, markeredgecolor=item.stroke,
            markeredgewidth=item.width / PT,
        )  # fmt: skip
        self.add(line, clip)

    def circle(self, item: Circle, clip: Any) -> None:
        from matplotlib.colors import to_rgba
        from matplotlib.patches import Circle as Round

        self.add(
            Round(
                (item.x, item.y), item.radius,
                facecolor=to_rgba(item.fill, item.opacity) if item.fill else "none",
                edgecolor=item.stroke, linewidth=item.width / PT,
                linestyle=(0, tuple(d / item.width for d in item.dash)) if item.dash else "solid",
            ),
            clip,
        )  # fmt: skip

    def text(self, item: Text, clip: Any) -> None:
        """A line of text over its halo; what is drawn by an effect is no text to a PDF's reader."""
        from matplotlib.patheffects import Stroke

        words = self.texts[item.text]
        if not words.strip():
            return
        look: dict[str, Any] = {
            "fontproperties": self.fonts[item.bold, item.italic],
            "fontsize": item.size,
            "color": item.colour,
            "ha": {"start": "left", "middle": "center", "end": "right"}[item.anchor],
            "va": "baseline",
            "zorder": self.order,
            "parse_math": False,
        }
        strokes = [(item.size * 0.24, item.halo)] if item.halo else []
        if item.bold and not words.isascii():
            # The font for Chinese has one weight.
            strokes.append((item.size * 0.035, item.colour))
        for width, colour in strokes:
            stroke = Stroke(linewidth=width, foreground=colour, joinstyle="round")
            self.axes.text(item.x, item.y, words, path_effects=[stroke], **look)
        self.axes.text(item.x, item.y, words, **look)


def _family(path: Any) -> str:
    """The family of a font's file, which matplotlib is told of once."""
    from matplotlib.font_manager import fontManager

    known = [font for font in fontManager.ttflist if font.fname == str(path)]
    if not known:
        fontManager.addfont(str(path))
        known = [font for font in fontManager.ttflist if font.fname == str(path)]
    return str(known[0].name)


def _curve(rings: Sequence[Floats], closed: bool) -> Any:
    from matplotlib.path import Path as Curve

    corners: list[Any] = []
    codes: list[np.ndarray[Any, Any]] = []
    for ring in rings:
        points = np.asarray(ring, dtype=float)
        if closed and (points[0] != points[-1]).any():
            points = np.vstack([points, points[:1]])
        if len(points) < 2:
            continue
        code = np.full(len(points), Curve.LINETO, dtype=Curve.code_type)
        code[0] = Curve.MOVETO
        if closed:
            code[-1] = Curve.CLOSEPOLY
        corners.append(points)
        codes.append(code)
    return Curve(np.concatenate(corners), np.concatenate(codes)) if corners else None
