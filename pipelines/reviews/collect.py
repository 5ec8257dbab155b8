"""From the answers in Argilla to the data: fetches them, rebuilds the release by what they decide, and tells it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from cards import release
from pipelines import cli
from pipelines.errors import UserError
from pipelines.records import column_of_release, from_row, read_release, stream_release
from pipelines.reviews.decisions import EDIT_OF, REVIEW, Reviews
from pipelines.reviews.subject import embedder_of, read
from pipelines.reviews.trees import as_judged, opinions
from pipelines.schema import KINDS, PLURAL, SPLITS, DroppedRow, PersonaRow, TextRow, TreeRow
from pipelines.tree_input import manifest_of

if TYPE_CHECKING:
    from pipelines.tree_sources import Trees

# Of a dataset's name and the pseudonyms that were given before: what a server has, and review_id and annotator of all
# its responses, also of those that are no answers any more
Fetch = Callable[[str, Mapping[str, str]], tuple[Reviews, Collection[tuple[str, str]]]]
_LEFT = f"{REVIEW}persona"  # of a tree


def collect_personas(out: Path, work: Path, embedder: str | None, fetch: Fetch) -> None:
    """Rebuilds the personas at `out` and their benchmark, and the trees beside them whose personas left or came back.

    Args:
        work: has the cache of embeddings.
        embedder: where it is now, if the release was made with a model given by path.

    Raises:
        UserError, ReleaseError: what the user can mend; the releases are as they were.
    """
    from filters.embed import load_embedder
    from pipelines.persona_release import aloe_folder, rebuild, repo_ids

    with cli.out_folder(out), cli.work_folder(work, "personas") as cache:
        benchmark = aloe_folder(out)
        for folder in (benchmark, out):
            release.recover(folder)
        manifest = read(out, "personas")
        other = (release.read_manifest(benchmark) or {}).get("belongs_to", manifest["repo_id"])
        if other != manifest["repo_id"] and manifest["counts"]["personas"]["heldout"]:
            raise UserError(f"{benchmark} is the benchmark of {other}, and that of {out} belongs there: move it away")
        name = embedder_of(manifest, embedder)
        before = Reviews.of(out, manifest)
        reviews = before.updated(*fetch(manifest["repo_id"], before.pseudonyms))
        if reviews.differ(before):
            cli.console.print(f"rebuilding {out} by {len(reviews.rows):,} answers")
            tables, loaded = _tables(out), load_embedder(name, cache / "embeddings")
            _tell(out, rebuild(repo_ids(out, manifest["repo_id"]), tables, manifest, loaded, reviews))
        else:
            cli.console.print(f"no new answers: {out} stays as it is")
    for folder, told in _beside(out, "trees"):
        if told["recipe"]["personas"]["repo_id"] == manifest["repo_id"]:
            _update_trees(folder, None)


def collect_trees(out: Path, fetch: Fetch) -> None:
    """Rebuilds the trees at `out`, without those whose personas have left; raises as `collect_personas`."""
    _update_trees(out, fetch)


def _update_trees(out: Path, fetch: Fetch | None) -> None:
    """Rebuilds trees by the answers about them and by the personas beside them, where either brings anything new."""
    from pipelines.tree_release import rebuild

    with cli.out_folder(out):
        release.recover(out)
        manifest = read(out, "trees")
        before = Reviews.of(out, manifest)
        reviews = before if fetch is None else before.updated(*fetch(manifest["repo_id"], before.pseudonyms))
        present = _personas(out, manifest["recipe"]["personas"]["repo_id"])
        left, back = _moved(out, present)
        if reviews.differ(before) or left or back:
            cli.console.print(f"rebuilding {out} by {len(reviews.rows):,} answers")
            trees = _trees(out, manifest, reviews, present)
            manifest = rebuild(out, trees, manifest, reviews, dataset=manifest["repo_id"])
            _tell(out, manifest)
            if left:
                cli.console.print(
                    f"{left:,} of its trees are gone with their personas: pipelines/trees.py, with the options of "
                    "before, grows new ones"
                )
            if back:
                cli.console.print(f"{back:,} of its trees are back with their personas")
        elif fetch is not None:
            cli.console.print(f"no new answers: {out} stays as it is")


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


def _personas(trees: Path, repo_id: str) -> dict[str, str] | None:
    """persona_id -> split of those that trees may have: of the reviewed release of that name beside them; None where
    there is none, or where it was made anew and has none of these trees' personas.
    """
    for folder, told in _beside(trees, "personas"):
        if told.get("repo_id") == repo_id and told.get("reviewers"):
            present = {
                name: split
                for split in ("train", "test")
                for name in column_of_release(folder, "personas", split, "persona_id")
            }
            if any(
                name in present for split in SPLITS for name in column_of_release(trees, "trees", split, "persona_id")
            ):
                return present
            cli.console.print(f"{trees} has no persona of {folder}: pipelines/trees.py makes trees of these")
    return None


def _moved(out: Path, present: Mapping[str, str] | None) -> tuple[int, int]:
    """How many trees are to leave with their personas, and how many that left are to come back."""
    if present is None:
        return 0, 0
    here = (name for split in SPLITS for name in column_of_release(out, "trees", split, "persona_id"))
    return sum(name not in present for name in here), sum(tree.persona_id in present for tree in _left(out))


def _left(out: Path) -> Iterator[TreeRow]:
    """The trees that left a release with their personas."""
    for row in stream_release(out, "dropped", "train", DroppedRow):
        if row.reason == _LEFT:
            yield from_row(TreeRow, orjson.loads(row.content), f"{out}, dropped {row.id}")


def _trees(out: Path, manifest: Mapping[str, Any], reviews: Reviews, present: Mapping[str, str] | None) -> "Trees":
    """The trees of a release as the judge left them: those of personas that are present."""
    from pipelines.tree_sources import Trees

    votes = manifest["recipe"]["votes"]
    back = defaultdict[str, list[TreeRow]](list)
    for tree in _left(out):
        if present and tree.persona_id in present:
            back[present[tree.persona_id]].append(tree)
    returned = {tree.tree_id for trees in back.values() for tree in trees}

    def stays(tree: TreeRow) -> bool:
        return present is None or tree.persona_id in present

    def judged(split: str) -> Iterator[TreeRow]:
        here = filter(stays, stream_release(out, "trees", split, TreeRow))
        return (as_judged(tree, votes) for tree in merge(here, sorted(back[split], key=_by_id), key=_by_id))

    def dropped() -> Iterator[DroppedRow]:
        for row in stream_release(out, "dropped", "train", DroppedRow):
            if row.kind == "tree" and row.id not in returned:
                yield row
        for tree in (tree for split in SPLITS for tree in stream_release(out, "trees", split, TreeRow)):
            if not stays(tree):
                content = orjson.dumps(as_judged(tree, votes)).decode()
                detail = f"its persona {tree.persona_id} was taken out"
                yield DroppedRow("tree", tree.tree_id, _LEFT, detail, None, None, content)

    splits = {split: partial(judged, split) for split in SPLITS if split in manifest["counts"]["trees"]}
    return Trees(splits, dropped, opinions(reviews.rows, reviews.min_submitted), votes)


def _by_id(tree: TreeRow) -> str:
    return tree.tree_id


def _beside(out: Path, dataset: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The releases of a kind that stand beside this one, with their manifests."""
    for folder in sorted(out.parent.iterdir()):
        if folder.is_dir() and not folder.name.startswith("."):
            manifest = manifest_of(folder)
            if manifest.get("dataset") == dataset:
                yield folder, manifest


