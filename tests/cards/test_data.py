"""Rows as they come, files that depend on the rows alone."""

import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cards import data
from cards.data import LARGEST_GROUP, Config, Split, data_file, write
from cards.release import build
from tests.cards.conftest import Tables, configs_of

Row = tuple[str | None, list[str | None] | None, list[dict[str, Any]] | None]

text = st.text(max_size=20)
rows_of_any_kind = st.lists(
    st.tuples(
        st.none() | text,
        st.none() | st.lists(st.none() | text, max_size=3),
        st.none() | st.lists(st.fixed_dictionaries({"role": text, "turn": st.none() | st.integers(0, 9)}), max_size=2),
    ),
    min_size=1,
    max_size=8,
)


def table(rows: Sequence[Row]) -> Any:
    import pyarrow as pa

    nodes = pa.list_(pa.struct([("role", pa.string()), ("turn", pa.int32())]))
    schema = pa.schema([("text", pa.string()), ("items", pa.list_(pa.string())), ("nodes", nodes)])
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def written(folder: Path, pieces: Sequence[Any]) -> tuple[Split, dict[str, bytes]]:
    """What is told of one split that comes in these batches, and its files, by name and in the order of the names."""
    import pyarrow as pa

    reader = pa.RecordBatchReader.from_batches(pieces[0].schema, iter(pieces))
    config = Config("people", {"train": reader}, dict.fromkeys(reader.schema.names, "what it means"), default=True)
    shutil.rmtree(folder / "people", ignore_errors=True)
    folder.mkdir(exist_ok=True)
    split = write(config, folder).splits["train"]
    return split, {path.name: path.read_bytes() for path in sorted((folder / "people").iterdir())}


def row_groups(file: bytes) -> list[tuple[int, str]]:
    """Of each row group: its bytes, and their hash."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(io.BytesIO(file))
    groups = []
    for group in (metadata.row_group(i) for i in range(metadata.num_row_groups)):
        columns = [group.column(i) for i in range(group.num_columns)]
        starts = [column.dictionary_page_offset or column.data_page_offset for column in columns]
        pages = b"".join(
            file[start : start + column.total_compressed_size] for start, column in zip(starts, columns, strict=True)
        )
        groups.append((len(pages), hashlib.sha256(pages).hexdigest()))
    return groups


def groups_of(folder: Path, batches: Sequence[Any]) -> list[list[dict[str, Any]]]:
    """The rows of each row group of the one file that these batches make."""
    import pyarrow.parquet as pq

    [file] = written(folder, batches)[1].values()
    parquet = pq.ParquetFile(io.BytesIO(file))
    return [parquet.read_row_group(i).to_pylist() for i in range(parquet.num_row_groups)]


def dialogues(numbers: Sequence[int]) -> Any:
    """Rows like those of the tree stage, an id and messages: 3 kB a row, which zstd halves as it does text."""
    import pyarrow as pa

    def row(number: int) -> dict[str, Any]:
        letters = random.Random(number)
        return {
            "id": f"t-{number}",
            "nodes": [{"role": "user", "content": letters.randbytes(280).hex()} for _ in range(5)],
        }

    nodes = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    schema = pa.schema([("id", pa.string()), ("nodes", nodes)])
    return pa.Table.from_pylist([row(number) for number in numbers], schema=schema)


def second_version(rows: int) -> list[int]:
    """The numbers of rows where 1% came in one block, and 1% went in another."""
    few, later = rows // 100, rows * 5 // 8
    return [*range(rows // 8), *range(rows, rows + few), *range(rows // 8, later), *range(later + few, rows)]


@settings(max_examples=40, deadline=None)
@given(rows_of_any_kind, st.data())
def test_what_is_written_reads_back_and_is_the_same_bytes_however_the_rows_came(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], drawn: st.DataObject
) -> None:
    """In one batch, in slices, or in batches that never knew each other, empty ones among them; in one file or many."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("parquet")
    whole = table(rows)
    cut = drawn.draw(st.integers(0, len(rows)))
    group_bytes, shard_bytes = drawn.draw(st.integers(1, 400)), drawn.draw(st.integers(1, 8000))
    [batch] = whole.to_batches()
    cuts = [batch.slice(0, cut), batch.slice(cut)]
    strangers = [
        batch
        for piece in (rows[:cut], [], rows[cut:])
        for batch in table(piece).to_batches() or [table(rows).to_batches()[0].slice(0, 0)]
    ]
    with mock.patch.multiple(data, GROUP_BYTES=group_bytes, SHARD_BYTES=shard_bytes):
        split, files = expected = written(folder, [batch])
        assert written(folder, cuts) == expected
        assert written(folder, strangers) == expected
    assert list(files) == [Path(data_file("people", "train", n, len(files))).name for n in range(len(files))]
    tables = [pq.read_table(io.BytesIO(file)) for file in files.values()]
    assert all(table.num_rows for table in tables)
    assert pa.concat_tables(tables).equals(whole)
    assert (split.rows, split.file_bytes) == (len(rows), sum(map(len, files.values())))
    assert split.first == whole.to_pylist()[0]


