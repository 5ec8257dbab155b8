"""What the figure of a review shows: how often people prefer the reply that the judge prefers, margin by margin."""

from collections.abc import Mapping
from math import nan
from typing import Any

from cards.figures import Figure, lines
from cards.series import Mark, Panel, Series

_GAP = 0.012  # between two ranges, so that they stand apart


def review_figures(review: Mapping[str, Any]) -> list[Figure]:
    """The figures of the fact `review` of the trees; none where no margin has an interval to show."""
    judge = review["judge"]
    panel = judge_panel(judge)
    if not panel.series[0].x:
        return []
    return [
        lines(
            "people-and-judge",
            "How often people prefer the reply that the judge prefers",
            f"Share with its 95% interval among {judge['pairs']:,} pairs that were drawn at random and on which both "
            "people and judge prefer one reply, for each range of the judge's margin. Tossing a coin agrees with the "
            "judge on 50%.",
            [panel],
        )
    ]


def judge_panel(judge: Mapping[str, Any]) -> Panel:
    """Accuracy in percent from the lower to the upper edge of each range of margins that has an interval."""
    known = [one for one in judge["by_margin"] if one["accuracy"]["low"] is not None]
    x = [place for one in known for place in (one["margin"][0] + _GAP, one["margin"][1] - _GAP, nan)]
    shares = (
        [value for one in known for value in (*[round(100 * one["accuracy"][name], 2)] * 2, nan)]
        for name in ("share", "low", "high")
    )
    series = Series("people agree with the judge", x, *shares)
    above = 104  # so that a point at 100 is seen whole
    marks = [Mark("chance", 50, "y")]
    return Panel([series], "", "margin of the judge", "agreement (%)", marks, x_limits=(0, 1), y_limits=(0, above))
