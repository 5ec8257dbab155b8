"""What the report is made of: runs of the benchmark with their conversations, as plain records.

`eval/logs.py` reads them out of Inspect's logs.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Turn:
    """A message of the user, the reply, and what the judge made of it."""

    turn: int  # from 1
    message: str
    reply: str
    score: float | None  # 1 to 5, the mean of the valid votes; None: unscored
    votes: list[dict[str, float] | None]  # by criterion; None: could not be read
    cut: bool = False  # the reply ended at the limit of tokens
    tokens: int | None = None  # of the reply
    second: float | None = None  # the second judge's vote
    disclosed: list[int] | None = None  # numbers in facts + traits that the user has shown by now


@dataclass(frozen=True)
class Character:
    """What the judge says of the user."""

    broken: list[int]  # turns whose message is out of character
    why: str = ""


@dataclass(frozen=True)
class Talk:
    """One conversation: who was played, and what was said."""

    persona_id: str
    profile_id: str
    profile: str
    personality: str
    facts: list[str]
    traits: list[str]
    turns: list[Turn]
    shortened: str | None = None  # why it ended early
    character: Character | None = None
    nearest_profile: float | None = None  # cosine to the nearest text of the training data
    nearest_personality: float | None = None
    calls: dict[str, int] = field(default_factory=dict)  # by role, of those beside the evaluated model


@dataclass(frozen=True)
class Usage:
    """What the calls of one role took, in tokens; `cost` where the provider's price is known to Inspect."""

    tokens_in: int
    tokens_out: int
    cost: float | None

    def __add__(self, other: "Usage") -> "Usage":
        cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        return Usage(self.tokens_in + other.tokens_in, self.tokens_out + other.tokens_out, cost)

    def __sub__(self, other: "Usage") -> "Usage":
        return self + Usage(-other.tokens_in, -other.tokens_out, None if other.cost is None else -other.cost)


@dataclass(frozen=True)
class Run:
    """One model under one protocol: the conversations of one log, in the order of the benchmark."""

    name: str
    model: str
    protocol: str
    baseline: str
    turns: int
    votes: int
    version: str  # of the task
    rehearsal: bool  # user or judge play by rule
    by_rule: bool  # the evaluated model does: a bound for others
    certified: bool  # every persona comes with its distance from training
    status: str  # of the log: success, started, cancelled, error
    roles: Mapping[str, str]  # role -> model
    usage: Mapping[str, Usage]  # role -> tokens; that of the evaluated model is `assistant`
    expected: int  # conversations
    failed: int  # of them ended by an error
    talks: Sequence[Talk]
    settings: Mapping[str, str]  # what else makes it another run: seed, data, ...

    @property
    def missing(self) -> int:
        """Conversations that are not there, failed ones among them."""
        return max(0, self.expected - len(self.talks))

    @cached_property
    def scores(self) -> list[list[float]]:
        """Of each conversation, by turn; NaN where unscored or after its end."""
        return [_row(talk, self.turns) for talk in self.talks]

    @property
    def profiles(self) -> list[str]:
        """The profile of each conversation, by which they hang together."""
        return [talk.profile_id for talk in self.talks]


@dataclass(frozen=True)
class Planted:
    """What a judge gave to replies of known worth."""

    judge: str
    protocol: str
    expected: int
    scores: Sequence[tuple[str, str, float]]  # case, kind, score; NaN: unscored


@dataclass(frozen=True)
class Logs:
    """All that was read, in order, and what a reader should be told of the files."""

    runs: Sequence[Run]
    planted: Sequence[Planted]
    notes: Sequence[str]


def _row(talk: Talk, turns: int) -> list[float]:
    scored = {turn.turn: turn.score for turn in talk.turns}
    return [math.nan if (score := scored.get(number)) is None else score for number in range(1, turns + 1)]
