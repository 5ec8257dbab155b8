"""The command: what it prints, and what it says when something can't be."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import review
from pipelines.reviews.client import Server
from pipelines.reviews.pushing import push_personas, push_trees
from tests.argilla_local.local import ROOT
from tests.reviews.releases import persona, some_trees, write_personas, write_trees


def command(*arguments: object, **environment: str) -> tuple[int, str]:
    """Exit code and all that was printed."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ARGILLA_")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "pipelines/review.py"), *map(str, arguments)],
        env=ours | {"COLUMNS": "160"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server is named."""
    monkeypatch.delenv("ARGILLA_API_URL", raising=False)
    monkeypatch.delenv("ARGILLA_API_KEY", raising=False)


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["annotator", "ann"], ["push", "personas"], ["push", "trees"], ["collect", "personas"]],
    ids=" ".join,
)
def test_without_a_server_one_line_says_how_to_start_one(
    nowhere: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert review.main([*arguments, "--home", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"review.py serve --home {tmp_path}" in told


def test_the_default_home_is_not_spelt_out(
    nowhere: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert review.main(["status"]) == 2
    assert "`python pipelines/review.py serve` starts an Argilla here" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["push"], ["push", "replies"], ["push", "trees", "--sample", "0"], ["fly"]])
def test_what_is_no_command_ends_in_its_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        review.main(arguments)
    assert ended.value.code == 2
    assert "usage: " in capsys.readouterr().err


def test_help_is_quick_to_come() -> None:
    """Nothing heavy is imported for it."""
    code = "import sys; from pipelines import review; print(*sorted({'argilla', 'torch', 'datasets'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""


@pytest.mark.slow
def test_an_annotators_password_is_printed_once_and_works(server: Server, home: Path) -> None:
    code, told = command("annotator", "by-command", "--home", home)
    assert code == 0
    password = re.fullmatch(
        rf"added by-command; the password, which is shown this once: (\S+)\nlog in at {server.address}\n", told
    )
    assert password is not None
    login = {"username": "by-command", "password": password[1]}
    server.argilla.http_client.post("/api/v1/token", data=login)  # anything but 201 is an error
    code, told = command("annotator", "by-command", "--home", home)
    assert (code, told) == (2, f"error: {server.address} has a user by-command already: choose another name\n")


@pytest.mark.slow
def test_status_is_a_row_a_dataset(server: Server, home: Path, tmp_path: Path) -> None:
    write_personas(tmp_path / "p", [persona(number) for number in range(6)], "status/personas")
    write_trees(tmp_path / "t", some_trees(4), "status/trees")
    push_personas(server, tmp_path / "p", tmp_path, None, None)
    push_trees(server, tmp_path / "t", 4)
    dataset = server.dataset("status/personas")
    keep = {f"{name}_verdict": {"value": "keep"} for name in ("profile", "personality", "pairing")}
    given = {"values": keep, "status": "submitted"}
    for record in server.records(dataset)[:2]:
        server.argilla.http_client.post(f"/api/v1/records/{record['id']}/responses", json=given)
    code, told = command("status", "--home", home)
    assert code == 0
    cells = [" ".join(line.replace("│", " ").split()) for line in told.splitlines() if "status--" in line]
    assert cells == ["status--personas 6 2 cover 6 owner 2", "status--trees 4 0 random 2, targeted 2 -"]


@pytest.mark.slow
def test_nothing_to_collect_is_told(server: Server, home: Path, tmp_path: Path) -> None:
    write_trees(tmp_path / "t", some_trees(1), "never/pushed")
    code, told = command("collect", "trees", "--home", home, "--out", tmp_path / "t")
    assert code == 2
    assert told.startswith(f"error: {server.address} has no dataset never--pushed: ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"ARGILLA_API_KEY": "wrong"}, "error: ADDRESS does not know the key in ARGILLA_API_KEY\n"),
        (
            {"ARGILLA_API_URL": "http://127.0.0.1:1", "ARGILLA_API_KEY": "x"},
            "error: http://127.0.0.1:1 does not answer",
        ),
    ],
)
def test_a_server_of_the_environments_is_asked_instead(
    server: Server, home: Path, environment: dict[str, str], expected: str
) -> None:
    code, told = command("status", "--home", home, **{"ARGILLA_API_URL": server.address} | environment)
    assert code == 2
    assert told.startswith(expected.replace("ADDRESS", server.address))
    assert "Traceback" not in told
