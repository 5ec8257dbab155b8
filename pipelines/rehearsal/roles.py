"""Who answers what: a role and the messages to it, to the text of a reply. Pure functions, all of them."""

from collections.abc import Sequence

import orjson

from pipelines.rehearsal import assistants, judging, person, reading, statements, writer
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.tags import Message, tag

_LOST = (
    "I'm not sure what you would like me to do. Could you say it in other words?",
    "Happy to help. What should I write, and how much of it?",
    "There seems to be something missing from the request.",
)


def reply(role: str, messages: Sequence[Message], draw: Draw) -> str:
    """The text of the reply. Whatever the messages hold, there is one; without a readable task it is plain prose."""
    match role, (tag(messages, "task") or "").lower():
        case "writer", "profiles" | "personalities" as kind:
            text = writer.texts(messages, draw, kind)
        case "writer" | "judge", "statements":
            text = _statements(tag(messages, "text") or "")
        case "judge", "vote":
            text = judging.vote(messages, draw)
        case "judge", "pair":
            text = judging.contradiction(messages)
        case "user", _:
            text = person.message(messages, draw)
        case "inducer", _:
            text = judging.induce(messages)
        case "tailored", _:
            text = assistants.tailored(messages, draw)
        case "generic", _:
            text = assistants.generic(messages, draw)
        case _:
            text = draw.pick(_LOST)
    return text


def _statements(text: str) -> str:
    found = {"kind": reading.kind(text), "language": reading.language(text), "statements": statements.split(text)}
    return orjson.dumps(found).decode()
