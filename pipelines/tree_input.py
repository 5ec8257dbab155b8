"""The personas that trees are grown for: read, checked and drawn."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from cards.release import MANIFEST
from pipelines.cli import repo_id
from pipelines.errors import UserError
from pipelines.journal import call_key
from pipelines.records import local_release, read_release
from pipelines.rehearsal import World
from pipelines.rehearsal.world import micro
from pipelines.schema import PersonaRow

_GROWN = ("train", "test")  # the splits that trees are grown for; `heldout` is the benchmark's


@dataclass(frozen=True)
class Source:
    """The personas of a run."""

    repo_id: str
    local: bool  # from a folder here, whose release may be pushed together with the trees
    license: str | None  # of the personas, where their release tells it
    sha256: str  # of the rows of train and test
    drawn: Mapping[str, Sequence[PersonaRow]]  # split -> those that a tree is grown for
    shared: Mapping[str, int]  # what stands in two splits, counted: all 0, or `read` had refused


def read(name: str, trees: int | None, seed: int) -> Source:
    """The dataset of personas at a folder, or of that name on the Hub.

    Args:
        trees: how many personas to draw; None for all.

    Raises:
        SchemaError: it is not there, or not of the schema.
        UserError: a persona that no tree can grow from, one that stands in it twice, or splits that share a text.
    """
    folder = local_release(name)
    splits = read_release(folder, "personas", PersonaRow)
    personas = {split: splits[split] for split in _GROWN if splits.get(split)}
    if not personas:
        raise UserError(f"{name}: it has neither train nor test, only {', '.join(splits)}: nothing to grow trees for")
    _check_rows(name, personas)
    shared = _check_splits(name, personas, splits.get("heldout", []))
    manifest = manifest_of(folder)
    local = Path(name).exists()
    return Source(
        str(manifest.get("repo_id", repo_id(folder) if local else name.partition("@")[0])),
        local,
        manifest.get("recipe", {}).get("license"),
        _digest(personas),
        draw(personas, trees, seed),
        shared,
    )


def world_of(persona: PersonaRow) -> World:
    """The world of the rehearsal that speaks as this persona: micro, where it is made of that world's statements."""
    return "micro" if micro.is_spoken([*persona.facts, *persona.traits]) else "full"


def require_world(name: str, source: Source, world: World) -> None:
    """Sees that the rehearsal's world can play the personas that were drawn.

    Raises:
        UserError: one is of the other world.
    """
    for rows in source.drawn.values():
        for row in rows:
            if (other := world_of(row)) != world:
                raise UserError(
                    f"{name}: the persona {row.persona_id} is of the rehearsal's world {other}, which --world {world} "
                    f"cannot play: give --world {other}, or --personas that pipelines/personas.py --world {world} made"
                )


def manifest_of(folder: Path) -> dict[str, Any]:
    """What a release tells of itself; nothing, where the dataset was made by other means."""
    path = folder / MANIFEST
    try:
        manifest = orjson.loads(path.read_bytes()) if path.exists() else {}
    except (OSError, ValueError):
        manifest = {}
    return manifest if isinstance(manifest, dict) else {}


def draw(personas: Mapping[str, Sequence[PersonaRow]], trees: int | None, seed: int) -> dict[str, list[PersonaRow]]:
    """The personas to grow a tree for, split by split: all, or `trees` of both splits in proportion, at least one each.

    A larger number draws those of a smaller one and more.

    Raises:
        UserError: there are fewer, or fewer trees than splits are asked for.
    """
    total = sum(map(len, personas.values()))
    if trees is None:
        return {split: list(rows) for split, rows in personas.items()}
    if not len(personas) <= trees <= total:
        raise UserError(f"--trees {trees}: choose from {len(personas)} (one a split) to {total:,} (all personas)")
    smaller = min(personas, key=lambda split: len(personas[split]))
    size = max(1, round(trees * len(personas[smaller]) / total)) if len(personas) > 1 else trees
    sizes = {split: size if split == smaller else trees - size for split in personas}
    return {
        split: sorted(rows, key=lambda row: call_key(seed=seed, persona=row.persona_id))[: sizes[split]]
        for split, rows in personas.items()
    }


def _check_rows(name: str, personas: Mapping[str, Sequence[PersonaRow]]) -> None:
    seen = set()
    for split, rows in personas.items():
        for number, row in enumerate(rows):
            where = f"{name}, {split}, row {number} ({row.persona_id})"
            for column, statements in (("facts", row.facts), ("traits", row.traits)):
                if not any(statement.strip() for statement in statements):
                    raise UserError(f"{where}: `{column}` is empty, and a person without any can't be played")
            if row.persona_id in seen:
                raise UserError(f"{where}: this persona_id stands there twice; a tree belongs to one persona")
            seen.add(row.persona_id)


def _check_splits(
    name: str, personas: Mapping[str, Sequence[PersonaRow]], heldout: Sequence[PersonaRow]
) -> dict[str, int]:
    """What stands in two splits, counted.

    Raises:
        UserError: there is such a thing.
    """
    train, test = (personas.get(split, []) for split in _GROWN)
    kept_out = {text for row in heldout for text in (row.persona_id, row.profile, row.personality)}
    shared = {
        "profiles": {row.profile for row in train} & {row.profile for row in test},
        "personalities": {row.personality for row in train} & {row.personality for row in test},
        "heldout": {
            row.persona_id for row in (*train, *test) if kept_out & {row.persona_id, row.profile, row.personality}
        },
    }
    for what, texts in shared.items():
        if texts:
            raise UserError(
                f"{name}: {len(texts):,} {what} stand in two splits (first: {min(texts)[:80]!r}), so a test on one "
                "would tell nothing: make the personas again with pipelines/personas.py, or mend the dataset"
            )
    return {what: len(texts) for what, texts in shared.items()}


def _digest(personas: Mapping[str, Sequence[PersonaRow]]) -> str:
    """SHA-256 over the rows of all splits, in their order."""
    digest = hashlib.sha256()
    for split, rows in sorted(personas.items()):
        digest.update(split.encode())
        for row in rows:
            digest.update(orjson.dumps(row))
    return digest.hexdigest()
