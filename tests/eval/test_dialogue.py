"""A conversation and what is written down of it, on good days and on bad ones."""

import math
from collections.abc import Callable, Mapping
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
    Instead,
    only,
    persona,
    play,
    said,
    score_of,
    turns_of,
    write_rows,
)

Plays = Callable[[Call, int], "Answer | Any"]


def scripted(**by_role: Plays) -> Instead:
    """What some roles say instead; the judge of the rest gives what `JUDGED` holds."""

    def instead(role: str, call: Call, before: int) -> Any:
        answer = by_role[role](call, before) if role in by_role else None
        return JUDGED.get(call.task) if answer is None and role.endswith("judge") else answer

    return instead


def values(log: EvalLog) -> dict[str, float]:
    value = score_of(only(log)).value
    assert isinstance(value, Mapping)
    return {turn: float(score) for turn, score in value.items()}  # type: ignore[arg-type]


def metrics(log: EvalLog) -> dict[str, float]:
    assert log.results
    [score] = log.results.scores
    return {name: metric.value for name, metric in score.metrics.items()}


def about(log: EvalLog) -> dict[str, Any]:
    return score_of(only(log)).metadata or {}


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

    log, heard = play(tmp_path, scripted(inducer=inducer), turns=3)
    assert [turn["disclosed"] for turn in turns_of(log)] == [[1], None, [1, 3]]
    assert [turn["score"] for turn in turns_of(log)] == [4.0, None, 4.0]  # what a reply could know is not known there
    asks = [call.config.seed for call in heard.of("inducer")]
    assert len(asks) == len(set(asks)) == 5


@pytest.mark.parametrize(
    "answer", ['{"shown": [99]}', '{"shown": [-1]}', '{"shown": ["0"]}', '{"shown": 3}', "[]", "{}"]
)
def test_a_statement_that_there_is_not_counts_as_unreadable(tmp_path: Path, answer: str) -> None:
    log, _ = play(tmp_path, scripted(inducer=lambda *_: answer), turns=1)
    assert [(turn["disclosed"], turn["score"]) for turn in turns_of(log)] == [(None, None)]


# The user


def test_a_user_that_says_nothing_is_asked_again_with_another_seed(tmp_path: Path) -> None:
    log, heard = play(tmp_path, scripted(user=lambda _, n: " \n" if n == 0 else "hello"), turns=1)
    assert [turn["message"] for turn in turns_of(log)] == ["hello"]
    first, second = heard.of("user")
    assert first.messages == second.messages
    assert first.config.seed != second.config.seed


def test_a_user_that_falls_silent_shortens_the_conversation(tmp_path: Path) -> None:
    log, heard = play(tmp_path, scripted(user=lambda _, n: "hello" if n < 2 else ""), turns=4)
    assert log.status == "success"
    assert {turn: score for turn, score in values(log).items() if not math.isnan(score)} == {"t01": 4.0, "t02": 4.0}
    assert list(values(log)) == ["t01", "t02", "t03", "t04"]
    assert about(log)["shortened"] == "the user said nothing at turn 3"
    assert about(log)["character"]["broken"] == []
    assert len(heard.of("user")) == 2 + 3
    assert metrics(log)["unscored"] == 2


def test_a_user_that_never_speaks_is_told_of_and_nothing_is_scored(tmp_path: Path) -> None:
    log, heard = play(tmp_path, scripted(user=lambda *_: ""), turns=2)
    assert log.status == "success"
    told: dict[str, Any] = {"turns": [], "shortened": "the user said nothing at turn 1", "character": None}
    assert about(log) == told | {"calls": {"user": 3}}
    assert heard.of("assistant") == heard.of("judge") == []


@pytest.mark.parametrize("leak", ["<persona>", "</persona>", "<disclosed>", "<task>"])
def test_a_message_with_a_tag_of_the_prompt_is_asked_for_again(tmp_path: Path, leak: str) -> None:
    log, heard = play(tmp_path, scripted(user=lambda _, n: f"{leak}\n- Is 44." if n == 0 else "hello"), turns=1)
    assert [turn["message"] for turn in turns_of(log)] == ["hello"]
    assert leak not in heard.of("assistant")[0].text


# The evaluated model