@pytest.mark.parametrize("size", [1, 7, 999, 1000, 1001, 2500])
def test_files_are_the_same_whatever_the_size_of_the_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(data, "GROUP_BYTES", 5000)
    monkeypatch.setattr(data, "SHARD_BYTES", 30_000)
    rows: list[Row] = [
        (None if i == 1500 else f"Text {i}.", [f"{i % 7}", None] if i > 1200 else [], [{"role": "user", "turn": i}])
        for i in range(2500)
    ]
    batches = [batch for start in range(0, 2500, size) for batch in table(rows[start : start + size]).to_batches()]
    assert {batch.num_rows for batch in batches} <= {size, 2500 % size}
    split, files = written(tmp_path, batches)
    assert (split, files) == written(tmp_path, table(rows).to_batches())
    assert len(files) > 2
    assert all(len(row_groups(file)) > 5 for file in list(files.values())[:-1])


def test_a_shard_ends_with_the_row_group_that_fills_it_and_no_part_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    monkeypatch.setattr(data, "GROUP_BYTES", 20_000)
    batches = dialogues(range(100)).to_batches()
    whole, [_] = written(tmp_path, batches)
    monkeypatch.setattr(data, "SHARD_BYTES", whole.num_bytes // 3)
    split, files = written(tmp_path, batches)
    assert list(files) == [f"train-0000{n}-of-00003.parquet" for n in range(3)]
    assert (split.rows, split.num_bytes, split.first) == (whole.rows, whole.num_bytes, whole.first)
    sizes = []
    for file in files.values():
        parquet = pq.ParquetFile(io.BytesIO(file))
        groups = [parquet.read_row_group(i).combine_chunks().to_batches()[0] for i in range(parquet.num_row_groups)]
        sizes.append([pa.ipc.get_record_batch_size(group) for group in groups])
    assert all(sum(of) >= data.SHARD_BYTES > sum(of[:-1]) for of in sizes[:-1])
    assert sum(map(sum, sizes)) == split.num_bytes


def test_where_a_row_group_ends_its_rows_say_not_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "GROUP_BYTES", 20_000)
    old = groups_of(tmp_path, dialogues(range(500)).to_batches())
    new = groups_of(tmp_path, dialogues([*range(1000, 1003), *range(500)]).to_batches())
    assert len(old) > 20
    assert new[-20:] == old[-20:]
    assert [*chain.from_iterable(new)][3:] == [*chain.from_iterable(old)]
    assert all(sum(len(json.dumps(row)) for row in group) >= data.GROUP_BYTES for group in new[:-1])


def test_the_bytes_of_a_row_group_depend_on_its_own_rows_alone(tmp_path: Path) -> None:
    """At the size that row groups really have, so that their columns are of several pages."""
    import pyarrow as pa

    old = dialogues(range(2000))
    first = len(groups_of(tmp_path, old.to_batches())[0])
    others = dialogues(range(2000, 2000 + first)).set_column(0, "id", old["id"].slice(0, first))
    new = pa.concat_tables([others, old.slice(first)])
    before, after = (
        row_groups(file) for version in (old, new) for file in written(tmp_path, version.to_batches())[1].values()
    )
    assert len(before) > 3
    assert before[0] != after[0]
    assert before[1:] == after[1:]


