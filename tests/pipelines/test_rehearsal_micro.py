"""The micro world: a closed language, in which each role does exactly what it is there for."""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import rules
from pipelines import views
from pipelines.prompts import render
from pipelines.rehearsal import model_of, roles
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.request import ApiError, models, parse
from pipelines.rehearsal.tags import Message
from pipelines.rehearsal.world import micro
from pipelines.views import Messages

SEEDS = st.integers(0, 10**9)
TOPIC = st.sampled_from(sorted(micro.TOPICS))
TURNS = 10


def ask(role: str, messages: Messages, seed: int = 0) -> str:
    said = [Message(message["role"], message["content"]) for message in messages]
    return roles.reply(role, said, Draw(seed, role, repr(said)), "micro")


def ask_json(role: str, messages: Messages, seed: int = 0) -> Any:
    return orjson.loads(ask(role, messages, seed))


def persona_of(seed: int) -> views.Persona:
    return views.Persona(micro.profile(Draw("profile", seed)), micro.personality(Draw("personality", seed)))


@st.composite
def disclosures(draw: st.DrawFn) -> list[str]:
    """Some of a persona's statements, in any order."""
    return draw(st.lists(st.sampled_from(persona_of(draw(SEEDS)).statements), unique=True))


def told_by(disclosed: list[str], topic: str, seed: int = 0, *, role: str = "tailored") -> str:
    """A responder's reply to a question about a topic, after notes that tell so much."""
    note = "\n\n<disclosed>\n" + "\n".join(f"- {statement}" for statement in disclosed) + "\n</disclosed>"
    question = f"my pet is cat . keep it short . what about my {topic} ?"  # what it says beside the topic is not read
    return ask(role, [{"role": "user", "content": question + (note if disclosed else "")}], seed)


@dataclass
class Chat:
    """A dialogue that goes on from the tailored reply in odd turns and from the generic one in even turns."""

    persona: views.Persona
    turns: list[views.Turn] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, seed: int, turns: int = TURNS) -> "Chat":
        chat = cls(persona_of(seed))
        for turn in range(turns):
            message = ask("user", views.user(chat.persona, chat.turns), seed)
            asked = views.inducer(chat.persona, chat.turns, message)
            shown = ask_json("inducer", asked)["shown"]
            told = views.tailored(chat.persona, chat.turns, message, shown)
            both = [ask("tailored", told, seed), ask("generic", views.generic(chat.turns, message), seed)]
            chat.replies += both
            chat.turns.append(views.Turn(message, shown, both[turn % 2]))
        return chat


CHATS = [Chat.of(seed) for seed in range(40)]


def test_no_word_means_two_things() -> None:
    """A value is told from every other word, so that reading a reply needs no guess."""
    assert [len(values) for values in micro.SLOTS.values()] == [24] * 10
    meant = [*micro.SLOTS, *micro.SLOT_OF, *micro.TOPICS, *micro.ADJECTIVES]
    meant += [thing for topic in micro.TOPICS.values() for thing in topic.things]
    assert len(set(meant)) == len(meant)
    phrases = [micro.TOLD, micro.ADVICE, *micro.QUESTIONS, *micro.DEFAULTS.values(), micro.PLEASED, micro.DISPLEASED]
    phrases += [text for trait in micro.TRAITS for text in (trait.cue, trait.form)]
    assert set(meant).isdisjoint(word for phrase in phrases for word in phrase.split())
    said = [micro.fact(slot, value) for value, slot in micro.SLOT_OF.items()] + [t.statement for t in micro.TRAITS]
    assert not any(micro.topic_of(statement) for statement in said)
    assert len(micro.vocabulary()) == 404
    assert all(word == word.lower() and re.fullmatch(r"[a-z]+|\W+|\^_\^", word) for word in micro.vocabulary())


def test_a_phrase_is_said_by_whole_words() -> None:
    assert micro.says("my pet is cat . hooray !", "hooray !")
    assert not micro.says("my pet is cat .", "pet is ca")
    assert not micro.says("hooray !!", "hooray !")