def test_a_model_that_answers_nothing_is_judged_and_talked_to_until_the_end(tmp_path: Path) -> None:
    log, heard = play(tmp_path, scripted(assistant=lambda *_: ""), turns=2)
    assert [(turn["reply"], turn["score"]) for turn in turns_of(log)] == [("", 4.0)] * 2
    assert all("<reply>\n(no answer)\n</reply>" in call.text for call in heard.of("judge", "criteria"))
    assert heard.of("user")[1].messages[-1] == ("user", "(no answer)")


@pytest.mark.parametrize("protocol", ["paper", "plus"])
def test_ten_thousand_words_are_kept_and_reach_no_other_role_whole(tmp_path: Path, protocol: str) -> None:
    reply = "word " * 10_000
    log, heard = play(tmp_path, scripted(assistant=lambda *_: reply), turns=2, protocol=protocol)
    assert [(len(turn["reply"].split()), turn["score"]) for turn in turns_of(log)] == [(10_000, 4.0)] * 2
    for role in ("user", "judge", *(["inducer"] if protocol == "plus" else [])):
        assert max(len(text) for call in heard.of(role) for _, text in call.messages) < 20_000
    assert heard.of("assistant")[1].messages[1] == ("assistant", reply)


def test_an_answer_in_another_language_is_judged_as_any_other(tmp_path: Path) -> None:
    reply = "Das klingt gut. Was meinen Sie? 😀\u2028Ω"
    log, _ = play(tmp_path, scripted(assistant=lambda *_: reply), turns=2)
    assert [(turn["reply"], turn["score"]) for turn in turns_of(log)] == [(reply, 4.0)] * 2


def test_a_cut_reply_is_told_of(tmp_path: Path) -> None:
    log, _ = play(tmp_path, scripted(assistant=lambda *_: said("half a", stop_reason="max_tokens")), turns=1)
    assert [(turn["reply"], turn["cut"]) for turn in turns_of(log)] == [("half a", True)]


def test_a_conversation_too_long_for_the_model_ends_before_the_turn(tmp_path: Path) -> None:
    def assistant(_: Call, number: int) -> Answer:
        return said("input too long", stop_reason="model_length") if number == 2 else "fine"

    log, _ = play(tmp_path, scripted(assistant=assistant), turns=4)
    assert about(log)["shortened"] == "the conversation was too long for the model at turn 3"
    assert [turn["turn"] for turn in turns_of(log)] == [1, 2]
    assert [message.text for message in only(log).messages][-1] == "fine"
    assert len(only(log).messages) == 4
    assert log.status == "success"


def test_a_limit_of_the_run_keeps_what_was_judged(tmp_path: Path) -> None:
    """`inspect eval --message-limit`."""
    log, _ = play(tmp_path, scripted(), turns=5, run={"message_limit": 5})
    assert log.status == "success"
    assert about(log)["shortened"] == "a limit of the run"
    assert [turn["turn"] for turn in turns_of(log)] == [1, 2]
    assert {turn: value for turn, value in values(log).items() if turn > "t02" and not math.isnan(value)} == {}


def test_a_model_that_fails_costs_its_conversation_alone_and_is_counted(tmp_path: Path) -> None:
    def assistant(call: Call, _: int) -> Answer:
        if "message of 1" in call.text:
            raise ValueError("out of order")
        return None

    def user(call: Call, _: int) -> Answer:
        return f"message of {int('Is 31' in call.text)}"

    log, _ = play(tmp_path, scripted(assistant=assistant, user=user), personas=10, turns=2)
    assert log.status == "error"
    assert log.samples
    assert [sample.error is None for sample in log.samples] == [
        sample.metadata["facts"][0] == "Is 30 years old." for sample in log.samples
    ]
    assert "out of order" in str([sample.error for sample in log.samples])
    assert not [sample.scores for sample in log.samples if sample.error and sample.scores]
    assert log.results
    assert (log.results.total_samples, log.results.completed_samples) == (10, 5)


# The roles


