"""The tree stage as one Distilabel step that holds the roles' LLMs and works through its share of the personas.

A replica gets one batch and has as many trees open as keep its calls in flight. Trees never travel through Distilabel:
a finished one is appended to a file of its replica, and an id with its status goes on.
"""

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Iterator

from distilabel.models import LLM
from distilabel.steps import Step, StepInput
from pydantic import Field

from pipelines.calls import Calls
from pipelines.generate import close_llms, load_llms
from pipelines.journal import Journal
from pipelines.progress import State, keep_writing
from pipelines.records import from_row
from pipelines.schema import PersonaRow, tree_id
from pipelines.steps.dialogue import Dialogue
from pipelines.steps.growth import Grown
from pipelines.tree_job import ROLES, Job


class GrowTrees(Step):  # type: ignore[misc]  # Distilabel ships no types
    """Rows of `personas` in; {"tree_id", "status": "grown" | "dropped", "calls"} out, when all of them are on disk.

    `calls` is what this replica tells of its calls, as JSON, on the first of its rows.

    `job` is left out of the serialised pipeline, which is a temporary file of Distilabel's.
    """

    user: LLM
    inducer: LLM
    tailored: LLM
    generic: LLM
    judge: LLM
    job: Job = Field(exclude=True)

    @property
    def inputs(self) -> list[str]:
        return ["persona_id"]

    @property
    def outputs(self) -> list[str]:
        return ["tree_id", "status", "calls"]

    def load(self) -> None:
        super().load()
        load_llms(self.llms)

    @property
    def llms(self) -> dict[str, LLM]:
        roles = (self.user, self.inducer, self.tailored, self.generic, self.judge)
        return dict(zip(ROLES, roles, strict=True))

    def process(self, inputs: StepInput) -> Iterator[list[dict[str, str]]]:
        personas = [from_row(PersonaRow, row, f"row {number}") for number, row in enumerate(inputs)]
        try:
            rows = asyncio.run(Growing(self.job, self.llms).run(personas))
        except BaseException:
            (self.job.work / "stop").touch()  # the other replicas finish what is under way
            raise
        yield rows


class Growing:
    """One replica's share of the run."""

    def __init__(self, job: Job, llms: dict[str, LLM]) -> None:
        self.job, self.llms = job, llms
        self.status: dict[str, str] = {}
        self.counts: Counter[str] = Counter()

    async def run(self, personas: list[PersonaRow]) -> list[dict[str, str]]:
        job = self.job
        concurrency = max(1, job.concurrency // job.replicas)
        with Journal(job.work / "journal") as journal, Journal(job.work / "finished") as finished:
            calls = Calls(
                job.cast.players,
                self.llms,
                journal,
                seed=job.seed,
                concurrency=concurrency,
                stop=job.work / "stop",
                max_cost=job.max_cost,
                stamp=job.stamp(),
                replicas=job.replicas,
            )
            waiting = iter(personas)
            progress = job.work / f"progress-{uuid.uuid4().hex}.json"
            teller = asyncio.create_task(keep_writing(lambda: self._state(calls, len(personas)), progress))
            try:
                await asyncio.gather(
                    *(self._work(waiting, calls, finished) for _ in range(min(concurrency, len(personas))))
                )
            finally:
                await calls.finish()
                teller.cancel()
                await close_llms(self.llms)
        rows = [{"tree_id": name, "status": status, "calls": ""} for name, status in self.status.items()]
        rows[0]["calls"] = json.dumps(calls.told())
        return rows

    async def _work(self, waiting: Iterator[PersonaRow], calls: Calls, finished: Journal) -> None:
        """Grows one tree after the other until none waits."""
        for persona in waiting:
            dialogue = Dialogue(persona, calls, self.job)
            grown = await dialogue.grow()
            finished.put(self.job.tree_key(persona), grown.record())
            calls.forget(dialogue.keys)
            self._count(persona, grown)

    def _count(self, persona: PersonaRow, grown: Grown) -> None:
        self.status[tree_id(self.job.seed, persona.persona_id)] = "grown" if grown.tree else "dropped"
        self.counts["done"] += 1
        if grown.tree is None:
            self.counts["dropped"] += 1
            return
        labels = [node.label for node in grown.tree.nodes if node.role == "assistant"]
        self.counts["decided"] += labels.count("preferred")
        self.counts["undecided"] += labels.count("undecided") // 2

    def _state(self, calls: Calls, trees: int) -> State:
        state, counts = State(), calls.counts
        state.bars["trees"] = (self.counts["done"], trees)
        state.facts["decided"] = self.counts["decided"]
        state.facts["undecided"] = self.counts["undecided"]
        state.facts["calls"] = counts.made + counts.from_journal
        if counts.began is not None and counts.seconds:
            state.facts["calls/s"] = round(counts.made / counts.seconds)
        if self.counts["dropped"]:
            state.facts["dropped"] = self.counts["dropped"]
        if retries := counts.retries.total():
            state.facts["retries"] = retries
        return state
