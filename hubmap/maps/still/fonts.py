"""Fonts for printed sheets: one that comes with the extra, and one of this machine for Chinese."""

from __future__ import annotations

import os
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hubmap.errors import MissingExtra, ProductError

if TYPE_CHECKING:
    from collections.abc import Iterable

CHOSEN = "HUBMAP_FONT"
"""An environment variable that names the file of a font to use for Chinese."""
WANTED = (
    "NotoSansSC", "NotoSansCJK", "NotoSansHans", "SourceHanSans", "PingFang", "Hiragino Sans GB",
    "msyh", "wqy-microhei", "wqy-zenhei", "simhei", "Deng", "DroidSansFallback", "uming", "simsun",
)  # fmt: skip
"""Parts of the file names of fonts that hold Chinese, those that print best first."""


def latin() -> dict[tuple[bool, bool], Path]:
    """The font files for Latin letters, by bold and italic.

    Raises
    ------
    MissingExtra
        The extra ``print`` is not installed.
    """
    try:
        import font_source_sans_pro
        import matplotlib
    except ImportError:
        raise MissingExtra(
            "Printed maps need matplotlib and a font.",
            'Run `python -m pip install "hubmap[print]"`.',
        ) from None
    del matplotlib
    folder = Path(font_source_sans_pro.__file__).parent / "files"
    return {
        (bold, italic): folder / f"SourceSansPro-{name}.ttf"
        for (bold, italic), name in {
            (False, False): "Regular",
            (True, False): "Semibold",
            (False, True): "It",
            (True, True): "SemiboldIt",
        }.items()
    }


@cache
def chinese(chosen: str = "") -> Path | None:
    """A font file of this machine that holds Chinese, or None.

    Parameters
    ----------
    chosen
        A file that is used whatever else there is.

    Raises
    ------
    ProductError
        The chosen file is not there.
    """
    if chosen:
        path = Path(chosen)
        if not path.is_file():
            raise ProductError(f"{CHOSEN}: there is no file {chosen}.", "Name a font's file.")
        return path
    from matplotlib.font_manager import findSystemFonts

    found = sorted(Path(name) for name in findSystemFonts())
    for wanted in WANTED:
        for path in found:
            if wanted.lower() in path.stem.lower() and "bold" not in path.stem.lower():
                return path
    return None


def system_chinese() -> Path | None:
    """The font for Chinese that the environment names, or the best there is."""
    return chinese(os.environ.get(CHOSEN, ""))


@cache
def letters(path: Path) -> frozenset[str]:
    """The characters that a font holds."""
    from matplotlib.ft2font import FT2Font

    return frozenset(map(chr, FT2Font(str(path)).get_charmap()))


def covered(texts: Iterable[str], where: str) -> dict[str, str]:
    """Each text without the characters that no font here holds, never a box in their place.

    Parameters
    ----------
    texts
        What will be printed.
    where
        The product, for the message.

    Raises
    ------
    ProductError
        A Chinese character is missing: a map without its names would say something else.
    """
    held = letters(latin()[False, False])
    font = system_chinese()
    if font is not None:
        held |= letters(font)
    plain = {text: "".join(c for c in text if c in held or c == " ") for text in texts}
    lost = sorted({c for text in plain for c in text if c not in held and _is_han(c)})
    if lost:
        some = " ".join(lost[:8])
        reason = "no font for Chinese is installed" if font is None else f"{font.name} lacks them"
        raise ProductError(
            f"{where}: cannot be drawn with the characters {some}: {reason}.",
            "Install one (Debian: fonts-noto-cjk or fonts-wqy-microhei), or name a font's file in "
            f"{CHOSEN}; maps in English need none.",
        )
    return plain


def _is_han(character: str) -> bool:
    return unicodedata.name(character, "").startswith("CJK ")


def fonts_key() -> list[str]:
    """The fonts as an ingredient of a product's key: other fonts make other bytes."""
    from hubmap.files import file_digest

    files = [*latin().values(), system_chinese()]
    return [file_digest(path) for path in files if path is not None and path.is_file()]
