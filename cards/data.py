"""The rows of a release: what a config is, and its Parquet files, written while the rows come.

Memory holds one row group at a time, however many rows there are.

The rows themselves say where a row group ends. Between two versions of a dataset, groups without a changed row are the
same bytes, wherever they stand, and the Hub, which looks for bytes that it has, is sent the others alone. Groups of a
fixed number of rows would all change with one inserted row. So would those of Parquet's own content-defined chunking:
it goes on from group to group, so the pages of a group depend on the rows before it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

GROUP_BYTES = 2**19  # of rows as JSON: a row group has as many at least, twice as many on average
LARGEST_GROUP = 8  # times GROUP_BYTES; then a row group ends whatever its rows say
SHARD_BYTES = 500 * 10**6  # of Arrow data; the row group that reaches it is the last one of its file


@dataclass(frozen=True)
class Config:
    """One config of a dataset, as `load_dataset(repo_id, name)` gives it.

    Example: `Config("profiles", {"train": table.to_reader()}, {"profile_id": "its id", "profile": "its text"})`.
    """

    name: str
    splits: Mapping[str, "pa.RecordBatchReader"]  # split -> its rows, read once; all splits have the same columns
    fields: Mapping[str, str]  # column -> what it means, in plain text; every column, in the order of the rows
    default: bool = False  # what load_dataset(repo_id) gives; exactly one config of a release

    def __post_init__(self) -> None:
        for split, reader in self.splits.items():
            if reader.schema.names != list(self.fields):
                raise ValueError(
                    f"config {self.name!r}: split {split!r} has the columns {reader.schema.names}, "
                    f"its fields describe {list(self.fields)}. Describe every column, in the order of the rows"
                )

    @property
    def schema(self) -> "pa.Schema":
        """Columns and types, without metadata: pandas and datasets leave theirs in a schema."""
        return next(iter(self.splits.values())).schema.remove_metadata()


@dataclass(frozen=True)
class Split:
    """What became of one split, all its files together: what card and check tell of its rows."""

    rows: int = 0
    num_bytes: int = 0  # in Arrow's own format, as load_dataset lays them down; no matter how they came in batches
    file_bytes: int = 0
    first: Mapping[str, Any] | None = None  # row


@dataclass(frozen=True)
class Written:
    """A config whose readers have been read and whose files stand."""

    config: Config
    splits: Mapping[str, Split]

    @property
    def rows(self) -> int:
        return sum(split.rows for split in self.splits.values())

    def filled(self) -> dict[str, Split]:
        """The splits that have rows, and so files."""
        return {name: split for name, split in self.splits.items() if split.rows}


def data_file(config: str, split: str, shard: int = 0, shards: int = 1) -> str:
    """Where the rows of a split stand in a release, or those of one shard of several, counted from 0."""
    return f"{config}/{split}-{shard:05d}-of-{shards:05d}.parquet"


def write(config: Config, folder: Path) -> Written:
    """Writes a config below the folder of its release, one split after the other. What a reader raises goes through.

    A split without rows gets no file: load_dataset can't read an empty one, and with it fails on the whole config.
    """
    splits = {split: _write_split(reader, folder, config.name, split) for split, reader in config.splits.items()}
    return Written(config, splits)


def _write_split(reader: "pa.RecordBatchReader", folder: Path, config: str, split: str) -> Split:
    """The files of a split, in the order of its rows. How many there are is known last: only then they get names."""
    groups = _row_groups(reader)
    parts: list[Path] = []
    shards: list[Split] = []
    for head in groups:
        parts.append(folder / config / f"{split}-{len(parts)}.part")
        parts[-1].parent.mkdir(exist_ok=True)
        shards.append(_write_shard(head, groups, parts[-1]))
    for number, part in enumerate(parts):
        part.rename(folder / data_file(config, split, number, len(parts)))
    return Split(
        sum(shard.rows for shard in shards),
        sum(shard.num_bytes for shard in shards),
        sum(shard.file_bytes for shard in shards),
        shards[0].first if shards else None,
    )


def _write_shard(head: "pa.RecordBatch", more: Iterator["pa.RecordBatch"], path: Path) -> Split:
    """One file: a row group, and as many more as it takes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = num_bytes = 0
    with pq.ParquetWriter(path, head.schema.remove_metadata(), compression="zstd", write_page_index=True) as writer:
        for group in chain([head], more):
            writer.write_batch(group)
            rows += group.num_rows
            num_bytes += pa.ipc.get_record_batch_size(group)
            if num_bytes >= SHARD_BYTES:
                break
    return Split(rows, num_bytes, path.stat().st_size, head.slice(length=1).to_pylist()[0])


def _row_groups(reader: "pa.RecordBatchReader") -> Iterator["pa.RecordBatch"]:
    """The same rows in row groups that depend on the rows alone, no matter in what batches they came.

    In a group that is large enough, each row is the last one with a chance of its size to GROUP_BYTES. The dice are a
    hash of its plain columns, ids among them: configs with much the same plain columns and sizes of rows, as preference
    and sft, mostly end their groups at the same ids, so that most of what they have in common is sent once.
    """
    import pyarrow as pa

    plain = [field.name for field in reader.schema if not pa.types.is_nested(field.type)]
    held: list[pa.RecordBatch] = []
    held_bytes = 0
    for batch in reader:
        for place in range(batch.num_rows):
            held.append(batch.slice(place, 1))
            [row] = held[-1].to_pylist()
            size = len(_json(row))
            held_bytes += size
            last = held_bytes >= GROUP_BYTES and _dice([row[name] for name in plain]) < size / GROUP_BYTES
            if last or held_bytes >= LARGEST_GROUP * GROUP_BYTES:
                yield pa.concat_batches(held)
                held, held_bytes = [], 0
    if held:
        yield pa.concat_batches(held)


def _dice(values: Sequence[object]) -> float:
    """From 0 to 1, evenly: always the same for the same values."""
    return int.from_bytes(hashlib.sha256(_json(values)).digest()[:4], "big") / 2**32


def _json(value: object) -> bytes:
    return json.dumps(value, default=str).encode()
