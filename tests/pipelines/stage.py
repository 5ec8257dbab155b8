"""Runs a stage as a user does, against a rehearsal server that the test can watch."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from pipelines.cast import ROLES

REPO = Path(__file__).parents[2]
SMALL = [
    *("--profiles", "30", "--personalities", "14", "--per-profile", "3"),
    *("--heldout-profiles", "4", "--heldout-personalities", "2", "--concurrency", "8"),
]
KEY = "sk-marker-4711"


@dataclass
class Stage:
    """One folder in which the command is started, and what it is started with."""

    folder: Path
    base_url: str
    options: list[str] = field(default_factory=lambda: [*SMALL, "--embedder", "lexical"])
    timeout: float = 5.0
    name: str = "personas"

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        cast = {
            role: {"llm": "OpenAILLM", "model": f"rehearsal/{role}", "base_url": self.base_url, "timeout": self.timeout}
            for role in ROLES
        }
        (self.folder / "cast.yaml").write_text(json.dumps(cast))

    def start(self, *more: str, cast: bool = True, **environment: str) -> "subprocess.Popen[str]":
        command = [sys.executable, str(REPO / f"pipelines/{self.name}.py"), *self.options]
        return subprocess.Popen(
            [*command, *(("--cast", "cast.yaml") if cast else ()), *more],
            cwd=self.folder,
            env=os.environ | {"OPENAI_API_KEY": KEY, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *more: str, code: int = 0, cast: bool = True, **environment: str) -> str:
        """Runs to the end; returns what was printed."""
        process = self.start(*more, cast=cast, **environment)
        told, _ = process.communicate(timeout=120)
        assert process.returncode == code, told
        return told

    def end_at(self, calls: int, number: signal.Signals) -> str:
        """Sends the signal once the journal holds `calls` calls; returns what was printed. Nothing is left running."""
        process = self.start()
        while self.journaled() < calls:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.005)
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        process.send_signal(number)
        told, _ = process.communicate(timeout=30)
        _, alive = psutil.wait_procs(family, timeout=5)
        assert not alive, f"left running: {alive}"
        return told

    def journaled(self) -> int:
        """How many calls are on disk."""
        journal = self.folder / ".i2a" / self.name / "journal"
        return sum(path.read_bytes().count(b"\n") for path in journal.glob("*.jsonl"))

    def told(self) -> dict[str, Any]:
        """What run.json tells of the last run's calls."""
        content: dict[str, Any] = json.loads((self.folder / ".i2a" / self.name / "run.json").read_text())["calls"]
        return content

    def files(self) -> dict[str, bytes]:
        """Every file of the releases."""
        root = self.folder / "i2a"
        return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def stats(base_url: str) -> dict[str, Any]:
    with urllib.request.urlopen(base_url.removesuffix("/v1") + "/stats") as response:
        content: dict[str, Any] = json.load(response)
    return content
