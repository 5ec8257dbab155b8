"""The numbers of one model: how well its replies fit one person, turn by turn, and how that grows.

    scores = np.array([[2, 3, 4], [2, 4, np.nan]], dtype=float)  # a row a conversation, a column a turn
    measure(scores, ["gardener", "pilot"]).gain  # Estimate(value=2.0, low=..., high=...)

| number | formula, on the curve AL(1) ... AL(K) |
| --- | --- |
| AL(k) | mean over conversations of the scores, 1 to 5, at turn k |
| mean | of AL(k) over the turns |
| IR, R2 | slope b of the least-squares line b * k + a through the points (k, AL(k)), and that line's R2 |
| N-IR, N-R2 | the same after (AL(k) - min AL) / (max AL - min AL); N-R2 equals R2, for the rescaling is affine |
| gain | AL(K) - AL(1), in points |
| area | mean height of the curve over its first turn: the trapezoid rule on AL(k) - AL(1), divided by K - 1 |

The first three lines are of the paper (arXiv 2410.03642). Its N-IR ignores how much was gained (any straight rise has
1 / (K - 1)), hence the last two. A flat curve rises by 0 and has no R2, N-IR and N-R2. A turn that nobody scored has no
AL(k): the line and the mean are of the others, the area bridges it by a straight line, and without the first or the
last one there is neither gain nor area.

Intervals: 95%, percentile bootstrap (Efron and Tibshirani 1993, chapter 13), in which whole profiles are drawn with
replacement, since conversations that share a profile are alike (Cameron, Gelbach and Miller 2008). A percentile
interval of R2 or N-IR may lie beside its value: noise added to a straight line only ever lowers R2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RESAMPLES = 2000
FLAT = 1e-9  # points: a curve that varies by less is flat but for rounding


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; None where it is not defined, or no interval can be told."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Metrics:
    """The numbers of one model, and what they rest on."""

    al: list[Estimate]  # K, the first is of turn 1
    mean: Estimate
    ir: Estimate
    r2: Estimate
    n_ir: Estimate
    n_r2: Estimate
    gain: Estimate
    area: Estimate
    conversations: int
    profiles: int
    scored: list[int]  # K: how many scores each AL(k) is the mean of
    unscored: int  # turns without a score out of conversations x K, those that were never played included


class Disclosed(NamedTuple):
    """The scores of the turns at which the user had disclosed so many statements."""

    statements: int
    turns: int
    score: Estimate


def measure(scores: Floats, clusters: Sequence[str], resamples: int = RESAMPLES, seed: int = 0) -> Metrics:
    """All numbers of one model.

    Args:
        scores: [conversations, K turns], 1 to 5; NaN where unscored or after a conversation's end.
        clusters: the profile of each conversation; with a single one there are no intervals.

    Raises:
        ValueError: scores of another shape.
    """
    given = np.isfinite(scores)
    curves = resampled(np.where(given, scores, 0), given, clusters, resamples, seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        ir, r2 = _line(curves)
        n_ir, n_r2 = _line(_rescaled(curves))
        gain = curves[:, -1] - curves[:, 0] if curves.shape[1] > 1 else np.full(len(curves), np.nan)
        mean, area = _mean(curves)[:, 0], _area(curves)
    return Metrics(
        al=[estimate(turn) for turn in curves.T],
        mean=estimate(mean),
        ir=estimate(ir),
        r2=estimate(r2),
        n_ir=estimate(n_ir),
        n_r2=estimate(n_r2),
        gain=estimate(gain),
        area=estimate(area),
        conversations=len(scores),
        profiles=len(set(clusters)),
        scored=given.sum(axis=0).tolist(),
        unscored=int((~given).sum()),
    )


def by_disclosed(
    scores: Floats, disclosed: Floats, clusters: Sequence[str], resamples: int = RESAMPLES, seed: int = 0
) -> list[Disclosed]:
    """The mean score of the turns by how many statements the user had disclosed by then, smallest number first.

    More is disclosed later, so this tells no more of what disclosure *causes* than AL(k) does.

    Args:
        scores: as for `measure`.
        disclosed: [conversations, K turns], how many, this turn's message included; NaN where unknown.
        clusters: as for `measure`.

    Raises:
        ValueError: arrays of different shapes.
    """
    if scores.shape != disclosed.shape:
        raise ValueError(f"scores are {scores.shape} and disclosed {disclosed.shape}: one number for each score")
    known = np.isfinite(scores) & np.isfinite(disclosed)
    counts = np.unique(disclosed[known])
    if not counts.size:
        return []
    chosen = known[..., None] & (disclosed[..., None] == counts)  # conversation, turn, count
    sums = np.where(chosen, scores[..., None], 0).sum(axis=1)
    means = resampled(sums, chosen.sum(axis=1), clusters, resamples, seed)
    turns = chosen.sum(axis=(0, 1))
    return [Disclosed(int(count), int(n), estimate(of)) for count, n, of in zip(counts, turns, means.T, strict=True)]


def resampled(
    parts: Floats, wholes: NDArray[np.generic], clusters: Sequence[str], resamples: int = RESAMPLES, seed: int = 0
) -> Floats:
    """Sum of `parts` over sum of `wholes`, column by column: of all conversations, and of each resample of them.

    Scores over how many there are make a mean, hits over chances a share.

    Args:
        parts: [conversations, columns], all finite.
        wholes: likewise.
        clusters: the profile of each conversation; as many of them as there are, drawn with replacement, make a
            resample. The same seed draws the same profiles for every model that has as many.

    Returns:
        [1 + resamples, columns], for `estimate` to sum up; the first row is of all conversations, and the only one
        where there is a single profile. NaN where nothing is in a column.

    Raises:
        ValueError: arrays of another shape.
    """
    if parts.ndim != 2 or not parts.shape[1] or parts.shape != wholes.shape or len(parts) != len(clusters):
        raise ValueError(
            f"{parts.shape} numbers, {wholes.shape} beside them and {len(clusters)} profiles: give a row a conversation"
            " with a column a turn, and a profile a row"
        )
    names, at = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    sums = np.zeros((2, len(names), parts.shape[1]))
    np.add.at(sums[0], at, parts)
    np.add.at(sums[1], at, wholes)
    times = np.ones((1, len(names)))  # how often each profile is in
    if len(names) > 1:
        even = np.full(len(names), 1 / len(names))
        times = np.vstack([times, np.random.default_rng(seed).multinomial(len(names), even, size=resamples)])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((times @ sums[0]) / (times @ sums[1]))


def estimate(draws: Floats) -> Estimate:
    """A number and its 95% interval.

    Args:
        draws: [1 + resamples], NaN where not defined: the number itself, then what it is in each resample. Those where
            it is not defined are left out; with more than half of them gone there is no interval.

    >>> estimate(np.array([2.0, 1.0, 2.0, 3.0]))
    Estimate(value=2.0, low=1.05, high=2.95)
    """
    value, others = float(draws[0]), draws[1:]
    defined = others[np.isfinite(others)]
    if not np.isfinite(value):
        return Estimate(None, None, None)
    if not defined.size or 2 * defined.size < others.size:
        return Estimate(value, None, None)
    low, high = np.percentile(defined, [2.5, 97.5])
    return Estimate(value, float(low), float(high))


def _mean(curves: Floats) -> Floats:
    """[curves, 1], of the turns that have a score."""
    given = np.isfinite(curves)
    return np.asarray(np.where(given, curves, 0).sum(axis=1, keepdims=True) / given.sum(axis=1, keepdims=True))


def _spread(curves: Floats) -> tuple[Floats, Floats]:
    """Lowest value of each curve and how far above it the highest is, both [curves, 1]."""
    given = np.isfinite(curves)
    low = np.where(given, curves, np.inf).min(axis=1, keepdims=True)
    return low, np.where(given, curves, -np.inf).max(axis=1, keepdims=True) - low


def _rescaled(curves: Floats) -> Floats:
    """Each curve by its own minimum and maximum to [0, 1]; NaN where it is flat."""
    low, spread = _spread(curves)
    return np.where(spread > FLAT, (curves - low) / spread, np.nan)


def _line(curves: Floats) -> tuple[Floats, Floats]:
    """Slope and R2, [curves], of the least-squares line through the turns that have a score, two at least."""
    given = np.isfinite(curves)
    turns = np.where(given, np.arange(1.0, curves.shape[1] + 1), np.nan)
    x, y = np.where(given, turns - _mean(turns), 0), np.where(given, curves - _mean(curves), 0)
    flat = _spread(curves)[1][:, 0] <= FLAT
    xx, xy, yy = (x * x).sum(axis=1), np.where(flat, 0, (x * y).sum(axis=1)), (y * y).sum(axis=1)
    return xy / xx, np.where(flat, np.nan, xy**2 / (xx * yy))


def _area(curves: Floats) -> Floats:
    rise = curves - curves[:, :1]
    turns, gaps = np.arange(curves.shape[1]), np.isnan(rise)
    for row, gap in zip(rise, gaps, strict=True):
        if gap.any() and not gap[0] and not gap[-1]:
            row[gap] = np.interp(turns[gap], turns[~gap], row[~gap])
    return np.asarray(np.trapezoid(rise, axis=1) / (turns.size - 1))
