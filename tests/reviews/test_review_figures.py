"""What the figure of a review plots: the agreement of people and judge, range by range of margins."""

from math import isnan
from typing import Any

from cards.series import Series
from pipelines.reviews.agreement import MARGINS, Judged, pair_figures
from pipelines.reviews.figures import judge_panel, review_figures
from pipelines.schema import review_id
from tests.reviews.test_agreement import answer


def review(*margins: float, wrong: int = 0) -> dict[str, Any]:
    """Of pairs of these margins, a tree each, on which people and judge agree but for the first few."""
    rows = [answer(f"t-{n}/0", "generic" if n < wrong else "tailored") for n in range(len(margins))]
    said = {review_id(f"t-{n}/0"): Judged("tailored", margin, f"t-{n}") for n, margin in enumerate(margins)}
    return pair_figures(rows, 1, said, of=len(margins))


def drawn(series: Series) -> list[tuple[float, ...]]:
    """Each range: where it begins and ends, its share and its interval."""
    points = list(zip(series.x, series.y, series.low, series.high, strict=True))
    assert [n for n, point in enumerate(points) if any(map(isnan, point))] == list(range(2, len(points), 3))
    starts, ends = points[::3], points[1::3]
    assert [start[1:] for start in starts] == [end[1:] for end in ends]
    return [(round(start[0], 3), round(end[0], 3), *start[1:]) for start, end in zip(starts, ends, strict=True)]


def test_every_range_that_has_an_interval_is_drawn_within_its_edges_in_percent() -> None:
    judge = review(*[0.05] * 4, *[0.3] * 9, *[0.9] * 2, 0.15, wrong=1)["judge"]
    (series,) = judge_panel(judge).series
    small, middle, large = drawn(series)  # the single tree between 0.1 and 0.2 has no interval
    assert small == (0.012, 0.088, 75.0, 25.0, 100.0)
    assert middle[:3] == (0.212, 0.388, 100.0)
    assert large[:3] == (0.412, 0.988, 100.0)
    assert 30 < large[3] < middle[3] < 75
    assert all(low >= 0 and high <= MARGINS[-1] for low, high, *_ in (small, middle, large))
    assert [(mark.axis, mark.at) for mark in judge_panel(judge).marks] == [("y", 50)]


def test_the_figure_is_the_same_each_time_and_its_caption_tells_of_how_many_pairs_it_is() -> None:
    (figure,) = review_figures(review(*[0.05] * 40, *[0.5] * 1200, wrong=30))
    assert figure.name == "people-and-judge"
    assert "1,240 pairs" in figure.caption
    assert [figure] == review_figures(review(*[0.05] * 40, *[0.5] * 1200, wrong=30))


def test_nothing_is_drawn_where_nothing_is_defined() -> None:
    assert review_figures(review()) == []
    assert review_figures(review(0.05, 0.15, 0.3, 0.5)) == []
