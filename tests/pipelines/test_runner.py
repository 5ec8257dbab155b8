"""Every way in which Distilabel fails in silence, hangs or returns less is an error within seconds here."""

import inspect
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import distilabel
import psutil
import pytest
from distilabel.pipeline import base, local, step_wrapper
from distilabel.utils import logging as distilabel_logging

from pipelines import runner_ray
from pipelines.errors import UserError
from pipelines.runner import Pipeline, run
from pipelines.workers import PipelineFailed
from tests.pipelines import runner_steps as steps

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path) -> Iterator[None]:
    """Whatever happened: no process, no thread, no file and no handler of a signal stays behind."""
    threads = set(threading.enumerate())
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    yield
    assert multiprocessing.active_children() == []
    assert set(threading.enumerate()) <= threads
    assert not list((tmp_path / "work").glob("*"))
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


def play(folder: Path, *makers: Callable[[], Any], rows: int | None = None) -> list[dict[str, Any]]:
    with Pipeline("test") as pipeline:
        steps.connect(makers)
    return run(pipeline, work=folder / "work", stop=folder / "stop", rows=rows)


KINDS = ["generator", "normal", "row of None", "global", "load"]


def test_rows_come_as_the_last_step_yielded_them(tmp_path: Path) -> None:
    """Through Parquet these would be refused or changed: y is a list in one row, a text in the others."""
    rows = play(tmp_path, steps.ten, lambda: steps.Add(what="list", input_batch_size=3))
    assert rows == [{"x": 0, "y": ["a"]}, *({"x": x, "y": "text"} for x in range(1, 10))]


def test_a_pipeline_of_several_stages_gives_all_rows(tmp_path: Path) -> None:
    assert play(tmp_path, steps.ten, steps.Pass, steps.PassAll, steps.Pass, rows=10) == [{"x": x} for x in range(10)]


def test_a_generator_alone_gives_its_rows(tmp_path: Path) -> None:
    assert play(tmp_path, lambda: steps.Generate(rows=[{"x": 1}]), rows=1) == [{"x": 1}]


def test_replicas_share_the_batches(tmp_path: Path) -> None:
    rows = play(tmp_path, steps.ten, lambda: steps.Pass(input_batch_size=1, resources=steps.two_replicas()), rows=10)
    assert sorted(row["x"] for row in rows) == list(range(10))


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_step_raises_is_raised_as_itself(tmp_path: Path, kind: str) -> None:
    with pytest.raises(steps.UserMistake, match="no such seed") as caught:
        play(tmp_path, *steps.failing(kind, "raise"))
    cause = caught.value.__cause__
    assert isinstance(cause, PipelineFailed)
    assert str(cause).endswith("raised UserMistake: no such seed")
    assert 'raise UserMistake("no such seed")' in cause.details  # the traceback of the other process
    assert cause.details in cause.__notes__


