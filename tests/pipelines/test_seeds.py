"""Seeds come back as they were written, whatever the format, and bad input is named by file, line and field."""

import json
import logging
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.seeds.reader import MAX_CHARACTERS, SEED_FILES, Kind, Seed, SeedError, read_seeds

KINDS: list[Kind] = ["profile", "personality"]

# Everything a text may hold: any character but controls and surrogates, with tabs and line ends, and not blank.
CHARACTERS = st.characters(exclude_categories=("Cc", "Cs"))
TEXTS = st.text(CHARACTERS | st.sampled_from("\t\n\r\u2028\ufeff"), max_size=40).filter(str.strip)
LINES = st.text(CHARACTERS | st.just("\t"), max_size=40).filter(str.strip).filter(lambda line: line[0] != "\ufeff")


def texts(seeds: list[Seed]) -> list[str]:
    return [seed.text for seed in seeds]


def written(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    return str(path)


def error_of(source: str, kind: Kind = "profile") -> str:
    with pytest.raises(SeedError) as caught:
        read_seeds(source, kind)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600
    return message


# --- the seeds that ship ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "shortest", "longest"), [("profile", 8, 12), ("personality", 8, 10)])
def test_twenty_shipped_seeds_are_lists_of_single_sentences(kind: Kind, shortest: int, longest: int) -> None:
    seeds = read_seeds(str(SEED_FILES[kind]), kind)
    assert len(seeds) == 20
    statements = [statement for seed in seeds for statement in seed.statements]
    assert all(shortest <= len(seed.statements) <= longest for seed in seeds)
    assert len(set(statements)) == len(statements)
    assert all(re.fullmatch(r'[A-Z][^.!?]*(\.|"\.)', statement) for statement in statements)


@pytest.mark.parametrize("kind", KINDS)
def test_no_shipped_seed_tells_the_gender_of_its_person(kind: Kind) -> None:
    words = {word for seed in read_seeds(str(SEED_FILES[kind]), kind) for word in re.findall(r"\w+", seed.text.lower())}
    assert not words & {"he", "she", "his", "her", "him", "hers", "himself", "herself"}


def test_shipped_personalities_claim_nothing_for_all_cases() -> None:
    """Ten turns can't show what somebody never does."""
    seeds = read_seeds(str(SEED_FILES["personality"]), "personality")
    words = {word for seed in seeds for word in re.findall(r"\w+", seed.text.lower())}
    assert not words & {"always", "never", "only", "introvert", "extrovert"}


@pytest.mark.parametrize(("kind", "bound"), [("profile", 0.6), ("personality", 0.7)])
def test_shipped_seeds_lie_far_apart(kind: Kind, bound: float) -> None:
    """All of them pass the lexical presets (0.70 and 0.80) with room for the error of a projection."""
    from sklearn.feature_extraction.text import HashingVectorizer

    vectors = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5)).transform(
        texts(read_seeds(str(SEED_FILES[kind]), kind))
    )
    cosines = (vectors @ vectors.T).toarray()
    cosines[range(20), range(20)] = 0
    assert cosines.max() < bound


# --- what is written comes back --------------------------------------------------------------------------------------


def json_lines(values: Sequence[object], *, ascii_only: bool) -> str:
    return "".join(json.dumps(value, ensure_ascii=ascii_only) + "\n" for value in values)


@settings(deadline=None)
@given(values=st.lists(TEXTS, min_size=1, max_size=5), ascii_only=st.booleans(), kind=st.sampled_from(KINDS))
@example(values=["a\u2028b\n\tc", "\ufeffa"], ascii_only=False, kind="profile")
def test_any_texts_come_back_from_json(values: list[str], *, ascii_only: bool, kind: Kind) -> None:
    lines = json_lines(values, ascii_only=ascii_only)
    objects: list[object] = [{"facts": [], "traits": None, kind: value} for value in values]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = [
            written(folder, "plain.jsonl", lines),
            written(folder, "windows.jsonl", "\ufeff" + lines.replace("\n", "\r\n") + "\r\n"),
            written(folder, "objects.jsonl", json_lines(objects, ascii_only=ascii_only)[:-1]),
            written(folder, "glued.jsonl", lines.replace("\n", "")),
            written(folder, "array.json", "\ufeff" + json.dumps(values, ensure_ascii=ascii_only, indent=1)),
        ]
        for source in sources:
            seeds = read_seeds(source, kind)
            assert texts(seeds) == values
            assert all(seed.statements == [] for seed in seeds)


@settings(deadline=None)
@given(values=st.lists(st.lists(TEXTS, min_size=1, max_size=4), min_size=1, max_size=4), kind=st.sampled_from(KINDS))
def test_any_statements_come_back_and_make_up_the_text(values: list[list[str]], kind: Kind) -> None:
    field = {"profile": "facts", "personality": "traits"}[kind]
    objects = [{"text": "not used beside a list", field: value} for value in values]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = [
            written(folder, "arrays.jsonl", json_lines(values, ascii_only=False)),
            written(folder, "objects.jsonl", json_lines(objects, ascii_only=False)),
            written(folder, "array.json", json.dumps(values)),
        ]
        for source in sources:
            seeds = read_seeds(source, kind)
            assert [seed.statements for seed in seeds] == values
            assert texts(seeds) == [" ".join(value) for value in values]


