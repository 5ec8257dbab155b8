"""Steps that fail, each in its own way, for the tests of the runner; `main` runs one for a test that sends signals."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import distilabel.pipeline
import psutil
from distilabel.steps import GeneratorStep, GlobalStep, LoadDataFromDicts, Step, StepInput, StepResources

from pipelines.runner import Pipeline, run

Rows = list[dict[str, Any]]


class UserMistake(Exception):  # noqa: N818 - stands for an error of the project's own
    pass


class Unpicklable(Exception):  # noqa: N818 - named for what it does
    """Pickle calls __init__ with the one argument that Exception was given, and fails."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__(f"{file}:{line}")


class Changed(Exception):  # noqa: N818 - named for what it does
    """Comes out of pickle with another message."""

    def __init__(self, number: int | str) -> None:
        super().__init__(f"number {number}")


class Poisoned:
    """Can be sent, and not received."""

    def __reduce__(self) -> Any:
        return int, ("not a number",)


@dataclass
class Refused:
    """Is received by every process but that one."""

    pid: int

    def __reduce__(self) -> Any:
        return receive, (self.pid,)


def receive(pid: int) -> Refused:
    if os.getpid() == pid:
        raise ValueError("refused")
    return Refused(pid)


def fail(how: str) -> None:
    match how:
        case "raise":
            raise UserMistake("no such seed")
        case "unpicklable":
            raise Unpicklable("seeds.txt", 3)
        case "changed":
            raise Changed(7)
        case "sys.exit":
            sys.exit(0)
        case "os._exit":
            os._exit(0)
        case "kill":
            os.kill(os.getpid(), 9)
        case "kill beside a child":
            if os.fork() == 0:  # it holds what it inherited for a while
                time.sleep(8)
                os._exit(0)
            os.kill(os.getpid(), 9)
        case "kill manager":
            siblings = psutil.Process(os.getppid()).children()
            min(siblings, key=lambda process: process.create_time()).kill()


class Pass(Step):  # type: ignore[misc]  # Distilabel ships no types; so below
    def process(self, inputs: StepInput) -> Iterator[Rows]:
        yield inputs


class PassAll(GlobalStep):  # type: ignore[misc]
    def process(self, inputs: StepInput) -> Iterator[Rows]:
        yield inputs


class Fail(Step):  # type: ignore[misc]
    """Fails at the batch that holds x = 5; the others pass."""

    how: str

    def process(self, inputs: StepInput) -> Iterator[Rows]:
        if any(row["x"] == 5 for row in inputs):
            fail(self.how)
        yield inputs


class FailToAdd(Step):  # type: ignore[misc]
    how: str

    @property
    def outputs(self) -> list[str]:
        return ["y"]

    def process(self, inputs: StepInput) -> Iterator[Rows]:
        fail(self.how)
        yield inputs


class FailGlobal(GlobalStep):  # type: ignore[misc]
    how: str

    def process(self, inputs: StepInput) -> Iterator[Rows]:
        fail(self.how)
        yield inputs


class FailLoad(Step):  # type: ignore[misc]
    how: str

    def load(self) -> None:
        super().load()
        fail(self.how)

    def process(self, inputs: StepInput) -> Iterator[Rows]:
        yield inputs


class Generate(GeneratorStep):  # type: ignore[misc]
    """Gives one batch, as its last one where `how` is empty; else fails after it."""

    rows: Rows
    how: str = ""

    @property
    def outputs(self) -> list[str]:
        return ["x"]

    def process(self, offset: int = 0) -> Iterator[tuple[Rows, bool]]:
        yield self.rows, not self.how
        fail(self.how)


class Add(Step):  # type: ignore[misc]
    """Adds y, of which the first row's is `what`."""

    what: str

    def process(self, inputs: StepInput) -> Iterator[Rows]:
        values = {"lambda": lambda: 1, "poison": Poisoned(), "refused": Refused(os.getppid()), "list": ["a"]}
        yield [{**row, "y": "text" if row["x"] else values[self.what]} for row in inputs]


class DropFirst(Step):  # type: ignore[misc]
    def process(self, inputs: StepInput) -> Iterator[Rows]:
        yield inputs[1:]


class YieldNothing(Step):  # type: ignore[misc]
    def process(self, inputs: StepInput) -> Iterator[Rows]:
        yield from ()


class StopOthers(Step):  # type: ignore[misc]
    """The first row's makes the file `stop` itself, as a step does that has spent the money."""

    folder: str

    def process(self, inputs: StepInput) -> Iterator[Rows]:
        stop = Path(self.folder, "stop")
        if inputs[0]["x"] == 0:
            stop.touch()
            raise UserMistake("the money is spent")
        while not stop.exists():
            time.sleep(0.01)
        time.sleep(0.2)  # an answer on its way
        Path(self.folder, "answered").touch()
        yield inputs


