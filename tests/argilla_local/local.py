"""The local server as a process of its own, for tests of everything that talks to it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
_NONE: Mapping[str, str] = {}


class Running:
    """A server that answers: its home, credentials, process, and what it has said so far."""

    def __init__(self, home: Path, process: subprocess.Popen[str]) -> None:
        self.home = home
        self.process = process
        self.told: list[str] = []
        for line in _lines(process.stdout):
            self.told.append(line)
            if line == "stop: Ctrl-C":
                break
        else:
            raise RuntimeError(f"the server ended with {process.wait()}:\n" + "\n".join(self.told))
        self._reading = Thread(target=lambda: self.told.extend(_lines(process.stdout)), daemon=True)
        self._reading.start()
        self.credentials: dict[str, str] = json.loads((home / "credentials.json").read_text())

    @property
    def api_url(self) -> str:
        return self.credentials["api_url"]

    @property
    def port(self) -> int:
        return int(self.api_url.rsplit(":", 1)[1])

    @property
    def headers(self) -> dict[str, str]:
        """The owner's, for a plain HTTP client."""
        return {"X-Argilla-Api-Key": self.credentials["api_key"]}

    def stop(self, signum: int = signal.SIGTERM) -> int:
        """Asks it to stop, and returns its exit code when all that it said is in `told`."""
        self.process.send_signal(signum)
        code = self.process.wait(20)
        self._reading.join()
        return code


def _lines(stream: IO[str] | None) -> Iterator[str]:
    assert stream is not None
    for line in stream:
        yield line.rstrip("\n")


def start(home: Path, port: int = 0, cwd: Path = ROOT, settings: Mapping[str, str] = _NONE) -> subprocess.Popen[str]:
    """The command as a user runs it; port 0 stands for any that is free."""
    command = [sys.executable, str(ROOT / "pipelines/review.py"), "serve", "--home", str(home), "--port", str(port)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=cwd,
        env=os.environ | dict(settings),
    )


@contextmanager
def running(home: Path, port: int = 0, cwd: Path = ROOT, settings: Mapping[str, str] = _NONE) -> Iterator[Running]:
    """A server that answers, stopped at the end whatever happened."""
    process = start(home, port, cwd, settings)
    try:
        server = Running(home, process)
        yield server
        if process.poll() is None:
            server.stop()
    finally:
        process.kill()
        process.communicate()
