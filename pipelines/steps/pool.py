"""A pool of distinct texts of one kind: sample exemplars -> writer -> rules -> embed -> diversity -> pool, in rounds.

Nothing here depends on how fast or in which order calls come back: the calls of a round are decided before the round,
and what they bring is looked at in that order.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from filters import diversity, rules
from filters.embed import Embedder, Vectors
from filters.verdict import Drop, sift
from pipelines.calls import Calls, Rejected
from pipelines.errors import UserError
from pipelines.prompts import render
from pipelines.replies import cleaned
from pipelines.schema import PLURAL, DroppedRow, Kind, TextRow, text_id
from pipelines.seeds.reader import Seed

PER_CALL = 20  # texts asked for in one call, and
EXEMPLARS = 5  # pool examples shown in it: both as in the paper, section 3.1
_CALLS_A_ROUND = (
    8  # a round's texts are not yet exemplars in it: more calls a round are faster, and a little less varied
)
_PATIENCE = 3  # this many rounds in a row
_SATURATED = 0.05  # that keep less than this share of their candidates mean that the writer has nothing new to say

_CHECKS = {"profile": rules.check_profile, "personality": rules.check_personality}


@dataclass(frozen=True)
class Candidate:
    """A text before it has been looked at."""

    statements: list[str]
    origin: str
    round: int
    model: str | None
    source: str = ""  # of a seed: its file and line

    @property
    def text(self) -> str:
        return " ".join(self.statements)


@dataclass
class Round:
    """What one round of self-generation brought."""

    kind: Kind
    split: str
    round: int
    candidates: int
    kept: int


@dataclass
class Ledger:
    """What was dropped, and what each round brought, for manifest and card."""

    dropped: list[DroppedRow] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    saturated: dict[str, bool] = field(default_factory=dict)

    def drop(self, kind: Kind, candidate: Candidate, drop: Drop, nearest: tuple[str, float] | None = None) -> None:
        detail = "; ".join(part for part in (candidate.source, drop.detail) if part)
        id_, cosine = nearest or (None, None)
        self.dropped.append(
            DroppedRow(kind, text_id(kind, candidate.text), drop.reason, detail, id_, cosine, candidate.text)
        )


class Pool:
    """The kept texts of one kind, in the order in which they were admitted.

    Args:
        threshold: a text stays when its highest cosine to every earlier one is at most this.
        guards: further pools that a text must keep away from, each with its own, stricter bound and a reason slug.
    """

    def __init__(self, kind: Kind, embedder: Embedder, threshold: float, ledger: Ledger, *, rehearsal: bool) -> None:
        self.kind = kind
        self.rows: list[TextRow] = []
        self.guards: list[tuple[Pool, float, str]] = []
        self.round = 0
        self.ledger = ledger
        self._embedder, self._rehearsal = embedder, rehearsal
        self.index = diversity.Pool(embedder.dim, threshold)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def vectors(self) -> Vectors:
        """float32 [len(self), dim], unit rows, in the order of `rows`."""
        return self._embedder.encode([row.text for row in self.rows])

    def restore(self, rows: Sequence[TextRow]) -> None:
        """Takes the rows of an earlier release as they are."""
        if rows:
            self.index.add(self._embedder.encode([row.text for row in rows]))
            self.rows += rows

    def admit(self, candidates: Sequence[Candidate], split: str, limit: int) -> int:
        """Keeps what is sound and distinct, up to `limit` texts in all, and drops the rest with its reason."""
        checked = sift(candidates, lambda candidate: _CHECKS[self.kind](candidate.statements))
        for candidate, drop in checked.dropped:
            self.ledger.drop(self.kind, candidate, drop)
        sound = checked.kept
        for other, bound, reason in self.guards:
            sound = self._away_from(other, bound, reason, sound)
        if not sound:
            return 0
        before = len(self)
        vectors = self._embedder.encode([candidate.text for candidate in sound])
        admission = self.index.admit(vectors, limit=max(0, limit - before))
        for n, candidate in enumerate(sound):
            nearest = None
            if admission.nearest[n] >= 0:
                nearest = (self.rows[admission.nearest[n]].id, float(admission.cosine[n]))
            if admission.kept[n]:
                self.rows.append(self._row(candidate, split, self._nearer(vectors[n], nearest, split)))
            elif n >= admission.decided:
                self.ledger.drop(self.kind, candidate, Drop("surplus", "the pool was full"))
            else:
                self.ledger.drop(self.kind, candidate, Drop("near-duplicate"), nearest)
        return len(self) - before

    def _away_from(self, other: "Pool", bound: float, reason: str, candidates: list[Candidate]) -> list[Candidate]:
        if not candidates or not len(other):
            return candidates
        cosine, index = other.index.nearest(self._embedder.encode([candidate.text for candidate in candidates]))
        away = []
        for n, candidate in enumerate(candidates):
            if cosine[n] <= bound:
                away.append(candidate)
            else:
                self.ledger.drop(self.kind, candidate, Drop(reason), (other.rows[index[n]].id, float(cosine[n])))
        return away

    def _nearer(self, vector: Vectors, nearest: tuple[str, float] | None, split: str) -> tuple[str, float] | None:
        """For a held-out text the nearest of all texts, not of the held-out ones alone."""
        for other, _, _ in self.guards if split == "heldout" else []:
            cosine, index = other.index.nearest(vector[None])
            if len(other) and (nearest is None or cosine[0] > nearest[1]):
                nearest = (other.rows[index[0]].id, float(cosine[0]))
        return nearest

    def _row(self, candidate: Candidate, split: str, nearest: tuple[str, float] | None) -> TextRow:
        return TextRow(
            id=text_id(self.kind, candidate.text),
            text=candidate.text,
            statements=candidate.statements,
            split=split,
            origin=candidate.origin,
            round=candidate.round,
            nearest=nearest[1] if nearest else None,
            nearest_id=nearest[0] if nearest else None,
            model=candidate.model,
            rehearsal=self._rehearsal,
            replaces=None,
        )


async def grow(pool: Pool, target: int, calls: Calls, model: str, seed: int, *, split: str, exemplars: Pool) -> None:
    """Rounds until the pool holds `target` texts, or until it is saturated.

    Args:
        exemplars: the pool that examples are drawn from: itself, or for held-out texts the one they must differ from.

    Raises:
        UserError: no reply of the writer could be read for several rounds.
    """
    dry = silent = 0
    while len(pool) < target and dry < _PATIENCE:
        number = max(pool.round, exemplars.round) + 1
        pool.round = number
        wanted = min(_CALLS_A_ROUND, -(-(target - len(pool)) // PER_CALL))
        draws = random.Random(f"{seed} {pool.kind} {number}")
        shown = [draws.sample(exemplars.rows, min(EXEMPLARS, len(exemplars))) for _ in range(wanted)]
        replies = await asyncio.gather(
            *(_write(calls, pool.kind, [row.text for row in rows], _CALLS_A_ROUND * number + n)
              for n, rows in enumerate(shown))
        )  # fmt: skip
        candidates = [Candidate(statements, "generated", number, model) for reply in replies for statements in reply]
        kept = pool.admit(candidates, split, target)
        pool.ledger.rounds.append(Round(pool.kind, split, number, len(candidates), kept))
        silent = 0 if any(replies) else silent + 1
        if silent == _PATIENCE:
            raise UserError(
                f"the writer ({model}) gave no readable reply in {silent} rounds ({dict(calls.counts.unreadable)}): "
                "try its prompt by hand (pipelines/prompts), or cast another; everything finished is kept"
            )
        dry = dry + 1 if kept < _SATURATED * max(1, len(candidates)) else 0
    pool.ledger.saturated[f"{split} {PLURAL[pool.kind]}"] = len(pool) < target


async def plant(pool: Pool, seeds: Sequence[Seed], target: int, calls: Calls, model: str) -> None:
    """The seeds as round 0: the first distinct ones stay. Texts without statements are taken apart by the writer."""
    taken_apart = await asyncio.gather(*(_candidate(pool.kind, seed, calls, model) for seed in seeds))
    candidates = []
    for candidate, drop in taken_apart:
        if drop is None:
            candidates.append(candidate)
        else:
            pool.ledger.drop(pool.kind, candidate, drop)
    kept = pool.admit(candidates, "train", target)
    pool.ledger.rounds.append(Round(pool.kind, "train", 0, len(seeds), kept))


async def _write(calls: Calls, kind: Kind, exemplars: list[str], number: int) -> list[list[str]]:
    """The texts of one call, as lists of statements; none where no reply could be read."""
    name = PLURAL[kind]
    prompt = render(name, exemplars=exemplars, count=PER_CALL)
    listed = {"type": "array", "items": {"type": "array", "items": {"type": "string"}}}
    reply = await calls.ask_json(
        "writer", [{"role": "user", "content": prompt}], _object(**{name: listed}), lambda v: _texts(v, name),
        sample=number,
    )  # fmt: skip
    return [] if isinstance(reply, Rejected) else reply


async def _candidate(kind: Kind, seed: Seed, calls: Calls, model: str) -> tuple[Candidate, Drop | None]:
    if seed.statements:
        return Candidate(cleaned(seed.statements), "seed", 0, None, seed.source), None
    prompt = render("statements", text=seed.text)
    schema = _object(
        kind={"type": "string", "enum": ["profile", "personality", "other"]},
        language={"type": "string"},
        statements={"type": "array", "items": {"type": "string"}},
    )
    reply = await calls.ask_json("writer", [{"role": "user", "content": prompt}], schema, _description)
    as_it_came = Candidate([seed.text], "seed", 0, None, seed.source)
    if isinstance(reply, Rejected):
        return as_it_came, Drop(reply.reason, "the writer did not take it apart")
    if reply.kind != kind:
        return as_it_came, Drop("wrong-kind", f"reads as {reply.kind}, expected a {kind}")
    if reply.language != "en":
        return as_it_came, Drop("wrong-language", f"is in {reply.language}, expected en")
    return replace(as_it_came, statements=reply.statements, model=model), None


@dataclass(frozen=True)
class _Description:
    kind: str
    language: str
    statements: list[str]


def _description(value: Any) -> _Description:  # noqa: ANN401 - any JSON value
    kind, language, statements = value["kind"], value["language"], value["statements"]
    if not isinstance(kind, str) or not isinstance(language, str):
        raise TypeError("kind and language are strings")
    return _Description(kind.lower(), language.lower()[:2], cleaned(statements))


def _texts(value: Any, name: str) -> list[list[str]]:  # noqa: ANN401 - any JSON value
    texts = value[name] if isinstance(value, dict) else value  # some models leave the object out
    if not isinstance(texts, list) or not texts:
        raise ValueError("no texts")
    return [cleaned(statements) if isinstance(statements, list) else [str(statements)] for statements in texts]


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