@pytest.mark.parametrize("named", [[], ["user"], ["judge"], ["user", "inducer", "second_judge"]])
def test_a_role_that_nobody_plays_is_an_error_and_never_the_evaluated_model(tmp_path: Path, named: list[str]) -> None:
    log, heard = play(tmp_path, scripted(), named=named)
    assert log.status == "error"
    missing = "judge" if "user" in named else "user"
    assert log.error or log.samples
    assert f"'{missing}'" in (log.error.message if log.error else str(only(log).error))
    assert not heard.calls


def test_without_an_inducer_the_judges_model_plays_it_and_without_a_second_judge_nobody(tmp_path: Path) -> None:
    log, heard = play(tmp_path, turns=2, named=["user", "judge"])
    assert log.status == "success"
    assert set(heard.calls) == {"user", "judge", "assistant"}
    assert len(heard.of("judge", "dialogue")) == 2
    assert None not in [turn["disclosed"] for turn in turns_of(log)]


def test_a_second_judge_votes_once_a_reply_and_does_not_count(tmp_path: Path) -> None:
    def second(_: Call, number: int) -> Answer:
        return '{"style": 1, "content": 1, "manner": 2}' if number == 0 else "?"

    log, heard = play(tmp_path, scripted(second_judge=second), turns=2, named=["user", "judge", "second_judge"])
    assert values(log) == {"t01": 4.0, "t02": 4.0}
    assert sorted(turn["second"] is None for turn in turns_of(log)) == [False, True]
    assert next(turn["second"] for turn in turns_of(log) if turn["second"]) == pytest.approx(4 / 3)
    prompts = {call.text for call in heard.of("judge", "criteria")}
    assert {call.text for call in heard.of("second_judge")} == prompts


def test_roles_have_limits_of_time_though_the_command_line_gives_them_none(tmp_path: Path) -> None:
    """A call that hangs would stop the run for ever."""
    _, heard = play(tmp_path, scripted(), turns=1, named=["user", "judge", "inducer", "second_judge"])
    for role in ("user", "judge", "inducer", "second_judge"):
        assert {(call.config.timeout, call.config.attempt_timeout) for call in heard.of(role)} == {(900, 300)}


def test_the_calls_of_every_role_are_counted_those_asked_again_too(tmp_path: Path) -> None:
    instead = scripted(
        user=lambda _, number: "" if number == 0 else "hello",
        inducer=lambda _, number: "?" if number == 0 else '{"shown": []}',
        judge=lambda call, number: "?" if number == 0 and call.task != "dialogue" else None,
    )
    log, heard = play(tmp_path, instead, turns=2, named=["user", "judge", "inducer", "second_judge"])
    roles = ("user", "judge", "inducer", "second_judge")
    assert about(log)["calls"] == {role: len(heard.of(role)) for role in roles}
    assert about(log)["calls"] == {"user": 3, "judge": 6 + 1 + 1 + 1, "inducer": 3, "second_judge": 2}


# The statements


def test_a_text_without_statements_is_taken_apart_once_in_plus_and_never_in_paper(tmp_path: Path) -> None:
    rows = [persona(number) for number in (0, 1, 5, 6)]
    texts = [{name: row[name] for name in ("profile", "personality")} for row in rows]
    data = str(write_rows(tmp_path / "texts.jsonl", texts))
    log, heard = play(tmp_path, turns=1, data=data)
    asked = [call.text for call in heard.of("judge", "statements")]
    assert len(asked) == len(set(asked)) == 4
    assert log.samples
    assert all(len(sample.metadata["facts"]) == len(sample.metadata["traits"]) == 5 for sample in log.samples)
    assert not [call for call in heard.of("assistant") if "statements" in call.text]
    _, heard = play(tmp_path, turns=1, data=data, protocol="paper")
    assert not heard.of("judge", "statements")


def test_a_text_that_can_not_be_taken_apart_is_its_own_only_statement(tmp_path: Path) -> None:
    data = str(write_rows(tmp_path / "texts.jsonl", [{"profile": "Is 44.\n Keeps hens.", "personality": "Is shy."}]))
    log, _ = play(
        tmp_path, scripted(judge=lambda call, _: "?" if call.task == "statements" else None), turns=1, data=data
    )
    assert log.status == "success"
    assert (only(log).metadata["facts"], only(log).metadata["traits"]) == (["Is 44. Keeps hens."], ["Is shy."])


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
