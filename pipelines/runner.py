"""The one place that runs a Distilabel pipeline: fails aloud, stops in good order, leaves no process behind.

    with Pipeline("personas") as pipeline:
        Rounds(...)
    rows = run(pipeline, work=Path(".i2a"), stop=Path(".i2a/stop"))

Every mend of Distilabel 1.5.3 is a method here that overrides one of its own, with the reason beside it. Its steps,
checks and batch manager are used as they are; its process pool, signal handling, cache, logging and write buffer are
not. Importing this imports Distilabel (2.5 s), so a stage does it inside the function that runs.
"""

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.managers import SyncManager
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import distilabel.pipeline
from distilabel.pipeline.base import _STEP_UNLOADED_CODE, BasePipeline
from distilabel.pipeline.step_wrapper import _StepWrapper, _StepWrapperException
from distilabel.utils.logging import _SILENT_LOGGERS

_LOG_LEVEL = "DISTILABEL_LOG_LEVEL"
_POLL = 0.02  # seconds between two looks at the processes
_GRACE = 5.0  # seconds that a process may take to exit after it has reported its end
_PARENT_POLL = 0.1  # seconds between two looks at whether the parent is alive

Row = dict[str, Any]
Parameters = dict[str, dict[str, Any]]


class PipelineFailed(RuntimeError):  # noqa: N818 - named for what happened, as KeyboardInterrupt is
    """The pipeline did not give all its rows; the message says which step and what, `details` holds the traceback."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details
        if details:
            self.add_note(details)  # an uncaught one shows the traceback of the step's process


def run(
    pipeline: "Pipeline", *, work: Path, stop: Path, rows: int | None = None, parameters: Parameters | None = None
) -> list[Row]:
    """Runs a pipeline and returns the rows of its last step as that step yielded them, in order of arrival.

    The first SIGINT or SIGTERM makes the file `stop`, at which the steps look, and waits until they have ended; the
    second ends them at once. A step that makes the file itself has the others end in good order too. Nothing of the
    run stays in `work`. Only the main thread can call this.

    Args:
        pipeline: the steps, connected.
        work: a folder for what Distilabel writes meanwhile.
        stop: removed at the start; its folder exists.
        rows: how many rows there must be.
        parameters: runtime parameters by the step's name.

    Raises:
        Exception: what a step raised, as itself where pickle can carry it, with a PipelineFailed as its cause.
        PipelineFailed: a step raised what pickle can't carry, a process died, or rows are missing.
        KeyboardInterrupt: there was a signal, whatever the steps did next.
    """
    ends = sorted(pipeline.dag.leaf_steps)
    if len(ends) != 1:
        raise PipelineFailed(f"a pipeline has one last step and this has {len(ends)}: {', '.join(ends) or 'no step'}")
    if unknown := set(parameters or {}) - set(pipeline.dag):
        raise PipelineFailed(f"parameters for {', '.join(sorted(unknown))}; the steps are {', '.join(pipeline.dag)}")
    work.mkdir(parents=True, exist_ok=True)
    stop.unlink(missing_ok=True)
    with _counted_signals(stop) as signals, TemporaryDirectory(prefix="distilabel-", dir=work) as cache:
        made = pipeline.run(Path(cache), stop, signals, parameters)
    if signals:
        raise KeyboardInterrupt
    if not made:
        raise PipelineFailed(f"step {ends[0]!r} gave no row")
    if rows is not None and len(made) != rows:
        raise PipelineFailed(f"step {ends[0]!r} gave {len(made):,} rows where {rows:,} were expected")
    return made


class Pipeline(distilabel.pipeline.Pipeline):  # type: ignore[misc]  # Distilabel ships no types
    """A local pipeline with a watched process for each replica of a step; `run` of this module runs it.

    What Distilabel's own `run` does instead: its pool hangs when a worker dies or an exception can't be unpickled; its
    handler of SIGINT returns half of the rows, and deadlocks when called twice; it fetches citations from the network
    and leaves a copy of the rows in the user's `datasets` cache.
    """

    def run(self, cache: Path, stop: Path, signals: list[int], parameters: Parameters | None) -> list[Row]:
        self._cache_dir = cache  # fresh: from a used one, changed input would give the rows of an earlier run
        self._stop_called = False
        self._workers: list[_Worker] = []
        self._loop_error: PipelineFailed | None = None
        with _distilabel_log_level():
            with _restored_loggers("", *_SILENT_LOGGERS):  # it takes the root logger's handlers away
                BasePipeline.run(self, parameters=parameters, use_cache=False)
            self._manager = SyncManager()
            self._manager.start(_end_with_parent)
            with self._manager:
                self._run_to_the_end(stop, signals)
        return list(self._write_buffer)

    def _run_to_the_end(self, stop: Path, signals: list[int]) -> None:
        self._output_queue = self.QueueClass()
        self._load_queue = self.QueueClass()
        loaded = self._run_load_queue_loop_in_thread()
        loop = self._run_output_queue_loop_in_thread()
        grace = 0.0
        try:
            self._watch(loop, stop, signals)
            grace = _GRACE
        finally:
            self._dismiss_steps()
            loop.join()  # before the workers are ended, since it starts them
            for worker in self._workers:
                worker.end(grace)
            with suppress(OSError, EOFError):
                self._load_queue.put(None)
            loaded.join()

    def _watch(self, loop: threading.Thread, stop: Path, signals: list[int]) -> None:
        """Returns when every worker has ended well; raises the first error, after a stop that of any worker."""
        stopping = False
        while True:
            looping = loop.is_alive()  # asked first, since the loop starts the workers
            for worker in self._workers:
                worker.look()
            errors = [error for error in (*(worker.error for worker in self._workers), self._loop_error) if error]
            if len(signals) > 1:
                raise KeyboardInterrupt
            if stop.exists() and not stopping:
                stopping = True
                self._dismiss_steps()
            if errors and not stopping:
                raise errors[0]
            if not looping and all(worker.ended for worker in self._workers):
                break
            time.sleep(_POLL)
        if signals:
            raise KeyboardInterrupt from next(iter(errors), None)
        if stopping:
            raise errors[0] if errors else PipelineFailed(f"the file {stop} stopped the steps")

    def _dismiss_steps(self) -> None:
        """Asks the loop and every worker to end after what they have in hand."""
        self._stop_called = True
        with suppress(OSError, EOFError):  # the manager is gone, and its queues with it: that ends them as well
            self._output_queue.put(None)
            for name, queue in list(self._steps_input_queues.items()):
                for _ in range(self.dag.get_step_replica_count(name)):
                    queue.put(None)

    # -- what follows overrides methods of Distilabel --

    def _run_step(self, step: Any, input_queue: Any, replica: int) -> None:  # noqa: ANN401 - Distilabel's own
        """Starts a process instead of handing the step to a pool, which forgets the task of a worker that died.

        It is forked from the loop's thread, which runs no numeric code: a process forked from the main thread hangs
        in OpenMP once that thread has used torch or faiss.
        """
        report, send_report = multiprocessing.Pipe(duplex=False)
        wrapper = _LoudStepWrapper(step, replica, input_queue, self._output_queue, self._load_queue)
        process = multiprocessing.Process(target=_work, args=(wrapper, send_report), name=f"{step.name}-{replica}")
        process.start()
        send_report.close()  # the process alone holds it, so that its death is the end of the report
        self._workers.append(_Worker(step.name, process, report))

    def _output_queue_loop(self) -> None:
        """Keeps what the loop raises: Distilabel lets the thread die and returns what had come until then."""
        try:
            super()._output_queue_loop()
        except Exception as error:  # noqa: BLE001 - whatever it is, the run has failed
            self._loop_error = PipelineFailed(f"Distilabel's loop raised {_summary(error)}", traceback.format_exc())
            self._loop_error.__cause__ = error

    def _run_load_queue_loop(self) -> None:
        """Ends with the manager; Distilabel's thread prints a traceback."""
        with suppress(OSError, EOFError):
            super()._run_load_queue_loop()

    def _run_stage_steps_and_wait(self, stage: int) -> bool:
        """Looks often, and leaves at a stop. Distilabel looks every 2.5 s and holds the lock that a stop needs."""
        if self._stop_called:
            return False
        steps = self._steps_to_be_loaded_in_stage(stage)
        self._run_steps(steps)
        wanted = {name: (self.dag.get_step_replica_count(name), _STEP_UNLOADED_CODE) for name in steps}
        return self._wait_until(lambda status: all(status[name] in wanted[name] for name in steps))

    def _wait_current_stage_to_finish(self) -> None:
        """Sleeps between two looks; Distilabel spins, and holds the lock that a stop needs."""
        steps = self._steps_to_be_loaded_in_stage(self._current_stage)
        self._wait_until(lambda status: all(status[name] == _STEP_UNLOADED_CODE for name in steps))

    def _wait_until(self, ready: Callable[[dict[str, int]], bool]) -> bool:
        while not self._stop_called:
            with self._steps_load_status_lock:
                if ready(self._steps_load_status):
                    return True
            time.sleep(_POLL)
        return False

    def _finalize_pipeline_execution(self) -> None:
        """Leaves the waiting to `_watch`; Distilabel waits for ever for a step that has died."""
        self._dismiss_steps()

    def _setup_write_buffer(self, _use_cache: object) -> None:
        """Keeps rows in memory; Distilabel writes Parquet, which changes or refuses rows of unlike fields."""
        self._write_buffer = _Rows()

    def _register_batch(self, batch: Any) -> None:  # noqa: ANN401 - Distilabel's own
        """Leaves out the copy of each batch on disk, which only a later run with the same cache would read."""
        self._batch_manager.register_batch(batch)

    def _cache(self) -> None:
        """Writes nothing: after each batch Distilabel would write all that is pending, and the LLMs' settings."""


