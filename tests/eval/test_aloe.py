"""The benchmark as a user runs it: processes, servers, kills; and the options that are refused."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from inspect_ai.log import EvalLog, read_eval_log

import eval.aloe
import eval.logs
from eval.aloe import main
from pipelines import rehearsal
from pipelines.rehearsal import World, model_of
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.world import micro
from tests.eval.players import persona, score_of, write_rows

ALOE = Path(eval.aloe.__file__)
INSPECT = Path(sys.executable).with_name("inspect")
PERSONAS = 8
SERVICE = "openai-api/host"


def spoken(number: int) -> dict[str, Any]:
    """A persona of the micro world, whose judge takes no planted set: those runs are short."""
    facts, traits = micro.profile(Draw("profile", number // 2)), micro.personality(Draw("personality", number % 2))
    return {"profile": " ".join(facts), "personality": " ".join(traits), "facts": facts, "traits": traits}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the commands are started; `micro.jsonl` and `full.jsonl` lie there."""
    write_rows(tmp_path / "micro.jsonl", [spoken(number) for number in range(PERSONAS)])
    write_rows(tmp_path / "full.jsonl", [persona(number) for number in range(PERSONAS)])
    return tmp_path


@pytest.fixture
def slow_server() -> Iterator[str]:
    """A server of the micro world that takes its time, so that a run can be met in its middle."""
    with rehearsal.serve(world="micro", latency=0.2) as url:
        yield url


def environment(url: str) -> dict[str, str]:
    return os.environ | {"HOST_BASE_URL": url, "HOST_API_KEY": "secret-of-the-host", "NO_COLOR": "1"}


def cast(world: World = "micro", model: str = "assistant") -> list[str]:
    """All roles, each by a model of the server."""
    roles = {"model": model, "user": "user", "judge": "judge", "inducer": "inducer"}
    return [part for role, of in roles.items() for part in (f"--{role}", f"{SERVICE}/{model_of(of, world)}")]


