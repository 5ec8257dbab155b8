"""From many answers to what is done with a text or a pairing."""

from dataclasses import replace

import pytest

from pipelines.reviews.questions import EDIT, REASONS, VERDICT
from pipelines.reviews.verdicts import Verdict, verdicts
from tests.reviews.rows import answer


def test_the_answers_about_a_text_count_together_whichever_persona_showed_it() -> None:
    rows = [
        answer("profile", "pr-1", value, by=f"a0{n}", record=f"p-{n}")
        for n, value in enumerate(["reject", "keep", "reject"])
    ]
    assert verdicts(rows, 1)["pr-1"].detail == "reject: 2 of 3 answers"
    assert verdicts(rows[:2], 1) == {}  # a tie changes nothing
    assert verdicts([*rows, answer("profile", "pr-1", "keep", by="a04", record="p-3")], 1) == {}


def test_of_one_person_s_answers_about_a_text_the_latest_counts_with_its_reasons() -> None:
    """It may be shown in several personas."""
    rows = [
        answer("profile", "pr-1", "reject", record="p-1"),
        answer("profile", "pr-1", "unsafe", REASONS, record="p-1"),
        replace(answer("profile", "pr-1", "keep", record="p-2"), submitted="2026-11-21T10:15:29Z"),
        answer("profile", "pr-1", "keep", by="a02", record="p-3"),
        answer("profile", "pr-1", "reject", by="a03", record="p-4"),
    ]
    assert verdicts(rows, 1)["pr-1"].detail == "reject: 2 of 3 answers; unsafe"
    rows[2] = replace(rows[2], submitted="2026-11-21T10:15:31Z")
    assert verdicts(rows, 1) == {}


def test_a_record_counts_when_enough_people_have_answered_it() -> None:
    rows = [answer("persona", "p-1", "reject", by="a01")]
    assert verdicts(rows, 2) == {}
    assert verdicts([*rows, *rows], 2) == {}  # twice the same person
    assert verdicts([*rows, answer("persona", "p-1", "reject", by="a02")], 2).keys() == {"p-1"}


def test_what_is_rejected_leaves_with_the_reason_that_most_of_its_rejecters_give() -> None:
    rows = [
        answer("profile", "pr-1", "reject", record="p-1"),
        answer("profile", "pr-1", "unsafe, stereotype", REASONS, record="p-1"),
        answer("profile", "pr-1", "reject", by="a02", record="p-2"),
        answer("profile", "pr-1", "unsafe", REASONS, by="a02", record="p-2"),
        answer("profile", "pr-1", "edit", by="a03", record="p-3"),
        answer("profile", "pr-1", "too-vague", REASONS, by="a03", record="p-3"),
    ]
    assert verdicts(rows, 1) == {
        "pr-1": Verdict("review:unsafe", "reject: 2 of 3 answers; unsafe; stereotype", None)
    }  # fmt: skip
    assert verdicts([answer("profile", "pr-1", "reject")], 1)["pr-1"].reason == "review:rejected"


def test_an_edit_is_the_text_that_most_give_and_of_equally_many_the_earliest() -> None:
    edits = ["Is 44.\n\n  Keeps   hens. \r\nA cafe\u0301\u2028here.", "Is 45.", "Is 46."]
    rows = [
        row
        for n, text in enumerate(edits)
        for row in [
            replace(answer("profile", "pr-1", value, question, by=f"a0{n}"), submitted=f"2026-11-2{9 - n}T00:00:00Z")
            for value, question in (("edit", VERDICT), (text, EDIT))
        ]
    ]
    assert verdicts(rows, 1)["pr-1"] == Verdict("review:edited", "edit: 3 of 3 answers", ["Is 46."])
    assert verdicts(rows[:2], 1)["pr-1"].statements == ["Is 44.", "Keeps hens.", "A caf\u00e9 here."]
    again = [replace(row, annotator="a09") for row in rows[:2]]
    assert verdicts([*rows, *again], 1)["pr-1"].statements == ["Is 44.", "Keeps hens.", "A caf\u00e9 here."]


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_edit_without_a_text_changes_nothing(text: str) -> None:
    rows = [answer("profile", "pr-1", "edit"), answer("profile", "pr-1", text, EDIT)]
    assert verdicts(rows[:1], 1) == {}
    assert verdicts(rows, 1) == {}


def test_of_a_text_that_somebody_rejects_another_one_s_edit_is_not_taken() -> None:
    rows = [
        *(answer("profile", "pr-1", value, by=f"a0{n}") for n, value in enumerate(["reject", "reject", "edit"])),
        answer("profile", "pr-1", "Is 45.", EDIT, by="a02"),
    ]
    assert verdicts(rows, 1)["pr-1"].statements is None
