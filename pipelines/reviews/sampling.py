"""Which personas and which pairs people are asked about, and which reply stands first.

A sample of `size` has two halves. One is drawn at random, so that its figures hold for all; the other goes where a
person's time helps most, and no figure is taken from it. A larger sample holds the smaller one, and what is random in
the smaller one is random in the larger.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import cycle

from pipelines.exports import Pair, pair_id, pairs
from pipelines.labels import Decision, decide
from pipelines.reviews.questions import Sample
from pipelines.schema import PersonaRow, Responder, TreeRow


def cover(personas: Iterable[PersonaRow], covered: Collection[str] = ()) -> list[PersonaRow]:
    """A smallest set of personas in which each profile and each personality stands at least once, by persona_id.

    Args:
        covered: ids of profiles and personalities that need not stand in it.
    """
    # A persona is an edge between two texts, so this is a minimum edge cover (Norman and Rabin, 1959): the edges of a
    # maximum matching, which cover two texts each, and one for each text that is left.
    edges: dict[tuple[str, str], PersonaRow] = {}
    for persona in sorted(personas, key=lambda one: one.persona_id):
        edges.setdefault((persona.profile_id, persona.personality_id), persona)
    met, chosen = set(covered), list[PersonaRow]()
    for ends in [*_matching([ends for ends in edges if met.isdisjoint(ends)]), *edges]:
        if not met.issuperset(ends):
            chosen.append(edges[ends])
            met.update(ends)
    return sorted(chosen, key=lambda one: one.persona_id)


def _matching(edges: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """As many of the edges as can be had of which no two share an end (Hopcroft and Karp, 1973)."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    if not edges:
        return []
    left, right = (sorted(set(ends)) for ends in zip(*edges, strict=True))
    row = {id_: n for n, id_ in enumerate(left)}
    column = {id_: n for n, id_ in enumerate(right)}
    places = [row[one] for one, _ in edges], [column[other] for _, other in edges]
    graph = csr_array(([1] * len(edges), places), shape=(len(left), len(right)))
    matched = maximum_bipartite_matching(graph, perm_type="column").tolist()  # -1: the row has no partner
    return [(id_, right[n]) for id_, n in zip(left, matched, strict=True) if n >= 0]


def draw_personas(personas: Iterable[tuple[str, PersonaRow]], size: int, seed: int) -> dict[str, Sample]:
    """persona_id -> why it is asked about, of `size` personas, or of all where there are fewer.

    The targeted ones are, by turns, those whose profile is nearest to another one, and those of a rare kind (split,
    origin and round).

    Args:
        personas: each with its split, in any order.
    """
    nearest: dict[str, float] = {}
    strata: dict[str, object] = {}
    for split, persona in personas:
        nearest[persona.persona_id] = -1.0 if persona.nearest is None else persona.nearest
        strata[persona.persona_id] = (split, persona.origin, persona.round)
    order = _hash_order(nearest, seed)
    common = Counter(strata.values())
    near = sorted(order, key=lambda id_: -nearest[id_])
    rare = sorted(order, key=lambda id_: common[strata[id_]])
    return _halves(order, [near, rare], size)


def draw_pairs(trees: Iterable[tuple[str, TreeRow]], size: int, seed: int) -> dict[str, Sample]:
    """TREE_ID/NODE -> why it is asked about, of `size` pairs, or of all where there are fewer.

    The targeted ones are, by turns, those on which the judge's votes tie or differ, the others of the smallest margin,
    and rare ones: where the generic reply won, then those of a split and turn that has few. Pairs without a vote, and
    pairs of nearly identical replies, are never asked about.

    Args:
        trees: each with its split, in any order; read once, with a few numbers a pair held in memory.
    """
    said: dict[str, Decision] = {}
    strata: dict[str, tuple[str, int]] = {}
    for split, tree in trees:
        for pair in pairs(tree):
            decision = _by_votes(pair)
            if decision.reason not in {"near-identical", "unjudged"}:
                id_ = pair_id(tree, pair)
                said[id_], strata[id_] = decision, (split, pair.user.turn)
    order = _hash_order(said, seed)
    common = Counter(strata.values())
    unsure = [id_ for id_ in order if not said[id_].winner]
    close = sorted((id_ for id_ in order if said[id_].winner), key=lambda id_: said[id_].margin or 0.0)
    rare = sorted(order, key=lambda id_: (said[id_].winner != "generic", common[strata[id_]]))
    return _halves(order, [unsure, close, rare], size)


def shown_first(pair: str, seed: int) -> Responder:
    """Whose reply stands first in the review of a pair (TREE_ID/NODE): a seeded coin.

    >>> shown_first("t-7bc7bd592969/0", seed=0)
    'tailored'
    """
    return "tailored" if _place(f"first {pair}", seed) % 2 else "generic"


def _by_votes(pair: Pair) -> Decision:
    """What the votes say, be they as many as were asked for or fewer. Not the labels: reviewers have changed some."""
    return decide(pair.tailored.content, pair.generic.content, pair.tailored.votes or [], asked=1)


def _halves(order: Sequence[str], queues: Iterable[Sequence[str]], size: int) -> dict[str, Sample]:
    """The first half of the sample from `order`, then the others from the queues by turns, the odd one at random.

    Args:
        queues: what helps most, first; together they have all ids.
    """
    size = min(size, len(order))
    chosen: dict[str, Sample] = dict.fromkeys(order[: size - size // 2], "random")
    turns = cycle([iter(queue) for queue in queues])
    while len(chosen) < size:
        left = (id_ for id_ in next(turns) if id_ not in chosen)
        if id_ := next(left, None):
            chosen[id_] = "targeted"
    return chosen


def _hash_order(ids: Iterable[str], seed: int) -> list[str]:
    """The ids in a random order that is the same wherever they come from and whichever others come with them."""
    return sorted(ids, key=lambda id_: _place(id_, seed))


def _place(id_: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}\0{id_}".encode()).digest()[:8])
