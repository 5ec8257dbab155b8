"""A tree's training rows: for every row of random trees, and one test for each mistake of the reference."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given

from filters.likeness import nearly_identical
from pipelines.exports import check_tree, dropped_pairs, kto_rows, pairs, path, preference_rows, sft_rows
from pipelines.schema import KtoRow, Message, Node, PreferenceRow, Responder, SftRow, TreeRow, Vote
from tests.pipelines.trees import GENERIC_WINS, TIE, VOTES_DIFFER, Exchange, chain, grow, trees, with_node


def ancestors(tree: TreeRow, node: Node) -> list[Node]:
    return ([] if node.parent is None else ancestors(tree, tree.nodes[node.parent])) + [node]


def alone(node: Node) -> list[Message]:
    return [Message("assistant", node.content)]


def holds(tree: TreeRow, row: PreferenceRow | SftRow | KtoRow) -> tuple[Node, Node]:
    """What is true of every row; returns the preferred and the rejected reply."""
    user = tree.nodes[row.node]
    assert [message.role for message in row.prompt] == ["user", "assistant"] * (row.turn - 1) + ["user"]
    assert row.prompt == [Message(node.role, node.content) for node in ancestors(tree, user)]
    siblings = {node.label: node for node in tree.nodes if node.parent == row.node and node.role == "assistant"}
    assert (row.tree_id, row.persona_id, row.rehearsal) == (tree.tree_id, tree.persona_id, tree.rehearsal)
    assert (row.turn, row.margin) == (user.turn, siblings["preferred"].margin)
    return siblings["preferred"], siblings["rejected"]


def decided(tree: TreeRow) -> list[int]:
    """The user nodes whose replies are labelled, from the labels alone."""
    return [node.parent for node in tree.nodes if node.label == "preferred" and node.parent is not None]


@given(trees())
def test_every_preference_row_is_a_decided_pair_at_the_end_of_the_path_taken(tree: TreeRow) -> None:
    rows = list(preference_rows(tree))
    for row in rows:
        preferred, rejected = holds(tree, row)
        assert (row.chosen, row.rejected) == (alone(preferred), alone(rejected))
    assert [row.node for row in rows] == sorted(decided(tree))


@given(trees())
def test_every_sft_row_is_a_preferred_reply_at_the_end_of_the_path_taken(tree: TreeRow) -> None:
    rows = list(sft_rows(tree))
    for row in rows:
        assert row.completion == alone(holds(tree, row)[0])
    assert [row.node for row in rows] == sorted(decided(tree))


@given(trees())
def test_every_decided_pair_gives_two_kto_rows_the_preferred_reply_first(tree: TreeRow) -> None:
    rows = list(kto_rows(tree))
    for row in rows:
        preferred, rejected = holds(tree, row)
        assert row.completion == alone(preferred if row.label else rejected)
    assert [(row.node, row.label) for row in rows] == [
        (node, label) for node in sorted(decided(tree)) for label in (True, False)
    ]


@given(trees())
def test_every_pair_is_a_row_or_dropped_with_its_reason(tree: TreeRow) -> None:
    dropped = list(dropped_pairs(tree, votes=2))
    users = [node.id for node in tree.nodes if node.role == "user"]
    assert sorted([*decided(tree), *(int(row.id.partition("/")[2]) for row in dropped)]) == users
    for row in dropped:
        assert row.kind == "pair"
        assert row.id.startswith(tree.tree_id + "/")
        assert row.reason in {"near-identical", "unjudged", "tie", "votes-differ"}


@given(trees())
def test_a_random_tree_is_valid(tree: TreeRow) -> None:
    check_tree(tree)


@given(trees())
def test_a_path_ends_at_the_node_it_is_of(tree: TreeRow) -> None:
    for pair in pairs(tree):
        assert path(tree, pair.tailored) == [*path(tree, pair.user), Message("assistant", pair.tailored.content)]


def three(goes_on: Responder, votes: Sequence[Vote]) -> TreeRow:
    """A path of three turns, on which that reply goes on each time."""
    return chain([Exchange(f"user {n}", f"tailored {n}", f"generic {n}", list(votes), (goes_on,)) for n in (1, 2, 3)])


def test_a_user_turn_is_not_repeated_in_the_prompt() -> None:
    """The reference's SFT data repeats the first message of the user in every turn."""
    row = list(sft_rows(three("tailored", GENERIC_WINS)))[-1]
    assert [message.content for message in row.prompt if message.role == "user"] == ["user 1", "user 2", "user 3"]


def test_no_preferred_reply_is_spliced_into_a_path_that_went_on_from_the_rejected_one() -> None:
    """The reference puts preferred replies before user turns that answered other ones."""
    tree = three("tailored", GENERIC_WINS)
    prompts = [row.prompt for row in preference_rows(tree)] + [row.prompt for row in sft_rows(tree)]
    assert [[message.content for message in prompt if message.role == "assistant"] for prompt in prompts] == [
        [],
        ["tailored 1"],
        ["tailored 1", "tailored 2"],
    ] * 2


