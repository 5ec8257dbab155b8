"""Makes the local server's environment, `.venv-argilla`, and turns this process into the server."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from filelock import FileLock

from pipelines.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "constraints-argilla.txt"
FOLDER = ROOT / ".venv-argilla"
SIGNALS = {signal.SIGINT, signal.SIGTERM}


def serve(home: Path, port: int) -> NoReturn:
    """Becomes the server: one process, so that signals need no forwarding.

    Raises:
        UserError: its environment can't be made.
    """
    if home.exists() and not home.is_dir():  # before a minute is spent on the environment
        raise UserError(f"--home {home} is a file: name a folder")
    python = environment()
    command = [
        str(python),
        "-P",
        "-W",
        "ignore",
        "-m",
        "pipelines.argilla_local.server",
        "--home",
        str(home),
        "--port",
        str(port),
    ]
    sys.stdout.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until the server is ready for them; passed on by exec
    os.execve(python, command, os.environ | {"PYTHONPATH": str(ROOT)})  # noqa: S606 - the whole command is ours


def environment(folder: Path = FOLDER, requirements: Path = REQUIREMENTS) -> Path:
    """The Python of the server's environment, which is made on first use, and again when its requirements change.

    Raises:
        UserError: it can't be made.
    """
    python, stamp = folder / "bin" / "python", folder / "done"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    try:
        with FileLock(folder.with_name(folder.name + ".lock")):
            if not stamp.exists() or stamp.read_text() != wanted:
                print(f"setting up {folder.name}: about a minute, the first time", flush=True)
                shutil.rmtree(folder, ignore_errors=True)
                _run([sys.executable, "-m", "venv", str(folder)])
                _run([str(python), "-m", "pip", "install", "--quiet", "--requirement", str(requirements)])
                stamp.write_text(wanted)
    except OSError as error:
        raise UserError(f"the server's environment {folder} can't be made: {error.strerror}") from error
    return python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the whole command is ours
    if done.returncode != 0:
        told = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise UserError(f"the server's environment can't be made; {' '.join(command[1:4])} ended with:\n{told}")
