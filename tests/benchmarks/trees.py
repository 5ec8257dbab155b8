"""The tree stage against a plain asyncio client that makes the same calls, at an endpoint with latency; and its size.

    python tests/benchmarks/trees.py speed     # 200 trees x 10 turns at 0.2 s and at 1.0 s
    python tests/benchmarks/trees.py memory    # peak memory at 2,000 trees against 200
    python tests/benchmarks/trees.py large     # 3,000 trees x 10 turns, no latency: time, memory, disk

`speed`: seconds from the first call to the last of the stage, and (a) of a plain loop (openai's client over aiohttp, a
semaphore, a coroutine a tree, which makes the very calls of the stage, each after those that it needs); (b) the least
that any client needs: the longest chain of one tree, or all latencies over the concurrency, whichever is more; (c) the
reference's way, one call after the other. The ratios are (a), (b) and (c) over the stage's seconds; the stage's start
and the making of the release are told apart.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast

import psutil
from openai import AsyncOpenAI, DefaultAioHttpClient
from rich.console import Console
from rich.table import Table

from pipelines import rehearsal, views
from pipelines.exports import pairs, path
from pipelines.records import read_release
from pipelines.schema import TreeRow
from pipelines.tree_job import ROLES
from pipelines.views import Messages

REPO = Path(__file__).parents[2]
JITTER = 0.1  # of the latency, either way
Ask = Callable[[str, Messages], Awaitable[None]]


def personas(folder: Path) -> Path:
    """3,310 of them, made once."""
    subprocess.run([sys.executable, REPO / "pipelines/personas.py"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "i2a/personas"


def stage(folder: Path, base_url: str, source: Path, *options: str) -> tuple[dict[str, Any], float, dict[str, float]]:
    """What run.json tells of the calls, seconds of the whole command, and peak MB of its processes."""
    entry = {"llm": "OpenAILLM", "base_url": base_url}
    (folder / "cast.yaml").write_text(json.dumps({role: {**entry, "model": f"rehearsal/{role}"} for role in ROLES}))
    command = [sys.executable, str(REPO / "pipelines/trees.py"), "--cast", "cast.yaml", "--personas", str(source)]
    began = time.monotonic()
    with (
        subprocess.Popen([*command, *options], cwd=folder, stdout=subprocess.DEVNULL) as process,
        _peaks(process) as mb,
    ):
        assert process.wait() == 0
        seconds = time.monotonic() - began
    calls: dict[str, Any] = json.loads((folder / ".i2a/trees/run.json").read_text())["calls"]
    return calls, seconds, mb


@contextmanager
def _peaks(process: "subprocess.Popen[bytes]") -> Iterator[dict[str, float]]:
    """Peak resident memory in MB of the command, of the step's process, and of that which checks the release."""
    peaks: dict[str, float] = {}
    ended = Event()

    def look() -> None:
        while not ended.wait(0.1):
            with suppress(psutil.NoSuchProcess):
                for one in [command := psutil.Process(process.pid), *command.children(recursive=True)]:
                    what = "command" if one == command else "check" if "check.py" in str(one.cmdline()) else "step"
                    peaks[what] = max(peaks.get(what, 0), one.memory_info().rss / 1e6)

    thread = Thread(target=look)
    thread.start()
    try:
        yield peaks
    finally:
        ended.set()
        thread.join()


async def replay(tree: TreeRow, ask: Ask) -> None:
    """Makes the calls of a finished tree of one path, each after those that it needs."""
    persona = views.Persona(tree.facts, tree.traits)
    turns: list[views.Turn] = []
    shown: list[int] = []
    judged = []
    for pair in pairs(tree):
        message, tailored, generic = pair.user.content, pair.tailored.content, pair.generic.content
        new = [number for number in pair.user.disclosed or [] if number not in shown]
        await ask("user", views.user(persona, turns))

        async def knowing(
            message: str = message, new: list[int] = new, before: tuple[views.Turn, ...] = tuple(turns)
        ) -> None:
            await ask("inducer", views.inducer(persona, before, message))
            await ask("tailored", views.tailored(persona, before, message, new))

        await asyncio.gather(knowing(), ask("generic", views.generic(turns, message)))
        shown += new
        for first, second in ((tailored, generic), (generic, tailored)):
            judged.append(asyncio.create_task(_asked(ask, views.judge(persona, turns, message, shown, first, second))))
        turns.append(views.Turn(message, new, tailored if pair.tailored.continued else generic))
    await asyncio.gather(*judged)


