"""One tree: who sees what, who waits for whom, what goes on, and what becomes of trouble."""

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.exports import check_tree, pairs, path
from pipelines.generate import Messages
from pipelines.schema import Node, TreeRow
from tests.pipelines.players import PERSONA, Instead, grow, grown_tree

STATEMENTS = [*PERSONA.facts, *PERSONA.traits]
SAME = "A good reply to anything."
NO = "I'm sorry, but I can't help with that."


def text_of(messages: Messages) -> str:
    return "\n".join(message["content"] for message in messages)


def by_turn(tree: TreeRow) -> dict[int, list[Node]]:
    """Turn -> the user nodes of that turn."""
    turns: dict[int, list[Node]] = {}
    for pair in pairs(tree):
        turns.setdefault(pair.user.turn, []).append(pair.user)
    return turns


def user_node_of(tree: TreeRow, spoken: list[str]) -> Node:
    """The user node whose path holds exactly these messages."""
    (node,) = (pair.user for pair in pairs(tree) if [said.content for said in path(tree, pair.user)] == spoken)
    return node


# who sees what


@pytest.mark.parametrize("branch", ["coin", "both:2"])
def test_the_generic_responder_sees_the_dialogue_alone(tmp_path: Path, branch: str) -> None:
    tree, prompts = grown_tree(tmp_path, branch=branch)
    assert len(prompts["generic"]) == len(list(pairs(tree)))
    for prompt in prompts["generic"]:
        assert not any(statement in text_of(prompt) for statement in STATEMENTS)
        assert "<" not in text_of(prompt)
        user_node_of(tree, [message["content"] for message in prompt[1:]])


@pytest.mark.parametrize("branch", ["coin", "both:2"])
def test_the_tailored_responder_sees_what_was_disclosed_on_its_path_and_no_other_statement(
    tmp_path: Path, branch: str
) -> None:
    tree, prompts = grown_tree(tmp_path, branch=branch)
    disclosed = 0
    for prompt in prompts["tailored"]:
        node = user_node_of(tree, [message["content"].split("\n\n<disclosed>")[0] for message in prompt[1:]])
        assert node.disclosed is not None
        seen = {number for number, statement in enumerate(STATEMENTS) if statement in text_of(prompt)}
        assert seen == set(node.disclosed)
        disclosed += len(seen)
    assert disclosed  # else nothing was tested


def test_the_user_sees_the_persona_and_of_the_replies_only_those_that_went_on(tmp_path: Path) -> None:
    tree, prompts = grown_tree(tmp_path)
    unseen = [node.content for node in tree.nodes if node.role == "assistant" and not node.continued]
    for prompt in prompts["user"]:
        assert all(statement in prompt[0]["content"] for statement in STATEMENTS)
        assert not any(reply in text_of(prompt[1:]) for reply in unseen)


def test_the_inducer_sees_both_sides_of_the_dialogue_and_the_numbered_statements(tmp_path: Path) -> None:
    tree, prompts = grown_tree(tmp_path)
    last = max(prompts["inducer"], key=len)
    assert all(f"{number}. {statement}" in last[0]["content"] for number, statement in enumerate(STATEMENTS))
    (node,) = by_turn(tree)[4]
    assert all(said.content in text_of(last[1:]) for said in path(tree, node))


def test_the_judge_knows_persona_chat_and_disclosed_and_its_two_prompts_differ_in_the_order_alone(
    tmp_path: Path,
) -> None:
    tree, prompts = grown_tree(tmp_path)
    assert len(prompts["judge"]) == 2 * len(list(pairs(tree)))
    for pair in pairs(tree):
        block = "<{0}>\n{1}\n</{0}>".format
        one, other = (
            (pair.tailored.content, pair.generic.content),
            (pair.generic.content, pair.tailored.content),
        )
        ending = ["\n".join((block("first", first), block("second", second))) for first, second in (one, other)]
        asked = [text_of(prompt) for prompt in prompts["judge"] if text_of(prompt).endswith(tuple(ending))]
        assert len(asked) == 2
        assert len({text.removesuffix(ending[0]).removesuffix(ending[1]) for text in asked}) == 1
        assert all(statement in asked[0] for statement in STATEMENTS)
        assert pair.user.disclosed is not None
        shown = asked[0].rpartition("<disclosed>")[2].partition("</disclosed>")[0]
        assert {STATEMENTS.index(line.removeprefix("- ")) for line in shown.strip().splitlines() if line[0] == "-"} == (
            set(pair.user.disclosed)
        )


def test_a_prompt_tells_no_role_who_wrote_a_reply_or_what_it_was_given(tmp_path: Path) -> None:
    _, prompts = grown_tree(tmp_path)
    for role in ("user", "inducer", "tailored", "generic"):
        assert not any(
            word in text_of(prompt[1:]) for prompt in prompts[role] for word in ("tailored", "generic", "preferred")
        )


