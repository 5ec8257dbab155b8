"""What people have answered, as rows of `reviews`.

    answers = fetch(connect(home), "i2a/trees", "trees", known=manifest["annotators"])

A draft is no answer, nor is a record that somebody discarded.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pipelines.reviews import pair_records, persona_records
from pipelines.reviews.client import Record, Server, to_read
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
    seen: set[tuple[str, str]]  # review_id and annotator of all that stands there, drafts and discards too


def fetch(server: Server, repo_id: str, what: What, known: Mapping[str, str]) -> Answers:
    """Reads the answers to a release.

    Args:
        known: the annotators of earlier answers, who keep their pseudonyms.

    Raises:
        UserError: it was never pushed for review, something else stands there under its name, or the server does not
            answer.
    """
    dataset = server.dataset(repo_id)
    server.expect(dataset, persona_records.asked() if what == "personas" else pair_records.settings(), to_read)
    samples = server.samples(dataset)
    found = server.records(dataset, responses=True)
    records = [record for record in found if record["external_id"] in samples]  # others are somebody's own
    given = [(record, response) for record in records for response in submitted(record)]
    annotators = pseudonyms(((_user(response), _when(response)) for _, response in given), known)
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
        {
            (review_id(record["external_id"]), name_of[user])
            for record in records
            for user in map(_user, record["responses"])
            if user in name_of
        },
    )


def submitted(record: Record) -> list[dict[str, Any]]:
    """The responses that count."""
    return [response for response in record["responses"] if response["status"] == "submitted"]


def pseudonyms(answers: Iterable[tuple[str, datetime]], known: Mapping[str, str]) -> dict[str, str]:
    """Pseudonym -> user: the known ones, then new ones in the order of their earliest answers.

    Args:
        answers: of each the user, and when it was submitted.

    >>> pseudonyms([("f0", datetime(2026, 11, 21)), ("0a", datetime(2026, 11, 20))], {"a01": "77"})
    {'a01': '77', 'a02': '0a', 'a03': 'f0'}
    """
    earliest: dict[str, datetime] = {}
    for user, when in answers:
        earliest[user] = min(when, earliest.get(user, when))
    new = sorted(earliest.keys() - set(known.values()), key=lambda user: (earliest[user], user))
    return {**known, **{f"a{number:02}": user for number, user in enumerate(new, len(known) + 1)}}


def _user(response: Mapping[str, Any]) -> str:
    return hashlib.sha256(response["user_id"].encode()).hexdigest()[:12]


def _when(response: Mapping[str, Any]) -> datetime:
    """When it was last changed. Argilla tells UTC, without saying so."""
    told = datetime.fromisoformat(response["updated_at"])
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)


def _rows(
    what: What, record: Record, response: Mapping[str, Any], annotator: str, sample: Sample
) -> Iterator[ReviewRow]:
    values = {question: answer["value"] for question, answer in response["values"].items()}
    record_id = record["external_id"]
    pair = pair_records.pair_of(record_id)
    first = pair_records.first(pair) if what == "trees" else None
    said = _of_persona(record, values) if first is None else _of_pair(pair, values, first)
    when = f"{_when(response):%Y-%m-%dT%H:%M:%SZ}"
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


def _of_pair(pair: str, values: Values, first: Responder) -> Iterator[Said]:
    second = next(responder for responder in RESPONDERS if responder != first)
    meant = {"first": first, "second": second}
    answers = {
        PREFERENCE: meant.get(values["preference"], values["preference"]),
        IN_CHARACTER: values["in_character"],
        UNDISCLOSED: meant.get(values["undisclosed"], values["undisclosed"]),
        COMMENT: values.get(COMMENT, "").rstrip("\n"),
    }
    return (("pair", pair, question, value) for question, value in answers.items() if value)
