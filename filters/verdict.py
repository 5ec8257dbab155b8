"""What a filter says: keep, or drop with a reason; and what it did to many items, kept and dropped side by side.

A check takes one item and returns `Drop | None`, where None means keep:

    >>> def no_shouting(text: str) -> Drop | None:
    ...     return Drop("shouting", text) if text.isupper() else None
    >>> result = sift(["calm", "LOUD"], no_shouting)
    >>> result.kept, result.reasons
    (['calm'], Counter({'shouting': 1}))
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Drop:
    """Why an item may not stay."""

    reason: str
    """A slug to count by, such as `too-long`."""
    detail: str = ""
    """What a reader needs to judge the drop, such as the statement that caused it."""


@dataclass(frozen=True)
class Sifted(Generic[Item]):
    """The items that stayed and those that did not, each in the order of the input."""

    kept: list[Item]
    dropped: list[tuple[Item, Drop]]

    @property
    def ratio(self) -> float:
        """Share of the items that stayed, 0 to 1; 1 where there was none to lose."""
        total = len(self.kept) + len(self.dropped)
        return len(self.kept) / total if total else 1.0

    @property
    def reasons(self) -> Counter[str]:
        """How often each reason was given."""
        return Counter(drop.reason for _, drop in self.dropped)


def sift(items: Iterable[Item], check: Callable[[Item], Drop | None]) -> Sifted[Item]:
    """Ask `check` about every item, once and in order."""
    kept: list[Item] = []
    dropped: list[tuple[Item, Drop]] = []
    for item in items:
        drop = check(item)
        if drop is None:
            kept.append(item)
        else:
            dropped.append((item, drop))
    return Sifted(kept, dropped)
