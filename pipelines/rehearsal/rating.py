"""The judge of a benchmark: scores one reply from 1 to 5, and says where a person was played out of character.

By rule and by words alone: it sees whether a reply takes up the message, builds on a fact, meets a trait, flatters,
rambles or is in another language. What is beside the point in words of the message it does not see.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from pipelines.rehearsal import judging, reading
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.person import plain
from pipelines.rehearsal.speech import shared, stems
from pipelines.rehearsal.tags import Message, items, tag

MAX_WORDS = 60  # what replies are asked for
_FICKLE = 0.12  # votes in which one of the scores is a point off
_RECITED = 3  # statements of the list in one message
_FLATTERY = re.compile(
    r"\b(?:amazing|brilliant|wonderful|incredible|genius|inspir\w+|extraordinary|fantastic|remarkable|admir\w+|"
    r"impressive|beautiful(?:ly)?|absolutely|so right|great question|perfect)\b",
    re.IGNORECASE,
)
_ASSISTANT = re.compile(
    r"\b(?:how (?:can|may) i (?:help|assist)|(?:happy|glad|here) to (?:help|assist)|i can help you|let me know if|"
    r"as an ai|language model|as your assistant)\b",
    re.IGNORECASE,
)
_PLAYING = re.compile(
    r"\b(?:my persona|role-?play\w*|in character|the (?:list|prompt|instructions) says?)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Read:
    """A reply, held against a person."""

    answers: bool  # takes up a word of the message
    builds: bool  # on a fact that may be used
    met: int  # traits
    foreign: bool
    flatters: bool
    words: int

    @property
    def suits(self) -> bool:
        return self.builds or self.met > 0


def _read(reply: str, message: str, facts: Sequence[str], traits: Sequence[str]) -> _Read:
    return _Read(
        answers=bool(stems(reply) & stems(message)),
        builds=any(shared(fact, reply) >= judging.SHOWN for fact in facts),
        met=sum(judging.meets(trait, reply) for trait in traits),
        foreign=_another_language(reply, message),
        flatters=len(_FLATTERY.findall(reply)) > 1,
        words=len(reply.split()),
    )


def _another_language(reply: str, message: str) -> bool:
    here, there = reading.language(reply), reading.language(message)
    return "und" not in (here, there) and here != there


def rate(messages: Sequence[Message], draw: Draw) -> str:
    """`{"score": n}`: 2 for a reply to nobody, and a point each for an answer, a fact and a trait."""
    facts, traits = reading.persona(tag(messages[:1], "persona"))
    reply, message = tag(messages, "reply") or "", tag(messages, "message") or ""
    if not reply.strip():
        return _json(score=1)
    found = _read(reply, message, facts, traits)
    score = 2 + found.answers + found.builds + (found.met > 0) + _off(draw)
    poor = found.foreign or found.flatters or found.words > 2 * MAX_WORDS
    return _json(score=min(score, 2 if poor else 5))


def criteria(messages: Sequence[Message], draw: Draw) -> str:
    """`{"style": n, "content": n, "manner": n}`.

    Content is held against what was disclosed, style against all traits: to meet one before it showed is no fault.
    """
    facts, traits = reading.persona(tag(messages[:1], "persona"))
    disclosed = items(tag(messages, "disclosed"))
    reply, message = tag(messages, "reply") or "", tag(messages, "message") or ""
    if not reply.strip():
        return _json(style=1, content=1, manner=1)
    found = _read(reply, message, [fact for fact in facts if fact in disclosed], traits)
    scores = {
        "style": 3 + min(found.met, 2),
        "content": 5 if found.builds else 2 + found.answers,
        "manner": 4 if found.suits else 3,
    }
    scores[draw.pick(tuple(scores))] += _off(draw)
    presumes = judging.leaks(reply, [fact for fact in facts if fact not in disclosed], disclosed)
    if presumes or found.foreign or found.flatters:
        scores["content"] = min(scores["content"], 2)
    if found.foreign:
        scores["style"] = min(scores["style"], 2)
    if found.words > MAX_WORDS:
        scores["manner"] = min(scores["manner"], 3 if found.words <= 2 * MAX_WORDS else 1)
    if found.flatters:
        scores["manner"] = 1
    return _json(**{name: min(5, score) for name, score in scores.items()})


def _off(draw: Draw) -> int:
    """Nobody is quite sure of a score: two votes on one reply may differ."""
    return draw.pick((-1, 1)) if draw.chance(_FICKLE) else 0


def character(messages: Sequence[Message]) -> str:
    """`{"broken": [numbers], "why": "..."}` of the numbered messages in <text>."""
    persona = [plain(statement) for statement in items(tag(messages[:1], "persona"))]
    reasons = {number: _broken(text, persona) for number, text in numbered_lines(tag(messages, "text"))}
    broken = [number for number, why in reasons.items() if why]
    return orjson.dumps({"broken": broken, "why": reasons[broken[0]] if broken else ""}).decode()


def numbered_lines(block: str | None) -> list[tuple[int, str]]:
    """The lines `1. text` of a block by number, those without a text included."""
    found = re.findall(r"^[ \t]*(\d{1,6})\.(?:[ \t]+(.*))?$", block or "", re.MULTILINE)
    return [(int(number), text.strip()) for number, text in found]


def _broken(text: str, persona: Sequence[str]) -> str:
    if not text:
        return "says nothing"
    if _ASSISTANT.search(text):
        return "talks as an assistant"
    if _PLAYING.search(text):
        return "speaks of being played"
    if sum(bool(statement) and statement in plain(text) for statement in persona) >= _RECITED:
        return "recites the list"
    return ""


def _json(**scores: int) -> str:
    return orjson.dumps(scores).decode()
