"""What can be told of a reply by its form alone: length, punctuation, lists, emoji."""

import re
from collections.abc import Callable

_WORD = re.compile(r"\w+(?:['\u2019-]\w+)*")
_SENTENCE_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f]+(?=\W|$)")
_LIST_OR_HEADING = re.compile(r"^[ \t]*(?:[-*+\u2022][ \t]|\d{1,3}[.)][ \t]|#{1,6}[ \t])", re.MULTILINE)
_EMOJI = re.compile(  # a flag is two letters, a skin tone part of what it follows
    "[\U0001f1e6-\U0001f1ff]{2}|[\u2600-\u27bf\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f680-\U0001faff]"
)
_FIRST_PERSON = frozenset({"i", "me", "my", "mine", "myself", "i'm", "i'd", "i'll", "i've"})


def measure(text: str) -> dict[str, float]:
    """Every feature of a text."""
    words = [word.lower().replace("\u2019", "'") for word in _WORD.findall(text)]
    return {name: feature(text, words) for name, feature in FEATURES.items()}


def _per_sentence(text: str, words: list[str]) -> float:
    sentences = sum(_WORD.search(part) is not None for part in _SENTENCE_END.split(text))
    return len(words) / max(1, sentences)


def _first_person(_: str, words: list[str]) -> float:
    return sum(word in _FIRST_PERSON for word in words) / max(1, len(words))


FEATURES: dict[str, Callable[[str, list[str]], float]] = {
    "characters": lambda text, _: len(text),
    "words": lambda _, words: len(words),
    "words_per_sentence": _per_sentence,
    "questions": lambda text, _: text.count("?") + text.count("\uff1f"),
    "exclamations": lambda text, _: text.count("!") + text.count("\uff01"),
    "list_or_heading_lines": lambda text, _: len(_LIST_OR_HEADING.findall(text)),
    "emoji": lambda text, _: len(_EMOJI.findall(text)),
    "first_person": _first_person,
}
"""What can be told of a reply by its text and its words (in lower case) alone; `first_person` is a share of words."""