@pytest.mark.parametrize(
    ("how", "told"), [("unpicklable", "Unpicklable: seeds.txt:3"), ("changed", "Changed: number 7")]
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_pickle_can_not_carry_is_told(tmp_path: Path, kind: str, how: str, told: str) -> None:
    with pytest.raises(PipelineFailed, match=f"raised {told}\n") as caught:
        play(tmp_path, *steps.failing(kind, how))
    assert "in fail" in caught.value.details


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("sys.exit", "raised SystemExit: 0"),
        ("os._exit", "exited with code 0"),
        ("kill", "was killed by SIGKILL"),
        ("kill beside a child", "was killed by SIGKILL"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_ends_is_an_error(tmp_path: Path, kind: str, how: str, told: str) -> None:
    begun = time.monotonic()
    with pytest.raises(PipelineFailed, match=told):
        play(tmp_path, *steps.failing(kind, how))
    assert time.monotonic() - begun < 5


def test_a_dead_manager_is_an_error(tmp_path: Path) -> None:
    with pytest.raises((PipelineFailed, EOFError, OSError)):
        play(tmp_path, *steps.failing("normal", "kill manager"))


@pytest.mark.parametrize(
    ("what", "who", "told"),
    [
        ("lambda", "step 'add_0' raised", "Can't pickle"),
        ("poison", "step 'add_0' raised", "not a number"),
        ("refused", "Distilabel's loop raised", "refused"),
    ],
)
def test_a_row_that_can_not_travel_is_an_error(tmp_path: Path, what: str, who: str, told: str) -> None:
    with pytest.raises(Exception, match=told) as caught:
        play(tmp_path, *steps.failing("row", what))
    assert who in "".join(traceback.format_exception(caught.value))


def test_a_generator_without_a_last_batch_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended without a batch that it calls its last one"):
        play(tmp_path, *steps.failing("generator", "nothing"))


def test_a_step_that_yields_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StopIteration) as caught:
        play(tmp_path, steps.ten, steps.YieldNothing)
    assert "yield_nothing_0" in str(caught.value.__cause__)


def test_an_empty_result_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PipelineFailed, match="step 'generate_0' gave no row"):
        play(tmp_path, lambda: steps.Generate(rows=[]))


def test_missing_rows_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(PipelineFailed, match="gave 9 rows where 10 were expected"):
        play(tmp_path, steps.ten, steps.DropFirst, rows=10)


def test_a_pipeline_with_two_ends_is_refused(tmp_path: Path) -> None:
    with Pipeline("test") as pipeline:
        steps.ten() >> [steps.Pass(name="one"), steps.Pass(name="two")]
    with pytest.raises(PipelineFailed, match="one last step and this has 2: one, two"):
        run(pipeline, work=tmp_path / "work", stop=tmp_path / "stop")


def test_parameters_for_a_step_that_is_not_there_are_refused(tmp_path: Path) -> None:
    """Distilabel leaves it at a line in its log."""
    with Pipeline("test") as pipeline:
        steps.Generate(name="seeds", rows=[{"x": 1}])
    with pytest.raises(PipelineFailed, match="parameters for seed; the steps are seeds"):
        run(pipeline, work=tmp_path / "work", stop=tmp_path / "stop", parameters={"seed": {}})


def test_without_ray_it_is_told_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # which import takes for one that is not there
    with Pipeline("test") as pipeline:
        steps.ten()
    with pytest.raises(UserError, match=r"pip install 'i2a\[ray\]'"):
        run(pipeline, work=tmp_path / "work", stop=tmp_path / "stop", ray="local")


def test_on_a_machine_that_does_not_share_the_work_folder_nothing_begins(tmp_path: Path) -> None:
    report = runner_ray._Replica().work_through(steps.ten(), tmp_path / "work")
    assert report is not None
    error = report.error("ten")
    assert isinstance(error, UserError)
    assert str(error).startswith(f"{tmp_path / 'work'} is not there on ")


def test_changed_data_gives_changed_rows(tmp_path: Path) -> None:
    """Distilabel's cache goes by the names of the steps, and gives the old ones."""
    for rows in ([{"x": 1}], [{"x": 2}]):
        with Pipeline("test") as pipeline:
            steps.Generate(rows=rows) >> steps.Pass()
        assert run(pipeline, work=tmp_path / "work", stop=tmp_path / "stop") == rows


def test_a_pipeline_runs_again_after_a_failure(tmp_path: Path) -> None:
    with Pipeline("test") as pipeline:
        steps.ten() >> steps.Fail(name="fail", how="raise")
    with pytest.raises(steps.UserMistake):
        run(pipeline, work=tmp_path / "work", stop=tmp_path / "stop")
    pipeline.dag.get_step("fail")["step"].how = "nothing"
    for _ in range(2):
        assert len(run(pipeline, work=tmp_path / "work", stop=tmp_path / "stop")) == 10


