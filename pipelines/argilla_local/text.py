"""Text queries over a record's fields: words, "phrases", -without, this | that; letters' case never counts.

A word is found inside longer ones too, since no language's word forms are known here.
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

_TOKEN = re.compile(r'\||-?"[^"]*"|[^\s|]+')


class Term(NamedTuple):
    """A text that must stand in a record or, if negated, must not."""

    text: str
    negated: bool


@lru_cache
def parse(query: str) -> list[list[Term]]:
    """The alternatives, each a list of terms that must all hold; none for a query without terms.

    >>> parse('night -"Green tea" | owl')
    [[Term(text='night', negated=False), Term(text='green tea', negated=True)], [Term(text='owl', negated=False)]]
    """
    alternatives: list[list[Term]] = [[]]
    for token in _TOKEN.findall(query):
        negated = token.startswith("-") and len(token) > 1
        text = token[negated:]
        if token == "|":  # noqa: S105 - a token of the query
            alternatives.append([])
        elif text := (text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text).casefold():
            alternatives[-1].append(Term(text, negated))
    return [terms for terms in alternatives if terms]


def matches(fields: str, names: str, query: str) -> bool:
    r"""Whether a record's fields (a JSON object) have what is asked for in those named (a JSON list).

    >>> matches('{"text": "Die Gr\\u00fcne Eule", "note": "owl"}', '["text"]', "gr\u00dcNE -owl")
    True
    """
    alternatives = parse(query)
    if not alternatives:
        return True
    content: dict[str, Any] = json.loads(fields)
    found = [text.casefold() for name in json.loads(names) for text in _texts(content.get(name))]
    return any(_all_hold(terms, found) for terms in alternatives)


def _all_hold(terms: Sequence[Term], texts: Sequence[str]) -> bool:
    return all(any(term.text in text for text in texts) != term.negated for term in terms)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """The texts of a text field, of a chat (who spoke is no text) or of a field of an own making."""
    match value:
        case str():
            yield value
        case {"role": _, "content": content}:
            yield from _texts(content)
        case dict():
            for part in value.values():
                yield from _texts(part)
        case list():
            for part in value:
                yield from _texts(part)
