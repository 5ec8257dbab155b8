"""What reviewers decided and how far they agree, with each other and with the judge, as facts for manifest and card.

Counts are of all complete records. Whatever is to hold for the whole release (shares, agreement, position bias) comes
from the random half of a sample, or from all of a cover. Figures have four digits and 95% intervals; what is not
defined is None.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Any

from pipelines.reviews.decisions import complete, majority
from pipelines.reviews.estimates import accuracy_of, alpha_of, estimate, kappa_of, rounded, share
from pipelines.reviews.questions import (
    IN_CHARACTER,
    IN_CHARACTERS,
    PAIRING_VERDICTS,
    PREFERENCE,
    PREFERENCES,
    REASON,
    REASONS,
    UNDISCLOSED,
    UNDISCLOSEDS,
    VERDICT,
    VERDICTS,
)
from pipelines.schema import RESPONDERS, Responder, ReviewRow
from pipelines.tree_audit import wilson

MARGINS = (0.0, 0.1, 0.2, 0.4, 1.0)
"""Edges of the buckets of the judge's margin; the last one holds its upper edge."""
_REPRESENTATIVE = ("cover", "random")


@dataclass(frozen=True)
class Judged:
    """What the judge said of a pair."""

    winner: Responder | None  # None where it left the pair undecided
    margin: float
    tree_id: str


