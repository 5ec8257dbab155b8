"""The verdict at the top of the report: what these figures allow one to conclude, and what not, in plain sentences.

Each sentence follows from the numbers by a rule that stands here or in doubts.py. A model rises, or fits better
than another one, where the 95% interval lies on one side of 0 and rests on enough profiles; for two models the p-value,
corrected for the number of comparisons with the same first model (Holm), must be below 0.05 too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.comparison import ALPHA
from eval.metrics import Estimate
from eval.reports import doubts
from eval.reports.summary import Model, Pair, Summary
from eval.reports.wording import Finding, Say, both, number, p_value, plural

PROFILES = 20  # of the benchmark
FEW_PROFILES = 5  # fewer make intervals that are too narrow (Cameron, Gelbach and Miller 2008)
UNSCORED = 0.05  # of the replies: more may hide what the judge could not cope with


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
        models, pairs = summary.of(protocol), summary.firsts(protocol)
        clear, open_ = _pairs(pairs, say)
        trusted, bad = doubts.judge(models, say)
        may += _marked(mark, [*clear, *_rises(models, say), *_span(models, say), *_recall(models, say), *trusted])
        may_not += _marked(mark, [*open_, *_flat(models, say), *doubts.gaps(models, say), *bad])
        may_not += _marked(mark, doubts.users(models, say))
        doubted += bad
    trusted, bad = doubts.planted(summary.planted, say)
    return Verdict(
        _headline(summary, [*doubted, *bad]), may + trusted, [*may_not, *bad, *doubts.distance(summary.models)]
    )


def _marked(mark: str, found: Sequence[Finding]) -> list[Finding]:
    return [Finding(mark + one.text, one.items) for one in found]


def _headline(summary: Summary, doubted: Sequence[Finding]) -> str:
    runs = [model.run for model in summary.models]
    if any(run.rehearsal for run in runs):
        return (
            "A rehearsal. User or judge play by rule: this shows that the chain works and which way an effect points, "
            "and says nothing about the quality of data, or of a model for people."
        )
    unscored = any(model.counts.unscored > UNSCORED * model.counts.replies for model in summary.models)
    if unscored or any(run.missing for run in runs):
        return "Not to be quoted yet: conversations or scores are missing."
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


def _rise(model: Model) -> int:
    return _side(model.metrics.gain, model.metrics.profiles)


def _pairs(pairs: Sequence[Pair], say: Say) -> tuple[list[Finding], list[Finding]]:
    """Each other model against the first one: what is clear, and what is open."""
    clear, open_ = [], []
    for side, word in ((1, "better"), (-1, "worse")):
        if some := [pair for pair in pairs if _clear(pair) == side]:
            told = f"Scored {word} than {say(some[0].a.name)}, by the same judge on the same personas, in points:"
            clear.append(Finding(told, [_difference(pair, say) for pair in some]))
    if some := [pair for pair in pairs if not _clear(pair)]:
        told = f"No difference from {say(some[0].a.name)} can be claimed:"
        open_.append(Finding(told, [_difference(pair, say) + _needed(pair) for pair in some]))
    return clear, open_


def _difference(pair: Pair, say: Say) -> str:
    one = pair.comparison
    relative = one.relative_percent.value
    percent = "" if relative is None else f", {number(relative, 1, signed=True)}%"
    return f"{say(pair.b.name)} {both(one.diff, signed=True)} ({p_value(pair.p_holm)}{percent})"


def _needed(pair: Pair) -> str:
    count = pair.comparison.needed[0.2]
    return "" if count is None else f"; to see 0.2 points takes about {plural(count, 'persona')}"


def _rises(models: Sequence[Model], say: Say) -> list[Finding]:
    found = []
    for side, word in ((1, "rises"), (-1, "falls")):
        if some := [model for model in models if _rise(model) == side]:
            told = f"The score {word} from the first to the last turn, in points:"
            found.append(Finding(told, [_gain(model, say) for model in some]))
    return found


def _flat(models: Sequence[Model], say: Say) -> list[Finding]:
    some = [_gain(model, say) for model in models if not _rise(model)]
    return [Finding("Neither rise nor fall from the first to the last turn can be claimed:", some)] if some else []


def _gain(model: Model, say: Say) -> str:
    return f"{say(model.name)} {both(model.metrics.gain, signed=True)}"


def _span(models: Sequence[Model], say: Say) -> list[Finding]:
    """Where a model stands between its floor, asked plainly, and its ceiling, with the persona given."""
    found = []
    for floor in models:
        same = {model.run.baseline: model for model in models if model.run.model == floor.run.model}
        if floor.run.baseline == "plain" and "persona" in same:
            names = {"plain": "plain", "infer": "notes on the user first", "persona": "persona given, its ceiling"}
            items = [f"{told} {both(same[name].metrics.mean)}" for name, told in names.items() if name in same]
            found.append(Finding(f"Mean score of {say(floor.name)} by what it is given:", items))
    return found


def _recall(models: Sequence[Model], say: Say) -> list[Finding]:
    items = [f"{say(model.name)} {both(model.recall['recall'].whole)}" for model in models if model.recall]
    return [Finding("Of the facts told that a right reply would name, this share is named:", items)] if items else []
