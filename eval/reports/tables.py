"""The tables of the report, each once, for Markdown and for the page: what the columns are and what stands in them."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from eval.metrics import Estimate
from eval.reports.summary import Model, Pair, PlantedTable
from eval.reports.wording import NONE, interval, number, p_value, percent


@dataclass(frozen=True)
class Cell:
    """A number, and in a weaker print what belongs to it, such as its interval."""

    text: str
    soft: str = ""


@dataclass(frozen=True)
class Table:
    """Rows begin with a text from outside, such as a model's name; the others are numbers. `note` says how to read."""

    head: list[str]
    rows: list[tuple[str, list[Cell]]]
    note: str = ""
    words: int = 0  # how many columns after the first are words, to be set from the left


def numbers(models: Sequence[Model]) -> Table:
    """Of each model, those of the paper and those that it lacks."""
    head = ["model", "mean", "IR", "R2", "N-IR", "N-R2", "gain", "area", "conversations", "unscored", "shortened"]
    rows = [(model.name, _numbers(model)) for model in models]
    return Table(
        head,
        rows,
        "mean: of AL(k) over the turns, AL(k) being the mean score at turn k, 1 to 5; what is unscored or was never "
        "played is left out, which may flatter a model. IR: points a turn, the slope of the least-squares line through "
        "AL(k), R2 how well the line fits. N-IR, N-R2: of AL(k) rescaled by the model's own lowest and highest AL(k), "
        "which says nothing of how much was gained. gain: AL of the last turn less AL of the first. area: the mean "
        "height of the curve above its first turn. Brackets: 95% by bootstrap over profiles. conversations: finished, "
        "of those asked for. unscored: replies without a score. shortened: conversations that ended early.",
    )


def _numbers(model: Model) -> list[Cell]:
    of, counts = model.metrics, model.counts
    return [
        _cell(of.mean),
        _cell(of.ir, 3),
        _cell(of.r2),
        _cell(of.n_ir, 3),
        _cell(of.n_r2),
        _cell(of.gain, signed=True),
        _cell(of.area, signed=True),
        Cell(f"{len(model.run.talks):,}", f"of {model.run.expected:,}"),
        Cell(f"{counts.unscored:,}", f"of {counts.replies:,}"),
        Cell(f"{counts.shortened:,}"),
    ]


def by_turn(models: Sequence[Model]) -> Table:
    """AL(k), as the paper's tables have it."""
    turns = max(model.run.turns for model in models)
    rows = []
    for model in models:
        cells = [_cell(of) for of in model.metrics.al]
        rows.append((model.name, cells + [Cell(NONE)] * (turns - len(cells))))
    return Table(["AL(k) at turn", *map(str, range(1, turns + 1))], rows)


def pairs(some: Sequence[Pair]) -> Table:
    """Two models on the same personas."""
    head = ["first", "second", "second less first", "relative", "p", "p, corrected", "difference of gains"]
    return Table(
        [*head, "p of gains, corrected", "personas", "to see 0.1 / 0.2 / 0.5"],
        [(pair.a.name, _pair(pair)) for pair in some],
        "Points, over the personas and turns that both were scored on. relative: of the first model's mean. p: "
        "two-sided sign-flip permutation test over profiles; corrected for how many are compared with the same first "
        "model (Holm). gains: AL of the last turn less AL of the first; a model can score higher and rise no more. The "
        "last column: how many personas it would take to find a true difference of so many points in 80% of the cases.",
        words=1,
    )


def _pair(pair: Pair) -> list[Cell]:
    of = pair.comparison
    needed = " / ".join(NONE if count is None else f"{count:,}" for count in of.needed.values())
    relative = number(of.relative_percent.value, 1, signed=True)
    return [
        Cell(pair.b.name),
        _cell(of.diff, signed=True),
        Cell(relative if relative == NONE else f"{relative}%", interval(of.relative_percent, 1, signed=True)),
        Cell(_p(of.p)),
        Cell(_p(pair.p_holm)),
        _cell(of.gain, signed=True),
        Cell(_p(pair.gain_p_holm)),
        Cell(f"{of.n:,}", f"of {of.profiles:,} profiles" + (f", {of.left_out:,} left out" if of.left_out else "")),
        Cell(needed),
    ]


def criteria(models: Sequence[Model]) -> Table:
    """Style, content and manner apart."""
    names = list(dict.fromkeys(name for model in models for name in model.criteria))
    rows = [(model.name, [_cell(model.criteria[name]) for name in names]) for model in models if model.criteria]
    return Table(["model", *names], rows, "Mean over all votes; a score is the mean of the three.")


def recall(models: Sequence[Model]) -> Table:
    """Of the micro world."""
    some = [model for model in models if model.recall]
    names = list(dict.fromkeys(name for model in some for name in model.recall or ()))
    rows = [(model.name, [_cell((model.recall or {})[name].whole) for name in names]) for model in some]
    return Table(
        ["model", *names],
        rows,
        "recall: of the values that the user has told and a right reply names, the share that the reply names, after "
        "their slot. unfounded: values in a reply that were not told, on average. manner: of opening and closing "
        "sentences in the right or the given reply, the share in both. on topic: replies about what was asked for. "
        "A score can rise on manner alone; recall tells whether facts are used.",
    )


def _labelled(models: Sequence[Model]) -> list[tuple[str, Model]]:
    """With the protocol in their names, where there are two: these tables hold the models of both."""
    several = len({model.run.protocol for model in models}) > 1
    return [(f"{model.name} ({model.run.protocol})" if several else model.name, model) for model in models]


