"""A tree's training rows, and the check that it is one: pure functions of the tree alone.

A prompt is the path that the dialogue took down to a user's message. Both replies to that message stand beside each
other under it, so whichever of them went on, each decided pair is a row, and a preferred reply that did not go on is
part of no later prompt.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isclose
from types import MappingProxyType

import orjson

from filters.likeness import nearly_identical
from pipelines.labels import decide
from pipelines.schema import RESPONDERS, DroppedRow, KtoRow, Message, Node, PreferenceRow, SftRow, TreeRow


@dataclass(frozen=True)
class Pair:
    """A user's message and the two replies to it."""

    user: Node
    tailored: Node
    generic: Node

    @property
    def decided(self) -> bool:
        """Whether one of the two is preferred."""
        return self.tailored.label != "undecided"

    @property
    def preferred(self) -> Node:
        """Of a decided pair."""
        return self.tailored if self.tailored.label == "preferred" else self.generic

    @property
    def rejected(self) -> Node:
        """Of a decided pair."""
        return self.generic if self.tailored.label == "preferred" else self.tailored

    def undecided(self, votes: int) -> str:
        """Why none is preferred, as a slug, `votes` being how many the judge was asked for; empty where one is.

        Raises:
            ValueError: the votes stored with the pair do decide it.
        """
        if self.decided:
            return ""
        reason = decide(self.tailored.content, self.generic.content, self.tailored.votes or [], votes).reason
        if not reason:
            raise ValueError(f"node {self.user.id}: its {votes} votes agree, yet its replies are labelled undecided")
        return reason


def pairs(tree: TreeRow) -> Iterator[Pair]:
    """Every user's message with its replies, in the order of the nodes."""
    replies: defaultdict[int | None, dict[str | None, Node]] = defaultdict(dict)
    for node in tree.nodes:
        if node.role == "assistant":
            replies[node.parent][node.responder] = node
    for node in tree.nodes:
        if node.role == "user":
            yield Pair(node, replies[node.id]["tailored"], replies[node.id]["generic"])


def pair_id(tree: TreeRow, pair: Pair) -> str:
    """TREE_ID/NODE of the user's message that both replies answer: its name in `dropped` and `reviews`."""
    return f"{tree.tree_id}/{pair.user.id}"


def path(tree: TreeRow, node: Node) -> list[Message]:
    """The messages from the root to this node, it included."""
    messages = [Message(node.role, node.content)]
    while node.parent is not None:
        node = tree.nodes[node.parent]
        messages.append(Message(node.role, node.content))
    return messages[::-1]


def preference_rows(tree: TreeRow) -> Iterator[PreferenceRow]:
    """A row a decided pair."""
    for pair in _decided(tree):
        yield PreferenceRow(
            path(tree, pair.user), _alone(pair.preferred), _alone(pair.rejected), *_provenance(tree, pair)
        )


def sft_rows(tree: TreeRow) -> Iterator[SftRow]:
    """A row a decided pair: its preferred reply."""
    for pair in _decided(tree):
        yield SftRow(path(tree, pair.user), _alone(pair.preferred), *_provenance(tree, pair))


def kto_rows(tree: TreeRow) -> Iterator[KtoRow]:
    """Two rows a decided pair, the preferred reply first."""
    for pair in _decided(tree):
        for reply in (pair.preferred, pair.rejected):
            yield KtoRow(path(tree, pair.user), _alone(reply), reply is pair.preferred, *_provenance(tree, pair))


def dropped_pairs(tree: TreeRow, votes: int, left: Mapping[int, str] = MappingProxyType({})) -> Iterator[DroppedRow]:
    """A row an undecided pair; raises as `Pair.undecided` does.

    Args:
        votes: how many the judge was asked for.
        left: user node -> why reviewers took that pair out, which the judge had decided.
    """
    for pair in pairs(tree):
        if reason := left.get(pair.user.id) or pair.undecided(votes):
            given = [f"{vote.first} first: {vote.tailored:g} to {vote.generic:g}" for vote in pair.tailored.votes or []]
            detail = "tailored to generic, " + "; ".join(given) if given else "no votes"
            content = orjson.dumps({"tailored": pair.tailored.content, "generic": pair.generic.content}).decode()
            yield DroppedRow("pair", pair_id(tree, pair), reason, detail, None, None, content)


def check_tree(tree: TreeRow) -> None:
    """Holds a tree to what the exports and the readers of the dataset rely on.

    Raises:
        ValueError: with the tree's id, the node's, and what is wrong with it.
    """
    try:
        _check_nodes(tree)
        for pair in pairs(tree):
            _check_labels(pair)
            _check_going_on(tree, pair)
    except ValueError as error:
        raise ValueError(f"tree {tree.tree_id}: {error}") from error


def _decided(tree: TreeRow) -> Iterator[Pair]:
    return (pair for pair in pairs(tree) if pair.decided)