def _tell(out: Path, manifest: Mapping[str, Any]) -> None:
    """What was collected and what became of it."""
    if review := manifest["review"]:
        people, records = review["annotators"], review["records"]
        cli.console.print(
            f"{records['reviewed']:,} records answered by {people:,} {'person' if people == 1 else 'people'}; "
            f"{records['complete']:,} have the {review['min_submitted']} answers that a decision takes"
        )
        for name in [*KINDS, "persona", "preference", "in-character", "undisclosed"]:
            if found := review["decisions"].get(name):
                _tell_decisions("pairing" if name == "persona" else name, found)
    left = defaultdict[str, Counter[str]](Counter)
    refused = 0
    for row in stream_release(out, "dropped", "train", DroppedRow):
        if row.reason.startswith(REVIEW):
            left[row.kind][row.reason.removeprefix(REVIEW)] += 1
            refused += row.kind in KINDS and row.detail.startswith(EDIT_OF)
    for kind, reasons in left.items():
        cli.console.print(f"out of the data, {kind}: {cli.counted(cli.by_count(reasons))}")
    if refused:
        cli.console.print(
            f"{refused:,} edited texts were refused by the filters, and the old ones are out as well: `dropped` has "
            "the reasons; let the reviewer edit again, or keep, and collect"
        )
    if joined := (review or {}).get("done", {}).get("joined"):
        cli.console.print(f"into the data, where the judge had left it open: {joined:,} pairs")
    cli.console.print(f"made {out} anew; to publish it: python cards/push.py {out}")


def _tell_decisions(name: str, found: Mapping[str, Any]) -> None:
    said = cli.counted({value: count for value, count in found["decided"].items() if count})
    tied = f"; of two minds {found['tied']:,}" if found["tied"] else ""
    cli.console.print(f"{name}: {said or 'nothing decided yet'}{tied}")
