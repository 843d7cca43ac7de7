"""The records as a plain table, for readers whose browser runs no script."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import pandas as pd

from hubmap.maps.escapes import one_line
from hubmap.maps.kinds import cases_of, kinds_of
from hubmap.maps.still.words import either, number, said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubmap.layers.model import HubLayer

MOST = 1_000
"""So many rows a page carries at most."""
ROOM = 52_000
"""And so many bytes."""
WHOLE = 790_000
"""The page with them holds at most so many: a page of a hub shall stay under 800 kB."""
LARGE = 20_000
"""Of more rows than these a list of the first would tell nothing, and take time to make."""


def still_records(
    layers: Sequence[HubLayer], language: str = "en", *, most: int = MOST, room: int = ROOM
) -> str:
    """The page's records by kind and district: name, founding year or number.

    Parameters
    ----------
    layers
        A record that is in several of them is listed once.
    language
        ``en`` or ``zh``: of the words, and of the names where there are both.
    most, room
        The most rows and UTF-8 bytes. With more, the first stay and a sentence says how many are
        missing and where they are; with very many more none is listed.
    """
    frames = [pd.DataFrame(cases_of(layer)) for layer in layers]
    table = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    if len(table) > LARGE:
        return f"<p>{_text(said(language, 'unscripted.none', n=number(len(table))))}</p>"
    table = table.drop_duplicates("id")
    places = _places(layers, language)
    titles = {
        k["id"]: either(language, k["title"]["en"], k["title"]["zh"]) for k in kinds_of(layers)
    }
    rows = sorted((_row(r, titles, places, language) for r in table.to_dict("records")), key=_order)
    # A kind with weights is a table of counts: one row a district is what it says.
    weighted = {str(k) for k in table.loc[table["weight"] != 1, "kind"]}
    rows = _summed(rows, weighted)
    parts: list[str] = []
    used = listed = 0
    last: tuple[Any, ...] = ()
    for row in rows:
        group = (row["kind"], "" if row["kind"] in weighted else row["place"])
        text = "" if group == last else _group(titles[row["kind"]], group[1])
        # One record is one row: only a sum says its number.
        n = "" if row["n"] == "1" else f"<td>{row['n']}"
        text += f"<tr><td>{_text(row['name'])}<td>{row['year']}{n}\n"
        used += len(text.encode())
        if listed == most or used > room:
            break
        parts.append(text)
        listed += 1
        last = group
    if not rows:
        return ""
    if not listed:
        return f"<p>{_text(said(language, 'unscripted.none', n=number(len(rows))))}</p>"
    heads = "".join(
        f'<th scope="col">{_text(said(language, key))}'
        for key in ("column.name", "column.founded", "column.weight")
    )
    rest = len(rows) - listed
    note = said(
        language,
        "unscripted.some" if rest else "unscripted.all",
        n=number(listed), rest=number(rest),
    )  # fmt: skip
    return (
        f'<table class="records"><caption>{_text(note)}</caption><thead><tr>{heads}</thead>'
        f"{''.join(parts)}</table>"
    )


def _places(layers: Sequence[HubLayer], language: str) -> dict[str, str]:
    """The names of districts, each with its city's, and of the cities."""
    found: dict[str, str] = {}
    for layer in layers:
        for row in layer.districts.drop(columns="geometry").to_dict("records"):
            own = either(language, row.get("name"), row.get("name_zh"))
            city = either(language, row.get("city_name"), row.get("city_name_zh"))
            both = [city, own] if language == "zh" else [own, city]
            joint = " · " if language == "zh" else ", "
            found[str(row["code"])] = joint.join(dict.fromkeys(filter(None, both)))
            if row.get("city"):
                found.setdefault(str(row["city"]), city)
    return found


def _row(
    record: Mapping[Any, Any], titles: dict[str, str], places: dict[str, str], language: str
) -> dict[str, Any]:
    place = next(
        (places[str(record.get(c))] for c in ("district", "city") if str(record.get(c)) in places),
        "–",
    )
    year = record.get("founded")
    return {
        "kind": record["kind"],
        "order": list(titles).index(record["kind"]),
        "place": place,
        "name": one_line(either(language, record.get("name"), record.get("name_zh"))),
        "year": "–" if year is None or pd.isna(year) else str(int(year)),
        "n": float(record["weight"]),
    }


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["order"], row["place"] == "–", row["place"], row["name"], row["year"]


def _summed(rows: list[dict[str, Any]], weighted: set[str]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    at: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["kind"], row["place"])
        if row["kind"] in weighted and key in at:
            at[key]["n"] += row["n"]
            continue
        # The name of a count is where it was counted.
        made.append(row | {"name": row["place"], "year": "–"} if row["kind"] in weighted else row)
        at[key] = made[-1]
    return [row | {"n": number(row["n"])} for row in made]


def _group(kind: str, place: str) -> str:
    # Several ends of elements may be left out, which a thousand rows make worth it.
    return (
        f"<tbody><tr><th colspan=3 scope=rowgroup>{_text(f'{kind}: {place}' if place else kind)}\n"
    )


def _text(value: str) -> str:
    return html.escape(value)
