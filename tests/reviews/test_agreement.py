"""What reviewers decided, and how far they agree with each other and with the judge."""

import random
from collections.abc import Iterable, Sequence
from typing import Any
from unittest import mock

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.reviews import estimates
from pipelines.reviews.agreement import Judged, against_judge, alpha, pair_figures, persona_figures
from pipelines.reviews.estimates import accuracy_of, alpha_of, estimate, kappa_of
from pipelines.reviews.questions import PREFERENCES
from pipelines.schema import Responder, ReviewRow, review_id
from pipelines.tree_audit import wilson

NO_SHARE = {"share": None, "low": None, "high": None}
NO_ALPHA = {"alpha": None, "low": None, "high": None}


def answer(
    object_id: str,
    value: str,
    annotator: str = "a01",
    *,
    record: str | None = None,
    kind: str = "pair",
    question: str = "preference",
    sample: str = "random",
    first: str | None = "tailored",
    submitted: str = "2026-11-21T10:15:30Z",
) -> ReviewRow:
    return ReviewRow(
        *(review_id(record or object_id), kind, object_id, question, value, annotator, sample, submitted, first)
    )


def verdict(object_id: str, value: str, annotator: str = "a01", kind: str = "profile", **fields: Any) -> ReviewRow:
    settings: dict[str, Any] = {"question": "verdict", "first": None, "sample": "cover", **fields}
    return answer(object_id, value, annotator, kind=kind, **settings)


def coded(*by_annotator: str) -> list[ReviewRow]:
    """A verdict a character, a string an annotator; a dot is none."""
    return [
        verdict(f"pr-{n}", value, f"a{which:02}")
        for which, values in enumerate(by_annotator)
        for n, value in enumerate(values)
        if value != "."
    ]


def judged(winners: Sequence[Responder | None], margin: float = 0.3) -> dict[str, Judged]:
    return {f"t-{n}/0": Judged(winner, margin, f"t-{n}") for n, winner in enumerate(winners)}


def by_record(said: dict[str, Judged]) -> dict[str, Judged]:
    """What the judge said, by the reviews' ids."""
    return {review_id(pair): one for pair, one in said.items()}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        # Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), example C: 0.743.
        (("123321412...", "1233224125.3", ".3332342251.", "12332441251."), 0.7434),
        # By hand: of 6 values 3 are a; 2 of 6 meet another one, by chance 2 * 3 * 3 / (6 * 5): 1 - (2 / 6) / 0.6.
        (("aba", "abb"), 0.4444),
        (("abab", "baba"), -0.75),  # 8 of 8 meet another one, by chance 2 * 4 * 4 / (8 * 7)
        (("ab", "ab"), 1.0),
        (("aab.b", "a.bbb", "....b"), 1.0),
        (("abc...", "...abc"), None),
        (("aaaa", "aaaa"), None),
        (("aabb", "...."), None),
        ((), None),
    ],
)
def test_alpha_is_that_of_hand_computed_examples(answers: Sequence[str], expected: float | None) -> None:
    assert alpha(coded(*answers), "verdict")["alpha"] == expected


def test_alpha_tells_of_how_many_objects_and_people_it_is() -> None:
    found = alpha(coded("abc..", "abcd.", "...d."), "verdict")
    assert (found["records"], found["annotators"]) == (4, 3)
    assert alpha([], "verdict") == {**NO_ALPHA, "records": 0, "annotators": 0}


def test_a_text_is_one_object_whichever_personas_it_was_shown_in_and_a_persons_last_word_on_it_counts() -> None:
    rows = [
        verdict("pr-1", "reject", "a01", record="p-1", submitted="2026-11-21T10:00:00Z"),
        verdict("pr-1", "keep", "a01", record="p-2", submitted="2026-11-21T11:00:00Z"),
        verdict("pr-1", "keep", "a02", record="p-3"),
        verdict("pr-2", "reject", "a01", record="p-1"),
        verdict("pr-2", "reject", "a02", record="p-3"),
    ]
    assert alpha(rows, "verdict") == alpha(coded("kr", "kr"), "verdict")
    assert alpha(reversed(rows), "verdict")["alpha"] == 1.0


def test_alpha_of_blind_replies_is_that_of_first_and_second() -> None:
    """Everybody prefers the tailored reply, in either place: full agreement on something that could differ."""
    rows = [
        answer(f"t-{n}/0", "tailored", who, first=first)
        for n, first in enumerate(["tailored", "generic"])
        for who in ("a01", "a02")
    ]
    assert alpha(rows, "preference")["alpha"] == 1.0


tables = st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=4).filter(any), min_size=1, max_size=6)


