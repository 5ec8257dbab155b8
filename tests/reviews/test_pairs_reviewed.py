"""Reviewers' answers on the labels of a tree."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.exports import dropped_pairs, pairs, preference_rows
from pipelines.reviews.agreement import Judged
from pipelines.reviews.pair_records import record_id
from pipelines.reviews.trees import as_judged, joined, judged_pairs, opinions, reviewed
from pipelines.schema import TreeRow, Vote, review_id
from pipelines.tree_audit import Audit
from tests.pipelines.trees import (
    GENERIC_WINS,
    TAILORED_WINS,
    TIE,
    VOTES_DIFFER,
    chain,
    exchange,
    grow,
    trees,
    with_node,
)
from tests.reviews.rows import pair_answers


def labelled(tree: TreeRow) -> list[str | None]:
    """Who wins in each pair."""
    return [pair.preferred.responder if pair.decided else None for pair in pairs(tree)]


def after(tree: TreeRow, *answers: tuple[str, str, str]) -> tuple[TreeRow, dict[int, str]]:
    """The tree when two people give each of these answers about its first pair."""
    name = record_id(tree, next(pairs(tree)))
    rows = [
        row
        for preference, in_character, undisclosed in answers
        for by in ("a01", "a02")
        for row in pair_answers(name, preference, in_character=in_character, undisclosed=undisclosed, by=by)
    ]
    return reviewed(tree, opinions(rows, 2))


def with_votes(votes: list[Vote]) -> TreeRow:
    return chain([replace(exchange(1, 0), votes=votes), exchange(2, 1)])


@pytest.mark.parametrize(
    ("votes", "answer", "winner", "reason"),
    [
        (TAILORED_WINS, ("tailored", "yes", "neither"), "tailored", None),
        (TAILORED_WINS, ("tailored", "yes", "generic"), "tailored", None),
        (TAILORED_WINS, ("tailored", "yes", "tailored"), None, "review:undisclosed"),
        (TAILORED_WINS, ("tailored", "yes", "both"), None, "review:undisclosed"),
        (TAILORED_WINS, ("tailored", "no", "neither"), None, "review:out-of-character"),
        (TAILORED_WINS, ("generic", "yes", "neither"), None, "review:other-preferred"),
        (TAILORED_WINS, ("no-difference", "yes", "neither"), None, "review:no-difference"),
        (GENERIC_WINS, ("generic", "yes", "neither"), "generic", None),
        (GENERIC_WINS, ("tailored", "yes", "neither"), None, "review:other-preferred"),
        (VOTES_DIFFER, ("generic", "yes", "neither"), "generic", None),
        (TIE, ("tailored", "yes", "generic"), "tailored", None),
        (TIE, ("tailored", "yes", "tailored"), None, None),
        (TIE, ("tailored", "no", "neither"), None, None),
        (TIE, ("no-difference", "yes", "neither"), None, None),
    ],
)
def test_what_two_people_say_of_a_pair_decides_whether_it_is_one(
    votes: list[Vote], answer: tuple[str, str, str], winner: str | None, reason: str | None
) -> None:
    tree, left = after(with_votes(votes), answer)
    assert labelled(tree) == [winner, "tailored"]
    assert left == ({} if reason is None else {0: reason})
    dropped = list(dropped_pairs(tree, 2, left))
    undecided = {id(TIE): "tie", id(VOTES_DIFFER): "votes-differ"}.get(id(votes), "")
    assert [row.reason for row in dropped] == ([] if winner else [reason or undecided])
    audit = Audit(2)
    audit.add(tree, left)
    assert audit.told()["pairs"]["undecided"] == {row.reason: 1 for row in dropped}
    assert len(list(preference_rows(tree))) == 2 - len(dropped)


def test_a_pair_that_people_are_of_two_minds_about_stays() -> None:
    tree, left = after(with_votes(TAILORED_WINS), ("tailored", "yes", "tailored"), ("generic", "no", "neither"))
    assert (labelled(tree)[0], left) == ("tailored", {})
    open_pair, left = after(with_votes(TIE), ("tailored", "yes", "neither"), ("generic", "yes", "neither"))
    assert (labelled(open_pair)[0], left) == (None, {})


def test_one_of_two_answers_that_it_takes_changes_nothing() -> None:
    tree = with_votes(TAILORED_WINS)
    assert reviewed(tree, opinions(pair_answers(record_id(tree, next(pairs(tree))), "generic"), 2)) == (tree, {})


def test_reviews_of_other_trees_change_nothing() -> None:
    tree = grow()
    assert reviewed(tree, opinions(pair_answers("t-other/0", "generic"), 1)) == (tree, {})


@given(tree=trees(), answers=st.lists(st.sampled_from(["tailored", "generic", "no-difference"]), min_size=12))
def test_a_review_can_be_undone_and_touches_labels_alone(tree: TreeRow, answers: list[str]) -> None:
    rows = [
        row for pair, preference in zip(pairs(tree), answers, strict=False)
        for row in pair_answers(record_id(tree, pair), preference)
    ]  # fmt: skip
    changed, left = reviewed(tree, opinions(rows, 1))
    assert as_judged(changed, 2) == tree
    unlabelled = [[replace(node, label=None) for node in one.nodes] for one in (tree, changed)]
    assert unlabelled[0] == unlabelled[1]
    decided = sum(pair.decided for pair in pairs(tree))
    assert sum(pair.decided for pair in pairs(changed)) == decided - len(left) + joined(tree, changed)


def test_what_the_judge_said_is_told_of_pairs_that_have_a_margin() -> None:
    tree = chain([replace(exchange(n + 1, n), votes=votes) for n, votes in enumerate([TIE, GENERIC_WINS, []])])
    tie, generic, _ = (review_id(record_id(tree, pair)) for pair in pairs(tree))
    assert dict(judged_pairs(tree)) == {
        tie: Judged(None, 0.0, tree.tree_id),
        generic: Judged("generic", 5 / 9, tree.tree_id),
    }


def test_what_was_said_of_a_pair_holds_as_long_as_its_words_do() -> None:
    """A tree that another cast grew has the same ids."""
    tree = with_votes(TAILORED_WINS)
    said = opinions(pair_answers(record_id(tree, next(pairs(tree))), "generic"), 1)
    assert reviewed(tree, said)[1] == {0: "review:other-preferred"}
    for node, content in ((0, "Another message."), (1, "Another reply."), (2, "Another one.")):
        other = with_node(tree, node, content=content)
        assert reviewed(other, said) == (other, {})


def test_a_pair_without_votes_joins_nothing() -> None:
    """Its row would have no margin."""
    tree = with_votes([])
    assert after(tree, ("tailored", "yes", "neither")) == (tree, {})
