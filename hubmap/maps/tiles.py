"""Background tiles of a provider: the one thing a page may fetch, if its recipe says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import Field, model_validator

from hubmap.recipes import Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACES = {"z", "x", "y", "key"}
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?")
# Hosts whose tiles lie on China's shifted datum, whatever a recipe says of them.
_SHIFTED = ("autonavi.com", "amap.com", "gtimg.com", "map.qq.com", "bdimg.com", "baidu.com",
            "google.cn")  # fmt: skip


class Tiles(Recipe):
    """A provider's map pictures under the entities; readers' browsers ask its server for them."""

    url: str = Field(description="https address with {z}, {x} and {y}, and {key} if it needs one")
    attribution: str = Field(min_length=1, description="the credit that the provider asks for")
    terms: str = Field(description="https address of the provider's terms of use")
    datum: Literal["WGS-84", "GCJ-02", "BD-09"] = Field(description="what the tiles lie on")
    key: str = Field("", description="the provider's key; every reader of the page can see it")
    max_zoom: int = Field(18, ge=1, le=22, description="the nearest zoom that there are tiles for")

    @model_validator(mode="after")
    def _usable(self) -> Self:
        parts = urlsplit(self.url.replace("{", "").replace("}", ""))
        if parts.scheme != "https" or not _HOST.fullmatch(parts.netloc):
            raise ValueError("`url` must begin with https:// and one host's name")
        named = re.findall(r"\{([^{}]*)\}", self.url)
        if not {"z", "x", "y"} <= set(named) or not set(named) <= _PLACES:
            raise ValueError("`url` must hold {z}, {x}, {y}, perhaps {key}, and no other braces")
        if re.search(r"[{}]", urlsplit(self.url).netloc):
            raise ValueError("`url` must name one host: write one of the servers instead of {s}")
        if ("key" in named) != bool(self.key):
            raise ValueError("`key` goes with {key} in `url`: both or neither")
        if not re.fullmatch(r"https://[^\s<>\"']+", self.terms):
            raise ValueError("`terms` must be an https address")
        shifted = any(f".{parts.hostname}".endswith(f".{host}") for host in _SHIFTED)
        if self.datum != "WGS-84" or shifted:
            raise ValueError(
                "tiles on GCJ-02 or BD-09 lie 100 to 1,200 m beside the entities, "
                "which are on WGS-84; name a provider on WGS-84"
            )
        return self

    @property
    def origin(self) -> str:
        """The one server that a page's policy opens."""
        return f"https://{urlsplit(self.url).netloc}"

    def content(self) -> dict[str, Any]:
        """What travels into the page."""
        return {
            "url": self.url.replace("{key}", quote(self.key, safe="")),
            "origin": self.origin,
            "attribution": self.attribution,
            "terms": self.terms,
            "max": self.max_zoom,
        }


def pictures(panel: Mapping[str, Any]) -> str:
    """The policy's sources of pictures: the page itself, and a provider where one is named."""
    tiles = panel.get("tiles")
    return "data:" if tiles is None else f"data: {tiles['origin']}"


def fetched(panel: Mapping[str, Any]) -> str:
    """What a page says of itself and its requests where no script runs."""
    from hubmap.maps.still.words import said

    if panel.get("tiles") is None:
        return said(panel["language"], "still.alone")
    return said(panel["language"], "still.tiles", origin=panel["tiles"]["origin"])
