from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from eval.metrics import Floats
from eval.reliability import Agreement, Coefficient, agreement, kappa, length_correlation

NAN = np.nan
votes_of = st.tuples(st.integers(1, 15), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.sampled_from([1.0, 2.0, 10 / 3, 5.0, NAN]))
)


def assert_about(found: Coefficient, value: float, n: int) -> None:
    assert found.value == pytest.approx(value)
    assert found.n == n


def alpha(votes: Floats) -> float:
    """Krippendorff's own definition for interval data: 1 less the mean squared difference of votes on one reply over
    that of all votes.
    """
    units = [unit[np.isfinite(unit)] for unit in votes]
    units = [unit for unit in units if len(unit) > 1]
    values = np.concatenate(units)
    within = sum(((unit[:, None] - unit) ** 2).sum() / (len(unit) - 1) for unit in units) / len(values)
    return float(1 - within / (((values[:, None] - values) ** 2).sum() / len(values) / (len(values) - 1)))


def test_alpha_worked_by_hand() -> None:
    """Votes 1,1 and 3,3 and 1,3: within units 8 of squared difference over 6 votes; of all 30 ordered pairs, 18 differ
    by 2, 72 in all. 1 - (8 / 6) / (72 / 30) = 4/9; two of three turns are within a point.
    """
    found = agreement(np.array([[1.0, 1], [3, 3], [1, 3]]))
    assert found.alpha == pytest.approx(4 / 9)
    assert found.within == pytest.approx(2 / 3)
    assert found.turns == 3


def test_judges_that_agree_have_one_and_judges_that_roll_dice_about_nothing() -> None:
    grades = np.random.default_rng(0).integers(1, 6, (500, 1)).astype(float)
    assert agreement(np.repeat(grades, 3, axis=1)).alpha == 1
    rolled = agreement(np.random.default_rng(0).integers(1, 6, (2000, 3)).astype(float)).alpha
    assert rolled == pytest.approx(0, abs=0.05)


@settings(deadline=None)
@given(votes_of)
def test_alpha_is_that_of_its_definition_and_missing_votes_are_left_out(votes: Floats) -> None:
    found = agreement(votes)
    several = votes[np.isfinite(votes).sum(axis=1) > 1]
    assert found.turns == len(several)
    if not len(several):
        assert found == Agreement(None, None, 0)
    elif len(np.unique(several[np.isfinite(several)])) == 1:
        assert found == Agreement(None, 1, len(several))
    else:
        assert found.alpha == pytest.approx(alpha(votes), abs=1e-9)


@settings(deadline=None)
@given(votes_of, st.randoms())
def test_neither_the_order_of_turns_nor_that_of_votes_matters(votes: Floats, random: Random) -> None:
    order = list(range(len(votes)))
    random.shuffle(order)
    one, other = agreement(votes), agreement(votes[order, ::-1])
    assert one.alpha == (None if other.alpha is None else pytest.approx(other.alpha, abs=1e-9))
    assert (one.within, one.turns) == (other.within, other.turns)


def test_a_point_apart_is_within_one_point_in_spite_of_rounding() -> None:
    assert 14 / 3 - 11 / 3 > 1
    assert agreement(np.array([[11 / 3, 14 / 3], [1, 2], [2, 3.5], [1, 3]])).within == 0.5


def test_no_votes_at_all_say_nothing() -> None:
    assert agreement(np.empty((0, 3))) == Agreement(None, None, 0)


def test_kappa_worked_by_hand() -> None:
    """1, 5, 5, 3 against 1, 5, 1, 3: a squared difference of 16 in 4 pairs; of any with any, 104 in 16."""
    first, second = np.array([1.0, 5, 5, 3, NAN, 2]), np.array([1.0, 5, 1, 3, 4, NAN])
    expected = np.mean((first[:4, None] - second[:4]) ** 2)
    assert expected == 104 / 16
    assert_about(kappa(first, second), 1 - 4 / 6.5, 4)


def test_grades_that_nobody_gave_still_count_for_the_distance() -> None:
    """Without 2, 3 and 4 among the scores, 1 and 5 must not become neighbours of one another nor of 3."""
    first, second = np.array([1.0, 1, 3, 5, 5]), np.array([1.0, 3, 3, 5, 1])
    expected = np.mean((first[:, None] - second) ** 2)
    assert kappa(first, second).value == pytest.approx(1 - np.mean((first - second) ** 2) / expected)
    two = kappa(np.array([1.0, 5, 5, 4]), np.array([1.0, 5, 4, 4])).value
    assert two == pytest.approx(1 - 0.25 / np.mean((np.array([1, 5, 5, 4])[:, None] - [1, 5, 4, 4]) ** 2))


def test_scores_are_rounded_to_whole_points() -> None:
    one = kappa(np.array([1.33, 4.67, 2.5, 3.5]), np.array([1.0, 5, 2, 4]))
    assert one == Coefficient(1, 4)


@pytest.mark.parametrize(("first", "second"), [([], []), ([NAN], [3]), ([3, 3.2], [3, 2.9])])
def test_judges_that_say_one_thing_have_no_kappa(first: list[float], second: list[float]) -> None:
    found = kappa(np.array(first), np.array(second))
    assert found.value is None


def test_a_judge_that_always_says_the_same_has_kappa_nought() -> None:
    assert kappa(np.array([1.0, 2, 5]), np.array([3.0, 3, 3])).value == pytest.approx(0)


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_in_one_turn_it_is_spearmans(seed: int) -> None:
    rng = np.random.default_rng(seed)
    words, scores = rng.integers(0, 9, 12).astype(float), rng.integers(1, 6, 12).astype(float)
    found = length_correlation(words, scores, np.ones(12, dtype=int))
    assert_about(found, spearmanr(words, scores).statistic, 12)


def test_growth_from_turn_to_turn_is_no_reward_for_length() -> None:
    """Later replies are longer and score higher; within each turn the shorter one is the better one."""
    turns = np.repeat(np.arange(1, 11), 2)
    words, scores = 10.0 * turns + np.tile([0, 1], 10), 0.1 * turns + np.tile([0.01, 0], 10)
    assert spearmanr(words, scores).statistic > 0.9
    assert_about(length_correlation(words, scores, turns), -1, 20)


def test_a_turn_counts_by_its_replies() -> None:
    """Ranks of two replies are 1/4 off their mean, of four 3/8 and 1/8: (2/16 - 20/64) over the same without signs."""
    words, scores = np.array([1.0, 2, 1, 2, 3, 4]), np.array([1.0, 2, 4, 3, 2, 1])
    assert_about(length_correlation(words, scores, np.array([1, 1, 2, 2, 2, 2])), -3 / 7, 6)


def test_unscored_replies_are_left_out_and_what_does_not_vary_has_no_correlation() -> None:
    turns = np.array([1, 1, 1, 2, 2])
    words, scores = np.array([1.0, 2, 3, 4, 4]), np.array([1.0, NAN, 3, 4, 5])
    assert_about(length_correlation(words, scores, turns), 1 / 2**0.5, 4)
    assert length_correlation(np.full(7, 3.0), np.arange(7.0), np.ones(7, dtype=int)) == Coefficient(None, 7)
    assert length_correlation(np.arange(7.0), np.full(7, 11 / 3), np.ones(7, dtype=int)) == Coefficient(None, 7)
    assert length_correlation(np.empty(0), np.empty(0), np.empty(0, dtype=int)) == Coefficient(None, 0)
