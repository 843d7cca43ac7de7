"""The small conversions that a recipe can declare for a column; no expression language."""

from __future__ import annotations

import ast
import datetime as dt
import json
import math
import re
import unicodedata
from abc import abstractmethod
from typing import Annotated, Literal

from pydantic import Field

from hubmap.recipes import Recipe

_UNITS = {
    "": 1.0, "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9,
    "billion": 1e9, "t": 1e12, "trillion": 1e12, "千": 1e3, "万": 1e4, "萬": 1e4, "百万": 1e6,
    "千万": 1e7, "亿": 1e8, "億": 1e8, "w": 1e4, "%": 0.01,
}  # fmt: skip
_CURRENCIES = {
    "hk$": "HKD", "hkd": "HKD", "港币": "HKD", "港元": "HKD", "us$": "USD", "usd": "USD",
    "美元": "USD", "$": "USD", "€": "EUR", "eur": "EUR", "欧元": "EUR", "£": "GBP", "gbp": "GBP",
    "人民币": "CNY", "cny": "CNY", "rmb": "CNY", "元": "CNY", "¥": "CNY", "mop": "MOP",
    "澳门元": "MOP", "inr": "INR", "₹": "INR", "sgd": "SGD", "s$": "SGD",
}  # fmt: skip
_PERIODS = {
    "year": ("year", "annum", "annual", "yr", "p.a", "年"),
    "month": ("month", "mo", "月"),
    "week": ("week", "wk", "周"),
    "day": ("day", "daily", "天", "日"),
    "hour": ("hour", "hr", "小时", "时"),
}
_FIGURE = re.compile(
    r"([-+]?(?:\d{1,3}(?:,\d{3})+|\d{1,18})(?:\.\d{1,12})?)\s*"
    r"(百万|千万|[千万萬亿億%]|(?:k|m|bn|b|w|thousand|million|billion)(?![a-z]))?",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"([-+]?(?:\d{1,3}(?:,\d{3})+|\d{1,300})(?:\.\d{0,300})?(?:e[-+]?\d{1,3})?)"
    r"\s*([^\W\d_]{0,9}|%)"
)
_EMPTY = {"", "-", "—", "n/a", "na", "nan", "none", "null", "nil", "无", "不详", "未知", "暂无"}
_NEGOTIABLE = ("面议", "negotiable", "competitive", "薪资不限")
_DATES = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日", "%Y-%m",
    "%Y年%m月", "%Y",
)  # fmt: skip
_LONGEST = 4000
"""Characters of a cell that a conversion looks at; a longer one is no number, date or salary."""


def plain(text: str) -> str:
    """A text with full-width and typographic forms made plain, dashes included."""
    text = unicodedata.normalize("NFKC", text).strip()
    return re.sub(r"[‐‑‒–—―−~～至]", "-", text)


class Conversion(Recipe):
    """What becomes of one column's cells; a cell that does not fit is a fault of its row."""

    @abstractmethod
    def convert(self, text: str) -> dict[str, str] | None:
        """The columns that a cell becomes, by suffix ("" replaces it); None for a fault."""

    def outputs(self) -> tuple[str, ...]:
        """The suffixes of those columns."""
        return ("",)


class Number(Conversion):
    """A figure with thousands separators, a currency sign or a unit (K, M, B, 万, 亿, %)."""

    method: Literal["number"]
    decimal: Literal[".", ","] = Field(".", description="the decimal sign")

    def convert(self, text: str) -> dict[str, str] | None:
        """The figure in units of one."""
        cell = plain(text[:_LONGEST]).lower()
        if cell in _EMPTY:
            return {"": ""}
        if self.decimal == ",":
            cell = cell.replace(".", "").replace(" ", "").replace(",", ".")
        for sign in sorted(_CURRENCIES, key=len, reverse=True):
            cell = cell.removeprefix(sign).removesuffix(sign).strip()
        found = _AMOUNT.fullmatch(cell)
        if not found or found[2] not in _UNITS or len(text) > _LONGEST:
            return None
        value = float(found[1].replace(",", "")) * _UNITS[found[2]]
        return {"": f"{value:.15g}"} if math.isfinite(value) else None


class Date(Conversion):
    """A date in one of several formats, as YYYY-MM-DD."""

    method: Literal["date"]
    formats: tuple[str, ...] = Field(
        _DATES, description="strptime formats, `epoch` (seconds) or `epoch-ms`, tried in order"
    )
    part: Literal["date", "year"] = Field("date", description="the whole date, or only its year")
    first: dt.date = Field(dt.date(800, 1, 1), description="an earlier date is impossible")
    last: dt.date = Field(dt.date(2100, 12, 31), description="a later date is impossible")

    def convert(self, text: str) -> dict[str, str] | None:
        """The first format that fits, within the bounds."""
        cell = unicodedata.normalize("NFKC", text[:80]).strip().removesuffix(".0")
        if cell.lower() in _EMPTY:
            return {"": ""}
        for format in self.formats:
            day = _dated(cell, format)
            if day is not None:
                if not self.first <= day <= self.last:
                    return None
                return {"": str(day.year) if self.part == "year" else day.isoformat()}
        return None


