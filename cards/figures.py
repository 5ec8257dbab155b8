"""Figures of a release: labelled series drawn as PNG, the same bytes for the same series.

    panel = Panel([Series("kept", [0, 1, 2], [20, 123, 125])], x_label="round", y_label="profiles")
    figure = lines("rounds", "Profiles kept by round", "What each round of the writer brought.", [panel])

What is drawn stands in the panels, so that a test can look at numbers instead of pixels; `cards.drawing` has the pens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cards import drawing
from cards.series import Panel


@dataclass(frozen=True)
class Figure:
    """A picture and what is told of it."""

    name: str  # of its file, without .png
    title: str
    caption: str  # one sentence that says what is to be seen, in plain text; also for those who can't see it
    png: bytes


def histogram(
    name: str, title: str, caption: str, panels: Sequence[Panel], *, columns: int = 1, height: float = 2.2
) -> Figure:
    """Counts or shares between edges, each series as an outline. Panels stand row by row, `height` inches each."""
    return Figure(name, title, caption, drawing.png(title, panels, drawing.histogram, columns, height))


def lines(
    name: str, title: str, caption: str, panels: Sequence[Panel], *, columns: int = 1, height: float = 2.4
) -> Figure:
    """Values over x, with a band where a series has one."""
    return Figure(name, title, caption, drawing.png(title, panels, drawing.lines, columns, height))


def scatter(
    name: str, title: str, caption: str, panels: Sequence[Panel], *, columns: int = 1, height: float = 3.0
) -> Figure:
    """Points of a map: equal units on both axes, which bear no numbers. A fourth series is drawn as rings, so that
    it can point out some of the others.
    """
    return Figure(name, title, caption, drawing.png(title, panels, drawing.scatter, columns, height))


def bars(
    name: str, title: str, caption: str, panels: Sequence[Panel], *, columns: int = 1, height: float = 2.6
) -> Figure:
    """A bar for each name, the first on top, its value beside it; of one series."""
    return Figure(name, title, caption, drawing.png(title, panels, drawing.bars, columns, height))


def edges(values: Sequence[float], bins: int = 30) -> list[float]:
    """Edges of at most `bins` bins from 0 on, of a round width; a value at the highest edge or above it belongs into
    the last bin.

    >>> edges([3, 17, 41], bins=5)
    [0, 10, 20, 30, 40, 50]
    """
    highest = max(values, default=0)
    width = next(base * 10**power for power in range(20) for base in (1, 2, 5) if base * 10**power * bins > highest)
    return [width * n for n in range(int(highest // width) + 2)]