def test_rows_of_the_same_ids_end_groups_together_in_two_configs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So columns that two configs have in common are the same bytes in both."""
    import pyarrow as pa

    monkeypatch.setattr(data, "GROUP_BYTES", 20_000)
    one = dialogues(range(200))
    other = one.append_column("more", pa.array([["x"]] * 200))
    ends, more_ends = (
        {group[-1]["id"] for group in groups_of(tmp_path, config.to_batches())} for config in (one, other)
    )
    assert len(ends & more_ends) > 0.9 * len(ends | more_ends)


@pytest.mark.parametrize("ids", ["same", "none"])
def test_no_row_group_outgrows_its_bound_whatever_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ids: str
) -> None:
    """Rows whose plain columns never end a group, or that have no such column."""
    import pyarrow as pa

    monkeypatch.setattr(data, "GROUP_BYTES", 1000)
    columns: dict[str, Any] = {"texts": [["x" * 90]] * 500} | ({"id": ["same"] * 500} if ids == "same" else {})
    groups = groups_of(tmp_path, pa.table(columns).to_batches())
    assert sum(map(len, groups)) == 500
    assert all(sum(len(json.dumps(row)) for row in group[:-1]) < LARGEST_GROUP * 1000 for group in groups)


def test_a_second_version_shares_most_of_its_bytes_with_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where 1% of the rows were inserted and 1% removed, in groups that are smaller as the table is."""
    monkeypatch.setattr(data, "GROUP_BYTES", 50_000)
    versions = []
    for numbers in (range(3000), second_version(3000)):
        [file] = written(tmp_path, dialogues(numbers).to_batches())[1].values()
        versions.append(row_groups(file))
    known = {digest for _, digest in versions[0]}
    sent = sum(size for size, digest in versions[1] if digest not in known)
    assert 0 < sent < 0.15 * sum(size for size, _ in versions[1])


PUSH = """
import sys
import hf_xet
with hf_xet.XetSession().new_upload_commit(
    endpoint="local://" + sys.argv[1], token="x", token_expiry_unix_secs=2**33
) as commit:
    commit.start_upload_file(sys.argv[2], sha256=hf_xet.COMPUTE_SHA256)
"""


@pytest.mark.slow
def test_a_second_version_sends_less_than_15_percent_of_its_bytes(tmp_path: Path) -> None:
    """As the Hub's own client packs them, into a storage on disk, of 30,000 rows, 1% inserted and 1% removed."""
    storage = tmp_path / "storage"
    storage.mkdir()
    stored = [0]
    for numbers in (range(30_000), second_version(30_000)):
        [(name, file)] = written(tmp_path, dialogues(numbers).to_batches(max_chunksize=500))[1].items()
        subprocess.run(
            [sys.executable, "-c", PUSH, str(storage), str(tmp_path / "people" / name)],
            env={**os.environ, "HF_HOME": str(tmp_path / "home")},
            check=True,
        )
        stored.append(sum(path.stat().st_size for path in storage.rglob("xorbs/**/*") if path.is_file()))
    assert stored[1] > 0.9 * len(file)
    assert 0.01 * len(file) < stored[2] - stored[1] < 0.15 * len(file)


