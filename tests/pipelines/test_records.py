"""Records, their Arrow schemas and ids."""

from dataclasses import asdict, fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.records import Record, SchemaError, arrow_schema, documentation, from_row, read_release, to_table
from pipelines.schema import AloeRow, DroppedRow, PersonaRow, TextRow, persona_id, text_id

TEXT = TextRow(
    "pr-1", "Is 44. Keeps hens.", ["Is 44.", "Keeps hens."], "train", "seed", 0, None, None, None, False, None
)


@pytest.mark.parametrize("record", [TextRow, PersonaRow, AloeRow, DroppedRow])
def test_every_column_has_a_meaning_and_a_plain_type(record: type[Record]) -> None:
    assert list(documentation(record)) == [column.name for column in fields(record)] == arrow_schema(record).names
    assert all(documentation(record).values())
    plain = {pa.string(), pa.int32(), pa.float32(), pa.bool_(), pa.list_(pa.string())}
    assert set(arrow_schema(record).types) <= plain


def test_rows_survive_arrow_with_missing_values() -> None:
    assert from_row(TextRow, to_table(TextRow, [TEXT]).to_pylist()[0], "here") == TEXT


def test_an_empty_table_has_the_schema() -> None:
    assert to_table(TextRow, []).schema == arrow_schema(TextRow)


@pytest.mark.parametrize(
    ("column", "value", "complaint"),
    [
        ("text", None, "`text` is None, expected str"),
        ("text", 7, "`text` is 7, expected str"),
        ("round", "1", "`round` is '1', expected int"),
        ("round", True, "`round` is True, expected int"),
        ("statements", "Is 44.", "`statements` is 'Is 44.', expected list[str]"),
        ("statements", ["Is 44.", None], "expected list[str]"),
        ("nearest", "high", "`nearest` is 'high', expected float"),
        ("rehearsal", 0, "`rehearsal` is 0, expected bool"),
        ("text", "x" * 99, None),
    ],
)
def test_a_row_of_the_wrong_type_is_named_with_file_row_and_field(
    column: str, value: object, complaint: str | None
) -> None:
    row = asdict(TEXT) | {column: value}
    if complaint is None:
        assert from_row(TextRow, row, "x.parquet, row 7").text == value
        return
    with pytest.raises(SchemaError) as error:
        from_row(TextRow, row, "x.parquet, row 7")
    assert str(error.value).startswith("x.parquet, row 7: ")
    assert complaint in str(error.value)


def test_a_missing_column_is_named_with_those_that_are_there() -> None:
    with pytest.raises(SchemaError, match="row 0: the column `id` is missing; there are: text"):
        from_row(TextRow, {"text": "a"}, "row 0")


def test_columns_of_a_later_version_are_ignored() -> None:
    assert from_row(TextRow, asdict(TEXT) | {"later": 1}, "here") == TEXT


@given(st.text(), st.text())
def test_different_texts_have_different_ids_and_the_same_text_the_same(one: str, other: str) -> None:
    assert (text_id("profile", one) == text_id("profile", other)) == (one == other)
    assert text_id("profile", one)[3:] == text_id("personality", one)[3:]


@given(st.text(alphabet="ab\0", max_size=4), st.text(alphabet="ab", max_size=4))
def test_a_persona_id_tells_where_the_profile_ends(profile: str, personality: str) -> None:
    assert persona_id(profile + "a", personality) != persona_id(profile, "a" + personality)


def test_a_local_release_is_read_by_split(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    pq.write_table(to_table(TextRow, [TEXT]), tmp_path / "profiles" / "train-00000-of-00001.parquet")
    assert read_release(tmp_path, "profiles", TextRow) == {"train": [TEXT]}


def test_a_release_without_the_config_is_an_error_that_names_both(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"holds no config `profiles`"):
        read_release(tmp_path, "profiles", TextRow)
