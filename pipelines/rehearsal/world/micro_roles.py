"""What the roles say in the micro world. As all of the rehearsal they read tags and turns, never the prose around."""

import re
from collections.abc import Sequence

import orjson

from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.tags import Message, inside, items, tag
from pipelines.rehearsal.world import micro

_SHOW, _AGAIN = 0.5, 0.15  # how often a message shows a trait for the first time, and one that it showed before
_EVEN, _FACT, _MANNER = 4.0, 1.5, 0.5  # the judge's score of a reply that would do for anybody, and what it adds
_SENTENCE = re.compile(r"(?<=[.!?]) +")


def described(text: str) -> str:
    """`{"kind", "language", "statements"}` of a text: its sentences as they are."""
    statements = sentences(text)
    what = micro.known(statements)
    facts, traits = len(what.facts), len(what.traits)
    kind = "profile" if facts > traits else "personality" if traits > facts else "other"
    return orjson.dumps({"kind": kind, "language": "en", "statements": statements}).decode()


def sentences(text: str) -> list[str]:
    """The sentences of a text, as they are."""
    return _SENTENCE.split(text.strip())


def persona_of(messages: Sequence[Message]) -> micro.Known:
    """What <persona> holds, as single statements or as whole texts."""
    return micro.known(statement for item in items(tag(messages, "persona")) for statement in sentences(item))


def message(messages: Sequence[Message], draw: Draw) -> str:
    """The person's next message: one new fact as long as there is one, cues, and a question.

    All five traits are shown by the sixth message; what has been told and shown is read off the own earlier ones.
    """
    persona = persona_of(messages)
    own = [message.content for message in messages if message.role == "assistant"]
    told = {slot: value for slot, value in persona.facts.items() if is_told(slot, value, own)}
    shown = tuple(trait for trait in persona.traits if _any_says(own, trait.cue))
    left = [slot for slot in persona.facts if slot not in told]
    new = [trait for trait in persona.traits if trait not in shown]
    cues = [trait.cue for trait in shown if draw.chance(_AGAIN)]
    if new and (len(shown) < len(own) or draw.chance(_SHOW)):
        cues.append(draw.pick(new).cue)
    parts = [_reaction(messages[-1].content, own[-1], micro.Known(told, shown))] if own else []
    fact = ""
    if left:
        slot = draw.pick(left)
        fact = micro.TOLD.format(slot=slot, value=persona.facts[slot])
    before = [cue for cue in cues if draw.chance(0.5)]
    parts += [*before, fact, *(cue for cue in cues if cue not in before)]
    parts.append(draw.pick(micro.QUESTIONS).format(topic=draw.pick(tuple(micro.TOPICS))))
    return " ".join(filter(None, parts))


def _reaction(reply: str, question: str, told: micro.Known) -> str:
    """Whether the last reply named a fact that its topic needs, or had a form that was asked for."""
    topic = micro.topic_of(question)
    reading = micro.read(reply, topic, told) if topic else None
    return micro.PLEASED if reading and (reading.named or reading.met) else micro.DISPLEASED


def is_shown(statement: str, said: Sequence[str]) -> bool:
    """A fact when it has been told, a trait when its cue has been typed."""
    what = micro.known([statement])
    return any(is_told(slot, value, said) for slot, value in what.facts.items()) or any(
        _any_says(said, trait.cue) for trait in what.traits
    )


def is_told(slot: str, value: str, said: Sequence[str]) -> bool:
    return _any_says(said, micro.TOLD.format(slot=slot, value=value))


def _any_says(texts: Sequence[str], phrase: str) -> bool:
    return any(micro.says(text, phrase) for text in texts)


def tailored(messages: Sequence[Message], draw: Draw) -> str:
    """The reply that uses what the notes in <disclosed> tell; of the person's own words only the topic is read."""
    notes = [items(inside(message.content, "disclosed")) for message in messages if message.role == "user"]
    return reply_with(messages, micro.known(statement for note in notes for statement in note), draw)


def generic(messages: Sequence[Message], draw: Draw) -> str:
    """The same with nothing known."""
    return reply_with(messages, micro.known([]), draw)


def reply_with(messages: Sequence[Message], what: micro.Known, draw: Draw) -> str:
    """The reply to the last message with so much known; without a readable topic about any."""
    spoken = [message.content for message in messages if message.role == "user"]
    topic = micro.topic_of(spoken[-1]) if spoken else None  # in its words, since no note names one
    return micro.compose(topic or draw.pick(tuple(micro.TOPICS)), what, draw)


def vote(messages: Sequence[Message]) -> str:
    """`{"first": score, "second": score}`, each from the reply alone, from 1 to 10 in halves."""
    disclosed = micro.known(items(tag(messages, "disclosed")))
    scores = {name: _score(tag(messages, name) or "", disclosed) for name in ("first", "second")}
    return orjson.dumps(scores).decode()


def _score(reply: str, disclosed: micro.Known) -> float:
    topic = micro.topic_of(reply)
    reading = micro.read(reply, topic, disclosed) if topic else None
    if reading is None or not reading.on_topic:
        return 1.0
    score = _EVEN + _FACT * (reading.named - reading.unfounded) + _MANNER * reading.met
    return min(10.0, max(1.0, score))


def contradiction() -> str:
    """In this world everybody can be anybody."""
    return orjson.dumps({"contradiction": False, "why": ""}).decode()
