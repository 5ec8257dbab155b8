"""The rehearsal cast as a command: `python -m pipelines.rehearsal --port 8000 --latency 0.2 --rate-429 0.1`."""

import argparse
import asyncio
import os
from dataclasses import fields

from pipelines.rehearsal import WORLDS
from pipelines.rehearsal.faults import Faults
from pipelines.rehearsal.server import HOST, Settings, run


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m pipelines.rehearsal",
        description=f"Serves the offline cast as an OpenAI-compatible endpoint on {HOST}.",
    )
    options.add_argument("--port", type=int, default=0, help="0 (default) takes a free one; the base URL is printed")
    options.add_argument("--world", choices=WORLDS, default="full", help="micro: a closed vocabulary of 400 words")
    options.add_argument("--seed", type=int, default=0, help="other seed, other replies")
    options.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="before each reply")
    options.add_argument("--jitter", type=float, default=0.0, metavar="SECONDS", help="at most this much on top")
    for field in fields(Faults):
        options.add_argument(f"--{field.name.replace('_', '-')}", type=float, default=0.0, metavar="SHARE")
    options.add_argument(
        "--die-with-parent",
        nargs="?",
        type=int,
        const=os.getppid(),
        metavar="PID",
        help="end when the process that started this one is gone (PID: its id, where it may end during the start)",
    )
    return options


def main() -> None:
    options = parser()
    given = options.parse_args()
    try:
        faults = Faults(**{field.name: getattr(given, field.name) for field in fields(Faults)})
        settings = Settings(given.seed, given.latency, given.jitter, faults, given.world)
    except ValueError as error:
        options.error(str(error))
    try:
        asyncio.run(run(settings, given.port, given.die_with_parent))
    except (OSError, OverflowError) as error:  # asyncio raises the latter for a port above 65535
        options.exit(1, f"port {given.port} on {HOST} cannot be used ({error}): choose another, or 0 for a free one\n")


if __name__ == "__main__":
    main()
