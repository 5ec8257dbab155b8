"""What each role of a dialogue sees of it: the messages of one call. Pure functions, the only place that builds them.

| role | the persona | what was disclosed | the dialogue |
| --- | --- | --- | --- |
| user | all of it | - | as the person who types in it |
| inducer | all of it, numbered | its own earlier answers | both sides |
| tailored | - | notes under the user's messages | as the assistant |
| generic | - | - | as the assistant |
| judge | all of it | all of it | as text, and both replies |

What is stable comes first and nothing is rewritten, so that each prompt of a path begins with the one before, and a
server's prefix cache pays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from pipelines.prompts import render

Messages = list[dict[str, str]]
"""A chat as OpenAI's API takes it: messages with `role` and `content`."""
_CUE = "(The chat is open. Write your first message.)"


@dataclass(frozen=True)
class Persona:
    """Facts and traits of one person; a statement's number counts through both, facts first."""

    facts: Sequence[str]
    traits: Sequence[str]

    @property
    def statements(self) -> list[str]:
        return [*self.facts, *self.traits]


@dataclass(frozen=True)
class Turn:
    """One finished turn of a path."""

    message: str  # the user's
    shown: Sequence[int]  # numbers of the statements that it showed and none before it
    reply: str  # the one with which the dialogue went on


def user(persona: Persona, turns: Sequence[Turn]) -> Messages:
    """To the user-LLM: its own messages stand as the assistant's, since it is the one who answers."""
    messages = [_system(render("user", facts=persona.facts, traits=persona.traits)), _user(_CUE)]
    for turn in turns:
        messages += [_assistant(turn.message), _user(turn.reply)]
    return messages


def inducer(persona: Persona, turns: Sequence[Turn], message: str) -> Messages:
    """To the inducer: the dialogue bit by bit, between its own earlier answers."""
    messages = [_system(render("inducer", facts=persona.facts, traits=persona.traits))]
    before = ""
    for turn in turns:
        messages += [_user(before + tagged("text", turn.message)), _assistant(shown_json(turn.shown))]
        before = f"The assistant replied:\n{turn.reply}\n\nThe person wrote:\n"
    return [*messages, _user(before + tagged("text", message))]


def tailored(persona: Persona, turns: Sequence[Turn], message: str, shown: Sequence[int]) -> Messages:
    """To the tailored responder: the dialogue with a note under each message that showed something new."""
    messages = [_system(render("tailored"))]
    for turn in turns:
        messages += [_user(turn.message + _note(persona, turn.shown)), _assistant(turn.reply)]
    return [*messages, _user(message + _note(persona, shown))]


def generic(turns: Sequence[Turn], message: str) -> Messages:
    """To the generic responder: the dialogue alone."""
    messages = [_system(render("generic"))]
    for turn in turns:
        messages += [_user(turn.message), _assistant(turn.reply)]
    return [*messages, _user(message)]


def judge(
    persona: Persona, turns: Sequence[Turn], message: str, shown: Sequence[int], first: str, second: str
) -> Messages:
    """To the judge; prompts of the two orders differ in nothing but the order of the replies.

    Args:
        shown: numbers of all statements that were shown so far, this message included.
        first: the reply that is shown first.
        second: the other one.
    """
    lines = [line for turn in turns for line in (spoken("Person", turn.message), spoken("Assistant", turn.reply))]
    chat = "\n".join([*lines, spoken("Person", message)])
    disclosed = "\n".join(f"- {persona.statements[number]}" for number in shown) or "(nothing yet)"
    parts = [
        f"The chat so far:\n{chat}\n\n" + tagged("disclosed", disclosed),
        tagged("first", first),
        tagged("second", second),
    ]
    return [_system(render("vote", facts=persona.facts, traits=persona.traits)), _user("\n".join(parts))]


def shown_json(shown: Sequence[int]) -> str:
    """The inducer's answer in the one form in which it is shown its earlier ones."""
    return orjson.dumps({"shown": list(shown)}).decode()


def repeated(messages: Messages, earlier: Messages) -> float:
    """The share of a prompt's characters that an earlier prompt began with, 0 to 1.

    >>> repeated([{"role": "user", "content": "abcd"}], [{"role": "user", "content": "abX"}])
    0.5
    """
    same = 0
    for message, before in zip(messages, earlier, strict=False):
        if message["role"] != before["role"]:
            break
        same += _common(message["content"], before["content"])
        if message["content"] != before["content"]:
            break
    return same / sum(len(message["content"]) for message in messages)


def spoken(who: str, text: str) -> str:
    """A message of a chat, on one line, so that nothing in it looks like a tag of the prompt."""
    return f"{who}: {' '.join(text.split())}"


def tagged(name: str, content: str) -> str:
    """What varies in a prompt, in the tag by which it is found again."""
    return f"<{name}>\n{content}\n</{name}>"


def _common(text: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    if other.startswith(text) or text.startswith(other):
        return min(len(text), len(other))
    return next(at for at, (a, b) in enumerate(zip(text, other, strict=False)) if a != b)


def _note(persona: Persona, shown: Sequence[int]) -> str:
    if not shown:
        return ""
    return "\n\n" + tagged("disclosed", "\n".join(f"- {persona.statements[number]}" for number in shown))


def _system(content: str) -> dict[str, str]:
    return {"role": "system", "content": content}


def _user(content: str) -> dict[str, str]:
    return {"role": "user", "content": content}


def _assistant(content: str) -> dict[str, str]:
    return {"role": "assistant", "content": content}
