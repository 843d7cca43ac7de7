"""Asking a geocoding service once for every place a source names; its own verb, never in a build.

Answers lie in a SQLite cache, so an interrupted run goes on where it stopped. The result is a
table beside the source, ``SOURCE.places.csv``: a row a text, in WGS-84; a recipe with
``place = "text"`` uses it.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hubmap.errors import ProductError, RecipeError, TableError
from hubmap.files import write_text
from hubmap.geodata.answers import joined
from hubmap.geodata.cells import Cells
from hubmap.geodata.formulas import marked
from hubmap.geodata.providers import Provider, asker, precision_of, secret
from hubmap.geodata.steps import PlaceText
from hubmap.geodesy import to_wgs84

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hubmap.geodata.recipe import EntitySource

COLUMNS = (
    "text",
    "lon",
    "lat",
    "precision_m",
    "found",
    "address",
    "provider",
    "provider_datum",
    "columns",
)
TRIES = 4
# After so many texts in a row without any answer the service is taken to be down.
GIVE_UP = 5
_WAIT_S = 2.0


@dataclass(frozen=True)
class Answer:
    """What a service said of one text, in the service's own datum."""

    lon: float
    lat: float
    precision_m: float
    address: str


@dataclass(frozen=True)
class Report:
    """What a run did."""

    path: Path
    texts: int
    found: int
    asked: int
    failed: int


class Cache:
    """Answers on disk, each written as soon as it comes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._database = sqlite3.connect(path)
            self._database.execute(
                "create table if not exists answers (provider text, server text, text text, "
                "found integer, lon real, lat real, precision_m real, address text, "
                "primary key (provider, server, text))"
            )
        except sqlite3.Error as error:
            raise ProductError(
                f"{path}: is not a usable cache ({error}).", "Delete it; it is made again."
            ) from None

    def get(self, provider: str, server: str, text: str) -> tuple[bool, Answer | None]:
        """Whether the text was asked before, and the answer."""
        row = self._database.execute(
            "select found, lon, lat, precision_m, address from answers "
            "where provider = ? and server = ? and text = ?",
            (provider, server, text),
        ).fetchone()
        if row is None:
            return False, None
        return True, Answer(*row[1:]) if row[0] else None

    def put(self, provider: str, server: str, text: str, answer: Answer | None) -> None:
        """Keep an answer, or that there is none."""
        values = (
            (1, answer.lon, answer.lat, answer.precision_m, answer.address)
            if answer
            else (0, None, None, None, "")
        )
        with self._database:
            self._database.execute(
                "insert or replace into answers values (?, ?, ?, ?, ?, ?, ?, ?)",
                (provider, server, text, *values),
            )

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def texts_of(
    source: EntitySource, folder: Path, columns: Sequence[str] = ()
) -> tuple[tuple[str, ...], list[str]]:
    """The distinct places that a source names, read as its recipe reads it.

    Parameters
    ----------
    source, folder
        The recipe, and where it lies.
    columns
        The columns whose cells are joined; by default those that the recipe places by.

    Returns
    -------
    tuple
        The columns, and the texts, sorted.

    Raises
    ------
    RecipeError
        No column is named.
    Findings, TableError
        The table cannot be read or lacks a column.
    """
    wanted = tuple(columns) or source.place_columns()
    if not wanted:
        raise RecipeError(
            f"{source.id}: nothing says which column names the place.",
            'Add --column NAME, or place = "text" and [places] columns to the recipe.',
        )
    if source.stream is not None:
        raise RecipeError(
            f"{source.id}: a source in parts is placed by coordinates, not by text.",
            "Convert it to one file.",
        )
    places = PlaceText(columns=wanted)
    cells = Cells(source.model_copy(update={"place": "text", "places": places}), folder)
    texts = sorted(set(joined([cells.text(name) for name in wanted])) - {""})
    if not texts:
        where = ", ".join(wanted)
        raise TableError(f"{cells.path}: {where} is empty in every row.", "Name another.")
    return wanted, texts


def geocode_online(
    texts: list[str],
    provider: Provider,
    *,
    cache: Path,
    out: Path,
    url: str = "",
    columns: Sequence[str] = (),
    delay_s: float | None = None,
    timeout_s: float = 10.0,
    wait_s: float = _WAIT_S,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Ask a service for each text that the cache does not know, and write the table.

    Parameters
    ----------
    texts
        The places, distinct.
    provider
        Which service; see ``hubmap.geodata.providers.PROVIDERS``.
    cache
        The SQLite file.
    out
        The table to write.
    url
        Another server that speaks the provider's protocol.
    columns
        From which columns the texts were joined; noted in the table.
    delay_s
        Pause between two questions; by default what the provider's terms ask.
    timeout_s, wait_s
        How long to wait for an answer, and after a failure (doubled each time).
    progress
        Called with the number of texts done and their total.

    Returns
    -------
    Report
        What was found; texts the service did not answer are left out of the table and are
        asked again next time.

    Raises
    ------
    ProductError
        The service refuses the key, its quota is used up, or it is down; what was answered
        until then stays in the cache.
    """
    key = secret(provider)
    ask = asker(provider, url=url, key=key, timeout_s=timeout_s)
    pause = provider.delay_s if delay_s is None else delay_s
    answers: dict[str, Answer | None] = {}
    asked = failed = silent = 0
    with closing(Cache(cache)) as kept:
        for done, text in enumerate(texts):
            progress(done, len(texts))
            known, answer = kept.get(provider.name, url, text)
            if not known:
                if asked:
                    time.sleep(pause)
                asked += 1
                answered, answer = _ask(ask, text, provider, key, wait_s)
                silent = 0 if answered else silent + 1
                if silent == GIVE_UP:
                    raise ProductError(
                        f"{provider.name} does not answer ({done + 1} of {len(texts)} tried).",
                        "Run the same command again later: it goes on where it stopped.",
                    )
                if not answered:
                    failed += 1
                    continue
                kept.put(provider.name, url, text, answer)
            answers[text] = answer
    progress(len(texts), len(texts))
    write_text(out, _table(answers, provider, columns))
    found = sum(answer is not None for answer in answers.values())
    return Report(out, len(texts), found, asked, failed)


