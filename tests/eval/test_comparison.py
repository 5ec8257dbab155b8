from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import nct
from scipy.stats import t as student

from eval.comparison import compare, needed_personas
from eval.metrics import Estimate, Floats

NAN = np.nan
NONE = Estimate(None, None, None)
Table = dict[str, Floats]


def value(found: Estimate) -> float:
    assert found.value is not None
    return found.value


def table(**rows: list[float]) -> Table:
    return {name: np.array(row, dtype=float) for name, row in rows.items()}


def pair(gained: float, seed: int = 0, profiles: int = 20) -> tuple[Table, Table, dict[str, str]]:
    """Two models on 5 personas a profile, the second one better by so many points on average."""
    rng = np.random.default_rng(seed)
    names = [f"{profile:02}-{number}" for profile in range(profiles) for number in range(5)]
    hard = dict(zip(names, np.repeat(rng.normal(3, 1, profiles), 5), strict=True))
    swing = dict(zip(names, np.repeat(rng.normal(gained, 0.2, profiles), 5), strict=True))
    a = {name: hard[name] + rng.normal(0, 0.4, 10) for name in names}
    b = {name: hard[name] + swing[name] + rng.normal(0, 0.4, 10) for name in names}
    return a, b, {name: name[:2] for name in names}


def test_differences_worked_by_hand() -> None:
    """Of x 1 and 2 points, of y 0 and -1, of z 2 where both scored it."""
    a = table(x=[1, 2], y=[3, 3], z=[2, NAN])
    b = table(x=[2, 4], y=[3, 2], z=[4, 5])
    found = compare(a, b, {"x": "p", "y": "p", "z": "q"})
    assert (found.n, found.profiles, found.left_out) == (3, 2, 0)
    assert value(found.diff) == pytest.approx((1.5 - 0.5 + 2) / 3)
    assert [value(turn) for turn in found.by_turn] == pytest.approx([1, 0.5])
    assert value(found.relative_percent) == pytest.approx(100 * 1 / ((1.5 + 3 + 2) / 3))
    assert found.p == 0.5  # profile totals 1 and 2: of four flips, ++ and -- are as far from 0
    assert [found.diff.low, found.diff.high] == pytest.approx([0.5, 2])


def test_a_difference_of_gains_worked_by_hand() -> None:
    """Persona x gains 2 with b and 1 with a, y -1 and 0, z -1 and 2; w was not scored at the last turn by both."""
    a = table(x=[1, 5, 2], y=[3, 5, 3], z=[2, 5, 4], w=[1, 1, NAN])
    b = table(x=[2, 1, 4], y=[3, NAN, 2], z=[4, 1, 3], w=[5, 5, 5])
    found = compare(a, b, {"x": "p", "y": "p", "z": "q", "w": "r"})
    assert value(found.gain) == pytest.approx((1 - 1 - 3) / 3)
    assert found.gain_p == 1  # profile totals 0 and -3: any flip is as far from 0
    assert [found.gain.low, found.gain.high] == pytest.approx([-3, 0])


@pytest.mark.parametrize(
    ("a", "b"), [(table(x=[1], y=[2]), table(x=[2], y=[3])), (table(x=[1, NAN], y=[2, 3]), table(x=[2, 2], y=[NAN, 3]))]
)
def test_without_two_turns_scored_by_both_there_is_no_difference_of_gains(a: Table, b: Table) -> None:
    found = compare(a, b, {"x": "p", "y": "q"})
    assert (found.n, found.gain, found.gain_p) == (2, NONE, None)


def test_only_conversations_that_both_had_are_compared_and_the_others_are_counted() -> None:
    a = table(x=[1, 1], only_a=[5, 5], unscored=[NAN, 1])
    b = table(x=[2, 2], only_b=[1, 1], unscored=[1, NAN])
    found = compare(a, b, {"x": "p", "unscored": "q"})
    assert (found.n, found.left_out, value(found.diff)) == (1, 3, 1)


def test_of_two_lengths_the_turns_of_both_count() -> None:
    found = compare(table(x=[1, 1, 1]), table(x=[2, 2]), {"x": "p"})
    assert [value(turn) for turn in found.by_turn] == [1, 1]


@pytest.mark.parametrize("others", [{}, {"y": np.array([1.0, 2])}, {"x": np.array([NAN, NAN])}])
def test_nothing_in_common_gives_nothing(others: Table) -> None:
    found = compare(table(x=[1, 2]), others, {"x": "p"})
    assert (found.n, found.diff, found.p, found.relative_percent) == (0, NONE, None, NONE)
    assert set(found.needed.values()) == {None}
    assert set(found.by_turn) <= {NONE}


def test_a_turn_that_only_one_model_scored_has_no_difference() -> None:
    found = compare(table(x=[1, NAN], y=[1, NAN]), table(x=[2, 2], y=[2, 2]), {"x": "p", "y": "q"})
    assert [turn.value for turn in found.by_turn] == [1, None]


