"""Many answers to one decision, for every profile, personality and pairing that was reviewed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipelines.replies import cleaned
from pipelines.reviews.decisions import REVIEW, complete, majority
from pipelines.reviews.questions import EDIT, REASON, REASONS, VERDICT
from pipelines.schema import ReviewRow
from pipelines.seeds.reader import LINE_END

Answers = Mapping[str, Sequence[ReviewRow]]  # question -> the answers about one object


@dataclass(frozen=True)
class Verdict:
    """What is to be done with a text or a pairing that does not stay as it is."""

    reason: str
    """What it leaves with: `review:edited`, `review:rejected`, or `review:` and the commonest reason that was given."""
    detail: str
    statements: list[str] | None
    """Of an edit: the text as it ought to be. None of what was rejected."""


def verdicts(rows: Iterable[ReviewRow], min_submitted: int) -> dict[str, Verdict]:
    """Id of a profile, personality or persona -> its verdict; what stays as it is has none.

    All answers about a text count together, whichever persona it was shown in. A tie changes nothing, nor does an edit
    that came without a text.
    """
    answers: defaultdict[str, defaultdict[str, list[ReviewRow]]] = defaultdict(lambda: defaultdict(list))
    for row in complete(rows, min_submitted):
        answers[row.object_id][row.question].append(row)
    found = {object_id: _verdict(of) for object_id, of in answers.items()}
    return {object_id: verdict for object_id, verdict in found.items() if verdict is not None}


def _verdict(answers: Answers) -> Verdict | None:
    given = answers.get(VERDICT, [])
    value = majority(row.value for row in given)
    if value in {None, "keep"}:
        return None
    theirs = {(row.review_id, row.annotator) for row in given if row.value == value}
    reasons = _reasons([row for row in answers.get(REASONS, []) if (row.review_id, row.annotator) in theirs])
    detail = "; ".join([f"{value}: {len(theirs)} of {len(given)} answers", *reasons])
    if value == "reject":
        return Verdict(REVIEW + (reasons[0] if reasons else "rejected"), detail, None)
    edits = [row for row in answers.get(EDIT, []) if (row.review_id, row.annotator) in theirs and row.value.strip()]
    if not edits:
        return None
    edits.sort(key=lambda row: (row.submitted, row.review_id, row.annotator))
    commonest = Counter(row.value for row in edits).most_common(1)[0][0]  # of equally common ones the earliest
    return Verdict(f"{REVIEW}edited", detail, cleaned(LINE_END.split(commonest)))


def _reasons(rows: Iterable[ReviewRow]) -> list[str]:
    """The reasons given, the commonest first."""
    counts = Counter(reason for row in rows for reason in row.value.split(", "))
    return sorted(counts, key=lambda reason: (-counts[reason], REASON.index(reason)))
