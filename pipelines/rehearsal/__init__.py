"""The offline cast behind an OpenAI-compatible endpoint: rule-driven, deterministic, without weights.

`python -m pipelines.rehearsal --port N` serves it; a stage or a test starts it as a process of its own:

    with rehearsal.serve(seed=0, latency=0.2, rate_429=0.1) as base_url:
        ...  # any OpenAI client at base_url, models rehearsal/writer, rehearsal/user, ...
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

World = Literal["full", "micro"]
WORLDS: tuple[World, ...] = get_args(World)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A running server. It ends with `stop()`, and by itself when the process that started it is gone."""

    base_url: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """Ends the server in good order; a second call does nothing."""
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def model_of(role: str, world: World) -> str:
    """The name of a role's model, which tells the worlds apart wherever it is written.

    >>> model_of("user", "full"), model_of("user", "micro")
    ('rehearsal/user', 'rehearsal/micro/user')
    """
    return f"rehearsal/{role}" if world == "full" else f"rehearsal/{world}/{role}"


def start(**options: float | str) -> Rehearsal:
    """Starts a server on a free port of loopback and returns when it answers.

    The options are those of the command, with underscores: world (full or micro), seed, latency, jitter (seconds),
    rate_429, rate_500, rate_hang, rate_cut, rate_garbage, rate_empty, rate_refusal (shares of the calls), port.

    Raises:
        RuntimeError: the server ended before it was ready; what it had to say stands on stderr.
    """
    command = [sys.executable, "-m", "pipelines.rehearsal", f"--die-with-parent={os.getpid()}"]
    command += [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    # In a process group of its own: Ctrl-C is for the stage, which may still need the server to stop in good order.
    process = subprocess.Popen(  # noqa: S603 - the command is this very interpreter
        command, stdout=subprocess.PIPE, text=True, process_group=0
    )
    assert process.stdout is not None
    base_url = process.stdout.readline().strip()
    if not base_url:
        process.stdout.close()
        raise RuntimeError(
            f"the rehearsal server ended with exit code {process.wait()} before it was ready; "
            f"its message stands on stderr, the command was: {' '.join(command)}"
        )
    return Rehearsal(base_url, process)


@contextmanager
def serve(**options: float | str) -> Iterator[str]:
    """The base URL of a server that lives as long as the block; options as of `start`."""
    server = start(**options)
    try:
        yield server.base_url
    finally:
        server.stop()
