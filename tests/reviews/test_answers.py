"""Responses as Argilla gives them, to rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType, SimpleNamespace
from typing import Any, cast

import pytest

from pipelines.reviews import pair_records, persona_records
from pipelines.reviews.answers import Answers, What, fetch, pseudonyms
from pipelines.reviews.client import Server
from pipelines.reviews.pair_records import first
from pipelines.schema import ReviewRow, review_id

KEEP = {"profile_verdict": "keep", "personality_verdict": "keep", "pairing_verdict": "keep"}
A_PAIR = {"preference": "first", "in_character": "yes", "undisclosed": "neither"}


@pytest.fixture(autouse=True)
def unconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argilla's SDK makes no settings without a connection."""
    monkeypatch.setattr(persona_records, "asked", lambda: None)
    monkeypatch.setattr(pair_records, "settings", lambda: None)


@dataclass
class Given:
    """A server that has these records."""

    found: list[dict[str, Any]]
    noted: dict[str, str] = field(default_factory=dict)

    def dataset(self, repo_id: str) -> Any:
        return SimpleNamespace(settings=SimpleNamespace(distribution=SimpleNamespace(min_submitted=2)))

    def expect(self, dataset: Any, settings: Any, shape: Any) -> None:
        """Its shape is another test's."""

    def samples(self, dataset: Any) -> dict[str, str]:
        return self.noted or {record["external_id"]: "random" for record in self.found}

    def records(self, dataset: Any, *, responses: bool) -> list[dict[str, Any]]:
        return self.found


def record(name: str, *responses: dict[str, Any]) -> dict[str, Any]:
    metadata = {"profile_id": "pr-1", "personality_id": "pe-1"}
    return {"external_id": name, "metadata": metadata, "responses": list(responses)}


def response(
    values: dict[str, Any], user: str = "u1", when: str = "2026-11-21T10:15:30.500000", status: str = "submitted"
) -> dict[str, Any]:
    said = {question: {"value": value} for question, value in values.items()}
    return {"values": said, "user_id": user, "updated_at": when, "status": status}


def answers(
    found: list[dict[str, Any]], what: What = "personas", known: Mapping[str, str] = MappingProxyType({})
) -> Answers:
    return fetch(cast("Server", Given(found)), "i2a/data", what, known)


def said(rows: list[ReviewRow]) -> list[tuple[str, str, str, str]]:
    return [(row.kind, row.object_id, row.question, row.value) for row in rows]


def test_a_kept_persona_is_three_verdicts() -> None:
    rows = answers([record("p-1", response(KEEP))]).rows
    assert said(rows) == [
        ("persona", "p-1", "verdict", "keep"),
        ("personality", "pe-1", "verdict", "keep"),
        ("profile", "pr-1", "verdict", "keep"),
    ]
    assert {(row.review_id, row.annotator, row.sample, row.submitted, row.first) for row in rows} == {
        (review_id("p-1"), "a01", "random", "2026-11-21T10:15:30Z", None)
    }


def test_reasons_belong_to_what_was_not_kept_in_the_order_of_the_list() -> None:
    values = KEEP | {"profile_verdict": "reject", "pairing_verdict": "reject", "reasons": ["unsafe", "contradiction"]}
    found = [row for row in said(answers([record("p-1", response(values))]).rows) if row[2] == "reasons"]
    assert found == [
        ("persona", "p-1", "reasons", "contradiction, unsafe"),
        ("profile", "pr-1", "reasons", "contradiction, unsafe"),
    ]


def test_an_edited_text_counts_only_where_edit_was_chosen_and_comes_back_as_it_was_typed() -> None:
    """The text to edit is there from the start, so it comes with every answer."""
    typed = "  a<b &amp; <i>c</i>\n\nבר *x*\u00a0 🦔"
    values = KEEP | {"profile_verdict": "edit", "profile_edit": typed + "\n", "personality_edit": "as it was"}
    found = said(answers([record("p-1", response(values))]).rows)
    assert [row for row in found if row[2] == "edit"] == [("profile", "pr-1", "edit", typed)]


def test_an_emptied_edit_and_an_emptied_comment_are_none() -> None:
    values = KEEP | {"profile_verdict": "edit", "profile_edit": "\n", "comment": ""}
    assert {row.question for row in answers([record("p-1", response(values))]).rows} == {"verdict"}


def test_a_comment_on_a_persona_is_about_the_persona() -> None:
    rows = answers([record("p-1", response(KEEP | {"comment": "Hm & so."}))]).rows
    assert ("persona", "p-1", "comment", "Hm & so.") in said(rows)


@pytest.mark.parametrize("name", ["t-1/0", "t-1/3", "t-2/0", "t-2/3"])
def test_first_and_second_become_the_responders_that_stood_there(name: str) -> None:
    values = A_PAIR | {"preference": "second", "undisclosed": "first", "comment": "Both are short."}
    rows = answers([record(f"{name}#0123456789ab", response(values))], "trees").rows
    stood = first(name)
    other = {"tailored": "generic", "generic": "tailored"}[stood]
    assert said(rows) == [
        ("pair", name, "comment", "Both are short."),
        ("pair", name, "in-character", "yes"),
        ("pair", name, "preference", other),
        ("pair", name, "undisclosed", stood),
    ]
    assert {(row.first, row.review_id) for row in rows} == {(stood, review_id(f"{name}#0123456789ab"))}