async def _knowing(ask: Ask, inducer: Messages, tailored: Messages) -> None:
    await ask("inducer", inducer)
    await ask("tailored", tailored)


async def _asked(ask: Ask, prompt: Messages) -> None:
    await ask("judge", prompt)


async def plain(trees: list[TreeRow], base_url: str, concurrency: int) -> tuple[float, int]:
    """Seconds and number of calls of the plain loop."""
    slots, made = asyncio.Semaphore(concurrency), 0
    transport = DefaultAioHttpClient()
    async with AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0, http_client=transport) as client:

        async def ask(role: str, messages: Messages) -> None:
            nonlocal made
            async with slots:
                await client.chat.completions.create(model=f"rehearsal/{role}", messages=cast(Any, messages), seed=0)
            made += 1

        began = time.monotonic()
        await asyncio.gather(*(replay(tree, ask) for tree in trees))
        return time.monotonic() - began, made


def speed(source: Path, concurrency: int = 200, trees: int = 200, turns: int = 10) -> None:
    console = Console(width=120)
    table = Table(title=f"tree stage, {trees} trees x {turns} turns, {concurrency} calls at once")
    timed = ("plain s", "(a)", "chain s", "least s", "(b)", "one by one s", "(c)", "rest s")
    for title in ("latency", "calls", "stage s", "calls/s", *timed):
        table.add_column(title, justify="right")
    for latency in (0.2, 1.0):
        with tempfile.TemporaryDirectory() as name, rehearsal.serve(latency=latency, jitter=JITTER * latency) as url:
            folder = Path(name)
            options = ("--trees", str(trees), "--turns", str(turns), "--concurrency", str(concurrency))
            calls, whole, _ = stage(folder, url, source, *options)
            rows = [tree for split in read_release(folder / "i2a/trees", "trees", TreeRow).values() for tree in split]
            alone, made = asyncio.run(plain(rows, url, concurrency))
            assert 0 <= made - calls["made"] < made / 100  # the stage asks once what two trees ask alike
        chain = (3 * turns + 1) * latency  # user, inducer, tailored in each turn, and the last turn's judge
        least = max(chain, made * latency / concurrency)
        seconds = calls["seconds"]
        row = (f"{latency:.1f}", f"{made:,}", f"{seconds:.1f}", f"{made / seconds:.0f}", f"{alone:.1f}",
               f"{alone / seconds:.2f}", f"{chain:.1f}", f"{least:.1f}", f"{least / seconds:.2f}",
               f"{made * latency:,.0f}", f"{made * latency / seconds:.0f}", f"{whole - seconds:.1f}")  # fmt: skip
        table.add_row(*row)
        console.print(*row)
    console.print(table)


def memory(source: Path) -> None:
    peaks = {}
    for trees in (200, 2000):
        with tempfile.TemporaryDirectory() as name, rehearsal.serve() as url:
            _, _, peaks[trees] = stage(Path(name), url, source, "--trees", str(trees), "--turns", "10")
        Console().print(trees, {what: round(mb) for what, mb in peaks[trees].items()})
    for what in peaks[200]:
        Console().print(f"{what}: {peaks[2000][what] / peaks[200][what]:.2f} of the memory at ten times the trees")


def large(source: Path) -> None:
    with tempfile.TemporaryDirectory() as name, rehearsal.serve() as url:
        folder = Path(name)
        calls, whole, mb = stage(folder, url, source, "--trees", "3000", "--concurrency", "64")
        sizes = {part: sum(one.stat().st_size for one in (folder / part).rglob("*") if one.is_file()) / 1e6
                 for part in ("i2a/trees", ".i2a/trees/journal", ".i2a/trees/finished")}  # fmt: skip
        manifest = json.loads((folder / "i2a/trees/manifest.json").read_text())
        rows = [tree for split in read_release(folder / "i2a/trees", "trees", TreeRow).values() for tree in split]
    Console().print(
        f"{calls['made']:,} calls in {calls['seconds']:.0f} s ({calls['made'] / calls['seconds']:.0f} a second), "
        f"{whole:.0f} s in all; MB of memory {mb}, of disk {sizes}; pairs {manifest['pairs']}; "
        f"longest path {max(len(path(tree, pair.user)) for tree in rows[:50] for pair in pairs(tree))} messages"
    )


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        source = personas(folder)
        for name in sys.argv[1:] or ["speed", "memory", "large"]:
            {"speed": speed, "memory": memory, "large": large}[name](source)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
