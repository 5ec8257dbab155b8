"""How the figures of `cards.figures` are drawn: for a width of 600 pixels, on a light ground that stands out from a
dark page too; series differ in shape and line as well as in colour.
"""

import io
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from cards.series import Panel, Series

_WIDTH, _DPI = 6.0, 200  # inches, and pixels in one: twice the width at which it is read
_LONGEST, _TITLE, _LEGEND = 32, 80, 84  # characters of a label, of a title, of a row of the legend
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#000000")  # Okabe and Ito's, for any kind of colour vision
_MARKERS = ("o", "^", "s", "o")
_TICK = 2  # matplotlib's name for a line upwards from its place
_DASHES = ("-", "--", "-.", ":")
_HATCHES = ("", "////", "....", "")
_STYLE = {
    "font.family": "DejaVu Sans",  # ships with matplotlib
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.edgecolor": "#8a8f98",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#e4e6ea",
    "grid.linewidth": 0.7,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "xtick.color": "#4a4f57",
    "ytick.color": "#4a4f57",
}


def png(
    title: str, panels: Sequence["Panel"], draw: Callable[["Axes", "Panel"], None], columns: int, height: float
) -> bytes:
    """A picture of the panels, each drawn by `draw`; row by row, `height` inches each."""
    from matplotlib import figure

    rows = -(-len(panels) // columns)
    with _style():
        canvas = figure.Figure(figsize=(_WIDTH, height * rows + 0.7), dpi=_DPI, layout="constrained", facecolor="white")
        canvas.suptitle(plain(title, _TITLE), x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        grid = canvas.subplots(rows, columns, squeeze=False).flat
        shown: dict[str, Artist] = {}
        for axes, panel in zip(grid, panels, strict=False):
            _frame(axes, panel, columns)
            if any(len(series.y) for series in panel.series):
                draw(axes, panel)
            else:
                axes.text(0.5, 0.5, "nothing to show", transform=axes.transAxes, ha="center", color="#59636e")
            for handle, n in zip(*axes.get_legend_handles_labels(), strict=True):
                shown.setdefault(plain(panel.series[int(n)].label), handle)
        for axes in list(grid)[len(panels) :]:
            axes.set_axis_off()
        if len(shown) > 1:
            in_row = max(1, _LEGEND // max(map(len, shown)))
            canvas.legend(list(shown.values()), list(shown), loc="outside lower left", ncols=in_row)
        return _png(canvas)


def _png(canvas: "Canvas") -> bytes:
    """With a palette, which makes it a third as large, and without what matplotlib writes of itself and the date."""
    from PIL import Image

    full, small = io.BytesIO(), io.BytesIO()
    canvas.savefig(full, format="png")
    with Image.open(full) as image:
        image.convert("RGB").quantize(128).save(small, format="png", optimize=True)
    return small.getvalue()


@contextmanager
def _style() -> Iterator[None]:
    """Whatever a user's matplotlibrc says, so that the same series give the same bytes everywhere."""
    from matplotlib import style

    with style.context(["default", _STYLE], after_reset=True):
        yield


def _frame(axes: "Axes", panel: "Panel", columns: int) -> None:
    axes.set_title(plain(panel.title, _TITLE // columns))
    axes.set_xlabel(plain(panel.x_label))
    axes.set_ylabel(plain(panel.y_label))


def _finish(axes: "Axes", panel: "Panel") -> None:
    """Limits, grid and marks, once the series stand."""
    from matplotlib.ticker import MaxNLocator

    axes.grid(axis="y")
    axes.set_xlim(*panel.x_limits)
    axes.set_ylim(*panel.y_limits)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    for mark in panel.marks:
        along_x = mark.axis == "x"
        (axes.axvline if along_x else axes.axhline)(mark.at, color="#4a4f57", linewidth=1, linestyle=(0, (4, 2)))
        axes.annotate(
            plain(mark.label),
            (mark.at, 1) if along_x else (1, mark.at),
            xycoords=axes.get_xaxis_transform() if along_x else axes.get_yaxis_transform(),
            xytext=(-3, -2) if along_x else (4, 0),  # beside the axes no series hides it
            textcoords="offset points",
            ha="right" if along_x else "left",
            va="top" if along_x else "center",
            rotation=90 if along_x else 0,
            fontsize=7.5,
            color="#4a4f57",
        )


def _filled(panel: "Panel") -> Iterator[tuple[int, "Series"]]:
    """The series that have numbers, each with its place, which makes its look."""
    return ((n, series) for n, series in enumerate(panel.series) if len(series.y))


def histogram(axes: "Axes", panel: "Panel") -> None:
    for n, series in _filled(panel):
        colour = _COLOURS[n]
        if len(series.x) == len(series.y):
            axes.plot(series.x, series.y, color=colour, linestyle="none", marker=_TICK, markersize=9, label=str(n))
            continue
        axes.stairs(series.y, series.x, fill=True, color=colour, alpha=0.15)
        axes.stairs(series.y, series.x, color=colour, linestyle=_DASHES[n], linewidth=1.6, label=str(n))
    _finish(axes, panel)


def lines(axes: "Axes", panel: "Panel") -> None:
    from matplotlib.ticker import MaxNLocator

    for n, series in _filled(panel):
        if len(series.low):
            axes.fill_between(
                series.x, series.low, series.high, color=_COLOURS[n], alpha=0.14, hatch=_HATCHES[n], linewidth=0
            )
        axes.plot(series.x, series.y, color=_COLOURS[n], linestyle=_DASHES[n], marker=_MARKERS[n], label=str(n))
    if all(float(x).is_integer() for series in panel.series for x in series.x):
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    _finish(axes, panel)


def scatter(axes: "Axes", panel: "Panel") -> None:
    for n, series in _filled(panel):
        ring = n == 3
        axes.scatter(
            series.x,
            series.y,
            s=42 if ring else 9 + 7 * n,
            marker=_MARKERS[n],
            facecolors="none" if ring else _COLOURS[n],
            edgecolors=_COLOURS[n] if ring else "white",
            linewidths=0.9 if ring else 0.3,
            label=str(n),
        )
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color("#d9dce1")
    axes.set_aspect("equal", adjustable="datalim")


def bars(axes: "Axes", panel: "Panel") -> None:
    (series,) = panel.series
    drawn = axes.barh(series.x, series.y, color=_COLOURS[0], height=0.7)
    axes.bar_label(drawn, fmt="{:,.0f}", padding=3, fontsize=7.5)
    axes.set_yticks(series.x, [plain(name) for name in panel.names])
    axes.tick_params(axis="y", length=0)
    axes.margins(y=0.02)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.1 * (max(series.y) or 1))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def plain(text: str, longest: int = _LONGEST) -> str:
    """A text as the font can show it, on one short line: a character that it lacks becomes an empty square."""
    known = _characters()
    flat = " ".join(unicodedata.normalize("NFC", text).split())
    shown = "".join(char if ord(char) in known and char.isprintable() else "\u25a1" for char in flat)
    shown = shown if len(shown) <= longest else shown[: longest - 1] + "…"
    return shown.replace("$", r"\$")  # a formula would stand between two


@cache
def _characters() -> frozenset[int]:
    from matplotlib import font_manager

    font = font_manager.get_font(font_manager.findfont(_STYLE["font.family"]))  # type: ignore[arg-type]
    return frozenset(font.get_charmap())
