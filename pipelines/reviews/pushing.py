"""From a release to the reviewers: which records are asked about, and those of them that Argilla does not have yet.

What was chosen is noted on the server before it is sent. So the same command, given again after a kill, sends the rest
of it and nothing else.
"""

from collections.abc import Iterator, Mapping
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
    chosen, there = _chosen(server, dataset, noted, drawn)
    missing = [personas[name] for name in chosen if name not in there and name in personas]
    questions = {question.name: str(question.id) for question in dataset.settings.questions}
    server.push(dataset, _persona_records(missing, loaded, questions), len(missing))
    _tell(server, len(missing), len(there))


def push_trees(server: Server, out: Path, size: int | None) -> None:
    """Gives pairs of replies to reviewers; raises as `push_personas`."""
    manifest = read(out, "trees")
    dataset = server.opened(manifest["repo_id"], pair_records.settings())
    drawn = sampling.draw_pairs(_trees(out), PAIRS if size is None else size, _SEED)
    chosen, there = _chosen(server, dataset, server.samples(dataset), drawn)
    missing = [
        pair_records.record(tree, pair)
        for _, tree in _trees(out)
        for pair in pairs(tree)
        if (name := pair_id(tree, pair)) in chosen and name not in there
    ]
    server.push(dataset, missing, len(missing))
    _tell(server, len(missing), len(there))


def _cover(personas: list[PersonaRow], noted: Mapping[str, Sample]) -> dict[str, Sample]:
    asked = [row for row in personas if row.persona_id in noted]
    covered = {text for row in asked for text in (row.profile_id, row.personality_id)}
    return {row.persona_id: "cover" for row in sampling.cover(personas, covered)}


def _chosen(
    server: Server, dataset: "rg.Dataset", noted: Mapping[str, Sample], drawn: Mapping[str, Sample]
) -> tuple[Mapping[str, Sample], set[str]]:
    """All records that were ever chosen, and those that are there.

    A record keeps the sample that it was first chosen for, unless it is now one of those drawn at random.
    """
    new = {name: sample for name, sample in drawn.items() if name not in noted or sample == "random"}
    if new.items() - noted.items():
        server.note_samples(dataset, new)
    return {**noted, **new}, {record["external_id"] for record in server.records(dataset)}


def _persona_records(
    personas: list[tuple[str, PersonaRow]], embedder: Embedder, questions: Mapping[str, str]
) -> Iterator[Record]:
    texts = {"profile": [row.profile for _, row in personas], "personality": [row.personality for _, row in personas]}
    vectors = {kind: embedder.encode(texts[kind]) for kind in KINDS}
    for number, (split, row) in enumerate(personas):
        yield persona_records.record(row, split, {kind: vectors[kind][number].tolist() for kind in KINDS}, questions)


def _trees(out: Path) -> Iterator[tuple[str, TreeRow]]:
    return ((split, tree) for split in SPLITS for tree in stream_release(out, "trees", split, TreeRow))


def _tell(server: Server, sent: int, there: int) -> None:
    before = f"; {there:,} were there" if there else ""
    cli.console.print(f"{sent:,} records sent to {server.address}{before}")
