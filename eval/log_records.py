"""One log of the benchmark as plain records: what its task says of itself, and the conversations in it."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cards.texts import flat
from eval.runs import Planted, Run, Talk, Usage
from pipelines.errors import UserError

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample
    from inspect_ai.model import ModelUsage

TASK, PLANTED = "aloe", "planted"
_LONGEST = 60  # characters of a name from outside
_SCORER = "per_turn"


def kind(log: "EvalLog") -> str:
    """The task's name, without the package that it may have come from."""
    return log.eval.task.rpartition("/")[2]


def told(log: "EvalLog") -> Mapping[str, Any]:
    """What the task says of itself.

    Raises:
        UserError: not what this benchmark says, so it was not written by it.
    """
    from eval.judging import CRITERIA

    said = (log.eval.metadata or {}).get("aloe")
    if not isinstance(said, Mapping) or "turns" not in said or said.get("protocol") not in CRITERIA:
        raise UserError(
            f"{log.location}: its task is called {log.eval.task}, but does not describe itself as this benchmark's "
            "does; make it with eval/aloe.py"
        )
    return said


def name(log: "EvalLog") -> str:
    """For people: as it was given, or the model's without its provider."""
    parts = log.eval.model.split("/")
    own = "/".join(parts[2 if parts[0] == "openai-api" else 1 :]) or log.eval.model
    return brief((log.eval.metadata or {}).get("name") or own)


def baseline(log: "EvalLog") -> str:
    return brief(told(log).get("baseline", "plain"))


def brief(text: object) -> str:
    """A text from outside as a name: one line that prints."""
    line = flat(text) or "(no name)"
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def settings(log: "EvalLog") -> dict[str, str]:
    """What makes it another run, beside its name, protocol and baseline."""
    said, config = told(log), log.eval.model_generate_config
    asked = {
        "model": log.eval.model,
        **{role.replace("_", " "): of for role, of in _roles(log).items()},
        "turns": said["turns"],
        "votes": said.get("votes"),
        "seed": said.get("seed"),
        "data": log.eval.dataset.name,
        "version": log.eval.task_version,
        "temperature": config.temperature,
        "max tokens": config.max_tokens,
        "arguments": json.dumps(log.eval.model_args, sort_keys=True, default=str) if log.eval.model_args else None,
    }
    return {what: str(value) for what, value in asked.items() if value is not None}


def run_of(log: "EvalLog") -> Run:
    """Raises UserError: a conversation in it has another shape."""
    said, samples = told(log), log.samples or []
    ended = [sample for sample in samples if not sample.error and _SCORER in (sample.scores or {})]
    by_id = {(sample.id, sample.epoch): sample for sample in ended}
    order = {one: place for place, one in enumerate(log.eval.dataset.sample_ids or [])}
    ordered = sorted(by_id.values(), key=lambda sample: (sample.epoch, order.get(sample.id, len(order))))
    talks, roles = [_talk(sample, log.location) for sample in ordered], _roles(log)
    return Run(
        name=name(log),
        model=log.eval.model,
        protocol=str(said["protocol"]),
        baseline=baseline(log),
        turns=int(said["turns"]),
        votes=int(said.get("votes", 1)),
        version=str(log.eval.task_version),
        rehearsal=_by_rule(roles.get("user", "")) or _by_rule(roles.get("judge", "")),
        by_rule=_by_rule(log.eval.model),
        certified=all(talk.nearest_profile is not None for talk in talks),
        status=log.status,
        roles=roles,
        usage=_usage(log),
        expected=_expected(log),
        failed=sum(sample.error is not None for sample in samples),
        talks=talks,
        settings=settings(log),
    )


def planted_of(log: "EvalLog") -> Planted:
    scores = []
    for sample in log.samples or []:
        score = (sample.scores or {}).get(_SCORER)
        if score is None or sample.error or not isinstance(score.value, Mapping):
            continue
        value = _score(score.value.get("t01"))
        case, quality = (str(sample.metadata.get(key)) for key in ("case", "kind"))
        scores.append((case, quality, math.nan if value is None else value))
    return Planted(judge_of(log), str(told(log)["protocol"]), _expected(log), sorted(scores))


def judge_of(log: "EvalLog") -> str:
    return _roles(log).get("judge", log.eval.model)


def _by_rule(model: str) -> bool:
    """Whether the rehearsal plays: `openai-api/rehearsal/rehearsal/user`."""
    return "rehearsal" in model.split("/")


def _expected(log: "EvalLog") -> int:
    ids = log.eval.dataset.sample_ids
    return (len(ids) if ids is not None else log.eval.dataset.samples or 0) * (log.eval.config.epochs or 1)


def _talk(sample: "EvalSample", location: str) -> Talk:
    """Raises UserError: what the task left in the log has another shape."""
    from pydantic import TypeAdapter, ValidationError

    score = (sample.scores or {})[_SCORER]
    persona = str(sample.metadata.get("persona_id", sample.id))
    written = {
        **sample.metadata,
        **(score.metadata or {}),
        "persona_id": persona if sample.epoch == 1 else f"{persona} ({sample.epoch})",
    }
    try:
        talk = TypeAdapter(Talk).validate_python(written)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(map(str, first["loc"]))
        raise UserError(
            f"{location}: conversation {sample.id} can't be read at {at}: {first['msg']}. Was the log made by another "
            "version of eval/aloe.py?"
        ) from error
    values = score.value if isinstance(score.value, Mapping) else {}
    return replace(talk, turns=[replace(turn, score=_score(values.get(f"t{turn.turn:02d}"))) for turn in talk.turns])


def _score(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not math.isnan(value) else None


def _roles(log: "EvalLog") -> dict[str, str]:
    roles = log.eval.model_roles or {}
    return {role: ", ".join(one.model for one in (of if isinstance(of, list) else [of])) for role, of in roles.items()}


def _usage(log: "EvalLog") -> dict[str, Usage]:
    """By role, summed over the conversations: the log's own sums lack those that a resumed run took over.

    Of the evaluated model it is what its name took, less what it took in another role.
    """
    roles, nothing = _roles(log), Usage(0, 0, 0.0)
    by_role: dict[str, Usage] = {}
    own: Usage | None = None
    for sample in log.samples or []:
        if (whole := sample.model_usage.get(log.eval.model)) is not None:
            own = (own or nothing) + _tokens(whole)
        for role, usage in sample.role_usage.items():
            by_role[role] = by_role.get(role, nothing) + _tokens(usage)
    for role, spent in by_role.items():
        if own is not None and roles.get(role) == log.eval.model:
            own -= spent
    return ({} if own is None else {"assistant": own}) | dict(sorted(by_role.items()))


def _tokens(usage: "ModelUsage") -> Usage:
    cached = (usage.input_tokens_cache_read or 0) + (usage.input_tokens_cache_write or 0)
    return Usage(usage.input_tokens + cached, usage.output_tokens, usage.total_cost)
