"""No secret leaves: its shapes, this machine's own values, in every kind of column."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cards.scan import known_secrets, scan, scan_bytes

TOKEN = "hf_" + "a" * 34
TYPES = [
    pa.string(),
    pa.large_string(),
    pa.binary(),
    pa.list_(pa.string()),
    pa.large_list(pa.string()),
    pa.list_(pa.string(), 1),
    pa.struct({"content": pa.string()}),
    pa.list_(pa.struct({"content": pa.list_(pa.string())})),
    pa.map_(pa.string(), pa.string()),
    pa.dictionary(pa.int32(), pa.string()),
]


def holding(kind: pa.DataType, text: str) -> object:
    """A value of a type with the text in it."""
    if pa.types.is_map(kind):
        return [("key", text)]
    if pa.types.is_struct(kind):
        return {field.name: holding(field.type, text) for field in kind}
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return text
    return text.encode() if pa.types.is_binary(kind) else [holding(kind.value_type, text)]


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_a_token_is_found_however_deep_it_lies(tmp_path: Path, kind: pa.DataType) -> None:
    column = pa.array([None, holding(kind, "harmless"), holding(kind, f"key: {TOKEN}.")], kind)
    numbers = pa.array([1.0, 2.0, None])
    pq.write_table(pa.table({"n": numbers, "x": column, "none": pa.nulls(3)}), path := tmp_path / "a.parquet")

    assert scan(path, "a.parquet", known_secrets({})) == (
        "a Hugging Face token, in the column 'x' among the rows 0 to 2"
    )
    pq.write_table(pa.table({"n": numbers, "x": pa.array([holding(kind, "harmless")] * 3, kind)}), path)
    assert scan(path, "a.parquet", known_secrets({})) is None


@pytest.mark.parametrize(
    "text",
    [
        "sk-proj-" + "a1" * 20,
        "AKIA" + "A" * 16,
        "AIza" + "b" * 35,
        "ghp_" + "c" * 36,
        "github_pat_" + "d" * 50,
        "glpat-" + "e" * 20,
        "xoxb-" + "1" * 12,
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27",
        "hf\\_" + "a" * 34,  # as Markdown has it
    ],
)
def test_every_shape_is_found(text: str) -> None:
    assert scan_bytes(f"before {text} after".encode(), known_secrets({}))


@pytest.mark.parametrize("text", ["hf_short", "The sk-8 is a bus.", "Asia, AKIA", "ghp_", "eyJ.eyJ.x", "xoxo-kisses"])
def test_prose_is_let_through(text: str) -> None:
    assert scan_bytes(text.encode(), known_secrets({"HOME": "/root", "SHORT_KEY": "short"})) is None


@pytest.mark.parametrize(
    "value", ["a.b+c[longenough", 'with "quotes" & <more>', "back\\slash-and-more", " padded-value-x\n"]
)
def test_a_variables_value_is_found_as_it_is_written(value: str) -> None:
    """As it stands in rows, in HTML and in Markdown; a dot in it is a dot."""
    import html

    secrets = known_secrets({"MY_API_KEY": value, "BAD_KEY": "\udcff" * 20})

    for written in (value.strip(), html.escape(value.strip())):
        assert scan_bytes(written.encode(), secrets) == "the value of MY_API_KEY"
    assert scan_bytes(b"axb+c[longenough", known_secrets({"MY_API_KEY": "a.b+c[longenough"})) is None


def test_the_stored_token_is_found_whatever_its_shape() -> None:
    assert scan_bytes(b"x odd-token-of-mine x", known_secrets({}, "odd-token-of-mine")) == "the token of the Hub"