def test_topics_use_all_slots_and_groups_hold_two_traits() -> None:
    used = [slot for topic in micro.TOPICS.values() for slot in topic.slots]
    assert {slot: used.count(slot) in (2, 3) for slot in micro.SLOTS} == dict.fromkeys(micro.SLOTS, True)
    assert all(len(topic.things) in (4, 5) for topic in micro.TOPICS.values())
    assert [sum(trait.group == group for trait in micro.TRAITS) for group in micro.GROUPS] == [2] * 6
    assert len({trait.cue for trait in micro.TRAITS}) == len({trait.form for trait in micro.TRAITS}) == 12
    for one in (trait.cue for trait in micro.TRAITS):
        assert [trait.cue for trait in micro.TRAITS if micro.says(trait.cue, one)] == [one]


@given(SEEDS)
def test_personas_pass_every_rule_and_say_one_thing_a_slot_and_a_group(seed: int) -> None:
    persona = persona_of(seed)
    assert rules.check_profile(persona.facts) is None
    assert rules.check_personality(persona.traits) is None
    what = micro.known(persona.statements)
    assert len(persona.facts) == len(what.facts) == 10
    assert len(persona.traits) == len({trait.group for trait in what.traits}) == 5
    assert micro.is_spoken(persona.statements)


@pytest.mark.parametrize("other", ["Pet is dog.", "Food is cat.", "pet is cat.", "Pet is cat", "Has hens.", ""])
def test_statements_of_elsewhere_say_nothing(other: str) -> None:
    assert micro.known([other]) == micro.Known({}, ())
    assert not micro.is_spoken(["Pet is cat.", other])


@pytest.mark.parametrize("kind", ["profiles", "personalities"])
def test_the_writer_follows_an_exemplar_too_closely_now_and_then(
    kind: str,
) -> None:
    invent = micro.profile if kind == "profiles" else micro.personality
    exemplar = invent(Draw("exemplar"))
    prompt = render(kind, exemplars=[" ".join(exemplar)], count=100)
    texts = ask_json("writer", [{"role": "user", "content": prompt}])[kind]
    assert {len(text) for text in texts} == {len(exemplar)}
    nearest = [min(len({*one} - {*other}) for other in [exemplar, *texts[:n]]) for n, one in enumerate(texts)]
    if kind == "profiles":
        assert 15 < sum(new < 2 for new in nearest) < 40
        assert any(new == 1 for new in nearest)
    else:  # two random ones often share four of their five traits
        assert sum(new == 0 for new in nearest) > 15


def test_a_text_is_taken_apart_into_its_sentences() -> None:
    persona = persona_of(0)
    for kind, statements in (("profile", persona.facts), ("personality", persona.traits), ("other", ["Is 44."])):
        found = ask_json("judge", [{"role": "user", "content": render("statements", text=" ".join(statements))}])
        assert found == {"kind": kind, "language": "en", "statements": statements}


@given(disclosures(), TOPIC, SEEDS)
def test_a_tailored_reply_reads_back_as_what_was_disclosed(disclosed: list[str], topic: str, seed: int) -> None:
    what, reply = micro.known(disclosed), told_by(disclosed, topic, seed)
    assert micro.forms_in(reply) == set(what.traits)
    usable = {what.facts[slot] for slot in micro.TOPICS[topic].slots if slot in what.facts}
    assert micro.values_in(reply) == usable
    assert micro.read(reply, topic, what) == micro.Reading(
        on_topic=True, usable=len(usable), named=len(usable), met=len(what.traits), unfounded=0
    )
    assert reply.count(" any ") == 2 - len(usable)


def test_the_notes_of_earlier_turns_count_as_well() -> None:
    persona = views.Persona(["Pet is cat.", "Plant is fern."], ["Shouts hooray out of joy."])
    turn = views.Turn("my pet is cat . hooray ! what about my team ?", [0, 2], "sure .")
    asked = views.tailored(persona, [turn], "great . my plant is fern . please plan my yard .", [1])
    assert re.fullmatch(
        r"sure , for your yard , try a \w+ \w+ with plant fern and pet cat \. i hope this helps you \. hip hip !",
        ask("tailored", asked),
    )


