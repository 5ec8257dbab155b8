"""What a running stage tells its user: the step writes it to a file, the command that waits for it draws it.

The step runs in a process of its own, on a Ray cluster on another machine; a small file in the work folder reaches
both. One JSON object, replaced whole; where several processes write one each, what is shown is their sum:

    {"bars": {"profiles": [120, 331]}, "facts": {"round": 4, "yield": "83%", "calls": 212}}
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_FILES = "progress*.json"
_EVERY = 0.2  # seconds between two looks at the file
_LOG_EVERY = 10.0  # seconds between two lines where the output is no terminal


@dataclass
class State:
    """What to show now: bars as name -> (done, of how many), and facts beside them."""

    bars: dict[str, tuple[int, int]] = field(default_factory=dict)
    facts: dict[str, str | int] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps({"bars": self.bars, "facts": self.facts}))
        beside.replace(path)


async def keep_writing(state: Callable[[], State], path: Path) -> None:
    """Writes what the command shows while it waits, until it is cancelled."""
    with suppress(asyncio.CancelledError):
        while True:
            state().write(path)
            await asyncio.sleep(0.25)
    state().write(path)


@contextmanager
def shown(folder: Path, console: Console) -> Iterator[None]:
    """Draws what the `progress*.json` of a folder tell until the block ends; as a line now and then where there is no
    terminal.
    """
    _clear(folder)
    ended = threading.Event()
    thread = threading.Thread(target=_draw, args=(folder, console, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        _clear(folder)


def _clear(folder: Path) -> None:
    for path in folder.glob(_FILES):
        path.unlink(missing_ok=True)


def _draw(folder: Path, console: Console, ended: threading.Event) -> None:
    # nothing is drawn before the file is there: by then the step's process has been forked, and no lock of the console
    # can have gone into it
    while not any(folder.glob(_FILES)):
        if ended.wait(_EVERY):
            return
    if console.is_terminal:
        _draw_bars(folder, console, ended)
    else:
        _write_lines(folder, console, ended)


def _draw_bars(folder: Path, console: Console, ended: threading.Event) -> None:
    columns = (TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[facts]}"), console=console, transient=True) as progress:
        tasks: dict[str, TaskID] = {}
        while not ended.wait(_EVERY):
            state = _read(folder)
            facts = "  ".join(f"{name} {value}" for name, value in state.facts.items())
            for number, (name, (done, total)) in enumerate(state.bars.items()):
                if name not in tasks:
                    tasks[name] = progress.add_task(name, total=total, facts="")
                progress.update(tasks[name], completed=done, total=total, facts=facts if number == 0 else "")


def _write_lines(folder: Path, console: Console, ended: threading.Event) -> None:
    began = last = time.monotonic()
    while not ended.wait(_EVERY):
        if time.monotonic() - last >= _LOG_EVERY:
            last = time.monotonic()
            state = _read(folder)
            console.print(_line(state))
    if last > began:
        console.print(_line(_read(folder)))


def _line(state: State) -> str:
    parts = [f"{name} {done}/{total}" for name, (done, total) in state.bars.items()]
    return ", ".join(parts + [f"{name} {value}" for name, value in state.facts.items()])


def _read(folder: Path) -> State:
    """The sum of what the files tell; of a fact that is no number, one of them."""
    state = State()
    for path in sorted(folder.glob(_FILES)):
        content = json.loads(path.read_text())
        for name, (done, total) in content["bars"].items():
            before = state.bars.get(name, (0, 0))
            state.bars[name] = (before[0] + done, before[1] + total)
        for name, value in content["facts"].items():
            before_value = state.facts.get(name, 0)
            numbers = isinstance(value, int) and isinstance(before_value, int)
            state.facts[name] = before_value + value if numbers else value
    return state
