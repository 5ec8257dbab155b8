"""The exact keep-first filter: a vector stays when it is far enough from everything kept before it.

**Exactness.** FAISS and BLAS sum a float32 dot product in an order that depends on the size of the batch, so the last
digits vary. Where they could matter (a cosine within `WINDOW` of the threshold, two neighbours within `WINDOW` of each
other), the cosine is computed anew in float64, pair by pair, and that one decides: the result is the same for every
batch size, thread count and machine, and is that of the plain loop. Among equally near neighbours the first one wins.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Indices = NDArray[np.int64]

WINDOW = 1e-5
"""Float32 cosines closer than this are told apart in float64: some fifty times the rounding seen at 384 to 4,096
numbers."""
UNIT_TOLERANCE = 1e-4
"""How far a vector's length may be from 1: float32 keeps it within 1e-6."""
BLOCK_NUMBERS = 128_000
"""Numbers in a block of rows from which on FAISS uses matrix products. More would cost comparisons among themselves."""
BLOCK_ROWS = 1024
"""Most rows in a block, for vectors of few numbers."""


@dataclass(frozen=True)
class Admission:
    """What `Pool.admit` did to n rows, in their order."""

    kept: NDArray[np.bool_]
    """[n]: whether the row is in the pool now."""
    nearest: Indices
    """[n]: the nearest vector kept at the row's turn, in the numbering of kept vectors; -1 where none was."""
    cosine: NDArray[np.float64]
    """[n]: cosine to that vector; NaN where there was none."""
    decided: int
    """Rows looked at. Those from here on came after the limit was reached: neither kept nor dropped."""

    @property
    def dropped(self) -> NDArray[np.bool_]:
        """[n]: whether the row was too near to a kept one."""
        return ~self.kept & (np.arange(len(self.kept)) < self.decided)


