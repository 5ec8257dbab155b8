import os
import signal
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.pool import Admission, Floats, Pool, exact_cosines

Vectors = NDArray[np.float32]


def unit(rows: Floats) -> Vectors:
    rows = rows.astype(np.float64)
    units: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return units


def random_units(n: int, dim: int, seed: int = 0) -> Vectors:
    return unit(np.random.default_rng(seed).standard_normal((n, dim)))


def brute_force(
    rows: Vectors, threshold: float, pool: Iterable[Vectors] = ()
) -> tuple[list[bool], list[int], list[float]]:
    """The filter as one would say it: float64, one row after the other, no blocks."""
    kept = list(pool)
    flags, nearest, cosines = [], [], []
    for row in rows:
        scores = exact_cosines(np.stack(kept), row) if kept else np.empty(0)
        nearest.append(int(scores.argmax()) if kept else -1)
        cosines.append(float(scores.max()) if kept else np.nan)
        flags.append(not kept or bool(scores.max() <= threshold))
        if flags[-1]:
            kept.append(row)
    return flags, nearest, cosines


def assert_same(result: Admission, expected: tuple[list[bool], list[int], list[float]]) -> None:
    assert result.kept.tolist() == expected[0]
    assert result.nearest.tolist() == expected[1]
    np.testing.assert_array_equal(result.cosine, expected[2])


def small_pool(dim: int, threshold: float, block: int) -> Pool:
    """A pool that works in blocks of a few rows, so that small cases cross their borders."""
    pool = Pool(dim, threshold)
    pool._block = block
    return pool


