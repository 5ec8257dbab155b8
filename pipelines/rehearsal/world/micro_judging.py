"""The judge of the benchmark in the micro world, where a reply can be read without a guess."""

from collections.abc import Sequence

import orjson

from pipelines.rehearsal.rating import numbered_lines
from pipelines.rehearsal.tags import Message, items, tag
from pipelines.rehearsal.world import micro, micro_assistants, micro_roles

_WORDS = 60  # more than the grammar's longest reply
_MET = 2  # points for a manner that is met in all


def rate(messages: Sequence[Message]) -> str:
    """`{"score": n}`: 1, a point for each fact of the topic, up to 2 for manner; held against the whole persona."""
    persona = micro_roles.persona_of(messages[:1])
    topic, reply = micro.topic_of(tag(messages, "message") or ""), tag(messages, "reply") or ""
    reading = micro.read(reply, topic, persona) if topic else None
    if reading is None or not reading.on_topic:
        return _json(score=1)
    return _json(score=1 + reading.named + _manner(reading.met, persona) - reading.unfounded)


def criteria(messages: Sequence[Message]) -> str:
    """`{"style": n, "content": n, "manner": n}`: 3 for what would do for anybody, 1 in all beside the topic.

    Style is held against all traits, since to meet one before it showed is no fault; content against <disclosed>.
    """
    persona, disclosed = micro_roles.persona_of(messages[:1]), micro.known(items(tag(messages, "disclosed")))
    topic, reply = micro.topic_of(tag(messages, "message") or ""), tag(messages, "reply") or ""
    reading = micro.read(reply, topic, micro.Known(disclosed.facts, persona.traits)) if topic else None
    if reading is None or not reading.on_topic:
        return _json(style=1, content=1, manner=1)
    forms = len(micro.forms_in(reply).difference(persona.traits))
    presumed = reading.unfounded - forms
    return _json(
        style=3 + _manner(reading.met, persona) - forms,
        content=3 - presumed if presumed else 3 + reading.named,
        manner=5 if len(reply.split()) <= _WORDS else 2,
    )


def _manner(met: int, persona: micro.Known) -> int:
    return round(_MET * met / max(1, len(persona.traits)))


def character(messages: Sequence[Message]) -> str:
    """`{"broken": [numbers], "why": "..."}` of the numbered messages in <text>."""
    persona = micro_roles.persona_of(messages[:1])
    reasons = {number: _broken(text, persona) for number, text in numbered_lines(tag(messages, "text"))}
    broken = [number for number, why in reasons.items() if why]
    return orjson.dumps({"broken": broken, "why": reasons[broken[0]] if broken else ""}).decode()


def _broken(text: str, persona: micro.Known) -> str:
    words = text.split()
    if not words or not set(words) <= set(micro.vocabulary()):
        return "is not in this world's words"
    if micro.says(text, "for your"):
        return "talks as an assistant"
    heard = micro_assistants.heard([text])
    if not heard.facts.items() <= persona.facts.items() or not set(heard.traits) <= set(persona.traits):
        return "contradicts the persona"
    return ""


def _json(**scores: int) -> str:
    return orjson.dumps({name: min(5, max(1, score)) for name, score in scores.items()}).decode()