class Pool:
    """Vectors that are far enough apart, numbered from 0 in the order in which they were kept.

    >>> pool = Pool(dim=2, threshold=0.9)
    >>> east, north = np.float32([1, 0]), np.float32([0, 1])
    >>> result = pool.admit(np.stack([east, north, east]))
    >>> result.kept, result.nearest, result.cosine
    (array([ True,  True, False]), array([-1,  0,  0]), array([nan,  0.,  1.]))

    Memory: 4 x dim bytes a vector. FAISS is loaded here, so build it in the process that uses it.
    """

    def __init__(self, dim: int, threshold: float) -> None:
        """An empty pool for vectors of `dim` numbers, where no two may have a cosine above `threshold`, in (0, 1]."""
        self.dim = dim
        self.threshold = checked_threshold(threshold)
        self._faiss = _load_faiss()
        self._index = self._faiss.IndexFlatIP(dim)
        self._block = min(BLOCK_NUMBERS // dim + 1, BLOCK_ROWS)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, vectors: Floats) -> None:
        """Keep all rows of `vectors` [n, dim], near or not: an existing pool."""
        self._index.add(checked_vectors(vectors, self.dim))

    def nearest(self, vectors: Floats) -> tuple[NDArray[np.float64], Indices]:
        """Cosine [n] and number [n] of the nearest kept vector of each row [n, dim]; NaN and -1 in an empty pool."""
        vectors = checked_vectors(vectors, self.dim)
        numbers = np.full(len(vectors), -1, dtype=np.int64)
        cosines = np.full(len(vectors), np.nan)
        none, no_scores = np.empty(0, dtype=np.int64), np.empty((0, self._block), dtype=np.float32)
        for start in range(0, len(vectors), self._block):
            here = slice(start, start + self._block)
            scores, ids = self._index.search(vectors[here], 2)
            numbers[here] = self._neighbours(vectors[here], scores, ids, none, no_scores)
            cosines[here] = self._cosines(vectors[here], numbers[here])
        return cosines, numbers

    def admit(self, vectors: Floats, limit: int | None = None) -> Admission:
        """Keep the rows of `vectors` [n, dim] that are far enough from the pool and from rows kept before them.

        With a `limit`, stop as soon as that many rows of this call were kept. One call or many: the same result.

        Raises:
            ValueError: the vectors are not unit rows of `dim` finite floats.
        """
        vectors = checked_vectors(vectors, self.dim)
        kept = np.zeros(len(vectors), dtype=np.bool_)
        nearest = np.full(len(vectors), -1, dtype=np.int64)
        cosine = np.full(len(vectors), np.nan)
        start, room = 0, len(vectors) if limit is None else limit
        while start < len(vectors) and room > 0:
            left = len(vectors) - start
            block = vectors[start : start + (self._block if left >= 2 * self._block else left)]
            taken, neighbours = self._admit_block(block, room)
            here = slice(start, start + len(neighbours))
            kept[start + taken] = True
            nearest[here] = neighbours
            cosine[here] = self._cosines(vectors[here], neighbours)
            start, room = here.stop, room - len(taken)
        return Admission(kept, nearest, cosine, decided=start)

    def _admit_block(self, block: Floats, room: int) -> tuple[Indices, Indices]:
        """Rows of the block that were kept, and the neighbours of those decided: not all, where room ran out.

        Two matrix products, the block against the pool and against itself; then only pairs that are too near matter.
        """
        scores, ids = self._index.search(block, 2)
        free = scores[:, 0] <= self.threshold
        for row in np.flatnonzero(np.abs(scores[:, 0] - self.threshold) <= WINDOW):
            free[row] = self._settle(block[row], block[:0])[1] <= self.threshold
        rows = np.flatnonzero(free)
        mate_scores = block[rows] @ block.T
        at, later = _places(mate_scores > self.threshold - WINDOW)
        forward = free[later] & (rows[at] < later)
        at, later = at[forward], later[forward]
        for first, second, score in zip(rows[at], later, mate_scores[at, later], strict=True):
            if free[first] and free[second]:  # pairs come in the order of the first, whose fate is sealed by now
                free[second] = not self._above(score, block[first], block[second])
        taken = np.flatnonzero(free)[:room]
        decided = int(taken[-1]) + 1 if len(taken) == room else len(block)
        numbers = self._neighbours(block[:decided], scores, ids, taken, mate_scores[np.searchsorted(rows, taken)])
        self._index.add(block[taken])
        return taken, numbers

    def _above(self, score: float, a: Floats, b: Floats) -> bool:
        """Whether two vectors, whose float32 cosine is `score`, are above the threshold."""
        if abs(score - self.threshold) <= WINDOW:
            score = float(exact_cosines(a, b))
        return score > self.threshold

    def _neighbours(self, block: Floats, scores: Floats, ids: Indices, taken: Indices, mate_scores: Floats) -> Indices:
        """Number of each row's nearest kept vector, in the pool or among the rows `taken` before it; -1 without one.

        `scores`, `ids` [n, 2] are the two best of the pool, `mate_scores` [taken, n] the cosines to the taken rows.
        Where a second candidate comes within the window of the best, float64 settles it.
        """
        n = len(block)
        scores, ids = scores[:n], ids[:n]
        mate_scores = np.where(taken[:, None] < np.arange(n), mate_scores[:, :n], -np.inf)
        best = np.maximum(scores[:, 0], mate_scores.max(axis=0, initial=-np.inf))
        mate, row = _places(mate_scores >= best - WINDOW)
        numbers = ids[:, 0].copy()
        numbers[row] = len(self) + mate
        in_pool = (ids >= 0) & (scores >= best[:, None] - WINDOW)
        candidates = in_pool.sum(axis=1) + np.bincount(row, minlength=n)
        for tied in np.flatnonzero(candidates > 1):
            numbers[tied], _ = self._settle(block[tied], block[taken[taken < tied]])
        return numbers

    def _settle(self, vector: Floats, mates: Floats) -> tuple[int, float]:
        """Number and exact cosine of the kept vector nearest to this one; `mates` are kept and not in the index yet."""
        pool = self._vectors()
        scores = np.concatenate([pool @ vector, mates @ vector])
        near = np.flatnonzero(scores >= scores.max() - WINDOW)
        rows = np.stack([pool[i] if i < len(pool) else mates[i - len(pool)] for i in near])
        cosines = exact_cosines(rows, vector)
        first = int(cosines.argmax())
        return int(near[first]), float(cosines[first])

    def _cosines(self, block: Floats, numbers: Indices) -> NDArray[np.float64]:
        """Exact cosine of each row to the kept vector of that number; NaN for -1."""
        cosines = np.full(len(block), np.nan)
        has = numbers >= 0
        cosines[has] = exact_cosines(self._vectors()[numbers[has]], block[has])
        return cosines

    def _vectors(self) -> Floats:
        """The kept vectors [len, dim], where FAISS holds them: valid until the next one is added."""
        if not len(self):
            return np.empty((0, self.dim), dtype=np.float32)
        numbers: Floats = self._faiss.rev_swig_ptr(self._index.get_xb(), len(self) * self.dim)
        return numbers.reshape(-1, self.dim)


def _places(mask: NDArray[np.bool_]) -> tuple[Indices, Indices]:
    """`np.nonzero` of a matrix, much faster where few are set."""
    return np.divmod(np.flatnonzero(mask), mask.shape[1])


def exact_cosines(a: Floats, b: Floats) -> NDArray[np.float64]:
    """Cosines of unit rows, [n, dim] with [n, dim] or [dim]: the same digits whatever n is, within [-1, 1].

    A product of two float32 is exact in float64, and NumPy sums each row by itself.
    """
    dots: NDArray[np.float64] = (a.astype(np.float64) * b.astype(np.float64)).sum(axis=-1)
    return np.clip(dots, -1.0, 1.0)


def checked_vectors(vectors: Floats, dim: int | None) -> NDArray[np.float32]:
    """The vectors as contiguous float32, after the checks without which cosines would be nonsense."""
    if vectors.ndim != 2 or not np.issubdtype(vectors.dtype, np.floating):
        raise ValueError(f"vectors are {vectors.dtype} of shape {vectors.shape}: give floats of shape [n, dim]")
    if dim is not None and vectors.shape[1] != dim:
        raise ValueError(f"vectors have {vectors.shape[1]} numbers and the pool {dim}: use one embedder for both")
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    bad = np.flatnonzero(~(np.abs(lengths - 1) <= UNIT_TOLERANCE))  # written so that NaN is bad, too
    if bad.size:
        raise ValueError(f"row {bad[0]} has the length {lengths[bad[0]]}: divide each vector by its length first")
    return rows


def checked_threshold(value: float) -> float:
    """The threshold, when it is one."""
    if not 0 < value <= 1:  # false for NaN, too
        raise ValueError(f"threshold is {value}: a cosine above 0 and at most 1")
    return float(value)


def _load_faiss() -> ModuleType:
    """FAISS on one thread, with its AVX-512 kernels where the CPU has them.

    One thread, because the filter shares the machine with the calls to the models: on two busy cores, FAISS's barriers
    made two threads slower than one, and a process forked after FAISS had used threads hangs in its next search.
    AVX-512, because the OpenBLAS inside the wheel is of 2021: it does not know later CPUs and would run them at half
    their speed. It reads this variable once, while it is loaded.
    """
    name = "OPENBLAS_CORETYPE"
    cpu = Path("/proc/cpuinfo")
    mend = name not in os.environ and cpu.exists() and "avx512vl" in cpu.read_text()
    if mend:
        os.environ[name] = "SkylakeX"
    try:
        import faiss
    finally:
        if mend:
            del os.environ[name]
    faiss.omp_set_num_threads(1)
    return faiss
