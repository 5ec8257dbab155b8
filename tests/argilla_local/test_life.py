"""The server's life: first start, kill, restart, lost credentials, stop; and what keeps it from starting."""

import signal
import socket
import sqlite3
import subprocess
import textwrap
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import psutil
import pytest

from pipelines.argilla_local import launch
from tests.argilla_local.api import Api, labels
from tests.argilla_local.local import ROOT, Running, running, start

pytestmark = pytest.mark.slow

_MET_OUTSIDE = "import sys; sys.exit('a module of the working folder was imported')"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A working folder that would upset a server which looked into it."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / ".oauth.yaml").write_text("no: [such, configuration")
    (folder / "argilla_server.py").write_text(_MET_OUTSIDE)
    return folder


@contextmanager
def _outside() -> Iterator[tuple[dict[str, str], list[object]]]:
    """Settings that lead every call to the outside here, and who has called."""
    callers: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def listen() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                callers.append(connection.recv(200))
                connection.close()

        Thread(target=listen, daemon=True).start()
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        yield (
            {name: proxy for upper in names for name in (upper, upper.lower())} | {"NO_PROXY": "", "no_proxy": ""},
            callers,
        )
        listener.shutdown(socket.SHUT_RDWR)


def _token(server: Running) -> dict[str, str]:
    """What a browser keeps after the owner has logged in."""
    login = {name: server.credentials[name] for name in ("username", "password")}
    answer = httpx.post(f"{server.api_url}/api/v1/token", data=login)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def _dataset(owner: Api) -> dict[str, Any]:
    dataset = owner.dataset(questions={"verdict": labels("keep", "edit")}, min_submitted=2)
    (record,) = owner.push(dataset, [{"fields": {"text0": "one"}}])
    owner.answer(record["id"], {"verdict": "keep"})
    return {"id": dataset, "record": record["id"]}


def test_a_server_lives_through_a_kill_and_keeps_everything(tmp_path: Path, elsewhere: Path) -> None:
    home = tmp_path / "100% l'été"
    with _outside() as (settings, callers):
        with running(home, 0, elsewhere, settings | {"ARGILLA_DATABASE_URL": "sqlite:///other.db"}) as server:
            before = server.credentials
            token = _token(server)
            made = _dataset(Api.owner(server))
            assert any((home / "tmp").iterdir())
            server.process.kill()
            server.process.wait()
        assert any((home / "tmp").iterdir())
        with running(home, server.port, elsewhere, settings) as server:
            assert server.credentials == before
            assert len(list((home / "tmp").iterdir())) == 1  # its own pages; those of the killed one are gone
            records = httpx.get(f"{server.api_url}/api/v1/datasets/{made['id']}/records", headers=token)
            assert [record["id"] for record in records.json()["items"]] == [made["record"]]
            _changes_status_with_the_distribution(Api.owner(server), made)
            _stops_while_it_is_busy(server, made["id"])
    assert callers == []
    assert not (home / "tmp").exists()
    assert {path.name for path in home.glob("argilla.db*")} == {"argilla.db"}  # whole, to be copied

    (home / "credentials.json").unlink()
    with running(home, cwd=tmp_path) as server:
        assert "owner has a new password and a new key: the old ones had been lost" in server.told
        assert server.credentials.keys() == before.keys()
        assert not {server.credentials[name] for name in ("password", "api_key")} & set(before.values())
        old = httpx.get(f"{server.api_url}/api/v1/me", headers={"X-Argilla-Api-Key": before["api_key"]})
        assert old.status_code == 401
        assert Api.owner(server).call("GET", f"/records/{made['record']}")["responses"]
        assert _token(server)
        assert server.stop(signal.SIGINT) == 0
        assert server.told[-1] == "stop: Ctrl-C"


def _changes_status_with_the_distribution(owner: Api, made: dict[str, Any]) -> None:
    """Argilla leaves that to a job of its queue."""
    body = {"distribution": {"strategy": "overlap", "min_submitted": 1}}
    assert owner.call("GET", f"/records/{made['record']}")["status"] == "pending"
    owner.call("PATCH", f"/datasets/{made['id']}", json=body)
    deadline = time.monotonic() + 10
    while owner.call("GET", f"/records/{made['record']}")["status"] != "completed":
        assert time.monotonic() < deadline


def _stops_while_it_is_busy(server: Running, dataset: str) -> None:
    """A connection that stays open, a request that isn't finished, and searches under way; all without a word.

    What was sent wrongly is nothing for the terminal either.
    """
    assert Api.owner(server).http.post("/users", json={"password": "by mistake"}).status_code == 422
    idle = httpx.Client()
    idle.get(f"{server.api_url}/api/v1/version")
    unfinished = socket.create_connection(("127.0.0.1", server.port))
    unfinished.sendall(b"POST /api/v1/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n")
    unfinished.sendall(b"Content-Type: application/x-www-form-urlencoded\r\n\r\nusername=")
    begun, stop = [], False

    def search() -> None:
        while not stop:
            try:
                begun.append(Api.owner(server).search(dataset))
            except (httpx.HTTPError, AssertionError):
                return

    searching = [Thread(target=search) for _ in range(4)]
    for thread in searching:
        thread.start()
    while not begun:
        time.sleep(0.01)
    asked = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - asked < 6
    stop = True
    for thread in searching:
        thread.join()
    unfinished.close()
    idle.close()
    assert server.told[-1] == "stop: Ctrl-C", "\n".join(server.told)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("early", [True, False])
def test_a_stop_while_it_starts_is_a_stop(tmp_path: Path, signum: int, *, early: bool) -> None:
    """From the first moment on, when it has read nothing yet, and in the middle of making its database."""
    database = tmp_path / "home" / "argilla.db"
    process = start(database.parent)
    while not (_has_begun(process) if early else _size(database)):
        assert process.poll() is None
    process.send_signal(signum)
    told, _ = process.communicate(timeout=20)
    assert (process.returncode, told) == (0, "")
    assert not (tmp_path / "home" / "tmp").exists()


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _has_begun(process: subprocess.Popen[str]) -> bool:
    """Whether the command has become the server."""
    return "pipelines.argilla_local.server" in psutil.Process(process.pid).cmdline()


def test_a_database_whose_making_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    """Its tables come one by one, and Argilla doesn't go on where it was stopped."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "server.lock").touch()
    with closing(sqlite3.connect(home / "argilla.db")) as half_made:
        half_made.execute("CREATE TABLE users (id)")
    with running(home) as server:
        assert Api.owner(server).call("GET", "/me")["username"] == "owner"


def _refused(home: Path, port: int = 0) -> str:
    """What a server says that doesn't start; without the command around it, which adds nothing but time."""
    command = [str(launch.environment()), "-P", "-m", "pipelines.argilla_local.server"]
    done = subprocess.run(
        [*command, "--home", str(home), "--port", str(port)],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("error: ").strip()


def test_a_second_server_in_one_home_and_on_one_port_is_refused(argilla: Running, tmp_path: Path) -> None:
    home = argilla.home.resolve()
    assert _refused(argilla.home) == f"another server runs in {home}: stop it, or choose another --home"
    told = _refused(tmp_path / "home", argilla.port)
    assert told == f"--port {argilla.port}: Address already in use: choose another, or stop what listens there"
    assert not (tmp_path / "home" / "tmp").exists()
    assert Api.owner(argilla).call("GET", "/me")["username"] == "owner"


def test_a_home_that_cannot_be_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    assert _refused(file) == f"--home {file}: File exists"
    assert _refused(Path("/proc/none")) == "--home /proc/none: No such file or directory"
    assert _refused(tmp_path).startswith(f"--home {tmp_path} holds other things: ")
    assert file.read_text() == "mine"
    assert _refused(tmp_path / "a[1]").startswith(f"--home {tmp_path / 'a[1]'}: ")
    assert _refused(tmp_path / "port", 65536).startswith("--port 65536: ports go from 0 to 65535")


def test_what_it_cannot_read_in_its_home_is_told_and_left(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "server.lock").touch()
    (home / "credentials.json").write_text('{"api_url": 1')
    told = _refused(home)
    assert told == f"{home / 'credentials.json'} can't be read: delete it, and `serve` makes new ones"
    (home / "credentials.json").unlink()
    (home / "argilla.db").write_text("no database at all, but long enough to look like one " * 20)
    assert _refused(home) == f"{home / 'argilla.db'} can't be read: file is not a database"
    assert (home / "argilla.db").exists()


def test_the_command_tells_an_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    process = start(tmp_path / "file")
    told, _ = process.communicate(timeout=60)
    assert (process.returncode, told) == (2, f"error: --home {tmp_path / 'file'} is a file: name a folder\n")


def test_what_checks_a_suggestion_is_built_once(tmp_path: Path) -> None:
    """Building it costs more than all else that is done with a suggestion."""
    asked = """
        from argilla_server.models import database
        from pipelines.argilla_local import app
        app._application()
        print(database.TypeAdapter(list[int]) is database.TypeAdapter(list[int]))
    """
    done = subprocess.run(
        [str(launch.environment()), "-W", "ignore", "-c", textwrap.dedent(asked)],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "ARGILLA_HOME_PATH": ".", "TMPDIR": str(tmp_path)},
    )
    assert done.stdout == "True\n", done.stderr
