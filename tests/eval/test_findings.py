"""The verdict: each sentence where its rule holds, and only there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog

from eval.logs import read
from eval.reports.findings import Verdict, verdict
from eval.reports.summary import summarise
from tests.eval.logs import JUDGE, RULES, USER, curve, log, planted, sample, turn, write
from tests.eval.test_report import varied

ORDER = {"perfect": [5, 5], "generic": [3, 3], "sycophantic": [2, 2], "over_personal": [2, 2], "off_topic": [1, 1]}


def verdict_on(folder: Path, *logs: EvalLog) -> Verdict:
    return verdict(summarise(read(write(folder, *logs))))


def has(found: Sequence[Any], words: str) -> bool:
    return any(words in str(one) for one in found)


def judged(**kinds: Sequence[float | None]) -> EvalLog:
    return log(planted({**ORDER, **kinds}), task="planted")


def test_a_rehearsal_says_so_first(tmp_path: Path) -> None:
    assert verdict_on(tmp_path, log(varied(30, 0), roles=RULES), judged()).headline.startswith("A rehearsal.")


def test_checks_that_are_passed_allow_to_quote(tmp_path: Path) -> None:
    found = verdict_on(tmp_path, log(varied(100, 0.2)), judged())
    assert found.headline == "The judge passed its checks: the figures may be quoted, with their intervals."
    assert found.may_not == []
    assert has(found.may, "The score rises from the first to the last turn, in points: sft +0.")
    assert has(found.may, "Krippendorff's alpha")
    assert has(found.may, f"{JUDGE} (protocol plus) puts the perfect ones above all others")


def test_missing_conversations_or_scores_forbid_to_quote(tmp_path: Path) -> None:
    found = verdict_on(tmp_path, log(varied(20, 0.2), expected=25, status="cancelled"), judged())
    assert found.headline.startswith("Not to be quoted yet")
    assert has(found.may_not, "sft: 5 of 25 conversations missing, its log has the status cancelled")


def test_small_gaps_are_counted_in_one_sentence(tmp_path: Path) -> None:
    samples = [*varied(99, 0.2), sample(99, [turn(1, None, reply=" "), turn(2, 3.0)], planned=4, shortened="why")]
    found = verdict_on(tmp_path, log(samples), judged())
    assert not found.headline.startswith("Not to be quoted")
    assert has(found.may_not, "Small gaps: of 398 replies 1 unscored and 1 empty, of 100 conversations 1 ended early.")


@pytest.mark.parametrize(("personas", "words"), [(3, "one profile alone"), (15, "There are 3 profiles"), (30, "fewer")])
def test_few_profiles_are_told_and_claim_nothing(tmp_path: Path, personas: int, words: str) -> None:
    found = verdict_on(tmp_path, log(varied(personas, 0.5), "a"), log(varied(personas, 0.9), "b"))
    assert has(found.may_not, words)
    assert has(found.may, "The score rises") == (personas == 30)


def test_a_clear_difference_may_be_concluded_and_an_unclear_one_not(tmp_path: Path) -> None:
    runs = {
        "base": varied(50, 0.1),
        "better": varied(50, 0.6, 1),
        "same": varied(50, 0.1, 2),
        "worse": varied(50, -0.4, 3),
    }
    found = verdict_on(tmp_path, *(log(samples, name) for name, samples in runs.items()))
    assert has(found.may, "Scored better than base, by the same judge on the same personas, in points: better +0.")
    assert has(found.may, "Scored worse than base, by the same judge on the same personas, in points: worse -0.")
    assert has(found.may_not, "No difference from base can be claimed: same ")
    assert has(found.may_not, "; to see 0.2 points takes about ")
    assert has(found.may, "The score falls from the first to the last turn, in points: worse -1.")


def test_an_interval_beside_0_is_not_enough_where_chance_could_do_it(tmp_path: Path) -> None:
    five_profiles = (log(curve(25, [3, 3]), "base"), log(curve(25, [3.5, 3.5]), "other"))
    found = verdict_on(tmp_path, *five_profiles)
    assert has(found.may_not, "No difference from base can be claimed: other +0.50 [+0.50, +0.50] (p = 0.062")


def test_no_rise_is_said_where_the_interval_holds_0(tmp_path: Path) -> None:
    found = verdict_on(tmp_path, log(varied(100, 0)))
    assert has(found.may_not, "Neither rise nor fall from the first to the last turn can be claimed: sft ")
    assert not has(found.may, "The score rises")


def test_floor_and_ceiling_stand_around_a_model_with_notes(tmp_path: Path) -> None:
    baselines = {"plain": 0.0, "infer": 0.2, "persona": 0.4}
    found = verdict_on(tmp_path, *(log(varied(30, rise), "sft", baseline=name) for name, rise in baselines.items()))
    (span,) = (one for one in found.may if one.text == "Mean score of sft by what it is given:")
    assert [item.split(" 2.")[0].split(" 3.")[0] for item in span.items] == [
        "plain",
        "notes on the user first",
        "persona given, its ceiling",
    ]


@pytest.mark.parametrize(
    ("kinds", "well"),
    [({}, True), ({"sycophantic": [5, 5]}, False), ({"generic": [5.0, 4.9]}, True), ({"perfect": [None, None]}, False)],
)
def test_a_judge_that_puts_another_reply_as_high_as_the_perfect_one_is_doubted(
    tmp_path: Path, kinds: dict[str, Sequence[float | None]], well: bool
) -> None:
    found = verdict_on(tmp_path, log(varied(100, 0.2)), judged(**kinds))
    assert has(found.may, " puts the perfect ones above all others") == well
    assert has(found.may_not, " does not put the perfect ones above all others") != well
    assert found.headline.startswith("The judge passed" if well else "To be read with care")


def test_without_a_planted_set_the_judge_is_not_known(tmp_path: Path) -> None:
    assert has(verdict_on(tmp_path, log(varied(100, 0.2))).may_not, "no planted set was judged")


def voted(votes: Sequence[Sequence[float | None]]) -> EvalLog:
    """A run whose replies all have these votes, in turn."""
    made = [[None if vote is None else {"score": vote} for vote in of] for of in votes]
    turns = [turn(k, 3.0, votes=of) for k, of in enumerate(made, 1)]
    return log([sample(n, turns) for n in range(100)])


@pytest.mark.parametrize(
    ("votes", "words"),
    [
        ([[1, 5], [5, 1], [3, 3]], "The judge's votes on one reply agree too little"),
        ([[3], [4], [5]], "Each reply has a single vote"),
        ([[3, None], [4, None], [5, None]], "Each reply has a single vote"),
        ([[3, 3], [3, 3], [3, 3]], "All votes are the same"),
    ],
)
def test_votes_that_do_not_show_a_judge_in_agreement_are_told(
    tmp_path: Path, votes: list[list[float | None]], words: str
) -> None:
    assert has(verdict_on(tmp_path, voted(votes), judged()).may_not, words)


@pytest.mark.parametrize(("second", "well"), [([1.0, 3.0, 5.0], True), ([5.0, 3.0, 1.0], False)])
def test_a_second_judge_speaks_for_the_first_or_against_it(tmp_path: Path, second: list[float], well: bool) -> None:
    turns = [turn(k, float(2 * k - 1), second=of) for k, of in enumerate(second, 1)]
    found = verdict_on(tmp_path, log([sample(n, turns) for n in range(100)]), judged())
    assert has(found.may, "A second judge agrees with the first (weighted kappa)") == well
    assert has(found.may_not, "A second judge agrees with the first too little") != well


def test_scores_that_go_with_length_are_told(tmp_path: Path) -> None:
    talks = [sample(n, [turn(1, 1.0 + n % 5, reply="word " * (1 + n % 5))]) for n in range(100)]
    assert has(verdict_on(tmp_path, log(talks)).may_not, "Scores go with the length of the reply")


@pytest.mark.parametrize(
    ("character", "words"),
    [
        (
            {"broken": [2], "why": "offers help"},
            "Users fall out of character, and scores then mean less; share of their",
        ),
        (None, "Whether the users stayed in character was not looked at."),
    ],
)
def test_users_out_of_character_or_not_looked_at_are_told(
    tmp_path: Path, character: dict[str, Any] | None, words: str
) -> None:
    assert has(verdict_on(tmp_path, log(varied(30, 0.2, character=character))).may_not, words)


def test_personas_without_a_certificate_are_told(tmp_path: Path) -> None:
    bare = varied(30, 0.2, metadata={"nearest_profile": None, "nearest_personality": None})
    assert has(verdict_on(tmp_path, log(bare)).may_not, "without proof of their distance from training data")


def test_with_two_protocols_a_sentence_names_its_own(tmp_path: Path) -> None:
    found = verdict_on(tmp_path, *(log(varied(30, 0.5), protocol=name, votes=1) for name in ("paper", "plus")))
    assert has(found.may, "Protocol paper: The score rises")
    assert has(found.may, "Protocol plus: The score rises")


def test_names_are_made_harmless_by_whoever_shows_them(tmp_path: Path) -> None:
    made = write(
        tmp_path, log(varied(30, 0.5), "a*b"), log(curve(30, [3, 3, 3, 3]), "c*d", roles={"user": USER, "judge": JUDGE})
    )
    found = verdict(summarise(read(made)), lambda text: text.replace("*", "+"))
    assert not has([*found.may, *found.may_not], "*")
