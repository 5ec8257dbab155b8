"""Releases to review, written by hand, with odd texts in them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.records import Record, to_table
from pipelines.schema import PersonaRow, TreeRow, persona_id, text_id
from tests.pipelines.trees import grow

ODD = [
    "a<b and c>d, \"so\" 'it' is.",
    "<script>window.hacked = 1</script><b>Bold</b>.",
    "&amp; &lt; AT&T.",
    "Markdown *x* **y** `z` # no heading.",
    "Emoji 🦔👩‍🚀 and 面包.",
    "עברית מימין לשמאל.",
    "   Three spaces before  and two within.",
    "- 1. [link](http://127.0.0.1) {{ braces }} $x^2$.",
]


def persona(number: int, facts: Sequence[str] = (), traits: Sequence[str] = ()) -> PersonaRow:
    """Every second one shares its personality with the one before it."""
    facts = list(facts or [f"Keeps {number} hens.", "Lives in Ghent."])
    traits = list(traits or [f"Asks why {number // 2} times.", "Likes a plain no."])
    profile, personality = " ".join(facts), " ".join(traits)
    ids = persona_id(profile, personality), text_id("profile", profile), text_id("personality", personality)
    return PersonaRow(*ids, profile, personality, facts, traits, "seed", 0, 0.5 if number else None, None, True)


def write_personas(folder: Path, rows: Sequence[PersonaRow], repo_id: str = "i2a/personas") -> None:
    """A release of these personas, all in train."""
    _write(folder, PersonaRow, rows, {"dataset": "personas", "repo_id": repo_id, "recipe": {"embedder": "lexical"}})


def write_trees(folder: Path, rows: Sequence[TreeRow], repo_id: str = "i2a/trees") -> None:
    _write(folder, TreeRow, rows, {"dataset": "trees", "repo_id": repo_id})


def some_trees(number: int) -> list[TreeRow]:
    """Of three pairs each."""
    return [grow(persona_id=persona(place).persona_id) for place in range(number)]


def _write(folder: Path, record: type[Record], rows: Sequence[Record], manifest: Mapping[str, object]) -> None:
    import pyarrow.parquet as pq

    file = folder / str(manifest["dataset"]) / "train-00000-of-00001.parquet"
    file.parent.mkdir(parents=True)
    pq.write_table(to_table(record, rows), file)
    content = file.read_bytes()
    fingerprint = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    files = {file.relative_to(folder).as_posix(): fingerprint}
    (folder / "manifest.json").write_text(json.dumps({**manifest, "files": files}))