@pytest.mark.parametrize("how", ["nothing", "raise"])
def test_logging_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    loggers = [logging.getLogger(name) for name in ("", "distilabel", *distilabel_logging._SILENT_LOGGERS)]
    handler = logging.NullHandler()
    for logger in loggers:
        monkeypatch.setattr(logger, "level", 17)
        monkeypatch.setattr(logger, "handlers", [handler])
    try:
        play(tmp_path, *steps.failing("normal", how))
    except steps.UserMistake:
        assert how == "raise"
    assert [(logger.level, logger.handlers) for logger in loggers] == [(17, [handler])] * len(loggers)


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Distilabel warns of a global step with two replicas, and Python prints warnings where nobody handles them."""
    monkeypatch.delenv("DISTILABEL_LOG_LEVEL", raising=False)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    play(tmp_path, steps.ten, lambda: steps.PassAll(resources=steps.two_replicas()), rows=10)
    assert capfd.readouterr() == ("", "")


def test_a_level_in_the_environment_brings_distilabels_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILABEL_LOG_LEVEL", "info")
    play(tmp_path, steps.ten, steps.Pass)
    assert "Processing batch 0 in 'pass_0'" in capfd.readouterr().err


def test_a_step_that_stops_the_others_lets_them_finish(tmp_path: Path) -> None:
    with pytest.raises(steps.UserMistake, match="the money is spent"):
        play(
            tmp_path,
            steps.ten,
            lambda: steps.StopOthers(folder=str(tmp_path), input_batch_size=5, resources=steps.two_replicas()),
        )
    assert (tmp_path / "answered").exists()


def test_a_stop_file_of_an_earlier_run_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "stop").touch()
    assert len(play(tmp_path, steps.ten, steps.Pass)) == 10


def test_it_starts_at_once(tmp_path: Path) -> None:
    """Distilabel's own start takes 2.5 s and more."""
    begun = time.monotonic()
    play(tmp_path, steps.ten, steps.Pass)
    assert time.monotonic() - begun < 2


# What is true of Distilabel's source while the mend of that name in pipelines/runner.py or workers.py is needed.
REASONS = [
    (local.Pipeline.run, "_NoDaemonPool("),
    (local.Pipeline.run, "create_distiset("),
    (local.Pipeline._run_step, "apply_async("),
    (local.Pipeline._stop, "sys.exit(1)"),
    (base.BasePipeline.run, "setup_logging("),
    (base.BasePipeline._output_queue_loop, "self._process_batch(batch)\n"),
    (base.BasePipeline._run_load_queue_loop, "self._load_queue.get()"),
    (base.BasePipeline._run_stage_steps_and_wait, "time.sleep(2.5)"),
    (base.BasePipeline._wait_current_stage_to_finish, "with self._stop_called_lock:"),
    (base.BasePipeline._finalize_pipeline_execution, "while self._is_step_running(step_name):"),
    (base.BasePipeline._setup_write_buffer, "_WriteBuffer("),
    (base.BasePipeline._register_batch, "steps_data_path="),
    (base.BasePipeline._cache, "self._batch_manager.cache("),
    (step_wrapper._StepWrapper._non_generator_process_loop, "self._impute_step_outputs(batch)"),
    (step_wrapper._StepWrapper._generator_step_process_loop, "if batch.last_batch:\n                    return"),
    (step_wrapper._StepWrapper._send_batch, "self.output_queue.put(batch)"),
    (distilabel_logging.setup_logging, "root_logger.handlers.clear()"),
]


def test_distilabel_is_the_one_that_was_mended() -> None:
    assert distilabel.__version__ == "1.5.3", (
        "look whether each mend in pipelines/runner.py and workers.py is still needed, and fits"
    )


@pytest.mark.parametrize(("method", "reason"), REASONS, ids=[method.__qualname__ for method, _ in REASONS])
def test_the_reason_of_a_mend_is_still_there(method: Any, reason: str) -> None:
    assert reason in inspect.getsource(method), f"look whether the runner still has to mend {method.__qualname__}"