def test_a_rejected_reply_is_whole() -> None:
    """The reference's DPO data holds one character of it."""
    assert [row.rejected for row in preference_rows(three("tailored", GENERIC_WINS))] == [
        [Message("assistant", f"tailored {n}")] for n in (1, 2, 3)
    ]


def test_a_preferred_reply_beside_the_path_is_a_row_of_its_own() -> None:
    assert [(row.node, row.completion[0].content) for row in sft_rows(three("tailored", GENERIC_WINS))] == [
        (0, "generic 1"),
        (3, "generic 2"),
        (6, "generic 3"),
    ]


def test_identical_pairs_are_not_kept() -> None:
    """The reference keeps them, labelled as the judge's word on nothing fell."""
    same = chain([Exchange("user 1", "Yes, do.", "yes do"), Exchange("user 2", "Yes.", "No.")])
    assert [row.node for row in preference_rows(same)] == [row.node for row in sft_rows(same)] == [3]
    assert [row.node for row in kto_rows(same)] == [3, 3]
    assert [(row.id, row.reason) for row in dropped_pairs(same, 2)] == [(f"{same.tree_id}/0", "near-identical")]


def test_nothing_but_the_preferred_reply_is_a_completion_of_sft() -> None:
    """The reference trains on the user's text too."""
    for row in sft_rows(three("generic", GENERIC_WINS)):
        assert [message.role for message in row.completion] == ["assistant"]


def test_both_branches_of_a_tree_have_rows_of_their_own_paths() -> None:
    tree = grow(lambda turn, place: Exchange(f"user {place}", "Yes.", "No.", goes_on=("tailored", "generic")), turns=2)
    assert [[message.content for message in row.prompt] for row in preference_rows(tree)] == [
        ["user 0"],
        ["user 0", "Yes.", "user 1"],
        ["user 0", "No.", "user 2"],
    ]


def test_a_dropped_pair_tells_the_scores_by_order_and_holds_both_replies() -> None:
    tree = chain([Exchange("user 1", "Ja — 好", "No.", VOTES_DIFFER), Exchange("user 2", "A.", "B.", [])])
    differ, unjudged = dropped_pairs(tree, 2)
    assert (differ.kind, differ.id, differ.reason) == ("pair", f"{tree.tree_id}/0", "votes-differ")
    assert differ.detail == "tailored to generic, tailored first: 8 to 5; generic first: 4 to 6"
    assert orjson.loads(differ.content) == {"tailored": "Ja — 好", "generic": "No."}
    assert (differ.nearest_id, differ.nearest) == (None, None)
    assert (unjudged.id, unjudged.reason, unjudged.detail) == (f"{tree.tree_id}/3", "unjudged", "no votes")


def test_votes_that_decide_a_pair_labelled_undecided_are_an_error() -> None:
    tree = grow(turns=1)
    broken = with_node(with_node(tree, 1, label="undecided"), 2, label="undecided")
    with pytest.raises(ValueError, match="node 0: its 2 votes agree, yet its replies are labelled undecided"):
        list(dropped_pairs(broken, 2))


GROWN = grow(turns=3)  # 0 user, 1 and 2 replies, 1 goes on; 3 user, 4 and 5, 4 goes on; 6 user, 7 and 8


