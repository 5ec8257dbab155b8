"""Growing a pool in rounds: what stays, what is dropped and why, and when it ends."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from filters.embed import Embedder, load_embedder
from pipelines.calls import Calls, Counts, Rejected
from pipelines.errors import UserError
from pipelines.schema import Kind
from pipelines.seeds.reader import Seed
from pipelines.steps.pool import Candidate, Ledger, Pool, grow, plant
from pipelines.views import Messages

LIVES = [
    "Repairs bicycles in Ghent. Is 61 years old. Keeps two deaf cats. Eats mussels on Fridays. Sings bass in a choir.",
    "Teaches physics in Lagos. Is 29 years old. Lives with three cousins. Paints model ships. Grows okra in buckets.",
    "Drives a night bus in Osaka. Is 47 years old. Has a son in Perth. Swims before sunrise. Collects old maps.",
    "Studies law in Quito. Is 22 years old. Rents a room above a bakery. Plays handball. Fears moths.",
]


def statements(text: str) -> list[str]:
    return [f"{part.strip('. ')}." for part in text.split(". ")]


def seed(text: str, line: int = 1) -> Seed:
    return Seed(text, statements(text), f"mine.jsonl:{line}")


class Writer:
    """Stands where Calls does: answers each prompt by a function, and keeps what it was asked."""

    def __init__(self, answer: Callable[[str], Any]) -> None:
        self.answer, self.prompts, self.counts = answer, list[str](), Counts()

    async def ask_json(
        self, role: str, messages: Messages, schema: object, read: Callable[[Any], Any], *, sample: int = 0
    ) -> Any:
        self.prompts.append(messages[0]["content"])
        value = self.answer(messages[0]["content"])
        await asyncio.sleep(0.001 * (sample % 3))  # replies come back in another order than they were asked for
        return value if isinstance(value, Rejected) else read(json.loads(json.dumps(value)))

    def calls(self) -> Calls:
        return cast(Calls, self)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder("lexical")


@pytest.fixture
def pool(embedder: Embedder) -> Pool:
    return Pool("profile", embedder, 0.7, Ledger(), rehearsal=False)


def planted(pool: Pool, seeds: list[Seed], answer: Callable[[str], Any] = lambda _: {}, target: int = 99) -> None:
    asyncio.run(plant(pool, seeds, target, Writer(answer).calls(), "m"))


def dropped(pool: Pool) -> list[tuple[str, str]]:
    return [(row.reason, row.detail) for row in pool.ledger.dropped]


def test_the_first_of_two_equal_seeds_stays_and_the_other_is_told_with_its_line(pool: Pool) -> None:
    planted(pool, [seed(LIVES[0], 1), seed(LIVES[1], 2), seed(LIVES[0], 3)])
    assert [row.text for row in pool.rows] == LIVES[:2]
    (row,) = pool.ledger.dropped
    assert (row.reason, row.detail, row.nearest_id) == ("near-duplicate", "mine.jsonl:3", pool.rows[0].id)
    assert row.nearest == pytest.approx(1.0)


def test_seeds_beyond_the_target_are_reported(pool: Pool) -> None:
    planted(pool, [seed(text, n) for n, text in enumerate(LIVES)], target=2)
    assert [row.text for row in pool.rows] == LIVES[:2]
    assert [reason for reason, _ in dropped(pool)] == ["surplus", "surplus"]


def test_a_seed_that_a_rule_refuses_is_told_with_its_line(pool: Pool) -> None:
    planted(pool, [seed("Is 44. Keeps hens.", 7)])
    ((reason, detail),) = dropped(pool)
    assert reason == "too-few-statements"
    assert detail.startswith("mine.jsonl:7")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"kind": "personality", "language": "en", "statements": statements(LIVES[0])}, "wrong-kind"),
        ({"kind": "profile", "language": "de", "statements": statements(LIVES[0])}, "wrong-language"),
        ({"kind": "profile", "language": "en", "statements": []}, "empty"),
        (Rejected("refusal"), "refusal"),
    ],
)
def test_a_text_that_cannot_be_taken_apart_is_dropped_with_its_reason(pool: Pool, answer: object, reason: str) -> None:
    planted(pool, [Seed("Some text of a user.", [], "mine.txt:2")], lambda _: answer)
    assert [drop[0] for drop in dropped(pool)] == [reason]
    assert len(pool) == 0


def test_a_text_without_statements_is_its_statements_from_then_on(pool: Pool) -> None:
    answer = {"kind": "Profile", "language": "en-GB", "statements": statements(LIVES[0])}
    planted(pool, [Seed("He repairs bicycles ...", [], "mine.txt:1")], lambda _: answer)
    assert (pool.rows[0].text, pool.rows[0].model, pool.rows[0].origin) == (LIVES[0], "m", "seed")


def test_rounds_go_on_until_the_target_and_show_texts_of_the_pool(pool: Pool) -> None:
    planted(pool, [seed(LIVES[0])])
    new = iter(LIVES[1:])
    writer = Writer(lambda _: {"profiles": [statements(next(new))]})
    asyncio.run(grow(pool, 3, writer.calls(), "m", 0, split="train", exemplars=pool))
    assert [row.text for row in pool.rows] == LIVES[:3]
    assert [row.round for row in pool.rows] == [0, 1, 2]
    assert LIVES[0] in writer.prompts[0]
    assert LIVES[1] in writer.prompts[1]
    assert pool.ledger.saturated == {"train profiles": False}


def test_a_writer_with_nothing_new_ends_the_rounds(pool: Pool) -> None:
    planted(pool, [seed(LIVES[0])])
    writer = Writer(lambda _: {"profiles": [statements(LIVES[0])]})
    asyncio.run(grow(pool, 9, writer.calls(), "m", 0, split="train", exemplars=pool))
    assert pool.ledger.saturated == {"train profiles": True}
    assert len(writer.prompts) == 3
    assert {reason for reason, _ in dropped(pool)} == {"near-duplicate"}


def test_a_writer_that_gives_no_readable_reply_is_an_error_and_no_full_pool(pool: Pool) -> None:
    planted(pool, [seed(LIVES[0])])
    writer = Writer(lambda _: Rejected("unreadable"))
    with pytest.raises(UserError, match=r"the writer \(m\) gave no readable reply in 3 rounds"):
        asyncio.run(grow(pool, 9, writer.calls(), "m", 0, split="train", exemplars=pool))


def test_one_malformed_text_of_a_reply_is_dropped_and_the_others_stay(pool: Pool) -> None:
    planted(pool, [seed(LIVES[0])])
    writer = Writer(lambda _: {"profiles": ["Is 44. Keeps hens.", {"no": "list"}, statements(LIVES[1])]})
    asyncio.run(grow(pool, 2, writer.calls(), "m", 0, split="train", exemplars=pool))
    assert [row.text for row in pool.rows] == LIVES[:2]
    assert [row.content for row in pool.ledger.dropped] == ["Is 44. Keeps hens.", "{'no': 'list'}"]


def test_held_out_texts_keep_away_from_training_and_never_become_exemplars(pool: Pool, embedder: Embedder) -> None:
    planted(pool, [seed(LIVES[0])])
    heldout = Pool("profile", embedder, 0.7, Ledger(), rehearsal=False)
    heldout.guards.append((pool, 0.65, "near-training"))
    answers = iter([LIVES[0], LIVES[1], LIVES[2]])
    writer = Writer(lambda _: {"profiles": [statements(next(answers))]})
    asyncio.run(grow(heldout, 2, writer.calls(), "m", 0, split="heldout", exemplars=pool))
    assert [row.text for row in heldout.rows] == LIVES[1:3]
    ((reason, _),) = dropped(heldout)
    assert reason == "near-training"
    assert heldout.ledger.dropped[0].nearest_id == pool.rows[0].id
    assert not any(LIVES[1] in prompt for prompt in writer.prompts)
    assert {row.split for row in heldout.rows} == {"heldout"}
    assert heldout.rows[0].nearest_id == pool.rows[0].id
    assert heldout.rows[0].nearest == pytest.approx(float(pool.vectors[0] @ heldout.vectors[0]), abs=1e-6)


def test_a_restored_pool_is_the_pool_that_new_texts_are_held_against(pool: Pool, embedder: Embedder) -> None:
    planted(pool, [seed(text) for text in LIVES[:2]])
    again = Pool("profile", embedder, 0.7, Ledger(), rehearsal=False)
    again.restore(pool.rows)
    again.admit([Candidate(statements(text), "generated", 1, "m") for text in LIVES[:3]], "train", 99)
    assert [row.text for row in again.rows] == LIVES[:3]


@pytest.mark.parametrize("kind", ["profile", "personality"])
def test_texts_are_stored_in_one_form_of_unicode_with_single_spaces(embedder: Embedder, kind: Kind) -> None:
    pool = Pool(kind, embedder, 0.99, Ledger(), rehearsal=False)
    odd = ["Likes  cafe\u0301s.", "Asks\nwhy.", "Laughs at own jokes.", "Types in lower case.", "Wants examples."]
    name = "profiles" if kind == "profile" else "personalities"
    writer = Writer(lambda _: {name: [odd]})
    asyncio.run(grow(pool, 1, writer.calls(), "m", 0, split="train", exemplars=pool))
    assert pool.rows[0].statements[:2] == ["Likes caf\u00e9s.", "Asks why."]
