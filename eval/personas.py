"""The personas that are played, as samples: the benchmark's release, a file of personas, or two files of texts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import orjson
from inspect_ai.dataset import MemoryDataset, Sample

from eval.views import one_line
from pipelines.errors import UserError
from pipelines.records import local_release, read_release
from pipelines.rehearsal import World
from pipelines.rehearsal.world import micro
from pipelines.schema import AloeRow, Kind, PersonaRow, persona_id, text_id
from pipelines.seeds.reader import read_seeds

PROFILES, PERSONALITIES = 20, 5  # of two files of texts: the first so many of each, as the paper has it
_CERTIFICATE = ("nearest_profile_id", "nearest_profile", "nearest_personality_id", "nearest_personality")


@dataclass(frozen=True)
class Played:
    """One persona of the benchmark. Without statements, the judge's model takes the texts apart."""

    profile: str
    personality: str
    facts: Sequence[str] = ()
    traits: Sequence[str] = ()
    certificate: Mapping[str, str | float | None] | None = None  # how near the nearest training texts are

    @property
    def id(self) -> str:
        return persona_id(self.profile, self.personality)

    def sample(self) -> Sample:
        """As Inspect runs it; `input` is what its viewer lists, and no role sees it."""
        certificate = self.certificate or dict.fromkeys(_CERTIFICATE)
        return Sample(
            id=self.id,
            input=one_line(self.profile),
            metadata={
                "persona_id": self.id,
                "profile_id": text_id("profile", self.profile),
                "personality_id": text_id("personality", self.personality),
                "profile": self.profile,
                "personality": self.personality,
                "facts": list(self.facts),
                "traits": list(self.traits),
                **certificate,
            },
        )


def dataset(data: str, profiles: str | None, personalities: str | None, base: Path) -> MemoryDataset:
    """The samples of a run.

    Args:
        data: a folder, a file or a name on the Hub; unless `profiles` and `personalities` name two files of texts.
        base: the folder that a relative path starts from.

    Raises:
        UserError, SchemaError, SeedError: it is not there, or not what it should be.
    """
    if profiles and personalities:
        played = crossed(_found(profiles, base), _found(personalities, base))
        name = f"{Path(profiles).name} x {Path(personalities).name}"
    elif profiles or personalities:
        raise UserError("profiles and personalities go together: name a file of each, or neither of them")
    else:
        played, name = read(_found(data, base)), data
    if not played:
        raise UserError(f"{name}: there is no persona in it")
    seen = set[str]()
    for number, one in enumerate(played, 1):
        if one.id in seen:
            raise UserError(f"{name}: persona {number} ({one.id}) stands there twice; take one of them out")
        seen.add(one.id)
    return MemoryDataset([one.sample() for one in spread(played)], name=name)


def world_of(samples: Iterable[Sample]) -> World:
    """The world of the rehearsal that can play these personas: micro, where all statements are of its language."""
    about = [sample.metadata or {} for sample in samples]
    spoken = all(one["facts"] and micro.is_spoken([*one["facts"], *one["traits"]]) for one in about)
    return "micro" if spoken else "full"


def read(source: str) -> list[Played]:
    """The personas of a release (config `aloe`, or the split `heldout` of `personas`), or of a file with a row each."""
    if Path(source).is_file():
        return list(_of_file(Path(source)))
    folder = local_release(source)
    if (folder / "aloe").is_dir():
        return [_of_row(row) for rows in read_release(folder, "aloe", AloeRow).values() for row in rows]
    splits = read_release(folder, "personas", PersonaRow)
    if "heldout" not in splits:
        raise UserError(f"{source}: it has {', '.join(splits)}, and no held-out personas to test a model on")
    return [_of_row(row) for row in splits["heldout"]]


def crossed(profiles: str, personalities: str) -> list[Played]:
    """The first 20 profiles, each with the first 5 personalities, of two files as `seeds/reader.py` reads them."""
    wanted: dict[Kind, tuple[str, int]] = {
        "profile": (profiles, PROFILES),
        "personality": (personalities, PERSONALITIES),
    }
    texts = {kind: read_seeds(source, kind)[:number] for kind, (source, number) in wanted.items()}
    return [
        Played(profile.text, personality.text, profile.statements, personality.statements)
        for profile, personality in product(texts["profile"], texts["personality"])
    ]


def spread(played: Sequence[Played]) -> list[Played]:
    """In an order in which the first N have as many profiles as can be, and as many personalities.

    >>> people = [Played(f"pr{i}", f"pe{j}") for i in range(3) for j in range(2)]
    >>> [(one.profile, one.personality) for one in spread(people)][:4]
    [('pr0', 'pe0'), ('pr1', 'pe1'), ('pr2', 'pe0'), ('pr0', 'pe1')]
    """
    of: dict[str, list[Played]] = {}
    for one in played:
        of.setdefault(one.profile, []).append(one)
    turned = [[*own[at % len(own) :], *own[: at % len(own)]] for at, own in enumerate(of.values())]
    return [own[number] for number in range(max(map(len, turned), default=0)) for own in turned if number < len(own)]


def _of_row(row: PersonaRow) -> Played:
    certificate = {name: getattr(row, name) for name in _CERTIFICATE} if isinstance(row, AloeRow) else None
    return Played(row.profile, row.personality, row.facts, row.traits, certificate)


def _of_file(path: Path) -> Iterator[Played]:
    for where, row in _rows(path):
        texts = {column: row.get(column) for column in ("profile", "personality")}
        lists = {column: row.get(column) or [] for column in ("facts", "traits")}
        for column, text in texts.items():
            if not isinstance(text, str) or not text.strip():
                raise UserError(f"{where}: `{column}` is {text!r:.60}; it must be the text of a {column}")
        for column, statements in lists.items():
            if not isinstance(statements, list) or not all(isinstance(one, str) and one.strip() for one in statements):
                raise UserError(f"{where}: `{column}` must be a list of statements, or left out")
        yield Played(str(texts["profile"]), str(texts["personality"]), lists["facts"], lists["traits"])


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each row of a file with its place in it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    place = str(path)
    try:
        match path.suffix:
            case ".parquet":
                rows = [(f"{path}, row {number}", row) for number, row in enumerate(pq.read_table(path).to_pylist(), 1)]
            case ".jsonl":
                rows = []
                for number, text in enumerate(path.read_bytes().splitlines(), 1):
                    place = f"{path}, line {number}"
                    if text.strip():
                        rows.append((place, orjson.loads(text)))
            case _:
                raise UserError(
                    f"{path}: personas come from .jsonl or .parquet, with the columns profile and personality, or from "
                    "a dataset"
                )
    except (OSError, ValueError, pa.ArrowException) as error:
        raise UserError(f"{place}: can't be read ({' '.join(str(error).split())[:200]})") from error
    for place, row in rows:
        if not isinstance(row, Mapping):
            raise UserError(f"{place}: is {row!r:.60}; it must be an object with profile and personality")
        yield place, row


def _found(source: str, base: Path) -> str:
    """A path from where the command was started; a name on the Hub as it is."""
    place = base / source
    return str(place) if place.exists() else source