def trust(models: Sequence[Model]) -> Table:
    """How far judge and users can be trusted."""
    head = ["model", "alpha of votes", "votes within 1", "kappa, 2nd judge", "out of character", "length and score"]
    return Table(
        [*head, "empty replies", "cut replies", "unread votes", "unread disclosures"],
        [(name, _trust(model)) for name, model in _labelled(models)],
        "alpha: Krippendorff's, of the votes on one reply; from 0.8 on agreement is good, below 0.667 nothing can be "
        "concluded. kappa: Cohen's, with quadratic weights. out of character: of the users' messages checked. "
        "length and score: Spearman's rank correlation within turns, of words. empty: scored as no answer, within the "
        "means. cut: at the limit of tokens. unread: votes, and what the user had disclosed, that were asked for and "
        "never came in a form that can be read.",
    )


def _trust(model: Model) -> list[Cell]:
    counts = model.counts
    within = model.agreement.within
    votes = sum(len(turn.votes) for talk in model.run.talks for turn in talk.turns)
    return [
        Cell(number(model.agreement.alpha)),
        Cell(NONE if within is None else f"{within:.1%}"),
        Cell(number(model.second.value), f"n {model.second.n:,}" if model.second.n else ""),
        Cell(percent(counts.broken, counts.messages), f"of {counts.messages:,}" if counts.messages else ""),
        Cell(number(model.length.value, signed=True)),
        Cell(f"{counts.empty:,}"),
        Cell(f"{counts.cut:,}"),
        Cell(percent(counts.unread, votes)),
        Cell(percent(counts.unshown, counts.replies) if model.run.protocol == "plus" else NONE),
    ]


def leakage(models: Sequence[Model]) -> Table:
    """How near the personas come to training data."""
    talks = {talk.persona_id: talk for model in models for talk in model.run.talks}.values()
    found = {
        "profile": [talk.nearest_profile for talk in talks if talk.nearest_profile is not None],
        "personality": [talk.nearest_personality for talk in talks if talk.nearest_personality is not None],
    }
    rows = [
        (kind, [Cell(f"{len(near):,}"), Cell(number(statistics.median(near), 3)), Cell(number(max(near), 3))])
        for kind, near in found.items()
        if near
    ]
    return Table(
        ["text", "personas", "median", "highest"],
        rows,
        "Cosine of embeddings to the nearest text of the training split; 1 is the same text. Between different people "
        "0.4 to 0.7 is usual, and up to 0.85 where all texts are made after a few patterns; above 0.9 two are close.",
    )


def planted_title(table: PlantedTable) -> str:
    return f"Planted replies, judged by {table.planted.judge}, protocol {table.planted.protocol}"


def planted(table: PlantedTable) -> Table:
    """Where a judge puts replies of known worth."""
    rows = []
    for kind in table.kinds:
        below = NONE if kind.below is None else f"{kind.below} of {kind.cases}"
        cells = [Cell(number(kind.mean)), Cell(f"{kind.scored}", f"of {kind.of}"), Cell(below)]
        rows.append((kind.kind.replace("_", " "), cells))
    return Table(["planted reply", "mean score", "scored", "below the perfect one"], rows)


def cost(models: Sequence[Model]) -> Table:
    """Tokens and calls by role."""
    head = ["model", "role", "played by", "tokens in", "tokens out", "calls", "cost"]
    rows = [(name, row) for name, model in _labelled(models) for row in _cost(model)]
    return Table(
        head,
        rows,
        "Tokens as the provider counted them, of all conversations in the log. calls: of the finished ones. Neither "
        "holds what a conversation took before it was begun anew. cost: where Inspect knows the price.",
        words=2,
    )


def _cost(model: Model) -> list[list[Cell]]:
    calls = model.counts.calls
    players = {"assistant": model.run.model, **model.run.roles}
    return [
        [
            Cell(role.replace("_", " ")),
            Cell(players.get(role, NONE)),
            Cell(f"{usage.tokens_in:,}"),
            Cell(f"{usage.tokens_out:,}"),
            Cell(f"{calls[role]:,}" if calls.get(role) else NONE),
            Cell(NONE if usage.cost is None else f"{usage.cost:,.2f}"),
        ]
        for role, usage in model.run.usage.items()
    ]


def by_profile(models: Sequence[Model]) -> Table:
    """The mean score of each model with the people of each profile."""
    texts = {talk.profile_id: talk.profile for model in models for talk in model.run.talks}
    means = [_profile_means(model) for model in models]
    rows = [
        (text, [Cell(number(of.get(profile))) for of in means])
        for profile, text in sorted(texts.items(), key=lambda item: item[0])
    ]
    return Table(["profile", *(model.name for model in models)], rows)


def _profile_means(model: Model) -> dict[str, float]:
    scores: dict[str, list[float]] = {}
    for talk in model.run.talks:
        scores.setdefault(talk.profile_id, []).extend(turn.score for turn in talk.turns if turn.score is not None)
    return {profile: statistics.fmean(of) for profile, of in scores.items() if of}


def _cell(of: Estimate, digits: int = 2, *, signed: bool = False) -> Cell:
    return Cell(number(of.value, digits, signed=signed), interval(of, digits, signed=signed))


def _p(p: float | None) -> str:
    return p_value(p).removeprefix("p ").removeprefix("= ") if p is not None else NONE
