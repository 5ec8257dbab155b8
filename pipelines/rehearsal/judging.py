"""The inducer, who notes what a person has shown, and the judge, who scores replies and spots contradictions."""

import re
from collections.abc import Callable, Iterable, Sequence

import orjson

from pipelines.rehearsal import manners, reading
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.person import plain
from pipelines.rehearsal.speech import shared, stems
from pipelines.rehearsal.tags import Message, inside, items, numbered, tag
from pipelines.rehearsal.world.opposites import OPPOSITES

SHOWN = 0.6  # the share of a statement's content words that one message must have
_LEAK = 0.75  # likewise, for a reply that states what was not disclosed
_LEAK_WORDS = 3
_LEAK_SCORE = 4.0
_FICKLE = 0.04  # pairs in which the judge favours whichever stands first


def induce(messages: Sequence[Message], is_shown: Callable[[str, Sequence[str]], bool]) -> str:
    """`{"shown": [numbers]}`: what the person's messages show that no earlier answer of this role listed.

    Args:
        is_shown: whether a statement is shown by some messages of the person, taken together.
    """
    persona = numbered(tag(messages, "persona"))
    texts = [inside(message.content, "text") for message in messages if message.role == "user"]
    said = [text for text in texts if text]
    before = {number for message in messages if message.role == "assistant" for number in _listed(message.content)}
    new = [number for number, statement in persona.items() if number not in before and is_shown(statement, said)]
    return orjson.dumps({"shown": sorted(new)}).decode()


def _listed(reply: str) -> list[int]:
    """The numbers of an earlier answer, whatever stands around them."""
    found = re.search(r'"shown"\s*:\s*\[([\d\s,]*)\]', reply)
    return [int(number) for number in re.findall(r"\d{1,6}", found[1])] if found else []


def is_shown(statement: str, said: Sequence[str]) -> bool:
    """Whether some messages of a person show a statement: a manner by what is typed, the rest by its words."""
    typed = manners.manner(statement)
    if typed.startswith("@"):
        return sum(manners.seen(typed, text) for text in said) > 1
    if typed:
        return any(plain(typed) in plain(text) for text in said)
    return any(shared(statement, text) >= SHOWN for text in said)


def vote(messages: Sequence[Message], draw: Draw) -> str:
    """`{"first": score, "second": score}`, each from 1 to 10 in halves, nearly always the same in either order."""
    persona, disclosed = items(tag(messages, "persona")), items(tag(messages, "disclosed"))
    replies = [tag(messages, "first") or "", tag(messages, "second") or ""]
    facts, traits = reading.parted(persona)
    scores = [_score(reply, facts, traits, disclosed) for reply in replies]
    if replies[0] != replies[1] and Draw("fickle", *sorted(replies)).chance(_FICKLE):
        scores = [min(10.0, max(scores) + 0.5), max(1.0, min(scores) - draw.below(3) / 2)]
    return orjson.dumps({"first": scores[0], "second": scores[1]}).decode()


def _score(reply: str, facts: list[str], traits: list[str], disclosed: list[str]) -> float:
    """From the reply alone, so that two equal ones score the same."""
    if not reply.strip():
        return 1.0
    score = 5.0 + Draw("taste", reply).below(4) / 2 - 0.5
    if any(fact in disclosed and shared(fact, reply) >= SHOWN for fact in facts):
        score += 2.5
    if any(trait in disclosed and meets(trait, reply) for trait in traits):
        score += 1.0
    if leaks(reply, [fact for fact in facts if fact not in disclosed], disclosed):
        return min(score, _LEAK_SCORE)
    return min(10.0, max(1.0, score))


def meets(trait: str, reply: str) -> bool:
    """Whether the reply says what suits somebody with this trait, or is as short as they want it."""
    brief = manners.wants_brevity(trait) and len(reply.split()) <= 25
    return brief or any(line in reply for line in manners.meets(trait))


def leaks(reply: str, hidden: Iterable[str], disclosed: list[str]) -> bool:
    """Whether the reply states a fact that the person has not shown."""
    unknown = stems(reply) - stems(" ".join(disclosed))
    for statement in hidden:
        met = stems(statement) & unknown
        if len(met) >= _LEAK_WORDS and shared(statement, reply) >= _LEAK:
            return True
    return False


def contradiction(messages: Sequence[Message]) -> str:
    """`{"contradiction": true|false, "why": "..."}` for the facts and traits in <persona>."""
    persona = items(tag(messages, "persona"))
    for fact_words, trait_words, why in OPPOSITES:
        facts = [statement for statement in persona if re.search(fact_words, statement, re.IGNORECASE)]
        traits = [statement for statement in persona if re.search(trait_words, statement, re.IGNORECASE)]
        if facts and traits and facts[0] != traits[-1]:
            return orjson.dumps({"contradiction": True, "why": f"{why}: {facts[0]} {traits[-1]}"}).decode()
    return orjson.dumps({"contradiction": False, "why": ""}).decode()
