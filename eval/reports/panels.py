"""The numbers behind each figure of the report, as panels to draw."""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from cards import drawing
from cards.series import Mark, Panel, Series
from eval.metrics import Estimate
from eval.reports.summary import Model, Pair

MOST = 4  # models that can be told apart in a panel; bounds stand behind them, whatever their number
_LABEL = 32  # characters of a name that a figure has room for
_FEWEST = 5  # turns behind a mean that is drawn

Labels = dict[int, str]
"""Model (by its `id`) -> its name in figures."""


def names(models: Sequence[Model]) -> Labels:
    """Names that a figure can show, each another one."""
    shown = [drawing.plain(model.name) for model in models]
    longest = _LABEL - 4
    return {
        id(model): model.name if shown.count(label) == 1 else f"{number} {model.name[:longest]}"
        for number, (model, label) in enumerate(zip(models, shown, strict=True), 1)
    }


def groups(models: Sequence[Model], *, bounded: bool) -> list[list[Model]]:
    """So many models as a panel holds, in order, the same groups in all figures: a model keeps its colour.

    Args:
        models: those that are no bounds, one at least.
        bounded: bounds stand in each panel; without any the first model does, for the others to be seen against.
    """
    if bounded or len(models) <= MOST:
        return _even(models, MOST)
    return [[models[0], *others] for others in _even(models[1:], MOST - 1)]


def curves_panel(models: Sequence[Model], bounds: Sequence[Model], labels: Labels) -> Panel:
    return _panel(
        [series(labels[id(model)], range(1, model.run.turns + 1), model.metrics.al) for model in models],
        [series(labels[id(bound)], range(1, bound.run.turns + 1), bound.metrics.al) for bound in bounds],
        x_label="turn",
        y_label="mean score, 1 to 5",
    )


def differences_panel(models: Sequence[Model], firsts: Sequence[Pair], labels: Labels) -> Panel:
    def drawn(pair: Pair) -> Series:
        by_turn = pair.comparison.by_turn
        return series(labels[id(pair.b)], range(1, len(by_turn) + 1), by_turn)

    return _around_zero(models, firsts, labels, drawn, "turn")


def personas_panel(models: Sequence[Model], firsts: Sequence[Pair], labels: Labels) -> Panel:
    def drawn(pair: Pair) -> Series:
        differences = sorted(difference for _, difference in by_persona(pair))
        return Series(labels[id(pair.b)], range(1, len(differences) + 1), differences)

    return _around_zero(models, firsts, labels, drawn, "personas, lowest first")


def by_persona(pair: Pair) -> list[tuple[str, float]]:
    """Persona and difference over the turns that both were scored on, in the order of the benchmark."""
    other = {talk.persona_id: row for talk, row in zip(pair.b.run.talks, pair.b.run.scores, strict=True)}
    found = []
    for talk, row in zip(pair.a.run.talks, pair.a.run.scores, strict=True):
        differences = np.subtract(other[talk.persona_id], row) if talk.persona_id in other else np.array([])
        if np.isfinite(differences).any():
            found.append((talk.persona_id, float(np.nanmean(differences))))
    return found


def disclosed_panel(models: Sequence[Model], bounds: Sequence[Model], labels: Labels) -> Panel:
    def drawn(model: Model) -> Series:
        enough = [(count, score) for count, turns, score in model.disclosed if turns >= _FEWEST]
        return series(labels[id(model)], [count for count, _ in enough], [score for _, score in enough])

    return _panel([*map(drawn, models)], [*map(drawn, bounds)], x_label="facts and traits disclosed", y_label="score")


def recall_panel(models: Sequence[Model], bounds: Sequence[Model], labels: Labels, name: str) -> Panel:
    def drawn(model: Model) -> Series:
        by_turn = model.recall[name].by_turn if model.recall else []
        return series(labels[id(model)], range(1, len(by_turn) + 1), by_turn)

    ends = -0.02, 1.02
    return _panel([*map(drawn, models)], [*map(drawn, bounds)], title=name, x_label="turn", y_label="share", ends=ends)


