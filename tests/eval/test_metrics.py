import time
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import linregress

from eval.metrics import Estimate, Floats, Metrics, by_disclosed, estimate, measure, resampled

NAN = np.nan
NONE = Estimate(None, None, None)
LINES = ("mean", "ir", "r2", "n_ir", "n_r2", "gain", "area")
grades = st.sampled_from([1.0, 2.0, 3.0, 11 / 3, 4.0, 13 / 3, 5.0])
curves = arrays(np.float64, st.integers(2, 12), elements=st.floats(1, 5).map(lambda value: round(value, 3)))
tables = st.tuples(st.integers(1, 12), st.integers(2, 10)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.one_of(grades, st.just(NAN)))
)


def value(found: Estimate) -> float:
    assert found.value is not None
    return found.value


def of_curve(curve: Any) -> Metrics:
    """Of a model whose AL(k) is this."""
    return measure(np.asarray(curve, dtype=float)[None], ["profile"], resamples=1)


def random_table(seed: int = 0, slope: float = 0.0, noise: float = 0.5) -> tuple[Floats, list[str]]:
    """20 profiles x 5 personalities x 10 turns, conversations of a profile alike."""
    rng = np.random.default_rng(seed)
    base = np.repeat(rng.normal(3, noise, 20), 5)[:, None] + slope * np.arange(10)
    return base + rng.normal(0, noise, (100, 10)), [f"profile-{n // 5:02}" for n in range(100)]


def test_a_straight_rise_worked_by_hand() -> None:
    """1, 2, 3, 4: slope 1 and R2 1; rescaled it rises by 1/3 a turn; 3 points gained, 1.5 on average."""
    found = of_curve([1, 2, 3, 4])
    assert [value(turn) for turn in found.al] == [1, 2, 3, 4]
    expected = {"mean": 2.5, "ir": 1, "r2": 1, "n_ir": 1 / 3, "n_r2": 1, "gain": 3, "area": 1.5}
    assert {name: value(getattr(found, name)) for name in LINES} == pytest.approx(expected)


def test_a_bent_curve_worked_by_hand() -> None:
    """2, 4, 3: x - 2 is -1, 0, 1, so b = (3 - 2) / 2; R2 = 1^2 / (2 x 2); rescaled 0, 1, 1/2 rises by 1/4 a turn;
    the trapezoids over 2 are 1 and 1.5, over two steps.
    """
    found = of_curve([2, 4, 3])
    expected = {"mean": 3, "ir": 0.5, "r2": 0.25, "n_ir": 0.25, "n_r2": 0.25, "gain": 1, "area": 1.25}
    assert {name: value(getattr(found, name)) for name in LINES} == pytest.approx(expected)


def test_al_is_the_mean_over_conversations_whatever_their_profile() -> None:
    found = measure(np.array([[1.0, 2], [2, 2], [3, 5]]), ["a", "a", "b"])
    assert [value(turn) for turn in found.al] == [2, 3]
    assert (found.conversations, found.profiles, found.unscored) == (3, 2, 0)


def test_any_straight_rise_has_the_same_n_ir() -> None:
    for step in (0.01, 0.4):
        assert value(of_curve(1 + step * np.arange(10)).n_ir) == pytest.approx(1 / 9)


@pytest.mark.parametrize("level", [3.0, 11 / 3, 4.1])
def test_a_flat_curve_rises_by_nothing_and_has_no_r2(level: float) -> None:
    found = measure(np.full((7, 10), level) + 1e-13 * np.arange(10), list("aabbccd"))
    assert found.ir == Estimate(0, 0, 0)
    assert (found.r2, found.n_ir, found.n_r2) == (NONE, NONE, NONE)
    assert value(found.gain) == pytest.approx(0)
    assert value(found.area) == pytest.approx(0)


def test_a_single_turn_makes_no_line() -> None:
    found = measure(np.array([[3.0], [4.0]]), ["a", "b"])
    assert value(found.mean) == 3.5
    assert {getattr(found, name) for name in LINES[1:]} == {NONE}


