"""How the evaluated model comes to its reply: solvers, each of which adds one reply to the conversation.

| baseline | the model sees | it shows |
| --- | --- | --- |
| plain | the conversation | where the model stands |
| infer | the conversation, and its own notes on the person | what asking it to infer first brings |
| persona | the conversation, and the whole persona | the ceiling |
"""

from collections.abc import Mapping, Sequence

from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from eval.views import one_line, without_reasoning
from pipelines.prompts import render
from pipelines.views import spoken


@solver
def plain() -> Solver:
    """Answers from the conversation alone."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        return await generate(state)

    return solve


@solver
def infer() -> Solver:
    """Takes notes on the person first, then answers with them."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001 - a solver's form
        chat = "\n".join(spoken(message.role.capitalize(), message.text) for message in state.messages)
        taken = await get_model().generate([ChatMessageUser(content=render("infer", chat=chat))])
        return await _answer(state, render("noted", notes=without_reasoning(taken) or "- none yet"))

    return solve


@solver
def persona() -> Solver:
    """Answers with the whole persona in view, as statements where it has them, else as its texts."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001 - a solver's form
        about = state.metadata
        facts: Sequence[str] = about["facts"] or [one_line(about["profile"])]
        traits: Sequence[str] = about["traits"] or [one_line(about["personality"])]
        return await _answer(state, render("informed", facts=facts, traits=traits))

    return solve


BASELINES: Mapping[str, Solver] = {"plain": plain(), "infer": infer(), "persona": persona()}


async def _answer(state: TaskState, system: str) -> TaskState:
    """One reply under a system prompt, which does not stay in the conversation."""
    view: list[ChatMessage] = [ChatMessageSystem(content=system), *state.messages]
    state.output = await get_model().generate(view)
    state.messages.append(state.output.message)
    return state
