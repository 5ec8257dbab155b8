"""What people have answered, as rows of `reviews`.

    answers = fetch(connect(home), "i2a/trees", "trees", known=manifest["annotators"])

A draft is no answer, nor is a record that somebody discarded.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pipelines.reviews import pair_records
from pipelines.reviews.client import Record, Server
from pipelines.reviews.questions import (
    COMMENT,
    EDIT,
    IN_CHARACTER,
    PREFERENCE,
    REASON,
    REASONS,
    UNDISCLOSED,
    VERDICT,
    Sample,
)
from pipelines.schema import RESPONDERS, Responder, ReviewRow, review_id

What = Literal["personas", "trees"]
Values = Mapping[str, Any]  # name of a question on the server -> the answer
Said = tuple[str, str, str, str]  # kind, id of the object, question, value


@dataclass(frozen=True)
class Answers:
    """All that has been submitted so far."""

    rows: list[ReviewRow]  # by review_id, annotator, kind and question
    annotators: dict[str, str]  # a01 -> 12 hex digits of a hash of the user's id there
    min_submitted: int  # answers that a record needs
    records: dict[str, Sample]  # what is asked about: persona_id or TREE_ID/NODE -> why it was chosen


def fetch(server: Server, repo_id: str, what: What, known: Mapping[str, str]) -> Answers:
    """Reads the answers to a release.

    Args:
        known: the annotators of earlier answers, who keep their pseudonyms.

    Raises:
        UserError: it was never pushed for review, or the server does not answer.
    """
    dataset = server.dataset(repo_id)
    samples = server.samples(dataset)
    found = {record["external_id"]: record for record in server.records(dataset, responses=True)}
    records = {name: record for name, record in found.items() if name in samples}  # others are somebody's own
    given = [(record, response) for record in records.values() for response in submitted(record)]
    annotators = pseudonyms(((_user(response), response["updated_at"]) for _, response in given), known)
    name_of = {user: name for name, user in annotators.items()}
    rows = [
        row
        for record, response in given
        for row in _rows(what, record, response, name_of[_user(response)], samples[record["external_id"]])
    ]
    return Answers(
        sorted(rows, key=lambda row: (row.review_id, row.annotator, row.kind, row.question)),
        annotators,
        dataset.settings.distribution.min_submitted,
        {name: samples[name] for name in records},
    )


def submitted(record: Record) -> list[dict[str, Any]]:
    """The responses that count."""
    return [response for response in record["responses"] if response["status"] == "submitted"]


def pseudonyms(answers: Iterable[tuple[str, str]], known: Mapping[str, str]) -> dict[str, str]:
    """Pseudonym -> user: the known ones, then new ones in the order of their earliest answers.

    Args:
        answers: of each the user, and when it was submitted.

    >>> pseudonyms([("f0", "2026-11-21T10"), ("0a", "2026-11-21T09")], {"a01": "77"})
    {'a01': '77', 'a02': '0a', 'a03': 'f0'}
    """
    earliest: dict[str, str] = {}
    for user, when in answers:
        earliest[user] = min(when, earliest.get(user, when))
    new = sorted(earliest.keys() - set(known.values()), key=lambda user: (earliest[user], user))
    return {**known, **{f"a{number:02}": user for number, user in enumerate(new, len(known) + 1)}}


def _user(response: Mapping[str, Any]) -> str:
    return hashlib.sha256(response["user_id"].encode()).hexdigest()[:12]


def _rows(
    what: What, record: Record, response: Mapping[str, Any], annotator: str, sample: Sample
) -> Iterator[ReviewRow]:
    values = {question: answer["value"] for question, answer in response["values"].items()}
    record_id = record["external_id"]
    first = pair_records.first(record_id) if what == "trees" else None
    said = _of_persona(record, values) if first is None else _of_pair(record_id, values, first)
    when = datetime.fromisoformat(response["updated_at"]).replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for kind, object_id, question, value in said:
        yield ReviewRow(review_id(record_id), kind, object_id, question, value, annotator, sample, when, first)


def _of_persona(record: Record, values: Values) -> Iterator[Said]:
    objects = {
        "profile": (record["metadata"]["profile_id"], values["profile_verdict"]),
        "personality": (record["metadata"]["personality_id"], values["personality_verdict"]),
        "persona": (record["external_id"], values["pairing_verdict"]),
    }
    chosen = values.get(REASONS, [])
    reasons = ", ".join(reason for reason in REASON if reason in chosen)
    for kind, (object_id, verdict) in objects.items():
        yield kind, object_id, VERDICT, verdict
        if verdict != "keep" and reasons:
            yield kind, object_id, REASONS, reasons
        text = values.get(f"{kind}_edit", "").rstrip("\n")  # the browser ends a text that was written to with one
        if verdict == "edit" and text:
            yield kind, object_id, EDIT, text
    if comment := values.get(COMMENT, "").rstrip("\n"):
        yield "persona", record["external_id"], COMMENT, comment


def _of_pair(record_id: str, values: Values, first: Responder) -> Iterator[Said]:
    second = next(responder for responder in RESPONDERS if responder != first)
    meant = {"first": first, "second": second}
    answers = {
        PREFERENCE: meant.get(values["preference"], values["preference"]),
        IN_CHARACTER: values["in_character"],
        UNDISCLOSED: meant.get(values["undisclosed"], values["undisclosed"]),
        COMMENT: values.get(COMMENT, "").rstrip("\n"),
    }
    return (("pair", record_id, question, value) for question, value in answers.items() if value)
