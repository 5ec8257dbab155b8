"""What speaks against the figures, or for them: gaps, judge, users, and the personas' distance from training data."""

from collections.abc import Sequence

from eval.reports.summary import Model, PlantedTable
from eval.reports.wording import Finding, Say, listed, number, plural

ALPHA_LOW = 0.667  # of Krippendorff: less allows no conclusion (Krippendorff 2018, chapter 12)
KAPPA_LOW = 0.4  # of Cohen: less is fair at best (Landis and Koch 1977)
GAP = 0.05  # of the replies or conversations: from there on a gap is told model by model
BROKEN = 0.05  # of the user's messages, out of character
LENGTH = 0.3  # rank correlation from which on length may have been paid


def gaps(models: Sequence[Model], say: Say) -> list[Finding]:
    """What the means lack: large gaps by model, all others in one sentence."""
    found = []
    large = [model for model in models if _is_large(model)]
    if large:
        found.append(Finding("Far from complete:", [f"{say(model.name)}: {_gap(model, say)}" for model in large]))
    small = [model.counts for model in models if model not in large]
    unscored, shortened = sum(one.unscored for one in small), sum(one.shortened for one in small)
    empty = sum(one.empty for one in small)
    if unscored or shortened or empty:
        replies = plural(sum(counts.replies for counts in small), "reply", "replies")
        talks = sum(len(model.run.talks) for model in models if model not in large)
        told = (
            f"Small gaps{', elsewhere' if large else ''}: of {replies} {unscored:,} unscored and {empty:,} empty, of "
        )
        found.append(Finding(f"{told}{plural(talks, 'conversation')} {shortened:,} ended early."))
    return found


def _is_large(model: Model) -> bool:
    run, counts = model.run, model.counts
    return bool(
        run.missing
        or run.status != "success"
        or max(counts.unscored, counts.empty) > GAP * counts.replies
        or counts.shortened > GAP * len(run.talks)
    )


def _gap(model: Model, say: Say) -> str:
    run, counts, parts = model.run, model.counts, []
    if run.missing:
        ended = f", {run.failed} of them ended by an error" if run.failed else ""
        parts.append(f"{run.missing} of {plural(run.expected, 'conversation')} missing{ended}")
    if run.status != "success":
        parts.append(f"its log has the status {say(run.status)}")
    if counts.unscored:
        parts.append(f"{counts.unscored:,} of {plural(counts.replies, 'reply', 'replies')} unscored")
    if counts.shortened:
        lost = plural(counts.unplayed, "turn")
        parts.append(f"{counts.shortened:,} ended early, {lost} never played, so late turns are of the others alone")
    if counts.empty:
        parts.append(f"{plural(counts.empty, 'empty reply', 'empty replies')}")
    return ", ".join(parts)


def judge(models: Sequence[Model], say: Say) -> tuple[list[Finding], list[Finding]]:
    """What speaks for the judge, and what against it."""
    good: list[Finding] = []
    bad: list[Finding] = []
    told, well = _votes(models, say)
    (good if well else bad).append(told)
    if seconds := [model for model in models if model.second.n]:
        well = all((model.second.value or 0) >= KAPPA_LOW for model in seconds)
        told = Finding(
            f"A second judge agrees with the first{'' if well else ' too little'} (weighted kappa):",
            _range([(say(model.name), model.second.value) for model in seconds]),
        )
        (good if well else bad).append(told)
    if long := [model for model in models if abs(model.length.value or 0) >= LENGTH]:
        items = [f"{say(model.name)} {number(model.length.value, signed=True)}" for model in long]
        bad.append(Finding("Scores go with the length of the reply (rank correlation within turns):", items))
    return good, bad


def _votes(models: Sequence[Model], say: Say) -> tuple[Finding, bool]:
    several = [model for model in models if model.agreement.turns]
    if not several:
        return Finding("Each reply has a single vote: how far the judge agrees with itself is not known."), False
    known = [model for model in several if model.agreement.alpha is not None]
    if not known:
        return Finding("All votes are the same, on every reply: nothing shows that the judge tells them apart."), False
    items = _range([(say(model.name), model.agreement.alpha) for model in known])
    well = all((model.agreement.alpha or 0) >= ALPHA_LOW for model in known)
    how = "agree" if well else f"agree too little, below {ALPHA_LOW},"
    return Finding(f"The judge's votes on one reply {how} (Krippendorff's alpha):", items), well


def _range(values: Sequence[tuple[str, float | None]]) -> list[str]:
    """All of two; of more the lowest and the highest."""
    if len(values) < 3:
        return [f"{name} {number(value)}" for name, value in values]
    ordered = sorted(values, key=lambda item: (item[1] is not None, item[1] or 0))
    (low, lowest), (high, highest) = ordered[0], ordered[-1]
    return [f"from {number(lowest)} ({low}) to {number(highest)} ({high})"]


def planted(tables: Sequence[PlantedTable], say: Say) -> tuple[list[Finding], list[Finding]]:
    """Likewise, from replies of known worth."""
    if not tables:
        return [], [
            Finding("Whether the judge puts good replies above bad ones is not known: no planted set was judged.")
        ]
    good: list[Finding] = []
    bad: list[Finding] = []
    for table in tables:
        well = bool(table.kinds) and not table.misplaced
        means = listed([f"{say(kind.kind.replace('_', ' '))} {number(kind.mean)}" for kind in table.kinds])
        who = f"{say(table.planted.judge)} (protocol {say(table.planted.protocol)})"
        lost = table.planted.expected - sum(kind.scored for kind in table.kinds)
        gap = f" ({lost} of {table.planted.expected} unscored)" if lost else ""
        puts = "puts" if well else "does not put"
        told = f"Of planted replies {who} {puts} the perfect ones above all others: {means or 'none is scored'}{gap}."
        (good if well else bad).append(Finding(told))
    return good, bad


def users(models: Sequence[Model], say: Say) -> list[Finding]:
    """Whether the users stayed who they are."""
    checked = [model for model in models if model.counts.messages]
    if not checked:
        return [Finding("Whether the users stayed in character was not looked at.")]
    broken = [model for model in checked if model.counts.broken > BROKEN * model.counts.messages]
    items = [f"{say(model.name)} {model.counts.broken / model.counts.messages:.1%}" for model in broken]
    told = "Users fall out of character, and scores then mean less; share of their messages:"
    return [Finding(told, items)] if items else []


def distance(models: Sequence[Model]) -> list[Finding]:
    """Whether the personas are new to a model trained on this project's data."""
    if all(model.run.certified for model in models):
        return []
    return [Finding("The personas come without proof of their distance from training data: some may have been seen.")]
