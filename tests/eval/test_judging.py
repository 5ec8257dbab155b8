"""How answers of the judge and the inducer are asked for and read."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.model import ChatMessageUser, GenerateConfig, ModelOutput

from eval import judging
from pipelines.views import Persona

PERSONA = Persona(["Is 44.", "Keeps hens."], ["Is shy."])
PROMPT: Any = [ChatMessageUser(content="?")]


class Scripted:
    """A model that says one thing after the other, the last of them for ever."""

    def __init__(self, *answers: str) -> None:
        self.answers = answers
        self.seeds: list[int | None] = []

    async def generate(self, _prompt: Any, config: GenerateConfig) -> ModelOutput:
        self.seeds.append(config.seed)
        return ModelOutput.from_content("scripted", self.answers[min(len(self.seeds), len(self.answers)) - 1])


def votes(*answers: str, protocol: str = "plus", count: int = 1) -> tuple[list[judging.Vote | None], int]:
    model: Any = Scripted(*answers)
    return asyncio.run(judging.votes(model, PROMPT, protocol, count, 0))


GOOD = '{"style": 4, "content": 3, "manner": 5}'
VOTE = {"style": 4.0, "content": 3.0, "manner": 5.0}


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        f"Here it is:\n```json\n{GOOD}\n```\nAnything else?",
        f'<think>Is it {{"style": 1}}? Hm.</think>\n{GOOD}',
        '{"style": 4.0, "content": 3, "manner": 5, "why": "kind"}',
        '{"style": 4, "content": 3, "manner": 5, "why": {"of": "kindness", "in": {}}}',
        '{"style": 4, "content": 3, "manner": 5, "why": "not the {9} they ask for"}',
    ],
)
def test_a_vote_is_read_from_what_models_write_around_it(answer: str) -> None:
    assert votes(answer) == ([VOTE], 1)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "4",
        "null",
        "[4, 3, 5]",
        "{}",
        '{"style": 4, "content": 3}',
        '{"style": 0, "content": 3, "manner": 5}',
        '{"style": 6, "content": 3, "manner": 5}',
        '{"style": 5.5, "content": 3, "manner": 5}',
        '{"style": NaN, "content": 3, "manner": 5}',
        '{"style": Infinity, "content": 3, "manner": 5}',
        '{"style": true, "content": 3, "manner": 5}',
        '{"style": null, "content": 3, "manner": 5}',
        '{"style": "4/5", "content": 3, "manner": 5}',
        '{"style": [4], "content": 3, "manner": 5}',
        "<think>" + GOOD,
        "I'm sorry, but I can't help with that.",
    ],
)
def test_what_is_no_vote_is_asked_for_again_and_then_left_open(answer: str) -> None:
    assert votes(answer) == ([None], judging.ASKS)
    assert votes(answer, GOOD) == ([VOTE], 2)


BAD = '{"style": 1, "content": 1, "manner": 1}'


@pytest.mark.parametrize(
    "answer",
    [
        f"It asks for {BAD}, which I don't follow.\n{GOOD}",
        f"```json\n{BAD}\n```\nOn second thoughts:\n```json\n{GOOD}\n```",
        f"{BAD}{GOOD}",
        f"{BAD * 200} {GOOD}",
        f'{BAD} {GOOD} {{"style": 9, "content": 3, "manner": 5}}',
        f'{BAD} {GOOD} {{"why": "kind"}} {{}} {{',
    ],
)
def test_of_several_votes_the_last_that_can_be_read_counts(answer: str) -> None:
    """What stands before may be quoted from the reply, which may ask for any score."""
    assert votes(answer) == ([VOTE], 1)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [('{"shown": [0]} {"shown": [1]}', [1]), ('{"shown": [0]} {"shown": [99]}', [0]), ('{"shown": [0]} {}', [0])],
)
def test_the_last_of_the_inducers_answers_counts_too(answer: str, shown: list[int]) -> None:
    model: Any = Scripted(answer)
    assert asyncio.run(judging.disclosed(model, PROMPT, PERSONA, 0)) == (shown, 1)


def test_the_papers_vote_is_one_score() -> None:
    assert votes('{"score": 4}', protocol="paper") == ([{"score": 4.0}], 1)
    assert votes(GOOD, protocol="paper") == ([None], judging.ASKS)


@given(st.text(), st.integers(1, 4))
def test_no_answer_ends_a_run(answer: str, count: int) -> None:
    given_, asks = votes(answer, protocol="paper", count=count)
    assert len(given_) == count
    assert count <= asks <= count * judging.ASKS
    assert all(vote is None or 1 <= vote["score"] <= 5 for vote in given_)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda part: (
            st.lists(part) | st.dictionaries(st.sampled_from(["score", "shown", "broken", "why", "statements"]), part)
        ),
    )
)
def test_no_json_ends_a_run(value: Any) -> None:
    answer = json.dumps(value)
    model: Any = Scripted(answer)
    shown, _ = asyncio.run(judging.disclosed(model, PROMPT, PERSONA, 0))
    assert shown is None or set(shown) <= {0, 1, 2}
    found, _ = asyncio.run(judging.in_character(model, PERSONA, ["hi"], 0))
    assert found is None or found["broken"] in ([], [1])
    told = asyncio.run(judging.statements(model, "Is 44.\nKeeps hens.", 0))
    assert told
    assert all(one == " ".join(one.split()) != "" for one in told)


@given(st.integers(0, 2**31), st.integers(1, 9))
def test_all_asks_of_all_votes_have_seeds_of_their_own(seed: int, count: int) -> None:
    model: Any = Scripted("?")
    asyncio.run(judging.votes(model, PROMPT, "plus", count, seed))
    assert len(set(model.seeds)) == len(model.seeds) == count * judging.ASKS
    assert min(model.seeds) == seed


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ([], None),
        ([None, None], None),
        ([{"score": 4.0}], 4),
        ([None, {"score": 4.0}], 4),
        ([{"style": 1.0, "content": 2.0, "manner": 3.0}, {"style": 5.0, "content": 5.0, "manner": 5.0}], 3.5),
    ],
)
def test_a_score_is_the_mean_over_the_votes_that_can_be_read(
    given_: Sequence[judging.Vote | None], expected: float | None
) -> None:
    assert judging.mean(given_) == expected


@pytest.mark.parametrize(
    ("answer", "shown"),
    [('{"shown": [2, 0, 2]}', [0, 2]), ('{"shown": []}', []), ('{"shown": [3]}', None), ('{"shown": [true]}', None)],
)
def test_what_was_disclosed_are_numbers_of_the_statements(answer: str, shown: list[int] | None) -> None:
    model: Any = Scripted(answer)
    assert asyncio.run(judging.disclosed(model, PROMPT, PERSONA, 0))[0] == shown


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ('{"broken": [2, 1, 2], "why": "helps"}', {"broken": [1, 2], "why": "helps"}),
        ('{"broken": [], "why": null}', {"broken": [], "why": ""}),
        ('{"broken": []}', {"broken": [], "why": ""}),
        ('{"broken": [0]}', None),
        ('{"broken": [3]}', None),
        ('{"broken": "none"}', None),
    ],
)
def test_messages_out_of_character_are_counted_from_one(answer: str, found: dict[str, Any] | None) -> None:
    model: Any = Scripted(answer)
    assert asyncio.run(judging.in_character(model, PERSONA, ["hi", "hello"], 0)) == (
        found,
        1 if found else judging.ASKS,
    )


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ('{"kind": "profile", "statements": ["Is  44.", "", "Keeps\\nhens."]}', ["Is 44.", "Keeps hens."]),
        ('{"statements": []}', ["Is 44. Keeps hens."]),
        ('{"statements": "Is 44."}', ["Is 44. Keeps hens."]),
        ("I can't.", ["Is 44. Keeps hens."]),
    ],
)
def test_a_text_that_can_not_be_taken_apart_stays_whole(answer: str, found: list[str]) -> None:
    model: Any = Scripted(answer)
    assert asyncio.run(judging.statements(model, " Is 44.\nKeeps hens. ", 0)) == found
