"""The rehearsal's roles as Distilabel LLMs of this process: no server, every prompt kept, and trouble to order."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from distilabel import models
from pydantic import Field

from pipelines.calls import Calls
from pipelines.cast import Cast, Player
from pipelines.journal import Journal
from pipelines.rehearsal import roles
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.tags import Message
from pipelines.schema import PersonaRow, TreeRow
from pipelines.steps.dialogue import Dialogue
from pipelines.steps.growth import Grown
from pipelines.tree_job import ROLES, Branch, Job
from pipelines.views import Messages

Instead = Callable[[str, Messages, int], str | None]
"""What a role says instead, of its prompt and how often it was asked that before; None for its usual reply."""

Until = Callable[[str, Messages], Awaitable[None]]
"""What a reply to a role's prompt waits for."""

PERSONA = PersonaRow(
    "p-27e83ce28972",
    "pr-1",
    "pe-1",
    "Is 44 years old. Works as a nurse in Lisbon. Keeps two hens. Plays the cello on Sundays. Has a twin brother.",
    "Answers with a joke. Likes short replies. Asks why at least twice. Types in lower case. Hates small talk.",
    [
        "Is 44 years old.",
        "Works as a nurse in Lisbon.",
        "Keeps two hens.",
        "Plays the cello on Sundays.",
        "Has a twin brother.",
    ],
    [
        "Answers with a joke.",
        "Likes short replies.",
        "Asks why at least twice.",
        "Types in lower case.",
        "Hates small talk.",
    ],
    "seed",
    0,
    None,
    None,
    rehearsal=True,
)


class Played(models.AsyncLLM):  # type: ignore[misc]  # Distilabel ships no types
    """One role."""

    role: str
    prompts: list[Messages] = Field(default_factory=list)
    asked: Any = Field(default_factory=Counter)
    jitter: Any = None  # random.Random, for the seconds that a reply takes
    instead: Any = None  # an Instead
    until: Any = None  # an Until

    @property
    def model_name(self) -> str:
        return f"rehearsal/{self.role}"

    async def agenerate(self, input: Messages, num_generations: int = 1, **kwargs: Any) -> Any:  # noqa: A002
        messages = tuple(Message(said["role"], said["content"]) for said in input)
        before = self.asked[messages]
        self.asked[messages] += 1
        self.prompts.append(input)
        if self.until is not None:
            await self.until(self.role, input)
        text = self.instead(self.role, input, before) if self.instead else None
        if text is None:
            text = roles.reply(self.role, messages, Draw(self.role, *(part for said in messages for part in said)))
        if self.jitter is not None:
            await asyncio.sleep(self.jitter.random() / 200)
        length = sum(len(said.content) for said in messages)
        return {"generations": [text], "statistics": {"input_tokens": [length // 4], "output_tokens": [len(text) // 4]}}


async def soon(event: asyncio.Event) -> None:
    """Waits for what must happen while a call is under way; else the call can never succeed, which ends the run."""
    try:
        await asyncio.wait_for(event.wait(), 5)
    except TimeoutError as error:
        raise ValueError("what should go on beside this call waits for it") from error


def grow(
    folder: Path,
    *,
    branch: str = "coin",
    turns: int = 4,
    votes: int = 2,
    seed: int = 0,
    persona: PersonaRow = PERSONA,
    jitter: int | None = None,
    instead: Instead | None = None,
    until: Until | None = None,
) -> tuple[Grown, dict[str, list[Messages]]]:
    """Grows one tree in this process; it, and every prompt by role."""
    shaken = None if jitter is None else random.Random(jitter)
    llms = {role: Played(role=role, jitter=shaken, instead=instead, until=until) for role in ROLES}
    players = {role: Player(role, "Played", {"model": f"rehearsal/{role}", "generation_kwargs": {}}) for role in ROLES}

    job = Job(Cast(players, rehearsal=True), seed, turns, Branch.parse(branch), votes, 8, None, folder, {})

    async def main() -> Grown:
        with Journal(folder / "journal") as journal:
            calls = Calls(players, llms, journal, seed=seed, concurrency=8, stop=folder / "stop")
            try:
                return await Dialogue(persona, calls, job).grow()
            finally:
                await calls.finish()

    return asyncio.run(main()), {role: llm.prompts for role, llm in llms.items()}


def grown_tree(folder: Path, **settings: Any) -> tuple[TreeRow, dict[str, list[Messages]]]:
    """As `grow`, of a tree that must come to its end."""
    grown, prompts = grow(folder, **settings)
    assert grown.tree is not None, grown.dropped
    return grown.tree, prompts
