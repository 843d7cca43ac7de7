"""Firms' names: the distinctive part, without places, legal forms, branches and trades."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

from hubmap.errors import MissingExtra
from hubmap.geodata.places.gazetteer import Gazetteer, Named
from hubmap.geodata.places.names import HAN, simplified

Rule = Literal["same name", "legal form", "short name", "part of the name", "spelling", "alias", ""]
# Latin spellings may differ a little, Chinese ones only where a name is long: one character
# of a short Chinese name makes it another firm.
SPELLING_LATIN, SPELLING_HAN, LONG_HAN = 92.0, 92.0, 10

_BRANCH = re.compile(
    r"(?:(?<=公司)|(?<=银行)|(?<=集团)|(?<=中国)).{0,8}?"
    r"(?:分公司|分部|分行|支行|办事处|营业部|信用卡中心|研发中心)$"
)
_LEGAL = re.compile(
    r"(?:股份有限责任公司|股份有限公司|有限责任公司|集团有限公司|责任有限公司|有限公司|总公司|公司|"
    r"集团|控股|股份|\(?有限合伙\)?|\(?普通合伙\)?|合伙企业|个体工商户)$"
)
# Trades and general words at the end of a name. Those of the first kind also name units of a
# group ("京东物流"), so they are left out only where a legal form follows.
_UNITS = (
    "银行", "证券", "保险", "基金", "财富", "资本", "物流", "健康", "支付", "游戏", "出行",
    "教育", "汽车", "医疗", "医药", "旅游", "食品", "餐饮", "广告", "传媒", "影视", "娱乐",
    "体育", "环保", "农业", "建筑", "装饰", "酒店", "药业", "生物", "制药", "电器", "家居",
    "服装", "服饰", "珠宝", "租赁", "供应链", "征信", "人力资源", "劳务", "房地产", "置业",
    "物业", "航空", "电气", "仪器", "光电", "半导体", "微电子", "新材料", "新能源", "检测",
    "制造", "工业", "建设", "装备", "化妆品", "贵金属", "经营", "市场研究", "旅行社", "融资租赁",
    "高新技术", "云计算", "研究", "经济技术合作", "国际", "商贸", "超市", "百货", "连锁", "计算",
    "移动", "能源",
)  # fmt: skip
_GENERAL = (
    "科技", "信息", "技术", "网络", "网路", "软件", "电子", "金融", "投资", "管理", "咨询",
    "顾问", "服务", "数据", "数码", "数字", "智能", "互动", "发展", "实业", "商务", "贸易",
    "文化", "传播", "金属", "材料", "设备", "开发", "资讯", "通讯", "通信", "工程", "系统",
    "机械", "在线", "网", "中国", "集团", "控股", "股份", "物联", "物联网", "互联网", "自动化",
    "机器人", "人工智能", "电子商务", "计算机", "企业管理", "企业发展", "投资基金", "资产管理",
    "私募基金", "地产顾问", "服务外包", "医疗科技", "生物科技", "量子计算", "移动软件",
)  # fmt: skip
_LATIN_END = {
    "co", "ltd", "limited", "inc", "corp", "corporation", "llc", "plc", "gmbh", "ag", "sa", "bv",
    "company", "group", "holding", "holdings", "technology", "technologies", "tech", "telecom",
    "software", "network", "networks", "robotics", "systems", "security", "international", "china",
    "fm", "com", "cn", "labs", "innovations", "innovation", "healthcare", "digital", "lab", "the",
}  # fmt: skip
_GENERAL_END = re.compile(rf"(?:{'|'.join(sorted(_GENERAL, key=len, reverse=True))})$")
_ANY_END = re.compile(rf"(?:{'|'.join(sorted(_GENERAL + _UNITS, key=len, reverse=True))})$")
# Words that name no line of business.
_EMPTY = re.compile(
    "科技|信息|技术|网络|网路|软件|发展|实业|服务|咨询|管理|顾问|中国|集团|控股|股份"
)
# Behind a firm's name these make another body of it.
_OTHER_BODY = re.compile(
    r"研究院|研究所|学院|大学|学校|医院|中心|协会|分会|事业部|终端|产业|环境|地产|安全|云|影业|音乐|文学|地图"
)
_BRACKETS = re.compile(r"\(([^()]*)\)")
_FRONT = re.compile(r"^(?:中国|省|市|区|县|前海|浦东|滨海)+")


@dataclass(frozen=True)
class FirmName:
    """A firm's name taken apart.

    Attributes
    ----------
    key
        The name with widths, scripts and case folded, without branch, legal form and place.
    short
        The distinctive part: the key without trades at its end.
    trades
        What the short form leaves out.
    others
        Further names that stand in it: in brackets, or in the other script.
    formal
        Whether it has a legal form, as a company's full name has.
    """

    key: str
    short: str
    trades: str
    others: frozenset[str]
    formal: bool = False


@cache
def firm_name(name: str) -> FirmName:
    """Take a firm's name apart.

    Parameters
    ----------
    name
        As it is written, Chinese or English or both.
    """
    folded = simplified(unicodedata.normalize("NFKC", name)).casefold().strip()
    others: set[str] = set()
    for inside in _BRACKETS.findall(folded):
        if not _is_place(inside):
            others.add(inside)
    outer = _BRACKETS.sub("", folded).strip() or folded
    if not HAN.search(outer):
        key, short = _latin(outer)
        return FirmName(key, short, key.removeprefix(short), _keys(others, short))
    han = re.sub(r"[^\u3400-\u9fff0-9a-z]", "", outer)
    latin = " ".join(re.findall(r"[a-z0-9]*[a-z][a-z0-9]*", outer))
    only_han = re.sub(r"[a-z0-9]*[a-z][a-z0-9]*", "", han)
    if latin in _LATIN_END:
        han = only_han
    elif len(latin) >= 3 and len(only_han) >= 2:
        others |= {latin, only_han}
    formless = _without_form(han)
    key = _without_place(formless)
    short, trades = key, ""
    # "京东科技集团" is a unit of a group; a company's full name says "公司".
    if not han.endswith("集团"):
        short, trades = _without_trades(key, formal=formless != han)
    formal = formless != han and not han.endswith("集团")
    return FirmName(key, short, trades, _keys(others, short), formal)


def _keys(names: set[str], short: str) -> frozenset[str]:
    """The distinctive parts of further names."""
    found = set()
    for name in names:
        part = (
            _without_trades(_without_place(_without_form(name)), formal=True)[0]
            if HAN.search(name)
            else _latin(name)[1]
        )
        if len(part) >= (2 if HAN.search(part) else 3):
            found.add(part)
    return frozenset(found - {short})


def _latin(name: str) -> tuple[str, str]:
    plain = unicodedata.normalize("NFKD", name.replace("'", "")).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain) or ["".join(filter(str.isalnum, name))]
    short = list(words)
    while len(short) > 1 and short[-1] in _LATIN_END:
        short.pop()
    if len(short) > 1 and short[0] == "the":
        short = short[1:]
    legal = [w for w in words if w not in {"co", "ltd", "inc", "limited", "corp", "llc", "the"}]
    return "".join(legal) or "".join(words), "".join(short)


def _without_form(name: str) -> str:
    """Without branch office and legal form."""
    whole = name
    name = _BRANCH.sub("", name)
    while (cut := _LEGAL.sub("", name)) != name and len(cut) >= 2:
        name = cut
    # "房天下上海公司": the office there.
    for size in range(min(len(name) - 2, 4), 1, -1) if name != whole else ():
        if any(n.spot.level == "city" for n in _gazetteer().zh(name[-size:])):
            return name[:-size]
    return name


def _without_trades(key: str, *, formal: bool) -> tuple[str, str]:
    """The distinctive part, and the trades behind it."""
    pattern, short = _ANY_END if formal else _GENERAL_END, key
    while (cut := pattern.sub("", short)) != short and len(cut) >= 2:
        short = cut
    return short, key[len(short) :]


@cache
def _gazetteer() -> Gazetteer:
    return Gazetteer()


def _is_place(text: str) -> bool:
    text = re.sub(r"[^\u3400-\u9fffa-z]", "", text)
    if text in {"中国", "亚洲", "大中华区", "集团", ""} or text.endswith("合伙"):
        return True
    if HAN.search(text):
        return any(True for _ in _gazetteer().zh(text))
    return bool(_gazetteer().latin(text))


def _without_place(name: str, *, full: bool = False) -> str:
    """Without a province, city or district in front, where a distinctive part remains."""
    for end in range(min(len(name) - 2, 6), 1, -1):
        if any(_in_front(n, end) for n in _gazetteer().zh(name[:end]) if n.full or not full):
            rest = _FRONT.sub("", name[end:])
            if len(rest) >= 2 and not _ANY_END.fullmatch(rest):
                return _without_place(rest, full=True)
    return name


def _in_front(named: Named, length: int) -> bool:
    """Whether a place may stand in front of a firm's name; "东方" is more often just "east"."""
    spot = named.spot
    return named.full or length > 3 or (spot.level != "district" and spot.code.endswith("00"))


