"""What reviewers took out of the personas, put back: the tables as they were before any review.

A withdrawn row stands in `dropped` as JSON: a text as {"at": 17, "row": {...}}, a persona as {"at": 120, "pair":
["pr-...", "pe-..."]}, with its place among those of its split.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pipelines.persona_job import Tables
from pipelines.schema import KINDS, PLURAL, SPLITS, DroppedRow, Kind, PersonaRow, TextRow
from pipelines.steps.pairing import persona_of

T = TypeVar("T")


def withdrawn_texts(dropped: Iterable[DroppedRow], kind: Kind) -> list[TextRow]:
    """The texts that reviewers took out."""
    return [TextRow(**found["row"]) for found in _withdrawn(dropped, kind)]


def texts_before(tables: Tables, kind: Kind) -> list[TextRow]:
    """The texts of a kind as they were before any review, split by split."""
    back = [(found["at"], TextRow(**found["row"])) for found in _withdrawn(tables["dropped"], kind)]
    stayed = [row for row in tables[PLURAL[kind]] if row.replaces is None]
    return [
        row
        for split in SPLITS
        for row in _put_back(
            [row for row in stayed if row.split == split], [(at, row) for at, row in back if row.split == split]
        )
    ]


def personas_before(tables: Tables, texts: Mapping[str, TextRow]) -> dict[str, list[PersonaRow]]:
    """Split -> its personas, likewise. One that came to be with an edited text has the old one."""
    old = {row.id: row.replaces or row.id for kind in KINDS for row in tables[PLURAL[kind]]}
    back = [(found["at"], (found["pair"][0], found["pair"][1])) for found in _withdrawn(tables["dropped"], "persona")]
    taken = {pair for _, pair in back}
    rows = {(row.profile_id, row.personality_id): row for row in (*tables["personas"], *tables["heldout"])}
    pairs = [pair for now in rows if (pair := (old[now[0]], old[now[1]])) not in taken]
    return {
        split: [
            rows.get(pair) or persona_of(texts[pair[0]], texts[pair[1]])
            for pair in _put_back(
                [pair for pair in pairs if texts[pair[0]].split == split],
                [(at, pair) for at, pair in back if texts[pair[0]].split == split],
            )
        ]
        for split in SPLITS
    }


def _withdrawn(dropped: Iterable[DroppedRow], kind: str) -> list[dict[str, Any]]:
    return [json.loads(row.withdrawn) for row in dropped if row.kind == kind and row.withdrawn]


def _put_back(stayed: Sequence[T], back: Iterable[tuple[int, T]]) -> list[T]:
    """What stayed and what comes back, each of this at the place that it had among all."""
    rows = list(stayed)
    for at, row in sorted(back, key=lambda one: one[0]):
        rows.insert(at, row)
    return rows
