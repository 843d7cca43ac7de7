"""Make hubmap/geodata/places/syllables.txt: how Chinese characters are read, without tones.

A line a syllable, then the characters read so. The commonest reading of every character of
GB 2312 and of the simplified characters in characters.txt; a second one where a name of the
gazetteer or of the tables in geodata/ is read otherwise. Readings: PyPI `pypinyin` (MIT), whose
table is Unicode's Unihan database.

Usage: python tools/make_syllables.py
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from pypinyin import lazy_pinyin

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from hubmap.geodata.places.names import HAN, simplified

ROOT = Path(__file__).resolve().parent.parent
PLACES = ROOT / "hubmap" / "geodata" / "places"
# Read otherwise in names of places, firms and schools than the commonest reading.
SECOND = {"chang": "长", "zhang": "长", "chong": "重", "zhong": "重", "xia": "厦", "sha": "厦",
          "yue": "乐", "le": "乐", "hang": "行", "xing": "行", "du": "都", "dou": "都", "pu": "堡",
          "bao": "堡", "pan": "番", "fan": "番", "yu": "蔚", "wei": "蔚", "liu": "六", "lu": "六",
          "dan": "单", "shan": "单", "chan": "单", "ceng": "曾", "zeng": "曾", "e": "阿", "a": "阿",
          "chao": "朝", "zhao": "朝", "diao": "调", "tiao": "调", "kuai": "会", "hui": "会",
          "shen": "什", "shi": "什", "jiao": "校", "xiao": "校", "ji": "系", "xi": "系",
          "dai": "大", "da": "大"}  # fmt: skip


def common() -> list[str]:
    """The characters of GB 2312, and what else traditional ones become."""
    found = []
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                found.append(bytes((high, low)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return sorted({simplified(c) for c in found})


def names() -> list[str]:
    """Every Chinese name of the gazetteer and of this project's tables."""
    found = set()
    for path in (PLACES / "gazetteer.csv", *sorted((ROOT / "geodata").glob("*.csv"))):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                found |= {simplified(row.get(key) or "") for key in ("name_zh", "campus_zh")}
    return sorted(found)


def plain(reading: str) -> str:
    """As a keyboard without ü writes it."""
    return reading.replace("ü", "v")


def main() -> None:
    read: dict[str, set[str]] = {}
    for character in common():
        (one,) = lazy_pinyin(character)
        read.setdefault(plain(one), set()).add(character)
    for syllable, characters in SECOND.items():
        read.setdefault(syllable, set()).update(characters)
    for name in names():
        han = "".join(HAN.findall(name))
        for character, one in zip(han, lazy_pinyin(han), strict=True):
            if one.isascii() and one.isalpha():
                read.setdefault(plain(one), set()).add(character)
    lines = [f"{syllable} {''.join(sorted(read[syllable]))}" for syllable in sorted(read)]
    odd = [line for line in lines if not line.split(" ")[0].isascii()]
    if odd:
        raise SystemExit(f"no reading: {odd}")
    path = PLACES / "syllables.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    print(f"{len(lines)} syllables, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
