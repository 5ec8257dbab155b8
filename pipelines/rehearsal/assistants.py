"""The assistants: `tailored`, who knows what has been disclosed, `generic`, who does not, and `assistant`.

The last one plays the model that a benchmark evaluates: it has the conversation, and what a system message may add.
"""

import re
from collections.abc import Sequence

from pipelines.rehearsal import judging, manners, noticing, reading
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.speech import YOU, capital, said, stems
from pipelines.rehearsal.tags import Message, inside, items, tag
from pipelines.rehearsal.world import answers

MAX_WORDS = 60
_ATTENTIVE, _MOST = 0.1, 0.95  # how often it uses what it noticed: so much for each message, at most
_BLOCK = re.compile(r"^[ \t]*<disclosed>.*</disclosed>[ \t]*$", re.MULTILINE | re.DOTALL)
# The noun of "the old mill behind ...": after an article, before whatever ends the phrase.
_NOUN = re.compile(
    r"\b(?:the|an?|my|our) (?:(?!near|in|at|on|of)[\w'-]+ ){0,2}?([a-z]{4,})"
    r"(?=[.,!?;:]|$| (?:of|in|on|at|for|with|and|that|who|to|by|from|is|was|has|behind)\b)"
)
_VAGUE_WORDS = """
thing minute moment rest point same other half first second time times idea
"""
_VAGUE = frozenset(_VAGUE_WORDS.split())


def tailored(messages: Sequence[Message], draw: Draw) -> str:
    """A reply that builds on what the notes in <disclosed> tell, and on nothing else of the person."""
    notes = [items(inside(message.content, "disclosed")) for message in messages if message.role == "user"]
    known = [statement for note in notes for statement in note]
    if not known:
        return generic(messages, draw)
    facts = [statement for statement in known if reading.leaning(statement) >= 0]
    traits = [statement for statement in known if statement not in facts]
    return _suited(facts, traits, set(notes[-1]), _last(messages), draw)


def _suited(facts: list[str], traits: list[str], new: set[str], last: str, draw: Draw) -> str:
    """A reply to the last message that builds on facts and meets traits, on new ones first."""
    fact = _fact([fact for fact in facts if fact in new], facts, last, draw)
    parts = [_building(fact, draw)] if fact else [draw.pick(answers.OPENERS)]
    suiting = [
        line for trait in ([trait for trait in traits if trait in new] or traits) for line in manners.meets(trait)
    ]
    if suiting:
        parts.append(draw.pick(suiting))
    if not any(manners.wants_brevity(trait) for trait in traits):
        parts.append(draw.pick(answers.CLOSINGS))
    elif len(parts) > 1 and fact:
        parts.pop()
    return _bounded(parts)


def _fact(new: list[str], known: list[str], last: str, draw: Draw) -> str | None:
    """The fact to build on: a new one, else one that the last message touches, else now and then any."""
    near = new or [fact for fact in known if len(stems(fact) & stems(last)) > 1]
    if near:
        return draw.pick(near)
    return draw.pick(known) if known and draw.chance(0.5) else None


def _building(fact: str, draw: Draw) -> str:
    clause = said(fact, YOU)
    if clause is None:
        return draw.pick(answers.OPENERS)
    frames = next((frames for words, frames in answers.BUILDING if re.search(words, fact)), answers.BUILDING_ON_ANY)
    return draw.pick(frames).format(clause=clause, Clause=capital(clause))


def assistant(messages: Sequence[Message], draw: Draw) -> str:
    """A reply by what a system message holds: notes in <disclosed>, or the <persona>; else by the conversation alone.

    Of a persona all traits are used and the facts that the person has told. With the conversation alone it is
    `generic` at first, and the longer it lasts the more often it uses what it noticed.
    """
    given = [message for message in messages if message.role == "system"]
    spoken = [message.content for message in messages if message.role == "user"]
    notes, persona = tag(given, "disclosed"), tag(given, "persona")
    facts, traits = noticing.noticed(spoken)
    new = set(noticing.noticed(spoken[-1:])[0])
    if notes is not None:
        known = [note for note in items(notes) if note != noticing.NONE_YET]
        traits = [note for note in known if reading.leaning(note) < 0]
        facts = [note for note in known if note not in traits]
    elif persona is not None:
        facts, traits = reading.persona(persona)
        facts = [fact for fact in facts if judging.is_shown(fact, spoken)]
        new = {fact for fact in facts if judging.is_shown(fact, spoken[-1:])}
    elif not draw.chance(min(_MOST, _ATTENTIVE * len(spoken))):
        return generic(messages, draw)
    return _suited(facts, traits, new, _last(messages), draw) if facts or traits else generic(messages, draw)


def generic(messages: Sequence[Message], draw: Draw) -> str:
    """A decent neutral reply to the last message, which takes up one of its words."""
    last = _last(messages)
    topics = [noun for noun in _NOUN.findall(last.lower()) if noun not in _VAGUE]
    parts = [draw.pick(answers.NEUTRAL)]
    if topics:
        parts.append(draw.pick(answers.ON_TOPIC).format(topic=draw.pick(topics)))
    parts.append(draw.pick(answers.ADVICE))
    return _bounded(parts)


def _last(messages: Sequence[Message]) -> str:
    spoken = [message.content for message in messages if message.role == "user"]
    return _BLOCK.sub("", spoken[-1]) if spoken else ""


def _bounded(parts: list[str]) -> str:
    return " ".join(" ".join(parts).split()[:MAX_WORDS])