def test_answers_to_other_texts_of_a_pair_are_another_review() -> None:
    old, new = (record(f"t-1/0#{texts}", response(A_PAIR)) for texts in ("a" * 12, "b" * 12))
    rows = answers([old, new], "trees").rows
    assert {row.object_id for row in rows} == {"t-1/0"}
    assert {row.review_id for row in rows} == {review_id(one["external_id"]) for one in (old, new)}


def test_what_names_no_reply_stays_as_it_is() -> None:
    values = {"preference": "no-difference", "in_character": "no", "undisclosed": "both"}
    rows = answers([record("t-1/0#a", response(values))], "trees").rows
    assert [row.value for row in rows] == ["no", "no-difference", "both"]


@pytest.mark.parametrize("status", ["draft", "discarded"])
def test_what_was_not_submitted_is_no_answer(status: str) -> None:
    found = answers([record("p-1", response(KEEP, status=status), response({}, "u2", status=status))])
    assert (found.rows, found.annotators, found.seen) == ([], {}, set())


def test_all_that_somebody_with_a_pseudonym_has_said_is_seen_whatever_became_of_it() -> None:
    known = answers([record("p-0", response(KEEP, "u1"))]).annotators
    given = [
        record("p-1", response(KEEP, "u1"), response(KEEP, "u2"), response({}, "u3", status="draft")),
        record("p-2", response({}, "u1", status="draft"), response({}, "u2", status="discarded")),
        record("p-3"),
    ]
    assert answers(given, known=known).seen == {
        (review_id(name), who) for name, who in [("p-1", "a01"), ("p-1", "a02"), ("p-2", "a01"), ("p-2", "a02")]
    }


def test_a_record_of_somebody_elses_is_none_of_ours() -> None:
    given = Given([record("p-1", response(KEEP)), record("mine", response({"q": "x"}))], {"p-1": "cover"})
    found = fetch(cast("Server", given), "i2a/data", "personas", {})
    assert found.seen == {(review_id("p-1"), "a01")}
    assert {row.sample for row in found.rows} == {"cover"}


def test_annotators_are_numbered_by_their_first_answer_and_keep_their_number() -> None:
    late = record("p-1", response(KEEP, "u1", "2026-11-21T12:00:00"), response(KEEP, "u2", "2026-11-21T11:00:00"))
    early = record("p-2", response(KEEP, "u1", "2026-11-21T10:00:00"))
    found = answers([early, late])
    assert list(found.annotators) == ["a01", "a02"]
    assert {row.annotator for row in found.rows if row.review_id == review_id("p-2")} == {"a01"}
    assert found.min_submitted == 2
    newcomer = record("p-3", response(KEEP, "u0", "2026-11-21T09:00:00"))
    again = answers([newcomer, late, early], known=found.annotators)
    assert again.annotators.items() > found.annotators.items()
    assert {row.annotator for row in again.rows if row.review_id == review_id("p-3")} == {"a03"}


def test_pseudonyms_tell_no_user() -> None:
    found = answers([record("p-1", response(KEEP, "2f6c9e0e-6d0b-4f0e-8a55-0d1f1e1c9b11"))]).annotators
    assert set(found) == {"a01"}
    assert len(found["a01"]) == 12
    assert found["a01"] not in "2f6c9e0e-6d0b-4f0e-8a55-0d1f1e1c9b11"


def test_who_answered_at_the_same_time_is_numbered_by_id() -> None:
    when = datetime(2026, 11, 21, tzinfo=UTC)
    assert pseudonyms([("f", when), ("b", when)], {}) == {"a01": "b", "a02": "f"}


@pytest.mark.parametrize(
    "when", ["2026-11-21T10:15:30", "2026-11-21T10:15:30Z", "2026-11-21T12:15:30+02:00", "2026-11-21T00:45:30-09:30"]
)
def test_times_are_utc_whatever_zone_the_server_tells_them_in(when: str) -> None:
    rows = answers([record("p-1", response(KEEP, when=when))]).rows
    assert {row.submitted for row in rows} == {"2026-11-21T10:15:30Z"}


def test_the_earliest_answer_is_so_in_any_zone() -> None:
    late, early = (
        response(KEEP, user, f"2026-11-21T{when}") for user, when in [("l", "10:00:00"), ("e", "11:00:00+02:00")]
    )
    found = answers([record("p-1", late), record("p-2", early)])
    assert {row.annotator for row in found.rows if row.review_id == review_id("p-2")} == {"a01"}


def test_rows_come_in_one_order_whatever_the_servers_is() -> None:
    given = [record(f"p-{n}", response(KEEP, "u1"), response(KEEP, "u2", "2026-11-21T11:00:00")) for n in range(5)]
    assert answers(given).rows == answers(given[::-1]).rows
    keys = [(row.review_id, row.annotator, row.kind, row.question) for row in answers(given).rows]
    assert keys == sorted(set(keys))
