"""What a user sees while a stage runs."""

import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from pipelines import progress
from pipelines.progress import State, shown

STATE = State(bars={"profiles": (120, 331)}, facts={"round": 4, "yield": "83%"})


@pytest.mark.parametrize("terminal", [True, False])
def test_the_state_is_shown_with_its_bars_and_facts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0.01)
    monkeypatch.setattr(progress, "_LOG_EVERY", 0.02)
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=120)
    with shown(tmp_path, console):
        STATE.write(tmp_path / "progress.json")
        until = time.monotonic() + 5
        while "round 4" not in output.getvalue() and time.monotonic() < until:
            time.sleep(0.01)
    assert "120/331" in output.getvalue()
    assert "round 4" in output.getvalue()
    assert list(tmp_path.iterdir()) == []


def test_a_stage_that_never_tells_anything_ends_all_the_same(tmp_path: Path) -> None:
    with shown(tmp_path, Console(file=io.StringIO())):
        pass


def test_what_several_processes_tell_is_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0.01)
    output = io.StringIO()
    with shown(tmp_path, Console(file=output, force_terminal=True, width=120)):
        for number in (1, 2):
            State({"trees": (number, 10)}, {"calls": 100 * number}).write(tmp_path / f"progress-{number}.json")
        until = time.monotonic() + 5
        while "calls 300" not in output.getvalue() and time.monotonic() < until:
            time.sleep(0.01)
    assert "3/20" in output.getvalue()
    assert "calls 300" in output.getvalue()
