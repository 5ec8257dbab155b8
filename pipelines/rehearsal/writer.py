"""The writer: new profiles and personalities, and a given text taken apart into statements."""

import re
from collections.abc import Callable, Sequence

import orjson

from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.tags import Message, items, tag
from pipelines.rehearsal.world import full

MAX_COUNT = 200
DEFAULT_COUNT = 20
_ECHO = 0.2  # share of new texts that follow an exemplar too closely, as real writers' do
_SENTENCE = re.compile(r"(?<=[.!?]) +")


def texts(messages: Sequence[Message], draw: Draw, kind: str) -> str:
    """`{kind: [[statement, ...], ...]}`, as many as <count> says; kind is `profiles` or `personalities`."""
    invent = full.profile if kind == "profiles" else full.personality
    known = [_SENTENCE.split(text) for text in items(tag(messages, "exemplars"))]
    written: list[list[str]] = []
    for index in range(_count(tag(messages, "count"))):
        written.append(_text(invent, known + written, draw.fork(kind, index)))
    return orjson.dumps({kind: written}).decode()


def _count(text: str | None) -> int:
    return min(int(text), MAX_COUNT) if text and text.isdecimal() and len(text) < 9 else DEFAULT_COUNT


def _text(invent: Callable[[Draw], list[str]], known: list[list[str]], draw: Draw) -> list[str]:
    if not known or not draw.chance(_ECHO):
        return invent(draw)
    echoed = draw.pick(known)
    left_out = draw.pick(range(len(echoed)))  # nothing new is put in: it could be a second age or home
    return [statement for number, statement in enumerate(echoed) if number != left_out]
