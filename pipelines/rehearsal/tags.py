"""How the rehearsal reads a prompt: roles, turns and what stands in tags. Never the prose around them."""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple


class Message(NamedTuple):
    """One message of a chat; `role` is system, user or assistant."""

    role: str
    content: str


_ITEM = re.compile(r"^[ \t]*(?:-|(\d{1,6})\.)[ \t]+(\S.*)$", re.MULTILINE)


@cache
def _patterns(name: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    opening = re.compile(rf"^[ \t]*<{name}>", re.MULTILINE)
    closing = re.compile(rf"</{name}>[ \t]*$", re.MULTILINE)
    return opening, closing, re.compile(rf"<{name}>([^\n<]*)</{name}>")


def inside(text: str, name: str) -> str | None:
    """What stands in `<name>` within one text, stripped; None where the tag is absent.

    A block opens at the start of a line and closes at the end of one: prose may name a tag in passing ("the replies
    are in <first> and <second>"). What a person wrote may hold anything, so it is the last closing tag that counts.
    """
    opening, closing, inline = _patterns(name)
    begin, ends = opening.search(text), [found.start() for found in closing.finditer(text)]
    if begin and ends and begin.end() <= ends[-1]:
        return text[begin.end() : ends[-1]].strip()
    short = inline.search(text)
    return short[1].strip() if short else None


def tag(messages: Sequence[Message], name: str) -> str | None:
    """What stands in `<name>` in the last message that has the tag."""
    for message in reversed(messages):
        content = inside(message.content, name)
        if content is not None:
            return content
    return None


def items(block: str | None) -> list[str]:
    """The list items of a block, without their marks: lines that begin with `- ` or `7. `."""
    return [text.strip() for _, text in _ITEM.findall(block or "")]


def numbered(block: str | None) -> dict[int, str]:
    """The numbered items of a block by number; items without a number are left out."""
    return {int(number): text.strip() for number, text in _ITEM.findall(block or "") if number}
