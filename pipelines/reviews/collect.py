"""From the answers in Argilla to the data: fetches them, rebuilds the release by what they decide, and tells it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from cards import release
from pipelines import cli
from pipelines.records import read_release, stream_release
from pipelines.reviews.decisions import REVIEW, Reviews
from pipelines.reviews.subject import embedder_of, read
from pipelines.reviews.trees import as_judged, opinions
from pipelines.schema import KINDS, PLURAL, SPLITS, DroppedRow, PersonaRow, TextRow, TreeRow

if TYPE_CHECKING:
    from pipelines.tree_release import Trees

# Of a dataset's name and the pseudonyms that were given before: what a server has, and the review_ids of its records
Fetch = Callable[[str, Mapping[str, str]], tuple[Reviews, Collection[str]]]


def collect_personas(out: Path, work: Path, embedder: str | None, fetch: Fetch) -> None:
    """Rebuilds the personas at `out` and their benchmark, and the trees beside them whose personas left.

    Args:
        work: has the cache of embeddings.
        embedder: where it is now, if the release was made with a model given by path.

    Raises:
        UserError, ReleaseError: what the user can mend; the releases are as they were.
    """
    from filters.embed import load_embedder
    from pipelines.persona_release import aloe_folder, rebuild, repo_ids

    with cli.out_folder(out):
        for folder in (aloe_folder(out), out):
            release.recover(folder)
            release.read_manifest(folder)
        manifest = read(out, "personas")
        name = embedder_of(manifest, embedder)
        before = Reviews.of(out, manifest)
        reviews = before.updated(*fetch(manifest["repo_id"], before.pseudonyms))
        if reviews == before:
            cli.console.print(f"no new answers: {out} stays as it is")
        else:
            tables, loaded = _tables(out), load_embedder(name, work / "personas" / "embeddings")
            manifest = rebuild(repo_ids(out, manifest["repo_id"]), tables, manifest, loaded, reviews)
            _tell(out, manifest, {kind: manifest["review"]["decisions"][kind] for kind in (*KINDS, "persona")})
    for folder, told in _beside(out, "trees"):
        if told["recipe"]["personas"]["repo_id"] == manifest["repo_id"]:
            _update_trees(folder, lambda before, _: before)


def collect_trees(out: Path, fetch: Fetch) -> None:
    """Rebuilds the trees at `out`, without those whose personas have left; raises as `collect_personas`."""
    _update_trees(out, lambda before, dataset: before.updated(*fetch(dataset, before.pseudonyms)))


def _update_trees(out: Path, update: Callable[[Reviews, str], Reviews]) -> None:
    """Rebuilds trees by their reviews and by those of the personas beside them, where either brings anything new."""
    from pipelines.tree_release import rebuild

    with cli.out_folder(out):
        release.recover(out)
        manifest = read(out, "trees")
        before = Reviews.of(out, manifest)
        reviews = update(before, manifest["repo_id"])
        gone = _withdrawn_personas(out, manifest["recipe"]["personas"]["repo_id"])
        left = [row for row in _all_trees(out) if row.persona_id in gone]
        if reviews == before and not left:
            cli.console.print(f"no new answers: {out} stays as it is")
            return
        manifest = rebuild(out, _trees(out, manifest, reviews, gone), manifest, reviews, dataset=manifest["repo_id"])
    if left:
        cli.console.print(
            f"{out}: {len(left):,} trees left with their personas; pipelines/trees.py, with the options of before, "
            "grows those of the new ones"
        )
    if manifest["review"]:
        _tell(out, manifest, manifest["review"]["decisions"])


def _tables(out: Path) -> dict[str, list[Any]]:
    """The rows of a release of personas, as the step yields them; the benchmark's are made anew."""
    texts = {PLURAL[kind]: read_release(out, PLURAL[kind], TextRow) for kind in KINDS}
    personas = read_release(out, "personas", PersonaRow)
    return {
        **{name: [row for split in SPLITS for row in rows.get(split, [])] for name, rows in texts.items()},
        "personas": [*personas.get("train", []), *personas.get("test", [])],
        "heldout": personas.get("heldout", []),
        "dropped": list(stream_release(out, "dropped", "train", DroppedRow)),
        "aloe": [],
    }


def _trees(out: Path, manifest: Mapping[str, Any], reviews: Reviews, gone: Mapping[str, str]) -> "Trees":
    """The trees of a release as the judge left them, without those of personas that are gone."""
    from pipelines.tree_release import Trees

    votes = manifest["recipe"]["votes"]

    def judged(split: str) -> Iterator[TreeRow]:
        rows = stream_release(out, "trees", split, TreeRow)
        return (as_judged(row, votes) for row in rows if row.persona_id not in gone)

    def dropped() -> Iterator[DroppedRow]:
        yield from (row for row in stream_release(out, "dropped", "train", DroppedRow) if row.kind == "tree")
        for row in _all_trees(out):
            if row.persona_id in gone:
                detail = f"its persona {row.persona_id} left: {gone[row.persona_id]}"
                yield DroppedRow(
                    "tree", row.tree_id, f"{REVIEW}persona", detail, None, None, orjson.dumps(row).decode()
                )

    splits = {split: partial(judged, split) for split in SPLITS if split in manifest["counts"]["trees"]}
    return Trees(splits, dropped, opinions(reviews.rows, reviews.min_submitted), votes)


def _all_trees(out: Path) -> Iterator[TreeRow]:
    return (row for split in SPLITS for row in stream_release(out, "trees", split, TreeRow))


def _withdrawn_personas(trees: Path, repo_id: str) -> dict[str, str]:
    """The personas that reviewers took out of the release of that name beside these trees: id -> reason."""
    return {
        row.id: row.reason
        for folder, told in _beside(trees, "personas")
        if told["repo_id"] == repo_id
        for row in stream_release(folder, "dropped", "train", DroppedRow)
        if row.kind == "persona" and row.withdrawn
    }


def _beside(out: Path, dataset: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The releases of a kind that stand beside this one, with their manifests."""
    for folder in sorted(out.absolute().parent.iterdir()):
        if folder.is_dir() and (folder / release.MANIFEST).is_file() and not folder.name.startswith("."):
            manifest = orjson.loads((folder / release.MANIFEST).read_bytes())
            if manifest.get("dataset") == dataset:
                yield folder, manifest


def _tell(out: Path, manifest: Mapping[str, Any], decisions: Mapping[str, Any]) -> None:
    """What was collected and what became of it."""
    review = manifest["review"]
    records = review["records"]
    cli.console.print(
        f"{review['answers']:,} answers of {review['annotators']:,} people to {records['reviewed']:,} records, of "
        f"which {records['complete']:,} have the {review['min_submitted']} that a decision takes"
    )
    for name, found in decisions.items():
        said = cli.counted({value: count for value, count in found["decided"].items() if count})
        tied = f"; of two minds {found['tied']:,}" if found["tied"] else ""
        cli.console.print(f"{name}: {said or 'nothing decided yet'}{tied}")
    left = Counter(row.reason for row in stream_release(out, "dropped", "train", DroppedRow))
    reasons = {reason: count for reason, count in left.items() if reason.startswith(REVIEW)}
    if reasons:
        cli.console.print(f"left, as `dropped` in {out} tells: " + cli.counted(cli.by_count(reasons)))
    if joined := review.get("done", {}).get("joined"):
        cli.console.print(f"joined, where the judge had left it open: {joined:,} pairs")
    cli.console.print(f"made {out} anew; push it by: python cards/push.py {out}")