@settings(deadline=None)
@given(tables)
def test_kappa_and_accuracy_are_those_of_scikit_learn(counts: list[list[int]]) -> None:
    from sklearn.metrics import accuracy_score, cohen_kappa_score

    neither, judge, people, both = np.array(counts).sum(axis=0)
    pairs = [(0, 0)] * neither + [(0, 1)] * judge + [(1, 0)] * people + [(1, 1)] * both
    theirs, its = zip(*pairs, strict=True)
    assert accuracy_of(np.array(counts)) == pytest.approx(accuracy_score(theirs, its))
    kappa = kappa_of(np.array(counts))
    if set(theirs) == set(its) and len(set(its)) == 1:
        assert np.isnan(kappa)
    else:
        assert kappa == pytest.approx(cohen_kappa_score(theirs, its))


@pytest.mark.parametrize("statistic", [accuracy_of, kappa_of, alpha_of])
def test_an_interval_holds_its_estimate_narrows_with_the_rows_and_is_the_same_each_time(statistic: Any) -> None:
    rng = np.random.default_rng(1)
    rows = rng.multinomial(3, [0.4, 0.1, 0.1, 0.4], size=640).tolist()
    widths = []
    for size in (10, 40, 160, 640):
        found = estimate("it", rows[:size], statistic)
        assert found == estimate("it", rows[:size], statistic)
        assert found["low"] < found["it"] < found["high"]
        widths.append(found["high"] - found["low"])
    assert widths == sorted(widths, reverse=True)
    assert widths[0] / widths[-1] == pytest.approx(8, rel=0.5)


def test_an_interval_by_resampling_covers_the_truth_about_as_often_as_it_says() -> None:
    """95% nominal; that of percentiles is known to be a little too narrow for 40 trees."""
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(60):
        found = estimate("share", rng.multinomial(3, [0.4, 0.1, 0.1, 0.4], size=40).tolist(), accuracy_of)
        hits += found["low"] <= 0.8 <= found["high"]
    assert 52 <= hits <= 60


def test_people_are_compared_with_the_judge_where_both_prefer_a_reply() -> None:
    rows = [
        *(answer("t-0/0", "tailored", who) for who in ("a01", "a02", "a03")),
        answer("t-1/0", "tailored", first="generic"),
        answer("t-2/0", "generic"),
        answer("t-3/0", "no-difference"),
        *(answer("t-4/0", value, who) for who, value in (("a01", "tailored"), ("a02", "generic"))),
        answer("t-5/0", "tailored"),
        answer("t-6/0", "generic", sample="targeted"),
        answer("t-8/0", "generic"),  # its tree has left
    ]
    found = against_judge(rows, judged(["tailored", "tailored", "tailored", "generic", "tailored", None, "tailored"]))
    assert (found["pairs"], found["trees"]) == (3, 3)
    assert (found["no_difference"], found["tied"], found["undecided"]) == (1, 1, 1)
    assert found["accuracy"]["share"] == 0.6667
    # The judge: first, second, first; people: first, second, second. Chance is 1/3 * 2/3 + 2/3 * 1/3 = 4/9.
    assert found["kappa"]["kappa"] == round((2 / 3 - 4 / 9) / (5 / 9), 4)


def test_single_answers_are_compared_too_since_decisions_leave_out_what_people_differ_on() -> None:
    rows = [
        *(answer("t-0/0", "tailored", who) for who in ("a01", "a02")),
        *(answer("t-1/0", value, who) for who, value in (("a01", "tailored"), ("a02", "generic"))),
        *(answer("t-2/0", value, who) for who, value in (("a01", "tailored"), ("a02", "no-difference"))),
    ]
    found = against_judge(rows, judged(["tailored", "tailored", "generic"]))
    assert (found["pairs"], found["accuracy"]["share"], found["tied"]) == (1, 1.0, 2)
    assert (found["single"]["pairs"], found["single"]["trees"], found["single"]["accuracy"]["share"]) == (5, 3, 0.6)


def test_whole_trees_are_resampled() -> None:
    """Two trees, of which one agrees throughout and the other nowhere: each resample is all, half or nothing."""
    rows = [answer(f"t-{tree}/{node}", "tailored") for tree in range(2) for node in range(50)]
    said = {
        f"t-{tree}/{node}": Judged("tailored" if tree else "generic", 0.3, f"t-{tree}")
        for tree in range(2)
        for node in range(50)
    }
    assert against_judge(rows, said)["accuracy"] == {"share": 0.5, "low": 0.0, "high": 1.0}


def test_where_all_agree_the_interval_is_wilsons_over_trees() -> None:
    rows = [answer(f"t-{n}/0", "tailored") for n in range(10)]
    low, _ = wilson(10, 10)
    assert low is not None
    found = against_judge(rows, judged(["tailored"] * 10))
    assert found["accuracy"] == {"share": 1.0, "low": round(low, 4), "high": 1.0}
    found = against_judge(rows, judged(["generic"] * 10))
    assert found["accuracy"] == {"share": 0.0, "low": 0.0, "high": round(1 - low, 4)}