def test_one_profile_has_a_difference_and_nothing_about_its_certainty() -> None:
    a, b, _ = pair(0.5)
    found = compare(a, b, dict.fromkeys(a, "one"))
    assert (found.diff.low, found.p, set(found.needed.values())) == (None, None, {None})
    assert value(found.diff) == pytest.approx(np.mean([b[name] - a[name] for name in a]))


def test_a_planted_difference_is_found_and_none_is_not() -> None:
    better = compare(*pair(0.3))
    assert better.p is not None
    assert better.p < 0.001
    assert better.diff.low is not None
    assert 0 < better.diff.low < 0.3 < (better.diff.high or 0)
    same = compare(*pair(0.0))
    assert same.p is not None
    assert same.p > 0.05
    assert (same.diff.low or 0) < 0 < (same.diff.high or 0)


def test_of_no_difference_one_in_twenty_is_called_one() -> None:
    """Profiles and not conversations are flipped: else, as conversations of a profile are alike, it would be more."""
    ps = np.array([compare(*pair(0.0, seed, profiles=9), resamples=1).p for seed in range(300)])
    assert 0.02 <= (ps <= 0.05).mean() <= 0.09


@settings(deadline=None)
@given(st.lists(st.floats(-4, 4).map(lambda number: round(number, 1)), min_size=2, max_size=8))
@example([0.0, 0.0, 0.0, 1.1, 1.6, 1.6, -2.2, -2.1])  # 0 but for rounding
def test_p_is_the_share_of_all_sign_flips_that_lie_as_far_out(diffs: list[float]) -> None:
    names = [f"persona-{number}" for number in range(len(diffs))]
    a, b = (
        {name: np.array([3.0 + number * side]) for name, number in zip(names, diffs, strict=True)} for side in (0, 1)
    )
    found = compare(a, b, {name: name for name in names}, resamples=1)
    flips = np.array([np.dot(signs, diffs) for signs in product([-1, 1], repeat=len(diffs))])
    assert found.p == pytest.approx((np.abs(flips) >= abs(sum(diffs)) - 1e-9).mean())


def test_equal_models_have_p_one() -> None:
    a, _, profiles = pair(0)
    assert compare(a, a, profiles).p == 1
    assert compare(a, a, profiles).diff == Estimate(0, 0, 0)


@settings(deadline=None)
@given(st.randoms(), st.integers(0, 10))
def test_the_order_of_personas_changes_nothing_and_swapped_models_turn_the_sign(random: Random, seed: int) -> None:
    a, b, profiles = pair(0.2, seed, profiles=4)
    names = list(a)
    random.shuffle(names)
    found = compare(a, b, profiles, resamples=50)
    assert compare({name: a[name] for name in names}, b, profiles, resamples=50) == found
    back = compare(b, a, profiles, resamples=50)
    assert value(back.diff) == pytest.approx(-value(found.diff))
    assert back.diff.low == pytest.approx(-(found.diff.high or 0))
    assert back.p == pytest.approx(found.p)
    assert back.needed == found.needed


def test_the_same_seed_gives_the_same_comparison() -> None:
    assert compare(*pair(0.05)) == compare(*pair(0.05))


def power(profiles: int, seen: float, deviation: float) -> float:
    """Of the two-sided paired t test at 0.05, from the noncentral t distribution."""
    shift, bound = seen / deviation * profiles**0.5, student.ppf(0.975, profiles - 1)
    return float(nct.sf(bound, profiles - 1, shift) + nct.cdf(-bound, profiles - 1, shift))


@pytest.mark.parametrize("deviation", [0.15, 0.4, 1.0])
def test_the_personas_needed_give_the_power_and_hardly_more(deviation: float) -> None:
    """Held against the exact power of the t test: 80% but for a hair with so many profiles, less with two fewer."""
    means = np.array([-1.0, 1.0] * 10)
    means *= deviation / means.std(ddof=1)
    needed = needed_personas(np.repeat(means, 5), [str(number // 5) for number in range(100)])
    for seen, personas in needed.items():
        assert personas is not None
        assert personas % 5 == 0
        profiles = personas // 5
        assert power(max(profiles, 2), seen, deviation) > 0.78
        assert profiles <= 4 or power(profiles - 2, seen, deviation) < 0.8


def test_the_personas_needed_fall_with_the_difference_and_come_in_the_datas_profiles() -> None:
    needed = compare(*pair(0.1)).needed
    assert list(needed) == [0.1, 0.2, 0.5]
    assert (needed[0.1] or 0) > (needed[0.2] or 0) > (needed[0.5] or 0) > 0
    assert needed_personas(np.array([0, 0.02, 0, 0.03]), ["a", "a", "b", "c"]) == {0.1: 4, 0.2: 3, 0.5: 3}
