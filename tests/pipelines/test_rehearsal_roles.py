"""Each role reads its tags and turns, and answers in its form whatever the messages hold."""

import re
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.rehearsal import roles
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.request import ROLES
from pipelines.rehearsal.speech import I
from pipelines.rehearsal.speech import said as said_by
from pipelines.rehearsal.tags import Message, inside, items, numbered, tag
from pipelines.rehearsal.world import full

FACTS = ["Is 44 years old.", "Keeps eleven hens.", "Drives a coal truck to the border.", "Once slept in a lighthouse."]
TRAITS = ["Takes a correction as a gift.", "Numbers own questions.", "Likes two choices and no more."]


def listed(statements: list[str]) -> str:
    return "\n".join(f"- {statement}" for statement in statements)


def ask(role: str, *messages: Message, seed: int = 0) -> str:
    return roles.reply(role, messages, Draw(seed, role, repr(messages)))


def ask_json(role: str, *messages: Message, seed: int = 0) -> Any:
    return orjson.loads(ask(role, *messages, seed=seed))


def test_tags_are_found_on_lines_of_their_own_and_not_in_prose() -> None:
    text = "Two replies (<first>, <second>).\n<first>\nYes </first> no\n</first>\nWrite <count>7</count> of them."
    assert inside(text, "first") == "Yes </first> no"
    assert inside(text, "second") is None
    assert inside("<text>\nI wrote </text>\nand more\n</text>", "text") == "I wrote </text>\nand more"
    assert inside(text, "count") == "7"
    assert tag([Message("user", "<task>old</task>"), Message("user", "<task>new</task>")], "task") == "new"
    assert items("- one\nprose\n 2. two") == ["one", "two"]
    assert numbered("0. zero\n- none\n12. twelve") == {0: "zero", 12: "twelve"}


@pytest.mark.parametrize("kind", ["profiles", "personalities"])
@pytest.mark.parametrize(("count", "expected"), [("3", 3), ("20", 20), ("1", 1), ("0", 0), ("many", 20), ("9999", 200)])
def test_writer_writes_as_many_texts_as_asked(kind: str, count: str, expected: int) -> None:
    """A count that is no number is the usual 20; one beyond reason is cut to 200."""
    reply = ask_json("writer", Message("user", f"<task>{kind}</task>\nWrite <count>{count}</count>."))
    assert list(reply) == [kind]
    assert len(reply[kind]) == expected
    assert all(isinstance(said, str) for text in reply[kind] for said in text)


def test_writer_follows_an_exemplar_too_closely_now_and_then() -> None:
    """The near-copies that a filter is for: some, not most."""
    exemplar = " ".join(full.profile(Draw("exemplar")))
    prompt = f"<task>profiles</task>\n<exemplars>\n- {exemplar}\n</exemplars>\n<count>100</count>"
    texts = ask_json("writer", Message("user", prompt))["profiles"]
    known = [exemplar, *(" ".join(text) for text in texts)]
    near = [text for place, text in enumerate(texts, 1) if any(_shares(text, other) for other in known[:place])]
    assert 5 <= len(near) <= 30


def _shares(text: list[str], other: str) -> bool:
    return sum(said in other for said in text) >= 5


@pytest.mark.parametrize("role", ["writer", "judge"])
def test_a_text_is_taken_apart(role: str) -> None:
    prompt = "<task>statements</task>\n<text>\nShe is a 50-year-old baker who keeps bees.\n</text>"
    assert ask_json(role, Message("user", prompt)) == {
        "kind": "profile",
        "language": "en",
        "statements": ["Is 50 years old.", "Works as a baker.", "Keeps bees."],
    }


@pytest.mark.parametrize("role", ["writer", "judge"])
def test_without_a_readable_task_the_reply_is_prose(role: str) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        ask_json(role, Message("user", "<task>juggle</task>"))