def _ask(
    ask: Callable[[str], Any], text: str, provider: Provider, key: str, wait_s: float
) -> tuple[bool, Answer | None]:
    """Whether the service answered, and what; asked again after a failure that may pass."""
    from geopy import exc

    for attempt in range(TRIES):
        try:
            found = ask(text)
        except (
            exc.GeocoderAuthenticationFailure,
            exc.GeocoderInsufficientPrivileges,
            exc.GeocoderQuotaExceeded,
        ) as error:
            wait = getattr(error, "retry_after", None)
            if not isinstance(error, exc.GeocoderRateLimited):
                said = str(error).replace(key, "…") if key else str(error)
                raise ProductError(
                    f"{provider.name} refuses the question: {said[:200]}.",
                    f"Check {provider.key_variable or 'its terms'}; answers so far are kept.",
                ) from None
            time.sleep(min(wait or wait_s * 2**attempt, 120))
        except exc.GeocoderQueryError:
            return True, None
        except exc.GeopyError:
            time.sleep(wait_s * 2**attempt)
        else:
            if found is None:
                return True, None
            raw = found.raw if isinstance(found.raw, dict) else {}
            address = " ".join(str(found.address).split())
            return True, Answer(found.longitude, found.latitude, precision_of(raw), address)
    return False, None


def _table(answers: dict[str, Answer | None], provider: Provider, columns: Sequence[str]) -> str:
    """The table's text; coordinates are moved from the provider's datum to WGS-84."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    said = json.dumps(list(columns), ensure_ascii=False) if columns else ""
    for text, answer in sorted(answers.items()):
        place = ["", "", "", "false", ""]
        if answer is not None:
            lon, lat = to_wgs84(np.array([answer.lon]), np.array([answer.lat]), provider.datum)
            degrees = [f"{float(lon[0]):.6f}", f"{float(lat[0]):.6f}"]
            place = [*degrees, f"{answer.precision_m:.0f}", "true", str(marked(answer.address))]
        writer.writerow([marked(text), *place, provider.name, provider.datum, said])
    return file.getvalue()
