"""The benchmark's personas, made when the pool is full, at a distance from it that they certify."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from filters import leakage
from filters.embed import Vectors
from pipelines.calls import Calls
from pipelines.persona_job import Job
from pipelines.schema import KINDS, AloeRow, DroppedRow, Kind, PersonaRow, TextRow
from pipelines.steps.pairing import Pairing, Pairs, Plan
from pipelines.steps.pool import Pool, grow

_SPARE = 4  # one profile in so many more than wanted, to give way to


async def make_heldout(
    job: Job, calls: Calls, main: Mapping[Kind, Pool], heldout: Mapping[Kind, Pool], pairing: Pairing
) -> Pairs:
    """Each held-out profile with every held-out personality; a profile that does not fit one gives way to the next.

    Exemplars are drawn from `main`, so no held-out text ever becomes one. Texts that are not needed are dropped.
    """
    if not all(job.heldout.values()):
        return Pairs()
    model, wanted, pool = job.cast.players["writer"].model, job.heldout["profile"], heldout["profile"]

    async def more(kind: Kind, target: int) -> None:
        await grow(heldout[kind], target, calls, model, job.seed, split="heldout", exemplars=main[kind])

    await asyncio.gather(more("personality", job.heldout["personality"]), more("profile", wanted + wanted // _SPARE))
    personalities = heldout["personality"].rows
    pairs, fitting, tried = Pairs(), list[TextRow](), 0
    while len(fitting) < wanted and tried < len(pool):
        batch = pool.rows[tried : tried + wanted - len(fitting)]
        tried += len(batch)
        plans = [Plan(profile, personalities, len(personalities)) for profile in batch]
        for plan, made in zip(plans, await asyncio.gather(*map(pairing.one, plans)), strict=True):
            pairs.dropped += made.dropped
            if made.short:
                pairs.dropped.append(_dropped(plan.profile, made.dropped[0].reason, "with a held-out personality"))
            else:
                fitting.append(plan.profile)
                pairs.personas += made.personas
        if len(fitting) < wanted and tried == len(pool):
            await more("profile", len(pool) + wanted - len(fitting))
    pairs.dropped += [_dropped(profile, "surplus", "not needed") for profile in pool.rows[tried:]]
    pool.rows = fitting  # nothing is admitted to it any more
    return pairs


def certified(
    personas: list[PersonaRow],
    heldout: Mapping[Kind, tuple[list[TextRow], Vectors]],
    train: Mapping[Kind, tuple[list[TextRow], Vectors]],
) -> list[AloeRow]:
    """The held-out personas with the nearest texts of the training split, found anew by exhaustive search."""
    near: dict[Kind, dict[str, tuple[str, float]]] = {}
    for kind in KINDS:
        rows, vectors = train[kind]
        if not personas or not rows:
            return []
        texts, their_vectors = heldout[kind]
        found = leakage.nearest(their_vectors, vectors)
        near[kind] = {
            row.id: (rows[index].id, float(cosine))
            for row, index, cosine in zip(texts, found.index, found.cosine, strict=True)
        }
    return [
        AloeRow(
            **asdict(row),
            nearest_profile_id=near["profile"][row.profile_id][0],
            nearest_profile=near["profile"][row.profile_id][1],
            nearest_personality_id=near["personality"][row.personality_id][0],
            nearest_personality=near["personality"][row.personality_id][1],
        )
        for row in personas
    ]


def told_distances(heldout: Vectors, train: Vectors, bound: float) -> dict[str, Any]:
    """What is told of the cosines of held-out texts to their nearest in train, and of those inside train."""
    to_train = leakage.nearest(heldout, train).cosine if len(train) and len(heldout) else train[:0, 0]
    return {
        "bound": round(bound, 4),
        "heldout_to_train": leakage.summary(to_train),
        "inside_train": leakage.summary(leakage.nearest(train, train, itself=True).cosine) if len(train) > 1 else None,
    }


def _dropped(profile: TextRow, reason: str, detail: str) -> DroppedRow:
    return DroppedRow("profile", profile.id, reason, detail, None, None, profile.text)