def test_inducer_lists_what_a_message_shows_once() -> None:
    persona = "<persona>\n" + "\n".join(f"{n}. {said}" for n, said in enumerate(FACTS + TRAITS)) + "\n</persona>"
    first = [Message("system", persona), Message("user", "<text>My eleven hens I keep for company.</text>")]
    assert ask_json("inducer", *first) == {"shown": [1]}
    second = [
        *first,
        Message("assistant", '{"shown": [1]}'),
        Message("user", "<text>Eleven hens I keep! Oh, good catch, I had that wrong.</text>"),
    ]
    assert ask_json("inducer", *second) == {"shown": [4]}
    nothing = [Message("system", persona), Message("user", "<text>Good morning, I drive.</text>")]
    assert ask_json("inducer", *nothing) == {"shown": []}


def test_tailored_uses_what_was_disclosed_and_nothing_else() -> None:
    said = "I'm tired.\n<disclosed>\n- Keeps eleven hens.\n</disclosed>"
    replies = [ask("tailored", Message("system", "x"), Message("user", said), seed=seed) for seed in range(20)]
    assert all("you keep eleven hens" in reply.lower() for reply in replies)
    assert all(len(reply.split()) <= 60 for reply in replies)
    assert len(set(replies)) > 10


def test_generic_knows_no_notes() -> None:
    for seed in range(20):
        reply = ask("generic", Message("user", "My hens are ill, what now?"), seed=seed)
        assert "hens" not in reply or "the hens" in reply
        assert len(reply.split()) <= 60


def vote(first: str, second: str, disclosed: list[str]) -> dict[str, float]:
    system = f"<task>vote</task>\n<persona>\n{listed(FACTS + TRAITS)}\n</persona>"
    user = f"<disclosed>\n{listed(disclosed)}\n</disclosed>\n<first>\n{first}\n</first>\n<second>\n{second}\n</second>"
    scores: dict[str, float] = ask_json("judge", Message("system", system), Message("user", user))
    return scores


def test_judge_prefers_the_reply_that_fits_what_was_disclosed() -> None:
    scores = vote("With your eleven hens to keep, start at dawn.", "Drink some water.", ["Keeps eleven hens."])
    assert scores["first"] > scores["second"]


def test_judge_marks_down_what_could_not_be_known() -> None:
    scores = vote("You drive a coal truck to the border, so rest.", "Drink some water.", ["Keeps eleven hens."])
    assert scores["first"] <= 4


def test_judge_gives_equal_replies_equal_scores() -> None:
    for text in ("", *(f"Drink {glasses} glasses of water." for glasses in range(100))):
        scores = vote(text, text, [])
        assert scores["first"] == scores["second"]


def test_judge_hardly_minds_the_order() -> None:
    """Scores are in halves from 1 to 10 and the same in both orders, but for a few pairs that stay undecided."""
    fickle = 0
    for number in range(300):
        one, other = f"Reply number {number}.", f"Answer with {number} words."
        here, there = vote(one, other, []), vote(other, one, [])
        assert all(1 <= score <= 10 and score * 2 == int(score * 2) for score in here.values())
        fickle += here["first"] != there["second"]
    assert 1 <= fickle <= 30


@pytest.mark.parametrize(
    ("persona", "expected"),
    [
        (
            ["Records the rainfall and has figures back to 1990.", "Forgets the question halfway through asking it."],
            True,
        ),
        (["Keeps eleven hens.", "Takes a correction as a gift."], False),
        ([], False),
    ],
)
def test_judge_spots_contradictions(persona: list[str], expected: bool) -> None:
    reply = ask_json("judge", Message("user", f"<task>pair</task>\n<persona>\n{listed(persona)}\n</persona>"))
    assert reply["contradiction"] is expected
    assert bool(reply["why"]) is expected


def test_few_random_pairs_contradict_themselves() -> None:
    found = 0
    for number in range(600):
        persona = full.profile(Draw("a", number)) + full.personality(Draw("b", number))
        reply = ask_json("judge", Message("user", f"<task>pair</task>\n<persona>\n{listed(persona)}\n</persona>"))
        found += reply["contradiction"]
    assert 0.02 <= found / 600 <= 0.09


