"""Who answers what: a role and the messages to it, to the text of a reply. Pure functions, all of them."""

from collections.abc import Sequence

import orjson

from pipelines.rehearsal import World, assistants, judging, person, reading, statements, writer
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.tags import Message, tag
from pipelines.rehearsal.world import full, micro, micro_roles

_LOST = (
    "I'm not sure what you would like me to do. Could you say it in other words?",
    "Happy to help. What should I write, and how much of it?",
    "There seems to be something missing from the request.",
)


def reply(role: str, messages: Sequence[Message], draw: Draw, world: World = "full") -> str:
    """The text of the reply. Whatever the messages hold, there is one; without a readable task it is plain prose."""
    task = (tag(messages, "task") or "").lower()
    text = (_micro if world == "micro" else _full)(role, task, messages, draw)
    return draw.pick(_LOST) if text is None else text


def _full(role: str, task: str, messages: Sequence[Message], draw: Draw) -> str | None:
    text: str | None = None
    match role, task:
        case "writer", "profiles":
            text = writer.texts(messages, draw, task, full.profile, full.echo)
        case "writer", "personalities":
            text = writer.texts(messages, draw, task, full.personality, full.echo)
        case "writer" | "judge", "statements":
            text = _statements(tag(messages, "text") or "")
        case "judge", "vote":
            text = judging.vote(messages, draw)
        case "judge", "pair":
            text = judging.contradiction(messages)
        case "user", _:
            text = person.message(messages, draw)
        case "inducer", _:
            text = judging.induce(messages, judging.is_shown)
        case "tailored", _:
            text = assistants.tailored(messages, draw)
        case "generic", _:
            text = assistants.generic(messages, draw)
    return text


def _micro(role: str, task: str, messages: Sequence[Message], draw: Draw) -> str | None:
    text: str | None = None
    match role, task:
        case "writer", "profiles":
            text = writer.texts(messages, draw, task, micro.profile, micro.echo)
        case "writer", "personalities":
            text = writer.texts(messages, draw, task, micro.personality, micro.echo)
        case "writer" | "judge", "statements":
            text = micro_roles.described(tag(messages, "text") or "")
        case "judge", "vote":
            text = micro_roles.vote(messages)
        case "judge", "pair":
            text = micro_roles.contradiction()
        case "user", _:
            text = micro_roles.message(messages, draw)
        case "inducer", _:
            text = judging.induce(messages, micro_roles.is_shown)
        case "tailored", _:
            text = micro_roles.tailored(messages, draw)
        case "generic", _:
            text = micro_roles.generic(messages, draw)
    return text


def _statements(text: str) -> str:
    found = {"kind": reading.kind(text), "language": reading.language(text), "statements": statements.split(text)}
    return orjson.dumps(found).decode()
