"""Labels that one can trust: a pair is decided only where every vote says the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.labels import Decision, decide, labels
from pipelines.schema import Vote
from tests.pipelines.trees import GENERIC_WINS, TAILORED_WINS, TIE, VOTES_DIFFER, scores

votes = st.lists(st.builds(Vote, st.sampled_from(["tailored", "generic"]), scores, scores), max_size=4)


@pytest.mark.parametrize(
    ("given_votes", "winner", "reason", "margin"),
    [
        (TAILORED_WINS, "tailored", "", 4 / 9),
        (GENERIC_WINS, "generic", "", 5 / 9),
        (TIE, None, "tie", 0),
        (VOTES_DIFFER, None, "votes-differ", 1 / 18),
        ([TAILORED_WINS[0], TIE[1]], None, "votes-differ", 5 / 18),
        (TAILORED_WINS[:1], None, "unjudged", 5 / 9),
        ([], None, "unjudged", None),
    ],
)
def test_each_way_that_a_pair_is_decided_or_not(
    given_votes: list[Vote], winner: str | None, reason: str, margin: float | None
) -> None:
    found = decide("Yes.", "No.", given_votes, asked=2)
    assert (found.winner, found.reason) == (winner, reason)
    assert found.margin == (None if margin is None else pytest.approx(margin))


def test_nearly_identical_replies_are_undecided_whatever_the_votes_say() -> None:
    assert decide("Yes, do.", "yes do", TAILORED_WINS, asked=2).reason == "near-identical"
    assert decide("Yes, do.", "yes do", [], asked=2) == Decision(None, "near-identical", None)


def test_one_vote_decides_where_one_was_asked_for_and_four_must_agree_where_four_were() -> None:
    assert decide("Yes.", "No.", TAILORED_WINS[:1], asked=1).winner == "tailored"
    assert decide("Yes.", "No.", TAILORED_WINS * 2, asked=4).winner == "tailored"
    assert decide("Yes.", "No.", TAILORED_WINS + VOTES_DIFFER, asked=4).reason == "votes-differ"


@given(votes, st.integers(1, 4))
def test_a_pair_is_decided_exactly_when_all_votes_asked_for_have_its_winner(
    given_votes: list[Vote], asked: int
) -> None:
    found = decide("Yes.", "No.", given_votes, asked)
    enough = len(given_votes) >= asked
    tailored = enough and all(vote.tailored > vote.generic for vote in given_votes)
    generic = enough and all(vote.tailored < vote.generic for vote in given_votes)
    assert found.winner == ("tailored" if tailored else "generic" if generic else None)
    assert (found.reason == "") == (found.winner is not None)
    assert found.margin is None or 0 <= found.margin <= 1


@given(votes)
def test_the_order_of_votes_and_who_is_who_do_not_matter(given_votes: list[Vote]) -> None:
    found = decide("Yes.", "No.", given_votes, 2)
    assert decide("Yes.", "No.", given_votes[::-1], 2) == found
    swapped = decide("No.", "Yes.", [Vote(vote.first, vote.generic, vote.tailored) for vote in given_votes], 2)
    assert (swapped.reason, swapped.margin) == (found.reason, found.margin)
    assert {found.winner, swapped.winner} in ({None}, {"tailored", "generic"})


def test_labels_say_which_reply_is_preferred_or_that_neither_is() -> None:
    assert labels(Decision("tailored", "", 0.1)) == {"tailored": "preferred", "generic": "rejected"}
    assert labels(Decision("generic", "", 0.1)) == {"tailored": "rejected", "generic": "preferred"}
    assert labels(Decision(None, "tie", 0.0)) == {"tailored": "undecided", "generic": "undecided"}
