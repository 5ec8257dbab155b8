"""Whom people are asked about: covers that are as small as can be, and samples that are half random, half targeted."""

import random
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.exports import pairs
from pipelines.reviews.questions import Sample
from pipelines.reviews.sampling import cover, draw_pairs, draw_personas, shown_first
from pipelines.schema import PersonaRow, TreeRow, Vote, persona_id
from tests.pipelines.trees import GENERIC_WINS, TAILORED_WINS, TIE, VOTES_DIFFER, Exchange, chain, trees, with_node

texts = st.integers(0, 4).map(str)
rows_of_trees = st.lists(st.tuples(st.sampled_from(["train", "test"]), trees(max_turns=3)), max_size=5).map(
    lambda found: [(split, replace(tree, tree_id=f"t-{n}")) for n, (split, tree) in enumerate(found)]
)


def persona(
    profile: str, personality: str, *, nearest: float | None = None, origin: str = "generated", made: int = 1
) -> PersonaRow:
    ids = persona_id(profile, personality), f"pr-{profile}", f"pe-{personality}"
    return PersonaRow(*ids, profile, personality, [profile], [personality], origin, made, nearest, "m", False)


def ends(personas: list[PersonaRow]) -> set[str]:
    return {id_ for one in personas for id_ in (one.profile_id, one.personality_id)}


def smallest(personas: list[PersonaRow], wanted: set[str]) -> int:
    """How many of the personas it takes at least, by trying every choice of them."""
    return next(
        size
        for size in range(len(personas) + 1)
        if any(wanted <= ends(list(chosen)) for chosen in combinations(personas, size))
    )


graphs = st.sets(st.tuples(texts, texts), max_size=9).map(lambda edges: [persona(*edge) for edge in sorted(edges)])


@settings(deadline=None)  # scipy loads on first use
@given(graphs, st.sets(st.sampled_from([f"{kind}-{n}" for kind in ("pr", "pe") for n in range(5)])), st.randoms())
def test_a_cover_has_every_text_that_is_wanted_is_as_small_as_can_be_and_always_the_same(
    personas: list[PersonaRow], covered: set[str], rng: random.Random
) -> None:
    chosen = cover(personas, covered)
    wanted = ends(personas) - covered
    assert wanted <= ends(chosen)
    assert len(chosen) == smallest(personas, wanted)
    assert {one.persona_id for one in chosen} <= {one.persona_id for one in personas}
    assert cover(rng.sample(personas, len(personas)), covered) == chosen


def test_a_cover_takes_the_personas_that_bring_two_texts_first() -> None:
    # A greedy choice that begins with (a, 1) needs three.
    assert cover([persona("a", "1"), persona("a", "2"), persona("b", "1")]) == sorted(
        [persona("a", "2"), persona("b", "1")], key=lambda one: one.persona_id
    )
    assert cover([]) == []
    assert cover([persona("a", "1")], {"pr-a", "pe-1"}) == []
    assert cover([persona("a", "1")], {"pr-a"}) == [persona("a", "1")]


def test_a_release_of_3310_personas_is_covered_in_a_second_by_as_few_as_its_profiles() -> None:
    """331 profiles with ten personalities each of 3,310 pairings: profiles are the more numerous texts."""
    personas = [persona(str(n), str((7 * n + 13 * k) % 133)) for n in range(331) for k in range(10)]
    assert len(cover(personas)) == 331


drawn_personas = st.lists(
    st.tuples(
        st.sampled_from(["train", "test", "heldout"]),
        st.sampled_from(["seed", "generated"]),
        st.integers(0, 2),
        st.none() | st.floats(0, 1, width=32),
    ),
    max_size=25,
).map(
    lambda found: [
        (split, persona(str(n), "p", nearest=nearest, origin=origin, made=made))
        for n, (split, origin, made, nearest) in enumerate(found)
    ]
)


@given(drawn_personas, st.integers(0, 30), st.integers(0, 5), st.integers(0, 3), st.randoms())
def test_a_sample_of_personas_is_half_random_exact_and_held_by_a_larger_one(
    personas: list[tuple[str, PersonaRow]], size: int, more: int, seed: int, rng: random.Random
) -> None:
    ids = {one.persona_id for _, one in personas}
    held_to_the_rules_of_samples(ids, lambda n: draw_personas(rng.sample(personas, len(personas)), n, seed), size, more)


@given(rows_of_trees, st.integers(0, 12), st.integers(0, 5), st.integers(0, 3), st.randoms())
def test_a_sample_of_pairs_is_half_random_exact_and_held_by_a_larger_one(
    grown: list[tuple[str, TreeRow]], size: int, more: int, seed: int, rng: random.Random
) -> None:
    ids = {
        f"{tree.tree_id}/{pair.user.id}"
        for _, tree in grown
        for pair in pairs(tree)
        if pair.decided or pair.undecided(2) in ("tie", "votes-differ")  # no tree of these has half its votes
    }
    held_to_the_rules_of_samples(ids, lambda n: draw_pairs(rng.sample(grown, len(grown)), n, seed), size, more)


