"""Which rows are AI postings, as columns beside the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hubmap.geodata.convert import ListOf
from hubmap.geodata.read.batch import encoded
from hubmap.geodata.taxonomy import read_taxonomy
from hubmap.geodata.told import terms_path

if TYPE_CHECKING:
    from hubmap.geodata.cells import Cells


def classify(cells: Cells) -> pd.DataFrame:
    """Decide of every row whether it is an AI posting.

    Parameters
    ----------
    cells
        The source; its recipe names the titles (`name`) and perhaps the skill tags (`skills`).

    Returns
    -------
    DataFrame
        ``ai``, ``ai_group``, ``ai_family``, ``ai_term`` and ``ai_where``, aligned with the rows.

    Raises
    ------
    TableError
        The list of terms is broken.
    """
    taxonomy = read_taxonomy(terms_path(cells.folder))
    column = cells.columns.skills
    skills = _tags(cells, column) if column else None
    decided = taxonomy.decide_all(cells.text(cells.columns.name), skills)
    return decided.rename(columns={name: f"ai_{name}" for name in decided if name != "ai"})


def _tags(cells: Cells, column: str) -> pd.Series[Any]:
    """The tags of each row, as a list: a cell that a list conversion has read, or reads."""
    read = isinstance(cells.source.convert.get(column), ListOf)
    reader = ListOf(method="list", separator=";") if read else ListOf(method="list")
    number, unique = encoded(cells.text(column))
    lists = np.empty(len(unique), dtype=object)
    lists[:] = [reader.values(cell) or [] for cell in unique]
    return pd.Series(lists[number] if len(unique) else [], index=cells.table.index, dtype=object)
