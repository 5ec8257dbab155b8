"""From the answers of several people to one decision."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.records import stream_release
from pipelines.schema import ReviewRow

REVIEW = "review:"  # what the reasons begin with that something leaves the data for by the word of reviewers
EDIT_OF = "an edit of"  # what the detail of an edited text begins with that the filters refused


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
        told = (manifest or {}).get("reviewers")
        if told is None:
            return NO_REVIEWS
        rows = list(stream_release(folder, "reviews", "train", ReviewRow))
        return cls(rows, told["pseudonyms"], told["min_submitted"])

    def updated(self, fetched: "Reviews", seen: Collection[tuple[str, str]]) -> "Reviews":
        """With what a server has now. An earlier answer goes only where that server has another one by the same person.

        Args:
            seen: review_id and annotator of every response that the server has, also of drafts and what was discarded.
        """
        others = [row for row in self.rows if (row.review_id, row.annotator) not in seen]
        rows = sorted([*others, *fetched.rows], key=lambda row: (row.review_id, row.annotator, row.kind, row.question))
        return Reviews(rows, fetched.pseudonyms, fetched.min_submitted)

    def differ(self, earlier: "Reviews") -> bool:
        """Whether they may decide otherwise than earlier ones."""
        return self.rows != earlier.rows or (bool(self.rows) and self.min_submitted != earlier.min_submitted)

    def told(self) -> dict[str, Any] | None:
        """The entry `reviewers` of a manifest, by which the next answers are collected; None where nobody ever was."""
        if not self.pseudonyms:
            return None
        return {"pseudonyms": dict(self.pseudonyms), "min_submitted": self.min_submitted}


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
    """The answers to records that at least `min_submitted` people have answered, in the order in which they come.

    A text is shown in several records: of one person's answers about it the latest ones count.
    """
    rows = list(rows)
    people: defaultdict[str, set[str]] = defaultdict(set)
    latest: dict[tuple[str, str], tuple[str, str]] = {}
    for row in rows:
        people[row.review_id].add(row.annotator)
    done = [row for row in rows if len(people[row.review_id]) >= min_submitted]
    for row in done:
        place = row.object_id, row.annotator
        latest[place] = max(latest.get(place, ("", "")), (row.submitted, row.review_id))
    return [row for row in done if latest[row.object_id, row.annotator] == (row.submitted, row.review_id)]
