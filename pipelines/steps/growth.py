"""What a tree is made of while it grows: messages, the pair of a turn, the path before it; and what comes of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.calls import Usage
from pipelines.generate import Reply
from pipelines.labels import Decision, labels
from pipelines.schema import RESPONDERS, DroppedRow, Node, Responder, TreeRow, Vote
from pipelines.views import Messages, Turn


@dataclass
class RoleUse(Usage):
    """What the calls of one role took in one tree."""

    repeated: int = 0  # of tokens_in, those that an earlier prompt of the same role and path began with


@dataclass
class Grown:
    """A tree that has come to its end: finished, or dropped with its reason."""

    tree: TreeRow | None
    dropped: DroppedRow | None
    usage: dict[str, RoleUse]
    unreadable: Counter[str]

    def record(self) -> dict[str, Any]:
        """As it stands in the file of finished trees."""
        unreadable = dict(sorted(self.unreadable.items()))
        return {"tree": self.tree, "dropped": self.dropped, "usage": self.usage, "unreadable": unreadable}


@dataclass
class Said:
    """A message of the tree that is being grown."""

    turn: int
    path: str  # the replies with which the dialogue went on before it: "tg" is tailored, then generic
    role: str
    reply: Reply
    model: str
    parent: "Said | None"
    responder: Responder | None = None
    disclosed: list[int] | None = None
    continued: bool = True
    decision: Decision | None = None
    votes: list[Vote] | None = None


@dataclass(frozen=True)
class Path:
    """A branch of the tree, before its next turn."""

    turns: tuple[Turn, ...] = ()
    shown: tuple[int, ...] = ()
    name: str = ""
    last: Said | None = None
    prompts: Mapping[str, Messages] = field(default_factory=dict)  # role -> its prompt in the turn before


@dataclass(frozen=True)
class Pair:
    """One turn of a path: the user's message and the two replies to it."""

    path: Path
    user: Said
    new: tuple[int, ...]  # numbers of the statements that the message showed
    replies: dict[Responder, Said]
    prompts: dict[str, Messages]  # role -> its prompt; the judge's with the one that stands first in its first vote
    first: Responder

    def after(self, responder: Responder) -> Path:
        """The path that goes on with that reply."""
        turn = Turn(self.user.reply.text, self.new, self.replies[responder].reply.text)
        return Path(
            turns=(*self.path.turns, turn),
            shown=(*self.path.shown, *self.new),
            name=self.path.name + responder[0],
            last=self.replies[responder],
            prompts=self.prompts,
        )


def nodes_of(tree: Sequence[Said]) -> list[Node]:
    """What was said, turn by turn and path by path, so that a parent stands before its children."""
    siblings = [None, *RESPONDERS]
    ordered = sorted(tree, key=lambda said: (said.turn, said.path, siblings.index(said.responder)))
    ids = {id(said): number for number, said in enumerate(ordered)}
    return [
        Node(
            id=number,
            parent=None if said.parent is None else ids[id(said.parent)],
            turn=said.turn,
            role=said.role,
            content=said.reply.text,
            responder=said.responder,
            label=labels(said.decision)[said.responder] if said.decision and said.responder else None,
            continued=said.continued,
            disclosed=said.disclosed,
            votes=said.votes,
            margin=said.decision.margin if said.decision else None,
            model=said.model,
            tokens_in=said.reply.tokens_in,
            tokens_out=said.reply.tokens_out,
        )
        for number, said in enumerate(ordered)
    ]
