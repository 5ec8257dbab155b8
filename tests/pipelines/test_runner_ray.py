"""On a Ray cluster the runner keeps the promises that it keeps on one machine."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipelines import runner_ray
from pipelines.errors import UserError
from pipelines.runner import Pipeline, run
from pipelines.workers import PipelineFailed
from tests.pipelines import runner_steps as steps

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster that others have started: two nodes on this machine."""
    port = free_port()
    folder = tempfile.mkdtemp(prefix="ray-")  # short, since Ray makes sockets in it
    with pytest.MonkeyPatch.context() as patch, ExitStack() as nodes:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        patch.setenv("PYTHONPATH", str(ROOT))
        nodes.callback(shutil.rmtree, folder)
        nodes.enter_context(node("--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={folder}"))
        nodes.enter_context(node(f"--address=127.0.0.1:{port}"))
        yield f"127.0.0.1:{port}"


@contextmanager
def node(*options: str) -> Iterator[None]:
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--num-cpus=1", *options]
    any_ports = ["--min-worker-port=0", "--max-worker-port=0"]
    with subprocess.Popen(
        command + any_ports, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as started:
        assert started.stdout is not None
        said = list(takewhile(lambda line: "Ray runtime started" not in line, started.stdout))
        assert started.poll() is None, "".join(said)
        yield
        processes = psutil.Process(started.pid).children(recursive=True)
        started.terminate()
        started.communicate(timeout=20)
        assert all_gone(processes, 10)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(autouse=True)
def nothing_is_left(address: str, tmp_path: Path) -> Iterator[None]:
    """Whatever happened: no actor, no thread, no variable, no file and no handler of a signal stays behind."""
    threads, environment = set(threading.enumerate()), variables()
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    yield
    assert set(threading.enumerate()) <= threads
    assert variables() == environment
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert not list((tmp_path / "work").glob("*"))
    wait_for(lambda: not actors(), 5)


def variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


def actors() -> list[psutil.Process]:
    processes = psutil.process_iter(["name"])
    return [process for process in processes if process.info["name"].startswith(("ray::_Rep", "ray::_Que"))]


def all_gone(processes: list[psutil.Process], seconds: float) -> bool:
    return not psutil.wait_procs(processes, timeout=seconds)[1]


def wait_for(what: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


def play(folder: Path, ray: str | None, *makers: Callable[[], Any], rows: int | None = None) -> list[dict[str, Any]]:
    with Pipeline("test") as pipeline:
        steps.connect(makers)
    return run(pipeline, work=folder / "work", stop=folder / "stop", rows=rows, ray=ray)


def test_two_replicas_work_side_by_side_and_give_the_rows_of_a_local_run(tmp_path: Path, address: str) -> None:
    """On two nodes, since there are two; a process of Ray is a child of its node's."""
    made = []
    for ray, parents in ((None, 1), (address, 2)):
        folder = tmp_path / str(ray)
        folder.mkdir()

        def two_at_once(folder: Path = folder) -> Any:
            return steps.Meet(folder=str(folder), input_batch_size=5, resources=steps.two_replicas())

        rows = play(tmp_path, ray, steps.ten, two_at_once, rows=10)
        assert len({row.pop("pid") for row in rows}) == 2
        assert len({row.pop("ppid") for row in rows}) == parents
        made.append(sorted(rows, key=lambda row: row["x"]))
    assert made == [[{"x": x} for x in range(10)]] * 2


def test_stages_and_global_steps_give_all_rows(tmp_path: Path, address: str) -> None:
    rows = play(tmp_path, address, steps.ten, steps.Pass, steps.PassAll, rows=10)
    assert rows == [{"x": x} for x in range(10)]


def test_what_a_step_raises_is_raised_as_itself(tmp_path: Path, address: str) -> None:
    with pytest.raises(steps.UserMistake, match="no such seed") as caught:
        play(tmp_path, address, *steps.failing("normal", "raise"))
    cause = caught.value.__cause__
    assert isinstance(cause, PipelineFailed)
    assert 'raise UserMistake("no such seed")' in cause.details  # the traceback of the other process


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("unpicklable", "raised Unpicklable: seeds.txt:3"),
        ("os._exit", "step 'fail_0' never ended: its actor died"),
    ],
)
def test_what_can_not_be_raised_again_is_told(tmp_path: Path, address: str, how: str, told: str) -> None:
    begun = time.monotonic()
    with pytest.raises(PipelineFailed, match=told):
        play(tmp_path, address, *steps.failing("normal", how))
    assert time.monotonic() - begun < 20


