"""What the persona stage is asked to do, as the command hands it to the step, and what it makes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filters.embed import fingerprint
from pipelines.cast import Cast
from pipelines.journal import call_key
from pipelines.prompts import prompt_hashes
from pipelines.records import Record
from pipelines.schema import KINDS, PLURAL, AloeRow, DroppedRow, Kind, PersonaRow, TextRow
from pipelines.seeds.reader import Seed

_HELDOUT_MARGIN = 0.05  # held-out texts keep this much more distance than train and test among themselves
ROLES = ["writer", "judge"]
PROMPTS = ["profiles", "personalities", "statements", "pair"]


# What the step makes: table -> record. `personas` are those of train and test.
RECORDS: dict[str, type[Record]] = {
    "profiles": TextRow,
    "personalities": TextRow,
    "personas": PersonaRow,
    "heldout": PersonaRow,
    "aloe": AloeRow,
    "dropped": DroppedRow,
}
Tables = dict[str, list[Any]]  # table -> its records


@dataclass(frozen=True)
class Job:
    """One run of the stage."""

    cast: Cast
    seed: int
    seeds: dict[Kind, list[Seed]]
    targets: dict[Kind, int]  # texts of train + test
    heldout: dict[Kind, int]  # texts of the benchmark, on top
    per_profile: int
    embedder: str
    thresholds: dict[Kind, float]
    concurrency: int
    max_cost: float | None
    work: Path
    license: str = "cc-by-4.0"  # of the data, an id of cards.vocabulary.LICENSES
    base: Path | None = None  # a finished release to go on from

    def heldout_bound(self, kind: Kind) -> float:
        """The highest cosine of a held-out text to one of train or test."""
        return heldout_bound(self.thresholds[kind])

    def recipe(self) -> dict[str, Any]:
        """What determines the data: two runs of one recipe give the same release. For the manifest."""
        return {
            "seed": self.seed,
            "cast": self.cast.published(),
            "prompts": prompt_hashes(PROMPTS),
            "embedder": embedder_name(self.embedder),
            "thresholds": dict(self.thresholds),
            "seeds": seeds_told(self.seeds),
            **{PLURAL[kind]: self.targets[kind] for kind in KINDS},
            **{f"heldout_{PLURAL[kind]}": self.heldout[kind] for kind in KINDS},
            "per_profile": self.per_profile,
            "license": self.license,
        }

    def stamp(self) -> str:
        """Marks the calls of this recipe, whatever the size of the pool, so that what they cost can be told."""
        no_matter = {*(PLURAL[kind] for kind in KINDS), "license"}
        recipe = self.recipe() | {"cast": self.cast.describe()}  # a model by its whole path, which is not published
        return call_key(recipe={name: part for name, part in recipe.items() if name not in no_matter}).hex()


def seeds_told(seeds: Mapping[Kind, Sequence[Seed]]) -> dict[str, dict[str, Any]]:
    """What a recipe tells of the seeds: of each kind how many there are, and a hash of them."""
    return {PLURAL[kind]: {"count": len(of), "sha256": _digest(of)} for kind, of in seeds.items()}


def heldout_bound(threshold: float) -> float:
    """The highest cosine of a held-out text to one of train or test, where two of these may have `threshold`."""
    return threshold - _HELDOUT_MARGIN


def embedder_name(embedder: str) -> str:
    """The embedder as it may be published: of a folder its name and what is in it, not where it stands."""
    folder = Path(embedder).expanduser()
    return f"{folder.resolve().name}@{fingerprint(folder)[:12]}" if folder.is_dir() else embedder


def _digest(seeds: Sequence[Seed]) -> str:
    texts = json.dumps([[seed.text, seed.statements] for seed in seeds])
    return hashlib.sha256(texts.encode()).hexdigest()
