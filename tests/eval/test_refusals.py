"""What the benchmark refuses: options, files and models that can't be had, each told in one line."""

import json
from pathlib import Path
from typing import Any

import pytest
from inspect_ai._util.error import PrerequisiteError

from eval.aloe import aloe, main
from tests.eval.players import persona, write_rows

ROLES = ["--user", "mockllm/user", "--judge", "mockllm/judge"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--model", "mockllm/model"], "--user is missing"),
        (["--model", "mockllm/model", "--user", "mockllm/user"], "--judge is missing"),
        (ROLES, "--model is missing"),
        (["--model", "nonsense/model", *ROLES], "the model nonsense/model can't be had"),
        (["--model", "model", *ROLES], "the model model can't be had"),
        (["--model", "openai-api/nowhere/model", *ROLES], "the model openai-api/nowhere/model can't be had"),
        (["--model", "mockllm/model", *ROLES, "-M", "temperature"], "-M temperature: give KEY=VALUE"),
        (["--model", "mockllm/model", *ROLES, "-M", "=3"], "give KEY=VALUE"),
        (["--model", "mockllm/model", *ROLES, "-M", "a=["], "-M a=[: a value is no YAML"),
        (["--model", "mockllm/model", *ROLES, "-M", "a='", "-M", "b=1"], "-M a=' b=1: a value is no YAML"),
        (["--data", "gone.jsonl"], "gone.jsonl"),
        (["--data", "gone[/old][x].jsonl"], "gone[/old][x].jsonl"),
        (["--data", "broken.jsonl"], "broken.jsonl, line 2"),
        (["--data", "empty.jsonl"], "empty.jsonl"),
        (["--profiles", "personas.jsonl"], "go together"),
        (["--log-dir", "personas.jsonl", "--model", "mockllm/model", *ROLES], "--log-dir personas.jsonl: File exists"),
        (["--profiles", "gone.jsonl", "--personalities", "personas.jsonl"], "gone.jsonl"),
    ],
)
def test_what_can_not_be_run_is_told_in_one_line(
    tmp_path: Path, options: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_rows(tmp_path / "personas.jsonl", [persona()])
    (tmp_path / "broken.jsonl").write_text(json.dumps(persona()) + '\n{"profile": \n')
    (tmp_path / "empty.jsonl").write_text("\n")
    monkeypatch.setattr("eval.aloe.STARTED_IN", tmp_path)
    monkeypatch.chdir(tmp_path)
    data = [] if {"--data", "--profiles"} & set(options) else ["--data", "personas.jsonl"]
    assert main([*data, *options]) == 2
    errors = capsys.readouterr().err.strip()
    assert told in errors
    assert errors.startswith("error: ")
    assert "\n" not in errors
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--protocol", "both"],
        ["--baseline", "none"],
        ["--limit", "0"],
        ["--turns", "-1"],
        ["--votes", "x"],
        ["--seed", "a"],
    ],
)
def test_options_that_make_no_sense_are_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert options[0] in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [{"protocol": "both"}, {"baseline": "none"}, {"turns": 0}, {"votes": 0}, {"turns": -3}]
)
def test_the_task_refuses_them_too(arguments: dict[str, Any]) -> None:
    """`inspect eval -T protocol=both`."""
    with pytest.raises(PrerequisiteError, match=next(iter(arguments))):
        aloe(**arguments)
