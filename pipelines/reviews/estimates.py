"""Shares, accuracy, Cohen's kappa and Krippendorff's alpha, each with its 95% interval; four digits, None where one is
not defined.
"""

from collections.abc import Callable, Sequence
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from pipelines.tree_audit import wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]

_RESAMPLES = 2000


def share(part: int, whole: int) -> dict[str, float | None]:
    """With the interval of Wilson.

    >>> share(9, 10)
    {'share': 0.9, 'low': 0.5958, 'high': 0.9821}
    """
    low, high = wilson(part, whole)
    return {"share": rounded(part / whole if whole else None), "low": rounded(low), "high": rounded(high)}


def estimate(name: str, counts: Sequence[Sequence[int]], statistic: Callable[["Counts"], float]) -> dict[str, Any]:
    """A statistic of rows of counts, with an interval by resampling rows (Efron, 1979): from the 2.5th percentile of
    2,000 resamples to the 97.5th. There is none where all of them come to one value, as those of a single row do.

    >>> estimate("share", [[1, 0, 0, 3], [1, 0, 0, 0], [1, 2, 1, 0]], accuracy_of)
    {'share': 0.6667, 'low': 0.25, 'high': 1.0}
    """
    import numpy as np

    rows = np.array(counts, dtype=np.int64)
    value = statistic(rows) if len(rows) else nan
    low = high = nan
    if not isnan(value):
        rng = np.random.default_rng(0)
        found = [statistic(rows[rng.integers(len(rows), size=len(rows))]) for _ in range(_RESAMPLES)]
        low, high = np.nanquantile(found, [0.025, 0.975]).tolist()
    if low == high:
        low = high = nan
    return {name: rounded(value), "low": rounded(low), "high": rounded(high)}


def alpha_of(counts: "Counts") -> float:
    """Krippendorff's alpha (2011) of how many people gave each value [objects, values], two at least for each object;
    NaN where all gave the same.
    """
    import krippendorff

    if (counts.sum(axis=0) > 0).sum() < 2:
        return nan
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def accuracy_of(tables: "Counts") -> float:
    """The share of pairs on which both say the same: of tables [trees, 4] of how many pairs neither prefers the first
    reply of, the judge alone, people alone, both.
    """
    neither, judge, people, both = tables.sum(axis=0).tolist()
    return float((neither + both) / (neither + judge + people + both))


def kappa_of(tables: "Counts") -> float:
    """Cohen's kappa (1960) of the same tables; NaN where both always say the same one thing."""
    neither, judge, people, both = tables.sum(axis=0).tolist()
    pairs = neither + judge + people + both
    chance = ((people + both) * (judge + both) + (neither + judge) * (neither + people)) / pairs**2
    return nan if chance == 1 else float((accuracy_of(tables) - chance) / (1 - chance))


def rounded(value: float | None) -> float | None:
    return None if value is None or isnan(value) else round(value, 4)
