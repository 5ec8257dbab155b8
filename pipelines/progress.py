"""What a running stage tells its user: the step writes it to a file, the command that waits for it draws it.

The step runs in a process of its own, on a Ray cluster on another machine; a small file in the work folder reaches
both. One JSON object, replaced whole:

    {"bars": {"profiles": [120, 331]}, "facts": {"round": 4, "yield": "83%", "calls": 212}}
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

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


@contextmanager
def shown(path: Path, console: Console) -> Iterator[None]:
    """Draws what is written to `path` until the block ends; as a line now and then where there is no terminal."""
    path.unlink(missing_ok=True)
    ended = threading.Event()
    thread = threading.Thread(target=_draw, args=(path, console, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        path.unlink(missing_ok=True)


def _draw(path: Path, console: Console, ended: threading.Event) -> None:
    # nothing is drawn before the file is there: by then the step's process has been forked, and no lock of the console
    # can have gone into it
    while not path.exists():
        if ended.wait(_EVERY):
            return
    if console.is_terminal:
        _draw_bars(path, console, ended)
    else:
        _write_lines(path, console, ended)


def _draw_bars(path: Path, console: Console, ended: threading.Event) -> None:
    columns = (TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[facts]}"), console=console, transient=True) as progress:
        tasks: dict[str, TaskID] = {}
        while not ended.wait(_EVERY):
            state = _read(path)
            facts = "  ".join(f"{name} {value}" for name, value in state.facts.items())
            for number, (name, (done, total)) in enumerate(state.bars.items()):
                if name not in tasks:
                    tasks[name] = progress.add_task(name, total=total, facts="")
                progress.update(tasks[name], completed=done, total=total, facts=facts if number == 0 else "")


def _write_lines(path: Path, console: Console, ended: threading.Event) -> None:
    began = last = time.monotonic()
    while not ended.wait(_EVERY):
        if time.monotonic() - last >= _LOG_EVERY:
            last = time.monotonic()
            state = _read(path)
            console.print(_line(state))
    if last > began:
        console.print(_line(_read(path)))


def _line(state: State) -> str:
    parts = [f"{name} {done}/{total}" for name, (done, total) in state.bars.items()]
    return ", ".join(parts + [f"{name} {value}" for name, value in state.facts.items()])


def _read(path: Path) -> State:
    content = json.loads(path.read_text())
    return State(content["bars"], content["facts"])
