"""`--json`: the figures of the report as data; what is not defined is null."""

from collections.abc import Sequence
from typing import Any

from eval.metrics import Estimate
from eval.reports.findings import verdict
from eval.reports.summary import Model, Pair, PlantedTable, Summary


def data(summary: Summary) -> dict[str, Any]:
    """Plain values for JSON."""
    found = verdict(summary)
    return {
        "verdict": {"headline": found.headline, "may": [*map(str, found.may)], "may_not": [*map(str, found.may_not)]},
        "models": [_model(model) for model in summary.models],
        "pairs": [_pair(pair) for pair in summary.pairs],
        "planted": [_planted(table) for table in summary.planted],
        "notes": summary.notes,
    }


def _model(model: Model) -> dict[str, Any]:
    run, of, counts = model.run, model.metrics, model.counts
    told: dict[str, Any] = {
        "name": run.name,
        "model": run.model,
        "protocol": run.protocol,
        "baseline": run.baseline,
        "turns": run.turns,
        "votes": run.votes,
        "rehearsal": run.rehearsal,
        "by_rule": run.by_rule,
        "roles": dict(run.roles),
        "status": run.status,
        "al": [one.value for one in of.al],
        "al_ci": [_ci(one) for one in of.al],
    }
    for name, one in zip(
        ("mean", "ir", "r2", "n_ir", "n_r2", "gain", "area"),
        (of.mean, of.ir, of.r2, of.n_ir, of.n_r2, of.gain, of.area),
        strict=True,
    ):
        told |= _both(name, one)
    told["gain_p"] = model.gain_p
    for name in model.criteria:
        told |= _both(name, model.criteria[name])
    recall = {
        name: {"by_turn": [one.value for one in one_of.by_turn], **_both("whole", one_of.whole)}
        for name, one_of in (model.recall or {}).items()
    }
    return told | {
        "conversations": of.conversations,
        "profiles": of.profiles,
        "expected": run.expected,
        "missing": run.missing,
        "failed": run.failed,
        "replies": counts.replies,
        "unscored": counts.unscored,
        "unplayed": counts.unplayed,
        "shortened": counts.shortened,
        "shortened_why": counts.reasons,
        "empty": counts.empty,
        "cut": counts.cut,
        "unread_votes": counts.unread,
        "alpha": model.agreement.alpha,
        "votes_within_one": model.agreement.within,
        "kappa": model.second.value,
        "length_correlation": model.length.value,
        "messages_checked": counts.messages,
        "out_of_character": counts.broken,
        "users_unchecked": counts.unchecked,
        "unread_disclosures": counts.unshown,
        "by_disclosed": [{"disclosed": count, "turns": n, **_both("mean", of)} for count, n, of in model.disclosed],
        "recall": recall or None,
        "usage": {role: vars(usage) for role, usage in run.usage.items()},
    }


def _pair(pair: Pair) -> dict[str, Any]:
    of = pair.comparison
    return {
        "a": pair.a.name,
        "b": pair.b.name,
        "protocol": pair.a.run.protocol,
        "diff": of.diff.value,
        "ci": _ci(of.diff),
        "p": of.p,
        "p_holm": pair.p_holm,
        "gain_diff": of.gain.value,
        "gain_ci": _ci(of.gain),
        "gain_p": of.gain_p,
        "gain_p_holm": pair.gain_p_holm,
        "relative_percent": of.relative_percent.value,
        "relative_percent_ci": _ci(of.relative_percent),
        "personas": of.n,
        "profiles": of.profiles,
        "left_out": of.left_out,
        "diff_by_turn": [one.value for one in of.by_turn],
        "diff_by_turn_ci": [_ci(one) for one in of.by_turn],
        "personas_needed": {str(points): count for points, count in of.needed.items()},
    }


def _planted(table: PlantedTable) -> dict[str, Any]:
    return {
        "judge": table.planted.judge,
        "protocol": table.planted.protocol,
        "kinds": [vars(kind) for kind in table.kinds],
        "misplaced": table.misplaced,
        "unscored": table.lost,
        "passed": table.passed,
    }


def _both(name: str, of: Estimate) -> dict[str, Any]:
    return {name: of.value, f"{name}_ci": _ci(of)}


def _ci(of: Estimate) -> Sequence[float] | None:
    return None if of.low is None or of.high is None else [of.low, of.high]
