"""Texts from anywhere, made fit for a page: nothing that they hold is interpreted, hides or reorders what is around."""

import html
import json
import re
import shlex
import unicodedata
from collections.abc import Mapping

LONGEST_TEXT = 300  # characters of one text in a card
LONGEST_LIST = 12  # items of one list in a card
LONGEST_RECORDS = 3  # likewise, where each item is a record of many lines

# Unicode's categories of characters that don't print but reorder, hide or break what stands around them: controls,
# formats (bidirectional overrides, zero-width characters, tags), halves of surrogate pairs, line and paragraph ends.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

# What Markdown would interpret, the start of an address among it: the Hub makes a link of one that stands bare.
_MARKUP = re.compile(r"[`*_\[\]|~$#]|:(?=//)|(?<=[wW]{3})\.")


def cell(text: object) -> str:
    """Any text as one cell of a Markdown table: on one line, shortened, and shown instead of interpreted."""
    return _MARKUP.sub(r"\\\g<0>", html.escape(flat(text), quote=False).replace("\\", "&bsol;"))


def code(text: object) -> str:
    """Any text as code within a line of prose; not for tables, where a bar would end the cell."""
    line = flat(text) or " "
    ticks = "`" * (1 + _longest_run(line))
    return f"{ticks} {line} {ticks}" if "`" in line else f"{ticks}{line}{ticks}"


def fenced(text: str, language: str) -> str:
    """A code block whose fence is longer than any run of backticks in the text."""
    fence = "`" * max(3, 1 + _longest_run(text))
    return f"{fence}{language}\n{text.strip()}\n{fence}"


def flat(text: object) -> str:
    """On one line, shortened, without what doesn't print; nothing else is made harmless."""
    line = " ".join("".join(char for char in " ".join(str(text).split()) if not unseen(char)).split())
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"


def quoted(text: str) -> str:
    """As an argument in a shell, on one line."""
    return shlex.quote(flat(text))


def _longest_run(text: str) -> int:
    """Of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)


def as_json(row: Mapping[str, object]) -> str:
    """A row as JSON for people: indented, long texts and lists cut, what doesn't print escaped."""
    text = json.dumps(_shortened(row), indent=2, ensure_ascii=False, default=str)
    # A newline is the one control that json.dumps itself writes, and none stands inside a string.
    return "".join(json.dumps(char)[1:-1] if char != "\n" and unseen(char) else char for char in text)


def unseen(char: str) -> bool:
    """Whether a character does not print, but changes what does."""
    return unicodedata.category(char) in _UNSEEN


def _shortened(value: object) -> object:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return value[: LONGEST_TEXT - 1] + "…"
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        longest = LONGEST_RECORDS if value and isinstance(value[0], Mapping) else LONGEST_LIST
        more = [f"… and {len(value) - longest} more"] if len(value) > longest else []
        return [_shortened(item) for item in value[:longest]] + more
    return value
