"""What the trees of a release say about themselves: how labels fell, what of a reply's form alone predicts them, how
persons were disclosed, and whether a reply used what it could not know.

Everything is counted in whole: memory grows with the different values, not with the trees, and the figures do not
depend on the order in which trees come.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import accumulate
from math import ceil, floor, fsum, sqrt
from types import MappingProxyType
from typing import Any

from pipelines.exports import Pair, pairs
from pipelines.features import FEATURES, measure
from pipelines.schema import RESPONDERS, TreeRow, Vote

MIN_TOKENS = 1024
"""Of `max_length`, which is TRL's default."""
_PER_MESSAGE = 8  # tokens that a chat template sets around one
_BYTES = 2  # of UTF-8 in a token, at least; English has about four, other scripts about three

_STOP_WORDS = """
a about after again all almost also always am an and another any anybody are as at away back be because been before
being but by can could did do does doing done down each either else even ever every everybody few for from had has have
having he her here hers him his how i if in into is it its just least less many may me might more most much must my
never no nobody none nor not nothing now of off often on once only or other others our out over own perhaps quite rather
really same several she should since so some somebody something sometimes soon still such than that the their them then
there these they thing things this those though through till to too towards under until up upon us usually very was way
we well were what when where which while who whole whose why will with within without would yet you your yours
im id ill ive youre youve youll hes shes theyre dont doesnt didnt isnt arent wasnt cant wont thats whats
one two three four five six seven eight nine ten first second third last next half
day days week weeks month months year years morning evening night time times today tomorrow
bad big good great little long new old short
answer answers ask asks asked begin begins bring brings come comes dislikes end ends enjoys feel feels find finds found
gave get gets give gives go goes got hate hates help helps keep keeps kept know knows leave leaves left let lets like
likes live lives look looks loves made make makes mean means need needs prefers put puts question questions read reads
replies reply said say says see sees seem seems show shows speak speaks start starts take takes talk talks tell tells
think thinks thought told took tries try use uses used wants want went work works write writes
"""
_STOP = frozenset(_STOP_WORDS.split())
_ENDING = re.compile(r"(?<=\w{3})(?:ing|ed|es|e|s)$")