def start(folder: Path, url: str, *options: str, model: str = "assistant") -> "subprocess.Popen[str]":
    command = [sys.executable, str(ALOE), "--data", "micro.jsonl", "--log-dir", "logs", *cast(model=model), *options]
    return subprocess.Popen(
        command, cwd=folder, env=environment(url), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def run(folder: Path, url: str, *options: str, model: str = "assistant") -> tuple[int, str]:
    process = start(folder, url, *options, model=model)
    said, _ = process.communicate(timeout=100)
    assert "Traceback" not in said
    return process.returncode, said


def logs(folder: Path) -> list[EvalLog]:
    """The newest first."""
    read = [read_eval_log(str(path)) for path in (folder / "logs").glob("*.eval")]
    return sorted(read, key=lambda log: log.eval.created, reverse=True)


def finished(log: EvalLog) -> dict[str, tuple[str | None, str | None]]:
    """What tells a conversation from the same one, held again."""
    return {str(one.id): (one.uuid, one.completed_at) for one in log.samples or [] if not one.error}


def calls(url: str, model: str = "user") -> int:
    with urlopen(f"{url.removesuffix('/v1')}/stats") as answer:  # a server of this test
        told: dict[str, int] = json.load(answer)["by_model"]
    return told.get(model_of(model, "micro"), 0)


def until(what: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def on_disk(folder: Path) -> int:
    """Conversations that stand in the log of a run under way."""
    for path in (folder / "logs").glob("*.eval"):
        with suppress(zipfile.BadZipFile, OSError), zipfile.ZipFile(path) as log:
            return sum(name.startswith("samples/") for name in log.namelist())
    return 0


# Stopped, and started again


@pytest.mark.slow
def test_a_killed_run_goes_on_and_repeats_no_finished_conversation(folder: Path, slow_server: str) -> None:
    options = ["--turns", "2", "--concurrency", "2", "--name", "the first name", "--limit", "6"]
    process = start(folder, slow_server, *options)
    until(lambda: on_disk(folder) >= 2, process)
    process.kill()
    process.communicate()
    [log] = logs(folder)
    before = finished(log)
    assert 2 <= len(before) < 6
    asked = calls(slow_server)

    code, said = run(folder, slow_server, *options)
    assert code == 0
    assert "6 of 6 complete" in said
    resumed = logs(folder)[0]
    assert resumed.eval.task_id == log.eval.task_id
    assert len(finished(resumed)) == 6
    assert finished(resumed).items() >= before.items()
    assert calls(slow_server) - asked == 2 * (6 - len(before))

    asked = calls(slow_server)
    code, said = run(folder, slow_server, *options, "--name", "another name")
    assert code == 0
    assert re.search(r"nothing to do: complete since 20\S+, called 'the first name'", " ".join(said.split()))
    assert calls(slow_server) == asked

    assert run(folder, slow_server, *options[:-1], "8")[0] == 0
    larger = logs(folder)[0]
    assert len(finished(larger)) == 8
    assert finished(larger).items() >= finished(resumed).items()
    assert calls(slow_server) - asked == 2 * 2


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished_and_tells_that_it_was_stopped(folder: Path, slow_server: str) -> None:
    options = ["--turns", "2", "--concurrency", "2", "--limit", "6"]
    process = start(folder, slow_server, *options)
    until(lambda: on_disk(folder) >= 2, process)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopped; everything finished is kept" in said
    assert "the report:" not in said
    before, asked = finished(logs(folder)[0]), calls(slow_server)
    assert 2 <= len(before) < 6
    assert run(folder, slow_server, *options)[0] == 0
    assert finished(logs(folder)[0]).items() >= before.items()
    assert len(finished(logs(folder)[0])) == 6
    assert calls(slow_server) - asked == 2 * (6 - len(before))


@pytest.mark.slow
def test_models_and_options_share_a_folder_and_none_is_taken_for_another(folder: Path) -> None:
    with rehearsal.serve(world="micro") as url:
        options = ["--turns", "1", "--limit", "2"]
        assert run(folder, url, *options)[0] == 0
        assert run(folder, url, *options, model="manner")[0] == 0
        assert calls(url, "manner") == 2
        assert run(folder, url, *options, "--baseline", "persona")[0] == 0
        asked = calls(url)
        assert asked == 6
        assert run(folder, url, *options)[0] == 0  # the first one again
        assert calls(url) == asked
    assert len({log.eval.task_id for log in logs(folder)}) == 3
    assert {log.status for log in logs(folder)} == {"success"}


@pytest.mark.slow
def test_the_very_same_command_is_refused_while_it_is_at_work_and_another_model_is_not(
    folder: Path, slow_server: str
) -> None:
    options = ["--turns", "9", "--concurrency", "1", "--limit", "4"]
    process = start(folder, slow_server, *options)
    until(lambda: calls(slow_server) > 0, process)
    code, said = run(folder, slow_server, *options)
    assert code == 2
    assert said.endswith("\nerror: another run is at work on this in logs: wait for it, or choose another --log-dir\n")
    code, said = run(folder, slow_server, "--turns", "1", "--limit", "1", model="manner")
    assert (code, "1 of 1 complete" in said) == (0, True)
    assert process.poll() is None, process.communicate()[0]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert not list((folder / "logs").glob(".*.lock"))


# Bad days


@pytest.mark.slow
def test_faults_of_the_server_lose_no_conversation(folder: Path) -> None:
    faults = {"rate_429": 0.04, "rate_500": 0.04, "rate_cut": 0.04, "rate_garbage": 0.1, "rate_empty": 0.1}
    with rehearsal.serve(world="micro", rate_refusal=0.1, **faults) as url:
        code, said = run(folder, url, "--turns", "3", "--limit", "4")
    assert code == 0
    assert "4 of 4 complete" in said
    [log] = logs(folder)
    assert log.samples
    for sample in log.samples:
        about = score_of(sample).metadata or {}
        assert len(about["turns"]) == 3 or about["shortened"]


@pytest.mark.slow
def test_a_server_that_is_away_for_a_while_is_waited_for(folder: Path) -> None:
    server = rehearsal.start(world="micro", latency=0.1)
    port = int(server.base_url.rpartition(":")[2].removesuffix("/v1"))
    process = start(folder, server.base_url, "--turns", "4", "--limit", "1")
    until(lambda: calls(server.base_url) > 0, process)
    server.stop()
    server = rehearsal.start(world="micro", port=port)
    try:
        said, _ = process.communicate(timeout=60)
    finally:
        server.stop()
    assert process.returncode == 0
    assert "1 of 1 complete" in said


@pytest.mark.slow
def test_a_server_that_dies_ends_the_run_with_its_counts_and_reason(folder: Path) -> None:
    server = rehearsal.start(world="micro", latency=0.1)
    process = start(folder, server.base_url, "--turns", "4", "--limit", "2", "--timeout", "1")
    until(lambda: calls(server.base_url) > 0, process)
    server.stop()
    said, _ = process.communicate(timeout=100)
    assert process.returncode == 1
    assert "Traceback" not in said
    assert "0 of 2 complete" in said
    assert re.search(r"not complete \(.*(onnection|imeout).*\): the same command", said)
    assert "the report:" not in said
    assert "secret-of-the-host" not in said
    [log] = logs(folder)
    assert log.status == "error"
    assert log.results is None or log.results.completed_samples == 0


def test_a_server_that_is_not_there_is_told_before_anything_is_made(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("HOST_API_KEY", "none")
    assert main(["--data", str(folder / "micro.jsonl"), "--log-dir", str(folder / "logs"), *cast()]) == 2
    assert capsys.readouterr().err.startswith("error: nobody answers at http://127.0.0.1:9/v1")
    assert not (folder / "logs").exists()


# Both entries


@pytest.mark.slow
def test_both_entries_load_the_same_data_from_another_folder(folder: Path) -> None:
    """Inspect changes into the folder of the task; a relative path starts where the command was started."""
    with rehearsal.serve(world="micro") as url:
        assert run(folder, url, "--turns", "2", "--limit", "2")[0] == 0
        by_role = [f"{role}={SERVICE}/{model_of(role, 'micro')}" for role in ("user", "judge", "inducer")]
        command = [
            str(INSPECT),
            "eval",
            os.path.relpath(ALOE, folder),
            "--model",
            f"{SERVICE}/{model_of('assistant', 'micro')}",
        ]
        command += [part for role in by_role for part in ("--model-role", role)]
        command += ["-T", "data=micro.jsonl", "-T", "turns=2", "--limit", "2", "--log-dir", "logs", "--display", "none"]
        subprocess.run(command, cwd=folder, env=environment(url), check=True, capture_output=True, timeout=60)
    by_inspect, by_command = logs(folder)
    assert by_inspect.status == by_command.status == "success"
    said, told = (
        {str(one.id): (one.metadata, score_of(one)) for one in log.samples or []} for log in (by_inspect, by_command)
    )
    assert len(said) == 2
    assert said == told
    described = [(log.eval.metadata or {})["aloe"] for log in (by_inspect, by_command)]
    assert described[0] | {"name": None} == described[1] | {"name": None}


@pytest.mark.slow
def test_the_rehearsal_plays_the_papers_setting_on_two_files_of_texts(folder: Path) -> None:
    """The planted set, then 100 conversations; in another run of Inspect, so with clients of their own."""
    texts = [json.dumps(f"He is {number} years old. He keeps two hens. He lives in Lyon.") for number in range(331)]
    (folder / "profiles.jsonl").write_text("\n".join([*texts[:5], texts[5] + texts[6], *texts[7:]]) + "\n")
    write_rows(folder / "manners.jsonl", [f"She is shy. She asks why {number} times." for number in range(71)])
    command = [sys.executable, str(ALOE), "--profiles", "profiles.jsonl", "--personalities", "manners.jsonl"]
    command += ["--protocol", "paper", "--turns", "1", "--log-dir", "logs"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=110, check=False)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    assert "100 of 100 complete" in ended.stdout
    assert "60 of 60 complete" in ended.stdout
    aloe, planted = logs(folder)
    assert (planted.eval.task, aloe.eval.task) == ("planted", "aloe")
    assert aloe.samples
    profiles, manners = ({one.metadata[name] for one in aloe.samples} for name in ("profile_id", "personality_id"))
    assert (len(aloe.samples), len(profiles), len(manners)) == (100, 20, 5)
    found = eval.logs.read([folder / "logs"])
    assert [(len(one.talks), one.missing, one.rehearsal, one.certified) for one in found.runs] == [
        (100, 0, True, False)
    ]
    assert [len(one.scores) for one in found.planted] == [60]
    assert not found.notes
