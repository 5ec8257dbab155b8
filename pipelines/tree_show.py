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
    """Prints the tree: the persona, then its branches depth-first, each told with the forks that lead to it."""
    answered = {pair.user.id: pair for pair in pairs(tree)}
    below = {node.parent: node for node in tree.nodes if node.role == "user"}
    made = "  (rehearsal)" if tree.rehearsal else ""
    _indented(Text(_inert(f"{tree.tree_id}  persona {tree.persona_id}{made}"), "bold"), 0, console)
    _persona(tree, console)
    branches = sum(not _going_on(pair) for pair in answered.values())
    branch, ended = 0, True
    waiting: list[tuple[Node, tuple[str, ...]]] = [(below[None], ())]
    while waiting:
        user, forks = waiting.pop()
        if ended:
            branch += 1
            _branch(branch, branches, forks, console)
        pair = answered[user.id]
        _turn(tree, pair, f"  (branch {branch} of {branches})" if branches > 1 else "", console)
        replies = _going_on(pair)
        ended = not replies
        for reply in reversed(replies):
            fork = (f"turn {user.turn}, {reply.responder} reply",) if len(replies) > 1 else ()
            waiting.append((below[reply.id], forks + fork))


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
            _indented(Text.assemble((f"{turn}  ", "dim"), _inert(statement)), 2, console)


def _going_on(pair: Pair) -> list[Node]:
    return [reply for reply in (pair.tailored, pair.generic) if reply.continued]


def _branch(branch: int, branches: int, forks: tuple[str, ...], console: Console) -> None:
    """`--- branch 2 of 4: from turn 1, tailored reply > turn 2, generic reply ---`; nothing where there is but one."""
    if branches > 1:
        origin = ": from " + " > ".join(forks) if forks else ""
        _indented(Text(f"\n--- branch {branch} of {branches}{origin} ---", "bold"), 0, console)


def _shown_before(tree: TreeRow, pair: Pair) -> list[int]:
    if pair.user.parent is None:
        return []
    reply = tree.nodes[pair.user.parent]
    assert reply.parent is not None
    return tree.nodes[reply.parent].disclosed or []


def _turn(tree: TreeRow, pair: Pair, branch: str, console: Console) -> None:
    console.print(Text(f"\nturn {pair.user.turn}, user{branch}", "bold"))
    _indented(Text(_inert(pair.user.content)), 2, console)
    statements, before = [*tree.facts, *tree.traits], _shown_before(tree, pair)
    if new := [statements[number] for number in pair.user.disclosed or [] if number not in before]:
        _indented(Text("shows: " + _inert(" | ".join(new)), "italic"), 4, console)
    for reply in (pair.tailored, pair.generic):
        _indented(Text(_headline(reply), "green" if reply.label == "preferred" else "dim"), 4, console)
        _indented(Text(_inert(reply.content)), 8, console)
    _indented(Text(_judged(pair.tailored), "dim"), 4, console)


def _headline(reply: Node) -> str:
    """`+ tailored, preferred, went on`."""
    went_on = ", went on" if reply.continued else ""
    return f"{_MARKS.get(reply.label or '', '?')} {reply.responder}, {reply.label}{went_on}"


def _judged(reply: Node) -> str:
    """`judge: margin 0.33; tailored to generic 8 to 5 (tailored first), 8 to 5 (generic first)`."""
    if reply.margin is None:
        return "judge: no votes"
    given = [f"{vote.tailored:g} to {vote.generic:g} ({vote.first} first)" for vote in reply.votes or []]
    return f"judge: margin {reply.margin:.2f}; tailored to generic {', '.join(given)}"


def _indented(text: Text, columns: int, console: Console) -> None:
    console.print(Padding(text, (0, 0, 0, columns)), soft_wrap=False)


def _inert(text: str) -> str:
    """Text of a model without what a terminal would obey; `Text` shows the rest as it is, markup too."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
