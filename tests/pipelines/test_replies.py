"""JSON out of whatever a model wrote."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.replies import Unreadable, read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
CONTAINERS = st.lists(VALUES) | st.dictionaries(st.text(), VALUES)
PROSE = st.text(alphabet=st.characters(exclude_characters="{[]}`"))


@given(CONTAINERS, PROSE, PROSE, st.sampled_from(["{}", "```json\n{}\n```", "```\n{}```"]))
def test_json_is_found_in_fences_and_prose(value: Any, before: str, after: str, fence: str) -> None:
    assert read_json(f"{before} {fence.replace('{}', json.dumps(value))} {after}") == value


def test_brackets_in_the_prose_before_it_do_no_harm() -> None:
    assert read_json('As asked [sic], {see below}: {"a": [1]}') == {"a": [1]}


@given(st.lists(st.lists(st.text(min_size=1), min_size=1), min_size=1, max_size=5), st.data())
def test_of_a_list_that_is_cut_off_the_complete_items_stay_and_nothing_is_made_up(
    texts: list[list[str]], data: st.DataObject
) -> None:
    whole = json.dumps({"profiles": texts})
    cut = whole[: data.draw(st.integers(len('{"profiles": [') + 1, len(whole) - 1))]
    try:
        found = read_json(cut)["profiles"]
    except Unreadable:
        found = []
    complete = sum(len(json.dumps({"profiles": texts[:n]})) - 2 <= len(cut) for n in range(1, len(texts) + 1))
    assert found == texts[:complete]


@pytest.mark.parametrize(
    "reply", ["", "no JSON at all", "{", "[", '{"a": ', "[" * 100_000, "{not json}", '"text"', "7"]
)
def test_a_reply_without_json_is_unreadable(reply: str) -> None:
    with pytest.raises(Unreadable):
        read_json(reply)


def test_raw_line_breaks_in_strings_are_read() -> None:
    assert read_json('{"why": "one\ntwo"}') == {"why": "one\ntwo"}


@given(st.text())
def test_any_text_is_read_or_unreadable(text: str) -> None:
    with suppress(Unreadable):
        assert isinstance(read_json(text), list | dict)
