"""What the tree stage is asked to do, as the command hands it to the step."""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pipelines.cast import Cast
from pipelines.errors import UserError
from pipelines.journal import call_key
from pipelines.schema import PersonaRow

ROLES = ["user", "inducer", "tailored", "generic", "judge"]
PROMPTS = ["user", "inducer", "tailored", "generic", "vote"]
MOST_NODES = 1000  # of one tree; its calls grow with them
_NODES_A_TURN = 3  # the user's message and the two replies


@dataclass(frozen=True)
class Branch:
    """Which replies the dialogue goes on from.

    `coin`: the one that a seeded coin says (the paper's way); `preferred`: the preferred one, the coin where there is
    none; `both`: both in the first `depth` turns, the coin's afterwards.
    """

    way: Literal["coin", "preferred", "both"]
    depth: int = 0

    def __str__(self) -> str:
        return f"{self.way}:{self.depth}" if self.way == "both" else self.way

    @classmethod
    def parse(cls, text: str) -> "Branch":
        """`coin`, `preferred` or `both:D`.

        Raises:
            ValueError: anything else.
        """
        if text == "coin":
            return cls("coin")
        if text == "preferred":
            return cls("preferred")
        if found := re.fullmatch(r"both:([1-9][0-9]{0,8})", text):
            return cls("both", int(found[1]))
        raise ValueError(f"{text!r} is none of: coin, preferred, both:D (such as both:2)")

    def nodes(self, turns: int) -> int:
        """How many messages a tree of so many turns has at most.

        >>> Branch("coin").nodes(10), Branch("both", 2).nodes(10)
        (30, 105)
        """
        wide = min(self.depth, turns - 1)  # turns after which there are twice as many paths
        return _NODES_A_TURN * ((1 << wide) - 1 + ((turns - wide) << wide))


@dataclass(frozen=True)
class Job:
    """One run of the stage."""

    cast: Cast
    seed: int
    turns: int
    branch: Branch
    votes: int
    concurrency: int  # calls under way at most, in all replicas together
    max_cost: float | None
    work: Path
    prompts: dict[str, str]  # name -> hash, taken once: a file that is edited meanwhile changes the next run
    replicas: int = 1

    def recipe(self) -> dict[str, Any]:
        """What determines a persona's tree: two runs of one recipe give the same one. For the manifest."""
        return {
            "seed": self.seed,
            "cast": self.cast.published(),
            "prompts": self.prompts,
            "turns": self.turns,
            "branch": str(self.branch),
            "votes": self.votes,
        }

    def tree_key(self, persona: PersonaRow) -> bytes:
        """Names the tree of a persona among the finished ones."""
        return call_key(recipe=self._unpublished(), persona=asdict(persona))

    def stamp(self) -> str:
        """Marks the calls that were made for trees of this recipe, so that what they cost can be told."""
        return call_key(recipe=self._unpublished()).hex()

    def _unpublished(self) -> dict[str, Any]:
        """The recipe with models by their whole paths: two folders of one name are two models."""
        return self.recipe() | {"cast": self.cast.describe()}


def check_size(branch: Branch, turns: int) -> None:
    """Sees that a tree has a size that somebody can have meant.

    Raises:
        UserError: it could have more than MOST_NODES messages.
    """
    if (nodes := branch.nodes(turns)) > MOST_NODES:
        raise UserError(
            f"--branch {branch} with --turns {turns} gives up to {nodes:,} messages a tree, more than {MOST_NODES:,}: "
            "choose a smaller both:D, or fewer turns"
        )