@settings(deadline=None)
@given(curves)
def test_the_line_is_that_of_numpy_and_scipy(curve: Floats) -> None:
    found, turns = of_curve(curve), np.arange(1, len(curve) + 1)
    assert value(found.ir) == pytest.approx(np.polyfit(turns, curve, 1)[0], abs=1e-9)
    assert value(found.mean) == pytest.approx(curve.mean())
    assert value(found.area) == pytest.approx(np.trapezoid(curve - curve[0], turns) / (len(curve) - 1), abs=1e-9)
    if np.ptp(curve) > 0:
        rescaled = linregress(turns, (curve - curve.min()) / np.ptp(curve))
        assert value(found.r2) == pytest.approx(linregress(turns, curve).rvalue ** 2, abs=1e-9)
        assert value(found.n_ir) == pytest.approx(rescaled.slope, abs=1e-9)
        assert value(found.n_r2) == pytest.approx(rescaled.rvalue**2, abs=1e-9)
        assert value(found.n_r2) == pytest.approx(value(found.r2), abs=1e-9)
    else:
        assert (found.r2, found.n_ir, found.n_r2) == (NONE, NONE, NONE)


@settings(deadline=None)
@given(tables, st.integers(0, 100))
def test_missing_scores_are_left_out_and_counted(scores: Floats, seed: int) -> None:
    """AL(k) is NumPy's nanmean, the line goes through the turns that have one, and no warning is heard (they are errors
    here).
    """
    clusters = [f"profile-{n}" for n in np.random.default_rng(seed).integers(0, 4, len(scores))]
    found = measure(scores, clusters, resamples=50)
    for turn, column in zip(found.al, scores.T, strict=True):
        assert turn.value == (pytest.approx(np.nanmean(column)) if np.isfinite(column).any() else None)
    assert found.scored == np.isfinite(scores).sum(axis=0).tolist()
    assert found.unscored == np.isnan(scores).sum()
    at = np.flatnonzero(np.isfinite(scores).any(axis=0))
    if len(at) < 2:
        assert found.ir == NONE
    else:
        assert value(found.ir) == pytest.approx(np.polyfit(at + 1, np.nanmean(scores[:, at], axis=0), 1)[0], abs=1e-9)
    assert (found.gain == NONE) == (0 not in at or scores.shape[1] - 1 not in at)
    assert (found.area == NONE) == (found.gain == NONE)


def test_a_turn_that_nobody_scored_is_bridged_and_an_end_is_not() -> None:
    bridged = of_curve([1, NAN, 3, 2])
    assert bridged.al[1] == NONE
    assert value(bridged.mean) == 2
    assert value(bridged.ir) == pytest.approx(np.polyfit([1, 3, 4], [1, 3, 2], 1)[0])
    assert value(bridged.area) == pytest.approx((0.5 + 1.5 + 1.5) / 3)
    for curve in ([NAN, 2, 3], [1, 2, NAN]):
        assert (of_curve(curve).gain, of_curve(curve).area) == (NONE, NONE)
        assert value(of_curve(curve).ir) == 1


@pytest.mark.parametrize("shape", [(0, 10), (4, 10)])
def test_without_any_score_nothing_is_defined(shape: tuple[int, int]) -> None:
    found = measure(np.full(shape, NAN), ["a", "a", "b", "c"][: shape[0]])
    assert found.al == [NONE] * 10
    assert {getattr(found, name) for name in LINES} == {NONE}
    assert found.unscored == shape[0] * 10


@settings(deadline=None)
@given(tables, st.randoms())
def test_the_order_of_conversations_changes_nothing(scores: Floats, random: Random) -> None:
    clusters = [f"profile-{n % 3}" for n in range(len(scores))]
    order = list(range(len(scores)))
    random.shuffle(order)
    one, other = measure(scores, clusters, 50), measure(scores[order], [clusters[n] for n in order], 50)
    for name in ("mean", "gain", "area"):
        here, there = vars(getattr(one, name)), vars(getattr(other, name))
        assert here == {
            part: None if number is None else pytest.approx(number, abs=1e-9) for part, number in there.items()
        }
    assert one.scored == other.scored


def test_one_seed_gives_one_interval_and_another_seed_another() -> None:
    scores, clusters = random_table()
    assert measure(scores, clusters) == measure(scores, clusters)
    assert measure(scores, clusters).mean != measure(scores, clusters, seed=1).mean


