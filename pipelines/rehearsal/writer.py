"""The writer: new profiles and personalities, some of which follow an exemplar too closely."""

import re
from collections.abc import Callable, Sequence

import orjson

from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.tags import Message, items, tag

MAX_COUNT = 200
DEFAULT_COUNT = 20
_ECHO = 0.2  # share of new texts that do, as with real writers
_SENTENCE = re.compile(r"(?<=[.!?]) +")

Invent = Callable[[Draw], list[str]]
Echo = Callable[[Sequence[str], Draw], list[str]]


def texts(messages: Sequence[Message], draw: Draw, kind: str, invent: Invent, echo: Echo) -> str:
    """`{kind: [[statement, ...], ...]}`, as many as <count> says; kind is `profiles` or `personalities`.

    Args:
        invent: a new text of the world.
        echo: a text that follows a known one too closely.
    """
    known = [_SENTENCE.split(text) for text in items(tag(messages, "exemplars"))]
    written: list[list[str]] = []
    for index in range(_count(tag(messages, "count"))):
        of_text = draw.fork(kind, index)
        echoes = known + written
        written.append(echo(of_text.pick(echoes), of_text) if echoes and of_text.chance(_ECHO) else invent(of_text))
    return orjson.dumps({kind: written}).decode()


def _count(text: str | None) -> int:
    return min(int(text), MAX_COUNT) if text and text.isdecimal() and len(text) < 9 else DEFAULT_COUNT
