"""Logs of the benchmark, as Inspect wrote them: which of them count, and what the runs in them are called.

Of a run that was made more than once, or resumed, the newest log counts; two runs that differ in their settings are two
runs. A log that is not finished is read as far as it goes, with what is missing counted.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.log_records import PLANTED, TASK, baseline, brief, judge_of, kind, name, planted_of, run_of, settings, told
from eval.runs import Logs, Run
from pipelines.errors import UserError

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog

_UNREAD = {"attachments", "events", "messages", "output", "store", "timelines"}  # nearly all of a log


def read(paths: Sequence[Path]) -> Logs:
    """Reads logs, and the logs that lie in folders, however deep; hidden folders are passed over.

    Runs come in the order of `paths`, those of one folder by name, protocol and baseline, numbers in a name by value.

    Raises:
        UserError: a path is not there, is no log or of another task, or there is no conversation at all.
    """
    found: list[EvalLog] = []
    notes: list[str] = []
    for path in paths:
        found += _of_folder(path, notes) if path.is_dir() else [_of_file(path)]
    newest = _newest(found, notes)
    runs = [run_of(log) for log in newest if kind(log) == TASK]
    planted = [planted_of(log) for log in newest if kind(log) == PLANTED]
    if not any(run.talks for run in runs):
        named = ", ".join(map(str, paths))
        raise UserError(f"{named}: no finished conversation of the benchmark; `python eval/aloe.py` makes a log")
    notes += [f"{run.name}: no conversation is finished; left out" for run in runs if not run.talks]
    return Logs(_distinct([run for run in runs if run.talks]), planted, notes)


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
    for path in sorted(path for path in folder.rglob("*") if path.suffix in (".eval", ".json") and path.is_file()):
        if any(part.startswith(".") for part in path.relative_to(folder).parent.parts):
            continue
        try:
            logs.append(_of_file(path))
        except UserError as error:
            if path.suffix == ".eval":  # a .json may be anything
                notes.append(f"left out: {error}")
    if not logs:
        raise UserError(
            f"{folder}: no log of the benchmark in this folder or below" + "".join(f"; {note}" for note in notes)
        )
    return sorted(logs, key=_place)


def _place(log: "EvalLog") -> tuple[Any, ...]:
    from eval.baselines import BASELINES

    known, asked = list(BASELINES), baseline(log)
    step = known.index(asked) if asked in known else len(known)  # from the floor up
    return natural(name(log)), told(log)["protocol"], step, asked, log.eval.created


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
    if kind(log) not in (TASK, PLANTED):
        raise UserError(f"{path}: a log of the task {log.eval.task}; this reads those of {TASK} and {PLANTED}")
    told(log)
    return log


def _newest(logs: "Sequence[EvalLog]", notes: list[str]) -> "list[EvalLog]":
    """One log of each task that was resumed, and one of each that was run anew, in the place of the first."""
    by_task = _latest(logs, lambda log: log.eval.task_id or log.location)
    kept = _latest(by_task, _same)
    counted = set(map(id, kept))
    notes += [
        f"{name(log)} ({told(log)['protocol']}, {baseline(log)}): run more than once; the newest log counts, left "
        f"out: {Path(log.location).name}"
        for log in by_task
        if id(log) not in counted and kind(log) == TASK
    ]
    return kept


def _latest(logs: "Sequence[EvalLog]", key: Any) -> "list[EvalLog]":  # noqa: ANN401 - a function of a log
    found: dict[Any, EvalLog] = {}
    for log in logs:
        one = key(log)
        if one not in found or log.eval.created > found[one].eval.created:
            found[one] = log
    return list(found.values())


def _same(log: "EvalLog") -> tuple[Any, ...]:
    """What makes two runs the same; a planted set is one of its judge."""
    if kind(log) == PLANTED:
        return PLANTED, told(log)["protocol"], judge_of(log)
    return TASK, name(log), told(log)["protocol"], baseline(log), tuple(settings(log).items())


def _distinct(runs: Sequence[Run]) -> list[Run]:
    """With names that tell the runs of one protocol apart, by what differs between those of the same name."""
    alike: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        alike.setdefault((run.protocol, _named(run)), []).append(run)
    named: list[Run] = []
    taken: set[tuple[str, str]] = set()
    for run in runs:
        own = _named(run) + _apart(run, alike[run.protocol, _named(run)])
        tries = [own, *(f"{own} ({number})" for number in range(2, len(runs) + 2))]
        unique = next(one for one in tries if (run.protocol, one) not in taken)
        taken.add((run.protocol, unique))
        named.append(replace(run, name=unique))
    return named


def _named(run: Run) -> str:
    plain = run.baseline == "plain" or run.baseline in run.name
    return run.name if plain else f"{run.name}, {run.baseline}"


def _apart(run: Run, alike: Sequence[Run]) -> str:
    """Where a run's settings differ from another one's of the same name: ` (judge mockllm/model, seed 1)`."""
    every = dict.fromkeys(what for one in alike for what in one.settings)
    differ = [what for what in every if len({one.settings.get(what) for one in alike}) > 1]
    told_apart = ", ".join(f"{what} {brief(run.settings.get(what, 'unset'))}" for what in differ)
    return f" ({told_apart})" if told_apart else ""