class KillQueues(Step):  # type: ignore[misc]
    """Kills the actor of Ray that holds the queues."""

    def process(self, inputs: StepInput) -> Iterator[Rows]:
        processes = psutil.process_iter(["name"])
        next(process for process in processes if process.info["name"].startswith("ray::_Que")).kill()
        yield inputs


class Meet(Step):  # type: ignore[misc]
    """Adds the numbers of its process and of that one's parent, once two processes are at it."""

    folder: str

    @property
    def outputs(self) -> list[str]:
        return ["pid", "ppid"]

    def process(self, inputs: StepInput) -> Iterator[Rows]:
        folder = Path(self.folder)
        (folder / f"met-{os.getpid()}").touch()
        end = time.monotonic() + 30
        while len(list(folder.glob("met-*"))) < 2:
            assert time.monotonic() < end, "no other process came"
            time.sleep(0.01)
        yield [{**row, "pid": os.getpid(), "ppid": os.getppid()} for row in inputs]


class Work(Step):  # type: ignore[misc]
    """Works until the file `stop` is there, or for a minute; `deaf` never looks at it, `raises` raises then."""

    folder: str
    how: str

    def process(self, inputs: StepInput) -> Iterator[Rows]:
        folder = Path(self.folder)
        (folder / f"working-{os.getpid()}").touch()
        end = time.monotonic() + 60
        while time.monotonic() < end and (self.how == "deaf" or not (folder / "stop").exists()):
            time.sleep(0.01)
        time.sleep(0.1 * inputs[0]["x"])  # one ends before the other
        (folder / f"finished-{os.getpid()}").touch()
        if self.how == "raises":
            raise UserMistake("stopped")
        yield inputs


class UseTorch(Step):  # type: ignore[misc]
    def process(self, inputs: StepInput) -> Iterator[Rows]:
        multiply()
        yield inputs


def multiply() -> None:
    """Starts the threads of OpenMP, which a forked process does not have."""
    import torch

    torch.set_num_threads(4)
    (torch.ones(1000, 1000) @ torch.ones(1000, 1000)).exp().sum()


def ten() -> Any:
    return LoadDataFromDicts(data=[{"x": x} for x in range(10)])


def failing(kind: str, how: str) -> list[Callable[[], Any]]:
    """Makers of the steps of a pipeline in which a step of that kind fails."""
    match kind:
        case "generator":
            return [lambda: Generate(rows=[{"x": 0}], how=how), Pass]
        case "normal":
            return [ten, lambda: Fail(how=how, input_batch_size=5), Pass]
        case "row of None":
            return [ten, lambda: FailToAdd(how=how)]
        case "global":
            return [ten, lambda: FailGlobal(how=how)]
        case "load":
            return [ten, lambda: FailLoad(how=how)]
        case _:
            return [ten, lambda: Add(what=how), Pass]


def connect(makers: Iterable[Callable[[], Any]]) -> None:
    made = [make() for make in makers]
    for before, after in pairwise(made):
        before >> after


def two_replicas() -> Any:
    return StepResources(replicas=2)


def main(how: str, folder: Path, ray: str | None = None) -> None:
    """Two replicas at work, on a Ray cluster if so; what `run` did with them is written to FOLDER/outcome."""
    with Pipeline("signals") as pipeline:
        work = Work(folder=str(folder), how=how, input_batch_size=1, resources=two_replicas())
        LoadDataFromDicts(data=[{"x": 0}, {"x": 1}]) >> work
    try:
        outcome = f"{len(run(pipeline, work=folder / 'work', stop=folder / 'stop', ray=ray))} rows"
    except BaseException as error:  # noqa: BLE001 - told to the test
        outcome = f"{type(error).__name__} from {type(error.__cause__).__name__}"
    (folder / "outcome").write_text(outcome)


def torch_in_the_parent(folder: Path) -> None:
    multiply()
    with Pipeline("torch") as pipeline:
        ten() >> UseTorch()
    run(pipeline, work=folder, stop=folder / "stop", rows=10)


def stock(kind: str, how: str, folder: Path) -> None:
    """Runs a failing pipeline with Distilabel's own runner."""
    with distilabel.pipeline.Pipeline("stock", cache_dir=folder) as pipeline:
        connect(failing(kind, how))
    (folder / "begun").touch()
    distiset = pipeline.run(use_cache=False)
    (folder / "returned").write_text(str(list(distiset["default"]["train"]) if distiset else []))
