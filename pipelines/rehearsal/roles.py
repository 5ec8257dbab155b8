"""Who answers what: a role and the messages to it, to the text of a reply. Pure functions, all of them."""

import re
from collections.abc import Sequence

import orjson

from pipelines.rehearsal import World, assistants, judging, noticing, person, rating, reading, statements, writer
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.tags import Message, tag
from pipelines.rehearsal.world import full, micro, micro_assistants, micro_judging, micro_roles

_TASK = re.compile(r"\s*<task>([^\n<]*)</task>[ \t]*(?:\n|$)")
_LOST = (
    "I'm not sure what you would like me to do. Could you say it in other words?",
    "Happy to help. What should I write, and how much of it?",
    "There seems to be something missing from the request.",
)


def reply(role: str, messages: Sequence[Message], draw: Draw, world: World = "full") -> str:
    """The text of the reply. Whatever the messages hold, there is one; without a readable task it is plain prose."""
    task = _task(messages)
    text = (_micro if world == "micro" else _full)(role, task, messages, draw)
    return draw.pick(_LOST) if text is None else text


def _task(messages: Sequence[Message]) -> str:
    """The task that opens the prompt; where none does, the last that stands anywhere.

    What a judge is to judge may hold a task as well.
    """
    opening = _TASK.match(messages[0].content) if messages else None
    return (opening[1] if opening else tag(messages, "task") or "").strip().lower()


def _full(role: str, task: str, messages: Sequence[Message], draw: Draw) -> str | None:
    text: str | None = None
    match role, task:
        case "writer", "profiles":
            text = writer.texts(messages, draw, task, full.profile, full.echo)
        case "writer", "personalities":
            text = writer.texts(messages, draw, task, full.personality, full.echo)
        case "writer" | "judge", "statements":
            text = _statements(tag(messages, "text") or "")
        case "judge", _:
            text = _full_judge(task, messages, draw)
        case "user", _:
            text = person.message(messages, draw)
        case "inducer", _:
            text = judging.induce(messages, judging.is_shown)
        case _:
            text = _full_assistant(role, task, messages, draw)
    return text


def _full_judge(task: str, messages: Sequence[Message], draw: Draw) -> str | None:
    text: str | None = None
    match task:
        case "vote":
            text = judging.vote(messages, draw)
        case "pair":
            text = judging.contradiction(messages)
        case "rate":
            text = rating.rate(messages, draw)
        case "criteria":
            text = rating.criteria(messages, draw)
        case "character":
            text = rating.character(messages)
    return text


def _full_assistant(role: str, task: str, messages: Sequence[Message], draw: Draw) -> str | None:
    text: str | None = None
    match role, task:
        case "tailored", _:
            text = assistants.tailored(messages, draw)
        case "generic", _:
            text = assistants.generic(messages, draw)
        case "assistant", "infer":
            text = noticing.notes(tag(messages, "text") or "")
        case "assistant", _:
            text = assistants.assistant(messages, draw)
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
        case "judge", _:
            text = _micro_judge(task, messages)
        case "user", _:
            text = micro_roles.message(messages, draw)
        case "inducer", _:
            text = judging.induce(messages, micro_roles.is_shown)
        case _:
            text = _micro_assistant(role, task, messages, draw)
    return text


def _micro_judge(task: str, messages: Sequence[Message]) -> str | None:
    text: str | None = None
    match task:
        case "vote":
            text = micro_roles.vote(messages)
        case "pair":
            text = micro_roles.contradiction()
        case "rate":
            text = micro_judging.rate(messages)
        case "criteria":
            text = micro_judging.criteria(messages)
        case "character":
            text = micro_judging.character(messages)
    return text


def _micro_assistant(role: str, task: str, messages: Sequence[Message], draw: Draw) -> str | None:
    text: str | None = None
    match role, task:
        case "tailored", _:
            text = micro_roles.tailored(messages, draw)
        case "generic", _:
            text = micro_roles.generic(messages, draw)
        case "assistant", "infer":
            text = micro_assistants.notes(tag(messages, "text") or "")
        case "assistant", _:
            text = micro_assistants.assistant(messages, draw)
        case "manner", _:
            text = micro_assistants.manner(messages, draw)
    return text


def _statements(text: str) -> str:
    found = {"kind": reading.kind(text), "language": reading.language(text), "statements": statements.split(text)}
    return orjson.dumps(found).decode()