def held_to_the_rules_of_samples(ids: set[str], draw: Callable[[int], dict[str, Sample]], size: int, more: int) -> None:
    drawn, larger = draw(size), draw(size + more)
    assert drawn == draw(size)
    assert set(drawn) <= ids
    taken = min(size, len(ids))
    halves = Counter(drawn.values())
    assert (halves["random"], halves["targeted"]) == (taken - taken // 2, taken // 2)
    assert set(drawn) <= set(larger)
    assert {one for one in drawn if drawn[one] == "random"} <= {one for one in larger if larger[one] == "random"}


def test_another_seed_draws_others_and_every_persona_is_as_likely() -> None:
    personas = [("train", persona(str(n), "p")) for n in range(20)]
    counts = Counter(
        id_ for seed in range(300) for id_, why in draw_personas(personas, 8, seed).items() if why == "random"
    )
    assert counts.total() == 4 * 300
    assert len(counts) == 20
    assert min(counts.values()) > 30  # 60 expected, with a deviation of 7
    assert max(counts.values()) < 90


def targeted(drawn: dict[str, Sample]) -> list[str]:
    return [id_ for id_, why in drawn.items() if why == "targeted"]


def test_personas_are_targeted_by_turns_nearest_first_and_rare_kinds_first() -> None:
    common = [("train", persona(str(n), "p", nearest=n / 100)) for n in range(60)]
    rare = [("heldout", persona("h", "p")), ("train", persona("s", "p", origin="seed", made=0))]
    drawn = draw_personas([*common, *rare], 12, seed=1)
    by_chance = {id_ for id_, why in drawn.items() if why == "random"}
    near = [one.persona_id for _, one in reversed(common) if one.persona_id not in by_chance]
    of_rare_kinds = {one.persona_id for _, one in rare} - by_chance
    assert targeted(drawn)[0] == near[0]
    assert targeted(drawn)[2] == near[1]
    assert of_rare_kinds == {targeted(drawn)[1], targeted(drawn)[3]}


def scored(margin: int) -> list[Vote]:
    return [Vote("tailored", 1 + margin, 1), Vote("generic", 1 + margin, 1)]


def one_pair(number: int, votes: list[Vote], generic: str = "quite another one") -> TreeRow:
    return replace(chain([Exchange("u", f"a reply, number {number}", generic, votes)]), tree_id=f"t-{number}")


def test_pairs_are_targeted_by_turns_unsure_then_close_then_rare() -> None:
    clear = [("train", one_pair(n, scored(9))) for n in range(400)]
    unsure = [("train", one_pair(1000, TIE)), ("train", one_pair(1001, VOTES_DIFFER))]
    close = [("train", one_pair(2000, scored(1))), ("train", one_pair(2001, scored(2)))]
    rare = [("train", one_pair(3000, GENERIC_WINS)), ("test", one_pair(3001, scored(9)))]
    drawn = draw_pairs([*clear, *unsure, *close, *rare], 14, seed=3)
    first, close_one, rare_one, second, close_two, rare_two, _ = targeted(drawn)
    assert {first, second} == {"t-1000/0", "t-1001/0"}
    assert [close_one, close_two, rare_one, rare_two] == ["t-2000/0", "t-2001/0", "t-3000/0", "t-3001/0"]


def test_pairs_that_read_alike_or_have_no_vote_are_never_drawn() -> None:
    alike = one_pair(1, TAILORED_WINS, generic="a reply, number 1")
    unjudged = one_pair(2, [])
    assert draw_pairs([("train", alike), ("train", unjudged), ("test", one_pair(3, TIE))], 10, seed=0) == {
        "t-3/0": "random"
    }


def test_pairs_that_reviewers_took_out_or_let_in_are_drawn_as_before() -> None:
    grown = [one_pair(n, [TAILORED_WINS, TIE, GENERIC_WINS, VOTES_DIFFER][n % 4]) for n in range(20)]
    before = draw_pairs([("train", tree) for tree in grown], 9, seed=0)
    left = [with_node(with_node(tree, 1, label="undecided"), 2, label="undecided") for tree in grown]
    joined = [with_node(with_node(tree, 1, label="rejected"), 2, label="preferred") for tree in grown]
    assert draw_pairs([("train", tree) for tree in left], 9, seed=0) == before
    assert draw_pairs([("train", tree) for tree in joined], 9, seed=0) == before


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw_pairs([], 10, seed=0) == draw_personas([], 10, seed=0) == {}


def test_pairs_are_drawn_without_their_trees_in_memory() -> None:
    """500 trees of 8 KB each stream by; what stays is less than 1 KB a pair."""
    tree = chain([Exchange("u", "a reply " + "x" * 4000, "quite another one " + "y" * 4000)])

    def streamed() -> Iterator[tuple[str, TreeRow]]:
        for n in range(500):
            node = [replace(node, content=node.content + str(n)) for node in tree.nodes]
            yield "train", replace(tree, tree_id=f"t-{n}", nodes=node)

    draw_pairs(streamed(), 10, seed=0)  # what is loaded on first use is no part of it
    tracemalloc.start()
    drawn = draw_pairs(streamed(), 10, seed=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(drawn) == 10
    assert peak < 500_000


@pytest.mark.parametrize("seed", [0, 7])
def test_either_reply_stands_first_about_as_often_and_always_the_same(seed: int) -> None:
    found = [shown_first(f"t-{n}/0", seed) for n in range(2000)]
    assert found == [shown_first(f"t-{n}/0", seed) for n in range(2000)]
    assert 900 < found.count("tailored") < 1100


def test_the_coin_is_no_part_of_the_draw() -> None:
    """A pair that is drawn early is shown with either reply first."""
    grown = [("train", one_pair(n, scored(5))) for n in range(400)]
    first = Counter(shown_first(id_, 0) for id_, why in draw_pairs(grown, 200, 0).items() if why == "random")
    assert 30 < first["tailored"] < 70
    assert first != Counter(shown_first(id_, 1) for id_ in draw_pairs(grown, 200, 0))
