"""What the figures of the trees plot: the audit's numbers."""

from collections import Counter

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.exports import dropped_pairs, pairs
from pipelines.schema import DroppedRow, TreeRow, Vote
from pipelines.tree_audit import Audit, wilson
from pipelines.tree_figures import (
    disclosure_panel,
    figures,
    legible,
    length_panel,
    margin_by_turn_panel,
    margin_panel,
    wins_panel,
)
from tests.pipelines.trees import GENERIC_WINS, TAILORED_WINS, TIE, Exchange, chain, grow, trees


def audit_of(*grown: TreeRow) -> Audit:
    audit = Audit(2)
    for tree in grown:
        audit.add(tree)
    return audit


def judged(*votes: list[Vote]) -> TreeRow:
    """A tree whose turns were judged so."""
    return chain([Exchange("u", "a longer reply", "short", of, disclosed=[n, 5 + n]) for n, of in enumerate(votes)])


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (9, 10, 0.59585, 0.982124),  # by hand: (9 + 1.9207) / 13.8415 = 0.7890, less and more 0.1932
        (0, 10, 0.0, 0.277533),  # 3.8415 / 13.8415
        (10, 10, 0.722467, 1.0),
        (1, 2, 0.094531, 0.905469),
        (50, 100, 0.403832, 0.596168),
    ],
)
def test_the_interval_is_wilsons(part: int, whole: int, low: float, high: float) -> None:
    assert wilson(part, whole) == (low, high)


def test_nothing_has_no_interval() -> None:
    assert wilson(0, 0) == (None, None)


def test_wins_and_margins_are_told_by_turn_of_the_decided_pairs_alone() -> None:
    told = audit_of(judged(TAILORED_WINS, TIE), judged(GENERIC_WINS, TAILORED_WINS)).told()
    assert told["wins"] == [
        {"turn": 1, "pairs": 2, "share": 0.5, "low": 0.094531, "high": 0.905469},
        {"turn": 2, "pairs": 1, "share": 1.0, "low": 0.206549, "high": 1.0},
    ]
    assert [(one["turn"], one["mean"]) for one in told["margin_by_turn"]] == [(1, 0.5), (2, 0.4444)]


def test_the_position_bias_is_that_of_all_votes_that_tell_the_two_apart() -> None:
    first_always = [Vote("tailored", 8, 5), Vote("generic", 4, 6)]
    told = audit_of(judged(first_always, TIE, TAILORED_WINS)).told()
    by_turn = told["position_bias_by_turn"]
    assert [(one["turn"], one["votes"], one["unequal"], one["share"]) for one in by_turn] == [
        (1, 2, 2, 1.0),
        (2, 2, 0, None),
        (3, 2, 2, 0.5),
    ]
    assert told["position_bias"] == {"votes": 6, "unequal": 4, "share": 0.75, "low": 0.300642, "high": 0.954413}


@given(st.lists(trees(max_turns=3), max_size=4))
def test_turns_add_up_to_the_whole(grown: list[TreeRow]) -> None:
    audit = audit_of(*grown)
    told = audit.told()
    assert sum(one["pairs"] for one in told["wins"]) == told["pairs"]["decided"] == audit.margins().total()
    votes = sum(len(pair.tailored.votes or []) for tree in grown for pair in pairs(tree))
    assert sum(one["votes"] for one in told["position_bias_by_turn"]) == told["position_bias"]["votes"] == votes
    assert orjson.loads(orjson.dumps(told)) == told


def test_nothing_is_drawn_of_no_trees_and_only_disclosure_where_no_pair_is_decided() -> None:
    assert figures(audit_of()) == []
    assert [figure.name for figure in figures(audit_of(judged(TIE)))] == ["disclosure"]


def test_every_figure_is_drawn_once_the_same_each_time_and_tells_its_numbers() -> None:
    made = figures(audit_of(grow(), judged(TAILORED_WINS, GENERIC_WINS)))
    assert [figure.name for figure in made] == ["disclosure", "wins", "margins", "margins-by-turn", "lengths"]
    assert made == figures(audit_of(judged(TAILORED_WINS, GENERIC_WINS), grow()))
    assert "5 decided pairs" in made[1].caption


def test_disclosure_and_margins_are_plotted_as_told() -> None:
    told = audit_of(judged(TAILORED_WINS, TAILORED_WINS)).told()
    facts, traits = disclosure_panel(told).series
    assert (facts.label, facts.x, facts.y, facts.low, facts.high) == ("facts", [1, 2], [1, 2], [1, 2], [1, 2])
    assert (traits.label, traits.y) == ("traits", [1, 2])
    (margin,) = margin_by_turn_panel(told).series
    assert (margin.x, margin.y) == ([1, 2], [0.4444, 0.4444])


def test_shares_are_plotted_in_percent_with_chance_and_without_turns_that_have_none() -> None:
    panel = wins_panel(audit_of(judged(TAILORED_WINS, TIE)).told())
    wins, first = panel.series
    assert (wins.x, wins.y, wins.low, wins.high) == ([1], [100], [20.6549], [100])
    assert (first.x, first.y) == ([1], [50])
    assert [(mark.axis, mark.at) for mark in panel.marks] == [("y", 50)]
    assert panel.y_limits == (0, 100)


@pytest.mark.parametrize("votes", range(1, 13))
def test_bins_of_margins_hold_as_many_values_each_and_none_on_an_edge(votes: int) -> None:
    every = [round(halves / (18 * votes), 4) for halves in range(18 * votes + 1)]  # the mean of half points, over 9
    panel = margin_panel(Counter(every), votes)
    (series,) = panel.series
    assert sum(series.y) == len(every)
    assert len(set(series.y[:-1])) == 1
    assert series.y[-1] > 0
    assert min(abs(edge - value) for edge in series.x for value in every) > 0.2 / (18 * votes)
    assert panel.x_limits == (series.x[0], series.x[-1])
    assert series.x[0] < 0
    assert series.x[-1] > 1
    assert series.x[1] - series.x[0] == pytest.approx(1 / 18, abs=1 / 17)


def test_the_longest_replies_share_the_last_bin() -> None:
    lengths = {"preferred": Counter[float]({120: 500, 10_000: 1}), "rejected": Counter[float]({40: 501})}
    preferred, rejected = length_panel(lengths).series
    assert preferred.x == rejected.x == list(range(0, 130, 5))
    assert (preferred.y[-1], sum(preferred.y)) == (501, 501)
    assert (rejected.y[8], sum(rejected.y)) == (501, 501)
    assert length_panel({"preferred": Counter()}).series[0].y == [0]


def test_a_dropped_pair_is_shown_as_two_replies_and_anything_else_as_it_is() -> None:
    (pair,) = dropped_pairs(judged(TIE), 2)
    assert legible(pair)["content"] == "tailored: a longer reply\ngeneric: short"
    tree = DroppedRow("tree", "t-1", "refused", "why", None, None, '{"no": "pair"}')
    assert legible(tree)["content"] == tree.content
