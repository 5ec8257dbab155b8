"""Logs of the benchmark, as Inspect wrote them, read back as plain records; nothing else reads a log.

Of a task that was run more than once, or resumed, the newest log counts. A log that is not finished is read as far as
it goes, with what is missing counted.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cards.texts import flat
from eval.runs import Logs, Planted, Run, Talk, Usage
from pipelines.errors import UserError

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample
    from inspect_ai.model import ModelUsage

TASK, PLANTED = "aloe", "planted"
_LONGEST = 60  # characters of a name from outside
_SCORER = "per_turn"
_UNREAD = {"attachments", "events", "messages", "output", "store", "timelines"}  # nearly all of a log


def read(paths: Sequence[Path]) -> Logs:
    """Reads logs, and the logs that lie directly in folders.

    Runs come in the order of `paths`, those of one folder by name, protocol and baseline, numbers in a name by value.

    Raises:
        UserError: a path is not there, is no log or of another task, or there is no conversation at all.
    """
    found: list[EvalLog] = []
    notes: list[str] = []
    for path in paths:
        found += _of_folder(path, notes) if path.is_dir() else [_of_file(path)]
    newest = _newest(found, notes)
    runs = [_run(log) for log in newest if _kind(log) == TASK]
    planted = [_planted(log) for log in newest if _kind(log) == PLANTED]
    if not any(run.talks for run in runs):
        named = ", ".join(map(str, paths))
        raise UserError(f"{named}: no finished conversation of the benchmark; `python eval/aloe.py` makes a log")
    notes += [f"{run.name}: no conversation is finished; left out" for run in runs if not run.talks]
    return Logs([run for run in _distinct(runs) if run.talks], planted, notes)


def natural(text: str) -> list[tuple[int, str]]:
    """A key that sorts numbers in a text by value.

    >>> sorted(["seed 10", "seed 2"], key=natural)
    ['seed 2', 'seed 10']
    """
    parts = re.split(r"([0-9]+)", text)
    return [(int(part), "") if place % 2 else (0, part) for place, part in enumerate(parts)]


def _of_folder(folder: Path, notes: list[str]) -> "list[EvalLog]":
    """The logs of this task in a folder; what else lies there is told."""
    logs = []
    for path in sorted(path for path in folder.iterdir() if path.suffix in (".eval", ".json") and path.is_file()):
        try:
            logs.append(_of_file(path))
        except UserError as error:
            if path.suffix == ".eval":  # a .json may be anything
                notes.append(f"left out: {error}")
    if not logs:
        raise UserError(f"{folder}: no log of the benchmark in this folder" + "".join(f"; {note}" for note in notes))
    return sorted(logs, key=_place)


def _place(log: "EvalLog") -> tuple[Any, ...]:
    from eval.baselines import BASELINES

    told, known = _told(log), list(BASELINES)
    baseline = _baseline(log)
    step = known.index(baseline) if baseline in known else len(known)  # from the floor up
    return natural(_name(log)), told["protocol"], step, baseline, log.eval.created


def _baseline(log: "EvalLog") -> str:
    return _brief(_told(log).get("baseline", "plain"))


def _name(log: "EvalLog") -> str:
    """For people: as it was given, or the model's without its provider."""
    parts = log.eval.model.split("/")
    own = "/".join(parts[2 if parts[0] == "openai-api" else 1 :]) or log.eval.model
    return _brief((log.eval.metadata or {}).get("name") or own)


def _brief(name: object) -> str:
    line = flat(name) or "(no name)"
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _of_file(path: Path) -> "EvalLog":
    from inspect_ai.log import read_eval_log

    if not path.exists():
        raise UserError(f"{path}: there is no such file or folder")
    if path.suffix not in (".eval", ".json"):
        raise UserError(f"{path}: not a log of Inspect, whose names end in .eval or .json")
    try:
        log = read_eval_log(path.as_posix(), exclude_fields=_UNREAD)
    except Exception as error:  # whatever the reader of zip, JSON or pydantic comes upon
        line = str(error).strip().partition("\n")[0]
        raise UserError(f"{path}: can't be read as a log of Inspect ({type(error).__name__}: {line})") from error
    if _kind(log) not in (TASK, PLANTED):
        raise UserError(f"{path}: a log of the task {log.eval.task}; this reads those of {TASK} and {PLANTED}")
    _told(log)
    return log


def _newest(logs: "Sequence[EvalLog]", notes: list[str]) -> "list[EvalLog]":
    """One log of each task that was resumed, and one of each that was run anew, in the place of the first."""
    by_task = _latest(logs, lambda log: log.eval.task_id or log.location)
    kept = _latest(by_task, _same)
    counted = set(map(id, kept))
    notes += [
        f"{_name(log)} ({_told(log)['protocol']}, {_baseline(log)}): run more than once; the newest log counts, left "
        f"out: {Path(log.location).name}"
        for log in by_task
        if id(log) not in counted and _kind(log) == TASK
    ]
    return kept