def test_margins_go_into_buckets_with_their_lower_edge() -> None:
    margins = [0.0, 0.0999, 0.1, 0.2, 0.3999, 0.4, 1.0]
    rows = [answer(f"t-{n}/0", "tailored") for n in range(len(margins))]
    said = {f"t-{n}/0": Judged("tailored", margin, f"t-{n}") for n, margin in enumerate(margins)}
    found = against_judge(rows, said)["by_margin"]
    assert [(one["margin"], one["pairs"]) for one in found] == [
        ([0.0, 0.1], 2),
        ([0.1, 0.2], 1),
        ([0.2, 0.4], 2),
        ([0.4, 1.0], 2),
    ]


def pairs_of(rows: Iterable[ReviewRow], min_submitted: int = 1) -> dict[str, Any]:
    return pair_figures(list(rows), min_submitted, by_record(judged(["tailored"] * 30)), of=400)


def test_targeted_records_are_counted_and_move_no_figure_that_is_to_hold_for_all() -> None:
    asked = [
        row
        for n in range(4)
        for row in (
            answer(f"t-{n}/0", "generic" if n == 3 else "tailored"),
            answer(f"t-{n}/0", "yes" if n else "no", question="in-character"),
            answer(f"t-{n}/0", ["both", "tailored", "neither", "neither"][n], question="undisclosed"),
        )
    ]
    targeted = [
        row
        for n in range(10, 14)
        for row in (
            answer(f"t-{n}/0", "generic", sample="targeted"),
            answer(f"t-{n}/0", "no", question="in-character", sample="targeted"),
            answer(f"t-{n}/0", "generic", question="undisclosed", sample="targeted"),
        )
    ]
    alone, found = pairs_of(asked), pairs_of(asked + targeted)
    assert found["records"] == {"reviewed": 8, "complete": 8, "cover": 0, "random": 4, "targeted": 4}
    assert found["decisions"]["preference"]["decided"] == {"tailored": 3, "generic": 5, "no-difference": 0}
    for question in ("preference", "in-character", "undisclosed"):
        assert found["decisions"][question]["shares"] == alone["decisions"][question]["shares"]
        assert found["decisions"][question]["sampled"] == 4
        assert found["decisions"][question]["reviewed"] == 8
        assert found["decisions"][question]["of"] == 400
    assert found["decisions"]["in-character"]["shares"]["yes"] == {"share": 0.75, "low": 0.3006, "high": 0.9544}
    assert [found["undisclosed_by"][one]["share"] for one in ("tailored", "generic")] == [0.5, 0.25]
    for name in ("undisclosed_by", "first_position", "judge"):
        assert found[name] == alone[name]


def test_the_liking_of_annotators_for_the_first_place_is_told_of_all_their_preferences() -> None:
    rows = [
        answer("t-0/0", "tailored", first="tailored"),
        answer("t-1/0", "generic", first="generic"),
        answer("t-2/0", "tailored", first="generic"),
        answer("t-2/0", "generic", "a02", first="generic"),
        answer("t-3/0", "no-difference"),
    ]
    assert pairs_of(rows)["first_position"] == {"answers": 4, "share": 0.75, "low": 0.3006, "high": 0.9544}


def test_decisions_are_of_complete_records_and_by_majority_and_ties_are_counted() -> None:
    rows = [
        *(answer("t-0/0", "tailored", who) for who in ("a01", "a02")),
        *(answer("t-1/0", value, who) for who, value in (("a01", "tailored"), ("a02", "generic"))),
        answer("t-2/0", "generic"),
        *(answer("t-0/0", "tailored", who, question="undisclosed") for who in ("a01", "a02")),
        *(answer("t-1/0", value, f"a0{n}", question="undisclosed") for n, value in ((1, "both"), (2, "neither"))),
    ]
    found = pairs_of(rows, min_submitted=2)
    assert found["records"] == {"reviewed": 3, "complete": 2, "cover": 0, "random": 2, "targeted": 0}
    assert (found["annotators"], found["answers"], found["min_submitted"]) == (2, 9, 2)
    assert found["undisclosed_by"]["tailored"] == {"share": 1.0, "low": 0.2065, "high": 1.0}
    preference = found["decisions"]["preference"]
    assert preference["decided"] == {"tailored": 1, "generic": 0, "no-difference": 0}
    assert (preference["tied"], preference["sampled"]) == (1, 1)


