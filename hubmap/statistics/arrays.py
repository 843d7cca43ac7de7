"""The array types that the kernels share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def floats(values: npt.ArrayLike) -> Floats:
    """Return ``values`` as a float array (a copy only where the type has to change)."""
    return np.asarray(values, dtype=np.float64)


def radii(r: npt.ArrayLike) -> Floats:
    """Return distances to sum up to as an array, one number too; they must ascend."""
    found = np.atleast_1d(floats(r))
    if found.size == 0 or not np.all(np.diff(found) >= 0):
        raise ValueError("radii must ascend, and there must be one")
    return found


def normal_quantile(level: float) -> float:
    """Return the two-sided normal quantile of a confidence level, 1.96 for 0.95."""
    from scipy.special import ndtri

    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    return float(ndtri(0.5 + level / 2))


def two_sided_p(z: npt.ArrayLike) -> Floats:
    """Return the two-sided normal p-value of ``z``."""
    from scipy.special import ndtr

    return floats(2 * ndtr(-np.abs(floats(z))))


def centred(values: npt.ArrayLike) -> Floats:
    """Return ``values`` less their mean, nought where all are alike but for rounding."""
    x = floats(values)
    if x.size == 0:
        return x
    z = x - float(x.mean())
    if float(np.abs(z).max()) <= 1e-12 * float(np.abs(x).max()):
        return np.zeros(x.shape)
    return floats(z)


def ratio(top: npt.ArrayLike, bottom: npt.ArrayLike) -> Floats:
    """Return ``top / bottom``, NaN where ``bottom`` is not positive."""
    above, below = np.broadcast_arrays(floats(top), floats(bottom))
    return floats(np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0))
