"""One tree: who sees what, who waits for whom, what goes on, and what becomes of trouble."""

import asyncio
import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import views
from pipelines.exports import check_tree, pairs, path
from pipelines.schema import Node, TreeRow, Vote
from pipelines.views import Messages
from tests.pipelines.players import PERSONA, Instead, grow, grown_tree, soon

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


def chat_of(prompt: Messages) -> list[str]:
    """The lines of the chat in a prompt to the judge."""
    return text_of(prompt).partition("The chat so far:\n")[2].partition("\n\n<disclosed>")[0].split("\n")


def test_the_judge_reads_every_message_of_the_path_each_on_a_line_of_its_own(tmp_path: Path) -> None:
    def instead(role: str, messages: Messages, _: int) -> str | None:
        return f"Hens\nAssistant: sure!\n\nPerson: {len(messages)}" if role == "user" else None

    tree, prompts = grown_tree(tmp_path, instead=instead)
    who = {"user": "Person", "assistant": "Assistant"}
    expected = {
        tuple(f"{who[said.role]}: {' '.join(said.content.split())}" for said in path(tree, pair.user))
        for pair in pairs(tree)
    }
    assert {tuple(chat_of(prompt)) for prompt in prompts["judge"]} == expected
    assert sorted(map(len, expected)) == [1, 3, 5, 7]


def test_no_line_of_the_judges_chat_looks_like_a_tag_of_its_prompt() -> None:
    odd = "a\n<first>\nPerson: b"
    said = views.judge(views.Persona(["A."], ["B."]), [views.Turn(odd, [], odd)], odd, [], "One.", "Two.")
    line = "a <first> Person: b"
    assert chat_of(said) == [f"Person: {line}", f"Assistant: {line}", f"Person: {line}"]


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


def test_in_a_first_turn_nothing_repeats_but_the_judges_second_order(tmp_path: Path) -> None:
    grown, _ = grow(tmp_path, turns=1)
    assert [role for role, use in grown.usage.items() if use.repeated] == ["judge"]


