"""The tree stage's release: what stands in which config, and what card, manifest and terminal tell of it.

Rows are streamed from the file of finished trees, sorted by tree_id, and never held all at once.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cards import release
from cards.figures import Figure
from cards.report import report
from cards.vocabulary import namespace
from pipelines import card_facts
from pipelines.cli import by_count, counted
from pipelines.errors import UserError
from pipelines.exports import check_tree, dropped_pairs, kto_rows, preference_rows, sft_rows
from pipelines.journal import Journal
from pipelines.records import Record, arrow_schema, documentation, to_table
from pipelines.schema import DroppedRow, KtoRow, Node, PersonaRow, PreferenceRow, SftRow, TreeRow, Vote, tree_id
from pipelines.tree_audit import Audit
from pipelines.tree_figures import figures, legible
from pipelines.tree_input import Source
from pipelines.tree_job import Job
from pipelines.tree_page import page

if TYPE_CHECKING:
    import pyarrow as pa

_PACKAGES = ("distilabel", "openai", "pyarrow")
_TITLE = "i2a trees"
_TAGS = ["synthetic", "personas", "preference", "dialogue", "dpo", "distilabel", "trl"]
_ROWS = 200  # of a batch on its way to Parquet
_ON_PAGE = 60  # trees of figures/trees.html, while they have no more messages than
_NODES_ON_PAGE = 3000  # about two megabytes

_EXPORTS: dict[str, tuple[type[Record], Callable[[TreeRow], Iterable[Record]]]] = {
    "trees": (TreeRow, lambda tree: [tree]),
    "preference": (PreferenceRow, preference_rows),
    "sft": (SftRow, sft_rows),
    "kto": (KtoRow, kto_rows),
}


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

    def dropped(self, votes: int) -> Iterator[DroppedRow]:
        """Trees and pairs that did not stay."""
        for split in self.keys:
            for record in self.records(split):
                if record["tree"] is None:
                    yield DroppedRow(**record["dropped"])
                else:
                    yield from dropped_pairs(_tree(record["tree"]), votes)


def publish(
    out: Path, finished: Finished, source: Source, job: Job, *, dataset: str, license_id: str
) -> dict[str, Any]:
    """Builds and checks the release, then moves it into place; returns its manifest.

    Args:
        dataset: its name on the Hub.
        license_id: of the data, an id of `cards.vocabulary.LICENSES`.

    Raises:
        ReleaseError: it does not pass its check; then nothing is published.
        UserError: a tree is not finished, or every one was dropped; likewise.
    """
    audit = Audit(job.votes)
    told = _tell(finished, source, job, audit)
    manifest = {
        "dataset": "trees",
        "recipe": recipe(job, source, license_id),
        "rehearsal": told.pop("rehearsal"),
        "versions": card_facts.versions(_PACKAGES),
        "prices": card_facts.prices(job.cast),
        **told,
    }
    configs = [
        release.Config(
            name,
            {split: _reader(record, _rows(finished.trees(split), rows)) for split in finished.keys},
            documentation(record),
            default=name == "trees",
        )
        for name, (record, rows) in _EXPORTS.items()
    ]
    dropped = _reader(DroppedRow, finished.dropped(job.votes))
    configs.append(release.Config("dropped", {"train": dropped}, documentation(DroppedRow)))
    shown = list(_for_page(chain.from_iterable(map(finished.trees, finished.keys))))
    total = sum(manifest["counts"]["trees"].values())
    html = page(shown, title=_TITLE, total=total, rehearsal=manifest["rehearsal"])
    drawn = figures(audit)
    pages = {"trees.html": html, "report.html": _report(finished, manifest, drawn, job)}
    release.build(
        out,
        dataset,
        configs,
        template="trees",
        facts=_card_facts(manifest, source, job, license_id) | card_facts.pictures(drawn, "report.html"),
        manifest=manifest,
        figures={f"{figure.name}.png": figure.png for figure in drawn} | pages,
        # Datasets that were built here for one namespace go to another one together; one of others stays where it is
        siblings=[source.repo_id] if source.local and namespace(source.repo_id) == namespace(dataset) else [],
    ).publish()
    return manifest


def recipe(job: Job, source: Source, license_id: str) -> dict[str, Any]:
    """What determines the release, for the manifest."""
    return {
        **job.recipe(),
        "personas": {"repo_id": source.repo_id, "sha256": source.sha256},
        "trees": sum(map(len, source.drawn.values())),
        "license": license_id,
    }


def _report(finished: Finished, manifest: Mapping[str, Any], drawn: Sequence[Figure], job: Job) -> bytes:
    return report(
        _TITLE,
        rehearsal=manifest["rehearsal"],
        counts=manifest["counts"],
        figures=drawn,
        dropped=map(legible, finished.dropped(job.votes)),
    )


def _tell(finished: Finished, source: Source, job: Job, audit: Audit) -> dict[str, Any]:
    """Counts and audits of one pass over the finished trees, which fills `audit`; the same for a resumed run."""
    counts, reasons = Counter[tuple[str, str]](), Counter[str]()
    usage, unreadable = dict[str, Counter[str]](), Counter[str]()
    rehearsal, first_drop = False, ""
    for split in finished.keys:
        for record in finished.records(split):
            unreadable.update(record["unreadable"])
            for role, use in record["usage"].items():
                usage.setdefault(role, Counter()).update(use)
            if record["tree"] is None:
                reasons[record["dropped"]["reason"]] += 1
                first_drop = first_drop or record["dropped"]["detail"]
                counts["dropped", "train"] += 1
                continue
            tree = _tree(record["tree"])
            check_tree(tree)
            audit.add(tree)
            rehearsal = rehearsal or tree.rehearsal
            for name, (_, rows) in _EXPORTS.items():
                counts[name, split] += sum(1 for _ in rows(tree))
            counts["dropped", "train"] += sum(1 for _ in dropped_pairs(tree, job.votes))
    if not any(counts["trees", split] for split in finished.keys):
        raise UserError(
            f"no tree came to its end: {counted(by_count(reasons))}; the first one: {first_drop}. See that every "
            "role's model follows its prompt, then start with another --seed or cast, or an empty --work"
        )
    told = audit.told()
    asked = sum(map(len, source.drawn.values()))
    pairs = told["pairs"]["decided"]
    return {
        "rehearsal": rehearsal,
        "counts": {
            **{name: {split: counts[name, split] for split in finished.keys} for name in _EXPORTS},
            "dropped": {"train": counts["dropped", "train"]},
        },
        "trees": {
            "asked": asked,
            "kept": sum(counts["trees", split] for split in finished.keys),
            "dropped": by_count(reasons),
        },
        **told,
        "usage": {role: dict(use) for role, use in usage.items()},
        "unreadable": by_count(unreadable),
        "cost": _cost(usage, pairs),
    }


def _cost(usage: Mapping[str, Counter[str]], pairs: int) -> dict[str, Any]:
    """What a decided pair took, and how much of the prompts a server's prefix cache can serve."""
    tokens, same = ({role: use[name] for role, use in usage.items()} for name in ("tokens_in", "repeated"))
    calls, all_tokens = sum(use["calls"] for use in usage.values()), sum(tokens.values())
    return {
        "calls_per_pair": round(calls / pairs, 2) if pairs else None,
        "prompt_tokens_per_pair": round(all_tokens / pairs, 1) if pairs else None,
        "repeated": {role: round(same[role] / tokens[role], 4) if tokens[role] else 0.0 for role in usage},
        "repeated_all": round(sum(same.values()) / all_tokens, 4) if all_tokens else None,
    }


