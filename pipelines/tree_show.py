"""One tree as a conversation to read in the terminal: persona, messages, both replies, labels, what was shown when."""

import re

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from pipelines.exports import Pair, pairs
from pipelines.schema import Node, TreeRow

_MARKS = {"preferred": "+", "rejected": "-", "undecided": "="}
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)  # what could move or recolour a terminal


def show(tree: TreeRow, console: Console) -> None:
    """Prints the tree: the persona, then each path from its root, a branch where another one leaves it."""
    answered = {pair.user.id: pair for pair in pairs(tree)}
    below = {node.parent: node for node in tree.nodes if node.role == "user"}
    made = "  (rehearsal)" if tree.rehearsal else ""
    _indented(Text(f"{tree.tree_id}  persona {tree.persona_id}{made}", "bold"), 0, console)
    _persona(tree, console)
    waiting = [(below[None], "")]
    while waiting:
        user, origin = waiting.pop()
        if origin:
            _indented(Text(f"\n--- another branch: from turn {user.turn - 1}, {origin} ---", "bold"), 0, console)
        going: Node | None = user
        while going is not None:
            pair = answered[going.id]
            _turn(tree, pair, _shown_before(tree, pair), console)
            replies = [reply for reply in (pair.tailored, pair.generic) if reply.continued]
            waiting += [(below[other.id], f"{other.responder} reply") for other in replies[1:]]
            going = below[replies[0].id] if replies else None


def _persona(tree: TreeRow, console: Console) -> None:
    """Facts and traits, each with the turn of the first path on which it was shown."""
    when: dict[int, int] = {}
    for pair in pairs(tree):
        for number in pair.user.disclosed or []:
            when.setdefault(number, pair.user.turn)
    for title, statements, offset in (("facts", tree.facts, 0), ("traits", tree.traits, len(tree.facts))):
        console.print(Text(title, "bold"))
        for number, statement in enumerate(statements, offset):
            turn = f"turn {when[number]:>2}" if number in when else "not yet"
            _indented(Text(f"{turn}  ", "dim").append(_inert(statement)), 2, console)


def _shown_before(tree: TreeRow, pair: Pair) -> list[int]:
    if pair.user.parent is None:
        return []
    reply = tree.nodes[pair.user.parent]
    assert reply.parent is not None
    return tree.nodes[reply.parent].disclosed or []


def _turn(tree: TreeRow, pair: Pair, before: list[int], console: Console) -> None:
    console.print(Text(f"\nturn {pair.user.turn}", "bold"))
    _indented(Text(_inert(pair.user.content)), 2, console)
    statements = [*tree.facts, *tree.traits]
    if new := [statements[number] for number in pair.user.disclosed or [] if number not in before]:
        _indented(Text("shows: " + _inert(" | ".join(new)), "italic"), 4, console)
    for reply in (pair.tailored, pair.generic):
        _indented(Text(_headline(reply), "green" if reply.label == "preferred" else "dim"), 4, console)
        _indented(Text(_inert(reply.content)), 8, console)


def _headline(reply: Node) -> str:
    """`+ tailored, preferred, margin 0.44 (8 to 5, 9 to 6), went on`."""
    parts = [f"{_MARKS.get(reply.label or '', '?')} {reply.responder}, {reply.label}"]
    if reply.margin is not None:
        own = [(vote.tailored, vote.generic) for vote in reply.votes or []]
        given = ", ".join(f"{tailored:g} to {generic:g}" for tailored, generic in own)
        parts.append(f"margin {reply.margin:.2f} (tailored to generic: {given})")
    if reply.continued:
        parts.append("went on")
    return ", ".join(parts)


def _indented(text: Text, columns: int, console: Console) -> None:
    console.print(Padding(text, (0, 0, 0, columns)), soft_wrap=False)


def _inert(text: str) -> str:
    """Text of a model without what a terminal would obey; `Text` shows the rest as it is, markup too."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
