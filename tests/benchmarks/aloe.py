"""ALOE against the least that its calls need, at an endpoint with latency.

    python tests/benchmarks/aloe.py    # 100 personas x 10 turns, both protocols, at 0.2 s and at 1.0 s

`chain`: ten turns of user and model, and the judging of the last one. `client`: the number of calls over what Inspect's
client alone makes a second, measured in the same run (2,000 calls at the same latency, 400 at once). The bound
is the longer of the two; the ratio is the run's seconds, from the start of its log to the end, over the bound. `one by
one` is the sum of all latencies, the reference's way.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from itertools import product
from pathlib import Path

import openai
from inspect_ai.log import list_eval_logs, read_eval_log
from inspect_ai.model import GenerateConfig, get_model
from rich.console import Console
from rich.table import Table

from eval import logs, views
from pipelines import rehearsal
from pipelines.views import Persona, Turn

REPO = Path(__file__).parents[2]
SERVICE = "openai-api/rehearsal/rehearsal"
CALLS, ABREAST, TURNS = 2_000, 400, 10
AFTER = {"paper": 1, "plus": 2}  # calls that the last turn waits for: the judge's; and the inducer's before it


def ceiling() -> float:
    """Calls a second of Inspect's client alone, with the prompt of a user in the middle of a conversation."""
    persona = Persona(
        [f"Keeps {number} hens behind the house." for number in range(10)], ["Asks why at least twice."] * 10
    )
    prompt = views.user(persona, [Turn("What would you do with so many eggs?", (), "Give some to the neighbours.")] * 5)

    async def measure() -> float:
        config = GenerateConfig(max_connections=ABREAST)
        client = openai.DefaultAioHttpClient()
        async with get_model(f"{SERVICE}/user", config=config, http_client=client, memoize=False) as model:
            began = time.monotonic()
            await asyncio.gather(*(model.generate(prompt, config=GenerateConfig(seed=n)) for n in range(CALLS)))
            return CALLS / (time.monotonic() - began)

    return asyncio.run(measure())


def run(folder: Path, protocol: str, log_dir: str) -> tuple[float, int]:
    """Seconds of a run of the whole benchmark, start-up apart, and its calls."""
    cast = [f"--{name}={SERVICE}/{role}" for name, role in (
        ("model", "assistant"), ("user", "user"), ("judge", "judge"), ("inducer", "inducer")
    )]  # fmt: skip
    command = [sys.executable, str(REPO / "eval/aloe.py"), *cast, f"--protocol={protocol}", f"--log-dir={log_dir}"]
    subprocess.run([*command, f"--concurrency={ABREAST}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    headers = [read_eval_log(log, header_only=True) for log in list_eval_logs(str(folder / log_dir))]
    (stats,) = (log.stats for log in headers if log.eval.task == "aloe")
    began, ended = (datetime.fromisoformat(str(moment)) for moment in (stats.started_at, stats.completed_at))
    (read,) = logs.read([folder / log_dir]).runs
    made = sum(len(talk.turns) + sum(talk.calls.values()) for talk in read.talks)
    return (ended - began).total_seconds(), made


def main() -> None:
    table = Table(title="ALOE, 100 personas x 10 turns")
    for title in ("protocol", "latency", "calls", "run s", "calls/s", "client/s", "chain s", "client s", "ratio",
                  "one by one s", "ratio"):  # fmt: skip
        table.add_column(title, justify="right")
    console = Console(width=140)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, REPO / "pipelines/personas.py"], cwd=folder, check=True, capture_output=True)
        for latency, (protocol, after) in product((0.2, 1.0), AFTER.items()):
            with rehearsal.serve(latency=latency) as url:
                os.environ |= {"REHEARSAL_BASE_URL": url, "REHEARSAL_API_KEY": "none"}
                alone = ceiling()
                took, made = run(folder, protocol, f"{protocol}-{latency}")
            chain, client = (2 * TURNS + after) * latency, made / alone
            row = (protocol, f"{latency:.1f}", f"{made:,}", f"{took:.1f}", f"{made / took:.0f}", f"{alone:.0f}",
                   f"{chain:.1f}", f"{client:.1f}", f"{took / max(chain, client):.2f}", f"{made * latency:,.0f}",
                   f"{made * latency / took:.0f}")  # fmt: skip
            table.add_row(*row)
            console.print(*row)
    console.print(table)


if __name__ == "__main__":
    main()
