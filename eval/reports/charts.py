"""The figures of the report. More models than a figure can hold make more figures, with the first model in each.

A function that ends in `_panel` gives the numbers, `charts` the pictures with what is told of them.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from cards import drawing
from cards.figures import Figure, lines
from cards.series import Mark, Panel, Series
from eval.metrics import Estimate
from eval.reports.summary import Model, Pair, Summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

T = TypeVar("T")
MOST = 4  # series that can be told apart in a panel
_LABEL = 32  # characters of a name that a figure has room for
_FEWEST = 5  # turns behind a mean that is drawn
_BAND = "the bands are 95% intervals by bootstrap over profiles"


def charts(summary: Summary) -> list[Figure]:
    """All figures, protocol by protocol."""
    return [figure for protocol in summary.protocols for figure in _of_protocol(summary, protocol)]


def _of_protocol(summary: Summary, protocol: str) -> Iterator[Figure]:
    models, pairs = summary.of(protocol), summary.firsts(protocol)
    mark = f", protocol {protocol}" if len(summary.protocols) > 1 else ""
    slug = f"-{protocol}" if mark else ""
    labels = names(models)
    personas = max(model.metrics.conversations for model in models)
    for number, some in _panels(models):
        yield lines(
            f"turns{slug}{number}",
            f"Score by turn, AL(k){mark}",
            f"The mean score at each turn of up to {personas:,} conversations; {_BAND}.",
            [curves_panel(some, labels, _limits(models))],
            height=3.2,
        )
    yield Figure(
        f"models{slug}",
        f"Mean score, and gain from the first to the last turn{mark}",
        "Each model's mean over all turns, and how much the last turn is above the first, with 95% intervals.",
        drawing.png(
            f"Mean score, and gain from the first to the last turn{mark}",
            [
                estimates_panel("mean over turns", models, labels, lambda model: model.metrics.mean),
                estimates_panel("gain, in points", models, labels, lambda model: model.metrics.gain, zero=True),
            ],
            _estimates,
            1,
            0.6 + 0.24 * len(models),
        ),
    )
    if pairs:
        first = labels[id(models[0])]
        for number, chosen in _chunks(pairs, MOST):
            yield lines(
                f"differences{slug}{number}",
                f"Difference from the first model, by turn{mark}",
                f"How much higher a model scores than {first} on the same personas, turn by turn; {_BAND}.",
                [differences_panel(chosen, labels)],
                height=2.8,
            )
        for number, chosen in _chunks(pairs, MOST):
            yield lines(
                f"personas{slug}{number}",
                f"Difference from the first model, by persona{mark}",
                f"Each persona's mean score less the one with {first}, the lowest first: right of where a line crosses "
                "0 are the personas whom the model fits better.",
                [personas_panel(chosen, labels)],
                height=2.8,
            )
    for number, some in _panels([model for model in models if model.disclosed]):
        yield lines(
            f"disclosed{slug}{number}",
            f"Score by what the user has shown{mark}",
            f"The mean score of replies by how many facts and traits the user had disclosed by then; {_BAND}. More is "
            "disclosed later, so this does not show what disclosure alone does.",
            [disclosed_panel(some, labels)],
            height=2.8,
        )
    for number, some in _panels([model for model in models if model.recall]):
        yield lines(
            f"recall{slug}{number}",
            f"What replies take up of what was told{mark}",
            "Share of the told values that a right reply names and this one names too, and share of the sentences of "
            f"manner in both; {_BAND}.",
            [recall_panel(some, labels, name) for name in ("recall", "manner")],
            height=2.4,
        )


def names(models: Sequence[Model]) -> dict[int, str]:
    """Model (by its `id`) -> its name as a figure can show it, each another one."""
    shown = [drawing.plain(model.name) for model in models]
    longest = _LABEL - 4
    return {
        id(model): model.name if shown.count(label) == 1 else f"{number} {model.name[:longest]}"
        for number, (model, label) in enumerate(zip(models, shown, strict=True), 1)
    }


def curves_panel(models: Sequence[Model], labels: dict[int, str], limits: tuple[float, float]) -> Panel:
    return Panel(
        [series(labels[id(model)], range(1, model.run.turns + 1), model.metrics.al) for model in models],
        x_label="turn",
        y_label="mean score, 1 to 5",
        y_limits=limits,
    )


def differences_panel(pairs: Sequence[Pair], labels: dict[int, str]) -> Panel:
    drawn = _first_of(pairs, labels)
    for pair in pairs:
        by_turn = pair.comparison.by_turn
        drawn.append(series(labels[id(pair.b)], range(1, len(by_turn) + 1), by_turn))
    return _around_zero(drawn, "turn")


def personas_panel(pairs: Sequence[Pair], labels: dict[int, str]) -> Panel:
    drawn = _first_of(pairs, labels)
    for pair in pairs:
        differences = sorted(difference for _, difference in by_persona(pair))
        drawn.append(Series(labels[id(pair.b)], range(1, len(differences) + 1), differences))
    return _around_zero(drawn, "personas, lowest first")


def by_persona(pair: Pair) -> list[tuple[str, float]]:
    """Persona and difference over the turns that both were scored on, in the order of the benchmark."""
    other = {talk.persona_id: row for talk, row in zip(pair.b.run.talks, pair.b.run.scores, strict=True)}
    found = []
    for talk, row in zip(pair.a.run.talks, pair.a.run.scores, strict=True):
        differences = np.subtract(other[talk.persona_id], row) if talk.persona_id in other else np.array([])
        if np.isfinite(differences).any():
            found.append((talk.persona_id, float(np.nanmean(differences))))
    return found


def disclosed_panel(models: Sequence[Model], labels: dict[int, str]) -> Panel:
    drawn = []
    for model in models:
        enough = [(count, score) for count, turns, score in model.disclosed if turns >= _FEWEST]
        drawn.append(series(labels[id(model)], [count for count, _ in enough], [score for _, score in enough]))
    return Panel(drawn, x_label="facts and traits disclosed", y_label="mean score, 1 to 5")


def recall_panel(models: Sequence[Model], labels: dict[int, str], name: str) -> Panel:
    drawn = [
        series(labels[id(model)], range(1, model.run.turns + 1), model.recall[name].by_turn)
        for model in models
        if model.recall
    ]
    return Panel(drawn, title=name, x_label="turn", y_label="share", y_limits=(-0.02, 1.02))


def estimates_panel(
    title: str,
    models: Sequence[Model],
    labels: dict[int, str],
    of: Callable[[Model], Estimate],
    *,
    zero: bool = False,
) -> Panel:
    """One value a model, the first on top; `zero` marks what no difference would be."""
    found = [(place, of(model)) for place, model in enumerate(models)]
    shown = [(place, one, one.value) for place, one in found if one.value is not None]
    return Panel(
        [
            Series(
                title,
                [value for *_, value in shown],
                [place for place, *_ in shown],
                [value if one.low is None else one.low for _, one, value in shown],
                [value if one.high is None else one.high for _, one, value in shown],
            )
        ],
        x_label=title,
        y_limits=(len(models) - 0.5, -0.5),
        names=[labels[id(model)] for model in models],
        marks=[Mark("", 0)] if zero else [],
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


def _first_of(pairs: Sequence[Pair], labels: dict[int, str]) -> list[Series]:
    """The first model, of which nothing is drawn: it keeps its colour, so that the others have theirs everywhere."""
    return [Series(labels[id(pair.a)], [], []) for pair in pairs[:1]]


def _around_zero(drawn: Sequence[Series], x_label: str) -> Panel:
    """Differences in points, 0 among them, where no difference would be."""
    shown = [0.0, *(value for one in drawn for values in (one.y, one.low, one.high) for value in values)]
    room = 0.05 * max(max(shown) - min(shown), 0.5)
    limits = min(shown) - room, max(shown) + room
    return Panel(drawn, x_label=x_label, y_label="points", marks=[Mark("same", 0, "y")], y_limits=limits)


def _limits(models: Sequence[Model]) -> tuple[float, float]:
    """Of the score, the same for all figures of a protocol: half points around what is shown, 1.5 points at least."""
    found = [one for model in models for one in model.metrics.al]
    shown = [value for one in found for value in (one.value, one.low, one.high) if value is not None]
    low, high = math.floor(2 * min(shown, default=1)) / 2, math.ceil(2 * max(shown, default=5)) / 2
    if high - low < 1.5:
        low = max(1.0, low - 0.5)
        high = max(high, min(5.0, low + 1.5))
    return low - 0.05, high + 0.05


def _panels(models: Sequence[Model]) -> Iterator[tuple[str, list[Model]]]:
    """So many models as a figure holds, the first in each, and the number in the figure's name."""
    if models[1:]:
        for number, others in _chunks(models[1:], MOST - 1):
            yield number, [models[0], *others]
    elif models:
        yield "", list(models)


def _chunks(items: Sequence[T], most: int) -> Iterator[tuple[str, Sequence[T]]]:
    for start in range(0, len(items), most):
        yield f"-{start // most + 1}" if len(items) > most else "", items[start : start + most]


def _estimates(axes: "Axes", panel: Panel) -> None:
    (one,) = panel.series
    for mark in panel.marks:
        axes.axvline(mark.at, color="#4a4f57", linewidth=1, linestyle=(0, (4, 2)))
    axes.hlines(one.y, one.low, one.high, color="#0072B2", linewidth=2)
    axes.plot(one.x, one.y, "o", color="#0072B2", markersize=5)
    axes.set_yticks(range(len(panel.names)), [drawing.plain(name) for name in panel.names])
    axes.set_ylim(*panel.y_limits)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