def test_the_death_of_the_queues_is_an_error(tmp_path: Path, address: str) -> None:
    with pytest.raises((PipelineFailed, EOFError)):
        play(tmp_path, address, steps.ten, steps.KillQueues)


def test_a_step_that_stops_the_others_lets_them_finish(tmp_path: Path, address: str) -> None:
    with pytest.raises(steps.UserMistake, match="the money is spent"):
        play(
            tmp_path,
            address,
            steps.ten,
            lambda: steps.StopOthers(folder=str(tmp_path), input_batch_size=5, resources=steps.two_replicas()),
        )
    assert (tmp_path / "answered").exists()


# -- signals and kills, on a process of its own --


@contextmanager
def at_work(folder: Path, how: str, ray: str) -> Iterator[tuple[subprocess.Popen[bytes], list[psutil.Process]]]:
    """A pipeline with two replicas that are at work, and their processes; whatever is left at the end is killed."""
    folder.mkdir()
    call = f"runner_steps.main({how!r}, Path({str(folder)!r}), {ray!r})"
    program = f"from pathlib import Path; from tests.pipelines import runner_steps; {call}"
    parent = subprocess.Popen([sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, start_new_session=True)
    try:
        wait_for(lambda: len(list(folder.glob("working-*"))) == 2)
        yield parent, [psutil.Process(int(path.name.partition("-")[2])) for path in folder.glob("working-*")]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(parent.pid, signal.SIGKILL)
        parent.wait()


def test_a_signal_waits_for_the_steps(tmp_path: Path, address: str) -> None:
    folder = tmp_path / "run"
    with at_work(folder, "raises", address) as (parent, replicas):
        os.kill(parent.pid, signal.SIGINT)
        assert parent.wait(20) == 0
        assert all_gone(replicas, 2)
    assert (folder / "outcome").read_text() == "KeyboardInterrupt from UserMistake"
    assert len(list(folder.glob("finished-*"))) == 2


def test_a_second_signal_ends_everything_at_once(tmp_path: Path, address: str) -> None:
    folder = tmp_path / "run"
    with at_work(folder, "deaf", address) as (parent, replicas):
        os.kill(parent.pid, signal.SIGTERM)
        wait_for((folder / "stop").exists)
        time.sleep(0.3)  # the first one alone ends nothing
        assert parent.poll() is None
        os.kill(parent.pid, signal.SIGTERM)
        assert parent.wait(10) == 0
        assert all_gone(replicas, 2)
    assert (folder / "outcome").read_text() == "KeyboardInterrupt from NoneType"
    assert not list(folder.glob("finished-*"))


def test_kill_of_the_parent_leaves_no_actor(tmp_path: Path, address: str) -> None:
    with at_work(tmp_path / "run", "deaf", address) as (parent, replicas):
        parent.kill()
        assert all_gone(replicas, 10)


def test_a_cluster_of_its_own_listens_here_alone_and_goes_with_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with at_work(folder, "ends", "local") as (parent, replicas):
        processes = psutil.Process(parent.pid).children(recursive=True)
        assert {process.pid for process in replicas} < {process.pid for process in processes}
        listening = {
            connection.laddr.ip
            for process in processes
            for connection in process.net_connections()
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening <= {"127.0.0.1", "::ffff:127.0.0.1"}
        os.killpg(parent.pid, signal.SIGINT)
        assert parent.wait(20) == 0
        assert all_gone(processes, 5)
    assert (folder / "outcome").read_text() == "KeyboardInterrupt from NoneType"
    assert len(list(folder.glob("finished-*"))) == 2


def test_kill_of_the_parent_ends_its_cluster(tmp_path: Path) -> None:
    """Two agents of Ray's own take a minute to see it."""
    with at_work(tmp_path / "run", "deaf", "local") as (parent, _):
        processes = psutil.Process(parent.pid).children(recursive=True)
        parent.kill()
        assert all_gone([process for process in processes if not process.name().endswith("Agent")], 10)


# -- addresses --


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_where_nobody_listens_is_an_error_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setattr(runner_ray, "_CONNECT", 3)
    nobody = f"{scheme}127.0.0.1:{free_port()}"
    begun = time.monotonic()
    with pytest.raises(UserError, match=f"no Ray cluster answered at {nobody} in 3 seconds"):
        play(tmp_path, nobody, steps.ten)
    assert time.monotonic() - begun < 6


def test_an_address_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no connection to a Ray cluster at nowhere: .*Invalid address format"):
        play(tmp_path, "nowhere", steps.ten)
