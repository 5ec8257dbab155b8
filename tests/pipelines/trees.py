"""Small trees for tests: `grow` builds one by hand, `trees` draws random ones. All of them are valid.

    >>> tree = grow(turns=2)
    >>> [(node.id, node.parent, node.turn, node.responder, node.continued) for node in tree.nodes][:4]
    [(0, None, 1, None, True), (1, 0, 1, 'tailored', True), (2, 0, 1, 'generic', False), (3, 1, 2, None, True)]

A test that wants a broken one replaces a field: `with_node(tree, 3, parent=2)`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from pipelines.labels import decide, labels
from pipelines.schema import Node, Responder, TreeRow, Vote, tree_id

FACTS = ["Keeps two hens.", "Lives in Ghent.", "Repairs bicycles.", "Is 44 years old.", "Bakes rye bread on Fridays."]
TRAITS = ["Asks why twice.", "Likes a plain no.", "Jokes when afraid.", "Wants the reason first.", "Hates lists."]

TAILORED_WINS = [Vote("tailored", 9, 4), Vote("generic", 8, 5)]
GENERIC_WINS = [Vote("tailored", 3, 7), Vote("generic", 2, 8)]
TIE = [Vote("tailored", 6, 6), Vote("generic", 7, 7)]
VOTES_DIFFER = [Vote("tailored", 8, 5), Vote("generic", 4, 6)]


@dataclass(frozen=True)
class Exchange:
    """A user's message, the two replies to it, what the judge gave them, and which of them goes on."""

    user: str
    tailored: str
    generic: str
    votes: list[Vote] = field(default_factory=lambda: list(TAILORED_WINS))
    goes_on: tuple[Responder, ...] = ("tailored",)
    """Ignored in the last turn."""
    disclosed: list[int] = field(default_factory=list)
    """What this message discloses, beside what was disclosed before it."""


def exchange(turn: int, place: int) -> Exchange:
    """The exchange of `grow` where none is given: `place` counts the user nodes of the tree, and makes texts differ."""
    return Exchange(
        f"Message {place} of turn {turn}.",
        f"Warm and short, number {place}, as you like it!",
        f"In general, there are several things to consider about number {place}.",
        disclosed=[turn - 1] if turn <= len(FACTS) else [],
    )


def grow(
    exchanges: Callable[[int, int], Exchange] = exchange,
    turns: int = 3,
    asked: int = 2,
    persona_id: str = "p-27e83ce28972",
    facts: Sequence[str] = FACTS,
    traits: Sequence[str] = TRAITS,
) -> TreeRow:
    """The tree in which `exchanges(turn, place)` is what is said at the user node number `place`, turn by turn."""
    nodes: list[Node] = []
    ends: list[Node | None] = [None]
    place = 0
    for turn in range(1, turns + 1):
        grown: list[Node] = []
        for end in ends:
            said = exchanges(turn, place)
            place += 1
            user = _user_node(len(nodes), turn, end, said, nodes)
            grown += _reply_nodes(user, said, asked, last=turn == turns)
            nodes += [user, *grown[-2:]]
        ends = [node for node in grown if node.continued]
    return TreeRow(
        tree_id(0, persona_id), persona_id, " ".join(facts), " ".join(traits), list(facts), list(traits), nodes, True
    )


def chain(exchanges: Sequence[Exchange], **settings: Any) -> TreeRow:
    """The tree of these exchanges, one a turn."""
    return grow(lambda turn, _: exchanges[turn - 1], turns=len(exchanges), **settings)


def with_node(tree: TreeRow, number: int, **fields: Any) -> TreeRow:
    """The tree with fields of one node replaced, however wrong it then is."""
    nodes = [replace(node, **fields) if node.id == number else node for node in tree.nodes]
    return replace(tree, nodes=nodes)


def _user_node(number: int, turn: int, end: Node | None, said: Exchange, nodes: Sequence[Node]) -> Node:
    before = [] if end is None or end.parent is None else nodes[end.parent].disclosed or []
    disclosed = before + [index for index in said.disclosed if index not in before]
    parent = None if end is None else end.id
    return Node(number, parent, turn, "user", said.user, None, None, True, disclosed, None, None, "m/user", 90, 12)


def _reply_nodes(user: Node, said: Exchange, asked: int, *, last: bool) -> list[Node]:
    decision = decide(said.tailored, said.generic, said.votes, asked)
    label = labels(decision)

    def reply(number: int, responder: Responder, content: str) -> Node:
        continued = not last and responder in said.goes_on
        return Node(
            *(number, user.id, user.turn, "assistant", content, responder, label[responder], continued),
            *(None, list(said.votes), decision.margin, f"m/{responder}", 120, 30),
        )

    return [reply(user.id + 1, "tailored", said.tailored), reply(user.id + 2, "generic", said.generic)]


_WORDS = st.sampled_from(
    ["hens", "bread", "Ghent", "why?", "no!", "rye,", "7", "you", "I", "so...", "🙃", "面包", "हाँ"]
)
_WILD = st.text(st.characters(codec="utf-8"), max_size=20)
texts = st.lists(_WORDS, min_size=1, max_size=8).map(" ".join) | _WILD
"""A message: words that recur, so that replies may be alike, or any Unicode, the empty text included."""
scores = st.integers(1, 10).map(float)


@st.composite
def trees(draw: st.DrawFn, max_turns: int = 4, both: int = 2, asked: int = 2) -> TreeRow:
    """A random valid tree. Within the first `both` turns one reply goes on or both do, later one.

    Pairs of every kind are drawn: decided either way, tied, of votes that differ, short of votes, near-identical.
    """

    def drawn(turn: int, _: int) -> Exchange:
        tailored, generic = draw(texts), draw(texts)
        orders: list[Responder] = ["tailored", "generic"]
        votes = [
            Vote(orders[n % 2], draw(scores), draw(scores)) for n in range(draw(st.sampled_from([asked] * 4 + [0])))
        ]
        ways: list[tuple[Responder, ...]] = [("tailored",), ("generic",)]
        if turn <= both and decide(tailored, generic, votes, asked).reason != "near-identical":
            ways.append(("tailored", "generic"))
        disclosed = draw(st.lists(st.integers(0, len(FACTS + TRAITS) - 1), max_size=4, unique=True))
        return Exchange(draw(texts), tailored, generic, votes, draw(st.sampled_from(ways)), disclosed)

    return grow(drawn, turns=draw(st.integers(1, max_turns)), asked=asked)
