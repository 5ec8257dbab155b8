"""Reviews of the paper's size on the local server: 3,310 personas with their vectors, and 2,000 pairs of replies.

    python -m tests.benchmarks.review

For each dataset: seconds and records a second of the push, and how many times faster it is than the log of Argilla's
own client for the same records (of 300 of them); milliseconds of a page of an annotator's queue (10 records, the median
of 30), and how many times longer it takes than a request to the same server that reads nothing (its version). At the
end the server's memory, before and after.
"""

import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import argilla as rg
import httpx
import psutil
from rich.console import Console
from rich.table import Table

from filters.embed import load_embedder
from pipelines.exports import pairs
from pipelines.reviews import pair_records, persona_records
from pipelines.reviews.client import Record, Server, connect
from pipelines.seeds.reader import SEED_FILES, read_seeds
from tests.argilla_local.local import Running, running
from tests.pipelines.trees import grow
from tests.reviews.releases import persona

PERSONAS, TREES, TURNS = 3310, 200, 10
LOGGED = 300  # by the client's own way, which is slow
PAGES = 30


def persona_rows(questions: Mapping[str, str]) -> list[Record]:
    """Personas of the seeds' length, each with its vectors and its texts to edit."""
    facts, traits = (
        [seed.statements for seed in read_seeds(str(SEED_FILES[kind]), kind)] for kind in ("profile", "personality")
    )
    rows = [
        persona(n, [f"Is number {n}.", *facts[n % len(facts)]], [*traits[n % len(traits)]]) for n in range(PERSONAS)
    ]
    embedder = load_embedder("lexical")
    profiles = embedder.encode([row.profile for row in rows]).tolist()
    personalities = embedder.encode([row.personality for row in rows]).tolist()
    return [
        persona_records.record(row, "train", {"profile": profile, "personality": personality}, questions)
        for row, profile, personality in zip(rows, profiles, personalities, strict=True)
    ]


def pair_rows(_: Mapping[str, str]) -> list[Record]:
    trees = [grow(turns=TURNS, persona_id=persona(n).persona_id) for n in range(TREES)]
    return [pair_records.record(tree, pair) for tree in trees for pair in pairs(tree)]


def seconds(run: Callable[[], Any]) -> float:
    began = time.monotonic()
    run()
    return time.monotonic() - began


def log(server: Server, name: str, settings: rg.Settings, records: list[Record], questions: Mapping[str, str]) -> None:
    """The same records, by the client's own means."""
    workspace = server.argilla.workspaces("review")
    dataset = rg.Dataset(name=name, workspace=workspace, settings=settings, client=server.argilla).create()
    names = {id_: name for name, id_ in questions.items()}
    dataset.records.log(
        [
            rg.Record(
                id=one["external_id"],
                fields=one["fields"],
                metadata=one["metadata"],
                vectors=one.get("vectors", {}),
                suggestions=[
                    rg.Suggestion(names[given["question_id"]], given["value"]) for given in one.get("suggestions", [])
                ],
            )
            for one in records
        ]
    )


def page(address: str, token: str, dataset: str) -> float:
    """Milliseconds of a page of the queue."""
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:
        pending = {"type": "terms", "scope": {"entity": "response", "property": "status"}, "values": ["pending"]}
        query = {"filters": {"and": [pending]}}
        path = f"/api/v1/me/datasets/{dataset}/records/search?limit=10&include=responses&include=suggestions"
        return 1000 * median(seconds(lambda: client.post(path, json=query).raise_for_status()) for _ in range(PAGES))


def measure(running_: Running, server: Server, table: Table) -> None:
    with httpx.Client(base_url=running_.api_url) as client:
        nothing = 1000 * median(seconds(lambda: client.get("/api/v1/version").raise_for_status()) for _ in range(PAGES))
        login = {"username": "bench", "password": server.add_annotator("bench")}
        token = client.post("/api/v1/token", data=login).raise_for_status().json()["access_token"]
    for name, settings, rows in (
        ("bench/personas", partial(persona_records.settings, 384, "lexical"), persona_rows),
        ("bench/trees", pair_records.settings, pair_rows),
    ):
        dataset = server.opened(name, settings())
        questions = {question.name: str(question.id) for question in dataset.settings.questions}
        records = rows(questions)
        sdk = partial(log, server, name.replace("/", "-by-sdk-"), settings(), records[:LOGGED], questions)
        logged = seconds(sdk) / LOGGED * len(records)
        took = seconds(partial(server.push, dataset, records, len(records)))
        ours = page(running_.api_url, token, str(dataset.id))
        numbers = (
            f"{took:.1f}",
            f"{len(records) / took:.0f}",
            f"{logged / took:.1f}",
            f"{ours:.0f}",
            f"{ours / nothing:.1f}",
        )
        table.add_row(f"{len(records):,} {name}", *numbers)


def main() -> None:
    table = Table(title="review, local server")
    for title in ("records", "push s", "records/s", "x the client's log", "page ms", "x a request"):
        table.add_column(title, justify="right")
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "home") as server:
        memory = psutil.Process(server.process.pid).memory_info
        before = memory().rss
        measure(server, connect(server.home), table)
        Console().print(table)
        Console().print(f"server memory: {before / 2**20:.0f} MB before, {memory().rss / 2**20:.0f} MB after")


if __name__ == "__main__":
    main()
