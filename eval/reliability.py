"""How far the judge can be trusted: whether its votes agree, whether a second judge does, and whether length pays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.metrics import Floats

GRADES = (1, 2, 3, 4, 5)
ROUNDING = 1e-9  # points: what means of criteria may be off


@dataclass(frozen=True)
class Agreement:
    """How far the votes on one reply agree; None where no reply has two votes."""

    alpha: float | None  # Krippendorff's, 1 is perfect, 0 what chance gives; None also where all votes are the same
    within: float | None  # share of the turns whose votes all lie within one point
    turns: int  # with at least two votes, which are all that count


@dataclass(frozen=True)
class Coefficient:
    """A number between -1 and 1, and how many pairs it rests on; None where they do not vary."""

    value: float | None
    n: int


def agreement(votes: Floats) -> Agreement:
    """Agreement of a judge with itself: Krippendorff's alpha with interval distances (Krippendorff 2018, chapter 12).

    The same votes on every reply say nothing about whether the judge could have told replies apart: no alpha.

    Args:
        votes: [turns, votes], NaN where a vote is missing; of a vote with several criteria their mean.
    """
    import krippendorff

    several = votes[np.isfinite(votes).sum(axis=1) > 1]
    if not several.size:
        return Agreement(None, None, 0)
    spread = np.nanmax(several, axis=1) - np.nanmin(several, axis=1)
    alpha = None
    if np.nanmax(several) - np.nanmin(several) > ROUNDING:
        alpha = float(krippendorff.alpha(reliability_data=several.T, level_of_measurement="interval"))
    return Agreement(alpha, float((spread <= 1 + ROUNDING).mean()), len(several))


def kappa(first: Floats, second: Floats) -> Coefficient:
    """Agreement of two judges: Cohen's kappa with quadratic weights (Cohen 1968) on scores rounded to whole points.

    A half goes to the even neighbour, so that rounding favours neither end.

    Args:
        first: [turns], 1 to 5, NaN where unscored.
        second: likewise, of the other judge.
    """
    from sklearn.metrics import cohen_kappa_score

    both = np.isfinite(first) & np.isfinite(second)
    one, other = (np.rint(scores[both]).astype(int) for scores in (first, second))
    if np.unique([one, other]).size < 2:  # chance would agree as well
        return Coefficient(None, len(one))
    # Without all grades, weights would count the grades that occur: 1 against 5 would be neighbours.
    return Coefficient(float(cohen_kappa_score(one, other, labels=GRADES, weights="quadratic")), len(one))


def length_correlation(words: Floats, scores: Floats, turns: NDArray[np.int64]) -> Coefficient:
    """Whether longer replies score higher, turn for turn: Spearman's correlation within turns.

    Replies grow with the dialogue and so do scores, hence each reply is ranked among those of its own turn: equals
    share their average rank, the rank is divided by how many replies the turn has, and the turn's mean is taken off.
    The number is Pearson's correlation of these ranks over all turns; of a single turn it is Spearman's.

    Args:
        words: [replies], the length of each.
        scores: [replies], NaN where unscored.
        turns: [replies], the turn of each.
    """
    from scipy.stats import rankdata

    scored = np.isfinite(scores)
    words, scores, turns = words[scored], scores[scored], turns[scored]
    ranks = np.zeros((2, len(turns)))
    for turn in np.unique(turns):
        at = turns == turn
        n = at.sum()
        ranks[:, at] = (rankdata([words[at], scores[at]], axis=1) - (n + 1) / 2) / n
    size = np.sqrt((ranks**2).sum(axis=1)).prod()
    return Coefficient(float((ranks[0] * ranks[1]).sum() / size) if size else None, len(turns))
