"""The figures of the report. More models than a figure can hold make more figures, with bounds, if any, in each."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cards import drawing
from cards.figures import Figure, lines
from cards.series import Panel
from eval.reports import panels
from eval.reports.panels import MOST
from eval.reports.summary import Model, Summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GLANCE = ("models", "turns")
"""How the names of those figures begin that tell most."""
NAMES = re.compile(r"(?:models|turns|differences|personas|disclosed|recall)(?:-paper|-plus)?(?:-[0-9]+)?")
"""Every name that a figure can have."""
_GREY, _FAINT = "#4a4f57", "#8a8f98"
_BOUND_DASHES = ((0, (1, 1)), (0, (6, 2)), (0, (3, 1, 1, 1)))
_BAND = "the bands are 95% intervals by bootstrap over profiles"


def charts(summary: Summary) -> list[Figure]:
    """All figures, protocol by protocol."""
    return [figure for protocol in summary.protocols for figure in _Charts(summary, protocol).all()]


class _Charts:
    """Those of one protocol."""

    def __init__(self, summary: Summary, protocol: str) -> None:
        self.bounds, self.models = summary.bounds(protocol), summary.judged(protocol)
        self.firsts = summary.firsts(protocol)
        several = len(summary.protocols) > 1
        self.mark, self.slug = (f", protocol {protocol}", f"-{protocol}") if several else ("", "")
        self.labels = panels.names([*self.models, *self.bounds])
        self.grey = "; grey, without a band: bounds, played by rule" if self.bounds else ""

    def all(self) -> Iterator[Figure]:
        yield from self._turns()
        yield self._estimates()
        if self.firsts:
            yield from self._differences()
        yield from self._disclosed()
        yield from self._recall()

    def _groups(self) -> Iterator[tuple[str, list[Model]]]:
        """Of each figure its models, and the number in its name."""
        found = panels.groups(self.models, bounded=bool(self.bounds))
        for number, group in enumerate(found, 1):
            yield f"{self.slug}-{number}" if len(found) > 1 else self.slug, group

    def _estimates(self) -> Figure:
        title = f"Mean score, and gain from the first to the last turn{self.mark}"
        drawn = [
            panels.estimates_panel("mean over turns", self.models, self.bounds, self.labels, lambda m: m.metrics.mean),
            panels.estimates_panel(
                "gain, in points", self.models, self.bounds, self.labels, lambda m: m.metrics.gain, zero=True
            ),
        ]
        told = "Each model's mean over all turns, and how much the last turn is above the first, with 95% intervals"
        told += "; dotted: where the bounds are, which are played by rule" if self.bounds else ""
        height = 0.6 + 0.24 * len(drawn[0].names)
        return Figure(f"models{self.slug}", title, f"{told}.", drawing.png(title, drawn, _dots, 1, height))

    def _turns(self) -> Iterator[Figure]:
        personas = max(model.metrics.conversations for model in self.models)
        ends = panels.limits([*self.models, *self.bounds])
        for slug, models in self._groups():
            panel = replace(panels.curves_panel(models, self.bounds, self.labels), y_limits=ends)
            yield _lines(
                f"turns{slug}",
                f"Score by turn, AL(k){self.mark}",
                f"The mean score at each turn of up to {personas:,} conversations; {_BAND}{self.grey}.",
                [panel],
                3.2,
            )

    def _differences(self) -> Iterator[Figure]:
        first = self.labels[id(self.models[0])]
        drawn = [(slug, panels.differences_panel(models, self.firsts, self.labels)) for slug, models in self._groups()]
        for slug, panel in _filled(drawn):
            yield lines(
                f"differences{slug}",
                f"Difference from the first model, by turn{self.mark}",
                f"How much higher a model scores than {first} on the same personas, turn by turn; {_BAND}.",
                [panel],
                height=2.8,
            )
        drawn = [(slug, panels.personas_panel(models, self.firsts, self.labels)) for slug, models in self._groups()]
        for slug, panel in _filled(drawn):
            yield lines(
                f"personas{slug}",
                f"Difference from the first model, by persona{self.mark}",
                f"Each persona's mean score less the one with {first}, the lowest first: right of where a line crosses "
                "0 are the personas whom the model fits better.",
                [panel],
                height=2.8,
            )

    def _disclosed(self) -> Iterator[Figure]:
        for slug, models in self._groups():
            if any(model.disclosed for model in models):
                yield _lines(
                    f"disclosed{slug}",
                    f"Score by what the user has shown{self.mark}",
                    "The mean score of replies by how many facts and traits the user had disclosed by then; "
                    f"{_BAND}{self.grey}. More is disclosed later, so this does not show what disclosure alone does.",
                    [panels.disclosed_panel(models, self.bounds, self.labels)],
                    2.8,
                )

    def _recall(self) -> Iterator[Figure]:
        for slug, models in self._groups():
            if any(model.recall for model in models):
                yield _lines(
                    f"recall{slug}",
                    f"What replies take up of what was told{self.mark}",
                    "Share of the told values that a right reply names and this one names too, and share of the "
                    f"sentences of manner in both; {_BAND}{self.grey}.",
                    [panels.recall_panel(models, self.bounds, self.labels, name) for name in ("recall", "manner")],
                    2.4,
                )


def _filled(drawn: Sequence[tuple[str, Panel]]) -> Iterator[tuple[str, Panel]]:
    return ((slug, panel) for slug, panel in drawn if any(one.y for one in panel.series))


def _lines(name: str, title: str, caption: str, drawn: Sequence[Panel], height: float) -> Figure:
    return Figure(name, title, caption, drawing.png(title, drawn, _bounded, 1, height))


def _bounded(axes: "Axes", panel: Panel) -> None:
    """Lines as everywhere, over those of the bounds."""
    drawing.lines(axes, replace(panel, series=panel.series[:MOST]))
    for place, one in enumerate(panel.series[MOST:]):
        if len(one.y):
            dashes = _BOUND_DASHES[place]
            axes.plot(one.x, one.y, color=_GREY, linestyle=dashes, linewidth=1.4, label=str(MOST + place), zorder=1.5)
    axes.autoscale()
    axes.set_ylim(*panel.y_limits)


def _dots(axes: "Axes", panel: Panel) -> None:
    for mark in panel.marks:
        style = (0, (1, 2)) if mark.label else (0, (4, 2))
        axes.axvline(mark.at, color=_FAINT if mark.label else _GREY, linewidth=1, linestyle=style)
    for one, colour in zip(panel.series, ("#0072B2", _GREY), strict=True):
        axes.hlines(one.y, one.low, one.high, color=colour, linewidth=2)
        axes.plot(one.x, one.y, "o" if colour != _GREY else "D", color=colour, markersize=5 if colour != _GREY else 4)
    axes.set_yticks(range(len(panel.names)), [drawing.plain(name) for name in panel.names])
    axes.set_ylim(*panel.y_limits)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
