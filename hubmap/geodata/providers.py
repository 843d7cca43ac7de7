"""Geocoding services of others, through geopy (extra `geocode`): how each one is asked."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hubmap.errors import MissingExtra, RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubmap.geodesy import Datum

# What a result's kind says of its precision, in metres: Amap's and Baidu's words, then OSM's.
_PRECISION = {
    "门牌号": 100, "门址": 100, "兴趣点": 200, "楼栋": 100, "单元号": 100, "道路交叉口": 200,
    "公交地铁站点": 300, "热点商圈": 1500, "住宅区": 500, "地产小区": 500, "道路": 2000,
    "村庄": 2500, "开发区": 5000, "乡镇": 5000, "区县": 20_000, "市": 60_000,
    "城市": 60_000, "省": 250_000, "国家": 2_000_000, "house": 100, "building": 100, "street": 2000,
    "locality": 2500, "district": 10_000, "city": 20_000, "county": 40_000, "state": 250_000,
    "country": 2_000_000,
}  # fmt: skip
_UNKNOWN_M = 20_000.0


@dataclass(frozen=True)
class Provider:
    """One service.

    Attributes
    ----------
    name
        What the command line calls it.
    datum
        In which datum it answers.
    delay_s
        Pause between two questions, as its terms ask.
    key_variable
        The environment variable that holds the key; empty where none is needed.
    attribution
        Whom a map made from its answers must name.
    """

    name: str
    datum: Datum
    delay_s: float
    key_variable: str
    attribution: str


PROVIDERS = {
    p.name: p
    for p in (
        Provider("nominatim", "WGS-84", 1.0, "", "© OpenStreetMap contributors (ODbL)"),
        Provider("photon", "WGS-84", 1.0, "", "© OpenStreetMap contributors (ODbL)"),
        Provider("amap", "GCJ-02", 0.4, "HUBMAP_AMAP_KEY", "Amap (AutoNavi)"),
        Provider("baidu", "BD-09", 0.4, "HUBMAP_BAIDU_KEY", "Baidu Maps"),
    )
}


def secret(provider: Provider, environment: Mapping[str, str] = os.environ) -> str:
    """The provider's key, from the environment only.

    Raises
    ------
    RecipeError
        It needs one and there is none.
    """
    if not provider.key_variable:
        return ""
    key = environment.get(provider.key_variable, "").strip()
    if not key:
        raise RecipeError(
            f"{provider.name} needs a key and {provider.key_variable} is not set.",
            f"Run `export {provider.key_variable}=…` first; the key is never stored or printed.",
        )
    return key


def asker(provider: Provider, *, url: str, key: str, timeout_s: float) -> Callable[[str], Any]:
    """A function that asks the service for one text and answers with geopy's Location or None.

    Parameters
    ----------
    provider
        Which service.
    url
        Another server that speaks the same protocol, ``http://host:port``; empty: the public one.
    key
        See :func:`secret`.
    timeout_s
        How long to wait for one answer.

    Raises
    ------
    MissingExtra
        Without the extra `geocode`.
    """
    try:
        from geopy.geocoders import Nominatim, Photon
    except ImportError:
        raise MissingExtra(
            "Asking a geocoding service needs geopy.", "Run `pip install hubmap[geocode]`."
        ) from None
    scheme, _, domain = url.rstrip("/").rpartition("://")
    common: dict[str, Any] = {"timeout": timeout_s, "user_agent": "hubmap-geocode"}
    if scheme:
        common["scheme"] = scheme
    if provider.name in ("nominatim", "photon"):
        service = Nominatim if provider.name == "nominatim" else Photon
        return partial(service(**common, **({"domain": domain} if domain else {})).geocode)
    if provider.name == "baidu":
        return partial(_baidu(key, url, common).geocode)
    return partial(_amap(key, url, common).geocode)


def _baidu(key: str, url: str, common: dict[str, Any]) -> Any:
    """Baidu's web service, with a wrong key and a moment's haste told apart from no answer."""
    from geopy import exc
    from geopy.geocoders import BaiduV3

    class Baidu(BaiduV3):  # type: ignore[misc]
        def _check_status(self, status: int) -> None:
            if status == 5:
                raise exc.GeocoderAuthenticationFailure("the key does not exist (5)")
            if status in (401, 402):
                raise exc.GeocoderRateLimited(f"too many questions at once ({status})")
            super()._check_status(status)

    service = Baidu(key, **common)
    if url:
        service.api = url.rstrip("/") + service.api_path
    return service


def _amap(key: str, url: str, common: dict[str, Any]) -> Any:
    """Amap's web service, which geopy does not know."""
    from geopy import exc
    from geopy.geocoders.base import Geocoder
    from geopy.location import Location

    errors = {
        "10001": exc.GeocoderAuthenticationFailure,
        "10003": exc.GeocoderQuotaExceeded,
        "10004": exc.GeocoderRateLimited,
        "10019": exc.GeocoderRateLimited,
        "10020": exc.GeocoderRateLimited,
        "10021": exc.GeocoderRateLimited,
        "10044": exc.GeocoderQuotaExceeded,
    }

    class Amap(Geocoder):  # type: ignore[misc]
        api = (url.rstrip("/") or "https://restapi.amap.com") + "/v3/geocode/geo"

        def geocode(self, query: str) -> Any:
            asked = self.api + "?" + urlencode({"key": key, "address": query, "output": "JSON"})
            return self._call_geocoder(asked, self._parse)

        def _parse(self, answer: dict[str, Any]) -> Any:
            if str(answer.get("status")) != "1":
                code = str(answer.get("infocode", ""))
                raise errors.get(code, exc.GeocoderServiceError)(f"{answer.get('info')} ({code})")
            for found in answer.get("geocodes") or ():
                lon, lat = map(float, found["location"].split(","))
                return Location(str(found.get("formatted_address", "")), (lat, lon), found)
            return None

    return Amap(**common)


def precision_of(raw: dict[str, Any]) -> float:
    """The radius within which a service's answer is true, from what it says of its kind."""
    box = raw.get("boundingbox") or ()
    if len(box) == 4:
        south, north, west, east = map(float, box)
        middle = math.cos(math.radians((south + north) / 2))
        radius = math.hypot((north - south) * 111_320, (east - west) * 111_320 * middle) / 2
        return float(min(max(math.ceil(radius / 100) * 100, 100), 2_000_000))
    properties = raw.get("properties")
    kind = properties.get("type") if isinstance(properties, dict) else raw.get("level")
    return float(_PRECISION.get(str(kind), _UNKNOWN_M))
