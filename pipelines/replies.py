"""Reading JSON out of what a language model wrote: fenced, with prose around it, or cut off at the token limit."""

import json
import re
import unicodedata
from contextlib import suppress
from typing import Any

_THOUGHTS = re.compile(r"\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_OPEN_THOUGHT = re.compile(r"\s*<think(?:ing)?>", re.IGNORECASE)
_CLOSES = {"{": "}", "[": "]"}
_TRIES = 100  # brackets of the reply at which its JSON may begin: the prose before it has few


class Unreadable(ValueError):  # noqa: N818 - reads as what the reply is
    """There is no JSON in the reply."""


def without_thoughts(reply: str) -> str:
    """A reply without the reasoning that some models write before it.

    >>> without_thoughts("<think>They keep hens.</think> Hens again!")
    ' Hens again!'

    Raises:
        Unreadable: the reasoning was cut off before it came to an end.
    """
    said = reply[found.end() :] if (found := _THOUGHTS.match(reply)) else reply
    if _OPEN_THOUGHT.match(said):
        raise Unreadable("nothing but reasoning")
    return said


def read_json(reply: str) -> Any:  # noqa: ANN401 - any JSON value
    """The first JSON object or array in a reply; where it is cut off, what was complete of it.

    A string, number or list that the cut went through is left out rather than guessed at:

    >>> read_json('Sure! Here it is: ```json {"shown": [1, 2]} ``` Anything else?')
    {'shown': [1, 2]}
    >>> read_json('{"profiles": [["Is 44.", "Has a hen."], ["Is 19.", "Ha')
    {'profiles': [['Is 44.', 'Has a hen.']]}

    Raises:
        Unreadable: there is none.
    """
    decoder = json.JSONDecoder(strict=False)  # models put raw line breaks into strings
    starts = [position for position, char in enumerate(reply) if char in _CLOSES]
    for start in starts[:_TRIES]:
        try:
            return decoder.raw_decode(reply, start)[0]
        except RecursionError as error:
            raise Unreadable("the reply is nested without end") from error
        except json.JSONDecodeError:
            with suppress(json.JSONDecodeError):
                if complete := _close(reply[start:]):
                    return decoder.decode(complete)
    raise Unreadable("the reply holds no JSON")


def cleaned(statements: Any) -> list[str]:  # noqa: ANN401 - any JSON value
    """Statements in NFC with single spaces. Raises TypeError where they are no list of strings."""
    if not isinstance(statements, list) or not all(isinstance(statement, str) for statement in statements):
        raise TypeError("statements are a list of strings")
    spaced = (" ".join(unicodedata.normalize("NFC", statement).split()) for statement in statements)
    return [statement for statement in spaced if statement]


def _close(cut: str) -> str | None:
    """A cut-off JSON text up to the last list or object that was closed in it, with its ends put on.

    None where nothing was closed, or where all that was opened was: then it is not cut off.
    """
    open_now: list[str] = []
    best = None
    in_string = escaped = False
    for position, char in enumerate(cut):
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in _CLOSES:
            open_now.append(_CLOSES[char])
        elif open_now and char == open_now[-1]:
            open_now.pop()
            if not open_now:
                return None
            best = cut[: position + 1] + "".join(reversed(open_now))
    return best
