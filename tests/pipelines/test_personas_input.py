"""Every mistake of a user of the persona stage: one line that says what, where and what to do, and nothing is made."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.personas import main

REPO = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """What is told on stderr, having been refused with exit code 2."""
    try:
        code = main(argv)
    except SystemExit as error:  # argparse's
        code = int(str(error.code))
    told = capsys.readouterr().err
    assert code == 2, told
    assert "Traceback" not in told
    assert not Path("i2a").exists()
    return told


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--profiles", "0"], "'0' is not a whole number of at least 1"),
        (["--profiles", "many"], "'many' is not a whole number"),
        (["--heldout-profiles", "-1"], "'-1' is not a whole number"),
        (["--concurrency", "1.5"], "'1.5' is not a whole number"),
        (["--max-cost", "nan"], "'nan' is not a sum of money"),
        (["--max-cost", "5"], "--max-cost needs a price for every role"),
        (["--profile-threshold", "1.5"], "threshold"),
        (["--personality-threshold", "nan"], "threshold"),
        (["--profile-threshold", "high"], "invalid float value"),
        (["--llm", "gpt-4o"], "expected openai:MODEL"),
        (["--llm", "openai:gpt-4o"], "set the environment variable OPENAI_API_KEY"),
        (["--base-url", "http://127.0.0.1:8000/v1"], "--base-url goes with --llm"),
        (["--llm", "openai:m", "--cast", "c.yaml"], "not allowed with argument"),
        (["--cast", "c.yaml"], "c.yaml: No such file"),
        (["--profile-seeds", "nothing.jsonl"], "nothing.jsonl"),
        (["--embedder", "no/such-model"], "threshold"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused(
    capsys: pytest.CaptureFixture[str], argv: list[str], told: str
) -> None:
    assert told in refused(capsys, *argv)


def test_an_unknown_class_in_a_cast_is_told_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.yaml").write_text("default: {llm: OpenLLM, model: m}")
    told = " ".join(refused(capsys, "--cast", "c.yaml").split())
    assert "unknown LLM class `OpenLLM`; known: AnthropicLLM" in told


def test_an_endpoint_that_is_down_is_told_within_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    told = refused(capsys, "--llm", "openai:m", "--base-url", "http://127.0.0.1:1/v1", "--embedder", "lexical")
    assert "nobody answers at http://127.0.0.1:1/v1" in told
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no seed"),
        (b'"Is 44. Keeps hens."\n{"text": \n', ":2"),
        (b'"caf\xe9"\n', "UTF-8"),
        (b'["one", 2]\n', ":1"),
        (b'"' + b"x" * 10_000_000 + b'"\n', ":1"),
    ],
)
def test_a_bad_seed_file_is_told_with_its_line(capsys: pytest.CaptureFixture[str], content: bytes, told: str) -> None:
    Path("seeds.jsonl").write_bytes(content)
    error = refused(capsys, "--profile-seeds", "seeds.jsonl")
    assert "seeds.jsonl" in error
    assert told in error
    assert len(error) < 1000


@pytest.mark.parametrize("place", ["i2a/personas", "i2a/aloe"])
def test_an_output_folder_that_holds_something_else_is_left_alone(
    capsys: pytest.CaptureFixture[str], place: str, tmp_path: Path
) -> None:
    (tmp_path / "data" / place).mkdir(parents=True)
    thesis = tmp_path / "data" / place / "thesis.txt"
    thesis.write_text("years of work")
    assert "holds something else" in refused(capsys, "--out", "data/i2a/personas", "--overwrite")
    assert thesis.read_text() == "years of work"


def test_help_answers_in_under_a_second() -> None:
    command = [sys.executable, str(REPO / "pipelines/personas.py"), "--help"]
    took = []
    for _ in range(3):
        began = time.monotonic()
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        took.append(time.monotonic() - began)
    assert "--profile-seeds" in told
    assert min(took) < 1, took


def test_nothing_heavy_is_imported_for_help() -> None:
    heavy = {"torch", "distilabel", "datasets", "faiss", "sklearn"}
    code = f"import sys, pipelines.personas; print(*{heavy} & {{*sys.modules}})"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPO).stdout
    assert told.split() == []
