"""Agglomeration in regional economics: industries over regions, with the plants' sizes.

Shares are taken inside; every array counts employees (or firms) by region unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubmap.statistics.arrays import Floats, floats, ratio


@dataclass(frozen=True)
class EllisonGlaeser:
    """The index and what it is made of.

    Attributes
    ----------
    gamma
        Excess concentration: 0 under random location of plants of these sizes.
    raw
        ``G``, the squared differences between the industry's and all employment's shares.
    plants
        ``H``, the Herfindahl index of the industry's plant sizes.
    """

    gamma: float
    raw: float
    plants: float
    z: float


def ellison_glaeser(
    plant_size: npt.ArrayLike, plant_region: npt.ArrayLike, region_size: npt.ArrayLike
) -> EllisonGlaeser:
    """Return the Ellison-Glaeser index of one industry.

    ``gamma = (G / (1 - sum x^2) - H) / (1 - H)`` with x the regions' shares of all employment.

    Parameters
    ----------
    plant_size
        Employees of each plant, shape (plants,).
    plant_region
        Index of each plant's region in ``region_size``, shape (plants,).
    region_size
        All employees of each region, shape (regions,).

    References
    ----------
    Ellison, G. and Glaeser, E. L. (1997). Geographic concentration in U.S. manufacturing
    industries: a dartboard approach. Journal of Political Economy 105, 889-927.
    """
    size, region = floats(plant_size), np.asarray(plant_region, dtype=np.int64)
    base = _shares(region_size)
    share = _shares(np.bincount(region, weights=size, minlength=base.size))
    plants = float(np.sum(_shares(size) ** 2))
    raw = float(np.sum((share - base) ** 2))
    room = 1 - float(np.sum(base**2))
    # A single plant, or a single region, says nothing about excess: gamma is undefined.
    gamma = (raw / room - plants) / (1 - plants) if plants < 1 and room > 0 else float("nan")
    # Under random location G has mean (1 - sum x^2) * H and the variance of their appendix.
    x2, x3 = float(np.sum(base**2)), float(np.sum(base**3))
    fourth = float(np.sum(_shares(size) ** 4))
    variance = 2 * (plants**2 * (x2 - 2 * x3 + x2**2) - fourth * (x2 - 4 * x3 + 3 * x2**2))
    score = (raw - room * plants) / variance**0.5 if variance > 0 else float("nan")
    return EllisonGlaeser(gamma, raw, plants, score)


def coagglomeration(
    plant_size: npt.ArrayLike,
    plant_region: npt.ArrayLike,
    plant_industry: npt.ArrayLike,
    region_size: npt.ArrayLike,
) -> float:
    """Return the Ellison-Glaeser coagglomeration of several industries, ``gamma^c``.

    With w the industries' shares of the group's employment, G and H of the group, and gamma_j, H_j
    of each industry: ``(G / (1 - sum x^2) - H - sum gamma_j w_j^2 (1 - H_j)) / (1 - sum w_j^2)``,
    where ``H = sum w_j^2 H_j``.

    References
    ----------
    Ellison and Glaeser (1997), equation 7.
    """
    size, region = floats(plant_size), np.asarray(plant_region, dtype=np.int64)
    base = _shares(region_size)
    index = np.unique(np.asarray(plant_industry), return_inverse=True)[1]
    weight = _shares(np.bincount(index, weights=size))
    share = _shares(np.bincount(region, weights=size, minlength=base.size))
    raw = float(np.sum((share - base) ** 2)) / (1 - float(np.sum(base**2)))
    own = 0.0
    plants = 0.0
    for industry, w in enumerate(weight):
        mine = index == industry
        alone = ellison_glaeser(size[mine], region[mine], base)
        plants += w**2 * alone.plants
        # gamma_j * (1 - H_j) written out, defined for a single plant too.
        own += w**2 * (alone.raw / (1 - float(np.sum(base**2))) - alone.plants)
    return (raw - plants - own) / (1 - float(np.sum(weight**2)))


def locational_gini(local: npt.ArrayLike, base: npt.ArrayLike) -> float:
    """Return the Gini of location quotients, ordered, each unit counting once.

    ``2 / (n^2 m) * sum i (LQ_i - m)`` with LQ ascending and m their mean. It serves the
    concentration of an industry over regions and the specialisation of a region over industries.

    Parameters
    ----------
    local
        The industry's employees by region (or the region's by industry), shape (units,).
    base
        All employees by the same units.
    """
    quotient = np.sort(ratio(_shares(local), _shares(base)))
    n, mean = quotient.size, float(quotient.mean())
    return float(2 / (n**2 * mean) * np.sum(np.arange(1, n + 1) * (quotient - mean)))


def hoover(values: npt.ArrayLike, base: npt.ArrayLike) -> float:
    """Return the share that would have to move to be spread like the base.

    References
    ----------
    Hoover, E. M. (1936). The measurement of industrial localization. Review of Economics and
    Statistics 18, 162-171.
    """
    return float(np.sum(np.abs(_shares(values) - _shares(base))) / 2)


def krugman(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Return the sum of absolute differences of shares: 0 alike .. 2 nothing in common.

    References
    ----------
    Krugman, P. (1991). Geography and Trade. MIT Press.
    """
    return float(np.sum(np.abs(_shares(first) - _shares(second))))


def cluster_index(
    employees: npt.ArrayLike,
    all_employees: npt.ArrayLike,
    area: npt.ArrayLike,
    all_area: npt.ArrayLike,
    people: npt.ArrayLike,
    all_people: npt.ArrayLike,
    firms: npt.ArrayLike,
    all_firms: npt.ArrayLike,
) -> Floats:
    """Return the cluster index of Litzenberger and Sternberg.

    Relative industrial density times relative industrial stock over relative firm size:
    ``((e/E)/(a/A)) * ((e/E)/(p/P)) / ((e/b)/(E/B))``; above 1 a cluster is taken to begin, at 64
    a strong one.

    References
    ----------
    Litzenberger, T. and Sternberg, R. (2006). Der Clusterindex. Geographische Zeitschrift 94,
    209-224.
    """
    share = ratio(employees, all_employees)
    density = ratio(share, ratio(area, all_area))
    stock = ratio(share, ratio(people, all_people))
    size = ratio(share, ratio(firms, all_firms))
    return floats(density * stock / size)


def _shares(values: npt.ArrayLike) -> Floats:
    x = floats(values)
    return ratio(x, x.sum())
