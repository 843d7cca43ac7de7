"""M, Kd and colocation quotients against their definitions, on places full of ties."""

from __future__ import annotations

import numpy as np
import pytest

from hubmap.statistics.pointpattern.relative import kd_function, m_function
from hubmap.statistics.proximity import colocation_quotient

RADII = np.array([0.0, 1.0, 2**0.5, 2.0, 5.0])
H = 0.7


def board(seed: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """Few places on a board of whole numbers, and their distances."""
    rng = np.random.default_rng(seed)
    places = rng.integers(0, 7, (2, int(rng.integers(4, 25)))).astype(float)
    return places, np.hypot(*(places[:, :, None] - places[:, None, :])), rng


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("towards", ["themselves", "others"])
def test_m_is_its_definition(seed: int, towards: str) -> None:
    (x, y), apart, rng = board(seed)
    case, weight = rng.random(x.size) < 0.5, rng.integers(0, 4, x.size).astype(float)
    wanted = case if towards == "themselves" else rng.random(x.size) < 0.4
    expected = []
    for r in RADII:
        near = base = 0.0
        for i in np.flatnonzero(case):
            around = apart[i] <= r
            around[i] = False
            every = np.ones(x.size, dtype=bool)
            every[i] = False
            if weight[around].sum() > 0:
                near += weight[around & wanted].sum() / weight[around].sum()
                base += weight[every & wanted].sum() / weight[every].sum()
        expected.append(near / base if base > 0 else np.nan)
    other = None if towards == "themselves" else wanted
    found = m_function(x, y, case=case, r=RADII, neighbour=other, weight=weight)
    assert found == pytest.approx(np.array(expected), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("seed", range(20))
def test_colocation_is_its_definition(seed: int) -> None:
    (x, y), apart, rng = board(seed)
    n, k = x.size, int(rng.integers(1, 4))
    kind = rng.choice(["a", "b", "c"], n)
    found = colocation_quotient(x, y, kind, k=k)
    names = list(found.kinds)
    seen = np.zeros((len(names), len(names)))
    for i in range(n):
        others = np.delete(np.arange(n), i)
        rim = np.sort(apart[i, others])[k - 1]
        closer = others[apart[i, others] < rim - 1e-9]
        tied = others[np.abs(apart[i, others] - rim) < 1e-9]
        for j in closer:
            seen[names.index(kind[i]), names.index(kind[j])] += 1 / k
        for j in tied:
            seen[names.index(kind[i]), names.index(kind[j])] += (k - closer.size) / tied.size / k
    number = np.array([np.sum(kind == name) for name in names])
    chance = (number - np.eye(number.size)) / (n - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = seen / number[:, None] / chance
    assert found.quotient == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("seed", range(20))
def test_kd_is_its_definition(seed: int) -> None:
    (x, y), apart, rng = board(seed)
    weight = rng.integers(1, 4, x.size).astype(float)
    first, second = np.triu_indices(x.size, 1)
    load, gap = weight[first] * weight[second], apart[first, second]
    kernel = [
        np.exp(-(((gap - r) / H) ** 2) / 2) + np.exp(-(((gap + r) / H) ** 2) / 2) for r in RADII
    ]
    expected = [float(load @ part) / load.sum() / (H * np.sqrt(2 * np.pi)) for part in kernel]
    found = kd_function(x, y, r=RADII, weight=weight, bandwidth=H)
    assert found.value == pytest.approx(np.array(expected), rel=1e-12)
