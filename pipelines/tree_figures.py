"""What the figures of `i2a/trees` show: what persons disclose, how often and by how much the tailored reply wins, and
how long the replies are.

A function that ends in `_panel` gives the numbers, `figures` the pictures with what is told of them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import orjson

from cards.figures import Figure, edges, histogram, lines
from cards.series import Mark, Panel, Series
from pipelines.schema import RESPONDERS, DroppedRow
from pipelines.tree_audit import Audit, quantile

_LONG = 0.99  # the quantile of lengths that the last bin begins at


def figures(audit: Audit) -> list[Figure]:
    """The figures of a release whose trees the audit has seen; none where it has seen no pair."""
    told = audit.told()
    pairs, bias = told["pairs"], told["position_bias"]
    made = []
    if pairs["all"]:
        made.append(
            lines(
                "disclosure",
                "What the user has shown, turn by turn",
                f"Facts and traits disclosed on the way to each of {pairs['all']:,} messages: the mean, and the band "
                "from the 10th to the 90th percentile.",
                [disclosure_panel(told)],
            )
        )
    if pairs["decided"]:
        first = "" if bias["share"] is None else f", overall {bias['share']:.1%}"
        made += [
            lines(
                "wins",
                "How often the tailored reply wins, and the one that stands first",
                f"Share with its 95% interval (Wilson) among {pairs['decided']:,} decided pairs, and among the "
                f"{bias['unequal']:,} votes that scored the two differently{first}; a judge with no liking for a place "
                "comes to 50%.",
                [wins_panel(told)],
            ),
            histogram(
                "margins",
                "Margin of the preferred reply: all decided pairs",
                f"The margin of {pairs['decided']:,} decided pairs: the mean difference of the judge's scores over 9, "
                "the widest there can be.",
                [margin_panel(audit.margins(), audit.votes)],
            ),
            lines(
                "margins-by-turn",
                "Margin of the preferred reply, turn by turn",
                "The mean margin of the decided pairs of each turn, and the band from the 10th to the 90th percentile.",
                [margin_by_turn_panel(told)],
            ),
            histogram(
                "lengths",
                "Length of preferred and rejected replies",
                "Characters of the two replies of each decided pair; the last bin also holds all that are longer.",
                [length_panel(audit.lengths())],
            ),
        ]
    return made


def disclosure_panel(told: Mapping[str, Any]) -> Panel:
    by_turn = told["disclosure"]
    series = [_by_turn(what, [{"turn": one["turn"], **one[what]} for one in by_turn]) for what in ("facts", "traits")]
    return Panel(series, "", "turn", "statements shown so far", y_limits=(0, None))


def wins_panel(told: Mapping[str, Any]) -> Panel:
    unequal = [one for one in told["position_bias_by_turn"] if one["unequal"]]
    shares = {"tailored reply preferred": told["wins"], "first-standing scored higher": unequal}
    series = [
        Series(
            label,
            [one["turn"] for one in by_turn],
            *([round(100 * one[name], 4) for one in by_turn] for name in ("share", "low", "high")),
        )
        for label, by_turn in shares.items()
    ]
    return Panel(series, "", "turn", "share (%)", [Mark("chance", 50, "y")], y_limits=(0, 100))


def margin_panel(margins: Counter[float], votes: int) -> Panel:
    """Bins of about half a point of the judge's scale. Each holds as many of the values that so many votes can come to,
    and these are the 9 * votes-th part of a whole apart, or half of it; an edge lies between two of them.
    """
    width, before = max(1, round(votes / 2)), 0.25  # in the 9 * votes-th part
    bounds = [round((width * n - before) / (9 * votes), 4) for n in range(9 * votes // width + 2)]
    counts = _counted(margins, bounds)
    limits = bounds[0], bounds[-1]
    return Panel([Series("decided pairs", bounds, counts)], "", "margin", "decided pairs", x_limits=limits)


def margin_by_turn_panel(told: Mapping[str, Any]) -> Panel:
    return Panel([_by_turn("margin", told["margin_by_turn"])], "", "turn", "margin", y_limits=(0, None))


def length_panel(lengths: Mapping[str, Counter[float]]) -> Panel:
    """Preferred and rejected in the same bins, the longest replies in the last one."""
    every = sum(lengths.values(), Counter[float]())
    bounds = edges([quantile(every, _LONG)] if every else [])
    series = [Series(name, bounds, _counted(counts, bounds)) for name, counts in lengths.items()]
    return Panel(series, "", "characters", "replies", x_limits=(0, None))


def legible(row: DroppedRow) -> dict[str, Any]:
    """A dropped row for the report: the two replies of a pair as text, instead of JSON."""
    if row.kind != "pair":
        return asdict(row)
    replies = orjson.loads(row.content)
    return {**asdict(row), "content": "\n".join(f"{one}: {replies[one]}" for one in RESPONDERS)}


def _by_turn(label: str, by_turn: Sequence[Mapping[str, float]]) -> Series:
    """Mean and 10-90 band of one spread a turn."""
    return Series(label, *([one[name] for one in by_turn] for name in ("turn", "mean", "q10", "q90")))


def _counted(counts: Counter[float], bounds: Sequence[float]) -> list[int]:
    """How many lie in each bin; what is above the last goes into it."""
    bins = np.clip(np.searchsorted(bounds, list(counts), side="right") - 1, 0, len(bounds) - 2)
    weights = np.bincount(bins, list(counts.values()), len(bounds) - 1)
    return [int(weight) for weight in weights]