# -- signals and kills, on a process of their own --


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Starts a function of runner_steps with some arguments and the folder; whatever is left at the end is killed."""
    started = []

    def start_one(function: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        call = f"runner_steps.{function}(*{arguments}, Path({str(folder)!r}))"
        program = f"from pathlib import Path; from tests.pipelines import runner_steps; {call}"
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start_one
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(what: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def at_work(how: str, start: Start, folder: Path) -> tuple[subprocess.Popen[bytes], list[psutil.Process]]:
    """A pipeline with two replicas that are at work, and all processes below it."""
    parent = start("main", how)
    wait_for(lambda: len(list(folder.glob("working-*"))) == 2)
    children = psutil.Process(parent.pid).children(recursive=True)
    assert len(children) >= 3  # the workers and the manager
    return parent, children


def all_gone(processes: list[psutil.Process], seconds: float) -> bool:
    return not psutil.wait_procs(processes, timeout=seconds)[1]


@pytest.mark.slow
@pytest.mark.parametrize("to", ["parent", "group"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("how", "cause"), [("ends", "NoneType"), ("raises", "UserMistake")])
def test_a_signal_waits_for_the_steps(
    start: Start, folder: Path, how: str, cause: str, number: signal.Signals, to: str
) -> None:
    """Both replicas finish, and it is an interrupt, although all rows may have come."""
    parent, children = at_work(how, start, folder)
    (os.killpg if to == "group" else os.kill)(parent.pid, number)
    assert parent.wait(10) == 0
    assert (folder / "outcome").read_text() == f"KeyboardInterrupt from {cause}"
    assert len(list(folder.glob("finished-*"))) == 2
    assert all_gone(children, 1)
    assert not list((folder / "work").iterdir())


@pytest.mark.slow
def test_a_second_signal_ends_everything_at_once(start: Start, folder: Path) -> None:
    parent, children = at_work("deaf", start, folder)
    os.kill(parent.pid, signal.SIGINT)
    wait_for((folder / "stop").exists)
    time.sleep(0.3)  # the first one alone ends nothing
    assert parent.poll() is None
    os.kill(parent.pid, signal.SIGINT)
    assert parent.wait(3) == 0
    assert (folder / "outcome").read_text() == "KeyboardInterrupt from NoneType"
    assert all_gone(children, 1)
    assert not list(folder.glob("finished-*"))


@pytest.mark.slow
def test_kill_of_the_parent_leaves_no_process(start: Start, folder: Path) -> None:
    parent, children = at_work("deaf", start, folder)
    parent.kill()
    parent.wait()
    assert all_gone(children, 3)


@pytest.mark.slow
def test_torch_in_the_parent_does_no_harm(start: Start) -> None:
    """Distilabel's own pool hangs there for ever."""
    assert start("torch_in_the_parent").wait(60) == 0


@pytest.mark.slow
def test_the_home_of_the_user_stays_as_it_was(start: Start, folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    assert start("torch_in_the_parent", HOME=str(home), HF_HOME=str(home / "hf")).wait(60) == 0
    assert [path for path in home.rglob("*") if path.is_file()] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "how", "returned"),
    [
        ("generator", "raise", None),
        ("normal", "kill", None),
        ("row", "lambda", None),
        ("row of None", "raise", "'y': None"),
        ("global", "raise", "[]"),
    ],
)
def test_distilabel_alone_still_fails_in_silence(
    start: Start, folder: Path, kind: str, how: str, returned: str | None
) -> None:
    """It hangs (None here) or returns what it should not. When this fails, a mend may be given up."""
    process = start("stock", kind, how, DISTILABEL_LOG_LEVEL="CRITICAL")
    wait_for((folder / "begun").exists)
    if returned is None:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(7)
    else:
        assert process.wait(30) == 0
        assert returned in (folder / "returned").read_text()
