"""Figures: the same bytes everywhere, for any numbers and any text."""

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from cards.drawing import plain
from cards.figures import Figure, bars, edges, histogram, lines, scatter
from cards.series import Mark, Panel, Series

Draw = Callable[..., Figure]
NAMES = ["India", "South Korea"]
ODD = [
    "",
    "_hidden by matplotlib",
    "two $ and $ make a formula, \\frac{",
    "面包 हाँ مرحبا 🧑‍🚀 é\u0301\u0301",
    "\x00\x07\u202eabc\u202c\ud800\n\t",
    "x" * 10_000,
]


def panel(label: str = "kept") -> Panel:
    two = [Series(label, [0, 1, 2], [3, 4, 5], [2, 3, 4], [4, 5, 6]), Series(label + "2", [0, 1], [2.5, 7])]
    return Panel(two, label, label, label, [Mark(label, 0.5), Mark(label, 3, "y")])


def counts(label: str = "kept") -> Panel:
    return Panel([Series(label, [0, 1, 2], [3, 4])], label, label, label, [Mark(label, 0.5)])


def named(label: str = "kept") -> Panel:
    return Panel([Series(label, [0, 1], [3, 4])], label, label, label, names=[label, label])


DRAWN: list[tuple[Draw, Callable[..., Panel]]] = [(lines, panel), (scatter, panel), (histogram, counts), (bars, named)]
IN_ANOTHER_PROCESS = """
import hashlib, sys
from tests.cards.test_figures import DRAWN
for draw, of in DRAWN:
    print(hashlib.sha256(draw("name", "Title", "Caption.", [of(), of()], columns=2).png).hexdigest())
assert "matplotlib.pyplot" not in sys.modules
"""


def test_the_bytes_are_the_same_in_any_process_with_any_threads_clock_and_matplotlibrc(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("font.size: 30\naxes.facecolor: black\nsavefig.bbox: tight\n")
    other = {"OMP_NUM_THREADS": "2", "TZ": "Asia/Tokyo", "MATPLOTLIBRC": str(tmp_path), "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS]
    done = subprocess.run(command, env=os.environ | other, capture_output=True, text=True, check=True)
    drawn = [draw("name", "Title", "Caption.", [of(), of()], columns=2).png for draw, of in DRAWN]
    assert done.stdout.split() == [hashlib.sha256(png).hexdigest() for png in drawn]


@pytest.mark.parametrize(("draw", "of"), DRAWN)
def test_a_picture_is_opaque_light_twice_600_wide_small_and_tells_nothing_of_its_making(
    draw: Draw, of: Callable[..., Panel]
) -> None:
    from PIL import Image

    made = draw("name", "Title", "Caption.", [of()])
    assert (made.name, made.title, made.caption) == ("name", "Title", "Caption.")
    with Image.open(io.BytesIO(made.png)) as image:
        assert image.width == 1200
        assert set(image.info) <= {"dpi"}
        assert image.convert("RGBA").getpixel((0, image.height - 1)) == (255, 255, 255, 255)
    assert len(made.png) < 100_000


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize(("draw", "of"), DRAWN)
def test_any_text_is_drawn_without_a_warning(draw: Draw, of: Callable[..., Panel], text: str) -> None:
    assert draw("name", text, text, [of(text)]).png


@pytest.mark.parametrize(("draw", "of"), DRAWN)
def test_nothing_and_a_single_value_are_drawn_too(draw: Draw, of: Callable[..., Panel]) -> None:
    nothing = draw("name", "Title", "Caption.", [Panel([Series("kept", [], [])])])
    one = Series("kept", [0, 1] if draw is histogram else [0], [7])
    single = draw("name", "Title", "Caption.", [Panel([one], names=["India"])])
    zero = draw("name", "Title", "Caption.", [Panel([Series("kept", one.x, [0])], names=["India"])])
    assert nothing.png not in (single.png, zero.png)


def test_the_palette_has_room_for_four_series_and_their_edges() -> None:
    """White, black, greys and four colours, each with what lies between it and the ground."""
    from PIL import Image

    points = [Series(str(n), [n, n + 0.5, n + 0.9], [n, 7 - n, 3]) for n in range(4)]
    with Image.open(io.BytesIO(scatter("name", "Title", "Caption.", [Panel(points)]).png)) as image:
        assert len(image.getcolors() or []) > 32


def test_where_a_histogram_has_as_many_edges_as_counts_each_is_a_tick() -> None:
    ticks, bins = Series("few", [0.2, 0.4], [0, 0]), Series("many", [0, 0.5, 1], [0, 0])
    drawn = [histogram("name", "Title", "Caption.", [Panel([one])]).png for one in (ticks, bins)]
    assert drawn[0] != drawn[1]


def test_drawing_leaves_the_settings_of_matplotlib_as_they_were() -> None:
    import matplotlib as mpl

    before = mpl.rcParams.copy()
    lines("name", "Title", "Caption.", [panel()])
    assert mpl.rcParams.copy() == before


def test_a_character_that_the_font_lacks_becomes_a_square_and_a_long_text_is_cut() -> None:
    assert plain("a 面\n\x00$b") == "a \u25a1 \u25a1\\$b"
    assert len(plain("x" * 10_000)) == 32


def test_a_series_with_too_few_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'kept' has 3 x, 1 y"):
        Series("kept", [1, 2, 3], [1])
    with pytest.raises(ValueError, match="1 low and 0 high"):
        Series("kept", [1], [1], [1])


@pytest.mark.parametrize("highest", [0, 1, 29, 30, 41, 10_000, 123_456])
def test_edges_are_few_round_and_reach_above_the_highest_value(highest: int) -> None:
    found = edges([highest / 2, highest])
    assert found[0] == 0
    assert found[-2] <= highest < found[-1]
    assert 2 <= len(found) <= 31
    assert len({b - a for a, b in pairwise(found)}) == 1


def test_edges_of_nothing_hold_one_bin() -> None:
    assert edges([]) == [0, 1]
