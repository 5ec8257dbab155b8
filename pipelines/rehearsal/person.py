"""The user: plays the person of <persona>, one message at a time.

What has been told and shown is read off the own earlier messages, so that the role needs no memory.
"""

import re
from collections.abc import Sequence

from pipelines.rehearsal import manners, reading
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.speech import I, capital, said, shared, stems
from pipelines.rehearsal.tags import Message, tag
from pipelines.rehearsal.world import smalltalk
from pipelines.rehearsal.world.grammar import fill

MAX_WORDS = 45
_FIRST_FACT, _FACT, _TRAIT, _ASK = 0.35, 0.72, 0.62, 0.45  # how often a message has one
_TOLD = 0.6  # the share of a fact's words that tell it


def message(messages: Sequence[Message], draw: Draw) -> str:
    """The person's next message; the assistant speaks in the turns of role `user`, the person in the others."""
    facts, traits = reading.persona(tag(messages, "persona"))
    own = [message.content for message in messages if message.role == "assistant"]
    heard = [message.content for message in messages if message.role == "user"]
    past = "\n".join(own)
    marks = [mark for mark in map(manners.manner, traits) if mark.startswith("@")]
    opening = not own
    fact = _fact(facts, own, draw) if draw.chance(_FIRST_FACT if opening else _FACT) else None
    trait = _trait(traits, past, draw) if draw.chance(_TRAIT) else ""
    parts = [_opening(draw) if opening else _reaction(heard[-1] if heard else "", facts, past, draw)]
    if fact:
        parts.append(_telling(fact, past, draw))
    elif not opening:
        parts.append(_fresh(smalltalk.NOTHING_NEW, past, draw))
    if trait:
        parts.append(trait)
    elif draw.chance(_ASK):
        parts.append(_fresh(_questions(fact or ""), past, draw))
    return manners.write(_short([part for part in parts if part]), marks)


def _fact(facts: list[str], own: list[str], draw: Draw) -> str | None:
    left = [fact for fact in facts if all(shared(fact, text) < _TOLD for text in own)]
    return draw.pick(left) if left else None


def _trait(traits: list[str], past: str, draw: Draw) -> str:
    """What the person types that shows a trait not shown before; empty where all are."""
    lines = [_voiced(trait) for trait in traits]
    left = [line for line in lines if line and plain(line) not in plain(past)]
    return draw.pick(left) if left else ""


def _voiced(trait: str) -> str:
    typed = manners.manner(trait)
    if typed.startswith("@"):
        return ""
    clause = said(trait, I)
    return typed or (f"{capital(clause)}, you'll have noticed." if clause else "")


def plain(text: str) -> str:
    """A text without case and punctuation, to find a phrase again however it was typed."""
    return " ".join(re.findall(r"\w+", text.lower()))


def _opening(draw: Draw) -> str:
    return fill(draw.pick(smalltalk.OPENINGS), draw)


def _reaction(last: str, facts: list[str], past: str, draw: Draw) -> str:
    """Warm where the last reply picked up something that the person has told, short where not."""
    known = stems(" ".join(fact for fact in facts if shared(fact, past) >= _TOLD))
    warm = len(stems(last) & known) > 1
    return _fresh(smalltalk.WARM if warm else smalltalk.SHORT, past, draw)


def _telling(fact: str, past: str, draw: Draw) -> str:
    clause = said(fact, I)
    if clause is None:
        return fact if fact[-1:] in ".!?" else f"{fact}."
    frames = [frame for frame in smalltalk.TELLINGS if plain(frame.partition("{clause}")[0]) not in plain(past)]
    return draw.pick(["{Clause}.", *frames]).format(clause=clause, Clause=capital(clause))


def _questions(fact: str) -> tuple[str, ...]:
    return next((asks for words, asks in smalltalk.ASKS if re.search(words, fact)), smalltalk.QUESTIONS)


def _fresh(lines: Sequence[str], past: str, draw: Draw) -> str:
    """One of the lines that were not used before; empty where all were."""
    used = plain(past)
    left = [line for line in lines if plain(line) not in used]
    return draw.pick(left) if left else ""


def _short(parts: list[str]) -> str:
    while len(parts) > 1 and sum(len(part.split()) for part in parts) > MAX_WORDS:
        parts.pop(0 if len(parts) == 2 else -1)
    words = " ".join(parts).split()
    return " ".join(words[:MAX_WORDS])
