"""The diversity filter against a plain NumPy loop that does the same over cached embeddings.

    python tests/benchmarks/diversity.py [SIZES...]

Both keep first, know the nearest kept vector of every row with its cosine, and settle what float32 cannot tell apart in
the same way; one thread each, kernels as BLAS chooses them. The vectors are clusters of texts about the same thing
around a common mean, as sentences of one genre have it: 384 numbers, unit length, about a third of them too near.
"""

import os
import sys
import time
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # read when NumPy and FAISS are loaded
os.environ.pop("OPENBLAS_CORETYPE", None)  # a pin would measure another CPU than this one
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from numpy.typing import NDArray

from filters.pool import WINDOW, Admission, Pool, exact_cosines

SIZES = [3_310, 20_000, 100_000]
DIM = 384
THRESHOLD = 0.8
BUDGET = 60_000
"""Vectors that are filtered for the best of several runs: 18 runs at 3,310, three at 20,000, one at 100,000."""

Vectors = NDArray[np.float32]


def clustered(n: int) -> Vectors:
    """Unit rows [n, DIM] in clusters of four on average, each row at its own distance from the centre."""
    rng = np.random.default_rng(n)
    centres = rng.standard_normal((n // 4 + 1, DIM), dtype=np.float32)
    spread = rng.uniform(0.3, 1.3, (n, 1)).astype(np.float32)
    rows = centres[rng.integers(len(centres), size=n)] + spread * rng.standard_normal((n, DIM), dtype=np.float32)
    rows += rng.standard_normal(DIM, dtype=np.float32)
    units: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return units


def plain_loop(rows: Vectors, threshold: float) -> Admission:
    """One matrix-vector product a row over the rows kept so far, in a matrix made once."""
    n, dim = rows.shape
    matrix = np.empty((n, dim), dtype=np.float32)
    kept, nearest = np.zeros(n, dtype=np.bool_), np.full(n, -1, dtype=np.int64)
    count = 0
    for number, row in enumerate(rows):
        if count:
            scores = matrix[:count] @ row
            best = scores.max()
            near = np.flatnonzero(scores >= best - WINDOW)
            if len(near) > 1 or abs(best - threshold) <= WINDOW:
                exact = exact_cosines(matrix[near], row)
                best, near = exact.max(), near[exact.argmax() :]
            nearest[number] = near[0]
            if best > threshold:
                continue
        matrix[count] = row
        kept[number] = True
        count += 1
    cosine = np.full(n, np.nan)
    cosine[1:] = exact_cosines(matrix[nearest[1:]], rows[1:])
    return Admission(kept, nearest, cosine, decided=n)


def ours(rows: Vectors, threshold: float) -> Admission:
    return Pool(DIM, threshold).admit(rows)


def same(a: Admission, b: Admission) -> bool:
    return all(
        np.array_equal(getattr(a, field), getattr(b, field), equal_nan=field == "cosine")
        for field in ("kept", "nearest", "cosine")
    )


def main(sizes: list[int]) -> None:
    print(f"{'vectors':>8} {'kept':>7} {'ours, s':>9} {'loop, s':>9} {'ratio':>6}  same result")
    ours(clustered(1000), THRESHOLD)  # loads FAISS
    for size in sizes:
        rows = clustered(size)
        seconds: dict[str, list[float]] = {"ours": [], "loop": []}
        results = {}
        for _ in range(max(1, BUDGET // size)):
            for name, run in (("ours", ours), ("loop", plain_loop)):
                start = time.perf_counter()
                results[name] = run(rows, THRESHOLD)
                seconds[name].append(time.perf_counter() - start)
        fast, slow = min(seconds["ours"]), min(seconds["loop"])
        verdict = "yes" if same(results["ours"], results["loop"]) else "NO"
        print(
            f"{size:8} {results['ours'].kept.sum():7} {fast:9.3f} {slow:9.3f} {slow / fast:6.1f}  {verdict}", flush=True
        )


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or SIZES)