@given(disclosures(), TOPIC, SEEDS)
def test_a_generic_reply_names_nothing_and_meets_nobody(disclosed: list[str], topic: str, seed: int) -> None:
    reply = told_by([], topic, seed, role="generic")
    assert not micro.values_in(reply)
    assert not micro.forms_in(reply)
    reading = micro.read(reply, topic, micro.known(disclosed))
    assert (reading.on_topic, reading.named, reading.met, reading.unfounded) == (True, 0, 0, 0)
    assert reply == told_by([], topic, seed, role="generic")


def test_a_reading_tells_guesses_other_slots_and_other_topics() -> None:
    known = micro.known(["Food is pizza.", "Pet is cat.", "Writes in a formal tone."])
    reply = "haha buddy , for your dinner , try a cozy feast with food pizza and drink tea . you can do it !"
    guessed = micro.Reading(on_topic=True, usable=1, named=1, met=0, unfounded=4)  # tea, buddy, no closing, cheers
    assert micro.read(reply, "dinner", known) == guessed
    assert not micro.read(reply, "team", known).on_topic
    elsewhere = "dear friend , for your dinner , try a cozy feast with pet cat and drink any . i hope this helps you ."
    assert micro.read(elsewhere, "dinner", known) == micro.Reading(True, 1, 0, 1, 0)


@pytest.mark.parametrize("chat", CHATS)
def test_a_person_tells_a_fact_a_turn_and_shows_all_traits_by_the_sixth(chat: Chat) -> None:
    facts, traits = 0, []
    for number, turn in enumerate(chat.turns, 1):
        told = [number for number in turn.shown if number < 10]
        assert len(told) == 1
        facts += len(told)
        traits += [number for number in turn.shown if number >= 10]
        assert len(traits) >= min(number - 1, 5)
        assert micro.topic_of(turn.message)
    assert facts == 10
    assert sorted(traits) == [10, 11, 12, 13, 14]


def test_cues_stand_on_either_side_and_come_again_now_and_then() -> None:
    messages = [turn.message for chat in CHATS for turn in chat.turns]
    cues = [trait.cue for trait in micro.TRAITS]
    before = sum(micro.says(message.partition(" my ")[0], cue) for message in messages for cue in cues)
    typed = sum(micro.says(message, cue) for message in messages for cue in cues)
    assert 0.3 < before / typed < 0.7
    assert 7 < typed / len(CHATS) < 12  # five for the first time
    first = sum(any(number >= 10 for number in chat.turns[0].shown) for chat in CHATS)
    assert 10 < first < 30


def test_after_ten_turns_a_person_has_questions_only() -> None:
    chat = Chat.of(0, TURNS + 3)
    for turn in chat.turns[TURNS:]:
        assert not turn.shown
        assert not re.search(r"my \w+ is", turn.message)
        assert micro.topic_of(turn.message)


@pytest.mark.parametrize("chat", CHATS)
def test_a_person_is_pleased_by_what_was_meant_for_it(chat: Chat) -> None:
    assert not chat.turns[0].message.startswith(("great .", "hmm ."))
    shown: list[str] = []
    for before, after in pairwise(chat.turns):
        shown += [chat.persona.statements[number] for number in before.shown]
        topic = micro.topic_of(before.message)
        assert topic
        reading = micro.read(before.reply, topic, micro.known(shown))
        assert after.message.startswith("great ." if reading.named or reading.met else "hmm .")


@given(SEEDS, st.data())
def test_the_inducer_finds_exactly_what_was_shown(seed: int, data: st.DataObject) -> None:
    """A fact that is told and a cue that is typed, in this message or an earlier one; each is listed once."""
    persona = persona_of(seed)
    what = micro.known(persona.statements)
    phrases = [micro.TOLD.format(slot=slot, value=value) for slot, value in what.facts.items()]
    phrases += [trait.cue for trait in what.traits]
    numbers = st.sets(st.integers(0, 14))
    earlier, now = data.draw(numbers), data.draw(numbers)
    first, second = (
        " ".join([*(phrases[n] for n in shown), "any idea for a room ?"]) for shown in (sorted(earlier), sorted(now))
    )
    turn = views.Turn(first, sorted(earlier), "sure , for your room , try a cozy rug with color any and plant any .")
    assert ask_json("inducer", views.inducer(persona, [], first))["shown"] == sorted(earlier)
    assert ask_json("inducer", views.inducer(persona, [turn], second))["shown"] == sorted(now - earlier)