@settings(deadline=None)
@given(values=st.lists(LINES, min_size=1, max_size=5), end=st.sampled_from(["\n", "\r\n", "\r", "\n \n\n"]))
@example(values=["a\u2028b\tc ", " d"], end="\n")
def test_any_lines_come_back_from_a_txt_file(values: list[str], end: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        assert texts(read_seeds(written(Path(name), "a.txt", end.join(values)), "profile")) == values
        assert texts(read_seeds(written(Path(name), "b.TXT", "\ufeff" + end.join(values) + end), "profile")) == values


def test_a_seed_knows_where_it_stood(tmp_path: Path) -> None:
    seeds = read_seeds(written(tmp_path, "a.jsonl", '\n["Is 4.", "Bakes."]\n\n{"text": "Sews."}\n'), "profile")
    assert seeds == [Seed("Is 4. Bakes.", ["Is 4.", "Bakes."], "a.jsonl:2"), Seed("Sews.", [], "a.jsonl:4")]
    assert read_seeds(written(tmp_path, "a.json", '["Sews."]'), "profile") == [Seed("Sews.", [], "a.json#1")]
    assert read_seeds(written(tmp_path, "a.txt", "\nSews."), "profile") == [Seed("Sews.", [], "a.txt:2")]


def test_values_glued_on_a_line_are_all_read_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As on line 6 of the reference's profiles, where a line end was lost."""
    source = written(tmp_path, "a.jsonl", '"Sews."\n"Bakes.""Rows." ["Is 4."]\n')
    with caplog.at_level(logging.WARNING):
        seeds = read_seeds(source, "profile")
    assert [(seed.text, seed.source) for seed in seeds] == [
        ("Sews.", "a.jsonl:1"),
        ("Bakes.", "a.jsonl:2"),
        ("Rows.", "a.jsonl:2#2"),
        ("Is 4.", "a.jsonl:2#3"),
    ]
    assert caplog.messages == [f"{source}:2 holds 3 JSON values where one is expected; all are read"]


def test_duplicates_stay(tmp_path: Path) -> None:
    """The filter drops and reports them."""
    assert texts(read_seeds(written(tmp_path, "a.txt", "Sews.\nSews.\n"), "profile")) == ["Sews.", "Sews."]


def test_a_row_with_both_kinds_gives_the_kind_asked_for(tmp_path: Path) -> None:
    row = {"profile": "Sews.", "facts": ["Sews."], "personality": "Hums.", "traits": ["Hums."]}
    source = written(tmp_path, "a.jsonl", json.dumps(row))
    assert texts(read_seeds(source, "profile")) == ["Sews."]
    assert texts(read_seeds(source, "personality")) == ["Hums."]


# --- bad files -------------------------------------------------------------------------------------------------------


def test_a_missing_source_is_named() -> None:
    for source in ["nowhere/at/all.jsonl", "nowhere.jsonl", "nowhere/seeds.jsonl", "nowhere", "a\0b"]:
        assert error_of(source).startswith(f"{source}: no such file or folder; give one")
    assert error_of("").startswith("an empty name: no such file")


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.txt"])
@pytest.mark.parametrize("content", ["", "\n\r\n \n", "\ufeff"])
def test_a_file_without_seeds_is_an_error(tmp_path: Path, name: str, content: str) -> None:
    source = written(tmp_path, name, content)
    assert error_of(source) == f"{source}: no seeds in it; give at least one profile"


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("a.jsonl", '"Sews."\r\n"Bakes', ":2:1: broken JSON (Unterminated string starting at)"),
        ("a.jsonl", '"Sews."\n  "Bakes."]', ":2:11: broken JSON (Expecting value)"),
        ("a.jsonl", "Sews.", ":1:1: broken JSON (Expecting value)"),
        ("a.jsonl", '"tab\tinside"', ":1:5: broken JSON (Invalid control character at)"),
        ("a.json", '[\n "Sews.",\n "Bakes."\n', ":4:1: broken JSON (Expecting ',' delimiter)"),
        ("a.jsonl", '"Sews."\n' + "[" * 100_000, ":2: unreadable JSON (maximum recursion depth exceeded"),
        ("a.jsonl", "1" * 10_000, ":1: unreadable JSON (Exceeds the limit (4300 digits)"),
    ],
)
def test_broken_json_is_named_by_line_and_column(tmp_path: Path, name: str, content: str, place: str) -> None:
    source = written(tmp_path, name, content)
    assert error_of(source).startswith(source + place)


