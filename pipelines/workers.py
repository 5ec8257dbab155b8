"""Where the steps of a pipeline run, and what the parent sees of them; here, in processes of this machine.

Each replica of a step is a worker in a process of its own, which reports what the step raised; one that dies without a
report is an error too.
"""

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.managers import SyncManager
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any, Protocol

from distilabel.pipeline.step_wrapper import _StepWrapper, _StepWrapperException
from distilabel.utils.logging import _SILENT_LOGGERS

GRACE = 5.0  # seconds that a worker may take to exit after it has reported its end
_PARENT_POLL = 0.1  # seconds between two looks at whether the parent is alive

Row = dict[str, Any]


class Worker(Protocol):
    """One replica of a step at work, seen from the parent."""

    ended: bool
    error: Exception | None

    def look(self) -> None:
        """Notes that it has reported its end, or has died."""

    def end(self, grace: float) -> None:
        """Returns when it is gone: by itself within so many seconds, else killed."""


class Place(Protocol):
    """Where the steps run."""

    def queue(self) -> Any:  # noqa: ANN401 - Distilabel takes whatever has its methods
        """A queue that the parent and every worker can reach; EOFError or OSError once it is gone."""

    def start(self, step: Any, replica: int, queues: tuple[Any, Any, Any]) -> Worker:  # noqa: ANN401 - Distilabel's
        """Sets a replica to work, with its queues for input, output and what it has loaded."""


class PipelineFailed(RuntimeError):  # noqa: N818 - named for what happened, as KeyboardInterrupt is
    """The pipeline did not give all its rows; the message says which step and what, `details` holds the traceback."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details
        if details:
            self.add_note(details)  # an uncaught one shows the traceback of the step's process


class LoudStepWrapper(_StepWrapper):  # type: ignore[misc]  # Distilabel ships no types
    """Runs a step in its process, and raises where Distilabel's goes on with less."""

    _sent_last_batch = False

    def _impute_step_outputs(self, _batch: object) -> list[Row]:
        """Raises on what the step raised; Distilabel goes on with a batch of None."""
        error = sys.exception()
        assert error is not None
        raise error

    def _generator_step_process_loop(self) -> None:
        """Raises where a generator ends too early; Distilabel waits for its last batch for ever."""
        super()._generator_step_process_loop()
        if not self._sent_last_batch:
            raise RuntimeError("ended without a batch that it calls its last one")

    def _send_batch(self, batch: Any) -> None:  # noqa: ANN401 - Distilabel's own
        super()._send_batch(batch)
        self._sent_last_batch = batch.last_batch


@dataclass(frozen=True)
class Report:
    """What a step raised, on its way to the parent."""

    summary: str
    details: str
    pickled: bytes | None

    @classmethod
    def of(cls, error: BaseException) -> "Report":
        if isinstance(error, _StepWrapperException):
            error = error.subprocess_exception
        return cls(summary(error), "".join(traceback.format_exception(error)), _pickled(error))

    def error(self, step: str) -> Exception:
        failed = PipelineFailed(f"step {step!r} raised {self.summary}", self.details)
        if self.pickled is None:
            return failed
        error: Exception = ForkingPickler.loads(self.pickled)
        error.__cause__ = failed
        return error


def summary(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _pickled(error: BaseException) -> bytes | None:
    """The exception as bytes, or None where it would come out as another one, as with many an own __init__."""
    if not isinstance(error, Exception):
        return None  # a step's SystemExit must not end the parent
    try:
        pickled = bytes(ForkingPickler.dumps(error))
        again = ForkingPickler.loads(pickled)
    except Exception:  # noqa: BLE001 - pickle runs the exception's own code, which may raise anything
        return None
    return pickled if summary(again) == summary(error) else None


def work_through(wrapper: LoudStepWrapper) -> Report | None:
    """What a step raised, once it has done its work or could not."""
    for name in (*_SILENT_LOGGERS, "httpx2", "httpcore2"):  # newer HTTP clients than Distilabel knows of
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        wrapper.run()
    except BaseException as error:  # noqa: BLE001 - SystemExit too, which would look like a death
        return Report.of(error)
    return None


@contextmanager
def here() -> Iterator[Place]:
    """This machine."""
    manager = SyncManager()
    manager.start(_end_with_parent)
    with manager:
        yield _Here(manager)


@dataclass(frozen=True)
class _Here:
    """Processes of this machine, and queues in a process of their own."""

    manager: SyncManager

    def queue(self) -> Any:  # noqa: ANN401 - a proxy
        return self.manager.Queue()

    def start(self, step: Any, replica: int, queues: tuple[Any, Any, Any]) -> Worker:  # noqa: ANN401 - Distilabel's
        """Forks from the thread that calls, which is the loop's and runs no numeric code: a process forked from the
        main thread hangs in OpenMP once that thread has used torch or faiss.
        """
        report, send_report = multiprocessing.Pipe(duplex=False)
        wrapper = LoudStepWrapper(step, replica, *queues)
        process = multiprocessing.Process(target=_work, args=(wrapper, send_report), name=f"{step.name}-{replica}")
        process.start()
        send_report.close()  # the process alone holds it, so that its death is the end of the report
        return _Process(step.name, process, report)


@dataclass
class _Process:
    """The worker that is a process of this machine."""

    step: str
    process: BaseProcess
    report: "Connection[Any, Any]"
    ended: bool = False
    error: Exception | None = None

    def look(self) -> None:
        alive = self.process.is_alive()  # asked first, so that a report sent just before its end is seen
        if not self.ended and (self.report.poll() or not alive):
            self.ended = True
            self.error = self._outcome()

    def _outcome(self) -> Exception | None:
        with suppress(EOFError):
            if self.report.poll():
                report: Report | None = self.report.recv()
                return None if report is None else report.error(self.step)
        self.process.join(GRACE)
        code = self.process.exitcode
        how = f"was killed by {signal.Signals(-code).name}" if code and code < 0 else f"exited with code {code}"
        return PipelineFailed(f"step {self.step!r} never ended: its process {how}")

    def end(self, grace: float) -> None:
        self.process.join(grace)
        self.process.kill()
        self.process.join()
        self.report.close()


def _end_with_parent() -> None:
    """Makes this process outlive a Ctrl-C, which is the parent's to handle, and not outlive the parent's kill -9."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # no SIG_IGN: what a step starts would inherit that
        signal.signal(number, lambda _number, _frame: None)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_POLL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(wrapper: LoudStepWrapper, report: "Connection[Any, Any]") -> None:
    """The whole life of a worker process."""
    _end_with_parent()
    outcome = work_through(wrapper)
    with suppress(BrokenPipeError):  # the parent is gone, and this process soon
        report.send(outcome)
