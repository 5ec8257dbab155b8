"""The verdict: each sentence where its rule holds, and only there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inspect_ai.log import EvalLog, EvalSample

from eval.log_records import kind, planted_of, run_of
from eval.logs import read
from eval.reports.findings import Verdict, verdict
from eval.reports.measuring import summarise
from eval.reports.summary import KINDS
from eval.runs import Logs
from tests.eval.logs import JUDGE, RULES, USER, curve, log, planted, sample, turn, write
from tests.eval.test_report import varied

ORDER = {kind: [score] * 12 for kind, score in zip(KINDS, (5, 3, 2, 2, 1), strict=True)}


def verdict_on(*logs: EvalLog) -> Verdict:
    """As on logs that were read from files."""
    runs = [run_of(one) for one in logs if kind(one) == "aloe"]
    return verdict(summarise(Logs(runs, [planted_of(one) for one in logs if kind(one) == "planted"], [])))


def has(found: Sequence[Any], words: str) -> bool:
    return any(words in str(one) for one in found)


def judged(kinds: Mapping[str, Sequence[float | None]] = ORDER, **fields: Any) -> EvalLog:
    return log(planted({**ORDER, **kinds}), task="planted", **fields)


def test_a_rehearsal_says_so_first() -> None:
    assert verdict_on(log(varied(30, 0), roles=RULES), judged()).headline.startswith("A rehearsal.")


def test_checks_that_are_passed_allow_to_quote() -> None:
    found = verdict_on(log(varied(100, 0.2)), judged())
    assert found.headline == "The judge passed its checks: the figures may be quoted, with their intervals."
    (lacking,) = found.may_not
    assert str(lacking).startswith("A rise may come from users who have told more, not from a model that infers; ")
    told = "The score rises from the first to the last turn, in points (p below 0.05, not corrected): sft: +0."
    assert has(found.may, told)
    assert has(found.may, "Krippendorff's alpha")
    assert has(found.may, f"{JUDGE} (protocol plus) puts the perfect ones above all others")


def test_missing_conversations_or_scores_forbid_to_quote() -> None:
    found = verdict_on(log(varied(20, 0.2), expected=25, status="cancelled"), judged())
    assert found.headline.startswith("Not to be quoted yet")
    assert has(found.may_not, "sft: 5 of 25 conversations missing, its log has the status cancelled")


@pytest.mark.parametrize(
    ("talks", "words"),
    [
        ([sample(n, [turn(1, 2.0)], planned=4, shortened="why") for n in range(50)], "50 ended early, 150 turns"),
        ([sample(n, [turn(1, 2.0, reply=" ")], planned=1) for n in range(50)], "50 empty replies"),
        ([sample(n, [turn(1, None), turn(2, 2.0)]) for n in range(50)], "50 of "),
    ],
)
def test_nothing_is_to_be_quoted_that_is_far_from_complete(talks: list[EvalSample], words: str) -> None:
    found = verdict_on(log([*varied(100, 0.2)[50:], *talks]), judged())
    assert has(found.may_not, "Incomplete; what is missing or unscored is left out of the means, which may flatter")
    assert has(found.may_not, ": far from complete")
    assert has(found.may_not, words)
    assert found.headline == "Not to be quoted yet: conversations, replies or scores are missing."


def test_far_from_complete_is_only_said_where_more_than_a_tenth_is_missing() -> None:
    talks = [sample(n, [turn(1, None), *(turn(k, 3.0) for k in range(2, 5))]) for n in range(2)]
    found = verdict_on(log([*varied(6, 0)[2:], *talks]))
    assert has(found.may_not, "sft: 2 of 24 replies unscored")
    assert not has(found.may_not, "far from complete")
    assert has(verdict_on(log(varied(2, 0), expected=8)).may_not, "6 of 8 conversations missing: far from complete")


def test_small_gaps_are_counted_in_one_sentence() -> None:
    samples = [*varied(99, 0.2), sample(99, [turn(1, None, reply=" "), turn(2, 3.0)], planned=4, shortened="why")]
    found = verdict_on(log(samples), judged())
    assert not found.headline.startswith("Not to be quoted")
    assert has(
        found.may_not, "Small gaps: of 398 replies 1 unscored and 1 empty, of 100 conversations 1 ended early. What "
    )


@pytest.mark.parametrize(("personas", "words"), [(3, "one profile alone"), (45, "There are 9 profiles"), (50, "fewer")])
def test_few_profiles_are_told_and_claim_nothing(personas: int, words: str) -> None:
    found = verdict_on(log(varied(personas, 0.5), "a"), log(varied(personas, 0.9), "b"))
    assert has(found.may_not, words)
    assert has(found.may, "The score rises") == (personas == 50)
    assert has(found.may, "Scored better") == (personas == 50)


def test_a_clear_difference_may_be_concluded_and_an_unclear_one_not() -> None:
    runs = {
        "base": varied(50, 0.1),
        "better": varied(50, 0.6, 1),
        "same": varied(50, 0.1, 2),
        "worse": varied(50, -0.4, 3),
    }
    found = verdict_on(*(log(samples, name) for name, samples in runs.items()))
    assert has(found.may, "Scored better than base, by the same judge on the same personas, in points: better: +0.")
    assert has(found.may, "Scored worse than base, by the same judge on the same personas, in points: worse: -0.")
    assert has(found.may_not, "No difference from base can be claimed: same: ")
    assert has(found.may_not, "; to see 0.2 points takes about ")
    assert has(found.may, "The score falls from the first to the last turn, in points (p below 0.05, not corrected): ")


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(
    ("rise", "words"), [(0.6, "gains more"), (0.3, "no clear difference in gain"), (0, "gains less")]
)
def test_who_scores_better_need_not_rise_more_and_that_is_said_beside(rise: float, words: str, many: bool) -> None:
    noise = np.random.default_rng(1).normal(0, 0.3, (60, 4))
    above = [
        sample(n, [turn(k, 3.5 + rise * (k - 2.5) + float(one)) for k, one in enumerate(row, 1)])
        for n, row in enumerate(noise)
    ]
    others = [log(varied(60, 0.3, n), f"m{n}") for n in range(2, 6)] * many
    found = verdict_on(log(varied(60, 0.3), "base"), log(above, "other"), *others)
    (better,) = (str(one) for one in found.may if one.text.startswith("Scored better than base"))
    assert words in better
    assert (" (p corrected): " if many else ", corrected, +") in better


def test_beside_a_rise_stands_what_is_gained_with_nothing_to_infer() -> None:
    found = verdict_on(log(varied(60, 0.5), "sft"), log(varied(60, 0.2, 1), "sft", baseline="persona"))
    assert has(found.may, "(nothing to infer, with the persona given: +0.6")
    assert not has(found.may_not, "A rise may come from users who have told more")


@pytest.mark.parametrize("unlike", [{"model": "openai-api/host/other"}, {"votes": 5}])
def test_what_another_run_gains_with_nothing_to_infer_says_nothing(unlike: dict[str, Any]) -> None:
    found = verdict_on(log(varied(60, 0.5), "sft"), log(varied(60, 0.2, 1), "other", baseline="persona", **unlike))
    assert not has(found.may, "Mean score of sft by what it is given")
    (lacking,) = (one for one in found.may_not if one.text.startswith("A rise may come from users"))
    assert lacking.items == ["sft"]


def test_an_interval_beside_0_is_not_enough_where_chance_could_do_it() -> None:
    five_profiles = (log(curve(25, [3, 3]), "base"), log(curve(25, [3.5, 3.5]), "other"))
    found = verdict_on(*five_profiles)
    assert has(found.may_not, "No difference from base can be claimed: other: +0.50 [+0.50, +0.50] (p = 0.062")


def test_a_rise_is_only_claimed_where_chance_would_hardly_make_it(tmp_path: Path) -> None:
    """Of 12 profiles 8 rise by a point and 4 fall by half of one: the interval lies above 0, p does not below 0.05."""
    rows = [[3.0, 4.0] if n % 3 else [3.0, 2.5] for n in range(12)]
    talks = [sample(5 * n, [turn(k, score) for k, score in enumerate(row, 1)]) for n, row in enumerate(rows)]
    summary = summarise(read(write(tmp_path, log(talks))))
    (model,) = summary.models
    assert (model.metrics.gain.low or 0) > 0
    assert (model.gain_p or 0) > 0.05
    assert not has(verdict(summary).may, "The score rises")


def test_no_rise_is_said_where_the_interval_holds_0() -> None:
    found = verdict_on(log(varied(100, 0)))
    assert has(found.may_not, "Neither rise nor fall from the first to the last turn can be claimed: sft: ")
    assert not has(found.may, "The score rises")


def test_floor_and_ceiling_stand_around_a_model_with_notes() -> None:
    baselines = {"plain": 0.0, "infer": 0.2, "persona": 0.4}
    found = verdict_on(*(log(varied(30, rise), "sft", baseline=name) for name, rise in baselines.items()))
    (span,) = (one for one in found.may if one.text == "Mean score of sft by what it is given:")
    assert [item.split(":")[0] for item in span.items] == [
        "plain",
        "notes on the user first",
        "persona given, its ceiling",
    ]


@pytest.mark.parametrize(
    ("kinds", "well"),
    [
        ({}, True),
        ({"sycophantic": [5] * 12}, False),
        ({"generic": [5.0] * 5 + [4.9] * 7}, True),
        ({"generic": [5.0] * 6 + [1.0] * 6}, False),  # by far on average, yet in half of the cases alone
        ({"generic": [4.9] * 7 + [9.0] * 5}, False),  # in most cases, yet not on average
        ({"perfect": [None] * 12}, False),
        ({"off_topic": [None] * 12}, False),
        (dict.fromkeys(["generic", "sycophantic", "over_personal", "off_topic"], [None] * 12), False),
        ({"off_topic": [None] * 3 + [1] * 9}, True),  # 3 of 60 lost
        ({"off_topic": [None] * 4 + [1] * 8}, False),
        ({"off_topic": []}, False),  # a kind that was not judged
    ],
)
def test_a_judge_that_puts_another_reply_as_high_as_the_perfect_one_is_doubted(
    kinds: dict[str, Sequence[float | None]], well: bool
) -> None:
    found = verdict_on(log(varied(10, 0.2)), judged(kinds))
    assert has(found.may, " puts the perfect ones above all others") == well
    assert has(found.may_not, " does not put the perfect ones above all others") != well
    lost = kinds == {"off_topic": [None] * 4 + [1] * 8}
    assert has(found.may_not, "Too many are unscored.") == lost
    assert has(found.may_not, "not below them in most cases") == (not well and not lost)
    failed = "Not to be quoted yet: the judge failed its planted check"
    assert found.headline.startswith("The judge passed" if well else failed)


def test_a_rehearsal_says_too_that_the_judge_failed() -> None:
    failed = judged({"sycophantic": [5] * 12}, roles=RULES)
    headline = verdict_on(log(varied(30, 0), roles=RULES), failed).headline
    assert headline.startswith("A rehearsal.")
    assert "the judge failed its planted check" in headline


@pytest.mark.parametrize(
    "fields", [None, {"roles": {"judge": "another/judge"}}, {"protocol": "paper"}], ids=["none", "judge", "protocol"]
)
def test_without_a_planted_set_of_its_own_the_judge_is_not_known(fields: dict[str, Any] | None) -> None:
    found = verdict_on(log(varied(50, 0.2)), *([] if fields is None else [judged(**fields)]))
    assert has(found.may_not, f"Whether {JUDGE} (protocol plus) puts good replies above bad ones is not known")
    assert not has(found.may, "puts the perfect ones above all others")
    assert found.headline.startswith("To be read with care")


def voted(votes: Sequence[Sequence[float | None]], score: float | None = 3.0) -> EvalLog:
    """A run whose replies all have these votes, in turn."""
    made = [[None if vote is None else {"score": vote} for vote in of] for of in votes]
    turns = [turn(k, score, votes=of) for k, of in enumerate(made, 1)]
    return log([sample(n, turns) for n in range(100)], votes=len(votes[0]))


@pytest.mark.parametrize(
    ("votes", "words"),
    [
        ([[1, 5], [5, 1], [3, 3]], "The judge's votes on one reply agree too little"),
        ([[3], [4], [5]], "Each reply has a single vote"),
        ([[3, None], [4, None], [5, None]], "No reply has two votes that can be read"),
        ([[3, 3], [3, 3], [3, 3]], "All votes are the same"),
    ],
)
def test_votes_that_do_not_show_a_judge_in_agreement_are_told(votes: list[list[float | None]], words: str) -> None:
    assert has(verdict_on(voted(votes), judged()).may_not, words)


def test_where_nothing_is_scored_no_sentence_tells_of_votes_or_gains() -> None:
    found = verdict_on(voted([[None] * 3] * 3, None), judged())
    assert has(found.may_not, "No reply has a vote that can be read")
    assert has(found.may_not, "Whether the score rises is not known, without scores at the first turn")
    assert not has(found.may_not, "Neither rise nor fall")
    assert not has(found.may_not, "a single vote")


def test_the_judges_own_model_as_a_second_judge_confirms_nothing() -> None:
    turns = [turn(k, float(2 * k - 1), second=float(2 * k - 1)) for k in (1, 2, 3)]
    roles = {"user": USER, "judge": JUDGE, "second_judge": JUDGE}
    found = verdict_on(log([sample(n, turns) for n in range(100)], roles=roles), judged())
    assert has(found.may_not, "The second judge is the same model as the judge, which confirms nothing: sft")
    assert not has(found.may, "A second judge agrees")


@pytest.mark.parametrize(("second", "well"), [([1.0, 3.0, 5.0], True), ([5.0, 3.0, 1.0], False)])
def test_a_second_judge_speaks_for_the_first_or_against_it(second: list[float], well: bool) -> None:
    turns = [turn(k, float(2 * k - 1), second=of) for k, of in enumerate(second, 1)]
    found = verdict_on(log([sample(n, turns) for n in range(100)]), judged())
    assert has(found.may, "A second judge agrees with the first (weighted kappa)") == well
    assert has(found.may_not, "A second judge agrees with the first too little") != well


@pytest.mark.parametrize(
    ("replies", "sign", "words"),
    [(100, 1, "Longer replies score higher"), (100, -1, "Longer replies score lower"), (99, 1, "")],
)
def test_scores_that_go_with_length_are_told_where_it_is_no_noise(replies: int, sign: int, words: str) -> None:
    talks = [sample(n, [turn(1, 1.0 + n % 5, reply="word " * (6 + sign * (n % 5)))]) for n in range(replies)]
    found = verdict_on(log(talks)).may_not
    assert has(found, f"{words} (rank correlation within turns, told from 0.3 on): sft: {sign:+}.00") == bool(words)
    assert has(found, "Longer replies") == bool(words)


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
def test_users_out_of_character_or_not_looked_at_are_told(character: dict[str, Any] | None, words: str) -> None:
    assert has(verdict_on(log(varied(30, 0.2, character=character))).may_not, words)


def test_of_users_it_is_told_how_many_were_looked_at() -> None:
    one, *others = varied(50, 0.2)
    for other in others:
        (other.scores or {})["per_turn"].metadata |= {"character": None}  # type: ignore[operator]
    (one.scores or {})["per_turn"].metadata |= {"character": {"broken": [1], "why": ""}}  # type: ignore[operator]
    found = verdict_on(log([one, *others]))
    assert has(found.may_not, "sft: 25.0% of 4 checked")
    told = "Not all users were checked for staying in character; conversations checked: sft: 1 of 50"
    assert has(found.may_not, told)


@pytest.mark.parametrize(("unread", "told"), [(1, False), (2, True)])
def test_disclosures_that_could_not_be_read_are_told(unread: int, told: bool) -> None:
    talks = [sample(n, [turn(1, 3.0, **({"disclosed": None} if n < unread else {}))]) for n in range(100)]
    found = verdict_on(log(talks), log(talks, protocol="paper"))
    assert has(found.may_not, "What the user had disclosed could not be read") == told
    assert has(found.may_not, "sft: 2.0% (2)") == told
    assert not has([one for one in found.may_not if str(one).startswith("Protocol paper")], "could not be read")


@pytest.mark.parametrize(("cosine", "told"), [(0.9, False), (0.99, True)])
def test_a_persona_close_to_a_training_text_is_told(cosine: float, told: bool) -> None:
    samples = [*varied(30, 0.2), sample(30, [turn(1, 3.0)], planned=4, metadata={"nearest_personality": cosine})]
    found = verdict_on(log(samples))
    assert has(found.may_not, "A persona is close to a training text, cosine 0.990 (p-030): read the table") == told


def test_personas_without_a_certificate_are_told() -> None:
    bare = varied(30, 0.2, metadata={"nearest_profile": None, "nearest_personality": None})
    assert has(verdict_on(log(bare)).may_not, "without proof of their distance from training data")


BY_RULE = "openai-api/rehearsal/rehearsal/micro/manner"


def test_models_are_held_against_bounds_which_are_no_models_themselves() -> None:
    base, bound = log(varied(60, 0), "base"), log(varied(60, 0.2, 1), "manner alone", model=BY_RULE)
    found = verdict_on(base, log(varied(60, 0.5, 2), "sft"), bound)
    assert has(found.may, 'Above the bound "manner alone", in points: sft: +0.')
    assert has(found.may, 'Below the bound "manner alone", in points: base: -0.')
    assert has(found.may, "Scored better than base, by the same judge on the same personas, in points: sft: +0.")
    assert not has(found.may, "manner alone: ")


def test_of_many_models_the_verdict_is_no_wall() -> None:
    """One line a finding, with intervals where a line holds few."""
    runs = [log(varied(60, 0.5 if n > 1 else 0, n), f"m{n}") for n in range(7)]
    found = verdict_on(*runs)
    assert all(len(one.items) < 2 for one in [*found.may, *found.may_not])
    (better,) = (one.items[0] for one in found.may if one.text.startswith("Scored better than m0"))
    assert [one.split(":")[0] for one in better.split("; ")] == ["m2", "m3", "m4", "m5", "m6"]
    assert "[" not in better
    (flat,) = (one.items[0] for one in found.may_not if one.text.startswith("Neither rise nor fall"))
    assert flat.count("[") == 2


def test_with_two_protocols_a_sentence_names_its_own() -> None:
    found = verdict_on(*(log(varied(60, 0.5), protocol=name, votes=1) for name in ("paper", "plus")))
    assert has(found.may, "Protocol paper: The score rises")
    assert has(found.may, "Protocol plus: The score rises")


def test_names_are_made_harmless_by_whoever_shows_them(tmp_path: Path) -> None:
    made = write(
        tmp_path, log(varied(30, 0.5), "a*b"), log(curve(30, [3, 3, 3, 3]), "c*d", roles={"user": USER, "judge": JUDGE})
    )
    found = verdict(summarise(read(made)), lambda text: text.replace("*", "+"))
    assert not has([*found.may, *found.may_not], "*")
