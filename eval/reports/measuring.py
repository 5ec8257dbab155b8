"""Measures the runs: all that the report tells, in numbers."""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from eval.comparison import compare, sign_flip
from eval.metrics import Estimate, Floats, by_disclosed, estimate, measure, resampled
from eval.reliability import agreement, kappa, length_correlation
from eval.reports.recall import recalled
from eval.reports.summary import KINDS, Counts, Kind, Model, Pair, PlantedTable, Summary
from eval.runs import Logs, Planted, Run, Turn

CRITERIA = ("style", "content", "manner")  # of the protocol `plus`; those of eval/judging.py, which needs Inspect


def summarise(logs: Logs) -> Summary:
    """Measures all runs, and compares any two of one protocol that were set up alike, a bound always as the first."""
    summary = Summary([_model(run) for run in logs.runs], [], [_planted(one) for one in logs.planted], [*logs.notes])
    pairs: list[Pair] = []
    for protocol in summary.protocols:
        ordered = [*summary.bounds(protocol), *summary.judged(protocol)]
        for a, b in itertools.combinations(ordered, 2):
            unlike = _unlike(a.run, b.run)
            one = compare(_by_persona(a.run), _by_persona(b.run), _profiles(a.run) | _profiles(b.run))
            if unlike or not one.n:
                why = unlike or "they have no scored persona in common"
                summary.notes.append(f"{a.name} and {b.name} are not compared: {why}")
            else:
                pairs.append(Pair(a, b, one))
    return replace(summary, pairs=_corrected(pairs))


def holm(values: Sequence[float]) -> list[float]:
    """p-values corrected for their number (Holm 1979, "A simple sequentially rejective multiple test procedure").

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected, highest = [0.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda place: values[place])):
        highest = max(highest, min(1.0, values[place] * (len(values) - rank)))
        corrected[place] = highest
    return corrected


def _corrected(pairs: Sequence[Pair]) -> list[Pair]:
    """Each first model with its others is one family of comparisons."""
    score = _by_family(pairs, [pair.comparison.p for pair in pairs])
    gain = _by_family(pairs, [pair.comparison.gain_p for pair in pairs])
    return [replace(pair, p_holm=p, gain_p_holm=of) for pair, p, of in zip(pairs, score, gain, strict=True)]


def _by_family(pairs: Sequence[Pair], values: Sequence[float | None]) -> list[float | None]:
    done: dict[int, float] = {}
    for first in {id(pair.a) for pair in pairs}:
        family = {n: p for n, p in enumerate(values) if p is not None and id(pairs[n].a) == first}
        done |= dict(zip(family, holm(list(family.values())), strict=True))
    return [done.get(n) for n in range(len(pairs))]


def _unlike(a: Run, b: Run) -> str:
    """Why two runs can't be held against each other; empty where they can."""
    for what, one, other in (
        ("version of the task", _asked(a.version), _asked(b.version)),
        ("turns", a.turns, b.turns),
        ("votes", a.votes, b.votes),
        *((role, a.roles.get(role), b.roles.get(role)) for role in ("user", "judge")),
        ("inducer", _inducer(a), _inducer(b)),
    ):
        if one != other:
            return f"they differ in {what} ({one}, {other})"
    return ""


def _asked(version: str) -> str:
    """What a version says of how was asked: number and prompts; behind them stands who was played.

    >>> _asked("1-3f2a9c-77ab12"), _asked("1")
    ('1-3f2a9c', '1')
    """
    return "-".join(version.split("-")[:2])


def _inducer(run: Run) -> str | None:
    """Who says what the user has disclosed, which the judge sees in `plus` alone; unnamed it is the judge's model."""
    return run.roles.get("inducer", run.roles.get("judge")) if run.protocol == "plus" else None


def _model(run: Run) -> Model:
    scores = np.array(run.scores, dtype=float).reshape(-1, run.turns)
    turns = [turn for talk in run.talks for turn in talk.turns]
    plus = any(set(CRITERIA).issubset(vote) for turn in turns for vote in turn.votes if vote)
    return Model(
        run=run,
        metrics=measure(scores, run.profiles),
        gain_p=_gain_p(scores, run.profiles),
        counts=_counts(run, turns),
        criteria={name: _criterion(run, name) for name in CRITERIA} if plus else {},
        disclosed=by_disclosed(scores, _grid(run, _shown), run.profiles),
        agreement=agreement(_votes(turns)),
        second=kappa(_array(turn.score for turn in turns), _array(turn.second for turn in turns)),
        length=length_correlation(
            np.array([len(turn.reply.split()) for turn in turns], dtype=float),
            _array(turn.score for turn in turns),
            np.array([turn.turn for turn in turns], dtype=np.int64),
        ),
        recall=recalled(run),
    )


