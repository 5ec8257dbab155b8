"""Rows as they come, files that depend on the rows alone."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.data import ROWS_PER_GROUP, Config, Split, data_file, write
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


def written(folder: Path, pieces: Sequence[Any]) -> tuple[Split, bytes]:
    """What is told of one split that comes in these batches, and its file."""
    import pyarrow as pa

    reader = pa.RecordBatchReader.from_batches(pieces[0].schema, iter(pieces))
    config = Config("people", {"train": reader}, dict.fromkeys(reader.schema.names, "what it means"), default=True)
    folder.mkdir(exist_ok=True)
    split = write(config, folder).splits["train"]
    return split, (folder / data_file("people", "train")).read_bytes()


def lengths(total: int, size: int) -> list[int]:
    return [*[size] * (total // size), total % size]


@settings(max_examples=25, deadline=None)
@given(rows_of_any_kind, st.data())
def test_what_is_written_reads_back_and_is_the_same_bytes_however_the_rows_came(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], data: st.DataObject
) -> None:
    """In one batch, in slices of one, or in batches that never knew each other, empty ones among them."""
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("parquet")
    whole = table(rows)
    cut = data.draw(st.integers(0, len(rows)))
    [batch] = whole.to_batches()
    cuts = [batch.slice(0, cut), batch.slice(cut)]
    strangers = [
        batch
        for piece in (rows[:cut], [], rows[cut:])
        for batch in table(piece).to_batches() or [table(rows).to_batches()[0].slice(0, 0)]
    ]
    expected = written(folder, [batch])
    assert pq.read_table(folder / data_file("people", "train")).equals(whole)
    assert written(folder, cuts) == expected
    assert written(folder, strangers) == expected


@pytest.mark.parametrize("size", [1, 7, 999, 1000, 1001, 2500])
def test_row_groups_are_full_and_the_file_is_the_same_whatever_the_size_of_the_batches(
    tmp_path: Path, size: int
) -> None:
    import pyarrow.parquet as pq

    rows: list[Row] = [
        (None if i == 1500 else f"Text {i}.", [f"{i % 7}", None] if i > 1200 else ["a"], [{"role": "user", "turn": i}])
        for i in range(2500)
    ]
    expected = written(tmp_path, table(rows).to_batches())
    starts = [sum(lengths(2500, size)[:n]) for n in range(len(lengths(2500, size)))]
    batches = [
        batch
        for start, length in zip(starts, lengths(2500, size), strict=True)
        for batch in table(rows[start : start + length]).to_batches()
    ]
    assert {batch.num_rows for batch in batches} <= {size, 2500 % size}
    assert written(tmp_path, batches) == expected
    metadata = pq.read_metadata(tmp_path / data_file("people", "train"))
    groups = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert groups == [ROWS_PER_GROUP, ROWS_PER_GROUP, 500]


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


def test_no_more_than_a_row_group_is_held(tmp_path: Path) -> None:
    """A hundred groups, of which a reader that hands over one batch at a time has never more than three in use."""
    import pyarrow as pa

    text = "x" * 1000
    size = ROWS_PER_GROUP * len(text)
    start = pa.total_allocated_bytes()
    peaks = []

    def batches() -> Iterator[Any]:
        for _ in range(100 * 4):
            peaks.append(pa.total_allocated_bytes() - start)
            yield pa.record_batch({"text": [text] * (ROWS_PER_GROUP // 4)})

    reader = pa.RecordBatchReader.from_batches(pa.schema([("text", pa.string())]), batches())
    split = write(Config("people", {"train": reader}, {"text": "a text"}), tmp_path).splits["train"]
    assert split.rows == 100 * ROWS_PER_GROUP
    assert max(peaks) < 4 * size


@pytest.mark.parametrize("columns", [["id"], ["id", "text", "facts", "round", "seen", "nearest"], []])
def test_a_column_without_its_meaning_is_an_error(configs: list[Config], columns: list[str]) -> None:
    with pytest.raises(ValueError, match="config 'people': split 'train' has the columns"):
        Config("people", configs[0].splits, dict.fromkeys(columns, "what it means"))
