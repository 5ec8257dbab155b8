"""What the tree stage says to input that it cannot use: one line, which names what and where, before any call."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import trees
from pipelines.errors import UserError
from pipelines.records import arrow_schema
from pipelines.schema import PersonaRow
from pipelines.tree_input import draw, read
from pipelines.tree_job import MOST_NODES, Branch
from tests.pipelines.players import PERSONA


def persona(number: int, **changes: Any) -> PersonaRow:
    """One of many, all different."""
    texts = {"persona_id": f"p-{number:012x}", "profile": f"Profile {number}.", "personality": f"Personality {number}."}
    return replace(PERSONA, **(texts | changes))


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def write(rows: Sequence[dict[str, Any]], split: str = "train", schema: pa.Schema | None = None) -> None:
    folder = Path("i2a/personas/personas")
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), folder / f"{split}-00000-of-00001.parquet")


def write_personas(**splits: Sequence[PersonaRow]) -> None:
    for split, rows in splits.items():
        write([asdict(row) for row in rows], split, arrow_schema(PersonaRow))


def complaint(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What is told, the command having failed and left nothing."""
    assert trees.main(options) == 2
    assert not Path("i2a/trees").exists()
    assert not Path(".i2a").exists()
    output = capsys.readouterr()
    assert "Traceback" not in output.out + output.err
    return output.err


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What the parser of the options says."""
    with pytest.raises(SystemExit) as end:
        trees.main(options)
    assert end.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("i2a/personas", "i2a/personas: no such folder here, and the Hub does not give it either"),
        ("no/such/folder", "no/such/folder: no such folder, and no org/name of a dataset on the Hub"),
        ("", "no such folder"),
    ],
)
def test_personas_that_are_not_there(capsys: pytest.CaptureFixture[str], name: str, told: str) -> None:
    assert told in complaint(capsys, "--personas", name)


def test_a_folder_that_holds_no_personas(capsys: pytest.CaptureFixture[str]) -> None:
    Path("i2a/personas").mkdir(parents=True)
    assert "i2a/personas holds no config `personas`" in complaint(capsys)


def test_a_parquet_file_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    write_personas(train=[persona(0)])
    path = Path("i2a/personas/personas/train-00000-of-00001.parquet")
    path.write_bytes(path.read_bytes()[:100])
    assert f"{path} cannot be read" in complaint(capsys)


def test_a_column_that_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    row = asdict(persona(0))
    del row["traits"]
    write([row])
    assert "train-00000-of-00001.parquet, row 0: the column `traits` is missing" in complaint(capsys)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [("facts", "Is 44.", "list[str]"), ("persona_id", 7, "str"), ("rehearsal", "no", "bool"), ("facts", None, "list")],
)
def test_a_column_of_the_wrong_type(
    capsys: pytest.CaptureFixture[str], column: str, value: object, expected: str
) -> None:
    write([asdict(persona(0)) | {column: value}])
    told = complaint(capsys)
    assert f"row 0: `{column}` is {value!r}, expected {expected}" in told


@pytest.mark.parametrize("column", ["facts", "traits"])
@pytest.mark.parametrize("statements", [[], [" "]])
def test_a_persona_without_facts_or_traits(
    capsys: pytest.CaptureFixture[str], column: str, statements: list[str]
) -> None:
    write_personas(train=[persona(0), persona(1, **{column: statements})])
    assert f"i2a/personas, train, row 1 (p-000000000001): `{column}` is empty" in complaint(capsys)


def test_a_persona_that_stands_there_twice(capsys: pytest.CaptureFixture[str]) -> None:
    write_personas(train=[persona(0), persona(1)], test=[persona(2), persona(2)])
    assert "test, row 1 (p-000000000002): this persona_id stands there twice" in complaint(capsys)


@pytest.mark.parametrize(("column", "what"), [("profile", "profiles"), ("personality", "personalities")])
def test_a_text_that_stands_in_train_and_test(capsys: pytest.CaptureFixture[str], column: str, what: str) -> None:
    write_personas(train=[persona(0), persona(1, **{column: "Shared."})], test=[persona(2, **{column: "Shared."})])
    assert f"1 {what} stand in two splits (first: 'Shared.')" in complaint(capsys)


def test_a_held_out_persona_among_those_to_grow(capsys: pytest.CaptureFixture[str]) -> None:
    write_personas(train=[persona(0), persona(1)], heldout=[persona(1)])
    assert "1 heldout stand in two splits" in complaint(capsys)


@pytest.mark.parametrize("column", ["profile", "personality"])
def test_a_held_out_text_in_a_persona_to_grow(capsys: pytest.CaptureFixture[str], column: str) -> None:
    write_personas(train=[persona(0)], test=[persona(1)], heldout=[persona(2, **{column: getattr(persona(1), column)})])
    assert "1 heldout stand in two splits (first: 'p-000000000001')" in complaint(capsys)


def test_nothing_but_held_out_personas(capsys: pytest.CaptureFixture[str]) -> None:
    write_personas(heldout=[persona(0)])
    assert "it has neither train nor test, only heldout" in complaint(capsys)


@pytest.mark.parametrize("number", ["1", "8"])
def test_more_trees_than_personas_or_fewer_than_splits(capsys: pytest.CaptureFixture[str], number: str) -> None:
    write_personas(train=[persona(n) for n in range(5)], test=[persona(n) for n in range(5, 7)])
    told = complaint(capsys, "--trees", number)
    assert f"--trees {number}: choose from 2 (one a split) to 7 (all personas)" in told


def test_a_split_without_rows_is_none() -> None:
    write_personas(train=[persona(0), persona(1)], test=[])
    assert [(split, len(rows)) for split, rows in read("i2a/personas", 1, seed=0).drawn.items()] == [("train", 1)]


def test_splits_without_any_rows(capsys: pytest.CaptureFixture[str]) -> None:
    write_personas(train=[], test=[])
    assert "it has neither train nor test" in complaint(capsys)


@pytest.mark.parametrize("value", ["0", "-1", "ten", "1.5", ""])
@pytest.mark.parametrize("option", ["--turns", "--trees", "--votes", "--replicas"])
def test_a_number_that_is_none(capsys: pytest.CaptureFixture[str], option: str, value: str) -> None:
    assert f"argument {option}: {value!r} is not a whole number of at least 1" in refused(capsys, f"{option}={value}")


def test_a_single_vote(capsys: pytest.CaptureFixture[str]) -> None:
    assert "a pair needs 2 votes at least, one in either order" in refused(capsys, "--votes", "1")


@pytest.mark.parametrize("way", ["both", "both:0", "both:-1", "both:x", "Coin", "", "both:1:2", "both:²"])
def test_a_branch_that_is_none(capsys: pytest.CaptureFixture[str], way: str) -> None:
    assert f"{way!r} is none of: coin, preferred, both:D" in refused(capsys, f"--branch={way}")


def test_a_branch_that_grows_too_large_tells_how_large(capsys: pytest.CaptureFixture[str]) -> None:
    write_personas(train=[persona(0)])
    told = complaint(capsys, "--branch", "both:20")
    assert "--branch both:20 with --turns 10 gives up to 3,069 messages a tree, more than 1,000" in told


def test_too_many_turns_are_refused_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    write_personas(train=[persona(0)])
    assert "gives up to 1,200 messages a tree" in complaint(capsys, "--turns", "400")


def test_a_cast_without_a_judge(capsys: pytest.CaptureFixture[str]) -> None:
    write_personas(train=[persona(0)])
    cast = Path("cast.yaml")
    roles = ("user", "inducer", "tailored", "generic")
    cast.write_text("\n".join(f"{role}: {{llm: OpenAILLM, model: m}}" for role in roles))
    assert "nobody plays the judge" in complaint(capsys, "--cast", "cast.yaml")


def test_a_bound_on_money_without_prices(capsys: pytest.CaptureFixture[str]) -> None:
    write_personas(train=[persona(0)])
    assert "--max-cost needs a price for every role" in complaint(capsys, "--llm", "openai:m", "--max-cost", "1")


def test_a_tree_that_is_not_there_cannot_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert trees.main(["show"]) == 2
    assert "i2a/trees holds no config `trees`" in capsys.readouterr().err


# the size of a tree, and who is drawn


@given(depth=st.integers(1, 12), turns=st.integers(1, 12))
def test_the_number_of_messages_is_that_of_the_paths(depth: int, turns: int) -> None:
    paths = [2 ** min(turn, depth) for turn in range(turns)]
    assert Branch("both", depth).nodes(turns) == 3 * sum(paths)
    assert Branch("coin").nodes(turns) == 3 * turns <= MOST_NODES


@given(train=st.integers(1, 60), test=st.integers(0, 60), trees=st.integers(1, 120), seed=st.integers(0, 99))
def test_personas_are_drawn_from_both_splits_in_proportion_and_more_of_them_hold_fewer(
    train: int, test: int, trees: int, seed: int
) -> None:
    rows = [persona(number) for number in range(train + test)]
    personas = {"train": rows[:train], **({"test": rows[train:]} if test else {})}
    if not len(personas) <= trees <= train + test:
        with pytest.raises(UserError):
            draw(personas, trees, seed)
        return
    drawn = draw(personas, trees, seed)
    assert sum(map(len, drawn.values())) == trees
    for split, chosen in drawn.items():
        assert chosen
        assert {row.persona_id for row in chosen} <= {row.persona_id for row in personas[split]}
        assert abs(len(chosen) - trees * len(personas[split]) / (train + test)) <= 1
    if trees < train + test:
        more = draw(personas, trees + 1, seed)
        assert all(row in more[split] for split, rows in drawn.items() for row in rows)


def test_the_seed_says_who_is_drawn_whatever_their_order_in_the_file() -> None:
    rows = [persona(number) for number in range(40)]
    one, other = (draw({"train": rows}, 10, seed)["train"] for seed in (0, 1))
    assert {row.persona_id for row in one} != {row.persona_id for row in other}
    assert rows[:10] not in (one, other)
    assert draw({"train": rows[::-1]}, 10, 0)["train"] == one


def test_personas_that_change_their_splits_are_another_input() -> None:
    digests = set()
    for train, test in (([0, 1], [2]), ([1, 0], [2]), ([1], [2, 0]), ([2], [0, 1]), ([2, 0, 1], [])):
        write_personas(train=[persona(number) for number in train], test=[persona(number) for number in test])
        digests.add(read("i2a/personas", None, seed=0).sha256)
    assert len(digests) == 5


@pytest.mark.slow
def test_more_turns_than_the_rehearsal_can_play_are_told_and_not_estimated(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_personas(train=[persona(0)])
    assert "--turns 200: no estimate" in complaint(capsys, "--turns", "200", "--dry-run")
