"""From what the judge gave two replies to their labels: a pair is decided only where every vote says the same.

>>> decide("Water it on Sunday.", "That depends.", [Vote("tailored", 8, 5), Vote("generic", 9, 6)], asked=2)
Decision(winner='tailored', reason='', margin=0.3333333333333333)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from filters.likeness import nearly_identical
from pipelines.schema import RESPONDERS, Responder, Vote


@dataclass(frozen=True)
class Decision:
    """What the votes say about one pair of replies."""

    winner: Responder | None
    """None where the pair is undecided."""
    reason: str
    """Why it is: `near-identical`, `unjudged`, `tie` or `votes-differ`; empty where it is decided."""
    margin: float | None
    """Mean of tailored less generic, absolute, over 9, the widest difference of two scores; None without votes."""


def decide(tailored: str, generic: str, votes: Sequence[Vote], asked: int) -> Decision:
    """The winner of all `asked` votes, or the first reason that there is none: the replies are the same to a reader,
    some of the judge's replies could not be read, every vote scored both the same, or the votes do not agree.
    """
    winners = {_winner(vote) for vote in votes}
    only = next(iter(winners)) if len(winners) == 1 else None
    if nearly_identical(tailored, generic):
        reason = "near-identical"
    elif len(votes) < asked:
        reason = "unjudged"
    elif winners == {None}:
        reason = "tie"
    else:
        reason = "" if only else "votes-differ"
    return Decision(None if reason else only, reason, _margin(votes))


def labels(decision: Decision) -> dict[Responder, str]:
    """The label of each responder's reply.

    >>> labels(Decision("generic", "", 0.5))
    {'tailored': 'rejected', 'generic': 'preferred'}
    """
    return {one: label(one, decision.winner) for one in RESPONDERS}


def label(responder: str | None, winner: Responder | None) -> str:
    """The label of a responder's reply, where that responder or the other one wins, or none."""
    if winner is None:
        return "undecided"
    return "preferred" if responder == winner else "rejected"


def _margin(votes: Sequence[Vote]) -> float | None:
    if not votes:
        return None
    return abs(sum(vote.tailored - vote.generic for vote in votes)) / len(votes) / 9


def _winner(vote: Vote) -> Responder | None:
    if vote.tailored == vote.generic:
        return None
    return "tailored" if vote.tailored > vote.generic else "generic"