def estimates_panel(
    title: str,
    models: Sequence[Model],
    bounds: Sequence[Model],
    labels: Labels,
    of: Callable[[Model], Estimate],
    *,
    zero: bool = False,
) -> Panel:
    """One value a model, the first on top, bounds at the bottom as a series of their own, with a line across all;
    `zero` marks what no difference would be.
    """
    values = [of(bound).value for bound in bounds]
    return Panel(
        [
            _estimates(title, enumerate(map(of, models))),
            _estimates("bounds", enumerate(map(of, bounds), len(models))),
        ],
        x_label=title,
        y_limits=(len(models) + len(bounds) - 0.5, -0.5),
        names=[labels[id(model)] for model in [*models, *bounds]],
        marks=[*([Mark("", 0)] if zero else []), *(Mark("bound", value) for value in values if value is not None)],
    )


def series(label: str, x: Sequence[int], of: Sequence[Estimate]) -> Series:
    """Estimates over x; what is not defined is left out, and an interval that is not there has no height."""
    shown = [(float(at), one, one.value) for at, one in zip(x, of, strict=True) if one.value is not None]
    return Series(
        label,
        [at for at, *_ in shown],
        [value for *_, value in shown],
        [value if one.low is None else one.low for _, one, value in shown],
        [value if one.high is None else one.high for _, one, value in shown],
    )


def limits(models: Sequence[Model]) -> tuple[float, float]:
    """Of the score, the same for all figures of a protocol: half points around what is shown, 1.5 points at least."""
    found = [one for model in models for one in model.metrics.al]
    shown = [value for one in found for value in (one.value, one.low, one.high) if value is not None]
    low, high = math.floor(2 * min(shown, default=1)) / 2, math.ceil(2 * max(shown, default=5)) / 2
    if high - low < 1.5:
        low = max(1.0, low - 0.5)
        high = max(high, min(5.0, low + 1.5))
    return low - 0.05, high + 0.05


def _panel(
    drawn: Sequence[Series],
    bounds: Sequence[Series],
    *,
    x_label: str,
    y_label: str,
    title: str = "",
    ends: tuple[float | None, float | None] = (None, None),
) -> Panel:
    """The place of a series is its look: bounds follow after those of MOST models."""
    room = [Series("", [], []) for _ in range(MOST - len(drawn))]
    return Panel([*drawn, *room, *bounds], title=title, x_label=x_label, y_label=y_label, y_limits=ends)


def _around_zero(
    models: Sequence[Model], firsts: Sequence[Pair], labels: Labels, draw: Callable[[Pair], Series], x_label: str
) -> Panel:
    """Differences in points, 0 among them, where no difference would be; the first model's place stays empty."""
    pairs = {id(pair.b): pair for pair in firsts}
    drawn = [draw(pairs[id(model)]) if id(model) in pairs else Series(labels[id(model)], [], []) for model in models]
    shown = [0.0, *(value for one in drawn for values in (one.y, one.low, one.high) for value in values)]
    room = 0.05 * max(max(shown) - min(shown), 0.5)
    ends = min(shown) - room, max(shown) + room
    return Panel(drawn, x_label=x_label, y_label="points", marks=[Mark("same", 0, "y")], y_limits=ends)


def _estimates(label: str, found: Iterable[tuple[int, Estimate]]) -> Series:
    shown = [(place, one, one.value) for place, one in found if one.value is not None]
    return Series(
        label,
        [value for *_, value in shown],
        [place for place, *_ in shown],
        [value if one.low is None else one.low for _, one, value in shown],
        [value if one.high is None else one.high for _, one, value in shown],
    )


def _even(models: Sequence[Model], most: int) -> list[list[Model]]:
    """As few groups as hold `most` at most, of about the same size."""
    parts = np.array_split(np.arange(len(models)), -(-len(models) // most))
    return [[models[place] for place in part] for part in parts]
