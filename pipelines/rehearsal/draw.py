"""Chance that follows from a key alone: the same key, the same draws, on every machine, in any order of arrival."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
_MASK = (1 << 64) - 1


class Draw:
    """A stream of draws from a key. Much cheaper to make than `random.Random`, which matters at several a request.

    The stream is Knuth's 64-bit linear congruential generator (MMIX), of which the upper half is used.
    """

    __slots__ = ("_state", "digest")

    def __init__(self, *key: str | int) -> None:
        text = "\x1f".join(map(str, key))
        self.digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        self._state = int(self.digest, 16)

    def fork(self, *key: str | int) -> "Draw":
        """A stream of its own that follows from this one's key, not from how much was drawn from it."""
        return Draw(self.digest, *key)

    def below(self, bound: int) -> int:
        """An integer from 0 up to, not including, `bound`."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        return ((self._state >> 32) * bound) >> 32

    def between(self, low: int, high: int) -> int:
        """An integer from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def share(self) -> float:
        """A number in [0, 1)."""
        return self.below(1 << 32) / (1 << 32)

    def chance(self, probability: float) -> bool:
        return self.share() < probability

    def pick(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """`count` different items (all of them, where there are fewer) in an order of their own."""
        rest = list(items)
        picked: list[T] = []
        while rest and len(picked) < count:
            picked.append(rest.pop(self.below(len(rest))))
        return picked
