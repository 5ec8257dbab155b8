"""The rows of a release: what a config is, and its Parquet files, written while the rows come.

Memory holds one row group at a time, however many rows there are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_GROUP = 1000  # what a reader that streams fetches at once: about a megabyte of personas


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
    """What became of one split: all that card and check tell of its rows."""

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
        """The splits that have rows, each with its file."""
        return {name: split for name, split in self.splits.items() if split.rows}


def data_file(config: str, split: str) -> str:
    """Where the rows of a split stand in a release."""
    return f"{config}/{split}-00000-of-00001.parquet"


def write(config: Config, folder: Path) -> Written:
    """Writes a config below the folder of its release, one split after the other. What a reader raises goes through.

    A split without rows gets no file: load_dataset can't read an empty one, and with it fails on the whole config.
    """
    splits = {
        split: _write_split(reader, folder / data_file(config.name, split)) for split, reader in config.splits.items()
    }
    return Written(config, splits)


def _write_split(reader: "pa.RecordBatchReader", path: Path) -> Split:
    """One file, in content-defined chunks, so that a push after a small change sends little."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    groups = _row_groups(reader)
    head = next(groups, None)
    if head is None:
        return Split()
    rows = num_bytes = 0
    path.parent.mkdir(exist_ok=True)
    with pq.ParquetWriter(
        path,
        reader.schema.remove_metadata(),
        compression="zstd",
        use_content_defined_chunking=True,
        write_page_index=True,
    ) as writer:
        for group in chain([head], groups):
            writer.write_batch(group)
            rows += group.num_rows
            num_bytes += pa.ipc.get_record_batch_size(group)
    return Split(rows, num_bytes, path.stat().st_size, head.slice(length=1).to_pylist()[0])


def _row_groups(reader: "pa.RecordBatchReader") -> Iterator["pa.RecordBatch"]:
    """The same rows in batches of ROWS_PER_GROUP, the last one with what is left: a file depends on its rows alone."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    missing = ROWS_PER_GROUP
    for batch in reader:
        rest = batch
        while rest.num_rows:
            held.append(rest.slice(length=missing))
            rest = rest.slice(held[-1].num_rows)
            missing -= held[-1].num_rows
            if not missing:
                yield pa.concat_batches(held)
                held, missing = [], ROWS_PER_GROUP
    if held:
        yield pa.concat_batches(held)
