"""The tree stage's release: what stands in which config, and what card, manifest and terminal tell of it.

Rows are streamed from the file of finished trees, sorted by tree_id, and never held all at once.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cards import release
from cards.figures import Figure
from cards.report import report
from cards.vocabulary import namespace
from pipelines import card_facts
from pipelines.cast import Cast
from pipelines.cli import by_count, counted
from pipelines.errors import UserError
from pipelines.exports import check_tree, dropped_pairs, kto_rows, preference_rows, sft_rows
from pipelines.records import Record, arrow_schema, documentation, to_table
from pipelines.reviews.agreement import Judged, pair_figures
from pipelines.reviews.decisions import NO_REVIEWS, Reviews
from pipelines.reviews.figures import review_figures
from pipelines.reviews.trees import joined, judged_pairs, opinions
from pipelines.schema import (
    DroppedRow,
    KtoRow,
    Node,
    PreferenceRow,
    ReviewRow,
    SftRow,
    TreeRow,
    Vote,
)
from pipelines.tree_audit import Audit
from pipelines.tree_figures import figures, legible
from pipelines.tree_input import Source
from pipelines.tree_job import ROLES, Job
from pipelines.tree_page import page
from pipelines.tree_sources import Finished, Trees

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


def publish(
    out: Path,
    finished: Finished,
    source: Source,
    job: Job,
    *,
    dataset: str,
    license_id: str,
    reviews: Reviews = NO_REVIEWS,
) -> dict[str, Any]:
    """Makes a release of the finished trees and of what reviewers decided; returns its manifest.

    Args:
        dataset: its name on the Hub.
        license_id: of the data, an id of `cards.vocabulary.LICENSES`.
        reviews: those of the release that this one replaces.

    Raises:
        ReleaseError: it does not pass its check; then nothing is published.
        UserError: a tree is not finished, or every one was dropped; likewise.
    """
    writers = {row.model for rows in source.drawn.values() for row in rows if row.model and not row.rehearsal}
    manifest = {
        "dataset": "trees",
        "recipe": recipe(job, source, license_id),
        "versions": card_facts.versions(_PACKAGES),
        "prices": card_facts.prices(job.cast),
        "personas": {"license": source.license, "writers": sorted(writers), "shared": source.shared},
        "asked": sum(map(len, source.drawn.values())),
        # Datasets that were built here for one namespace go to another one together; one of others stays where it is
        "siblings": [source.repo_id] if source.local and namespace(source.repo_id) == namespace(dataset) else [],
        **finished.took(),
    }
    judged = {split: partial(finished.trees, split) for split in finished.keys}
    trees = Trees(judged, finished.dropped, opinions(reviews.rows, reviews.min_submitted), job.votes)
    return rebuild(out, trees, manifest, reviews, dataset=dataset)


def rebuild(out: Path, trees: Trees, manifest: Mapping[str, Any], reviews: Reviews, *, dataset: str) -> dict[str, Any]:
    """Builds and checks the release of these trees, then moves it into place; returns its manifest.

    Args:
        manifest: what determines the data and what its making took; what the trees tell is added here.

    Raises:
        ReleaseError: it does not pass its check; then nothing is published.
        UserError: there is no tree; likewise.
    """
    audit = Audit(trees.votes)
    manifest = card_facts.as_read({**manifest, **_tell(trees, manifest, reviews, audit)})
    configs = [
        release.Config(
            name,
            {split: _reader(record, _rows(trees.kept(split), rows)) for split in trees.judged},
            documentation(record),
            default=name == "trees",
        )
        for name, (record, rows) in _EXPORTS.items()
    ]
    aside: dict[str, tuple[type[Record], Iterable[Record]]] = {"dropped": (DroppedRow, trees.left_out())}
    if reviews.rows:
        aside["reviews"] = (ReviewRow, reviews.rows)
    for name, (record, of) in aside.items():
        configs.append(release.Config(name, {"train": _reader(record, of)}, documentation(record)))
    shown = list(_for_page(chain.from_iterable(map(trees.kept, trees.judged))))
    total = sum(manifest["counts"]["trees"].values())
    html = page(shown, title=_TITLE, total=total, rehearsal=manifest["rehearsal"])
    drawn = figures(audit) + (review_figures(manifest["review"]) if manifest["review"] else [])
    pages = {"trees.html": html, "report.html": _report(trees, manifest, drawn)}
    release.build(
        out,
        dataset,
        configs,
        template="trees",
        facts=_card_facts(manifest) | card_facts.pictures(drawn, "report.html"),
        manifest=manifest,
        figures={f"{figure.name}.png": figure.png for figure in drawn} | pages,
        siblings=manifest["siblings"],
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


def _report(trees: Trees, manifest: Mapping[str, Any], drawn: Sequence[Figure]) -> bytes:
    return report(
        _TITLE,
        rehearsal=manifest["rehearsal"],
        counts=manifest["counts"],
        figures=drawn,
        dropped=map(legible, trees.left_out()),
    )


def _tell(trees: Trees, manifest: Mapping[str, Any], reviews: Reviews, audit: Audit) -> dict[str, Any]:
    """Counts and audits of one pass over the trees, which fills `audit`; the same for a resumed run."""
    counts, reasons, outcomes = Counter[tuple[str, str]](), Counter[str](), Counter[str]()
    judged = dict[str, Judged]()
    asked_about = {row.review_id for row in reviews.rows}
    rehearsal, first_drop = False, ""
    for row in trees.dropped():
        reasons[row.reason] += 1
        first_drop = first_drop or row.detail
    for split in trees.judged:
        for before, (tree, left) in zip(trees.judged[split](), trees.reviewed(split), strict=True):
            check_tree(before)
            audit.add(tree, left)
            rehearsal = rehearsal or tree.rehearsal
            for name, (_, rows) in _EXPORTS.items():
                counts[name, split] += sum(1 for _ in rows(tree))
            counts["dropped", "train"] += sum(1 for _ in dropped_pairs(tree, trees.votes, left))
            outcomes.update(left.values())
            outcomes["joined"] += joined(before, tree)
            if asked_about:
                judged |= {id_: one for id_, one in judged_pairs(before) if id_ in asked_about}
    if not any(counts["trees", split] for split in trees.judged):
        raise UserError(
            f"no tree came to its end: {counted(by_count(reasons))}; the first one: {first_drop}. See that every "
            "role's model follows its prompt, then start with another --seed or cast, or an empty --work"
        )
    told = audit.told()
    usage = {role: Counter(use) for role, use in manifest["usage"].items()}
    review = None
    if reviews.rows:
        found = pair_figures(reviews.rows, reviews.min_submitted, judged, told["pairs"]["all"])
        review = found | {"done": by_count(outcomes)}
    return {
        "rehearsal": rehearsal,
        "counts": {
            **{name: {split: counts[name, split] for split in trees.judged} for name in _EXPORTS},
            "dropped": {"train": counts["dropped", "train"] + reasons.total()},
            **({"reviews": {"train": len(reviews.rows)}} if reviews.rows else {}),
        },
        "trees": {
            "asked": manifest["asked"],
            "kept": sum(counts["trees", split] for split in trees.judged),
            "dropped": by_count(reasons),
        },
        **told,
        "cost": _cost(usage, told["pairs"]["decided"]),
        "review": review,
        "reviewers": reviews.told(),
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


def _card_facts(manifest: Mapping[str, Any]) -> dict[str, Any]:
    told = ("trees", "pairs", "margin", "position_bias", "audit", "longer_won", "disclosure", "undisclosed", "cost",
            "max_length")  # fmt: skip
    recipe, personas = manifest["recipe"], manifest["personas"]
    cast, license_id = Cast.published_in(manifest, ROLES), recipe["license"]
    writers = personas["writers"]
    return {
        **card_facts.common(cast, manifest, manifest["usage"], license_id=license_id, tags=_TAGS, models=writers),
        **{name: manifest[name] for name in told},
        "pretty_name": _TITLE,
        "source_datasets": card_facts.source_datasets(recipe["personas"]["repo_id"]),
        "by_turn": _by_turn(manifest),
        "turns": recipe["turns"],
        "branch": recipe["branch"],
        "votes": recipe["votes"],
        "personas": {**recipe["personas"], "license": personas["license"]},
        "split_check": personas["shared"],
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