def compare_firms(one: str, other: str) -> tuple[Rule, float]:
    """Whether two names are one firm's.

    Parameters
    ----------
    one, other
        Names, best of firms in the same place.

    Returns
    -------
    tuple
        The rule that says so, empty where none does, and the likeness from 0 to 100.
    """
    try:
        from rapidfuzz import fuzz
    except ImportError:
        raise MissingExtra(
            "Comparing firms' names needs rapidfuzz.", "Run `pip install hubmap[duplicates]`."
        ) from None
    a, b = firm_name(one), firm_name(other)
    likeness = fuzz.ratio(a.key, b.key)
    if a.key == b.key:
        return ("same name" if one == other else "legal form"), 100.0
    return _rule(a, b, likeness), likeness


def _rule(a: FirmName, b: FirmName, likeness: float) -> Rule:
    if not _distinctive(a.short) or not _distinctive(b.short):
        return ""
    if a.short == b.short and _agree(a, b):
        return "short name"
    if _also(a, b) or _also(b, a):
        return "alias"
    if _holds(a, b) or _holds(b, a):
        return "part of the name"
    han = bool(HAN.search(a.key) or HAN.search(b.key))
    needed, length = (SPELLING_HAN, LONG_HAN) if han else (SPELLING_LATIN, 6)
    long_enough = min(len(a.short), len(b.short)) >= length
    return "spelling" if likeness >= needed and long_enough else ""


