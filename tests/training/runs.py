"""Runs `training/sft.py`, `training/dpo.py` and probes of them as new processes, without the 5 s of their imports.

One process imports torch and TRL and then forks a child for each run: torch must not be imported in the process that
runs the tests, since other tests there fork, and a child may be killed.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn, Self

from tests import forks

REPO = Path(__file__).parents[2]
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}

ON_TREES = ["--use_cpu", "--bf16", "false", "--report_to", "none", "--dataset_name", "i2a/trees"]
"""What runs of a test have in common."""


@dataclass(frozen=True)
class Ended:
    """What a run came to."""

    code: int  # negative: the signal that ended it
    out: str
    err: str
    result: Any = None  # what the function returned, where it returned


class Runs:
    """Runs functions of this repo; a context manager."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.count = 0
        # what is turned off must come after what it turns off: a test of the Hub is not offline
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.training.runs"],
            cwd=REPO,
            env={**os.environ, **OFFLINE, "HF_HOME": str(folder / "hf"), **env, "PYTHONPATH": str(REPO)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.communicate()

    def sft(self, cwd: Path, *arguments: str | Path) -> Ended:
        return self.wait(self.start("training.sft:main", cwd, [*map(str, arguments)]))

    def dpo(self, cwd: Path, *arguments: str | Path) -> Ended:
        return self.wait(self.start("training.dpo:main", cwd, [*map(str, arguments)]))

    def probe(self, name: str, cwd: Path, *arguments: Any) -> Ended:
        """Calls a function of `tests/training/probes.py`."""
        return self.wait(self.start(f"tests.training.probes:{name}", cwd, *arguments))

    def start(self, function: str, cwd: Path, *arguments: Any) -> tuple[int, Path]:
        """Begins `module:function`, whose arguments and result are JSON."""
        self.count += 1
        files = self.folder / f"run-{self.count}"
        pid = self._ask({"function": function, "arguments": arguments, "files": str(files), "cwd": str(cwd)})
        return pid, files

    def wait(self, run: tuple[int, Path]) -> Ended:
        pid, files = run
        code = self._ask({"wait": pid})
        out, err, result = (files.with_suffix(suffix) for suffix in (".out", ".err", ".json"))
        return Ended(
            code, out.read_text(), err.read_text(), json.loads(result.read_text()) if result.exists() else None
        )

    def _ask(self, order: object) -> int:
        return forks.ask(self.process, order)


def _serve(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Forks or waits, as it is told; ends with its input."""
    import peft  # noqa: F401 - imported once, for all children
    from trl import DPOTrainer, SFTTrainer  # noqa: F401

    import tests.training.probes  # noqa: F401
    import training.dpo
    import training.sft  # noqa: F401

    forks.serve(orders, answers, lambda order: _run(**order))


def _run(function: str, arguments: Sequence[Any], files: str, cwd: str) -> NoReturn:
    """In the child: what a new process would do, then the end."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(cwd)
    for descriptor, suffix in ((1, ".out"), (2, ".err")):
        os.dup2(os.open(files + suffix, os.O_WRONLY | os.O_CREAT), descriptor)
    module, _, name = function.partition(":")
    code = 1
    try:
        result = getattr(import_module(module), name)(*arguments)
        code = result if name == "main" else 0
        Path(files + ".json").write_text(json.dumps(result))
    except SystemExit as end:  # argparse
        code = int(str(end.code))
    except BaseException:  # noqa: BLE001 - what a new process would print
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
