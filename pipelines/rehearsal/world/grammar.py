"""Sentence shapes with slots, and the lines that carry them.

`{a|b|c}` takes one of the words, `{3-9}` a number of the range, `{name}` what `slots` or MACROS hold under that name;
slots may stand in slots. A line of a word list is `[conditions] sentence` or a sentence alone; conditions are an age
range, tags that must be there, and tags with `!` that must not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from pipelines.rehearsal.draw import Draw

MACROS: dict[str, tuple[str, ...]] = {
    "few": ("two", "three", "four", "five", "six", "seven"),
    "some": ("three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    "many": ("twelve", "fourteen", "fifteen", "seventeen", "eighteen", "twenty", "thirty", "forty", "sixty"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    "season": ("spring", "summer", "autumn", "winter"),
    "ordinal": ("second", "third", "fourth", "fifth", "sixth", "seventh"),
    "kin": (
        "an aunt",
        "an uncle",
        "a cousin",
        "a brother",
        "a sister",
        "a grandmother",
        "a grandfather",
        "a godmother",
    ),
    "catname": ("Minister", "Turnip", "Sultan", "Biscuit", "Comma", "Madame", "Diesel", "Noodle", "Pasha", "Button"),
    "dogname": ("Bruno", "Gravy", "Duke", "Pepper", "Moka", "Captain", "Olive", "Tango", "Lulu", "Sock", "Waffle"),
    "bandname": ("The Late Fees", "Wet Cement", "The Ferry Tales", "Soup of the Day", "Border Radio", "Plan C"),
}
_SLOT = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)-(\d+)")


@dataclass(frozen=True, slots=True)
class Person:
    """Who a sentence must fit: age in years, tags of place, work and household, and words for slots."""

    age: int
    tags: frozenset[str]
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a word list, read."""

    text: str
    youngest: int
    oldest: int
    needs: frozenset[str]
    bars: frozenset[str]

    def fits(self, person: Person) -> bool:
        return (
            self.youngest <= person.age <= self.oldest
            and self.needs <= person.tags
            and self.bars.isdisjoint(person.tags)
        )


@cache
def lines(block: str) -> tuple[Line, ...]:
    """The lines of a word list; empty ones are left out."""
    return tuple(_line(line.strip()) for line in block.splitlines() if line.strip())


def _line(text: str) -> Line:
    conditions, sentence = "", text
    if text.startswith("["):
        conditions, _, sentence = text[1:].partition("] ")
    youngest, oldest = 0, 120
    needs, bars = set(), set()
    for condition in conditions.split():
        if span := _RANGE.fullmatch(condition):
            youngest, oldest = int(span[1]), int(span[2])
        elif condition.startswith("!"):
            bars.add(condition[1:])
        else:
            needs.add(condition)
    return Line(sentence, youngest, oldest, frozenset(needs), frozenset(bars))


def choose(block: str, person: Person, draw: Draw) -> str:
    """A line of the block that fits the person, its slots still open. Raises LookupError where none fits."""
    choices = lines(block)
    for _ in range(12):  # nearly always enough, and much cheaper than looking at every line
        line = draw.pick(choices)
        if line.fits(person):
            return line.text
    fitting = [line.text for line in choices if line.fits(person)]
    if not fitting:
        raise LookupError(f"no line fits age {person.age} with tags {sorted(person.tags)}: {block[:60]!r}")
    return draw.pick(fitting)


def fill(text: str, draw: Draw, slots: Mapping[str, str] | None = None) -> str:
    """The text with each slot filled. Raises KeyError for a slot that nothing fills."""

    def word(slot: re.Match[str]) -> str:
        return _word(slot[1], draw, slots or {})

    while "{" in text:
        text = _SLOT.sub(word, text)
    return text


def _word(slot: str, draw: Draw, slots: Mapping[str, str]) -> str:
    if "|" in slot:
        return draw.pick(slot.split("|"))
    if slot in slots:
        return slots[slot]
    if slot in MACROS:
        return draw.pick(MACROS[slot])
    if span := _RANGE.fullmatch(slot):
        return str(draw.between(int(span[1]), int(span[2])))
    raise KeyError(slot)