def persona_figures(rows: Sequence[ReviewRow], min_submitted: int, of: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """What the answers say, of the fact `review` of the personas; cards/templates/parts.md.jinja2 has its shape.

    Args:
        of: profile, personality and persona -> ids of those that there were before any review. Answers about others,
            such as an edited text, decide about these, and stand in no figure.
    """
    done = complete(rows, min_submitted)
    decisions = {}
    for kind, values in (("profile", VERDICTS), ("personality", VERDICTS), ("persona", PAIRING_VERDICTS)):
        about = [row for row in done if row.kind == kind and row.object_id in of[kind]]
        decisions[kind] = {"of": len(of[kind]), **_decisions(about, VERDICT, values), "reasons": _reasons(about)}
    return {**_work(rows, done, min_submitted), "decisions": decisions}


def pair_figures(
    rows: Sequence[ReviewRow], min_submitted: int, judged: Mapping[str, Judged], of: int
) -> dict[str, Any]:
    """What they say of that of the trees.

    Args:
        of: how many pairs there were to review.
        judged: review_id of a pair -> what the judge said of it; answers about a pair that is not there, or no longer
            with these words, stand in no figure.
    """
    answered = complete(rows, min_submitted)
    done = [row for row in answered if row.review_id in judged]
    asked = {PREFERENCE: PREFERENCES, IN_CHARACTER: IN_CHARACTERS, UNDISCLOSED: UNDISCLOSEDS}
    decisions = {question: {"of": of, **_decisions(done, question, values)} for question, values in asked.items()}
    known = Counter(_decided(_representative(done, UNDISCLOSED)).values())
    return {
        **_work(rows, answered, min_submitted),
        "decisions": decisions,
        "undisclosed_by": {one: share(known[one] + known["both"], known.total() - known[None]) for one in RESPONDERS},
        "first_position": _first_position(done),
        "judge": against_judge(done, {row.object_id: judged[row.review_id] for row in done}),
    }


def alpha(rows: Iterable[ReviewRow], question: str) -> dict[str, Any]:
    """Krippendorff's alpha (2011, nominal) of the answers to a question: 1 is full agreement, 0 what chance gives.

    What is answered is an object: a pair, a pairing, or a text in whichever persona it was shown; of one person's
    answers about it the last counts. Replies are told apart as they were shown, as first and second, since that is all
    that an annotator could see. The interval resamples objects.

    Returns:
        {alpha, low, high, records, annotators}: records, the objects that at least two people answered for.
    """
    given = sorted((row for row in rows if row.question == question), key=lambda row: (row.submitted, row.review_id))
    last = {(row.object_id, row.annotator): _as_shown(row) for row in given}
    answers: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (object_id, _), value in last.items():
        answers[object_id][value] += 1
    values = sorted(set(last.values()))
    counts = [[of[value] for value in values] for _, of in sorted(answers.items()) if of.total() > 1]
    return {
        **estimate("alpha", counts, alpha_of),
        "records": len(counts),
        "annotators": len({annotator for _, annotator in last}),
    }


def against_judge(rows: Iterable[ReviewRow], judged: Mapping[str, Judged]) -> dict[str, Any]:
    """How often the decision of people is that of the judge, where both prefer one of the replies.

    Kappa (Cohen, 1960) is that of first and second, as the replies were shown: the tailored one wins nearly always, so
    that of tailored and generic would say little. The intervals resample whole trees, whose pairs go together.

    Args:
        rows: of complete records; those of the random half count.

    Returns:
        {pairs, trees, accuracy, kappa, by_margin, single, no_difference, tied, undecided}: `single` has the figures of
        single answers, since decisions leave out what people differ on, the hard pairs; the last three count pairs that
        are not compared: people see no difference, are of two minds, or prefer one where the judge is undecided.
    """
    given = [row for row in _representative(rows, PREFERENCE) if row.object_id in judged]
    first = {row.object_id: row.first for row in given}
    decided = sorted(_decided(given).items())
    values = Counter(value for _, value in decided)

    def compared(answers: Iterable[tuple[str, str | None]], low: float, high: float) -> dict[str, Any]:
        return _compare(
            [
                _Compared(said.tree_id, value == first[id_], said.winner == first[id_])
                for id_, value in answers
                if value in RESPONDERS and (said := judged[id_]).winner and low <= said.margin < high
            ]
        )

    whole = compared(decided, 0, inf)
    return {
        **whole,
        "by_margin": [
            {"margin": [low, high], **compared(decided, low, high if high < 1 else inf)}
            for low, high in pairwise(MARGINS)
        ],
        "single": compared([(row.object_id, row.value) for row in given], 0, inf),
        "no_difference": values["no-difference"],
        "tied": values[None],
        "undecided": sum(values[one] for one in RESPONDERS) - whole["pairs"],
    }


@dataclass(frozen=True, slots=True)
class _Compared:
    tree_id: str
    people: bool  # whether they prefer the reply that was shown first
    judge: bool


def _compare(pairs: Sequence[_Compared]) -> dict[str, Any]:
    """Of pairs, or of single answers about them."""
    tables: defaultdict[str, list[int]] = defaultdict(lambda: [0] * 4)
    for one in pairs:
        tables[one.tree_id][2 * one.people + one.judge] += 1
    counts = [table for _, table in sorted(tables.items())]
    accuracy = estimate("share", counts, accuracy_of)
    if len(counts) > 1 and accuracy["share"] in {0, 1}:  # no resample has anything else, which proves little
        low, high = wilson(len(counts) * int(accuracy["share"]), len(counts))
        accuracy |= {"low": rounded(low), "high": rounded(high)}
    return {
        "pairs": len(pairs),
        "trees": len(counts),
        "accuracy": accuracy,
        "kappa": estimate("kappa", counts, kappa_of),
    }


def _work(rows: Sequence[ReviewRow], done: Sequence[ReviewRow], min_submitted: int) -> dict[str, Any]:
    """Who has done how much, and why these records were chosen."""
    samples = Counter({row.review_id: row.sample for row in done}.values())
    return {
        "min_submitted": min_submitted,
        "records": {
            "reviewed": len({row.review_id for row in rows}),
            "complete": samples.total(),
            **{name: samples[name] for name in ("cover", "random", "targeted")},
        },
        "annotators": len({row.annotator for row in rows}),
        "answers": len(rows),
    }


def _decisions(rows: Sequence[ReviewRow], question: str, values: Sequence[str]) -> dict[str, Any]:
    """What was decided on a question, object by object, and the share of each answer with its interval (Wilson)."""
    every = Counter(_decided(row for row in rows if row.question == question).values())
    fair = Counter(_decided(_representative(rows, question)).values())
    whole = fair.total() - fair[None]
    return {
        "reviewed": every.total(),
        "decided": {value: every[value] for value in values},
        "tied": every[None],
        "sampled": whole,
        "shares": {value: share(fair[value], whole) for value in values},
        "alpha": alpha(_representative(rows, question), question),
    }


def _reasons(rows: Sequence[ReviewRow]) -> dict[str, int]:
    """For how many objects that were not kept somebody gave a reason, reason by reason."""
    verdicts = _decided(row for row in rows if row.question == VERDICT)
    given = {
        (row.object_id, reason)
        for row in rows
        if row.question == REASONS and verdicts.get(row.object_id) in {"edit", "reject"}
        for reason in row.value.split(", ")
    }
    counts = Counter(reason for _, reason in given)
    return {reason: counts[reason] for reason in REASON if counts[reason]}


def _first_position(rows: Iterable[ReviewRow]) -> dict[str, Any]:
    """How often annotators prefer the reply that stood first; which one did was a coin's choice, so a half is fair."""
    shown = Counter(_as_shown(row) for row in _representative(rows, PREFERENCE))
    preferred = shown["first"] + shown["second"]
    return {"answers": preferred, **share(shown["first"], preferred)}


def _decided(rows: Iterable[ReviewRow]) -> dict[str, str | None]:
    """Object -> what most answers about it say; None is a tie."""
    answers: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        answers[row.object_id].append(row.value)
    return {object_id: majority(values) for object_id, values in answers.items()}


def _representative(rows: Iterable[ReviewRow], question: str) -> list[ReviewRow]:
    return [row for row in rows if row.question == question and row.sample in _REPRESENTATIVE]


def _as_shown(row: ReviewRow) -> str:
    """An answer as it was given: of replies, `first` or `second`."""
    if row.value not in RESPONDERS:
        return row.value
    return "first" if row.value == row.first else "second"