class Audit:
    """Takes one tree after the other; `told()` at any time says what the ones so far amount to.

    Args:
        votes: how many the judge was asked for on each pair.
    """

    def __init__(self, votes: int) -> None:
        self.votes = votes
        self._pairs = Counter[str]()
        self._undecided = Counter[str]()
        self._margins: defaultdict[int, Counter[float]] = defaultdict(Counter)
        self._wins: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._votes: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._preferred: defaultdict[str, Counter[float]] = defaultdict(Counter)
        self._rejected: defaultdict[str, Counter[float]] = defaultdict(Counter)
        self._facts: defaultdict[int, Counter[float]] = defaultdict(Counter)
        self._traits: defaultdict[int, Counter[float]] = defaultdict(Counter)
        self._undisclosed = Counter[str]()
        self._characters, self._tokens = 0, 0

    def add(self, tree: TreeRow, left: Mapping[int, str] = MappingProxyType({})) -> None:
        """Counts one more tree, of which reviewers took out the pairs that `left` names by their user nodes.

        Raises:
            ValueError: as `Pair.undecided`.
        """
        for pair in pairs(tree):
            self._pairs["all"] += 1
            disclosed = pair.user.disclosed or []
            facts = sum(number < len(tree.facts) for number in disclosed)
            self._facts[pair.user.turn][facts] += 1
            self._traits[pair.user.turn][len(disclosed) - facts] += 1
            self._votes[pair.user.turn].update(map(_higher, pair.tailored.votes or []))
            if pair.decided:
                self._add_decided(pair)
            else:
                self._undecided[left.get(pair.user.id) or pair.undecided(self.votes)] += 1
        self._undisclosed.update(_users_of_undisclosed(tree))
        self._add_lengths(tree)

    def told(self) -> dict[str, Any]:
        """The figures as plain JSON values; shares and their 95% intervals to six digits, margins and AUC to four,
        other means to two.
        """
        every, decided = self._pairs["all"], self._pairs["decided"]
        return {
            "pairs": {
                "all": every,
                "decided": decided,
                "undecided": dict(sorted(self._undecided.items())),
                "generic_won": _share(self._pairs["generic"], decided),
            },
            "margin": _spread(self.margins(), digits=4),
            "margin_by_turn": [
                {"turn": turn, **_spread(self._margins[turn], digits=4)} for turn in sorted(self._margins)
            ],
            "wins": [
                {"turn": turn, "pairs": won.total(), **_share_of(won["tailored"], won.total())}
                for turn, won in sorted(self._wins.items())
            ],
            "position_bias": _first_higher(sum(self._votes.values(), Counter[str]())),
            "position_bias_by_turn": [
                {"turn": turn, **_first_higher(votes)} for turn, votes in sorted(self._votes.items())
            ],
            "audit": [self._feature(name) for name in FEATURES],
            "longer_won": _share(self._pairs["longer"], self._pairs["longer"] + self._pairs["shorter"]),
            "disclosure": [
                {"turn": turn, "facts": _spread(self._facts[turn]), "traits": _spread(self._traits[turn])}
                for turn in sorted(self._facts)
            ],
            "undisclosed": {one: _share(self._undisclosed[one], every) for one in RESPONDERS},
            "max_length": {"tokens": max(MIN_TOKENS, _power_of_two(self._tokens)), "characters": self._characters},
        }

    def margins(self) -> Counter[float]:
        """How often each margin of a decided pair was met, to four digits."""
        return sum(self._margins.values(), Counter[float]())

    def lengths(self) -> dict[str, Counter[float]]:
        """How often each length in characters was met, of preferred and of rejected replies."""
        return {"preferred": self._preferred["characters"], "rejected": self._rejected["characters"]}

    def _add_decided(self, pair: Pair) -> None:
        self._pairs["decided"] += 1
        self._pairs["generic"] += pair.preferred is pair.generic
        longer = len(pair.preferred.content) - len(pair.rejected.content)
        if longer:
            self._pairs["longer" if longer > 0 else "shorter"] += 1
        self._wins[pair.user.turn][pair.preferred.responder or ""] += 1
        self._margins[pair.user.turn][round(pair.preferred.margin or 0.0, 4)] += 1
        for counters, reply in ((self._preferred, pair.preferred), (self._rejected, pair.rejected)):
            for name, value in measure(reply.content).items():
                counters[name][round(value, 4)] += 1

    def _add_lengths(self, tree: TreeRow) -> None:
        """The longest row that the exports make of the tree."""
        sizes: dict[int, tuple[int, int]] = {}  # node -> characters and bytes of the path to it
        for node in tree.nodes:
            characters, size = (0, 0) if node.parent is None else sizes[node.parent]
            sizes[node.id] = characters + len(node.content), size + len(node.content.encode())
        for pair in pairs(tree):
            if pair.decided:
                for characters, size in (sizes[pair.tailored.id], sizes[pair.generic.id]):
                    self._characters = max(self._characters, characters)
                    self._tokens = max(self._tokens, -(-size // _BYTES) + _PER_MESSAGE * 2 * pair.user.turn)

    def _feature(self, name: str) -> dict[str, Any]:
        preferred, rejected = self._preferred[name], self._rejected[name]
        means = {"preferred": _mean(preferred, 4), "rejected": _mean(rejected, 4)}
        return {"feature": name, "auc": _auc(preferred, rejected), **means}


def _users_of_undisclosed(tree: TreeRow) -> Iterator[str]:
    """The responder of each reply that uses a statement which its user has not disclosed. It can't know: it guessed,
    or the statement leaked.

    A reply uses a statement when it has two or more of its distinctive words, and a third of them: content words that
    stand neither in the dialogue so far nor in a disclosed statement, without their endings. Two, since single words
    meet by chance; a third, since replies paraphrase. English alone. The generic replies' share is the chance level.
    """
    statements = [_content(statement) for statement in (*tree.facts, *tree.traits)]
    known: dict[int, frozenset[str]] = {}  # node -> the content words of the path to it
    for node in tree.nodes:
        before = frozenset() if node.parent is None else known[node.parent]
        words = _content(node.content)
        known[node.id] = before | words
        if node.parent is None or node.responder is None:
            continue
        old = before.union(*(statements[number] for number in tree.nodes[node.parent].disclosed or ()))
        new = words - old
        if any(_uses(new, statement, old) for statement in statements):  # a disclosed one has nothing new
            yield node.responder


def _uses(new: frozenset[str], statement: frozenset[str], old: frozenset[str]) -> bool:
    met = len(statement & new)
    return met >= 2 and met * 3 >= len(statement - old)


def _content(text: str) -> frozenset[str]:
    plain = text.lower().replace("'", "").replace("\u2019", "")
    return frozenset(_stem(word) for word in re.findall(r"[^\W_]+", plain) if word not in _STOP)


@lru_cache(2**15)
def _stem(word: str) -> str:
    return _ENDING.sub("", word)


def _auc(preferred: Counter[float], rejected: Counter[float]) -> float | None:
    """The probability that a preferred reply's value is above a rejected one's, a tie being half; exact."""
    if not preferred:
        return None
    twice, below = 0, 0
    for value in sorted(preferred.keys() | rejected.keys()):
        twice += preferred[value] * (2 * below + rejected[value])
        below += rejected[value]
    return round(twice / (2 * preferred.total() * rejected.total()), 4)


def _spread(counts: Counter[float], digits: int = 2) -> dict[str, float | None]:
    """Mean and quantiles; None where nothing was counted."""
    shares = {"q10": 0.1, "median": 0.5, "q90": 0.9}
    quantiles = {name: round(quantile(counts, share), digits) if counts else None for name, share in shares.items()}
    return {"mean": _mean(counts, digits), **quantiles}


def quantile(counts: Counter[float], share: float) -> float:
    """The value below which a share of all lies, linear between neighbours; of at least one value.

    >>> quantile(Counter([1, 1, 2, 4]), 0.5)
    1.5
    """
    values = sorted(counts)
    upto = list(accumulate(counts[value] for value in values))
    place = share * (upto[-1] - 1)
    below, above = (values[bisect_right(upto, end)] for end in (floor(place), ceil(place)))
    return below + (place - floor(place)) * (above - below)


def _mean(counts: Counter[float], digits: int) -> float | None:
    if not counts:
        return None
    return round(fsum(value * count for value, count in counts.items()) / counts.total(), digits)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _share_of(part: int, whole: int) -> dict[str, float | None]:
    low, high = wilson(part, whole)
    return {"share": _share(part, whole), "low": low, "high": high}


def wilson(part: int, whole: int) -> tuple[float, float] | tuple[None, None]:
    """The 95% interval of a share (Wilson, 1927), to six digits; it is of use for few cases and for shares of 0 and 1.

    >>> wilson(9, 10)
    (0.59585, 0.982124)
    """
    if not whole:
        return None, None
    z2 = 1.959964**2
    middle = (part + z2 / 2) / (whole + z2)
    half = sqrt(z2 * (part * (whole - part) / whole + z2 / 4)) / (whole + z2)
    return round(max(0.0, middle - half), 6), round(min(1.0, middle + half), 6)


def _higher(vote: Vote) -> str:
    """Which place of the two got the higher score: first, second or neither."""
    if vote.tailored == vote.generic:
        return "neither"
    return "first" if (vote.tailored > vote.generic) == (vote.first == "tailored") else "second"


def _first_higher(votes: Counter[str]) -> dict[str, Any]:
    """How often the reply that stood first got the higher score, of the votes that told the two apart. Where each pair
    is judged in both orders, a judge without a liking for a place comes to a half.
    """
    unequal = votes["first"] + votes["second"]
    return {"votes": votes.total(), "unequal": unequal, **_share_of(votes["first"], unequal)}


def _power_of_two(number: int) -> int:
    """The next one at or above the number."""
    return 1 << max(0, number - 1).bit_length()