def test_what_became_of_texts_and_pairings_is_counted_kind_by_kind_with_reasons() -> None:
    rows = [
        verdict("pr-1", "keep", "a03", record="p-1"),
        verdict("pr-1", "reject", record="p-2"),
        verdict("pr-1", "reject", "a02", record="p-2"),
        verdict("pr-of-an-edit", "reject", record="p-4"),
        verdict("pr-1", "unsafe, stereotype", "a02", record="p-2", question="reasons"),
        verdict("pr-1", "unsafe", record="p-2", question="reasons"),
        verdict("pr-2", "keep", record="p-3"),
        verdict("pr-2", "too-vague", record="p-3", question="reasons"),
        verdict("pe-1", "edit", kind="personality", record="p-1"),
        verdict("pe-1", "Is kind.\nIs slow.", kind="personality", record="p-1", question="edit"),
        verdict("p-1", "keep", kind="persona"),
        verdict("p-2", "reject", kind="persona", sample="targeted"),
    ]
    of = {
        kind: [f"{prefix}-{n}" for n in range(number)]
        for kind, prefix, number in (("profile", "pr", 9), ("personality", "pe", 8), ("persona", "p", 70))
    }
    found = persona_figures(rows, 1, of)
    profile, personality, persona = (found["decisions"][kind] for kind in ("profile", "personality", "persona"))
    assert (profile["of"], profile["reviewed"], profile["tied"]) == (9, 2, 0)
    assert profile["decided"] == {"keep": 1, "edit": 0, "reject": 1}
    assert profile["reasons"] == {"stereotype": 1, "unsafe": 1}
    assert profile["shares"]["keep"]["share"] == 0.5
    assert personality["decided"] == {"keep": 0, "edit": 1, "reject": 0}
    assert persona["decided"] == {"keep": 1, "reject": 1}
    assert (persona["sampled"], persona["shares"]["keep"]["share"]) == (1, 1.0)


NOTHING: list[list[ReviewRow]] = [
    [],
    [answer("t-0/0", "tailored")],
    [answer(f"t-0/{n}", "tailored") for n in range(3)],
    [answer("t-0/0", "no-difference", who) for who in ("a01", "a02")],
    [answer("t-0/0", "tailored", who) for who in ("a01", "a02")],
    [answer("t-0/0", "no", question="in-character")],
]


@pytest.mark.parametrize("rows", NOTHING)
def test_what_too_few_answers_cannot_tell_is_null(rows: list[ReviewRow]) -> None:
    said = {row.object_id: Judged("tailored", 0.3, "t-0") for row in rows}
    found = pair_figures(rows, 1, by_record(said), of=10)
    for question in ("preference", "in-character", "undisclosed"):
        assert NO_ALPHA.items() <= found["decisions"][question]["alpha"].items()
    assert found["judge"]["kappa"] == {"kappa": None, "low": None, "high": None}
    assert (found["judge"]["accuracy"]["low"], found["judge"]["accuracy"]["high"]) == (None, None)
    assert [one["pairs"] for one in found["judge"]["by_margin"]] == [0, 0, found["judge"]["pairs"], 0]


def test_nothing_at_all_is_told_without_a_single_share() -> None:
    found = pair_figures([], 2, {}, of=0)
    assert found["first_position"] == {"answers": 0, **NO_SHARE}
    assert found["judge"]["accuracy"] == NO_SHARE
    assert found["decisions"]["preference"]["shares"] == dict.fromkeys(PREFERENCES, NO_SHARE)
    nothing = persona_figures([], 1, {"profile": [], "personality": [], "persona": []})
    assert nothing["decisions"]["persona"]["shares"] == {"keep": NO_SHARE, "reject": NO_SHARE}


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from(["a01", "a02", "a03"]),
            st.sampled_from(PREFERENCES),
        ),
        max_size=14,
        unique_by=lambda one: one[:2],
    ),
    st.lists(st.sampled_from(["tailored", "generic", None]), min_size=6, max_size=6),
    st.randoms(),
)
def test_figures_are_plain_json_and_the_same_whatever_the_order_of_answers(
    answers: list[tuple[int, str, str]], winners: list[Responder | None], rng: random.Random
) -> None:
    rows = [
        answer(
            *(f"t-{n}/0", value, who),
            sample="random" if n < 4 else "targeted",
            first="tailored" if n % 2 else "generic",
        )
        for n, who, value in answers
    ]
    with mock.patch.object(estimates, "_RESAMPLES", 20):
        found = pair_figures(rows, 1, by_record(judged(winners)), of=6)
        assert found == pair_figures(rng.sample(rows, len(rows)), 1, by_record(judged(winners)), of=6)
    assert orjson.loads(orjson.dumps(found)) == found
    compared = found["judge"]
    preference = found["decisions"]["preference"]
    assert sum(one["pairs"] for one in compared["by_margin"]) == compared["pairs"]
    uncompared = compared["no_difference"] + compared["tied"] + compared["undecided"]
    assert compared["pairs"] + uncompared == len({n for n, _, _ in answers if n < 4})
    assert sum(preference["decided"].values()) + preference["tied"] == preference["reviewed"]
