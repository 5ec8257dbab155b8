"""A Ray cluster as the place where the steps of a pipeline run: one actor for each replica, one for all the queues.

    rows = run(pipeline, work=work, stop=work / "stop", ray="ray://head:10001")

The address is any that `ray.init` takes: `auto` (the cluster of this machine), `HOST:6379`, `ray://HOST:10001`, or
`local`, which starts one on this machine for the time of the run. Every machine has this package installed as it is
here, the same Ray and Python, the keys of the LLMs in its environment, and the work folder, at the same path, on a file
system that all share. A step that asks for resources waits until the cluster has them, as Ray does.
"""

import asyncio
import logging
import os
import pickle
import platform
import secrets
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import UserError
from pipelines.workers import GRACE, LoudStepWrapper, PipelineFailed, Place, Report, Worker, work_through

_CONNECT = 20  # seconds to reach a cluster
_LOCAL = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # Ray's switch for listening on 127.0.0.1 alone, whatever the system
    "RAY_AUTH_MODE": "token",  # with a token in the environment; Ray would leave one in the user's home
}


@contextmanager
def cluster(address: str, work: Path) -> Iterator[Place]:
    """Connects to a cluster, or starts one for `local`; nothing of ours is left on it at the end.

    Raises:
        UserError: there is no Ray here, or no cluster at the address after 20 seconds.
    """
    local = address == "local"
    with _environment(_LOCAL | {"RAY_AUTH_TOKEN": secrets.token_hex(32)} if local else {}):
        try:
            import ray
        except ModuleNotFoundError as error:
            raise UserError("--ray needs Ray, which is not installed: pip install 'i2a[ray]'") from error
        if not local:
            _probe(address)
        handler = signal.getsignal(signal.SIGTERM)  # which Ray replaces
        try:
            ray.init(
                address, include_dashboard=False if local else None, logging_level=logging.ERROR, log_to_driver=False
            )
            yield _Cluster(ray.remote(num_cpus=0)(_Queues).remote(), work.absolute())
        finally:
            ray.shutdown()
            signal.signal(signal.SIGTERM, handler)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = os.environ.copy()
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _probe(address: str) -> None:
    """Connects from another process first: ray.init tries for minutes, and only an alarm's default ends it then."""
    program = f"import signal, sys; signal.alarm({_CONNECT}); import ray; ray.init(sys.argv[1])"
    command = [sys.executable, "-c", program, address]
    probe = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - this very Python
    if probe.returncode == -signal.SIGALRM:
        raise UserError(f"no Ray cluster answered at {address} in {_CONNECT} seconds: is it up, and the port right?")
    if probe.returncode:
        raise UserError(f"no connection to a Ray cluster at {address}: {probe.stderr.strip().splitlines()[-1]}")


@dataclass(frozen=True)
class _Cluster:
    """Actors of a Ray cluster."""

    queues: Any
    work: Path

    def queue(self) -> "_Queue":
        return _Queue(self.queues, secrets.token_hex(8))

    def start(self, step: Any, replica: int, queues: tuple[Any, Any, Any]) -> Worker:  # noqa: ANN401 - Distilabel's
        import ray

        asked = step.resources
        options = {
            "num_cpus": asked.cpus or 0.01,  # what asks for nothing, Ray puts on one machine
            "num_gpus": asked.gpus or 0,
            "memory": asked.memory,
            "resources": asked.resources,
            "scheduling_strategy": "SPREAD",
        }
        actor: Any = ray.remote(**options)(_Replica).remote()
        wrapper = LoudStepWrapper(step, replica, *queues, ray_pipeline=True)
        return _Actor(step.name, actor, actor.work_through.remote(wrapper, self.work))


class _Replica:
    """Runs in the process of an actor."""

    def work_through(self, wrapper: LoudStepWrapper, work: Path) -> Report | None:
        if not work.is_dir():
            machine = platform.node()
            told = f"{work} is not there on {machine}: with --ray, --work is a folder that all machines share"
            return Report.of(UserError(told))
        return work_through(wrapper)


@dataclass
class _Actor:
    """The worker that is an actor."""

    step: str
    actor: Any
    result: Any
    ended: bool = False
    error: Exception | None = None

    def look(self) -> None:
        import ray

        if not self.ended and ray.wait([self.result], timeout=0)[0]:
            self.ended = True
            self.error = self._outcome()

    def _outcome(self) -> Exception | None:
        import ray

        try:
            report: Report | None = ray.get(self.result)
        except ray.exceptions.RayError as error:
            how = "its actor died" if isinstance(error, ray.exceptions.RayActorError) else "Ray could not run it"
            return PipelineFailed(f"step {self.step!r} never ended: {how}", str(error))
        return None if report is None else report.error(self.step)

    def end(self, grace: float) -> None:
        import ray

        with suppress(ray.exceptions.RayError):
            ray.wait([self.result], timeout=grace)
            ray.kill(self.actor)
            ray.wait([self.result], timeout=GRACE)


class _Queues:
    """Runs in the process of an actor: the queues by name. What they hold is pickled, so that it imports no step."""

    def __init__(self) -> None:
        self.queues: defaultdict[str, asyncio.Queue[bytes]] = defaultdict(asyncio.Queue)

    async def put(self, name: str, item: bytes) -> None:
        await self.queues[name].put(item)

    async def get(self, name: str) -> bytes:
        return await self.queues[name].get()


@dataclass(frozen=True)
class _Queue:
    actor: Any
    name: str

    def put(self, item: object) -> None:
        self._wait(self.actor.put.remote(self.name, pickle.dumps(item)))

    def get(self) -> Any:  # noqa: ANN401 - whatever was put
        return pickle.loads(self._wait(self.actor.get.remote(self.name)))  # noqa: S301 - what `put` has made

    def _wait(self, reply: Any) -> Any:  # noqa: ANN401 - Ray's own
        import ray

        try:
            return ray.get(reply)
        except ray.exceptions.RayError as error:
            raise EOFError("the queues of the pipeline are gone") from error
