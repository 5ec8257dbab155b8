"""What speaks against the figures, or for them: gaps, judge, users, and the personas' likeness to training texts."""

from collections.abc import Sequence

from eval.reports.summary import Model, PlantedTable, Summary
from eval.reports.wording import Finding, Say, listed, number, percent, plural

ALPHA_LOW = 0.667  # of Krippendorff: less allows no conclusion (Krippendorff 2018, chapter 12)
KAPPA_LOW = 0.4  # of Cohen: less is fair at best (Landis and Koch 1977)
GAP = 0.05  # of the replies or conversations: from there on a gap is told model by model
BROKEN = 0.05  # of the user's messages, out of character
CHECKED = 0.95  # of the conversations: with fewer checked, nobody knows whether the users stayed in character
UNSHOWN = 0.01  # of the turns: from there on it is told that what was disclosed could not be read
NEAR = 0.9  # cosine to a training text
LENGTH = 0.3  # rank correlation from which on length may have been paid
LENGTHS = 100  # replies: of fewer it is noise
FAR = 0.1  # of replies or conversations: with more missing it is far from complete
LEFT_OUT = "is left out of the means, which may flatter a model"


def gaps(models: Sequence[Model], say: Say) -> list[Finding]:
    """What the means lack: large gaps by model, all others in one sentence."""
    found = []
    large = [model for model in models if is_large(model)]
    if large:
        found.append(
            Finding(
                f"Incomplete; what is missing or unscored {LEFT_OUT}:",
                [f"{say(model.name)}: {_gap(model, say)}" for model in large],
            )
        )
    small = [model.counts for model in models if model not in large]
    unscored, shortened = sum(one.unscored for one in small), sum(one.shortened for one in small)
    empty = sum(one.empty for one in small)
    if unscored or shortened or empty:
        replies = plural(sum(counts.replies for counts in small), "reply", "replies")
        talks = sum(len(model.run.talks) for model in models if model not in large)
        told = (
            f"Small gaps{', elsewhere' if large else ''}: of {replies} {unscored:,} unscored and {empty:,} empty, of "
        )
        lost = f" What is unscored {LEFT_OUT}." * bool(unscored)
        found.append(Finding(f"{told}{plural(talks, 'conversation')} {shortened:,} ended early.{lost}"))
    return found


def is_large(model: Model) -> bool:
    """Whether too much is missing for its numbers to be quoted."""
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
    return ", ".join(parts) + ": far from complete" * _is_far(model)


def _is_far(model: Model) -> bool:
    run, counts = model.run, model.counts
    return (
        run.missing > FAR * run.expected
        or max(counts.unscored, counts.empty) > FAR * counts.replies
        or counts.shortened > FAR * len(run.talks)
    )


def judge(models: Sequence[Model], say: Say) -> tuple[list[Finding], list[Finding]]:
    """What speaks for the judge, and what against it."""
    good: list[Finding] = []
    bad: list[Finding] = []
    told, well = _votes(models, say)
    (good if well else bad).append(told)
    with_second = [model for model in models if model.second.n]
    same = [model for model in with_second if model.run.roles.get("second_judge") == model.run.roles.get("judge")]
    if same:
        names = listed([say(model.name) for model in same])
        bad.append(Finding("The second judge is the same model as the judge, which confirms nothing:", [names]))
    if seconds := [model for model in with_second if model not in same]:
        well = all((model.second.value or 0) >= KAPPA_LOW for model in seconds)
        told = Finding(
            f"A second judge agrees with the first{'' if well else ' too little'} (weighted kappa):",
            _range([(say(model.name), model.second.value) for model in seconds]),
        )
        (good if well else bad).append(told)
    return good, bad + _length(models, say)


def _length(models: Sequence[Model], say: Say) -> list[Finding]:
    enough = [model for model in models if model.length.n >= LENGTHS]
    found = []
    for word, sign in (("higher", 1), ("lower", -1)):
        if some := [model for model in enough if sign * (model.length.value or 0) >= LENGTH]:
            items = _range([(say(model.name), model.length.value) for model in some], signed=True)
            told = f"Longer replies score {word} (rank correlation within turns, told from {LENGTH} on):"
            found.append(Finding(told, items))
    return found


def _votes(models: Sequence[Model], say: Say) -> tuple[Finding, bool]:
    several = [model for model in models if model.agreement.turns]
    if not several:
        single = all(model.run.votes == 1 for model in models)
        told = "Each reply has a single vote" if single else "No reply has two votes that can be read"
        if all(model.counts.unscored == model.counts.replies for model in models):
            told = "No reply has a vote that can be read"
        return Finding(f"{told}: how far the judge agrees with itself is not known."), False
    known = [model for model in several if model.agreement.alpha is not None]
    if not known:
        return Finding("All votes are the same, on every reply: nothing shows that the judge tells them apart."), False
    items = _range([(say(model.name), model.agreement.alpha) for model in known])
    well = all((model.agreement.alpha or 0) >= ALPHA_LOW for model in known)
    how = "agree" if well else f"agree too little, below {ALPHA_LOW},"
    return Finding(f"The judge's votes on one reply {how} (Krippendorff's alpha):", items), well


