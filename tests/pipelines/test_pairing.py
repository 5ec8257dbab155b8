"""Splits before pairs, balanced use, and what a judge's verdict does."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.schema import Kind, TextRow, text_id
from pipelines.steps.pairing import assign_test, plan_pairs, size_of_test


def row(kind: Kind, name: str) -> TextRow:
    return TextRow(text_id(kind, name), name, [name], "train", "generated", 1, None, None, "m", False, None)


def rows(kind: Kind, count: int) -> list[TextRow]:
    return [row(kind, f"{kind} {n}") for n in range(count)]


@pytest.mark.parametrize(
    ("kind", "total", "per_profile", "size"),
    [
        ("profile", 331, 10, 33),
        ("personality", 71, 10, 15),  # ten and half as many more, not the tenth
        ("personality", 300, 10, 30),
        ("profile", 4, 10, 1),
        ("profile", 2, 1, 1),
        ("profile", 1, 1, 0),
        ("personality", 8, 10, 4),  # too small a pool: half
    ],
)
def test_the_test_split_has_a_tenth_and_enough_to_pair_with(
    kind: Kind, total: int, per_profile: int, size: int
) -> None:
    assert size_of_test(kind, total, per_profile) == size


@given(st.sets(st.text(min_size=1), min_size=1), st.data())
def test_a_grown_pool_keeps_the_split_of_every_earlier_text(texts: set[str], data: st.DataObject) -> None:
    ids = sorted(texts)
    first = ids[: data.draw(st.integers(0, len(ids)))]
    test = assign_test(first, {}, data.draw(st.integers(0, len(first))), seed=0)
    fixed = {id_: "test" if id_ in test else "train" for id_ in first}
    size = data.draw(st.integers(len(test), len(ids)))
    grown = assign_test(ids, fixed, size, seed=0)
    assert test == grown & set(first)
    assert len(grown) == min(size, len(test) + len(ids) - len(first))


def test_the_split_is_drawn_by_the_seed() -> None:
    ids = [f"pr-{n}" for n in range(40)]
    assert assign_test(ids, {}, 4, seed=0) == assign_test(ids[::-1], {}, 4, seed=0)
    assert assign_test(ids, {}, 4, seed=0) != assign_test(ids, {}, 4, seed=1)


@given(st.integers(1, 40), st.integers(1, 15), st.integers(1, 12), st.integers(0, 3))
def test_every_profile_gets_different_personalities_and_they_are_used_alike(
    profiles: int, personalities: int, per_profile: int, seed: int
) -> None:
    plans = plan_pairs(rows("profile", profiles), rows("personality", personalities), per_profile, seed)
    use: Counter[str] = Counter()
    for plan in plans:
        planned = [p.id for p in plan.personalities[: plan.wanted]]
        assert len(set(planned)) == len(planned) == min(per_profile, personalities)
        assert len({p.id for p in plan.personalities}) == personalities  # the rest stands ready as replacement
        use.update(planned)
    assert max(use.values()) - min(use[p.id] for p in rows("personality", personalities)) <= 1


def test_pairs_of_an_earlier_release_stay_and_count() -> None:
    profiles, personalities = rows("profile", 3), rows("personality", 4)
    taken = [(profiles[0].id, personalities[0].id), (profiles[0].id, personalities[1].id)]
    plans = plan_pairs(profiles, personalities, 2, 0, taken)
    assert plans[0].wanted == 0
    first_new = {p.id for p in plans[1].personalities[:2]}
    assert first_new == {personalities[2].id, personalities[3].id}  # those that were not used yet