class _Rows(list[Row]):
    """The rows of the last step, with the method of Distilabel's write buffer that the loop calls."""

    def add_batch(self, batch: Any) -> None:  # noqa: ANN401 - Distilabel's own
        self.extend(batch.data[0])


class _LoudStepWrapper(_StepWrapper):  # type: ignore[misc]  # Distilabel ships no types
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


@dataclass
class _Worker:
    """The process of one replica of a step, seen from the parent."""

    step: str
    process: BaseProcess
    report: "Connection[Any, Any]"
    ended: bool = False
    error: Exception | None = None

    def look(self) -> None:
        """Notes that the process has reported its end, or has died."""
        alive = self.process.is_alive()  # asked first, so that a report sent just before its end is seen
        if not self.ended and (self.report.poll() or not alive):
            self.ended = True
            self.error = self._outcome()

    def _outcome(self) -> Exception | None:
        with suppress(EOFError):
            if self.report.poll():
                report: _Report | None = self.report.recv()
                return None if report is None else report.error(self.step)
        self.process.join(_GRACE)
        code = self.process.exitcode
        how = f"was killed by {signal.Signals(-code).name}" if code and code < 0 else f"exited with code {code}"
        return PipelineFailed(f"step {self.step!r} never ended: its process {how}")

    def end(self, grace: float) -> None:
        self.process.join(grace)
        self.process.kill()
        self.process.join()
        self.report.close()


