"""Which texts are far enough apart, told by the cosines of their unit vectors.

`threshold` looks up how near two texts may be, `Pool` admits those that keep that distance, `most_diverse` picks a
fixed number instead, and `calibrate` finds the threshold for an embedder that has no preset.
"""

from typing import Literal

import numpy as np

from filters.pool import Admission, Floats, Pool, checked_threshold, checked_vectors

__all__ = ["PRESETS", "Admission", "Kind", "Pool", "calibrate", "most_diverse", "threshold"]

Kind = Literal["profile", "personality"]

PRESETS: dict[str, dict[Kind, float]] = {
    "lexical": {"profile": 0.70, "personality": 0.80},
    "lexical (micro)": {"profile": 0.90, "personality": 0.90},  # for the rehearsal's micro world, whose texts are alike
    "all-MiniLM-L6-v2": {"profile": 0.80, "personality": 0.90},  # that for personalities is a guess
    "paraphrase-MiniLM-L6-v2": {"profile": 0.60, "personality": 0.60},  # arXiv 2410.03642
}
"""Highest cosine allowed between two texts, for the embedders that it was found for."""

STEPS = 1000
"""`calibrate` tells thresholds to the thousandth."""


def threshold(embedder: str, kind: Kind, override: float | None = None) -> float:
    """The threshold to use: `override` where one is given, else the preset of this embedder for this kind of text.

    Raises:
        ValueError: the override is not in (0, 1], or there is neither an override nor a preset.
    """
    if override is not None:
        return checked_threshold(override)
    name = embedder.removeprefix("sentence-transformers/")
    if name not in PRESETS:
        raise ValueError(
            f"no preset threshold for the embedder {embedder!r} and a {kind}: presets exist for {', '.join(PRESETS)}. "
            "State a threshold, or find one on texts that you trust with filters.diversity.calibrate"
        )
    return PRESETS[name][kind]


def most_diverse(vectors: Floats, n: int) -> list[int]:
    """Indices of `n` rows that lie far apart, the most telling first: any beginning of the list is a choice as well.

    Greedy farthest point (Gonzalez, 1985): begin with the row farthest from the mean, then again and again take the
    one whose highest cosine to those taken is lowest; among equals the first. Time: n products with all rows.

    Raises:
        ValueError: `n` is not between 0 and the number of rows, or the vectors are not unit rows of finite floats.
    """
    vectors = checked_vectors(vectors, None)
    if not 0 <= n <= len(vectors):
        raise ValueError(f"cannot choose {n} of {len(vectors)} vectors: ask for 0 to {len(vectors)}")
    chosen: list[int] = []
    to_chosen = vectors @ vectors.mean(axis=0) if n else np.empty(0)
    while len(chosen) < n:
        row = int(np.round(to_chosen, 6).argmin())  # rounded: what BLAS makes of equal rows differs in the last digit
        to_row = vectors @ vectors[row]
        to_chosen = np.maximum(to_chosen, to_row) if chosen else to_row
        chosen.append(row)
        to_chosen[row] = np.inf
    return chosen


def calibrate(vectors: Floats, share: float) -> float:
    """The threshold at which a share of a trusted pool survives the keep-first filter, to the thousandth.

    At the threshold returned, at least `share` of the rows survive; at 0.001 less, fewer do (unless it is 0.001
    already). Survivors do not rise strictly with the threshold (a row that newly stays can push out two later ones),
    so several thresholds may have this property: bisection returns one of them, always the same.

    Raises:
        ValueError: `share` is not in (0, 1], there are fewer than two vectors, or they are not unit rows.
    """
    vectors = checked_vectors(vectors, None)
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}: the part of the pool that shall survive, above 0 and at most 1")
    if len(vectors) < 2:
        raise ValueError(f"{len(vectors)} vectors cannot calibrate a threshold: give two or more texts that you trust")
    fails, holds = 0, STEPS  # at a threshold of 1 every row survives
    while holds - fails > 1:
        middle = (fails + holds) // 2
        survivors = Pool(vectors.shape[1], middle / STEPS).admit(vectors).kept.sum()
        if survivors >= share * len(vectors):
            holds = middle
        else:
            fails = middle
    return holds / STEPS
