"""Text queries: what is typed, and what it finds."""

import doctest
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.argilla_local import text

_FIELDS = {
    "note": "The owl's green tea, at 5\" of snow | 100%",
    "chat": [{"role": "assistant", "content": "Die Straße ist -5 Grad kalt"}, {"role": "user", "content": "Très bien"}],
    "own": {"inner": ["hidden deep", {"role": "x", "content": "and a turn"}], "number": 7},
    "empty": None,
}


def _found(query: str, *names: str) -> bool:
    return text.matches(json.dumps(_FIELDS), json.dumps(names or list(_FIELDS)), query)


def test_the_examples_of_its_docstrings_hold() -> None:
    """Pytest's own search for them leaves out this package, most of which runs in another environment."""
    assert doctest.testmod(text) == (0, 2)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "|",
        '""',
        "OWL",
        "green owl",
        '"green tea"',
        "strasse",
        "STRASSE très",
        "owl -cat",
        '-"tea green"',
        "cat | owl",
        'cat dog | "deep"',
        '5"',
        "100%",
        "owl's",
        '"-5 grad"',
        "and a turn",
    ],
)
def test_what_a_query_finds(query: str) -> None:
    assert _found(query)


@pytest.mark.parametrize(
    "query",
    ["cat", "owl cat", "-owl", '"tea green"', "cat | dog", "assistant", "role", "-x -owl", "7", "100_", "owl.s", "%e%"],
)
def test_what_a_query_does_not_find(query: str) -> None:
    assert not _found(query)


def test_a_query_may_be_for_one_field() -> None:
    assert _found("owl", "note")
    assert not _found("owl", "chat")
    assert _found("-owl", "chat")
    assert not _found("owl", "empty")
    assert not _found("owl", "no such field")


@given(st.text(), st.text())
def test_any_text_is_a_query(content: str, query: str) -> None:
    text.matches(json.dumps({"note": content}), '["note"]', query)


@given(st.text(min_size=1).filter(lambda one: '"' not in one))
def test_a_text_is_found_by_itself_as_a_phrase_whatever_its_case(content: str) -> None:
    assume(content.upper().casefold() == content.casefold())
    assert text.matches(json.dumps({"note": f"before {content} after"}), '["note"]', f'"{content.upper()}"')