def _distinctive(short: str) -> bool:
    return len(short) >= (2 if HAN.search(short) or short.isdigit() else 3)


def _holds(longer: FirmName, part: FirmName) -> bool:
    """Whether a long Chinese name begins or ends with the other one's whole name."""
    if not HAN.search(part.key) or len(part.key) < 4 or len(longer.key) <= len(part.key):
        return False
    if longer.key.startswith(part.key):
        return not _OTHER_BODY.search(longer.key, len(part.key))
    front = len(longer.key) - len(part.key)
    return front <= 2 and len(part.short) >= 3 and longer.key.endswith(part.key)


def _also(one: FirmName, other: FirmName) -> bool:
    """Whether a further name of one is the other's.

    A company's full name must be that name as a whole: "光谷" in brackets is a place, and no
    "光谷信息技术有限公司".
    """
    return one.key in other.others or (one.short in other.others and not one.formal)


def _agree(a: FirmName, b: FirmName) -> bool:
    """Whether the trades of two names can be one firm's.

    Two full names must name the same line of business ("东软教育" is a unit of "东软"); a brand
    alone fits any.
    """
    if a.formal and b.formal:
        return _line(a.trades) == _line(b.trades)
    one, other = a.trades, b.trades
    return not one or not other or one in other or other in one


def _line(trades: str) -> str:
    """A name's line of business: its trades without general words."""
    return _EMPTY.sub("", trades)
