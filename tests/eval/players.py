"""The rehearsal's roles as Inspect models of this process: no server, every prompt kept, and trouble to order."""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import eval as evaluate
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import Score

from eval.aloe import aloe, main
from pipelines.rehearsal import roles
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.tags import Message, tag

FACTS = [
    "Is 44 years old.",
    "Works as a nurse in Lisbon.",
    "Keeps two hens.",
    "Plays the cello on Sundays.",
    "Has a twin brother.",
]
TRAITS = [
    "Answers with a joke.",
    "Likes short replies.",
    "Asks why at least twice.",
    "Types in lower case.",
    "Hates small talk.",
]
JUDGED = {"rate": '{"score": 4}', "criteria": '{"style": 4, "content": 3, "manner": 5}'}


@dataclass(frozen=True)
class Call:
    """One call of a model, as the provider got it."""

    messages: list[tuple[str, str]]  # role and text
    config: GenerateConfig

    @property
    def task(self) -> str:
        """What the prompt asks for, where it opens with a task; `dialogue` where not."""
        return tag([Message(*said) for said in self.messages[:1]], "task") or "dialogue"

    @property
    def text(self) -> str:
        return "\n".join(text for _, text in self.messages)


Answer = str | ModelOutput | None
Instead = Callable[[str, Call, int], "Answer | Awaitable[Answer]"]
"""What a role says instead, of its call and how many of this task it had before; None for its usual reply."""


@dataclass
class Heard:
    """Every call of a run, by the role that it went to."""

    calls: dict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))

    def of(self, role: str, task: str | None = None) -> list[Call]:
        return [call for call in self.calls[role] if task in (None, call.task)]


def said(text: str, **fields: Any) -> ModelOutput:
    """An output with its usage, without which the mock would fetch a tokenizer."""
    output = ModelOutput.from_content("mockllm", text, **fields)
    output.usage = ModelUsage(input_tokens=7, output_tokens=len(text.split()), total_tokens=7 + len(text.split()))
    return output


def scripted(**by_role: Callable[[Call, int], "Answer | Any"]) -> Instead:
    """What some roles say instead; the judge of the rest gives what `JUDGED` holds."""

    def instead(role: str, call: Call, before: int) -> Any:
        answer = by_role[role](call, before) if role in by_role else None
        return JUDGED.get(call.task) if answer is None and role.endswith("judge") else answer

    return instead


def player(role: str, heard: Heard, instead: Instead | None = None, own: GenerateConfig | None = None) -> Model:
    """A model that plays a role of the rehearsal, with settings of its own."""

    async def reply(messages: list[ChatMessage], _tools: Any, _choice: Any, config: GenerateConfig) -> ModelOutput:
        call = Call([(message.role, message.text) for message in messages], config.model_copy())
        before = len(heard.of(role, call.task))
        heard.calls[role].append(call)
        answer = instead(role, call, before) if instead else None
        if isinstance(answer, Awaitable):
            answer = await answer
        if answer is None:
            spoken = [Message(*one) for one in call.messages]
            plays = {"second_judge": "judge", "judge": "inducer" if call.task == "dialogue" else "judge"}.get(
                role, role
            )
            answer = roles.reply(plays, spoken, Draw(role, str(config.seed), call.text))
        return said(answer) if isinstance(answer, str) else answer

    return get_model(f"mockllm/{role}", config=own or GenerateConfig(), memoize=False, custom_outputs=reply)


def persona(number: int = 0) -> dict[str, Any]:
    """A row of a file of personas; five share a profile, and each fifth one a personality."""
    facts = [f"Is {30 + number // 5} years old.", *FACTS[1:]]
    traits = [f"Ends messages with {number % 5} dots.", *TRAITS[1:]]
    return {"profile": " ".join(facts), "personality": " ".join(traits), "facts": facts, "traits": traits}


def write_rows(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def play(
    folder: Path,
    instead: Instead | None = None,
    *,
    personas: int = 1,
    named: Sequence[str] = ("user", "judge", "inducer"),
    run: dict[str, Any] | None = None,
    **options: Any,
) -> tuple[EvalLog, Heard]:
    """Runs the benchmark in this process; its log, and every prompt.

    Args:
        instead: trouble to order.
        personas: how many are played.
        named: the roles that somebody plays beside the evaluated model.
        run: options of Inspect.
        options: of the task.
    """
    heard = Heard()
    data = write_rows(folder / "personas.jsonl", [persona(number) for number in range(personas)])
    options = (
        {"turns": 3, **options} if {"profiles", "data"} & set(options) else {"turns": 3, "data": str(data)} | options
    )
    [log] = evaluate(
        aloe(**options),
        model=player("assistant", heard, instead),
        model_roles={role: player(role, heard, instead) for role in named},
        log_dir=str(folder / "logs"),
        display="none",
        **(run or {}),
    )
    return log, heard


def command(
    patch: pytest.MonkeyPatch, folder: Path, instead: Instead | None = None, *options: str
) -> tuple[int, Heard]:
    """Runs the whole command in this process; its exit code, and every prompt."""
    heard = Heard()

    def model(name: str, config: GenerateConfig, **_: Any) -> Model:
        return player(name.removeprefix("mockllm/"), heard, instead, config)

    patch.setattr("eval.cast._model", model)
    cast = [("model", "assistant"), ("user", "user"), ("judge", "judge"), ("inducer", "inducer")]
    named = [part for role, plays in cast for part in (f"--{role}", f"mockllm/{plays}")]
    where = ["--data", str(folder / "personas.jsonl"), "--log-dir", str(folder / "logs")]
    return main([*where, *named, "--turns", "1", "--votes", "1", *options]), heard


def only(log: EvalLog) -> EvalSample:
    """The sample of a run of one."""
    assert log.samples, log.error and log.error.message
    [sample] = log.samples
    return sample


def score_of(sample: EvalSample) -> Score:
    assert sample.scores, sample.error and sample.error.message
    return sample.scores["per_turn"]


def turns_of(log: EvalLog) -> list[dict[str, Any]]:
    """What is written down of the turns of a run of one conversation."""
    turns: list[dict[str, Any]] = about(log)["turns"]
    return turns


def about(log: EvalLog) -> dict[str, Any]:
    """What is written down of a run of one conversation."""
    return score_of(only(log)).metadata or {}


def values(log: EvalLog) -> dict[str, float]:
    """Its scores by turn."""
    value = score_of(only(log)).value
    assert isinstance(value, Mapping)
    return {turn: float(score) for turn, score in value.items()}  # type: ignore[arg-type]
