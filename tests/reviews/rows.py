"""Answers of reviewers, written down in a line each."""

from pipelines.reviews.questions import COMMENT, EDIT, IN_CHARACTER, PREFERENCE, REASONS, UNDISCLOSED, VERDICT
from pipelines.schema import PersonaRow, ReviewRow, review_id


def answer(
    kind: str, object_id: str, value: str, question: str = VERDICT, by: str = "a01", record: str = ""
) -> ReviewRow:
    """One answer, to a record of its own unless another one is named."""
    first = "tailored" if kind == "pair" else None
    submitted = "2026-11-21T10:15:30Z"
    return ReviewRow(review_id(record or object_id), kind, object_id, question, value, by, "random", submitted, first)


def persona_answers(
    row: PersonaRow,
    *,
    profile: str = "keep",
    personality: str = "keep",
    pairing: str = "keep",
    reasons: str = "",
    edit: str = "",
    by: str = "a01",
) -> list[ReviewRow]:
    """What one person says of a persona; reasons and the edited text are about the profile."""
    given = [
        ("profile", row.profile_id, VERDICT, profile),
        ("personality", row.personality_id, VERDICT, personality),
        ("persona", row.persona_id, VERDICT, pairing),
        ("profile", row.profile_id, REASONS, reasons),
        ("profile", row.profile_id, EDIT, edit),
        ("persona", row.persona_id, COMMENT, "a comment"),
    ]
    return [
        answer(kind, object_id, value, question, by, row.persona_id)
        for kind, object_id, question, value in given
        if value
    ]


def pair_answers(
    record: str, preference: str, *, in_character: str = "yes", undisclosed: str = "neither", by: str = "a01"
) -> list[ReviewRow]:
    """What one person says of a pair, by the id of its record."""
    given = {PREFERENCE: preference, IN_CHARACTER: in_character, UNDISCLOSED: undisclosed}
    pair = record.partition("#")[0]
    return [answer("pair", pair, value, question, by, record) for question, value in given.items()]
