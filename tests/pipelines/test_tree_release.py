"""What a release is made of: the finished trees on disk, in its order, counted and checked."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.cast import Cast, Player
from pipelines.errors import UserError
from pipelines.journal import Journal
from pipelines.records import read_release
from pipelines.schema import DroppedRow, PersonaRow, PreferenceRow, TreeRow, tree_id
from pipelines.steps.growth import RoleUse
from pipelines.tree_input import Source
from pipelines.tree_job import ROLES, Branch, Job
from pipelines.tree_release import Finished, publish
from tests.pipelines.players import PERSONA
from tests.pipelines.trees import FACTS, TRAITS, grow, with_node

PERSONAS = [
    replace(PERSONA, persona_id=f"p-{number:012x}", profile=f"{number}", facts=FACTS, traits=TRAITS)
    for number in range(6)
]
PERSONAS.sort(key=lambda row: tree_id(0, row.persona_id), reverse=True)  # just the other way than in a release
SPLITS = {"train": PERSONAS[:4], "test": PERSONAS[4:]}
USE = {role: RoleUse(calls=6, tokens_in=600, tokens_out=60, repeated=300) for role in ROLES}


class Room:
    """A work folder with finished trees, and the release made of them."""

    def __init__(self, folder: Path) -> None:
        players = {role: Player(role, "OpenAILLM", {"model": "m", "generation_kwargs": {}}) for role in ROLES}
        self.job = Job(
            cast=Cast(players, rehearsal=True),
            seed=0,
            turns=3,
            branch=Branch("coin"),
            votes=2,
            concurrency=1,
            max_cost=None,
            work=folder,
            prompts={"user": "0" * 12},
        )
        self.out = folder / "i2a/trees"
        self.journal = Journal(folder / "finished")

    def put(self, row: PersonaRow, tree: TreeRow | None, **fields: Any) -> None:
        record = {"tree": tree, "dropped": None, "usage": USE, "unreadable": {}}
        self.journal.put(self.job.tree_key(row), record | fields)

    def drop(self, row: PersonaRow) -> None:
        name = tree_id(0, row.persona_id)
        dropped = DroppedRow("tree", name, "user-empty", "turn 1: the user ...", None, None, "{}")
        self.put(row, None, dropped=dropped, unreadable={"empty": 3})

    def publish(self, drawn: Mapping[str, Sequence[PersonaRow]] = SPLITS) -> dict[str, Any]:
        source = Source("i2a/personas", "0" * 64, drawn, {"profiles": 0, "personalities": 0, "heldout": 0})
        finished = Finished.of(self.journal, self.job, drawn)
        return publish(self.out, finished, source, self.job, dataset="i2a/trees", license_id="cc-by-4.0")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    with room.journal:
        yield room


def tree_ids(splits: Mapping[str, Sequence[TreeRow | PreferenceRow]]) -> dict[str, list[str]]:
    """The ids that stand in each split, once each, in the order of the rows."""
    return {split: list(dict.fromkeys(row.tree_id for row in rows)) for split, rows in splits.items()}


def test_what_is_finished_is_published_by_tree_id_and_what_was_dropped_is_counted(room: Room) -> None:
    for row in PERSONAS:
        room.put(row, grow(persona_id=row.persona_id))
    room.drop(PERSONAS[1])  # a later line of the journal stands for an earlier one
    manifest = room.publish()
    assert manifest["trees"] == {"asked": 6, "kept": 5, "dropped": {"user-empty": 1}}
    assert manifest["counts"]["trees"] == {"train": 3, "test": 2}
    assert manifest["counts"]["dropped"] == {"train": 1}
    assert manifest["unreadable"] == {"empty": 3}
    assert manifest["usage"]["judge"] == {"calls": 36, "tokens_in": 3600, "tokens_out": 360, "repeated": 1800}
    assert json.loads((room.out / "manifest.json").read_text())["trees"] == manifest["trees"]

    kept = {
        split: [tree_id(0, row.persona_id) for row in reversed(rows) if row != PERSONAS[1]]
        for split, rows in SPLITS.items()
    }
    assert tree_ids(read_release(room.out, "trees", TreeRow)) == kept
    assert tree_ids(read_release(room.out, "preference", PreferenceRow)) == kept
    (dropped,) = read_release(room.out, "dropped", DroppedRow)["train"]
    assert (dropped.kind, dropped.id, dropped.reason) == ("tree", tree_id(0, PERSONAS[1].persona_id), "user-empty")


def test_a_broken_tree_is_named_and_nothing_is_published(room: Room) -> None:
    for row in PERSONAS:
        room.put(row, grow(persona_id=row.persona_id))
    broken = with_node(grow(persona_id=PERSONAS[2].persona_id), 3, disclosed=[])
    room.put(PERSONAS[2], broken)
    with pytest.raises(ValueError, match=f"tree {broken.tree_id}: node 3 discloses"):
        room.publish()
    assert not room.out.exists()


def test_a_tree_that_is_not_finished_is_told_and_nothing_is_published(room: Room) -> None:
    for row in PERSONAS[1:]:
        room.put(row, grow(persona_id=row.persona_id))
    with pytest.raises(UserError, match="a tree of this run is not on disk"):
        room.publish()
    assert not room.out.exists()


def test_where_every_tree_was_dropped_the_reasons_are_told_and_nothing_is_published(room: Room) -> None:
    for row in PERSONAS:
        room.drop(row)
    with pytest.raises(UserError, match=r"no tree came to its end: .*user-empty.*the first one: turn 1"):
        room.publish()
    assert not room.out.exists()
