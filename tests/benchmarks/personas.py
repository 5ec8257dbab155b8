"""The persona stage against a plain asyncio client that makes the same calls, at an endpoint of fixed latency.

    python tests/benchmarks/personas.py

For each latency and concurrency: seconds that the plain client takes (openai's client over aiohttp, a semaphore, no
dependence between calls), seconds of the stage from its first call to its last, their ratio (1.0 is as fast), and what
the whole command takes beside that: imports, Distilabel's start, and building and checking two releases.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

from openai import AsyncOpenAI, DefaultAioHttpClient
from rich.console import Console
from rich.table import Table

from filters.embed import load_embedder
from pipelines import personas, rehearsal
from pipelines.calls import Calls
from pipelines.cast import rehearsal_cast
from pipelines.generate import Reply
from pipelines.journal import Journal
from pipelines.persona_job import ROLES
from pipelines.steps.build_personas import Build
from pipelines.views import Messages

REPO = Path(__file__).parents[2]
# concurrency -> options that make enough calls to keep it busy for a minute or two at 1.0 s
SIZES = {
    1: ["--profiles", "26", "--personalities", "22", "--per-profile", "2"],
    16: ["--profiles", "120", "--personalities", "40", "--per-profile", "10"],
    64: ["--profiles", "331", "--personalities", "71", "--per-profile", "10"],
}
HELDOUT = {1: ["--heldout-profiles", "0"], 16: [], 64: []}


def stage(folder: Path, base_url: str, concurrency: int) -> tuple[float, float, int]:
    """Seconds of the calls, seconds of the whole command, number of calls."""
    entry = {"llm": "OpenAILLM", "base_url": base_url}
    players = {role: {**entry, "model": f"rehearsal/{role}"} for role in ("writer", "judge")}
    (folder / "cast.yaml").write_text(json.dumps(players))
    options = ["--cast", "cast.yaml", "--embedder", "lexical", "--concurrency", str(concurrency)]
    began = time.monotonic()
    subprocess.run(
        [sys.executable, REPO / "pipelines/personas.py", *options, *SIZES[concurrency], *HELDOUT[concurrency]],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    whole = time.monotonic() - began
    calls = json.loads((folder / ".i2a/personas/run.json").read_text())["calls"]
    return calls["seconds"], whole, calls["made"]


class Recording(Calls):
    """Makes the calls, and keeps what was asked."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asked: list[tuple[str, Messages]] = []

    async def _until_it_succeeds(self, role: str, messages: Messages, *rest: Any) -> Reply:
        self.asked.append((role, messages))
        return await super()._until_it_succeeds(role, messages, *rest)


async def requests_of(options: list[str], folder: Path) -> list[tuple[str, Messages]]:
    """What the stage asks, in its order, found by making its calls at an endpoint without latency."""
    with rehearsal.serve() as base_url, Journal(folder / "journal") as journal:
        played = rehearsal_cast(ROLES, base_url)
        job = personas.job_of(personas.options_of(options), played)
        llms = {role: player.build() for role, player in played.players.items()}
        for llm in llms.values():
            llm.load()
        calls = Recording(played.players, llms, journal, seed=0, concurrency=64, stop=folder / "stop")
        await Build(job, calls, load_embedder("lexical")).run()
        for llm in llms.values():
            await llm.aclose()
    return calls.asked


async def plain(asked: list[tuple[str, Messages]], base_url: str, concurrency: int) -> float:
    """Seconds for the same requests, all known beforehand."""
    slots = asyncio.Semaphore(concurrency)
    transport = DefaultAioHttpClient()
    async with AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0, http_client=transport) as client:

        async def call(role: str, messages: Messages) -> None:
            async with slots:
                await client.chat.completions.create(model=f"rehearsal/{role}", messages=cast(Any, messages), seed=0)

        began = time.monotonic()
        await asyncio.gather(*(call(*one) for one in asked))
        return time.monotonic() - began


def main() -> None:
    table = Table(title="persona stage against a plain asyncio client")
    for title in ("latency", "concurrency", "calls", "plain s", "stage s", "ratio", "beside it s"):
        table.add_column(title, justify="right")
    for latency in (0.2, 1.0):
        for concurrency, sizes in SIZES.items():
            options = [*sizes, *HELDOUT[concurrency]]
            with tempfile.TemporaryDirectory() as folder, rehearsal.serve(latency=latency) as base_url:
                seconds, whole, calls = stage(Path(folder), base_url, concurrency)
                asked = asyncio.run(requests_of(options, Path(folder, "recorded")))
                assert len(asked) == calls
                alone = asyncio.run(plain(asked, base_url, concurrency))
            row = (f"{latency:.1f}", concurrency, f"{calls:,}", f"{alone:.1f}", f"{seconds:.1f}",
                   f"{alone / seconds:.2f}", f"{whole - seconds:.1f}")  # fmt: skip
            table.add_row(*map(str, row))
            Console().print(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
