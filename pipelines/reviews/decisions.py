"""From the answers of several people to one decision."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.records import read_release
from pipelines.schema import ReviewRow

REVIEW = "review:"  # what the reasons begin with that something leaves the data for by the word of reviewers


@dataclass(frozen=True)
class Reviews:
    """The answers that a release goes by."""

    rows: list[ReviewRow]
    pseudonyms: Mapping[str, str]
    """Annotator -> the first 12 hex digits of the SHA-256 of the person's id on the server: one is given only once."""
    min_submitted: int
    """How many people have to answer a record before it counts."""

    @classmethod
    def of(cls, folder: Path, manifest: Mapping[str, Any] | None) -> "Reviews":
        """Those in the release at `folder`, of which this is the manifest; none where it has none, or is not there.

        Raises:
            SchemaError: they cannot be read.
        """
        told = (manifest or {}).get("review")
        if told is None:
            return NO_REVIEWS
        return cls(read_release(folder, "reviews", ReviewRow)["train"], told["pseudonyms"], told["min_submitted"])

    def updated(self, fetched: "Reviews", records: Collection[str]) -> "Reviews":
        """With what a server has now: of the records that it knows, by their review_id, only its answers count."""
        others = [row for row in self.rows if row.review_id not in records]
        rows = sorted([*others, *fetched.rows], key=lambda row: (row.review_id, row.annotator, row.kind, row.question))
        return Reviews(rows, fetched.pseudonyms, fetched.min_submitted)

    def told(self, figures: Mapping[str, Any]) -> dict[str, Any]:
        """The entry `review` of the manifest, and the card's fact of that name."""
        return {**figures, "pseudonyms": dict(self.pseudonyms)}


NO_REVIEWS = Reviews([], {}, 1)


def majority(values: Iterable[str]) -> str | None:
    """The value with most answers; None where two have as many, or there is none.

    >>> majority(["keep", "edit", "keep"]), majority(["keep", "edit"])
    ('keep', None)
    """
    counts = Counter(values)
    most = [value for value, count in counts.items() if count == max(counts.values())]
    return most[0] if len(most) == 1 else None


def complete(rows: Iterable[ReviewRow], min_submitted: int) -> list[ReviewRow]:
    """The answers to records that at least `min_submitted` people have answered, in the order in which they come."""
    rows = list(rows)
    people: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        people[row.review_id].add(row.annotator)
    return [row for row in rows if len(people[row.review_id]) >= min_submitted]