def dialogue(number: int) -> tuple[list[str], list[int], int]:
    """Ten turns of the whole cast: the person's messages, what was shown in order, and how many facts there are."""
    facts, traits = full.profile(Draw("f", number)), full.personality(Draw("t", number))
    persona = facts + traits
    numbers = "\n".join(f"{place}. {said}" for place, said in enumerate(persona))
    user = [Message("system", f"<persona>\n{listed(persona)}\n</persona>"), Message("user", "(begin)")]
    inducer = [Message("system", f"<persona>\n{numbers}\n</persona>")]
    tailored = [Message("system", "x")]
    shown: list[int] = []
    for _ in range(10):
        said = ask("user", *user)
        user.append(Message("assistant", said))
        inducer.append(Message("user", f"<text>\n{said}\n</text>"))
        induced = ask("inducer", *inducer)
        inducer.append(Message("assistant", induced))
        new = orjson.loads(induced)["shown"]
        shown += new
        note = f"\n<disclosed>\n{listed([persona[place] for place in new])}\n</disclosed>" if new else ""
        tailored.append(Message("user", said + note))
        reply = ask("tailored", *tailored)
        tailored.append(Message("assistant", reply))
        user.append(Message("user", reply))
    return [message.content for message in user if message.role == "assistant"], shown, len(facts)


def test_dialogues_disclose_a_person_bit_by_bit() -> None:
    """Short messages, no sentence twice, nothing shown twice, and at ten turns most of a person is known, not all."""
    facts_shown, traits_shown = [], []
    for number in range(25):
        said, shown, facts = dialogue(number)
        assert all(1 <= len(message.split()) <= 45 for message in said)
        sentences = [part for message in said for part in re.split(r"(?<=[.!?]) ", message) if len(part) > 12]
        assert len(sentences) == len(set(sentences))
        assert len(shown) == len(set(shown))
        for fact in full.profile(Draw("f", number)):
            assert sum((said_by(fact, I) or fact).lower() in message.lower() for message in said) <= 1
        facts_shown.append(sum(place < facts for place in shown))
        traits_shown.append(sum(place >= facts for place in shown))
    assert 5 <= sum(facts_shown) / 25 <= 8
    assert 4 <= sum(traits_shown) / 25 <= 7


@pytest.mark.parametrize(
    ("trait", "pattern"),
    [
        ("Writes everything in lower case.", r"[^A-Z]+"),
        ("Lets sentences trail off into dots.", r".*\.\.\..*"),
        ("Scatters hearts through the most ordinary messages.", ".*\u2764.*"),
    ],
)
def test_a_way_of_writing_shows_in_every_message(trait: str, pattern: str) -> None:
    persona = Message("system", f"<persona>\n{listed([*FACTS, trait])}\n</persona>")
    for seed in range(5):
        assert re.fullmatch(pattern, ask("user", persona, Message("user", "(begin)"), seed=seed), re.DOTALL)


MESSAGES = st.lists(
    st.builds(
        Message,
        st.sampled_from(["system", "user", "assistant"]),
        st.one_of(
            st.text(max_size=200),
            st.lists(
                st.sampled_from(
                    [*(f"<{name}>" for name in ("task", "count", "text", "persona", "disclosed", "first", "second")),
                     *(f"</{name}>" for name in ("task", "count", "text", "persona", "disclosed", "first", "second")),
                     "\n", "- ", "0. ", "vote", "pair", "profiles", "statements", "7", "Is 3.", "\u2764", "She", "own"]
                ),
                max_size=40,
            ).map("".join),
        ),
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip


@given(st.sampled_from(ROLES), MESSAGES)
def test_any_messages_get_an_answer(role: str, messages: list[Message]) -> None:
    """A string, never an exception, and the same one each time."""
    reply = roles.reply(role, messages, Draw("x"))
    assert isinstance(reply, str)
    assert reply == roles.reply(role, messages, Draw("x"))