@dataclass(frozen=True)
class _Report:
    """What a step raised, on its way to the parent."""

    summary: str
    details: str
    pickled: bytes | None

    @classmethod
    def of(cls, error: BaseException) -> "_Report":
        if isinstance(error, _StepWrapperException):
            error = error.subprocess_exception
        return cls(_summary(error), "".join(traceback.format_exception(error)), _pickled(error))

    def error(self, step: str) -> Exception:
        failed = PipelineFailed(f"step {step!r} raised {self.summary}", self.details)
        if self.pickled is None:
            return failed
        error: Exception = ForkingPickler.loads(self.pickled)
        error.__cause__ = failed
        return error


def _summary(error: BaseException) -> str:
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
    return pickled if _summary(again) == _summary(error) else None


def _work(wrapper: _LoudStepWrapper, report: "Connection[Any, Any]") -> None:
    """The whole life of a worker process."""
    _end_with_parent()
    for name in (*_SILENT_LOGGERS, "httpx2", "httpcore2"):  # newer HTTP clients than Distilabel knows of
        logging.getLogger(name).setLevel(logging.CRITICAL)
    outcome = None
    try:
        wrapper.run()
    except BaseException as error:  # noqa: BLE001 - SystemExit too, which would look like a death
        outcome = _Report.of(error)
    with suppress(BrokenPipeError):  # the parent is gone, and this process soon
        report.send(outcome)


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


@contextmanager
def _counted_signals(stop: Path) -> Iterator[list[int]]:
    """Makes the file `stop` at each SIGINT and SIGTERM, and lists them."""
    received: list[int] = []

    def receive(number: int, _frame: object) -> None:
        received.append(number)
        stop.touch()

    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _restored_loggers(*names: str) -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger.handlers[:], logger.level) for logger in loggers]
    try:
        yield
    finally:
        for logger, (handlers, level) in zip(loggers, before, strict=True):
            logger.handlers[:] = handlers
            logger.setLevel(level)


@contextmanager
def _distilabel_log_level() -> Iterator[None]:
    """Silences Distilabel unless the user has named a level for it in the environment."""
    logger = logging.getLogger("distilabel")
    with _restored_loggers("distilabel"):
        logger.setLevel(os.environ.get(_LOG_LEVEL, "CRITICAL").upper())
        if _LOG_LEVEL in os.environ:
            logger.addHandler(logging.StreamHandler())
        yield
