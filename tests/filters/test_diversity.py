import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.diversity import PRESETS, Kind, Pool, calibrate, most_diverse, threshold
from filters.pool import exact_cosines
from tests.filters.test_pool import random_units, unit


@pytest.mark.parametrize(
    ("embedder", "kind", "expected"),
    [
        ("lexical", "profile", 0.70),
        ("lexical", "personality", 0.80),
        ("all-MiniLM-L6-v2", "profile", 0.80),
        ("sentence-transformers/all-MiniLM-L6-v2", "profile", 0.80),
        ("sentence-transformers/all-MiniLM-L6-v2", "personality", 0.90),
        ("sentence-transformers/paraphrase-MiniLM-L6-v2", "personality", 0.60),
    ],
)
def test_presets_are_found_under_the_short_and_the_full_name(embedder: str, kind: Kind, expected: float) -> None:
    assert threshold(embedder, kind) == expected


def test_every_preset_can_be_used() -> None:
    for thresholds in PRESETS.values():
        for value in thresholds.values():
            Pool(8, value)


def test_an_override_wins_and_is_checked() -> None:
    assert threshold("lexical", "profile", 0.5) == 0.5
    assert threshold("./my-model", "profile", 1) == 1.0
    for bad in (0.0, -0.5, 1.5, float("nan")):
        with pytest.raises(ValueError, match="a cosine above 0 and at most 1"):
            threshold("lexical", "profile", bad)


def test_an_embedder_without_a_preset_is_told_the_way_out() -> None:
    with pytest.raises(ValueError, match=r"'\./my-model' and a personality.*State a threshold.*calibrate"):
        threshold("./my-model", "personality")


def farthest_each(rows: np.ndarray, chosen: list[int]) -> bool:
    """Whether each row chosen was the farthest one then; two that float32 can not tell apart are equals."""
    exact = rows.astype(np.float64)
    highest, found = exact @ exact.mean(axis=0), []
    for place, row in enumerate(chosen):
        found.append(highest[row] <= highest.min() + 2e-6)
        highest = np.maximum(highest, exact @ exact[row]) if place else exact @ exact[row]
        highest[chosen[: place + 1]] = np.inf
    return all(found)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 25), st.sampled_from([2, 16, 64]), st.data())
def test_the_most_diverse_are_distinct_and_those_of_the_plain_algorithm(
    seed: int, rows: int, dim: int, data: st.DataObject
) -> None:
    vectors = random_units(rows, dim, seed)
    n = data.draw(st.integers(0, rows))
    chosen = most_diverse(vectors, n)
    assert farthest_each(vectors, chosen)
    assert len(set(chosen)) == len(chosen) == n
    assert most_diverse(vectors, rows)[:n] == chosen, "a beginning of the list is a choice as well"


def test_duplicates_are_chosen_last_and_the_first_of_equals_first() -> None:
    order = np.random.default_rng(3).integers(50, size=1003)
    chosen = most_diverse(random_units(50, 384)[order], 1003)
    assert sorted(chosen[:50]) == sorted(int(np.flatnonzero(order == which)[0]) for which in range(50))
    assert chosen[50:] == sorted(chosen[50:])


def test_choosing_spreads_better_than_taking_the_first() -> None:
    rng = np.random.default_rng(1)
    vectors = unit(random_units(20, 32)[rng.integers(20, size=300)] + 0.1 * rng.standard_normal((300, 32)))

    def highest(rows: np.ndarray) -> float:
        return max(float(exact_cosines(rows[:i], rows[i]).max()) for i in range(1, len(rows)))

    assert highest(vectors[most_diverse(vectors, 20)]) < highest(vectors[:20]) - 0.3


@pytest.mark.parametrize("n", [-1, 4])
def test_more_than_there_are_cannot_be_chosen(n: int) -> None:
    with pytest.raises(ValueError, match=f"cannot choose {n} of 3 vectors: ask for 0 to 3"):
        most_diverse(random_units(3, 8), n)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(2, 40), st.floats(0.01, 1.0))
def test_the_calibrated_threshold_lets_the_share_survive_and_a_thousandth_less_does_not(
    seed: int, rows: int, share: float
) -> None:
    vectors = random_units(rows, 8, seed)

    def survivors(value: float) -> int:
        return int(Pool(8, value).admit(vectors).kept.sum())

    found = calibrate(vectors, share)
    assert survivors(found) >= share * rows
    if found > 0.001:
        assert survivors(round(found - 0.001, 3)) < share * rows


def test_all_survive_at_1_even_duplicates() -> None:
    assert calibrate(np.repeat(random_units(50, 384), 2, axis=0), 1.0) == 1.0


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, float("nan")])
def test_a_share_is_above_0_and_at_most_1(share: float) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        calibrate(random_units(5, 8), share)


def test_one_text_calibrates_nothing() -> None:
    with pytest.raises(ValueError, match="two or more texts"):
        calibrate(random_units(1, 8), 0.5)