@st.composite
def crowded(draw: st.DrawFn) -> tuple[Vectors, float]:
    """Rows with duplicates, near-duplicates planted at the threshold to within float32, and ties."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dim = draw(st.sampled_from([2, 3, 16, 384]))
    threshold = draw(st.sampled_from([0.3, 0.7, 0.8, 0.999, 1.0]))
    rows = list(random_units(draw(st.integers(1, 12)), dim, int(rng.integers(2**32))))
    for _ in range(draw(st.integers(0, 30))):
        base = rows[rng.integers(len(rows))].astype(np.float64)
        aside = rng.standard_normal(dim)
        aside -= aside @ base * base
        aside /= np.linalg.norm(aside)
        cosine = draw(st.sampled_from([1.0, threshold, threshold - 1e-8, threshold + 1e-8, threshold - 1e-4, 0.1]))
        rows.append((cosine * base + np.sqrt(max(0.0, 1 - cosine**2)) * aside).astype(np.float32))
    return unit(np.stack(rows))[rng.permutation(len(rows))], threshold


@settings(deadline=None)
@given(crowded(), st.integers(1, 9))
def test_the_result_is_that_of_the_plain_loop_in_float64_to_the_last_bit(
    case: tuple[Vectors, float], block: int
) -> None:
    rows, threshold = case
    assert_same(small_pool(rows.shape[1], threshold, block).admit(rows), brute_force(rows, threshold))


@settings(deadline=None)
@given(crowded(), st.lists(st.integers(0, 42), max_size=5), st.integers(1, 9))
def test_any_split_into_calls_gives_the_result_of_one_call(
    case: tuple[Vectors, float], cuts: list[int], block: int
) -> None:
    rows, threshold = case
    pool = small_pool(rows.shape[1], threshold, block)
    parts = [pool.admit(part) for part in np.split(rows, sorted(cuts))]
    whole = Pool(rows.shape[1], threshold).admit(rows)
    for field in ("kept", "nearest", "cosine"):
        np.testing.assert_array_equal(np.concatenate([getattr(part, field) for part in parts]), getattr(whole, field))
    assert len(pool) == whole.kept.sum()


@settings(deadline=None)
@given(crowded())
def test_no_two_kept_rows_are_nearer_than_the_threshold_and_each_dropped_one_is_near_a_kept_one(
    case: tuple[Vectors, float],
) -> None:
    rows, threshold = case
    result = Pool(rows.shape[1], threshold).admit(rows)
    kept = rows[result.kept]
    for place, row in enumerate(kept):
        assert (exact_cosines(kept[:place], row) <= threshold).all()
    assert (result.cosine[result.dropped] > threshold).all()
    np.testing.assert_array_equal(
        exact_cosines(rows[result.dropped], kept[result.nearest[result.dropped]]), result.cosine[result.dropped]
    )
    assert (result.kept ^ result.dropped).all()


@settings(deadline=None)
@given(crowded(), st.integers(0, 42), st.integers(1, 9))
def test_an_existing_pool_is_kept_unasked_and_counts(case: tuple[Vectors, float], cut: int, block: int) -> None:
    (rows, threshold), cut = case, min(cut, len(case[0]))
    pool = small_pool(rows.shape[1], threshold, block)
    pool.add(rows[:cut])
    assert len(pool) == cut
    assert_same(pool.admit(rows[cut:]), brute_force(rows[cut:], threshold, rows[:cut]))


@settings(deadline=None)
@given(crowded(), st.integers(1, 42), st.integers(1, 9))
def test_the_nearest_is_the_first_of_the_nearest(case: tuple[Vectors, float], cut: int, block: int) -> None:
    (rows, threshold), cut = case, min(cut, len(case[0]))
    pool = small_pool(rows.shape[1], threshold, block)
    pool.add(rows[:cut])
    cosines, numbers = pool.nearest(rows)
    for row, cosine, number in zip(rows, cosines, numbers, strict=True):
        scores = exact_cosines(rows[:cut], row)
        assert (cosine, number) == (scores.max(), scores.argmax())


@settings(deadline=None)
@given(crowded(), st.integers(0, 8), st.integers(1, 9))
def test_a_limit_stops_at_the_row_that_fills_it(case: tuple[Vectors, float], limit: int, block: int) -> None:
    rows, threshold = case
    result = small_pool(rows.shape[1], threshold, block).admit(rows, limit)
    kept = np.flatnonzero(brute_force(rows, threshold)[0])
    decided = 0 if limit == 0 else int(kept[limit - 1]) + 1 if limit <= len(kept) else len(rows)
    assert result.decided == decided
    assert_same(
        Admission(result.kept[:decided], result.nearest[:decided], result.cosine[:decided], decided),
        brute_force(rows[:decided], threshold),
    )
    assert not result.kept[decided:].any()
    assert not result.dropped[decided:].any()
    assert (result.nearest[decided:] == -1).all()
    assert np.isnan(result.cosine[decided:]).all()


def test_blocks_of_full_size_agree_with_the_plain_loop() -> None:
    """1,500 rows of 384: FAISS works with matrix products here, which small cases never reach."""
    rng = np.random.default_rng(5)
    rows = unit(random_units(600, 384)[rng.integers(600, size=1500)] + 0.05 * rng.standard_normal((1500, 384)))
    expected = brute_force(rows, 0.5)
    assert 300 < sum(expected[0]) < 1200
    assert_same(Pool(384, 0.5).admit(rows), expected)


def test_at_a_threshold_of_1_even_duplicates_stay() -> None:
    """The float32 length of a row is often a little above 1, which must not make its twin nearer than 1."""
    result = Pool(384, 1.0).admit(np.repeat(random_units(50, 384), 2, axis=0))
    assert result.kept.all()
    assert np.nanmax(result.cosine) == 1.0


def test_exact_cosines_do_not_depend_on_the_batch() -> None:
    a, b = random_units(500, 384, 1), random_units(500, 384, 2)
    together = exact_cosines(a, b)
    alone = [exact_cosines(a[i : i + 1], b[i : i + 1])[0] for i in range(len(a))]
    plain = [exact_cosines(a[i], b[i]) for i in range(len(a))]
    assert together.tolist() == alone == plain


def test_float32_cosines_are_well_inside_the_window() -> None:
    """The window must be wider than twice what float32 can be wrong by, or a near tie could go unnoticed."""
    for dim in (16, 384, 1024, 4096):
        rows = unit(np.abs(np.random.default_rng(dim).standard_normal((400, dim))))  # all of a sign: the worst rounding
        assert np.abs(rows @ rows.T - rows.astype(np.float64) @ rows.T.astype(np.float64)).max() < 2e-6


def test_an_empty_pool_has_no_neighbour() -> None:
    pool = Pool(8, 0.5)
    cosines, numbers = pool.nearest(random_units(3, 8))
    assert np.isnan(cosines).all()
    assert numbers.tolist() == [-1, -1, -1]
    result = pool.admit(np.empty((0, 8), dtype=np.float32))
    assert (len(result.kept), result.decided, len(pool)) == (0, 0, 0)


def test_looking_keeps_nothing() -> None:
    pool = Pool(8, 0.5)
    pool.add(random_units(4, 8))
    pool.nearest(random_units(9, 8, 1))
    assert len(pool) == 4


GOOD = random_units(3, 8)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (GOOD[0], r"float32 of shape \(8,\)"),
        (GOOD[:, :4], r"4 numbers and the pool 8"),
        (np.ones((3, 8), dtype=np.int64), r"int64 of shape"),
        (GOOD * np.float32(1.01), r"row 0 has the length 1\.0"),
        (GOOD * np.array([[1], [np.nan], [1]]), r"row 1 has the length nan"),
        (GOOD * np.array([[1], [1], [0]]), r"row 2 has the length 0"),
        (np.full((1, 8), np.inf, dtype=np.float32), r"row 0 has the length inf"),
    ],
)
@pytest.mark.parametrize("method", ["add", "admit", "nearest"])
def test_vectors_that_make_no_cosines_are_refused(vectors: Floats, message: str, method: str) -> None:
    pool = Pool(8, 0.5)
    with pytest.raises(ValueError, match=message):
        getattr(pool, method)(vectors)
    assert len(pool) == 0


@pytest.mark.parametrize("threshold", [0.0, -0.1, 1.0001, float("nan"), float("inf")])
def test_a_threshold_is_a_cosine_above_0_and_at_most_1(threshold: float) -> None:
    with pytest.raises(ValueError, match="a cosine above 0 and at most 1"):
        Pool(8, threshold)


def test_double_precision_and_strided_vectors_are_taken_as_they_are() -> None:
    rows = random_units(20, 8)
    spread = np.zeros((20, 16))
    spread[:, ::2] = rows
    assert_same(Pool(8, 0.5).admit(spread[:, ::2]), brute_force(rows, 0.5))


@pytest.mark.slow
def test_a_process_forked_after_the_pool_was_used_can_use_it_too() -> None:
    """With more than one OpenMP thread, FAISS hangs here for good."""
    rows = random_units(2000, 384)
    Pool(384, 0.5).admit(rows)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        Pool(384, 0.5).admit(rows)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def test_the_core_type_is_set_only_while_faiss_is_loaded() -> None:
    before = os.environ.get("OPENBLAS_CORETYPE")
    Pool(8, 0.5)
    assert os.environ.get("OPENBLAS_CORETYPE") == before