def _kind(log: "EvalLog") -> str:
    """The task's name, without the package that it may have come from."""
    return log.eval.task.rpartition("/")[2]


def _latest(logs: "Sequence[EvalLog]", key: Any) -> "list[EvalLog]":  # noqa: ANN401 - a function of a log
    found: dict[Any, EvalLog] = {}
    for log in logs:
        one = key(log)
        if one not in found or log.eval.created > found[one].eval.created:
            found[one] = log
    return list(found.values())


def _same(log: "EvalLog") -> tuple[Any, ...]:
    """What makes two runs the same."""
    judge = _roles(log).get("judge") if _kind(log) == PLANTED else None
    return _kind(log), _name(log), _told(log)["protocol"], _baseline(log), log.eval.model, judge


def _told(log: "EvalLog") -> Mapping[str, Any]:
    """What the task says of itself.

    Raises:
        UserError: it says nothing, so it was not written by this benchmark.
    """
    told = (log.eval.metadata or {}).get("aloe")
    if not isinstance(told, Mapping) or {"protocol", "turns"}.difference(told):
        raise UserError(
            f"{log.location}: its task is called {log.eval.task}, but does not describe itself as this benchmark's "
            "does; make it with eval/aloe.py"
        )
    return told


def _run(log: "EvalLog") -> Run:
    told, samples = _told(log), log.samples or []
    ended = [sample for sample in samples if not sample.error and _SCORER in (sample.scores or {})]
    by_id = {(sample.id, sample.epoch): sample for sample in ended}
    order = {one: place for place, one in enumerate(log.eval.dataset.sample_ids or [])}
    ordered = sorted(by_id.values(), key=lambda sample: (sample.epoch, order.get(sample.id, len(order))))
    talks, roles = [_talk(sample, log.location) for sample in ordered], _roles(log)
    return Run(
        name=_name(log),
        model=log.eval.model,
        protocol=str(told["protocol"]),
        baseline=_baseline(log),
        turns=int(told["turns"]),
        votes=int(told.get("votes", 1)),
        version=str(log.eval.task_version),
        rehearsal=_by_rule(roles.get("user", "")) or _by_rule(roles.get("judge", "")),
        certified=all(talk.nearest_profile is not None for talk in talks),
        status=log.status,
        roles=roles,
        usage=_usage(log),
        expected=_expected(log),
        failed=sum(sample.error is not None for sample in samples),
        talks=talks,
    )


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
    told = {
        **sample.metadata,
        **(score.metadata or {}),
        "persona_id": persona if sample.epoch == 1 else f"{persona} ({sample.epoch})",
    }
    try:
        talk = TypeAdapter(Talk).validate_python(told)
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
    """Of the evaluated model it is what its name took, less what it took in another role."""
    roles, by_role = _roles(log), log.stats.role_usage
    own = [usage for role, usage in by_role.items() if roles.get(role) == log.eval.model]
    whole = log.stats.model_usage.get(log.eval.model)
    usage = {} if whole is None else {"assistant": _less(_tokens(whole), map(_tokens, own))}
    return usage | {role: _tokens(one) for role, one in sorted(by_role.items())}


def _tokens(usage: "ModelUsage") -> Usage:
    cached = (usage.input_tokens_cache_read or 0) + (usage.input_tokens_cache_write or 0)
    return Usage(usage.input_tokens + cached, usage.output_tokens, usage.total_cost)


def _less(whole: Usage, parts: Iterable[Usage]) -> Usage:
    for part in parts:
        cost = None if whole.cost is None or part.cost is None else whole.cost - part.cost
        whole = Usage(whole.tokens_in - part.tokens_in, whole.tokens_out - part.tokens_out, cost)
    return whole


def _planted(log: "EvalLog") -> Planted:
    scores = []
    for sample in log.samples or []:
        score = (sample.scores or {}).get(_SCORER)
        if score is None or sample.error or not isinstance(score.value, Mapping):
            continue
        value = _score(score.value.get("t01"))
        case, kind = (str(sample.metadata.get(name)) for name in ("case", "kind"))
        scores.append((case, kind, math.nan if value is None else value))
    judge = _roles(log).get("judge", log.eval.model)
    return Planted(judge, str(_told(log)["protocol"]), _expected(log), sorted(scores))


def _distinct(runs: Sequence[Run]) -> list[Run]:
    """With names that tell the runs of one protocol apart."""
    named: list[Run] = []
    taken: set[tuple[str, str]] = set()
    for run in runs:
        plain = run.baseline == "plain" or run.baseline in run.name
        base = run.name if plain else f"{run.name}, {run.baseline}"
        tries = [base, f"{base} ({run.model})", *(f"{base} ({number})" for number in range(2, len(runs) + 2))]
        name = next(name for name in tries if (run.protocol, name) not in taken)
        taken.add((run.protocol, name))
        named.append(replace(run, name=name))
    return named