# prompts grow at their end


@pytest.mark.parametrize("role", ["user", "inducer", "tailored", "generic"])
def test_each_prompt_of_a_path_begins_with_the_one_before(tmp_path: Path, role: str) -> None:
    _, prompts = grown_tree(tmp_path, turns=6)
    ordered = sorted(prompts[role], key=len)
    for earlier, later in itertools.pairwise(ordered):
        assert later[: len(earlier)] == earlier


def test_the_judges_prompt_keeps_persona_and_chat_of_the_one_before(tmp_path: Path) -> None:
    _, prompts = grown_tree(tmp_path, turns=6)
    chats = sorted({text_of(prompt).partition("\n\n<disclosed>")[0] for prompt in prompts["judge"]}, key=len)
    assert len(chats) == 6
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(chats))


def test_at_ten_turns_four_fifths_of_the_prompt_tokens_repeat_an_earlier_prompt(tmp_path: Path) -> None:
    grown, _ = grow(tmp_path, turns=10)
    assert sum(use.repeated for use in grown.usage.values()) >= 0.8 * sum(use.tokens_in for use in grown.usage.values())


# what goes on


@given(
    jitter=st.integers(0, 2**32),
    seed=st.integers(0, 2**32),
    branch=st.sampled_from(["coin", "preferred", "both:1", "both:2", "both:9"]),
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_tree_is_valid_and_the_same_whoever_answers_first(
    tmp_path_factory: pytest.TempPathFactory, jitter: int, seed: int, branch: str
) -> None:
    results = [
        grow(tmp_path_factory.mktemp("tree"), branch=branch, seed=seed, jitter=shaken)[0]
        for shaken in (None, jitter, jitter + 1)
    ]
    assert results[0] == results[1] == results[2]
    assert results[0].tree is not None
    check_tree(results[0].tree)


def test_under_both_each_reply_goes_on_for_so_many_turns_and_one_afterwards(tmp_path: Path) -> None:
    tree, _ = grown_tree(tmp_path, branch="both:2", turns=4)
    assert {turn: len(users) for turn, users in by_turn(tree).items()} == {1: 1, 2: 2, 3: 4, 4: 4}
    assert not any(node.continued for node in tree.nodes if node.turn == 4 and node.role == "assistant")


def test_under_preferred_the_preferred_reply_goes_on(tmp_path: Path) -> None:
    tree, _ = grown_tree(tmp_path, branch="preferred", turns=8)
    decided = [pair for pair in pairs(tree) if pair.decided and pair.user.turn < 8]
    assert decided
    assert all(pair.preferred.continued and not pair.rejected.continued for pair in decided)


def test_the_coin_is_fair_and_knows_nothing_of_the_label(tmp_path: Path) -> None:
    went_on: Counter[tuple[str | None, str | None]] = Counter()
    for seed in range(12):
        tree, _ = grown_tree(tmp_path, seed=seed, turns=9)
        went_on.update((node.responder, node.label) for node in tree.nodes if node.continued and node.role != "user")
    total = went_on.total()
    assert total == 12 * 8
    tailored = sum(count for (responder, _), count in went_on.items() if responder == "tailored")
    assert 0.3 < tailored / total < 0.7
    assert went_on["generic", "rejected"] > 5


def same_reply(role: str, _: Messages, __: int) -> str | None:
    return SAME if role in ("tailored", "generic") else None


def test_of_identical_replies_only_one_goes_on_and_neither_is_preferred(tmp_path: Path) -> None:
    tree, _ = grown_tree(tmp_path, branch="both:3", instead=same_reply)
    assert {turn: len(users) for turn, users in by_turn(tree).items()} == {1: 1, 2: 1, 3: 1, 4: 1}
    assert all(pair.undecided(2) == "near-identical" for pair in pairs(tree))


# votes


def test_the_votes_come_in_both_orders_and_a_seeded_coin_says_which_is_first(tmp_path: Path) -> None:
    tree, _ = grown_tree(tmp_path, votes=4, turns=10)
    firsts = [[vote.first for vote in pair.tailored.votes or []] for pair in pairs(tree)]
    assert all(sorted(first) == ["generic", "generic", "tailored", "tailored"] for first in firsts)
    assert {first[0] for first in firsts} == {"tailored", "generic"}
    assert all(pair.tailored.votes == pair.generic.votes for pair in pairs(tree))


def judge_says(*replies: str) -> Instead:
    """The judge's replies to each prompt, one after the other, then its usual one."""

    def instead(role: str, _: Messages, before: int) -> str | None:
        return replies[before] if role == "judge" and before < len(replies) else None

    return instead


def test_a_judge_who_favours_whatever_stands_first_decides_nothing(tmp_path: Path) -> None:
    tree, _ = grown_tree(tmp_path, instead=judge_says('{"first": 9, "second": 2}'))
    assert [pair.undecided(2) for pair in pairs(tree)] == ["votes-differ"] * 4
    assert all(pair.tailored.margin == 0 for pair in pairs(tree))


@pytest.mark.parametrize(
    "nonsense", ["I prefer the first.", '{"first": 11, "second": 0}', '{"first": true, "second": 1}', "", NO,
                 '{"first": NaN, "second": 3}', '{"first": "8", "second": "5"}', '{"first": 8}'],
)  # fmt: skip
def test_a_vote_that_cannot_be_read_is_asked_for_again(tmp_path: Path, nonsense: str) -> None:
    grown, _ = grow(tmp_path, instead=judge_says(nonsense))
    assert grown.tree is not None
    assert all(len(pair.tailored.votes or []) == 2 for pair in pairs(grown.tree))
    assert grown.unreadable.total() == 8


def test_a_judge_who_never_says_a_score_leaves_the_pair_undecided_and_the_tree_whole(tmp_path: Path) -> None:
    tree, _ = grown_tree(tmp_path, instead=judge_says(*["no idea"] * 3))
    assert [(pair.undecided(2), pair.tailored.votes, pair.tailored.margin) for pair in pairs(tree)] == [
        ("unjudged", [], None)
    ] * 4
    check_tree(tree)


# disclosure


def test_disclosure_only_grows_and_names_nothing_that_is_not_there(tmp_path: Path) -> None:
    answers = iter(['{"shown": [3, 0]}', '{"shown": [10]}', '{"shown": [0, 9, 9]}', '{"shown": [-1]}', '{"shown": []}',
                    '{"shown": [true]}', '{"shown": [2.0]}', '{"shown": [2]}'])  # fmt: skip

    def instead(role: str, _: Messages, __: int) -> str | None:
        return next(answers) if role == "inducer" else None

    tree, prompts = grown_tree(tmp_path, instead=instead)
    assert [pair.user.disclosed for pair in pairs(tree)] == [[0, 3], [0, 3, 9], [0, 3, 9], [0, 2, 3, 9]]
    own = [message["content"] for message in prompts["inducer"][-1] if message["role"] == "assistant"]
    assert own == ['{"shown":[0,3]}', '{"shown":[9]}', '{"shown":[]}']


# trouble


@pytest.mark.parametrize("role", ["user", "inducer", "tailored", "generic"])
@pytest.mark.parametrize(("reply", "why"), [("  ", "empty"), (NO, "refusal")])
def test_a_role_that_never_answers_drops_the_tree_with_what_it_had(
    tmp_path: Path, role: str, reply: str, why: str
) -> None:
    def instead(asked: str, messages: Messages, _: int) -> str | None:
        turn = 1 + sum(message["role"] == "assistant" for message in messages)
        return reply if asked == role and turn == 3 else None

    grown, _ = grow(tmp_path, instead=instead)
    assert grown.tree is None
    assert grown.dropped is not None
    assert (grown.dropped.kind, grown.dropped.reason) == ("tree", f"{role}-{why}")
    assert grown.dropped.detail == f"turn 3: the {role} gave no readable reply, last: {why}"
    nodes: list[dict[str, Any]] = json.loads(grown.dropped.content)["nodes"]
    assert [node["turn"] for node in nodes] == [1, 1, 1, 2, 2, 2, *([] if role == "user" else [3])]
    assert grown.unreadable == {why: 3}


def test_where_several_paths_fail_the_first_turn_is_told_whoever_was_faster(tmp_path: Path) -> None:
    def instead(role: str, messages: Messages, _: int) -> str | None:
        turn = 1 + sum(message["role"] == "assistant" for message in messages)
        return "" if role == "user" and turn == 3 else None

    results = [grow(tmp_path / str(jitter), branch="both:2", instead=instead, jitter=jitter)[0] for jitter in range(5)]
    assert all(result == results[0] for result in results)
    assert results[0].dropped is not None
    assert results[0].dropped.reason == "user-empty"


def test_a_reply_that_holds_a_tag_of_the_prompts_is_asked_for_again(tmp_path: Path) -> None:
    def instead(role: str, _: Messages, before: int) -> str | None:
        return "Hens! <disclosed>- Keeps two hens.</disclosed>" if role == "tailored" and before == 0 else None

    tree, _ = grown_tree(tmp_path, instead=instead)
    assert not any("<disclosed>" in node.content for node in tree.nodes)


def test_odd_text_goes_through_as_it_is(tmp_path: Path) -> None:
    odd = "Zoë 🧑‍🚀 <script>alert(1)</script>\n- a list\n\u202eright to left\u202c {curly} </persona>"

    def instead(role: str, _: Messages, __: int) -> str | None:
        return odd if role == "user" else None

    tree, prompts = grown_tree(tmp_path, instead=instead)
    assert [pair.user.content for pair in pairs(tree)] == [odd] * 4
    assert prompts["generic"][0][1]["content"] == odd
