"""The trees that a release is made of: out of the file of finished ones, as reviewers leave them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.cli import by_count
from pipelines.errors import UserError
from pipelines.exports import dropped_pairs
from pipelines.journal import Journal
from pipelines.reviews.trees import Opinion, reviewed
from pipelines.schema import DroppedRow, Node, PersonaRow, TreeRow, Vote, tree_id
from pipelines.tree_job import Job


@dataclass(frozen=True)
class Trees:
    """The trees that a release is made of, read as often as wanted and never held all at once; and what was said of
    their pairs by reviewers.
    """

    judged: Mapping[str, Callable[[], Iterator[TreeRow]]]
    """Split -> its trees as the judge left them, by tree_id."""
    dropped: Callable[[], Iterator[DroppedRow]]
    """Trees that did not stay."""
    opinions: Mapping[str, Opinion]
    votes: int
    """How many the judge was asked for on each pair."""

    def reviewed(self, split: str) -> Iterator[tuple[TreeRow, dict[int, str]]]:
        """Each tree as reviewers leave it, with the pairs that they took out: user node -> reason."""
        return (reviewed(tree, self.opinions) for tree in self.judged[split]())

    def kept(self, split: str) -> Iterator[TreeRow]:
        return (tree for tree, _ in self.reviewed(split))

    def left_out(self) -> Iterator[DroppedRow]:
        """Trees and pairs that did not stay."""
        yield from self.dropped()
        for split in self.judged:
            for tree, left in self.reviewed(split):
                yield from dropped_pairs(tree, self.votes, left)


@dataclass(frozen=True)
class Finished:
    """The trees on disk that a release is made of, in its order."""

    journal: Journal
    keys: Mapping[str, Sequence[bytes]]  # split -> a key for each tree, by tree_id

    @classmethod
    def of(cls, journal: Journal, job: Job, drawn: Mapping[str, Sequence[PersonaRow]]) -> "Finished":
        ordered = {
            split: sorted(rows, key=lambda row: tree_id(job.seed, row.persona_id)) for split, rows in drawn.items()
        }
        return cls(journal, {split: [job.tree_key(row) for row in rows] for split, rows in ordered.items()})

    def records(self, split: str) -> Iterator[dict[str, Any]]:
        """What each tree of a split came to.

        Raises:
            UserError: one is not finished.
        """
        for key in self.keys[split]:
            if (record := self.journal.get(key)) is None:
                raise UserError("a tree of this run is not on disk: run the same command again, and it is grown")
            yield record

    def trees(self, split: str) -> Iterator[TreeRow]:
        return (_tree(record["tree"]) for record in self.records(split) if record["tree"] is not None)

    def dropped(self) -> Iterator[DroppedRow]:
        """Trees that a role could not finish."""
        for split in self.keys:
            yield from (DroppedRow(**record["dropped"]) for record in self.records(split) if record["tree"] is None)

    def took(self) -> dict[str, Any]:
        """What the calls of all trees took, for the manifest."""
        usage, unreadable = dict[str, Counter[str]](), Counter[str]()
        for split in self.keys:
            for record in self.records(split):
                unreadable.update(record["unreadable"])
                for role, use in record["usage"].items():
                    usage.setdefault(role, Counter()).update(use)
        return {"usage": {role: dict(use) for role, use in usage.items()}, "unreadable": by_count(unreadable)}


def _tree(row: Mapping[str, Any]) -> TreeRow:
    """A tree as it was put into the file of finished ones."""
    nodes = [
        Node(**{**node, "votes": None if node["votes"] is None else [Vote(**vote) for vote in node["votes"]]})
        for node in row["nodes"]
    ]
    return TreeRow(**{**row, "nodes": nodes})
