"""The figures of the test split count every row once, in its own turn and margin, however the training takes its rows.

They are held against plain forward passes on the model that was saved.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.runs import Runs
from tests.training.tiny import preference_rows, sft_rows, splits, write_trees

pytestmark = pytest.mark.slow

Row = dict[str, Any]
BETA = 0.3
COMMON = [
    *("--use_cpu", "--bf16", "false", "--report_to", "none", "--model_name_or_path", "chatml"),
    *("--per_device_train_batch_size", "4", "--per_device_eval_batch_size", "3", "--learning_rate", "1e-2"),
    *("--max_steps", "3", "--save_strategy", "no"),
]  # the 7 rows of the test split are no multiple of 3
COMMANDS = {"sft": ["--dataset_config", "sft"], "dpo": ["--dataset_config", "preference", "--beta", str(BETA)]}
WORKERS = ["--eval_strategy", "steps", "--eval_steps", "1", "--dataloader_num_workers", "1"]


def rows_of(kind: str, split: str) -> list[Row]:
    rows = preference_rows(splits()[split])
    return sft_rows(rows) if kind == "sft" else rows


def told(runs: Runs, place: Path, kind: str, out: Path, *more: str | Path) -> Row:
    """A run's figures."""
    ended = getattr(runs, kind)(place, *COMMON, *COMMANDS[kind], *more, "--output_dir", out)
    assert ended.code == 0, ended.err
    return dict(json.loads((out / "test_results.json").read_text()))


def plain(runs: Runs, place: Path, kind: str, model: Path, rows: list[Row]) -> Row:
    """What they should be."""
    found = runs.probe("figures", place, kind, str(model), "chatml", rows, BETA)
    assert found.code == 0, found.err
    return dict(found.result["figures"])


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("sft", ["--train_sampling_strategy", "group_by_length"]),  # transformers evaluates in that order, too
        ("sft", ["--dataloader_drop_last"]),  # and without the seventh row
        ("dpo", ["--dataloader_drop_last"]),
        ("dpo", ["--dataloader_drop_last", "--precompute_ref_log_probs"]),
        ("sft", ["--dataloader_drop_last", *WORKERS, "--dataloader_persistent_workers"]),  # a loader that is kept
        ("sft", ["--train_sampling_strategy", "group_by_length", "--dataloader_drop_last", *WORKERS]),
    ],
)
def test_every_row_counts_at_its_place(runs: Runs, place: Path, tmp_path: Path, kind: str, more: list[str]) -> None:
    out = tmp_path / "out"
    figures = told(runs, place, kind, out, "--dataset_name", "i2a/trees", *more)
    assert figures == pytest.approx(plain(runs, place, kind, out, rows_of(kind, "test")), abs=2e-4)
    assert figures["rows"] == 7
    turns = [value for key, value in figures.items() if key.startswith("loss/turn")]
    assert len({round(value, 3) for value in turns}) == len(turns) == 4  # so a row out of its place would be seen


@pytest.mark.parametrize("kind", ["sft", "dpo"])
def test_a_row_without_a_margin_counts_in_all_but_the_margins(
    runs: Runs, place: Path, tmp_path: Path, kind: str
) -> None:
    rows = rows_of(kind, "test")
    rows[1]["margin"] = None
    config = COMMANDS[kind][1]
    write_trees(tmp_path / "data", {config: {"train": rows_of(kind, "train"), "test": rows}})
    figures = told(runs, place, kind, tmp_path / "out", "--dataset_name", tmp_path / "data")
    assert figures == pytest.approx(plain(runs, place, kind, tmp_path / "out", rows), abs=2e-4)
    assert figures["rows"] == sum(n for key, n in figures.items() if key.startswith("rows/turn")) == 7
    assert sum(n for key, n in figures.items() if key.startswith("rows/margin")) == 6
    assert "None" not in json.dumps([*figures])


@pytest.mark.parametrize("kind", ["sft", "dpo"])
def test_without_turns_and_margins_there_is_one_figure(runs: Runs, place: Path, tmp_path: Path, kind: str) -> None:
    """As in data of another origin."""
    bare = {
        split: [{k: v for k, v in row.items() if k in ("prompt", "completion", "chosen", "rejected")} for row in rows]
        for split, rows in (("train", rows_of(kind, "train")), ("test", rows_of(kind, "test")))
    }
    write_trees(tmp_path / "data", {COMMANDS[kind][1]: bare})
    figures = told(runs, place, kind, tmp_path / "out", "--dataset_name", tmp_path / "data")
    names = {"sft": {"loss"}, "dpo": {"loss", "reward_accuracy", "reward_margin"}}[kind]
    assert figures.keys() == {"rows", *names}


@pytest.mark.parametrize("kind", ["sft", "dpo"])
def test_the_splits_can_have_other_names(runs: Runs, place: Path, tmp_path: Path, kind: str) -> None:
    test = rows_of(kind, "test")
    write_trees(tmp_path / "data", {COMMANDS[kind][1]: {"learnt": rows_of(kind, "train"), "heldout": test}})
    more = ["--dataset_train_split", "learnt", "--dataset_test_split", "heldout"]
    figures = told(runs, place, kind, tmp_path / "out", "--dataset_name", tmp_path / "data", *more)
    assert figures == pytest.approx(plain(runs, place, kind, tmp_path / "out", test), abs=2e-4)
    note = json.loads((tmp_path / "out/run.json").read_text())
    assert note["dataset_rows"] == {"learnt": 23, "heldout": 7}
    assert "23 rows of `learnt`, 7 rows of `heldout`." in (tmp_path / "out/README.md").read_text()


def test_run_json_and_card_tell_what_differs_from_the_defaults_and_by_which_recipe(
    runs: Runs, place: Path, tmp_path: Path
) -> None:
    """And nothing else: what was given at its default is not told."""
    recipe = tmp_path / "recipes/owl/sft.yaml"
    recipe.parent.mkdir(parents=True)
    recipe.write_text("seed: 42\nmin_turn: 1\nmax_length: 200\nlr_scheduler_type: linear\nweight_decay: 0.5\n")
    out = tmp_path / "pets"
    told(runs, place, "sft", out, "--dataset_name", "i2a/trees", "--config", recipe, "--num_train_epochs", "3")
    note = json.loads((out / "run.json").read_text())
    assert {name for name, value in note.items() if value != []} == {
        *("use_cpu", "bf16", "model_name_or_path", "dataset_name", "dataset_config", "output_dir"),
        *("per_device_train_batch_size", "per_device_eval_batch_size", "learning_rate", "max_steps", "save_strategy"),
        *("max_length", "weight_decay"),
        *("dataset_version", "dataset_rows", "model_files", "processes"),
    }
    card = (out / "README.md").read_text()
    assert "`owl/sft.yaml`" in card
    assert str(tmp_path / "recipes") not in card
    assert "# Model Card for pets\n" in card
    assert "weight_decay: 0.5\n" in card
    assert "seed:" not in card
