"""Two models on the same personas: by how much the second scores higher, how sure that is, and what would make it sure.

    a = {"gardener-blunt": np.array([2.0, 3.0]), "gardener-shy": np.array([3.0, 3.0])}
    compare(a, b, {"gardener-blunt": "gardener", "gardener-shy": "gardener"}).diff

Everything is paired: a difference is between the two scores of one persona at one turn, so how hard a persona is to
please drops out.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.metrics import FLAT, RESAMPLES, Estimate, Floats, estimate, resampled

SEEN = (0.1, 0.2, 0.5)  # points: the differences whose price in personas is told
POWER = 0.8  # chance to find such a difference where it is true
ALPHA = 0.05  # two-sided
PERMUTATIONS = 9999


@dataclass(frozen=True)
class Comparison:
    """The second model less the first, in points where nothing else is said."""

    n: int  # conversations that both had, with a turn that both scored
    profiles: int
    left_out: int  # conversations that one model alone had, or without a turn that both scored
    diff: Estimate  # mean over conversations of the mean over the turns that both scored
    p: float | None  # two-sided, of no difference
    relative_percent: Estimate  # 100 x diff / mean of the first model over the same turns
    by_turn: list[Estimate]  # of the turns that both played, the first is of turn 1
    gain: Estimate  # difference of the gains AL(K) - AL(1), over the conversations that both scored at both ends
    gain_p: float | None  # two-sided, of no difference in gain
    needed: dict[float, int | None]  # true difference -> personas to find it at POWER and ALPHA


def compare(
    a: Mapping[str, Floats],
    b: Mapping[str, Floats],
    profiles: Mapping[str, str],
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """The paired comparison of two models.

    Args:
        a: the first model's scores by persona id: [turns], NaN where unscored. All of one length, as are those of `b`.
        b: the second model's. Of two lengths the shorter one counts.
        profiles: the profile of each persona that both have. With a single one there is no interval, no p and no
            number of personas needed.

    The order of personas changes nothing.
    """
    shared = sorted(a.keys() & b.keys())
    turns = min((len(scores) for of in (a, b) for scores in of.values()), default=0)
    first, second = (np.array([of[name][:turns] for name in shared]).reshape(-1, turns) for of in (a, b))
    paired = np.isfinite(first) & np.isfinite(second)
    kept = paired.any(axis=1)
    first, second, paired = first[kept], second[kept], paired[kept]
    clusters = [profiles[name] for name, keep in zip(shared, kept, strict=True) if keep]
    if not clusters:
        none = Estimate(None, None, None)
        return Comparison(
            n=0,
            profiles=0,
            left_out=len(a.keys() | b.keys()),
            diff=none,
            p=None,
            relative_percent=none,
            by_turn=[none] * turns,
            gain=none,
            gain_p=None,
            needed=needed_personas(np.empty(0), []),
        )
    rise, played = np.where(paired, second - first, 0), paired.sum(axis=1)
    diffs, base = rise.sum(axis=1) / played, np.where(paired, first, 0).sum(axis=1) / played
    ends = paired[:, 0] & paired[:, -1] & (turns > 1)
    gains = np.where(ends, rise[:, -1] - rise[:, 0], 0)
    parts = np.column_stack([diffs, 100 * diffs, gains, rise])
    wholes = np.column_stack([np.ones(len(diffs)), base, ends, paired])
    diff, relative, gain, *by_turn = (
        estimate(draws) for draws in resampled(parts, wholes, clusters, resamples, seed).T
    )
    return Comparison(
        n=len(diffs),
        profiles=len(set(clusters)),
        left_out=len(a.keys() | b.keys()) - len(diffs),
        diff=diff,
        p=sign_flip(diffs, clusters, seed),
        relative_percent=relative,
        by_turn=by_turn,
        gain=gain,
        gain_p=sign_flip(gains[ends], [name for name, end in zip(clusters, ends, strict=True) if end], seed),
        needed=needed_personas(diffs, clusters),
    )


def needed_personas(diffs: Floats, clusters: Sequence[str]) -> dict[float, int | None]:
    """How many personas, in profiles as large as these on average, find each difference of SEEN.

    A paired t test on the profiles' means needs (z_alpha + z_power)^2 * variance / difference^2 + z_alpha^2 / 2
    profiles, z_alpha being of the two-sided test (Guenther 1981, "Sample size formulas for normal theory t tests"); the
    variance of the means holds both how profiles differ and how few personas each of them has. Where all means are the
    same, they tell nothing of it: None.

    Args:
        diffs: [conversations], in points.
        clusters: the profile of each.
    """
    from scipy.stats import norm

    totals, sizes = _by_profile(diffs, clusters)
    variance = float(np.var(totals / sizes, ddof=1)) if len(sizes) > 1 else 0
    if variance <= FLAT**2:
        return dict.fromkeys(SEEN)
    alpha, power = float(norm.ppf(1 - ALPHA / 2)), float(norm.ppf(POWER))
    return {
        seen: math.ceil(math.ceil((alpha + power) ** 2 * variance / seen**2 + alpha**2 / 2) * len(diffs) / len(sizes))
        for seen in SEEN
    }


def sign_flip(diffs: Floats, clusters: Sequence[str], seed: int = 0) -> float | None:
    """P of a permutation test: were there no difference, each profile's total could as well have the other sign.

    All flips where there are at most PERMUTATIONS of them, a seeded sample of so many otherwise.

    Args:
        diffs: [conversations], in points.
        clusters: the profile of each; None comes of fewer than two.
    """
    from scipy.stats import permutation_test

    def total(flipped: Floats, axis: int) -> Floats:
        return np.asarray(np.round(flipped.sum(axis=axis), 9))  # points: what is as far out counts, rounding or not

    totals, _ = _by_profile(diffs, clusters)
    if len(totals) < 2:
        return None
    test = permutation_test(
        (totals,),
        total,
        permutation_type="samples",
        vectorized=True,
        n_resamples=PERMUTATIONS,
        rng=np.random.default_rng(seed),
    )
    return float(test.pvalue)


def _by_profile(diffs: Floats, clusters: Sequence[str]) -> tuple[Floats, Floats]:
    """Total and number of the differences of each profile, both [profiles]."""
    at = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)[1]
    return np.bincount(at, weights=diffs).astype(np.float64), np.bincount(at).astype(np.float64)