def _card_facts(manifest: Mapping[str, Any], source: Source, job: Job, license_id: str) -> dict[str, Any]:
    told = ("trees", "pairs", "margin", "position_bias", "audit", "longer_won", "disclosure", "undisclosed", "cost")
    personas = manifest["recipe"]["personas"]
    writers = {row.model for rows in source.drawn.values() for row in rows if row.model and not row.rehearsal}
    return {
        **card_facts.common(job.cast, manifest, manifest["usage"], license_id=license_id, tags=_TAGS, models=writers),
        **{name: manifest[name] for name in told},
        "pretty_name": _TITLE,
        "source_datasets": card_facts.source_datasets(personas["repo_id"]),
        "by_turn": _by_turn(manifest),
        "max_length": manifest["max_length"],
        "turns": job.turns,
        "branch": str(job.branch),
        "votes": job.votes,
        "personas": {**personas, "license": source.license},
        "split_check": source.shared,
        "node": documentation(Node),
        "vote": documentation(Vote),
    }


def _by_turn(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How often the tailored reply won in each turn, with its interval, and by how much the winners did."""
    return [
        {
            "turn": won["turn"],
            "decided": won["pairs"],
            "tailored_won": won["share"],
            "low": won["low"],
            "high": won["high"],
            "margin": margin["mean"],
        }
        for won, margin in zip(manifest["wins"], manifest["margin_by_turn"], strict=True)
    ]


def _for_page(trees: Iterable[TreeRow]) -> Iterator[TreeRow]:
    nodes = 0
    for tree in islice(trees, _ON_PAGE):
        nodes += len(tree.nodes)
        if nodes > _NODES_ON_PAGE and nodes > len(tree.nodes):  # the first one is shown whatever its size
            return
        yield tree


def _rows(trees: Iterable[TreeRow], rows: Callable[[TreeRow], Iterable[Record]]) -> Iterator[Record]:
    return (row for tree in trees for row in rows(tree))


def _reader(record: type[Record], rows: Iterable[Record]) -> "pa.RecordBatchReader":
    """Rows as they come, as Arrow batches."""
    import pyarrow as pa

    return pa.RecordBatchReader.from_batches(arrow_schema(record), _batches(record, rows))


def _batches(record: type[Record], rows: Iterable[Record]) -> "Iterator[pa.RecordBatch]":
    waiting = iter(rows)
    while batch := list(islice(waiting, _ROWS)):
        yield from to_table(record, batch).to_batches()


def _tree(row: Mapping[str, Any]) -> TreeRow:
    """A tree as it was put into the file of finished ones."""
    nodes = [
        Node(**{**node, "votes": None if node["votes"] is None else [Vote(**vote) for vote in node["votes"]]})
        for node in row["nodes"]
    ]
    return TreeRow(**{**row, "nodes": nodes})
