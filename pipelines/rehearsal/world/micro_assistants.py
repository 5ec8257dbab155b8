"""The evaluated model of the micro world, by rule: the bounds between which a trained one stands."""

import re
from collections.abc import Iterable, Sequence

from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.tags import Message, items, tag
from pipelines.rehearsal.world import micro, micro_roles

_TOLD = re.compile(r"\bmy ([a-z]+) is ([a-z]+) \.")
_SAID_BY_USER = re.compile(r"^User: (.*)$", re.MULTILINE)


def assistant(messages: Sequence[Message], draw: Draw) -> str:
    """The ideal: all that is known, from notes in <disclosed>, else from the person's messages.

    With the <persona> in a system message all its traits are known from the start.
    """
    given = [message for message in messages if message.role == "system"]
    noted = tag(given, "disclosed")
    if noted is not None:
        return micro_roles.reply_with(messages, micro.known(items(noted)), draw)
    what = heard(_spoken(messages))
    if tag(given, "persona") is not None:
        persona = micro_roles.persona_of(given)
        told = {slot: value for slot, value in persona.facts.items() if what.facts.get(slot) == value}
        what = micro.Known(told, persona.traits)
    return micro_roles.reply_with(messages, what, draw)


def manner(messages: Sequence[Message], draw: Draw) -> str:
    """The bound of manner alone: the traits that the person's messages show, and no fact."""
    return micro_roles.reply_with(messages, micro.Known({}, heard(_spoken(messages)).traits), draw)


def notes(chat: str) -> str:
    """What the person told and showed in a chat of `User: ` and `Assistant: ` lines, as a list of statements."""
    what = heard(_SAID_BY_USER.findall(chat))
    found = [micro.fact(slot, value) for slot, value in what.facts.items()]
    found += [trait.statement for trait in what.traits]
    return "\n".join(f"- {statement}" for statement in found or ["none yet"])


def heard(said: Iterable[str]) -> micro.Known:
    """What some messages of a person tell and show; of two values for one slot the last counts."""
    texts = [" ".join(text.split()) for text in said]
    told = [found for text in texts for found in _TOLD.findall(text) if micro.SLOT_OF.get(found[1]) == found[0]]
    return micro.Known(
        dict(told), tuple(trait for trait in micro.TRAITS if any(micro.says(text, trait.cue) for text in texts))
    )


def _spoken(messages: Sequence[Message]) -> list[str]:
    return [message.content for message in messages if message.role == "user"]
