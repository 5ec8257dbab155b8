"""The roles on good days and on bad ones: who falls silent, writes without end, fails, or is played by nobody."""

import math
from pathlib import Path
from typing import Any

import pytest

from tests.eval.players import (
    Answer,
    Call,
    about,
    only,
    persona,
    play,
    said,
    scripted,
    turns_of,
    values,
    write_rows,
)

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
    assert log.results
    assert log.results.scores[0].metrics["unscored"].value == 2


def test_a_user_that_never_speaks_is_told_of_and_nothing_is_scored(tmp_path: Path) -> None:
    log, heard = play(tmp_path, scripted(user=lambda *_: ""), turns=2)
    assert log.status == "success"
    told: dict[str, Any] = {"turns": [], "shortened": "the user said nothing at turn 1", "character": None}
    assert about(log) == told | {"calls": {"user": 3}}
    assert heard.of("assistant") == heard.of("judge") == []


# The evaluated model


def test_a_model_that_answers_nothing_is_judged_and_talked_to_until_the_end(tmp_path: Path) -> None:
    log, heard = play(tmp_path, scripted(assistant=lambda *_: ""), turns=2)
    assert [(turn["reply"], turn["score"]) for turn in turns_of(log)] == [("", 4.0)] * 2
    assert all("<reply>\n(no answer)\n</reply>" in call.text for call in heard.of("judge", "criteria"))
    assert heard.of("user")[1].messages[-1] == ("user", "(no answer)")


@pytest.mark.parametrize("protocol", ["paper", "plus"])
def test_ten_thousand_words_are_kept_and_reach_no_other_role_whole(tmp_path: Path, protocol: str) -> None:
    reply = "word " * 9_999 + "word"
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
