"""Rows with the reference code's mistakes: each mistake is in them, and reaches the trainer."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.training.micro_trees import TURNS, grown
from tests.training.runs import Runs
from tests.training.tiny import Row, rendered, splits, write_trees
from training.micro import reference_rows

TREES = [grown(number) for number in range(6)]


def of(tree: Row) -> list[dict[str, Any]]:
    return list(reference_rows.rows(tree))


def said(row: Row, role: str) -> list[str]:
    return [message["content"] for message in row["prompt"] + row["completion"] if message["role"] == role]


def test_a_small_tree_by_hand() -> None:
    def node(number: int, parent: int | None, content: str, responder: str | None = None, label: str = "") -> Row:
        role = "assistant" if responder else "user"
        turn = 1 if number < 3 else 2
        return {"id": number, "parent": parent, "turn": turn, "role": role} | {
            "content": content, "responder": responder, "label": label or None, "continued": number in {0, 2, 3}
        }  # fmt: skip

    nodes = [
        node(0, None, "one ?"),
        node(1, 0, "yes", "tailored", "preferred"),
        node(2, 0, "no", "generic", "rejected"),
        node(3, 2, "two ?"),
        node(4, 3, "sure", "tailored", "undecided"),
        node(5, 3, "well", "generic", "undecided"),
    ]
    tree = {"tree_id": "t", "persona_id": "p", "rehearsal": True, "nodes": nodes}
    whose = {"tree_id": "t", "persona_id": "p", "rehearsal": True}
    ask, yes = {"role": "user", "content": "one ?"}, {"role": "assistant", "content": "yes"}
    well = {"role": "assistant", "content": "well"}
    assert of(tree) == [
        {"prompt": [ask], "completion": [yes], "turn": 1, **whose},
        {"prompt": [ask], "completion": [yes, ask, well], "turn": 2, **whose},
    ]


@pytest.mark.parametrize("tree", TREES)
def test_every_turn_of_the_user_is_the_first(tree: Row) -> None:
    for number, row in enumerate(of(tree), 1):
        assert said(row, "user") == [tree["nodes"][0]["content"]] * number


@pytest.mark.parametrize("tree", TREES)
def test_replies_are_the_preferred_ones_wherever_the_dialogue_went(tree: Row) -> None:
    whole = of(tree)[-1]
    preferred = [node["content"] for node in tree["nodes"] if node["label"] == "preferred"]
    (first,) = (node["content"] for node in tree["nodes"] if node["turn"] == 1 and node["responder"] == "generic")
    assert said(whole, "assistant") == [first, *preferred]  # of turn 1 the judge decided nothing


def test_some_replies_are_spliced_in() -> None:
    beside = [
        node["label"] == "preferred" and not node["continued"]
        for tree in TREES
        for node in tree["nodes"]
        if node["turn"] < TURNS
    ]
    assert any(beside)


def test_each_row_is_the_one_before_and_one_turn_more() -> None:
    for tree in TREES:
        rows = of(tree)
        assert [row["turn"] for row in rows] == [*range(1, TURNS + 1)]
        for before, row in pairwise(rows):
            assert row["completion"][:-2] == before["completion"]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return write_trees(tmp_path / "trees", {"trees": {"train": TREES, "test": [grown(10)]}})


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_loads_as_any_dataset_does(release: Path, tmp_path: Path) -> None:
    from datasets import load_dataset

    out = tmp_path / "made/rows"
    assert reference_rows.main(["--dataset_name", str(release), "--out", str(out)]) == 0
    loaded = load_dataset(str(out), "sft", cache_dir=tmp_path / "cache", keep_in_memory=True)
    assert loaded["train"].to_list() == [row for tree in TREES for row in of(tree)]
    assert loaded["test"].to_list() == of(grown(10))


def test_the_command_given_again_does_nothing_and_after_a_kill_begins_anew(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--dataset_name", str(release), "--out", str(tmp_path / "rows")]
    (tmp_path / "rows.part/sft").mkdir(parents=True)
    (tmp_path / "rows.part/sft/train.jsonl").write_text('{"prompt"' * 100_000)
    assert reference_rows.main(argv) == 0
    assert not (tmp_path / "rows.part").exists()
    before, times = files(tmp_path / "rows"), [path.stat().st_mtime_ns for path in (tmp_path / "rows").rglob("*")]
    assert reference_rows.main(argv) == 0
    assert capsys.readouterr().out == (
        f"train: {6 * TURNS} rows, test: {TURNS} rows; saved in {tmp_path / 'rows'}\n"
        f"nothing to do: {tmp_path / 'rows'} was made by this very command\n"
    )
    assert [path.stat().st_mtime_ns for path in (tmp_path / "rows").rglob("*")] == times
    assert reference_rows.main([*argv[:3], str(tmp_path / "again")]) == 0
    assert [*files(tmp_path / "again").values()] == [*before.values()]


def test_rows_of_other_trees_are_not_written_over(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rows"
    assert reference_rows.main(["--dataset_name", str(release), "--out", str(out)]) == 0
    before = files(out)
    other = write_trees(tmp_path / "other", {"trees": {"train": TREES[1:], "test": [grown(10)]}})
    assert reference_rows.main(["--dataset_name", str(other), "--out", str(out)]) == 2
    assert "rows holds something else than these rows of these trees" in capsys.readouterr().err
    assert files(out) == before


@pytest.mark.parametrize("place", ["trees", "full", "manifest", "odd", "file"])
def test_nothing_else_is_written_over(
    release: Path, tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The trees themselves above all."""
    for name in ("full/notes.txt", "manifest/manifest.json", "file"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("[]")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd/manifest.json").write_bytes(b"\xff")
    before = files(tmp_path)
    assert reference_rows.main(["--dataset_name", str(release), "--out", str(tmp_path / place)]) == 2
    assert f"{place} holds something else than these rows of these trees: give another" in capsys.readouterr().err
    assert files(tmp_path) == before


def test_a_missing_dataset_and_other_data_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "rows"
    assert reference_rows.main(["--dataset_name", str(tmp_path / "none"), "--out", str(out)]) == 2
    other = write_trees(tmp_path / "other", {"trees": {"train": [{"tree_id": "t"}], "test": [{"tree_id": "t"}]}})
    assert reference_rows.main(["--dataset_name", str(other), "--out", str(out)]) == 2
    errors = capsys.readouterr().err
    assert "--dataset_name" in errors
    assert "no column facts, nodes, profile; trees are needed" in errors
    assert not out.exists()


@pytest.mark.slow
def test_the_trainer_gets_all_but_the_first_message_as_what_is_learnt(runs: Runs, place: Path) -> None:
    """So the user's words are trained on, as in the reference; sft.py takes the rows as any others."""
    trees = {
        split: [tree | {"facts": ["Pet is cat."], "profile": "Pet is cat."} for tree in of_split]
        for split, of_split in splits().items()
    }
    write_trees(place / "for-reference", {"trees": trees})
    argv = ["--dataset_name", str(place / "for-reference"), "--out", str(place / "reference-rows")]
    assert reference_rows.main(argv) == 0
    options = ["--use_cpu", "--bf16", "false", "--report_to", "none", "--output_dir", "out", "--dataset_config", "sft"]
    options += ["--model_name_or_path", "chatml", "--dataset_name", "reference-rows"]
    ended = runs.probe("prepared", place, "sft", options)
    assert (ended.code, ended.result["code"]) == (0, 0), ended.err
    for split, of_split in trees.items():
        expected = [row for tree in of_split for row in of(tree)]
        assert len(ended.result[split]) == len(expected)
        for seen, row in zip(ended.result[split], expected, strict=True):
            *before, last = row["prompt"] + row["completion"]
            whole = "".join(rendered("chatml", before, last["content"]))
            context, _ = rendered("chatml", row["prompt"], "")
            assert seen["context"] + seen["trained"][0] == whole
            assert seen["context"] == context
            assert (seen["tree_id"], seen["turn"]) == (row["tree_id"], row["turn"])