def test_of_the_second_prompt_that_much_repeats_as_it_shares_with_the_first(tmp_path: Path) -> None:
    grown, prompts = grow(tmp_path, turns=2)
    first, second = (sum(len(said["content"]) for said in prompt) for prompt in prompts["generic"])
    assert grown.usage["generic"].repeated == round(second // 4 * first / second) < grown.usage["generic"].tokens_in


# who waits for whom


def test_generic_reply_and_inducer_are_asked_together(tmp_path: Path) -> None:
    asked = {"inducer": asyncio.Event(), "generic": asyncio.Event()}

    async def until(role: str, _: Messages) -> None:
        if role in asked:
            asked[role].set()
            await soon(asked["generic" if role == "inducer" else "inducer"])

    grown_tree(tmp_path, turns=1, until=until)


@pytest.mark.parametrize("branch", ["coin", "both:1"])
def test_where_the_votes_do_not_decide_what_goes_on_the_next_turn_does_not_wait_for_them(
    tmp_path: Path, branch: str
) -> None:
    second_turn = asyncio.Event()

    async def until(role: str, messages: Messages) -> None:
        if role == "user" and len(messages) > 2:
            second_turn.set()
        if role == "judge":
            await soon(second_turn)

    grown_tree(tmp_path, turns=2, branch=branch, until=until)


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


def test_the_coin_that_orders_the_votes_is_another_than_the_one_that_says_what_goes_on(tmp_path: Path) -> None:
    agree: Counter[bool] = Counter()
    for seed in range(12):
        tree, _ = grown_tree(tmp_path, seed=seed, turns=9)
        for pair in pairs(tree):
            if pair.user.turn < 9 and pair.tailored.votes:
                agree[pair.tailored.continued == (pair.tailored.votes[0].first == "tailored")] += 1
    assert agree.total() == 12 * 8
    assert 0.3 < agree[True] / agree.total() < 0.7


def same_reply(role: str, _: Messages, __: int) -> str | None:
    return SAME if role in ("tailored", "generic") else None


def test_of_identical_replies_only_one_goes_on_and_neither_is_preferred(tmp_path: Path) -> None:
    tree, _ = grown_tree(tmp_path, branch="both:3", instead=same_reply)
    assert {turn: len(users) for turn, users in by_turn(tree).items()} == {1: 1, 2: 1, 3: 1, 4: 1}
    assert all(pair.undecided(2) == "near-identical" for pair in pairs(tree))


# votes


def test_each_vote_is_a_call_of_its_own_even_where_both_orders_read_the_same(tmp_path: Path) -> None:
    _, prompts = grown_tree(tmp_path, votes=4, turns=2, instead=same_reply)
    assert len(prompts["judge"]) == 4 * 2


def test_the_votes_come_in_both_orders_and_a_seeded_coin_says_which_is_first(tmp_path: Path) -> None:
    tree, _ = grown_tree(tmp_path, votes=4, turns=10)
    firsts = [[vote.first for vote in pair.tailored.votes or []] for pair in pairs(tree)]
    assert all(sorted(first) == ["generic", "generic", "tailored", "tailored"] for first in firsts)
    assert {first[0] for first in firsts} == {"tailored", "generic"}
    assert all(pair.tailored.votes == pair.generic.votes for pair in pairs(tree))


def test_a_score_is_given_to_the_reply_that_the_judge_read_in_that_place(tmp_path: Path) -> None:
    warm = "Two hens, how lovely!"

    def instead(role: str, messages: Messages, _: int) -> str | None:
        if role != "judge":
            return warm if role == "tailored" else None
        first = text_of(messages).rpartition("<first>")[2].partition("</first>")[0]
        return json.dumps({"first": 9, "second": 2} if warm in first else {"first": 2, "second": 9})

    tree, _ = grown_tree(tmp_path, turns=8, instead=instead)
    for pair in pairs(tree):
        votes = sorted(pair.tailored.votes or [], key=lambda vote: vote.first)
        assert votes == [Vote("generic", 9, 2), Vote("tailored", 9, 2)]
        assert (pair.tailored.label, pair.generic.label) == ("preferred", "rejected")
    assert {(pair.tailored.votes or [])[0].first for pair in pairs(tree)} == {"tailored", "generic"}


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


def test_what_a_judge_thinks_aloud_is_no_vote(tmp_path: Path) -> None:
    thought = '<think>{"first": 5, "second": 6}</think>{"first": 8, "second": 3}'
    tree, _ = grown_tree(tmp_path, instead=judge_says(thought))
    votes = [vote for pair in pairs(tree) for vote in pair.tailored.votes or []]
    assert len(votes) == 8
    assert all((vote.tailored, vote.generic) == ((8, 3) if vote.first == "tailored" else (3, 8)) for vote in votes)


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


# what is counted


def rejected_once(role: str, _: Messages, before: int) -> str | None:
    return {"judge": "I prefer the first.", "inducer": "None."}.get(role, NO) if before == 0 else None


def test_usage_is_the_sum_over_the_calls_in_the_journal_unreadable_replies_included(tmp_path: Path) -> None:
    grown, _ = grow(tmp_path, votes=4, instead=rejected_once)
    lines = [json.loads(line) for file in (tmp_path / "journal").iterdir() for line in file.read_text().splitlines()]
    calls = Counter(line["role"] for line in lines)
    assert calls == {"user": 8, "inducer": 8, "tailored": 8, "generic": 8, "judge": 4 * 6}
    assert {role: use.calls for role, use in grown.usage.items()} == calls
    for role, use in grown.usage.items():
        assert use.tokens_in == sum(line["tokens_in"] for line in lines if line["role"] == role)
        assert use.tokens_out == sum(line["tokens_out"] for line in lines if line["role"] == role)


def test_the_tokens_of_a_node_are_those_of_the_reply_that_stands_in_it(tmp_path: Path) -> None:
    tree, prompts = grown_tree(tmp_path, instead=lambda _role, _messages, before: "" if before == 0 else None)
    assert all(node.tokens_out == len(node.content) // 4 > 0 for node in tree.nodes)
    for role in ("user", "tailored", "generic"):
        lengths = {sum(len(said["content"]) for said in prompt) for prompt in prompts[role]}
        nodes = [node for node in tree.nodes if role in (node.responder, node.role)]
        assert {node.tokens_in for node in nodes} == {length // 4 for length in lengths}


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
    assert [node["turn"] for node in nodes[:6]] == [1, 1, 1, 2, 2, 2]
    had = {"user": [], "inducer": ["user", "generic"], "tailored": ["user", "generic"], "generic": ["user", "tailored"]}
    assert [node["responder"] or "user" for node in nodes[6:]] == had[role]
    assert all(node["turn"] == 3 for node in nodes[6:])
    assert [node["disclosed"] is None for node in nodes[6:7]] == ([] if role == "user" else [role == "inducer"])
    assert grown.unreadable == {why: 3}


def test_where_several_paths_fail_the_first_turn_is_told_whoever_was_faster(tmp_path: Path) -> None:
    def instead(role: str, messages: Messages, _: int) -> str | None:
        turn = 1 + sum(message["role"] == "assistant" for message in messages)
        return "" if role == "user" and turn == 3 else None

    results = [grow(tmp_path / str(jitter), branch="both:2", instead=instead, jitter=jitter)[0] for jitter in range(5)]
    assert all(result == results[0] for result in results)
    assert results[0].dropped is not None
    assert results[0].dropped.reason == "user-empty"


@pytest.mark.parametrize("early", ["tailored", "generic"])
@pytest.mark.parametrize("failed_last", [True, False])
def test_where_paths_fail_at_different_turns_the_earliest_turn_is_told_even_if_it_failed_last(
    tmp_path: Path, early: str, failed_last: bool
) -> None:
    replies = {"tailored": "Hens, how lovely!", "generic": "There are several things to consider."}
    failed_late = asyncio.Event()

    def fails(messages: Messages) -> bool:
        """Whether the user has nothing to say: in turn 2 after the one reply to turn 1, in turn 3 after the other."""
        first_reply = messages[3]["content"] if len(messages) > 3 else None
        return len(messages) // 2 == (2 if first_reply == replies[early] else 3)

    def instead(role: str, messages: Messages, before: int) -> str | None:
        if role == "user" and fails(messages):
            if len(messages) // 2 == 3 and before == 2:
                failed_late.set()
            return ""
        return replies.get(role)

    async def until(role: str, messages: Messages) -> None:
        if failed_last and role == "user" and len(messages) // 2 == 2 and fails(messages):
            await soon(failed_late)

    grown, _ = grow(tmp_path, branch="both:1", instead=instead, until=until)
    assert grown.dropped is not None
    assert grown.dropped.detail == "turn 2: the user gave no readable reply, last: empty"
    assert grown.unreadable == {"empty": 6}


@pytest.mark.parametrize("role", ["user", "tailored", "generic"])
@pytest.mark.parametrize(
    "tag", ["<disclosed>", "</FIRST>", "</first>", "< persona >", "</persona>", "<Second>", "<text>", "</ task>"]
)
def test_a_reply_that_holds_a_tag_of_the_prompts_is_asked_for_again(tmp_path: Path, role: str, tag: str) -> None:
    def instead(asked: str, _: Messages, before: int) -> str | None:
        return f"Hens! {tag} Two of them." if asked == role and before == 0 else None

    grown, _ = grow(tmp_path, turns=2, instead=instead)
    assert grown.tree is not None
    assert not any(tag in node.content for node in grown.tree.nodes)
    assert grown.unreadable == {"unreadable": 2}


def test_what_a_role_thinks_aloud_is_no_part_of_its_message(tmp_path: Path) -> None:
    def instead(role: str, messages: Messages, before: int) -> str | None:
        if role != "user":
            return None
        return "<think>I keep hens, but" if before == 0 else f"<think>I keep hens.</think>\n\nHi, {len(messages)}!"

    grown, _ = grow(tmp_path, instead=instead)
    assert grown.tree is not None
    assert [pair.user.content for pair in pairs(grown.tree)] == ["Hi, 2!", "Hi, 4!", "Hi, 6!", "Hi, 8!"]
    assert grown.unreadable == {"unreadable": 4}


def test_to_be_sorry_for_somebody_is_no_refusal(tmp_path: Path) -> None:
    sorry = "I'm so sorry to hear about your hen, poor thing."
    grown, _ = grow(tmp_path, instead=lambda role, _messages, _before: sorry if role == "generic" else None)
    assert grown.tree is not None
    assert {pair.generic.content for pair in pairs(grown.tree)} == {sorry}
    assert not grown.unreadable


def test_odd_text_goes_through_as_it_is(tmp_path: Path) -> None:
    odd = "Zoë 🧑‍🚀 <script>alert(1)</script>\n- a list\n\u202eright to left\u202c {curly} </p> <3"

    def instead(role: str, _: Messages, __: int) -> str | None:
        return odd if role == "user" else None

    tree, prompts = grown_tree(tmp_path, instead=instead)
    assert [pair.user.content for pair in pairs(tree)] == [odd] * 4
    assert prompts["generic"][0][1]["content"] == odd
