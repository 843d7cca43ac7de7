"""How many distinct employers there are, without keeping them: HyperLogLog, one a district."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

BITS = 12
REGISTERS = 1 << BITS
# The standard error of one estimate, 1.04 / √registers.
RELATIVE_ERROR = 1.04 / np.sqrt(REGISTERS)


def empty_sketches(count: int) -> NDArray[np.uint8]:
    """Sketches that have seen nothing, shape (count, 4096)."""
    return np.zeros((count, REGISTERS), dtype=np.uint8)


def hashed(values: NDArray[np.generic]) -> NDArray[np.uint64]:
    """A 64-bit fingerprint of each value, the same in every process."""
    return mixed(printed(values))


def printed(values: NDArray[np.generic]) -> NDArray[np.uint64]:
    """The number that is mixed into each value's fingerprint."""
    if values.dtype.kind in "iub":
        return values.astype(np.int64).view(np.uint64)
    text = values.astype(object)
    return np.asarray(pd.util.hash_array(text, categorize=False), dtype=np.uint64)


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Steele, Lea and Flood's SplitMix64 of each value."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


def add(sketches: NDArray[np.uint8], which: NDArray[np.int32], prints: NDArray[np.uint64]) -> None:
    """Note fingerprints in the sketches they belong to."""
    register = (prints >> np.uint64(64 - BITS)).astype(np.int64)
    # Of the 52 bits that are left, how many lead before the first one: exact in a float.
    rest = (prints & np.uint64((1 << (64 - BITS)) - 1)).astype(np.float64)
    rank = (64 - BITS + 1 - np.frexp(rest)[1]).astype(np.uint8)
    np.maximum.at(sketches.reshape(-1), which * np.int64(REGISTERS) + register, rank)


def estimates(sketches: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Distinct values seen by each sketch, shape (count,).

    Notes
    -----
    Flajolet, Fusy, Gandouet and Meunier (2007), with linear counting while registers are empty;
    64-bit fingerprints need no correction at the upper end.
    """
    alpha = 0.7213 / (1 + 1.079 / REGISTERS)
    raw = alpha * REGISTERS**2 / np.exp2(-sketches.astype(float)).sum(axis=-1)
    empty = (sketches == 0).sum(axis=-1)
    linear = REGISTERS * np.log(REGISTERS / np.maximum(empty, 1))
    result: NDArray[np.float64] = np.where((raw <= 2.5 * REGISTERS) & (empty > 0), linear, raw)
    return result
