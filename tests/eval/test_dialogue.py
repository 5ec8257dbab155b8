"""A conversation and what is written down of it: scores, votes, what was disclosed."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import SampleScore, Score

from eval.scoring import alignment
from tests.eval.players import (
    JUDGED,
    Answer,
    Call,
    about,
    only,
    persona,
    play,
    said,
    score_of,
    scripted,
    turns_of,
    values,
)


def metrics(log: EvalLog) -> dict[str, float]:
    assert log.results
    [score] = log.results.scores
    return {name: metric.value for name, metric in score.metrics.items()}


# What is written down


def test_scores_stand_in_the_log_by_turn(tmp_path: Path) -> None:
    log, _ = play(tmp_path, scripted(), personas=2, turns=2)
    assert log.status == "success"
    assert log.samples
    for sample in log.samples:
        assert score_of(sample).value == {"t01": 4.0, "t02": 4.0}
    assert metrics(log) == {"AL_01": 4.0, "AL_02": 4.0, "AL_mean": 4.0, "unscored": 0.0}
    assert (log.eval.metadata or {})["aloe"] | {"votes": 3, "protocol": "plus", "baseline": "plain", "turns": 2} == (
        log.eval.metadata or {}
    )["aloe"]


def test_a_turn_is_written_down_whole(tmp_path: Path) -> None:
    log, _ = play(tmp_path, scripted(inducer=lambda _, n: f'{{"shown": [{n}]}}'), turns=2)
    sample, [first, second] = only(log), turns_of(log)
    assert {key: second[key] for key in ("turn", "score", "asks", "disclosed", "cut")} == {
        "turn": 2,
        "score": 4.0,
        "asks": 3,
        "disclosed": [0, 1],
        "cut": False,
    }
    assert second["votes"] == [{"style": 4, "content": 3, "manner": 5}] * 3
    assert (first["message"], first["reply"]) == tuple(message.text for message in sample.messages[:2])
    assert first["tokens"] == len(first["reply"].split())
    assert "second" not in first
    assert set(about(log)) == {"turns", "shortened", "character", "calls"}
    assert about(log)["shortened"] is None
    assert about(log)["character"]["broken"] == []
    row = persona()
    assert sample.id == sample.metadata["persona_id"]
    assert {name: sample.metadata[name] for name in row} == row
    assert sample.metadata["nearest_profile"] is None


def test_the_papers_protocol_asks_for_one_score_and_nothing_else(tmp_path: Path) -> None:
    log, heard = play(tmp_path, scripted(), turns=2, protocol="paper")
    assert [turn["votes"] for turn in turns_of(log)] == [[{"score": 4.0}]] * 2
    assert [turn["disclosed"] for turn in turns_of(log)] == [None, None]
    assert about(log)["character"] is None
    assert [call.task for call in heard.of("judge")] == ["rate", "rate"]


def test_a_score_may_be_a_fraction_and_each_criterion_counts_alike(tmp_path: Path) -> None:
    given = ['{"style": 5, "content": 5, "manner": 2}', '{"style": 1, "content": 2.5, "manner": 1}']
    log, _ = play(
        tmp_path, scripted(judge=lambda call, n: given[n] if call.task == "criteria" else None), turns=1, votes=2
    )
    assert values(log) == {"t01": pytest.approx((4 + 1.5) / 2)}


# The judge


def test_a_judge_that_is_never_readable_leaves_every_turn_unscored_and_ends_nothing(tmp_path: Path) -> None:
    log, heard = play(tmp_path, scripted(judge=lambda *_: "I would rather not say."), turns=2)
    assert log.status == "success"
    assert all(math.isnan(score) for score in values(log).values())
    assert [(turn["score"], turn["votes"], turn["asks"]) for turn in turns_of(log)] == [(None, [None] * 3, 9)] * 2
    assert about(log)["character"] is None
    found = metrics(log)
    assert math.isnan(found["AL_mean"])
    assert found["unscored"] == 2
    assert len(heard.of("judge", "criteria")) == 2 * 3 * 3


def test_an_unscored_turn_is_left_out_of_the_mean_and_not_zero(tmp_path: Path) -> None:
    def judge(call: Call, _: int) -> Answer:
        return "no" if "<message>\nfirst" in call.text else None

    log, _ = play(tmp_path, scripted(judge=judge, user=lambda _, n: ["first", "second"][n]), turns=2)
    assert math.isnan(values(log)["t01"])
    assert metrics(log) == {
        "AL_01": pytest.approx(math.nan, nan_ok=True),
        "AL_02": 4.0,
        "AL_mean": 4.0,
        "unscored": 1.0,
    }


def test_a_judge_unreadable_at_first_is_asked_again_with_another_seed(tmp_path: Path) -> None:
    log, heard = play(tmp_path, scripted(judge=lambda _, n: "Hm." if n == 0 else None), turns=1, votes=1)
    assert [(turn["score"], turn["asks"]) for turn in turns_of(log)] == [(4.0, 2)]
    first, second = heard.of("judge", "criteria")
    assert first.messages == second.messages
    assert first.config.seed != second.config.seed


def test_one_unreadable_vote_leaves_the_others(tmp_path: Path) -> None:
    def judge(call: Call, _: int) -> Answer:
        seed = call.config.seed or 0
        return "No." if call.task == "criteria" and seed // 1000 % 10 == 1 else None  # all asks of the second vote

    log, _ = play(tmp_path, scripted(judge=judge), turns=1)
    [turn] = turns_of(log)
    assert (turn["score"], turn["votes"][1], turn["asks"]) == (4.0, None, 5)


def test_every_call_has_its_own_seed(tmp_path: Path) -> None:
    """Else a server that keeps to seeds gives the same vote again and again."""
    log, heard = play(tmp_path, scripted(), turns=2, named=["user", "judge", "second_judge"], seed=7)
    assert log.status == "success"
    votes = [call.config.seed for call in heard.of("judge", "criteria")]
    assert len(set(votes)) == len(votes) == 6
    assert None not in votes
    for role in ("user", "second_judge"):
        assert len({call.config.seed for call in heard.of(role)}) == 2
    _, again = play(tmp_path, scripted(), turns=2, named=["user", "judge", "second_judge"], seed=7)
    _, other = play(tmp_path, scripted(), turns=2, named=["user", "judge", "second_judge"], seed=100_008)
    seeds = [sorted(call.config.seed or 0 for call in one.of("judge")) for one in (heard, again, other)]
    assert seeds[0] == seeds[1]
    assert not set(seeds[0]) & set(seeds[2])


@pytest.mark.parametrize("baseline", ["plain", "infer", "persona"])
def test_the_evaluated_model_has_the_runs_seed_in_every_baseline(tmp_path: Path, baseline: str) -> None:
    _, heard = play(tmp_path, scripted(), turns=1, seed=7, baseline=baseline)
    assert {call.config.seed for call in heard.of("assistant")} == {7}


def test_judging_goes_on_beside_the_next_turns(tmp_path: Path) -> None:
    """The votes on turn 1 come only after turn 2 was played, and is judged too."""
    went_on = anyio.Event()

    async def vote(call: Call) -> Answer:
        if "<message>\nmessage 2" in call.text:
            went_on.set()
        with anyio.fail_after(5):
            await went_on.wait()
        return JUDGED["criteria"]

    judge = scripted(
        user=lambda _, number: f"message {number + 1}",
        judge=lambda call, _: vote(call) if call.task == "criteria" else None,
    )
    log, _ = play(tmp_path, judge, turns=2)
    assert values(log) == {"t01": 4.0, "t02": 4.0}


# The inducer


def test_an_unreadable_inducer_leaves_its_turn_open_and_the_next_goes_on(tmp_path: Path) -> None:
    def inducer(call: Call, _: int) -> Answer:
        turn = (call.config.seed or 0) // 10_000
        return "?" if turn == 2 else f'{{"shown": [{turn}]}}'

    named = ["user", "judge", "inducer", "second_judge"]
    log, heard = play(tmp_path, scripted(inducer=inducer), turns=3, named=named)
    assert [turn["disclosed"] for turn in turns_of(log)] == [[1], None, [1, 3]]
    assert [turn["score"] for turn in turns_of(log)] == [4.0, None, 4.0]  # what a reply could know is not known there
    assert [(len(turn["votes"]), turn["asks"]) for turn in turns_of(log)] == [(3, 3), (0, 0), (3, 3)]
    assert len(heard.of("judge", "criteria")) == 3 + 3
    assert len(heard.of("second_judge")) == 2
    asks = [call.config.seed for call in heard.of("inducer")]
    assert len(asks) == len(set(asks)) == 5


@pytest.mark.parametrize(
    "answer", ['{"shown": [99]}', '{"shown": [-1]}', '{"shown": ["0"]}', '{"shown": 3}', "[]", "{}"]
)
def test_a_statement_that_there_is_not_counts_as_unreadable(tmp_path: Path, answer: str) -> None:
    log, _ = play(tmp_path, scripted(inducer=lambda *_: answer), turns=1)
    assert [(turn["disclosed"], turn["score"]) for turn in turns_of(log)] == [(None, None)]


# The metric


def _scored(*rows: Mapping[str, float]) -> list[SampleScore]:
    return [SampleScore(score=Score(value=dict(row))) for row in rows]


def test_the_metric_takes_nothing_and_partial_results() -> None:
    """Inspect calls it on both, while a run goes on."""
    compute: Any = alignment()
    nan = math.nan
    assert compute([]) == {}
    assert compute([SampleScore(score=Score(value=nan))]) == {}
    assert compute(_scored({"t01": 2.0, "t02": nan}, {"t01": 4.0, "t02": nan})) == {
        "AL_01": 3.0,
        "AL_02": pytest.approx(nan, nan_ok=True),
        "AL_mean": 3.0,
        "unscored": 2.0,
    }
    assert math.isnan(compute(_scored({"t01": nan}))["AL_mean"])


def test_outputs_of_the_mock_have_their_usage() -> None:
    """Without it the mock fetches a tokenizer."""
    assert isinstance(said("hi"), ModelOutput)
    assert said("hi").usage
