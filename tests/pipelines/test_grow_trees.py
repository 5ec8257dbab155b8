"""One replica's share of trees, in this process: its files, its troubles, its memory."""

import asyncio
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.calls import Calls
from pipelines.cast import Cast, Player
from pipelines.errors import UserError
from pipelines.journal import Journal
from pipelines.prompts import prompt_hashes
from pipelines.schema import PersonaRow, persona_id, tree_id
from pipelines.steps.grow_trees import Growing, GrowTrees
from pipelines.tree_job import PROMPTS, ROLES, Branch, Job
from pipelines.views import Messages
from tests.pipelines.players import PERSONA, Instead, Played, Until, soon

TURNS = 3


def persona(number: int) -> PersonaRow:
    """One of many: each has a fact of its own, by which its prompts can be told."""
    facts = [f"Has {number} brothers and sisters.", *PERSONA.facts[1:]]
    profile = " ".join(facts)
    return replace(PERSONA, persona_id=persona_id(profile, PERSONA.personality), profile=profile, facts=facts)


PERSONAS = [persona(number) for number in range(2, 8)]


class Room:
    """A work folder, and the replica that works in it."""

    def __init__(
        self,
        folder: Path,
        instead: Instead | None = None,
        llm: type[Played] = Played,
        until: Until | None = None,
        concurrency: int = 4,
    ) -> None:
        players = {
            role: Player(role, "Played", {"model": f"rehearsal/{role}", "generation_kwargs": {}}) for role in ROLES
        }
        self.job = Job(
            cast=Cast(players, rehearsal=True),
            seed=0,
            turns=TURNS,
            branch=Branch("coin"),
            votes=2,
            concurrency=concurrency,
            max_cost=None,
            work=folder,
            prompts=prompt_hashes(PROMPTS),
        )
        self.llms = {role: llm(role=role, instead=instead, until=until) for role in ROLES}

    def grow(self, personas: list[PersonaRow]) -> list[dict[str, str]]:
        return asyncio.run(Growing(self.job, self.llms).run(personas))

    def process(self, personas: list[PersonaRow]) -> list[dict[str, str]]:
        """As Distilabel calls the step."""
        rows: list[dict[str, str]] = next(
            GrowTrees(name="grow_trees", job=self.job, **self.llms).process([asdict(row) for row in personas])
        )
        return rows

    def finished(self) -> dict[str, dict[str, Any]]:
        """persona_id -> what is on disk of its tree."""
        with Journal(self.job.work / "finished") as journal:
            found = {row.persona_id: journal.get(self.job.tree_key(row)) for row in PERSONAS}
        return {name: record for name, record in found.items() if record is not None}


def test_every_tree_is_on_disk_when_its_row_comes_back(tmp_path: Path) -> None:
    room = Room(tmp_path)
    rows = room.grow(PERSONAS)
    assert sorted(row["tree_id"] for row in rows) == sorted(tree_id(0, one.persona_id) for one in PERSONAS)
    assert {row["status"] for row in rows} == {"grown"}
    assert json.loads(rows[0]["calls"])["made"] == len(PERSONAS) * TURNS * 6
    assert all(record["tree"]["persona_id"] == name for name, record in room.finished().items())
    assert len(room.finished()) == len(PERSONAS)


def test_all_trees_are_open_at_once_where_there_are_calls_for_them(tmp_path: Path) -> None:
    asked, all_open = set[str](), asyncio.Event()

    async def until(role: str, messages: Messages) -> None:
        if role == "user":
            asked.add(messages[0]["content"])
            if len(asked) == len(PERSONAS):
                all_open.set()
            await soon(all_open)

    Room(tmp_path, until=until, concurrency=8).grow(PERSONAS)


def test_the_key_of_a_tree_is_that_of_its_recipe_and_of_all_that_is_said_of_its_persona(tmp_path: Path) -> None:
    job, row = Room(tmp_path).job, PERSONAS[0]
    jobs = [
        job,
        replace(job, seed=1),
        replace(job, turns=TURNS + 1),
        replace(job, votes=3),
        replace(job, branch=Branch("preferred")),
        replace(job, prompts=job.prompts | {"vote": "0" * 12}),
    ]
    rows = [replace(row, facts=["Keeps bees."]), replace(row, traits=["Asks how."]), replace(row, rehearsal=False)]
    keys = [*(one.tree_key(row) for one in jobs), *(job.tree_key(one) for one in rows)]
    assert len(set(keys)) == len(jobs) + len(rows)
    assert replace(job, work=tmp_path / "other", concurrency=99, replicas=3).tree_key(row) == keys[0]


def test_a_role_that_fails_for_one_tree_harms_no_other(tmp_path: Path) -> None:
    poor = PERSONAS[2]

    def instead(role: str, messages: Messages, _: int) -> str | None:
        return (
            "I'm sorry, but I can't help with that."
            if role == "user" and poor.facts[0] in messages[0]["content"]
            else None
        )

    room, usual = Room(tmp_path / "poor", instead), Room(tmp_path / "usual")
    assert [row["status"] for row in room.grow(PERSONAS)].count("dropped") == 1
    usual.grow(PERSONAS)
    records, others = room.finished(), usual.finished()
    assert records[poor.persona_id]["tree"] is None
    assert records[poor.persona_id]["dropped"]["reason"] == "user-refusal"
    assert all(records[name] == others[name] for name in records if name != poor.persona_id)


class Refused(Played):
    """A judge who, after a while, is not there any more."""

    async def agenerate(self, input: Messages, num_generations: int = 1, **kwargs: Any) -> Any:  # noqa: A002
        if self.role == "judge" and len(self.prompts) >= 20:
            raise NotImplementedError("no such model")
        return await super().agenerate(input, num_generations, **kwargs)


def test_what_is_finished_when_a_call_can_never_succeed_is_kept_and_not_asked_again(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the judge .* cannot be called: NotImplementedError: no such model"):
        Room(tmp_path, llm=Refused).grow(PERSONAS)
    before = Room(tmp_path).finished()
    assert 0 < len(before) < len(PERSONAS)
    again = Room(tmp_path)
    again.grow([row for row in PERSONAS if row.persona_id not in before])
    assert all(again.finished()[name] == record for name, record in before.items())
    asked = "\n".join(message["content"] for llm in again.llms.values() for said in llm.prompts for message in said)
    for row in PERSONAS:
        assert (row.facts[0] in asked) <= (row.persona_id not in before)


def test_a_share_that_cannot_go_on_tells_the_others_to_stop(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such model"):
        Room(tmp_path, llm=Refused).process(PERSONAS)
    assert (tmp_path / "stop").exists()


def test_a_share_that_came_to_its_end_tells_nobody_to_stop(tmp_path: Path) -> None:
    assert len(Room(tmp_path).process(PERSONAS[:2])) == 2
    assert not (tmp_path / "stop").exists()


def test_of_a_finished_tree_only_what_another_may_ask_stays_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[int] = []
    finish = Calls.finish

    async def looked_at(calls: Calls) -> None:
        await finish(calls)
        left.append(len(calls._journal))

    monkeypatch.setattr(Calls, "finish", looked_at)
    Room(tmp_path).grow(PERSONAS)
    assert left == [len(PERSONAS) * 4]  # the first turn's, without the judge's
    assert sum(path.read_bytes().count(b"\n") for path in (tmp_path / "journal").iterdir()) == len(PERSONAS) * TURNS * 6
