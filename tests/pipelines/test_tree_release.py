"""What a release is made of: the finished trees on disk, in its order, counted and checked."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines import tree_release
from pipelines.cast import Cast, Player, Price
from pipelines.errors import UserError
from pipelines.journal import Journal
from pipelines.records import read_release
from pipelines.schema import DroppedRow, PersonaRow, PreferenceRow, TreeRow, tree_id
from pipelines.steps.growth import RoleUse
from pipelines.tree_input import Source
from pipelines.tree_job import ROLES, Branch, Job
from pipelines.tree_release import publish
from pipelines.tree_sources import Finished
from tests.pipelines.players import PERSONA
from tests.pipelines.trees import FACTS, TRAITS, grow, with_node

PERSONAS = [
    replace(PERSONA, persona_id=f"p-{number:012x}", profile=f"{number}", facts=FACTS, traits=TRAITS)
    for number in range(6)
]
PERSONAS.sort(key=lambda row: tree_id(0, row.persona_id), reverse=True)  # just the other way than in a release
SPLITS = {"train": PERSONAS[:4], "test": PERSONAS[4:]}
USE = {role: RoleUse(calls=6, tokens_in=600, tokens_out=60, repeated=300) for role in ROLES}

SOURCE = Source("i2a/personas", False, None, "0" * 64, SPLITS, {"profiles": 0, "personalities": 0, "heldout": 0})


class Room:
    """A work folder with finished trees, and the release made of them."""

    def __init__(self, folder: Path) -> None:
        players = {
            role: Player(role, "OpenAILLM", {"model": f"rehearsal/{role}", "generation_kwargs": {}}) for role in ROLES
        }
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

    def publish(self, drawn: Mapping[str, Sequence[PersonaRow]] = SPLITS, **fields: Any) -> dict[str, Any]:
        source = replace(SOURCE, drawn=drawn, **fields)
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


def test_the_page_to_browse_has_trees_up_to_a_number_of_messages_and_the_first_whatever_its_size(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    for row in PERSONAS:
        room.put(row, grow(persona_id=row.persona_id))
    size = len(grow().nodes)
    for limit, shown in ((size - 1, 1), (2 * size, 2), (3 * size - 1, 2)):
        monkeypatch.setattr("pipelines.tree_release._NODES_ON_PAGE", limit)
        room.publish()
        assert f"{shown} of 6 dialogue trees" in (room.out / "figures/trees.html").read_text()


def test_neither_page_bears_a_name_that_a_push_may_change(room: Room) -> None:
    for row in PERSONAS:
        room.put(row, grow(persona_id=row.persona_id))
    room.publish()
    for name in ("report", "trees"):
        page = (room.out / f"figures/{name}.html").read_text()
        assert "<title>i2a trees: " in page
        assert "i2a/trees" not in page


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


def test_personas_of_a_folder_here_are_a_sibling_and_their_licence_is_told(room: Room) -> None:
    """A sibling is renamed in the card where both are pushed to another place."""
    for row in PERSONAS:
        room.put(row, grow(persona_id=row.persona_id))
    room.publish()
    assert json.loads((room.out / "manifest.json").read_text())["siblings"] == []
    assert "It contains texts" not in (room.out / "README.md").read_text()

    room.publish(local=True, license="odbl")

    assert json.loads((room.out / "manifest.json").read_text())["siblings"] == ["i2a/personas"]
    room.publish(local=True, repo_id="others/personas")
    assert json.loads((room.out / "manifest.json").read_text())["siblings"] == []
    room.publish(local=True, license="odbl")
    assert "It contains texts of `i2a/personas`, which are under `odbl`." in (room.out / "README.md").read_text()


def test_prices_stand_beside_the_recipe(room: Room) -> None:
    for row in PERSONAS:
        room.put(row, grow(persona_id=row.persona_id))
    players = {role: replace(player, price=Price(1.0, 2.0)) for role, player in room.job.cast.players.items()}
    players["judge"] = room.job.cast.players["judge"]
    before = room.job.recipe()
    room.job = replace(room.job, cast=Cast(players, rehearsal=True))

    manifest = room.publish()

    price = {"input": 1.0, "output": 2.0}
    assert manifest["prices"] == {"user": price, "inducer": price, "tailored": price, "generic": price}
    assert before.items() <= manifest["recipe"].items()


def test_a_model_s_place_on_this_machine_names_its_trees_and_is_not_published(room: Room) -> None:
    def cast_at(folder: str) -> Cast:
        player = Player("judge", "vLLM", {"model": f"{folder}/tuned", "generation_kwargs": {}})
        return Cast({**room.job.cast.players, "judge": player})

    one, other = (replace(room.job, cast=cast_at(folder)) for folder in ("/home/me", "/home/you"))
    assert one.recipe() == other.recipe()
    assert "/home" not in json.dumps(one.recipe())
    assert one.tree_key(PERSONA) != other.tree_key(PERSONA)
    assert one.stamp() != other.stamp()


def test_terms_are_those_of_models_and_not_of_the_rehearsal(room: Room) -> None:
    def providers(*, rehearsal: bool) -> list[str | None]:
        rows = [replace(row, model="gpt-4o", rehearsal=rehearsal) for row in PERSONAS]
        for row in rows:
            room.put(row, grow(persona_id=row.persona_id))
        return [row["provider"] for row in tree_release._card_facts(room.publish({"train": rows}))["terms"]]

    assert providers(rehearsal=False) == ["OpenAI"]
    assert providers(rehearsal=True) == []


def test_a_turn_is_told_with_its_interval_and_its_mean_margin() -> None:
    wins = {"turn": 2, "pairs": 7, "share": 0.6, "low": 0.5, "high": 0.9}
    margin = {"turn": 2, "mean": 0.3, "q10": 0.1, "median": 0.2, "q90": 0.4}
    assert tree_release._by_turn({"wins": [wins], "margin_by_turn": [margin]}) == [
        {"turn": 2, "decided": 7, "tailored_won": 0.6, "low": 0.5, "high": 0.9, "margin": 0.3}
    ]
