"""How far held-out texts are from those that a model may be trained on: the certificate of a benchmark."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_BLOCK = 1024  # rows compared at once: the memory is _BLOCK x m floats


class LeakageError(RuntimeError):
    """A held-out text is nearer to the training texts than its bound allows."""


@dataclass(frozen=True)
class Nearest:
    """Of each row of one set the nearest row of another: `index` int [n], `cosine` float32 [n]."""

    index: NDArray[np.int64]
    cosine: Vectors


def nearest(vectors: Vectors, others: Vectors, *, itself: bool = False) -> Nearest:
    """The nearest neighbours by exhaustive search, independent of the index that admitted the texts.

    Args:
        vectors: float32 [n, dim], unit rows.
        others: float32 [m, dim], unit rows, m >= 1 (2 with `itself`).
        itself: both are the same set, and a row is no neighbour of its own.
    """
    index = np.empty(len(vectors), np.int64)
    cosine = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK] @ others.T
        rows = np.arange(len(block))
        if itself:
            block[rows, start + rows] = -np.inf
        index[start : start + len(block)] = block.argmax(axis=1)
        found = others[index[start : start + len(block)]].astype(np.float64)  # a sum of BLAS differs with its threads
        cosine[start : start + len(block)] = (vectors[start : start + _BLOCK] * found).sum(axis=1)
    return Nearest(index, cosine)


def require_distance(heldout: Vectors, others: Vectors, bound: float, what: str) -> None:
    """Raises LeakageError where a held-out row has a cosine above `bound` (and rounding, 1e-5) to a row of `others`."""
    if len(heldout) and len(others) and (highest := float(nearest(heldout, others).cosine.max())) > bound + 1e-5:
        raise LeakageError(f"a held-out {what} has cosine {highest:.3f} to a training one, above the bound {bound:.3f}")


def summary(cosines: Vectors) -> dict[str, float] | None:
    """Median, 95th percentile and maximum, rounded to four digits; None where there is nothing."""
    if not len(cosines):
        return None
    return {
        "median": round(float(np.median(cosines)), 4),
        "p95": round(float(np.percentile(cosines, 95)), 4),
        "max": round(float(cosines.max()), 4),
    }