@pytest.mark.parametrize("content", ['"Sews."', '["Sews."]["Bakes."]', '{"text": "Sews."}', "3"])
def test_a_json_file_is_one_array(tmp_path: Path, content: str) -> None:
    source = written(tmp_path, "a.json", content)
    assert re.match(rf"{re.escape(source)}: holds .*, not one array; make it one", error_of(source))


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.txt"])
def test_another_encoding_is_named_by_line_and_byte(tmp_path: Path, name: str) -> None:
    source = written(tmp_path, name, '["Sews.",\n"Café."]\n'.encode("latin-1"))
    assert error_of(source).startswith(f"{source}:2: byte 0xe9 at offset 14 is not UTF-8; save the file as UTF-8")
    source = written(tmp_path, name, '["Sews."]\n'.encode("utf-16"))
    assert error_of(source).startswith(f"{source}:1: byte 0xff at offset 0 is not UTF-8")


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.txt"])
def test_a_text_of_ten_megabytes_is_refused_and_not_printed(tmp_path: Path, name: str) -> None:
    long = "x" * 10_000_000
    source = written(
        tmp_path, name, {"a.jsonl": f'"Sews."\n"{long}"', "a.json": f'["Sews.","{long}"]'}.get(name, f"\n{long}")
    )
    assert re.search(r"a\.\w+[:#]2: text has 10,000,000 characters, more than 20,000", error_of(source))


def test_a_text_of_the_longest_length_is_read(tmp_path: Path) -> None:
    assert len(read_seeds(written(tmp_path, "a.txt", "x" * MAX_CHARACTERS), "profile")) == 1
    assert "20,001 characters" in error_of(written(tmp_path, "a.txt", "x" * MAX_CHARACTERS + "x"))
    half = "x" * (MAX_CHARACTERS // 2)
    assert ":1: statements has 20,001 characters" in error_of(written(tmp_path, "a.jsonl", json.dumps([half, half])))


def test_a_file_of_a_size_that_no_seeds_have_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)
    assert error_of(str(path)).startswith(f"{path}: 10,737,418,240 bytes, more than 67,108,864")


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (3, "text is 3, not a string"),
        (None, "text is None, not a string"),
        (True, "text is True, not a string"),
        ([], "statements is empty"),
        ("", "text is empty"),
        (" \n", "text is empty"),
        (["Sews.", ""], "statements[1] is empty"),
        (["Sews.", None], "statements[1] is None, not a string"),
        (["Sews.", ["Bakes."]], "statements[1] is ['Bakes.'], not a string"),
        (["Sews.", {"text": "Bakes."}], "statements[1] is {'text': 'Bakes.'}, not a string"),
        ({"text": 4.5}, "text is 4.5, not a string"),
        ({"facts": ["Sews.", 4]}, "facts[1] is 4, not a string"),
        ([["x" * 50] * 9] * 9, "statements[0] is ['xxx"),
        ({"profile": {"text": "Sews."}}, "profile is {'text': 'Sews.'}, not a string"),
        ({"facts": [], "text": ""}, "text is empty"),
        ({}, "none of facts, statements, profile, text is filled; the object has []"),
        (
            {"text": None, "name": "x"},
            "none of facts, statements, profile, text is filled; the object has ['text', 'name']",
        ),
        ("a\0b", "text holds the control character U+0000 as character 2"),
        (["Sews.", "a\x1bb"], "statements[1] holds the control character U+001B as character 2"),
        ("a\x0cb", "text holds the control character U+000C as character 2"),
        ("a\x85b", "text holds the control character U+0085 as character 2"),
        ("a\ud800", "text holds the lone surrogate U+D800 as character 2"),
    ],
)
def test_a_seed_that_is_no_text_is_named_by_line_and_field(tmp_path: Path, value: object, complaint: str) -> None:
    source = written(tmp_path, "a.jsonl", f'"Sews."\n{json.dumps(value)}\n')
    assert error_of(source).startswith(f"{source}:2: {complaint}")
    source = written(tmp_path, "a.json", json.dumps(["Sews.", value]))
    assert error_of(source).startswith(f"{source}#2: {complaint}")


def test_control_characters_in_a_txt_file_are_named(tmp_path: Path) -> None:
    source = written(tmp_path, "a.txt", "Sews.\nBa\0kes.")
    assert error_of(source).startswith(f"{source}:2: text holds the control character U+0000 as character 3")


def test_surrogates_in_pairs_are_one_character(tmp_path: Path) -> None:
    assert texts(read_seeds(written(tmp_path, "a.jsonl", r'"Sews \ud83e\udea1."'), "profile")) == ["Sews \U0001faa1."]


@pytest.mark.parametrize("name", ["a.csv", "a", "a.jsonl.gz"])
def test_an_unknown_extension_lists_the_known_ones(tmp_path: Path, name: str) -> None:
    source = written(tmp_path, name, "Sews.")
    assert error_of(source).endswith("seeds come from .jsonl, .json, .txt or a dataset")


def test_a_name_that_no_file_can_have_is_an_error() -> None:
    assert "can't be read (File name too long)" in error_of("x" * 300)


def test_importing_the_reader_loads_nothing_heavy() -> None:
    code = "import sys, pipelines.seeds.reader; print({'datasets', 'huggingface_hub', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