def _gain_p(scores: Floats, profiles: Sequence[str]) -> float | None:
    gains = scores[:, -1] - scores[:, 0]
    both = np.isfinite(gains)
    return sign_flip(gains[both], [profile for profile, given in zip(profiles, both, strict=True) if given])


def _counts(run: Run, turns: Sequence[Turn]) -> Counts:
    reasons = Counter(talk.shortened for talk in run.talks if talk.shortened is not None)
    checked = [talk for talk in run.talks if talk.character is not None]
    calls = Counter({"assistant": len(turns) * (2 if run.baseline == "infer" else 1)})  # its notes are calls too
    for talk in run.talks:
        calls.update(talk.calls)
    return Counts(
        replies=len(turns),
        unscored=sum(turn.score is None for turn in turns),
        unplayed=len(run.talks) * run.turns - len(turns),
        shortened=reasons.total(),
        reasons=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        empty=sum(not turn.reply.strip() for turn in turns),
        cut=sum(turn.cut for turn in turns),
        calls=dict(calls),
        unread=sum(vote is None for turn in turns for vote in turn.votes),
        messages=sum(len(talk.turns) for talk in checked),
        broken=sum(len(set(talk.character.broken)) for talk in checked if talk.character),
        unchecked=sum(talk.character is None for talk in run.talks),
        unshown=sum(turn.disclosed is None for turn in turns) if run.protocol == "plus" else 0,
    )


def _criterion(run: Run, name: str) -> Estimate:
    """The mean of one criterion over all votes that could be read."""

    def value(turn: Turn) -> float:
        given = [vote[name] for vote in turn.votes if vote]
        return sum(given) / len(given) if given else math.nan

    grid = _grid(run, value)
    given = np.isfinite(grid)
    parts, wholes = np.where(given, grid, 0).sum(axis=1, keepdims=True), given.sum(axis=1, keepdims=True)
    return estimate(resampled(parts, wholes, run.profiles)[:, 0])


def _grid(run: Run, of: Callable[[Turn], float]) -> Floats:
    """[talks, turns], NaN where not played."""
    grid = np.full((len(run.talks), run.turns), np.nan)
    for row, talk in zip(grid, run.talks, strict=True):
        for turn in talk.turns:
            row[turn.turn - 1] = of(turn)
    return grid


def _shown(turn: Turn) -> float:
    return math.nan if turn.disclosed is None else float(len(turn.disclosed))


def _votes(turns: Sequence[Turn]) -> Floats:
    widest = max((len(turn.votes) for turn in turns), default=0)
    grid = np.full((len(turns), widest), np.nan)
    for row, turn in zip(grid, turns, strict=True):
        for place, vote in enumerate(turn.votes):
            row[place] = sum(vote.values()) / len(vote) if vote else np.nan
    return grid


def _array(values: Iterable[float | None]) -> Floats:
    return np.array([_of(value) for value in values], dtype=float)


def _of(value: float | None) -> float:
    return math.nan if value is None else value


def _by_persona(run: Run) -> dict[str, Floats]:
    return {talk.persona_id: np.array(row) for talk, row in zip(run.talks, run.scores, strict=True)}


def _profiles(run: Run) -> dict[str, str]:
    return {talk.persona_id: talk.profile_id for talk in run.talks}


def _planted(planted: Planted) -> PlantedTable:
    by_kind: dict[str, dict[str, float]] = {}
    for case, kind, score in planted.scores:
        by_kind.setdefault(kind, {})[case] = score
    best = by_kind.get("perfect", {})
    order = [kind for kind in KINDS if kind in by_kind] + sorted(by_kind.keys() - set(KINDS))
    return PlantedTable(planted, [_kind(kind, by_kind[kind], best) for kind in order])


def _kind(kind: str, scores: dict[str, float], best: dict[str, float]) -> Kind:
    scored = [score for score in scores.values() if not math.isnan(score)]
    both = [case for case in scores if not math.isnan(scores[case]) and not math.isnan(best.get(case, math.nan))]
    return Kind(
        kind=kind,
        mean=sum(scored) / len(scored) if scored else None,
        scored=len(scored),
        of=len(scores),
        below=None if kind == "perfect" else sum(scores[case] < best[case] for case in both),
        cases=len(both),
    )
