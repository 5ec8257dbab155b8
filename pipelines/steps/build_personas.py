"""The persona stage as one Distilabel step: two pools grown in rounds, split, paired, and a held-out set beside them.

Each round needs the pool of the one before, so the rounds run inside the step; what goes out through Distilabel are the
finished rows, as JSON.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from distilabel.models import LLM
from distilabel.steps import GeneratorStep
from pydantic import Field

from cards.release import MANIFEST
from filters import leakage
from filters.embed import Embedder, Vectors, load_embedder
from pipelines.calls import Calls
from pipelines.generate import close_llms, load_llms
from pipelines.journal import Journal
from pipelines.persona_job import Job, Tables
from pipelines.progress import State, keep_writing
from pipelines.records import read_release
from pipelines.reviews.withdrawn import withdrawn_texts
from pipelines.schema import KINDS, PLURAL, DroppedRow, Kind, PersonaRow, TextRow
from pipelines.steps.heldout import certified, make_heldout, told_distances
from pipelines.steps.pairing import Pairing, Pairs, assign_test, plan_pairs, size_of_test
from pipelines.steps.pool import Ledger, Pool, grow, plant


class BuildPersonas(GeneratorStep):  # type: ignore[misc]  # Distilabel ships no types
    """Yields one batch of rows {"table": "profiles" | ... | "told", "row": JSON}; `told` is what is told of the run.

    `job` is left out of the serialised pipeline, which is a temporary file of Distilabel's.
    """

    writer: LLM
    judge: LLM
    job: Job = Field(exclude=True)

    @property
    def outputs(self) -> list[str]:
        return ["table", "row"]

    def load(self) -> None:
        super().load()
        load_llms({"writer": self.writer, "judge": self.judge})

    def process(self, offset: int = 0) -> Iterator[tuple[list[dict[str, str]], bool]]:  # noqa: ARG002 - Distilabel's signature
        tables, told = asyncio.run(self._run())
        rows = [(name, asdict(row)) for name, table in tables.items() for row in table] + [("told", told)]
        yield [{"table": name, "row": json.dumps(row)} for name, row in rows], True

    async def _run(self) -> tuple[Tables, dict[str, Any]]:
        job, llms = self.job, {"writer": self.writer, "judge": self.judge}
        embedder = load_embedder(job.embedder, job.work / "embeddings")
        with Journal(job.work / "journal") as journal:
            calls = Calls(
                job.cast.players,
                llms,
                journal,
                seed=job.seed,
                concurrency=job.concurrency,
                stop=job.work / "stop",
                max_cost=job.max_cost,
                stamp=job.stamp(),
            )
            build = Build(job, calls, embedder)
            teller = asyncio.create_task(keep_writing(build.state, job.work / "progress.json"))
            try:
                return await build.run()
            finally:
                await calls.finish()
                teller.cancel()
                await close_llms(llms)


@dataclass
class Old:
    """What a release that is gone on from holds."""

    splits: dict[str, str] = field(default_factory=dict)  # id of a text -> its split
    personas: list[PersonaRow] = field(default_factory=list)  # of train and test
    heldout: list[PersonaRow] = field(default_factory=list)
    dropped: list[DroppedRow] = field(default_factory=list)


class Build:
    """One run of the stage."""

    def __init__(self, job: Job, calls: Calls, embedder: Embedder) -> None:
        self.job, self.calls, self.embedder = job, calls, embedder
        self.main, self.heldout = ({kind: self._pool(kind, embedder) for kind in KINDS} for _ in range(2))
        for kind in KINDS:
            self.main[kind].guards.append((self.heldout[kind], job.heldout_bound(kind), "near-heldout"))
            self.heldout[kind].guards.append((self.main[kind], job.heldout_bound(kind), "near-training"))
        self.pairing = Pairing(calls)
        self.old = Old()

    async def run(self) -> tuple[Tables, dict[str, Any]]:
        """The tables, and what is told of their making."""
        if self.job.base is not None:
            self._restore(self.job.base)
        await asyncio.gather(*(self._fill(kind) for kind in KINDS))
        self._split()
        pairs, heldout = await asyncio.gather(self._pair(), self._heldout())
        for kind in KINDS:
            vectors = self.heldout[kind].vectors, self.main[kind].vectors
            leakage.require_distance(*vectors, self.job.heldout_bound(kind), kind)
        ledgers = [pools[kind].ledger for pools in (self.main, self.heldout) for kind in KINDS]
        tables: Tables = {
            "profiles": [*self.main["profile"].rows, *self.heldout["profile"].rows],
            "personalities": [*self.main["personality"].rows, *self.heldout["personality"].rows],
            "personas": [*self.old.personas, *pairs.personas],
            "heldout": heldout.personas,
            "aloe": certified(
                heldout.personas,
                {kind: (self.heldout[kind].rows, self.heldout[kind].vectors) for kind in KINDS},
                {kind: self._train(kind) for kind in KINDS},
            ),
            "dropped": [
                *self.old.dropped,
                *(row for ledger in ledgers for row in ledger.dropped),
                *pairs.dropped,
                *heldout.dropped,
            ],
        }
        return tables, self._told(pairs.short)

    def _pool(self, kind: Kind, embedder: Embedder) -> Pool:
        return Pool(kind, embedder, self.job.thresholds[kind], Ledger(), rehearsal=self.job.cast.rehearsal)

    def _restore(self, base: Path) -> None:
        """Takes over what a release holds, to go on from it: its rounds are counted on, its splits stay."""
        rounds = json.loads((base / MANIFEST).read_bytes())["told"]["rounds"]
        for kind in KINDS:
            rows = read_release(base, PLURAL[kind], TextRow)
            self.main[kind].restore([*rows.get("train", []), *rows.get("test", [])])
            self.heldout[kind].restore(rows.get("heldout", []))
            self.main[kind].round = max(entry["round"] for entry in rounds if entry["kind"] == kind)
            self.old.splits |= {row.id: row.split for row in self.main[kind].rows}
        personas = read_release(base, "personas", PersonaRow)
        self.old.personas = [*personas.get("train", []), *personas.get("test", [])]
        self.old.heldout = personas.get("heldout", [])
        if (base / "dropped").exists():  # not where nothing was
            self.old.dropped = read_release(base, "dropped", DroppedRow)["train"]
        for kind in KINDS:  # what reviewers took out is not to come in again, and keeps its room to come back
            for heldout in (False, True):
                out = self._pool(kind, self.embedder)
                taken = withdrawn_texts(self.old.dropped, kind)
                out.restore([row for row in taken if (row.split == "heldout") == heldout])
                bound = self.job.heldout_bound(kind) if heldout else self.job.thresholds[kind]
                self.main[kind].guards.append((out, bound, "near-withdrawn"))

    async def _fill(self, kind: Kind) -> None:
        pool, model = self.main[kind], self.job.cast.players["writer"].model
        target = self.job.targets[kind]
        if self.job.base is None:
            await plant(pool, self.job.seeds[kind], target, self.calls, model)
        await grow(pool, target, self.calls, model, self.job.seed, split="train", exemplars=pool)

    def _split(self) -> None:
        for kind in KINDS:
            pool = self.main[kind]
            size = size_of_test(kind, len(pool), self.job.per_profile)
            test = assign_test([row.id for row in pool.rows], self.old.splits, size, self.job.seed)
            pool.rows = [replace(row, split="test" if row.id in test else "train") for row in pool.rows]

    async def _pair(self) -> Pairs:
        """Personas of train and test: each profile with --per-profile personalities of its split that fit it."""
        taken = [(row.profile_id, row.personality_id) for row in self.old.personas]
        refused = {row.id for row in self.old.dropped if row.kind == "persona"}
        plans = []
        for split in ("train", "test"):
            profiles, personalities = ([row for row in self.main[kind].rows if row.split == split] for kind in KINDS)
            plans += plan_pairs(profiles, personalities, self.job.per_profile, self.job.seed, taken, refused)
        return await self.pairing.run(plans, self.job.concurrency)

    async def _heldout(self) -> Pairs:
        if self.job.base is not None:
            return Pairs(self.old.heldout)
        return await make_heldout(self.job, self.calls, self.main, self.heldout, self.pairing)

    def _train(self, kind: Kind) -> tuple[list[TextRow], Vectors]:
        pool = self.main[kind]
        chosen = [n for n, row in enumerate(pool.rows) if row.split == "train"]
        return [pool.rows[n] for n in chosen], pool.vectors[chosen]

    def _told(self, short: int) -> dict[str, Any]:
        """What manifest, card and terminal tell; the same for a resumed run but for `calls`."""
        ledgers = [pools[kind].ledger for pools in (self.main, self.heldout) for kind in KINDS]
        distances = {
            kind: told_distances(self.heldout[kind].vectors, self._train(kind)[1], self.job.heldout_bound(kind))
            for kind in KINDS
        }
        return {
            "embedder": self.embedder.identity,
            "rounds": [asdict(entry) for ledger in ledgers for entry in ledger.rounds],
            "saturated": {name: full for ledger in ledgers for name, full in ledger.saturated.items()},
            "pairs": dict(sorted(self.pairing.judged.items())),
            "short_profiles": short,
            "distances": distances,
            "usage": {role: asdict(usage) for role, usage in self.calls.counts.usage.items()},
            "unreadable": dict(sorted(self.calls.counts.unreadable.items())),
            "calls": self.calls.told(),
        }

    def state(self) -> State:
        """What the command shows while it waits."""
        job, counts = self.job, self.calls.counts
        last = [ledger.rounds[-1] for kind in KINDS if (ledger := self.main[kind].ledger).rounds]
        state = State()
        for kind in KINDS:
            state.bars[PLURAL[kind]] = (len(self.main[kind]), job.targets[kind])
        state.bars["held-out"] = (
            sum(min(len(self.heldout[kind]), job.heldout[kind]) for kind in KINDS), sum(job.heldout.values())
        )  # fmt: skip
        if self.pairing.planned:
            state.bars["pairs"] = (self.pairing.done, self.pairing.planned)
        if last:
            state.facts["round"] = max(entry.round for entry in last)
            kept, seen = sum(e.kept for e in last), sum(e.candidates for e in last)
            state.facts["yield"] = f"{kept / seen:.0%}" if seen else "-"
        state.facts["calls"] = counts.made + counts.from_journal
        state.facts["tokens"] = sum(usage.tokens_in + usage.tokens_out for usage in counts.usage.values())
        if retries := counts.retries.total():
            state.facts["retries"] = retries
        return state
