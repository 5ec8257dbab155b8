"""Logs as the benchmark writes them, made by hand: what tests of the report read."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalConfig, EvalDataset, EvalError, EvalLog, EvalSample, EvalSpec, EvalStats, write_eval_log
from inspect_ai.model import ModelConfig, ModelUsage
from inspect_ai.scorer import Score

FACTS = ["Keeps two hens.", "Is 44.", "Works as a nurse.", "Lives in Lyon.", "Plays the oboe."]
TRAITS = ["Writes in lower case.", "Wants answers kept short.", "Dislikes jokes.", "Asks for reasons.", "Is shy."]
USER, JUDGE = "openai-api/host/user", "openai-api/host/judge"
RULES = {"user": "openai-api/rehearsal/rehearsal/user", "judge": "openai-api/rehearsal/rehearsal/judge"}


def turn(number: int, score: float | None, **fields: Any) -> dict[str, Any]:
    """One turn as it stands in the log; two votes of the protocol `plus`, a tenth of a point around the score."""
    votes: list[dict[str, float] | None] = [None, None]
    if score is not None:
        votes = [dict.fromkeys(("style", "content", "manner"), score + change) for change in (-0.1, 0.1)]
    return {
        "turn": number,
        "message": f"message {number}",
        "reply": f"reply {number} with {number} more words" + " indeed" * number,
        "score": score,
        "votes": votes,
        "asks": 2,
        "disclosed": list(range(number)),
        "cut": False,
        "tokens": 7,
        **fields,
    }


def sample(
    persona: int,
    turns: Sequence[Mapping[str, Any]],
    *,
    planned: int | None = None,
    metadata: Mapping[str, Any] | None = None,
    error: str | None = None,
    **fields: Any,
) -> EvalSample:
    """A conversation; five personas share a profile.

    Args:
        persona: its number, which makes its ids.
        turns: those that were played.
        planned: how many the run asked for, if more.
        metadata: what differs in what is told of the persona.
        error: the sample failed with it, and has no score.
        fields: beside `turns` in the score: shortened, character.
    """
    told = {
        "persona_id": f"p-{persona:03}",
        "profile_id": f"pr-{persona // 5:02}",
        "personality_id": f"pe-{persona:03}",
        "profile": " ".join(FACTS),
        "personality": " ".join(TRAITS),
        "facts": FACTS,
        "traits": TRAITS,
        "nearest_profile_id": "pr-train",
        "nearest_profile": 0.41,
        "nearest_personality_id": "pe-train",
        "nearest_personality": 0.52,
        **(metadata or {}),
    }
    scores = {one["turn"]: one["score"] for one in turns}
    value = {
        f"t{number:02}": math.nan if scores.get(number) is None else float(scores[number])
        for number in range(1, (planned or len(turns)) + 1)
    }
    about = {
        "turns": list(turns),
        "shortened": None,
        "character": {"broken": [], "why": ""},
        "calls": {"user": len(turns), "judge": 2 * len(turns) + 1},
        **fields,
    }
    return EvalSample(
        id=f"p-{persona:03}",
        epoch=1,
        input="",
        target="",
        metadata=told,
        scores=None if error else {"per_turn": Score(value=value, metadata=about)},
        error=EvalError(message=error, traceback="", traceback_ansi="") if error else None,
    )


def curve(personas: int, scores: Sequence[float | None], **fields: Any) -> list[EvalSample]:
    """So many conversations, all with these scores."""
    return [sample(n, [turn(k, score) for k, score in enumerate(scores, 1)], **fields) for n in range(personas)]


def planted(judged: Mapping[str, Sequence[float | None]]) -> list[EvalSample]:
    """Kind of reply -> its score in each case."""
    return [
        EvalSample(
            id=f"c{case:02}/{number}",
            epoch=1,
            input="",
            target="",
            metadata={"case": f"c{case:02}", "kind": kind},
            scores={"per_turn": Score(value={"t01": math.nan if score is None else score})},
        )
        for number, (kind, scores) in enumerate(judged.items())
        for case, score in enumerate(scores, 1)
    ]


def log(
    samples: Sequence[EvalSample],
    name: str = "sft",
    *,
    task: str = "aloe",
    task_id: str | None = None,
    model: str = "openai-api/host/sft",
    roles: Mapping[str, str] | None = None,
    version: int | str = 0,
    expected: int | None = None,
    status: Any = "success",
    created: str = "2025-01-02T03:04:05+00:00",
    **told: Any,
) -> EvalLog:
    """A log of these conversations.

    Args:
        samples: what has been finished.
        name: the label for people.
        version: of the task.
        expected: conversations that the run was to have.
        told: what differs in what the task says of itself.
    """
    turns = max((len(one.scores["per_turn"].value) for one in samples if one.scores), default=10)  # type: ignore[arg-type]
    about = {"protocol": "plus", "baseline": "plain", "turns": turns, "votes": 2}
    more = [f"p-more-{number}" for number in range((expected or len(samples)) - len(samples))]
    roles = {"user": USER, "judge": JUDGE} if roles is None else roles
    for one in samples:
        one.model_usage = {model: ModelUsage(input_tokens=900, output_tokens=100, total_tokens=1000)}
        one.role_usage = {
            role: ModelUsage(input_tokens=400, output_tokens=50, total_tokens=450, input_tokens_cache_read=10)
            for role in roles
        }
    return EvalLog(
        status=status,
        eval=EvalSpec(
            created=created,
            task=task,
            task_id=task_id or f"{task}-{name}-{told}-{roles}-{version}-{created}",
            task_version=version,
            dataset=EvalDataset(
                samples=expected or len(samples), sample_ids=[*(str(one.id) for one in samples), *more]
            ),
            model=model,
            model_roles={role: ModelConfig(model=of) for role, of in roles.items()},
            config=EvalConfig(),
            metadata={"name": name, "aloe": {**about, **told}},
        ),
        stats=EvalStats(),
        samples=list(samples),
    )


def write(folder: Path, *logs: EvalLog) -> list[Path]:
    """Each in a file of its own, in their order."""
    paths = []
    for number, one in enumerate(logs):
        paths.append(folder / f"2025-01-02T03-04-05+00-00_{one.eval.task}_{number}{len(list(folder.iterdir()))}.eval")
        write_eval_log(one, paths[-1])
    return paths
