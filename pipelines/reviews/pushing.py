"""From a release to the reviewers: which records are asked about, and those of them that Argilla does not have yet.

What was chosen is noted on the server before it is sent. So the same command, given again after a kill, sends the rest
of it and nothing else.

What has left the release since, and nobody has answered in any way, leaves the queues of the reviewers.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from filters.embed import Embedder, load_embedder
from pipelines import cli
from pipelines.exports import pair_id, pairs
from pipelines.records import read_release, stream_release
from pipelines.reviews import pair_records, persona_records, sampling
from pipelines.reviews.client import Record, Server
from pipelines.reviews.questions import Sample
from pipelines.reviews.subject import embedder_of, read
from pipelines.schema import KINDS, SPLITS, PersonaRow, TreeRow

if TYPE_CHECKING:
    import argilla as rg

PAIRS = 200  # that are asked about where no number is given

_SEED = 0  # of every draw


def push_personas(server: Server, out: Path, work: Path, size: int | None, embedder: str | None) -> None:
    """Gives personas to reviewers: so many, or a smallest cover of the texts that nobody was asked about yet.

    Args:
        work: has the cache of embeddings.
        embedder: where it is now, if the release was made with a model of this machine.

    Raises:
        UserError, ReleaseError, EmbedderError: what the user can mend.
    """
    manifest = read(out, "personas")
    loaded = load_embedder(embedder_of(manifest, embedder), work / "personas" / "embeddings")
    rows = read_release(out, "personas", PersonaRow)
    personas = {row.persona_id: (split, row) for split, of in rows.items() for row in of}
    dataset = server.opened(manifest["repo_id"], persona_records.settings(loaded.dim, loaded.name))
    noted = server.samples(dataset)
    drawn = (
        _cover([row for _, row in personas.values()], noted)
        if size is None
        else sampling.draw_personas(personas.values(), size, _SEED)
    )
    _note(server, dataset, noted, drawn)
    there, removed = _kept(server, dataset, noted, personas)
    missing = [personas[name] for name in {**noted, **drawn} if name not in there and name in personas]
    questions = {question.name: str(question.id) for question in dataset.settings.questions}
    server.push(dataset, _persona_records(missing, loaded, questions), len(missing))
    _tell(server, len(missing), len(there), removed)


def push_trees(server: Server, out: Path, size: int | None) -> None:
    """Gives pairs of replies to reviewers; raises as `push_personas`."""
    manifest = read(out, "trees")
    dataset = server.opened(manifest["repo_id"], pair_records.settings())
    noted = server.samples(dataset)
    wanted = sampling.draw_pairs(_trees(out), PAIRS if size is None else size, _SEED)
    drawn, records = dict[str, Sample](), dict[str, Record]()
    for _, tree in _trees(out):
        for pair in pairs(tree):
            name = pair_records.record_id(tree, pair)
            if sample := wanted.get(pair_id(tree, pair)):
                drawn[name] = sample
            if name in drawn or name in noted:
                records[name] = pair_records.record(tree, pair)
    _note(server, dataset, noted, drawn)
    there, removed = _kept(server, dataset, noted, records)
    missing = [record for name, record in records.items() if name not in there]
    server.push(dataset, missing, len(missing))
    _tell(server, len(missing), len(there), removed)


def _cover(personas: list[PersonaRow], noted: Mapping[str, Sample]) -> dict[str, Sample]:
    asked = [row for row in personas if row.persona_id in noted]
    covered = {text for row in asked for text in (row.profile_id, row.personality_id)}
    return {row.persona_id: "cover" for row in sampling.cover(personas, covered)}


def _note(server: Server, dataset: "rg.Dataset", noted: Mapping[str, Sample], drawn: Mapping[str, Sample]) -> None:
    """Notes what was drawn. A record keeps the sample that it was first chosen for: answers to what was chosen since it
    matters are no fair draw, whatever is drawn later.
    """
    new = {name: sample for name, sample in drawn.items() if name not in noted}
    if new:
        server.note_samples(dataset, new)


def _kept(
    server: Server, dataset: "rg.Dataset", noted: Mapping[str, Sample], released: Collection[str]
) -> tuple[set[str], int]:
    """The records that are there, and how many were removed: those that were chosen once, are not in the release any
    more, and have no response, be it a draft.
    """
    there = {record["external_id"]: record for record in server.records(dataset, responses=True)}
    left = [one for name, one in there.items() if name in noted and name not in released and not one["responses"]]
    server.remove(dataset, left)
    return there.keys() - {one["external_id"] for one in left}, len(left)


def _persona_records(
    personas: list[tuple[str, PersonaRow]], embedder: Embedder, questions: Mapping[str, str]
) -> Iterator[Record]:
    texts = {"profile": [row.profile for _, row in personas], "personality": [row.personality for _, row in personas]}
    vectors = {kind: embedder.encode(texts[kind]) for kind in KINDS}
    for number, (split, row) in enumerate(personas):
        yield persona_records.record(row, split, {kind: vectors[kind][number].tolist() for kind in KINDS}, questions)


def _trees(out: Path) -> Iterator[tuple[str, TreeRow]]:
    return ((split, tree) for split in SPLITS for tree in stream_release(out, "trees", split, TreeRow))


def _tell(server: Server, sent: int, there: int, removed: int) -> None:
    before = f"; {there:,} were there" if there else ""
    gone = f"; {removed:,} removed, which left the release before anybody answered" if removed else ""
    cli.console.print(f"{sent:,} records sent to {server.address}{before}{gone}")