def _range(values: Sequence[tuple[str, float | None]], *, signed: bool = False) -> list[str]:
    """All of two; of more the lowest and the highest."""
    if len(values) < 3:
        return [f"{name}: {number(value, signed=signed)}" for name, value in values]
    ordered = sorted(values, key=lambda item: (item[1] is not None, item[1] or 0))
    (low, lowest), (high, highest) = ordered[0], ordered[-1]
    return [f"from {number(lowest, signed=signed)} ({low}) to {number(highest, signed=signed)} ({high})"]


def planted(summary: Summary, say: Say) -> tuple[list[Finding], list[Finding]]:
    """Likewise, from replies of known worth; a set speaks for the runs of the same judge and protocol alone."""
    good: list[Finding] = []
    bad: list[Finding] = []
    for (judge, protocol), table in _sets(summary).items():
        who = f"{say(judge)} (protocol {say(protocol)})"
        if table is None:
            told = f"Whether {who} puts good replies above bad ones is not known: no planted set was judged."
            bad.append(Finding(told))
            continue
        means = listed([f"{say(kind.kind.replace('_', ' '))} {number(kind.mean)}" for kind in table.kinds])
        lost = f" ({table.lost} of {table.planted.expected} unscored)" if table.lost else ""
        puts = "puts" if table.passed else "does not put"
        told = f"Of planted replies {who} {puts} the perfect ones above all others: {means or 'none is scored'}{lost}."
        (good if table.passed else bad).append(Finding(told + _why(table, say)))
    return good, bad


def failed(summary: Summary, say: Say) -> list[str]:
    """Judges that failed their planted check: what rests on their scores should not stand."""
    sets = _sets(summary).items()
    return [f"{say(judge)} (protocol {say(protocol)})" for (judge, protocol), of in sets if of and not of.passed]


def _sets(summary: Summary) -> dict[tuple[str, str], PlantedTable | None]:
    """Judge and protocol of each run, with the planted set that was judged alike."""
    tables = {(table.planted.judge, table.planted.protocol): table for table in summary.planted}
    needed = dict.fromkeys((model.run.roles.get("judge", ""), model.run.protocol) for model in summary.models)
    return {one: tables.get(one) for one in needed}


def _why(table: PlantedTable, say: Say) -> str:
    """What a planted set lacks."""
    if table.passed:
        return ""
    if table.misplaced:
        kinds = listed([say(kind.replace("_", " ")) for kind in table.misplaced])
        return f" Missing, or not below them in most cases: {kinds}."
    return " Too many are unscored."


def users(models: Sequence[Model], say: Say) -> list[Finding]:
    """Whether the users stayed who they are."""
    checked = [model for model in models if model.counts.messages]
    if not checked:
        return [Finding("Whether the users stayed in character was not looked at.")]
    broken = [model for model in checked if model.counts.broken > BROKEN * model.counts.messages]
    few = [model for model in models if model.counts.unchecked > (1 - CHECKED) * len(model.run.talks)]
    told = {
        "Users fall out of character, and scores then mean less; share of their messages:": [
            f"{say(model.name)}: {model.counts.broken / model.counts.messages:.1%} of {model.counts.messages:,} checked"
            for model in broken
        ],
        "Not all users were checked for staying in character; conversations checked:": [
            f"{say(model.name)}: {len(model.run.talks) - model.counts.unchecked:,} of {len(model.run.talks):,}"
            for model in few
        ],
    }
    return [Finding(text, items) for text, items in told.items() if items]


def shown(models: Sequence[Model], say: Say) -> list[Finding]:
    """Whether what the user had disclosed, which the judge goes by, could be read."""
    some = [model for model in models if model.counts.unshown > UNSHOWN * model.counts.replies]
    items = [f"{say(model.name)}: {percent(model.counts.unshown, model.counts.replies)}" for model in some]
    told = "What the user had disclosed could not be read; share of the turns, which are then unscored:"
    return [Finding(told, items)] if items else []


def distance(models: Sequence[Model], say: Say) -> list[Finding]:
    """Whether the personas are new to a model trained on this project's data."""
    found = []
    if not all(model.run.certified for model in models):
        told = "The personas come without proof of their distance from training data: some may have been seen."
        found.append(Finding(told))
    near = [
        (cosine, talk.persona_id)
        for model in models
        for talk in model.run.talks
        for cosine in (talk.nearest_profile, talk.nearest_personality)
        if cosine is not None
    ]
    if near and max(near)[0] > NEAR:
        cosine, persona = max(near)
        told = f"A persona is close to a training text, cosine {number(cosine, 3)} ({say(persona)}): read the table "
        found.append(Finding(f"{told}of likeness to training texts before a score is taken for a stranger's."))
    return found