@pytest.mark.parametrize(
    ("number", "fields", "complaint"),
    [
        (4, {"id": 5}, "the node at position 4 has id 5"),
        (4, {"turn": 1}, "node 4 of turn 1 stands behind a later turn"),
        (4, {"role": "system"}, "node 4 has role 'system'"),
        (3, {"parent": 3}, "node 3 has parent 3, which is no earlier node"),
        (3, {"parent": -1}, "node 3 has parent -1"),
        (3, {"parent": None}, "node 3, a user's of turn 2, follows no reply of the turn before"),
        (3, {"parent": 0}, "node 3, a user's of turn 2, follows no reply of the turn before"),
        (6, {"parent": 1}, "node 6, a user's of turn 3, follows no reply of the turn before"),
        (0, {"turn": 0}, "node 0 is no root: parent None, turn 0"),
        (3, {"parent": 2}, "node 1 (assistant, continued: True) has [0, 0, 0] children"),
        (1, {"continued": False}, "node 1 (assistant, continued: False) has [0, 0, 1] children"),
        (8, {"continued": True}, "node 8 (assistant, continued: True) has [0, 0, 0] children"),
        (5, {"responder": "tailored"}, "node 3 (user, continued: True) has [2, 0, 0] children"),
        (5, {"responder": None}, "node 5, a reply, has responder None"),
        (5, {"disclosed": []}, "node 5, a reply, has responder generic, disclosed []"),
        (5, {"parent": 1}, "node 5 answers no user's message of its turn 2"),
        (5, {"parent": None}, "node 5 answers no user's message of its turn 2"),
        (5, {"parent": 0}, "node 5 answers no user's message of its turn 2"),
        (3, {"continued": False}, "node 3, a user's, has continued False"),
        (3, {"label": "preferred"}, "node 3, a user's, has continued True, label and votes ('preferred',"),
        (3, {"margin": 0.5}, "node 3, a user's, has"),
        (3, {"disclosed": None}, "node 3 discloses None, after [0]"),
        (3, {"disclosed": [1]}, "node 3 discloses [1], after [0]"),
        (3, {"disclosed": [0, 1, 1]}, "node 3 discloses [0, 1, 1], after [0]"),
        (6, {"disclosed": [0, 1, 10]}, "node 6 discloses [0, 1, 10] of 5 facts and 5 traits"),
        (6, {"disclosed": [0, 1, -1]}, "node 6 discloses [0, 1, -1] of 5 facts and 5 traits"),
        (5, {"label": "preferred"}, "node 3 has replies labelled preferred and preferred"),
        (5, {"label": "undecided"}, "node 3 has replies labelled preferred and undecided"),
        (5, {"label": None}, "node 3 has replies labelled preferred and None"),
        (5, {"votes": TIE}, "node 3 has replies of different votes or margins"),
        (5, {"margin": 0.1}, "node 3 has replies of different votes or margins"),
        (5, {"content": GROWN.nodes[4].content + "!"}, "node 3 prefers tailored, its votes None"),
    ],
)
def test_a_broken_tree_is_named_with_the_node_and_what_is_wrong(
    number: int, fields: dict[str, Any], complaint: str
) -> None:
    check_tree(GROWN)
    with pytest.raises(ValueError) as error:
        check_tree(with_node(GROWN, number, **fields))
    assert str(error.value).startswith(f"tree {GROWN.tree_id}: {complaint}")


def on_both(tree: TreeRow, user: int, **fields: Any) -> TreeRow:
    """The tree with fields of both replies to a message replaced."""
    return with_node(with_node(tree, user + 1, **fields), user + 2, **fields)


@pytest.mark.parametrize(
    ("tree", "complaint"),
    [
        (replace(GROWN, nodes=[]), "it has no nodes"),
        (replace(GROWN, nodes=[*GROWN.nodes[:3], replace(GROWN.nodes[3], turn=1)]), "node 3, a user's of turn 1, fol"),
        (on_both(GROWN, 3, votes=GENERIC_WINS), "node 3 prefers tailored, its votes generic"),
        (on_both(GROWN, 3, votes=[], margin=None), "node 3 prefers tailored, its votes None"),
        (on_both(GROWN, 3, margin=0.9), "node 3 has margin 0.9, its votes give 0.4444444444444444"),
        (on_both(GROWN, 3, margin=None), "node 3 has margin None, its votes give 0.4444444444444444"),
        (grow(lambda *_: Exchange("u", "Yes.", "No.", goes_on=()), turns=1), None),
        (with_node(replace(GROWN, nodes=GROWN.nodes[:6]), 4, continued=False), None),
        (replace(GROWN, nodes=GROWN.nodes[:8]), "node 6 (user, continued: True) has [1, 0, 0] children"),
    ],
)
def test_what_is_wrong_with_more_than_one_node_is_told_too(tree: TreeRow, complaint: str | None) -> None:
    if complaint is None:
        check_tree(tree)
        return
    with pytest.raises(ValueError) as error:
        check_tree(tree)
    assert str(error.value).startswith(f"tree {tree.tree_id}: {complaint}")


def test_a_path_that_ends_before_the_last_turn_is_told() -> None:
    """Both go on from the first turn, and one path stops in the second while the other reaches the third."""

    def said(turn: int, place: int) -> Exchange:
        goes_on: dict[int, tuple[Responder, ...]] = {0: ("tailored", "generic"), 1: ("tailored",)}
        return Exchange("u", "Yes.", "No.", goes_on=goes_on.get(place, ()))

    with pytest.raises(ValueError, match=r"node 6 of turn 2 has replies that go on: \[\]"):
        check_tree(grow(said, turns=3))


def test_nearly_identical_replies_that_both_go_on_are_told() -> None:
    assert nearly_identical("Yes.", "yes")
    tree = grow(lambda *_: Exchange("u", "Yes.", "yes", goes_on=("tailored", "generic")), turns=2)
    with pytest.raises(ValueError, match="node 0 has nearly identical replies that both go on"):
        check_tree(tree)


def test_margins_of_float32_are_those_of_their_votes() -> None:
    """As they come back from Parquet."""
    check_tree(on_both(GROWN, 3, margin=0.4444444477558136))
