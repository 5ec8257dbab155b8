"""Search by cosine over the vectors of a dataset, which stay in memory between searches."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

import numpy as np
from argilla_server.models import Vector, VectorSettings
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

MOST = 1000  # results: Argilla's own bound


class Vectors(NamedTuple):
    """Unit vectors (n x d), whose they are, and by what it's seen that others have come."""

    state: tuple[object, ...]
    record_ids: list[UUID]
    rows: NDArray[np.float32]


_known: dict[UUID, Vectors] = {}


async def of(session: AsyncSession, settings: VectorSettings) -> Vectors:
    """The vectors of one name in one dataset, read again after any has changed."""
    mine = Vector.vector_settings_id == settings.id
    state = tuple((await session.execute(select(func.count(), func.max(Vector.updated_at)).where(mine))).one())
    if settings.id not in _known or _known[settings.id].state != state:
        found = (await session.execute(select(Vector.record_id, Vector.value).where(mine).order_by(Vector.id))).all()
        rows = np.asarray([row.value for row in found], dtype=np.float32).reshape(len(found), settings.dimensions)
        _known[settings.id] = Vectors(state, [row.record_id for row in found], _unit(rows))
    return _known[settings.id]


def ranked(vectors: Vectors, wanted: NDArray[np.float32], allowed: Collection[UUID]) -> list[tuple[UUID, float]]:
    """The allowed records with their scores, (1 + cosine) / 2 as Elasticsearch gives them, highest first."""
    scores = (1 + vectors.rows @ _unit(wanted)) / 2
    order = np.argsort(-scores, kind="stable")
    return [(vectors.record_ids[at], float(scores[at])) for at in order if vectors.record_ids[at] in allowed]


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(lengths, np.float32(1e-12))
    return unit
