"""What reviewers decided about personas, made true of the tables: rejected texts and pairings leave, an edited text is
filtered again and takes the place of the old one, and every persona that has it follows.

What leaves stands in `dropped`, with a reason that begins with `review:` and with all that it takes to put it back. So
verdicts are always applied to the tables as they were before any review, and reviewers may change their minds.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from filters.embed import Embedder, Vectors
from pipelines.persona_job import Tables, heldout_bound
from pipelines.records import to_table
from pipelines.reviews.decisions import EDIT_OF, REVIEW
from pipelines.reviews.verdicts import Verdict
from pipelines.reviews.withdrawn import personas_before, texts_before
from pipelines.schema import KINDS, PLURAL, SPLITS, DroppedRow, Kind, PersonaRow, TextRow, text_id
from pipelines.steps.heldout import certified
from pipelines.steps.pairing import persona_of
from pipelines.steps.pool import Candidate, Ledger, Pool


def reviewed(
    tables: Tables, verdicts: Mapping[str, Verdict], embedder: Embedder, thresholds: Mapping[Kind, float]
) -> tuple[Tables, dict[str, set[str]]]:
    """The tables as these verdicts make them, whatever earlier ones did to them; and by kind the ids of the profiles,
    personalities and personas that there were before any review.

    Args:
        verdicts: by the id of the object; those on objects that are not there have no effect.
        thresholds: the highest cosine of two texts that both stay, an edited one too.
    """
    texts = {kind: texts_before(tables, kind) for kind in KINDS}
    personas = personas_before(tables, {row.id: row for rows in texts.values() for row in rows})
    dropped = [row for row in tables["dropped"] if not row.reason.startswith(REVIEW)]
    now: dict[str, TextRow | DroppedRow] = {}
    for kind in KINDS:
        settling = _Settling(kind, texts[kind], verdicts, embedder, thresholds[kind])
        now |= settling.now
        dropped += settling.dropped
    kept = dict[str, list[PersonaRow]]()
    for split in SPLITS:
        kept[split], left = _follow(personas[split], now, verdicts)
        dropped += left
    stay = {kind: [row for old in texts[kind] if isinstance(row := now[old.id], TextRow)] for kind in KINDS}
    vectors = {
        split: {kind: _embedded(stay[kind], split, embedder) for kind in KINDS} for split in ("heldout", "train")
    }
    result: Tables = {
        **{PLURAL[kind]: rows for kind, rows in stay.items()},
        "personas": kept["train"] + kept["test"],
        "heldout": kept["heldout"],
        "aloe": certified(kept["heldout"], vectors["heldout"], vectors["train"]),
        "dropped": dropped,
    }
    before = {str(kind): {row.id for row in rows} for kind, rows in texts.items()}
    return result, before | {"persona": {row.persona_id for rows in personas.values() for row in rows}}


def _embedded(rows: Sequence[TextRow], split: str, embedder: Embedder) -> tuple[list[TextRow], Vectors]:
    chosen = [row for row in rows if row.split == split]
    return chosen, embedder.encode([row.text for row in chosen])


class _Settling:
    """What becomes of the texts of one kind: `now` has for each id what stands in its place, or why nothing does."""

    def __init__(
        self,
        kind: Kind,
        rows: Sequence[TextRow],
        verdicts: Mapping[str, Verdict],
        embedder: Embedder,
        threshold: float,
    ) -> None:
        self.kind, self.verdicts = kind, verdicts
        self.now: dict[str, TextRow | DroppedRow] = {}
        self.dropped: list[DroppedRow] = []
        self._ledger = Ledger()
        main, heldout = (Pool(kind, embedder, threshold, self._ledger, rehearsal=False) for _ in range(2))
        main.guards.append((heldout, heldout_bound(threshold), "near-heldout"))
        heldout.guards.append((main, heldout_bound(threshold), "near-training"))
        self._pools = {split: heldout if split == "heldout" else main for split in SPLITS}
        wanted = {row.id: self._wanted(row) for row in rows}
        for row in rows:
            if wanted[row.id][0] == row.statements:
                self.now[row.id] = row
        main.restore([row for row in self.now.values() if isinstance(row, TextRow) and row.split != "heldout"])
        heldout.restore([row for row in self.now.values() if isinstance(row, TextRow) and row.split == "heldout"])
        places = Counter[str]()
        for row in rows:
            if row.id not in self.now:
                self._replace(row, places[row.split], *wanted[row.id])
            places[row.split] += 1

    def _wanted(self, row: TextRow) -> tuple[list[str] | None, list[DroppedRow]]:
        """The statements that reviewers want in its place, None where nothing, and what they did away with for it."""
        statements, id_, dropped = row.statements, row.id, list[DroppedRow]()
        while (verdict := self.verdicts.get(id_)) is not None and id_ not in {earlier.id for earlier in dropped}:
            text = " ".join(statements)
            dropped.append(DroppedRow(self.kind, id_, verdict.reason, verdict.detail, None, None, text))
            if verdict.statements is None:
                return None, dropped
            statements = verdict.statements
            id_ = text_id(self.kind, " ".join(statements))
        return (row.statements, []) if id_ == row.id else (statements, dropped)

    def _replace(self, row: TextRow, at: int, statements: list[str] | None, dropped: list[DroppedRow]) -> None:
        """Takes a text out, and lets in what is to stand in its place, if the filters do."""
        dropped[0] = replace(dropped[0], withdrawn=json.dumps({"at": at, "row": _stored(row)}))
        self.now[row.id] = dropped[-1]
        if statements is not None:
            pool = self._pools[row.split]
            if pool.admit([Candidate(statements, row.origin, row.round, row.model)], row.split, len(pool) + 1):
                self.now[row.id] = replace(pool.rows[-1], replaces=row.id, rehearsal=row.rehearsal)
            else:
                refused = self._ledger.dropped[-1]
                detail = "; ".join(filter(None, [f"{EDIT_OF} {row.id}", refused.detail]))
                refused = replace(refused, reason=REVIEW + refused.reason, detail=detail)
                dropped.append(refused)
                self.now[row.id] = refused
        self.dropped += dropped


def _stored(row: TextRow) -> dict[str, Any]:
    """A row as it comes out of its file: numbers have 32 bits there."""
    (stored,) = to_table(TextRow, [row]).to_pylist()
    return dict(stored)


def _follow(
    rows: Sequence[PersonaRow], now: Mapping[str, TextRow | DroppedRow], verdicts: Mapping[str, Verdict]
) -> tuple[list[PersonaRow], list[DroppedRow]]:
    """The personas of a split with what their texts are now, and those that left."""
    kept, dropped = list[PersonaRow](), list[DroppedRow]()
    for at, row in enumerate(rows):
        profile, personality = now[row.profile_id], now[row.personality_id]
        new = None
        if isinstance(profile, TextRow) and isinstance(personality, TextRow):
            same = (profile.id, personality.id) == (row.profile_id, row.personality_id)
            new = row if same else persona_of(profile, personality)
        verdict = verdicts.get(row.persona_id) or (verdicts.get(new.persona_id) if new else None)
        if new and not verdict:
            kept.append(new)
            if new is row:
                continue
        if verdict:
            reason, detail = verdict.reason, verdict.detail
        elif new:
            reason, detail = f"{REVIEW}edited", f"is {new.persona_id} now"
        else:
            gone = profile if isinstance(profile, DroppedRow) else personality
            assert isinstance(gone, DroppedRow)
            reason, detail = gone.reason, f"its {gone.kind} {gone.id} left"
        place = json.dumps({"at": at, "pair": [row.profile_id, row.personality_id]})
        content = f"{row.profile}\n{row.personality}"
        dropped.append(DroppedRow("persona", row.persona_id, reason, detail, None, None, content, place))
    return kept, dropped