@pytest.mark.slow
def test_several_shards_load_whole_and_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any]
) -> None:
    """The check of `build` counts the rows of each split, and streams them; here their order is compared too."""
    import pyarrow as pa

    monkeypatch.setattr(data, "GROUP_BYTES", 2000)
    monkeypatch.setattr(data, "SHARD_BYTES", 20_000)
    whole = pa.table({"id": [f"p-{i}" for i in range(2000)], "text": [["x" * 30]] * 2000})
    config = Config("people", {"train": whole.to_reader()}, {"id": "its id", "text": "its text"}, default=True)
    out = tmp_path / "people"
    build(out, "i2a/people", [config], template="personas", facts=facts, manifest={}).publish()
    files = sorted((out / "people").iterdir())
    assert len(files) > 2
    header = yaml.safe_load((out / "README.md").read_text(encoding="utf-8").split("---")[1])
    assert header["dataset_info"]["download_size"] == sum(file.stat().st_size for file in files)
    assert header["dataset_info"]["splits"][0]["num_examples"] == 2000
    load = "from datasets import load_dataset; print(*load_dataset(%r, split='train')['id'])"
    process = subprocess.run(
        [sys.executable, "-c", load % str(out)],
        env={**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.split() == whole["id"].to_pylist()


def test_parquet_keeps_rows_order_and_types_and_no_foreign_metadata(tmp_path: Path, tables: Tables) -> None:
    import pyarrow.parquet as pq

    write(configs_of(tables)[0], tmp_path)
    path = tmp_path / "people" / "train-00000-of-00001.parquet"
    assert pq.read_table(path).equals(tables["people"]["train"].replace_schema_metadata(None))
    assert pq.read_schema(path).metadata is None
    column = pq.read_metadata(path).row_group(0).column(0)
    assert column.compression == "ZSTD"
    assert column.has_column_index


def test_what_is_told_of_a_split_is_what_stands_in_its_file(tmp_path: Path, tables: Tables) -> None:
    people = write(configs_of(tables)[0], tmp_path)
    assert people.rows == 7
    assert list(people.filled()) == ["train", "test"]
    for name, split in people.filled().items():
        path = tmp_path / data_file("people", name)
        assert split.rows == tables["people"][name].num_rows
        assert split.file_bytes == path.stat().st_size
        assert split.num_bytes == pytest.approx(tables["people"][name].nbytes, abs=2000)  # and some padding
        assert split.first == tables["people"][name].to_pylist()[0]


def test_a_split_without_rows_gets_no_file(tmp_path: Path, tables: Tables) -> None:
    people, _, dropped = (write(config, tmp_path) for config in configs_of(tables))
    assert people.splits["heldout"] == dropped.splits["train"] == Split()
    assert dropped.rows == 0
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.parquet")) == [
        "people/test-00000-of-00001.parquet",
        "people/train-00000-of-00001.parquet",
        "texts/train-00000-of-00001.parquet",
    ]


def test_no_more_than_a_row_group_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of hundreds of groups, in several files, from a reader that hands over one batch at a time."""
    import pyarrow as pa

    monkeypatch.setattr(data, "GROUP_BYTES", 200_000)
    monkeypatch.setattr(data, "SHARD_BYTES", 20_000_000)
    start = pa.total_allocated_bytes()
    peaks = []

    def batches() -> Iterator[Any]:
        for batch in range(400):
            peaks.append(pa.total_allocated_bytes() - start)
            ids = [f"{batch}-{row}" for row in range(100)]
            yield pa.record_batch({"id": ids, "text": ["x" * 1000] * 100})

    schema = pa.schema([("id", pa.string()), ("text", pa.string())])
    reader = pa.RecordBatchReader.from_batches(schema, batches())
    tracemalloc.start()
    split = write(Config("people", {"train": reader}, {"id": "its id", "text": "a text"}), tmp_path).splits["train"]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert split.rows == 40_000
    assert len(list((tmp_path / "people").iterdir())) == 3
    largest = LARGEST_GROUP * data.GROUP_BYTES
    assert peak < 4 * largest
    assert max(peaks) < 4 * largest


@pytest.mark.parametrize("columns", [["id"], ["id", "text", "facts", "round", "seen", "nearest"], []])
def test_a_column_without_its_meaning_is_an_error(configs: list[Config], columns: list[str]) -> None:
    with pytest.raises(ValueError, match="config 'people': split 'train' has the columns"):
        Config("people", configs[0].splits, dict.fromkeys(columns, "what it means"))
