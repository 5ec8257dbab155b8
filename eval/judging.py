"""What is asked about a conversation: scores of a reply, what the user has disclosed, whether it stays in character.

An answer that can't be read is asked for again, at most ASKS times in all; then it stays open, and is counted: never a
zero, and never the end of a run.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from inspect_ai.model import ChatMessage, GenerateConfig, Model
from inspect_ai.util import collect

from eval import views
from pipelines.replies import Unreadable, cleaned, read_json, without_thoughts
from pipelines.views import Persona

ASKS = 3
CRITERIA = {"paper": ("score",), "plus": ("style", "content", "manner")}
"""What the judge scores from 1 to 5, by protocol."""
_TRIES = 100  # braces of an answer at which its JSON may begin
_STRIDE = 1_000  # of seeds: between two questions of a turn, more than the asks of one

T = TypeVar("T")
Vote = dict[str, float]


async def ask(model: Model, prompt: list[ChatMessage], read: Callable[[Any], T], seed: int) -> tuple[T | None, int]:
    """The answer of a model that is to be JSON, and how often it was asked for. Of several objects it is the last that
    counts: what stands before may be quoted from the reply that is judged.

    Args:
        read: makes of the JSON value what is wanted; raises KeyError, TypeError or ValueError where it is not that.
        seed: of the first ask; the next ones count on from it.
    """
    for number in range(ASKS):
        output = await model.generate(prompt, config=GenerateConfig(seed=seed + number))
        with suppress(Unreadable):
            said = without_thoughts(output.completion)
            for start in reversed([at for at, char in enumerate(said) if char == "{"][-_TRIES:]):
                with suppress(KeyError, TypeError, ValueError):  # not what was asked for
                    return read(read_json(said[start:])), number + 1
    return None, ASKS


async def votes(
    judge: Model, prompt: list[ChatMessage], protocol: str, count: int, seed: int
) -> tuple[list[Vote | None], int]:
    """So many votes on one reply, at once, and how many calls they took."""

    def read(value: Any) -> Vote:  # noqa: ANN401 - any JSON value
        return {name: _score(value[name]) for name in CRITERIA[protocol]}

    answers = await collect(*(ask(judge, prompt, read, seed + number * _STRIDE) for number in range(count)))
    return [vote for vote, _ in answers], sum(asks for _, asks in answers)


def mean(votes: Sequence[Vote | None]) -> float | None:
    """A reply's score: the mean over the votes that could be read of the mean over their criteria; None without any.

    >>> mean([{"style": 4, "content": 3, "manner": 5}, None, {"style": 5, "content": 5, "manner": 5}])
    4.5
    """
    given = [sum(vote.values()) / len(vote) for vote in votes if vote]
    return sum(given) / len(given) if given else None


async def disclosed(
    inducer: Model, prompt: list[ChatMessage], persona: Persona, seed: int
) -> tuple[list[int] | None, int]:
    """Numbers of the statements that a message shows and none before it showed."""

    def read(value: Any) -> list[int]:  # noqa: ANN401 - any JSON value
        return _numbers(value["shown"], range(len(persona.statements)))

    return await ask(inducer, prompt, read, seed)


async def in_character(
    judge: Model, persona: Persona, messages: Sequence[str], seed: int
) -> tuple[dict[str, list[int] | str] | None, int]:
    """Which of the user's messages, counted from 1, fall out of character, and why."""

    def read(value: Any) -> dict[str, list[int] | str]:  # noqa: ANN401 - any JSON value
        return {"broken": _numbers(value["broken"], range(1, len(messages) + 1)), "why": str(value.get("why") or "")}

    return await ask(judge, views.character(persona, messages), read, seed)


async def statements(judge: Model, text: str, seed: int) -> list[str]:
    """A persona's text as single statements; where that can't be had, the text as its only one."""
    found, _ = await ask(judge, views.statements(text), lambda value: cleaned(value["statements"]), seed)
    return found or [views.one_line(text)]


def _score(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 5:
        raise ValueError(f"{value!r} is no score from 1 to 5")
    return float(value)


def _numbers(value: object, allowed: range) -> list[int]:
    if not isinstance(value, list) or not all(type(number) is int and number in allowed for number in value):
        raise ValueError(f"{value!r} is no list of numbers from {allowed.start} to {allowed.stop - 1}")
    return sorted(set(value))
