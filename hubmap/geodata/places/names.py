"""Names as keys: folding scripts, spaces, tones and the generic part of a place's name."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

# Peoples in the names of autonomous areas, longest first. A few are written without 族, which
# a name of one character never is.
_PEOPLES = (
    r"柯尔克孜|乌孜别克|维吾尔|哈萨克|达斡尔|塔吉克|俄罗斯|鄂温克|"
    r"塔塔尔|鄂伦春|蒙古|布依|朝鲜|土家|哈尼|傈僳|高山|拉祜|东乡|"
    r"纳西|景颇|仫佬|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|德昂|"
    r"保安|裕固|独龙|赫哲|门巴|珞巴|基诺|回|藏|苗|彝|壮|满|"
    r"侗|瑶|白|傣|黎|佤|畲|水|土|羌|怒|京|各"
)
_PEOPLE = re.compile(rf"(?<=..)(?:(?:{_PEOPLES})族|哈萨克|柯尔克孜|维吾尔|蒙古)+$")
_GENERIC = re.compile(
    r"(?<=.)(特别行政区|自治区|自治州|自治县|自治旗|省|市|地区|盟|新区|特区|县|区|旗)$"
)
_LATIN_GENERIC = (
    "specialadministrativeregion", "autonomousregion", "autonomousprefecture", "metropolitanarea",
    "prefecture", "municipality", "province", "district", "newarea", "county", "city", "sheng",
    "shi", "qu", "xian", "sar",
)  # fmt: skip
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


@cache
def _simplified() -> dict[int, str]:
    text = (files("hubmap.geodata.places") / "characters.txt").read_text(encoding="utf-8")
    pairs = [line for line in text.splitlines() if len(line) == 2]
    return {ord(pair[0]): pair[1] for pair in pairs}


def simplified(text: str) -> str:
    """Traditional characters of place names, firms and job titles written as simplified ones."""
    return text.translate(_simplified())


def base_zh(name: str) -> str:
    """A Chinese name without its generic part and peoples' names ("湘西土家族苗族自治州": "湘西").

    A name of one character keeps its generic part apart: "横县" gives "横".
    """
    match = _GENERIC.search(name)
    if match is None:
        return name
    base = name[: match.start()]
    if match.group() in {"自治区", "自治州", "自治县", "自治旗", "区"}:
        base = _PEOPLE.sub("", base)
    return base


def key_zh(text: str) -> str:
    """The key of a Chinese text: full-width folded, simplified, letters, digits, no spaces."""
    folded = simplified(unicodedata.normalize("NFKC", text)).casefold()
    return "".join(c for c in folded if c.isalnum())


def key_latin(text: str) -> str:
    """The key of a Latin text: no accents, tones, spaces, apostrophes or hyphens."""
    folded = unicodedata.normalize("NFKD", text).casefold().replace("ß", "ss").replace("ø", "o")
    # Tones may be written as digits after a syllable.
    folded = re.sub(r"(?<=[a-zü])[1-5](?![0-9])", "", folded)
    return "".join(c for c in folded if c.isalnum() and not unicodedata.combining(c))


def latin_bases(key: str) -> list[str]:
    """The key, and the key without a generic word at its end ("shenzhenshi": "shenzhen")."""
    found = [key]
    for word in _LATIN_GENERIC:
        if key.endswith(word) and len(key) - len(word) >= 3:
            found.append(key.removesuffix(word))
    return found
