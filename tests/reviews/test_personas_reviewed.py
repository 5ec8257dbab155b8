"""Reviewers' verdicts on the tables of personas: what leaves, what comes instead, and that all of it can be undone."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.embed import Embedder, load_embedder
from pipelines.persona_job import Tables
from pipelines.reviews.personas import reviewed
from pipelines.reviews.verdicts import Verdict
from pipelines.reviews.withdrawn import withdrawn_texts
from pipelines.schema import KINDS, PLURAL, DroppedRow, Kind, PersonaRow, TextRow, persona_id, text_id
from pipelines.seeds.reader import SEED_FILES, read_seeds
from pipelines.steps.heldout import certified
from pipelines.steps.pairing import persona_of

THRESHOLDS: Mapping[Kind, float] = {"profile": 0.70, "personality": 0.80}
SPLIT_OF = ["train", "train", "train", "train", "test", "heldout", "heldout"]
REJECT = Verdict("review:unsafe", "reject: 1 of 1 answers; unsafe", None)
SEEDS = {kind: [seed.statements for seed in read_seeds(str(SEED_FILES[kind]), kind)] for kind in KINDS}


def edit(statements: list[str]) -> Verdict:
    return Verdict("review:edited", "edit: 1 of 1 answers", statements)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder("lexical")


@pytest.fixture(scope="module")
def tables(embedder: Embedder) -> Tables:
    """Seven texts of each kind, every pair inside a split, and something that was dropped before any review."""
    texts = {
        kind: [
            TextRow(text_id(kind, " ".join(of)), " ".join(of), of, split, "generated", n, 0.5, None, "m", True, None)
            for n, (of, split) in enumerate(zip(SEEDS[kind], SPLIT_OF, strict=False))
        ]
        for kind in KINDS
    }
    pairs = [
        persona_of(profile, personality)
        for profile in texts["profile"]
        for personality in texts["personality"]
        if profile.split == personality.split
    ]
    heldout = {row.id for row in texts["profile"] if row.split == "heldout"}
    vectors = {
        split: {
            kind: (
                chosen := [row for row in texts[kind] if row.split == split],
                embedder.encode([row.text for row in chosen]),
            )
            for kind in KINDS
        }
        for split in ("heldout", "train")
    }
    held = [row for row in pairs if row.profile_id in heldout]
    return {
        **{PLURAL[kind]: texts[kind] for kind in KINDS},
        "personas": [row for row in pairs if row.profile_id not in heldout],
        "heldout": held,
        "aloe": certified(held, vectors["heldout"], vectors["train"]),
        "dropped": [DroppedRow("profile", "pr-0", "too-short", "", None, None, "x")],
    }


def made(tables: Tables, found: Mapping[str, Verdict], embedder: Embedder) -> Tables:
    return reviewed(tables, found, embedder, THRESHOLDS)[0]


def left(tables: Tables, kind: str) -> dict[str, str]:
    """What left by the word of reviewers: id -> reason."""
    return {row.id: row.reason for row in tables["dropped"] if row.kind == kind and row.reason.startswith("review:")}


def test_without_verdicts_everything_stays_and_what_there_was_is_counted(tables: Tables, embedder: Embedder) -> None:
    after, of = reviewed(tables, {}, embedder, THRESHOLDS)
    assert after == tables
    assert {kind: len(ids) for kind, ids in of.items()} == {"profile": 7, "personality": 7, "persona": 16 + 1 + 4}


def test_a_rejected_text_takes_its_personas_along(tables: Tables, embedder: Embedder) -> None:
    gone = tables["profiles"][1]
    after = made(tables, {gone.id: REJECT, "pr-unknown": REJECT}, embedder)
    assert gone not in after["profiles"]
    assert len(after["profiles"]) == 6
    assert {row.profile_id for row in after["personas"]} == {row.id for row in tables["profiles"][:5]} - {gone.id}
    assert left(after, "profile") == {gone.id: "review:unsafe"}
    theirs = {row.persona_id for row in tables["personas"] if row.profile_id == gone.id}
    assert left(after, "persona") == dict.fromkeys(theirs, "review:unsafe")
    (row,) = (row for row in after["dropped"] if row.id == gone.id)
    assert (row.content, row.detail) == (gone.text, REJECT.detail)
    assert after["dropped"][0] == tables["dropped"][0]
    assert withdrawn_texts(after["dropped"], "profile") == [gone]
    assert withdrawn_texts(after["dropped"], "personality") == []


def test_a_rejected_pairing_leaves_alone(tables: Tables, embedder: Embedder) -> None:
    gone = tables["personas"][3]
    after = made(tables, {gone.persona_id: REJECT}, embedder)
    assert after["personas"] == [row for row in tables["personas"] if row != gone]
    assert left(after, "persona") == {gone.persona_id: "review:unsafe"}
    assert (after["profiles"], after["personalities"]) == (tables["profiles"], tables["personalities"])


def test_an_edited_text_takes_the_old_one_s_place_and_its_personas_follow(tables: Tables, embedder: Embedder) -> None:
    old, statements = tables["profiles"][1], [*SEEDS["profile"][10]]
    after = made(tables, {old.id: edit(statements)}, embedder)
    new = after["profiles"][1]
    assert (new.id, new.text) == (text_id("profile", " ".join(statements)), " ".join(statements))
    assert (new.replaces, new.statements, new.split, new.origin) == (old.id, statements, "train", "generated")
    assert (new.round, new.model, new.rehearsal) == (old.round, old.model, True)
    assert new.nearest is not None
    assert new.nearest_id in {row.id for row in tables["profiles"]}
    for before, now in zip(tables["personas"], after["personas"], strict=True):
        if before.profile_id == old.id:
            assert (now.profile_id, now.profile, now.facts) == (new.id, new.text, statements)
            assert now.persona_id == persona_id(new.text, before.personality)
        else:
            assert now == before
    assert set(left(after, "persona").values()) == set(left(after, "profile").values()) == {"review:edited"}


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (["Is 44.", "Keeps hens."], "review:too-few-statements"),
        (SEEDS["profile"][0], "review:near-duplicate"),
        (SEEDS["profile"][5], "review:near-heldout"),
    ],
)
def test_an_edit_that_the_filters_refuse_is_told_and_the_old_text_leaves_all_the_same(
    tables: Tables, embedder: Embedder, statements: list[str], reason: str
) -> None:
    old = tables["profiles"][1]
    after = made(tables, {old.id: edit(statements)}, embedder)
    assert len(after["profiles"]) == 6
    assert left(after, "profile") == {old.id: "review:edited", text_id("profile", " ".join(statements)): reason}
    assert set(left(after, "persona").values()) == {reason}
    assert made(after, {}, embedder) == tables


def test_a_held_out_text_keeps_its_distance_when_it_is_edited_and_the_certificate_is_new(
    tables: Tables, embedder: Embedder
) -> None:
    held = tables["profiles"][5]
    refused = made(tables, {held.id: edit(SEEDS["profile"][0])}, embedder)
    assert "review:near-training" in left(refused, "profile").values()
    after = made(tables, {held.id: edit(SEEDS["profile"][11])}, embedder)
    assert [row.profile_id for row in after["aloe"]] == [row.profile_id for row in after["heldout"]]
    assert after["profiles"][5].split == "heldout"
    nearest = after["aloe"][0].nearest_profile_id
    gone = made(tables, {nearest: REJECT}, embedder)
    assert nearest not in {row.nearest_profile_id for row in gone["aloe"]}


def test_an_edited_text_can_be_rejected_and_edited_again(tables: Tables, embedder: Embedder) -> None:
    old, first, second = tables["profiles"][1], SEEDS["profile"][10], SEEDS["profile"][11]
    once = text_id("profile", " ".join(first))
    after = made(tables, {old.id: edit(first), once: REJECT}, embedder)
    assert left(after, "profile") == {old.id: "review:edited", once: "review:unsafe"}
    assert len(after["profiles"]) == 6
    after = made(after, {old.id: edit(first), once: edit(second)}, embedder)
    assert (after["profiles"][1].statements, after["profiles"][1].replaces) == (second, old.id)
    back = made(after, {old.id: edit(first), once: edit(old.statements)}, embedder)
    assert back == tables


def test_a_text_that_was_edited_into_itself_stays(tables: Tables, embedder: Embedder) -> None:
    old = tables["profiles"][1]
    assert made(tables, {old.id: edit([old.text])}, embedder) == tables


def test_a_pairing_that_was_rejected_stays_away_when_its_text_is_edited(tables: Tables, embedder: Embedder) -> None:
    gone, old = tables["personas"][4], tables["profiles"][1]
    assert gone.profile_id == old.id
    after = made(tables, {old.id: edit(SEEDS["profile"][10]), gone.persona_id: REJECT}, embedder)
    assert len(after["personas"]) == len(tables["personas"]) - 1
    assert left(after, "persona")[gone.persona_id] == "review:unsafe"


def test_a_persona_that_came_to_be_with_an_edited_text_has_the_old_one_when_the_edit_is_taken_back(
    tables: Tables, embedder: Embedder
) -> None:
    """A pool that was enlarged after a review pairs its new profiles with edited personalities, too."""
    old = tables["personalities"][0]
    after = made(tables, {old.id: edit(SEEDS["personality"][10])}, embedder)
    statements = SEEDS["profile"][12]
    text = " ".join(statements)
    more = TextRow(text_id("profile", text), text, statements, "train", "generated", 9, 0.5, None, "m", True, None)
    grown = {
        **after,
        "profiles": [*after["profiles"], more],
        "personas": [*after["personas"], persona_of(more, after["personalities"][0])],
    }
    back = made(grown, {}, embedder)
    assert back["personas"][-2] == persona_of(more, old)  # the last of train; one persona of test follows
    assert [row for row in back["personas"] if row.profile_id != more.id] == tables["personas"]


SOME = st.sampled_from(range(7))
VERDICTS = st.one_of(st.just(REJECT), st.integers(7, 19))  # a number is an edit into that seed


@settings(max_examples=30, deadline=None)
@given(
    earlier=st.dictionaries(st.tuples(st.sampled_from(KINDS), SOME), VERDICTS, max_size=6),
    later=st.dictionaries(st.tuples(st.sampled_from(KINDS), SOME), VERDICTS, max_size=6),
    pairings=st.sets(st.integers(0, 16), max_size=4),
)
def test_the_last_verdicts_alone_decide_whatever_earlier_ones_did(
    tables: Tables, embedder: Embedder, earlier: Any, later: Any, pairings: set[int]
) -> None:
    def found(drawn: Mapping[tuple[Kind, int], Verdict | int]) -> dict[str, Verdict]:
        return {
            tables[PLURAL[kind]][n].id: edit(SEEDS[kind][one]) if isinstance(one, int) else one
            for (kind, n), one in drawn.items()
        }

    first = found(earlier) | {tables["personas"][n].persona_id: REJECT for n in pairings}
    after = made(tables, first, embedder)
    assert made(after, first, embedder) == after
    assert made(after, found(later), embedder) == made(tables, found(later), embedder)
    assert made(after, {}, embedder) == tables
    for row in after["dropped"]:
        assert row.withdrawn is None or json.loads(row.withdrawn)["at"] >= 0


def test_every_persona_has_texts_that_are_there(tables: Tables, embedder: Embedder) -> None:
    found = {tables["profiles"][n].id: one for n, one in enumerate([REJECT, edit(SEEDS["profile"][12]), REJECT])}
    after = made(tables, found, embedder)
    texts = {row.id: row for kind in KINDS for row in after[PLURAL[kind]]}
    rows: list[PersonaRow] = [*after["personas"], *after["heldout"]]
    assert rows
    for row in rows:
        assert texts[row.profile_id].text == row.profile
        assert texts[row.personality_id].text == row.personality
        assert texts[row.profile_id].split == texts[row.personality_id].split
