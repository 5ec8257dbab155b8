"""The one place that runs a Distilabel pipeline: fails aloud, stops in good order, leaves no process behind.

    with Pipeline("personas") as pipeline:
        Rounds(...)
    rows = run(pipeline, work=Path(".i2a"), stop=Path(".i2a/stop"))

The steps run in processes of this machine (workers.py), or with `ray=ADDRESS` on a Ray cluster (runner_ray.py), with
the same promises.

Every mend of Distilabel 1.5.3 is a method here that overrides one of its own, with the reason beside it. Its steps,
checks and batch manager are used as they are; its process pool, signal handling, cache, logging and write buffer are
not. Importing this imports Distilabel (2.5 s), so a stage does it inside the function that runs.
"""

import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import distilabel.pipeline
from distilabel.pipeline.base import _STEP_UNLOADED_CODE, BasePipeline
from distilabel.utils.logging import _SILENT_LOGGERS

from pipelines.errors import StopRequested
from pipelines.workers import GRACE, PipelineFailed, Place, Worker, here, summary

_LOG_LEVEL = "DISTILABEL_LOG_LEVEL"
_POLL = 0.02  # seconds between two looks at the workers

Row = dict[str, Any]
Parameters = dict[str, dict[str, Any]]


def run(
    pipeline: "Pipeline",
    *,
    work: Path,
    stop: Path,
    rows: int | None = None,
    parameters: Parameters | None = None,
    ray: str | None = None,
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
        ray: the address of a Ray cluster to run the steps on, as runner_ray.py has it; None runs them here. All its
            machines share the folder `work`.

    Raises:
        UserError: there is no such cluster, or no Ray.
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
    with (
        _place(ray, work) as place,  # first, since Ray sets a handler of its own while it starts
        _counted_signals(stop) as signals,
        TemporaryDirectory(prefix="distilabel-", dir=work) as cache,
    ):
        made = pipeline.run(place, Path(cache), stop, signals, parameters)
    if signals:
        raise KeyboardInterrupt
    if not made:
        raise PipelineFailed(f"step {ends[0]!r} gave no row")
    if rows is not None and len(made) != rows:
        raise PipelineFailed(f"step {ends[0]!r} gave {len(made):,} rows where {rows:,} were expected")
    return made


def _place(ray: str | None, work: Path) -> AbstractContextManager[Place]:
    if ray is None:
        return here()
    from pipelines.runner_ray import cluster

    return cluster(ray, work)


class Pipeline(distilabel.pipeline.Pipeline):  # type: ignore[misc]  # Distilabel ships no types
    """A pipeline with a watched process for each replica of a step; `run` of this module runs it.

    What Distilabel's own `run` does instead: its pool hangs when a worker dies or an exception can't be unpickled; its
    handler of SIGINT returns half of the rows, and deadlocks when called twice; it fetches citations from the network
    and leaves a copy of the rows in the user's `datasets` cache.
    """

    def run(
        self, place: Place, cache: Path, stop: Path, signals: list[int], parameters: Parameters | None
    ) -> list[Row]:
        self._place = place
        self._cache_dir = cache  # fresh: from a used one, changed input would give the rows of an earlier run
        self._stop_called = False
        self._workers: list[Worker] = []
        self._loop_error: PipelineFailed | None = None
        with _distilabel_log_level():
            with _restored_loggers("", *_SILENT_LOGGERS):  # it takes the root logger's handlers away
                BasePipeline.run(self, parameters=parameters, use_cache=False)
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
            grace = GRACE
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
            reasons = [error for error in errors if not isinstance(error, StopRequested)]  # not what followed from it
            raise next(iter(reasons or errors), PipelineFailed(f"the file {stop} stopped the steps"))

    def _dismiss_steps(self) -> None:
        """Asks the loop and every worker to end after what they have in hand."""
        self._stop_called = True
        with suppress(OSError, EOFError):  # the queues are gone: that ends them as well
            self._output_queue.put(None)
            for name, queue in list(self._steps_input_queues.items()):
                for _ in range(self.dag.get_step_replica_count(name)):
                    queue.put(None)

    # -- what follows overrides methods of Distilabel --

    @property
    def QueueClass(self) -> Callable[[], Any]:  # noqa: N802 - Distilabel's own
        return self._place.queue

    def _run_step(self, step: Any, input_queue: Any, replica: int) -> None:  # noqa: ANN401 - Distilabel's own
        """Keeps the worker; Distilabel hands the step to a pool, which forgets the task of a worker that died."""
        queues = (input_queue, self._output_queue, self._load_queue)
        self._workers.append(self._place.start(step, replica, queues))

    def _output_queue_loop(self) -> None:
        """Keeps what the loop raises: Distilabel lets the thread die and returns what had come until then."""
        try:
            super()._output_queue_loop()
        except Exception as error:  # noqa: BLE001 - whatever it is, the run has failed
            self._loop_error = PipelineFailed(f"Distilabel's loop raised {summary(error)}", traceback.format_exc())
            self._loop_error.__cause__ = error

    def _run_load_queue_loop(self) -> None:
        """Ends with the queues; Distilabel's thread prints a traceback."""
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