def _alone(reply: Node) -> list[Message]:
    return [Message(reply.role, reply.content)]


def _provenance(tree: TreeRow, pair: Pair) -> tuple[str, int, int, str, float, bool]:
    """The columns that every export ends with."""
    assert pair.tailored.margin is not None
    return tree.tree_id, pair.user.id, pair.user.turn, tree.persona_id, pair.tailored.margin, tree.rehearsal


def _check_nodes(tree: TreeRow) -> None:
    """The shape: ids, parents, turns, and what stands under each node."""
    if not tree.nodes:
        raise ValueError("it has no nodes")
    for place, node in enumerate(tree.nodes):
        if node.id != place:
            raise ValueError(f"the node at position {place} has id {node.id}")
        if place and node.turn < tree.nodes[place - 1].turn:
            raise ValueError(f"node {place} of turn {node.turn} stands behind a later turn")
        if node.role not in {"user", "assistant"}:
            raise ValueError(f"node {place} has role {node.role!r}")
        if node.parent is not None and not 0 <= node.parent < place:
            raise ValueError(f"node {place} has parent {node.parent}, which is no earlier node")
        _check_place(tree, node)
    children = Counter((node.parent, node.responder) for node in tree.nodes)
    for node in tree.nodes:
        found = [children[node.id, responder] for responder in (*RESPONDERS, None)]
        expected = [1, 1, 0] if node.role == "user" else [0, 0, int(node.continued)]
        if found != expected:
            raise ValueError(
                f"node {node.id} ({node.role}, continued: {node.continued}) has {found} children "
                f"(tailored, generic, user), expected {expected}"
            )


def _check_place(tree: TreeRow, node: Node) -> None:
    """A node against its parent, and the fields that only its role has."""
    parent = None if node.parent is None else tree.nodes[node.parent]
    judged = (node.label, node.responder, node.votes, node.margin)
    if node.role == "assistant":
        if parent is None or (parent.role, parent.turn) != ("user", node.turn):
            raise ValueError(f"node {node.id} answers no user's message of its turn {node.turn}")
        if node.disclosed is not None or node.responder not in RESPONDERS:
            raise ValueError(f"node {node.id}, a reply, has responder {node.responder}, disclosed {node.disclosed}")
        return
    if not node.continued or judged != (None, None, None, None):
        raise ValueError(f"node {node.id}, a user's, has continued {node.continued}, label and votes {judged}")
    if node.id == 0 and (parent, node.turn) != (None, 1):
        raise ValueError(f"node 0 is no root: parent {node.parent}, turn {node.turn}")
    if node.id and (parent is None or (parent.role, parent.turn) != ("assistant", node.turn - 1)):
        raise ValueError(f"node {node.id}, a user's of turn {node.turn}, follows no reply of the turn before")
    _check_disclosed(tree, node)


def _check_disclosed(tree: TreeRow, node: Node) -> None:
    reply = None if node.parent is None else tree.nodes[node.parent]
    before = tree.nodes[reply.parent].disclosed if reply and reply.parent is not None else []
    known, shown = set(before or []), node.disclosed
    if shown is None or len(set(shown)) < len(shown) or not known <= set(shown):
        raise ValueError(f"node {node.id} discloses {shown}, after {sorted(known)}")
    if not set(shown) <= set(range(len(tree.facts) + len(tree.traits))):
        raise ValueError(f"node {node.id} discloses {shown} of {len(tree.facts)} facts and {len(tree.traits)} traits")


def _check_labels(pair: Pair) -> None:
    one, other = pair.tailored, pair.generic
    if {one.label, other.label} not in ({"preferred", "rejected"}, {"undecided"}):
        raise ValueError(f"node {pair.user.id} has replies labelled {one.label} and {other.label}")
    if (one.votes, one.margin) != (other.votes, other.margin):
        raise ValueError(f"node {pair.user.id} has replies of different votes or margins")
    votes = one.votes or []
    said = decide(one.content, other.content, votes, asked=len(votes))
    if pair.decided and pair.preferred.responder != said.winner:
        raise ValueError(f"node {pair.user.id} prefers {pair.preferred.responder}, its votes {said.winner}")
    if not isclose(-1 if one.margin is None else one.margin, -1 if said.margin is None else said.margin, abs_tol=1e-6):
        raise ValueError(f"node {pair.user.id} has margin {one.margin}, its votes give {said.margin}")


def _check_going_on(tree: TreeRow, pair: Pair) -> None:
    going = [reply.responder for reply in (pair.tailored, pair.generic) if reply.continued]
    last = pair.user.turn == tree.nodes[-1].turn
    if last != (not going):
        raise ValueError(f"node {pair.user.id} of turn {pair.user.turn} has replies that go on: {going}")
    if len(going) == 2 and nearly_identical(pair.tailored.content, pair.generic.content):
        raise ValueError(f"node {pair.user.id} has nearly identical replies that both go on")