def _dated(cell: str, format: str) -> dt.date | None:
    try:
        if format in {"epoch", "epoch-ms"}:
            seconds = float(cell) / (1000 if format == "epoch-ms" else 1)
            return dt.datetime.fromtimestamp(seconds, dt.UTC).date()
        return dt.datetime.strptime(cell, format).date()
    except (ValueError, OverflowError, OSError, re.error, IndexError, KeyError, TypeError):
        return None


class Salary(Conversion):
    """Pay, as ``.low``, ``.high``, ``.currency`` and ``.period`` beside the cell itself."""

    method: Literal["salary"]
    currency: str = Field("CNY", description="where the cell names none")
    period: Literal["year", "month", "week", "day", "hour"] = Field(
        "month", description="where the cell names none"
    )

    def outputs(self) -> tuple[str, ...]:
        """Low, high, currency and period."""
        return (".low", ".high", ".currency", ".period")

    def convert(self, text: str) -> dict[str, str] | None:
        """One or two figures with what they are in; negotiable pay is empty."""
        cell = plain(text[:200]).lower()
        empty = dict.fromkeys(self.outputs(), "")
        if cell in _EMPTY or any(word in cell for word in _NEGOTIABLE):
            return empty
        # What follows a dot, such as "13薪" for a thirteenth month, is no pay.
        cell = re.sub(r"[·*xX×]\s*\d{1,2}\s*(薪|个月|months?).*$", "", cell)
        figures = [
            (float(m[1].lstrip("-+").replace(",", "")), _UNITS[(m[2] or "").lower()])
            for m in _FIGURE.finditer(cell)
        ][:3]
        if not figures or len(figures) > 2 or len(text) > 200 or "%" in cell:
            return None
        rest = re.sub(_FIGURE, " ", cell)
        currency = next((c for sign, c in _CURRENCIES.items() if sign in rest), self.currency)
        period = next(
            (name for name, words in _PERIODS.items() if any(word in rest for word in words)),
            self.period,
        )
        (low, unit), (high, top) = figures[0], figures[-1]
        # "1-1.5万" and "15-30k" name the unit once, for both.
        low, high = low * (unit if unit != 1 or low >= high * top else top), high * top
        low = low if low <= high else low / (top if unit == 1 and top != 1 else 1)
        if not (0 <= low <= high and math.isfinite(high)):
            return None
        bounds = {".low": f"{low:.12g}", ".high": f"{high:.12g}"}
        if len(figures) == 1:
            if re.search(r"以上|起|from|over|above|\+|>", cell):
                bounds[".high"] = ""
            elif re.search(r"以下|up to|under|below|<", cell):
                bounds[".low"] = ""
        return {**bounds, ".currency": currency, ".period": period}


class ListOf(Conversion):
    """Several values in a cell (JSON, a Python list, or separated), joined by ``; ``."""

    method: Literal["list"]
    separator: str = Field(",", min_length=1, description="where it is neither JSON nor Python")

    def convert(self, text: str) -> dict[str, str] | None:
        """The values that are not empty, each once."""
        values = self.values(text)
        return None if values is None else {"": "; ".join(values)}

    def values(self, text: str) -> list[str] | None:
        """The single values, or None where brackets do not close."""
        cell = text.strip()
        if cell.lower() in _EMPTY:
            return []
        parts: object
        if cell[:1] in "[(" and cell[-1:] in "])":
            try:
                parts = json.loads(cell)
            except (ValueError, RecursionError):
                try:
                    parts = ast.literal_eval(cell)
                except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
                    return None
            if not isinstance(parts, list | tuple):
                return None
        else:
            parts = cell.split(self.separator)
        try:
            texts = [str(part).strip() for part in parts]
        except ValueError:  # an integer of thousands of digits
            return None
        safe = [t.encode("utf-8", "replace").decode("utf-8") for t in texts]
        return [value for value in dict.fromkeys(safe) if value]


class Split(Conversion):
    """Several places in a cell: each becomes a row of its own, counted once a region.

    The rows get the ids ``ID-1``, ``ID-2`` … and share one ``unit``.
    """

    method: Literal["split"]
    separators: tuple[str, ...] = Field(
        ("/", "、", ";", "；", "|", "，", ","), description="what stands between the places"
    )
    most: int = Field(20, gt=1, description="a cell with more parts is a fault")

    def convert(self, text: str) -> dict[str, str] | None:
        """The cell as it is; :meth:`parts` makes the rows."""
        return {"": text} if len(self.parts(text)) <= self.most else None

    def parts(self, text: str) -> list[str]:
        """The places, at least one."""
        if not self.separators:
            return [text]
        pattern = "|".join(re.escape(s) for s in self.separators if s)
        parts = [part.strip() for part in re.split(pattern, text)] if pattern else [text]
        return list(dict.fromkeys(part for part in parts if part)) or [""]


AnyConversion = Annotated[Number | Date | Salary | ListOf | Split, Field(discriminator="method")]