def test_one_profile_has_values_and_no_interval() -> None:
    scores, _ = random_table()
    found = measure(scores, ["one"] * 100)
    for of in (*found.al, *(getattr(found, name) for name in LINES)):
        assert (value(of), of.low, of.high) == (of.value, None, None)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Of 200 models of a known rise, about 95% of the intervals hold it; with 20 profiles a little fewer."""
    found = [measure(*random_table(seed, slope=0.1), resamples=300) for seed in range(200)]
    hit = np.mean([(of.ir.low or 0) <= 0.1 <= (of.ir.high or 0) for of in found])
    assert 0.88 <= hit <= 0.99
    level = np.mean([(of.mean.low or 0) <= 3.45 <= (of.mean.high or 0) for of in found])
    assert 0.88 <= level <= 0.99


def test_intervals_know_that_conversations_of_a_profile_are_alike() -> None:
    """100 conversations in 20 alike groups tell less than 100 independent ones."""
    scores, clusters = random_table()
    grouped, alone = measure(scores, clusters).mean, measure(scores, [str(n) for n in range(100)]).mean
    assert grouped.value == pytest.approx(alone.value)
    assert (grouped.high or 0) - (grouped.low or 0) > 1.5 * ((alone.high or 0) - (alone.low or 0))


def test_resamples_without_a_number_are_left_out_and_too_many_of_them_leave_no_interval() -> None:
    assert estimate(np.array([1.0, 2, NAN, 4, NAN])) == Estimate(1, 2.05, 3.95)
    assert estimate(np.array([1.0, 2, NAN, NAN])) == Estimate(1, None, None)
    assert estimate(np.array([NAN, 2, 3])) == NONE


def test_a_turn_of_few_profiles_keeps_its_value() -> None:
    """One profile of twenty reached the last turn: 36% of the resamples have none there, and are left out."""
    scores, clusters = random_table()
    scores[5:, 9] = NAN
    found = measure(scores, clusters)
    assert value(found.al[9]) == pytest.approx(scores[:5, 9].mean())
    assert [found.al[9].low, found.al[9].high] == pytest.approx([scores[:5, 9].mean()] * 2)
    assert found.scored[9] == 5


def test_two_thousand_resamples_of_the_whole_benchmark_take_a_fraction_of_a_second() -> None:
    scores, clusters = random_table()
    scores[::7, 4:] = NAN
    started = time.process_time()
    measure(scores, clusters)
    assert time.process_time() - started < 0.5


def test_a_share_is_resampled_as_one_fraction() -> None:
    """1 of 4 and 3 of 4 hits: the whole is 4 of 8; a resample is one of 1/4, 1/2, 3/4."""
    draws = resampled(np.array([[1.0], [3.0]]), np.array([[4], [4]]), ["a", "b"], resamples=100)
    assert draws.shape == (101, 1)
    assert draws[0, 0] == 0.5
    assert set(draws[:, 0].tolist()) == {0.25, 0.5, 0.75}


@pytest.mark.parametrize(
    ("shape", "clusters"), [((3,), ["a"] * 3), ((3, 2), ["a"] * 2), ((3, 0), ["a"] * 3), ((3, 2, 1), ["a"] * 3)]
)
def test_scores_of_another_shape_are_refused(shape: tuple[int, ...], clusters: list[str]) -> None:
    with pytest.raises(ValueError, match="give a row a conversation"):
        measure(np.ones(shape), clusters)


def test_scores_by_what_was_disclosed_worked_by_hand() -> None:
    scores = np.array([[2.0, 3, NAN], [4, 5, 5]])
    disclosed = np.array([[0.0, 2, 2], [2, NAN, 11]])
    found = by_disclosed(scores, disclosed, ["a", "b"])
    assert [(count, turns, of.value) for count, turns, of in found] == [(0, 1, 2), (2, 2, 3.5), (11, 1, 5)]
    assert (found[1].score.low, found[1].score.high) == (3, 4)


def test_nothing_known_of_disclosure_gives_no_rows() -> None:
    scores = np.ones((2, 3))
    assert by_disclosed(scores, np.full((2, 3), NAN), ["a", "b"]) == []
    with pytest.raises(ValueError, match="one number for each score"):
        by_disclosed(scores, np.ones((2, 2)), ["a", "b"])
