"""What reviewers decided about reply pairs, made true of the trees.

A pair that the judge decided stays when people see nothing wrong with it, and leaves when they prefer the other reply,
see no difference, or find the user out of character or the preferred reply in the know of what was not shown. A pair
that the judge left undecided joins when people prefer a reply and find nothing wrong with it. Scores stay as they are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pipelines.exports import Pair, pairs
from pipelines.labels import decide, label
from pipelines.reviews.agreement import Judged
from pipelines.reviews.decisions import REVIEW, complete, majority
from pipelines.reviews.pair_records import record_id
from pipelines.reviews.questions import IN_CHARACTER, PREFERENCE, UNDISCLOSED
from pipelines.schema import RESPONDERS, Responder, ReviewRow, TreeRow, review_id


@dataclass(frozen=True)
class Opinion:
    """What most reviewers of a pair say; None where they are of two minds."""

    preference: str | None
    in_character: str | None
    undisclosed: str | None


def opinions(rows: Iterable[ReviewRow], min_submitted: int) -> dict[str, Opinion]:
    """review_id of a pair -> what most of those say who reviewed it."""
    answers: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in complete(rows, min_submitted):
        answers[row.review_id][row.question].append(row.value)
    return {
        id_: Opinion(*(majority(of[question]) for question in (PREFERENCE, IN_CHARACTER, UNDISCLOSED)))
        for id_, of in answers.items()
    }


def as_judged(tree: TreeRow, votes: int) -> TreeRow:
    """The tree with the labels and margins that its votes give, `votes` being how many were asked for: as it was before
    any review, and before a file rounded its margins to 32 bits.
    """
    said = {
        pair.user.id: decide(pair.tailored.content, pair.generic.content, pair.tailored.votes or [], votes)
        for pair in pairs(tree)
    }
    nodes = [
        replace(node, margin=said[node.parent].margin) if node.role == "assistant" and node.parent is not None else node
        for node in tree.nodes
    ]
    return _labelled(replace(tree, nodes=nodes), {user: decision.winner for user, decision in said.items()})


def reviewed(tree: TreeRow, found: Mapping[str, Opinion]) -> tuple[TreeRow, dict[int, str]]:
    """A tree as judged with the labels that reviewers leave it, and user node -> why that pair is no longer decided."""
    winners, left = dict[int, Responder | None](), dict[int, str]()
    for pair in pairs(tree) if found else ():
        opinion = found.get(review_id(record_id(tree, pair)))
        if opinion and pair.tailored.margin is not None:
            winner, reason = _settle(winner_of(pair), opinion)
            winners[pair.user.id] = winner
            if reason:
                left[pair.user.id] = reason
    return _labelled(tree, winners), left


def judged_pairs(tree: TreeRow) -> Iterator[tuple[str, Judged]]:
    """Of each pair of a tree as judged that has a margin: its review_id, and what the judge said."""
    for pair in pairs(tree):
        if pair.tailored.margin is not None:
            yield review_id(record_id(tree, pair)), Judged(winner_of(pair), pair.tailored.margin, tree.tree_id)


def joined(before: TreeRow, after: TreeRow) -> int:
    """How many pairs are decided that were not, of a tree as judged and as reviewed."""
    return sum(new.decided and not old.decided for old, new in zip(pairs(before), pairs(after), strict=True))


def winner_of(pair: Pair) -> Responder | None:
    """Whose reply is preferred."""
    return next((one for one in RESPONDERS if pair.decided and pair.preferred.responder == one), None)


def _settle(judge: Responder | None, opinion: Opinion) -> tuple[Responder | None, str]:
    """Whose reply wins in the end, and why nobody's does where the judge's did."""
    people = next((one for one in RESPONDERS if opinion.preference == one), None)
    winner = judge or people
    if opinion.preference == "no-difference":
        reason = "no-difference"
    elif judge and people and judge != people:
        reason = "other-preferred"
    elif opinion.in_character == "no":
        reason = "out-of-character"
    elif opinion.undisclosed in {winner, "both"}:
        reason = "undisclosed"
    else:
        return winner, ""
    return None, REVIEW + reason if judge else ""


def _labelled(tree: TreeRow, winners: Mapping[int, Responder | None]) -> TreeRow:
    """The tree with these winners of the pairs at these user nodes."""
    if not winners:
        return tree
    nodes = [
        replace(node, label=label(node.responder, winners[node.parent]))
        if node.parent is not None and node.parent in winners and node.label
        else node
        for node in tree.nodes
    ]
    return replace(tree, nodes=nodes)