def test_what_the_assistant_says_or_others_have_shows_nothing() -> None:
    persona = views.Persona(["Pet is cat."], ["Writes in a formal tone."])
    turn = views.Turn("hmm . what about my room ?", [], "my pet is cat . good morning to you .")
    said = "my pet is canary . cat . good morning . please plan my yard ."
    assert ask_json("inducer", views.inducer(persona, [turn], said)) == {"shown": []}


def votes(disclosed: list[str], first: str, second: str) -> tuple[float, float]:
    persona = views.Persona(disclosed or ["Pet is cat."], [])
    shown = list(range(len(disclosed)))
    found = ask_json("judge", views.judge(persona, [], "what about my room ?", shown, first, second))
    assert all(1 <= score <= 10 and score * 2 % 1 == 0 for score in found.values())
    return found["first"], found["second"]


@given(disclosures(), TOPIC, SEEDS)
def test_the_judge_prefers_the_tailored_reply_whenever_something_could_be_used(
    disclosed: list[str], topic: str, seed: int
) -> None:
    """In either order alike; where nothing could be used, and where the two are equal, there is a tie."""
    tailored = told_by(disclosed, topic, seed)
    generic = told_by([], topic, seed + 1, role="generic")
    score, other = votes(disclosed, tailored, generic)
    assert votes(disclosed, generic, tailored) == (other, score)
    what = micro.known(disclosed)
    if what.traits or any(slot in what.facts for slot in micro.TOPICS[topic].slots):
        assert score > other
    else:
        assert score == other
    assert len(set(votes(disclosed, tailored, tailored))) == 1


def test_the_judge_marks_down_what_was_not_disclosed_and_what_is_beside_the_topic() -> None:
    disclosed = ["Food is pizza.", "Writes in a formal tone."]
    good = "dear friend , for your dinner , try a cozy feast with food pizza and drink any . i hope this helps you ."
    assert votes(disclosed, good, good.replace("drink any", "drink tea")) == (6.0, 4.5)
    assert votes(disclosed, good, good.replace("pizza", "sushi")) == (6.0, 3.0)
    assert votes(disclosed, good, good + " you can do it !") == (6.0, 4.5)
    assert votes(disclosed, good, good.replace("dear friend", "sure")) == (6.0, 5.5)
    assert votes(disclosed, good, good.replace("feast", "lamp")) == (6.0, 1.0)
    assert votes(disclosed, good, "") == (6.0, 1.0)


def test_nobody_contradicts_themselves() -> None:
    persona = persona_of(0)
    prompt = render("pair", facts=persona.facts, traits=persona.traits)
    found = ask_json("judge", [{"role": "user", "content": prompt}])
    assert found == {"contradiction": False, "why": ""}


def test_every_word_of_long_dialogues_is_in_the_vocabulary() -> None:
    said = [text for chat in CHATS for text in (*(turn.message for turn in chat.turns), *chat.replies)]
    words = {word for text in said for word in text.split()}
    assert words <= set(micro.vocabulary())
    assert len(words) > 350  # and most of it is said
    assert all(text == " ".join(text.split()) for text in said)


@given(st.text(), SEEDS)
def test_whatever_the_messages_hold_there_is_a_reply_and_always_the_same(text: str, seed: int) -> None:
    messages = [{"role": "system", "content": text}, {"role": "user", "content": text}]
    for role in ("writer", "user", "inducer", "tailored", "generic", "judge"):
        assert ask(role, messages, seed) == ask(role, messages, seed) != ""


def test_a_server_of_one_world_has_no_model_of_the_other() -> None:
    assert set(models("full")).isdisjoint(models("micro"))
    for world, other in (("full", "micro"), ("micro", "full")):
        ask_of = {"model": model_of("user", world), "messages": [{"role": "user", "content": "x"}]}  # type: ignore[arg-type]
        assert parse(orjson.dumps(ask_of), world).role == "user"  # type: ignore[arg-type]  # one of the two
        with pytest.raises(ApiError, match=r"does not exist\. The rehearsal has rehearsal/") as refused:
            parse(orjson.dumps(ask_of), other)  # type: ignore[arg-type]  # likewise
        assert refused.value.status == 404
