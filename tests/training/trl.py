"""Trains by command lines as a user types them, `trl` and `accelerate`, and reads what they say they went through."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.training.runs import OFFLINE

BIN = Path(sys.executable).parent
LIMIT = 240  # seconds; a run takes ten
EACH_STEP = ["--use_cpu", "--logging_steps", "1", "--log_level", "info"]


@dataclass(frozen=True)
class Trained:
    rows: int
    batch: int  # rows a step, of all processes together
    history: list[dict[str, Any]]  # what each step logged
    out: Path

    @property
    def tokens(self) -> int:
        """All that went in, by the end."""
        *_, last = (entry for entry in self.history if "num_tokens" in entry)
        return int(last["num_tokens"])


def train(cwd: Path, out: str, command: Sequence[str], env: dict[str, str]) -> Trained:
    """Runs a command of the environment's bin/ on the CPU, offline where `env` does not say otherwise.

    Raises AssertionError with what it printed where it fails.
    """
    with subprocess.Popen(
        [BIN / command[0], *command[1:], *EACH_STEP, "--output_dir", out],
        cwd=cwd,
        env=os.environ | OFFLINE | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            printed, told = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:  # the processes that it started would stay
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                one.kill()
            raise
    assert process.returncode == 0, printed + told
    (rows,) = re.findall(r"Num examples = ([\d,]+)\n.*Num Epochs", told)
    (batch,) = re.findall(r"Total train batch size .* = (\d+)", told)
    newest = max((cwd / out).glob("checkpoint-*"), key=lambda folder: int(folder.name.partition("-")[2]))
    state = json.loads((newest / "trainer_state.json").read_text())
    return Trained(int(rows.replace(",", "")), int(batch), state["log_history"], cwd / out)
