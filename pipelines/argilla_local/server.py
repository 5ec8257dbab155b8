"""The server's command, which `launch` starts: one server a folder, on the loopback interface, until it is stopped."""

import argparse
import glob
import os
import secrets
import shlex
import shutil
import signal
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from pipelines.argilla_local.credentials import FILE, OWNER, Credentials, read, replace, write
from pipelines.argilla_local.launch import SIGNALS
from pipelines.errors import UserError

HOST = "127.0.0.1"
LOCK = "server.lock"


def main() -> int:
    """Runs the command: 0 when it was asked to stop, 2 for what the user can mend."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.argilla_local.server")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True, help="0: any that is free")
    options = parser.parse_args()
    try:
        with _home(options.home) as home, _listening(options.port) as listener:
            _stop_by_signals(home / "tmp")
            _run(home, listener, _greeting(options.home, listener.getsockname()[1]))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _stop_by_signals(scratch: Path) -> None:
    """Ctrl-C and SIGTERM end the process: at once while it starts, and when it has stopped in good order afterwards.

    Not by an exception, which the libraries that are being imported would take for an error of theirs.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(0)

    for signum in SIGNALS:
        signal.signal(signum, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _run(home: Path, listener: socket.socket, greeting: str) -> None:
    credentials = _credentials(home, listener.getsockname()[1])
    _forget_unfinished(home / "argilla.db")
    _configure(home)
    # what follows reads Argilla's settings at import, and they are known only now
    from pipelines.argilla_local import app, bootstrap

    for line in bootstrap.prepare(credentials):
        print(line, flush=True)
    app.run(listener, greeting)


@contextmanager
def _home(home: Path) -> Iterator[Path]:
    """The server's folder, its owner's alone, for one server at a time; what a killed one left in `tmp` is removed.

    Raises:
        UserError: another server runs in it, it holds other things, or it can't be written.
    """
    home = home.resolve()
    if glob.escape(str(home)) != str(home):
        raise UserError(f"--home {home}: Argilla doesn't find its pages under a name with *, ? or [")
    os.umask(0o077)
    lock, scratch = FileLock(home / LOCK, timeout=0, mode=0o600), home / "tmp"
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not (home / LOCK).exists() and any(home.iterdir()):
            raise UserError(f"--home {home} holds other things: name a new folder, or one that `serve` has made")
        home.chmod(0o700)
        lock.acquire()
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
    except Timeout as error:
        raise UserError(f"another server runs in {home}: stop it, or choose another --home") from error
    except OSError as error:
        raise UserError(f"--home {home}: {error.strerror}") from error
    try:
        yield home
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        lock.release()


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """The port, taken at once, so that no second server starts in vain.

    Raises:
        UserError: it can't be had.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen()
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "ports go from 0 to 65535"
            raise UserError(f"--port {port}: {reason}: choose another, or stop what listens there") from error
        yield listener


def _credentials(home: Path, port: int) -> Credentials:
    """Those of the folder, which are made once; their address follows the port."""
    api_url = f"http://{HOST}:{port}"
    known = read(home)
    credentials = known._replace(api_url=api_url) if known else Credentials.random(api_url)
    if credentials != known:
        write(home, credentials)
    return credentials


def _forget_unfinished(database: Path) -> None:
    """Removes a database in which nobody was yet: its making was cut off, and can't be gone on with.

    Raises:
        UserError: it can't be read.
    """
    try:
        with closing(sqlite3.connect(database)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            if "users" in tables and connection.execute("SELECT count(*) FROM users").fetchone() != (0,):
                return
    except sqlite3.Error as error:
        raise UserError(f"{database} can't be read: {error}") from error
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()


def _configure(home: Path) -> None:
    """Argilla's settings, none from outside.

    It works inside its folder: so its database's URL holds no odd name, and it meets no `.oauth.yaml` of others.
    """
    secret = home / "auth_secret"
    if not secret.exists():
        replace(secret, secrets.token_hex(32))  # a new one at each start would log everybody out
    for name in [name for name in os.environ if name.startswith(("ARGILLA_", "HF_", "SPACE_"))]:
        del os.environ[name]
    os.chdir(home)
    os.environ |= {
        "TMPDIR": str(home / "tmp"),  # Argilla unpacks 14 MB of pages there at each start
        "ARGILLA_HOME_PATH": ".",
        "ARGILLA_DATABASE_URL": "sqlite+aiosqlite:///argilla.db?check_same_thread=False",
        "ARGILLA_DATABASE_SQLITE_TIMEOUT": "60",  # seconds that an answer may wait while records are pushed
        "ARGILLA_SEARCH_ENGINE": "database",
        "ARGILLA_AUTH_SECRET_KEY": secret.read_text(),
        "ARGILLA_CORS_ORIGINS": "[]",
        "ARGILLA_SHOW_HUGGINGFACE_SPACE_PERSISTENT_STORAGE_WARNING": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "1",  # what is published goes through the stages' --push
    }


def _greeting(home: Path, port: int) -> str:
    """What it says when it answers; `home` is as the user gave it, and as the other commands take it."""
    option = "" if home == Path(".argilla") else f" --home {shlex.quote(str(home))}"
    return (
        f"Argilla answers at http://{HOST}:{port}\n"
        f"log in as {OWNER}; the password is in {home / FILE}\n"
        f"add an annotator: python pipelines/review.py annotator NAME{option}\n"
        "stop: Ctrl-C"
    )


if __name__ == "__main__":
    sys.exit(main())
