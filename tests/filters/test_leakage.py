"""The certificate of distance, and the build that fails without it."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.leakage import LeakageError, Vectors, nearest, require_distance, summary

IN_ANOTHER_PROCESS = """
import hashlib
from filters.leakage import nearest
from tests.filters.test_leakage import unit
print(hashlib.sha256(nearest(unit(100, 0, dim=384), unit(400, 1, dim=384)).cosine.tobytes()).hexdigest())
"""


def unit(count: int, seed: int, dim: int = 8) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


@given(st.integers(1, 20), st.integers(2, 20), st.integers(0, 99))
def test_the_nearest_row_is_that_of_brute_force(n: int, m: int, seed: int) -> None:
    rows, others = unit(n, seed), unit(m, seed + 1)
    found = nearest(rows, others)
    for row, index, cosine in zip(rows, found.index, found.cosine, strict=True):
        assert cosine == pytest.approx(max(float(row @ other) for other in others), abs=1e-6)
        assert float(row @ others[index]) == pytest.approx(float(cosine), abs=1e-6)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = unit(50, 0)
    whole = nearest(rows, rows, itself=True)
    monkeypatch.setattr("filters.leakage._BLOCK", 7)
    blocks = nearest(rows, rows, itself=True)
    assert np.array_equal(whole.index, blocks.index)
    assert np.allclose(whole.cosine, blocks.cosine)


def test_cosines_have_the_same_bytes_whatever_the_number_of_threads() -> None:
    settings = [os.environ | {"OMP_NUM_THREADS": n, "OPENBLAS_NUM_THREADS": n} for n in ("1", "2")]
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS]
    started = [subprocess.Popen(command, env=setting, stdout=subprocess.PIPE) for setting in settings]
    one, two = (process.communicate()[0] for process in started)
    assert [process.returncode for process in started] == [0, 0]
    assert one == two


def test_a_row_is_no_neighbour_of_its_own() -> None:
    rows = unit(5, 0)
    assert (nearest(rows, rows, itself=True).index != np.arange(5)).all()
    assert (nearest(rows, rows).index == np.arange(5)).all()


def test_a_held_out_row_above_its_bound_is_an_error_that_tells_both() -> None:
    train = unit(20, 0)
    require_distance(unit(3, 1), train, 1.0, "profile")
    with pytest.raises(LeakageError, match=r"a held-out profile has cosine 1\.000 .* above the bound 0\.650"):
        require_distance(train[4:5], train, 0.65, "profile")


def test_nothing_held_out_or_nothing_to_leak_from_is_no_error() -> None:
    require_distance(unit(0, 0), unit(2, 0), 0.5, "profile")
    require_distance(unit(2, 0), unit(0, 0), 0.5, "profile")


def test_a_summary_has_median_and_highest_and_none_where_there_is_nothing() -> None:
    assert summary(np.array([0.1, 0.5, 0.3], np.float32)) == {"median": 0.3, "p95": 0.48, "max": 0.5}
    assert summary(np.array([], np.float32)) is None
