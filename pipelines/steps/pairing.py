"""Which text goes into which split, and which profile with which personalities.

Texts are split before they are paired and pairs are made inside a split, so that no persona is lost and no text stands
in two splits. Whether a profile and a personality can be one person is asked of the judge, one call a pair.
"""

import asyncio
import hashlib
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.calls import Calls, Rejected
from pipelines.prompts import render
from pipelines.schema import DroppedRow, Kind, PersonaRow, TextRow, persona_id

TEST_SHARE = 0.1
_VERDICT = {
    "type": "object",
    "properties": {"contradiction": {"type": "boolean"}, "why": {"type": "string"}},
    "required": ["contradiction", "why"],
    "additionalProperties": False,
}
_SPARE = 1.5  # the test split's personalities over --per-profile: with a fifth more, 2 of 33 profiles stayed short


def size_of_test(kind: Kind, total: int, per_profile: int) -> int:
    """How many of `total` texts are `test`: a tenth, at least one, and for personalities enough to pair with.

    >>> size_of_test("profile", 331, 10), size_of_test("personality", 71, 10), size_of_test("personality", 8, 10)
    (33, 15, 4)
    """
    wanted = max(1, round(TEST_SHARE * total))
    if kind == "personality":
        wanted = max(wanted, math.ceil(_SPARE * per_profile))
    return min(wanted, total // 2)


def assign_test(ids: Sequence[str], fixed: Mapping[str, str], size: int, seed: int) -> set[str]:
    """The ids of the test split: those that were in it before (`fixed`: id -> split), filled up by a seeded draw."""
    test = {id_ for id_ in ids if fixed.get(id_) == "test"}
    free = sorted((id_ for id_ in ids if id_ not in fixed), key=lambda id_: _draw(seed, "test", id_))
    return test | set(free[: max(0, size - len(test))])


@dataclass(frozen=True)
class Plan:
    """For one profile: the personalities to try, in this order, until it has `wanted` that fit."""

    profile: TextRow
    personalities: list[TextRow]
    wanted: int


def plan_pairs(
    profiles: Iterable[TextRow],
    personalities: Sequence[TextRow],
    per_profile: int,
    seed: int,
    taken: Iterable[tuple[str, str]] = (),
    refused: Collection[str] = (),
) -> list[Plan]:
    """Balanced use: each profile takes the personalities that were taken least often so far, in a seeded order.

    No verdict comes back into the plan, so profiles can be tried side by side and the result is the same. What is
    `taken` (ids of profile and personality) from an earlier release stays and counts; what the judge `refused` there
    (ids of personas) is not tried again.
    """
    taken = set(taken)
    use = Counter(personality for _, personality in taken)
    plans = []
    for profile in profiles:
        left = [row for row in personalities if (profile.id, row.id) not in taken]
        wanted = max(0, per_profile - (len(personalities) - len(left)))
        left = [row for row in left if persona_id(profile.text, row.text) not in refused]
        left.sort(key=lambda row: (use[row.id], _draw(seed, profile.id, row.id)))
        use.update(row.id for row in left[:wanted])
        plans.append(Plan(profile, left, wanted))
    return plans


@dataclass
class Pairs:
    """The personas of some splits, and what their making dropped."""

    personas: list[PersonaRow] = field(default_factory=list)
    dropped: list[DroppedRow] = field(default_factory=list)
    short: int = 0  # profiles that got fewer personalities than wanted


class Pairing:
    """Asks the judge and keeps count: `judged` is `fits`, `contradiction` or why a verdict could not be read."""

    def __init__(self, calls: Calls) -> None:
        self.judged: Counter[str] = Counter()
        self.planned = self.done = 0  # personas of train and test
        self._calls = calls

    async def run(self, plans: Sequence[Plan], concurrency: int) -> Pairs:
        """The personas of all plans, in their order; as many profiles are open as keep `concurrency` calls going."""
        self.planned = sum(min(plan.wanted, len(plan.personalities)) for plan in plans)
        open_profiles = asyncio.Semaphore(concurrency)

        async def one(plan: Plan) -> Pairs:
            async with open_profiles:
                pairs = await self.one(plan)
            self.done += len(pairs.personas)
            return pairs

        parts = await asyncio.gather(*map(one, plans))
        return Pairs(
            [row for part in parts for row in part.personas],
            [row for part in parts for row in part.dropped],
            sum(part.short for part in parts),
        )

    async def one(self, plan: Plan) -> Pairs:
        """Asks for `wanted` pairs at once, then for as many as were dropped, until there are enough or none is left."""
        pairs, left = Pairs(), plan.personalities
        while left and len(pairs.personas) < plan.wanted:
            missing = plan.wanted - len(pairs.personas)
            batch, left = left[:missing], left[missing:]
            verdicts = await asyncio.gather(*(self._judge(plan.profile, personality) for personality in batch))
            for personality, why in zip(batch, verdicts, strict=True):
                if why is None:
                    pairs.personas.append(persona_of(plan.profile, personality))
                else:
                    pairs.dropped.append(_dropped(plan.profile, personality, *why))
        pairs.short = int(len(pairs.personas) < plan.wanted)
        return pairs

    async def _judge(self, profile: TextRow, personality: TextRow) -> tuple[str, str] | None:
        """None where the two can be one person, else reason and detail of the drop."""
        prompt = render("pair", facts=profile.statements, traits=personality.statements)
        verdict = await self._calls.ask_json("judge", [{"role": "user", "content": prompt}], _VERDICT, _contradiction)
        if isinstance(verdict, Rejected):
            verdict = (verdict.reason, "the judge gave no verdict")
        self.judged[verdict[0] if verdict else "fits"] += 1
        return verdict


def persona_of(profile: TextRow, personality: TextRow) -> PersonaRow:
    """The two as one person."""
    younger = max(profile, personality, key=lambda row: row.round)
    return PersonaRow(
        persona_id=persona_id(profile.text, personality.text),
        profile_id=profile.id,
        personality_id=personality.id,
        profile=profile.text,
        personality=personality.text,
        facts=profile.statements,
        traits=personality.statements,
        origin=younger.origin,
        round=younger.round,
        nearest=profile.nearest,
        model=younger.model,
        rehearsal=profile.rehearsal or personality.rehearsal,
    )


def _dropped(profile: TextRow, personality: TextRow, reason: str, detail: str) -> DroppedRow:
    id_ = persona_id(profile.text, personality.text)
    return DroppedRow("persona", id_, reason, detail, None, None, f"{profile.text}\n{personality.text}")


def _contradiction(value: Any) -> tuple[str, str] | None:  # noqa: ANN401 - any JSON value
    if not isinstance(value["contradiction"], bool):
        raise TypeError("contradiction is true or false")
    return ("contradiction", str(value.get("why", ""))) if value["contradiction"] else None


def _draw(*parts: object) -> bytes:
    return hashlib.sha256("|".join(map(str, parts)).encode()).digest()
