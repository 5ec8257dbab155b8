"""The verdict at the top of the report: what these figures allow one to conclude, and what not, in plain sentences.

Each sentence follows from the numbers by a rule that stands here or in doubts.py. A model rises, or fits better
than another one, where the 95% interval lies on one side of 0, rests on enough profiles and p is below 0.05; for two
models p is corrected for the number of comparisons with the same first model (Holm). How much higher a model scores
never stands without how much more it rises.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.comparison import ALPHA
from eval.metrics import Estimate
from eval.reports import doubts
from eval.reports.summary import Model, Pair, Summary
from eval.reports.wording import Finding, Say, both, listed, number, p_value, plural

PROFILES = 20  # of the benchmark
FEW_PROFILES = 10  # fewer make intervals that are too narrow (Cameron, Gelbach and Miller 2008)
FEW = 4  # models that are told each in a line of its own; more share one, in which so few have intervals


@dataclass(frozen=True)
class Verdict:
    """What stands at the top."""

    headline: str
    may: list[Finding]
    may_not: list[Finding]


def verdict(summary: Summary, say: Say = str) -> Verdict:
    """The verdict on all models; with more than one protocol, each finding names its own."""
    may: list[Finding] = []
    may_not = _setting(summary)
    doubted: list[Finding] = []
    for protocol in summary.protocols:
        mark = f"Protocol {say(protocol)}: " if len(summary.protocols) > 1 else ""
        models, judged = summary.of(protocol), summary.judged(protocol)
        clear, open_ = _pairs(summary, protocol, say)
        above, beside = _bounded(summary, protocol, say)
        trusted, bad = doubts.judge(models, say)
        may += _marked(mark, [*clear, *above, *_rises(judged, say), *_span(judged, say), *_recall(judged, say)])
        may += _marked(mark, trusted)
        may_not += _marked(mark, [*open_, *beside, *_flat(judged, say), *_told_more(judged, say)])
        may_not += _marked(mark, [*doubts.gaps(models, say), *bad])
        may_not += _marked(mark, doubts.users(models, say) + doubts.shown(models, say))
        doubted += bad
    trusted, bad = doubts.planted(summary, say)
    return Verdict(
        _headline(summary, [*doubted, *bad], doubts.failed(summary, say)),
        may + trusted,
        [*may_not, *bad, *doubts.distance(summary.models, say)],
    )


def _marked(mark: str, found: Sequence[Finding]) -> list[Finding]:
    return [Finding(mark + one.text, one.items) for one in found]


def _headline(summary: Summary, doubted: Sequence[Finding], failed: Sequence[str]) -> str:
    runs = [model.run for model in summary.models]
    fails = f"the judge failed its planted check, and nothing that rests on its scores stands: {', '.join(failed)}."
    if any(run.rehearsal for run in runs):
        return (
            "A rehearsal. User or judge play by rule: this shows that the chain works and which way an effect points, "
            "and says nothing about the quality of data, or of a model for people." + f" And {fails}" * bool(failed)
        )
    if failed:
        return f"Not to be quoted yet: {fails}"
    if any(doubts.is_large(model) for model in summary.models):
        return "Not to be quoted yet: conversations, replies or scores are missing."
    if doubted:
        return "To be read with care: not every check of the judge was made and passed."
    return "The judge passed its checks: the figures may be quoted, with their intervals."


def _setting(summary: Summary) -> list[Finding]:
    """What holds for every number."""
    fewest = min(model.metrics.profiles for model in summary.models)
    if fewest < 2:
        return [
            Finding("There is one profile alone, so there are no intervals, and nothing is shown for other people.")
        ]
    if fewest < FEW_PROFILES:
        told = (
            f"There are {fewest} profiles: intervals from fewer than {FEW_PROFILES} are too narrow to claim anything."
        )
        return [Finding(told)]
    if fewest < PROFILES:
        told = f"There are {plural(fewest, 'profile')}, fewer than the {PROFILES} of the benchmark: intervals are wide."
        return [Finding(told)]
    return []


def _side(of: Estimate, profiles: int) -> int:
    """1 where the interval lies above 0, -1 below; 0 where it holds 0, or nothing should be claimed from it."""
    if of.low is None or of.high is None or profiles < FEW_PROFILES:
        return 0
    return (of.low > 0) - (of.high < 0)


def _clear(pair: Pair) -> int:
    """Likewise for two models, by interval and corrected p."""
    if pair.p_holm is None or pair.p_holm >= ALPHA:
        return 0
    return _side(pair.comparison.diff, pair.comparison.profiles)


def _gained(pair: Pair, *, short: bool) -> str:
    """How much more or less the second model rises; empty where that is not defined."""
    of, p = pair.comparison, pair.gain_p_holm
    if of.gain.value is None:
        return ""
    side = 0 if p is None or p >= ALPHA else _side(of.gain, of.profiles)
    told = {1: "gains more", -1: "gains less", 0: "no clear difference in gain"}[side]
    if short:
        return f", {told} {number(of.gain.value, signed=True)}"
    return f"; {told}: {both(of.gain, signed=True)} ({_corrected(p)})"


def _corrected(p: float | None) -> str:
    return p_value(p) if p is None else f"{p_value(p)}, corrected"


def _rise(model: Model) -> int:
    if model.gain_p is None or model.gain_p >= ALPHA:
        return 0
    return _side(model.metrics.gain, model.metrics.profiles)


def _pairs(summary: Summary, protocol: str, say: Say) -> tuple[list[Finding], list[Finding]]:
    """Each other model against the first one: what is clear, and what is open."""
    pairs, many = summary.firsts(protocol), len(summary.judged(protocol)) > FEW
    clear: list[Finding] = []
    open_: list[Finding] = []
    for side, word in ((1, "better"), (-1, "worse")):
        if some := [pair for pair in pairs if _clear(pair) == side]:
            told = f"Scored {word} than {say(some[0].a.name)}, by the same judge on the same personas, in points:"
            clear.append(_differences(told, some, say, many=many))
    if some := [pair for pair in pairs if not _clear(pair)]:
        told = f"No difference from {say(some[0].a.name)} can be claimed:"
        open_.append(_differences(told, some, say, many=many, needed=True))
    return clear, open_


def _bounded(summary: Summary, protocol: str, say: Say) -> tuple[list[Finding], list[Finding]]:
    """All models against each bound: which are clearly above or below it, and of which that is open."""
    clear: list[Finding] = []
    open_: list[Finding] = []
    judged = set(map(id, summary.judged(protocol)))
    for bound in summary.bounds(protocol):
        pairs = [pair for pair in summary.of_first(bound) if id(pair.b) in judged]
        for side, word in ((1, "Above"), (-1, "Below"), (0, "Neither above nor below")):
            if some := [pair for pair in pairs if _clear(pair) == side]:
                told = f'{word} the bound "{say(bound.name)}", in points:'
                (clear if side else open_).append(_differences(told, some, say, many=len(judged) > FEW))
    return clear, open_


def _differences(told: str, pairs: Sequence[Pair], say: Say, *, many: bool, needed: bool = False) -> Finding:
    """The second models of these pairs."""
    if many:
        found = [(say(pair.b.name), pair.comparison.diff, _gained(pair, short=True)) for pair in pairs]
        return _told(f"{told[:-1]} (p corrected):", found, many=many, signed=True)
    items = []
    for pair in pairs:
        relative = pair.comparison.relative_percent.value
        percent = "" if relative is None else f", {number(relative, 1, signed=True)}%"
        item = f"{say(pair.b.name)}: {both(pair.comparison.diff, signed=True)} ({_corrected(pair.p_holm)}{percent})"
        items.append(item + _gained(pair, short=False) + _needed(pair) * needed)
    return Finding(told, items)


def _told(told: str, found: Sequence[tuple[str, Estimate, str]], *, many: bool, signed: bool = False) -> Finding:
    """Names, numbers and what follows them; of many models in one line, and the tables hold what it lacks."""
    if many and len(found) > FEW:
        return Finding(told, [listed([f"{name}: {number(of.value, signed=signed)}{more}" for name, of, more in found])])
    items = [f"{name}: {both(of, signed=signed)}{more}" for name, of, more in found]
    return Finding(told, [listed(items)] if many else items)


def _needed(pair: Pair) -> str:
    count = pair.comparison.needed[0.2]
    return "" if count is None else f"; to see 0.2 points takes about {plural(count, 'persona')}"


def _rises(models: Sequence[Model], say: Say) -> list[Finding]:
    told = {1: "The score rises from the first to the last turn, in points (p below 0.05, not corrected):"}
    told[-1] = "The score falls from the first to the last turn, in points (p below 0.05, not corrected):"
    return [_gains(text, some, models, say) for side, text in told.items() if (some := _of_side(models, side))]


def _flat(models: Sequence[Model], say: Say) -> list[Finding]:
    told = "Neither rise nor fall from the first to the last turn can be claimed:"
    flat = _of_side(models, 0)
    known = [model for model in flat if model.metrics.gain.value is not None]
    found = [_gains(told, known, models, say)] if known else []
    if unknown := [say(model.name) for model in flat if model.metrics.gain.value is None]:
        told = "Whether the score rises is not known, without scores at the first turn and at a later last one:"
        found.append(Finding(told, [listed(unknown)]))
    return found


def _told_more(models: Sequence[Model], say: Say) -> list[Finding]:
    """What a rise does not show, where no run stands beside it that has nothing to infer."""
    alone = [model for model in _of_side(models, 1) if not _informed(model, models)]
    told = (
        "A rise may come from users who have told more, not from a model that infers; a run with --baseline persona, "
    )
    told += "which has nothing to infer, shows how much:"
    return [Finding(told, [listed([say(model.name) for model in alone])])] if alone else []


def _informed(model: Model, models: Sequence[Model]) -> list[Model]:
    """The same model, set up alike, with the persona given; it may be itself."""
    return [one for one in models if one.run.baseline == "persona" and one.run.settings == model.run.settings]


def _of_side(models: Sequence[Model], side: int) -> list[Model]:
    return [model for model in models if _rise(model) == side]


def _gains(told: str, some: Sequence[Model], models: Sequence[Model], say: Say) -> Finding:
    found = [(say(model.name), model.metrics.gain, _without_inferring(model, models)) for model in some]
    return _told(told, found, many=len(models) > FEW, signed=True)


def _without_inferring(model: Model, models: Sequence[Model]) -> str:
    """What is gained with nothing to infer."""
    informed = _informed(model, models)
    if not informed or model in informed:
        return ""
    return f" (nothing to infer, with the persona given: {number(informed[0].metrics.gain.value, signed=True)})"


def _span(models: Sequence[Model], say: Say) -> list[Finding]:
    """Where a model stands between its floor, asked plainly, and its ceiling, with the persona given."""
    found = []
    for floor in models:
        same = {model.run.baseline: model for model in models if model.run.settings == floor.run.settings}
        if floor.run.baseline == "plain" and "persona" in same:
            names = {"plain": "plain", "infer": "notes on the user first", "persona": "persona given, its ceiling"}
            items = [f"{told}: {both(same[name].metrics.mean)}" for name, told in names.items() if name in same]
            found.append(Finding(f"Mean score of {say(floor.name)} by what it is given:", items))
    return found


def _recall(models: Sequence[Model], say: Say) -> list[Finding]:
    found = [(say(model.name), model.recall["recall"].whole, "") for model in models if model.recall]
    told = "Of the facts told that a right reply would name, this share is named:"
    return [_told(told, found, many=len(models) > FEW)] if found else []
