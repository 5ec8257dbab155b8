"""Runs `cards/push.py` as a new process each time, without the seconds that its imports take.

One process imports everything and then forks a child for each push, which is as new as a started one: it has used no
connection, no cache and no thread before.
"""

import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn, Self

import psutil

from tests import forks

REPO = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """What a push came to."""

    code: int  # negative: the signal that ended it
    told: str  # stdout and stderr


@dataclass(frozen=True)
class Running:
    """A push under way."""

    pid: int
    pusher: "Pusher"
    out: Path

    def wait(self) -> Ended:
        code = self.pusher.ask({"wait": self.pid})
        return Ended(code, self.out.read_text())

    def ended(self) -> bool:
        return bool(psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE)

    def stop(self, number: signal.Signals) -> Ended:
        os.kill(self.pid, number)
        return self.wait()


class Pusher:
    """Pushes with the environment of one client machine; a context manager."""

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            env={**env, "PYTHONPATH": str(REPO)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.communicate()

    def start(self, *arguments: str | Path, loads: bool = False, cwd: Path | None = None, **env: str | None) -> Running:
        """Begins a push; with `loads` the release is loaded first, as it is by users, which takes some seconds."""
        self.count += 1
        out = self.folder / f"push-{self.count}.txt"
        order = {
            "arguments": [*map(str, arguments)],
            "env": env,
            "out": str(out),
            "loads": loads,
            "cwd": str(cwd or "."),
        }
        return Running(self.ask(order), self, out)

    def push(self, *arguments: str | Path, loads: bool = False, cwd: Path | None = None, **env: str | None) -> Ended:
        return self.start(*arguments, loads=loads, cwd=cwd, **env).wait()

    def ask(self, order: object) -> int:
        return forks.ask(self.process, order)


def _serve(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Forks or waits, as it is told; ends with its input."""
    import hf_xet  # noqa: F401 - imported once, for all children
    import pyarrow.compute
    import pyarrow.parquet  # noqa: F401

    forks.serve(orders, answers, _push)


def _push(order: dict[str, Any]) -> NoReturn:
    """In the child: what the command does, then the end."""
    from cards import check, push
    from cards.hub import commit

    for name, value in order["env"].items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    os.chdir(order["cwd"])
    commit._WAITS = (0, 0, 1)  # seconds; else tests would wait as long as users
    if not order["loads"]:
        check.load_elsewhere = lambda folder: {}
    out = os.open(order["out"], os.O_WRONLY | os.O_CREAT)
    os.dup2(out, 1)
    os.dup2(out, 2)
    code = 1
    try:
        code = push.main(order["arguments"])
    except SystemExit as end:  # argparse
        code = int(str(end.code))
    except Exception:  # noqa: BLE001 - what a new process would print
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
