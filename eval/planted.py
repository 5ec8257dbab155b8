"""Can the judge be trusted: replies of known quality for it to score, in chats written by hand (`planted.jsonl`).

    inspect eval eval/planted.py --model none --model-role judge=openai/gpt-4o

A case is a person, a chat and five replies to its last message: `perfect` uses what was disclosed and nothing else,
`generic` would do for anybody, `off_topic` passes the message by, `sycophantic` flatters and says nothing,
`over_personal` states facts that were never disclosed. A judge that puts them in another order measures something
else. `eval/aloe.py` runs this beside the benchmark.
"""

from pathlib import Path

import orjson
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from eval import judging, views
from eval.cast import LIMITS, quicken
from eval.scoring import TURNS, VOTES, by_kind, per_turn, version
from pipelines.views import Persona, Turn

PLANTED = Path(__file__).parent / "planted.jsonl"


@task
def planted(protocol: str = "plus", votes: int | None = None, seed: int = 0) -> Task:
    """The planted set as a task of Inspect AI, which asks the judge alone; arguments as of `aloe`."""
    votes = votes or VOTES[protocol]
    cases = samples()
    return Task(
        dataset=MemoryDataset(cases, name="planted"),
        solver=judged(protocol, votes, seed),
        scorer=per_turn(1),
        metrics=[by_kind()],
        fail_on_error=True,
        continue_on_fail=True,
        version=version(cases),
        metadata={"aloe": {"protocol": protocol, "turns": 1, "votes": votes, "seed": seed}},
    )


def samples() -> list[Sample]:
    """One for each reply of each case."""
    lines = [orjson.loads(line) for line in PLANTED.read_bytes().splitlines()]
    return [
        Sample(id=f"{case['case']}/{kind}", input=case["message"], metadata={"kind": kind, "reply": reply, **case})
        for case in lines
        for kind, reply in case.pop("replies").items()
    ]


@solver
def judged(protocol: str, votes: int, seed: int) -> Solver:
    """Has the judge score the reply."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001 - a solver's form
        case = state.metadata
        judge = get_model(role="judge", required=True, config=LIMITS)
        quicken(judge)
        persona = Persona(case["facts"], case["traits"])
        message, reply = case["message"], case["reply"]
        if protocol == "paper":
            prompt = views.paper_judge(" ".join(persona.facts), " ".join(persona.traits), message, reply)
        else:
            before = [Turn(turn["message"], (), turn["reply"]) for turn in case["turns"]]
            prompt = views.plus_judge(persona, before, message, case["disclosed"], reply)
        given, asks = await judging.votes(judge, prompt, protocol, votes, seed)
        record = {"turn": 1, "message": message, "reply": reply, "votes": given, "asks": asks}
        state.store.set(TURNS, [record | {"score": judging.mean(given)}])
        return state

    return solve
