"""What a record shows: texts exactly as they are, and of a pair nothing that tells which reply is whose."""

import hashlib
import json
import re
from collections import Counter
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.exports import pair_id, pairs
from pipelines.reviews import pair_records, persona_records
from pipelines.schema import Kind, TreeRow
from tests.pipelines.trees import TIE, Exchange, chain, grow, trees, with_node
from tests.reviews.releases import ODD, persona

VECTORS: dict[Kind, list[float]] = {"profile": [0.123456789, 1.0], "personality": [0.0, -1.0]}
QUESTIONS = {"profile_edit": "id-1", "personality_edit": "id-2"}
ONE_TWO_THREE = hashlib.sha256(b"one\0two\0three").hexdigest()[:12]


def test_a_persona_shows_its_statements_one_a_line_and_inert() -> None:
    record = persona_records.record(persona(1, ODD, ["One & two.", "Three."]), "test", VECTORS, QUESTIONS)
    shown = record["fields"]["profile"]
    assert unescape(shown) == "\n".join(ODD)
    assert "<" not in shown
    assert record["fields"]["personality"] == "One &amp; two.\nThree."


def test_the_text_to_edit_is_given_as_it_is_since_it_is_shown_as_text() -> None:
    record = persona_records.record(persona(1, ODD), "test", VECTORS, QUESTIONS)
    assert record["suggestions"][0] == {"question_id": "id-1", "value": "\n".join(ODD)}


def test_a_persona_can_be_filtered_and_searched_by_what_is_known_of_it() -> None:
    row = persona(1)
    record = persona_records.record(row, "test", VECTORS, QUESTIONS)
    assert record["external_id"] == row.persona_id
    assert record["metadata"] == {
        "split": "test",
        "origin": "seed",
        "round": 0,
        "nearest": 0.5,
        "profile_id": row.profile_id,
        "personality_id": row.personality_id,
    }
    assert record["vectors"] == {"profile_vector": [0.12346, 1.0], "personality_vector": [0.0, -1.0]}


def test_the_first_persona_of_a_pool_has_no_nearest() -> None:
    assert "nearest" not in persona_records.record(persona(0), "train", VECTORS, QUESTIONS)["metadata"]


def test_a_pair_tells_nothing_but_texts_and_the_turn() -> None:
    """Nowhere in it stands whose reply it is, what the judge said, which model wrote it, or why it is asked about."""
    tree = grow(turns=4)
    for pair in pairs(tree):
        record = pair_records.record(tree, pair)
        assert record.keys() == {"external_id", "fields", "metadata"}
        assert record["metadata"] == {"turn": pair.user.turn}
        told = json.dumps(record)
        for secret in ("tailored", "generic", "preferred", "rejected", "margin", "votes", "m/", "random", "targeted"):
            assert secret not in told


def test_either_reply_stands_first_as_often_and_always_as_computed() -> None:
    seen = Counter[str]()
    for number in range(60):
        tree = grow(persona_id=persona(number).persona_id)
        for pair in pairs(tree):
            record = pair_records.record(tree, pair)
            first = pair_records.first(pair_records.pair_of(record["external_id"]))
            shown = {"tailored": pair.tailored.content, "generic": pair.generic.content}
            assert record["fields"]["first"] == shown.pop(first)
            assert [record["fields"]["second"]] == list(shown.values())
            seen[first] += 1
    assert 60 < seen["tailored"] < 120


def test_the_order_of_published_reviews_never_changes() -> None:
    """It is computed anew when answers are read: another seed would turn old answers round."""
    names = [f"t-7bc7bd592969/{node}" for node in range(12)]
    assert "".join(pair_records.first(name)[0] for name in names) == "tgggtgttttgg"


@pytest.mark.parametrize("number", range(5))
def test_a_record_is_named_by_all_that_it_shows(number: int) -> None:
    """Of the five messages that the second pair shows, each."""
    said = [Exchange("one", "two", "-"), Exchange("three", "four", "five")]
    tree = chain(said)
    place = [0, 1, 3, 4, 5][number]
    name, other = (
        pair_records.record_id(one, list(pairs(one))[1]) for one in (tree, with_node(tree, place, content="another"))
    )
    assert name != other
    assert pair_records.pair_of(name) == pair_records.pair_of(other) == pair_id(tree, list(pairs(tree))[1])


def test_a_record_is_not_named_by_what_it_does_not_show() -> None:
    """Another reply to an earlier message, votes, labels."""
    tree = chain([Exchange("one", "two", "-"), Exchange("three", "four", "five")])
    other = chain([Exchange("one", "two", "not gone on with"), Exchange("three", "four", "five", TIE)])
    names = [pair_records.record_id(one, list(pairs(one))[1]) for one in (tree, other)]
    assert names[0] == names[1]


def test_the_names_of_published_records_never_change() -> None:
    """Else all of them would be asked about again."""
    tree = chain([Exchange("one", "two", "three")])
    assert pair_records.record_id(tree, next(pairs(tree))) == f"{tree.tree_id}/0#{ONE_TWO_THREE}"


@pytest.mark.parametrize("guidelines", [persona_records.GUIDELINES, pair_records.GUIDELINES])
def test_annotators_are_told_that_comments_are_published(guidelines: str) -> None:
    assert "Comments are published with the data, under a pseudonym: write nothing" in guidelines


@given(trees(), st.data())
def test_whatever_a_tree_says_is_shown_exactly(tree: TreeRow, data: st.DataObject) -> None:
    pair = data.draw(st.sampled_from(list(pairs(tree))))
    fields = pair_records.record(tree, pair)["fields"]
    assert {unescape(fields["first"]), unescape(fields["second"])} == {pair.tailored.content, pair.generic.content}
    assert unescape(fields["dialogue"][-1]["content"]) == pair.user.content
    assert not any("<" in str(value) for value in fields.values())


def test_a_dialogue_is_shown_up_to_the_users_last_message() -> None:
    tree = chain([Exchange("one", "two", "-"), Exchange("<three>", "four", "five")])
    record = pair_records.record(tree, list(pairs(tree))[1])
    said = [(one["role"], one["content"]) for one in record["fields"]["dialogue"]]
    assert said == [("user", "one"), ("assistant", "two"), ("user", "&lt;three&gt;")]
    assert re.fullmatch(rf"{tree.tree_id}/3#[0-9a-f]{{12}}", record["external_id"])
    assert record["fields"]["persona"] == f"{tree.profile}\n\n{tree.personality}"
